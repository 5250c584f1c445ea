//! Events on the bus, shaped as CloudEvents 1.0 in JSON (<https://cloudevents.io>) with the extensions `sequence` and
//! `traceparent`. Schemas: `docs/events/<type>.schema.json`.
//!
//! `id` is the same when an event is published again: receivers drop repetitions by it. `sequence` grows by one with each
//! write of what the event is about (of a page for `hold.*` and `inventory.changed`, of a booking for `booking.*` and
//! `payment.*`, of a resource for `resource.changed`): receivers keep the highest and see gaps by it. When a resource gets
//! another schedule (`resource.changed` says so), the numbers of its pages go on far above the last. `reconciliation.drift` is
//! about no one thing: its `sequence` is the time of its run.

mod from_ledger;
mod from_reconciliation;
mod received;

use holdfast_app::events::OutgoingEvent;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use from_ledger::{of_audit, of_page, of_resource};
pub use from_reconciliation::of_drift;
pub use received::{
    BookingOccasion, NotUnderstood, TimerEvent, booking_occasion, from_bus, inventory, timer_event,
};

/// The `source` of every event.
pub const SOURCE: &str = "holdfast";
const SPEC_VERSION: &str = "1.0";
const CONTENT_TYPE: &str = "application/json";

/// What can have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventType {
    /// A hold took places, or has them again after its booking failed.
    HoldPlaced,
    /// A hold lives longer.
    HoldExtended,
    /// A hold waits for the bank.
    HoldClaimed,
    /// A hold waits for its guest again.
    HoldUnclaimed,
    /// A hold was given back.
    HoldReleased,
    /// A dead hold was dropped.
    HoldExpired,
    /// A hold became a booking.
    HoldConfirmed,
    /// A page was written: what is free now.
    InventoryChanged,
    /// A resource was created or replaced.
    ResourceChanged,
    /// A guest asked to pay a hold.
    BookingRequested,
    /// The booking stands.
    BookingConfirmed,
    /// The payment came to nothing.
    BookingFailed,
    /// The guest gave the booking up.
    BookingCancelled,
    /// Its time has passed.
    BookingCompleted,
    /// The provider knows of the payment.
    PaymentCreated,
    /// The amount is reserved.
    PaymentAuthorized,
    /// The bank wants the customer.
    PaymentActionRequired,
    /// The money is taken.
    PaymentCaptured,
    /// The reservation was given back.
    PaymentVoided,
    /// Money was given back.
    PaymentRefunded,
    /// Pages, bookings and payments were found to differ.
    ReconciliationDrift,
}

impl EventType {
    /// Every type.
    pub const ALL: [Self; 21] = [
        Self::HoldPlaced,
        Self::HoldExtended,
        Self::HoldClaimed,
        Self::HoldUnclaimed,
        Self::HoldReleased,
        Self::HoldExpired,
        Self::HoldConfirmed,
        Self::InventoryChanged,
        Self::ResourceChanged,
        Self::BookingRequested,
        Self::BookingConfirmed,
        Self::BookingFailed,
        Self::BookingCancelled,
        Self::BookingCompleted,
        Self::PaymentCreated,
        Self::PaymentAuthorized,
        Self::PaymentActionRequired,
        Self::PaymentCaptured,
        Self::PaymentVoided,
        Self::PaymentRefunded,
        Self::ReconciliationDrift,
    ];

    /// The name: `type` of the event, `detail-type` on the bus.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HoldPlaced => "hold.placed",
            Self::HoldExtended => "hold.extended",
            Self::HoldClaimed => "hold.claimed",
            Self::HoldUnclaimed => "hold.unclaimed",
            Self::HoldReleased => "hold.released",
            Self::HoldExpired => "hold.expired",
            Self::HoldConfirmed => "hold.confirmed",
            Self::InventoryChanged => "inventory.changed",
            Self::ResourceChanged => "resource.changed",
            Self::BookingRequested => "booking.requested",
            Self::BookingConfirmed => "booking.confirmed",
            Self::BookingFailed => "booking.failed",
            Self::BookingCancelled => "booking.cancelled",
            Self::BookingCompleted => "booking.completed",
            Self::PaymentCreated => "payment.created",
            Self::PaymentAuthorized => "payment.authorized",
            Self::PaymentActionRequired => "payment.action_required",
            Self::PaymentCaptured => "payment.captured",
            Self::PaymentVoided => "payment.voided",
            Self::PaymentRefunded => "payment.refunded",
            Self::ReconciliationDrift => "reconciliation.drift",
        }
    }

    /// The type of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The version that is published. An older one that may still be on its way needs an upcaster in `received`.
    #[must_use]
    pub fn version(self) -> u32 {
        1
    }

    /// Names the schema of `data`, its version included.
    #[must_use]
    pub fn data_schema(self) -> String {
        format!("urn:holdfast:event:{}:v{}", self.as_str(), self.version())
    }
}

/// An event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// `1.0`.
    pub specversion: String,
    /// The same when the event is published again.
    pub id: String,
    /// `holdfast`.
    pub source: String,
    /// Such as `booking.confirmed`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it happened, RFC 3339.
    pub time: String,
    /// The id of the hold, booking or resource it is about.
    pub subject: String,
    /// Of `data`.
    pub datacontenttype: String,
    /// Names type and version of `data`.
    pub dataschema: String,
    /// Grows by one with each write of what it is about.
    pub sequence: u64,
    /// W3C trace context of the request that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The facts.
    pub data: Value,
}

impl Envelope {
    fn new(
        kind: EventType,
        id: String,
        subject: &str,
        sequence: u64,
        at: Timestamp,
        trace: Option<&str>,
        data: Value,
    ) -> Self {
        Self {
            specversion: SPEC_VERSION.to_owned(),
            id,
            source: SOURCE.to_owned(),
            kind: kind.as_str().to_owned(),
            time: at.to_string(),
            subject: subject.to_owned(),
            datacontenttype: CONTENT_TYPE.to_owned(),
            dataschema: kind.data_schema(),
            sequence,
            traceparent: trace.map(str::to_owned),
            data,
        }
    }

    /// The event as the bus takes it.
    ///
    /// # Errors
    /// Serde's, which a JSON value cannot give.
    pub fn outgoing(&self, at: Timestamp) -> Result<OutgoingEvent, serde_json::Error> {
        Ok(OutgoingEvent { kind: self.kind.clone(), at, body: serde_json::to_string(self)? })
    }
}
