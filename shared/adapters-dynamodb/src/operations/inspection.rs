//! The ledger as a whole, for reconciliation: the one place that scans it. A scan reads, and pays for, every item of the
//! table whatever its filter keeps, and it reads the latest writes.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_app::operations::{LedgerInspection, Part, Unreadable};
use holdfast_app::{LedgerError, Mutation, StoreError};
use holdfast_domain::inventory::{PageOperation, Placement};
use holdfast_domain::{Booking, HoldId, Page, PageCommand, PageHold, PageKey};
use jiff::Timestamp;

use crate::page::item::{PAGE_SK_PREFIX, decode_page_as_stored, page_key};
use crate::page::store::PageStore;
use crate::page::write::no_extras;
use crate::stored::notes::{decode_parked_case, encode_parked_case, parked_case_key};
use crate::stored::records::{BOOKING_SK, decode_booking};
use crate::table::error::unavailable;
use crate::table::item::{Item, Reader, s};
use crate::table::ledger::LedgerTable;

/// The most items that one call reads. DynamoDB itself stops at 1 MB.
const SCAN_ITEMS_MAX: i32 = 2_000;
/// Between the two parts of a cursor; no key has it.
const CURSOR_SEPARATOR: char = '|';

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

fn key_at(cursor: &str) -> Option<Item> {
    let (pk, sk) = cursor.split_once(CURSOR_SEPARATOR)?;
    Some(Item::from([("pk".into(), s(pk)), ("sk".into(), s(sk))]))
}

fn cursor_at(key: &Item) -> Option<String> {
    let reader = Reader::new(key);
    Some(format!("{}{CURSOR_SEPARATOR}{}", reader.opt_text("pk")?, reader.opt_text("sk")?))
}

impl DynamoInspection {
    async fn scan<T>(
        &self,
        filter: &str,
        sk: &str,
        cursor: Option<&str>,
        decode: fn(&Item) -> Result<T, StoreError>,
    ) -> Result<Part<T>, StoreError> {
        let output = self
            .ledger
            .client
            .scan()
            .table_name(&self.ledger.name)
            .filter_expression(filter)
            .expression_attribute_values(":sk", AttributeValue::S(sk.to_owned()))
            .consistent_read(true)
            .limit(SCAN_ITEMS_MAX)
            .set_exclusive_start_key(cursor.and_then(key_at))
            .send()
            .await
            .map_err(unavailable)?;
        let next = output.last_evaluated_key().and_then(cursor_at);
        let mut part = Part { items: Vec::new(), unreadable: Vec::new(), next };
        for item in output.items() {
            match decode(item) {
                Ok(decoded) => part.items.push(decoded),
                Err(StoreError::Corrupt { item, reason }) => {
                    part.unreadable.push(Unreadable { item, reason })
                }
                Err(error) => return Err(error),
            }
        }
        Ok(part)
    }
}
