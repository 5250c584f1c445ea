//! Resources and their inventory: what operators set, and the calendar anyone may read.

use std::sync::Arc;

use holdfast_domain::catalogue::{RangeError, ResourceTerms};
use holdfast_domain::{Money, Page, Resource, ResourceId, Slot};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::kernel::errors::{LedgerError, StoreError};
use crate::kernel::failure::Failure;
use crate::kernel::ledger::Ledger;
use crate::kernel::mutation::Mutation;

const ATTEMPTS_MAX: usize = 5;

/// One slot of a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarSlot {
    /// The slot.
    pub slot: Slot,
    /// Places.
    pub capacity: u32,
    /// Places that could be held now.
    pub available: u32,
    /// For one unit.
    pub price: Money,
}

/// The use cases of operators, and the calendar.
pub struct Resources {
    ledger: Arc<dyn Ledger>,
}

impl Resources {
    /// Over a ledger.
    #[must_use]
    pub fn new(ledger: Arc<dyn Ledger>) -> Self {
        Self { ledger }
    }

    /// A resource.
    ///
    /// # Errors
    /// [`Failure::NotFound`].
    pub async fn get(&self, id: &ResourceId) -> Result<Resource, Failure> {
        self.ledger.resource(id).await?.ok_or(Failure::NotFound("resource"))
    }

    /// Creates or replaces a resource; `true` if it is new.
    ///
    /// # Errors
    /// [`Failure::CapacityInUse`] when live holds or bookings do not fit the new capacity or schedule.
    pub async fn put(
        &self,
        id: &ResourceId,
        terms: &ResourceTerms,
        mutation: &Mutation,
    ) -> Result<(Resource, bool), Failure> {
        for _ in 0..ATTEMPTS_MAX {
            let previous = self.ledger.resource(id).await?;
            let next = match &previous {
                Some(same) if same.terms == *terms => return Ok((same.clone(), false)),
                Some(other) => other.replace(terms.clone()),
                None => Resource::create(id.clone(), terms.clone()),
            };
            match self.ledger.put_resource(previous.as_ref(), &next, mutation).await {
                Err(LedgerError::ResourceChanged) => {}
                Err(error) => return Err(error.into()),
                Ok(()) => return Ok((next, previous.is_none())),
            }
        }
        Err(StoreError::Contention(id.to_string()).into())
    }

    /// Sets capacity and stop-sell of every slot whose local date lies in `[from, to)`.
    ///
    /// # Errors
    /// [`Failure::CapacityInUse`] when less than what is held or confirmed is asked for; nothing is changed then.
    pub async fn set_inventory(
        &self,
        id: &ResourceId,
        from: Date,
        to: Date,
        capacity: Option<u32>,
        closed: Option<bool>,
        mutation: &Mutation,
    ) -> Result<(), Failure> {
        for _ in 0..ATTEMPTS_MAX {
            let resource = self.get(id).await?;
            let slots = calendar(&resource, from, to, "/to")?;
            if slots.is_empty() {
                return Err(Failure::RangeNotBookable(RangeError::NotBookable));
            }
            match self.ledger.set_inventory(&resource, &slots, capacity, closed, mutation).await {
                Err(LedgerError::ResourceChanged) => {}
                outcome => return Ok(outcome?),
            }
        }
        Err(StoreError::Contention(id.to_string()).into())
    }

    /// The slots of `[from, to)`, local dates, with what is free in each at `now`.
    ///
    /// # Errors
    /// [`Failure::NotFound`], [`Failure::Invalid`] for an empty range.
    pub async fn calendar(
        &self,
        id: &ResourceId,
        from: Date,
        to: Date,
        now: Timestamp,
    ) -> Result<Vec<CalendarSlot>, Failure> {
        let resource = self.get(id).await?;
        let slots = calendar(&resource, from, to, "end")?;
        let mut names: Vec<String> = slots.iter().map(|slot| slot.page.clone()).collect();
        names.sort();
        names.dedup();
        let pages = self.ledger.pages(&resource, &names).await?;
        let price = resource
            .price(1, 1)
            .map_err(|error| StoreError::Corrupt { item: id.to_string(), reason: error.to_string() })?;
        Ok(slots.into_iter().map(|slot| counted(slot, &pages, price, now)).collect())
    }
}

/// A slot as all the pages that count it have it.
fn counted(slot: Slot, pages: &[Page], price: Money, now: Timestamp) -> CalendarSlot {
    let of_slot = || pages.iter().filter(|page| page.key.page == slot.page);
    let capacity = of_slot().map(|page| page.capacity_of(&slot.key)).fold(0, u32::saturating_add);
    let available = of_slot().map(|page| page.offered(&slot.key, now)).fold(0, u32::saturating_add);
    CalendarSlot { slot, capacity, available, price }
}

fn calendar(resource: &Resource, from: Date, to: Date, end: &'static str) -> Result<Vec<Slot>, Failure> {
    resource.calendar(from, to).map_err(|error| match error {
        RangeError::Empty | RangeError::TooLong { .. } => {
            Failure::Invalid { pointer: end, detail: error.to_string() }
        }
        RangeError::NotBookable => Failure::RangeNotBookable(error),
    })
}

#[cfg(test)]
mod tests {
    use holdfast_domain::{Currency, PageKey, SlotKey};

    use super::*;

    #[test]
    fn a_slot_has_the_places_of_all_pages_that_count_it() {
        let key = SlotKey::parse("01").expect("a key");
        let resource = ResourceId::parse("hotel").expect("an id");
        let page = |shard, name: &str, capacity, free| {
            let page = PageKey { shard, ..PageKey::first(resource.clone(), name) };
            let mut page = Page::fresh(page, 1, capacity, vec![key.clone()]);
            page.available.insert(key.clone(), free);
            page.confirmed.insert(key.clone(), capacity - free);
            page
        };
        let pages = [page(0, "2026-06", 5, 2), page(1, "2026-06", 4, 3), page(0, "2026-07", 9, 9)];
        let (start, end) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        let slot = Slot { page: "2026-06".to_owned(), key: key.clone(), start, end };
        let price = Money::zero(Currency::parse("EUR").expect("known"));
        let counted = counted(slot, &pages, price, start);
        assert_eq!((counted.capacity, counted.available), (9, 5));
    }
}
