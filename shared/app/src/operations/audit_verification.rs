//! The check of stored audit trails.

use std::sync::Arc;

use holdfast_domain::BookingId;

use crate::bookings::port::BookingHistory;
use crate::bookings::trail::{BrokenTrail, verify};
use crate::kernel::errors::StoreError;
use crate::operations::port::LedgerInspection;

/// How often a booking that keeps changing is read again.
const ATTEMPTS_MAX: u32 = 8;

/// What a look at audit trails came to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Audited {
    /// Bookings looked at.
    pub bookings: usize,
    /// Entries of their trails.
    pub entries: usize,
    /// Keys of those that do not hold, with the first broken link of each.
    pub broken: Vec<(String, BrokenTrail)>,
}

impl Audited {
    /// Adds another look.
    pub fn extend(&mut self, other: Self) {
        self.bookings += other.bookings;
        self.entries += other.entries;
        self.broken.extend(other.broken);
    }
}

/// Checks stored audit trails.
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
        let mut audited = Audited { bookings: 1, ..Audited::default() };
        let found = match self.check(id).await {
            Ok((entries, found)) => {
                audited.entries = entries;
                found
            }
            Err(StoreError::Corrupt { item, reason }) => {
                Some(BrokenTrail::Unreadable(format!("{item}: {reason}")))
            }
            Err(error) => return Err(error),
        };
        audited.broken.extend(found.map(|broken| (id.to_string(), broken)));
        Ok(audited)
    }

    /// Checks the trails of the stored bookings after `cursor`, and gives the next cursor.
    ///
    /// # Errors
    /// [`StoreError`] on an outage.
    pub async fn part(&self, cursor: Option<&str>) -> Result<(Audited, Option<String>), StoreError> {
        let part = self.inspection.bookings_part(cursor).await?;
        let mut audited = Audited { bookings: part.unreadable.len(), ..Audited::default() };
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
            let Err(broken) = verify(&booking, &trail) else { return Ok((trail.len(), None)) };
            let again = self.history.booking(id).await?;
            if again.is_some_and(|again| again.version == booking.version) {
                return Ok((trail.len(), Some(broken)));
            }
        }
        Err(StoreError::Contention(id.to_string()))
    }
}
