//! Payments: the steps of the saga, and what the payment provider's webhooks lead to.

pub(crate) mod port;
pub(crate) mod recovery;
pub(crate) mod steps;
pub(crate) mod webhook;

pub use port::{
    BookingSaga, NewPayment, Payment, PaymentInquiry, PaymentState, Payments, SagaCallbacks, SagaResumption,
    SettlementSaga,
};
pub use recovery::SagaRecovery;
pub use steps::{Outcome, Saga};
pub use webhook::{InvalidWebhook, Reaction, Webhook, WebhookError, WebhookEvent, WebhookVerifier};
