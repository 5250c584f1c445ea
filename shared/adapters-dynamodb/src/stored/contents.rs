//! What the documents of hold records and bookings contain, whichever version they are of.

use holdfast_domain::bookings::{Cancellation, FailureReason, Order};
use holdfast_domain::payments::RefundProgress;
use holdfast_domain::{
    BookingPayments, Fingerprint, GuestId, HoldId, HoldLimits, Money, Payment, PaymentStatus,
};
use serde::{Deserialize, Serialize};

use crate::stored::reason::Reason;

/// The contents of a hold record's document.
pub(crate) struct HoldContents {
    pub(crate) order: Order,
    pub(crate) caller: GuestId,
    pub(crate) ttl_seconds: u32,
    pub(crate) cool_down_seconds: Option<u32>,
}

/// Limits on holds as numbers: what the release before applied where an operator named none.
pub(crate) struct LimitNumbers {
    pub(crate) per_guest: u32,
    pub(crate) cool_down_seconds: u32,
    /// Which of them an operator named although the number is that one.
    pub(crate) named: Vec<NamedLimit>,
}

/// A limit that is stored as a number in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NamedLimit {
    PerGuest,
    CoolDown,
}

/// The release before allowed as many holds of a guest on a page where none were named, and had no cool-down then.
const PER_GUEST_UNNAMED: u32 = 20;
const COOL_DOWN_UNNAMED: u32 = 0;

impl From<&HoldLimits> for LimitNumbers {
    fn from(limits: &HoldLimits) -> Self {
        let mut named = Vec::new();
        if limits.per_guest == Some(PER_GUEST_UNNAMED) {
            named.push(NamedLimit::PerGuest);
        }
        if limits.cool_down_seconds == Some(COOL_DOWN_UNNAMED) {
            named.push(NamedLimit::CoolDown);
        }
        Self {
            per_guest: limits.per_guest.unwrap_or(PER_GUEST_UNNAMED),
            cool_down_seconds: limits.cool_down_seconds.unwrap_or(COOL_DOWN_UNNAMED),
            named,
        }
    }
}

impl LimitNumbers {
    pub(crate) fn limits(&self, per_slot: u32, places_per_slot: Option<u32>) -> HoldLimits {
        let named =
            |limit, number, unnamed| (number != unnamed || self.named.contains(&limit)).then_some(number);
        HoldLimits {
            per_guest: named(NamedLimit::PerGuest, self.per_guest, PER_GUEST_UNNAMED),
            per_slot,
            places_per_slot,
            cool_down_seconds: named(NamedLimit::CoolDown, self.cool_down_seconds, COOL_DOWN_UNNAMED),
        }
    }
}

/// How long a guest waits after a hold, as it is stored: 0 where the hold's terms name nothing, left out for no wait.
pub(crate) fn cool_down_stored(seconds: Option<u32>) -> Option<u32> {
    match seconds {
        Some(0) => None,
        seconds => Some(seconds.unwrap_or(0)),
    }
}

/// How long a guest waits after a hold.
pub(crate) fn cool_down_of(stored: Option<u32>) -> Option<u32> {
    match stored {
        None => Some(0),
        seconds => seconds.filter(|seconds| *seconds > 0),
    }
}

/// The contents of a booking's document.
pub(crate) struct BookingContents {
    pub(crate) confirmation_number: String,
    pub(crate) hold: HoldId,
    pub(crate) order: Order,
    pub(crate) email: Option<String>,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) payments: BookingPayments,
    pub(crate) failure: Option<FailureReason>,
    pub(crate) cancellation: Option<Cancellation>,
}

/// How far a refund has come, as it is stored; `None` if it is final.
pub(crate) fn refund_name(refund: RefundProgress) -> Option<&'static str> {
    match refund {
        RefundProgress::Final => None,
        RefundProgress::Pending => Some("pending"),
        RefundProgress::Failed => Some("failed"),
    }
}

/// How far a refund has come.
pub(crate) fn refund_of(name: Option<&str>) -> Result<RefundProgress, Reason> {
    let known = RefundProgress::ALL.into_iter().find(|refund| refund_name(*refund) == name);
    known.ok_or_else(|| format!("a refund that is {}", name.unwrap_or_default()))
}

/// What the card's bank has taken back, as it is stored; `None` if the payment's status says it: nothing, or all that was taken.
pub(crate) fn charged_back_stored(payment: &Payment) -> Option<Money> {
    let by_status = charged_back_by_status(payment.status, payment.captured);
    (payment.charged_back != by_status).then_some(payment.charged_back)
}

/// What the card's bank has taken back of a payment of that status, where nothing else is stored.
pub(crate) fn charged_back_by_status(status: PaymentStatus, captured: Money) -> Money {
    if status == PaymentStatus::ChargedBack { captured } else { Money::zero(captured.currency()) }
}
