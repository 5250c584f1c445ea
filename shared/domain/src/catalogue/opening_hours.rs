//! Opening hours, and the slots that they are cut into.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use thiserror::Error;

use super::local_time::{instant_by, instant_of, is_day, next_day, start_of};
use super::slot::Slot;
use crate::ids::SlotKey;

/// The longest slot of a `slots` schedule, in minutes: one day.
pub const SLOT_MINUTES_MAX: u16 = 1440;
/// The most slots one local day may be cut into: a day's page must stay small.
pub const SLOTS_PER_DAY_MAX: usize = 300;
/// The most openings of one week.
pub const OPENINGS_MAX: usize = 50;

const MINUTES_PER_DAY: i32 = 1440;
const MINUTES_PER_WEEK: i32 = 7 * MINUTES_PER_DAY;

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
    /// An opening whose every slot has its buffer cut short by the next opening.
    #[error("bufferMinutes leaves an opening no slot before the next one begins")]
    NoRoomForBuffers,
    /// An event that ends before it starts.
    #[error("end must be after start")]
    EventRange,
}

/// The rule of [`Schedule::Slots`](super::schedule::Schedule::Slots), valid by construction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotSchedule {
    slot_minutes: u16,
    buffer_minutes: u16,
    opening: Vec<Opening>,
}

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

    /// The schedule, if every opening has a slot whose buffer ends before the next opening, in a week without clock changes.
    /// What an operator writes has to pass this; a schedule that was stored before the rule is cut as far as it goes.
    ///
    /// # Errors
    /// [`InvalidSchedule::NoRoomForBuffers`].
    pub fn with_room_for_buffers(self) -> Result<Self, InvalidSchedule> {
        let monday = Date::constant(2024, 1, 1);
        let has_room = monday.series(1.day()).take(7).all(|date| {
            let slots = self.slots_of_day(date, &TimeZone::UTC);
            self.openings_of(date).all(|window| {
                let opens = instant_of(date, window.from, &TimeZone::UTC);
                opens.is_ok_and(|opens| slots.iter().any(|slot| slot.start == opens))
            })
        });
        if has_room { Ok(self) } else { Err(InvalidSchedule::NoRoomForBuffers) }
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

    /// Whether a slot lasts from a local time to the same on the next day. Openings of slots of 1440 minutes are that long.
    fn is_daily(&self) -> bool {
        self.slot_minutes == SLOT_MINUTES_MAX
    }

    fn openings_of(&self, date: Date) -> impl Iterator<Item = &Opening> {
        self.opening.iter().filter(move |opening| opening.days.contains(&date.weekday()))
    }

    /// Whether a hold of `slot` goes on with `next`: it begins where the slot ends, or where its buffer does.
    pub(super) fn continues(&self, slot: &Slot, next: &Slot, zone: &TimeZone) -> bool {
        next.start == slot.end || Some(next.start) == self.buffer_end(slot, zone)
    }

    /// When the buffer after a slot ends. The buffer of a day's slot is local time like the slot.
    fn buffer_end(&self, slot: &Slot, zone: &TimeZone) -> Option<Timestamp> {
        let buffer = SignedDuration::from_mins(i64::from(self.buffer_minutes));
        if self.is_daily() {
            let local = zone.to_datetime(slot.end).checked_add(buffer).ok()?;
            return instant_by(local, zone).ok();
        }
        slot.end.checked_add(buffer).ok()
    }

    /// The slots of the openings of a date, in time order. One whose buffer the next opening would cut short is left out,
    /// whether that opening is of the same date or of one that follows.
    pub(super) fn slots_of_day(&self, date: Date, zone: &TimeZone) -> Vec<Slot> {
        let mut slots = self.cut(date, zone);
        if self.buffer_minutes == 0 {
            return slots;
        }
        let page = date.to_string();
        // An opening ends on the next date at the latest, and the buffer of its last slot a day after that.
        slots.extend(date.series(1.day()).skip(1).take(2).flat_map(|next| self.cut(next, zone)));
        slots.sort_by_key(|slot| slot.start);
        let keeps_its_buffer = |slot: &Slot, next: Option<&Slot>| {
            next.is_none_or(|next| self.buffer_end(slot, zone).is_some_and(|end| end <= next.start))
        };
        let followed = slots.iter().enumerate().map(|(index, slot)| (slot, slots.get(index + 1)));
        followed
            .filter(|(slot, next)| slot.page == page && keeps_its_buffer(slot, *next))
            .map(|(slot, _)| slot.clone())
            .collect()
    }

    /// The slots of the openings of a date, in time order, each opening by itself.
    fn cut(&self, date: Date, zone: &TimeZone) -> Vec<Slot> {
        let Ok(day_start) = start_of(date, zone) else { return Vec::new() };
        let page = date.to_string();
        let named = |(start, end): (Timestamp, Timestamp)| {
            let minute = start.duration_since(day_start).as_mins();
            let key = SlotKey::parse(&minute.to_string()).ok()?;
            Some(Slot { page: page.clone(), key, start, end })
        };
        let spans = self.openings_of(date).flat_map(|window| self.cut_opening(date, window, zone));
        let mut slots: Vec<Slot> = spans.filter_map(named).collect();
        slots.sort_by_key(|slot| slot.start);
        slots
    }

    fn cut_opening(&self, date: Date, window: &Opening, zone: &TimeZone) -> Vec<(Timestamp, Timestamp)> {
        if self.is_daily() {
            return day_from(date, window.from, zone).into_iter().collect();
        }
        let closes_on = if window.to > window.from { date } else { next_day(date) };
        let (Ok(mut start), Ok(close)) =
            (instant_of(date, window.from, zone), instant_by(closes_on.to_datetime(window.to), zone))
        else {
            return Vec::new();
        };
        let slot = SignedDuration::from_mins(i64::from(self.slot_minutes));
        let period = slot + SignedDuration::from_mins(i64::from(self.buffer_minutes));
        let mut spans = Vec::new();
        // Ends: each slot has a length, and the opening closes.
        while let Ok(end) = start.checked_add(slot) {
            if end > close {
                break;
            }
            spans.push((start, end));
            let Ok(next) = start.checked_add(period) else { break };
            start = next;
        }
        spans
    }
}

/// From a local time of a date to the same of the next date that there is, however long that takes.
fn day_from(date: Date, time: Time, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    if !is_day(date, zone) {
        return None;
    }
    let next =
        Some(next_day(date)).filter(|next| is_day(*next, zone)).unwrap_or_else(|| next_day(next_day(date)));
    let start = instant_by(date.to_datetime(time), zone).ok()?;
    let end = instant_by(next.to_datetime(time), zone).ok()?;
    (start < end).then_some((start, end))
}
