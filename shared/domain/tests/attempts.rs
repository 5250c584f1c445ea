//! Attempts of one guest to pay: which count, for how long, and when there is room for another.

#![expect(clippy::expect_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use holdfast_domain::BookingId;
use holdfast_domain::bookings::FailureReason;
use holdfast_domain::payments::{ATTEMPTS_MAX, AttemptEnd, PaymentAttempts, REMEMBERED_MAX};
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
    let without_the_first: Vec<_> = many.iter().filter(|(known, _)| **known != booking(0)).collect();
    let kept = many.counted(first_is(AttemptEnd::Harmless), at(10)).expect("room");
    assert_eq!(kept.iter().collect::<Vec<_>>(), without_the_first, "nothing more comes of it");
    for end in [AttemptEnd::Standing, AttemptEnd::Undone] {
        assert_eq!(many.counted(first_is(end), at(10)), Ok(many.clone()), "{end:?}: remembered");
    }
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
        if *known == booking(3) { AttemptEnd::Standing } else { AttemptEnd::Undone }
    };
    assert!(twenty.counted(stands, at(100)).is_ok(), "one that stands counts as half");
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

/// Who books for many and cancels little is not refused before the forty-first of a day.
#[test]
fn what_stands_counts_as_half_and_is_not_forgotten() {
    let of = |undone: i64, standing: i64| {
        let all = attempts(undone + standing);
        let stands = |known: &BookingId| match () {
            () if (0..undone).any(|number| *known == booking(number)) => AttemptEnd::Undone,
            () => AttemptEnd::Standing,
        };
        (all.counted(stands, at(100)), all)
    };
    for (undone, standing_max) in [(0, 39), (1, 37), (5, 29), (10, 19), (15, 9), (19, 1)] {
        let (few, all) = of(undone, standing_max);
        assert_eq!(few, Ok(all), "{standing_max} stand beside {undone}: all remembered");
        let a_day = u32::try_from(DAY - 100 + 1).expect("small");
        assert_eq!(of(undone, standing_max + 1).0, Err(a_day), "one more beside {undone}");
    }
}

/// How many attempts of a guest have come to what, whether they are remembered or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Tally {
    running: usize,
    unpaid: usize,
    undone: usize,
    standing: usize,
    harmless: usize,
    /// No longer remembered, though they may still be cancelled.
    standing_forgotten: usize,
    /// No longer remembered when they ended.
    undone_forgotten: usize,
}

impl Tally {
    const NONE: Self = Self {
        running: 0,
        unpaid: 0,
        undone: 0,
        standing: 0,
        harmless: 0,
        standing_forgotten: 0,
        undone_forgotten: 0,
    };

    /// Of what is remembered.
    fn ends(self) -> Vec<AttemptEnd> {
        // The oldest first: what stands was begun before what is undone.
        let of = |end, count| std::iter::repeat_n(end, count);
        of(AttemptEnd::Harmless, self.harmless)
            .chain(of(AttemptEnd::Standing, self.standing))
            .chain(of(AttemptEnd::Undone, self.undone))
            .chain(of(AttemptEnd::Unpaid, self.unpaid))
            .chain(of(AttemptEnd::Running, self.running))
            .collect()
    }

    /// Those that have left no booking that stands.
    fn without_booking(self) -> usize {
        self.unpaid + self.undone + self.undone_forgotten
    }

    /// Those that have left no booking that stands, or still may.
    fn may_be_without_booking(self) -> usize {
        self.without_booking() + self.running + self.standing + self.standing_forgotten
    }

    /// After another attempt has begun, as the use case does it, if it may.
    fn begun(self, names: &[BookingId]) -> Option<Self> {
        let ends = self.ends();
        let numbers: HashMap<&BookingId, usize> = names.iter().take(ends.len()).zip(0..).collect();
        let known = PaymentAttempts::new(names.iter().take(ends.len()).cloned().zip((0..).map(at)).collect());
        let kept = match known.are_few() {
            true => known,
            false => known.counted(|id| ends[numbers[id]], at(100)).ok()?,
        };
        let kept: Vec<AttemptEnd> = kept.iter().map(|(id, _)| ends[numbers[id]]).collect();
        let count = |end| kept.iter().filter(|known| **known == end).count();
        let after = Self {
            running: count(AttemptEnd::Running) + 1,
            unpaid: count(AttemptEnd::Unpaid),
            undone: count(AttemptEnd::Undone),
            standing: count(AttemptEnd::Standing),
            harmless: count(AttemptEnd::Harmless),
            ..self
        };
        Some(Self {
            standing_forgotten: self.standing_forgotten + self.standing - after.standing,
            undone_forgotten: self.undone_forgotten + self.unpaid + self.undone - after.unpaid - after.undone,
            ..after
        })
    }

    /// After one thing more has come of one attempt.
    fn after(self) -> Vec<Self> {
        let mut next = Vec::new();
        if let Some(running) = self.running.checked_sub(1) {
            next.push(Self { running, unpaid: self.unpaid + 1, ..self });
            next.push(Self { running, undone: self.undone + 1, ..self });
            next.push(Self { running, standing: self.standing + 1, ..self });
            next.push(Self { running, harmless: self.harmless + 1, ..self });
        }
        if let Some(standing) = self.standing.checked_sub(1) {
            next.push(Self { standing, undone: self.undone + 1, ..self });
            // More than these make no difference to what follows.
            if self.harmless < ATTEMPTS_MAX {
                next.push(Self { standing, harmless: self.harmless + 1, ..self });
            }
        }
        if let Some(standing_forgotten) = self.standing_forgotten.checked_sub(1) {
            next.push(Self { standing_forgotten, undone_forgotten: self.undone_forgotten + 1, ..self });
        }
        next
    }
}

/// Every order in which attempts of a day begin, end unpaid, undone or standing, and are cancelled or completed after they stood,
/// remembered or not.
#[test]
fn in_every_order_the_bounds_hold() {
    let names: Vec<BookingId> = (0..100).map(booking).collect();
    let (mut seen, mut left) = (BTreeSet::from([Tally::NONE]), vec![Tally::NONE]);
    let (mut refused, mut begun) = (0, 0);
    while let Some(tally) = left.pop() {
        let next = tally.begun(&names);
        let Tally { running, unpaid, undone, standing, .. } = tally;
        match next {
            Some(_) => {
                begun += 1;
                assert!(unpaid + undone < ATTEMPTS_MAX || running == 0, "{tally:?}: one at a time");
            }
            None => {
                refused += 1;
                let has_cause = running + unpaid >= ATTEMPTS_MAX
                    || 2 * (running + unpaid + undone) + standing >= REMEMBERED_MAX
                    || running > 0 && unpaid + undone >= ATTEMPTS_MAX;
                assert!(has_cause, "{tally:?}");
            }
        }
        for after in tally.after().into_iter().chain(next) {
            assert!(after.running + after.unpaid <= ATTEMPTS_MAX, "{after:?}: cards that are tried");
            assert!(
                after.may_be_without_booking() <= REMEMBERED_MAX,
                "{after:?}: attempts without a booking"
            );
            assert!(after.ends().len() <= REMEMBERED_MAX, "{after:?}: what is remembered has a bound");
            if seen.insert(after) {
                left.push(after);
            }
        }
    }
    println!("{} tallies, {begun} attempts, {refused} refusals", seen.len());
    let most = |of: fn(&Tally) -> usize| seen.iter().map(of).max();
    assert_eq!(most(|tally| tally.unpaid), Some(ATTEMPTS_MAX), "the bound is met");
    assert_eq!(most(|tally| tally.without_booking()), Some(REMEMBERED_MAX), "the bound is met");
    assert!(refused > 0);
}

/// Who cancels each booking before the next begins has twenty, and not one more for each that was forgotten.
#[test]
fn who_cancels_each_booking_before_the_next_has_twenty() {
    let remembered_max = i64::try_from(REMEMBERED_MAX).expect("small");
    for keeps in 0..remembered_max {
        // So many stand at a time. The oldest is cancelled after each that begins.
        let (mut known, mut ends, mut cancelled) = (PaymentAttempts::default(), HashMap::new(), 0);
        for number in 0..1000 {
            let now = at(number);
            let few = known.are_few();
            let counted = if few { Ok(known.clone()) } else { known.counted(|id| ends[id], now) };
            let Ok(counted) = counted else { break };
            known = counted.with(booking(number), now);
            ends.insert(booking(number), AttemptEnd::Standing);
            if number >= keeps {
                ends.insert(booking(number - keeps), AttemptEnd::Undone);
                cancelled += 1;
            }
        }
        let most = (remembered_max - keeps + 1) / 2;
        assert_eq!(cancelled, most, "{keeps} stand at a time");
    }
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
