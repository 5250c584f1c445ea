//! Slots, and the ranges that ask for them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use thiserror::Error;

use super::local_time::start_of;
use crate::ids::SlotKey;

/// The most nights of one hold.
pub const NIGHTS_PER_HOLD_MAX: i32 = 366;
/// The most slots of one hold, those of a `slots` schedule.
pub const SLOTS_PER_HOLD_MAX: usize = 300;
/// The most days from the start of such a hold to its end, in local time. Each date has a page of its own, and two more may
/// have an opening past midnight: together with the records of a hold or a booking they fit one transaction.
pub const DAYS_PER_HOLD_MAX: i32 = 90;
/// The longest range of local dates one calendar question may span, in days.
pub const CALENDAR_DAYS_MAX: i32 = 400;

/// A moment as a caller names it: an instant, or a local date of the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// A point on the time line.
    Instant(Timestamp),
    /// A local date of the resource.
    Date(Date),
}

impl When {
    pub(super) fn local_date(self, zone: &TimeZone) -> Date {
        match self {
            Self::Instant(at) => zone.to_datetime(at).date(),
            Self::Date(date) => date,
        }
    }

    pub(super) fn instant(self, zone: &TimeZone) -> Result<Timestamp, RangeError> {
        match self {
            Self::Instant(at) => Ok(at),
            Self::Date(date) => start_of(date, zone),
        }
    }
}

/// One bookable unit of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The page that counts it: `2026-06` (nightly), `2026-06-01` (slots) or `event`.
    pub page: String,
    /// Its name on that page.
    pub key: SlotKey,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
}

impl Slot {
    /// The date on which it starts. Calendars, search and edits of the inventory choose slots by it; the page of a slot that
    /// starts after midnight is that of its opening.
    #[must_use]
    pub fn local_date(&self, zone: &TimeZone) -> Date {
        zone.to_datetime(self.start).date()
    }
}

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
