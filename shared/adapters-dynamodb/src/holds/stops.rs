//! Whether an operator has stopped new holds: an item beside the resource, or one for all resources (`docs/runbook.md`).

use async_trait::async_trait;
use holdfast_app::StoreError;
use holdfast_app::holds::HoldStops;
use holdfast_domain::{ResourceId, TrailSubject};

use crate::page::item::resource_pk;
use crate::stored::property::property_pk;
use crate::table::item::{Item, s};
use crate::table::ledger::LedgerTable;

/// Partition of the stop for every resource. No resource has this name.
const EVERY_RESOURCE: &str = "R#*";
/// Sort key of a stop.
const STOP_SK: &str = "S";

/// Attribute of a stop that has ended.
pub(crate) const ENDED: &str = "off";

/// Whether an item, or that there is none, stops new holds. One without attributes does: by hand a stop is put and deleted.
pub(crate) fn stops(item: Option<&Item>) -> bool {
    item.is_some_and(|item| !item.contains_key(ENDED))
}

/// Primary key of a stop.
pub(crate) fn stop_key(subject: &TrailSubject) -> Item {
    let pk = match subject {
        TrailSubject::Resource(id) => resource_pk(id),
        // Of which there is none.
        TrailSubject::Property(id) => property_pk(id),
        TrailSubject::AllResources => EVERY_RESOURCE.to_owned(),
    };
    Item::from([("pk".into(), s(pk)), ("sk".into(), s(STOP_SK))])
}

/// [`HoldStops`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoHoldStops(LedgerTable);

impl DynamoHoldStops {
    /// In the ledger's table.
    #[must_use]
    pub fn new(ledger: LedgerTable) -> Self {
        Self(ledger)
    }
}

#[async_trait]
impl HoldStops for DynamoHoldStops {
    async fn are_stopped(&self, resource: &ResourceId) -> Result<bool, StoreError> {
        let is_set = async |subject| Ok(stops(self.0.get(stop_key(&subject)).await?.as_ref()));
        Ok(is_set(TrailSubject::AllResources).await?
            || is_set(TrailSubject::Resource(resource.clone())).await?)
    }
}
