//! The ledger as a whole, for operators and schedules: the one place that scans it. It reads the latest writes.

use async_trait::async_trait;
use holdfast_app::operations::{Inspected, LedgerInspection, Part};
use holdfast_app::receipts::MOVING_KINDS;
use holdfast_app::{LedgerError, Mutation, StoreError};
use holdfast_domain::inventory::{PageOperation, Placement};
use holdfast_domain::{Booking, HoldId, Page, PageCommand, PageHold, PageKey, Property, Resource};
use jiff::Timestamp;

use crate::page::item::{PAGE_SK_PREFIX, decode_page_as_stored, page_key};
use crate::page::store::PageStore;
use crate::page::write::no_extras;
use crate::stored::notes::{decode_parked_case, encode_parked_case, parked_case_key};
use crate::stored::property::{PROPERTY_SK, decode_property};
use crate::stored::receipts::{RECEIPT_SK_PREFIX, decode_receipt};
use crate::stored::records::{
    BOOKING_SK, EVENT_SK_PREFIX, RESOURCE_SK, decode_audit, decode_booking, decode_resource,
};
use crate::table::error::unavailable;
use crate::table::item::{Item, Reader, s};
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
        self.scan("begins_with(sk, :sk)", &[(":sk", PAGE_SK_PREFIX)], cursor, decode_page_as_stored).await
    }

    async fn ledger_part(&self, cursor: Option<&str>) -> Result<Part<Inspected>, StoreError> {
        let kept = "begins_with(sk, :page) OR sk = :booking OR begins_with(sk, :receipt) \
            OR (begins_with(sk, :entry) AND k IN (:kind0, :kind1, :kind2, :kind3))";
        let [kind0, kind1, kind2, kind3] = MOVING_KINDS;
        let values = [
            (":page", PAGE_SK_PREFIX),
            (":booking", BOOKING_SK),
            (":receipt", RECEIPT_SK_PREFIX),
            (":entry", EVENT_SK_PREFIX),
            (":kind0", kind0),
            (":kind1", kind1),
            (":kind2", kind2),
            (":kind3", kind3),
        ];
        self.scan(kept, &values, cursor, decode_inspected).await
    }

    async fn bookings_part(&self, cursor: Option<&str>) -> Result<Part<Booking>, StoreError> {
        self.scan("sk = :sk", &[(":sk", BOOKING_SK)], cursor, decode_booking).await
    }

    async fn resources_part(&self, cursor: Option<&str>) -> Result<Part<Resource>, StoreError> {
        self.scan("sk = :sk", &[(":sk", RESOURCE_SK)], cursor, decode_resource).await
    }

    async fn properties_part(&self, cursor: Option<&str>) -> Result<Part<Property>, StoreError> {
        self.scan("sk = :sk", &[(":sk", PROPERTY_SK)], cursor, decode_property).await
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
        let counts_for = entry.cool_down_seconds.is_none().then(|| entry.guest.clone());
        let command = PageCommand::Expire { hold: hold.clone(), counts_for };
        let op = PageOperation { placement, command };
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
        values: &[(&str, &str)],
        cursor: Option<&str>,
        decode: fn(&Item) -> Result<T, StoreError>,
    ) -> Result<Part<T>, StoreError> {
        let scan = self.ledger.client.scan().table_name(&self.ledger.name).filter_expression(filter);
        let scan = values
            .iter()
            .fold(scan, |scan, (name, value)| scan.expression_attribute_values(*name, s(*value)));
        read_part(scan.consistent_read(true), cursor, decode).await
    }
}

fn decode_inspected(item: &Item) -> Result<Inspected, StoreError> {
    let sk = Reader::new(item).text("sk")?;
    if sk == BOOKING_SK {
        return Ok(Inspected::Booking(Box::new(decode_booking(item)?)));
    }
    if sk.starts_with(RECEIPT_SK_PREFIX) {
        return Ok(Inspected::Receipt(Box::new(decode_receipt(item)?)));
    }
    if sk.starts_with(EVENT_SK_PREFIX) {
        return Ok(Inspected::Money(Box::new(decode_audit(item)?)));
    }
    Ok(Inspected::Page(Box::new(decode_page_as_stored(item)?)))
}
