//! This crate implements the payment ports on Stripe's HTTP API.
//!
//! Promises: every mutating call carries an `Idempotency-Key` derived from booking and operation, so that a repetition is
//! done once; an effect that is possible is never reported as absent, nor one that is absent as possible; no key, secret or
//! client secret is logged.
//!
//! **Idempotency keys.** Stripe repeats the first answer to a key for 24 hours, a 500 included, and forgets it after that.
//! Neither may be relied on alone: before a repetition the state machine asks where the payment stands
//! (`InquirePayment`), and an intent in the wrong state refuses on its own. When Stripe repeats a failure (a 500, or a
//! refusal that may have been right at the time), or the success of a refund that has failed since, this adapter asks where
//! the payment stands, and only if the operation is without effect tries once more under a further key.
//!
//! **Webhooks.** `src/webhook_kinds.txt` is the one list of the kinds of events that are of interest: `make stripe-webhook`
//! subscribes to it, and what else comes is acknowledged without a question to Stripe.
//!
//! Deliberately absent: card data (guests give it to Stripe and bring us a payment method's id), retries with waiting (the
//! state machine's), customers and invoices.

mod client;
mod payments;
mod webhook;
mod wire;

pub use client::StripeEndpoint;
// How far requests may reach.
pub use holdfast_egress::Reach;
pub use payments::StripePayments;
pub use webhook::{StripeWebhook, subscribed_kinds};
