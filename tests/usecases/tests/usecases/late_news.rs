//! What becomes of money after it was taken: refunds that take their time or fail, disputes that are opened, won and lost.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_app::operations::reconciliation::{Kind, PAYMENT_DAYS, Remedy, SETTLING_SECONDS};
use holdfast_app::payments::{Dispute, Outcome, Reaction};
use holdfast_app::{Failure, PaymentError};
use holdfast_domain::{BookingId, BookingStatus, PaymentStatus, Resource};
use holdfast_testkit::{Database, nightly_resource};

use crate::bank::{Dashboard, Fault, Op, VISA};
use crate::reconciliation_world::{Desk, check, found};
use crate::world::{NIGHT, PRICE, World};

const DAY: i64 = 24 * 3600;

fn room() -> Resource {
    nightly_resource("room", 1, 600)
}

/// A booking that is confirmed and paid. Settlements run when the test runs them.
async fn booked() -> (Arc<World>, BookingId) {
    let w = World::with(&room()).await;
    w.flow.run_sagas(Arc::downgrade(&w));
    let hold = w.held(&room(), "k", NIGHT).await;
    let booking = w.ask(&hold, "pay", VISA).await.expect("an answer").booking;
    assert_eq!(booking.payment_status(), PaymentStatus::Captured);
    (w, booking.id)
}

async fn rings(w: &World, id: &BookingId, event: &str) -> Reaction {
    w.webhook.on_payment(event, &w.bank.intent_of(id), &w.by("stripe")).await.expect("a reaction")
}

/// The status of the money, and whether its refund is on its way or has failed.
async fn money(w: &World, id: &BookingId) -> (PaymentStatus, bool, bool) {
    let booking = w.booking(id).await;
    (booking.payment_status(), booking.refund_is_pending(), booking.refund_has_failed())
}

/// A cancelled booking whose refund the provider has taken and not yet made.
async fn refund_is_on_its_way() -> (Arc<World>, BookingId) {
    let (w, id) = booked().await;
    w.bank.refunds_slowly();
    w.cancel(&id, "cancel").await.expect("cancelled");
    w.settle(&id).await;
    (w, id)
}

/// A cancelled booking whose refund has come back from the guest's bank.
async fn refund_has_failed() -> (Arc<World>, BookingId) {
    let (w, id) = refund_is_on_its_way().await;
    w.bank.refund_ends(&id, false);
    assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Recorded);
    (w, id)
}

#[tokio::test]
async fn a_refund_is_pending_until_the_provider_says_that_it_has_arrived() {
    let (w, id) = refund_is_on_its_way().await;
    assert_eq!(money(&w, &id).await, (PaymentStatus::Refunded, true, false));
    assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Nothing, "still on its way");
    w.bank.refund_ends(&id, true);
    assert_eq!(rings(&w, &id, "evt_2").await, Reaction::Recorded);
    assert_eq!(rings(&w, &id, "evt_2").await, Reaction::Nothing, "a duplicate");
    assert_eq!(money(&w, &id).await, (PaymentStatus::Refunded, false, false));
    let trail = w.trail(&id).await;
    assert_eq!(trail[trail.len() - 3..], ["booking.cancelled", "payment.refund_pending", "payment.refunded"]);
    assert_eq!(w.at_rest(&id).await.refunded().amount(), PRICE);
    assert_eq!(w.bank.effects().refunded, 1);
}

#[tokio::test]
async fn a_refund_that_fails_days_later_is_said_to_have_failed_and_is_not_made_again_by_itself() {
    let (w, id) = refund_has_failed().await;
    assert_eq!(money(&w, &id).await, (PaymentStatus::Captured, false, true));
    for event in ["evt_1", "evt_2"] {
        assert_eq!(rings(&w, &id, event).await, Reaction::Nothing);
    }
    assert_eq!(w.bank.kept(&id), PRICE);
    // A person finds another way: here, the settlement once more.
    w.settle(&id).await;
    w.bank.refund_ends(&id, true);
    assert_eq!(rings(&w, &id, "evt_3").await, Reaction::Recorded);
    assert_eq!(money(&w, &id).await, (PaymentStatus::Refunded, false, false));
    assert_eq!((w.bank.kept(&id), w.bank.effects().refunded), (0, 2));
    w.at_rest(&id).await;
}

/// Nobody hears of it but by asking: however old the payment is.
#[tokio::test]
async fn a_pending_refund_is_asked_about_until_it_is_final_whatever_the_age_of_its_payment() {
    for arrives in [true, false] {
        let (w, id) = refund_is_on_its_way().await;
        let desk = Arc::new(Desk::default());
        w.flow.end(&id);
        w.pass((PAYMENT_DAYS + 30) * DAY);
        check(&w, &desk, &[]).await;
        w.bank.refund_ends(&id, arrives);
        check(&w, &desk, &[found(Kind::PaymentMismatch, &id, Remedy::Repaired)]).await;
        let status = if arrives { PaymentStatus::Refunded } else { PaymentStatus::Captured };
        assert_eq!(money(&w, &id).await, (status, false, !arrives));
        let left = [found(Kind::RefundFailed, &id, Remedy::Review)];
        check(&w, &desk, if arrives { &[] } else { &left }).await;
    }
}

#[tokio::test]
async fn a_dispute_moves_the_money_and_leaves_the_booking() {
    for (end, expected, kind) in [
        (Dispute::None, PaymentStatus::Captured, "payment.dispute_won"),
        (Dispute::Lost, PaymentStatus::ChargedBack, "payment.charged_back"),
    ] {
        let (w, id) = booked().await;
        w.bank.disputes(&id, Dispute::Open);
        assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Recorded);
        assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Nothing, "a duplicate");
        assert_eq!(money(&w, &id).await, (PaymentStatus::Disputed, false, false));
        w.bank.disputes(&id, end);
        assert_eq!(rings(&w, &id, "evt_2").await, Reaction::Recorded);
        assert_eq!(money(&w, &id).await, (expected, false, false));
        let booking = w.booking(&id).await;
        assert_eq!((booking.status, booking.was_confirmed_and_paid()), (BookingStatus::Confirmed, true));
        assert_eq!(w.taken(&room()).await.len(), 1, "the places are the guest's");
        let trail = w.trail(&id).await;
        assert_eq!(trail[trail.len() - 2..], ["payment.disputed", kind]);
        assert_eq!(w.flow.settlements(), []);
    }
}

/// What the provider refuses is no outage: the settlement ends before a person, and once the dispute is won the rest follows.
#[tokio::test]
async fn a_refund_of_what_is_disputed_is_for_a_person_and_is_made_when_the_dispute_is_won() {
    let (w, id) = booked().await;
    w.bank.disputes(&id, Dispute::Open);
    rings(&w, &id, "evt_1").await;
    w.cancel(&id, "cancel").await.expect("cancelled");
    let refused = w.saga.settle(&id, &w.by("saga")).await;
    assert!(matches!(refused, Err(Failure::Payment(PaymentError::Refused { .. }))), "parked: {refused:?}");
    assert_eq!(money(&w, &id).await, (PaymentStatus::Disputed, false, false), "put off, not failed");
    let settlements = w.flow.settlements().len();
    assert_eq!(rings(&w, &id, "evt_2").await, Reaction::Nothing, "and is not tried again and again");
    w.bank.disputes(&id, Dispute::None);
    assert_eq!(rings(&w, &id, "evt_3").await, Reaction::Settling);
    assert_eq!(w.flow.settlements().len(), settlements + 1);
    assert_eq!(w.saga.settle(&id, &w.by("saga")).await.expect("settled"), Outcome::Settled);
    assert_eq!(money(&w, &id).await, (PaymentStatus::Refunded, false, false));
    assert_eq!(w.bank.kept(&id), 0);
    w.at_rest(&id).await;
}

#[tokio::test]
async fn a_refund_that_a_dispute_overtakes_is_put_off_and_has_not_failed() {
    let (w, id) = booked().await;
    w.cancel(&id, "cancel").await.expect("cancelled");
    let (world, of) = (Arc::clone(&w), id.clone());
    w.bank.before(Op::Refund, Box::pin(async move { world.bank.disputes(&of, Dispute::Open) }));
    let refused = w.saga.settle(&id, &w.by("saga")).await;
    assert!(matches!(refused, Err(Failure::Payment(PaymentError::Refused { .. }))), "parked: {refused:?}");
    assert_eq!(money(&w, &id).await, (PaymentStatus::Disputed, false, false), "and is written down");
    assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Nothing);
    w.bank.disputes(&id, Dispute::None);
    assert_eq!(rings(&w, &id, "evt_2").await, Reaction::Settling);
    w.settle(&id).await;
    assert_eq!(w.at_rest(&id).await.payment_status(), PaymentStatus::Refunded);
}

/// The settlement is the first to hear of it: one case before a person, not one a day.
#[tokio::test]
async fn a_dispute_whose_webhook_is_lost_is_written_down_by_the_settlement_that_it_puts_off() {
    let (w, id) = booked().await;
    let desk = Arc::new(Desk::default());
    w.cancel(&id, "cancel").await.expect("cancelled");
    w.bank.disputes(&id, Dispute::Open);
    let refused = w.saga.settle(&id, &w.by("saga")).await;
    assert!(matches!(refused, Err(Failure::Payment(PaymentError::Refused { .. }))), "parked: {refused:?}");
    assert_eq!(money(&w, &id).await, (PaymentStatus::Disputed, false, false));
    w.flow.end(&id);
    w.pass(SETTLING_SECONDS);
    check(&w, &desk, &[found(Kind::DisputedPayment, &id, Remedy::Review)]).await;
}

#[tokio::test]
async fn a_dispute_lost_in_part_whose_webhook_is_lost_is_not_given_back_once_more() {
    let (w, id) = booked().await;
    w.cancel(&id, "cancel").await.expect("cancelled");
    w.bank.disputes_part(&id, Dispute::Lost, 3_000);
    assert_eq!(w.saga.settle(&id, &w.by("saga")).await.expect("settled"), Outcome::Settled);
    let booking = w.booking(&id).await;
    assert_eq!(
        (booking.refunded().amount(), booking.payments.charged_back().amount()),
        (PRICE - 3_000, 3_000)
    );
    assert!(booking.money_is_settled());
    // The bank decides the other way at last: what was promised is due again.
    w.bank.disputes(&id, Dispute::None);
    assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Settling);
    w.settle(&id).await;
    assert_eq!((w.bank.kept(&id), w.at_rest(&id).await.payment_status()), (0, PaymentStatus::Refunded));
}

/// A person has paid it by a transfer, of which nobody but them knows.
#[tokio::test]
async fn a_failed_refund_is_not_made_again_because_a_dispute_is_won() {
    let (w, id) = refund_has_failed().await;
    for (dispute, status) in
        [(Dispute::Open, PaymentStatus::Disputed), (Dispute::None, PaymentStatus::Captured)]
    {
        w.bank.disputes(&id, dispute);
        assert_eq!(rings(&w, &id, "evt_2").await, Reaction::Recorded);
        assert_eq!(money(&w, &id).await, (status, false, true));
    }
    let settlements = w.flow.settlements().len();
    assert_eq!(rings(&w, &id, "evt_3").await, Reaction::Nothing);
    assert_eq!((w.flow.settlements().len(), w.bank.effects().refunded), (settlements, 1));
}

/// The operator's note of it, as the runbook has it, ends the case and not the caution.
#[tokio::test]
async fn a_failed_refund_that_was_paid_otherwise_is_no_case_any_more() {
    let runbook = include_str!("../../../../docs/runbook.md");
    assert!(
        runbook
            .contains(r#"'{"pk":{"S":"X#paid_otherwise#<bookingId>"},"sk":{"S":"X"},"at":{"N":"<now>"}}'"#)
    );
    let (w, id) = refund_has_failed().await;
    let desk = Arc::new(Desk::default());
    w.flow.end(&id);
    w.pass(SETTLING_SECONDS);
    check(&w, &desk, &[found(Kind::RefundFailed, &id, Remedy::Review)]).await;
    note_paid_otherwise(&w, &id).await;
    w.pass(8 * DAY);
    let settlements = w.flow.settlements().len();
    check(&w, &desk, &[]).await;
    assert_eq!(w.flow.settlements().len(), settlements, "and nothing of it is paid once more");
    // A person makes the refund at the provider at last, and it fails once more: that is another case.
    w.bank.dashboard(&id, Dashboard::Refunds(PRICE));
    rings(&w, &id, "evt_2").await;
    w.settle(&id).await;
    assert_eq!(money(&w, &id).await, (PaymentStatus::Refunded, true, false));
    w.bank.refund_ends(&id, false);
    rings(&w, &id, "evt_3").await;
    w.pass(8 * DAY);
    check(&w, &desk, &[found(Kind::RefundFailed, &id, Remedy::Review)]).await;
}

/// As the runbook has it.
async fn note_paid_otherwise(w: &World, id: &BookingId) {
    let note = [
        ("pk", AttributeValue::S(format!("X#paid_otherwise#{id}"))),
        ("sk", AttributeValue::S("X".to_owned())),
        ("at", AttributeValue::N(w.now().as_millisecond().to_string())),
    ];
    let item = note.map(|(name, value)| (name.to_owned(), value)).into();
    let put = w.database.client.put_item().table_name(Database::LEDGER).set_item(Some(item));
    put.send().await.expect("a note");
}

/// Whoever starts it: a person, the guest who cancels again, the webhook of what was given back in the dashboard.
#[tokio::test]
async fn no_settlement_pays_to_the_card_what_was_paid_otherwise() {
    for in_dashboard in [0, 1_000] {
        let (w, id) = refund_has_failed().await;
        let desk = Arc::new(Desk::default());
        w.flow.end(&id);
        w.pass(SETTLING_SECONDS);
        note_paid_otherwise(&w, &id).await;
        if in_dashboard > 0 {
            w.bank.dashboard(&id, Dashboard::Refunds(in_dashboard));
            assert_eq!(rings(&w, &id, "evt_2").await, Reaction::Settling);
        }
        for _ in 0..2 {
            assert_eq!(w.saga.settle(&id, &w.by("saga")).await.expect("settled"), Outcome::Settled);
        }
        assert_eq!(w.bank.kept(&id), PRICE - in_dashboard);
        assert_eq!(w.booking(&id).await.refunded().amount(), in_dashboard);
        w.pass(SETTLING_SECONDS);
        check(&w, &desk, &[]).await;
    }
}

/// Its table was brought back to before that, and a person has cancelled it once more (`docs/runbook.md`).
#[tokio::test]
async fn a_note_of_a_refund_of_which_nothing_is_left_counts() {
    let (w, id) = booked().await;
    note_paid_otherwise(&w, &id).await;
    w.pass(1);
    w.cancel(&id, "cancel").await.expect("cancelled");
    assert_eq!(w.saga.settle(&id, &w.by("saga")).await.expect("settled"), Outcome::Settled);
    assert_eq!((w.bank.effects().refunded, w.bank.kept(&id)), (0, PRICE));
    w.flow.end(&id);
    w.pass(SETTLING_SECONDS);
    check(&w, &Arc::new(Desk::default()), &[]).await;
}

/// What is promised after it is something else.
#[tokio::test]
async fn a_note_of_before_the_cancellation_does_not_keep_its_refund_from_being_made() {
    let (w, id) = booked().await;
    w.bank.refunds_slowly();
    w.bank.dashboard(&id, Dashboard::Refunds(1_000));
    rings(&w, &id, "evt_1").await;
    w.bank.refund_ends(&id, false);
    rings(&w, &id, "evt_2").await;
    note_paid_otherwise(&w, &id).await;
    w.pass(1);
    w.cancel(&id, "cancel").await.expect("cancelled");
    w.settle(&id).await;
    w.bank.refund_ends(&id, true);
    assert_eq!((w.bank.kept(&id), w.booking(&id).await.refunded().amount()), (0, PRICE));
}

/// The provider's answer is on its way while the dispute is opened or won, and written down by the webhook of that.
#[tokio::test]
async fn an_answer_that_is_out_of_date_ends_no_dispute_and_opens_none() {
    for (first, then, expected) in [
        (Dispute::None, Dispute::Open, PaymentStatus::Disputed),
        (Dispute::Open, Dispute::None, PaymentStatus::Captured),
        (Dispute::None, Dispute::Lost, PaymentStatus::ChargedBack),
    ] {
        let (w, id) = booked().await;
        w.bank.disputes(&id, first);
        rings(&w, &id, "evt_1").await;
        let (world, of) = (Arc::clone(&w), id.clone());
        let meanwhile = async move {
            world.bank.disputes(&of, then);
            assert_eq!(rings(&world, &of, "evt_2").await, Reaction::Recorded);
        };
        w.bank.after(Op::Inquire, Box::pin(meanwhile));
        assert_eq!(rings(&w, &id, "evt_3").await, Reaction::Nothing, "{first:?}, then {then:?}");
        assert_eq!(money(&w, &id).await.0, expected, "{first:?}, then {then:?}");
    }
}

/// As bookings in some currencies of an older release are: a hundredth was taken, or the hundredfold.
#[tokio::test]
async fn a_settlement_gives_back_no_more_than_was_taken_or_promised_and_ends() {
    for (taken, given_back) in [(4_000, 4_000), (100 * PRICE, PRICE)] {
        let (w, id) = booked().await;
        w.bank.has_taken(&id, taken);
        w.cancel(&id, "cancel").await.expect("cancelled");
        assert_eq!(w.saga.settle(&id, &w.by("saga")).await.expect("settled"), Outcome::Settled, "{taken}");
        assert_eq!(money(&w, &id).await, (PaymentStatus::Refunded, false, false), "{taken}");
        assert_eq!((w.bank.kept(&id), w.bank.effects().refunded), (taken - given_back, 1));
        let booking = w.booking(&id).await;
        assert_eq!((booking.refunded(), booking.money_is_settled()), (booking.captured(), true));
        // The rest is given back at the provider: more than the booking can say, and no reason to settle it again and again.
        if taken > given_back {
            w.bank.dashboard(&id, Dashboard::Refunds(taken - given_back));
        }
        let settlements = w.flow.settlements().len();
        assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Nothing, "{taken}");
        assert_eq!(w.saga.settle(&id, &w.by("saga")).await.expect("settled"), Outcome::Settled, "{taken}");
        assert_eq!((w.flow.settlements().len(), w.booking(&id).await), (settlements, booking));
    }
}

#[tokio::test]
async fn a_refund_that_is_refused_after_a_part_was_given_back_elsewhere_is_written_down() {
    let (w, id) = booked().await;
    w.bank.dashboard(&id, Dashboard::Refunds(1_000));
    w.cancel(&id, "cancel").await.expect("cancelled");
    w.bank.fail(Op::Refund, Fault::Refused);
    let refused = w.saga.settle(&id, &w.by("saga")).await;
    assert!(matches!(refused, Err(Failure::Payment(PaymentError::Refused { .. }))), "parked: {refused:?}");
    assert_eq!(money(&w, &id).await, (PaymentStatus::PartiallyRefunded, false, true));
    assert_eq!(w.booking(&id).await.refunded().amount(), 1_000);
}

#[tokio::test]
async fn a_failed_refund_of_before_does_not_keep_a_cancellation_from_being_settled() {
    let (w, id) = booked().await;
    w.bank.refunds_slowly();
    w.bank.dashboard(&id, Dashboard::Refunds(1_000));
    rings(&w, &id, "evt_1").await;
    w.bank.refund_ends(&id, false);
    rings(&w, &id, "evt_2").await;
    assert_eq!(money(&w, &id).await, (PaymentStatus::Captured, false, true));
    let desk = Arc::new(Desk::default());
    w.flow.end(&id);
    w.pass(SETTLING_SECONDS);
    check(&w, &desk, &[]).await;
    w.cancel(&id, "cancel").await.expect("cancelled");
    assert_eq!(money(&w, &id).await, (PaymentStatus::Captured, false, false), "it is due now, by the policy");
    w.pass(SETTLING_SECONDS);
    check(&w, &desk, &[found(Kind::UnsettledBooking, &id, Remedy::Repaired)]).await;
    w.settle(&id).await;
    w.bank.refund_ends(&id, true);
    rings(&w, &id, "evt_3").await;
    assert_eq!(money(&w, &id).await, (PaymentStatus::Refunded, false, false));
    w.at_rest(&id).await;
}

#[tokio::test]
async fn what_the_bank_has_taken_back_is_not_given_back_once_more() {
    let (w, id) = booked().await;
    w.bank.disputes(&id, Dispute::Lost);
    assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Recorded);
    let cancelled = w.cancel(&id, "cancel").await.expect("cancelled");
    assert_eq!((cancelled.refund.amount(), cancelled.booking.money_is_settled()), (0, true));
    assert_eq!(w.saga.settle(&id, &w.by("saga")).await.expect("settled"), Outcome::Settled);
    assert_eq!(w.bank.effects().refunded, 0);
}

#[tokio::test]
async fn a_dispute_about_a_part_leaves_the_rest_to_the_guest() {
    let (w, id) = booked().await;
    w.bank.disputes_part(&id, Dispute::Lost, 3_000);
    assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Recorded);
    assert_eq!(rings(&w, &id, "evt_1").await, Reaction::Nothing, "a duplicate");
    assert_eq!(money(&w, &id).await.0, PaymentStatus::ChargedBack);
    let cancelled = w.cancel(&id, "cancel").await.expect("cancelled");
    assert_eq!((cancelled.refund.amount(), cancelled.booking.money_is_settled()), (PRICE - 3_000, false));
    assert_eq!(w.saga.settle(&id, &w.by("saga")).await.expect("settled"), Outcome::Settled);
    let booking = w.booking(&id).await;
    assert_eq!((booking.refunded().amount(), booking.money_is_settled()), (PRICE - 3_000, true));
    assert_eq!(rings(&w, &id, "evt_2").await, Reaction::Nothing);
    assert_eq!(w.bank.kept(&id), 3_000, "which the bank has");
}

#[tokio::test]
async fn a_dispute_is_a_review_case_and_is_found_without_a_webhook() {
    let (w, id) = booked().await;
    let desk = Arc::new(Desk::default());
    w.flow.end(&id);
    w.pass(SETTLING_SECONDS);
    check(&w, &desk, &[]).await;
    w.bank.disputes(&id, Dispute::Open);
    check(&w, &desk, &[found(Kind::PaymentMismatch, &id, Remedy::Repaired)]).await;
    assert_eq!(money(&w, &id).await.0, PaymentStatus::Disputed);
    w.pass(SETTLING_SECONDS);
    let disputed = [found(Kind::DisputedPayment, &id, Remedy::Review)];
    check(&w, &desk, &disputed).await;
    // Months later, still asked about; lost, and still a case while the stay is to come.
    w.bank.disputes(&id, Dispute::Lost);
    let lost = [disputed[0].clone(), found(Kind::PaymentMismatch, &id, Remedy::Repaired)];
    check(&w, &desk, &lost).await;
    w.pass(SETTLING_SECONDS);
    check(&w, &desk, &disputed).await;
    w.pass(20 * DAY);
    check(&w, &desk, &[]).await;
    assert_eq!(desk.cases(), [format!("disputed_payment#{id}")]);
}
