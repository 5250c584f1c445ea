//! Sagas that are looked at again: after a person or a week, after the provider said no to more than a card, after money
//! came back.

use std::sync::Arc;

use async_trait::async_trait;
use holdfast_app::payments::{
    Dispute, NewPayment, Outcome, Payment, PaymentInquiry, PaymentState, Payments, Reaction,
};
use holdfast_app::{Failure, PaymentError};
use holdfast_domain::bookings::FailureReason;
use holdfast_domain::payments::RefundProgress;
use holdfast_domain::{BookingId, BookingStatus, Money, PaymentStatus};
use holdfast_testkit::{money, nightly_resource};

use crate::bank::{Dashboard, Effects, NEVER_CAPTURES, VISA};
use crate::driver::{Drive, Ending};
use crate::world::{NIGHT, PRICE, World};

const DAY: i64 = 24 * 3600;

/// A booking whose saga has come as far as an authorization.
async fn authorized(card: &str) -> (Arc<World>, BookingId) {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", card).await;
    w.saga.create_payment(&id, &w.by("saga")).await.expect("created");
    w.saga.authorize_payment(&id, &w.by("saga")).await.expect("authorized");
    (w, id)
}

/// A provider that answers a question, and takes no request at all.
struct Refuses(Payment);

fn refused<T>() -> Result<T, PaymentError> {
    Err(PaymentError::Refused { code: "amount_too_small".to_owned(), message: String::new() })
}

#[async_trait]
impl PaymentInquiry for Refuses {
    async fn inquire(&self, _: &str) -> Result<Payment, PaymentError> {
        Ok(self.0.clone())
    }
}

#[async_trait]
impl Payments for Refuses {
    async fn create(&self, _: &NewPayment) -> Result<String, PaymentError> {
        refused()
    }
    async fn authorize(&self, _: &BookingId, _: &str, _: &str) -> Result<Payment, PaymentError> {
        refused()
    }
    async fn capture(&self, _: &BookingId, _: &str, _: Money) -> Result<Payment, PaymentError> {
        refused()
    }
    async fn void(&self, _: &BookingId, _: &str) -> Result<Payment, PaymentError> {
        refused()
    }
    async fn refund(
        &self,
        _: &BookingId,
        _: &str,
        _: Money,
        _: Money,
    ) -> Result<RefundProgress, PaymentError> {
        refused()
    }
}

fn captured_payment(intent: &str, id: &BookingId, refunded: i64) -> Payment {
    Payment {
        intent: intent.to_owned(),
        booking: Some(id.to_string()),
        state: PaymentState::Captured,
        taken: money(PRICE),
        refunded: money(refunded),
        refund_pending: false,
        dispute: Dispute::None,
        charged_back: money(0),
    }
}

#[tokio::test]
async fn a_failed_booking_looked_at_again_is_not_paid_only_its_reservation_goes_back() {
    let (w, id) = authorized(NEVER_CAPTURES).await;
    let by = w.by("saga");
    assert_eq!(w.saga.confirm_booking(&id, &by).await.expect("confirmed"), Outcome::Confirmed);
    let declined = FailureReason::Declined { code: "card_declined".to_owned() };
    w.saga.fail_booking(&id, &declined, &by).await.expect("failed, and parked before its void");
    assert_eq!(w.saga.inquire_payment(&id, &by).await.expect("looked at"), Outcome::Cancelled);
    assert_eq!(w.saga.create_payment(&id, &by).await.expect("nothing"), Outcome::Cancelled);
    assert_eq!(w.saga.authorize_payment(&id, &by).await.expect("nothing"), Outcome::Cancelled);
    assert_eq!(w.saga.confirm_booking(&id, &by).await.expect("nothing"), Outcome::Cancelled);
    assert_eq!(w.saga.capture_payment(&id, &by).await.expect("nothing"), Outcome::Cancelled);
    assert_eq!(w.saga.void_payment(&id, &by).await.expect("voided"), Outcome::Voided);
    assert_eq!(w.bank.effects(), Effects { authorized: 1, captured: 0, voided: 1, refunded: 0 });
    assert_eq!(w.at_rest(&id).await.payment_status(), PaymentStatus::Failed);
}

#[tokio::test]
async fn a_booking_that_was_parked_before_it_had_a_payment_comes_to_its_end() {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", VISA).await;
    let by = w.by("saga");
    assert_eq!(w.saga.inquire_payment(&id, &by).await.expect("asked"), Outcome::NotStarted);
    assert_eq!(w.saga.authorize_payment(&id, &by).await.expect("asked"), Outcome::NotStarted);
    assert_eq!(w.saga.void_payment(&id, &by).await.expect("nothing to void"), Outcome::Voided);
    let failed = w.saga.fail_booking(&id, &FailureReason::PaymentUnavailable, &by).await;
    assert_eq!(failed.expect("failed"), Outcome::Failed);
    assert_eq!(w.at_rest(&id).await.status, BookingStatus::Failed);
    let next = w.open(&hold, "pay again", VISA).await;
    assert_eq!(Drive::new(&w, &next).run().await, Ending::Confirmed);
}

#[tokio::test]
async fn an_authorization_that_lapsed_long_after_the_hold_frees_the_places() {
    let (w, id) = authorized(VISA).await;
    let by = w.by("saga");
    w.saga.confirm_booking(&id, &by).await.expect("confirmed, and parked before its capture");
    w.pass(8 * DAY);
    assert_eq!(w.database.sweep_ttl(), 2, "the hold's record, and the guest's attempts to pay");
    w.bank.dashboard(&id, Dashboard::Voids);
    assert_eq!(w.saga.inquire_payment(&id, &w.by("saga")).await.expect("asked"), Outcome::Voided);
    let failed = w.saga.fail_booking(&id, &FailureReason::PaymentVoided, &w.by("saga")).await;
    assert_eq!(failed.expect("failed"), Outcome::Failed);
    assert_eq!(w.saga.void_payment(&id, &w.by("saga")).await.expect("voided"), Outcome::Voided);
    w.at_rest(&id).await;
    assert_eq!(w.taken(&nightly_resource("room", 1, 600)).await, []);
}

#[tokio::test]
async fn an_amount_that_the_provider_never_takes_is_neither_an_outage_nor_a_declined_card() {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = w.open(&hold, "pay", VISA).await;
    let provider = Arc::new(Refuses(captured_payment("pi_1", &id, 0)));
    let saga = w.saga_over(provider);
    let outcome = saga.create_payment(&id, &w.by("saga")).await;
    assert!(matches!(outcome, Err(Failure::Payment(PaymentError::Refused { .. }))), "{outcome:?}");
}

#[tokio::test]
async fn what_is_written_down_is_not_asked_of_the_bank_again() {
    let (w, id) = authorized(VISA).await;
    let by = w.by("saga");
    let provider = Arc::new(Refuses(captured_payment("pi_1", &id, 0)));
    let saga = w.saga_over(provider);
    assert_eq!(saga.create_payment(&id, &by).await.expect("known"), Outcome::Created);
    assert_eq!(saga.authorize_payment(&id, &by).await.expect("known"), Outcome::Authorized);
    w.saga.confirm_booking(&id, &by).await.expect("confirmed");
    let refused = saga.capture_payment(&id, &by).await;
    assert!(matches!(refused, Err(Failure::Payment(_))), "not taken yet, and no reason to fail: {refused:?}");
    w.saga.capture_payment(&id, &by).await.expect("captured");
    assert_eq!(saga.capture_payment(&id, &by).await.expect("known"), Outcome::Captured);
}

#[tokio::test]
async fn a_pending_booking_given_up_keeps_none_of_what_was_captured_elsewhere() {
    let (w, id) = authorized(VISA).await;
    w.bank.dashboard(&id, Dashboard::Captures);
    assert_eq!(w.saga.inquire_payment(&id, &w.by("saga")).await.expect("asked"), Outcome::Captured);
    w.pass(12 * DAY);
    let cancelled = w.cancel(&id, "cancel").await.expect("cancelled");
    assert_eq!(cancelled.refund.amount(), PRICE, "by policy it would be half: but it never stood");
    w.settle(&id).await;
    assert_eq!(w.bank.kept(&id), 0);
    assert_eq!(w.at_rest(&id).await.payment_status(), PaymentStatus::Refunded);
}

#[tokio::test]
async fn a_booking_parked_while_it_was_undone_is_not_confirmed_on_money_that_is_gone() {
    let (w, id) = authorized(VISA).await;
    let by = w.by("saga");
    w.bank.dashboard(&id, Dashboard::Captures);
    assert_eq!(
        w.saga.refund_payment(&id, &by).await.expect("given back, and parked after that"),
        Outcome::Refunded
    );
    assert_eq!(w.saga.inquire_payment(&id, &by).await.expect("looked at again"), Outcome::Voided);
    let failed = w.saga.fail_booking(&id, &FailureReason::PaymentVoided, &by).await;
    assert_eq!(failed.expect("failed"), Outcome::Failed);
    assert_eq!(w.saga.void_payment(&id, &by).await.expect("too late to void"), Outcome::Captured);
    assert_eq!(w.saga.refund_payment(&id, &by).await.expect("nothing is left"), Outcome::Refunded);
    assert_eq!(w.bank.effects().refunded, 1);
    assert_eq!(w.at_rest(&id).await.payment_status(), PaymentStatus::Refunded);
}

#[tokio::test]
async fn a_refund_that_came_back_from_the_bank_is_written_down_and_left_to_a_person() {
    let (w, id) = authorized(VISA).await;
    w.saga.confirm_booking(&id, &w.by("saga")).await.expect("confirmed");
    w.saga.capture_payment(&id, &w.by("saga")).await.expect("captured");
    w.cancel(&id, "cancel").await.expect("cancelled");
    w.settle(&id).await;
    let booking = w.at_rest(&id).await;
    assert_eq!(booking.refunded().amount(), PRICE);
    let intent = booking.payment_intent().expect("a payment");
    let rings = async |refunded| {
        let provider = Arc::new(Refuses(captured_payment(intent, &id, refunded)));
        let webhook = w.webhook_over(provider);
        webhook.on_payment(&format!("evt_{refunded}"), intent, &w.by("stripe")).await.expect("a reaction")
    };
    assert_eq!(rings(PRICE).await, Reaction::Nothing);
    assert_eq!(rings(0).await, Reaction::Recorded);
    let booking = w.booking(&id).await;
    assert_eq!((booking.payment_status(), booking.refund_has_failed()), (PaymentStatus::Captured, true));
    assert_eq!(rings(0).await, Reaction::Nothing);
}

#[tokio::test]
async fn a_payment_that_names_a_booking_which_knows_another_is_nobodys() {
    let (w, id) = authorized(VISA).await;
    w.saga.confirm_booking(&id, &w.by("saga")).await.expect("confirmed");
    w.saga.capture_payment(&id, &w.by("saga")).await.expect("captured");
    let before = w.booking(&id).await;
    let webhook = w.webhook_over(Arc::new(Refuses(captured_payment("pi_foreign", &id, 100))));
    let reaction = webhook.on_payment("evt_1", "pi_foreign", &w.by("stripe")).await.expect("a reaction");
    assert_eq!(reaction, Reaction::Nothing);
    assert_eq!(w.booking(&id).await, before);
}
