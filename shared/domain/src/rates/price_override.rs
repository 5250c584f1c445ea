//! A price that staff set for one stay, in place of what plan, dates and rules make of it.

use thiserror::Error;

use crate::ids::GuestId;
use crate::money::{Currency, Money};

/// The fewest characters of the reason.
pub const OVERRIDE_REASON_LENGTH_MIN: usize = 3;
/// The most characters of the reason.
pub const OVERRIDE_REASON_LENGTH_MAX: usize = 200;

/// A text is no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "must have {OVERRIDE_REASON_LENGTH_MIN} to {OVERRIDE_REASON_LENGTH_MAX} characters and no control characters"
)]
pub struct InvalidReason;

/// Why a price was set, in the words of who set it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OverrideReason(String);

impl OverrideReason {
    /// Parses a reason: [`OVERRIDE_REASON_LENGTH_MIN`] to [`OVERRIDE_REASON_LENGTH_MAX`] characters, no control characters.
    ///
    /// # Errors
    /// [`InvalidReason`].
    pub fn parse(text: &str) -> Result<Self, InvalidReason> {
        let length = OVERRIDE_REASON_LENGTH_MIN..=OVERRIDE_REASON_LENGTH_MAX;
        let is_one = length.contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if is_one { Ok(Self(text.to_owned())) } else { Err(InvalidReason) }
    }

    /// The reason as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A price that was set: of all slots of all units, before taxes and fees on top and without extras.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PriceOverride {
    /// The price.
    pub amount: Money,
    /// Why.
    pub reason: OverrideReason,
    /// Who set it.
    pub by: GuestId,
}

/// Why an amount cannot be the price of a stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OverrideFault {
    /// It is in another currency than the card.
    #[error("must be {0}, as the rate card is")]
    Currency(Currency),
    /// It is no multiple of what can be charged, in minor units.
    #[error("must be a multiple of {0}: no other amount can be paid")]
    Multiple(i64),
}

/// Whether an amount can be the price of a stay by a card in that currency, of which multiples of `step` minor units can be charged.
///
/// # Errors
/// [`OverrideFault`].
pub fn check_override(amount: Money, currency: Currency, step: i64) -> Result<(), OverrideFault> {
    if amount.currency() != currency {
        Err(OverrideFault::Currency(currency))
    } else if amount.amount() % step.max(1) != 0 {
        Err(OverrideFault::Multiple(step))
    } else {
        Ok(())
    }
}
