//! The HTTP kernel: what every API of Holdfast shares, over plain `http` types.
//!
//! An API is a type that implements [`Api`]: it declares its routes, each next to its handler, and [`Api::handle`] does the
//! rest: it opens the exchange, finds the route, checks the caller's scopes, calls the handler and writes the answer or the
//! error. Readers of bodies and queries, paging, answers, problem documents (RFC 9457) and tracing are here as well.
//!
//! Promises: every answer carries `X-Request-Id` and `traceparent`; whatever a client sends, the kernel answers and does not
//! panic; a reader names every wrong field.
//!
//! Deliberately absent: Lambda and its event formats (`holdfast-runtime` translates them), the codes and the use cases of
//! any one API (`holdfast-api` has those of API.md), and the fetching of issuers' keys, which is a port (`identity::KeySource`).

pub mod answer;
pub mod api;
pub mod budget;
pub mod code;
pub mod document;
pub mod document_30;
pub mod documentation;
pub mod exchange;
pub mod identity;
pub mod paging;
pub mod problem;
pub mod read;
pub mod refusal;
pub mod request;
mod route;
pub mod trace;

pub use answer::ErrorAnswer;
pub use api::{Api, Route};
pub use budget::Budget;
pub use code::{HttpCode, ProblemCode};
pub use documentation::Documentation;
pub use exchange::Exchange;
pub use identity::Verifier;
pub use problem::Problem;
pub use refusal::{FieldError, Refusal};
pub use request::{Claims, Identity, Request, Response, Scope};
