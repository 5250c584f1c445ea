//! How long a range may be, and why one names no slots.

use thiserror::Error;

/// The most nights of one hold.
pub const NIGHTS_PER_HOLD_MAX: i32 = 366;
/// The most slots of one hold, those of a `slots` schedule.
pub const SLOTS_PER_HOLD_MAX: usize = 300;
/// The most days from the start of such a hold to its end, in local time.
pub const DAYS_PER_HOLD_MAX: i32 = 90;
/// The most pages of one hold: each date has a page of its own, and beside those of [`DAYS_PER_HOLD_MAX`] days a hold touches at
/// most two: that of an opening which began the evening before, and that of the date on which it ends. Nights are counted by
/// months, of which a hold has fewer. A store writes all of them in one transaction, beside what any later step writes; it
/// checks that they fit when it is compiled.
pub const PAGES_PER_HOLD_MAX: usize = DAYS_PER_HOLD_MAX as usize + 2;
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
