//! Attempts of one guest to pay: which count, for how long, and when there is room for another.

#![expect(clippy::expect_used, reason = "tests")]

use std::collections::BTreeMap;

use holdfast_domain::BookingId;
use holdfast_domain::bookings::FailureReason;
use holdfast_domain::payments::{ATTEMPTS_MAX, AttemptEnd, PaymentAttempts};
use jiff::Timestamp;

const DAY: i64 = 24 * 3600;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).expect("in range")
}

fn booking(number: i64) -> BookingId {
    BookingId::parse(&format!("b{number}")).expect("an id")
}

/// One attempt a second.
fn attempts(count: i64) -> PaymentAttempts {
    PaymentAttempts::new((0..count).map(|number| (booking(number), at(number))).collect::<BTreeMap<_, _>>())
}

#[test]
fn after_five_that_came_to_nothing_a_guest_waits_until_the_first_is_a_day_old() {
    let few = attempts(4);
    assert!(few.are_few());
    let many = few.with(booking(4), at(4));
    assert!(!many.are_few());
    let unpaid = |_: &BookingId| AttemptEnd::Unpaid;
    assert_eq!(many.counted(unpaid, at(10)), Err(u32::try_from(DAY - 10 + 1).expect("small")));
    assert_eq!(many.since(at(DAY - 1)), many);
    assert!(many.since(at(DAY)).are_few(), "the first counts no more");
    assert_eq!(many.since(at(DAY + 4)), PaymentAttempts::default());
}

#[test]
fn what_is_harmless_makes_room_and_what_runs_may_soon() {
    let many = attempts(i64::try_from(ATTEMPTS_MAX).expect("small"));
    let first_is = |end| move |known: &BookingId| if *known == booking(0) { end } else { AttemptEnd::Unpaid };
    let kept = many.counted(first_is(AttemptEnd::Harmless), at(10)).expect("room");
    assert_eq!(
        kept.iter().map(|(booking, _)| booking.clone()).collect::<Vec<_>>(),
        (1..5).map(booking).collect::<Vec<_>>()
    );
    assert_eq!(many.counted(first_is(AttemptEnd::Running), at(10)), Err(5));
}

#[test]
fn the_longer_an_attempt_runs_the_later_its_guest_comes_again() {
    let many = attempts(i64::try_from(ATTEMPTS_MAX).expect("small"));
    let running = |number| {
        move |known: &BookingId| {
            if *known == booking(number) { AttemptEnd::Running } else { AttemptEnd::Unpaid }
        }
    };
    for (second, wait) in
        [(0, 5), (59, 5), (60, 60), (300, 300), (3600, 3600), (20_000, 3600), (DAY - 100, 101), (DAY - 1, 2)]
    {
        assert_eq!(many.counted(running(0), at(second)), Err(wait), "after {second} s");
    }
    assert_eq!(many.counted(running(4), at(62)), Err(5), "the youngest counts: it began at 4");
    assert_eq!(many.counted(|_| AttemptEnd::Running, at(70)), Err(66));
}

#[test]
fn guests_are_answered_one_code_whatever_the_bank_said_of_a_card() {
    for code in [
        "stolen_card",
        "lost_card",
        "insufficient_funds",
        "incorrect_cvc",
        "expired_card",
        "generic_decline",
        "authentication_required",
        "authentication_failed",
        "processing_error",
        "try_again_later",
        "new",
    ] {
        let reason = FailureReason::Declined { code: code.to_owned() };
        assert_eq!((reason.as_str(), reason.shown_to_guests()), (code, "card_declined"));
    }
    for own in FailureReason::OWN {
        assert_eq!(own.shown_to_guests(), own.as_str());
    }
}
