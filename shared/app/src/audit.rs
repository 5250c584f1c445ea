//! The audit trail: one event per change of a booking, written in the transaction that changes it.

use holdfast_domain::{Booking, BookingEvent, BookingId, BookingStatus, Lifecycle};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::ports::Mutation;

/// One entry of a booking's audit trail.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEvent {
    /// The booking.
    pub booking: BookingId,
    /// 1 for the first event of a booking, growing by one: also the booking's version after it.
    pub sequence: u64,
    /// Such as `booking.confirmed` or `payment.captured`.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// Who: the caller's `sub`, or a part of the system.
    pub actor: String,
    /// Status before; a payment step keeps it.
    pub from: BookingStatus,
    /// Status after.
    pub to: BookingStatus,
    /// Facts of the event, `paymentStatus` and `lifecycle` always among them. No card data, no client secret.
    pub data: Value,
    /// W3C trace context of the request that caused it.
    pub trace: Option<String>,
}

impl AuditEvent {
    /// The event's own id.
    #[must_use]
    pub fn event_id(&self) -> String {
        format!("{}-{:06}", self.booking, self.sequence)
    }

    /// The entry for `event`, which turned `before` into `after`.
    #[must_use]
    pub fn record(before: BookingStatus, event: &BookingEvent, after: &Booking, mutation: &Mutation) -> Self {
        let mut data = json!({
            "paymentStatus": after.payment_status.as_str(),
            "lifecycle": Lifecycle::of(after).as_str(),
        });
        let facts = match event {
            BookingEvent::Requested => json!({
                "holdId": after.hold.as_str(),
                "resourceId": after.order.resource.as_str(),
                "amount": after.order.price.amount(),
                "currency": after.order.price.currency().code(),
            }),
            BookingEvent::PaymentCreated { intent } => json!({ "paymentIntentId": intent }),
            BookingEvent::ActionRequired { action } => json!({ "expiresAt": action.expires_at.to_string() }),
            BookingEvent::Captured { amount } => {
                json!({ "amount": amount.amount(), "currency": amount.currency().code() })
            }
            BookingEvent::Refunded { total } => {
                json!({ "refundedTotal": total.amount(), "currency": total.currency().code() })
            }
            BookingEvent::Failed { reason, declined } => json!({ "reason": reason, "declined": declined }),
            BookingEvent::Cancelled(cancellation) => json!({
                "reason": cancellation.reason,
                "refund": cancellation.refund.amount(),
                "currency": cancellation.refund.currency().code(),
            }),
            BookingEvent::Authorized
            | BookingEvent::Confirmed
            | BookingEvent::Voided
            | BookingEvent::Completed => {
                json!({})
            }
        };
        if let (Value::Object(all), Value::Object(more)) = (&mut data, facts) {
            all.extend(more);
        }
        Self {
            booking: after.id.clone(),
            sequence: after.version,
            kind: event.kind().to_owned(),
            at: mutation.now,
            actor: mutation.actor.clone(),
            from: before,
            to: after.status,
            data,
            trace: mutation.trace.clone(),
        }
    }
}
