//! Restrictions: which stays a plan is not sold for.
//!
//! Limits of arrival hold on the local date of the first slot, those of departure on the local date on which the last one ends, the others
//! on the date of each slot. All restrictions of the card that concern a plan count; where a limit is set for a date, it counts there in
//! place of the card's limits of its kind. What is set for a date under a plan counts for the plans that derive from it; a number gives way to one
//! of its kind that is set under these. That nothing is closed cannot be set for a date: what a plan or the card closes stays closed.
//!
//! What a plan has from one that the caller may not see keeps stays from being sold as ever, and has no name in what is told of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::catalogue::local_time::is_day;
use crate::rates::card::RateCard;
use crate::rates::condition::DateRange;
use crate::rates::dated::DatedRates;
use crate::rates::ids::RestrictionId;
use crate::rates::plan::RatePlan;
use crate::rates::quote::{Limit, Reason};
use crate::rates::request::RateRequest;
use crate::rates::restriction::{Limits, Restriction};

/// The most dates that are sold together: of one range of a card; where they are set, before and after each.
pub const SOLD_TOGETHER_MAX: i32 = 100;

/// Why a stay is not sold under the first plan of a lineage, in an order that does not depend on how restrictions are written.
pub(super) fn reasons(
    card: &RateCard,
    dated: &DatedRates,
    request: &RateRequest,
    lineage: &[&RatePlan],
) -> Vec<Reason> {
    let Some(stay) = Stay::of(request) else { return Vec::new() };
    Restricted::new(card, dated, request, lineage).reasons(&stay)
}

/// What restrictions ask of a stay.
#[derive(Debug, Clone)]
pub(super) struct Stay {
    /// The local date of each slot.
    pub(super) dates: Vec<Date>,
    /// The local date on which the last slot ends.
    pub(super) departure: Date,
    /// When the first slot begins.
    pub(super) start: Timestamp,
    /// Whether it fills all that is free around it.
    pub(super) fills_gap: bool,
}

impl Stay {
    pub(super) fn of(request: &RateRequest) -> Option<Self> {
        let (first, last) = (request.slots.first()?, request.slots.last()?);
        Some(Self {
            dates: request.slots.iter().map(|slot| slot.date).collect(),
            departure: request.zone.to_datetime(last.slot.end).date(),
            start: first.slot.start,
            fills_gap: request.is_free_before == Some(false) && request.is_free_after == Some(false),
        })
    }

    pub(super) fn arrival(&self) -> Date {
        self.dates.first().copied().unwrap_or(self.departure)
    }

    pub(super) fn slots(&self) -> u32 {
        u32::try_from(self.dates.len()).unwrap_or(u32::MAX)
    }
}

/// What is asked of a stay under a plan.
pub(super) struct Restricted<'a> {
    dated: &'a DatedRates,
    request: &'a RateRequest,
    /// The plan, and those it derives from.
    lineage: &'a [&'a RatePlan],
    /// The card's restrictions that concern the plan.
    concern: Vec<Concern<'a>>,
}

/// A restriction that concerns the plan.
struct Concern<'a> {
    restriction: &'a Restriction,
    /// What it is called in reasons; nothing where it names none but plans that the caller may not see.
    shown: Option<&'a RestrictionId>,
}

/// The earliest date of each limit of each restriction that a stay does not keep.
type Broken<'a> = BTreeMap<(Limit, Option<&'a RestrictionId>), Date>;

/// Dates that are sold together, of which one is asked about.
pub(super) struct Together<'a> {
    /// What is called for them in reasons.
    pub(super) shown: Option<&'a RestrictionId>,
    /// All of them.
    pub(super) range: DateRange,
    /// The restriction, which may be on some days of the week only; none where they are set for dates.
    restriction: Option<&'a Restriction>,
}

/// What in a card, or set for dates, depends on how long a stay is, or asks for more than one slot of it.
#[must_use]
pub(super) fn is_about_length(limits: &Limits) -> bool {
    let least = limits.stay_min_on_arrival.max(limits.stay_min_through);
    least.is_some_and(|least| least > 1) || limits.closed_to_departure || limits.sold_together
}

impl<'a> Restricted<'a> {
    pub(super) fn new(
        card: &'a RateCard,
        dated: &'a DatedRates,
        request: &'a RateRequest,
        lineage: &'a [&'a RatePlan],
    ) -> Self {
        let is_for_channel = |restriction: &&Restriction| {
            restriction.channels.is_empty() || restriction.channels.contains(&request.channel)
        };
        let restrictions = card.restrictions.iter().filter(is_for_channel);
        let seen = || lineage.iter().filter(|plan| plan.audience.has(&request.groups));
        let is_shown = |restriction: &Restriction| {
            restriction.plans.is_empty() || seen().any(|plan| restriction.plans.contains(&plan.id))
        };
        let concern = restrictions.filter(|restriction| concerns(restriction, lineage)).map(|restriction| {
            Concern { restriction, shown: is_shown(restriction).then_some(&restriction.id) }
        });
        let concern = concern.collect();
        Self { dated, request, lineage, concern }
    }

    pub(super) fn reasons(&self, stay: &Stay) -> Vec<Reason> {
        let mut broken = Broken::new();
        self.at_its_ends(stay, &mut broken);
        let dates: BTreeSet<Date> = stay.dates.iter().copied().collect();
        for date in &dates {
            self.on_date(*date, stay, &dates, &mut broken);
        }
        told(broken)
    }

    /// What keeps any stay from beginning with a slot, however long it is and of however many units.
    pub(super) fn reasons_at_start(&self, date: Date, start: Timestamp) -> Vec<Reason> {
        let mut broken = Broken::new();
        self.on_start(date, start, &mut broken);
        for id in self.closing(date, |limits| limits.stop_sell) {
            note(&mut broken, Limit::StopSell, id, date);
        }
        told(broken)
    }

    /// Whether nothing keeps a stay from being sold: it looks no further than to what does.
    pub(super) fn is_sold(&self, stay: &Stay) -> bool {
        let mut broken = Broken::new();
        self.at_its_ends(stay, &mut broken);
        let dates: BTreeSet<Date> = stay.dates.iter().copied().collect();
        broken.is_empty()
            && dates.iter().all(|date| {
                self.on_date(*date, stay, &dates, &mut broken);
                broken.is_empty()
            })
    }

    /// What is asked of a stay on the dates on which it arrives and departs.
    fn at_its_ends(&self, stay: &Stay, broken: &mut Broken<'a>) {
        self.on_arrival(stay, broken);
        for id in self.closing(stay.departure, |limits| limits.closed_to_departure) {
            note(broken, Limit::ClosedToDeparture, id, stay.departure);
        }
    }

    fn on_date(&self, date: Date, stay: &Stay, dates: &BTreeSet<Date>, broken: &mut Broken<'a>) {
        for id in self.closing(date, |limits| limits.stop_sell) {
            note(broken, Limit::StopSell, id, date);
        }
        for (id, least, fills) in self.numbers(date, |limits| limits.stay_min_through) {
            if stay.slots() < least && !(fills && stay.fills_gap) {
                note(broken, Limit::StayMin(least), id, date);
            }
        }
        self.ask(date, |limits| limits.stay_max_through, Limit::StayMax, broken, |most| stay.slots() <= most);
        for (id, range) in self.sold_together(date, dates) {
            note(broken, Limit::SoldTogether { from: range.from, to: range.to }, id, date);
        }
    }

    fn on_arrival(&self, stay: &Stay, broken: &mut Broken<'a>) {
        let date = stay.arrival();
        let units = u32::try_from(self.request.units.len()).unwrap_or(u32::MAX);
        self.on_start(date, stay.start, broken);
        for (id, least, fills) in self.numbers(date, |limits| limits.stay_min_on_arrival) {
            if stay.slots() < least && !(fills && stay.fills_gap) {
                note(broken, Limit::StayMin(least), id, date);
            }
        }
        self.ask(
            date,
            |limits| limits.stay_max_on_arrival,
            Limit::StayMax,
            broken,
            |most| stay.slots() <= most,
        );
        self.ask(date, |limits| limits.quantity_min, Limit::QuantityMin, broken, |least| units >= least);
        self.ask(date, |limits| limits.quantity_max, Limit::QuantityMax, broken, |most| units <= most);
    }

    /// What is asked of the start of a stay by itself.
    fn on_start(&self, date: Date, start: Timestamp, broken: &mut Broken<'a>) {
        let asked = self.request.zone.to_datetime(self.request.at).date();
        let notice = start.duration_since(self.request.at);
        let days = asked.until(date).map_or(0, |span| span.get_days());
        self.ask(
            date,
            |limits| limits.notice_minutes_min,
            Limit::NoticeMin,
            broken,
            |least| least == 0 || notice.as_secs() >= i64::from(least) * 60,
        );
        self.ask(
            date,
            |limits| limits.window_days_max,
            Limit::WindowMax,
            broken,
            |most| i64::from(days) <= i64::from(most),
        );
        for id in self.closing(date, |limits| limits.closed_to_arrival) {
            note(broken, Limit::ClosedToArrival, id, date);
        }
    }

    /// Notes the limits of a kind on a date that are not kept.
    fn ask(
        &self,
        date: Date,
        kind: fn(&Limits) -> Option<u32>,
        limit: fn(u32) -> Limit,
        broken: &mut Broken<'a>,
        is_kept: impl Fn(u32) -> bool,
    ) {
        for (id, number, _) in self.numbers(date, kind) {
            if !is_kept(number) {
                note(broken, limit(number), id, date);
            }
        }
    }

    /// The limits of a kind on a date: the one that is set for it, or else the card's. With each whether it does not count where a stay
    /// fills a gap, as is said with it, or for the date under the plan or one between it and the plan that has it.
    pub(super) fn numbers(
        &self,
        date: Date,
        kind: fn(&Limits) -> Option<u32>,
    ) -> Vec<(Option<&'a RestrictionId>, u32, bool)> {
        let mut fills_gaps = false;
        for limits in self.set_for(date) {
            fills_gaps |= limits.fills_gaps;
            if let Some(number) = kind(limits) {
                return vec![(None, number, fills_gaps)];
            }
        }
        let of_card = self.concern.iter().filter_map(|Concern { restriction, shown }| {
            let number = kind(&restriction.limits).filter(|_| restriction.is_on(date))?;
            Some((*shown, number, fills_gaps || restriction.limits.fills_gaps))
        });
        of_card.collect()
    }

    /// What closes a date in a way.
    pub(super) fn closing(&self, date: Date, kind: fn(&Limits) -> bool) -> Vec<Option<&'a RestrictionId>> {
        let set = self.set_for(date).any(kind).then_some(None);
        let closes =
            |concern: &&Concern<'_>| kind(&concern.restriction.limits) && concern.restriction.is_on(date);
        let of_card = self.concern.iter().filter(closes);
        set.into_iter().chain(of_card.map(|concern| concern.shown)).collect()
    }

    /// The ranges of dates sold together, one of which is `date`, of which the stay has not all.
    fn sold_together(
        &self,
        date: Date,
        dates: &BTreeSet<Date>,
    ) -> impl Iterator<Item = (Option<&'a RestrictionId>, DateRange)> {
        let is_missing = |of: &Together<'a>, one: Date| !dates.contains(&one) && self.is_asked_for(of, one);
        let missed = self.together(date).into_iter();
        let missed = missed.filter(move |of| of.range.dates().any(|one| is_missing(of, one)));
        missed.map(|of| (of.shown, of.range))
    }

    /// The ranges of dates sold together, one of which is `date`.
    pub(super) fn together(&self, date: Date) -> Vec<Together<'a>> {
        let mut ranges: Vec<Together<'a>> = Vec::new();
        for Concern { restriction, shown } in &self.concern {
            if restriction.limits.sold_together && restriction.is_on(date) {
                let all = restriction.dates.iter().filter(|range| range.contains(date));
                let of = |range: &DateRange| Together {
                    shown: *shown,
                    range: *range,
                    restriction: Some(*restriction),
                };
                ranges.extend(all.map(of));
            }
        }
        let is_set = |date: Date| self.set_for(date).any(|limits| limits.sold_together);
        if is_set(date) {
            let most = usize::try_from(SOLD_TOGETHER_MAX).unwrap_or(0);
            let goes_on =
                |step: i32| date.series(step.days()).take(most).take_while(|date| is_set(*date)).last();
            let (first, last) = (goes_on(-1).unwrap_or(date), goes_on(1).unwrap_or(date));
            let range = DateRange { from: first, to: last.tomorrow().unwrap_or(Date::MAX) };
            ranges.push(Together { shown: None, range, restriction: None });
        }
        ranges
    }

    /// Whether a stay has to have a date of a range that is sold together: one that the restriction is on and the zone has.
    pub(super) fn is_asked_for(&self, of: &Together<'a>, date: Date) -> bool {
        of.restriction.is_none_or(|restriction| restriction.is_on(date)) && is_day(date, &self.request.zone)
    }

    /// The limits that are set for a date: under the plan, then under those it derives from.
    fn set_for(&self, date: Date) -> impl Iterator<Item = &'a Limits> + use<'a> {
        let on = self.dated.on(date);
        let lineage = self.lineage;
        on.into_iter()
            .flat_map(move |plans| lineage.iter().filter_map(move |plan| plans.get(&plan.id)))
            .map(|rates| &rates.limits)
    }
}

fn told(broken: Broken<'_>) -> Vec<Reason> {
    broken.into_iter().map(|((limit, id), date)| restricted(id, date, limit)).collect()
}

/// That a restriction limits something on a date.
pub(super) fn restricted(id: Option<&RestrictionId>, date: Date, limit: Limit) -> Reason {
    Reason::Restricted { restriction: id.cloned(), date, limit }
}

fn note<'a>(broken: &mut Broken<'a>, limit: Limit, id: Option<&'a RestrictionId>, date: Date) {
    broken.entry((limit, id)).and_modify(|earliest| *earliest = date.min(*earliest)).or_insert(date);
}

/// Whether a restriction concerns the first plan of a lineage: it names the plan, or no plans, or concerns the plan that it derives from.
pub(super) fn concerns(restriction: &Restriction, lineage: &[&RatePlan]) -> bool {
    let Some((plan, ancestors)) = lineage.split_first() else { return false };
    !restriction.not_plans.contains(&plan.id)
        && (restriction.plans.is_empty()
            || restriction.plans.contains(&plan.id)
            || concerns(restriction, ancestors))
}

impl Restriction {
    /// Whether it is on a date.
    fn is_on(&self, date: Date) -> bool {
        (self.dates.is_empty() || self.dates.iter().any(|range| range.contains(date)))
            && (self.weekdays.is_empty() || self.weekdays.contains(&date.weekday()))
    }
}
