//! Prices that nobody can pay come to no guest, amounts are the same money at the provider, and what is free needs none.

use holdfast_app::Failure;
use holdfast_app::bookings::BookingRequest;
use holdfast_app::kernel::NotChargeable;
use holdfast_domain::bookings::Tier;
use holdfast_domain::money::Percent;
use holdfast_domain::{BookingStatus, CancellationPolicy, Currency, Money, PaymentStatus, Resource};
use holdfast_testkit::{event_resource, nightly_resource};

use crate::bank::{Effects, Op, VISA};
use crate::driver::{Drive, Ending};
use crate::world::{NIGHT, World, guest, key};

const EVENING: (&str, &str) = ("2030-06-01T19:00:00Z", "2030-06-01T22:00:00Z");

fn money(amount: i64, code: &str) -> Money {
    Money::new(amount, Currency::parse(code).expect("known")).expect("in range")
}

/// A room at that price.
fn room_at(amount: i64, code: &str) -> Resource {
    let mut room = nightly_resource("room", 3, 600);
    room.terms.base_price = money(amount, code);
    room
}

/// Puts a resource, and gives what is wrong with it.
async fn refusal(resource: &Resource) -> Option<String> {
    match World::start().await.try_put(resource).await {
        Ok(_) => None,
        Err(failure @ Failure::Invalid { .. }) => Some(failure.to_string()),
        Err(failure) => panic!("{failure:?}"),
    }
}

#[tokio::test]
async fn a_price_that_nobody_can_pay_is_refused_with_what_would_be_accepted() {
    for (amount, code) in
        [(12_900, "EUR"), (1, "EUR"), (0, "EUR"), (5_130, "KWD"), (100, "MGA"), (99_999_999, "USD")]
    {
        assert_eq!(refusal(&room_at(amount, code)).await, None, "{amount} {code}");
    }
    for (amount, code, expected) in [
        (100, "KPW", "the currency: must be a currency that can be paid: AED, AFN,"),
        (0, "KPW", "the currency: must be a currency that can be paid: AED, AFN,"),
        (5_131, "KWD", "the price: must be a multiple of 10: no smaller part of KWD can be paid"),
        (150, "MGA", "the price: must be a multiple of 100: no smaller part of MGA can be paid"),
        (100_000_000, "USD", "the price: must be at most 99999999, the most that can be paid at once"),
    ] {
        let refusal = refusal(&room_at(amount, code)).await.expect("a refusal");
        assert!(refusal.starts_with(expected), "{amount} {code}: {refusal}");
    }
    // The one place of one evening is all that can ever be asked for.
    let mut concert = event_resource("concert", 3, 600);
    concert.terms.base_price = money(16, "EUR");
    let least = "the price: must be 0 or at least 17: all places together have to cost 0.50 EUR, the least that can be paid at once";
    assert_eq!(refusal(&concert).await.as_deref(), Some(least));
    concert.terms.base_price = money(17, "EUR");
    assert_eq!(refusal(&concert).await, None);
    concert.terms.capacity = 0;
    assert_eq!(refusal(&concert).await, None, "what has no places sells nothing at any price");
}

#[tokio::test]
async fn a_total_below_the_minimum_is_refused_and_enough_of_it_is_not() {
    let concert = {
        let mut concert = event_resource("concert", 10, 600);
        concert.terms.base_price = money(20, "EUR");
        concert
    };
    let w = World::with(&concert).await;
    let below = w.place(&concert, "two", EVENING, 2).await;
    let expected = NotChargeable::BelowMinimum { total: money(40, "EUR"), minimum: money(50, "EUR") };
    assert!(matches!(below, Err(Failure::NotChargeable(reason)) if reason == expected), "{below:?}");
    assert_eq!(w.taken(&concert).await, [], "nothing is held");
    w.place(&concert, "three", EVENING, 3).await.expect("enough");
}

#[tokio::test]
async fn a_total_above_the_maximum_is_refused() {
    let room = room_at(60_000_000, "USD");
    let w = World::with(&room).await;
    let above = w.place(&room, "two", NIGHT, 2).await;
    let expected =
        NotChargeable::AboveMaximum { total: money(120_000_000, "USD"), maximum: money(99_999_999, "USD") };
    assert!(matches!(above, Err(Failure::NotChargeable(reason)) if reason == expected), "{above:?}");
    w.place(&room, "one", NIGHT, 1).await.expect("little enough");
}

/// The bank of these tests refuses what Stripe would refuse.
#[tokio::test]
async fn what_is_given_back_can_be_paid_whatever_the_policy_says() {
    for (price, code, percent, expected) in [
        (5_130, "KWD", 50, 2_570),
        (5_130, "KWD", 33, 1_700),
        (30_000, "MGA", 33, 9_900),
        (30_100, "MGA", 33, 10_000),
        (5_000, "ISK", 33, 1_650),
        (4_999, "JPY", 50, 2_500),
    ] {
        let mut room = room_at(price, code);
        let refund = Percent::new(percent).expect("a percentage");
        let tiers = vec![Tier { hours_before: 0, refund }];
        room.terms.cancellation_policy = CancellationPolicy::new(tiers).expect("a policy");
        let w = World::running(&room).await;
        let hold = w.held(&room, "k", NIGHT).await;
        let id = w.ask(&hold, "pay", VISA).await.expect("paid").booking.id;
        let cancelled = w.cancel(&id, "cancel").await.expect("cancelled");
        assert_eq!(cancelled.refund, money(expected, code), "{price} {code} {percent}");
        assert!(cancelled.booking.money_is_settled());
        assert_eq!(w.at_rest(&id).await.refunded(), money(expected, code));
        assert_eq!(w.bank.kept(&id), price - expected);
    }
}

#[tokio::test]
async fn what_is_free_is_booked_without_a_card_and_without_the_bank() {
    let room = room_at(0, "EUR");
    let w = World::running(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let request = BookingRequest {
        hold: hold.id.clone(),
        payment_method: None,
        contact: None,
        wait: std::time::Duration::from_secs(60),
    };
    let ask =
        async |name| w.requests.request(&guest("guest"), &key(name, ""), &request, &w.by("guest")).await;
    let asked = ask("pay").await.expect("an answer");
    let booking = &asked.booking;
    assert_eq!(
        (booking.status, booking.payment_status()),
        (BookingStatus::Confirmed, PaymentStatus::Captured)
    );
    assert_eq!((booking.captured().amount(), booking.was_confirmed_and_paid()), (0, true));
    assert_eq!(w.trail(&booking.id).await, ["booking.requested", "booking.confirmed"]);
    assert!(ask("pay").await.expect("an answer").replayed);
    let cancelled = w.cancel(&booking.id, "cancel").await.expect("cancelled");
    assert_eq!((cancelled.refund.amount(), cancelled.booking.money_is_settled()), (0, true));
    assert!(cancelled.booking.was_confirmed_and_paid(), "its request is answered as before");
    assert_eq!(w.taken(&room).await, []);
    assert_eq!(w.bank.effects(), Effects::default());
    assert_eq!(w.bank.calls(), [], "the bank is never asked");
}

#[tokio::test]
async fn the_saga_of_what_is_free_may_take_every_step_twice_and_may_be_undone() {
    let room = room_at(0, "EUR");
    let w = World::with(&room).await;
    let open = async |name| {
        let hold = w.held(&room, name, NIGHT).await;
        w.open(&hold, name, VISA).await
    };
    let id = open("k").await;
    assert_eq!(Drive::new(&w, &id).twice().run().await, Ending::Confirmed);
    let late = open("late").await;
    let pass = w.clone();
    let drive = Drive::new(&w, &late);
    let drive = drive.before(crate::driver::Step::ClaimHold, Box::pin(async move { pass.pass(901) }));
    assert_eq!(drive.run().await, Ending::Failed);
    assert_eq!(w.bank.calls(), []);
}

#[tokio::test]
async fn what_costs_something_names_its_card() {
    let room = room_at(12_900, "EUR");
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let request = BookingRequest {
        hold: hold.id.clone(),
        payment_method: None,
        contact: None,
        wait: std::time::Duration::ZERO,
    };
    let asked = w.requests.request(&guest("guest"), &key("pay", ""), &request, &w.by("guest")).await;
    let failure = asked.expect_err("no card").to_string();
    assert_eq!(failure, "the payment method: is required: the hold costs something");
    assert_eq!(w.bank.calls(), Vec::<Op>::new());
}
