//! The calendar of a resource, which anyone may read.

use std::sync::Arc;

use holdfast_domain::catalogue::RangeError;
use holdfast_domain::{Money, Resource, ResourceId, Slot};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::catalogue::port::CatalogueReader;
use crate::kernel::failure::Failure;
use crate::kernel::field::Field;

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

/// The use case of calendars.
pub struct Calendars {
    catalogue: Arc<dyn CatalogueReader>,
}

impl Calendars {
    /// Over a catalogue.
    #[must_use]
    pub fn new(catalogue: Arc<dyn CatalogueReader>) -> Self {
        Self { catalogue }
    }

    /// The slots of `[from, to)`, local dates, with what is free in each at `now`.
    ///
    /// # Errors
    /// [`Failure::NotFound`], [`Failure::Invalid`] for an empty range.
    pub async fn slots(
        &self,
        id: &ResourceId,
        from: Date,
        to: Date,
        now: Timestamp,
    ) -> Result<Vec<CalendarSlot>, Failure> {
        let resource = self.catalogue.resource(id).await?.ok_or(Failure::NotFound("resource"))?;
        let slots = slots_between(&resource, from, to, Field::CalendarEnd)?;
        let mut names: Vec<String> = slots.iter().map(|slot| slot.page.clone()).collect();
        names.sort();
        names.dedup();
        let pages = self.catalogue.pages(&resource, &names).await?;
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

/// The slots of `[from, to)`, local dates. `end` names the field that is wrong when the range is empty or too long.
pub(crate) fn slots_between(
    resource: &Resource,
    from: Date,
    to: Date,
    end: Field,
) -> Result<Vec<Slot>, Failure> {
    resource.calendar(from, to).map_err(|error| match error {
        RangeError::Empty | RangeError::TooLong { .. } => {
            Failure::Invalid { field: end.into(), detail: error.to_string() }
        }
        RangeError::NotBookable => Failure::RangeNotBookable(error),
    })
}
