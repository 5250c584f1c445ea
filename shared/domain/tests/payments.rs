//! Bookings whose price has several lines, and that are paid by several payments, on account, or not at all.
#![expect(clippy::expect_used, reason = "helpers of tests")]

mod fixture;

use holdfast_domain::bookings::{BookingRejection, FailureReason, Price, PriceLine, PriceLineKind};
use holdfast_domain::money::AMOUNT_MAX;
use holdfast_domain::payments::{CustomerAction, InvalidPayments, PaymentMethod};
use holdfast_domain::{
    Booking, BookingEvent, BookingPayments, BookingStatus, Currency, Lifecycle, Money, Payment,
    PaymentNumber, PaymentStatus, PaymentStep,
};
use jiff::Timestamp;

use PaymentStatus as P;
use fixture::eur;

fn currency() -> Currency {
    Currency::parse("EUR").expect("known")
}

fn usd(cents: i64) -> Money {
    Money::new(cents, Currency::parse("USD").expect("known")).expect("in range")
}

fn card(amount: i64) -> Payment {
    Payment::by_card("pm_card_visa".to_owned(), eur(amount))
}

fn on_account(amount: i64) -> Payment {
    Payment::new(PaymentMethod::OnAccount, eur(amount))
}

/// A payment of ten that has come so far.
fn at(status: P) -> Payment {
    let (captured, refunded) = match status {
        P::Pending | P::Authorized | P::Voided | P::Failed => (0, 0),
        P::Captured => (10, 0),
        P::PartiallyRefunded => (10, 4),
        P::Refunded => (10, 10),
    };
    Payment { status, captured: eur(captured), refunded: eur(refunded), ..card(10) }
}

fn payments(all: Vec<Payment>) -> BookingPayments {
    BookingPayments::new(currency(), all).expect("one currency")
}

fn booking(price: i64, all: Vec<Payment>) -> Booking {
    fixture::requested(price, payments(all))
}

fn number(index: usize) -> PaymentNumber {
    PaymentNumber::new(index).expect("a number")
}

/// The booking after an event that must change it.
fn after(booking: Booking, event: BookingEvent) -> Booking {
    let event = booking.decide(event).expect("a legal event").expect("a new event");
    booking.evolve(&event)
}

fn step(booking: Booking, index: usize, step: PaymentStep) -> Booking {
    after(booking, BookingEvent::Payment { number: number(index), step })
}

#[test]
fn payments_together_are_as_far_as_the_least_until_all_are_captured() {
    for status in P::ALL {
        assert_eq!(payments(vec![at(status)]).status(), status, "a single payment's is its own");
        assert_eq!(payments(vec![at(status), at(P::Pending)]).status(), P::Pending);
        if status != P::Pending {
            assert_eq!(payments(vec![at(P::Authorized), at(status)]).status(), P::Authorized);
        }
    }
    for (first, second, together) in [
        (P::Captured, P::Captured, P::Captured),
        (P::Captured, P::Voided, P::Captured),
        (P::Captured, P::Failed, P::Captured),
        (P::Captured, P::PartiallyRefunded, P::PartiallyRefunded),
        (P::Captured, P::Refunded, P::PartiallyRefunded),
        (P::Refunded, P::Refunded, P::Refunded),
        (P::Refunded, P::Voided, P::Refunded),
        (P::Failed, P::Voided, P::Failed),
        (P::Voided, P::Voided, P::Voided),
    ] {
        for pair in [[first, second], [second, first]] {
            assert_eq!(payments(pair.map(at).to_vec()).status(), together, "{pair:?}");
        }
    }
}

#[test]
fn a_free_booking_is_confirmed_and_completed_without_a_payment() {
    let free = booking(0, Vec::new());
    let refused = free.decide(BookingEvent::first_payment(PaymentStep::Authorized));
    assert_eq!(refused, Err(BookingRejection::NoPayment));
    assert_eq!(
        (free.intent(), free.only_payment().err()),
        (Err(BookingRejection::NoPayment), Some(BookingRejection::NoPayment))
    );
    let free = after(free, BookingEvent::Confirmed);
    assert!(free.awaits_completion() && free.money_is_settled() && free.answer_is_known());
    assert_eq!((free.captured(), free.refund_at(Timestamp::UNIX_EPOCH)), (eur(0), eur(0)));
    assert_eq!(Lifecycle::of(&free), Lifecycle::PaymentCaptured);
    let completed = after(free, BookingEvent::Completed);
    assert_eq!(completed.status, BookingStatus::Completed);
}

#[test]
fn a_deposit_by_card_and_the_rest_on_account_are_separate_payments() {
    let asked = booking(1_000, vec![card(300), on_account(700)]);
    let asked = step(asked, 0, PaymentStep::Created { intent: "pi_1".to_owned() });
    let asked = step(asked, 0, PaymentStep::Authorized);
    assert_eq!(asked.payment_status(), P::Pending, "the rest is not promised yet");
    assert!(asked.decide(BookingEvent::Confirmed).is_err());
    let asked = step(asked, 1, PaymentStep::Authorized);
    let stands = after(asked, BookingEvent::Confirmed);
    let wrong =
        BookingEvent::Payment { number: number(0), step: PaymentStep::Captured { amount: eur(1_000) } };
    assert_eq!(stands.decide(wrong), Err(BookingRejection::WrongAmount), "its own amount, not the price");
    let paid = step(stands, 0, PaymentStep::Captured { amount: eur(300) });
    assert_eq!((paid.payment_status(), paid.captured()), (P::Authorized, eur(300)));
    assert!(paid.awaits_payment() && !paid.awaits_completion());
    let paid = step(paid, 1, PaymentStep::Captured { amount: eur(700) });
    assert_eq!((paid.payment_status(), paid.captured()), (P::Captured, eur(1_000)));
    assert!(paid.awaits_completion());
    let refunded = step(paid, 1, PaymentStep::Refunded { total: eur(700) });
    assert_eq!((refunded.payment_status(), refunded.refunded()), (P::PartiallyRefunded, eur(700)));
    let too_much =
        BookingEvent::Payment { number: number(0), step: PaymentStep::Refunded { total: eur(301) } };
    assert_eq!(refunded.decide(too_much), Err(BookingRejection::RefundExceedsCapture), "of its own capture");
    let missing = BookingEvent::Payment { number: number(2), step: PaymentStep::Voided };
    assert_eq!(refunded.decide(missing), Err(BookingRejection::NoPayment));
}

#[test]
fn a_price_that_is_paid_in_part_confirms_and_completes_nothing() {
    for (second, all_secured, all_captured) in [
        (P::Pending, false, false),
        (P::Authorized, true, false),
        (P::Captured, true, true),
        (P::Voided, false, false),
        (P::Failed, false, false),
        (P::PartiallyRefunded, false, true),
        (P::Refunded, false, true),
    ] {
        let pending = booking(20, vec![at(P::Captured), at(second)]);
        assert_eq!(pending.decide(BookingEvent::Confirmed).is_ok(), all_secured, "{second:?}");
        let confirmed = Booking { status: BookingStatus::Confirmed, ..pending };
        assert_eq!(confirmed.decide(BookingEvent::Completed).is_ok(), all_captured, "{second:?}");
        assert_eq!(confirmed.awaits_completion(), all_captured, "{second:?}");
        assert_eq!(confirmed.awaits_payment(), !all_captured, "{second:?}");
        assert!(confirmed.only_payment().is_err(), "the saga is not for it");
    }
}

#[test]
fn a_payment_on_account_needs_no_provider_and_no_customer() {
    let asked = booking(700, vec![on_account(700)]);
    let action = CustomerAction {
        client_secret: "s".to_owned(),
        redirect_url: None,
        expires_at: Timestamp::UNIX_EPOCH,
    };
    let of_cards =
        [PaymentStep::Created { intent: "pi_1".to_owned() }, PaymentStep::ActionRequired { action }];
    for step in of_cards {
        let refused = asked.decide(BookingEvent::first_payment(step));
        assert!(matches!(refused, Err(BookingRejection::IllegalTransition { .. })), "{refused:?}");
    }
    assert_eq!(asked.card(), Err(BookingRejection::NoPayment));
    assert_eq!((asked.payment_intent(), asked.action()), (None, None));
}

#[test]
fn a_decline_fails_what_is_open_and_keeps_what_was_taken() {
    let taken = booking(20, vec![at(P::Captured), at(P::Authorized)]);
    let reason = FailureReason::Declined { code: "card_declined".to_owned() };
    let failed = after(taken, BookingEvent::Failed { reason });
    let statuses: Vec<P> = failed.payments.iter().map(|payment| payment.status).collect();
    assert_eq!(statuses, [P::Captured, P::Failed]);
    assert_eq!((failed.captured(), failed.refund_due()), (eur(10), eur(10)), "it has to be given back");
}

#[test]
fn payments_are_in_one_currency_and_add_up_to_an_amount() {
    let mixed = BookingPayments::new(currency(), vec![card(1), Payment::by_card("pm".to_owned(), usd(1))]);
    assert!(matches!(mixed, Err(InvalidPayments::Money(_))), "{mixed:?}");
    let much = BookingPayments::new(currency(), vec![card(AMOUNT_MAX), card(1)]);
    assert!(matches!(much, Err(InvalidPayments::Money(_))), "{much:?}");
    let many = BookingPayments::new(currency(), vec![card(0); PaymentNumber::MAX + 1]);
    assert_eq!(many, Err(InvalidPayments::TooMany));
    assert!(BookingPayments::new(currency(), vec![card(0); PaymentNumber::MAX]).is_ok());
    assert_eq!(PaymentNumber::new(PaymentNumber::MAX), None);
    assert_eq!(PaymentNumber::new(0), Some(PaymentNumber::FIRST));
}

#[test]
fn the_lines_of_a_price_add_up() {
    let extra = |amount| PriceLine { kind: PriceLineKind::Extra, amount };
    let price = Price::new(eur(900), vec![extra(eur(80)), extra(eur(20))]).expect("one currency");
    let lines: Vec<_> = price.lines().iter().map(|line| (line.kind, line.amount.amount())).collect();
    assert_eq!(lines, [(PriceLineKind::Stay, 900), (PriceLineKind::Extra, 80), (PriceLineKind::Extra, 20)]);
    assert_eq!(price.total(), eur(1_000));
    assert_eq!(Price::from(eur(5)), Price::new(eur(5), Vec::new()).expect("in range"));
    assert!(Price::new(eur(900), vec![extra(usd(80))]).is_err());
    assert!(Price::new(eur(AMOUNT_MAX), vec![extra(eur(1))]).is_err());
}
