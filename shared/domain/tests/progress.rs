//! The questions about a booking's progress, over every pair of status and payment status, and the reasons of failure.
#![expect(clippy::expect_used, reason = "helpers of tests")]

mod fixture;

use holdfast_domain::bookings::{Cancellation, FailureReason};
use holdfast_domain::payments::{AttemptEnd, AwaitedAction, CardPayment, PaymentMethod};
use holdfast_domain::{
    Booking, BookingEvent, BookingPayments, BookingStatus, Fingerprint, Payment, PaymentNumber, PaymentStatus,
};
use jiff::Timestamp;

use BookingStatus as S;
use PaymentStatus as P;
use fixture::eur;

const PRICE: i64 = 1_000;

fn requested() -> Booking {
    fixture::requested(PRICE, BookingPayments::by_card("pm".to_owned(), eur(PRICE)))
}

fn at(status: S, payment_status: P) -> Booking {
    let (captured, refunded) = match payment_status {
        P::Pending | P::Authorized | P::Voided | P::Failed => (0, 0),
        P::Captured | P::Disputed | P::ChargedBack => (PRICE, 0),
        P::PartiallyRefunded => (PRICE, PRICE / 2),
        P::Refunded => (PRICE, PRICE),
    };
    let payment = Payment::by_card("pm".to_owned(), eur(PRICE));
    let payment =
        Payment { status: payment_status, captured: eur(captured), refunded: eur(refunded), ..payment };
    let charged_back = if payment_status == P::ChargedBack { payment.captured } else { eur(0) };
    let payment = Payment { charged_back, ..payment };
    Booking { status, payments: BookingPayments::single(payment), ..requested() }
}

fn cancelled(booking: Booking, before_capture: bool, refund: i64) -> Booking {
    let digest = || Fingerprint::parse("f").expect("an id");
    let cancellation = Cancellation {
        reason: None,
        refund: eur(refund),
        before_capture,
        by_operator: false,
        request: (digest(), digest()),
        at: Timestamp::UNIX_EPOCH,
    };
    Booking { cancellation: Some(cancellation), ..booking }
}

/// The pairs for which a question is answered with yes.
fn yes(question: impl Fn(&Booking) -> bool, make: impl Fn(S, P) -> Booking) -> Vec<(S, P)> {
    let pairs = S::ALL.into_iter().flat_map(|status| P::ALL.map(|payment| (status, payment)));
    pairs.filter(|(status, payment)| question(&make(*status, *payment))).collect()
}

fn pairs(statuses: &[S], payments: &[P]) -> Vec<(S, P)> {
    statuses.iter().flat_map(|status| payments.iter().map(|payment| (*status, *payment))).collect()
}

const CAPTURED: [P; 5] = [P::Captured, P::PartiallyRefunded, P::Refunded, P::Disputed, P::ChargedBack];
const NOT_CAPTURED: [P; 4] = [P::Pending, P::Authorized, P::Voided, P::Failed];

#[test]
fn a_payment_is_captured_whatever_was_given_back_since() {
    for payment in P::ALL {
        assert_eq!(payment.is_captured(), CAPTURED.contains(&payment), "{payment:?}");
    }
}

#[test]
fn places_are_held_by_what_is_confirmed_or_completed() {
    assert_eq!(yes(Booking::holds_places, at), pairs(&[S::Confirmed, S::Completed], &P::ALL));
    assert_eq!(yes(Booking::is_cancelled_or_failed, at), pairs(&[S::Cancelled, S::Failed], &P::ALL));
}

#[test]
fn a_booking_awaits_its_payment_then_its_end() {
    let unpaid = [pairs(&[S::Pending], &P::ALL), pairs(&[S::Confirmed], &NOT_CAPTURED)].concat();
    assert_eq!(yes(Booking::awaits_payment, at), unpaid);
    assert_eq!(yes(Booking::awaits_completion, at), pairs(&[S::Confirmed], &CAPTURED));
    let completes = |booking: &Booking| matches!(booking.decide(BookingEvent::Completed), Ok(Some(_)));
    assert_eq!(yes(completes, at), yes(Booking::awaits_completion, at), "the two say the same");
}

#[test]
fn money_may_be_taken_of_a_booking_that_goes_on_with_an_open_payment() {
    let open = pairs(&[S::Pending, S::Confirmed], &[P::Pending, P::Authorized]);
    assert_eq!(yes(Booking::awaits_capture, at), open);
}

#[test]
fn a_request_is_answered_once_its_booking_is_paid_has_ended_or_wants_the_customer() {
    let ended = pairs(&[S::Cancelled, S::Completed, S::Failed], &P::ALL);
    let paid = pairs(&[S::Confirmed], &CAPTURED);
    assert_eq!(yes(Booking::answer_is_known, at), [paid.clone(), ended.clone()].concat());
    let action = AwaitedAction { has_page: false, expires_at: Timestamp::UNIX_EPOCH };
    let asked = |status, payment| {
        let mut booking = at(status, payment);
        let mut payment = booking.payments.get(PaymentNumber::FIRST).expect("one").clone();
        let card = CardPayment { payment_method: "pm".to_owned(), intent: None, action: Some(action) };
        payment.method = PaymentMethod::Card(card);
        booking.payments = BookingPayments::single(payment);
        booking
    };
    assert_eq!(yes(Booking::answer_is_known, asked), [pairs(&[S::Pending], &P::ALL), paid, ended].concat());
}

#[test]
fn a_booking_was_confirmed_and_paid_even_if_it_was_cancelled_after_that() {
    let lasting = pairs(&[S::Confirmed, S::Completed], &CAPTURED);
    assert_eq!(yes(Booking::was_confirmed_and_paid, at), lasting, "without a cancellation's terms");
    let early = |status, payment| cancelled(at(status, payment), true, 0);
    assert_eq!(yes(Booking::was_confirmed_and_paid, early), lasting);
    let late = |status, payment| cancelled(at(status, payment), false, 0);
    assert_eq!(
        yes(Booking::was_confirmed_and_paid, late),
        pairs(&[S::Confirmed, S::Cancelled, S::Completed], &CAPTURED)
    );
}

#[test]
fn money_is_settled_when_nothing_is_reserved_and_nothing_is_due() {
    let never = [P::Voided, P::Refunded, P::Failed, P::ChargedBack];
    // Nothing is due of a booking that is not cancelled or failed; all that was captured is of one that is.
    let settled = |status: S| match status {
        S::Pending | S::Confirmed | S::Completed => {
            vec![
                P::Captured,
                P::Voided,
                P::PartiallyRefunded,
                P::Refunded,
                P::Failed,
                P::Disputed,
                P::ChargedBack,
            ]
        }
        S::Cancelled | S::Failed => never.to_vec(),
    };
    let expected: Vec<(S, P)> =
        S::ALL.into_iter().flat_map(|status| settled(status).into_iter().map(move |p| (status, p))).collect();
    let mut found = yes(Booking::money_is_settled, at);
    let mut expected = expected;
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    for (refund, payment, settled) in [
        (0, P::Captured, true),
        (1, P::Captured, false),
        (PRICE / 2, P::PartiallyRefunded, true),
        (PRICE / 2 + 1, P::PartiallyRefunded, false),
        (PRICE + 1, P::Refunded, true),
    ] {
        let booking = cancelled(at(S::Cancelled, payment), false, refund);
        assert_eq!(booking.money_is_settled(), settled, "{refund} promised, {payment:?}");
    }
}

#[test]
fn what_is_refunded_in_all_is_never_less_than_it_was() {
    for (booking, total) in [
        (at(S::Pending, P::PartiallyRefunded), PRICE),
        (at(S::Confirmed, P::PartiallyRefunded), PRICE / 2),
        (at(S::Completed, P::Captured), 0),
        (at(S::Failed, P::Captured), PRICE),
        (at(S::Failed, P::Voided), 0),
        (cancelled(at(S::Cancelled, P::PartiallyRefunded), false, 1), PRICE / 2),
        (cancelled(at(S::Cancelled, P::PartiallyRefunded), false, PRICE - 1), PRICE - 1),
        (cancelled(at(S::Cancelled, P::Captured), true, 0), PRICE),
    ] {
        assert_eq!(booking.refund_total(), eur(total), "{booking:?}");
        assert_eq!(
            booking.refund_due().amount(),
            match booking.status {
                S::Pending => 0,
                _ => total - booking.refunded().amount(),
            }
        );
    }
}

#[test]
fn only_a_failure_of_the_outside_may_be_tried_again() {
    let declined = FailureReason::Declined { code: "insufficient_funds".to_owned() };
    let all = FailureReason::OWN.into_iter().chain([declined]);
    for reason in all {
        let is_outage =
            matches!(reason, FailureReason::PaymentUnavailable | FailureReason::ServiceUnavailable);
        assert_eq!(reason.is_outage(), is_outage, "{reason:?}");
        let failed = |status, payment| Booking { failure: Some(reason.clone()), ..at(status, payment) };
        let expected = if is_outage { pairs(&[S::Failed], &P::ALL) } else { Vec::new() };
        assert_eq!(yes(Booking::failed_by_outage, failed), expected, "{reason:?}");
    }
    assert_eq!(yes(Booking::failed_by_outage, at), []);
}

#[test]
fn an_attempt_is_unpaid_where_its_guest_learns_of_the_card_for_nothing_and_undone_where_no_booking_stands() {
    let attempts = |end| move |booking: &Booking| booking.attempt_end() == end;
    // What is confirmed and not captured may still be cancelled before anything is taken, which is unpaid.
    let running = [pairs(&[S::Pending], &P::ALL), pairs(&[S::Confirmed], &NOT_CAPTURED)].concat();
    let standing = pairs(&[S::Confirmed], &CAPTURED);
    let completed = pairs(&[S::Completed], &P::ALL);
    let declined = FailureReason::Declined { code: "insufficient_funds".to_owned() };
    for reason in FailureReason::OWN.into_iter().chain([declined]) {
        let all = pairs(&[S::Failed], &P::ALL);
        let none = Vec::new();
        let (unpaid, undone, harmless) = match reason {
            FailureReason::Declined { .. } | FailureReason::PaymentTimedOut => (all, none.clone(), none),
            FailureReason::SoldOut | FailureReason::PaymentVoided | FailureReason::PaymentUnavailable => {
                (none.clone(), all, none)
            }
            FailureReason::HoldExpired | FailureReason::ServiceUnavailable => (none.clone(), none, all),
        };
        let failed = |status, payment| {
            let booking = cancelled(at(status, payment), false, 0);
            Booking { failure: Some(reason.clone()), ..booking }
        };
        assert_eq!(yes(attempts(AttemptEnd::Unpaid), failed), unpaid, "{reason:?}");
        let given_up = pairs(&[S::Cancelled], &P::ALL);
        assert_eq!(yes(attempts(AttemptEnd::Undone), failed), [given_up, undone].concat(), "{reason:?}");
        assert_eq!(yes(attempts(AttemptEnd::Running), failed), running, "{reason:?}");
        assert_eq!(yes(attempts(AttemptEnd::Standing), failed), standing, "{reason:?}");
        assert_eq!(
            yes(attempts(AttemptEnd::Harmless), failed),
            [completed.clone(), harmless].concat(),
            "{reason:?}"
        );
    }
    for (before_capture, by_operator, end) in [
        (true, false, AttemptEnd::Unpaid),
        (false, false, AttemptEnd::Undone),
        (true, true, AttemptEnd::Harmless),
        (false, true, AttemptEnd::Harmless),
    ] {
        let given_up = |status, payment| {
            let mut booking = cancelled(at(status, payment), before_capture, 0);
            booking.cancellation.as_mut().expect("one").by_operator = by_operator;
            booking
        };
        let case = format!("before the capture: {before_capture}, by an operator: {by_operator}");
        for payment in P::ALL {
            assert_eq!(given_up(S::Cancelled, payment).attempt_end(), end, "{case}");
        }
        assert_eq!(yes(attempts(AttemptEnd::Running), given_up), running, "{case}");
        assert_eq!(yes(attempts(AttemptEnd::Standing), given_up), standing, "{case}");
    }
    assert_eq!(yes(attempts(AttemptEnd::Unpaid), at), [], "without a reason or a cancellation");
    let early = |status, payment| cancelled(at(status, payment), at(status, payment).is_before_capture(), 0);
    for (status, payment) in pairs(&[S::Pending, S::Confirmed], &P::ALL) {
        let before = at(status, payment);
        let after = Booking { status: S::Cancelled, ..early(status, payment) };
        let was_running = before.attempt_end() == AttemptEnd::Running;
        let is_unpaid = after.attempt_end() == AttemptEnd::Unpaid;
        assert_eq!(is_unpaid, was_running, "{status:?} {payment:?}: only what ran ends unpaid");
    }
}

#[test]
fn a_reason_is_stored_as_its_text_and_read_back() {
    let texts: Vec<String> = FailureReason::OWN.iter().map(|reason| reason.as_str().to_owned()).collect();
    assert_eq!(
        texts,
        [
            "hold_expired",
            "sold_out",
            "payment_timed_out",
            "payment_voided",
            "payment_unavailable",
            "service_unavailable"
        ],
        "stored with bookings and shown to guests: these texts never change"
    );
    for reason in FailureReason::OWN {
        let text = reason.as_str();
        assert!(!reason.is_decline());
        for payment in P::ALL {
            let read = FailureReason::of_stored(text, payment);
            // A provider's code may read like ours: a failed payment is the provider's.
            let expected = match payment {
                P::Failed => FailureReason::Declined { code: text.to_owned() },
                _ => reason.clone(),
            };
            assert_eq!(read, expected, "{text} {payment:?}");
        }
    }
    for payment in P::ALL {
        let declined = FailureReason::Declined { code: "do_not_honor".to_owned() };
        assert!(declined.is_decline());
        assert_eq!(FailureReason::of_stored(declined.as_str(), payment), declined);
    }
}
