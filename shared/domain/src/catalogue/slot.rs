//! Slots, and the ranges that ask for them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::bounds::RangeError;
use super::local_time::start_of;
use crate::ids::SlotKey;

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
