//! Stays that a rate card prices: by the default plan, by a named one and by a quote, and what is charged and given back of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_app::bookings::BookingRequest;
use holdfast_app::catalogue::{Precondition, Run};
use holdfast_app::holds::{HoldRequest, Placed};
use holdfast_app::rates::{CardUse, QUOTE_LIFETIME, Quote, QuoteRequest, Quoted, QuotedPlans, RateChoice};
use holdfast_app::search::Projection;
use holdfast_app::{Caller, Failure, Field};
use holdfast_domain::catalogue::Label;
use holdfast_domain::money::Percent;
use holdfast_domain::rates::cancellation::{CancellationStep, CancellationTerms, Deadline, Penalty};
use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::charge::Validity;
use holdfast_domain::rates::condition::{Bounds, Condition};
use holdfast_domain::rates::ids::{PlanId, RestrictionId, RuleId};
use holdfast_domain::rates::percentage::Percentage;
use holdfast_domain::rates::plan::{Audience, Payment, PlanPrice, RatePlan};
use holdfast_domain::rates::promotion::{Discount, Promotion, PromotionCode};
use holdfast_domain::rates::quote::{Limit, Reason};
use holdfast_domain::rates::restriction::{Limits, Restriction};
use holdfast_domain::rates::rule::{Adjustment, Rule};
use holdfast_domain::{BookingStatus, Hold, Money, PaymentStatus, Resource};
use holdfast_testkit::{Database, QUOTE_KEY, Store, card_at, nightly_resource, quote_seals};
use jiff::SignedDuration;

use crate::bank::VISA;
use crate::world::{NIGHT, PATIENCE, PRICE, World, guest, hold_request, key, operator, when};

/// Longer than rates are remembered.
const LATER: i64 = 6;
const FLEXIBLE: &str = "flexible";
const SAVER: &str = "saver";
const AT_PROPERTY: &str = "pay-later";
/// 15 % below the flexible plan's.
const SAVER_PRICE: i64 = 10_965;
const TWO_NIGHTS: (&str, &str) = ("2030-06-01", "2030-06-03");

pub(crate) fn room() -> Resource {
    nightly_resource("room", 5, 600)
}

pub(crate) fn plan_id(name: &str) -> PlanId {
    PlanId::parse(name).expect("a name")
}

fn label(text: &str) -> Label {
    Label::parse(text).expect("a label")
}

fn money(amount: i64) -> Money {
    Money::new(amount, room().terms.base_price.currency()).expect("in range")
}

fn percent(text: &str) -> Percentage {
    Percentage::parse(text).expect("a percentage")
}

pub(crate) fn plan(name: &str, price: PlanPrice, payment: Payment, steps: Vec<CancellationStep>) -> RatePlan {
    RatePlan {
        id: plan_id(name),
        name: label(name),
        price,
        cancellation: CancellationTerms { free_hours_after_booking: 0, steps },
        payment,
        included: Vec::new(),
        audience: Audience::Everyone,
        channels: BTreeSet::new(),
    }
}

/// A flexible plan at a price, a cheaper one that gives nothing back, and one that is paid at the place.
pub(crate) fn card(price: i64) -> RateCard {
    let free = CancellationStep {
        deadline: Deadline::HoursBefore(24),
        penalty: Penalty::Percent(Percent::new(0).expect("a percentage")),
    };
    let derived =
        PlanPrice::Derived { from: plan_id(FLEXIBLE), adjustment: Adjustment::Percent(percent("-15")) };
    RateCard {
        plans: vec![
            plan(FLEXIBLE, PlanPrice::Base(money(price)), Payment::Now, vec![free]),
            plan(SAVER, derived, Payment::Now, Vec::new()),
            plan(AT_PROPERTY, PlanPrice::Base(money(price)), Payment::AtProperty, vec![free]),
        ],
        default_plan: plan_id(FLEXIBLE),
        ..card_at(money(price))
    }
}

/// Two nights at least, or one where that fills a gap, if it may.
pub(crate) fn two_nights(fills_gaps: bool) -> Restriction {
    Restriction {
        id: RestrictionId::parse("two-nights").expect("a name"),
        name: label("Two nights"),
        dates: Vec::new(),
        weekdays: Vec::new(),
        plans: BTreeSet::new(),
        not_plans: BTreeSet::new(),
        channels: BTreeSet::new(),
        limits: Limits { stay_min_on_arrival: Some(2), fills_gaps, ..Limits::default() },
    }
}

pub(crate) async fn put(w: &World, card: &RateCard) {
    let (holds, none) = (CardUse::From(None), Precondition::None);
    let put = w.rates.put(&operator(), &room().id, card, holds, &none, Run::Real, &w.by("operator")).await;
    put.expect("a card");
}

/// A world whose room has a card, and whose sagas run.
pub(crate) async fn rated(card: &RateCard) -> Arc<World> {
    let w = World::running(&room()).await;
    put(&w, card).await;
    w
}

fn asking(range: (&str, &str), choice: RateChoice) -> HoldRequest {
    HoldRequest { choice, ..hold_request(&room(), range, 1) }
}

fn by_plan(name: &str) -> RateChoice {
    RateChoice { plan: Some(plan_id(name)), ..RateChoice::default() }
}

pub(crate) async fn place(
    w: &World,
    caller: &Caller,
    name: &str,
    request: &HoldRequest,
) -> Result<Placed, Failure> {
    let by = w.by(caller.guest.as_str());
    w.holds.create(caller, &key(name, &format!("{request:?}")), request, &by).await
}

async fn held(w: &World, name: &str, request: &HoldRequest) -> Hold {
    place(w, &guest("guest"), name, request).await.expect("a hold").hold
}

fn shown(hold: &Hold) -> (i64, Option<&str>) {
    let rate = hold.order.rate.as_deref();
    (hold.order.price.total().amount(), rate.map(|rate| rate.plan.as_str()))
}

pub(crate) async fn quote(w: &World, caller: Option<&Caller>, range: (&str, &str)) -> Quoted {
    let request = QuoteRequest {
        resource: room().id,
        start: when(range.0),
        end: when(range.1),
        quantity: 1,
        choice: RateChoice::default(),
        plans: QuotedPlans::Every,
        as_of: None,
        draft: false,
        address: None,
    };
    w.quotes.quote(caller, &request, w.now()).await.expect("a quote")
}

/// The id of the quote of a plan.
async fn quote_id(w: &World, caller: Option<&Caller>, plan: &str) -> String {
    let quoted = quote(w, caller, NIGHT).await;
    let of_plan = quoted.offers.into_iter().find(|offer| offer.rate.plan == plan_id(plan));
    of_plan.and_then(|offer| offer.promise).expect("a promise").0
}

fn by_quote(id: &str) -> HoldRequest {
    HoldRequest { quote: Some(id.to_owned()), ..hold_request(&room(), NIGHT, 1) }
}

#[tokio::test]
async fn a_hold_is_priced_by_the_default_plan_or_by_the_one_it_names_and_a_resource_without_a_card_as_ever() {
    let w = World::with(&room()).await;
    let plain = held(&w, "plain", &asking(NIGHT, RateChoice::default())).await;
    assert_eq!(shown(&plain), (PRICE, None));
    let named = place(&w, &guest("guest"), "named", &asking(NIGHT, by_plan(SAVER))).await;
    let is_refused = matches!(&named, Err(Failure::Invalid { field, .. }) if field.field == Field::RatePlan);
    assert!(is_refused, "{named:?}");
    w.pass(LATER);
    put(&w, &card(PRICE)).await;
    w.pass(LATER);
    let default = held(&w, "default", &asking(NIGHT, RateChoice::default())).await;
    assert_eq!(shown(&default), (PRICE, Some(FLEXIBLE)));
    let saver = held(&w, "saver", &asking(NIGHT, by_plan(SAVER))).await;
    assert_eq!(shown(&saver), (SAVER_PRICE, Some(SAVER)));
    let unknown = place(&w, &guest("guest"), "unknown", &asking(NIGHT, by_plan("weekend"))).await;
    let is_none =
        matches!(&unknown, Err(Failure::RateNotAvailable { reasons, .. }) if *reasons == [Reason::NoPlan]);
    assert!(is_none, "{unknown:?}");
    let stored = w.holds.get(&guest("guest"), &saver.id).await.expect("a hold").hold;
    assert_eq!(stored.order, saver.order, "the record has what was priced");
}

#[tokio::test]
async fn a_quoted_price_is_honoured_after_the_card_has_changed_and_a_hold_keeps_its_own() {
    let w = rated(&card(PRICE)).await;
    let before = held(&w, "before", &asking(NIGHT, by_plan(SAVER))).await;
    let id = quote_id(&w, None, SAVER).await;
    put(&w, &card(2 * PRICE)).await;
    w.pass(LATER);
    let dearer = held(&w, "dearer", &asking(NIGHT, by_plan(SAVER))).await;
    assert_eq!(shown(&dearer), (2 * SAVER_PRICE, Some(SAVER)));
    let quoted = held(&w, "quoted", &by_quote(&id)).await;
    assert_eq!(shown(&quoted), (SAVER_PRICE, Some(SAVER)));
    assert_eq!(quoted.order.rate.as_ref().map(|rate| rate.card_version), Some(1));
    let kept = w.holds.get(&guest("guest"), &before.id).await.expect("a hold").hold;
    assert_eq!(kept.order, before.order);
    let again = place(&w, &guest("guest"), "quoted", &by_quote(&id)).await.expect("a hold");
    assert!(again.replayed);
}

#[tokio::test]
async fn a_quote_is_good_for_its_stay_and_guest_alone_until_it_expires() {
    let w = rated(&card(PRICE)).await;
    let own = quote_id(&w, Some(&guest("guest")), SAVER).await;
    let not_valid = async |name: &str, caller: &Caller, request: HoldRequest| {
        let refused = place(&w, caller, name, &request).await;
        assert!(matches!(refused, Err(Failure::QuoteNotValid)), "{name}: {refused:?}");
    };
    not_valid("other guest", &guest("other"), by_quote(&own)).await;
    not_valid(
        "other stay",
        &guest("guest"),
        HoldRequest { quote: Some(own.clone()), ..hold_request(&room(), TWO_NIGHTS, 1) },
    )
    .await;
    not_valid("more units", &guest("guest"), HoldRequest { quantity: 2, ..by_quote(&own) }).await;
    let (document, seal) = own.split_once('.').expect("two parts");
    let (middle, changed) =
        (document.len() / 2, if document.as_bytes()[document.len() / 2] == b'A' { "B" } else { "A" });
    let altered = format!("{}{changed}{}.{seal}", &document[..middle], &document[middle + 1..]);
    not_valid("altered", &guest("guest"), by_quote(&altered)).await;
    not_valid("nothing", &guest("guest"), by_quote("eyJ.")).await;
    let foreign =
        quote_seals("another key").seal(&opened(&w, &own).await).await.expect("a key").expect("an id");
    not_valid("another key", &guest("guest"), by_quote(&foreign)).await;
    let chosen =
        place(&w, &guest("guest"), "chosen", &HoldRequest { choice: by_plan(SAVER), ..by_quote(&own) }).await;
    assert!(
        matches!(&chosen, Err(Failure::Invalid { field, .. }) if field.field == Field::Quote),
        "{chosen:?}"
    );
    let by_operator = HoldRequest { user: Some(guest("guest").guest), ..by_quote(&own) };
    assert_eq!(
        shown(&place(&w, &operator(), "operator", &by_operator).await.expect("a hold").hold).0,
        SAVER_PRICE
    );
    w.clock.advance(QUOTE_LIFETIME - SignedDuration::from_millis(1));
    held(&w, "at last", &by_quote(&own)).await;
    w.clock.advance(SignedDuration::from_millis(1));
    let expired = place(&w, &guest("guest"), "expired", &by_quote(&own)).await;
    assert!(matches!(expired, Err(Failure::QuoteExpired { .. })), "{expired:?}");
}

/// The quote of an id.
async fn opened(w: &World, id: &str) -> Quote {
    quote_seals(QUOTE_KEY).open(id, w.now()).await.expect("a key").expect("a quote")
}

/// What a preview says beforehand, what a cancellation gives back, of what was paid.
async fn cancelled(plan: &str) -> (i64, i64, i64) {
    let w = rated(&card(PRICE)).await;
    let hold = held(&w, "hold", &asking(NIGHT, by_plan(plan))).await;
    let booking = w.ask(&hold, "pay", VISA).await.expect("a booking").booking;
    assert_eq!(
        (booking.status, booking.payment_status()),
        (BookingStatus::Confirmed, PaymentStatus::Captured)
    );
    put(&w, &card(2 * PRICE)).await;
    let preview =
        w.bookings.quote_cancellation(&guest("guest"), &booking.id, w.now()).await.expect("a quote");
    let given = w.cancel(&booking.id, "cancel").await.expect("a cancellation").refund;
    (booking.captured().amount(), preview.refund.amount(), given.amount())
}

#[tokio::test]
async fn what_a_plan_keeps_is_said_beforehand_and_kept() {
    assert_eq!(cancelled(FLEXIBLE).await, (PRICE, PRICE, PRICE));
    assert_eq!(cancelled(SAVER).await, (SAVER_PRICE, 0, 0));
}

#[tokio::test]
async fn what_is_paid_at_the_place_is_booked_without_a_card() {
    let w = rated(&card(PRICE)).await;
    let hold = held(&w, "hold", &asking(NIGHT, by_plan(AT_PROPERTY))).await;
    assert_eq!((hold.order.price.total().amount(), hold.order.price.at_property().amount()), (0, PRICE));
    let request =
        BookingRequest { hold: hold.id.clone(), payment_method: None, contact: None, wait: PATIENCE };
    let asked = w.requests.request(&guest("guest"), &key("pay", ""), &request, &w.by("guest")).await;
    let booking = asked.expect("an answer").booking;
    assert_eq!((booking.status, booking.is_free()), (BookingStatus::Confirmed, true));
    assert_eq!(w.booking(&booking.id).await.order.price.at_property().amount(), PRICE);
    assert_eq!(w.cancel(&booking.id, "cancel").await.expect("a cancellation").refund.amount(), 0);
}

/// Two nights or more, but under the saver plan.
pub(crate) fn two_nights_or_more() -> Restriction {
    Restriction {
        id: RestrictionId::parse("two-nights").expect("a name"),
        name: label("Two nights"),
        dates: Vec::new(),
        weekdays: Vec::new(),
        plans: BTreeSet::from([plan_id(FLEXIBLE)]),
        not_plans: BTreeSet::from([plan_id(SAVER)]),
        channels: BTreeSet::new(),
        limits: Limits { stay_min_on_arrival: Some(2), ..Limits::default() },
    }
}

fn restricted() -> RateCard {
    RateCard { restrictions: vec![two_nights_or_more()], ..card(PRICE) }
}

/// Of each stay what a quote offers is what a hold by the plan gets, and what it does not offer is refused for the same reasons.
#[tokio::test]
async fn what_a_quote_offers_a_hold_accepts_and_nothing_else() {
    let w = rated(&restricted()).await;
    for (range, offered) in
        [(NIGHT, vec![SAVER, AT_PROPERTY]), (TWO_NIGHTS, vec![FLEXIBLE, SAVER, AT_PROPERTY])]
    {
        let quoted = quote(&w, Some(&guest("guest")), range).await;
        let plans: Vec<&str> = quoted.offers.iter().map(|offer| offer.rate.plan.as_str()).collect();
        assert_eq!(plans, offered, "{range:?}");
        for offer in &quoted.offers {
            let plan = offer.rate.plan.as_str();
            let hold = held(&w, &format!("{plan} {range:?}"), &asking(range, by_plan(plan))).await;
            assert_eq!(hold.order.price, offer.price, "{plan} {range:?}");
        }
        for none in &quoted.unavailable {
            let name = none.plan.as_str();
            match place(&w, &guest("guest"), &format!("{name} {range:?}"), &asking(range, by_plan(name)))
                .await
            {
                Err(Failure::RateNotAvailable { reasons, .. }) => assert_eq!(reasons, none.reasons, "{name}"),
                other => panic!("{name} {range:?}: {other:?}"),
            }
        }
    }
    let refused = place(&w, &guest("guest"), "default", &asking(NIGHT, RateChoice::default())).await;
    let Err(Failure::RateNotAvailable { reasons, .. }) = refused else { panic!("{refused:?}") };
    assert!(matches!(reasons[..], [Reason::Restricted { limit: Limit::StayMin(2), .. }]), "{reasons:?}");
}

/// A code takes off what its promotion says. `promotions.rs` has those whose uses are limited.
#[tokio::test]
async fn a_code_takes_off_what_its_promotion_says_and_an_unknown_one_is_refused() {
    let open = Promotion {
        code: PromotionCode::parse("OPEN").expect("a code"),
        name: label("OPEN"),
        discount: Discount::Percent(percent("10")),
        plans: BTreeSet::new(),
        stays: Validity::default(),
        from: None,
        to: None,
        uses_max: None,
        uses_per_guest_max: None,
    };
    let w = rated(&RateCard { promotions: vec![open], ..card(PRICE) }).await;
    let by_code =
        |code: &str| RateChoice { promotion: PromotionCode::parse(code).ok(), ..RateChoice::default() };
    let hold = held(&w, "open", &asking(NIGHT, by_code("open"))).await;
    assert_eq!(shown(&hold).0, PRICE - PRICE / 10);
    assert_eq!(
        hold.order.rate.as_ref().and_then(|rate| rate.promotion.as_ref()).map(PromotionCode::as_str),
        Some("OPEN")
    );
    match place(&w, &guest("guest"), "none", &asking(NIGHT, by_code("NONE"))).await {
        Err(Failure::RateNotAvailable { reasons, .. }) => assert_eq!(reasons, [Reason::Promotion]),
        other => panic!("{other:?}"),
    }
}

/// An operator's next request meets what was edited; a guest's meets it after five seconds at the latest.
#[tokio::test]
async fn an_operator_meets_an_edit_at_once_and_a_guest_a_moment_later() {
    let w = rated(&card(PRICE)).await;
    assert_eq!(shown(&held(&w, "a", &asking(NIGHT, RateChoice::default())).await).0, PRICE);
    put(&w, &card(2 * PRICE)).await;
    let remembered = held(&w, "b", &asking(NIGHT, RateChoice::default())).await;
    assert_eq!(shown(&remembered).0, PRICE);
    let own = place(&w, &operator(), "c", &asking(NIGHT, RateChoice::default())).await.expect("a hold").hold;
    assert_eq!(shown(&own).0, 2 * PRICE);
    let of_operator = quote(&w, Some(&operator()), NIGHT).await;
    assert_eq!(of_operator.offers[0].price.total().amount(), 2 * PRICE);
    w.pass(LATER);
    assert_eq!(shown(&held(&w, "d", &asking(NIGHT, RateChoice::default())).await).0, 2 * PRICE);
}

/// A price that depends on how full the night is.
fn by_demand() -> RateCard {
    let when = Condition { sold_percent: Some(Bounds { min: Some(20), max: None }), ..Condition::default() };
    let rule = Rule {
        id: RuleId::parse("demand").expect("a name"),
        name: label("Demand"),
        priority: 1,
        when,
        adjustment: Adjustment::Percent(percent("100")),
        group: None,
    };
    RateCard { rules: vec![rule], ..card(PRICE) }
}

/// Units of the ledger and of the read model that each of two holds in a row costs: the second is warm.
async fn costs(card: Option<RateCard>) -> [(f64, f64); 2] {
    let w = World::with(&room()).await;
    if let Some(card) = &card {
        put(&w, card).await;
    }
    let (client, meter) = w.database.metered_client();
    let holds = Store::over(&client).hold_cases();
    let mut costs = [(0.0, 0.0); 2];
    held(&w, "page", &asking(NIGHT, RateChoice::default())).await;
    for (name, cost) in ["cold", "warm"].into_iter().zip(&mut costs) {
        let request = asking(NIGHT, RateChoice::default());
        let placed = holds.create(&guest(name), &key(name, name), &request, &w.by(name)).await;
        placed.expect("a hold");
        *cost = (meter.take(Database::LEDGER), meter.take(Database::SEARCH));
    }
    costs
}

#[tokio::test]
async fn a_warm_hold_reads_no_more_with_a_card_than_without() {
    let [_, plain] = costs(None).await;
    let [cold, warm] = costs(Some(card(PRICE))).await;
    assert_eq!(warm, plain, "as without a card");
    assert!(cold.0 > warm.0, "the first reads the rates: {cold:?}, {warm:?}");
    let none = 0.1;
    assert!(cold.1 < none, "nothing asks how full the night is: {cold:?}");
    let [cold, warm] = costs(Some(by_demand())).await;
    assert!(cold.1 > none && warm.1 < none, "a price by demand asks once: {cold:?}, {warm:?}");
    assert_eq!(warm, plain);
}

#[tokio::test]
async fn a_price_by_demand_follows_what_is_listed() {
    let w = rated(&by_demand()).await;
    let empty = held(&w, "a", &asking(NIGHT, RateChoice::default())).await;
    assert_eq!(shown(&empty).0, PRICE);
    let projection =
        Projection::new(w.store.catalogue.clone(), w.store.rates.clone(), w.store.index_writer.clone());
    let stored = w.store.catalogue.resource(&room().id).await.expect("a read").expect("a resource");
    projection.batch().on_resource(&stored, None).await.expect("a projection");
    w.pass(LATER);
    // One of five is taken: 20 percent.
    let next = held(&w, "b", &asking(NIGHT, RateChoice::default())).await;
    assert_eq!(shown(&next).0, 2 * PRICE);
}
