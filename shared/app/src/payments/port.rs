//! What payments need from outside: the payment provider, the sagas that move the money, and their callbacks.

use async_trait::async_trait;
use holdfast_domain::payments::{CustomerAction, RefundProgress};
use holdfast_domain::{BookingId, Money};

use crate::kernel::errors::{PaymentError, StoreError, WorkflowError};
use crate::kernel::mutation::Mutation;

/// The state of a payment at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentState {
    /// It exists; nobody has tried to pay.
    NotStarted,
    /// The bank wants the customer.
    ActionRequired {
        /// For the guest's device.
        client_secret: String,
        /// The bank's page, if named.
        redirect_url: Option<String>,
    },
    /// The provider is still at work.
    Processing,
    /// The amount is reserved.
    Authorized,
    /// The money is taken.
    Captured,
    /// Cancelled; nothing is reserved.
    Voided,
    /// The card was declined.
    Declined {
        /// The provider's code.
        code: String,
    },
}

/// What the card's bank says against a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dispute {
    /// Nothing, or it has lost.
    None,
    /// It disputes the payment: nobody knows yet whose the money is.
    Open,
    /// It has taken the money back.
    Lost,
}

/// A payment as the provider knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The provider's name for it.
    pub intent: String,
    /// The booking it is for, as the provider was given it.
    pub booking: Option<String>,
    /// Its state.
    pub state: PaymentState,
    /// Taken, whatever was given back since; nothing before it is captured.
    pub taken: Money,
    /// Given back so far, with what is on its way.
    pub refunded: Money,
    /// Whether some of that is on its way, and may still fail.
    pub refund_pending: bool,
    /// What the card's bank says against it.
    pub dispute: Dispute,
    /// What the card's bank has taken back of it, in disputes that were lost.
    pub charged_back: Money,
}

/// The part of an amount that a booking can record: what the provider says beyond `most` is no part of it.
pub(crate) fn no_more_than(amount: Money, most: Money) -> Money {
    if amount.amount() > most.amount() { most } else { amount }
}

/// A payment to be prepared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayment {
    /// What it is for.
    pub booking: BookingId,
    /// For the guest's statement.
    pub confirmation_number: String,
    /// How much.
    pub amount: Money,
}

/// Asks the payment provider.
#[async_trait]
pub trait PaymentInquiry: Send + Sync {
    /// Asks for the state of a payment.
    async fn inquire(&self, intent: &str) -> Result<Payment, PaymentError>;
}

/// Moves money. Every mutating call carries a key, so that the provider does it once.
#[async_trait]
pub trait Payments: PaymentInquiry {
    /// Prepares a payment; no money is touched. Gives the provider's name for it.
    async fn create(&self, payment: &NewPayment) -> Result<String, PaymentError>;
    /// Asks the bank to reserve the amount on `payment_method`.
    async fn authorize(
        &self,
        booking: &BookingId,
        intent: &str,
        payment_method: &str,
    ) -> Result<Payment, PaymentError>;
    /// Takes the reserved amount.
    async fn capture(
        &self,
        booking: &BookingId,
        intent: &str,
        amount: Money,
    ) -> Result<Payment, PaymentError>;
    /// Gives the reservation back.
    async fn void(&self, booking: &BookingId, intent: &str) -> Result<Payment, PaymentError>;
    /// Gives `amount` back; `already` was given back before. Gives how far it has come: never that it has failed, which is
    /// [`PaymentError::Refused`].
    async fn refund(
        &self,
        booking: &BookingId,
        intent: &str,
        amount: Money,
        already: Money,
    ) -> Result<RefundProgress, PaymentError>;
}

/// Starts booking sagas.
#[async_trait]
pub trait BookingSaga: Send + Sync {
    /// Starts the saga that pays and confirms a booking. Starting it twice starts one.
    async fn start_booking(&self, booking: &BookingId, trace: Option<&str>) -> Result<(), WorkflowError>;

    /// Starts the saga of a booking again after it was parked: it asks the provider first. Starting the same `number` twice
    /// starts one.
    async fn resume_booking(&self, booking: &BookingId, number: u32) -> Result<(), WorkflowError>;
}

/// Starts settlements.
#[async_trait]
pub trait SettlementSaga: Send + Sync {
    /// Starts the settlement of the money of a cancelled or failed booking, once per `cause`.
    async fn start_settlement(
        &self,
        booking: &BookingId,
        cause: &str,
        trace: Option<&str>,
    ) -> Result<(), WorkflowError>;
}

/// Resumes sagas.
#[async_trait]
pub trait SagaResumption: Send + Sync {
    /// Resumes a saga that waits for the customer. `false` if it no longer waits.
    async fn resume(&self, task_token: &str) -> Result<bool, WorkflowError>;
}

/// Reads what customers have to do at their banks. It is written by [`BookingStore`](crate::bookings::BookingStore), with the event that
/// asks for it.
#[async_trait]
pub trait CustomerActions: Send + Sync {
    /// What the customer of a booking has to do or had to do last, while that is kept; reads the latest write.
    async fn customer_action(&self, booking: &BookingId) -> Result<Option<CustomerAction>, StoreError>;
}

/// Remembers how a saga that waits is resumed, for longer than a saga may run.
#[async_trait]
pub trait SagaCallbacks: Send + Sync {
    /// Remembers which callback resumes the saga of a booking.
    async fn put_task_token(
        &self,
        booking: &BookingId,
        token: &str,
        mutation: &Mutation,
    ) -> Result<(), StoreError>;

    /// The callback that resumes the saga of a booking.
    async fn task_token(&self, booking: &BookingId) -> Result<Option<String>, StoreError>;
}
