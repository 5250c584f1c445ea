//! The HTTP API of Holdfast: requests in, use cases in between, answers and problems out.
//!
//! Promises: every answer carries `X-Request-Id` and `traceparent`; whatever a client sends, the answer is one of the
//! documented ones and never a panic; a request that does not validate names each wrong field and changes nothing; errors
//! become HTTP in one place (`problem`).
//!
//! One router per function, over plain `http` types. Deliberately absent: Lambda and its event formats (`holdfast-runtime`
//! translates), storage, payment, and every decision about bookings.

pub mod bookings;
pub mod cancel;
pub mod confirm;
pub mod holds;
pub mod openapi;
pub mod problem;
pub mod request;
pub mod resources;
pub mod search;
pub mod stripe_webhook;
pub mod wire;

mod answer;
mod exchange;
mod read;
mod route;
mod trace;

pub use bookings::BookingsApi;
pub use cancel::CancelApi;
pub use confirm::ConfirmApi;
pub use holds::HoldApi;
pub use request::{Claims, Request, Response};
pub use resources::ResourcesApi;
pub use search::SearchApi;
pub use stripe_webhook::WebhookApi;
