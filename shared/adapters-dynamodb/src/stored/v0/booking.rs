//! Documents of hold records and bookings as version 0 has them.

use holdfast_domain::bookings::{Cancellation, FailureReason};
use holdfast_domain::payments::{CardPayment, CustomerAction, PaymentMethod};
use holdfast_domain::{Booking, BookingPayments, Fingerprint, GuestId, Hold, HoldId, Payment, PaymentStatus};
use serde::{Deserialize, Serialize};

use crate::stored::contents::{BookingContents, HoldContents};
use crate::stored::reason::{Reason, instant, reason};
use crate::stored::v0::order::{StoredMoney, StoredOrder};

/// What a customer has to do.
#[derive(Debug, Serialize, Deserialize)]
struct StoredAction {
    secret: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    expires: i64,
}

impl From<&CustomerAction> for StoredAction {
    fn from(action: &CustomerAction) -> Self {
        Self {
            secret: action.client_secret.clone(),
            url: action.redirect_url.clone(),
            expires: action.expires_at.as_millisecond(),
        }
    }
}

impl StoredAction {
    fn read(self) -> Result<CustomerAction, Reason> {
        Ok(CustomerAction {
            client_secret: self.secret,
            redirect_url: self.url,
            expires_at: instant(self.expires)?,
        })
    }
}

/// How a booking was cancelled. `request` is the digest of the key, then that of the body.
#[derive(Debug, Serialize, Deserialize)]
struct StoredCancellation {
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    refund: StoredMoney,
    before_capture: bool,
    request: (String, String),
    at: i64,
}

impl From<&Cancellation> for StoredCancellation {
    fn from(cancellation: &Cancellation) -> Self {
        Self {
            reason: cancellation.reason.clone(),
            refund: cancellation.refund.into(),
            before_capture: cancellation.before_capture,
            request: (cancellation.request.0.to_string(), cancellation.request.1.to_string()),
            at: cancellation.at.as_millisecond(),
        }
    }
}

impl StoredCancellation {
    fn read(self) -> Result<Cancellation, Reason> {
        Ok(Cancellation {
            reason: self.reason,
            refund: self.refund.read()?,
            before_capture: self.before_capture,
            request: (
                Fingerprint::parse(&self.request.0).map_err(reason)?,
                Fingerprint::parse(&self.request.1).map_err(reason)?,
            ),
            at: instant(self.at)?,
        })
    }
}

/// The document of a hold record.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct HoldDocument {
    order: StoredOrder,
    caller: String,
    ttl: u32,
    /// Seconds of cool-down, if there is one.
    #[serde(default, skip_serializing_if = "is_zero")]
    wait: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl HoldDocument {
    /// The document; `None` for a hold that version 0 cannot say.
    pub(crate) fn of(hold: &Hold) -> Option<Self> {
        Some(Self {
            order: StoredOrder::of(&hold.order)?,
            caller: hold.caller.to_string(),
            ttl: hold.ttl_seconds,
            wait: hold.cool_down_seconds,
        })
    }

    pub(crate) fn read(self) -> Result<HoldContents, Reason> {
        Ok(HoldContents {
            order: self.order.read()?,
            caller: GuestId::parse(&self.caller).map_err(reason)?,
            ttl_seconds: self.ttl,
            cool_down_seconds: self.wait,
        })
    }
}

/// The document of a booking.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BookingDocument {
    number: String,
    hold: String,
    order: StoredOrder,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    method: String,
    fingerprint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    intent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<StoredAction>,
    captured: StoredMoney,
    refunded: StoredMoney,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancellation: Option<StoredCancellation>,
}

impl BookingDocument {
    /// The document; `None` for a booking that version 0 cannot say.
    pub(crate) fn of(booking: &Booking) -> Option<Self> {
        let (payment, card) = card_payment(booking)?;
        Some(Self {
            number: booking.confirmation_number.clone(),
            hold: booking.hold.to_string(),
            order: StoredOrder::of(&booking.order)?,
            email: booking.email.clone(),
            method: card.payment_method.clone(),
            fingerprint: booking.fingerprint.to_string(),
            intent: card.intent.clone(),
            action: card.action.as_ref().map(Into::into),
            captured: payment.captured.into(),
            refunded: payment.refunded.into(),
            failure: booking.failure.as_ref().map(|reason| reason.as_str().to_owned()),
            cancellation: booking.cancellation.as_ref().map(Into::into),
        })
    }

    /// The document's contents; the payment's status is an attribute of the item.
    pub(crate) fn read(self, payment_status: PaymentStatus) -> Result<BookingContents, Reason> {
        let order = self.order.read()?;
        let card = CardPayment {
            payment_method: self.method,
            intent: self.intent,
            action: self.action.map(StoredAction::read).transpose()?,
        };
        let amount = order.price.total();
        let payment = Payment {
            method: PaymentMethod::Card(card),
            amount,
            status: payment_status,
            captured: self.captured.read()?,
            refunded: self.refunded.read()?,
        };
        Ok(BookingContents {
            confirmation_number: self.number,
            hold: HoldId::parse(&self.hold).map_err(reason)?,
            order,
            email: self.email,
            fingerprint: Fingerprint::parse(&self.fingerprint).map_err(reason)?,
            payments: BookingPayments::new(amount.currency(), vec![payment]).map_err(reason)?,
            failure: self.failure.map(|text| FailureReason::of_stored(&text, payment_status)),
            cancellation: self.cancellation.map(StoredCancellation::read).transpose()?,
        })
    }
}

/// The payment of a booking that is paid as one amount by card; `None` for what version 0 cannot say.
fn card_payment(booking: &Booking) -> Option<(&Payment, &CardPayment)> {
    let payment = booking.only_payment().ok()?;
    let is_all = payment.amount == booking.order.price.total();
    is_all.then_some(payment).zip(payment.card())
}
