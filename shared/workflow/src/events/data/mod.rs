//! What events say: a type for the data of each, its JSON Schema among what follows from it. What is here is version 2; all
//! of version 1, and how it is made from version 2, is in `v1`.

pub mod bookings;
pub mod holds;
pub mod inventory;
pub mod reconciliation;
pub mod resources;
pub mod scalar;
pub mod v1;

use holdfast_app::bookings::AuditEvent;
use serde::de::DeserializeOwned;

use super::EventError;

/// A fact of an audit entry.
pub(crate) fn fact<T: DeserializeOwned>(entry: &AuditEvent, name: &'static str) -> Result<T, EventError> {
    let value = entry.data.get(name).cloned().unwrap_or_default();
    serde_json::from_value(value).map_err(|source| EventError::Fact {
        event: entry.event_id(),
        fact: name,
        source,
    })
}
