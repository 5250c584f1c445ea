//! What a cancellation would give back: at every instant, what it gives back then.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod fixture;

use holdfast_domain::bookings::{Cancellation, CancellationQuote, RefundStep, STEPS_MAX, Tier, refund_steps};
use holdfast_domain::money::Percent;
use holdfast_domain::payments::{Payment, PaymentStep};
use holdfast_domain::{
    Booking, BookingEvent, BookingPayments, BookingStatus, CancellationPolicy, Fingerprint, InventoryMove,
    Money, PaymentStatus as P,
};
use jiff::{SignedDuration, Timestamp};
use proptest::collection::{btree_map, vec};
use proptest::prelude::{Just, Strategy, prop_oneof, proptest};
use proptest::sample::select;
use proptest::{prop_assert, prop_assert_eq, prop_assert_ne};

use crate::fixture::{eur, requested};

const CASES: u32 = 200;
const HOUR: i64 = 3_600;
const START: i64 = 1_900_000_000;

/// So many seconds before the start.
fn before(seconds: i64) -> Timestamp {
    Timestamp::from_second(START - seconds).expect("an instant")
}

fn nanos(nanos: i64) -> SignedDuration {
    SignedDuration::from_nanos(nanos)
}

fn tier((hours_before, share): (u32, u8)) -> Tier {
    Tier { hours_before, refund: Percent::new(share).expect("a share") }
}

fn policy(tiers: &[(u32, u8)]) -> CancellationPolicy {
    CancellationPolicy::new(tiers.iter().copied().map(tier).collect()).expect("a policy")
}

/// A booking of such a payment, by such a policy; it ends two hours after it has started.
fn booked(status: BookingStatus, payment: Payment, policy: CancellationPolicy) -> Booking {
    let mut booking = requested(payment.amount.amount(), BookingPayments::single(payment));
    (booking.status, booking.order.policy) = (status, policy);
    (booking.order.start, booking.order.end) = (before(0), before(-2 * HOUR));
    booking
}

fn paid(amount: i64) -> Payment {
    Payment { status: P::Captured, captured: eur(amount), ..Payment::by_card("pm".to_owned(), eur(amount)) }
}

/// A quote by a provider that can pay every amount.
fn quote(booking: &Booking, now: Timestamp) -> CancellationQuote {
    booking.cancellation_quote(now, |at| booking.refund_at(at))
}

/// The booking, cancelled as the use case does it.
fn cancelled(booking: Booking, now: Timestamp) -> Booking {
    let digest = || Fingerprint::parse("f").expect("an id");
    let cancellation = Cancellation {
        reason: None,
        refund: booking.refund_at(now),
        before_capture: booking.is_before_capture(),
        by_operator: false,
        request: (digest(), digest()),
        at: now,
    };
    booking.evolve(&BookingEvent::Cancelled(cancellation))
}

/// What a schedule says of an instant.
fn said_of(steps: &[RefundStep], at: Timestamp) -> Money {
    let holds = |step: &&RefundStep| step.until.is_none_or(|until| at <= until);
    steps.iter().find(holds).expect("the last step has no end").refund
}

/// Tiers in any order of shares: an operator may give back more the later it is.
fn any_policy() -> impl Strategy<Value = CancellationPolicy> {
    let hours = prop_oneof![0u32..6, 0u32..200, Just(87_600)];
    btree_map(hours, 0u8..=100, 0..=16)
        .prop_map(|tiers| policy(&tiers.into_iter().collect::<Vec<(u32, u8)>>()))
}

/// A payment at any point of its life: some of it may be refunded, or taken back by the card's bank.
fn any_payment() -> impl Strategy<Value = Payment> {
    let status = select(vec![
        P::Pending,
        P::Authorized,
        P::Captured,
        P::Voided,
        P::PartiallyRefunded,
        P::Refunded,
        P::Failed,
        P::Disputed,
        P::ChargedBack,
    ]);
    let part = 0i64..=100;
    (status, 0i64..=1_000_000, part.clone(), part.clone(), part).prop_map(
        |(status, amount, taken, refunded, lost)| {
            // A person at the provider may have taken a part only.
            let captured = eur(amount * taken / 100);
            let share = |of: i64| eur(captured.amount() * of / 100);
            let plain = Payment { status, ..Payment::by_card("pm".to_owned(), eur(amount)) };
            match status {
                P::Pending | P::Authorized | P::Voided | P::Failed => plain,
                P::Captured => Payment { captured, ..plain },
                P::PartiallyRefunded | P::Refunded | P::Disputed => {
                    Payment { captured, refunded: share(refunded), ..plain }
                }
                P::ChargedBack => {
                    Payment { captured, refunded: share(refunded), charged_back: share(lost), ..plain }
                }
            }
        },
    )
}

fn any_status() -> impl Strategy<Value = BookingStatus> {
    select(BookingStatus::ALL.to_vec())
}

/// Around every instant at which anything may change, and anywhere else.
fn instants(policy: &CancellationPolicy, random: &[i64]) -> Vec<Timestamp> {
    let hours = policy.tiers().iter().map(|tier| i64::from(tier.hours_before) * HOUR);
    let ends = hours.chain([0, -2 * HOUR]).map(before);
    let steps = [0, 1, 1_000_000, 1_000_000_000];
    let near =
        ends.flat_map(|end| steps.into_iter().flat_map(move |step| [end - nanos(step), end + nanos(step)]));
    near.chain(random.iter().map(|seconds| before(*seconds))).collect()
}

proptest! {
    #![proptest_config(holdfast_properties::config(CASES, "tests/regressions/quote.txt"))]

    #[test]
    fn the_schedule_says_of_every_instant_what_is_given_back_then(
        policy in any_policy(),
        payment in any_payment(),
        status in any_status(),
        random in vec(-10 * HOUR..87_700 * HOUR, 8),
    ) {
        let booking = booked(status, payment, policy);
        let mut instants = instants(&booking.order.policy, &random);
        instants.sort_unstable();
        for (index, now) in instants.iter().enumerate() {
            let quote = quote(&booking, *now);
            prop_assert_eq!(quote.is_cancellable(), booking.cancellable_at(*now).is_some());
            prop_assert!(quote.steps.len() <= STEPS_MAX);
            prop_assert_eq!(quote.valid_until(), quote.steps.first().and_then(|step| step.until));
            let Some(last) = quote.steps.last() else { continue };
            prop_assert_eq!(last.until, None);
            prop_assert!(quote.valid_until().is_none_or(|until| *now <= until));
            for pair in quote.steps.windows(2) {
                prop_assert!(pair[0].until.is_some_and(|end| pair[1].until.is_none_or(|later| end < later)));
                prop_assert_ne!(pair[0].refund, pair[1].refund, "neighbours are merged");
            }
            prop_assert_eq!(quote.refund, said_of(&quote.steps, *now));
            for later in &instants[index..] {
                let given = booking.refund_if_cancelled(booking.refund_at(*later));
                prop_assert_eq!(said_of(&quote.steps, *later), given, "at {} as seen at {}", later, now);
            }
        }
    }

    #[test]
    fn what_is_quoted_is_what_the_cancellation_promises(
        policy in any_policy(),
        payment in any_payment(),
        status in any_status(),
        random in vec(-HOUR..300 * HOUR, 4),
    ) {
        let booking = booked(status, payment, policy);
        for now in instants(&booking.order.policy, &random) {
            let quote = quote(&booking, now);
            if quote.is_cancellable() {
                let after = cancelled(booking.clone(), now);
                prop_assert_eq!(Some(quote.refund), after.promised_refund());
            } else {
                prop_assert_eq!(quote.refund, booking.refund_total());
            }
            let (captured, lost) = (booking.captured().amount(), booking.payments.charged_back().amount());
            prop_assert_eq!(quote.paid.amount(), captured);
            prop_assert!(quote.refund.amount() <= captured, "{:?}", quote);
            prop_assert_eq!(quote.kept.amount(), (captured - lost - quote.refund.amount()).max(0));
        }
    }

    /// Tiers may give back more the later it is; where they do not, waiting never helps.
    #[test]
    fn a_refund_grows_with_time_only_where_a_later_tier_gives_more(
        policy in any_policy(),
        payment in any_payment(),
        hours in 0i64..300,
    ) {
        let falls = |policy: &CancellationPolicy| {
            policy.tiers().windows(2).all(|pair| pair[0].refund.value() >= pair[1].refund.value())
        };
        let mut shares: Vec<Percent> = policy.tiers().iter().map(|tier| tier.refund).collect();
        shares.sort_by_key(|share| std::cmp::Reverse(share.value()));
        let sorted = policy.tiers().iter().zip(shares).map(|(tier, refund)| Tier { refund, ..*tier });
        let falling = CancellationPolicy::new(sorted.collect()).expect("a policy");
        prop_assert!(falls(&falling));
        for policy in [policy, falling] {
            let booking = booked(BookingStatus::Confirmed, payment.clone(), policy);
            let quote = quote(&booking, before(hours * HOUR));
            let grows = quote.steps.windows(2).any(|pair| pair[0].refund.amount() < pair[1].refund.amount());
            prop_assert!(!grows || !falls(&booking.order.policy), "{:?}", quote.steps);
        }
    }

    #[test]
    fn steps_of_any_terms_are_told_apart_by_what_they_give(
        ends in vec(-50i64..50, 0..8),
        amounts in vec(0i64..3, 101),
        now in -50i64..50,
    ) {
        let at = |second: i64| Timestamp::from_second(second).expect("an instant");
        let mut sorted = ends.clone();
        sorted.sort_unstable();
        // What the stretch with that many ends before it gives.
        let given = |instant: Timestamp| {
            eur(amounts[sorted.iter().filter(|end| at(**end) < instant).count()])
        };
        let steps = refund_steps(at(now), ends.iter().copied().map(at), given);
        for second in now..=51 {
            for instant in [at(second), at(second) + nanos(1)] {
                prop_assert_eq!(said_of(&steps, instant), given(instant), "{}", instant);
            }
        }
        prop_assert!(steps.windows(2).all(|pair| pair[0].refund != pair[1].refund));
    }
}

/// Until when, in nanoseconds before the start, and how much.
fn shown(quote: &CancellationQuote) -> Vec<(Option<i128>, i64)> {
    let until = |at: Timestamp| before(0).duration_since(at).as_nanos();
    quote.steps.iter().map(|step| (step.until.map(until), step.refund.amount())).collect()
}

#[test]
fn each_tier_lasts_up_to_its_hours_and_the_last_one_up_to_the_start() {
    let hours = |hours: i64| Some(i128::from(hours * HOUR) * 1_000_000_000);
    let check = |tiers: &[(u32, u8)], seconds_before: i64, expected: &[(Option<i128>, i64)]| {
        let booking = booked(BookingStatus::Confirmed, paid(10_001), policy(tiers));
        let quote = quote(&booking, before(seconds_before));
        assert_eq!(shown(&quote), expected, "{tiers:?}, {seconds_before} s before");
        assert_eq!((quote.refund.amount(), quote.paid), (expected[0].1, eur(10_001)));
        assert_eq!(quote.kept.amount(), 10_001 - expected[0].1);
    };
    let three = [(0, 50), (48, 100), (24, 75)];
    check(&three, 72 * HOUR, &[(hours(48), 10_001), (hours(24), 7_501), (Some(1), 5_001), (None, 0)]);
    check(&three, 48 * HOUR, &[(hours(48), 10_001), (hours(24), 7_501), (Some(1), 5_001), (None, 0)]);
    check(&three, 48 * HOUR - 1, &[(hours(24), 7_501), (Some(1), 5_001), (None, 0)]);
    check(&three, 1, &[(Some(1), 5_001), (None, 0)]);
    check(&three, 0, &[(None, 0)]);
    check(&[], 72 * HOUR, &[(None, 0)]);
    check(&[(24, 100)], 72 * HOUR, &[(hours(24), 10_001), (None, 0)]);
    check(&[(24, 0), (48, 0)], 72 * HOUR, &[(None, 0)]);
    check(&[(48, 30), (24, 30), (12, 10)], 72 * HOUR, &[(hours(24), 3_000), (hours(12), 1_000), (None, 0)]);
    // Nobody keeps an operator from giving back more the later it is.
    check(&[(48, 0), (24, 50)], 72 * HOUR, &[(hours(48), 0), (hours(24), 5_001), (None, 0)]);
}

#[test]
fn what_was_refunded_before_stays_the_guests_in_every_step() {
    let status = P::PartiallyRefunded;
    let booking = booked(
        BookingStatus::Confirmed,
        Payment { status, refunded: eur(600), ..paid(1_000) },
        policy(&[(48, 100), (24, 50), (0, 10)]),
    );
    let quote = quote(&booking, before(72 * HOUR));
    assert_eq!(shown(&quote), [(Some(48 * 3_600_000_000_000), 1_000), (None, 600)]);
    assert_eq!((quote.payment_status, quote.kept), (status, eur(0)));
}

#[test]
fn a_provider_that_pays_in_steps_is_asked_of_each() {
    let booked = booked(BookingStatus::Confirmed, paid(5_130), policy(&[(48, 33), (24, 20)]));
    let in_tens = |money: Money| eur((money.amount() + 9) / 10 * 10);
    let quote = booked.cancellation_quote(before(72 * HOUR), |at| in_tens(booked.refund_at(at)));
    let amounts: Vec<i64> = quote.steps.iter().map(|step| step.refund.amount()).collect();
    assert_eq!((amounts, quote.refund, quote.kept), (vec![1_700, 1_030, 0], eur(1_700), eur(3_430)));
}

#[test]
fn a_booking_can_be_cancelled_while_it_is_pending_or_stands() {
    use BookingStatus as S;
    let check = |status: S, seconds_before: i64, expected: Option<InventoryMove>| {
        let booking = booked(status, paid(100), policy(&[(0, 50)]));
        assert_eq!(booking.cancellable_at(before(seconds_before)), expected, "{status:?}, {seconds_before}");
    };
    check(S::Pending, 1, Some(InventoryMove::Abandon));
    check(S::Pending, -3 * HOUR, Some(InventoryMove::Abandon));
    check(S::Confirmed, 1, Some(InventoryMove::Free));
    check(S::Confirmed, -2 * HOUR + 1, Some(InventoryMove::Free));
    check(S::Confirmed, -2 * HOUR, None);
    for status in [S::Cancelled, S::Completed, S::Failed] {
        check(status, 1, None);
    }
}

#[test]
fn a_booking_that_cannot_be_cancelled_says_what_comes_or_came_back() {
    let terms = || policy(&[(24, 100), (0, 50)]);
    let check = |booking: &Booking, status: BookingStatus, (paid, refund, kept): (i64, i64, i64)| {
        let quote = quote(booking, before(-3 * HOUR));
        assert_eq!((quote.status, quote.is_cancellable()), (status, false), "{booking:?}");
        assert_eq!((quote.steps.len(), quote.valid_until()), (0, None));
        assert_eq!(
            (quote.paid, quote.refund, quote.kept),
            (eur(paid), eur(refund), eur(kept)),
            "{booking:?}"
        );
    };
    let stands = || booked(BookingStatus::Confirmed, paid(1_000), terms());
    check(&stands(), BookingStatus::Completed, (1_000, 0, 1_000));
    let part = PaymentStep::Refunded { total: eur(300) };
    check(&stands().evolve(&BookingEvent::first_payment(part)), BookingStatus::Completed, (1_000, 300, 700));
    let half = cancelled(stands(), before(HOUR));
    check(&half, BookingStatus::Cancelled, (1_000, 500, 500));
    let given = BookingEvent::first_payment(PaymentStep::Refunded { total: eur(500) });
    check(&half.evolve(&given), BookingStatus::Cancelled, (1_000, 500, 500));
    // What is taken after the cancellation goes back whole, whatever it has promised.
    let open = Payment { status: P::Authorized, captured: eur(0), ..paid(1_000) };
    let early = cancelled(booked(BookingStatus::Confirmed, open, terms()), before(HOUR));
    check(&early, BookingStatus::Cancelled, (0, 0, 0));
    let late = BookingEvent::first_payment(PaymentStep::Captured { amount: eur(1_000) });
    check(&early.evolve(&late), BookingStatus::Cancelled, (1_000, 1_000, 0));
    let failed = Booking { status: BookingStatus::Failed, ..stands() };
    check(&failed, BookingStatus::Failed, (1_000, 1_000, 0));
}

#[test]
fn what_the_cards_bank_has_taken_back_is_neither_refunded_nor_kept() {
    let part = Payment { status: P::ChargedBack, charged_back: eur(400), ..paid(1_000) };
    let quote =
        quote(&booked(BookingStatus::Confirmed, part, policy(&[(24, 50), (0, 100)])), before(30 * HOUR));
    assert_eq!((quote.paid, quote.refund, quote.kept), (eur(1_000), eur(100), eur(500)));
    assert_eq!(quote.steps.iter().map(|step| step.refund.amount()).collect::<Vec<_>>(), [100, 600, 0]);
}

#[test]
fn time_has_a_beginning_and_an_end() {
    for (start, now) in [(Timestamp::MIN, Timestamp::MIN), (Timestamp::MAX, Timestamp::MAX)] {
        for tiers in [&[][..], &[(0, 50), (87_600, 100)]] {
            let mut booking = booked(BookingStatus::Confirmed, paid(100), policy(tiers));
            (booking.order.start, booking.order.end) = (start, Timestamp::MAX);
            booking.status = BookingStatus::Pending;
            let steps =
                refund_steps(now, booking.order.policy.last_instants(start), |at| booking.refund_at(at));
            assert_eq!(
                steps,
                [RefundStep { until: None, refund: eur(100) }],
                "a pending booking keeps nothing"
            );
        }
    }
}
