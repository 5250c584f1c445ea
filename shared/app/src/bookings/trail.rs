//! The audit trail: one event per change of a booking, written in the transaction that changes it.
//!
//! Each entry is sealed after the one before it, and the booking keeps the last seal: whoever alters, adds or removes an entry
//! breaks every seal after it ([`verify`], `kernel/chain.rs`).

use holdfast_domain::rates::ids::PlanId;
use holdfast_domain::{
    Booking, BookingEvent, BookingId, BookingStatus, GuestMark, HoldId, Lifecycle, Money, PaymentNumber,
    PaymentStep, PropertyId, ResourceId, Seal, TrailHead,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::kernel::canonical::canonical;
use crate::kernel::chain::{self, BrokenTrail, Link};
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
    /// The property that the resource belonged to when it was ordered, if it did to one.
    pub property: Option<PropertyId>,
    /// The guest's pseudonym.
    pub guest: GuestMark,
    /// Start of the stay.
    pub start: Timestamp,
    /// End of the stay.
    pub end: Timestamp,
    /// Units.
    pub quantity: u32,
    /// For the whole stay and all units: what is paid with the booking.
    pub price: Money,
    /// Of a resource with a rate card.
    pub rate: Option<RateFacts>,
}

/// What the events of a booking say of its rate. They do not say its lines: those of a long stay are more than an event may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateFacts {
    /// The rate plan.
    pub plan: PlanId,
    /// What is paid at the place.
    pub at_property: Money,
}

impl BookingFacts {
    fn of(booking: &Booking) -> Self {
        let order = &booking.order;
        Self {
            hold: booking.hold.clone(),
            resource: order.resource.clone(),
            property: order.property.clone(),
            guest: guest_mark(&order.guest),
            start: order.start,
            end: order.end,
            quantity: order.quantity,
            price: order.price.total(),
            rate: order
                .rate
                .as_ref()
                .map(|rate| RateFacts { plan: rate.plan.clone(), at_property: order.price.at_property() }),
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
    /// Who: the caller, or a part of the system.
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

/// Whether `trail`, oldest first, is all that was ever written of `booking`.
///
/// # Errors
/// [`BrokenTrail`]: the first broken link.
pub fn verify(booking: &Booking, trail: &[AuditEvent]) -> Result<(), BrokenTrail> {
    let head = TrailHead { entries: booking.version, seal: booking.seal.clone() };
    chain::verify(&head, trail)
}

impl Link for AuditEvent {
    fn sequence(&self) -> u64 {
        self.sequence
    }

    fn seal(&self) -> Option<&Seal> {
        self.seal.as_ref()
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
            BookingEvent::Requested => of_request(after),
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
}

/// The fact of a request that says which price staff set, why and who; for operators alone.
pub const PRICE_OVERRIDE: &str = "priceOverride";

/// Facts of the request for a booking.
fn of_request(booking: &Booking) -> Value {
    let order = &booking.order;
    let mut facts = json!({
        "holdId": booking.hold.as_str(),
        "resourceId": order.resource.as_str(),
        "amount": order.price.total().amount(),
        "currency": order.price.total().currency().code(),
    });
    if let Some(set) = order.rate.as_deref().and_then(|rate| rate.price_override.as_ref()) {
        facts[PRICE_OVERRIDE] = json!({
            "amount": set.amount.amount(),
            "currency": set.amount.currency().code(),
            "reason": set.reason.as_str(),
            "by": set.by.as_str(),
        });
    }
    facts
}

/// Facts of a payment's step; which payment it was, if it was not the first.
fn of_payment(number: PaymentNumber, step: &PaymentStep) -> Value {
    let mut facts = match step {
        PaymentStep::Created { intent } => json!({ "paymentIntentId": intent }),
        PaymentStep::ActionRequired { action } => json!({ "expiresAt": action.expires_at.to_string() }),
        PaymentStep::Captured { amount } => {
            json!({ "amount": amount.amount(), "currency": amount.currency().code() })
        }
        PaymentStep::Refunded { total }
        | PaymentStep::RefundPending { total }
        | PaymentStep::RefundFailed { total } => {
            json!({ "refundedTotal": total.amount(), "currency": total.currency().code() })
        }
        PaymentStep::ChargedBack { total } => {
            json!({ "chargedBackTotal": total.amount(), "currency": total.currency().code() })
        }
        PaymentStep::Authorized | PaymentStep::Voided | PaymentStep::Disputed | PaymentStep::DisputeWon => {
            json!({})
        }
    };
    if number != PaymentNumber::FIRST {
        facts["payment"] = json!(number.index());
    }
    facts
}
