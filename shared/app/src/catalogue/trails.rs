//! Reading the trails of operators' changes.

use std::sync::Arc;

use holdfast_domain::{ResourceId, TrailHead, TrailSubject};

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
        let resource = self.catalogue.resource(id).await?.ok_or(Failure::NotFound("resource"))?;
        if !caller.is_operator_of(resource.terms.property.as_ref()) {
            return Err(Failure::NotFound("resource"));
        }
        self.page(&TrailSubject::Resource(id.clone()), &resource.trail, after, limit).await
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
