//! The pages of the ledger's table, and the resources they are made from. Writing them is `write.rs`.

use holdfast_app::StoreError;
use holdfast_domain::inventory::Placement;
use holdfast_domain::{HoldId, Page, PageHold, Resource, ResourceId};

use crate::page::item::{PAGE_SK_PREFIX, decode_hold, decode_page, page_key, resource_pk};
use crate::stored::records::{resource_key, resource_of};
use crate::table::error::unavailable;
use crate::table::item::Reader;
use crate::table::ledger::LedgerTable;

/// Inventory pages in the ledger's table.
#[derive(Debug, Clone)]
pub(crate) struct PageStore {
    pub(crate) ledger: LedgerTable,
}

impl PageStore {
    /// In that table.
    pub(crate) fn new(ledger: LedgerTable) -> Self {
        Self { ledger }
    }

    /// A resource, and how many pages were made of it.
    pub(crate) async fn read_resource(&self, id: &ResourceId) -> Result<Option<(Resource, u64)>, StoreError> {
        let Some(item) = self.ledger.get(resource_key(id)).await? else { return Ok(None) };
        let reader = Reader::new(&item);
        Ok(Some((resource_of(&reader, id.clone())?, reader.number("pages")?)))
    }

    /// Every stored page of a resource.
    pub(crate) async fn query_pages(&self, id: &ResourceId) -> Result<Vec<Page>, StoreError> {
        self.ledger.query_all(&resource_pk(id), PAGE_SK_PREFIX).await?.iter().map(decode_page).collect()
    }

    /// What a page stores of a hold.
    pub(crate) async fn read_entry(
        &self,
        placement: &Placement,
        id: &HoldId,
    ) -> Result<Option<PageHold>, StoreError> {
        let output = self
            .ledger
            .client
            .get_item()
            .table_name(&self.ledger.name)
            .set_key(Some(page_key(&placement.page)))
            .consistent_read(true)
            .projection_expression("#ho.#h")
            .expression_attribute_names("#ho", "ho")
            .expression_attribute_names("#h", id.as_str())
            .send()
            .await
            .map_err(unavailable)?;
        let Some(item) = output.item() else { return Ok(None) };
        let reader = Reader::new(item);
        let Ok(holds) = reader.map("ho") else { return Ok(None) };
        match reader.inner(holds).map(id.as_str()) {
            Ok(entry) => Ok(Some(decode_hold(&reader.inner(entry))?)),
            Err(_) => Ok(None),
        }
    }
}
