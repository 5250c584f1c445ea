//! Readings of the ledger table that take more than one key: partitions, batches, indexes.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use holdfast_app::StoreError;
use holdfast_domain::inventory::Placement;
use holdfast_domain::{Booking, BookingId, GuestId, HoldId, PageHold};
use jiff::{SignedDuration, Timestamp};

use crate::DynamoLedger;
use crate::page::item::{decode_hold, page_key};
use crate::page::write::{built, pause};
use crate::stored::records::{BOOKING_SK, DUE_SHARDS, decode_booking, due_at, due_shard};
use crate::table::error::unavailable;
use crate::table::item::{Item, Reader, s};

/// The most keys of one `BatchGetItem` (DynamoDB's limit).
const BATCH_KEYS_MAX: usize = 100;
const BATCH_ATTEMPTS_MAX: u32 = 10;

impl DynamoLedger {
    /// A page of the index by guest, newest first, and the bookings it names.
    pub(crate) async fn bookings_by_guest(
        &self,
        guest: &GuestId,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<(Vec<Booking>, Option<String>), StoreError> {
        let start = cursor.and_then(|cursor| cursor.split_once('.')).map(|(_, id)| {
            let sort = cursor.map(|cursor| cursor.replacen('.', "#", 1)).unwrap_or_default();
            Item::from([
                ("pk".into(), s(format!("B#{id}"))),
                ("sk".into(), s(BOOKING_SK)),
                ("guest".into(), s(guest.as_str())),
                ("guest_sort".into(), s(sort)),
            ])
        });
        let output = self
            .client
            .query()
            .table_name(&self.tables.ledger)
            .index_name("by-guest")
            .key_condition_expression("guest = :guest")
            .expression_attribute_values(":guest", s(guest.as_str()))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(unavailable)?;
        let next = output
            .last_evaluated_key()
            .and_then(|key| Reader::new(key).opt_text("guest_sort").map(|sort| sort.replacen('#', ".", 1)));
        let keys = output
            .items()
            .iter()
            .filter_map(|item| {
                let reader = Reader::new(item);
                Some(Item::from([
                    ("pk".into(), s(reader.opt_text("pk")?)),
                    ("sk".into(), s(reader.opt_text("sk")?)),
                ]))
            })
            .collect();
        let mut bookings =
            self.get_many(keys).await?.iter().map(decode_booking).collect::<Result<Vec<_>, _>>()?;
        bookings.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
        Ok((bookings, next))
    }

    /// The keys of the index by end that lie before `now`, of all its partitions, the oldest first.
    pub(crate) async fn bookings_by_end(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<BookingId>, StoreError> {
        let mut found = Vec::new();
        for shard in 0..DUE_SHARDS {
            let output = self
                .client
                .query()
                .table_name(&self.tables.ledger)
                .index_name("by-end")
                .key_condition_expression("due = :due AND due_at < :later")
                .expression_attribute_values(":due", s(due_shard(shard)))
                // An end at this very millisecond has come: its key is followed by the booking's id.
                .expression_attribute_values(":later", s(due_at(now + SignedDuration::from_millis(1))))
                .limit(i32::try_from(limit).unwrap_or(i32::MAX))
                .send()
                .await
                .map_err(unavailable)?;
            for item in output.items() {
                let reader = Reader::new(item);
                let id =
                    reader.parsed("pk", |pk| BookingId::parse(pk.strip_prefix("B#").unwrap_or_default()))?;
                found.push((reader.text("due_at")?.to_owned(), id));
            }
        }
        found.sort_unstable();
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found.into_iter().map(|(_, id)| id).collect())
    }

    pub(crate) async fn read_entry(
        &self,
        placement: &Placement,
        id: &HoldId,
    ) -> Result<Option<PageHold>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.tables.ledger)
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

    pub(crate) async fn get_ledger_item(&self, key: Item) -> Result<Option<Item>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.tables.ledger)
            .set_key(Some(key))
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable)?;
        Ok(output.item)
    }

    /// Every item of a partition whose sort key begins with `prefix`, in order; the latest writes.
    pub(crate) async fn query_all(&self, pk: &str, prefix: &str) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let output = self
                .client
                .query()
                .table_name(&self.tables.ledger)
                .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":pk", s(pk))
                .expression_attribute_values(":prefix", s(prefix))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(unavailable)?;
            start = output.last_evaluated_key;
            items.extend(output.items.unwrap_or_default());
            if start.is_none() {
                return Ok(items);
            }
        }
    }

    /// The items of those keys, in any order; missing ones are left out.
    pub(crate) async fn get_many(&self, keys: Vec<Item>) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(BATCH_KEYS_MAX) {
            let mut wanted = Some(chunk.to_vec());
            for attempt in 0..BATCH_ATTEMPTS_MAX {
                let Some(keys) = wanted.take() else { break };
                let request = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
                let output = self
                    .client
                    .batch_get_item()
                    .request_items(&self.tables.ledger, request.map_err(built)?)
                    .send()
                    .await
                    .map_err(unavailable)?;
                let found: HashMap<String, Vec<Item>> = output.responses.unwrap_or_default();
                items.extend(found.into_values().flatten());
                wanted = output
                    .unprocessed_keys
                    .and_then(|mut keys| keys.remove(&self.tables.ledger))
                    .map(|rest| rest.keys)
                    .filter(|keys| !keys.is_empty());
                if wanted.is_some() {
                    pause(attempt).await;
                }
            }
            if wanted.is_some() {
                return Err(StoreError::Contention("batch".to_owned()));
            }
        }
        Ok(items)
    }
}
