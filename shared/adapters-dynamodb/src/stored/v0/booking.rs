//! Documents of hold records and bookings as version 0 has them.

use holdfast_domain::bookings::{Cancellation, FailureReason};
use holdfast_domain::payments::{AwaitedAction, CardPayment, CustomerAction, PaymentMethod, RefundProgress};
use holdfast_domain::{
    Booking, BookingPayments, Fingerprint, GuestId, Hold, HoldId, Money, Payment, PaymentStatus,
};
use serde::{Deserialize, Serialize};

use crate::stored::contents::{
    BookingContents, HoldContents, charged_back_by_status, cool_down_of, cool_down_stored,
};
use crate::stored::reason::{Reason, instant, reason};
use crate::stored::v0::order::{StoredMoney, StoredOrder};

/// That a customer has something to do. The release before wrote how, too, and cannot read it without: it reads texts of nothing.
#[derive(Debug, Serialize, Deserialize)]
struct StoredAction {
    secret: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    expires: i64,
}

impl From<AwaitedAction> for StoredAction {
    fn from(action: AwaitedAction) -> Self {
        Self {
            secret: String::new(),
            url: action.has_page.then(String::new),
            expires: action.expires_at.as_millisecond(),
        }
    }
}

impl StoredAction {
    fn read(self) -> Result<AwaitedAction, Reason> {
        Ok(AwaitedAction { has_page: self.url.is_some(), expires_at: instant(self.expires)? })
    }
}

/// How a booking was cancelled. `request` is the digest of the key, then that of the body.
#[derive(Debug, Serialize, Deserialize)]
struct StoredCancellation {
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    refund: StoredMoney,
    before_capture: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    by_operator: bool,
    request: (String, String),
    at: i64,
}

impl From<&Cancellation> for StoredCancellation {
    fn from(cancellation: &Cancellation) -> Self {
        Self {
            reason: cancellation.reason.clone(),
            refund: cancellation.refund.into(),
            before_capture: cancellation.before_capture,
            by_operator: cancellation.by_operator,
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
            by_operator: self.by_operator,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wait: Option<u32>,
}

impl HoldDocument {
    /// The document; `None` for a hold that version 0 cannot say.
    pub(crate) fn of(hold: &Hold) -> Option<Self> {
        Some(Self {
            order: StoredOrder::of(&hold.order)?,
            caller: hold.caller.to_string(),
            ttl: hold.ttl_seconds,
            wait: cool_down_stored(hold.cool_down_seconds),
        })
    }

    pub(crate) fn read(self) -> Result<HoldContents, Reason> {
        Ok(HoldContents {
            order: self.order.read()?,
            caller: GuestId::parse(&self.caller).map_err(reason)?,
            ttl_seconds: self.ttl,
            cool_down_seconds: cool_down_of(self.wait),
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
    /// Whether there is nothing to pay. The release before reads a payment of nothing, without a method.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    free: bool,
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
        let (method, intent, action, captured, refunded) = if booking.is_free() {
            let nothing = Money::zero(booking.order.price.total().currency());
            (String::new(), None, None, nothing, nothing)
        } else {
            let (payment, card) = card_payment(booking)?;
            let action = card.action.map(Into::into);
            (card.payment_method.clone(), card.intent.clone(), action, payment.captured, payment.refunded)
        };
        Some(Self {
            number: booking.confirmation_number.clone(),
            hold: booking.hold.to_string(),
            order: StoredOrder::of(&booking.order)?,
            email: booking.email.clone(),
            method,
            free: booking.is_free(),
            fingerprint: booking.fingerprint.to_string(),
            intent,
            action,
            captured: captured.into(),
            refunded: refunded.into(),
            failure: booking.failure.as_ref().map(|reason| reason.as_str().to_owned()),
            cancellation: booking.cancellation.as_ref().map(Into::into),
        })
    }

    /// What the customer has to do, if the release before wrote it.
    pub(crate) fn action_of_before(self) -> Result<Option<CustomerAction>, Reason> {
        let Some(StoredAction { secret, url, expires }) =
            self.action.filter(|action| !action.secret.is_empty())
        else {
            return Ok(None);
        };
        let expires_at = instant(expires)?;
        Ok(Some(CustomerAction { client_secret: secret, redirect_url: url, expires_at }))
    }

    /// The document's contents. The payment's status, that of its refund and what the card's bank has taken back, if the status
    /// does not say it, are attributes of the item.
    pub(crate) fn read(
        self,
        payment_status: PaymentStatus,
        refund: RefundProgress,
        charged_back: Option<i64>,
    ) -> Result<BookingContents, Reason> {
        let order = self.order.read()?;
        let amount = order.price.total();
        let payments = if self.free {
            if amount.amount() != 0 {
                return Err("a price that nothing pays".to_owned());
            }
            BookingPayments::free(amount.currency())
        } else {
            let card = CardPayment {
                payment_method: self.method,
                intent: self.intent,
                action: self.action.map(StoredAction::read).transpose()?,
            };
            let captured = self.captured.read()?;
            let charged_back = match charged_back {
                Some(minor_units) => Money::new(minor_units, captured.currency()).map_err(reason)?,
                None => charged_back_by_status(payment_status, captured),
            };
            let payment = Payment {
                method: PaymentMethod::Card(card),
                amount,
                status: payment_status,
                captured,
                refunded: self.refunded.read()?,
                refund,
                charged_back,
            };
            BookingPayments::new(amount.currency(), vec![payment]).map_err(reason)?
        };
        Ok(BookingContents {
            confirmation_number: self.number,
            hold: HoldId::parse(&self.hold).map_err(reason)?,
            order,
            email: self.email,
            fingerprint: Fingerprint::parse(&self.fingerprint).map_err(reason)?,
            payments,
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
