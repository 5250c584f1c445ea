//! How long a range may be, and why one names no slots.

use thiserror::Error;

/// The most nights of one hold.
pub const NIGHTS_PER_HOLD_MAX: i32 = 366;
/// The most slots of one hold, those of a `slots` schedule.
pub const SLOTS_PER_HOLD_MAX: usize = 300;
/// The most days from the start of such a hold to its end, in local time. Each date has a page of its own, and two more may
/// have an opening past midnight: together with the records of a hold or a booking they fit one transaction.
pub const DAYS_PER_HOLD_MAX: i32 = 90;
/// The longest range of local dates one calendar question may span, in days.
pub const CALENDAR_DAYS_MAX: i32 = 400;

/// How long a range may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Bound {
    /// Of a hold of nights.
    #[error("a hold covers at most {NIGHTS_PER_HOLD_MAX} nights")]
    Nights,
    /// Of a hold of slots.
    #[error("a hold covers at most {SLOTS_PER_HOLD_MAX} slots over at most {DAYS_PER_HOLD_MAX} days")]
    Slots,
    /// Of a calendar, and of an edit of the inventory.
    #[error("the range covers more than {CALENDAR_DAYS_MAX} days")]
    Calendar,
}

/// Why a range names no slots.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RangeError {
    /// The end is not after the start.
    #[error("the end must be after the start")]
    Empty,
    /// The range does not begin and end with slots of the schedule, or has a gap.
    #[error("the range does not cover whole slots of the schedule")]
    NotBookable,
    /// Longer than it may be.
    #[error("{0}")]
    TooLong(Bound),
}
