//! What a cancellation would give back is what it gives back, to the minor unit, when it comes at that instant.

use std::sync::Arc;

use holdfast_app::bookings::BookingRequest;
use holdfast_app::payments::Dispute;
use holdfast_app::{Caller, Failure};
use holdfast_domain::bookings::{CancellationQuote, Tier};
use holdfast_domain::money::Percent;
use holdfast_domain::{
    BookingId, BookingStatus, CancellationPolicy, Currency, Money, PaymentStatus, Resource,
};
use holdfast_testkit::{at, nightly_resource};
use jiff::{SignedDuration, Timestamp};

use crate::bank::{DECLINED, Dashboard, VISA};
use crate::world::{NIGHT, PATIENCE, START, World, guest, key, operator};

const HOUR: i64 = 3_600;
/// From the start of the test to check-in of the night.
const TO_CHECK_IN: i64 = 12 * 24 * HOUR + 7 * HOUR;
/// 15:00 in New York on the first day of the night.
const CHECK_IN: &str = "2030-06-01T19:00:00Z";
const TIERS: &[(u32, u8)] = &[(48, 100), (24, 75), (0, 33)];
/// The policy of an operator who gives back more the later it is.
const RISING: &[(u32, u8)] = &[(48, 0), (24, 50)];
const MILLISECOND: SignedDuration = SignedDuration::from_millis(1);

/// What happens to the money before the cancellation.
#[derive(Debug, Clone, Copy)]
enum Before {
    Nothing,
    Refunded(i64),
    Disputed,
    TakenBack(i64),
}

fn money(amount: i64, code: &str) -> Money {
    Money::new(amount, Currency::parse(code).expect("known")).expect("in range")
}

fn room(price: Money, tiers: &[(u32, u8)]) -> Resource {
    let mut room = nightly_resource("room", 1, 600);
    room.terms.base_price = price;
    let tier = |(hours_before, share): &(u32, u8)| Tier {
        hours_before: *hours_before,
        refund: Percent::new(*share).expect("a share"),
    };
    room.terms.cancellation_policy =
        CancellationPolicy::new(tiers.iter().map(tier).collect()).expect("a policy");
    room
}

/// A booking that stands, its money taken if it costs any.
async fn booked(price: Money, tiers: &[(u32, u8)]) -> (Arc<World>, BookingId) {
    let room = room(price, tiers);
    let w = World::running(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let request = BookingRequest {
        hold: hold.id.clone(),
        payment_method: (price.amount() > 0).then(|| VISA.to_owned()),
        contact: None,
        wait: PATIENCE,
    };
    let asked = w.requests.request(&guest("guest"), &key("pay", ""), &request, &w.by("guest")).await;
    let booking = asked.expect("an answer").booking;
    assert_eq!(
        (booking.status, booking.payment_status()),
        (BookingStatus::Confirmed, PaymentStatus::Captured)
    );
    (w, booking.id)
}

async fn happens(w: &World, id: &BookingId, before: Before) {
    match before {
        Before::Nothing => return,
        Before::Refunded(amount) => w.bank.dashboard(id, Dashboard::Refunds(amount)),
        Before::Disputed => w.bank.disputes(id, Dispute::Open),
        Before::TakenBack(amount) => w.bank.disputes_part(id, Dispute::Lost, amount),
    }
    w.webhook.on_payment("evt_1", &w.bank.intent_of(id), &w.by("stripe")).await.expect("a reaction");
}

async fn quoted(w: &World, caller: &Caller, id: &BookingId) -> Result<CancellationQuote, Failure> {
    w.bookings.quote_cancellation(caller, id, w.now()).await
}

/// Until when, and how much.
fn steps(quote: &CancellationQuote) -> Vec<(Option<Timestamp>, i64)> {
    quote.steps.iter().map(|step| (step.until, step.refund.amount())).collect()
}

/// Asks and cancels at the same instant. Every quote before has said the same of it.
async fn check(price: Money, tiers: &[(u32, u8)], before: Before, later: SignedDuration, refund: i64) {
    let why = format!("{price:?}, {tiers:?}, {before:?}, {later:?} later");
    let (w, id) = booked(price, tiers).await;
    happens(&w, &id, before).await;
    let early = quoted(&w, &guest("guest"), &id).await.expect("a quote");
    w.clock.advance(later);
    let booking = w.booking(&id).await;
    let quote = quoted(&w, &guest("guest"), &id).await.expect("a quote");
    assert_eq!(w.booking(&id).await, booking, "nothing is written: {why}");
    assert!(quote.is_cancellable(), "{why}");
    assert_eq!((quote.as_of, quote.paid), (w.now(), price), "{why}");
    let now = w.now();
    let foretold = early.steps.iter().find(|step| step.until.is_none_or(|until| now <= until));
    assert_eq!(foretold.expect("a step").refund, quote.refund, "{why}");
    let cancelled = w.cancel(&id, "cancel").await.expect("a cancellation");
    assert_eq!((quote.refund, cancelled.refund.amount()), (cancelled.refund, refund), "{why}");
    let lost = booking.payments.charged_back().amount();
    assert_eq!(quote.kept.amount(), price.amount() - lost - refund, "{why}");
    let after = quoted(&w, &guest("guest"), &id).await.expect("a quote");
    assert_eq!((after.status, after.is_cancellable()), (BookingStatus::Cancelled, false), "{why}");
    assert_eq!((after.refund, after.kept), (quote.refund, quote.kept), "{why}");
}

#[tokio::test]
async fn what_is_quoted_is_given_back_in_each_tier_and_at_each_of_its_ends() {
    let left = |hours: i64| SignedDuration::from_secs(TO_CHECK_IN - hours * HOUR);
    let price = money(12_901, "EUR");
    for (later, refund) in [
        (SignedDuration::ZERO, 12_901),
        (left(48) - MILLISECOND, 12_901),
        (left(48), 12_901),
        (left(48) + MILLISECOND, 9_676),
        (left(24), 9_676),
        (left(24) + MILLISECOND, 4_257),
        (left(0) - MILLISECOND, 4_257),
        (left(0), 0),
        (left(0) + SignedDuration::from_hours(3), 0),
    ] {
        check(price, TIERS, Before::Nothing, later, refund).await;
    }
    for (later, refund) in [(left(48), 0), (left(48) + MILLISECOND, 6_451), (left(24) + MILLISECOND, 0)] {
        check(price, RISING, Before::Nothing, later, refund).await;
    }
}

#[tokio::test]
async fn what_is_quoted_is_given_back_whatever_has_happened_to_the_money() {
    let left = |hours: i64| SignedDuration::from_secs(TO_CHECK_IN - hours * HOUR);
    let price = money(10_000, "EUR");
    for (before, hours, refund) in [
        (Before::Refunded(1_000), 30, 7_500),
        (Before::Refunded(5_000), 12, 5_000),
        (Before::Disputed, 30, 7_500),
        (Before::Disputed, 0, 0),
        (Before::TakenBack(4_000), 30, 3_500),
        (Before::TakenBack(10_000), 30, 0),
    ] {
        check(price, TIERS, before, left(hours), refund).await;
    }
}

/// Stripe pays dinars in tens of their thousandths, and yen have no part.
#[tokio::test]
async fn what_is_quoted_can_be_paid_in_its_currency() {
    let left = |hours: i64| SignedDuration::from_secs(TO_CHECK_IN - hours * HOUR);
    for (amount, code, hours, refund) in [
        (0, "EUR", 30, 0),
        (4_999, "JPY", 30, 3_749),
        (4_999, "JPY", 12, 1_650),
        (5_130, "KWD", 60, 5_130),
        (5_130, "KWD", 30, 3_850),
        (5_130, "KWD", 12, 1_700),
        (30_100, "MGA", 12, 10_000),
    ] {
        check(money(amount, code), TIERS, Before::Nothing, left(hours), refund).await;
    }
}

#[tokio::test]
async fn a_quote_says_when_the_refund_changes() {
    let (w, id) = booked(money(12_901, "EUR"), TIERS).await;
    let start = at(CHECK_IN);
    let hours = |hours: i64| Some(start - SignedDuration::from_hours(hours));
    let last = Some(start - SignedDuration::from_nanos(1));
    let quote = quoted(&w, &operator(), &id).await.expect("an operator's quote");
    assert_eq!(quote.as_of, at(START));
    assert_eq!(quote.valid_until(), hours(48));
    assert_eq!(steps(&quote), [(hours(48), 12_901), (hours(24), 9_676), (last, 4_257), (None, 0)]);
    w.pass(TO_CHECK_IN - 24 * HOUR + 1);
    let quote = quoted(&w, &guest("guest"), &id).await.expect("a quote");
    assert_eq!((quote.valid_until(), steps(&quote)), (last, vec![(last, 4_257), (None, 0)]));
    w.pass(24 * HOUR);
    let quote = quoted(&w, &guest("guest"), &id).await.expect("a quote");
    assert_eq!((quote.valid_until(), steps(&quote)), (None, vec![(None, 0)]));
}

#[tokio::test]
async fn a_pending_booking_is_cancelled_for_nothing_whenever_that_is() {
    let room = room(money(12_901, "EUR"), TIERS);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", VISA).await;
    let quote = quoted(&w, &guest("guest"), &id).await.expect("a quote");
    assert_eq!((quote.status, steps(&quote)), (BookingStatus::Pending, vec![(None, 0)]));
    assert_eq!((quote.paid.amount(), quote.kept.amount()), (0, 0));
    assert_eq!(w.cancel(&id, "cancel").await.expect("a cancellation").refund, quote.refund);
}

#[tokio::test]
async fn what_a_cancellation_refuses_is_quoted_as_what_cannot_be_cancelled() {
    let room = room(money(12_901, "EUR"), TIERS);
    let w = World::running(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let failed = w.ask(&hold, "first", DECLINED).await.expect("an answer").booking.id;
    let ended = w.ask(&hold, "second", VISA).await.expect("an answer").booking.id;
    w.bank.dashboard(&ended, Dashboard::Refunds(1_000));
    w.webhook.on_payment("evt_1", &w.bank.intent_of(&ended), &w.by("stripe")).await.expect("a reaction");
    w.pass(30 * 24 * HOUR);
    for (id, status, refund, kept) in
        [(failed, BookingStatus::Failed, 0, 0), (ended, BookingStatus::Completed, 1_000, 11_901)]
    {
        let quote = quoted(&w, &guest("guest"), &id).await.expect("a quote");
        assert_eq!((quote.status, quote.is_cancellable(), quote.valid_until()), (status, false, None));
        assert_eq!((quote.refund.amount(), quote.kept.amount()), (refund, kept), "{status:?}");
        let refused = w.cancel(&id, "cancel").await;
        assert!(matches!(refused, Err(Failure::NotCancellable(known)) if known == status), "{refused:?}");
    }
}

#[tokio::test]
async fn nobody_else_is_told() {
    let (w, id) = booked(money(12_901, "EUR"), TIERS).await;
    let unknown = BookingId::parse("bkg_unknown").expect("an id");
    for (caller, id) in [(guest("thief"), &id), (guest("guest"), &unknown), (operator(), &unknown)] {
        let refused = quoted(&w, &caller, id).await;
        assert!(matches!(refused, Err(Failure::NotFound("booking"))), "{refused:?}");
    }
}
