//! What Stripe takes of an account in a second, which no bank of the tests has a notion of: in live mode 100 requests, in test mode
//! (a sandbox) 25, and 25 of each endpoint (<https://docs.stripe.com/rate-limits>). What is more is answered 429 with the code
//! `rate_limit` (<https://docs.stripe.com/error-codes>).
//!
//! How Stripe measures a second is not documented. Here any second counts, wherever it begins, which refuses sooner than a window or a
//! bucket of the same number. What is refused is not counted.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use holdfast_app::payments::{NewPayment, Payment, PaymentInquiry, Payments};
use holdfast_app::{Clock, PaymentError};
use holdfast_domain::payments::RefundProgress;
use holdfast_domain::{BookingId, Money};

use crate::TestClock;

const ENDPOINT_PER_SECOND: usize = 25;
const SECOND_MILLIS: i64 = 1000;

/// A kind of request to Stripe, of which each has a limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// `POST /v1/payment_intents`
    Create,
    /// `POST /v1/payment_intents/{id}/confirm`
    Confirm,
    /// `GET /v1/payment_intents/{id}`
    Retrieve,
    /// `POST /v1/payment_intents/{id}/capture`
    Capture,
    /// `POST /v1/payment_intents/{id}/cancel`
    Cancel,
    /// `POST /v1/refunds`
    Refund,
}

/// How many requests to an endpoint there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the number of its name")]
pub struct Requests {
    pub taken: usize,
    pub refused: usize,
}

#[derive(Debug, Default)]
struct State {
    /// The requests of the last second, the oldest first.
    recent: VecDeque<(i64, Endpoint)>,
    tally: BTreeMap<Endpoint, Requests>,
}

/// A payment provider that takes a number of requests in a second, by a clock that the test turns.
pub struct LimitedPayments {
    payments: Arc<dyn Payments>,
    clock: TestClock,
    per_second: usize,
    state: Mutex<State>,
}

impl LimitedPayments {
    /// What Stripe takes of an account in test mode, in all.
    pub const TEST_MODE: usize = 25;
    /// The same in live mode.
    pub const LIVE_MODE: usize = 100;

    /// Over a provider that takes everything.
    #[must_use]
    pub fn new(payments: Arc<dyn Payments>, clock: &TestClock, per_second: usize) -> Self {
        Self { payments, clock: clock.clone(), per_second, state: Mutex::default() }
    }

    /// How it went so far, by endpoint.
    #[must_use]
    pub fn tally(&self) -> BTreeMap<Endpoint, Requests> {
        self.state().tally.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn admit(&self, endpoint: Endpoint) -> Result<(), PaymentError> {
        let now = self.clock.now().as_millisecond();
        let state = &mut *self.state();
        while state.recent.front().is_some_and(|(at, _)| *at <= now - SECOND_MILLIS) {
            state.recent.pop_front();
        }
        let of_endpoint = state.recent.iter().filter(|(_, one)| *one == endpoint).count();
        let requests = state.tally.entry(endpoint).or_default();
        if state.recent.len() >= self.per_second || of_endpoint >= ENDPOINT_PER_SECOND {
            requests.refused += 1;
            return Err(PaymentError::Unavailable(format!("429 rate_limit: {endpoint:?}").into()));
        }
        requests.taken += 1;
        state.recent.push_back((now, endpoint));
        Ok(())
    }
}

#[async_trait]
impl PaymentInquiry for LimitedPayments {
    async fn inquire(&self, intent: &str) -> Result<Payment, PaymentError> {
        self.admit(Endpoint::Retrieve)?;
        self.payments.inquire(intent).await
    }
}

#[async_trait]
impl Payments for LimitedPayments {
    async fn create(&self, payment: &NewPayment) -> Result<String, PaymentError> {
        self.admit(Endpoint::Create)?;
        self.payments.create(payment).await
    }

    async fn authorize(
        &self,
        booking: &BookingId,
        intent: &str,
        payment_method: &str,
    ) -> Result<Payment, PaymentError> {
        self.admit(Endpoint::Confirm)?;
        self.payments.authorize(booking, intent, payment_method).await
    }

    async fn capture(
        &self,
        booking: &BookingId,
        intent: &str,
        amount: Money,
    ) -> Result<Payment, PaymentError> {
        self.admit(Endpoint::Capture)?;
        self.payments.capture(booking, intent, amount).await
    }

    async fn void(&self, booking: &BookingId, intent: &str) -> Result<Payment, PaymentError> {
        self.admit(Endpoint::Cancel)?;
        self.payments.void(booking, intent).await
    }

    async fn refund(
        &self,
        booking: &BookingId,
        intent: &str,
        amount: Money,
        already: Money,
    ) -> Result<RefundProgress, PaymentError> {
        self.admit(Endpoint::Refund)?;
        self.payments.refund(booking, intent, amount, already).await
    }
}
