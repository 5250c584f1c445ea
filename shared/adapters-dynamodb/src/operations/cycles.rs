//! The reconciliation's cycle between two runs: one item, and as many as its pages need.

use async_trait::async_trait;
use holdfast_app::StoreError;
use holdfast_app::operations::CycleStore;
use holdfast_app::operations::reconciliation::{ComparedPage, Cycle, Share};
use holdfast_domain::PageKey;

use crate::stored::cycle::{
    CYCLE_SLOTS_MAX, KeptCycle, cycle_key, cycle_pages_key, decode_cycle, decode_cycle_pages, encode_cycle,
    encode_cycle_pages, revision_of,
};
use crate::table::error::unavailable;
use crate::table::item::{Item, n};
use crate::table::ledger::LedgerTable;

/// [`CycleStore`] in the ledger.
#[derive(Debug, Clone)]
pub struct DynamoCycles {
    ledger: LedgerTable,
}

impl DynamoCycles {
    /// Of the ledger's table.
    #[must_use]
    pub fn new(ledger: LedgerTable) -> Self {
        Self { ledger }
    }

    /// The cycle of an item, with its pages; [`StoreError::Corrupt`] if they are not those that it was kept with.
    async fn whole(&self, item: &Item) -> Result<Cycle, StoreError> {
        let KeptCycle { mut cycle, mark, items } = decode_cycle(item)?;
        let mut pages = Vec::new();
        for number in 0..items {
            let key = cycle_pages_key(cycle.revision, number);
            let others = || StoreError::Corrupt {
                item: format!("pages {number} of the cycle"),
                reason: "they were written by another run".to_owned(),
            };
            let item = self.ledger.get(key).await?.ok_or_else(others)?;
            let (own, more) = decode_cycle_pages(&item)?;
            if own != mark {
                return Err(others());
            }
            pages.extend(more);
        }
        cycle.share = Share::restored(cycle.share.begin(), cycle.share.to(), pages);
        Ok(cycle)
    }

    async fn put(&self, item: Item) -> Result<(), StoreError> {
        let put = self.ledger.client.put_item().table_name(&self.ledger.name).set_item(Some(item));
        put.send().await.map(drop).map_err(unavailable)
    }
}

/// The pages in groups that fit one item each.
fn groups(share: &Share) -> Vec<Vec<(&PageKey, &ComparedPage)>> {
    let mut groups = Vec::new();
    let (mut group, mut slots) = (Vec::new(), 0);
    for (key, page) in share.pages() {
        // The name takes the room of some slots.
        let size = 4 + page.slots.len();
        if slots + size > CYCLE_SLOTS_MAX && !group.is_empty() {
            groups.push(std::mem::take(&mut group));
            slots = 0;
        }
        group.push((key, page));
        slots += size;
    }
    groups.extend((!group.is_empty()).then_some(group));
    groups
}

#[async_trait]
impl CycleStore for DynamoCycles {
    async fn cycle(&self) -> Result<Option<Cycle>, StoreError> {
        let Some(item) = self.ledger.get(cycle_key()).await? else { return Ok(None) };
        match self.whole(&item).await {
            Err(StoreError::Corrupt { .. }) => Ok(Some(Cycle::forgotten(revision_of(&item)?))),
            whole => whole.map(Some),
        }
    }

    /// The pages are written first, beside those of the cycle that is kept. Should two runs do so at once, the marks do not fit, and
    /// the next cycle begins anew.
    async fn keep_cycle(&self, cycle: &Cycle, after: u64) -> Result<bool, StoreError> {
        let mark = fastrand::u64(..);
        let mut items = 0;
        for group in groups(&cycle.share) {
            self.put(encode_cycle_pages(cycle.revision, items, mark, &group)).await?;
            items += 1;
        }
        let put = self
            .ledger
            .client
            .put_item()
            .table_name(&self.ledger.name)
            .set_item(Some(encode_cycle(cycle, mark, items)))
            .condition_expression("attribute_not_exists(pk) OR rev = :after")
            .expression_attribute_values(":after", n(after));
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(unavailable(error)),
        }
    }
}
