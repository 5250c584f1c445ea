//! Resources and their inventory: what operators set, and the calendar anyone may read.

use std::sync::Arc;

use holdfast_domain::catalogue::{RangeError, ResourceTerms};
use holdfast_domain::{Money, Resource, ResourceId, Slot};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::kernel::errors::{LedgerError, StoreError};
use crate::kernel::failure::Failure;
use crate::kernel::field::Field;
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
            let slots = calendar(&resource, from, to, Field::InventoryEnd)?;
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
        let slots = calendar(&resource, from, to, Field::CalendarEnd)?;
        let mut names: Vec<String> = slots.iter().map(|slot| slot.page.clone()).collect();
        names.sort();
        names.dedup();
        let pages = self.ledger.pages(&resource, &names).await?;
        let price = resource.terms.base_price;
        Ok(slots
            .into_iter()
            .filter_map(|slot| {
                let page = pages.iter().find(|page| page.key.page == slot.page)?;
                let capacity = page.capacity_of(&slot.key);
                let available = page.offered(&slot.key, now);
                Some(CalendarSlot { slot, capacity, available, price })
            })
            .collect())
    }
}

fn calendar(resource: &Resource, from: Date, to: Date, end: Field) -> Result<Vec<Slot>, Failure> {
    resource.calendar(from, to).map_err(|error| match error {
        RangeError::Empty | RangeError::TooLong { .. } => {
            Failure::Invalid { field: end.into(), detail: error.to_string() }
        }
        RangeError::NotBookable => Failure::RangeNotBookable(error),
    })
}
