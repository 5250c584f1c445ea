//! Resources and their inventory.
//!
//! A page is made when it is first needed, in a transaction that counts it on the resource (`pages`) under the resource's
//! revision. A replacement of the resource is conditional on both, so that it knows every page there is.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use holdfast_app::{LedgerError, Mutation, StoreError};
use holdfast_domain::catalogue::Slot;
use holdfast_domain::inventory::{PageOperation, Placement};
use holdfast_domain::{Page, PageCommand, PageKey, PageRejection, Resource, ResourceId, SlotKey, SlotPlaces};
use jiff::Timestamp;

use crate::DynamoLedger;
use crate::page::item::{PAGE_SK_PREFIX, decode_page, encode_page, page_key, resource_pk};
use crate::page::write::{TRANSACTION_ITEMS_MAX, WriteError, built};
use crate::stored::records::{encode_resource, resource_key, resource_of};
use crate::table::error::Refused;
use crate::table::item::{Reader, n};

impl DynamoLedger {
    /// A resource, and how many pages were made of it.
    pub(crate) async fn read_resource(&self, id: &ResourceId) -> Result<Option<(Resource, u64)>, StoreError> {
        let Some(item) = self.get_ledger_item(resource_key(id)).await? else { return Ok(None) };
        let reader = Reader::new(&item);
        Ok(Some((resource_of(&reader, id.clone())?, reader.number("pages")?)))
    }

    pub(crate) async fn query_pages(&self, id: &ResourceId) -> Result<Vec<Page>, StoreError> {
        self.query_all(&resource_pk(id), PAGE_SK_PREFIX).await?.iter().map(decode_page).collect()
    }

    pub(crate) async fn read_pages(
        &self,
        resource: &Resource,
        names: &[String],
    ) -> Result<Vec<Page>, StoreError> {
        let keys: Vec<PageKey> = names.iter().flat_map(|name| resource.page_keys(name)).collect();
        let mut stored: BTreeMap<PageKey, Page> = BTreeMap::new();
        for item in self.get_many(keys.iter().map(page_key).collect()).await? {
            let page = decode_page(&item)?;
            stored.insert(page.key.clone(), page);
        }
        Ok(keys.iter().map(|key| stored.remove(key).unwrap_or_else(|| resource.fresh_page(key))).collect())
    }

    pub(crate) async fn replace_resource(
        &self,
        previous: Option<&Resource>,
        next: &Resource,
        mutation: &Mutation,
    ) -> Result<(), LedgerError> {
        let mut pages_made = 0;
        let mut items = Vec::new();
        if let Some(previous) = previous {
            let (stored, made) = self.read_resource(&next.id).await?.ok_or(LedgerError::ResourceChanged)?;
            if stored.revision != previous.revision {
                return Err(LedgerError::ResourceChanged);
            }
            pages_made = made;
            if next.schedule_revision != previous.schedule_revision
                || next.terms.capacity != previous.terms.capacity
            {
                items = self.adapt_pages(previous, next, mutation).await?;
            }
        }
        if items.len() + 1 > TRANSACTION_ITEMS_MAX {
            return Err(LedgerError::TooManyPages { max: TRANSACTION_ITEMS_MAX - 1 });
        }
        items.push(self.put_resource_item(previous, next, pages_made)?);
        match self.transact(items).await {
            Ok(()) => Ok(()),
            Err(Refused::Condition { .. } | Refused::Busy) => Err(LedgerError::ResourceChanged),
            Err(Refused::Store(error)) => Err(error.into()),
        }
    }

    fn put_resource_item(
        &self,
        previous: Option<&Resource>,
        next: &Resource,
        pages: u64,
    ) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.tables.ledger).set_item(Some(encode_resource(next, pages)));
        let put = match previous {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(previous) => put
                .condition_expression("rev = :rev AND pages = :pages")
                .expression_attribute_values(":rev", n(previous.revision))
                .expression_attribute_values(":pages", n(pages)),
        };
        Ok(TransactWriteItem::builder().put(put.build().map_err(built)?).build())
    }

    /// Brings the stored pages that are not past under the new terms. A page may be past under one schedule and ahead under
    /// the next: an event that takes place again, a day whose hours grow after closing time.
    async fn adapt_pages(
        &self,
        previous: &Resource,
        next: &Resource,
        mutation: &Mutation,
    ) -> Result<Vec<TransactWriteItem>, LedgerError> {
        let mut items = Vec::new();
        let is_other_schedule = next.schedule_revision != previous.schedule_revision;
        for page in self.query_pages(&next.id).await? {
            let is_over = is_past(previous, &page, mutation.now);
            if is_over && (!is_other_schedule || is_past(next, &page, mutation.now)) {
                continue;
            }
            if is_other_schedule {
                require_unused(&page, is_over, mutation.now)?;
                items.push(self.delete_page(&page)?);
            } else {
                let command =
                    PageCommand::SetDefaultCapacity { capacity: next.share(next.terms.capacity, &page.key) };
                let changes = page.decide(&command, mutation.now)?;
                let mut adapted = changes.iter().fold(page.clone(), Page::evolve);
                adapted.seq = page.seq + 1;
                let item = encode_page(&adapted, &changes, mutation.now, mutation.trace.as_deref());
                items.push(self.put_if_seq(item, page.seq)?);
            }
        }
        Ok(items)
    }

    fn delete_page(&self, page: &Page) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.tables.ledger)
            .set_key(Some(page_key(&page.key)))
            .condition_expression("seq = :seq")
            .expression_attribute_values(":seq", n(page.seq))
            .build()
            .map_err(built)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    pub(crate) async fn write_inventory(
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
        match self.write(&ops, &[], &[resource], mutation).await {
            Ok(_) => Ok(()),
            Err(WriteError::Ledger(LedgerError::Rejected(PageRejection::UnknownSlot(_)))) => {
                Err(LedgerError::ResourceChanged)
            }
            Err(WriteError::Ledger(error)) => Err(error),
            Err(WriteError::Extra { .. }) => unreachable!("no extra item was written"),
        }
    }
}

fn is_past(resource: &Resource, page: &Page, now: Timestamp) -> bool {
    let slots = resource.terms.schedule.page(&page.key.page, &resource.terms.time_zone);
    slots.iter().all(|slot| slot.end <= now)
}

/// A page of another schedule cannot count what is held, booked or sold elsewhere on it. Of a page that is over the bookings
/// are done with.
fn require_unused(page: &Page, is_over: bool, now: Timestamp) -> Result<(), PageRejection> {
    let in_use = |slot: &SlotKey| {
        let count = |places: &BTreeMap<SlotKey, u32>| places.get(slot).copied().unwrap_or(0);
        let in_use = page.in_use(slot, now);
        if is_over {
            in_use.saturating_sub(count(&page.confirmed))
        } else {
            in_use.saturating_add(count(&page.elsewhere))
        }
    };
    match page.available.keys().map(|slot| (slot, in_use(slot))).find(|(_, in_use)| *in_use > 0) {
        Some((slot, in_use)) => Err(PageRejection::CapacityInUse { slot: slot.clone(), in_use }),
        None => Ok(()),
    }
}
