//! Search and calendars show what the default plan of a rate card costs, and offer no stay that it restricts.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_app::rates::{DatedCommit, RatesCommit};
use holdfast_app::search::{Projection, Query, Sort};
use holdfast_domain::catalogue::{Label, Month, Stay};
use holdfast_domain::rates::cancellation::CancellationTerms;
use holdfast_domain::rates::card::{CardVersion, RateCard, ResourceRates};
use holdfast_domain::rates::changes::RatesChange;
use holdfast_domain::rates::condition::{Bounds, Condition, DateRange};
use holdfast_domain::rates::dated::{DateRates, MonthRates};
use holdfast_domain::rates::ids::{PlanId, RestrictionId, RuleId};
use holdfast_domain::rates::percentage::Percentage;
use holdfast_domain::rates::plan::{Audience, Payment, PlanPrice, RatePlan};
use holdfast_domain::rates::restriction::{Limits, Restriction};
use holdfast_domain::rates::rule::{Adjustment, Rule};
use holdfast_domain::{Resource, ResourceId};
use holdfast_testkit::{daily_resource, money, mutation, nightly_resource};
use jiff::Timestamp;
use jiff::civil::date;
use rust_decimal::Decimal;

use crate::world::{NIGHT, World, when};

const BASE: i64 = 10_000;

fn label(text: &str) -> Label {
    Label::parse(text).expect("a label")
}

fn plan_id(name: &str) -> PlanId {
    PlanId::parse(name).expect("a name")
}

fn plan(name: &str, price: PlanPrice) -> RatePlan {
    RatePlan {
        id: plan_id(name),
        name: label(name),
        price,
        cancellation: CancellationTerms::default(),
        payment: Payment::Now,
        included: Vec::new(),
        audience: Audience::Everyone,
        channels: BTreeSet::new(),
    }
}

/// Per night 100.00; a fifth more from half sold on; two nights at least from the third of June.
pub(crate) fn card() -> RateCard {
    let june = DateRange { from: date(2030, 6, 3), to: date(2030, 7, 1) };
    let busy = Condition { sold_percent: Some(Bounds { min: Some(50), max: None }), ..Condition::default() };
    let saver = PlanPrice::Derived {
        from: plan_id("flexible"),
        adjustment: Adjustment::Percent(Percentage::new(Decimal::from(-10)).expect("a percentage")),
    };
    RateCard {
        currency: money(0).currency(),
        plans: vec![plan("flexible", PlanPrice::Base(money(BASE))), plan("saver", saver)],
        default_plan: plan_id("flexible"),
        unit_types: Vec::new(),
        occupancy: None,
        calendars: BTreeMap::new(),
        rules: vec![Rule {
            id: RuleId::parse("busy").expect("a name"),
            name: label("Half sold"),
            priority: 1,
            when: busy,
            adjustment: Adjustment::Percent(Percentage::new(Decimal::from(20)).expect("a percentage")),
            group: None,
        }],
        price_min: None,
        price_max: None,
        charges: Vec::new(),
        restrictions: vec![Restriction {
            id: RestrictionId::parse("two-nights").expect("a name"),
            name: label("Two nights"),
            dates: vec![june],
            weekdays: Vec::new(),
            plans: BTreeSet::new(),
            not_plans: BTreeSet::new(),
            channels: BTreeSet::new(),
            limits: Limits { stay_min_on_arrival: Some(2), ..Limits::default() },
        }],
        extras: Vec::new(),
        promotions: Vec::new(),
    }
}

pub(crate) async fn put_card(w: &World, room: &Resource, card: RateCard) -> ResourceRates {
    let stored = w.store.catalogue.resource(&room.id).await.expect("a read").expect("a resource");
    let before = w.store.rates.rates(&room.id, &BTreeSet::new()).await.expect("a read").0;
    let revision = before.map_or(1, |rates| rates.revision + 1);
    let version = CardVersion { number: revision, valid_from: Timestamp::UNIX_EPOCH, card };
    let rates =
        ResourceRates { resource: room.id.clone(), revision, versions: vec![version.clone()], draft: None };
    let change = RatesChange::Put { before: None, after: Box::new(version) };
    let commit = RatesCommit::new(&stored, rates.clone(), change, &mutation(w.now(), "operator"));
    w.store.rates.put_rates(&commit).await.expect("rates");
    rates
}

/// Sets a price for the second of June.
pub(crate) async fn set_price(w: &World, room: &Resource, cents: i64) -> (Month, MonthRates) {
    let stored = w.store.catalogue.resource(&room.id).await.expect("a read").expect("a resource");
    let set = DateRates { price: Some(money(cents)), limits: Limits::default() };
    let dates = BTreeMap::from([(date(2030, 6, 2), BTreeMap::from([(plan_id("flexible"), set)]))]);
    let (month, rates) = (Month::of(date(2030, 6, 2)), MonthRates { revision: 1, dates });
    let months = BTreeMap::from([(month, rates.clone())]);
    let change = RatesChange::Dates(Vec::new());
    let commit = DatedCommit::new(&stored, months, change, &mutation(w.now(), "operator"));
    w.store.rates.put_months(&commit).await.expect("rates of dates");
    (month, rates)
}

async fn found_at(w: &World, place: &str, range: (&str, &str), quantity: u32) -> Vec<(String, i64)> {
    let query = Query {
        resource_type: "hotel".to_owned(),
        location: place.to_owned(),
        start: when(range.0),
        end: when(range.1),
        quantity,
        sort: Sort::Price,
        limit: 100,
        cursor: None,
    };
    let offers = w.search.find(&query, w.now()).await.expect("an answer").offers;
    offers.into_iter().map(|offer| (offer.resource.id.to_string(), offer.price.amount())).collect()
}

async fn found(w: &World, range: (&str, &str), quantity: u32) -> Vec<(String, i64)> {
    found_at(w, "NYC", range, quantity).await
}

async fn calendar(w: &World, id: &ResourceId) -> Vec<i64> {
    let (slots, _) =
        w.calendars.slots(id, date(2030, 6, 1), date(2030, 6, 5), None, w.now()).await.expect("a calendar");
    slots.into_iter().map(|slot| slot.price.expect("on sale").amount()).collect()
}

fn projection(w: &World) -> Projection {
    Projection::new(w.store.catalogue.clone(), w.store.rates.clone(), w.store.index_writer.clone())
}

#[tokio::test]
async fn the_default_plan_is_the_price_that_is_shown() {
    let (room, plain) = (nightly_resource("room", 2, 600), nightly_resource("plain", 2, 600));
    let w = World::with(&room).await;
    w.put(&plain).await;
    w.project(&room, None).await;
    w.project(&plain, None).await;
    let base = room.terms.base_price.amount();
    let both = |price| vec![("plain".to_owned(), base), ("room".to_owned(), price)];
    assert_eq!(found(&w, NIGHT, 1).await, both(base), "neither has a card");
    let rates = put_card(&w, &room, card()).await;
    projection(&w).batch().on_rates(&rates).await.expect("a projection");
    let mut of_room = found(&w, NIGHT, 1).await;
    of_room.retain(|(id, _)| id == "room");
    assert_eq!(of_room, [("room".to_owned(), BASE)]);
    assert_eq!(calendar(&w, &room.id).await, [BASE; 4]);
    assert_eq!(calendar(&w, &plain.id).await, [base; 4]);
    let mut two = found(&w, NIGHT, 2).await;
    two.retain(|(id, _)| id == "room");
    assert_eq!(two, [("room".to_owned(), BASE + BASE * 12 / 10)], "the second when half are sold");
}

#[tokio::test]
async fn a_stay_that_a_restriction_forbids_is_not_offered() {
    let room = nightly_resource("room", 2, 600);
    let w = World::with(&room).await;
    w.project(&room, None).await;
    let rates = put_card(&w, &room, card()).await;
    projection(&w).batch().on_rates(&rates).await.expect("a projection");
    assert_eq!(found(&w, ("2030-06-03", "2030-06-04"), 1).await, []);
    assert_eq!(found(&w, ("2030-06-03", "2030-06-05"), 1).await, [("room".to_owned(), 2 * BASE)]);
}

/// What is offered of a table on the first of June, open from 12 to 15 and from 18 to 23, under limits: from when to when, and its price.
async fn evening(limits: impl Fn(&World) -> Limits) -> Vec<(String, i64)> {
    let table = daily_resource("table", 60, &[("12:00", "15:00"), ("18:00", "23:00")], 2, 600);
    let w = World::with(&table).await;
    w.project(&table, None).await;
    let mut card = card();
    card.rules.clear();
    card.restrictions[0].dates.clear();
    card.restrictions[0].limits = limits(&w);
    let rates = put_card(&w, &table, card).await;
    projection(&w).batch().on_rates(&rates).await.expect("a projection");
    let query = Query {
        resource_type: table.terms.resource_type.as_str().to_owned(),
        location: table.terms.location.as_str().to_owned(),
        start: when("2030-06-01"),
        end: when("2030-06-02"),
        quantity: 1,
        sort: Sort::Price,
        limit: 100,
        cursor: None,
    };
    let offers = w.search.find(&query, w.now()).await.expect("an answer").offers;
    let said = |stay: &Stay| format!("{} {}", stay.start, stay.end);
    offers.into_iter().map(|offer| (said(&offer.stay), offer.price.amount())).collect()
}

#[tokio::test]
async fn where_the_longest_run_of_slots_is_not_sold_a_part_of_it_or_another_is() {
    // Two hours later than in London.
    let whole = ("2030-06-01T16:00:00Z 2030-06-01T21:00:00Z".to_owned(), 5 * BASE);
    assert_eq!(evening(|_| Limits { stay_max_on_arrival: Some(5), ..Limits::default() }).await, [whole]);
    let two_hours = ("2030-06-01T16:00:00Z 2030-06-01T18:00:00Z".to_owned(), 2 * BASE);
    assert_eq!(evening(|_| Limits { stay_max_on_arrival: Some(2), ..Limits::default() }).await, [two_hours]);
    let until = |w: &World, end: &str| {
        let minutes = end.parse::<Timestamp>().expect("an instant").duration_since(w.now()).as_mins();
        Limits { notice_minutes_min: u32::try_from(minutes).ok(), ..Limits::default() }
    };
    let late = ("2030-06-01T18:00:00Z 2030-06-01T21:00:00Z".to_owned(), 3 * BASE);
    assert_eq!(evening(|w| until(w, "2030-06-01T18:00:00Z")).await, [late]);
    assert_eq!(evening(|w| until(w, "2030-06-01T21:00:00Z")).await, []);
}

#[tokio::test]
async fn rates_of_dates_are_shown_and_move_with_the_resource() {
    let room = nightly_resource("room", 2, 600);
    let w = World::with(&room).await;
    w.project(&room, None).await;
    let rates = put_card(&w, &room, card()).await;
    let (month, dated) = set_price(&w, &room, 7_700).await;
    let range = ("2030-06-01", "2030-06-03");
    let read = projection(&w);
    let mut batch = read.batch();
    batch.on_rates(&rates).await.expect("a projection");
    assert_eq!(found(&w, range, 1).await, [("room".to_owned(), 2 * BASE)], "the date is not listed yet");
    batch.on_month_rates(&room.id, month, &dated).await.expect("a projection");
    assert_eq!(found(&w, range, 1).await, [("room".to_owned(), BASE + 7_700)]);
    assert_eq!(calendar(&w, &room.id).await, [BASE, 7_700, BASE, BASE]);
    let mut moved = w.store.catalogue.resource(&room.id).await.expect("a read").expect("a resource");
    let before = moved.clone();
    moved.terms.location = label("BOS");
    let moved = w.put(&moved).await;
    w.project(&moved, Some(&before)).await;
    assert_eq!(found(&w, range, 1).await, []);
    assert_eq!(found_at(&w, "BOS", range, 1).await, [("room".to_owned(), BASE + 7_700)]);
    let left = w.store.index.rates("hotel", "NYC").await.expect("a read");
    assert_eq!(left, [], "nothing is left where it was listed");
}

#[tokio::test]
async fn rates_that_come_late_replace_nothing_later() {
    let room = nightly_resource("room", 2, 600);
    let w = World::with(&room).await;
    w.project(&room, None).await;
    let first = put_card(&w, &room, card()).await;
    let mut dearer = card();
    dearer.plans[0].price = PlanPrice::Base(money(20_000));
    let second = put_card(&w, &room, dearer).await;
    let read = projection(&w);
    let mut batch = read.batch();
    for rates in [&second, &first] {
        batch.on_rates(rates).await.expect("a projection");
        assert_eq!(found(&w, NIGHT, 1).await, [("room".to_owned(), 20_000)]);
    }
}

#[test]
fn what_is_listed_costs_the_same_and_is_less() {
    let version = CardVersion { number: 1, valid_from: Timestamp::UNIX_EPOCH, card: card() };
    let resource = ResourceId::parse("room").expect("an id");
    let rates = ResourceRates { resource, revision: 1, versions: vec![version], draft: Some(card()) };
    let listed = rates.listed();
    let plans: Vec<&str> = listed.versions[0].card.plans.iter().map(|plan| plan.id.as_str()).collect();
    assert_eq!((plans, listed.draft), (vec!["flexible"], None));
    assert_eq!(listed.versions[0].card.rules, rates.versions[0].card.rules);
}
