//! How functions send what they send beside AWS: to public addresses, over TLS, with one HTTP client.
//!
//! Promises: on AWS no request goes to a private address, to this machine or to the metadata service, whatever a host's name resolves
//! to. The addresses that are checked are those that are connected to: nothing is resolved twice. No redirect is followed and no proxy
//! asked. A request that failed before any of it was sent is told apart from one that may have arrived. No header's value is shown in
//! an error or a log.
//!
//! Deliberately absent: what is sent, and to whom; repetitions, but for a request that found its connection closed and was not sent.

mod client;
mod reach;

pub use client::{Answer, Client, Content, Limits, Request, SendError};
// What an answer has.
pub use hyper::StatusCode;
pub use reach::{Reach, UnfitUrl, is_public};
