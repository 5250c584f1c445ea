//! Cards, what is set for dates, and edits of places by chance.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_app::catalogue::{FactsCommit, Precondition, Run};
use holdfast_app::rates::{CardUse, DatedCommit};
use holdfast_domain::catalogue::{DateFactsEdit, Label, Month};
use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::changes::RatesChange;
use holdfast_domain::rates::charge::{Charge, ChargeKind, Due, Levy, Per, Validity};
use holdfast_domain::rates::condition::{Bounds, Condition, DateRange};
use holdfast_domain::rates::dated::{DateRates, MonthRates};
use holdfast_domain::rates::ids::{ChargeId, PlanId, RestrictionId, RuleId};
use holdfast_domain::rates::percentage::Percentage;
use holdfast_domain::rates::plan::Payment;
use holdfast_domain::rates::restriction::{Limits, Restriction};
use holdfast_domain::rates::rule::{Adjustment, Rule};
use holdfast_domain::{Resource, Schedule};
use holdfast_testkit::{at, daily_resource, event_resource, money, mutation, nightly_resource};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use crate::rated::card;
use crate::world::{PRICE, World, operator};

/// Choices that are made by bytes: none, and zeros, make the simplest.
pub(super) struct Draw<'a> {
    bytes: &'a [u8],
    next: usize,
}

impl<'a> Draw<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, next: 0 }
    }

    /// A number below `count`.
    pub(super) fn below(&mut self, count: usize) -> usize {
        let byte = self.bytes.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        usize::from(byte) % count
    }

    pub(super) fn number(&mut self, least: u32, most: u32) -> u32 {
        let count = usize::try_from(most - least + 1).expect("a small number");
        least + u32::try_from(self.below(count)).expect("a small number")
    }

    pub(super) fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// Dates around one: one to four of them.
    fn dates(&mut self, around: Date) -> DateRange {
        let from = around + (i32::try_from(self.below(5)).expect("small") - 3).days();
        DateRange { from, to: from + i32::try_from(1 + self.below(4)).expect("small").days() }
    }

    fn limits(&mut self) -> Limits {
        let number = self.number(1, 3);
        let none = Limits::default();
        match self.below(13) {
            0 => Limits { closed_to_arrival: true, ..none },
            1 => Limits { closed_to_departure: true, ..none },
            2 => Limits { stop_sell: true, ..none },
            3 => Limits { stay_min_on_arrival: Some(number), fills_gaps: number > 1, ..none },
            4 => Limits { stay_min_through: Some(number), fills_gaps: number > 1, ..none },
            5 if number == 2 => Limits { stay_max_through: Some(number), ..none },
            5 => Limits { stay_max_on_arrival: Some(number), ..none },
            6 => Limits { sold_together: true, ..none },
            7 => Limits { quantity_max: Some(number), ..none },
            8 => Limits { quantity_min: Some(number), ..none },
            // Around the time that is left, wherever the clock stands.
            9 => Limits { notice_minutes_min: Some(self.one(&[600, 1_500, 15_000, 16_500, 18_000])), ..none },
            10 => Limits { window_days_max: Some(self.one(&[0, 1, 10, 11, 12])), ..none },
            11 => Limits { closed_to_arrival: true, closed_to_departure: true, ..none },
            _ => Limits { stay_min_through: Some(number), closed_to_departure: true, ..none },
        }
    }

    fn restriction(&mut self, index: usize, around: Date) -> Restriction {
        let limits = self.limits();
        let at_weekends = !limits.sold_together && self.below(3) == 0;
        let mut some = |of: usize| -> BTreeSet<PlanId> {
            let plans = card(PRICE).plans.into_iter().map(|plan| plan.id).collect::<Vec<PlanId>>();
            if self.below(of) == of - 1 { BTreeSet::from([self.one(&plans)]) } else { BTreeSet::new() }
        };
        let (plans, mut not_plans) = (some(3), some(6));
        if not_plans == plans {
            not_plans.clear();
        }
        let (dates, weekend) = (self.dates(around), [Weekday::Saturday, Weekday::Sunday]);
        let has_weekend = dates.dates().any(|date| weekend.contains(&date.weekday()));
        let weekdays = if at_weekends && has_weekend { weekend.to_vec() } else { Vec::new() };
        Restriction {
            id: RestrictionId::parse(&format!("limit-{index}")).expect("a name"),
            name: Label::parse("Limit").expect("a label"),
            dates: vec![dates],
            weekdays,
            plans,
            not_plans,
            channels: BTreeSet::new(),
            limits,
        }
    }

    fn rule(&mut self, index: usize, around: Date) -> Rule {
        let least = |min| Some(Bounds { min: Some(min), max: None });
        let mut when = Condition::default();
        match self.below(6) {
            0 => when.dates = vec![self.dates(around)],
            1 => when.weekdays = vec![Weekday::Friday, Weekday::Saturday],
            2 => when.slots = least(2),
            3 => when.lead_days = least(self.number(1, 60)),
            4 => when.sold_percent = least(self.one(&[20, 50, 80])),
            _ => when.quantity = least(2),
        }
        let percent = |text| Adjustment::Percent(Percentage::parse(text).expect("a percentage"));
        let adjustment = match self.below(3) {
            0 => percent("12.5"),
            1 => percent("-7.25"),
            _ => Adjustment::Amount(1_111),
        };
        Rule {
            id: RuleId::parse(&format!("rule-{index}")).expect("a name"),
            name: Label::parse("Rule").expect("a label"),
            priority: u16::try_from(index).expect("few rules"),
            when,
            adjustment,
            group: None,
        }
    }

    fn card(&mut self, around: Date) -> RateCard {
        let mut card = card(PRICE);
        card.default_plan = self.one(&card.plans.iter().map(|plan| plan.id.clone()).collect::<Vec<PlanId>>());
        let (rules, restrictions) = (self.below(4), self.below(4));
        card.rules = (0..rules).map(|index| self.rule(index, around)).collect();
        card.restrictions = (0..restrictions).map(|index| self.restriction(index, around)).collect();
        if self.below(2) == 1 {
            card.charges = vec![Charge {
                id: ChargeId::parse("city-tax").expect("a name"),
                name: Label::parse("City tax").expect("a label"),
                kind: ChargeKind::Tax,
                included: false,
                levy: Levy::Amount { amount: money(350), per: Per::UnitSlot },
                on: BTreeSet::new(),
                valid: Validity { from: Some(around), until: None },
                exempt_to_age: None,
                slots_max: None,
                before_discounts: false,
                refundable: true,
                due: self.one(&[Due::Now, Due::AtProperty]),
            }];
        }
        if card.plans.iter().any(|plan| plan.id == card.default_plan && plan.payment == Payment::AtProperty) {
            card.charges.iter_mut().for_each(|charge| charge.due = Due::AtProperty);
        }
        card
    }

    /// A resource of some schedule, which has slots around 1 June 2030.
    pub(super) fn resource(&mut self, capacity: u32) -> (&'static str, Resource) {
        match self.below(8) {
            0..3 => ("nights", nightly_resource("room", capacity, 60)),
            3 => ("an evening's slots", daily_resource("table", 120, &[("10:00", "02:00")], capacity, 60)),
            4 => {
                let hours = [("09:00", "12:00"), ("13:00", "16:00")];
                ("slots with a break", daily_resource("practice", 60, &hours, capacity, 60))
            }
            5 => ("whole days", daily_resource("bike", 1440, &[("00:00", "00:00")], capacity, 60)),
            6 => ("an evening", event_resource("concert", capacity, 60)),
            _ => {
                let mut fair = event_resource("fair", capacity, 60);
                let (start, end) = (at("2030-05-31T22:00:00Z"), at("2030-06-02T04:00:00Z"));
                fair.terms.schedule = Schedule::event(start, end).expect("an event with a length");
                ("days of an event", fair)
            }
        }
    }

    /// What is set for dates under a plan.
    fn dated(&mut self, around: Date, plan: &PlanId) -> BTreeMap<Month, MonthRates> {
        let mut months: BTreeMap<Month, MonthRates> = BTreeMap::new();
        for _ in 0..self.below(3) {
            let date = self.dates(around).from;
            let price = self.one(&[None, Some(money(15_015))]);
            let limits = if self.below(2) == 1 { self.limits() } else { Limits::default() };
            let month =
                months.entry(Month::of(date)).or_insert(MonthRates { revision: 1, dates: BTreeMap::new() });
            month.dates.insert(date, BTreeMap::from([(plan.clone(), DateRates { price, limits })]));
        }
        months
    }
}

/// Sells a resource by a card of chance and by what is set for dates.
pub(super) async fn sell(w: &World, resource: &Resource, draw: &mut Draw<'_>, around: Date, listed: Listed) {
    let put = w.put(resource).await;
    let drawn = draw.card(around);
    // Another default plan before, which nobody is to meet.
    let former = (draw.below(4) == 3).then(|| {
        let mut former = card(2 * PRICE);
        former.default_plan = draw.one(&former.plans.iter().map(|plan| plan.id.clone()).collect::<Vec<_>>());
        former
    });
    for card in former.iter().chain([&drawn]) {
        let (holds, none, by) = (CardUse::From(None), Precondition::None, w.by("operator"));
        w.rates.put(&operator(), &put.id, card, holds, &none, Run::Real, &by).await.expect("a card");
    }
    if listed == Listed::BeforeItsDates {
        w.project_latest(&put.id).await;
    }
    // Under the default plan, or under the one that another derives from.
    let plan = if draw.below(3) == 2 { &drawn.plans[0].id } else { &drawn.default_plan };
    let months = draw.dated(around, plan);
    if !months.is_empty() {
        let stored = w.store.catalogue.resource(&put.id).await.expect("a read").expect("a resource");
        let change = RatesChange::Dates(Vec::new());
        let commit = DatedCommit::new(&stored, months, change, &mutation(w.now(), "operator"));
        w.store.rates.put_months(&commit).await.expect("rates of dates");
    }
}

/// Sets places of some dates, as far as what is taken allows, or leaves an edit where it was cut off: more is set than pages know, which is
/// in the calendar already and cannot be had yet. Whether there is such an edit.
pub(super) async fn edit(w: &World, resource: &Resource, draw: &mut Draw<'_>, around: Date) -> bool {
    let mut is_cut_off = false;
    for _ in 0..draw.below(4) {
        let from = draw.dates(around).from;
        if draw.below(3) > 0 {
            let edit = DateFactsEdit {
                capacity: draw.one(&[None, Some(0), Some(2), Some(5)]),
                closed: draw.one(&[None, None, Some(false), Some(true)]),
                overbooking: draw.one(&[None, Some(0), Some(1), Some(3)]),
            };
            // What is in use already is not taken away.
            let _ = w.set_dates(&resource.id, (from, 2), edit).await;
        } else {
            let stored = w.store.catalogue.resource(&resource.id).await.expect("a read").expect("a resource");
            let before = w.store.catalogue.facts(&resource.id).await.expect("facts");
            let more = DateFactsEdit {
                overbooking: Some(before.of(from).overbooking + 3),
                ..DateFactsEdit::default()
            };
            let months = before.with([from], more).changed_since(&before);
            let commit = FactsCommit::adopting(&stored, months, &w.by("operator"));
            w.store.catalogue.put_facts(&commit).await.expect("facts of dates");
            is_cut_off = true;
        }
    }
    is_cut_off
}

/// When the read model learns of a resource.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    /// When all has been written.
    Last,
    /// Before rates of dates are written, and never again.
    BeforeItsDates,
}
