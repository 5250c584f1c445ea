//! Schedules: how a resource's time is cut into bookable slots, and which slots a requested range covers.
//!
//! All ranges are half-open. Local times are read in the resource's zone by the "compatible" rule of RFC 5545: a time in
//! a gap moves forward by the gap's length, an ambiguous time is the earlier one. Slots are cut in elapsed time, so a
//! missing hour has no slots and a repeated hour has its slots twice; those of 1440 minutes are local days, however long.
//! Opening hours that end in a gap end with it, before whatever opens after it; a night's times stay on their date; a date
//! that the zone skipped has no nights and no slots.
//!
//! A slot is of the local date on which it starts, wherever a date or a range of dates is asked for.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::bounds::{
    Bound, CALENDAR_DAYS_MAX, DAYS_PER_HOLD_MAX, NIGHTS_PER_HOLD_MAX, RangeError, SLOTS_PER_HOLD_MAX,
};
use super::dated::Month;
use super::local_time::{days_between, instant_on, is_day, next_day, start_of};
use super::opening_hours::{InvalidSchedule, SlotSchedule};
use super::slot::{Slot, When};
use crate::ids::SlotKey;
use crate::inventory::PageShape;

/// How a resource's time is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    /// A night per local date, pages by local month.
    Nightly {
        /// Local time of arrival.
        check_in: Time,
        /// Local time of departure, on the day after the last night.
        check_out: Time,
    },
    /// Slots of equal length within opening hours, pages by local day.
    Slots(SlotSchedule),
    /// One slot.
    Event {
        /// When it begins.
        start: Timestamp,
        /// When it ends.
        end: Timestamp,
    },
}

fn nightly_slot(date: Date, check_in: Time, check_out: Time, zone: &TimeZone) -> Result<Slot, RangeError> {
    let key = SlotKey::parse(&format!("{:02}", date.day())).map_err(|_| RangeError::NotBookable)?;
    Ok(Slot {
        page: format!("{:04}-{:02}", date.year(), date.month()),
        key,
        start: instant_on(date, check_in, zone)?,
        end: instant_on(next_day(date), check_out, zone)?,
    })
}

/// The page of an event.
pub const EVENT_PAGE: &str = "event";

fn event_slot(start: Timestamp, end: Timestamp) -> Result<Slot, RangeError> {
    let key = SlotKey::parse("event").map_err(|_| RangeError::NotBookable)?;
    Ok(Slot { page: EVENT_PAGE.to_owned(), key, start, end })
}

impl Schedule {
    /// An event from `start` to `end`.
    ///
    /// # Errors
    /// [`InvalidSchedule::EventRange`].
    pub fn event(start: Timestamp, end: Timestamp) -> Result<Self, InvalidSchedule> {
        if end > start { Ok(Self::Event { start, end }) } else { Err(InvalidSchedule::EventRange) }
    }

    /// The most slots that one hold can cover.
    #[must_use]
    pub fn slots_per_hold_max(&self) -> u32 {
        match self {
            Self::Nightly { .. } => NIGHTS_PER_HOLD_MAX.unsigned_abs(),
            Self::Slots(_) => u32::try_from(SLOTS_PER_HOLD_MAX).unwrap_or(u32::MAX),
            Self::Event { .. } => 1,
        }
    }

    /// The slots that the range `[start, end)` covers exactly, in time order.
    ///
    /// # Errors
    /// [`RangeError`] when the range is empty, too long, or does not consist of whole slots.
    pub fn slots(&self, start: When, end: When, zone: &TimeZone) -> Result<Vec<Slot>, RangeError> {
        match self {
            Self::Nightly { check_in, check_out } => {
                let (from, to) = (start.local_date(zone), end.local_date(zone));
                let nights = days_between(from, to);
                if nights <= 0 {
                    let ordered = start.instant(zone)? < end.instant(zone)?;
                    return Err(if ordered { RangeError::NotBookable } else { RangeError::Empty });
                }
                if nights > NIGHTS_PER_HOLD_MAX {
                    return Err(RangeError::TooLong(Bound::Nights));
                }
                let nights = from
                    .series(1.day())
                    .take_while(|date| *date < to)
                    .filter(|date| is_day(*date, zone))
                    .map(|date| nightly_slot(date, *check_in, *check_out, zone))
                    .collect::<Result<Vec<Slot>, RangeError>>()?;
                if nights.is_empty() { Err(RangeError::NotBookable) } else { Ok(nights) }
            }
            Self::Slots(rule) => {
                let (start, end) = (start.instant(zone)?, end.instant(zone)?);
                if end <= start {
                    return Err(RangeError::Empty);
                }
                let (first, last) = (zone.to_datetime(start).date(), zone.to_datetime(end).date());
                let latest = zone.to_datetime(start).checked_add(DAYS_PER_HOLD_MAX.days());
                if latest.is_ok_and(|latest| zone.to_datetime(end) > latest) {
                    return Err(RangeError::TooLong(Bound::Slots));
                }
                let begin = first.yesterday().unwrap_or(first);
                let covered: Vec<Slot> = begin
                    .series(1.day())
                    .take_while(|date| *date <= last)
                    .flat_map(|date| rule.slots_of_day(date, zone))
                    .filter(|slot| slot.start >= start && slot.end <= end)
                    .take(SLOTS_PER_HOLD_MAX + 1)
                    .collect();
                if covered.len() > SLOTS_PER_HOLD_MAX {
                    return Err(RangeError::TooLong(Bound::Slots));
                }
                let (Some(first), Some(last)) = (covered.first(), covered.last()) else {
                    return Err(RangeError::NotBookable);
                };
                let contiguous = covered.windows(2).all(|pair| rule.continues(&pair[0], &pair[1], zone));
                if !contiguous || first.start != start || last.end != end {
                    return Err(RangeError::NotBookable);
                }
                Ok(covered)
            }
            Self::Event { start: opens, end: closes } => {
                let (start, end) = (start.instant(zone)?, end.instant(zone)?);
                if end <= start {
                    return Err(RangeError::Empty);
                }
                if (start, end) != (*opens, *closes) {
                    return Err(RangeError::NotBookable);
                }
                event_slot(start, end).map(|slot| vec![slot])
            }
        }
    }

    /// `slots`, in time order, in the pieces that one hold can cover: it goes on where a slot begins as the one before it
    /// ends, or as that one's buffer does.
    #[must_use]
    pub fn pieces(&self, slots: &[Slot], zone: &TimeZone) -> Vec<Vec<Slot>> {
        let goes_on = |slot: &Slot, next: &Slot| match self {
            Self::Nightly { .. } | Self::Event { .. } => true,
            Self::Slots(rule) => rule.continues(slot, next, zone),
        };
        slots.chunk_by(goes_on).map(<[Slot]>::to_vec).collect()
    }

    /// Every slot that starts on a local date in `[from, to)`, date by date in time order.
    ///
    /// # Errors
    /// [`RangeError`] when the range is empty or longer than [`CALENDAR_DAYS_MAX`].
    pub fn calendar(&self, from: Date, to: Date, zone: &TimeZone) -> Result<Vec<Slot>, RangeError> {
        self.calendar_from(from, to, None, zone).map(Iterator::collect)
    }

    /// The same from the slot that starts at `first` on; each date is cut when its slots are asked for.
    ///
    /// # Errors
    /// As for [`Schedule::calendar`].
    pub fn calendar_from<'a>(
        &'a self,
        from: Date,
        to: Date,
        first: Option<Timestamp>,
        zone: &'a TimeZone,
    ) -> Result<impl Iterator<Item = Slot> + 'a, RangeError> {
        let days = days_between(from, to);
        if days <= 0 {
            return Err(RangeError::Empty);
        }
        if days > CALENDAR_DAYS_MAX {
            return Err(RangeError::TooLong(Bound::Calendar));
        }
        let begin = first.map_or(from, |first| zone.to_datetime(first).date().max(from));
        let (begin, to) = match self {
            Self::Nightly { .. } | Self::Slots(_) => (begin, to),
            // It has a slot on one date: the others are passed over.
            Self::Event { start, .. } => {
                let date = zone.to_datetime(*start).date();
                (begin.max(date), to.min(next_day(date)))
            }
        };
        let dates = begin.series(1.day()).take_while(move |date| *date < to);
        let slots = dates.flat_map(move |date| self.on_date(date, zone));
        Ok(slots.skip_while(move |slot| first.is_some_and(|first| slot.start < first)))
    }

    /// Every slot that starts on a local date, in time order.
    fn on_date(&self, date: Date, zone: &TimeZone) -> Vec<Slot> {
        match self {
            Self::Nightly { check_in, check_out } => {
                let night = nightly_slot(date, *check_in, *check_out, zone);
                night.into_iter().filter(|_| is_day(date, zone)).collect()
            }
            Self::Slots(rule) => {
                let opened_before = date.yesterday().map(|before| rule.slots_of_day(before, zone));
                let mut slots = opened_before.unwrap_or_default();
                slots.extend(rule.slots_of_day(date, zone));
                slots.retain(|slot| slot.local_date(zone) == date);
                slots
            }
            Self::Event { start, end } => {
                let event = event_slot(*start, *end);
                event.into_iter().filter(|slot| slot.local_date(zone) == date).collect()
            }
        }
    }

    /// Every slot of one page, in time order: what the page counts when it is made. Empty for a name that is no page of
    /// this schedule.
    #[must_use]
    pub fn page(&self, page: &str, zone: &TimeZone) -> Vec<Slot> {
        match self {
            Self::Nightly { check_in, check_out } => {
                let Ok(first) = format!("{page}-01").parse::<Date>() else { return Vec::new() };
                first
                    .series(1.day())
                    .take_while(|date| date.month() == first.month())
                    .filter(|date| is_day(*date, zone))
                    .filter_map(|date| nightly_slot(date, *check_in, *check_out, zone).ok())
                    .filter(|slot| slot.page == page)
                    .collect()
            }
            Self::Slots(rule) => {
                let date = page.parse::<Date>().ok().filter(|date| date.to_string() == page);
                date.map_or_else(Vec::new, |date| rule.slots_of_day(date, zone))
            }
            Self::Event { start, end } => {
                if page == EVENT_PAGE {
                    event_slot(*start, *end).into_iter().collect()
                } else {
                    Vec::new()
                }
            }
        }
    }

    /// What distinguishes the slots of a page from others of the same names; `None` for a name that is no page of this schedule.
    #[must_use]
    pub(crate) fn shape(&self, page: &str, zone: &TimeZone) -> Option<PageShape> {
        match self {
            Self::Nightly { .. } => Month::parse(page).ok().map(|_| PageShape::Nights),
            Self::Slots(rule) => {
                let date: Date = page.parse().ok().filter(|date: &Date| date.to_string() == page)?;
                let day_start = start_of(date, zone).ok()?;
                Some(PageShape::Slots { day_start, minutes: rule.slot_minutes() })
            }
            Self::Event { start, end } => {
                (page == EVENT_PAGE).then_some(PageShape::Event { start: *start, end: *end })
            }
        }
    }

    /// Whether a range that begins with `first` lies in the past at `now`. For nights the local date counts: tonight can
    /// be booked after check-in time.
    #[must_use]
    pub fn is_past(&self, first: &Slot, zone: &TimeZone, now: Timestamp) -> bool {
        match self {
            Self::Nightly { .. } => zone.to_datetime(first.start).date() < zone.to_datetime(now).date(),
            Self::Slots(_) | Self::Event { .. } => first.start < now,
        }
    }
}
