//! What clients were told, kept for the audit.

use std::collections::BTreeMap;

use holdfast_client::Answer;
use jiff::Timestamp;
use serde_json::Value;

/// One answer under an idempotency key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KeyedAnswer {
    /// The status code.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: Value,
}

impl From<&Answer> for KeyedAnswer {
    fn from(answer: &Answer) -> Self {
        Self { status: answer.status, body: answer.json.clone() }
    }
}

/// What the guest of a hold knows of its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HoldEnd {
    /// Nothing: it was left alone, or may be anything.
    Open,
    /// It was given back, and that was answered before its time had passed.
    Released,
}

/// A hold that a client was told it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HoldTold {
    /// Its guest's `sub`.
    pub(crate) guest: String,
    /// When it was to expire, as the first answer said.
    pub(crate) expires_at: Timestamp,
    /// What is known of its end.
    pub(crate) end: HoldEnd,
}

/// What a client was told of a booking.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct BookingTold {
    /// The confirmation number, if it was told that the booking stands.
    pub(crate) confirmed: Option<String>,
    /// The refund's amount, if it was told that it is cancelled.
    pub(crate) cancelled: Option<i64>,
    /// Whether a cancellation was asked for, answered or not.
    pub(crate) may_be_cancelled: bool,
}

/// Everything that clients were told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Answers by path, guest and idempotency key.
    pub(crate) by_key: BTreeMap<String, Vec<KeyedAnswer>>,
    /// Holds by id.
    pub(crate) holds: BTreeMap<String, HoldTold>,
    /// What their holds were found to be in the end, by id: `status` of a read.
    pub(crate) hold_statuses: BTreeMap<String, String>,
    /// Bookings by id.
    pub(crate) bookings: BTreeMap<String, BookingTold>,
    /// Answers that no honest client may get, in words.
    pub(crate) wrong: Vec<String>,
}

impl Told {
    /// Takes an answer to `POST /api/bookings`, or a read of a booking.
    pub(crate) fn booking(&mut self, body: &Value) {
        let Some(id) = body["bookingId"].as_str() else { return };
        let told = self.bookings.entry(id.to_owned()).or_default();
        if body["status"] == "confirmed" {
            told.confirmed = body["confirmationNumber"].as_str().map(str::to_owned);
        }
    }
}
