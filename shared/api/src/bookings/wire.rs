//! Bookings on the wire: answers. Requests are in `crate::bookings::requests`.

use holdfast_app::Caller;
use holdfast_app::bookings::{AuditEvent, Cancelled, PRICE_OVERRIDE};
use holdfast_app::kernel::Part;
use holdfast_domain::bookings::{Contact, FailureReason, Order};
use holdfast_domain::payments::CustomerAction;
use holdfast_domain::{Booking, BookingStatus, GuestId, PaymentStatus};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::bookings::requests::ContactBody;
use crate::catalogue::wire::PolicyBody;
use crate::rates::applied::RateBody;
use crate::wire::{MoneyBody, instant, moment};
use crate::words::words;

words! {
    /// The status of a booking.
    #[schema(as = BookingStatus)]
    pub enum BookingStatusName {
        /// The payment runs.
        Pending = "pending",
        /// Its payment is taken.
        Confirmed = "confirmed",
        /// Its guest or an operator cancelled it.
        Cancelled = "cancelled",
        /// Its time has passed.
        Completed = "completed",
        /// Its payment failed.
        Failed = "failed",
    }
}

impl From<BookingStatus> for BookingStatusName {
    fn from(status: BookingStatus) -> Self {
        match status {
            BookingStatus::Pending => Self::Pending,
            BookingStatus::Confirmed => Self::Confirmed,
            BookingStatus::Cancelled => Self::Cancelled,
            BookingStatus::Completed => Self::Completed,
            BookingStatus::Failed => Self::Failed,
        }
    }
}

words! {
    /// The status of a booking's payment.
    #[schema(as = PaymentStatus)]
    pub enum PaymentStatusName {
        /// Nothing is certain yet.
        Pending = "pending",
        /// Reserved on the card.
        Authorized = "authorized",
        /// Taken.
        Captured = "captured",
        /// The reservation was given back.
        Voided = "voided",
        /// A part was given back.
        PartiallyRefunded = "partially_refunded",
        /// All was given back.
        Refunded = "refunded",
        /// The card was declined.
        Failed = "failed",
        /// Taken, and disputed by the card's bank. The booking is as it was.
        Disputed = "disputed",
        /// Taken, and taken back by the card's bank. The booking is as it was.
        ChargedBack = "charged_back",
    }
}

impl From<PaymentStatus> for PaymentStatusName {
    fn from(status: PaymentStatus) -> Self {
        match status {
            PaymentStatus::Pending => Self::Pending,
            PaymentStatus::Authorized => Self::Authorized,
            PaymentStatus::Captured => Self::Captured,
            PaymentStatus::Voided => Self::Voided,
            PaymentStatus::PartiallyRefunded => Self::PartiallyRefunded,
            PaymentStatus::Refunded => Self::Refunded,
            PaymentStatus::Failed => Self::Failed,
            PaymentStatus::Disputed => Self::Disputed,
            PaymentStatus::ChargedBack => Self::ChargedBack,
        }
    }
}

/// What the customer has to do at their bank (3-D Secure).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NextAction {
    /// `redirect_to_url` if the bank's page is known, `use_stripe_sdk` if not.
    #[serde(rename = "type")]
    #[schema(example = "redirect_to_url")]
    pub kind: String,
    /// Stripe's client secret, for the guest's own device; not shown to operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub client_secret: Option<String>,
    /// Stripe's `PaymentIntent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub payment_intent_id: Option<String>,
    /// The bank's page; not shown to operators: Stripe's names the client secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub redirect_url: Option<String>,
    /// Until when it can be done in time.
    #[schema(format = DateTime)]
    pub expires_at: String,
}

words! {
    /// Whether money on its way back has arrived.
    #[schema(as = RefundStatus)]
    pub enum RefundStatus {
        /// It is being given back.
        Pending = "pending",
        /// It was given back, or there was nothing to give.
        Succeeded = "succeeded",
        /// It was refused, or has come back from the bank; `paymentStatus` says what the money is. A person sees to it.
        Failed = "failed",
    }
}

/// What a cancellation gives back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    /// In the minor unit of the currency; zero if nothing.
    #[schema(minimum = 0)]
    pub amount: i64,
    /// ISO 4217.
    #[schema(format = "currency")]
    pub currency: String,
    /// Whether it has arrived.
    pub status: RefundStatus,
}

/// The cancellation of a booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CancellationBody {
    /// In the guest's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<String>,
    /// When.
    #[schema(format = DateTime)]
    pub cancelled_at: String,
    /// What is given back.
    pub refund: Refund,
}

/// A booking.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Booking, example = json!({
    "bookingId": "bkg_q3w5e7r2t4y6u1i9o8p0a2s4", "confirmationNumber": "HF-7KQ2M4XWTB", "status": "confirmed",
    "paymentStatus": "captured", "holdId": "hld_n2k7u4w5c3r6y1q8z0a9b8c7", "resourceId": "hotel-nyc-deluxe",
    "resourceName": "Deluxe double", "userId": "guest-1", "startTime": "2027-06-01T19:00:00Z",
    "endTime": "2027-06-03T15:00:00Z", "quantity": 1, "price": { "amount": 25800, "currency": "USD" },
    "ratePlan": { "planId": "standard", "name": "Standard" }, "cardVersion": 0,
    "lines": [{
        "kind": "stay", "code": "standard", "name": "Standard", "amount": { "amount": 25800, "currency": "USD" }, "count": 2,
        "due": "now", "refundable": true
    }],
    "payAtProperty": { "amount": 0, "currency": "USD" },
    "cancellationTerms": {
        "freeHoursAfterBooking": 0, "keptAlways": { "amount": 0, "currency": "USD" },
        "steps": [{ "until": "2027-05-31T19:00:00.000Z", "kept": { "amount": 0, "currency": "USD" } }]
    },
    "cancellationPolicy": { "tiers": [{ "hoursBefore": 24, "refundPercent": 100 }] },
    "createdAt": "2027-05-01T10:01:00Z"
}))]
pub struct BookingBody {
    /// Its id.
    pub booking_id: String,
    /// For people.
    pub confirmation_number: String,
    /// Its status.
    pub status: BookingStatusName,
    /// The status of its payment.
    pub payment_status: PaymentStatusName,
    /// The hold it pays.
    pub hold_id: String,
    /// What is booked.
    pub resource_id: String,
    /// Its name, as it was when the guest chose it.
    pub resource_name: String,
    /// For whom.
    pub user_id: String,
    /// First moment.
    #[schema(format = DateTime)]
    pub start_time: String,
    /// Moment after the last.
    #[schema(format = DateTime)]
    pub end_time: String,
    /// Units.
    pub quantity: u32,
    /// For the whole range and all units: what is paid with the booking.
    pub price: MoneyBody,
    /// The rate.
    #[serde(flatten)]
    pub rate: RateBody,
    /// What a cancellation refunds, where `cancellationTerms` does not say it.
    pub cancellation_policy: PolicyBody,
    /// When it was asked for.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// While the bank wants the customer: until when that is in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub expires_at: Option<String>,
    /// While the bank wants the customer: what they have to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_action: Option<NextAction>,
    /// What was given back so far, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub refunded: Option<MoneyBody>,
    /// Its cancellation, if it was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cancellation: Option<CancellationBody>,
    /// Why it failed, such as `payment_declined` or `sold_out`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub failure_reason: Option<String>,
    /// If the card was declined: `card_declined`, whatever the bank said; for operators the provider's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub decline_code: Option<String>,
    /// How its guest is reached, if they said; in the answer of `readBooking` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub contact: Option<ContactBody>,
}

impl BookingBody {
    /// The same with how its guest is reached.
    #[must_use]
    pub fn with_contact(self, contact: Option<&Contact>) -> Self {
        Self { contact: contact.map(Into::into), ..self }
    }

    /// The booking as it is at `now`.
    #[must_use]
    pub fn at(booking: &Booking, action: Option<&CustomerAction>, reader: &Caller, now: Timestamp) -> Self {
        Self { status: booking.status_at(now).into(), ..Self::current(booking, action, reader) }
    }

    /// The booking as it is stored, with what the reader has to do if they are its guest. The provider's decline code is for operators.
    #[must_use]
    pub fn current(booking: &Booking, action: Option<&CustomerAction>, reader: &Caller) -> Self {
        let awaited = match booking.status {
            BookingStatus::Pending => booking.action(),
            BookingStatus::Confirmed
            | BookingStatus::Cancelled
            | BookingStatus::Completed
            | BookingStatus::Failed => None,
        };
        let next_action = awaited.map(|awaited| NextAction {
            kind: if awaited.has_page { "redirect_to_url" } else { "use_stripe_sdk" }.to_owned(),
            client_secret: action.map(|action| action.client_secret.clone()),
            payment_intent_id: booking.payment_intent().map(ToOwned::to_owned),
            redirect_url: action.and_then(|action| action.redirect_url.clone()),
            expires_at: instant(awaited.expires_at),
        });
        let declined = booking.payment_status() == PaymentStatus::Failed;
        let reason =
            booking.failure.as_ref().map(|reason| failure_shown(reason, &booking.order, reader).to_owned());
        let (failure_reason, decline_code) = if declined {
            (reason.as_ref().map(|_| FailureReason::DECLINED.to_owned()), reason)
        } else {
            (reason, None)
        };
        let refunded = (booking.refunded().amount() > 0).then(|| booking.refunded().into());
        let cancellation = booking.cancellation.as_ref().zip(booking.promised_refund());
        let cancellation = cancellation.map(|(cancellation, refund)| CancellationBody {
            reason: cancellation.reason.clone(),
            cancelled_at: instant(cancellation.at),
            refund: Refund {
                amount: refund.amount(),
                currency: refund.currency().code().to_owned(),
                status: refund_status(booking),
            },
        });
        Self {
            expires_at: next_action.as_ref().map(|action| action.expires_at.clone()),
            next_action,
            refunded,
            cancellation,
            failure_reason,
            decline_code,
            ..Self::lasting(booking, reader)
        }
    }

    /// The answer to the request for it. A booking that was confirmed and paid is answered as such whenever the request comes
    /// again; any other is shown as it is, `pending` for as long as its money is not taken.
    #[must_use]
    pub fn requested(booking: &Booking, action: Option<&CustomerAction>, reader: &Caller) -> Self {
        if booking.was_confirmed_and_paid() {
            return Self {
                status: BookingStatusName::Confirmed,
                payment_status: PaymentStatusName::Captured,
                ..Self::lasting(booking, reader)
            };
        }
        let current = Self::current(booking, action, reader);
        match booking.status {
            BookingStatus::Confirmed => Self { status: BookingStatusName::Pending, ..current },
            BookingStatus::Pending
            | BookingStatus::Cancelled
            | BookingStatus::Completed
            | BookingStatus::Failed => current,
        }
    }

    fn lasting(booking: &Booking, reader: &Caller) -> Self {
        Self {
            booking_id: booking.id.to_string(),
            confirmation_number: booking.confirmation_number.clone(),
            status: booking.status.into(),
            payment_status: booking.payment_status().into(),
            hold_id: booking.hold.to_string(),
            resource_id: booking.order.resource.to_string(),
            resource_name: booking.order.resource_name.clone(),
            user_id: booking.order.guest.to_string(),
            start_time: instant(booking.order.start),
            end_time: instant(booking.order.end),
            quantity: booking.order.quantity,
            price: booking.order.price.total().into(),
            rate: RateBody::of(&booking.order, reader),
            cancellation_policy: PolicyBody::from(&booking.order.policy),
            created_at: moment(booking.created_at),
            expires_at: None,
            next_action: None,
            refunded: None,
            cancellation: None,
            failure_reason: None,
            decline_code: None,
            contact: None,
        }
    }
}

/// A page of a guest's bookings, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BookingList {
    /// The bookings.
    pub results: Vec<BookingBody>,
    /// Where the next page begins; null on the last.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// An entry of a booking's audit trail.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BookingEvent)]
pub struct BookingEventBody {
    /// Its id.
    pub event_id: String,
    /// Such as `booking.confirmed` or `payment.captured`.
    #[serde(rename = "type")]
    #[schema(example = "booking.confirmed")]
    pub kind: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who: a caller (the token's `sub`, of staff `staff/` and the `sub`), or a part of the system. Guests see `operator` in the place of anybody but themselves.
    pub actor: String,
    /// Status before; a payment step keeps it.
    pub from: BookingStatusName,
    /// Status after.
    pub to: BookingStatusName,
    /// Facts of the event, `paymentStatus` always among them.
    #[schema(value_type = Object)]
    pub data: Value,
}

/// The pseudonym of staff, for guests.
const STAFF: &str = "operator";

/// Why a booking of that order failed, as the reader may know it: what the bank said of a card helps those who try stolen ones.
pub(crate) fn failure_shown<'a>(reason: &'a FailureReason, order: &Order, reader: &Caller) -> &'a str {
    if reader.is_operator_of(order.property.as_ref()) { reason.as_str() } else { reason.shown_to_guests() }
}

impl BookingEventBody {
    /// The entry as its reader may see it, as an operator of the booking or as its guest: who of the staff it was, why they set a price, and what the bank said of a card, is not a guest's business.
    #[must_use]
    pub fn shown(mut event: AuditEvent, reader: &GuestId, as_operator: bool) -> Self {
        let named = as_operator || event.actor == reader.as_str() || Part::parse(&event.actor).is_some();
        if !as_operator && event.data["declined"] == true {
            event.data["reason"] = FailureReason::DECLINED_TO_GUESTS.into();
        }
        if let Some(data) = event.data.as_object_mut().filter(|_| !as_operator) {
            data.remove(PRICE_OVERRIDE);
        }
        Self {
            event_id: event.event_id(),
            kind: event.kind,
            at: moment(event.at),
            actor: if named { event.actor } else { STAFF.to_owned() },
            from: event.from.into(),
            to: event.to.into(),
            data: event.data,
        }
    }
}

/// A page of a booking's audit trail, oldest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BookingEventList {
    /// The entries.
    pub results: Vec<BookingEventBody>,
    /// Where the next page begins; null on the last, as of now: a trail grows.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// A booking that was cancelled.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Cancellation, example = json!({
    "bookingId": "bkg_q3w5e7r2t4y6u1i9o8p0a2s4", "status": "cancelled",
    "refund": { "amount": 25800, "currency": "USD", "status": "succeeded" }
}))]
pub struct CancelledBody {
    /// The booking.
    pub booking_id: String,
    /// `cancelled`.
    pub status: BookingStatusName,
    /// What is given back.
    pub refund: Refund,
}

impl From<&Cancelled> for CancelledBody {
    fn from(cancelled: &Cancelled) -> Self {
        Self {
            booking_id: cancelled.booking.id.to_string(),
            status: cancelled.booking.status.into(),
            refund: Refund {
                amount: cancelled.refund.amount(),
                currency: cancelled.refund.currency().code().to_owned(),
                status: refund_status(&cancelled.booking),
            },
        }
    }
}

fn refund_status(booking: &Booking) -> RefundStatus {
    if booking.refund_has_failed() {
        RefundStatus::Failed
    } else if booking.refund_is_pending() || !booking.money_is_settled() {
        RefundStatus::Pending
    } else {
        RefundStatus::Succeeded
    }
}

#[cfg(test)]
mod tests {
    use holdfast_domain::BookingId;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_guest_does_not_learn_who_of_the_staff_it_was() {
        let check = |actor: &str, operator: bool, shown: &str| {
            let event = AuditEvent {
                booking: BookingId::parse("bkg_1").expect("an id"),
                sequence: 1,
                kind: "booking.cancelled".to_owned(),
                at: Timestamp::UNIX_EPOCH,
                actor: actor.to_owned(),
                from: BookingStatus::Confirmed,
                to: BookingStatus::Cancelled,
                data: json!({}),
                trace: None,
                seal: None,
                facts: None,
            };
            let reader = GuestId::parse("guest-1").expect("an id");
            assert_eq!(BookingEventBody::shown(event, &reader, operator).actor, shown, "{actor}, {operator}");
        };
        check("guest-1", false, "guest-1");
        check("desk-7", false, "operator");
        check("desk-7", true, "desk-7");
        for part in Part::ALL {
            check(part.as_str(), false, part.as_str());
        }
    }
}
