//! What a calendar says of how a slot is sold under the default plan: whether a stay may begin with it, of how many slots at least, and
//! whether one may end with it.
//!
//! The restrictions are those that a quote asks, each once for a date. A stay is followed slot by slot from where it begins, as far as it
//! takes to know the shortest that is sold.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::rates::card::RateCard;
use crate::rates::condition::DateRange;
use crate::rates::dated::DatedRates;
use crate::rates::ids::RestrictionId;
use crate::rates::plan::lineage;
use crate::rates::quote::{Limit, Reason};
use crate::rates::request::RateRequest;
use crate::rates::restrict::{Restricted, SOLD_TOGETHER_MAX, Together, is_about_length, restricted};
use crate::rates::restriction::{Limits, STAY_SLOTS_MAX};

/// How a slot is sold under the default plan, to somebody who names no code. It says nothing of places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// Whether a stay could begin with it at this moment: it is not stopped, and its start is neither too near nor too far off.
    pub is_on_sale: bool,
    /// The stays that begin with it, or why there is none: at least one reason.
    pub arrival: Result<Stays, Vec<Reason>>,
    /// Whether a stay may end with it, where nothing else is against that.
    pub departs: bool,
}

/// Which stays begin with a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stays {
    /// The slots of the shortest that is sold.
    pub slots_min: u32,
    /// The most slots of any, if that is limited from its first slot on, or by one of the shortest.
    pub slots_max: Option<u32>,
    /// The least units, if that is limited.
    pub quantity_min: Option<u32>,
    /// The most units, if that is limited.
    pub quantity_max: Option<u32>,
}

/// A slot, as restrictions look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SoldSlot {
    /// Its local date.
    pub date: Date,
    /// When it begins.
    pub start: Timestamp,
    /// The local date on which it ends.
    pub departure: Date,
    /// The number of the run of slots that it is in: one hold can cover slots of one run.
    pub run: usize,
    /// Whether a place of it could be held, where it is known.
    pub is_free: Option<bool>,
}

/// Slots of a resource, side by side in time order.
#[derive(Debug, Clone)]
pub struct SoldSlots {
    /// Those that are looked at.
    pub slots: Vec<SoldSlot>,
    /// Which of them are asked for: the others are there to know what is next to them.
    pub asked: Range<usize>,
    /// The local date before which no slot after the first is left out.
    pub to: Date,
    /// The most slots of a stay.
    pub slots_max: usize,
    /// The most days of a stay.
    pub days_max: i32,
}

/// The most slots, or days, that anything in a card or set for dates asks a stay to have; `None` where each slot is sold by itself or not at
/// all.
#[must_use]
pub fn longest_asked(card: &RateCard, dated: &DatedRates) -> Option<u32> {
    let together = SOLD_TOGETHER_MAX.unsigned_abs();
    let of_card = card.restrictions.iter().map(|restriction| &restriction.limits);
    let days = dated.months().flat_map(|(_, rates)| rates.dates.values()).flat_map(BTreeMap::values);
    let limits = of_card.chain(days.map(|day| &day.limits)).filter(|limits| is_about_length(limits));
    let longest = limits.map(|limits| {
        let least = limits.stay_min_on_arrival.max(limits.stay_min_through).unwrap_or(1);
        if limits.sold_together { least.max(together) } else { least }
    });
    longest.max()
}

/// How the slots that are asked for are sold, by a card that passed [`RateCard::checked`]. `request` says when it is asked, where and by
/// whom; what it says of a stay does not count. `dated` has the months of all the slots.
#[must_use]
pub fn sales(card: &RateCard, dated: &DatedRates, request: &RateRequest, of: &SoldSlots) -> Vec<Sale> {
    let asked = of.slots.get(of.asked.clone()).unwrap_or_default();
    let Some(lineage) = lineage(&card.plans, &card.default_plan) else {
        let none = Sale { is_on_sale: false, arrival: Err(vec![Reason::NoPlan]), departs: false };
        return vec![none; asked.len()];
    };
    let restricted = Restricted::new(card, dated, request, &lineage);
    let facts = facts(&restricted, &of.slots);
    let nothing = DateFacts::default();
    let on = |date: Date| facts.get(&date).unwrap_or(&nothing);
    let days = of.slots.iter().map(|slot| (on(slot.date), on(slot.departure))).collect();
    let line = Line { of, days };
    let sale = |at: usize| {
        let (slot, (day, departure)) = (line.of.slots.get(at)?, line.days.get(at)?);
        let reasons = restricted.reasons_at_start(slot.date, slot.start);
        let is_on_sale = !reasons.iter().any(|reason| !is_closed_to_arrival(reason));
        let arrival = if reasons.is_empty() { line.stays(at, day) } else { Err(reasons) };
        Some(Sale { is_on_sale, arrival, departs: departure.closed_to_departure.is_none() })
    };
    of.asked.clone().filter_map(sale).collect()
}

fn is_closed_to_arrival(reason: &Reason) -> bool {
    matches!(reason, Reason::Restricted { limit: Limit::ClosedToArrival, .. })
}

/// What restricts stays with a slot on a date, each with the name of the restriction where it has one that is told.
#[derive(Default)]
struct DateFacts<'a> {
    stopped: Option<Named<'a>>,
    closed_to_departure: Option<Named<'a>>,
    on_arrival: Least<'a>,
    through: Least<'a>,
    slots_max_on_arrival: Option<(u32, Named<'a>)>,
    slots_max_through: Option<(u32, Named<'a>)>,
    quantity_min: Option<(u32, Named<'a>)>,
    quantity_max: Option<(u32, Named<'a>)>,
    together: Vec<Whole<'a>>,
}

type Named<'a> = Option<&'a RestrictionId>;

/// The least slots of a stay.
#[derive(Clone, Copy, Default)]
struct Least<'a> {
    /// Of one that fills a gap.
    in_gap: u32,
    /// Of any other.
    slots: u32,
    /// What asks for the latter, and of which date.
    by: Option<(Named<'a>, Date)>,
}

impl<'a> Least<'a> {
    fn of(date: Date, numbers: Vec<(Named<'a>, u32, bool)>) -> Self {
        let each = numbers.into_iter().map(|(shown, slots, fills_gaps)| Self {
            in_gap: if fills_gaps { 0 } else { slots },
            slots,
            by: Some((shown, date)),
        });
        each.fold(Self::default(), Self::and)
    }

    fn and(self, other: Self) -> Self {
        let (slots, by) =
            if other.slots > self.slots { (other.slots, other.by) } else { (self.slots, self.by) };
        Self { in_gap: self.in_gap.max(other.in_gap), slots, by }
    }
}

/// Dates of which a stay with a slot on one has one on each.
#[derive(Clone, Copy)]
struct Whole<'a> {
    shown: Named<'a>,
    range: DateRange,
    first: Date,
    last: Date,
    /// Whether there are slots on all of them.
    exists: bool,
}

/// What restricts stays on each date of the slots, and of their ends.
fn facts<'a>(restricted: &Restricted<'a>, slots: &[SoldSlot]) -> BTreeMap<Date, DateFacts<'a>> {
    let with_slots: BTreeMap<Date, ()> = slots.iter().map(|slot| (slot.date, ())).collect();
    let dates = slots.iter().flat_map(|slot| [slot.date, slot.departure]);
    let mut facts: BTreeMap<Date, DateFacts<'a>> = BTreeMap::new();
    // Of all dates of a range that is sold together the same is asked.
    let mut known: Vec<Whole<'a>> = Vec::new();
    for date in dates {
        let together = |known: &mut Vec<Whole<'a>>| wholes(restricted, date, &with_slots, known);
        let fact = || {
            let numbers = |kind: fn(&Limits) -> Option<u32>| restricted.numbers(date, kind);
            let closing = |kind: fn(&Limits) -> bool| restricted.closing(date, kind).into_iter().next();
            let named = |(shown, number, _): (Named<'a>, u32, bool)| (number, shown);
            let least = |kind| numbers(kind).into_iter().map(named).min_by_key(|(number, _)| *number);
            let most = |kind| numbers(kind).into_iter().map(named).max_by_key(|(number, _)| *number);
            DateFacts {
                stopped: closing(|limits| limits.stop_sell),
                closed_to_departure: closing(|limits| limits.closed_to_departure),
                on_arrival: Least::of(date, numbers(|limits| limits.stay_min_on_arrival)),
                through: Least::of(date, numbers(|limits| limits.stay_min_through)),
                slots_max_on_arrival: least(|limits| limits.stay_max_on_arrival),
                slots_max_through: least(|limits| limits.stay_max_through),
                quantity_min: most(|limits| limits.quantity_min),
                quantity_max: least(|limits| limits.quantity_max),
                together: together(&mut known),
            }
        };
        facts.entry(date).or_insert_with(fact);
    }
    facts
}

/// The dates of which a stay with a slot on one date has one on each, of each restriction that says so of it.
fn wholes<'a>(
    restricted: &Restricted<'a>,
    date: Date,
    with_slots: &BTreeMap<Date, ()>,
    known: &mut Vec<Whole<'a>>,
) -> Vec<Whole<'a>> {
    let whole = |together: Together<'a>| {
        let is_known = |whole: &&Whole<'a>| (whole.shown, whole.range) == (together.shown, together.range);
        if let Some(whole) = known.iter().find(is_known) {
            return *whole;
        }
        let asked = || together.range.dates().filter(|one| restricted.is_asked_for(&together, *one));
        let whole = Whole {
            shown: together.shown,
            range: together.range,
            first: asked().next().unwrap_or(date),
            last: asked().last().unwrap_or(date),
            exists: asked().all(|one| with_slots.contains_key(&one)),
        };
        known.push(whole);
        whole
    };
    restricted.together(date).into_iter().map(whole).collect()
}

/// Slots, with what restricts stays on the date of each, and on the date on which it ends.
struct Line<'a> {
    of: &'a SoldSlots,
    days: Vec<(&'a DateFacts<'a>, &'a DateFacts<'a>)>,
}

impl<'a> Line<'a> {
    /// Which stays begin with the slot at `at`, on whose start nothing is against; or why none does.
    fn stays(&self, at: usize, day: &DateFacts<'a>) -> Result<Stays, Vec<Reason>> {
        let Some(first) = self.of.slots.get(at) else { return Err(Vec::new()) };
        let quantity = (day.quantity_min, day.quantity_max);
        if let (Some((least, _)), Some((most, shown))) = quantity
            && least > most
        {
            return Err(vec![restricted(shown, first.date, Limit::QuantityMax(most))]);
        }
        let (slots_min, slots_max) = self.shortest(at, first, day)?;
        Ok(Stays {
            slots_min,
            slots_max,
            quantity_min: day.quantity_min.map(|(least, _)| least),
            quantity_max: day.quantity_max.map(|(most, _)| most),
        })
    }

    /// The slots of the shortest stay, and the most that one may have that has its slots.
    fn shortest(
        &self,
        at: usize,
        first: &SoldSlot,
        day: &DateFacts<'a>,
    ) -> Result<(u32, Option<u32>), Vec<Reason>> {
        let before_end = first.date.checked_add(self.of.days_max.days()).unwrap_or(Date::MAX);
        let slots = self.of.slots.iter().zip(&self.days).skip(at).take(self.of.slots_max);
        let slots = slots.take_while(|(slot, _)| slot.run == first.run && slot.date < before_end);
        let (mut least, mut to) = (day.on_arrival, None::<Whole<'a>>);
        let (mut closed, mut reached) = (None, 0);
        let mut unmet: Option<(u32, Named<'a>, Date)> = None;
        let mut most = day.slots_max_on_arrival.map(|(most, shown)| (most, shown, first.date));
        for (length, (slot, (on, departure))) in (1_u32..).zip(slots) {
            if let Some(shown) = on.stopped {
                return Err(vec![restricted(shown, slot.date, Limit::StopSell)]);
            }
            let through = on.slots_max_through.map(|(most, shown)| (most, shown, slot.date));
            most = most.into_iter().chain(through).min_by_key(|(most, ..)| *most);
            if let Some((most, shown, date)) = most.filter(|(most, ..)| length > *most) {
                closed.get_or_insert(restricted(shown, date, Limit::StayMax(most)));
                break;
            }
            for whole in &on.together {
                if whole.first < first.date || !whole.exists {
                    return Err(vec![whole.reason(slot.date)]);
                }
                to = Some(*whole).filter(|whole| to.is_none_or(|to| whole.last > to.last)).or(to);
            }
            reached = length;
            least = least.and(on.through);
            let fills_gap = least.in_gap < least.slots && self.fills_gap(at, length);
            let asked = if fills_gap { least.in_gap } else { least.slots };
            if length < asked {
                // What a quote of this length is refused for.
                unmet = match (fills_gap, unmet) {
                    (true, None) => Some((least.in_gap, None, slot.date)),
                    (true, before) => before,
                    (false, _) => least.by.map(|(shown, date)| (least.slots, shown, date)),
                };
                continue;
            }
            if to.is_some_and(|whole| slot.date < whole.last) {
                continue;
            }
            match departure.closed_to_departure {
                None => return Ok((length, most.map(|(most, ..)| most))),
                Some(shown) => {
                    closed.get_or_insert(restricted(shown, slot.departure, Limit::ClosedToDeparture));
                }
            }
        }
        let unmet = unmet.filter(|_| reached < least.slots);
        let unmet = unmet.map(|(slots, shown, date)| restricted(shown, date, Limit::StayMin(slots)));
        let reasons: Vec<Reason> = closed.into_iter().chain(unmet).collect();
        match to {
            Some(whole) if reasons.is_empty() => Err(vec![whole.reason(first.date)]),
            Some(_) | None => Err(reasons),
        }
    }

    /// Whether a stay of `length` slots from the one at `at` fills all that is free around it.
    fn fills_gap(&self, at: usize, length: u32) -> bool {
        let slots = &self.of.slots;
        let after = usize::try_from(length).ok().and_then(|length| at.checked_add(length));
        let Some((first, after)) = slots.get(at).zip(after) else { return false };
        let last = after.checked_sub(1).and_then(|last| slots.get(last));
        let is_beside = |one: Date, other: Date| one.tomorrow().is_ok_and(|next| other <= next);
        // Where there is no slot beside it nothing is free.
        let before = at.checked_sub(1).and_then(|before| slots.get(before));
        let before = before.filter(|slot| is_beside(slot.date, first.date));
        let after = slots.get(after).filter(|slot| last.is_some_and(|last| is_beside(last.date, slot.date)));
        let is_known = |last: &SoldSlot| last.date.tomorrow().is_ok_and(|next| next < self.of.to);
        let is_taken = |slot: &SoldSlot| slot.is_free == Some(false);
        before.is_none_or(is_taken) && after.map_or_else(|| last.is_some_and(is_known), is_taken)
    }
}

impl Whole<'_> {
    fn reason(&self, date: Date) -> Reason {
        let DateRange { from, to } = self.range;
        restricted(self.shown, date, Limit::SoldTogether { from, to })
    }
}

/// How many days after the last slot that is asked for slots are looked at, where stays have to be as long as `longest` says: enough to pass
/// a departure that is closed for two weeks.
#[must_use]
pub fn days_ahead(longest: u32) -> i32 {
    let days = if longest <= 31 { DAYS_AHEAD } else { (longest + 14).min(STAY_SLOTS_MAX) };
    i32::try_from(days).unwrap_or(i32::MAX)
}

/// How many days after the last slot that is asked for slots are looked at, where nothing asks for more than a month.
pub const DAYS_AHEAD: u32 = 45;
