//! Writing pages. First blindly, by condition; where that is refused, by reading, deciding and comparing `seq`. A transaction
//! may write an item once: several commands to one page are decided one after the other, and written together.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::{
    Put, ReturnValuesOnConditionCheckFailure as OnFailure, TransactWriteItem, Update,
};
use holdfast_app::{LedgerError, Mutation, StoreError};
use holdfast_domain::catalogue::{Month, PAGES_PER_HOLD_MAX};
use holdfast_domain::inventory::{PageOperation, Placement};
use holdfast_domain::{HoldId, Page, PageChange, PageCommand, PageKey, PageRejection, Resource};
use jiff::Timestamp;

use crate::page::expression::{Expression, blind_write};
use crate::page::item::{decode_page, encode_page, page_key};
use crate::page::store::PageStore;
use crate::stored::records::resource_key;
use crate::table::error::{Passing, Refused};
use crate::table::item::{Item, n};
use crate::table::transact::{Tries, built};

/// The most items of one transaction (DynamoDB's limit).
pub(crate) const TRANSACTION_ITEMS_MAX: usize = 100;
/// The most items that a step of one hold or its booking writes beside the pages: the booking, its audit event, and how its guest is
/// reached with the guest's attempts to pay, or the hold's record with the use of a promotion and its two counters.
const EXTRAS_MAX: usize = 6;
const _: () = assert!(
    PAGES_PER_HOLD_MAX + EXTRAS_MAX <= TRANSACTION_ITEMS_MAX,
    "what can be held can be booked, cancelled and expired"
);
/// The most pages that one transaction makes, beside the resource that counts them and the facts of their months: so many days lie in
/// five months at most, and a hold of nights has a dozen pages of a month each.
const PAGES_MADE_MAX: usize = TRANSACTION_ITEMS_MAX - 7;

/// Condition of a write to a page that was read: nobody has written or replaced it since.
const UNCHANGED: &str = "seq = :seq AND sv = :sv";

/// How a command was carried out.
#[derive(Debug)]
pub(crate) enum Done {
    /// By its condition.
    Blindly,
    /// After reading; the page as it was before the command, and what was changed.
    ByReading { before: Box<Page>, changes: Vec<PageChange> },
}

/// Why pages were not written. Nothing was.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// The extra item of that number refused; as it was, if it was there.
    Extra { index: usize, old: Option<Item> },
    /// A page has fewer places than a command takes.
    SoldOut(Box<SoldOut>),
    /// Anything else.
    Ledger(LedgerError),
}

/// What was asked for of a page, and how few places it has.
#[derive(Debug)]
pub(crate) struct SoldOut {
    pub(crate) placement: Placement,
    /// What could be had in every slot.
    pub(crate) available: u32,
    /// The page, as it was read.
    pub(crate) page: Page,
}

impl From<SoldOut> for PageRejection {
    fn from(SoldOut { available, .. }: SoldOut) -> Self {
        Self::SoldOut { available }
    }
}

impl<E: Into<LedgerError>> From<E> for WriteError {
    fn from(error: E) -> Self {
        Self::Ledger(error.into())
    }
}

enum Step {
    Done(Vec<Done>),
    /// The page of the only command, as the refusal showed it.
    Refused(Option<Item>),
    Again(Passing),
}

impl PageStore {
    /// Carries out `ops`, those to one page in their order, and writes `extras`, all or nothing. `resources` are those whose
    /// pages may have to be made. Gives how each of `ops` was carried out.
    pub(crate) async fn write(
        &self,
        ops: &[PageOperation],
        extras: &[TransactWriteItem],
        resources: &[&Resource],
        mutation: &Mutation,
    ) -> Result<Vec<Done>, WriteError> {
        let pages: BTreeSet<&PageKey> = ops.iter().map(|op| &op.placement.page).collect();
        if pages.len() + extras.len() > TRANSACTION_ITEMS_MAX {
            return Err(LedgerError::TooManyPages { max: TRANSACTION_ITEMS_MAX - extras.len() }.into());
        }
        let once_each = pages.len() == ops.len();
        let first = ops.first().map_or("booking", |op| op.placement.page.resource.as_str());
        let mut tries = Tries::default();
        // Ends: others who are first, and throttling, have a budget of tries.
        loop {
            let blindly = if once_each {
                self.write_blindly(ops, extras, resources, mutation).await?
            } else {
                Step::Refused(None)
            };
            let old = match blindly {
                Step::Done(done) => return Ok(done),
                Step::Refused(old) => old,
                Step::Again(passing) => {
                    tries.pause(passing, &first).await?;
                    continue;
                }
            };
            match self.write_by_reading(ops, extras, resources, old, mutation).await? {
                Step::Done(done) => return Ok(done),
                Step::Refused(_) => tries.pause(Passing::Conflict, &first).await?,
                Step::Again(passing) => tries.pause(passing, &first).await?,
            }
        }
    }

    async fn write_blindly(
        &self,
        ops: &[PageOperation],
        extras: &[TransactWriteItem],
        resources: &[&Resource],
        mutation: &Mutation,
    ) -> Result<Step, WriteError> {
        let expressions: Option<Vec<(&PageKey, Expression)>> = ops
            .iter()
            .map(|op| {
                let revision = terms_of(op, resources).map(|terms| terms.revision);
                let expression = blind_write(op, revision, mutation.now, mutation.trace.as_deref())?;
                Some((&op.placement.page, expression))
            })
            .collect();
        let Some(expressions) = expressions else { return Ok(Step::Refused(None)) };
        let outcome = match (&expressions[..], extras) {
            ([(page, expression)], []) => self.update_one(page, expression).await,
            _ => {
                let mut items = Vec::with_capacity(expressions.len() + extras.len());
                for (page, expression) in &expressions {
                    items.push(self.update_item(page, expression)?);
                }
                items.extend_from_slice(extras);
                self.ledger.transact(items).await
            }
        };
        match outcome {
            Ok(()) => Ok(Step::Done(ops.iter().map(|_| Done::Blindly).collect())),
            Err(refused) => Self::step(refused, ops.len()),
        }
    }

    async fn write_by_reading(
        &self,
        ops: &[PageOperation],
        extras: &[TransactWriteItem],
        resources: &[&Resource],
        old: Option<Item>,
        mutation: &Mutation,
    ) -> Result<Step, WriteError> {
        let mut stored = self.pages_of(ops, old).await?;
        let missing = |key: &&PageKey| !stored.contains_key(*key) && takes_places_of(ops, key);
        let missing: BTreeSet<&PageKey> = ops.iter().map(|op| &op.placement.page).filter(missing).collect();
        if !missing.is_empty() {
            return Ok(Step::Again(self.make_pages(&missing, resources, mutation).await?));
        }
        let mut pages: BTreeMap<&PageKey, Decided> = BTreeMap::new();
        let mut done = Vec::with_capacity(ops.len());
        // Pages that are missing or under other terms are seen to all at once, however many: then comes the next try.
        let mut is_ready = true;
        for op in ops {
            let key = &op.placement.page;
            let decided = match pages.entry(key) {
                Entry::Occupied(decided) => decided.into_mut(),
                Entry::Vacant(place) => {
                    let page = stored.remove(key).unwrap_or_else(|| {
                        Page::fresh(key.clone(), op.placement.schedule_revision, 0, Vec::new())
                    });
                    if let Some(resource) = terms_of(op, resources)
                        && is_met_under_other_terms(&page, op, resource, mutation.now)
                    {
                        self.bring_met(resource, page, mutation).await?;
                        is_ready = false;
                        continue;
                    }
                    place.insert(Decided {
                        seq: page.seq,
                        schedule_revision: page.schedule_revision,
                        page,
                        changes: Vec::new(),
                    })
                }
            };
            done.push(decided.carry_out(op, mutation.now)?);
        }
        if !is_ready {
            return Ok(Step::Again(Passing::Conflict));
        }
        if pages.values().any(Decided::ends_what_it_changed) {
            return Err(LedgerError::from(PageRejection::HoldMissing).into());
        }
        let mut items = Vec::with_capacity(pages.len() + extras.len());
        for Decided { seq, schedule_revision, mut page, changes } in pages.into_values() {
            if !changes.is_empty() {
                page.seq = seq + 1;
                let item = encode_page(&page, &changes, mutation.now, mutation.trace.as_deref());
                items.push(self.put_if_unchanged(item, schedule_revision, seq)?);
            }
        }
        let written = items.len();
        items.extend_from_slice(extras);
        if items.is_empty() {
            return Ok(Step::Done(done));
        }
        match self.ledger.transact(items).await {
            Ok(()) => Ok(Step::Done(done)),
            Err(refused) => Self::step(refused, written),
        }
    }

    /// Sorts a refusal: of a page (to be read), of an extra item (final), or a passing one.
    fn step(refused: Refused, pages: usize) -> Result<Step, WriteError> {
        match refused {
            Refused::Condition { index, old } if index < pages => Ok(Step::Refused(old)),
            Refused::Condition { index, old } => Err(WriteError::Extra { index: index - pages, old }),
            Refused::Passing(passing) => Ok(Step::Again(passing)),
            Refused::Store(error) => Err(error.into()),
        }
    }

    /// The stored pages of `ops`; the latest writes. `old` is the page of the only command, if it is known.
    async fn pages_of(
        &self,
        ops: &[PageOperation],
        old: Option<Item>,
    ) -> Result<BTreeMap<PageKey, Page>, StoreError> {
        let pages = match (old, ops) {
            (Some(item), [_]) => vec![decode_page(&item)?],
            (None, [op]) => {
                let item = self.ledger.get(page_key(&op.placement.page)).await?;
                item.as_ref().map(decode_page).transpose()?.into_iter().collect()
            }
            (_, _) => {
                let keys: BTreeSet<PageKey> = ops.iter().map(|op| op.placement.page.clone()).collect();
                self.read_pages(&keys.into_iter().collect::<Vec<_>>()).await?
            }
        };
        Ok(pages.into_iter().map(|page| (page.key.clone(), page)).collect())
    }

    /// Makes pages nobody touched yet, under their resources' current terms and facts, and counts them on the resources. Gives
    /// what the next try is for.
    async fn make_pages(
        &self,
        keys: &BTreeSet<&PageKey>,
        resources: &[&Resource],
        mutation: &Mutation,
    ) -> Result<Passing, LedgerError> {
        let keys: Vec<&PageKey> = keys.iter().copied().collect();
        for of_resource in keys.chunk_by(|a, b| a.resource == b.resource) {
            let loaded;
            let given = resource_of(resources, of_resource[0]);
            let resource = match given {
                Some(resource) => resource,
                None => match self.read_resource(&of_resource[0].resource).await? {
                    Some((resource, _)) => {
                        loaded = resource;
                        &loaded
                    }
                    None => return Err(LedgerError::ResourceChanged),
                },
            };
            for keys in of_resource.chunks(PAGES_MADE_MAX) {
                let months: BTreeSet<Month> =
                    keys.iter().flat_map(|key| resource.months(&key.page)).collect();
                let facts = self.ledger.facts_of(&resource.id, months.iter().copied()).await?;
                let pages: Vec<Page> = keys.iter().map(|key| resource.fresh_page(key, &facts)).collect();
                if pages.iter().any(|page| page.available.is_empty()) {
                    return Err(LedgerError::ResourceChanged);
                }
                let mut items = self.new_pages(resource, &pages, mutation)?;
                for month in months {
                    items.push(self.ledger.check_month(&resource.id, month, facts.revision(month))?);
                }
                match self.ledger.transact(items).await {
                    // Replaced since it was read: here the next try reads it again, elsewhere the caller has to.
                    Err(Refused::Condition { index: 0, .. }) if given.is_some() => {
                        return Err(LedgerError::ResourceChanged);
                    }
                    // Made by another, or its facts have changed since they were read: the next try finds out.
                    Ok(()) | Err(Refused::Passing(Passing::Conflict) | Refused::Condition { .. }) => {}
                    Err(Refused::Passing(throttled)) => return Ok(throttled),
                    Err(Refused::Store(error)) => return Err(error.into()),
                }
            }
        }
        Ok(Passing::Conflict)
    }

    /// The write that makes pages. The condition of number 0 is that of the resource.
    fn new_pages(
        &self,
        resource: &Resource,
        pages: &[Page],
        mutation: &Mutation,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let count = Update::builder()
            .table_name(&self.ledger.name)
            .set_key(Some(resource_key(&resource.id)))
            .update_expression("SET pages = pages + :made")
            .condition_expression("rev = :rev")
            .expression_attribute_values(":made", n(pages.len()))
            .expression_attribute_values(":rev", n(resource.revision))
            .build();
        let mut items = vec![TransactWriteItem::builder().update(count.map_err(built)?).build()];
        for page in pages {
            let put = Put::builder()
                .table_name(&self.ledger.name)
                .set_item(Some(encode_page(page, &[], mutation.now, mutation.trace.as_deref())))
                .condition_expression("attribute_not_exists(pk)")
                .build();
            items.push(TransactWriteItem::builder().put(put.map_err(built)?).build());
        }
        Ok(items)
    }

    async fn update_one(&self, page: &PageKey, expression: &Expression) -> Result<(), Refused> {
        self.ledger
            .client
            .update_item()
            .table_name(&self.ledger.name)
            .set_key(Some(page_key(page)))
            .update_expression(expression.update())
            .condition_expression(expression.all_conditions())
            .set_expression_attribute_names(Some(expression.names.clone()))
            .set_expression_attribute_values(Some(expression.values.clone()))
            .return_values_on_condition_check_failure(OnFailure::AllOld)
            .send()
            .await?;
        Ok(())
    }

    fn update_item(&self, page: &PageKey, expression: &Expression) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(&self.ledger.name)
            .set_key(Some(page_key(page)))
            .update_expression(expression.update())
            .condition_expression(expression.all_conditions())
            .set_expression_attribute_names(Some(expression.names.clone()))
            .set_expression_attribute_values(Some(expression.values.clone()))
            .return_values_on_condition_check_failure(OnFailure::AllOld)
            .build()
            .map_err(built)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Puts a page that still is as it was read: of that schedule, and after that write.
    pub(crate) fn put_if_unchanged(
        &self,
        page: Item,
        schedule_revision: u64,
        seq: u64,
    ) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.ledger.name)
            .set_item(Some(page))
            .condition_expression(UNCHANGED)
            .expression_attribute_values(":seq", n(seq))
            .expression_attribute_values(":sv", n(schedule_revision))
            .build()
            .map_err(built)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

/// A page, and what the commands decided so far do to it.
struct Decided {
    /// The number of the write that was read.
    seq: u64,
    /// The schedule's revision that was read.
    schedule_revision: u64,
    /// As it is after the changes.
    page: Page,
    changes: Vec<PageChange>,
}

impl Decided {
    /// Whether a command dropped a hold that an earlier command is about: its claim let go, say, and then its place taken
    /// because its time has passed. A write tells of each hold as it left it, so that such a write has no events.
    fn ends_what_it_changed(&self) -> bool {
        let ended =
            |hold: &HoldId, later: &[PageChange]| later.iter().any(|change| change.ends() == Some(hold));
        (1..).zip(&self.changes).any(|(next, change)| {
            change.ends().is_none() && change.hold().is_some_and(|hold| ended(hold, &self.changes[next..]))
        })
    }

    fn carry_out(&mut self, op: &PageOperation, now: Timestamp) -> Result<Done, WriteError> {
        let changes = if self.page.schedule_revision <= op.placement.schedule_revision {
            self.page.decide(&op.command, now).map_err(|refused| self.refused(op, refused))?
        } else {
            op.command.on_another_schedule()?
        };
        let after = changes.iter().fold(self.page.clone(), Page::evolve);
        let before = Box::new(std::mem::replace(&mut self.page, after));
        self.changes.extend_from_slice(&changes);
        Ok(Done::ByReading { before, changes })
    }

    fn refused(&self, op: &PageOperation, refused: PageRejection) -> WriteError {
        let PageRejection::SoldOut { available } = refused else { return refused.into() };
        let (placement, page) = (op.placement.clone(), self.page.clone());
        WriteError::SoldOut(Box::new(SoldOut { placement, available, page }))
    }
}

pub(crate) fn no_extras(error: WriteError) -> LedgerError {
    match error {
        WriteError::SoldOut(sold_out) => PageRejection::from(*sold_out).into(),
        WriteError::Ledger(error) => error,
        WriteError::Extra { .. } => unreachable!("no extra item was written"),
    }
}

pub(crate) fn resource_of<'a>(resources: &[&'a Resource], page: &PageKey) -> Option<&'a Resource> {
    resources.iter().copied().find(|resource| resource.id == page.resource)
}

/// The terms that a command is decided by, if they have to be those of the page.
fn terms_of<'a>(op: &PageOperation, resources: &[&'a Resource]) -> Option<&'a Resource> {
    match op.command {
        PageCommand::Place { .. } => resource_of(resources, &op.placement.page),
        PageCommand::Extend { .. }
        | PageCommand::Claim { .. }
        | PageCommand::Prolong { .. }
        | PageCommand::Unclaim { .. }
        | PageCommand::Release { .. }
        | PageCommand::Abandon { .. }
        | PageCommand::Expire { .. }
        | PageCommand::Confirm { .. }
        | PageCommand::Return { .. }
        | PageCommand::Free { .. }
        | PageCommand::Frame { .. } => None,
    }
}

/// Whether a hold meets a page under other terms than it was decided by. One that meets itself asks for nothing.
fn is_met_under_other_terms(page: &Page, op: &PageOperation, terms: &Resource, now: Timestamp) -> bool {
    let meets_itself = |hold: &HoldId| page.holds.get(hold).is_some_and(|entry| entry.is_live(now));
    let is_known = if let PageCommand::Place { hold, .. } = &op.command { meets_itself(hold) } else { false };
    page.terms_revision != terms.revision && !is_known
}

/// Whether one of `ops` may need the page, should it not be stored yet.
fn takes_places_of(ops: &[PageOperation], key: &PageKey) -> bool {
    ops.iter().any(|op| op.placement.page == *key && op.command.takes_places())
}
