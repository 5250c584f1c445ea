//! The one way in which a booking changes: it is read, a decision is taken on what was read, and the decision is written
//! unless the booking has changed since; if it has, all of it begins again. So no decision survives a re-read.

use async_trait::async_trait;
use holdfast_domain::catalogue::RangeError;
use holdfast_domain::{Booking, BookingEvent, BookingId, InventoryMove};

use crate::bookings::port::{BookingCommit, CommitError};
use crate::kernel::failure::Failure;
use crate::kernel::ledger::Ledger;
use crate::kernel::mutation::Mutation;

/// How often a booking is read and decided on before its caller is told that others keep changing it.
const ATTEMPTS_MAX: u32 = 8;

/// What a booking, as it was just read, calls for.
#[derive(Debug)]
pub(crate) enum Decision<T> {
    /// Nothing is written.
    Nothing(T),
    /// The event is written, unless it has happened before.
    Commit { event: BookingEvent, inventory: InventoryMove, outcome: T },
}

/// Takes a decision about a booking. Whatever it depends on besides is read here, so that it is read anew with the booking.
#[async_trait]
pub(crate) trait Decide<T> {
    /// The decision about the booking as it was just read.
    async fn decide(&self, booking: &Booking) -> Result<Decision<T>, Failure>;
}

/// A decision about the booking alone.
#[async_trait]
impl<T, F> Decide<T> for F
where
    T: Send + 'static,
    F: Fn(&Booking) -> Result<Decision<T>, Failure> + Sync,
{
    async fn decide(&self, booking: &Booking) -> Result<Decision<T>, Failure> {
        self(booking)
    }
}

/// A decision that was carried out.
#[derive(Debug)]
pub(crate) struct Committed<T> {
    /// The booking after it.
    pub(crate) booking: Booking,
    /// Whether an event was written now.
    pub(crate) written: bool,
    /// What the decision came to.
    pub(crate) outcome: T,
}

/// Reads a booking, decides, and writes the decision; again from the start if the booking changed in between.
///
/// # Errors
/// [`Failure::NotFound`] without such a booking, [`Failure::BookingRejected`] when its state forbids the event,
/// [`Failure::RequestInProgress`] when others changed it [`ATTEMPTS_MAX`] times, and whatever the decision or a page refuses.
pub(crate) async fn commit<T>(
    ledger: &dyn Ledger,
    id: &BookingId,
    mutation: &Mutation,
    decision: &(impl Decide<T> + ?Sized),
) -> Result<Committed<T>, Failure> {
    for _ in 0..ATTEMPTS_MAX {
        let booking = load(ledger, id).await?;
        let (event, inventory, outcome) = match decision.decide(&booking).await? {
            Decision::Nothing(outcome) => return Ok(Committed { booking, written: false, outcome }),
            Decision::Commit { event, inventory, outcome } => (event, inventory, outcome),
        };
        let Some(event) = booking.decide(event)? else {
            return Ok(Committed { booking, written: false, outcome });
        };
        let on_hold = matches!(inventory, InventoryMove::Prolong { .. });
        let commit = BookingCommit::new(&booking, event, inventory, mutation);
        match ledger.commit(&commit).await {
            Ok(()) => return Ok(Committed { booking: commit.booking, written: true, outcome }),
            Err(CommitError::Stale) => {}
            // The claim lapsed after its hold was read: the next decision reads the hold anew.
            Err(CommitError::Rejected(_)) if on_hold => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Failure::RequestInProgress)
}

/// A booking; the latest write.
pub(crate) async fn load(ledger: &dyn Ledger, id: &BookingId) -> Result<Booking, Failure> {
    ledger.booking(id).await?.ok_or(Failure::NotFound("booking"))
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Stale => Self::RequestInProgress,
            CommitError::Rejected(rejection) => rejection.into(),
            CommitError::ResourceChanged => Self::RangeNotBookable(RangeError::NotBookable),
            CommitError::TooManyPages { .. } => Self::Inconsistent(error.to_string()),
            CommitError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use holdfast_domain::PageRejection;

    use super::*;
    use crate::kernel::errors::StoreError;

    #[test]
    fn what_a_commit_refuses_is_told_as_what_it_is() {
        let failure = |error: CommitError| Failure::from(error);
        assert!(matches!(failure(CommitError::Stale), Failure::RequestInProgress));
        let sold_out = failure(PageRejection::SoldOut { available: 1 }.into());
        assert!(matches!(sold_out, Failure::SoldOut { available: 1 }));
        for gone in [CommitError::ResourceChanged, PageRejection::ScheduleChanged.into()] {
            assert!(matches!(failure(gone), Failure::RangeNotBookable(RangeError::NotBookable)));
        }
        for inconsistent in [CommitError::TooManyPages { max: 97 }, PageRejection::NotConfirmed.into()] {
            let failure = failure(inconsistent);
            assert!(matches!(failure, Failure::Inconsistent(_)) && !failure.is_outage(), "{failure:?}");
        }
        let corrupt = StoreError::Corrupt { item: "B#1".to_owned(), reason: "no status".to_owned() };
        assert!(!failure(corrupt.into()).is_outage(), "the same request never mends it");
        assert!(failure(StoreError::Unavailable("away".into()).into()).is_outage());
    }
}
