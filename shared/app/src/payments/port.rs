//! What payments need from outside: the payment provider, and the sagas that move the money.

use async_trait::async_trait;
use holdfast_domain::{BookingId, Money};

use crate::kernel::errors::{PaymentError, WorkflowError};

/// Where the provider says a payment stands.
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
    /// Given up; nothing is reserved.
    Voided,
    /// The card was declined.
    Declined {
        /// The provider's code.
        code: String,
    },
}

/// A payment as the provider knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The provider's name for it.
    pub intent: String,
    /// The booking it is for, as we told the provider.
    pub booking: Option<String>,
    /// Where it stands.
    pub state: PaymentState,
    /// Given back so far.
    pub refunded: Money,
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

/// The payment provider. Every mutating call carries a key, so that the provider does it once.
#[async_trait]
pub trait Payments: Send + Sync {
    /// Prepares a payment; no money is touched. Gives the provider's name for it.
    async fn create(&self, payment: &NewPayment) -> Result<String, PaymentError>;
    /// Asks the bank to reserve the amount on `payment_method`.
    async fn authorize(
        &self,
        booking: &BookingId,
        intent: &str,
        payment_method: &str,
    ) -> Result<Payment, PaymentError>;
    /// Where the payment stands.
    async fn inquire(&self, intent: &str) -> Result<Payment, PaymentError>;
    /// Takes the reserved amount.
    async fn capture(
        &self,
        booking: &BookingId,
        intent: &str,
        amount: Money,
    ) -> Result<Payment, PaymentError>;
    /// Gives the reservation back.
    async fn void(&self, booking: &BookingId, intent: &str) -> Result<Payment, PaymentError>;
    /// Gives `amount` back; `already` was given back before.
    async fn refund(
        &self,
        booking: &BookingId,
        intent: &str,
        amount: Money,
        already: Money,
    ) -> Result<(), PaymentError>;
}

/// The sagas. Starting one twice starts one.
#[async_trait]
pub trait Workflow: Send + Sync {
    /// Starts the booking saga.
    async fn start_booking(&self, booking: &BookingId, trace: Option<&str>) -> Result<(), WorkflowError>;
    /// Starts the settlement of a booking that does not stand, once per `cause`.
    async fn start_settlement(
        &self,
        booking: &BookingId,
        cause: &str,
        trace: Option<&str>,
    ) -> Result<(), WorkflowError>;
    /// Resumes a saga that waits for the customer. `false` if it no longer waits.
    async fn resume(&self, task_token: &str) -> Result<bool, WorkflowError>;
}
