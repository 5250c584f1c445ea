//! Bookings whose price has several lines, and that are paid by several payments, on account, or not at all.
#![expect(clippy::expect_used, reason = "helpers of tests")]

mod fixture;

use holdfast_domain::bookings::{
    BookingRejection, Cancellation, CancellationPolicy, FailureReason, Price, PriceLine, PriceLineKind, Tier,
};
use holdfast_domain::money::{AMOUNT_MAX, Percent};
use holdfast_domain::payments::{CustomerAction, InvalidPayments, PaymentMethod, RefundProgress};
use holdfast_domain::{
    Booking, BookingEvent, BookingPayments, BookingStatus, Currency, Fingerprint, Lifecycle, Money, Payment,
    PaymentNumber, PaymentStatus, PaymentStep,
};
use jiff::{SignedDuration, Timestamp};

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
        P::Captured | P::Disputed | P::ChargedBack => (10, 0),
        P::PartiallyRefunded => (10, 4),
        P::Refunded => (10, 10),
    };
    let charged_back = eur(if status == P::ChargedBack { captured } else { 0 });
    Payment { status, captured: eur(captured), refunded: eur(refunded), charged_back, ..card(10) }
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
        (P::Captured, P::Disputed, P::Disputed),
        (P::Captured, P::ChargedBack, P::ChargedBack),
        (P::ChargedBack, P::Disputed, P::Disputed),
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
        (P::Disputed, false, true),
        (P::ChargedBack, false, true),
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

/// What a step does to a booking that is confirmed and paid: `None` if it has happened, else what the money is then.
type Late = Option<(P, i64, RefundProgress)>;

#[test]
fn what_happens_to_money_after_it_was_taken() {
    let refunded = |total| PaymentStep::Refunded { total: eur(total) };
    let pending = |total| PaymentStep::RefundPending { total: eur(total) };
    let failed = |total| PaymentStep::RefundFailed { total: eur(total) };
    let (open, won) = (PaymentStep::Disputed, PaymentStep::DisputeWon);
    let lost = PaymentStep::ChargedBack { total: eur(10) };
    let check = |steps: &[(PaymentStep, Late)]| {
        let mut booking = Booking { status: BookingStatus::Confirmed, ..booking(10, vec![at(P::Captured)]) };
        for (step, expected) in steps {
            let event = booking.decide(BookingEvent::first_payment(step.clone())).expect("a legal step");
            assert_eq!(event.is_some(), expected.is_some(), "{step:?} of {booking:?}");
            if let (Some(event), Some((status, total, refund))) = (event, expected) {
                booking = booking.evolve(&event);
                let payment = booking.only_payment().expect("one");
                let now = (payment.status, payment.refunded, payment.refund);
                assert_eq!(now, (*status, eur(*total), *refund), "{step:?}");
                assert_eq!(booking.status, BookingStatus::Confirmed, "no step of it ends the booking");
            }
        }
    };
    use RefundProgress as R;
    // On its way, arrived; said twice.
    check(&[
        (pending(4), Some((P::PartiallyRefunded, 4, R::Pending))),
        (pending(4), None),
        (refunded(4), Some((P::PartiallyRefunded, 4, R::Final))),
        (refunded(4), None),
        (pending(10), Some((P::Refunded, 10, R::Pending))),
        (failed(4), Some((P::PartiallyRefunded, 4, R::Failed))),
        (failed(4), None),
        (refunded(10), Some((P::Refunded, 10, R::Final))),
    ]);
    // Refused at once, and made in another way.
    check(&[
        (failed(0), Some((P::Captured, 0, R::Failed))),
        (refunded(0), None),
        (refunded(10), Some((P::Refunded, 10, R::Final))),
    ]);
    // A dispute is over, and the money is what it was.
    check(&[
        (refunded(4), Some((P::PartiallyRefunded, 4, R::Final))),
        (won.clone(), None),
        (open.clone(), Some((P::Disputed, 4, R::Final))),
        (open.clone(), None),
        (won.clone(), Some((P::PartiallyRefunded, 4, R::Final))),
        (open.clone(), Some((P::Disputed, 4, R::Final))),
        (lost.clone(), Some((P::ChargedBack, 4, R::Final))),
        (lost, None),
        (won.clone(), Some((P::PartiallyRefunded, 4, R::Final))),
    ]);
    // A refund that has failed may be paid in another way since: a dispute that is won does not make it due again.
    check(&[
        (failed(0), Some((P::Captured, 0, R::Failed))),
        (open, Some((P::Disputed, 0, R::Failed))),
        (won, Some((P::Captured, 0, R::Failed))),
    ]);
    // More was given back than the booking knows, and the next refund was refused.
    check(&[
        (failed(3), Some((P::PartiallyRefunded, 3, R::Failed))),
        (failed(3), None),
        (failed(5), Some((P::PartiallyRefunded, 5, R::Failed))),
    ]);
    let open = PaymentStep::Disputed;
    let paid = booking(10, vec![at(P::Captured)]);
    let beyond = paid.decide(BookingEvent::first_payment(failed(11)));
    assert_eq!(beyond, Err(BookingRejection::RefundExceedsCapture));
    for status in [P::Pending, P::Authorized, P::Voided, P::Failed] {
        for step in [pending(1), failed(0), open.clone()] {
            let refused = booking(10, vec![at(status)]).decide(BookingEvent::first_payment(step));
            assert!(matches!(refused, Err(BookingRejection::IllegalTransition { .. })), "{status:?}");
        }
    }
}

#[test]
fn what_is_taken_is_within_the_price_and_is_not_taken_again() {
    let taken = |amount| BookingEvent::first_payment(PaymentStep::Captured { amount: eur(amount) });
    for status in [P::Pending, P::Authorized] {
        for wrong in [0, 11] {
            let refused = booking(10, vec![at(status)]).decide(taken(wrong));
            assert_eq!(refused, Err(BookingRejection::WrongAmount), "{status:?} {wrong}");
        }
    }
    // Whatever the provider says of it since: that is no step of the payment.
    for status in [P::Captured, P::PartiallyRefunded, P::Refunded, P::Disputed, P::ChargedBack] {
        for amount in [1, 10, 1_000] {
            assert_eq!(booking(10, vec![at(status)]).decide(taken(amount)), Ok(None), "{status:?} {amount}");
        }
    }
}

#[test]
fn a_cancellation_makes_due_what_an_older_refund_failed_to_give_back() {
    let failed = Payment { refund: RefundProgress::Failed, ..at(P::Captured) };
    for (refund, expected) in [(10, RefundProgress::Final), (0, RefundProgress::Failed)] {
        let stands = Booking { status: BookingStatus::Confirmed, ..booking(10, vec![failed.clone()]) };
        let digest = || Fingerprint::parse("f").expect("an id");
        let cancelled = after(
            stands,
            BookingEvent::Cancelled(Cancellation {
                reason: None,
                refund: eur(refund),
                before_capture: false,
                by_operator: false,
                request: (digest(), digest()),
                at: Timestamp::UNIX_EPOCH,
            }),
        );
        let payment = cancelled.only_payment().expect("one");
        assert_eq!((cancelled.refund_due(), payment.refund), (eur(refund), expected));
    }
}

#[test]
fn what_the_bank_has_taken_back_is_not_due_to_the_guest() {
    let failed = |status| Booking { status: BookingStatus::Failed, ..booking(10, vec![at(status)]) };
    for (status, due, settled) in
        [(P::Captured, 10, false), (P::Disputed, 10, false), (P::ChargedBack, 0, true)]
    {
        let booking = failed(status);
        assert_eq!((booking.refund_due(), booking.money_is_settled()), (eur(due), settled), "{status:?}");
    }
    // A part of it: the rest is due.
    let part = Payment { charged_back: eur(3), ..at(P::ChargedBack) };
    let failed = Booking { status: BookingStatus::Failed, ..booking(10, vec![part.clone()]) };
    assert_eq!((failed.refund_due(), failed.refund_total()), (eur(7), eur(7)));
    assert!(!failed.money_is_settled());
    let settled = step(failed, 0, PaymentStep::Refunded { total: eur(7) });
    assert_eq!((settled.refund_due(), settled.money_is_settled()), (eur(0), true));
    assert_eq!(settled.payment_status(), P::ChargedBack);
    let more = step(settled, 0, PaymentStep::ChargedBack { total: eur(10) });
    let won = step(more, 0, PaymentStep::DisputeWon);
    assert_eq!((won.payments.charged_back(), won.payment_status()), (eur(0), P::PartiallyRefunded));
    let beyond = BookingEvent::first_payment(PaymentStep::ChargedBack { total: eur(11) });
    assert_eq!(won.decide(beyond), Err(BookingRejection::RefundExceedsCapture));
    let stands = booking(10, vec![at(P::ChargedBack)]);
    let stands = Booking { status: BookingStatus::Confirmed, ..stands };
    let lost = cancelled(stands);
    assert_eq!((lost.refund_due(), lost.promised_refund()), (eur(0), Some(eur(0))));
}

fn cancelled(booking: Booking) -> Booking {
    let digest = || Fingerprint::parse("f").expect("an id");
    let cancellation = Cancellation {
        reason: None,
        refund: booking.refund_at(booking.order.start - SignedDuration::from_hours(1)),
        before_capture: false,
        by_operator: false,
        request: (digest(), digest()),
        at: Timestamp::UNIX_EPOCH,
    };
    after(booking, BookingEvent::Cancelled(cancellation))
}

/// The guest has half of it in the end, by whom and in whatever order.
#[test]
fn what_the_bank_takes_back_counts_towards_the_promise_whenever_it_does() {
    let hundred = Payment { status: P::Captured, captured: eur(100), ..card(100) };
    let half = || {
        let mut stands = Booking { status: BookingStatus::Confirmed, ..booking(100, vec![hundred.clone()]) };
        stands.order.policy = CancellationPolicy::new(vec![Tier {
            hours_before: 0,
            refund: Percent::new(50).expect("a share"),
        }])
        .expect("a policy");
        stands
    };
    let lost = |total| PaymentStep::ChargedBack { total: eur(total) };
    let money = |booking: &Booking| (booking.refund_due(), booking.promised_refund());
    for (total, due) in [(40, 10), (100, 0)] {
        let before = cancelled(step(step(half(), 0, PaymentStep::Disputed), 0, lost(total)));
        let meanwhile = step(cancelled(step(half(), 0, PaymentStep::Disputed)), 0, lost(total));
        let later = step(step(cancelled(half()), 0, PaymentStep::Disputed), 0, lost(total));
        for overtaken in [before, meanwhile, later] {
            assert_eq!(money(&overtaken), (eur(due), Some(eur(due))), "{total}");
            let won = step(overtaken.clone(), 0, PaymentStep::DisputeWon);
            assert_eq!(money(&won), (eur(50), Some(eur(50))), "{total}");
            if due > 0 {
                let paid = step(overtaken, 0, PaymentStep::Refunded { total: eur(due) });
                assert_eq!(money(&paid), (eur(0), Some(eur(due))), "{total}");
                let won = step(paid, 0, PaymentStep::DisputeWon);
                assert_eq!(money(&won), (eur(50 - due), Some(eur(50))), "{total}");
            }
        }
        let paid = step(cancelled(half()), 0, PaymentStep::Refunded { total: eur(50) });
        let taken_back = step(paid, 0, lost(total));
        assert_eq!(money(&taken_back), (eur(0), Some(eur(50))), "{total}: it has left the house");
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
    let stay = |amount| PriceLine::plain(PriceLineKind::Stay, amount);
    let extra = |amount| PriceLine::plain(PriceLineKind::Extra, amount);
    let price = Price::new(vec![stay(eur(900)), extra(eur(80)), extra(eur(20))]).expect("one currency");
    let lines: Vec<_> = price.lines().iter().map(|line| (line.kind, line.amount.amount())).collect();
    assert_eq!(lines, [(PriceLineKind::Stay, 900), (PriceLineKind::Extra, 80), (PriceLineKind::Extra, 20)]);
    assert_eq!(price.total(), eur(1_000));
    assert_eq!(Price::from(eur(5)), Price::new(vec![stay(eur(5))]).expect("in range"));
    assert!(Price::new(vec![stay(eur(900)), extra(usd(80))]).is_err());
    assert!(Price::new(vec![stay(eur(AMOUNT_MAX)), extra(eur(1))]).is_err());
}
