//! Poison records: changes of a table that their function can never work, however often it gets them.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::kernel::errors::WorkflowError;

/// A record of a table's stream that can never be worked. It names the record and has nothing of its content, which may be personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoisonRecord {
    /// The stream: its ARN.
    pub stream: String,
    /// The record's place in the stream, from which it can be read for 24 hours.
    pub sequence_number: String,
    /// The key of the item that was written, by the names of its attributes.
    pub keys: BTreeMap<String, String>,
}

/// Where poison records are set aside for people.
#[async_trait]
pub trait PoisonRecords: Send + Sync {
    /// Sets a record aside. Again: people find it twice.
    async fn set_aside(&self, record: &PoisonRecord) -> Result<(), WorkflowError>;
}
