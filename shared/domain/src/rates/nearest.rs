//! What would do instead of a stay that restrictions keep from being sold: another number of nights or slots, another date of arrival,
//! another slot.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::catalogue::local_time::is_day;
use crate::catalogue::{Resource, Slot, When};
use crate::rates::card::RateCard;
use crate::rates::dated::DatedRates;
use crate::rates::ids::PlanId;
use crate::rates::plan::lineage;
use crate::rates::quote::Unavailable;
use crate::rates::request::RateRequest;
use crate::rates::restrict::{Restricted, Stay};

/// How many days earlier or later an arrival is looked for, and how many nights more or less.
pub const NEAREST_MAX: i32 = 31;
/// The most stays that are looked at of a resource that sells slots.
pub const NEAREST_STAYS_MAX: usize = 500;
/// The longest stay for which something else is looked for, in nights.
pub const NEAREST_SLOTS_MAX: usize = 31;

/// What is nearest to a stay that is not sold. Neither says anything of places, which may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nearest {
    /// With this number of nights from the same start on it would be sold: the number nearest to what is asked, the greater of two.
    pub slots: Option<u32>,
    /// With an arrival on this date and as many nights it would be sold: the date nearest to what is asked, the later of two.
    pub arrival: Option<Date>,
    /// Of slots: as many of them from this moment to that would be sold, on the date nearest to what is asked, of it those nearest in time,
    /// the later of two.
    pub stay: Option<(Timestamp, Timestamp)>,
}

impl Nearest {
    /// How far the nearer of what it names is from what was asked, in seconds.
    #[must_use]
    pub fn distance(&self, request: &RateRequest) -> i64 {
        let (Some(first), Some(last)) = (request.slots.first(), request.slots.last()) else {
            return i64::MAX;
        };
        let length = last.slot.end.duration_since(first.slot.start).as_secs();
        let count = i64::try_from(request.slots.len()).unwrap_or(i64::MAX).max(1);
        let longer = self.slots.map(|slots| (i64::from(slots) - count).abs().saturating_mul(length / count));
        let days = self.arrival.and_then(|arrival| first.date.until(arrival).ok());
        let days = days.map(|span| i64::from(span.get_days()).abs().saturating_mul(24 * 3600));
        let moved = self.stay.map(|(start, _)| start.duration_since(first.slot.start).as_secs().abs());
        [longer, days, moved].into_iter().flatten().min().unwrap_or(i64::MAX)
    }
}

/// What would do where nothing but restrictions keeps a plan from being sold for nights of a resource that sells them; `None` if something else does, if the stay is
/// longer than [`NEAREST_SLOTS_MAX`], or if nothing within [`NEAREST_MAX`] would do. `dated` has the months within that many days of the
/// stay.
#[must_use]
pub fn nearest(
    card: &RateCard,
    dated: &DatedRates,
    request: &RateRequest,
    plan: &PlanId,
    unavailable: &Unavailable,
) -> Option<Nearest> {
    let (stay, lineage) = (Stay::of(request)?, lineage(&card.plans, plan)?);
    if request.slots.len() > NEAREST_SLOTS_MAX || !unavailable.is_by_restrictions_alone() {
        return None;
    }
    let restricted = Restricted::new(card, dated, request, &lineage);
    let is_sold = |stay: &Stay| restricted.is_sold(stay);
    let near = || (1..=NEAREST_MAX).flat_map(|by| [by, -by]);
    let long = |by: i32| {
        let slots = stay.slots().checked_add_signed(by)?;
        stay.with_slots(slots, &request.zone).filter(is_sold).map(|_| slots)
    };
    let today = request.zone.to_datetime(request.at).date();
    let moved = |by: i32| {
        let moved = stay.moved(by, &request.zone).filter(|moved| moved.arrival() >= today);
        moved.filter(is_sold).map(|moved| moved.arrival())
    };
    let nearest = Nearest { slots: near().find_map(long), arrival: near().find_map(moved), stay: None };
    (nearest.slots.is_some() || nearest.arrival.is_some()).then_some(nearest)
}

/// The same of a resource that sells slots: another number of slots from the same start on, and as many slots at another time, on a date
/// within [`NEAREST_MAX`]. Not more than [`NEAREST_STAYS_MAX`] stays are looked at.
#[must_use]
pub fn nearest_slots(
    resource: &Resource,
    card: &RateCard,
    dated: &DatedRates,
    request: &RateRequest,
    plan: &PlanId,
    unavailable: &Unavailable,
) -> Option<Nearest> {
    let (asked, lineage) = (Stay::of(request)?, lineage(&card.plans, plan)?);
    let count = request.slots.len();
    if count > NEAREST_SLOTS_MAX || !unavailable.is_by_restrictions_alone() {
        return None;
    }
    let length = request.slots.last()?.slot.end.duration_since(asked.start);
    let restricted = Restricted::new(card, dated, request, &lineage);
    // What may be held, and is sold.
    let sold = |start: Timestamp, end: Timestamp| {
        let stay = resource.stay(When::Instant(start), When::Instant(end), request.at).ok()?;
        restricted.is_sold(&Stay::at(resource, &stay.slots)?).then_some(stay)
    };
    // Asked first: to cut the slots of a stay takes longer.
    let begins = |date: Date, start: Timestamp| restricted.reasons_at_start(date, start).is_empty();
    let on = |by: i32, days: i32| {
        let from = asked.arrival().checked_add(by.days()).ok();
        let to = from.and_then(|from| from.checked_add(days.days()).ok());
        from.zip(to).and_then(|(from, to)| resource.calendar(from, to).ok()).unwrap_or_default()
    };
    let following: Vec<Slot> = on(0, 2).into_iter().filter(|slot| slot.start >= asked.start).collect();
    let near = (1..=NEAREST_MAX).flat_map(|by| [by, -by]).filter(|_| begins(asked.arrival(), asked.start));
    let longer =
        near.filter_map(|by| count.checked_add_signed(isize::try_from(by).ok()?)).find_map(|slots| {
            let last = following.get(slots.checked_sub(1)?)?;
            let stay = sold(asked.start, last.end)?;
            u32::try_from(stay.slots.len()).ok().filter(|found| usize::try_from(*found) == Ok(slots))
        });
    let dates = (0..=NEAREST_MAX).map(|by| if by == 0 { vec![0] } else { vec![by, -by] });
    let others = dates.flat_map(|dates| {
        let mut slots: Vec<Slot> = dates.into_iter().flat_map(|by| on(by, 1)).collect();
        let away = |slot: &Slot| slot.start.duration_since(asked.start);
        slots.sort_by_key(|slot| (away(slot).abs(), away(slot).is_negative()));
        slots
    });
    let others = others.filter(|slot| slot.start != asked.start && !resource.is_past(slot, request.at));
    let moved = others.take(NEAREST_STAYS_MAX).find_map(|slot| {
        if !begins(resource.terms.local_date(&slot), slot.start) {
            return None;
        }
        let stay = sold(slot.start, slot.start.checked_add(length).ok()?)?;
        (stay.slots.len() == count).then_some((stay.start, stay.end))
    });
    let nearest = Nearest { slots: longer, arrival: None, stay: moved };
    (nearest.slots.is_some() || nearest.stay.is_some()).then_some(nearest)
}

impl Stay {
    /// Of slots of a resource, at least one.
    fn at(resource: &Resource, slots: &[Slot]) -> Option<Self> {
        let (first, last) = (slots.first()?, slots.last()?);
        Some(Self {
            dates: slots.iter().map(|slot| resource.terms.local_date(slot)).collect(),
            departure: resource.terms.time_zone.to_datetime(last.end).date(),
            start: first.start,
            fills_gap: false,
        })
    }

    /// The same from the same start on with another number of nights: one on each date that there is, as it has.
    fn with_slots(&self, slots: u32, zone: &TimeZone) -> Option<Self> {
        let slots = usize::try_from(slots).ok().filter(|slots| *slots > 0)?;
        let (first, last) = (self.dates.first()?, self.dates.last()?);
        let dates: Vec<Date> = first.series(1.day()).filter(|date| is_day(*date, zone)).take(slots).collect();
        if !self.dates.iter().zip(&dates).all(|(own, date)| own == date) || dates.len() < slots {
            return None;
        }
        let departure = dates.last()?.checked_add(last.until(self.departure).ok()?).ok()?;
        Some(Self { dates, departure, fills_gap: false, ..self.clone() })
    }

    /// The same so many days later, where each of its dates exists.
    fn moved(&self, days: i32, zone: &TimeZone) -> Option<Self> {
        let later = |date: &Date| date.checked_add(days.days()).ok().filter(|date| is_day(*date, zone));
        let dates: Vec<Date> = self.dates.iter().map(later).collect::<Option<_>>()?;
        let start = zone.to_datetime(self.start).checked_add(days.days()).ok()?;
        Some(Self {
            dates,
            departure: self.departure.checked_add(days.days()).ok()?,
            start: zone.to_timestamp(start).ok()?,
            fills_gap: false,
        })
    }
}
