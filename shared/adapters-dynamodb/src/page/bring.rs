//! Bringing pages under a resource's present terms and facts. A page is written together with a check that these are still the
//! present ones, so that no page goes back to what was replaced.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem, Update};
use holdfast_app::catalogue::FactsCommit;
use holdfast_app::{LedgerError, Mutation, StoreError};
use holdfast_domain::catalogue::{Facts, Month, Surplus};
use holdfast_domain::{Page, PageCommand, PageKey, Resource};

use crate::page::item::{decode_page, encode_page, page_key};
use crate::page::store::PageStore;
use crate::stored::records::{facts_are, resource_key};
use crate::stored::trail::{TRAIL_IS, encode_head};
use crate::table::error::{Passing, Refused};
use crate::table::item::n;
use crate::table::transact::{Tries, built};

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
        surplus: Surplus<'_>,
        mutation: &Mutation,
    ) -> Result<(), LedgerError> {
        let mut rest: Vec<(Vec<Page>, Tries)> =
            pages.chunks(PAGES_AT_ONCE).map(|pages| (pages.to_vec(), Tries::default())).collect();
        rest.reverse();
        let mut throttled = Tries::default();
        // Ends: what others write is halved, and a single page has its budget of tries; throttling has one for all pages.
        while let Some((pages, mut tries)) = rest.pop() {
            match self.bring_at_once(resource, facts, &pages, surplus, mutation).await? {
                None => continue,
                Some(passing @ Passing::Throttled(_)) => {
                    throttled.pause(passing, &resource.id).await?;
                    rest.push((pages, tries));
                    continue;
                }
                Some(passing @ Passing::Conflict) => tries.pause(passing, &resource.id).await?,
            }
            let keys: Vec<PageKey> = pages.into_iter().map(|page| page.key).collect();
            let pages = self.read_pages(&keys).await?;
            if pages.len() < 2 {
                rest.push((pages, tries));
            } else {
                let half = pages.len().div_ceil(2);
                rest.extend(pages.chunks(half).rev().map(|pages| (pages.to_vec(), Tries::default())));
            }
        }
        Ok(())
    }

    /// Brings all of `pages` or none; then gives why not, if that passes.
    async fn bring_at_once(
        &self,
        resource: &Resource,
        facts: &Facts,
        pages: &[Page],
        surplus: Surplus<'_>,
        mutation: &Mutation,
    ) -> Result<Option<Passing>, LedgerError> {
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
            return Ok(None);
        }
        let mut items = vec![self.check_terms(resource)?];
        for month in months {
            items.push(self.ledger.check_month(&resource.id, month, facts.revision(month))?);
        }
        let checks = items.len();
        items.extend(puts);
        match self.ledger.transact(items).await {
            Ok(()) => Ok(None),
            Err(Refused::Condition { index, .. }) if index < checks => Err(LedgerError::ResourceChanged),
            // One of them has been written meanwhile.
            Err(Refused::Condition { .. }) => Ok(Some(Passing::Conflict)),
            Err(Refused::Passing(passing)) => Ok(Some(passing)),
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
            self.put_facts(&FactsCommit::adopting(&present, adopted.clone(), mutation)).await?;
        }
        self.bring(&present, &facts.written(&adopted), vec![page], Surplus::Kept, mutation).await
    }

    /// Writes the facts of some months, all or none.
    ///
    /// # Errors
    /// [`LedgerError::ResourceChanged`] if terms or facts are not those that they follow.
    pub(crate) async fn put_facts(&self, commit: &FactsCommit) -> Result<(), LedgerError> {
        let FactsCommit { previous, next, months, entry, write } = commit;
        let mut count = Update::builder()
            .table_name(&self.ledger.name)
            .set_key(Some(resource_key(&previous.id)))
            .expression_attribute_values(":none", n(0))
            .expression_attribute_values(":frev", n(previous.facts_revision))
            .expression_attribute_values(":next", n(next.facts_revision))
            .expression_attribute_values(":rev", n(previous.revision));
        let (mut set, mut condition) = ("SET frev = :next".to_owned(), facts_are("rev = :rev"));
        if entry.is_some() {
            condition = format!("{condition} AND {TRAIL_IS}");
            count = count.expression_attribute_values(":en", n(previous.trail.entries));
            for (name, value) in encode_head(&next.trail) {
                set.push_str(&format!(", {name} = :next_{name}"));
                count = count.expression_attribute_values(format!(":next_{name}"), value);
            }
        }
        let count = count.update_expression(set).condition_expression(condition).build().map_err(built)?;
        let mut items = vec![TransactWriteItem::builder().update(count).build()];
        let of = (&previous.id, previous.terms.property.as_ref());
        for (month, facts) in months {
            items.push(self.ledger.put_month(of, *month, facts, write)?);
        }
        if let Some(entry) = entry {
            items.push(self.ledger.put_entry(entry)?);
        }
        self.ledger.transact_on(items, previous.id.as_str()).await
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
