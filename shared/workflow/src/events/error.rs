//! Why a record of the ledger is no event.

use holdfast_domain::HoldId;
use thiserror::Error;

/// Why a record of the ledger is no event.
#[derive(Debug, Error)]
pub enum EventError {
    /// An entry of an audit trail is without a fact that its kind has.
    #[error("{event} does not say {fact}")]
    Fact {
        /// The event's id.
        event: String,
        /// The name of the fact.
        fact: &'static str,
        /// What is there instead.
        source: serde_json::Error,
    },
    /// A page's write is about a hold that the page has neither before nor after it.
    #[error("{event} is about the hold {hold}, which the page does not have")]
    Hold {
        /// The event's id.
        event: String,
        /// The hold.
        hold: HoldId,
    },
    /// An event that is no JSON.
    #[error("{event} cannot be written")]
    Unwritable {
        /// The event's id.
        event: String,
        /// Why.
        source: serde_json::Error,
    },
}
