//! The audit trail: one event per change of a booking, written in the transaction that changes it.
//!
//! Each entry is sealed: its seal is a SHA-256 digest over the seal before it and its own content, and the booking keeps the
//! last one. Whoever alters, adds or removes an entry breaks every seal after it ([`verify`]).

use holdfast_domain::{
    Booking, BookingEvent, BookingId, BookingStatus, GuestMark, HoldId, Lifecycle, Money, PaymentNumber,
    PaymentStep, ResourceId, Seal,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use thiserror::Error;

use crate::kernel::canonical::canonical;
use crate::kernel::identity::{guest_mark, seal};
use crate::kernel::mutation::Mutation;

/// What a seal is made of: a later way gets another name.
const SEAL_VERSION: &str = "audit-1";

/// What a booking is for: what its events say of it, so that nobody has to read the ledger back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingFacts {
    /// The hold it pays.
    pub hold: HoldId,
    /// The resource.
    pub resource: ResourceId,
    /// The guest's pseudonym.
    pub guest: GuestMark,
    /// Start of the stay.
    pub start: Timestamp,
    /// End of the stay.
    pub end: Timestamp,
    /// Units.
    pub quantity: u32,
    /// For the whole stay and all units.
    pub price: Money,
}

impl BookingFacts {
    fn of(booking: &Booking) -> Self {
        let order = &booking.order;
        Self {
            hold: booking.hold.clone(),
            resource: order.resource.clone(),
            guest: guest_mark(&order.guest),
            start: order.start,
            end: order.end,
            quantity: order.quantity,
            price: order.price.total(),
        }
    }
}

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
    /// Digest over the seal before and all of the above.
    pub seal: Option<Seal>,
    /// What the event made of this entry says besides; no part of the trail, and not sealed. Absent from entries that a
    /// release before wrote.
    pub facts: Option<BookingFacts>,
}

/// Where an audit trail is not what was written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BrokenTrail {
    /// An entry is gone, or something is in its place.
    #[error("entry {0} is missing")]
    Missing(u64),
    /// An entry's content, or one before it, is not what was sealed.
    #[error("entry {0} is not as it was sealed")]
    Altered(u64),
    /// An entry bears no seal: it was taken away, or the entry is older than seals are.
    #[error("entry {0} has no seal")]
    Unsealed(u64),
    /// There are entries that the booking knows nothing of.
    #[error("entry {0} was added")]
    Added(u64),
    /// The trail is whole, and the booking remembers another.
    #[error("the booking was sealed with another trail of {0} entries")]
    Replaced(u64),
    /// Booking or trail cannot be read at all.
    #[error("{0}")]
    Unreadable(String),
    /// There is no such booking.
    #[error("there is no such booking")]
    Unknown,
}

/// Whether `trail`, oldest first, is all that was ever written of `booking`.
///
/// # Errors
/// [`BrokenTrail`]: the first broken link.
pub fn verify(booking: &Booking, trail: &[AuditEvent]) -> Result<(), BrokenTrail> {
    let mut last = None;
    for (expected, event) in (1_u64..).zip(trail) {
        if event.sequence != expected {
            return Err(BrokenTrail::Missing(expected));
        }
        if expected > booking.version {
            return Err(BrokenTrail::Added(expected));
        }
        if event.seal.is_none() {
            return Err(BrokenTrail::Unsealed(expected));
        }
        let made = event.sealed_after(last.as_ref());
        if event.seal.as_ref() != Some(&made) {
            return Err(BrokenTrail::Altered(expected));
        }
        last = Some(made);
    }
    let entries = u64::try_from(trail.len()).unwrap_or(u64::MAX);
    if entries < booking.version {
        return Err(BrokenTrail::Missing(entries + 1));
    }
    if booking.seal == last { Ok(()) } else { Err(BrokenTrail::Replaced(entries)) }
}

impl AuditEvent {
    /// The event's own id.
    #[must_use]
    pub fn event_id(&self) -> String {
        format!("{}-{:06}", self.booking, self.sequence)
    }

    /// The entry for `event`, which turned `before` into `after`.
    pub(crate) fn record(
        before: &Booking,
        event: &BookingEvent,
        after: &Booking,
        mutation: &Mutation,
    ) -> Self {
        let mut data = json!({
            "paymentStatus": after.payment_status().as_str(),
            "lifecycle": Lifecycle::of(after).as_str(),
        });
        let facts = match event {
            BookingEvent::Requested => json!({
                "holdId": after.hold.as_str(),
                "resourceId": after.order.resource.as_str(),
                "amount": after.order.price.total().amount(),
                "currency": after.order.price.total().currency().code(),
            }),
            BookingEvent::Payment { number, step } => of_payment(*number, step),
            BookingEvent::Failed { reason } => {
                json!({ "reason": reason.as_str(), "declined": reason.is_decline() })
            }
            BookingEvent::Cancelled(cancellation) => json!({
                "reason": cancellation.reason,
                "refund": cancellation.refund.amount(),
                "currency": cancellation.refund.currency().code(),
            }),
            BookingEvent::Confirmed | BookingEvent::Completed => json!({}),
        };
        if let (Value::Object(all), Value::Object(more)) = (&mut data, facts) {
            all.extend(more);
        }
        let mut entry = Self {
            booking: after.id.clone(),
            sequence: after.version,
            kind: event.kind().to_owned(),
            at: mutation.now,
            actor: mutation.actor.clone(),
            from: before.status,
            to: after.status,
            data,
            trace: mutation.trace.clone(),
            seal: None,
            facts: Some(BookingFacts::of(after)),
        };
        entry.seal = Some(entry.sealed_after(before.seal.as_ref()));
        entry
    }

    fn sealed_after(&self, previous: Option<&Seal>) -> Seal {
        seal(&[
            SEAL_VERSION,
            previous.map_or("", Seal::as_str),
            self.booking.as_str(),
            &self.sequence.to_string(),
            &self.kind,
            &self.at.as_millisecond().to_string(),
            &self.actor,
            self.from.as_str(),
            self.to.as_str(),
            &canonical(&self.data),
            self.trace.as_deref().unwrap_or_default(),
        ])
    }
}

/// Facts of a payment's step; which payment it was, if it was not the first.
fn of_payment(number: PaymentNumber, step: &PaymentStep) -> Value {
    let mut facts = match step {
        PaymentStep::Created { intent } => json!({ "paymentIntentId": intent }),
        PaymentStep::ActionRequired { action } => json!({ "expiresAt": action.expires_at.to_string() }),
        PaymentStep::Captured { amount } => {
            json!({ "amount": amount.amount(), "currency": amount.currency().code() })
        }
        PaymentStep::Refunded { total } => {
            json!({ "refundedTotal": total.amount(), "currency": total.currency().code() })
        }
        PaymentStep::Authorized | PaymentStep::Voided => json!({}),
    };
    if number != PaymentNumber::FIRST {
        facts["payment"] = json!(number.index());
    }
    facts
}
