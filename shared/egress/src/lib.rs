//! How functions send what they send: over TLS, over HTTP/1.1, with one kind of connections. What goes beside AWS goes by a client
//! of one URL, to public addresses; what goes to AWS is the SDK's, and goes over the same connections (`holdfast_runtime`).
//!
//! Promises: on AWS no request of a client goes to a private address, to this machine or to the metadata service, whatever a host's
//! name resolves to. The addresses that are checked are those that are connected to: nothing is resolved twice. No redirect is followed
//! and no proxy asked. A request that failed before any of it was sent is told apart from one that may have arrived. No header's value
//! is shown in an error or a log.
//!
//! Deliberately absent: what is sent, and to whom; repetitions, but for a request that found its connection closed and was not sent.

mod client;
mod connections;
mod reach;
#[cfg(test)]
mod scripted;
mod trust;

use std::error::Error as StdError;

pub use client::{Answer, Client, Content, Request, SendError};
pub use connections::{Connections, ExchangeError, Limits};
// What an answer has.
pub use hyper::StatusCode;
pub use reach::{Reach, UnfitUrl, is_public};
pub use trust::Trust;

/// What caused an error.
pub(crate) type Source = Box<dyn StdError + Send + Sync>;
