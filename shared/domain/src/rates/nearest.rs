//! What would do instead of nights that restrictions keep from being sold: another number of them, or another date of arrival.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::catalogue::local_time::is_day;
use crate::rates::card::RateCard;
use crate::rates::dated::DatedRates;
use crate::rates::ids::PlanId;
use crate::rates::plan::lineage;
use crate::rates::quote::Unavailable;
use crate::rates::request::RateRequest;
use crate::rates::restrict::{Restricted, Stay};

/// How many days earlier or later an arrival is looked for, and how many nights more or less.
pub const NEAREST_MAX: i32 = 31;
/// The longest stay for which something else is looked for, in nights.
pub const NEAREST_SLOTS_MAX: usize = 31;

/// What is nearest to a stay that is not sold. Neither says anything of places, which may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nearest {
    /// With this number of nights from the same start on it would be sold: the number nearest to what is asked, the greater of two.
    pub slots: Option<u32>,
    /// With an arrival on this date and as many nights it would be sold: the date nearest to what is asked, the later of two.
    pub arrival: Option<Date>,
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
    let nearest = Nearest { slots: near().find_map(long), arrival: near().find_map(moved) };
    (nearest.slots.is_some() || nearest.arrival.is_some()).then_some(nearest)
}

impl Stay {
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
