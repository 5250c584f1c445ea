//! The check of stored audit trails: of bookings, and of what operators changed.

use std::sync::Arc;

use holdfast_domain::{BookingId, PropertyId, ResourceId, TrailHead, TrailSubject};

use crate::bookings::port::BookingHistory;
use crate::bookings::trail;
use crate::catalogue::port::{CatalogueReader, HoldStopSwitch, ResourceHistory};
use crate::catalogue::trail as operators;
use crate::kernel::chain::BrokenTrail;
use crate::kernel::errors::StoreError;
use crate::operations::port::LedgerInspection;
use crate::properties::port::PropertyReader;

/// How often a booking or resource that keeps changing is read again.
const ATTEMPTS_MAX: u32 = 8;

/// What a look at audit trails came to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Audited {
    /// Trails looked at: one of each booking or resource.
    pub trails: usize,
    /// Their entries.
    pub entries: usize,
    /// Keys of those that do not hold, with the first broken link of each.
    pub broken: Vec<(String, BrokenTrail)>,
}

impl Audited {
    /// Adds another look.
    pub fn extend(&mut self, other: Self) {
        self.trails += other.trails;
        self.entries += other.entries;
        self.broken.extend(other.broken);
    }

    /// What a look at one trail came to: how many entries it has, and its first broken link.
    fn of_one(
        name: &str,
        checked: Result<(usize, Option<BrokenTrail>), StoreError>,
    ) -> Result<Self, StoreError> {
        let (entries, found) = match checked {
            Ok(checked) => checked,
            // One trail that cannot be read hides no other.
            Err(error) if !error.is_outage() => (0, Some(BrokenTrail::Unreadable(error.to_string()))),
            Err(error) => return Err(error),
        };
        let broken = found.map(|broken| (name.to_owned(), broken)).into_iter().collect();
        Ok(Self { trails: 1, entries, broken })
    }
}

/// Checks the audit trails of bookings.
pub struct AuditVerification {
    history: Arc<dyn BookingHistory>,
    inspection: Arc<dyn LedgerInspection>,
}

impl AuditVerification {
    /// Over the history of bookings, and the ledger as a whole.
    #[must_use]
    pub fn new(history: Arc<dyn BookingHistory>, inspection: Arc<dyn LedgerInspection>) -> Self {
        Self { history, inspection }
    }

    /// Checks the trail of one booking.
    ///
    /// # Errors
    /// [`StoreError`] on an outage.
    pub async fn of(&self, id: &BookingId) -> Result<Audited, StoreError> {
        Audited::of_one(id.as_str(), self.check(id).await)
    }

    /// Checks the trails of the stored bookings after `cursor`, and gives the next cursor.
    ///
    /// # Errors
    /// [`StoreError`] on an outage.
    pub async fn part(&self, cursor: Option<&str>) -> Result<(Audited, Option<String>), StoreError> {
        let part = self.inspection.bookings_part(cursor).await?;
        let mut audited = Audited { trails: part.unreadable.len(), ..Audited::default() };
        for item in part.unreadable {
            audited.broken.push((item.item, BrokenTrail::Unreadable(item.reason)));
        }
        for booking in part.items {
            audited.extend(self.of(&booking.id).await?);
        }
        Ok((audited, part.next))
    }

    /// The number of entries, and the first broken link. A booking that changes between the two reads is read again.
    ///
    /// # Errors
    /// [`StoreError::Contention`] when it changes between them [`ATTEMPTS_MAX`] times.
    async fn check(&self, id: &BookingId) -> Result<(usize, Option<BrokenTrail>), StoreError> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(booking) = self.history.booking(id).await? else {
                return Ok((0, Some(BrokenTrail::Unknown)));
            };
            let trail = self.history.audit_trail(id).await?;
            let Err(broken) = trail::verify(&booking, &trail) else { return Ok((trail.len(), None)) };
            let again = self.history.booking(id).await?;
            if again.is_some_and(|again| again.version == booking.version) {
                return Ok((trail.len(), Some(broken)));
            }
        }
        Err(StoreError::Contention(id.to_string()))
    }
}

/// Checks the trails of operators' changes.
pub struct ResourceAuditVerification {
    catalogue: Arc<dyn CatalogueReader>,
    properties: Arc<dyn PropertyReader>,
    history: Arc<dyn ResourceHistory>,
    stops: Arc<dyn HoldStopSwitch>,
    inspection: Arc<dyn LedgerInspection>,
}

impl ResourceAuditVerification {
    /// Over the catalogue, the properties, the trails of both, what keeps how far that of all resources has come, and the ledger as a
    /// whole.
    #[must_use]
    pub fn new(
        catalogue: Arc<dyn CatalogueReader>,
        properties: Arc<dyn PropertyReader>,
        history: Arc<dyn ResourceHistory>,
        stops: Arc<dyn HoldStopSwitch>,
        inspection: Arc<dyn LedgerInspection>,
    ) -> Self {
        Self { catalogue, properties, history, stops, inspection }
    }

    /// Checks the trail of one resource.
    ///
    /// # Errors
    /// [`StoreError`] on an outage.
    pub async fn of(&self, id: &ResourceId) -> Result<Audited, StoreError> {
        let subject = TrailSubject::Resource(id.clone());
        Audited::of_one(id.as_str(), self.check(&subject).await)
    }

    /// Checks the trail of one property.
    ///
    /// # Errors
    /// [`StoreError`] on an outage.
    pub async fn of_property(&self, id: &PropertyId) -> Result<Audited, StoreError> {
        let subject = TrailSubject::Property(id.clone());
        Audited::of_one(&subject.name(), self.check(&subject).await)
    }

    /// Checks the trails of the stored properties after `cursor`, and gives the next cursor.
    ///
    /// # Errors
    /// [`StoreError`] on an outage.
    pub async fn properties_part(
        &self,
        cursor: Option<&str>,
    ) -> Result<(Audited, Option<String>), StoreError> {
        let part = self.inspection.properties_part(cursor).await?;
        let mut audited = Audited { trails: part.unreadable.len(), ..Audited::default() };
        for item in part.unreadable {
            audited.broken.push((item.item, BrokenTrail::Unreadable(item.reason)));
        }
        for property in part.items {
            audited.extend(self.of_property(&property.id).await?);
        }
        Ok((audited, part.next))
    }

    /// Checks the trail of what was done to all resources at once.
    ///
    /// # Errors
    /// [`StoreError`] on an outage.
    pub async fn of_all_resources(&self) -> Result<Audited, StoreError> {
        let subject = TrailSubject::AllResources;
        Audited::of_one(&subject.name(), self.check(&subject).await)
    }

    /// Checks the trails of the stored resources after `cursor`, and gives the next cursor.
    ///
    /// # Errors
    /// [`StoreError`] on an outage.
    pub async fn part(&self, cursor: Option<&str>) -> Result<(Audited, Option<String>), StoreError> {
        let part = self.inspection.resources_part(cursor).await?;
        let mut audited = Audited { trails: part.unreadable.len(), ..Audited::default() };
        for item in part.unreadable {
            audited.broken.push((item.item, BrokenTrail::Unreadable(item.reason)));
        }
        for resource in part.items {
            audited.extend(self.of(&resource.id).await?);
        }
        Ok((audited, part.next))
    }

    /// The number of entries, and the first broken link. A resource whose trail grows between the two reads is read again.
    ///
    /// # Errors
    /// [`StoreError::Contention`] when it grows between them [`ATTEMPTS_MAX`] times.
    async fn check(&self, subject: &TrailSubject) -> Result<(usize, Option<BrokenTrail>), StoreError> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(head) = self.head(subject).await? else {
                return Ok((0, Some(BrokenTrail::Unknown)));
            };
            let trail = self.history.resource_trail(subject).await?;
            let Err(broken) = operators::verify(&head, &trail) else { return Ok((trail.len(), None)) };
            if self.head(subject).await?.is_some_and(|again| again == head) {
                return Ok((trail.len(), Some(broken)));
            }
        }
        Err(StoreError::Contention(subject.name().into_owned()))
    }

    /// How far a trail has come; none of what does not exist.
    async fn head(&self, subject: &TrailSubject) -> Result<Option<TrailHead>, StoreError> {
        Ok(match subject {
            TrailSubject::Resource(id) => self.catalogue.resource(id).await?.map(|resource| resource.trail),
            TrailSubject::Property(id) => self.properties.property(id).await?.map(|property| property.trail),
            TrailSubject::AllResources => self.stops.stop_of(subject).await?.map(|state| state.trail),
        })
    }
}
