//! Bookings: every state that any sequence of events can reach, and every way there.
#![expect(clippy::expect_used, reason = "helpers of tests")]

mod fixture;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use holdfast_domain::bookings::{BookingRejection, Cancellation, FailureReason, Order, Tier};
use holdfast_domain::money::{Currency, Money, Percent};
use holdfast_domain::payments::CustomerAction;
use holdfast_domain::{
    Booking, BookingEvent, BookingPayments, BookingStatus, CancellationPolicy, Fingerprint, Lifecycle,
    Payment, PaymentStatus, PaymentStep,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use BookingStatus as S;
use PaymentStatus as P;
use fixture::eur;

/// Where a booking stands: with its guest, and its money.
type Place = (S, P);

const PRICE: i64 = 1_001;

/// Where a booking may go from where: the whole table. What keeps its place (a payment created, a customer's action,
/// another part refunded) is in it only where it may happen.
const LEGAL: &[(Place, &[Place])] = &[
    (
        (S::Pending, P::Pending),
        &[
            (S::Pending, P::Pending),
            (S::Pending, P::Authorized),
            (S::Pending, P::Captured),
            (S::Pending, P::Voided),
            (S::Failed, P::Pending),
            (S::Failed, P::Failed),
            (S::Cancelled, P::Pending),
        ],
    ),
    (
        (S::Pending, P::Authorized),
        &[
            (S::Pending, P::Authorized),
            (S::Pending, P::Captured),
            (S::Pending, P::Voided),
            (S::Confirmed, P::Authorized),
            (S::Failed, P::Authorized),
            (S::Failed, P::Failed),
            (S::Cancelled, P::Authorized),
        ],
    ),
    (
        (S::Pending, P::Captured),
        &[
            (S::Pending, P::Captured),
            (S::Confirmed, P::Captured),
            (S::Pending, P::PartiallyRefunded),
            (S::Pending, P::Refunded),
            (S::Failed, P::Captured),
            (S::Cancelled, P::Captured),
        ],
    ),
    (
        (S::Pending, P::PartiallyRefunded),
        &[
            (S::Pending, P::PartiallyRefunded),
            (S::Pending, P::Refunded),
            (S::Failed, P::PartiallyRefunded),
            (S::Cancelled, P::PartiallyRefunded),
        ],
    ),
    (
        (S::Pending, P::Refunded),
        &[(S::Pending, P::Refunded), (S::Failed, P::Refunded), (S::Cancelled, P::Refunded)],
    ),
    ((S::Pending, P::Voided), &[(S::Pending, P::Voided), (S::Failed, P::Voided), (S::Cancelled, P::Voided)]),
    (
        (S::Confirmed, P::Authorized),
        &[
            (S::Confirmed, P::Captured),
            (S::Failed, P::Authorized),
            (S::Failed, P::Failed),
            (S::Cancelled, P::Authorized),
        ],
    ),
    (
        (S::Confirmed, P::Captured),
        &[
            (S::Confirmed, P::PartiallyRefunded),
            (S::Confirmed, P::Refunded),
            (S::Completed, P::Captured),
            (S::Cancelled, P::Captured),
        ],
    ),
    (
        (S::Confirmed, P::PartiallyRefunded),
        &[
            (S::Confirmed, P::PartiallyRefunded),
            (S::Confirmed, P::Refunded),
            (S::Completed, P::PartiallyRefunded),
            (S::Cancelled, P::PartiallyRefunded),
        ],
    ),
    ((S::Confirmed, P::Refunded), &[(S::Completed, P::Refunded), (S::Cancelled, P::Refunded)]),
    ((S::Cancelled, P::Pending), &[(S::Cancelled, P::Captured), (S::Cancelled, P::Voided)]),
    ((S::Cancelled, P::Authorized), &[(S::Cancelled, P::Captured), (S::Cancelled, P::Voided)]),
    ((S::Cancelled, P::Captured), &[(S::Cancelled, P::PartiallyRefunded), (S::Cancelled, P::Refunded)]),
    (
        (S::Cancelled, P::PartiallyRefunded),
        &[(S::Cancelled, P::PartiallyRefunded), (S::Cancelled, P::Refunded)],
    ),
    ((S::Cancelled, P::Refunded), &[]),
    ((S::Cancelled, P::Voided), &[]),
    ((S::Failed, P::Pending), &[(S::Failed, P::Captured), (S::Failed, P::Voided)]),
    ((S::Failed, P::Authorized), &[(S::Failed, P::Captured), (S::Failed, P::Voided)]),
    ((S::Failed, P::Captured), &[(S::Failed, P::PartiallyRefunded), (S::Failed, P::Refunded)]),
    ((S::Failed, P::PartiallyRefunded), &[(S::Failed, P::PartiallyRefunded), (S::Failed, P::Refunded)]),
    ((S::Failed, P::Refunded), &[]),
    ((S::Failed, P::Voided), &[]),
    ((S::Failed, P::Failed), &[]),
    ((S::Completed, P::Captured), &[(S::Completed, P::PartiallyRefunded), (S::Completed, P::Refunded)]),
    (
        (S::Completed, P::PartiallyRefunded),
        &[(S::Completed, P::PartiallyRefunded), (S::Completed, P::Refunded)],
    ),
    ((S::Completed, P::Refunded), &[]),
];

fn digest(name: &str) -> Fingerprint {
    Fingerprint::parse(name).expect("an id")
}

fn declined(code: &str) -> FailureReason {
    FailureReason::Declined { code: code.to_owned() }
}

fn start() -> Timestamp {
    Timestamp::from_second(1_780_000_000).expect("in range")
}

fn requested() -> Booking {
    let tiers = [(24, 100), (0, 50)].map(|(hours_before, percent)| Tier {
        hours_before,
        refund: Percent::new(percent).expect("at most 100"),
    });
    let asked = fixture::requested(PRICE, BookingPayments::by_card("pm_card_visa".to_owned(), eur(PRICE)));
    let order = Order {
        start: start(),
        end: start() + SignedDuration::from_hours(20),
        policy: CancellationPolicy::new(tiers.to_vec()).expect("a valid policy"),
        ..asked.order
    };
    Booking { order, created_at: start() - SignedDuration::from_hours(100), ..asked }
        .evolve(&BookingEvent::Requested)
}

fn hours_before(hours: i64) -> Timestamp {
    start() - SignedDuration::from_hours(hours)
}

/// A cancellation as the use case makes it of the booking it read.
fn cancellation(booking: &Booking, at: Timestamp) -> BookingEvent {
    BookingEvent::Cancelled(Cancellation {
        reason: None,
        refund: booking.refund_at(at),
        before_capture: booking.captured().amount() == 0,
        by_operator: false,
        request: (digest("k"), digest("c")),
        at,
    })
}

/// Every event anybody may come up with, sensible or not.
fn events(booking: &Booking) -> Vec<BookingEvent> {
    let action = CustomerAction { client_secret: "s".to_owned(), redirect_url: None, expires_at: start() };
    let usd = Money::new(PRICE, Currency::parse("USD").expect("known")).expect("in range");
    let unearned = match cancellation(booking, hours_before(1)) {
        BookingEvent::Cancelled(terms) => {
            BookingEvent::Cancelled(Cancellation { refund: eur(PRICE + 1), ..terms })
        }
        other => other,
    };
    let mut events = vec![
        BookingEvent::Requested,
        BookingEvent::first_payment(PaymentStep::Created { intent: "pi_1".to_owned() }),
        BookingEvent::first_payment(PaymentStep::Created { intent: "pi_2".to_owned() }),
        BookingEvent::first_payment(PaymentStep::ActionRequired { action }),
        BookingEvent::first_payment(PaymentStep::Authorized),
        BookingEvent::Confirmed,
        BookingEvent::first_payment(PaymentStep::Voided),
        BookingEvent::Failed { reason: declined("card_declined") },
        BookingEvent::Failed { reason: FailureReason::SoldOut },
        cancellation(booking, hours_before(30)),
        cancellation(booking, hours_before(1)),
        cancellation(booking, start()),
        unearned,
        BookingEvent::Completed,
    ];
    let amounts = [eur(0), eur(1), eur(400), eur(501), eur(PRICE - 1), eur(PRICE), eur(PRICE + 1), usd];
    events.extend(amounts.map(|amount| BookingEvent::first_payment(PaymentStep::Captured { amount })));
    events.extend(amounts.map(|total| BookingEvent::first_payment(PaymentStep::Refunded { total })));
    events
}

fn place(booking: &Booking) -> Place {
    (booking.status, booking.payment_status())
}

fn legal(from: Place) -> Option<&'static [Place]> {
    LEGAL.iter().find(|(at, _)| *at == from).map(|(_, to)| *to)
}

/// What must hold of every booking, whatever happened to it.
fn check_booking(booking: &Booking) -> Result<(), String> {
    let at = place(booking);
    let (price, captured, refunded) = (booking.order.price.total(), booking.captured(), booking.refunded());
    let rules = [
        ("a place of the table", legal(at).is_some()),
        ("captured at most the price", captured.amount() <= price.amount()),
        ("refunded at most what was captured", refunded.amount() <= captured.amount()),
        ("one currency", captured.currency() == price.currency() && refunded.currency() == price.currency()),
        (
            "payment status as the amounts say",
            match booking.payment_status() {
                P::Pending | P::Authorized | P::Voided | P::Failed => captured.amount() == 0,
                P::Captured => captured.amount() > 0 && refunded.amount() == 0,
                P::PartiallyRefunded => refunded.amount() > 0 && refunded.amount() < captured.amount(),
                P::Refunded => refunded == captured,
                P::Disputed | P::ChargedBack => captured.amount() > 0,
            },
        ),
        ("failed for a reason", (booking.status == S::Failed) == booking.failure.is_some()),
        ("cancelled by terms", (booking.status == S::Cancelled) == booking.cancellation.is_some()),
        (
            "waits for its customer only while pending",
            booking.action().is_none() || at == (S::Pending, P::Pending),
        ),
        (
            "gives back no more than it took",
            booking.refund_due().add(refunded).is_ok_and(|m| m.amount() <= captured.amount()),
        ),
        (
            "offers to give back no more than it took, and no less than it did",
            booking.refund_at(hours_before(30)).amount() <= captured.amount()
                && booking.refund_at(start()).amount() >= refunded.amount(),
        ),
    ];
    match rules.iter().find(|(_, kept)| !kept) {
        Some((rule, _)) => Err(format!("not {rule}: {booking:?}")),
        None => Ok(()),
    }
}

fn is_over(status: S) -> bool {
    match status {
        S::Pending | S::Confirmed => false,
        S::Cancelled | S::Completed | S::Failed => true,
    }
}

/// What decides whether an event may happen to a booking.
type Decide = fn(&Booking, BookingEvent) -> Result<Option<BookingEvent>, BookingRejection>;

/// One event put to a booking: the booking after it, if it changed.
fn step(booking: &Booking, event: &BookingEvent, decide: Decide) -> Result<Option<Booking>, String> {
    let told = |what: &str| format!("{what}: {event:?} of {booking:?}");
    match decide(booking, event.clone()) {
        Err(
            BookingRejection::IllegalTransition { .. }
            | BookingRejection::RefundExceedsCapture
            | BookingRejection::WrongAmount
            | BookingRejection::NoPayment,
        )
        | Ok(None) => Ok(None),
        Ok(Some(happened)) => {
            let after = booking.clone().evolve(&happened);
            let (from, to) = (place(booking), place(&after));
            if happened != *event {
                return Err(told("decided otherwise"));
            }
            if after.version != booking.version + 1 {
                return Err(told("not counted"));
            }
            if !legal(from).is_some_and(|targets| targets.contains(&to)) {
                return Err(told(&format!("illegal way to {to:?}")));
            }
            if is_over(booking.status) && after.status != booking.status {
                return Err(told("left its end"));
            }
            if after.refunded().amount() < booking.refunded().amount()
                || after.captured().amount() < booking.captured().amount()
            {
                return Err(told("money ran backwards"));
            }
            if after.decide(event.clone()) != Ok(None) {
                return Err(told("happens twice"));
            }
            check_booking(&after).map_err(|broken| told(&broken))?;
            Ok(Some(after))
        }
    }
}

/// Every booking that can come to be, by any sequence of events, and the ways taken.
fn reachable() -> (Vec<Booking>, BTreeSet<(Place, Place)>) {
    let identity = |booking: &Booking| format!("{:?}", Booking { version: 0, ..booking.clone() });
    let mut seen = BTreeMap::from([(identity(&requested()), requested())]);
    let mut ways = BTreeSet::new();
    let mut queue = VecDeque::from([requested()]);
    while let Some(booking) = queue.pop_front() {
        for event in events(&booking) {
            if let Some(after) = step(&booking, &event, Booking::decide).expect("a legal step") {
                ways.insert((place(&booking), place(&after)));
                if seen.insert(identity(&after), after.clone()).is_none() {
                    queue.push_back(after);
                }
            }
        }
        assert!(seen.len() < 100_000, "the states must stay countable");
    }
    (seen.into_values().collect(), ways)
}

#[test]
fn no_sequence_of_events_leaves_the_table_and_every_way_in_it_is_taken() {
    let (bookings, ways) = reachable();
    assert!(bookings.len() > 100, "{}", bookings.len());
    let table: BTreeSet<_> =
        LEGAL.iter().flat_map(|(from, targets)| targets.iter().map(|to| (*from, *to))).collect();
    let unused: Vec<_> = table.difference(&ways).collect();
    assert!(unused.is_empty(), "in the table, but never taken: {unused:?}");
    assert!(ways.is_subset(&table));
    let ends: BTreeSet<Place> = ways.iter().map(|(_, to)| *to).filter(|(s, _)| *s == S::Confirmed).collect();
    assert!(
        ends.iter()
            .all(|(_, payment)| *payment != P::Pending && *payment != P::Voided && *payment != P::Failed)
    );
}

#[test]
fn what_failed_or_was_cancelled_is_never_confirmed() {
    let (bookings, ways) = reachable();
    assert!(ways.iter().all(|((from, _), (to, _))| !is_over(*from) || from == to));
    for booking in bookings.iter().filter(|booking| is_over(booking.status)) {
        let refused = booking.decide(BookingEvent::Confirmed);
        assert!(matches!(refused, Err(BookingRejection::IllegalTransition { .. })), "{booking:?}");
    }
}

#[test]
fn what_is_due_can_be_refunded_and_then_nothing_is_due() {
    let (bookings, _) = reachable();
    for booking in bookings.iter().filter(|booking| booking.refund_due().amount() > 0) {
        let total = booking.refunded().add(booking.refund_due()).expect("in range");
        let after =
            step(booking, &BookingEvent::first_payment(PaymentStep::Refunded { total }), Booking::decide)
                .expect("legal")
                .expect("it happens");
        assert_eq!(after.refund_due().amount(), 0, "{after:?}");
        assert!(booking.status == S::Cancelled || booking.status == S::Failed, "it stands: {booking:?}");
    }
}

#[test]
fn what_failed_gives_all_back_and_what_was_cancelled_by_its_terms() {
    let happen = |events: &[BookingEvent]| {
        events.iter().fold(requested(), |booking, event| {
            step(&booking, event, Booking::decide)
                .expect("legal")
                .unwrap_or_else(|| panic!("{event:?} does not happen to {booking:?}"))
        })
    };
    let captured = || {
        let amount = eur(PRICE);
        vec![
            BookingEvent::first_payment(PaymentStep::Authorized),
            BookingEvent::Confirmed,
            BookingEvent::first_payment(PaymentStep::Captured { amount }),
        ]
    };
    let cancel = |mut events: Vec<BookingEvent>, at| {
        events.push(cancellation(&happen(&events), at));
        let booking = happen(&events);
        let answer = booking.cancellation.as_ref().map(|terms| terms.refund.amount());
        (answer.unwrap_or_default(), booking.refund_due().amount())
    };
    assert_eq!(cancel(captured(), hours_before(24)), (PRICE, PRICE));
    assert_eq!(cancel(captured(), hours_before(1)), (501, 501), "half, rounded up");
    assert_eq!(cancel(captured(), start()), (0, 0));
    // A part went back in the provider's dashboard before: it counts towards the whole, once.
    let mut dashboard = captured();
    dashboard.push(BookingEvent::first_payment(PaymentStep::Refunded { total: eur(400) }));
    assert_eq!(cancel(dashboard.clone(), hours_before(24)), (PRICE, PRICE - 400));
    assert_eq!(cancel(dashboard.clone(), hours_before(1)), (501, 101));
    assert_eq!(cancel(dashboard, start()), (400, 0));
    // Cancelled while the capture was on its way: all of it.
    let mut overtaken = vec![BookingEvent::first_payment(PaymentStep::Authorized), BookingEvent::Confirmed];
    overtaken.push(cancellation(&happen(&overtaken), hours_before(1)));
    overtaken.push(BookingEvent::first_payment(PaymentStep::Captured { amount: eur(PRICE) }));
    assert_eq!(happen(&overtaken).refund_due(), eur(PRICE));
    // Captured, sold out, failed as declined: what was taken is still known.
    let sold_out = [
        BookingEvent::first_payment(PaymentStep::Captured { amount: eur(PRICE) }),
        BookingEvent::Failed { reason: declined("do_not_honor") },
    ];
    assert_eq!(happen(&sold_out).refund_due(), eur(PRICE));
}

#[test]
fn amounts_beyond_the_price_are_refused_and_less_is_what_was_taken() {
    let booking = requested();
    let usd = Money::new(PRICE, Currency::parse("USD").expect("known")).expect("in range");
    for amount in [eur(0), eur(PRICE + 1), usd] {
        let refused = booking.decide(BookingEvent::first_payment(PaymentStep::Captured { amount }));
        assert_eq!(refused, Err(BookingRejection::WrongAmount), "{amount:?}");
    }
    let part = BookingEvent::first_payment(PaymentStep::Captured { amount: eur(PRICE - 1) });
    assert_eq!(booking.decide(part.clone()), Ok(Some(part.clone())));
    let part = booking.clone().evolve(&part);
    assert_eq!((part.captured(), part.payment_status()), (eur(PRICE - 1), P::Captured));
    let all = BookingEvent::first_payment(PaymentStep::Refunded { total: eur(PRICE) });
    assert_eq!(part.decide(all), Err(BookingRejection::RefundExceedsCapture), "of the part");
    let captured = booking.evolve(&BookingEvent::first_payment(PaymentStep::Captured { amount: eur(PRICE) }));
    for total in [eur(PRICE + 1), usd] {
        let refused = captured.decide(BookingEvent::first_payment(PaymentStep::Refunded { total }));
        assert_eq!(refused, Err(BookingRejection::RefundExceedsCapture), "{total:?}");
    }
}

#[test]
fn a_cancellation_gives_back_no_more_than_was_taken_whatever_it_promises() {
    let captured =
        requested().evolve(&BookingEvent::first_payment(PaymentStep::Captured { amount: eur(PRICE) }));
    let BookingEvent::Cancelled(terms) = cancellation(&captured, hours_before(30)) else { return };
    let promise = BookingEvent::Cancelled(Cancellation { refund: eur(PRICE + 1), ..terms });
    assert_eq!(captured.evolve(&promise).refund_due(), eur(PRICE));
    assert_eq!(requested().evolve(&promise).refund_due(), eur(0));
}

#[test]
fn a_payment_has_one_name_for_good() {
    let created =
        |intent: &str| BookingEvent::first_payment(PaymentStep::Created { intent: intent.to_owned() });
    let booking = requested().evolve(&created("pi_1"));
    assert_eq!(booking.decide(created("pi_1")), Ok(None));
    let refused = Err(BookingRejection::IllegalTransition {
        status: S::Pending,
        payment: P::Pending,
        event: "payment.created",
    });
    assert_eq!(booking.decide(created("pi_2")), refused);
}

#[test]
fn a_confirmed_booking_is_completed_from_its_end_on() {
    let second = SignedDuration::from_secs(1);
    for booking in reachable().0 {
        let end = booking.order.end;
        let ended = if booking.status == S::Confirmed { S::Completed } else { booking.status };
        assert_eq!(booking.status_at(end - second), booking.status, "{booking:?}");
        assert_eq!(booking.status_at(end), ended, "{booking:?}");
        assert_eq!(booking.status_at(end + second), ended, "{booking:?}");
        let completes = matches!(booking.decide(BookingEvent::Completed), Ok(Some(_)));
        assert_eq!(booking.awaits_completion(), completes, "{booking:?}");
    }
}

#[test]
fn events_have_the_names_of_the_bus() {
    let named: BTreeSet<_> = events(&requested()).iter().map(BookingEvent::kind).collect();
    let names = "booking.requested payment.created payment.action_required payment.authorized booking.confirmed \
        payment.captured payment.voided payment.refunded booking.failed booking.cancelled booking.completed";
    assert_eq!(named, names.split_whitespace().collect());
}

#[test]
fn an_event_that_arrives_after_its_successor_has_no_second_effect() {
    for captured in [requested(), requested().evolve(&BookingEvent::first_payment(PaymentStep::Authorized))] {
        let captured =
            captured.evolve(&BookingEvent::first_payment(PaymentStep::Captured { amount: eur(PRICE) }));
        assert_eq!(captured.decide(BookingEvent::first_payment(PaymentStep::Authorized)), Ok(None));
    }
}

#[test]
fn control_an_event_applied_without_decide_is_noticed() {
    let failed = requested().evolve(&BookingEvent::Failed { reason: declined("late") });
    let captured =
        requested().evolve(&BookingEvent::first_payment(PaymentStep::Captured { amount: eur(PRICE) }));
    for broken in [
        failed.clone().evolve(&BookingEvent::Confirmed),
        failed.evolve(&BookingEvent::first_payment(PaymentStep::Refunded { total: eur(1) })),
        requested().evolve(&BookingEvent::Confirmed),
        requested().evolve(&BookingEvent::Completed),
        captured
            .clone()
            .evolve(&BookingEvent::first_payment(PaymentStep::Refunded { total: eur(PRICE + 1) })),
        captured.evolve(&BookingEvent::first_payment(PaymentStep::Voided)),
        requested().evolve(&BookingEvent::first_payment(PaymentStep::Captured { amount: eur(PRICE + 1) })),
    ] {
        assert!(check_booking(&broken).is_err(), "{broken:?}");
    }
}

#[test]
fn every_pair_of_states_has_a_name() {
    let name = |booking_status, status| {
        let payment = Payment { status, ..Payment::by_card("pm_card_visa".to_owned(), eur(PRICE)) };
        let payments = BookingPayments::single(payment);
        Lifecycle::of(&Booking { status: booking_status, payments, ..requested() }).as_str()
    };
    let mut names = BTreeSet::new();
    for status in S::ALL {
        for payment in P::ALL {
            names.insert(name(status, payment));
        }
        assert_eq!(S::parse(status.as_str()), Some(status));
    }
    let of_bookings = "HOLD_ACTIVE HOLD_EXPIRED PAYMENT_AUTHORIZED BOOKING_CONFIRMED PAYMENT_CAPTURED \
        BOOKING_CANCELLED BOOKING_COMPLETED REFUNDED";
    assert_eq!(names, of_bookings.split_whitespace().collect());
    let of_none: Vec<Lifecycle> =
        Lifecycle::ALL.into_iter().filter(|state| !names.contains(state.as_str())).collect();
    assert_eq!(of_none, [Lifecycle::HoldCreated], "no booking is in it");
    assert!(P::ALL.iter().all(|payment| P::parse(payment.as_str()) == Some(*payment)));
    for (place, expected) in [
        ((S::Pending, P::Pending), "HOLD_ACTIVE"),
        ((S::Pending, P::Authorized), "PAYMENT_AUTHORIZED"),
        ((S::Confirmed, P::Authorized), "BOOKING_CONFIRMED"),
        ((S::Confirmed, P::Captured), "PAYMENT_CAPTURED"),
        ((S::Confirmed, P::PartiallyRefunded), "REFUNDED"),
        ((S::Cancelled, P::Voided), "BOOKING_CANCELLED"),
        ((S::Cancelled, P::Refunded), "REFUNDED"),
        ((S::Completed, P::Captured), "BOOKING_COMPLETED"),
        ((S::Failed, P::Failed), "HOLD_EXPIRED"),
    ] {
        assert_eq!(name(place.0, place.1), expected, "{place:?}");
    }
}

/// Enough for the control below to be found in every run.
const CASES: u32 = 4000;

fn picks() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    proptest::collection::vec(any::<prop::sample::Index>(), 1..60)
}

/// Events in this order: each is counted and happens once, and together they make the booking.
fn play(picks: &[prop::sample::Index], decide: Decide) -> Result<(), String> {
    let mut booking = requested();
    let mut happened: Vec<BookingEvent> = Vec::new();
    for pick in picks {
        let event = pick.get(&events(&booking)).clone();
        if let Some(after) = step(&booking, &event, decide)? {
            booking = after;
            happened.push(event);
        }
        if booking.version != 1 + happened.len() as u64 {
            return Err(format!("version {} after {} events", booking.version, happened.len()));
        }
        for past in &happened {
            if matches!(decide(&booking, past.clone()), Ok(Some(_))) {
                return Err(format!("{past:?} happens twice to {booking:?}"));
            }
        }
    }
    let replayed = happened.iter().fold(requested(), Booking::evolve);
    if replayed == booking { Ok(()) } else { Err(format!("the events make {replayed:?}, not {booking:?}")) }
}

proptest! {
    #![proptest_config(holdfast_properties::config(CASES, "tests/regressions/booking.txt"))]

    #[test]
    fn events_in_any_order_are_counted_and_happen_once(picks in picks()) {
        holdfast_properties::outcome(play(&picks, Booking::decide))?;
    }
}

/// A booking that was confirmed is confirmed once more: after its capture and a refund of a part.
fn confirms_again(booking: &Booking, event: BookingEvent) -> Result<Option<BookingEvent>, BookingRejection> {
    match (booking.status, booking.payment_status(), &event) {
        (S::Confirmed, P::PartiallyRefunded, BookingEvent::Confirmed) => Ok(Some(event)),
        _ => booking.decide(event),
    }
}

#[test]
fn control_a_rule_that_breaks_at_the_fourth_step_is_found() {
    let test = |picks: Vec<prop::sample::Index>| holdfast_properties::outcome(play(&picks, confirms_again));
    holdfast_properties::assert_found(CASES, picks(), test);
}
