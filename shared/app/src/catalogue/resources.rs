//! Resources and their inventory: what operators set.

use std::sync::Arc;

use holdfast_domain::catalogue::{RangeError, ResourceTerms};
use holdfast_domain::{Resource, ResourceId};
use jiff::civil::Date;

use crate::catalogue::calendar::slots_between;
use crate::catalogue::port::Catalogue;
use crate::kernel::errors::{LedgerError, StoreError};
use crate::kernel::failure::Failure;
use crate::kernel::field::Field;
use crate::kernel::mutation::Mutation;

const ATTEMPTS_MAX: usize = 5;

/// The use cases of operators.
pub struct Resources {
    catalogue: Arc<dyn Catalogue>,
}

impl Resources {
    /// Over a catalogue.
    #[must_use]
    pub fn new(catalogue: Arc<dyn Catalogue>) -> Self {
        Self { catalogue }
    }

    /// A resource.
    ///
    /// # Errors
    /// [`Failure::NotFound`].
    pub async fn get(&self, id: &ResourceId) -> Result<Resource, Failure> {
        self.catalogue.resource(id).await?.ok_or(Failure::NotFound("resource"))
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
            let previous = self.catalogue.resource(id).await?;
            let next = match &previous {
                Some(same) if same.terms == *terms => return Ok((same.clone(), false)),
                Some(other) => other.replace(terms.clone()),
                None => Resource::create(id.clone(), terms.clone()),
            };
            match self.catalogue.put_resource(previous.as_ref(), &next, mutation).await {
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
            let slots = slots_between(&resource, from, to, Field::InventoryEnd)?;
            if slots.is_empty() {
                return Err(Failure::RangeNotBookable(RangeError::NotBookable));
            }
            match self.catalogue.set_inventory(&resource, &slots, capacity, closed, mutation).await {
                Err(LedgerError::ResourceChanged) => {}
                outcome => return Ok(outcome?),
            }
        }
        Err(StoreError::Contention(id.to_string()).into())
    }
}
