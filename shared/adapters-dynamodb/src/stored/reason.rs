//! Why a stored document cannot be read, and the values that every version writes alike.

use std::ops::RangeInclusive;

use jiff::Timestamp;

/// Why a stored document is not what it should be.
pub(crate) type Reason = String;

/// An error's text.
pub(crate) fn reason(error: impl ToString) -> Reason {
    error.to_string()
}

/// The instant of milliseconds since the Unix epoch.
pub(crate) fn instant(millis: i64) -> Result<Timestamp, Reason> {
    Timestamp::from_millisecond(millis).map_err(reason)
}

/// A number that has to lie within `bounds`.
pub(crate) fn bounded(name: &str, number: u32, bounds: &RangeInclusive<u32>) -> Result<u32, Reason> {
    if bounds.contains(&number) {
        Ok(number)
    } else {
        Err(format!("{name} {number} is not within {} and {}", bounds.start(), bounds.end()))
    }
}
