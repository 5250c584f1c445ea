//! What is offered can be had at the price that is shown, and what is not offered cannot: search, calendar, quote and hold give one answer
//! for cards of chance, over schedules of every kind, and around the changes of clocks in every zone of the time zone database.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_app::Failure;
use holdfast_app::catalogue::{FactsCommit, Precondition, Run};
use holdfast_app::holds::HoldRequest;
use holdfast_app::rates::{CardUse, DatedCommit, QuoteRequest, QuotedPlans, RateChoice};
use holdfast_app::search::{Query, Sort};
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
use holdfast_domain::{Resource, Schedule, Slot, When};
use holdfast_testkit::{daily_resource, event_resource, money, mutation, nightly_resource};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

use crate::rated::card;
use crate::world::{PRICE, World, guest, hold_request, key, operator};

/// Choices that are made by bytes: none, and zeros, make the simplest.
struct Draw<'a> {
    bytes: &'a [u8],
    next: usize,
}

impl Draw<'_> {
    /// A number below `count`.
    fn below(&mut self, count: usize) -> usize {
        let byte = self.bytes.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        usize::from(byte) % count
    }

    fn number(&mut self, least: u32, most: u32) -> u32 {
        let count = usize::try_from(most - least + 1).expect("a small number");
        least + u32::try_from(self.below(count)).expect("a small number")
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// Dates around one: one to four of them.
    fn dates(&mut self, around: Date) -> DateRange {
        let from = around + (i32::try_from(self.below(5)).expect("small") - 3).days();
        DateRange { from, to: from + i32::try_from(1 + self.below(4)).expect("small").days() }
    }

    fn limits(&mut self) -> Limits {
        let number = self.number(1, 3);
        match self.below(9) {
            0 => Limits { closed_to_arrival: true, ..Limits::default() },
            1 => Limits { closed_to_departure: true, ..Limits::default() },
            2 => Limits { stop_sell: true, ..Limits::default() },
            3 => Limits { stay_min_on_arrival: Some(number), fills_gaps: number > 1, ..Limits::default() },
            4 => Limits { stay_min_through: Some(number), fills_gaps: number > 1, ..Limits::default() },
            5 => Limits { stay_max_on_arrival: Some(number), ..Limits::default() },
            6 => Limits { sold_together: true, ..Limits::default() },
            7 => Limits { quantity_max: Some(number), ..Limits::default() },
            _ => Limits { quantity_min: Some(number), ..Limits::default() },
        }
    }

    fn restriction(&mut self, index: usize, around: Date) -> Restriction {
        let limits = self.limits();
        let weekdays = if limits.sold_together || self.below(3) > 0 {
            Vec::new()
        } else {
            vec![Weekday::Saturday, Weekday::Sunday]
        };
        Restriction {
            id: RestrictionId::parse(&format!("limit-{index}")).expect("a name"),
            name: Label::parse("Limit").expect("a label"),
            dates: vec![self.dates(around)],
            weekdays,
            plans: BTreeSet::new(),
            not_plans: BTreeSet::new(),
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

    /// What is set for dates under the default plan.
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
async fn sell(w: &World, resource: &Resource, draw: &mut Draw<'_>, around: Date, listed: Listed) {
    let put = w.put(resource).await;
    let card = draw.card(around);
    let (holds, none, by) = (CardUse::From(None), Precondition::None, w.by("operator"));
    w.rates.put(&operator(), &put.id, &card, holds, &none, Run::Real, &by).await.expect("a card");
    if listed == Listed::BeforeItsDates {
        w.project_latest(&put.id).await;
    }
    let months = draw.dated(around, &card.default_plan);
    if !months.is_empty() {
        let stored = w.store.catalogue.resource(&put.id).await.expect("a read").expect("a resource");
        let change = RatesChange::Dates(Vec::new());
        let commit = DatedCommit::new(&stored, months, change, &mutation(w.now(), "operator"));
        w.store.rates.put_months(&commit).await.expect("rates of dates");
    }
}

/// Sets places of some dates, as far as what is taken allows, or leaves an edit where it was cut off: more is set than pages know, which is
/// in the calendar already and cannot be had yet.
async fn edit(w: &World, resource: &Resource, draw: &mut Draw<'_>, around: Date) {
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
        }
    }
}

/// When the read model learns of a resource.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Listed {
    /// When all has been written.
    Last,
    /// Before rates of dates are written, and never again.
    BeforeItsDates,
}

/// What is said of a stay: its price, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    At(i64),
    No,
}

async fn found(w: &World, resource: &Resource, range: (When, When), quantity: u32) -> Said {
    let query = Query {
        resource_type: resource.terms.resource_type.as_str().to_owned(),
        location: resource.terms.location.as_str().to_owned(),
        start: range.0,
        end: range.1,
        quantity,
        sort: Sort::Price,
        limit: 100,
        cursor: None,
    };
    let (offers, _) = w.search.find(&query, w.now()).await.expect("an answer");
    assert!(offers.len() <= 1, "one resource at the place: {offers:?}");
    offers.first().map_or(Said::No, |offer| Said::At(offer.price.amount()))
}

async fn quoted(w: &World, resource: &Resource, range: (When, When), quantity: u32) -> Result<Said, Failure> {
    let request = QuoteRequest {
        resource: resource.id.clone(),
        start: range.0,
        end: range.1,
        quantity,
        choice: RateChoice::default(),
        plans: QuotedPlans::Every,
        as_of: None,
        draft: false,
        address: None,
    };
    let rates = w.rates.get(&operator(), &resource.id).await.expect("rates");
    let default = &rates.at(w.now()).expect("a card").card.default_plan;
    let quoted = w.quotes.quote(None, &request, w.now()).await?;
    let is_default =
        |offer: &&holdfast_app::rates::Offered| offer.rate.as_ref().is_some_and(|rate| rate.plan == *default);
    let offer = quoted.offers.iter().find(is_default);
    Ok(offer.map_or(Said::No, |offer| Said::At(offer.price.whole().expect("in range").amount())))
}

/// Places a hold, says its price and gives it back.
async fn held(w: &World, resource: &Resource, range: (When, When), quantity: u32) -> Result<Said, Failure> {
    let request =
        HoldRequest { start: range.0, end: range.1, ..hold_request(resource, crate::world::NIGHT, quantity) };
    let (caller, by) = (guest("prober"), w.by("prober"));
    let name = format!("{}{range:?}{quantity}{}", resource.id, w.now());
    let placed = w.holds.create(&caller, &key(&name, ""), &request, &by).await?;
    let price = placed.hold.order.price.whole().expect("in range").amount();
    w.holds.release(&caller, &placed.hold.id, &by).await.expect("a release");
    Ok(Said::At(price))
}

/// Puts what search says of a range to quote, hold and, for a single slot, calendar; gives what it says.
async fn check(w: &World, resource: &Resource, range: (When, When), quantity: u32) -> Result<Said, String> {
    let said = found(w, resource, range, quantity).await;
    let (quote, hold) =
        (quoted(w, resource, range, quantity).await, held(w, resource, range, quantity).await);
    let wrong = |what: &str| {
        let id = &resource.id;
        Err(format!("{what} of {id} for {range:?} times {quantity}: {said:?}, {quote:?}, {hold:?}"))
    };
    match (&hold, said) {
        (Ok(held), Said::At(_)) if *held == said => {}
        (
            Err(Failure::SoldOut { .. } | Failure::RateNotAvailable { .. } | Failure::RangeNotBookable(_)),
            Said::No,
        ) => {}
        _ => return wrong("search and hold disagree"),
    }
    match (&quote, &hold) {
        (Ok(quote), Ok(hold)) if quote == hold => {}
        // A quote says nothing of places.
        (Ok(_), Err(Failure::SoldOut { .. })) => {}
        (Ok(Said::No), Err(Failure::RateNotAvailable { .. })) => {}
        (Err(Failure::RangeNotBookable(_)), Err(Failure::RangeNotBookable(_))) => {}
        _ => return wrong("quote and hold disagree"),
    }
    if let (Said::At(price), 1, Ok(stay)) = (said, quantity, resource.stay(range.0, range.1, w.now()))
        && let [slot] = &stay.slots[..]
    {
        let date = resource.terms.local_date(slot);
        let next = date.tomorrow().expect("a date");
        let (slots, _) =
            w.calendars.slots(&resource.id, date, next, None, w.now()).await.expect("a calendar");
        let shown = slots.iter().find(|shown| shown.slot.start == slot.start);
        if shown.is_none_or(|shown| shown.price.amount() != price || shown.available == 0) {
            return wrong("the calendar shows another price");
        }
    }
    Ok(said)
}

/// Ranges around a date or an instant, of nights as dates and of other slots by their instants.
fn ranges(resource: &Resource, around: Date) -> Vec<(When, When)> {
    let date = |days: i32| around + days.days();
    match resource.terms.schedule {
        Schedule::Nightly { .. } => [(-2, -1), (-1, 0), (-1, 1), (0, 1), (0, 3), (1, 2)]
            .map(|(from, to)| (When::Date(date(from)), When::Date(date(to))))
            .to_vec(),
        Schedule::Slots(_) | Schedule::Event { .. } => {
            let slots = resource.calendar(date(-1), date(2)).expect("a calendar");
            let step = (slots.len() / 5).max(1);
            let range = |slots: &[Slot]| {
                let (first, last) = (slots.first()?, slots.last()?);
                Some((When::Instant(first.start), When::Instant(last.end)))
            };
            let singles = slots.chunks(1).step_by(step);
            singles.chain(slots.windows(2).step_by(step)).filter_map(range).collect()
        }
    }
}

fn block_on<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(test)
}

const CASES: u32 = 64;

fn cases() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..80)
}

/// A resource of some schedule, sold by chance, some of it taken, and every range around asked for.
async fn search_and_hold(bytes: Vec<u8>, listed: Listed) -> Result<(), String> {
    let w = World::start().await;
    let mut draw = Draw { bytes: &bytes, next: 0 };
    let capacity = draw.number(1, 4);
    let resource = match draw.below(4) {
        0 | 1 => nightly_resource("room", capacity, 60),
        2 => daily_resource("table", 120, &[("10:00", "02:00")], capacity, 60),
        _ => event_resource("concert", capacity, 60),
    };
    let around = Date::constant(2030, 6, 1);
    sell(&w, &resource, &mut draw, around, listed).await;
    let taken = ranges(&resource, around);
    for number in 0..draw.below(4) {
        let (start, end) = draw.one(&taken);
        let request = HoldRequest {
            start,
            end,
            ..hold_request(&resource, crate::world::NIGHT, draw.number(1, capacity))
        };
        let caller = guest(&format!("guest-{number}"));
        // What restrictions or other holds do not allow is not taken.
        let _ = w.holds.create(&caller, &key(&number.to_string(), ""), &request, &w.by("guest")).await;
    }
    edit(&w, &resource, &mut draw, around).await;
    // Longer than it is remembered how full a slot is.
    w.pass(6);
    if listed == Listed::Last {
        w.project_latest(&resource.id).await;
    }
    for range in ranges(&resource, around) {
        for quantity in [1, 2] {
            check(&w, &resource, range, quantity).await?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(holdfast_properties::config(CASES, "tests/regressions/offers.txt"))]

    #[test]
    fn what_is_offered_is_had_at_its_price_and_what_is_not_is_not(bytes in cases()) {
        holdfast_properties::outcome(block_on(search_and_hold(bytes, Listed::Last)))?;
    }
}

/// A read model that never learns what is set for dates.
#[test]
fn control_a_read_model_without_rates_of_dates_is_found() {
    holdfast_properties::assert_found(CASES, cases(), |bytes| {
        holdfast_properties::outcome(block_on(search_and_hold(bytes, Listed::BeforeItsDates)))
    });
}

/// The changes of a zone's clocks in the year after an instant, each with the offset from UTC that follows, and before these the offset of
/// that instant, in seconds.
fn changes(zone: &TimeZone, from: Timestamp) -> (i32, Vec<(Timestamp, i32)>) {
    let end = from + SignedDuration::from_hours(366 * 24);
    let following = zone.following(from).map(|change| (change.timestamp(), change.offset().seconds()));
    (zone.to_offset(from).seconds(), following.take_while(|(change, _)| *change < end).collect())
}

#[tokio::test]
async fn around_every_change_of_clocks_search_and_hold_agree() {
    let w = World::start().await;
    let names: Vec<String> = jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect();
    // Zones whose clocks show the same in that year are asked for once.
    let mut zones: BTreeMap<_, TimeZone> = BTreeMap::new();
    for name in &names {
        let zone = TimeZone::get(name).expect("a zone of the database");
        zones.entry(changes(&zone, w.now())).or_insert(zone);
    }
    let (mut changing, mut offered, mut refused) = (0, 0, 0);
    for (number, ((_, changes), zone)) in zones.iter().enumerate() {
        // A zone whose clocks do not change has its days all the same.
        let month = [w.now() + SignedDuration::from_hours(720)];
        let instants: Vec<Timestamp> = changes.iter().map(|(change, _)| *change).collect();
        changing += usize::from(!instants.is_empty());
        for (turn, instant) in (if instants.is_empty() { &month[..] } else { &instants }).iter().enumerate() {
            let around = zone.to_datetime(*instant).date();
            let seed = u64::try_from(10 * number + turn).expect("few zones") * 2_654_435_761;
            let bytes: Vec<u8> = (0..40_u64)
                .map(|index| u8::try_from(((seed + index * 40_503) >> 7) % 251).expect("a byte"))
                .collect();
            let rooms = [
                nightly_resource(&format!("room-{number}-{turn}"), 2, 60),
                daily_resource(&format!("table-{number}-{turn}"), 180, &[("00:00", "00:00")], 2, 60),
            ];
            for mut resource in rooms {
                resource.terms.time_zone = zone.clone();
                resource.terms.location = Label::parse(resource.id.as_str()).expect("a label");
                sell(&w, &resource, &mut Draw { bytes: &bytes, next: 0 }, around, Listed::Last).await;
                w.project_latest(&resource.id).await;
                for range in ranges(&resource, around) {
                    match check(&w, &resource, range, 1).await {
                        Ok(Said::At(_)) => offered += 1,
                        Ok(Said::No) => refused += 1,
                        Err(wrong) => panic!("{:?}: {wrong}", zone.iana_name()),
                    }
                }
            }
        }
    }
    let kinds = zones.len();
    println!(
        "{} zones, {kinds} kinds, {changing} with changes: {offered} offered, {refused} refused",
        names.len()
    );
    assert!(
        names.len() > 400 && kinds > 50 && changing > 20,
        "{} zones, {kinds} kinds, {changing}",
        names.len()
    );
    assert!(offered > 300 && refused > 100, "{offered} offered, {refused} refused");
}
