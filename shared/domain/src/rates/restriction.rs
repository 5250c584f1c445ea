//! Restrictions: which stays are not sold.

use std::collections::BTreeSet;

use jiff::civil::Weekday;

use crate::catalogue::{Label, NIGHTS_PER_HOLD_MAX};
use crate::rates::condition::DateRange;
use crate::rates::ids::{Channel, PlanId, RestrictionId};

/// The most slots of a stay that a limit may name: no hold has more.
pub const STAY_SLOTS_MAX: u32 = NIGHTS_PER_HOLD_MAX.unsigned_abs();
/// The most days of a booking window, ten years.
pub const WINDOW_DAYS_MAX: u32 = 3_653;
/// The most minutes of notice, ten years.
pub const NOTICE_MINUTES_MAX: u32 = WINDOW_DAYS_MAX * 24 * 60;

/// A restriction: on some dates, under some plans, some limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restriction {
    /// Its name in requests.
    pub id: RestrictionId,
    /// Its name for people.
    pub name: Label,
    /// Its dates; all if empty.
    pub dates: Vec<DateRange>,
    /// Its days of the week; all if empty.
    pub weekdays: Vec<Weekday>,
    /// Its plans; all if empty. A derived plan has the restrictions of the plan it derives from, but those named in
    /// [`Restriction::not_plans`].
    pub plans: BTreeSet<PlanId>,
    /// Plans that it does not concern, whatever they derive from.
    pub not_plans: BTreeSet<PlanId>,
    /// Its channels; all if empty.
    pub channels: BTreeSet<Channel>,
    /// What it limits.
    pub limits: Limits,
}

/// Limits of a date. A yes closes; that something is open after all cannot be said.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Limits {
    /// The least slots of a stay that arrives on it.
    pub stay_min_on_arrival: Option<u32>,
    /// The least slots of a stay that has a slot on it.
    pub stay_min_through: Option<u32>,
    /// The most slots of a stay that arrives on it.
    pub stay_max_on_arrival: Option<u32>,
    /// The most slots of a stay that has a slot on it.
    pub stay_max_through: Option<u32>,
    /// Whether the least slots do not count where the stay fills all that is free around it.
    pub fills_gaps: bool,
    /// No stay arrives on it.
    pub closed_to_arrival: bool,
    /// No stay departs on it.
    pub closed_to_departure: bool,
    /// No stay has a slot on it.
    pub stop_sell: bool,
    /// The least minutes between the booking and a start on it.
    pub notice_minutes_min: Option<u32>,
    /// The most days between the booking's date and a start on it.
    pub window_days_max: Option<u32>,
    /// The least units of an order that arrives on it.
    pub quantity_min: Option<u32>,
    /// The most units of an order that arrives on it.
    pub quantity_max: Option<u32>,
    /// A stay that has one slot on a date of the restriction's range has one on every date of that range that the zone has. Where it is set
    /// for dates, a range is of those side by side.
    pub sold_together: bool,
}
