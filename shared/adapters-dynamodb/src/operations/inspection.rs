//! The ledger as a whole, for operators and schedules: the one place that scans it. It reads the latest writes.

use async_trait::async_trait;
use holdfast_app::operations::{LedgerInspection, Part};
use holdfast_app::{LedgerError, Mutation, StoreError};
use holdfast_domain::inventory::{PageOperation, Placement};
use holdfast_domain::{Booking, HoldId, Page, PageCommand, PageHold, PageKey, Resource};
use jiff::Timestamp;

use crate::page::item::{PAGE_SK_PREFIX, decode_page_as_stored, page_key};
use crate::page::store::PageStore;
use crate::page::write::no_extras;
use crate::stored::notes::{decode_parked_case, encode_parked_case, parked_case_key};
use crate::stored::records::{BOOKING_SK, RESOURCE_SK, decode_booking, decode_resource};
use crate::table::error::unavailable;
use crate::table::item::{Item, s};
use crate::table::ledger::LedgerTable;
use crate::table::scan::read_part;

/// [`LedgerInspection`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoInspection {
    ledger: LedgerTable,
    pages: PageStore,
}

impl DynamoInspection {
    /// Of the ledger's table.
    #[must_use]
    pub fn new(ledger: LedgerTable) -> Self {
        Self { pages: PageStore::new(ledger.clone()), ledger }
    }
}

#[async_trait]
impl LedgerInspection for DynamoInspection {
    async fn pages_part(&self, cursor: Option<&str>) -> Result<Part<Page>, StoreError> {
        self.scan("begins_with(sk, :sk)", PAGE_SK_PREFIX, cursor, decode_page_as_stored).await
    }

    async fn bookings_part(&self, cursor: Option<&str>) -> Result<Part<Booking>, StoreError> {
        self.scan("sk = :sk", BOOKING_SK, cursor, decode_booking).await
    }

    async fn resources_part(&self, cursor: Option<&str>) -> Result<Part<Resource>, StoreError> {
        self.scan("sk = :sk", RESOURCE_SK, cursor, decode_resource).await
    }

    async fn page_as_stored(&self, key: &PageKey) -> Result<Option<Page>, StoreError> {
        self.ledger.get(page_key(key)).await?.as_ref().map(decode_page_as_stored).transpose()
    }

    async fn expire_entry(
        &self,
        page: &Page,
        hold: &HoldId,
        entry: &PageHold,
        mutation: &Mutation,
    ) -> Result<(), LedgerError> {
        let placement = Placement {
            page: page.key.clone(),
            schedule_revision: page.schedule_revision,
            places: entry.places.clone(),
        };
        let op = PageOperation { placement, command: PageCommand::Expire { hold: hold.clone() } };
        self.pages.write(&[op], &[], &[], mutation).await.map_err(no_extras)?;
        Ok(())
    }

    async fn parked_at(&self, case: &str) -> Result<Option<Timestamp>, StoreError> {
        self.ledger.get(parked_case_key(case)).await?.as_ref().map(decode_parked_case).transpose()
    }

    async fn note_parked(&self, case: &str, at: Timestamp) -> Result<(), StoreError> {
        self.ledger
            .client
            .put_item()
            .table_name(&self.ledger.name)
            .set_item(Some(encode_parked_case(case, at)))
            .send()
            .await
            .map_err(unavailable)?;
        Ok(())
    }
}

impl DynamoInspection {
    async fn scan<T>(
        &self,
        filter: &str,
        sk: &str,
        cursor: Option<&str>,
        decode: fn(&Item) -> Result<T, StoreError>,
    ) -> Result<Part<T>, StoreError> {
        let scan = self
            .ledger
            .client
            .scan()
            .table_name(&self.ledger.name)
            .filter_expression(filter)
            .expression_attribute_values(":sk", s(sk))
            .consistent_read(true);
        read_part(scan, cursor, decode).await
    }
}
