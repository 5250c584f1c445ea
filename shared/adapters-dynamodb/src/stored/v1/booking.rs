//! Documents of hold records and bookings as version 1 has them.

use holdfast_domain::bookings::{Cancellation, FailureReason};
use holdfast_domain::payments::{AwaitedAction, CardPayment, PaymentMethod};
use holdfast_domain::{
    Booking, BookingPayments, Fingerprint, GuestId, Hold, HoldId, Money, Payment, PaymentStatus,
};
use serde::{Deserialize, Serialize};

use crate::stored::contents::{
    BookingContents, HoldContents, charged_back_by_status, charged_back_stored, cool_down_of,
    cool_down_stored, refund_name, refund_of,
};
use crate::stored::reason::{Reason, reason};
use crate::stored::v1::order::StoredOrder;
use crate::stored::v1::scalar::{Millis, Text};

/// The document of a hold record.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoldDocument {
    order: StoredOrder,
    guest: Text<GuestId>,
    /// Left out if it is the guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    caller: Option<Text<GuestId>>,
    ttl_seconds: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cool_down_seconds: Option<u32>,
}

impl From<&Hold> for HoldDocument {
    fn from(hold: &Hold) -> Self {
        let guest = &hold.order.guest;
        Self {
            order: (&hold.order).into(),
            guest: Text(guest.clone()),
            caller: (hold.caller != *guest).then(|| Text(hold.caller.clone())),
            ttl_seconds: hold.ttl_seconds,
            cool_down_seconds: cool_down_stored(hold.cool_down_seconds),
        }
    }
}

impl HoldDocument {
    pub(crate) fn read(self) -> Result<HoldContents, Reason> {
        let Text(guest) = self.guest;
        Ok(HoldContents {
            caller: self.caller.map_or_else(|| guest.clone(), |Text(caller)| caller),
            order: self.order.read(guest)?,
            ttl_seconds: self.ttl_seconds,
            cool_down_seconds: cool_down_of(self.cool_down_seconds),
        })
    }
}

/// The document of a booking. Its guest is an attribute of the item.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BookingDocument {
    number: String,
    hold: Text<HoldId>,
    order: StoredOrder,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    fingerprint: Text<Fingerprint>,
    payments: Vec<StoredPayment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cancellation: Option<StoredCancellation>,
}

impl From<&Booking> for BookingDocument {
    fn from(booking: &Booking) -> Self {
        Self {
            number: booking.confirmation_number.clone(),
            hold: Text(booking.hold.clone()),
            order: (&booking.order).into(),
            email: booking.email.clone(),
            fingerprint: Text(booking.fingerprint.clone()),
            payments: booking
                .payments
                .iter()
                .map(|of| StoredPayment::of(of, booking.order.price.total()))
                .collect(),
            failure: booking.failure.as_ref().map(|reason| reason.as_str().to_owned()),
            cancellation: booking.cancellation.as_ref().map(Into::into),
        }
    }
}

impl BookingDocument {
    /// The document's contents; the guest is an attribute of the item.
    pub(crate) fn read(self, guest: GuestId) -> Result<BookingContents, Reason> {
        let order = self.order.read(guest)?;
        let price = order.price.total();
        let payments: Vec<Payment> =
            self.payments.into_iter().map(|of| of.read(price)).collect::<Result<_, _>>()?;
        let payments = BookingPayments::new(price.currency(), payments).map_err(reason)?;
        if payments.amount() != price {
            return Err("payments that are not the price".to_owned());
        }
        let payment_status = payments.status();
        Ok(BookingContents {
            confirmation_number: self.number,
            hold: self.hold.0,
            order,
            email: self.email,
            fingerprint: self.fingerprint.0,
            payments,
            failure: self.failure.map(|text| FailureReason::of_stored(&text, payment_status)),
            cancellation: self.cancellation.map(Into::into),
        })
    }
}

/// How a payment is made.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PaymentKind {
    Card,
    OnAccount,
}

/// Through whom a payment is made.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Provider {
    Stripe,
}

/// One payment of a booking.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredPayment {
    kind: PaymentKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provider: Option<Provider>,
    /// The provider's name for the payment method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    /// The provider's name for the payment, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    intent: Option<String>,
    /// Left out if it is the order's price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount: Option<Text<Money>>,
    state: Text<PaymentStatus>,
    captured: Text<Money>,
    refunded: Text<Money>,
    /// How far the last refund has come, unless it is final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refund: Option<String>,
    /// What the card's bank has taken back, unless the state says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    charged_back: Option<Text<Money>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    action: Option<StoredAction>,
}

impl StoredPayment {
    /// A payment of a booking at that price.
    fn of(payment: &Payment, price: Money) -> Self {
        let (kind, provider) = match &payment.method {
            PaymentMethod::Card(_) => (PaymentKind::Card, Some(Provider::Stripe)),
            PaymentMethod::OnAccount => (PaymentKind::OnAccount, None),
        };
        let card = payment.card();
        Self {
            kind,
            provider,
            method: card.map(|card| card.payment_method.clone()),
            intent: card.and_then(|card| card.intent.clone()),
            amount: (payment.amount != price).then_some(Text(payment.amount)),
            state: Text(payment.status),
            captured: Text(payment.captured),
            refunded: Text(payment.refunded),
            refund: refund_name(payment.refund).map(str::to_owned),
            charged_back: charged_back_stored(payment).map(Text),
            action: card.and_then(|card| card.action).map(Into::into),
        }
    }

    /// The payment, of a booking at that price.
    fn read(self, price: Money) -> Result<Payment, Reason> {
        let method = match (self.kind, self.provider, self.method) {
            (PaymentKind::Card, Some(Provider::Stripe), Some(payment_method)) => {
                let action = self.action.map(Into::into);
                PaymentMethod::Card(CardPayment { payment_method, intent: self.intent, action })
            }
            (PaymentKind::OnAccount, None, None) => PaymentMethod::OnAccount,
            (kind, provider, _) => return Err(format!("a payment of kind {kind:?} through {provider:?}")),
        };
        let by_status = charged_back_by_status(self.state.0, self.captured.0);
        Ok(Payment {
            method,
            amount: self.amount.map_or(price, |Text(amount)| amount),
            status: self.state.0,
            captured: self.captured.0,
            refunded: self.refunded.0,
            refund: refund_of(self.refund.as_deref())?,
            charged_back: self.charged_back.map_or(by_status, |Text(amount)| amount),
        })
    }
}

/// That a customer has something to do; how, is kept apart.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredAction {
    /// Whether the provider names the bank's page; left out if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    has_page: bool,
    expires: Millis,
}

impl From<AwaitedAction> for StoredAction {
    fn from(action: AwaitedAction) -> Self {
        Self { has_page: action.has_page, expires: Millis(action.expires_at) }
    }
}

impl From<StoredAction> for AwaitedAction {
    fn from(stored: StoredAction) -> Self {
        Self { has_page: stored.has_page, expires_at: stored.expires.0 }
    }
}

/// How a booking was cancelled.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredCancellation {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    refund: Text<Money>,
    before_capture: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    by_operator: bool,
    key_digest: Text<Fingerprint>,
    body_digest: Text<Fingerprint>,
    at: Millis,
}

impl From<&Cancellation> for StoredCancellation {
    fn from(cancellation: &Cancellation) -> Self {
        let (key_digest, body_digest) = cancellation.request.clone();
        Self {
            reason: cancellation.reason.clone(),
            refund: Text(cancellation.refund),
            before_capture: cancellation.before_capture,
            by_operator: cancellation.by_operator,
            key_digest: Text(key_digest),
            body_digest: Text(body_digest),
            at: Millis(cancellation.at),
        }
    }
}

impl From<StoredCancellation> for Cancellation {
    fn from(stored: StoredCancellation) -> Self {
        Self {
            reason: stored.reason,
            refund: stored.refund.0,
            before_capture: stored.before_capture,
            by_operator: stored.by_operator,
            request: (stored.key_digest.0, stored.body_digest.0),
            at: stored.at.0,
        }
    }
}
