//! Events on the bus and messages in queues, made of ledger facts.

use holdfast_app::Mutation;
use holdfast_app::bookings::BookingCommit;
use holdfast_app::operations::reconciliation::{Finding, Kind, Remedy, Report};
use holdfast_domain::bookings::{Cancellation, FailureReason};
use holdfast_domain::holds::Hold;
use holdfast_domain::payments::CustomerAction;
use holdfast_domain::{
    Booking, BookingEvent, BookingPayments, InventoryMove, Money, Page, PageChange, PageCommand, PageKey,
    PaymentStep,
};
use holdfast_testkit::{at, hold_for, nightly_resource};
use holdfast_workflow::Envelope;
use holdfast_workflow::events::{EventType, of_audit, of_drift, of_page, of_resource};
use holdfast_workflow::tasks::Task;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::golden::check;

pub(crate) const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
pub(crate) const NOW: &str = "2026-05-01T09:00:00Z";

pub(crate) fn hold() -> Hold {
    let resource = nightly_resource("hotel-nyc-deluxe", 3, 600);
    hold_for(&resource, "guest-1", "sample", ("2026-06-01", "2026-06-03"), 1, at(NOW))
}

pub(crate) fn mutation() -> Mutation {
    Mutation { now: at(NOW), actor: "guest-1".to_owned(), trace: Some(TRACE.to_owned()) }
}

pub(crate) fn booking() -> Booking {
    let hold = hold();
    let payments = BookingPayments::by_card("pm_card_visa".to_owned(), hold.order.price.total());
    let requested = Booking::requested(
        holdfast_app::kernel::booking_id(&hold.order.guest, "sample"),
        "HF-SAMPLE2345".to_owned(),
        hold.id,
        hold.order,
        payments,
        hold.fingerprint,
        at(NOW),
    );
    Booking { email: Some("guest-1@example.com".to_owned()), ..requested }
}

/// A page through the commands, each at so many seconds after [`NOW`]; gives what the last one did.
fn page_after(commands: &[(i64, PageCommand)]) -> (Page, Vec<PageChange>, Timestamp) {
    let mut page = fresh_page();
    let mut last = (Vec::new(), at(NOW));
    for (seconds, command) in commands {
        let now = at(NOW).checked_add(SignedDuration::from_secs(*seconds)).expect("in range");
        let changes = page.decide(command, now).unwrap_or_else(|error| panic!("{command:?}: {error}"));
        page = page.apply(&changes);
        last = (changes, now);
    }
    (page, last.0, last.1)
}

fn fresh_page() -> Page {
    let room = nightly_resource("hotel-nyc-deluxe", 3, 600);
    room.fresh_page(&PageKey::first(room.id.clone(), "2026-06"))
}

#[test]
fn the_events_of_a_page_that_was_made_anew_come_after_those_of_the_page_before() {
    let mut page = fresh_page();
    let told = |page: &Page| {
        let events = of_page(page, &[], at(NOW), None);
        let [event] = &events[..] else { panic!("one event, not {events:?}") };
        assert_eq!(event.data["seq"], event.sequence);
        (event.sequence, event.id.clone())
    };
    page.seq = u64::from(u32::MAX);
    let (last, last_id) = told(&page);
    assert_eq!(last, page.seq, "of the first schedule: the writes as they are counted");
    (page.schedule_revision, page.seq) = (2, 0);
    let (first, first_id) = told(&page);
    assert_eq!(first, last + 1);
    assert_ne!(first_id, last_id);
    (page.schedule_revision, page.seq) = (1, 0);
    assert_ne!(told(&page).1, first_id, "no receiver takes it for a repetition");
}

fn page_events() -> Vec<Envelope> {
    let (hold, booking) = (hold(), booking());
    let id = || hold.id.clone();
    let place =
        (0, PageCommand::Place { hold: id(), entry: hold.entry(&hold.order.placements[0]), limits: None });
    let by = SignedDuration::from_secs(600);
    let deadline = at("2026-05-01T09:16:00Z");
    let claim = (60, PageCommand::Claim { hold: id(), booking: booking.id.clone(), deadline });
    let confirm = PageCommand::Confirm {
        hold: id(),
        booking: booking.id.clone(),
        places: hold.order.placements[0].places.clone(),
    };
    let told = |commands: &[(i64, PageCommand)]| {
        let (page, changes, at) = page_after(commands);
        of_page(&page, &changes, at, Some(TRACE))
    };
    let mut events = told(std::slice::from_ref(&place));
    for (seconds, command) in [
        (30, PageCommand::Extend { hold: id(), request: hold.fingerprint.clone(), by }),
        (30, PageCommand::Release { hold: id() }),
        (601, PageCommand::Expire { hold: id() }),
        claim.clone(),
    ] {
        events.extend(told(&[place.clone(), (seconds, command)]).into_iter().take(1));
    }
    for command in [PageCommand::Unclaim { hold: id(), booking: booking.id.clone() }, confirm] {
        events.extend(told(&[place.clone(), claim.clone(), (90, command)]).into_iter().take(1));
    }
    events
}

fn booking_events() -> Vec<Envelope> {
    let cancellation = |refund: Money| Cancellation {
        reason: Some("a change of plans".to_owned()),
        refund,
        before_capture: false,
        request: (hold().fingerprint, hold().fingerprint),
        at: at(NOW),
    };
    let price = booking().order.price.total();
    let action = CustomerAction {
        client_secret: "never told".to_owned(),
        redirect_url: None,
        expires_at: at("2026-05-01T09:20:00Z"),
    };
    let common = [
        BookingEvent::Requested,
        BookingEvent::first_payment(PaymentStep::Created { intent: "pi_sample".to_owned() }),
        BookingEvent::first_payment(PaymentStep::ActionRequired { action }),
        BookingEvent::first_payment(PaymentStep::Authorized),
    ];
    let stands =
        [BookingEvent::Confirmed, BookingEvent::first_payment(PaymentStep::Captured { amount: price })];
    let given_up = [
        BookingEvent::Cancelled(cancellation(price)),
        BookingEvent::first_payment(PaymentStep::Refunded { total: price }),
    ];
    let declined =
        BookingEvent::Failed { reason: FailureReason::Declined { code: "insufficient_funds".to_owned() } };
    let lives: [Vec<BookingEvent>; 4] = [
        [common.to_vec(), stands.to_vec(), given_up.to_vec()].concat(),
        [common.to_vec(), stands.to_vec(), vec![BookingEvent::Completed]].concat(),
        [common.to_vec(), vec![BookingEvent::first_payment(PaymentStep::Voided)]].concat(),
        vec![BookingEvent::Requested, declined],
    ];
    let mut events = Vec::new();
    for life in lives {
        let mut booking = booking();
        for event in life {
            let commit = BookingCommit::new(&booking, event, InventoryMove::Keep, &mutation());
            booking = commit.booking;
            let told = of_audit(&commit.audit).unwrap_or_else(|| panic!("{} is not told", commit.audit.kind));
            if events.iter().all(|known: &Envelope| known.kind != told.kind) {
                events.push(told);
            }
        }
    }
    events
}

/// What a run of the reconciliation found.
fn report(findings: Vec<Finding>) -> Report {
    Report {
        at: at(NOW),
        dry_run: false,
        pages: 12,
        bookings: 9,
        payments: 9,
        changing: 0,
        findings,
        parked: 0,
        more: false,
    }
}

fn drift() -> Envelope {
    let finding = |kind: Kind, subject: &str, remedy: Remedy| Finding {
        kind,
        subject: subject.to_owned(),
        booking: None,
        detail: "never told".to_owned(),
        remedy,
    };
    let report = report(vec![
        finding(Kind::ConfirmedMismatch, "hotel-nyc-deluxe/2026-06", Remedy::Review),
        finding(Kind::ExpiredHold, hold().id.as_str(), Remedy::Repaired),
    ]);
    of_drift(&report).expect("a drift")
}

#[test]
fn a_run_that_finds_nothing_tells_nothing() {
    assert_eq!(of_drift(&report(Vec::new())), None);
}

/// One event of every type.
pub(crate) fn events() -> Vec<Envelope> {
    let resource = nightly_resource("hotel-nyc-deluxe", 3, 600);
    let mut events = page_events();
    events.push(of_resource(&resource, None, at(NOW)));
    events.extend(booking_events());
    events.push(drift());
    events
}

/// An event as EventBridge puts it into a queue.
pub(crate) fn on_bus(event: &Envelope) -> Value {
    json!({
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": event.kind,
        "source": "holdfast",
        "account": "000000000000",
        "time": event.time,
        "region": "us-east-1",
        "resources": [],
        "detail": event,
    })
}

fn in_queue(queue: &str, body: &Value) -> Value {
    json!({ "Records": [{
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "sample",
        "body": body.to_string(),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:us-east-1:000000000000:{queue}"),
        "awsRegion": "us-east-1",
    }]})
}

#[test]
fn there_is_a_sample_of_every_event_type() {
    let events = events();
    for kind in EventType::ALL {
        let event = events.iter().find(|event| event.kind == kind.as_str());
        let event = event.unwrap_or_else(|| panic!("no {}", kind.as_str()));
        check("events", kind.as_str(), &on_bus(event));
    }
    let text = serde_json::to_string(&events).expect("JSON");
    assert!(!text.contains("never told"), "no client secret leaves the house");
}

#[test]
fn an_id_says_which_fact_it_is() {
    let ids: Vec<String> = events().into_iter().map(|event| format!("{} {}", event.kind, event.id)).collect();
    let again: Vec<String> =
        events().into_iter().map(|event| format!("{} {}", event.kind, event.id)).collect();
    assert_eq!(ids, again);
    assert!(ids.contains(&"hold.placed hotel-nyc-deluxe/2026-06/1/0".to_owned()), "{ids:?}");
    assert!(ids.contains(&"inventory.changed hotel-nyc-deluxe/2026-06/1/inventory".to_owned()));
}

#[test]
fn there_is_a_sample_of_every_message() {
    let events = events();
    let of = |kind: &str| on_bus(events.iter().find(|event| event.kind == kind).expect("an event"));
    for (queue, kind) in [
        ("timer", "hold.placed"),
        ("timer", "hold.extended"),
        ("timer", "hold.unclaimed"),
        ("timer", "hold.released"),
        ("timer", "booking.requested"),
        ("timer", "booking.cancelled"),
        ("notify", "booking.confirmed"),
        ("notify", "booking.cancelled"),
        ("partner", "inventory.changed"),
    ] {
        check("sqs", &format!("{queue}-{kind}"), &in_queue(queue, &of(kind)));
    }
    let timer = json!({
        "source": "holdfast.timer",
        "version": 1,
        "holdId": hold().id.as_str(),
        "at": "2026-05-01T09:10:00Z",
    });
    check("sqs", "timer-rearmed", &in_queue("timer", &timer));
}

#[test]
fn there_is_a_sample_of_every_task() {
    for name in Task::NAMES {
        let mut payload = json!({ "task": name, "bookingId": booking().id.as_str(), "traceparent": TRACE });
        match name {
            "AwaitCustomer" | "AwaitLatePayment" => payload["taskToken"] = json!("sample-token"),
            "FailBooking" => {
                payload["reason"] = json!("payment_declined");
                payload["declineCode"] = json!("insufficient_funds");
            }
            _ => {}
        }
        check("saga", name, &payload);
    }
}
