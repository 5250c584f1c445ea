//! The HTTP API of Holdfast: requests in, use cases in between, answers and problems out.
//!
//! A folder per capability has its routes, each declared next to its handler, and its wire types. Each function that serves
//! routes is a type here that implements [`Api`]; the kernel (`holdfast-http`) dispatches its requests.
//!
//! Promises: whatever a client sends, the answer is one of the documented ones and never a panic; a request that does not
//! validate names each wrong field and changes nothing; failures become HTTP in one place ([`problem`]).
//!
//! Deliberately absent: Lambda and its event formats (`holdfast-runtime` translates), storage, payment, and every decision
//! about bookings.

pub mod bookings;
pub mod budgets;
pub mod catalogue;
pub mod holds;
pub mod openapi;
pub mod payments;
pub mod problem;
pub mod properties;
pub mod rates;
pub mod search;
pub mod wire;

mod formats;
mod scopes;
mod trail;
mod words;

pub use bookings::{BookingsApi, CancelApi, ConfirmApi};
pub use catalogue::ResourcesApi;
pub use holdfast_http::{Api, Budget, Claims, Identity, Request, Response};
pub use holds::HoldApi;
pub use payments::WebhookApi;
pub use search::SearchApi;
pub use trail::{ResourceTrailParameters, ResourceTrailQuestion, TrailParameters, TrailQuestion};
