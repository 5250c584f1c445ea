//! The adapter of Stripe, against a scripted server, and the runbook against its list of webhooks.
#![expect(clippy::expect_used, reason = "helpers of tests")]

mod http;
mod money;
mod runbook;
mod server;
