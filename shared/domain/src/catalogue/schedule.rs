//! Schedules: how a resource's time is cut into bookable slots, and which slots a requested range covers.
//!
//! All ranges are half-open. Local times are read in the resource's zone by the "compatible" rule of RFC 5545: a time in
//! a gap moves forward by the gap's length, an ambiguous time is the earlier one. Slots are cut in elapsed time, so a
//! missing hour has no slots and a repeated hour has its slots twice. Opening hours that end in a gap end with it, before
//! whatever opens after it; a night's times stay on their date; a date that the zone skipped has no nights and no slots.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};
use thiserror::Error;

use crate::catalogue::dated::Month;
use crate::ids::SlotKey;
use crate::inventory::PageShape;

/// The most slots one request may cover. 366 nights; beyond that a request is a mistake.
pub const SLOTS_PER_RANGE_MAX: usize = 366;
/// The most slots one page may give to one hold: the conditional write names each, and DynamoDB takes 4 KB of expression.
pub const SLOTS_PER_PAGE_AND_HOLD_MAX: usize = 60;
/// The longest slot of a `slots` schedule, in minutes: one day.
pub const SLOT_MINUTES_MAX: u16 = 1440;
/// The most slots one local day may be cut into: a day's page must stay small.
pub const SLOTS_PER_DAY_MAX: usize = 300;
/// The most openings of one week.
pub const OPENINGS_MAX: usize = 50;
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
    fn local_date(self, zone: &TimeZone) -> Date {
        match self {
            Self::Instant(at) => zone.to_datetime(at).date(),
            Self::Date(date) => date,
        }
    }

    fn instant(self, zone: &TimeZone) -> Result<Timestamp, RangeError> {
        match self {
            Self::Instant(at) => Ok(at),
            Self::Date(date) => local_instant(date, Time::midnight(), zone),
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

/// Why a range names no slots.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RangeError {
    /// The end is not after the start.
    #[error("the end must be after the start")]
    Empty,
    /// The range does not begin and end with slots of the schedule, or has a gap.
    #[error("the range does not cover whole slots of the schedule")]
    NotBookable,
    /// More slots than one request may cover.
    #[error("the range covers more than {max} slots")]
    TooLong {
        /// The most slots accepted.
        max: usize,
    },
}

/// When a `slots` resource is open: on each of `days`, from `from` to `to` local time; `to` at or before `from` closes on
/// the next day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Weekdays on which it opens.
    pub days: Vec<Weekday>,
    /// Opening time.
    pub from: Time,
    /// Closing time.
    pub to: Time,
}

/// Why a schedule makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidSchedule {
    /// A slot of no minutes, or of more than a day.
    #[error("slotMinutes must be between 1 and {SLOT_MINUTES_MAX}")]
    SlotMinutes,
    /// A buffer longer than a day.
    #[error("bufferMinutes must be at most {SLOT_MINUTES_MAX}")]
    BufferMinutes,
    /// No opening, or an opening without days.
    #[error("opening must name at least one day")]
    NeverOpen,
    /// More than [`OPENINGS_MAX`] openings.
    #[error("there must be at most {OPENINGS_MAX} openings")]
    TooManyOpenings,
    /// Two openings at the same time, or one shorter than a slot.
    #[error("openings must not overlap, and each must hold at least one slot")]
    Opening,
    /// More than [`SLOTS_PER_DAY_MAX`] slots a day.
    #[error("one day may have at most {SLOTS_PER_DAY_MAX} slots")]
    TooManySlots,
    /// An event that ends before it starts.
    #[error("end must be after start")]
    EventRange,
}

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

/// The rule of [`Schedule::Slots`], valid by construction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotSchedule {
    slot_minutes: u16,
    buffer_minutes: u16,
    opening: Vec<Opening>,
}

const MINUTES_PER_DAY: i32 = 1440;
const MINUTES_PER_WEEK: i32 = 7 * MINUTES_PER_DAY;

fn minute_of_day(time: Time) -> i32 {
    i32::from(time.hour()) * 60 + i32::from(time.minute())
}

impl SlotSchedule {
    /// A schedule of slots of `slot_minutes`, `buffer_minutes` apart, within `opening`.
    ///
    /// # Errors
    /// [`InvalidSchedule`], naming the first thing wrong.
    pub fn new(
        slot_minutes: u16,
        buffer_minutes: u16,
        opening: Vec<Opening>,
    ) -> Result<Self, InvalidSchedule> {
        if slot_minutes == 0 || slot_minutes > SLOT_MINUTES_MAX {
            return Err(InvalidSchedule::SlotMinutes);
        }
        if buffer_minutes > SLOT_MINUTES_MAX {
            return Err(InvalidSchedule::BufferMinutes);
        }
        if opening.is_empty() || opening.iter().any(|o| o.days.is_empty()) {
            return Err(InvalidSchedule::NeverOpen);
        }
        if opening.len() > OPENINGS_MAX {
            return Err(InvalidSchedule::TooManyOpenings);
        }
        let mut week = Vec::new();
        let mut per_day = [0_usize; 7];
        for window in &opening {
            let from = minute_of_day(window.from);
            let to = minute_of_day(window.to);
            let length = if to > from { to - from } else { to + MINUTES_PER_DAY - from };
            if length < i32::from(slot_minutes) {
                return Err(InvalidSchedule::Opening);
            }
            let period = i32::from(slot_minutes) + i32::from(buffer_minutes);
            let count = usize::try_from((length + i32::from(buffer_minutes)) / period).unwrap_or(0);
            for day in &window.days {
                let index = usize::try_from(day.to_monday_zero_offset()).unwrap_or(0);
                per_day[index] += count;
                let start = i32::from(day.to_monday_zero_offset()) * MINUTES_PER_DAY + from;
                week.push((start, start + length));
            }
        }
        if per_day.iter().any(|count| *count > SLOTS_PER_DAY_MAX) {
            return Err(InvalidSchedule::TooManySlots);
        }
        week.sort_unstable();
        let overlapping = week.windows(2).any(|pair| pair[1].0 < pair[0].1);
        let wraps = match (week.first(), week.last()) {
            (Some(first), Some(last)) => last.1 - MINUTES_PER_WEEK > first.0,
            _ => false,
        };
        if overlapping || wraps {
            return Err(InvalidSchedule::Opening);
        }
        Ok(Self { slot_minutes, buffer_minutes, opening })
    }

    /// Minutes of one slot.
    #[must_use]
    pub fn slot_minutes(&self) -> u16 {
        self.slot_minutes
    }

    /// Minutes between two slots.
    #[must_use]
    pub fn buffer_minutes(&self) -> u16 {
        self.buffer_minutes
    }

    /// Opening hours.
    #[must_use]
    pub fn opening(&self) -> &[Opening] {
        &self.opening
    }

    fn slots_of_day(&self, date: Date, zone: &TimeZone) -> Vec<Slot> {
        let slot = SignedDuration::from_mins(i64::from(self.slot_minutes));
        let period = slot + SignedDuration::from_mins(i64::from(self.buffer_minutes));
        let Ok(day_start) = local_instant(date, Time::midnight(), zone) else { return Vec::new() };
        let page = date.to_string();
        let mut slots = Vec::new();
        for window in self.opening.iter().filter(|o| o.days.contains(&date.weekday())) {
            let closes_on = if window.to > window.from { date } else { next_day(date) };
            let (Ok(mut start), Ok(close)) =
                (local_instant(date, window.from, zone), closing_instant(closes_on, window.to, zone))
            else {
                continue;
            };
            while let Ok(end) = start.checked_add(slot) {
                if end > close {
                    break;
                }
                let minute = start.duration_since(day_start).as_mins();
                if let Ok(key) = SlotKey::parse(&minute.to_string()) {
                    slots.push(Slot { page: page.clone(), key, start, end });
                }
                let Ok(next) = start.checked_add(period) else { break };
                start = next;
            }
        }
        slots.sort_by_key(|slot| slot.start);
        slots
    }
}

fn local_instant(date: Date, time: Time, zone: &TimeZone) -> Result<Timestamp, RangeError> {
    zone.to_timestamp(date.to_datetime(time)).map_err(|_| RangeError::NotBookable)
}

/// A closing time that does not exist is the moment the clock jumps over it: what opens after the jump comes later.
fn closing_instant(date: Date, time: Time, zone: &TimeZone) -> Result<Timestamp, RangeError> {
    let local = zone.to_ambiguous_timestamp(date.to_datetime(time));
    let missing = matches!(local.offset(), AmbiguousOffset::Gap { .. });
    let after = local.compatible().map_err(|_| RangeError::NotBookable)?;
    if !missing {
        return Ok(after);
    }
    let jump = after.checked_add(SignedDuration::from_nanos(1)).ok().and_then(|at| zone.preceding(at).next());
    Ok(jump.map_or(after, |jump| jump.timestamp()))
}

/// A time on a date of the zone, also where a gap at the end of that date would carry it into the next.
fn instant_on(date: Date, time: Time, zone: &TimeZone) -> Result<Timestamp, RangeError> {
    let local = zone.to_ambiguous_timestamp(date.to_datetime(time));
    let at = local.compatible().map_err(|_| RangeError::NotBookable)?;
    if zone.to_datetime(at).date() == date || !is_day(date, zone) {
        return Ok(at);
    }
    local.earlier().map_err(|_| RangeError::NotBookable)
}

/// Whether the zone has that date at all. Those that moved over the date line skipped one.
fn is_day(date: Date, zone: &TimeZone) -> bool {
    local_instant(date, Time::midnight(), zone).is_ok_and(|at| zone.to_datetime(at).date() == date)
}

fn next_day(date: Date) -> Date {
    date.tomorrow().unwrap_or(Date::MAX)
}

fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(i32::MAX, |span| span.get_days())
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
                bounded(usize::try_from(nights).unwrap_or(usize::MAX))?;
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
                if days_between(first, last) > CALENDAR_DAYS_MAX {
                    return Err(RangeError::TooLong { max: SLOTS_PER_RANGE_MAX });
                }
                let begin = first.yesterday().unwrap_or(first);
                let covered: Vec<Slot> = begin
                    .series(1.day())
                    .take_while(|date| *date <= last)
                    .flat_map(|date| rule.slots_of_day(date, zone))
                    .filter(|slot| slot.start >= start && slot.end <= end)
                    .collect();
                let buffer = SignedDuration::from_mins(i64::from(rule.buffer_minutes));
                let contiguous = covered.windows(2).all(|pair| {
                    let gap = pair[1].start.duration_since(pair[0].end);
                    gap == SignedDuration::ZERO || gap == buffer
                });
                let exact = covered.first().is_some_and(|slot| slot.start == start)
                    && covered.last().is_some_and(|slot| slot.end == end);
                if !(contiguous && exact) {
                    return Err(RangeError::NotBookable);
                }
                bounded(covered.len())?;
                page_bounded(covered)
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

    /// Every slot whose local date lies in `[from, to)`, in time order; an event counts by the date of its start.
    ///
    /// # Errors
    /// [`RangeError`] when the range is empty or longer than [`CALENDAR_DAYS_MAX`].
    pub fn calendar(&self, from: Date, to: Date, zone: &TimeZone) -> Result<Vec<Slot>, RangeError> {
        let days = days_between(from, to);
        if days <= 0 {
            return Err(RangeError::Empty);
        }
        if days > CALENDAR_DAYS_MAX {
            return Err(RangeError::TooLong {
                max: usize::try_from(CALENDAR_DAYS_MAX).unwrap_or(usize::MAX),
            });
        }
        let dates = || from.series(1.day()).take_while(|date| *date < to);
        match self {
            Self::Nightly { check_in, check_out } => {
                let days = dates().filter(|date| is_day(*date, zone));
                days.map(|date| nightly_slot(date, *check_in, *check_out, zone)).collect()
            }
            Self::Slots(rule) => Ok(dates().flat_map(|date| rule.slots_of_day(date, zone)).collect()),
            Self::Event { start, end } => {
                let date = zone.to_datetime(*start).date();
                if date >= from && date < to {
                    event_slot(*start, *end).map(|slot| vec![slot])
                } else {
                    Ok(Vec::new())
                }
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
    pub fn shape(&self, page: &str, zone: &TimeZone) -> Option<PageShape> {
        match self {
            Self::Nightly { .. } => Month::parse(page).ok().map(|_| PageShape::Nights),
            Self::Slots(rule) => {
                let date: Date = page.parse().ok().filter(|date: &Date| date.to_string() == page)?;
                let day_start = local_instant(date, Time::midnight(), zone).ok()?;
                Some(PageShape::Slots { day_start, minutes: rule.slot_minutes })
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

fn bounded(count: usize) -> Result<(), RangeError> {
    if count > SLOTS_PER_RANGE_MAX { Err(RangeError::TooLong { max: SLOTS_PER_RANGE_MAX }) } else { Ok(()) }
}

fn page_bounded(slots: Vec<Slot>) -> Result<Vec<Slot>, RangeError> {
    let longest = slots.chunk_by(|a, b| a.page == b.page).map(<[Slot]>::len).max().unwrap_or(0);
    if longest > SLOTS_PER_PAGE_AND_HOLD_MAX {
        return Err(RangeError::TooLong { max: SLOTS_PER_PAGE_AND_HOLD_MAX });
    }
    Ok(slots)
}
