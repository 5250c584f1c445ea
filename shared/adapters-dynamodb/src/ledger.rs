//! The ledger: holds, bookings, audit trail. Resources and inventory are in `catalogue.rs`.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{
    KeysAndAttributes, Put, ReturnValuesOnConditionCheckFailure as OnFailure, TransactWriteItem, Update,
};
use holdfast_app::ports::{BookingCommit, CommitError, InventoryMove, Placed};
use holdfast_app::{AuditEvent, Ledger, LedgerError, Mutation, StoreError};
use holdfast_domain::booking::Placement;
use holdfast_domain::hold::Extension;
use holdfast_domain::schedule::Slot;
use holdfast_domain::{
    Booking, BookingId, BookingStatus, Fingerprint, GuestId, Hold, HoldId, HoldSnapshot, HoldStatus, Page,
    PageChange, PageCommand, PageHold, PageRejection, Resource, ResourceId,
};
use jiff::Timestamp;

use crate::DynamoLedger;
use crate::error::{Refused, unavailable};
use crate::item::{Item, Reader, millis, n, s};
use crate::page_item::{decode_hold, page_key};
use crate::records::{
    BOOKING_SK, EVENT_SK_PREFIX, TASK_TOKEN_SK, booking_key, booking_pk, decode_audit, decode_booking,
    decode_hold_record, encode_audit, encode_booking, encode_hold_record, hold_key,
};
use crate::write::{Done, PageOp, WriteError, built, pause};

/// The most keys of one `BatchGetItem` (DynamoDB's limit).
const BATCH_KEYS_MAX: usize = 100;
const BATCH_ATTEMPTS_MAX: u32 = 10;

/// What becomes of a hold's record in a booking's transaction.
enum RecordChange {
    Confirmed(BookingId),
    Released,
    ActiveAgain,
    ExpiresAt(Timestamp),
}

#[async_trait]
impl Ledger for DynamoLedger {
    async fn resource(&self, id: &ResourceId) -> Result<Option<Resource>, StoreError> {
        Ok(self.read_resource(id).await?.map(|(resource, _)| resource))
    }

    async fn put_resource(
        &self,
        previous: Option<&Resource>,
        next: &Resource,
        mutation: &Mutation,
    ) -> Result<(), LedgerError> {
        self.replace_resource(previous, next, mutation).await
    }

    async fn set_inventory(
        &self,
        resource: &Resource,
        slots: &[Slot],
        capacity: Option<u32>,
        closed: Option<bool>,
        mutation: &Mutation,
    ) -> Result<(), LedgerError> {
        self.write_inventory(resource, slots, capacity, closed, mutation).await
    }

    async fn pages(&self, resource: &Resource, pages: &[String]) -> Result<Vec<Page>, StoreError> {
        self.read_pages(resource, pages).await
    }

    async fn stored_pages(&self, resource: &Resource) -> Result<Vec<Page>, StoreError> {
        self.query_pages(&resource.id).await
    }

    async fn place(
        &self,
        resources: &[&Resource],
        hold: &Hold,
        mutation: &Mutation,
    ) -> Result<Placed, LedgerError> {
        match &hold.order.placements[..] {
            [placement] => self.place_on_page(placement, resources, hold, mutation).await,
            placements => self.place_on_pages(placements, resources, hold, mutation).await,
        }
    }

    async fn hold(&self, id: &HoldId) -> Result<Option<HoldSnapshot>, StoreError> {
        let Some(hold) = self.read_hold(id).await? else { return Ok(None) };
        let entry = match hold.order.placements.first() {
            Some(placement) => self.read_entry(placement, id).await?,
            None => None,
        };
        Ok(Some(HoldSnapshot { hold, entry }))
    }

    async fn extend(
        &self,
        hold: &Hold,
        request: &Fingerprint,
        mutation: &Mutation,
    ) -> Result<Extension, LedgerError> {
        let command = PageCommand::Extend { hold: hold.id.clone(), request: request.clone(), by: hold.ttl() };
        let done = self.on_hold(hold, command, mutation).await?;
        let expires_at = done.iter().find_map(|done| match done {
            Done::ByReading { before, changes } => {
                let known = before.holds.get(&hold.id).map(|entry| entry.expires_at);
                changes.iter().find_map(extended_to).or(known)
            }
            Done::Blindly => None,
        });
        let Some(expires_at) = expires_at else { return Err(PageRejection::HoldMissing.into()) };
        let extension = Extension { expires_at, at: mutation.now };
        self.record_extension(&hold.id, request, extension).await?;
        Ok(extension)
    }

    async fn release(&self, hold: &Hold, mutation: &Mutation) -> Result<(), LedgerError> {
        let done = self.on_hold(hold, PageCommand::Release { hold: hold.id.clone() }, mutation).await?;
        let expired = done.iter().any(|done| match done {
            Done::Blindly => false,
            Done::ByReading { changes, .. } => {
                changes.iter().any(|c| matches!(c, PageChange::Expired { .. }))
            }
        });
        if expired || hold.expires_at <= mutation.now {
            return Ok(());
        }
        self.record_release(&hold.id).await?;
        Ok(())
    }

    async fn expire(&self, hold: &Hold, mutation: &Mutation) -> Result<(), LedgerError> {
        self.on_hold(hold, PageCommand::Expire { hold: hold.id.clone() }, mutation).await?;
        Ok(())
    }

    async fn booking(&self, id: &BookingId) -> Result<Option<Booking>, StoreError> {
        let item = self.get_ledger_item(booking_key(id, BOOKING_SK)).await?;
        item.as_ref().map(decode_booking).transpose()
    }

    async fn commit(&self, commit: &BookingCommit) -> Result<(), CommitError> {
        let booking = &commit.booking;
        let mut extras = vec![self.put_booking(booking)?, self.put_audit(&commit.audit)?];
        if let Some(change) = record_change(&commit.inventory, booking) {
            extras.push(self.update_hold_record(&booking.hold, change)?);
        }
        let ops: Vec<PageOp> = booking
            .order
            .placements
            .iter()
            .filter_map(|placement| {
                let command = page_command(&commit.inventory, booking, placement)?;
                Some(PageOp { placement: placement.clone(), command })
            })
            .collect();
        let mutation = Mutation {
            now: commit.audit.at,
            actor: commit.audit.actor.clone(),
            trace: commit.audit.trace.clone(),
        };
        match self.write(&ops, &extras, &[], &mutation).await {
            Ok(_) => Ok(()),
            Err(WriteError::Extra { index: 0 | 1, .. }) => Err(CommitError::Stale),
            Err(WriteError::Extra { .. }) => Err(StoreError::Corrupt {
                item: booking.hold.to_string(),
                reason: "the hold of a running booking has no record".to_owned(),
            }
            .into()),
            Err(WriteError::Ledger(LedgerError::Rejected(rejection))) => Err(rejection.into()),
            Err(WriteError::Ledger(LedgerError::Store(error))) => Err(error.into()),
            Err(WriteError::Ledger(LedgerError::ResourceChanged)) => {
                Err(PageRejection::SoldOut { available: 0 }.into())
            }
            Err(WriteError::Ledger(error @ LedgerError::TooManyPages { .. })) => {
                Err(StoreError::Corrupt { item: booking.id.to_string(), reason: error.to_string() }.into())
            }
        }
    }

    async fn bookings_of(
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

    async fn audit_trail(&self, booking: &BookingId) -> Result<Vec<AuditEvent>, StoreError> {
        self.query_all(&booking_pk(booking), EVENT_SK_PREFIX).await?.iter().map(decode_audit).collect()
    }

    async fn put_task_token(
        &self,
        booking: &BookingId,
        token: &str,
        mutation: &Mutation,
    ) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&self.tables.ledger)
            .set_item(Some(booking_key(booking, TASK_TOKEN_SK)))
            .item("tok", s(token))
            .item("at", millis(mutation.now))
            .send()
            .await
            .map_err(unavailable)?;
        Ok(())
    }

    async fn task_token(&self, booking: &BookingId) -> Result<Option<String>, StoreError> {
        let item = self.get_ledger_item(booking_key(booking, TASK_TOKEN_SK)).await?;
        item.map(|item| Reader::new(&item).text("tok").map(ToOwned::to_owned)).transpose()
    }
}

impl DynamoLedger {
    /// The common case: one conditional write to the page, one to the record.
    async fn place_on_page(
        &self,
        placement: &Placement,
        resources: &[&Resource],
        hold: &Hold,
        mutation: &Mutation,
    ) -> Result<Placed, LedgerError> {
        let entry = hold.entry(placement);
        let command = PageCommand::Place { hold: hold.id.clone(), entry: entry.clone() };
        let op = PageOp { placement: placement.clone(), command };
        let done = self.write(&[op], &[], resources, mutation).await.map_err(no_extras)?;
        let met_self = match done.first() {
            Some(Done::ByReading { before, changes }) if changes.is_empty() => {
                before.holds.get(&hold.id).cloned()
            }
            Some(Done::ByReading { .. } | Done::Blindly) | None => None,
        };
        let expires_at = met_self.as_ref().map_or(hold.expires_at, |own| own.expires_at);
        let record = Hold { first_expires_at: expires_at, expires_at, ..hold.clone() };
        let Some(known) = self.put_new_record(&record).await? else {
            return Ok(Placed { hold: record, replayed: false });
        };
        if met_self.is_none() && !is_same_life(&known, &record) {
            self.undo(hold, placement, &entry, mutation).await?;
        }
        replayed(known, hold)
    }

    /// Several pages: the record is part of the transaction.
    async fn place_on_pages(
        &self,
        placements: &[Placement],
        resources: &[&Resource],
        hold: &Hold,
        mutation: &Mutation,
    ) -> Result<Placed, LedgerError> {
        let ops: Vec<PageOp> = placements
            .iter()
            .map(|placement| PageOp {
                placement: placement.clone(),
                command: PageCommand::Place { hold: hold.id.clone(), entry: hold.entry(placement) },
            })
            .collect();
        let put = self.new_record(hold)?;
        match self.write(&ops, &[put], resources, mutation).await {
            Ok(_) => Ok(Placed { hold: hold.clone(), replayed: false }),
            Err(WriteError::Ledger(error)) => Err(error),
            Err(WriteError::Extra { old: Some(item), .. }) => replayed(decode_hold_record(&item)?, hold),
            Err(WriteError::Extra { old: None, .. }) => match self.read_hold(&hold.id).await? {
                Some(known) => replayed(known, hold),
                None => Err(StoreError::Contention(hold.id.to_string()).into()),
            },
        }
    }

    /// Takes back what was just placed for a request whose hold had lived and ended before.
    async fn undo(
        &self,
        hold: &Hold,
        placement: &Placement,
        entry: &PageHold,
        mutation: &Mutation,
    ) -> Result<(), LedgerError> {
        let stored = self.read_entry(placement, &hold.id).await?;
        if stored.as_ref() == Some(entry) {
            self.on_hold(hold, PageCommand::Release { hold: hold.id.clone() }, mutation).await?;
        }
        Ok(())
    }

    /// The same command to every page of a hold.
    async fn on_hold(
        &self,
        hold: &Hold,
        command: PageCommand,
        mutation: &Mutation,
    ) -> Result<Vec<Done>, LedgerError> {
        let ops: Vec<PageOp> = hold
            .order
            .placements
            .iter()
            .map(|placement| PageOp { placement: placement.clone(), command: command.clone() })
            .collect();
        self.write(&ops, &[], &[], mutation).await.map_err(no_extras)
    }

    async fn read_hold(&self, id: &HoldId) -> Result<Option<Hold>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.tables.holds)
            .set_key(Some(hold_key(id)))
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable)?;
        output.item().map(decode_hold_record).transpose()
    }

    async fn read_entry(&self, placement: &Placement, id: &HoldId) -> Result<Option<PageHold>, StoreError> {
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

    /// Writes a hold's record unless there is one; that one then.
    async fn put_new_record(&self, hold: &Hold) -> Result<Option<Hold>, StoreError> {
        for attempt in 0..BATCH_ATTEMPTS_MAX {
            match self.transact(vec![self.new_record(hold)?]).await {
                Ok(()) => return Ok(None),
                Err(Refused::Condition { old: Some(item), .. }) => {
                    return decode_hold_record(&item).map(Some);
                }
                Err(Refused::Condition { old: None, .. } | Refused::Busy) => pause(attempt).await,
                Err(Refused::Store(error)) => return Err(error),
            }
        }
        Err(StoreError::Contention(hold.id.to_string()))
    }

    fn new_record(&self, hold: &Hold) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.tables.holds)
            .set_item(Some(encode_hold_record(hold)))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(OnFailure::AllOld)
            .build()
            .map_err(built)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    async fn record_extension(
        &self,
        id: &HoldId,
        request: &Fingerprint,
        extension: Extension,
    ) -> Result<(), StoreError> {
        let pair = aws_sdk_dynamodb::types::AttributeValue::L(vec![
            millis(extension.expires_at),
            millis(extension.at),
        ]);
        self.client
            .update_item()
            .table_name(&self.tables.holds)
            .set_key(Some(hold_key(id)))
            .update_expression("SET ex.#r = :x, e = :e")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#r", request.as_str())
            .expression_attribute_values(":x", pair)
            .expression_attribute_values(":e", millis(extension.expires_at))
            .send()
            .await
            .map_err(unavailable)?;
        Ok(())
    }

    async fn record_release(&self, id: &HoldId) -> Result<(), StoreError> {
        let outcome = self
            .client
            .update_item()
            .table_name(&self.tables.holds)
            .set_key(Some(hold_key(id)))
            .update_expression("SET st = :released")
            .condition_expression("st = :active")
            .expression_attribute_values(":released", s(HoldStatus::Released.as_str()))
            .expression_attribute_values(":active", s(HoldStatus::Active.as_str()))
            .send()
            .await;
        match outcome.map_err(Refused::from) {
            Ok(_) | Err(Refused::Condition { .. }) => Ok(()),
            Err(Refused::Busy) => Err(StoreError::Contention(id.to_string())),
            Err(Refused::Store(error)) => Err(error),
        }
    }

    fn update_hold_record(&self, id: &HoldId, change: RecordChange) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(&self.tables.holds)
            .set_key(Some(hold_key(id)))
            .condition_expression("attribute_exists(pk)");
        let status = |status: HoldStatus| s(status.as_str());
        let update = match change {
            RecordChange::Confirmed(booking) => update
                .update_expression("SET st = :st, b = :b")
                .expression_attribute_values(":st", status(HoldStatus::Confirmed))
                .expression_attribute_values(":b", s(booking.as_str())),
            RecordChange::Released => update
                .update_expression("SET st = :st")
                .expression_attribute_values(":st", status(HoldStatus::Released)),
            RecordChange::ActiveAgain => update
                .update_expression("SET st = :st REMOVE b")
                .expression_attribute_values(":st", status(HoldStatus::Active)),
            RecordChange::ExpiresAt(at) => {
                update.update_expression("SET e = :e").expression_attribute_values(":e", millis(at))
            }
        };
        Ok(TransactWriteItem::builder().update(update.build().map_err(built)?).build())
    }

    fn put_booking(&self, booking: &Booking) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.tables.ledger).set_item(Some(encode_booking(booking)));
        let put = if booking.version <= 1 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            put.condition_expression("v = :v").expression_attribute_values(":v", n(booking.version - 1))
        };
        Ok(TransactWriteItem::builder().put(put.build().map_err(built)?).build())
    }

    fn put_audit(&self, event: &AuditEvent) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.tables.ledger)
            .set_item(Some(encode_audit(event)))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(built)?;
        Ok(TransactWriteItem::builder().put(put).build())
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

fn no_extras(error: WriteError) -> LedgerError {
    match error {
        WriteError::Ledger(error) => error,
        WriteError::Extra { .. } => unreachable!("no extra item was written"),
    }
}

fn extended_to(change: &PageChange) -> Option<Timestamp> {
    match change {
        PageChange::Extended { expires_at, .. } => Some(*expires_at),
        _ => None,
    }
}

/// Whether the record is of the hold that was just placed: then a concurrent twin of this request wrote it first.
fn is_same_life(known: &Hold, placed: &Hold) -> bool {
    known.recorded == HoldStatus::Active
        && known.first_expires_at == placed.first_expires_at
        && known.fingerprint == placed.fingerprint
}

fn replayed(known: Hold, asked: &Hold) -> Result<Placed, LedgerError> {
    if known.fingerprint == asked.fingerprint {
        Ok(Placed { hold: known, replayed: true })
    } else {
        Err(PageRejection::Reused.into())
    }
}

fn record_change(inventory: &InventoryMove, booking: &Booking) -> Option<RecordChange> {
    match inventory {
        // The hold of a booking that could not be charged became none after all: its record ends as its page says.
        InventoryMove::Free if booking.status == BookingStatus::Failed => Some(RecordChange::ActiveAgain),
        InventoryMove::Keep | InventoryMove::Claim { .. } | InventoryMove::Unclaim | InventoryMove::Free => {
            None
        }
        InventoryMove::Prolong { expires_at, .. } => Some(RecordChange::ExpiresAt(*expires_at)),
        InventoryMove::Abandon => Some(RecordChange::Released),
        InventoryMove::Confirm => Some(RecordChange::Confirmed(booking.id.clone())),
        InventoryMove::Return { .. } => Some(RecordChange::ActiveAgain),
    }
}

fn page_command(inventory: &InventoryMove, booking: &Booking, placement: &Placement) -> Option<PageCommand> {
    let (hold, id) = (booking.hold.clone(), booking.id.clone());
    let (slots, quantity) = (placement.slots.clone(), placement.quantity);
    match inventory {
        InventoryMove::Keep => None,
        InventoryMove::Claim { deadline } => {
            Some(PageCommand::Claim { hold, booking: id, deadline: *deadline })
        }
        InventoryMove::Prolong { hold: record, .. } => {
            Some(PageCommand::Prolong { hold, booking: id, by: record.ttl() })
        }
        InventoryMove::Unclaim => Some(PageCommand::Unclaim { hold, booking: id }),
        InventoryMove::Abandon => Some(PageCommand::Abandon { hold, booking: id }),
        InventoryMove::Confirm => Some(PageCommand::Confirm { hold, booking: id, slots, quantity }),
        InventoryMove::Return { hold: record } => {
            let entry = PageHold { prolonged: true, ..record.entry(placement) };
            Some(PageCommand::Return { hold, entry })
        }
        InventoryMove::Free => Some(PageCommand::Free { booking: id, slots, quantity }),
    }
}
