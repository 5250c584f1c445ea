//! What a quote and a long calendar do, counted: calls to the store, and prices that are made. No time is measured.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use holdfast_app::catalogue::{Calendars, Precondition, Run};
use holdfast_app::payments::{ChargeLimits, ChargeRules};
use holdfast_app::rates::{
    CardUse, FULLNESS_MEMORY_MS, QuoteRequest, QuotedPlans, Quotes, RATES_MEMORY_MS, RateChoice, Rates,
};
use holdfast_app::{Caller, StaffOf};
use holdfast_domain::catalogue::Label;
use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::charge::Validity;
use holdfast_domain::rates::condition::{Bounds, Condition};
use holdfast_domain::rates::ids::RuleId;
use holdfast_domain::rates::percentage::Percentage;
use holdfast_domain::rates::promotion::{Discount, Promotion, PromotionCode};
use holdfast_domain::rates::rule::{Adjustment, Rule};
use holdfast_domain::{Currency, GuestId, Resource, When};
use holdfast_testkit::{Faults, at, card_at, charge_rules, money, mutation, nightly_resource};
use jiff::SignedDuration;
use jiff::civil::date;

use crate::houses::{of_house, wordy_property};
use crate::{NOW, World};

const DAYS: usize = 366;

fn caller(staff: Option<StaffOf>) -> Caller {
    Caller { guest: GuestId::parse("somebody").expect("a guest"), staff, rate_groups: BTreeSet::new() }
}

fn rule(name: &str, when: Condition) -> Rule {
    Rule {
        id: RuleId::parse(name).expect("a name"),
        name: Label::parse(name).expect("a label"),
        priority: 10,
        when,
        adjustment: Adjustment::Percent(Percentage::parse("10").expect("a percentage")),
        group: None,
    }
}

/// By demand: how full the slots are has to be known.
fn by_demand() -> Rule {
    let sold_percent = Some(Bounds { min: Some(50), max: None });
    rule("demand", Condition { sold_percent, ..Condition::default() })
}

fn limited() -> Promotion {
    Promotion {
        code: PromotionCode::parse("LIMITED").expect("a code"),
        name: Label::parse("Limited").expect("a label"),
        discount: Discount::Percent(Percentage::parse("10").expect("a percentage")),
        plans: BTreeSet::new(),
        stays: Validity::default(),
        from: None,
        to: None,
        uses_max: Some(10),
        uses_per_guest_max: None,
    }
}

async fn put(w: &World, resource: &Resource, card: &RateCard) {
    let store = w.store.clone();
    let rates = Rates::new(store.catalogue, store.rates, store.versions, charge_rules());
    let (desk, by) = (caller(Some(StaffOf::All)), mutation(at(NOW), "desk"));
    let put =
        rates.put(&desk, &resource.id, card, CardUse::From(None), &Precondition::None, Run::Real, &by).await;
    put.expect("a card");
}

fn three_nights(resource: &Resource, code: Option<&str>) -> QuoteRequest {
    let promotion = code.map(|code| PromotionCode::parse(code).expect("a code"));
    QuoteRequest {
        resource: resource.id.clone(),
        start: When::Date(date(2030, 6, 10)),
        end: When::Date(date(2030, 6, 13)),
        quantity: 2,
        choice: RateChoice { promotion, ..RateChoice::default() },
        plans: QuotedPlans::Every,
        as_of: None,
        draft: false,
        address: None,
    }
}

/// A world with a room of a property, sold by a card, and quotes whose every call to the store is counted.
async fn counted(card: &RateCard) -> (World, Resource, Quotes, Faults) {
    let w = World::start().await;
    let house = wordy_property();
    w.put_property(&house).await;
    let room = of_house(nightly_resource("room", 5, 600), &house);
    w.put(&room).await;
    put(&w, &room, card).await;
    w.project(&room).await;
    let calls = Faults::default();
    let quotes = w.database.store_under(&calls).quote_cases();
    (w, room, quotes, calls)
}

/// The calls of one quote.
async fn calls_of(
    quotes: &Quotes,
    calls: &Faults,
    by: Option<&Caller>,
    asked: &QuoteRequest,
    later_ms: i64,
) -> usize {
    let before = calls.calls();
    let now = at(NOW) + SignedDuration::from_millis(later_ms);
    let quoted = quotes.quote(by, asked, now).await.expect("a quote");
    assert_eq!((quoted.offers.len(), quoted.unavailable.len()), (1, 0), "{quoted:?}");
    calls.calls() - before
}

#[tokio::test]
async fn a_quote_writes_nothing_and_reads_what_is_not_remembered() {
    let mut card = card_at(money(12_900));
    card.promotions = vec![limited()];
    let (_w, room, quotes, calls) = counted(&card).await;
    let (guest, desk) = (caller(None), caller(Some(StaffOf::All)));
    let (plain, with_code) = (three_nights(&room, None), three_nights(&room, Some("LIMITED")));
    let of = async |by: Option<&Caller>, asked: &QuoteRequest, later_ms: i64| {
        calls_of(&quotes, &calls, by, asked, later_ms).await
    };
    // The resource, its rates with what is set for the months, and the taxes of its property.
    assert_eq!(of(Some(&guest), &plain, 0).await, 3, "cold");
    // The resource alone: who may see it, and whether there is one, is never remembered.
    for (name, by) in [("the same guest", Some(&guest)), ("another", None)] {
        assert_eq!(of(by, &plain, RATES_MEMORY_MS - 1).await, 1, "{name}, warm");
    }
    // A code is looked up among those that its caller tried, and one that is new is counted and then known to be good, in two writes. One
    // whose uses are limited is a read more, and nobody remembers how often it was used.
    assert_eq!(of(Some(&guest), &with_code, RATES_MEMORY_MS - 1).await, 5, "with a new code, warm");
    assert_eq!(calls.writes(), 2);
    for _ in 0..2 {
        assert_eq!(
            of(Some(&guest), &with_code, RATES_MEMORY_MS - 1).await,
            3,
            "with a code that was good, warm"
        );
    }
    assert_eq!(of(Some(&guest), &plain, 2 * RATES_MEMORY_MS).await, 3, "what is old is read again");
    // Staff meet what they have just edited.
    for _ in 0..2 {
        assert_eq!(of(Some(&desk), &plain, 2 * RATES_MEMORY_MS).await, 3, "staff");
    }
    assert_eq!(calls.writes(), 2, "of the new code alone");
}

#[tokio::test]
async fn a_price_by_demand_asks_once_how_full_the_nights_are() {
    let mut card = card_at(money(12_900));
    card.rules = vec![by_demand()];
    let (_w, room, quotes, calls) = counted(&card).await;
    let plain = three_nights(&room, None);
    let cold = calls_of(&quotes, &calls, None, &plain, 0).await;
    let warm = calls_of(&quotes, &calls, None, &plain, FULLNESS_MEMORY_MS - 1).await;
    let after = calls_of(&quotes, &calls, None, &plain, FULLNESS_MEMORY_MS).await;
    println!("by demand: {cold} calls, then {warm}, and {after} a second later");
    // Beside the three: the pages of the read model, and what is set of places for the month.
    assert_eq!((cold, warm, after), (5, 1, 3));
    assert_eq!(calls.writes(), 0);
}

/// How often [`counting`] was asked for what can be charged: once for each price that is made.
static PRICES: AtomicUsize = AtomicUsize::new(0);

fn counting(currency: Currency) -> Option<ChargeLimits> {
    PRICES.fetch_add(1, Ordering::SeqCst);
    ChargeLimits::new(currency, 1, 50, 99_999_999)
}

#[tokio::test]
async fn a_calendar_of_366_days_makes_each_price_once_and_reads_no_more_than_a_week_does() {
    let mut card = card_at(money(12_900));
    card.rules = (0..50).map(|number| rule(&format!("rule-{number}"), Condition::default())).collect();
    card.rules.push(by_demand());
    let (w, room, _, calls) = counted(&card).await;
    let store = w.database.store_under(&calls);
    let calendars = Calendars::new(
        store.catalogue,
        store.listed,
        store.rates,
        store.properties,
        ChargeRules::new(counting),
    );
    let mut reads = BTreeSet::new();
    for days in [1, 7, DAYS] {
        let (made, priced) = (calls.calls(), PRICES.load(Ordering::SeqCst));
        let to = date(2030, 6, 1) + jiff::ToSpan::days(i64::try_from(days).expect("few"));
        let (slots, next) =
            calendars.slots(&room.id, date(2030, 6, 1), to, None, at(NOW)).await.expect("a calendar");
        assert_eq!((slots.len(), next), (days, None));
        assert_eq!(PRICES.load(Ordering::SeqCst) - priced, days, "each price once");
        reads.insert(calls.calls() - made);
    }
    assert_eq!((reads.len(), calls.writes()), (1, 0), "{reads:?} calls, whatever the length");
    assert!(reads.iter().all(|calls| *calls <= 5), "{reads:?}");
}
