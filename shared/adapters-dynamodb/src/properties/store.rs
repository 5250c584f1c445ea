//! Properties in the ledger: an item each, beside the trail of what is changed of it.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use holdfast_app::properties::{PropertyCommit, PropertyReader, PropertyStore};
use holdfast_app::{LedgerError, StoreError};
use holdfast_domain::{Property, PropertyId};

use crate::stored::property::{decode_property, encode_property, property_key};
use crate::table::item::n;
use crate::table::ledger::LedgerTable;
use crate::table::transact::built;

/// [`PropertyStore`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoProperties(LedgerTable);

impl DynamoProperties {
    /// In the ledger's table.
    #[must_use]
    pub fn new(ledger: LedgerTable) -> Self {
        Self(ledger)
    }
}

#[async_trait]
impl PropertyReader for DynamoProperties {
    async fn property(&self, id: &PropertyId) -> Result<Option<Property>, StoreError> {
        self.0.get(property_key(id)).await?.as_ref().map(decode_property).transpose()
    }
}

#[async_trait]
impl PropertyStore for DynamoProperties {
    // Each write of a property has its entry: the revision says how far the trail has come, too.
    async fn put_property(&self, commit: &PropertyCommit) -> Result<(), LedgerError> {
        let put = Put::builder()
            .table_name(&self.0.name)
            .set_item(Some(encode_property(&commit.next, &commit.write)));
        let put = match commit.previous {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(revision) => {
                put.condition_expression("rev = :was").expression_attribute_values(":was", n(revision))
            }
        };
        let items = vec![
            TransactWriteItem::builder().put(put.build().map_err(built)?).build(),
            self.0.put_entry(&commit.entry)?,
        ];
        self.0.transact_on(items, commit.next.id.as_str()).await
    }
}
