//! Reading the trails of operators' changes.

use std::sync::Arc;

use holdfast_domain::{Resource, ResourceId, TrailHead, TrailSubject};
use jiff::civil::Date;

use crate::catalogue::port::{CatalogueReader, HoldStopSwitch, ResourceHistory};
use crate::catalogue::trail::ResourceEvent;
use crate::kernel::chain::TRAIL_LIMIT_MAX;
use crate::kernel::failure::Failure;
use crate::kernel::identity::Caller;

/// The use case of reading the trail of a resource, or of all.
pub struct ResourceTrails {
    catalogue: Arc<dyn CatalogueReader>,
    history: Arc<dyn ResourceHistory>,
    stops: Arc<dyn HoldStopSwitch>,
}

impl ResourceTrails {
    /// Over a catalogue, the trails of its resources, and what keeps how far that of all has come.
    #[must_use]
    pub fn new(
        catalogue: Arc<dyn CatalogueReader>,
        history: Arc<dyn ResourceHistory>,
        stops: Arc<dyn HoldStopSwitch>,
    ) -> Self {
        Self { catalogue, history, stops }
    }

    /// The trail of a resource, oldest first: at most `limit` entries, up to [`TRAIL_LIMIT_MAX`], that follow the entry `after`, and
    /// after which the next page begins.
    ///
    /// # Errors
    /// [`Failure::NotFound`], also of a resource of a property that is not the caller's.
    pub async fn of(
        &self,
        caller: &Caller,
        id: &ResourceId,
        after: u64,
        limit: u32,
    ) -> Result<(Vec<ResourceEvent>, Option<u64>), Failure> {
        let resource = self.resource(caller, id).await?;
        self.page(&TrailSubject::Resource(id.clone()), &resource.trail, after, limit).await
    }

    /// Who set something for a local date of a resource, the newest first: of the entries before the entry `before` at most `limit`
    /// that did, each with what it says of the date alone, and the entry before which the next page begins. It looks at
    /// [`TRAIL_LIMIT_MAX`] entries at most, so that a page may have fewer, or none, and another follow.
    ///
    /// # Errors
    /// [`Failure::NotFound`], also of a resource of a property that is not the caller's.
    pub async fn of_date(
        &self,
        caller: &Caller,
        id: &ResourceId,
        date: Date,
        before: u64,
        limit: u32,
    ) -> Result<(Vec<ResourceEvent>, Option<u64>), Failure> {
        self.resource(caller, id).await?;
        let subject = TrailSubject::Resource(id.clone());
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let (mut found, mut last) = (Vec::new(), None);
        for entry in self.history.resource_trail_before(&subject, before, TRAIL_LIMIT_MAX).await? {
            if found.len() >= most {
                break;
            }
            last = Some(entry.sequence);
            found.extend(entry.about(date));
        }
        Ok((found, last.filter(|last| *last > 1)))
    }

    /// A resource of the caller's.
    async fn resource(&self, caller: &Caller, id: &ResourceId) -> Result<Resource, Failure> {
        let resource = self.catalogue.resource(id).await?;
        let is_own = |resource: &Resource| caller.is_operator_of(resource.terms.property.as_ref());
        resource.filter(is_own).ok_or(Failure::NotFound("resource"))
    }

    /// The same of what was done to all resources at once.
    ///
    /// # Errors
    /// [`Failure`] on an outage.
    pub async fn of_all_resources(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<(Vec<ResourceEvent>, Option<u64>), Failure> {
        let subject = TrailSubject::AllResources;
        let state = self.stops.stop_of(&subject).await?.ok_or(Failure::NotFound("resource"))?;
        self.page(&subject, &state.trail, after, limit).await
    }

    async fn page(
        &self,
        subject: &TrailSubject,
        head: &TrailHead,
        after: u64,
        limit: u32,
    ) -> Result<(Vec<ResourceEvent>, Option<u64>), Failure> {
        page_of(self.history.as_ref(), subject, head, after, limit).await
    }
}

/// At most `limit` entries of a trail that has come as far as `head`, which follow the entry `after`, and after which the next page
/// begins.
pub(crate) async fn page_of(
    history: &dyn ResourceHistory,
    subject: &TrailSubject,
    head: &TrailHead,
    after: u64,
    limit: u32,
) -> Result<(Vec<ResourceEvent>, Option<u64>), Failure> {
    let entries = history.resource_trail_page(subject, after, limit.min(TRAIL_LIMIT_MAX)).await?;
    let next = entries.last().map(|last| last.sequence).filter(|last| *last < head.entries);
    Ok((entries, next))
}
