//! Messages in queues, in the version that the rule of each selects, and tasks of the sagas.

use holdfast_app::Mutation;
use holdfast_domain::holds::Hold;
use holdfast_domain::{Booking, BookingPayments};
use holdfast_testkit::{at, hold_for, nightly_resource};
use holdfast_workflow::tasks::Task;
use serde_json::{Value, json};

use crate::golden::{check, read, samples};

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
    Booking::requested(
        holdfast_app::kernel::booking_id(&hold.order.guest, "sample"),
        "HF-SAMPLE2345".to_owned(),
        hold.id,
        hold.order,
        payments,
        hold.fingerprint,
        at(NOW),
    )
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
fn there_is_a_sample_of_every_message() {
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
        let message = read(&samples("events").join(format!("{kind}.v1.json")));
        check("sqs", &format!("{queue}-{kind}"), &in_queue(queue, &message));
    }
    for kind in [
        "payment.captured",
        "payment.refunded",
        "payment.refund_pending",
        "payment.refund_failed",
        "booking.completed",
    ] {
        let message = read(&samples("events").join(format!("{kind}.v2.json")));
        check("sqs", &format!("receipts-{kind}"), &in_queue("receipts", &message));
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
