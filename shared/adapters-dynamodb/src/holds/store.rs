//! Holds: the places on pages, and the record of each hold (`records.rs`).

use async_trait::async_trait;
use holdfast_app::holds::{HoldReader, HoldStore, Placed};
use holdfast_app::{LedgerError, Mutation, StoreError};
use holdfast_domain::holds::Extension;
use holdfast_domain::inventory::{PageOperation, Placement};
use holdfast_domain::{
    Fingerprint, Hold, HoldId, HoldLimits, HoldSnapshot, HoldStatus, PageChange, PageCommand, PageHold,
    PageRejection, Resource,
};
use jiff::Timestamp;

use crate::page::store::PageStore;
use crate::page::write::{Done, WriteError, no_extras, resource_of};
use crate::stored::records::decode_hold_record;
use crate::table::holds::HoldsTable;
use crate::table::ledger::LedgerTable;

/// [`HoldStore`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoHolds {
    pages: PageStore,
    holds: HoldsTable,
}

impl DynamoHolds {
    /// Over the table that counts the places, and the table of hold records.
    #[must_use]
    pub fn new(ledger: LedgerTable, holds: HoldsTable) -> Self {
        Self { pages: PageStore::new(ledger), holds }
    }
}

#[async_trait]
impl HoldReader for DynamoHolds {
    async fn hold(&self, id: &HoldId) -> Result<Option<HoldSnapshot>, StoreError> {
        let Some(mut hold) = self.holds.read_hold(id).await? else { return Ok(None) };
        let entry = match hold.order.placements.first() {
            Some(placement) => self.pages.read_entry(placement, id).await?,
            None => None,
        };
        let entry = entry.filter(|entry| entry.first_expires_at == hold.first_expires_at);
        if entry.is_none() && hold.recorded == HoldStatus::Active {
            // It may have ended between the two reads: a hold that became a booking has not expired.
            hold = self.holds.read_hold(id).await?.unwrap_or(hold);
        }
        Ok(Some(HoldSnapshot { hold, entry }))
    }
}

#[async_trait]
impl HoldStore for DynamoHolds {
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
        Ok(self.holds.record_extension(&hold.id, request, extension).await?)
    }

    async fn release(&self, hold: &Hold, mutation: &Mutation) -> Result<(), LedgerError> {
        let done = self.on_hold(hold, PageCommand::Release { hold: hold.id.clone() }, mutation).await?;
        let ended: Option<HoldStatus> = done.iter().find_map(|done| match done {
            Done::Blindly => Some(HoldStatus::Released),
            Done::ByReading { changes, .. } => changes.iter().find_map(end_of),
        });
        let released = match ended {
            Some(end) => end == HoldStatus::Released,
            // A page without an entry of the hold does not say how the hold ended. The record does.
            None => match self.holds.read_hold(&hold.id).await? {
                Some(record) => record.release_without_entry(mutation.now)? == HoldStatus::Released,
                None => false,
            },
        };
        if released {
            self.holds.record_release(&hold.id).await?;
        }
        Ok(())
    }

    async fn expire(&self, hold: &Hold, mutation: &Mutation) -> Result<(), LedgerError> {
        self.on_hold(hold, PageCommand::Expire { hold: hold.id.clone() }, mutation).await?;
        Ok(())
    }
}

impl DynamoHolds {
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
        let done = self.pages.write(&[op], &[], resources, mutation).await.map_err(no_extras)?;
        let met_self = match done.first() {
            Some(Done::ByReading { before, changes }) if changes.is_empty() => {
                // The request was sent twice, and the other one knew later terms: the record has to have those.
                let known = resource_of(resources, &placement.page).map_or(u64::MAX, |known| known.revision);
                if before.terms_revision > known {
                    return Err(LedgerError::ResourceChanged);
                }
                before.holds.get(&hold.id).cloned()
            }
            Some(Done::ByReading { .. } | Done::Blindly) | None => None,
        };
        let stored = met_self.unwrap_or(entry);
        let record =
            Hold { first_expires_at: stored.first_expires_at, expires_at: stored.expires_at, ..hold.clone() };
        let Some(known) = self.holds.put_new_record(&record).await? else {
            return Ok(Placed { hold: record, replayed: false });
        };
        if !is_same_use(&known, &record) {
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
        let put = self.holds.new_record(hold)?;
        match self.pages.write(&ops, &[put], resources, mutation).await {
            Ok(_) => Ok(Placed { hold: hold.clone(), replayed: false }),
            Err(WriteError::Ledger(error)) => Err(error),
            Err(WriteError::Extra { old: Some(item), .. }) => replayed(decode_hold_record(&item)?, hold),
            Err(WriteError::Extra { old: None, .. }) => match self.holds.read_hold(&hold.id).await? {
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
        let stored = self.pages.read_entry(placement, &hold.id).await?;
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
        self.pages.write(&ops, &[], &[], mutation).await.map_err(no_extras)
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

/// Whether the record is of the hold that was just placed: then a concurrent duplicate of this request wrote it first.
fn is_same_use(known: &Hold, placed: &Hold) -> bool {
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
