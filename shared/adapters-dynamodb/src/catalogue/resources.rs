//! Resources and their inventory.
//!
//! A page is made when it is first needed, in a transaction that counts it on the resource (`pages`) under the resource's
//! revision. A replacement of the resource is conditional on both, so that it knows every page there is.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use holdfast_app::catalogue::{Catalogue, CatalogueReader};
use holdfast_app::events::Write;
use holdfast_app::{LedgerError, Mutation, StoreError};
use holdfast_domain::catalogue::{Reshaped, Slot};
use holdfast_domain::inventory::{PageOperation, Placement};
use holdfast_domain::{Page, PageCommand, PageKey, PageRejection, Resource, ResourceId, SlotKey, SlotPlaces};

use crate::page::item::{decode_page, encode_page, page_key};
use crate::page::store::PageStore;
use crate::page::write::{TRANSACTION_ITEMS_MAX, UNCHANGED, WriteError};
use crate::stored::records::encode_resource;
use crate::table::error::Refused;
use crate::table::item::n;
use crate::table::ledger::LedgerTable;
use crate::table::transact::built;

/// [`Catalogue`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoCatalogue {
    ledger: LedgerTable,
    pages: PageStore,
}

impl DynamoCatalogue {
    /// In the ledger's table.
    #[must_use]
    pub fn new(ledger: LedgerTable) -> Self {
        Self { pages: PageStore::new(ledger.clone()), ledger }
    }
}

#[async_trait]
impl CatalogueReader for DynamoCatalogue {
    async fn resource(&self, id: &ResourceId) -> Result<Option<Resource>, StoreError> {
        Ok(self.pages.read_resource(id).await?.map(|(resource, _)| resource))
    }

    async fn pages(&self, resource: &Resource, names: &[String]) -> Result<Vec<Page>, StoreError> {
        let keys: Vec<PageKey> = names.iter().flat_map(|name| resource.page_keys(name)).collect();
        let mut stored: BTreeMap<PageKey, Page> = BTreeMap::new();
        for item in self.ledger.get_many(keys.iter().map(page_key).collect()).await? {
            let page = decode_page(&item)?;
            stored.insert(page.key.clone(), page);
        }
        Ok(keys.iter().map(|key| stored.remove(key).unwrap_or_else(|| resource.fresh_page(key))).collect())
    }

    async fn stored_pages(&self, resource: &Resource) -> Result<Vec<Page>, StoreError> {
        self.pages.query_pages(&resource.id).await
    }
}

#[async_trait]
impl Catalogue for DynamoCatalogue {
    async fn put_resource(
        &self,
        previous: Option<&Resource>,
        next: &Resource,
        mutation: &Mutation,
    ) -> Result<(), LedgerError> {
        let mut pages_made = 0;
        let mut items = Vec::new();
        if let Some(previous) = previous {
            let (stored, made) =
                self.pages.read_resource(&next.id).await?.ok_or(LedgerError::ResourceChanged)?;
            if stored.revision != previous.revision {
                return Err(LedgerError::ResourceChanged);
            }
            pages_made = made;
            if previous.reshapes_pages(next) {
                items = self.reshape_pages(previous, next, mutation).await?;
            }
        }
        if items.len() + 1 > TRANSACTION_ITEMS_MAX {
            return Err(LedgerError::TooManyPages { max: TRANSACTION_ITEMS_MAX - 1 });
        }
        items.push(self.put_resource_item(previous, next, pages_made, mutation)?);
        match self.ledger.transact(items).await {
            Ok(()) => Ok(()),
            Err(Refused::Condition { .. } | Refused::Busy) => Err(LedgerError::ResourceChanged),
            Err(Refused::Store(error)) => Err(error.into()),
        }
    }

    async fn set_inventory(
        &self,
        resource: &Resource,
        slots: &[Slot],
        capacity: Option<u32>,
        closed: Option<bool>,
        mutation: &Mutation,
    ) -> Result<(), LedgerError> {
        let mut by_page: BTreeMap<&str, Vec<SlotKey>> = BTreeMap::new();
        for slot in slots {
            by_page.entry(&slot.page).or_default().push(slot.key.clone());
        }
        let operation = |page: PageKey, slots: Vec<SlotKey>| {
            let capacity = capacity.map(|capacity| resource.share(capacity, &page));
            let command = PageCommand::SetInventory { slots, capacity, closed };
            let schedule_revision = resource.schedule_revision;
            PageOperation {
                placement: Placement { page, schedule_revision, places: SlotPlaces::default() },
                command,
            }
        };
        let ops: Vec<PageOperation> = by_page
            .into_iter()
            .flat_map(|(page, slots)| {
                resource.page_keys(page).into_iter().map(move |page| operation(page, slots.clone()))
            })
            .collect();
        match self.pages.write(&ops, &[], &[resource], mutation).await {
            Ok(_) => Ok(()),
            Err(WriteError::Ledger(LedgerError::Rejected(
                PageRejection::UnknownSlot(_) | PageRejection::ScheduleChanged,
            ))) => Err(LedgerError::ResourceChanged),
            Err(WriteError::Ledger(error)) => Err(error),
            Err(WriteError::Extra { .. }) => unreachable!("no extra item was written"),
        }
    }
}

impl DynamoCatalogue {
    fn put_resource_item(
        &self,
        previous: Option<&Resource>,
        next: &Resource,
        pages: u64,
        mutation: &Mutation,
    ) -> Result<TransactWriteItem, StoreError> {
        let write = Write { at: mutation.now, trace: mutation.trace.clone() };
        let item = encode_resource(next, pages, Some(&write));
        let put = Put::builder().table_name(&self.ledger.name).set_item(Some(item));
        let put = match previous {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(previous) => put
                .condition_expression("rev = :rev AND pages = :pages")
                .expression_attribute_values(":rev", n(previous.revision))
                .expression_attribute_values(":pages", n(pages)),
        };
        Ok(TransactWriteItem::builder().put(put.build().map_err(built)?).build())
    }

    /// Brings the stored pages under the next terms.
    async fn reshape_pages(
        &self,
        previous: &Resource,
        next: &Resource,
        mutation: &Mutation,
    ) -> Result<Vec<TransactWriteItem>, LedgerError> {
        let mut items = Vec::new();
        for page in self.pages.query_pages(&next.id).await? {
            match previous.reshape(next, &page, mutation.now)? {
                Reshaped::Kept => {}
                Reshaped::Removed => items.push(self.delete_page(&page)?),
                Reshaped::Changed(changes) => {
                    let item =
                        encode_page(&page.apply(&changes), &changes, mutation.now, mutation.trace.as_deref());
                    items.push(self.pages.put_if_unchanged(item, page.schedule_revision, page.seq)?);
                }
            }
        }
        Ok(items)
    }

    fn delete_page(&self, page: &Page) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.ledger.name)
            .set_key(Some(page_key(&page.key)))
            .condition_expression(UNCHANGED)
            .expression_attribute_values(":seq", n(page.seq))
            .expression_attribute_values(":sv", n(page.schedule_revision))
            .build()
            .map_err(built)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}
