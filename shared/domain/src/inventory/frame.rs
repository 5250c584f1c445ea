//! Frames: what a page counts, and by which terms. A frame is made of a resource's terms and of its dated facts.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::catalogue::opening_hours::SLOT_MINUTES_MAX;
use crate::ids::{PropertyId, SlotKey};

/// What distinguishes the slots of a page from others of the same names: under two schedules that give a page the same shape, slots of
/// the same name are the same slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PageShape {
    /// Nights of a month. A night is its date, whatever the times of arrival and departure.
    Nights,
    /// Slots of a day, named by the minutes since it began.
    Slots {
        /// When the day began.
        day_start: Timestamp,
        /// Length of a slot.
        minutes: u16,
    },
    /// An event.
    Event {
        /// When it begins.
        start: Timestamp,
        /// When it ends.
        end: Timestamp,
    },
}

/// The latest moment, after the beginning of its date in UTC, at which a night can end: departure late on the next day, twelve
/// hours behind UTC.
const NIGHT_HOURS_MAX: i64 = 60;

/// The longest a slot of a day can last, in hours: where the zone's clocks are put back, and its next date is skipped.
const DAY_HOURS_MAX: i64 = 50;

/// How long after the beginning of its date in UTC a slot of a day can end: it may start on the next date.
const PAGE_HOURS_MAX: i64 = 24 + 12 + DAY_HOURS_MAX;

/// When everything on a page has certainly ended, by its name: that of a day, or of a month. Others tell nothing.
pub(super) fn latest_end(page: &str) -> Option<Timestamp> {
    let day = page
        .parse::<Date>()
        .or_else(|_| format!("{page}-01").parse::<Date>().map(Date::last_of_month))
        .ok()?;
    let midnight = day.at(0, 0, 0, 0).in_tz("UTC").ok()?.timestamp();
    midnight.checked_add(SignedDuration::from_hours(PAGE_HOURS_MAX)).ok()
}

impl PageShape {
    /// When a slot has certainly ended; `None` for a name that no slot of this shape has.
    #[must_use]
    pub(super) fn end_of(&self, page: &str, slot: &SlotKey) -> Option<Timestamp> {
        match self {
            Self::Nights => {
                let date: Date = format!("{page}-{slot}").parse().ok()?;
                let midnight = date.at(0, 0, 0, 0).in_tz("UTC").ok()?.timestamp();
                midnight.checked_add(SignedDuration::from_hours(NIGHT_HOURS_MAX)).ok()
            }
            Self::Slots { day_start, minutes } => {
                let begins: i64 = slot.as_str().parse().ok()?;
                let longest = match *minutes {
                    SLOT_MINUTES_MAX => SignedDuration::from_hours(DAY_HOURS_MAX),
                    minutes => SignedDuration::from_mins(i64::from(minutes)),
                };
                day_start.checked_add(SignedDuration::from_mins(begins).saturating_add(longest)).ok()
            }
            Self::Event { end, .. } => Some(*end),
        }
    }
}

/// What applies to a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SlotRule {
    /// Its own places, if they are others than the page's.
    pub capacity: Option<u32>,
    /// Whether its sale is stopped.
    pub closed: bool,
    /// Places that may be sold beyond its capacity.
    pub allowance: u32,
}

/// What a page counts, and by which terms.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageFrame {
    /// The revision of the resource's terms that it is made of.
    pub terms_revision: u64,
    /// The property that the resource belongs to by these terms, if to one.
    pub property: Option<PropertyId>,
    /// The revision that last changed the resource's schedule.
    pub schedule_revision: u64,
    /// Which slots it names; `None` where the schedule has no such page.
    pub shape: Option<PageShape>,
    /// Places per slot.
    pub capacity: u32,
    /// Every slot.
    pub slots: BTreeMap<SlotKey, SlotRule>,
}

impl PageFrame {
    pub(super) fn capacity_of(&self, rule: &SlotRule) -> u32 {
        rule.capacity.unwrap_or(self.capacity)
    }

    /// Places of a slot that may be taken.
    pub(super) fn limit_of(&self, rule: &SlotRule) -> u32 {
        self.capacity_of(rule).saturating_add(rule.allowance)
    }
}
