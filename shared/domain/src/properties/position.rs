//! Where a property is on the globe.

use thiserror::Error;

/// Why a position is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidPosition {
    /// Beyond a pole, or no number.
    #[error("must be between -90 and 90 degrees")]
    Latitude,
    /// More than half way round, or no number.
    #[error("must be between -180 and 180 degrees")]
    Longitude,
}

/// A place on the globe, in degrees of WGS 84.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    latitude: f64,
    longitude: f64,
}

impl Position {
    /// The place, if it is one.
    ///
    /// # Errors
    /// [`InvalidPosition`].
    pub fn new(latitude: f64, longitude: f64) -> Result<Self, InvalidPosition> {
        if !(-90.0..=90.0).contains(&latitude) {
            return Err(InvalidPosition::Latitude);
        }
        if !(-180.0..=180.0).contains(&longitude) {
            return Err(InvalidPosition::Longitude);
        }
        Ok(Self { latitude, longitude })
    }

    /// Degrees north of the equator.
    #[must_use]
    pub fn latitude(&self) -> f64 {
        self.latitude
    }

    /// Degrees east of Greenwich.
    #[must_use]
    pub fn longitude(&self) -> f64 {
        self.longitude
    }
}
