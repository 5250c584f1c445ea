//! What is asked of a rate card: the stay, what is chosen, and what is known of the places that are taken. One code for search, calendars,
//! quotes and holds.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use holdfast_domain::catalogue::{Month, Stay};
use holdfast_domain::rates::card::CardVersion;
use holdfast_domain::rates::dated::DatedRates;
use holdfast_domain::rates::evaluate::PRICES_MAX;
use holdfast_domain::rates::ids::Channel;
use holdfast_domain::rates::occupancy::Unit;
use holdfast_domain::rates::request::{RateRequest, StaySlot};
use holdfast_domain::{GuestId, Resource, Slot};
use jiff::civil::Date;
use jiff::{Span, Timestamp, ToSpan};

use crate::kernel::identity::Caller;
use crate::rates::choice::RateChoice;

/// A stay whose price is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The resource.
    pub resource: &'a Resource,
    /// The stay.
    pub stay: &'a Stay,
    /// Units.
    pub quantity: u32,
    /// What is chosen.
    pub choice: &'a RateChoice,
    /// When it is asked.
    pub at: Timestamp,
    /// Whether what was edited a moment ago counts: for operators.
    pub latest: bool,
    /// Who asks, if they have said so: some plans are for some callers, and a price is set by somebody.
    pub caller: Option<&'a Caller>,
    /// For whom the stay is, if it is known: whose uses of a promotion count where each guest has a limit.
    pub guest: Option<&'a GuestId>,
    /// The address of a caller who has not said who they are, if it is known: from one address codes are guessed as often as it has.
    pub address: Option<IpAddr>,
}

/// How full a slot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Places that are taken.
    pub(crate) taken: u32,
    /// Places that there are.
    pub(crate) places: u32,
    /// Whether a place could be held.
    pub(crate) is_free: bool,
}

/// How full the slots of a stay are, by their start, and whether those next to it are free.
#[derive(Default)]
pub(crate) struct Fullness {
    of: BTreeMap<Timestamp, Taken>,
    is_free_before: Option<bool>,
    is_free_after: Option<bool>,
}

impl Fullness {
    /// Of a stay with its neighbours, by how full slots are.
    pub(crate) fn new(around: &Around, of: BTreeMap<Timestamp, Taken>) -> Self {
        // Where there is no slot nothing is free; of a slot that was not counted it is not known.
        let is_free = |slot: &Option<Slot>| match slot {
            None => Some(false),
            Some(slot) => of.get(&slot.start).map(|taken| taken.is_free),
        };
        Self { is_free_before: is_free(&around.before), is_free_after: is_free(&around.after), of }
    }
}

/// The slots next to a stay.
#[derive(Default)]
pub(crate) struct Around {
    pub(crate) before: Option<Slot>,
    pub(crate) after: Option<Slot>,
}

pub(crate) fn around(resource: &Resource, stay: &Stay) -> Around {
    let date = |slot: Option<&Slot>| slot.map(|slot| resource.terms.local_date(slot));
    let slots = |date: Option<Date>, from: Span| {
        let from = date.and_then(|date| date.checked_add(from).ok());
        let to = from.and_then(|from| from.checked_add(2.days()).ok());
        from.zip(to).and_then(|(from, to)| resource.calendar(from, to).ok()).unwrap_or_default()
    };
    let before = slots(date(stay.slots.first()), -1.day()).into_iter().filter(|slot| slot.end <= stay.start);
    let after = slots(date(stay.slots.last()), 0.days()).into_iter().filter(|slot| slot.start >= stay.end);
    Around { before: before.max_by_key(|slot| slot.end), after: after.min_by_key(|slot| slot.start) }
}

/// Whether a rate depends on how full slots are.
pub(crate) fn needs_fullness(version: &CardVersion, dated: &DatedRates) -> bool {
    version.card.rules.iter().any(|rule| rule.when.sold_percent.is_some()) || may_fill_gaps(version, dated)
}

/// Whether a restriction depends on how full the slots next to a stay are.
pub(crate) fn may_fill_gaps(version: &CardVersion, dated: &DatedRates) -> bool {
    let mut days = dated.months().flat_map(|(_, rates)| rates.dates.values()).flat_map(BTreeMap::values);
    version.card.restrictions.iter().any(|restriction| restriction.limits.fills_gaps)
        || days.any(|day| day.limits.fills_gaps)
}

/// The months whose rates decide about slots of a resource: those of their dates, of the date of the departure, and of the dates beside them,
/// with which theirs may be sold together.
pub(crate) fn months_of(resource: &Resource, slots: &[&Slot]) -> BTreeSet<Month> {
    let departure = slots.iter().map(|slot| slot.end).max();
    let departure = departure.map(|end| resource.terms.time_zone.to_datetime(end).date());
    let dates = slots.iter().map(|slot| resource.terms.local_date(slot)).chain(departure);
    let beside = |date: Date| [date.yesterday().ok(), Some(date), date.tomorrow().ok()];
    dates.flat_map(beside).flatten().map(Month::of).collect()
}

/// Units of which nothing is said; `None` where they are more than can be priced at once for a stay of so many slots.
pub(crate) fn units_alike(slots: usize, quantity: u32) -> Option<Vec<Unit>> {
    let count = usize::try_from(quantity).unwrap_or(usize::MAX);
    (slots.saturating_mul(count) <= PRICES_MAX).then(|| vec![Unit::default(); count])
}

/// The question for the price of a stay at `at`, of somebody who is in no group.
pub(crate) fn request(
    resource: &Resource,
    stay: &Stay,
    units: Vec<Unit>,
    choice: &RateChoice,
    fullness: &Fullness,
    at: Timestamp,
) -> RateRequest {
    let slot = |slot: &Slot| {
        let taken = fullness.of.get(&slot.start);
        StaySlot {
            date: resource.terms.local_date(slot),
            slot: slot.clone(),
            taken: taken.map_or(0, |taken| taken.taken),
            places: taken.map(|taken| taken.places),
        }
    };
    RateRequest {
        slots: stay.slots.iter().map(slot).collect(),
        zone: resource.terms.time_zone.clone(),
        units,
        at,
        channel: choice.channel.clone().unwrap_or_else(Channel::web),
        groups: BTreeSet::new(),
        extras: choice.extras.clone(),
        promotion: choice.promotion.clone(),
        price_override: None,
        is_free_before: fullness.is_free_before,
        is_free_after: fullness.is_free_after,
    }
}
