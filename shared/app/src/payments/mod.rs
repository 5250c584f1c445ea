//! Payments: the steps of the saga, and what the payment provider's webhooks lead to.

pub(crate) mod attempts;
pub(crate) mod charge;
mod decisions;
pub(crate) mod outcome;
pub(crate) mod pace;
pub(crate) mod paid_otherwise;
pub(crate) mod port;
pub(crate) mod recovery;
pub(crate) mod steps;
pub(crate) mod webhook;

pub use attempts::{AttemptReader, AttemptsChange, StoredAttempts};
pub use charge::{ChargeLimits, ChargeRules};
pub use outcome::Outcome;
pub use pace::{InvalidPace, Pace, PacedPayments, PaymentTurns, WantedTurn};
pub use paid_otherwise::RefundNotes;
pub use port::{
    BookingSaga, CustomerActions, Dispute, NewPayment, Payment, PaymentInquiry, PaymentState, Payments,
    SagaCallbacks, SagaResumption, SettlementSaga,
};
pub use recovery::SagaRecovery;
pub use steps::Saga;
pub use webhook::{InvalidWebhook, Reaction, Webhook, WebhookError, WebhookEvent, WebhookVerifier};
