//! What properties need of the store.

use async_trait::async_trait;
use holdfast_domain::{Property, PropertyId};

use crate::kernel::errors::{LedgerError, StoreError};
use crate::properties::commit::PropertyCommit;

/// Reads properties.
#[async_trait]
pub trait PropertyReader: Send + Sync {
    /// A property; reads the latest write.
    async fn property(&self, id: &PropertyId) -> Result<Option<Property>, StoreError>;
}

/// Reads and writes properties.
#[async_trait]
pub trait PropertyStore: PropertyReader {
    /// Creates or replaces a property, with the entry of its trail. [`LedgerError::ResourceChanged`] if it is not as the commit says that
    /// it was.
    async fn put_property(&self, commit: &PropertyCommit) -> Result<(), LedgerError>;
}
