//! Version 1 of the data of events, made from version 2. It goes when version 1 ends, and nothing else has to.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

pub use super::reconciliation::ReconciliationDrift;
use super::scalar::{
    BookingName, CurrencyCode, HoldName, Instant, LifecycleName, PaymentStatusName, Price, ResourceName,
    SlotName, StatusName,
};
use super::{bookings, holds, inventory, resources};

/// Declares data of version 1, each made from data of version 2.
macro_rules! version_1 {
    ($(
        $(#[$doc:meta])*
        $name:ident from $from:ty |$newer:ident| {
            $($(#[$field_meta:meta])* $field:ident: $type:ty = $value:expr,)*
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
        }

        impl From<&$from> for $name {
            fn from($newer: &$from) -> Self {
                Self { $($field: $value,)* }
            }
        }
    )*};
}

version_1! {
    /// What each event of a hold says: the data of `hold.released` and `hold.expired`.
    HoldPlace from holds::HoldState |newer| {
        /// The hold.
        hold_id: HoldName = newer.hold_id.clone(),
        /// The resource.
        resource_id: ResourceName = newer.resource_id.clone(),
        /// Which part of its schedule: a local month (2026-06), a local day (2026-06-01) or `event`.
        page: String = newer.page.clone(),
    }

    /// The data of `hold.placed`.
    HoldPlaced from holds::HoldPlaced |newer| {
        /// The hold.
        #[serde(flatten)]
        hold: HoldPlace = (&newer.hold).into(),
        /// Slots of this page: days of the month, minutes since local midnight, or `event`.
        slots: Vec<SlotName> = newer.hold.places.keys().cloned().collect(),
        /// Places taken in each of the slots.
        quantity: u32 = newer.hold.places.values().copied().max().unwrap_or(0),
        /// When the hold expires.
        expires_at: Instant = newer.hold.expires_at.clone(),
        /// Whether a booking is a hold again.
        returned: bool = newer.returned,
    }

    /// The data of `hold.extended`.
    HoldExtended from holds::HoldExtended |newer| {
        /// The hold.
        #[serde(flatten)]
        hold: HoldPlace = (&newer.hold).into(),
        /// The new expiry.
        expires_at: Instant = newer.hold.expires_at.clone(),
        /// The guest asked for it, or their bank step did.
        r#for: holds::Extender = newer.r#for,
    }

    /// The data of `hold.claimed`.
    HoldClaimed from holds::HoldClaimed |newer| {
        /// The hold.
        #[serde(flatten)]
        hold: HoldPlace = (&newer.hold).into(),
        /// Who pays.
        booking_id: BookingName = newer.booking_id.clone(),
        /// When the claim expires.
        deadline: Instant = newer.deadline.clone(),
    }

    /// The data of `hold.unclaimed`.
    HoldUnclaimed from holds::HoldState |newer| {
        /// The hold.
        #[serde(flatten)]
        hold: HoldPlace = newer.into(),
        /// When it expires, as its guest was notified.
        expires_at: Instant = newer.expires_at.clone(),
    }

    /// The data of `hold.confirmed`.
    HoldConfirmed from holds::HoldConfirmed |newer| {
        /// The hold.
        #[serde(flatten)]
        hold: HoldPlace = (&newer.hold).into(),
        /// The booking that it is now.
        booking_id: BookingName = newer.booking_id.clone(),
    }

    /// The inventory of a slot.
    SlotInventory from inventory::SlotInventory |newer| {
        /// Places that can be held now; 0 if closed.
        available: u32 = newer.available,
        /// Places.
        capacity: u32 = newer.capacity,
        /// Whether sale is stopped.
        closed: bool = newer.closed,
    }

    /// The data of `inventory.changed`.
    InventoryChanged from inventory::InventoryChanged |newer| {
        /// The resource.
        resource_id: ResourceName = newer.resource_id.clone(),
        /// The page: a local month (2026-06), a local day (2026-06-01) or `event`; of several that count the same slots, each but the first has its number (2026-06~1).
        page: String = newer.page.clone(),
        /// Number of the page's write, as `sequence`.
        seq: u64 = newer.seq,
        /// Every slot of the page, by its name.
        slots: BTreeMap<String, SlotInventory> = newer.slots.iter().map(|(key, slot)| (key.clone(), slot.into())).collect(),
    }

    /// What each event of a booking says: the data of those that say no more.
    BookingState from bookings::BookingState |newer| {
        /// The booking.
        booking_id: BookingName = newer.booking_id.clone(),
        /// Who: the caller, or a part of the system such as `saga`.
        actor: String = newer.actor.0.caller.clone(),
        /// Status before.
        from: StatusName = newer.previous_status.clone(),
        /// Status after; a payment step keeps it.
        to: StatusName = newer.status.clone(),
        /// The status of the payment.
        payment_status: PaymentStatusName = newer.payment_status.clone(),
        /// The state of the order as a whole.
        lifecycle: LifecycleName = newer.lifecycle.clone(),
    }

    /// The data of `booking.requested`.
    BookingRequested from bookings::BookingState |newer| {
        /// The booking.
        #[serde(flatten)]
        booking: BookingState = newer.into(),
        /// The hold.
        hold_id: HoldName = newer.hold_id.clone(),
        /// The resource.
        resource_id: ResourceName = newer.resource_id.clone(),
        /// In the currency's minor unit.
        #[schema(minimum = 0)]
        amount: i64 = newer.price.amount,
        /// ISO 4217.
        currency: CurrencyCode = newer.price.currency.clone(),
    }

    /// The data of `payment.created`.
    PaymentCreated from bookings::PaymentCreated |newer| {
        /// The booking.
        #[serde(flatten)]
        booking: BookingState = (&newer.booking).into(),
        /// The provider's name for it.
        payment_intent_id: String = newer.payment_intent_id.clone(),
    }

    /// The data of `payment.action_required`.
    PaymentActionRequired from bookings::PaymentActionRequired |newer| {
        /// The booking.
        #[serde(flatten)]
        booking: BookingState = (&newer.booking).into(),
        /// Until when it can be done in time.
        expires_at: Instant = newer.expires_at.clone(),
    }

    /// The data of `payment.captured`.
    PaymentCaptured from bookings::PaymentCaptured |newer| {
        /// The booking.
        #[serde(flatten)]
        booking: BookingState = (&newer.booking).into(),
        /// In the currency's minor unit.
        #[schema(minimum = 0)]
        amount: i64 = newer.captured.amount,
        /// ISO 4217.
        currency: CurrencyCode = newer.captured.currency.clone(),
    }

    /// The data of `payment.refunded`.
    PaymentRefunded from bookings::PaymentRefunded |newer| {
        /// The booking.
        #[serde(flatten)]
        booking: BookingState = (&newer.booking).into(),
        /// All that was given back so far, in the currency's minor unit.
        #[schema(minimum = 0)]
        refunded_total: i64 = newer.refunded_total.amount,
        /// ISO 4217.
        currency: CurrencyCode = newer.refunded_total.currency.clone(),
    }

    /// The data of `booking.failed`.
    BookingFailed from bookings::BookingFailed |newer| {
        /// The booking.
        #[serde(flatten)]
        booking: BookingState = (&newer.booking).into(),
        /// `card_declined` if the card was declined, whatever the bank said, else a code of ours.
        reason: String = newer.reason.clone(),
        /// Whether the card was declined.
        declined: bool = newer.declined,
    }

    /// The data of `booking.cancelled`.
    BookingCancelled from bookings::BookingCancelled |newer| {
        /// The booking.
        #[serde(flatten)]
        booking: BookingState = (&newer.booking).into(),
        /// In the guest's words.
        #[schema(required = true)]
        reason: Option<String> = newer.reason.clone(),
        /// What is given back in all, in the currency's minor unit.
        #[schema(minimum = 0)]
        refund: i64 = newer.refund.amount,
        /// ISO 4217.
        currency: CurrencyCode = newer.refund.currency.clone(),
    }

    /// The data of `resource.changed`.
    ResourceChanged from resources::ResourceChanged |newer| {
        /// The resource.
        resource_id: ResourceName = newer.resource_id.clone(),
        /// Grows by one with every write of its terms, as `sequence`.
        revision: u64 = newer.revision,
        /// Whether it is new.
        created: bool = newer.created,
        /// Whether its slots are others than before.
        schedule_changed: bool = newer.schedule_changed,
        /// What kind of thing it is.
        resource_type: String = newer.resource_type.clone(),
        /// Its name, for people.
        name: String = newer.name.clone(),
        /// Where it is.
        location: String = newer.location.clone(),
        /// Places per slot.
        capacity: u32 = newer.capacity,
        /// Per slot and unit.
        price: Price = newer.price.clone(),
    }
}

/// Data that is the same in version 2.
macro_rules! unchanged {
    ($($type:ty),*) => {$(
        impl From<&$type> for $type {
            fn from(newer: &$type) -> Self {
                newer.clone()
            }
        }
    )*};
}

unchanged!(InventoryChanged, ReconciliationDrift);
