//! Percentages with decimals, exact.

use std::fmt;

use rust_decimal::Decimal;
use thiserror::Error;

/// The most decimals of a percentage.
pub const DECIMALS_MAX: u32 = 4;
/// The most that a price may be lowered by, in percent.
pub const CUT_PERCENT_MAX: i64 = 100;
/// The most that a price may be raised by, in percent.
pub const RAISE_PERCENT_MAX: i64 = 900;
/// The greatest share of something, in percent.
pub const SHARE_PERCENT_MAX: i64 = 100;

/// Why a number is no percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must be between -{CUT_PERCENT_MAX} and {RAISE_PERCENT_MAX}, with at most {DECIMALS_MAX} decimals")]
pub struct InvalidPercentage;

/// A percentage from minus [`CUT_PERCENT_MAX`] to [`RAISE_PERCENT_MAX`], with at most [`DECIMALS_MAX`] decimals: 12.5 is 12.5 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percentage(Decimal);

impl Percentage {
    /// The percentage of that number.
    ///
    /// # Errors
    /// [`InvalidPercentage`].
    pub fn new(value: Decimal) -> Result<Self, InvalidPercentage> {
        let value = value.normalize();
        let is_within = (Decimal::from(-CUT_PERCENT_MAX)..=Decimal::from(RAISE_PERCENT_MAX)).contains(&value);
        if is_within && value.scale() <= DECIMALS_MAX { Ok(Self(value)) } else { Err(InvalidPercentage) }
    }

    /// Parses a number as it is written: `12.5`, without an exponent.
    ///
    /// # Errors
    /// [`InvalidPercentage`].
    pub fn parse(text: &str) -> Result<Self, InvalidPercentage> {
        Decimal::from_str_exact(text).map_err(|_| InvalidPercentage).and_then(Self::new)
    }

    /// The number: 12.5 of 12.5 %.
    #[must_use]
    pub fn value(self) -> Decimal {
        self.0
    }

    /// Whether it is a share of something: from 0 to [`SHARE_PERCENT_MAX`].
    #[must_use]
    pub fn is_share(self) -> bool {
        (Decimal::ZERO..=Decimal::from(SHARE_PERCENT_MAX)).contains(&self.0)
    }

    /// The number in ten-thousandths of a percent: 125,000 of 12.5 %.
    #[must_use]
    pub fn ten_thousandths(self) -> i128 {
        let missing = DECIMALS_MAX.saturating_sub(self.0.scale());
        self.0.mantissa() * 10_i128.pow(missing)
    }
}

impl fmt::Display for Percentage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
