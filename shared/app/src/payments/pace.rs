//! The pace of new payments: calls to the payment provider that begin to reserve money have turns, over all processes.
//!
//! The provider takes so many calls a second of an account, and refuses more (<https://docs.stripe.com/rate-limits>). Whatever number
//! of guests begins to pay, capture, void, refund and inquiry find room, because they never ask for a turn, and what does cannot use
//! up what the provider takes. `docs/adr/0014-pace-of-payments.md` has the figures.
//!
//! Without a counter that can be written nobody begins: it lies in a table without which nothing could be confirmed either, and money
//! that is not reserved owes nobody anything. What has begun goes on.

use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use holdfast_domain::payments::RefundProgress;
use holdfast_domain::{BookingId, Money};
use jiff::{SignedDuration, Timestamp};

use crate::kernel::errors::{PaymentError, StoreError};
use crate::kernel::mutation::Pause;
use crate::payments::port::{NewPayment, Payment, PaymentInquiry, Payments};

/// The most calls in a second that a pace may have.
const CALLS_PER_SECOND_MAX: u32 = 1000;
/// How long a payment that is to be made waits for its turn. One that is further ahead is the saga's to wait for.
const CREATE_WAIT_MAX: SignedDuration = SignedDuration::from_millis(1500);
/// The same of a payment that is made. It may wait longer, so that those who have begun come before those who have not.
const AUTHORIZE_WAIT_MAX: SignedDuration = SignedDuration::from_secs(3);

/// How many calls that begin to reserve money are made in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    calls_per_second: u32,
}

/// A text that is no pace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no number of calls in a second from 1 to {CALLS_PER_SECOND_MAX}")]
pub struct InvalidPace(String);

impl FromStr for Pace {
    type Err = InvalidPace;

    fn from_str(text: &str) -> Result<Self, InvalidPace> {
        match text.parse() {
            Ok(calls_per_second @ 1..=CALLS_PER_SECOND_MAX) => Ok(Self { calls_per_second }),
            Ok(_) | Err(_) => Err(InvalidPace(text.to_owned())),
        }
    }
}

impl Pace {
    /// The time between two turns, in whole milliseconds and never too short.
    fn spacing(self) -> SignedDuration {
        SignedDuration::from_millis(i64::from(1000_u32.div_ceil(self.calls_per_second)))
    }
}

/// A turn that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantedTurn {
    /// The earliest instant of it.
    pub now: Timestamp,
    /// The latest.
    pub latest: Timestamp,
    /// How long after it the next one is.
    pub spacing: SignedDuration,
}

/// Gives turns to the calls of all processes, one after the other.
#[async_trait]
pub trait PaymentTurns: Send + Sync {
    /// Takes the next turn: its instant; none if that is too late.
    async fn take(&self, wanted: &WantedTurn) -> Result<Option<Timestamp>, StoreError>;
}

/// Payments of which those calls have turns that begin to reserve money.
pub struct PacedPayments {
    payments: Arc<dyn Payments>,
    turns: Arc<dyn PaymentTurns>,
    clock: Arc<dyn Pause>,
    pace: Pace,
}

impl PacedPayments {
    /// Over a payment provider, what counts its turns, and a clock to wait by.
    #[must_use]
    pub fn new(
        payments: Arc<dyn Payments>,
        turns: Arc<dyn PaymentTurns>,
        clock: Arc<dyn Pause>,
        pace: Pace,
    ) -> Self {
        Self { payments, turns, clock, pace }
    }

    /// Waits for a turn. None in good time is as if the provider had refused: nothing has happened, and later it may.
    async fn turn(&self, call: &'static str, wait_max: SignedDuration) -> Result<(), PaymentError> {
        let now = self.clock.now();
        let latest = now.checked_add(wait_max).unwrap_or(now);
        let wanted = WantedTurn { now, latest, spacing: self.pace.spacing() };
        match self.turns.take(&wanted).await {
            Ok(Some(turn)) => {
                self.clock.until(turn).await;
                Ok(())
            }
            Ok(None) => {
                // An alarm counts this line (`infra/cdk/lib/capabilities/payments.ts`).
                tracing::warn!(call, "no turn for a new payment");
                Err(PaymentError::Unavailable("too many payments begin at once: no turn in good time".into()))
            }
            Err(error) => Err(PaymentError::Unavailable(Box::new(error))),
        }
    }
}

#[async_trait]
impl PaymentInquiry for PacedPayments {
    async fn inquire(&self, intent: &str) -> Result<Payment, PaymentError> {
        self.payments.inquire(intent).await
    }
}

#[async_trait]
impl Payments for PacedPayments {
    async fn create(&self, payment: &NewPayment) -> Result<String, PaymentError> {
        self.turn("create", CREATE_WAIT_MAX).await?;
        self.payments.create(payment).await
    }

    async fn authorize(
        &self,
        booking: &BookingId,
        intent: &str,
        payment_method: &str,
    ) -> Result<Payment, PaymentError> {
        self.turn("authorize", AUTHORIZE_WAIT_MAX).await?;
        self.payments.authorize(booking, intent, payment_method).await
    }

    async fn capture(
        &self,
        booking: &BookingId,
        intent: &str,
        amount: Money,
    ) -> Result<Payment, PaymentError> {
        self.payments.capture(booking, intent, amount).await
    }

    async fn void(&self, booking: &BookingId, intent: &str) -> Result<Payment, PaymentError> {
        self.payments.void(booking, intent).await
    }

    async fn refund(
        &self,
        booking: &BookingId,
        intent: &str,
        amount: Money,
        already: Money,
    ) -> Result<RefundProgress, PaymentError> {
        self.payments.refund(booking, intent, amount, already).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_a_number_of_calls_that_is_never_exceeded() {
        for (text, spacing) in [("1", 1000), ("3", 334), ("5", 200), ("600", 2), ("1000", 1)] {
            let pace: Pace = text.parse().expect("a pace");
            assert_eq!(pace.spacing(), SignedDuration::from_millis(spacing), "{text}");
        }
        for text in ["0", "1001", "-1", "1.5", "", "many"] {
            assert_eq!(text.parse::<Pace>(), Err(InvalidPace(text.to_owned())));
        }
    }
}
