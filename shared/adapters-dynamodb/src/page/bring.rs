//! Bringing pages under a resource's present terms and facts. A page is written together with a check that these are still the
//! present ones, so that no page goes back to what was replaced.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem, Update};
use holdfast_app::events::Write;
use holdfast_app::{LedgerError, Mutation, StoreError};
use holdfast_domain::catalogue::{Facts, Month, MonthFacts, Surplus};
use holdfast_domain::{Page, PageCommand, PageKey, Resource};

use crate::page::item::{decode_page, encode_page, page_key};
use crate::page::store::PageStore;
use crate::stored::records::{facts_are, resource_key};
use crate::table::error::Refused;
use crate::table::item::n;
use crate::table::transact::{ATTEMPTS_MAX, built, pause};

/// The most pages that one transaction brings under new terms. Where guests are at one of them, it is tried with fewer.
const PAGES_AT_ONCE: usize = 25;

impl PageStore {
    /// Brings stored pages under the terms of `resource` and under `facts`, each or some of them in a transaction.
    ///
    /// # Errors
    /// [`LedgerError::ResourceChanged`] if terms or facts are not the present ones; the page's own refusal. Others may have been
    /// brought then.
    pub(crate) async fn bring(
        &self,
        resource: &Resource,
        facts: &Facts,
        pages: Vec<Page>,
        surplus: Surplus,
        mutation: &Mutation,
    ) -> Result<(), LedgerError> {
        let mut rest: Vec<(Vec<Page>, u32)> =
            pages.chunks(PAGES_AT_ONCE).map(|pages| (pages.to_vec(), 0)).collect();
        rest.reverse();
        while let Some((pages, attempt)) = rest.pop() {
            if self.bring_at_once(resource, facts, &pages, surplus, mutation).await? {
                continue;
            }
            if attempt >= ATTEMPTS_MAX {
                return Err(StoreError::Contention(resource.id.to_string()).into());
            }
            pause(attempt).await;
            let keys: Vec<PageKey> = pages.into_iter().map(|page| page.key).collect();
            let pages = self.read_pages(&keys).await?;
            if pages.len() < 2 {
                rest.push((pages, attempt + 1));
            } else {
                let half = pages.len().div_ceil(2);
                rest.extend(pages.chunks(half).rev().map(|pages| (pages.to_vec(), 0)));
            }
        }
        Ok(())
    }

    /// Brings all of `pages` or none. `false` if one of them has been written meanwhile.
    async fn bring_at_once(
        &self,
        resource: &Resource,
        facts: &Facts,
        pages: &[Page],
        surplus: Surplus,
        mutation: &Mutation,
    ) -> Result<bool, LedgerError> {
        let mut puts = Vec::new();
        let mut months: BTreeSet<Month> = BTreeSet::new();
        for page in pages {
            let frame = Box::new(resource.frame_of(page, facts, surplus, mutation.now));
            let changes = page.decide(&PageCommand::Frame { frame }, mutation.now)?;
            if changes.is_empty() {
                continue;
            }
            months.extend(resource.months(&page.key.page));
            let item = encode_page(&page.apply(&changes), &changes, mutation.now, mutation.trace.as_deref());
            puts.push(self.put_if_unchanged(item, page.schedule_revision, page.seq)?);
        }
        if puts.is_empty() {
            return Ok(true);
        }
        let mut items = vec![self.check_terms(resource)?];
        for month in months {
            items.push(self.ledger.check_month(&resource.id, month, facts.revision(month))?);
        }
        let checks = items.len();
        items.extend(puts);
        match self.ledger.transact(items).await {
            Ok(()) => Ok(true),
            Err(Refused::Condition { index, .. }) if index < checks => Err(LedgerError::ResourceChanged),
            Err(Refused::Condition { .. } | Refused::Busy) => Ok(false),
            Err(Refused::Store(error)) => Err(error.into()),
        }
    }

    /// Brings the page that a hold met under the present terms and facts. Whatever is taken there is no reason to turn the guest
    /// away.
    ///
    /// # Errors
    /// [`LedgerError::ResourceChanged`] if the present terms are not those of `resource`.
    pub(crate) async fn bring_met(
        &self,
        resource: &Resource,
        page: Page,
        mutation: &Mutation,
    ) -> Result<(), LedgerError> {
        let Some((present, _)) = self.read_resource(&resource.id).await? else {
            return Err(LedgerError::ResourceChanged);
        };
        if present.revision != resource.revision {
            return Err(LedgerError::ResourceChanged);
        }
        let facts = self.ledger.facts_of(&resource.id, resource.months(&page.key.page)).await?;
        let adopted = present.adopt(&page, &facts).changed_since(&facts);
        if !adopted.is_empty() {
            self.put_facts(&present, &adopted, mutation).await?;
        }
        self.bring(&present, &facts.written(&adopted), vec![page], Surplus::Kept, mutation).await
    }

    /// Writes the facts of some months, all or none.
    ///
    /// # Errors
    /// [`LedgerError::ResourceChanged`] if terms or facts are not those that they follow.
    pub(crate) async fn put_facts(
        &self,
        resource: &Resource,
        months: &BTreeMap<Month, MonthFacts>,
        mutation: &Mutation,
    ) -> Result<(), LedgerError> {
        let write = Write { at: mutation.now, trace: mutation.trace.clone() };
        let count = Update::builder()
            .table_name(&self.ledger.name)
            .set_key(Some(resource_key(&resource.id)))
            .update_expression("SET frev = :next")
            .condition_expression(facts_are("rev = :rev"))
            .expression_attribute_values(":none", n(0))
            .expression_attribute_values(":frev", n(resource.facts_revision))
            .expression_attribute_values(":next", n(resource.facts_revision + 1))
            .expression_attribute_values(":rev", n(resource.revision))
            .build();
        let mut items = vec![TransactWriteItem::builder().update(count.map_err(built)?).build()];
        for (month, facts) in months {
            items.push(self.ledger.put_month(&resource.id, *month, facts, &write)?);
        }
        for attempt in 0..ATTEMPTS_MAX {
            match self.ledger.transact(items.clone()).await {
                Ok(()) => return Ok(()),
                Err(Refused::Busy) => pause(attempt).await,
                Err(Refused::Condition { .. }) => return Err(LedgerError::ResourceChanged),
                Err(Refused::Store(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::Contention(resource.id.to_string()).into())
    }

    /// Stored pages of those keys; the latest writes.
    pub(crate) async fn read_pages(&self, keys: &[PageKey]) -> Result<Vec<Page>, StoreError> {
        let items = self.ledger.get_many(keys.iter().map(page_key).collect()).await?;
        let mut stored: BTreeMap<PageKey, Page> = BTreeMap::new();
        for item in items {
            let page = decode_page(&item)?;
            stored.insert(page.key.clone(), page);
        }
        Ok(keys.iter().filter_map(|key| stored.remove(key)).collect())
    }

    /// Refuses unless the resource's terms are of that revision.
    fn check_terms(&self, resource: &Resource) -> Result<TransactWriteItem, StoreError> {
        let check = ConditionCheck::builder()
            .table_name(&self.ledger.name)
            .set_key(Some(resource_key(&resource.id)))
            .condition_expression("rev = :rev")
            .expression_attribute_values(":rev", n(resource.revision))
            .build()
            .map_err(built)?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}
