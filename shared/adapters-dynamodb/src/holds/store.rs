//! Holds: the places on pages, and the record of each hold (`records.rs`).

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::TransactWriteItem;
use holdfast_app::catalogue::ResourceVersion;
use holdfast_app::holds::{HoldReader, HoldStore, Placed};
use holdfast_app::{Clock, LedgerError, Mutation, StoreError};
use holdfast_domain::catalogue::Surplus;
use holdfast_domain::holds::Extension;
use holdfast_domain::inventory::{PageOperation, Placement};
use holdfast_domain::rates::uses::{PromotionUse, UseChange};
use holdfast_domain::{
    Fingerprint, Hold, HoldId, HoldLimits, HoldSnapshot, HoldStatus, Page, PageChange, PageCommand, PageHold,
    PageRejection, Resource,
};
use jiff::Timestamp;

use crate::holds::sold_out::{Recalled, SoldOutMemory};
use crate::page::store::PageStore;
use crate::page::write::{Done, WriteError, no_extras, resource_of};
use crate::promotions::uses::UseStore;
use crate::stored::records::decode_hold_record;
use crate::table::error::Passing;
use crate::table::holds::HoldsTable;
use crate::table::ledger::LedgerTable;
use crate::table::transact::Tries;

/// [`HoldStore`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoHolds {
    pages: PageStore,
    holds: HoldsTable,
    uses: UseStore,
    sold_out: Option<Arc<SoldOutMemory>>,
}

impl DynamoHolds {
    /// Over the table that counts the places, and the table of hold records.
    #[must_use]
    pub fn new(ledger: LedgerTable, holds: HoldsTable) -> Self {
        let (pages, uses) = (PageStore::new(ledger.clone()), UseStore::new(ledger));
        Self { pages, holds, uses, sold_out: None }
    }

    /// With a memory of what was sold out a moment ago, at most 250 ms by `clock`: a page without places answers a crowd without a
    /// write for each. What others give back meanwhile is refused for as long, so that this is for requests of guests; what
    /// operators edit is not.
    #[must_use]
    pub fn remembering_sold_out(self, clock: Arc<dyn Clock>) -> Self {
        Self { sold_out: Some(Arc::new(SoldOutMemory::new(clock))), ..self }
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
        let Some(memory) = &self.sold_out else {
            return self.place_on(resources, hold, mutation).await.map_err(no_extras);
        };
        let recalled = memory.recall(&hold.order.placements);
        let mut present = None;
        if let Some(Recalled { resource, version, available }) = recalled {
            present = self.pages.read_resource(&resource).await?.map(|(resource, _)| resource);
            if present.as_ref().is_some_and(|resource| ResourceVersion::from(resource) == version) {
                return Err(PageRejection::SoldOut { available }.into());
            }
        }
        let asked_at = memory.now();
        let placed = self.place_on(resources, hold, mutation).await;
        if let Err(WriteError::SoldOut(sold_out)) = &placed {
            let of_page = |resource: &&Resource| resource.id == sold_out.placement.page.resource;
            let known = present.iter().find(of_page).or(resource_of(resources, &sold_out.placement.page));
            if let Some(resource) = known
                && self.is_present(resource, &sold_out.page, mutation.now).await
            {
                memory.remember(sold_out, ResourceVersion::from(resource), asked_at, mutation.now);
            }
        }
        placed.map_err(no_extras)
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
        let done = self.end(hold, released(hold), mutation).await?;
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
        let expire = PageCommand::Expire { hold: hold.id.clone(), counts_for: hold.counts_for() };
        self.end(hold, expire, mutation).await?;
        Ok(())
    }
}

impl DynamoHolds {
    async fn place_on(
        &self,
        resources: &[&Resource],
        hold: &Hold,
        mutation: &Mutation,
    ) -> Result<Placed, WriteError> {
        match (PromotionUse::of(&hold.order, &hold.id), &hold.order.placements[..]) {
            (None, [placement]) => self.place_on_page(placement, resources, hold, mutation).await,
            (None, placements) => self.place_on_pages(placements, None, resources, hold, mutation).await,
            (Some(of), placements) => {
                self.place_on_pages(placements, Some(&of), resources, hold, mutation).await
            }
        }
    }

    /// Whether a page is under the dated facts that there are: facts are written before the pages are brought under them. Of no
    /// page that cannot be shown is this said.
    async fn is_present(&self, resource: &Resource, page: &Page, now: Timestamp) -> bool {
        let months = resource.months(&page.key.page);
        let Ok(facts) = self.pages.ledger.facts_of(&resource.id, months).await else { return false };
        let frame = Box::new(resource.frame_of(page, &facts, Surplus::Kept, now));
        page.decide(&PageCommand::Frame { frame }, now).is_ok_and(|changes| changes.is_empty())
    }

    /// The common case: one conditional write to the page, one to the record.
    async fn place_on_page(
        &self,
        placement: &Placement,
        resources: &[&Resource],
        hold: &Hold,
        mutation: &Mutation,
    ) -> Result<Placed, WriteError> {
        let entry = hold.entry(placement);
        let limits = limits_of(hold, resources, placement);
        let command = PageCommand::Place { hold: hold.id.clone(), entry: entry.clone(), limits };
        let op = PageOperation { placement: placement.clone(), command };
        let done = self.pages.write(&[op], &[], resources, mutation).await?;
        let met_self = match done.first() {
            Some(Done::ByReading { before, changes }) if changes.is_empty() => {
                // The request was sent twice, and the other one knew later terms: the record has to have those.
                let known = resource_of(resources, &placement.page).map_or(u64::MAX, |known| known.revision);
                if before.terms_revision > known {
                    return Err(LedgerError::ResourceChanged.into());
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
        Ok(replayed(known, hold)?)
    }

    /// Several pages, or a use of a promotion that is `counted`: the record is part of the transaction.
    async fn place_on_pages(
        &self,
        placements: &[Placement],
        counted: Option<&PromotionUse>,
        resources: &[&Resource],
        hold: &Hold,
        mutation: &Mutation,
    ) -> Result<Placed, WriteError> {
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
        let mut extras = match counted {
            Some(of) => self.uses.counted(of, mutation)?,
            None => Vec::new(),
        };
        // The last: of several refusals its is told, and one who placed the hold before is not refused for want of uses.
        extras.push(self.holds.new_record(hold)?);
        match (self.pages.write(&ops, &extras, resources, mutation).await, counted) {
            (Ok(_), _) => Ok(Placed { hold: hold.clone(), replayed: false }),
            (Err(WriteError::Extra { index, .. }), Some(of)) if index + 1 < extras.len() => {
                Err(LedgerError::PromotionUsedUp { plan: of.plan.clone() }.into())
            }
            (Err(WriteError::Extra { old: Some(item), .. }), _) => {
                Ok(replayed(decode_hold_record(&item)?, hold)?)
            }
            (Err(WriteError::Extra { old: None, .. }), _) => match self.holds.read_hold(&hold.id).await? {
                Some(known) => Ok(replayed(known, hold)?),
                None => Err(StoreError::Contention(hold.id.to_string()).into()),
            },
            (Err(error @ (WriteError::SoldOut(_) | WriteError::Ledger(_))), _) => Err(error),
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
            self.on_hold(hold, released(hold), mutation).await?;
        }
        Ok(())
    }

    /// A command that ends a hold, to every page of it. What it used of a promotion is given back with it, unless that was done or a
    /// booking has it.
    async fn end(
        &self,
        hold: &Hold,
        command: PageCommand,
        mutation: &Mutation,
    ) -> Result<Vec<Done>, LedgerError> {
        let Some(of) = PromotionUse::of(&hold.order, &hold.id) else {
            return self.on_hold(hold, command, mutation).await;
        };
        let mut tries = Tries::default();
        // Ends: others who are first have a budget of tries.
        loop {
            let returned = self.uses.changed(&of, &UseChange::HoldEnded, mutation).await?;
            match self.write_to(hold, command.clone(), &returned, mutation).await {
                Err(WriteError::Extra { .. }) => tries.pause(Passing::Conflict, &hold.id).await?,
                written => return written.map_err(no_extras),
            }
        }
    }

    /// The same command to every page of a hold.
    async fn on_hold(
        &self,
        hold: &Hold,
        command: PageCommand,
        mutation: &Mutation,
    ) -> Result<Vec<Done>, LedgerError> {
        self.write_to(hold, command, &[], mutation).await.map_err(no_extras)
    }

    async fn write_to(
        &self,
        hold: &Hold,
        command: PageCommand,
        extras: &[TransactWriteItem],
        mutation: &Mutation,
    ) -> Result<Vec<Done>, WriteError> {
        let ops: Vec<PageOperation> = hold
            .order
            .placements
            .iter()
            .map(|placement| PageOperation { placement: placement.clone(), command: command.clone() })
            .collect();
        let done = self.pages.write(&ops, extras, &[], mutation).await?;
        if let Some(memory) = &self.sold_out {
            memory.forget(&hold.order.placements);
        }
        Ok(done)
    }
}

/// The limits of the placement's resource, if they apply.
fn limits_of(hold: &Hold, resources: &[&Resource], placement: &Placement) -> Option<HoldLimits> {
    let resource = resource_of(resources, &placement.page)?;
    hold.is_limited().then_some(resource.terms.hold_limits)
}

fn released(hold: &Hold) -> PageCommand {
    PageCommand::Release { hold: hold.id.clone(), counts_for: hold.counts_for() }
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
