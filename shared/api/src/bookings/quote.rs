//! What a cancellation would give back, on the wire.

use holdfast_domain::BookingId;
use holdfast_domain::bookings::{CancellationQuote, RefundStep, STEPS_MAX};
use serde::Serialize;
use utoipa::ToSchema;

use crate::bookings::wire::{BookingStatusName, PaymentStatusName};
use crate::wire::{MoneyBody, moment};

/// What cancelling a booking would give back at this moment, and until when.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CancellationQuote, example = json!({
    "bookingId": "bkg_q3w5e7r2t4y6u1i9o8p0a2s4", "status": "confirmed", "paymentStatus": "captured", "cancellable": true,
    "paid": { "amount": 25800, "currency": "USD" }, "refund": { "amount": 25800, "currency": "USD" },
    "kept": { "amount": 0, "currency": "USD" }, "asOf": "2027-05-20T09:30:00.000Z", "validUntil": "2027-05-31T19:00:00.000Z",
    "schedule": [
        { "until": "2027-05-31T19:00:00.000Z", "refund": { "amount": 25800, "currency": "USD" } },
        { "until": "2027-06-01T18:59:59.999Z", "refund": { "amount": 12900, "currency": "USD" } },
        { "until": null, "refund": { "amount": 0, "currency": "USD" } }
    ]
}))]
pub struct CancellationQuoteBody {
    /// The booking.
    pub booking_id: String,
    /// Its status.
    pub status: BookingStatusName,
    /// The status of its payment.
    pub payment_status: PaymentStatusName,
    /// Whether it can be cancelled. What has failed, is completed or was cancelled cannot.
    pub cancellable: bool,
    /// Taken so far.
    pub paid: MoneyBody,
    /// What `cancelBooking` would name at `asOf`, refunds so far included; if it cannot be cancelled, what was promised or given back.
    pub refund: MoneyBody,
    /// The rest of `paid`, without what the card's bank has taken back.
    pub kept: MoneyBody,
    /// The moment that `refund` is for.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// The last moment at which it is `refund`; null where it does not change any more.
    #[schema(required = true, format = DateTime)]
    pub valid_until: Option<String>,
    /// The refund from `asOf` on, in order of time; empty if it cannot be cancelled.
    #[schema(max_items = 18)]
    pub schedule: Vec<RefundStepBody>,
}

const _: () = assert!(STEPS_MAX == 18, "as the schema says");

/// What a cancellation gives back for some time.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RefundStep)]
pub struct RefundStepBody {
    /// The last moment at which it does, itself included; null on the last.
    #[schema(required = true, format = DateTime)]
    pub until: Option<String>,
    /// What the guest has back in all.
    pub refund: MoneyBody,
}

impl From<&RefundStep> for RefundStepBody {
    fn from(step: &RefundStep) -> Self {
        Self { until: step.until.map(moment), refund: step.refund.into() }
    }
}

impl CancellationQuoteBody {
    /// The quote of a booking.
    #[must_use]
    pub fn of(id: &BookingId, quote: &CancellationQuote) -> Self {
        Self {
            booking_id: id.to_string(),
            status: quote.status.into(),
            payment_status: quote.payment_status.into(),
            cancellable: quote.is_cancellable(),
            paid: quote.paid.into(),
            refund: quote.refund.into(),
            kept: quote.kept.into(),
            as_of: moment(quote.as_of),
            valid_until: quote.valid_until().map(moment),
            schedule: quote.steps.iter().map(Into::into).collect(),
        }
    }
}
