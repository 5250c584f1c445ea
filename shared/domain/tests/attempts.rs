//! Attempts of one guest to pay: which count, for how long, and when there is room for another.

#![expect(clippy::expect_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use holdfast_domain::BookingId;
use holdfast_domain::bookings::FailureReason;
use holdfast_domain::payments::{ATTEMPTS_MAX, AttemptEnd, PaymentAttempts, UNDONE_MAX};
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
    assert_eq!(
        many.counted(first_is(AttemptEnd::Harmless), at(10)),
        Ok(many.clone()),
        "room, and all remembered"
    );
    assert_eq!(many.counted(first_is(AttemptEnd::Undone), at(10)), Ok(many.clone()));
    assert_eq!(many.counted(first_is(AttemptEnd::Running), at(10)), Err(5));
}

#[test]
fn who_cancels_three_trips_and_meets_an_outage_pays_a_fourth() {
    let ends = [AttemptEnd::Undone; 9];
    let many = attempts(9);
    let end_of = |known: &BookingId| ends[many.iter().position(|(id, _)| id == known).expect("one")];
    assert_eq!(many.counted(end_of, at(20)), Ok(many.clone()));
}

#[test]
fn after_twenty_without_a_booking_that_stands_a_guest_waits_for_the_first() {
    let undone = |_: &BookingId| AttemptEnd::Undone;
    let (nineteen, twenty) = (attempts(19), attempts(20));
    assert_eq!(nineteen.counted(undone, at(100)), Ok(nineteen.clone()));
    let a_day = u32::try_from(DAY - 100 + 1).expect("small");
    assert_eq!(twenty.counted(undone, at(100)), Err(a_day));
    let stands = |known: &BookingId| {
        if *known == booking(3) { AttemptEnd::Harmless } else { AttemptEnd::Undone }
    };
    assert!(twenty.counted(stands, at(100)).is_ok(), "one that stands is not among them");
    let last_runs = |known: &BookingId| {
        if *known == booking(19) { AttemptEnd::Running } else { AttemptEnd::Undone }
    };
    assert_eq!(twenty.counted(last_runs, at(100)), Err(81), "it may stand");
}

#[test]
fn after_five_without_a_booking_that_stands_one_runs_at_a_time() {
    let runs = |from: i64| {
        move |known: &BookingId| {
            if (from..20).any(|number| *known == booking(number)) {
                AttemptEnd::Running
            } else {
                AttemptEnd::Undone
            }
        }
    };
    let of = |undone, running| attempts(undone + running).counted(runs(undone), at(30));
    for (undone, running, may) in
        [(4, 1, true), (4, 4, true), (4, 5, false), (5, 0, true), (5, 1, false), (18, 1, false)]
    {
        assert_eq!(of(undone, running).is_ok(), may, "{running} run beside {undone}");
    }
    assert_eq!(of(5, 1), Err(5), "it has just begun");
    let many = attempts(6);
    let mixed = |known: &BookingId| match () {
        () if *known == booking(5) => AttemptEnd::Running,
        () if *known == booking(0) => AttemptEnd::Unpaid,
        () => AttemptEnd::Undone,
    };
    assert_eq!(many.counted(mixed, at(30)), Err(5), "a decline is among the five");
    assert_eq!(many.counted(mixed, at(300)), Err(295), "as long again as it runs");
}

/// What stands may be cancelled later: who pays and cancels in any order meets the bound all the same, as long as no more stand than
/// are remembered.
#[test]
fn of_what_stands_the_latest_are_remembered_while_there_is_room() {
    let many = attempts(20);
    let unpaid = |known: &BookingId| {
        if [booking(2), booking(3)].contains(known) { AttemptEnd::Unpaid } else { AttemptEnd::Harmless }
    };
    let kept = many.counted(unpaid, at(30)).expect("room");
    let without_the_first: Vec<_> = many.iter().filter(|(known, _)| **known != booking(0)).collect();
    assert_eq!(kept.iter().collect::<Vec<_>>(), without_the_first, "nineteen, and the next is the twentieth");
}

/// How many attempts of a guest have come to what: those that are remembered, and those that were forgotten as harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Tally {
    running: usize,
    unpaid: usize,
    undone: usize,
    harmless: usize,
}

impl Tally {
    fn ends(self) -> Vec<AttemptEnd> {
        // The oldest first: what stands was begun before what is undone, so that it is forgotten first.
        let of = |end, count| std::iter::repeat_n(end, count);
        of(AttemptEnd::Harmless, self.harmless)
            .chain(of(AttemptEnd::Undone, self.undone))
            .chain(of(AttemptEnd::Unpaid, self.unpaid))
            .chain(of(AttemptEnd::Running, self.running))
            .collect()
    }

    fn of(ends: &[AttemptEnd]) -> Self {
        let count = |end| ends.iter().filter(|known| **known == end).count();
        Self {
            running: count(AttemptEnd::Running),
            unpaid: count(AttemptEnd::Unpaid),
            undone: count(AttemptEnd::Undone),
            harmless: count(AttemptEnd::Harmless),
        }
    }

    /// After another attempt has begun, as the use case does it, if it may.
    fn begun(self) -> Option<Self> {
        let ends = self.ends();
        let known = attempts(i64::try_from(ends.len()).expect("small"));
        let numbers: HashMap<BookingId, usize> =
            (0..ends.len()).map(|number| (booking(i64::try_from(number).expect("small")), number)).collect();
        let kept = match known.are_few() {
            true => known,
            false => known.counted(|id| ends[numbers[id]], at(100)).ok()?,
        };
        let kept: Vec<_> = kept.iter().map(|(id, _)| ends[numbers[id]]).collect();
        let tally = Self::of(&kept);
        Some(Self { running: tally.running + 1, ..tally })
    }

    /// After one thing more has come of one attempt.
    fn after(self) -> Vec<Self> {
        let mut next = Vec::new();
        if let Some(running) = self.running.checked_sub(1) {
            next.push(Self { running, unpaid: self.unpaid + 1, ..self });
            next.push(Self { running, undone: self.undone + 1, ..self });
            next.push(Self { running, harmless: self.harmless + 1, ..self });
        }
        if let Some(harmless) = self.harmless.checked_sub(1) {
            next.push(Self { harmless, undone: self.undone + 1, ..self });
        }
        next
    }
}

/// Every order in which attempts begin, end unpaid, undone or standing, and are cancelled after they stood.
#[test]
fn in_every_order_the_bounds_hold() {
    let first = Tally { running: 0, unpaid: 0, undone: 0, harmless: 0 };
    let (mut seen, mut left) = (BTreeSet::from([first]), vec![first]);
    let (mut refused, mut begun) = (0, 0);
    while let Some(tally) = left.pop() {
        let next = tally.begun();
        match next {
            Some(after) => {
                begun += 1;
                let ended = tally.unpaid + tally.undone;
                assert!(ended < ATTEMPTS_MAX || tally.running == 0, "{tally:?}: one at a time");
                let dropped = tally.harmless - after.harmless;
                assert!(
                    dropped == 0 || after.ends().len() == UNDONE_MAX,
                    "{tally:?}: dropped for want of room"
                );
            }
            None => {
                refused += 1;
                let Tally { running, unpaid, undone, .. } = tally;
                let has_cause = running + unpaid >= ATTEMPTS_MAX
                    || running + unpaid + undone >= UNDONE_MAX
                    || running > 0 && unpaid + undone >= ATTEMPTS_MAX;
                assert!(has_cause, "{tally:?}");
            }
        }
        for after in tally.after().into_iter().chain(next) {
            assert!(after.ends().len() <= UNDONE_MAX, "{after:?}: what is remembered has a bound");
            assert!(after.running + after.unpaid <= ATTEMPTS_MAX, "{after:?}: cards that are tried");
            if seen.insert(after) {
                left.push(after);
            }
        }
    }
    println!("{} tallies, {begun} attempts, {refused} refusals", seen.len());
    let undone_most = seen.iter().map(|tally| tally.unpaid + tally.undone).max();
    let unpaid_most = seen.iter().map(|tally| tally.unpaid).max();
    assert_eq!((unpaid_most, undone_most), (Some(ATTEMPTS_MAX), Some(UNDONE_MAX)), "each bound is met");
    assert!(refused > 0);
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
