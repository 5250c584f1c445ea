//! The ledger: holds, bookings, audit trail. Resources and inventory are in `catalogue.rs`, the records of holds in
//! `hold_records.rs`, readings of many items in `reads.rs`.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use holdfast_app::bookings::{AuditEvent, BookingCommit, CommitError};
use holdfast_app::holds::Placed;
use holdfast_app::{Ledger, LedgerError, Mutation, StoreError};
use holdfast_domain::catalogue::Slot;
use holdfast_domain::holds::Extension;
use holdfast_domain::inventory::{PageOperation, Placement};
use holdfast_domain::{
    Booking, BookingId, Fingerprint, GuestId, Hold, HoldId, HoldLimits, HoldSnapshot, HoldStatus, Page,
    PageChange, PageCommand, PageHold, PageRejection, Resource, ResourceId,
};
use jiff::Timestamp;

use crate::DynamoLedger;
use crate::page::write::{Done, WriteError, built, resource_of};
use crate::stored::records::{
    BOOKING_SK, EVENT_SK_PREFIX, TASK_TOKEN_SK, booking_key, booking_pk, decode_audit, decode_booking,
    decode_hold_record, encode_audit, encode_booking,
};
use crate::table::error::unavailable;
use crate::table::item::{Reader, millis, n, s};

/// What every booking's transaction writes besides pages: the booking and its audit event. Records of holds come after.
const BOOKING_EXTRAS: usize = 2;

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
        let Some(mut hold) = self.read_hold(id).await? else { return Ok(None) };
        let entry = match hold.order.placements.first() {
            Some(placement) => self.read_entry(placement, id).await?,
            None => None,
        };
        let entry = entry.filter(|entry| entry.first_expires_at == hold.first_expires_at);
        if entry.is_none() && hold.recorded == HoldStatus::Active {
            // It may have ended between the two reads: a hold that became a booking has not expired.
            hold = self.read_hold(id).await?.unwrap_or(hold);
        }
        Ok(Some(HoldSnapshot { hold, entry }))
    }

    async fn extend(
        &self,
        hold: &Hold,
        request: &Fingerprint,
        mutation: &Mutation,
    ) -> Result<(Extension, bool), LedgerError> {
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
        Ok(self.record_extension(&hold.id, request, extension).await?)
    }

    async fn release(&self, hold: &Hold, mutation: &Mutation) -> Result<(), LedgerError> {
        let done = self.on_hold(hold, PageCommand::Release { hold: hold.id.clone() }, mutation).await?;
        let ended: Option<HoldStatus> = done.iter().find_map(|done| match done {
            Done::Blindly => Some(HoldStatus::Released),
            Done::ByReading { changes, .. } => changes.iter().find_map(end_of),
        });
        let released = match ended {
            Some(end) => end == HoldStatus::Released,
            // A page that does not know the hold any more does not say why: it became a booking, an earlier try released it,
            // or its time passed.
            None => match self.read_hold(&hold.id).await?.map(|hold| hold.recorded) {
                Some(HoldStatus::Confirmed) => return Err(PageRejection::HoldMissing.into()),
                Some(HoldStatus::Active) => mutation.now < hold.expires_at,
                Some(HoldStatus::Released | HoldStatus::Expired) | None => false,
            },
        };
        if released {
            self.record_release(&hold.id).await?;
        }
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
        let BookingCommit { booking, audit, inventory, event: _ } = commit;
        let mut extras = vec![self.put_booking(booking)?, self.put_audit(audit)?];
        for (hold, change) in &inventory.records {
            extras.push(self.update_hold_record(hold, change)?);
        }
        let mutation = Mutation { now: audit.at, actor: audit.actor.clone(), trace: audit.trace.clone() };
        let written = loop {
            match self.write(&inventory.operations, &extras, &[], &mutation).await {
                // A record outlives its hold by a week only. The booking goes on without.
                Err(WriteError::Extra { index, .. }) if index >= BOOKING_EXTRAS => drop(extras.remove(index)),
                written => break written,
            }
        };
        match written {
            Ok(_) => Ok(()),
            Err(WriteError::Extra { .. }) => Err(CommitError::Stale),
            // A page that has this very commit behind it refuses it: what counts then is that the booking has changed.
            Err(WriteError::Ledger(LedgerError::Rejected(rejection))) => {
                Err(if self.has_changed(booking).await? { CommitError::Stale } else { rejection.into() })
            }
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
        self.bookings_by_guest(guest, limit, cursor).await
    }

    async fn ended_bookings(&self, now: Timestamp, limit: u32) -> Result<Vec<BookingId>, StoreError> {
        self.bookings_by_end(now, limit).await
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
        let limits = limits_of(hold, resources, placement);
        let command = PageCommand::Place { hold: hold.id.clone(), entry: entry.clone(), limits };
        let op = PageOperation { placement: placement.clone(), command };
        let done = self.write(&[op], &[], resources, mutation).await.map_err(no_extras)?;
        let met_self = match done.first() {
            Some(Done::ByReading { before, changes }) if changes.is_empty() => {
                before.holds.get(&hold.id).cloned()
            }
            Some(Done::ByReading { .. } | Done::Blindly) | None => None,
        };
        let stored = met_self.unwrap_or(entry);
        let record =
            Hold { first_expires_at: stored.first_expires_at, expires_at: stored.expires_at, ..hold.clone() };
        let Some(known) = self.put_new_record(&record).await? else {
            return Ok(Placed { hold: record, replayed: false });
        };
        if !is_same_life(&known, &record) {
            self.undo(hold, placement, &stored, mutation).await?;
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
        let ops: Vec<PageOperation> = placements
            .iter()
            .map(|placement| PageOperation {
                placement: placement.clone(),
                command: PageCommand::Place {
                    hold: hold.id.clone(),
                    entry: hold.entry(placement),
                    limits: limits_of(hold, resources, placement),
                },
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
        let ops: Vec<PageOperation> = hold
            .order
            .placements
            .iter()
            .map(|placement| PageOperation { placement: placement.clone(), command: command.clone() })
            .collect();
        self.write(&ops, &[], &[], mutation).await.map_err(no_extras)
    }

    /// Whether the stored booking is another than the one that `next` follows.
    async fn has_changed(&self, next: &Booking) -> Result<bool, StoreError> {
        let item = self.get_ledger_item(booking_key(&next.id, BOOKING_SK)).await?;
        let version = item.as_ref().map_or(Ok(0), |item| Reader::new(item).number::<u64>("v"))?;
        Ok(version + 1 != next.version)
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
}

pub(crate) fn no_extras(error: WriteError) -> LedgerError {
    match error {
        WriteError::Ledger(error) => error,
        WriteError::Extra { .. } => unreachable!("no extra item was written"),
    }
}

/// The limits of the placement's resource, if they apply.
fn limits_of(hold: &Hold, resources: &[&Resource], placement: &Placement) -> Option<HoldLimits> {
    let resource = resource_of(resources, &placement.page)?;
    hold.is_limited().then_some(resource.terms.hold_limits)
}

fn end_of(change: &PageChange) -> Option<HoldStatus> {
    match change {
        PageChange::Released { .. } => Some(HoldStatus::Released),
        PageChange::Expired { .. } => Some(HoldStatus::Expired),
        _ => None,
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
