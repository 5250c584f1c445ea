//! What the events of bookings and their payments say.

use holdfast_app::bookings::{AuditEvent, BookingFacts};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use super::scalar::{
    Actor, ActorName, BookingName, HoldName, Instant, LifecycleName, PaymentStatusName, Price, PropertyName,
    Pseudonym, ResourceName, StatusName, Text,
};
use crate::events::error::EventError;

/// What each event of a booking says of it, as it is after the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BookingState {
    /// The booking.
    pub booking_id: BookingName,
    /// The hold that it pays.
    pub hold_id: HoldName,
    /// The resource.
    pub resource_id: ResourceName,
    /// The property that the resource belonged to when it was ordered; left out if to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub property_id: Option<PropertyName>,
    /// The guest's pseudonym: the same in all events of a guest.
    pub guest_id: Pseudonym,
    /// Start of the stay.
    pub start: Instant,
    /// End of the stay.
    pub end: Instant,
    /// Units.
    pub quantity: u32,
    /// For the whole stay and all units: what is paid with the booking.
    pub price: Price,
    /// The rate plan; left out of a resource without a rate card, unless taxes of its property came to the price. The lines of the price are in the answer of `readBooking`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rate_plan_id: Option<String>,
    /// What is paid at the place; likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub pay_at_property: Option<Price>,
    /// Status after the event.
    pub status: StatusName,
    /// Status before it; a payment step keeps it.
    pub previous_status: StatusName,
    /// The status of the payment.
    pub payment_status: PaymentStatusName,
    /// The state of the order as a whole.
    pub lifecycle: LifecycleName,
    /// Who: a part of the system such as `saga`, or the pseudonym of a caller, which is `guestId` if it is the guest.
    pub actor: ActorName,
}

impl BookingState {
    /// A booking after the event of an entry.
    ///
    /// # Errors
    /// [`EventError::Fact`].
    pub fn new(entry: &AuditEvent, facts: &BookingFacts) -> Result<Self, EventError> {
        Ok(Self {
            booking_id: Text(entry.booking.clone()),
            hold_id: Text(facts.hold.clone()),
            resource_id: Text(facts.resource.clone()),
            property_id: facts.property.clone().map(Text),
            guest_id: Text(facts.guest.clone()),
            start: Text(facts.start),
            end: Text(facts.end),
            quantity: facts.quantity,
            price: facts.price.into(),
            rate_plan_id: facts.rate.as_ref().map(|rate| rate.plan.to_string()),
            pay_at_property: facts.rate.as_ref().map(|rate| rate.at_property.into()),
            status: Text(entry.to),
            previous_status: Text(entry.from),
            payment_status: fact(entry, "paymentStatus")?,
            lifecycle: fact(entry, "lifecycle")?,
            actor: Text(Actor { caller: entry.actor.clone() }),
        })
    }
}

/// The data of `payment.created`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentCreated {
    /// The booking.
    #[serde(flatten)]
    pub booking: BookingState,
    /// The provider's name for the payment.
    pub payment_intent_id: String,
}

/// The data of `payment.action_required`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentActionRequired {
    /// The booking.
    #[serde(flatten)]
    pub booking: BookingState,
    /// Until when it can be done in time.
    pub expires_at: Instant,
}

/// The data of `payment.captured`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PaymentCaptured {
    /// The booking.
    #[serde(flatten)]
    pub booking: BookingState,
    /// The money that was taken.
    pub captured: Price,
}

/// The data of `payment.refunded`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRefunded {
    /// The booking.
    #[serde(flatten)]
    pub booking: BookingState,
    /// All that was given back so far.
    pub refunded_total: Price,
}

/// The data of `booking.failed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BookingFailed {
    /// The booking.
    #[serde(flatten)]
    pub booking: BookingState,
    /// `card_declined` if the card was declined, whatever the bank said, else a code of ours.
    pub reason: String,
    /// Whether the card was declined.
    pub declined: bool,
}

/// The data of `booking.cancelled`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BookingCancelled {
    /// The booking.
    #[serde(flatten)]
    pub booking: BookingState,
    /// In the guest's words.
    #[schema(required = true)]
    pub reason: Option<String>,
    /// What is given back in all.
    pub refund: Price,
}

/// A fact of an audit entry.
///
/// # Errors
/// [`EventError::Fact`].
pub fn fact<T: DeserializeOwned>(entry: &AuditEvent, name: &'static str) -> Result<T, EventError> {
    let value = entry.data.get(name).cloned().unwrap_or_default();
    serde_json::from_value(value).map_err(|source| EventError::Fact {
        event: entry.event_id(),
        fact: name,
        source,
    })
}
