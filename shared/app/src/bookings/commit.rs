//! The one way in which a booking changes: it is read, a decision is taken on what was read, and the decision is written
//! unless the booking has changed since; if it has, all of it begins again. So no decision survives a re-read.

use async_trait::async_trait;
use holdfast_domain::catalogue::RangeError;
use holdfast_domain::{Booking, BookingEvent, BookingId, InventoryMove};

use crate::bookings::port::{
    BookingCommit, BookingJournal, BookingReader, BookingStore, CommitError, JournalEntry,
};
use crate::bookings::read::load;
use crate::kernel::failure::Failure;
use crate::kernel::mutation::Mutation;

/// How often a booking is read and decided on before its caller is told that others keep changing it.
const ATTEMPTS_MAX: u32 = 8;

/// What a booking, as it was just read, calls for. `I` is what the event does to inventory.
#[derive(Debug)]
pub(crate) enum Decision<I, T> {
    /// Nothing is written.
    Nothing(T),
    /// The event is written, unless it has happened before.
    Commit { event: BookingEvent, inventory: I, outcome: T },
}

/// Takes a decision about a booking. Whatever it depends on besides is read here, so that it is read anew with the booking.
#[async_trait]
pub(crate) trait Decide<I, T> {
    /// The decision about the booking as it was just read.
    async fn decide(&self, booking: &Booking) -> Result<Decision<I, T>, Failure>;
}

/// A decision about the booking alone.
#[async_trait]
impl<I, T, F> Decide<I, T> for F
where
    I: Send + 'static,
    T: Send + 'static,
    F: Fn(&Booking) -> Result<Decision<I, T>, Failure> + Sync,
{
    async fn decide(&self, booking: &Booking) -> Result<Decision<I, T>, Failure> {
        self(booking)
    }
}

/// Writes an event of a booking, with what it does to inventory.
#[async_trait]
pub(crate) trait WriteBooking: Sync {
    /// What an event does to inventory.
    type Inventory: Send;

    /// Reads bookings.
    fn reader(&self) -> &dyn BookingReader;

    /// Whether a page's refusal calls for another decision: what the decision depended on may have changed.
    fn decides_anew(inventory: &Self::Inventory) -> bool;

    /// Writes the event that happens to `before`; gives the booking after it.
    async fn write(
        &self,
        before: &Booking,
        event: BookingEvent,
        inventory: Self::Inventory,
        mutation: &Mutation,
    ) -> Result<Booking, CommitError>;
}

#[async_trait]
impl<'a> WriteBooking for dyn BookingStore + 'a {
    type Inventory = InventoryMove;

    fn reader(&self) -> &dyn BookingReader {
        self
    }

    /// A claim may lapse after its hold was read.
    fn decides_anew(inventory: &InventoryMove) -> bool {
        matches!(inventory, InventoryMove::Prolong { .. } | InventoryMove::Claim { .. })
    }

    async fn write(
        &self,
        before: &Booking,
        event: BookingEvent,
        inventory: InventoryMove,
        mutation: &Mutation,
    ) -> Result<Booking, CommitError> {
        let commit = BookingCommit::new(before, event, inventory, mutation);
        self.commit(&commit).await?;
        Ok(commit.booking)
    }
}

#[async_trait]
impl<'a> WriteBooking for dyn BookingJournal + 'a {
    type Inventory = ();

    fn reader(&self) -> &dyn BookingReader {
        self
    }

    fn decides_anew((): &()) -> bool {
        false
    }

    async fn write(
        &self,
        before: &Booking,
        event: BookingEvent,
        (): (),
        mutation: &Mutation,
    ) -> Result<Booking, CommitError> {
        let entry = JournalEntry::new(before, event, mutation);
        self.append(&entry).await?;
        Ok(entry.booking)
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
pub(crate) async fn commit<W: WriteBooking + ?Sized, T>(
    writer: &W,
    id: &BookingId,
    mutation: &Mutation,
    decision: &(impl Decide<W::Inventory, T> + ?Sized),
) -> Result<Committed<T>, Failure> {
    for _ in 0..ATTEMPTS_MAX {
        let booking = load(writer.reader(), id).await?;
        let (event, inventory, outcome) = match decision.decide(&booking).await? {
            Decision::Nothing(outcome) => return Ok(Committed { booking, written: false, outcome }),
            Decision::Commit { event, inventory, outcome } => (event, inventory, outcome),
        };
        let Some(event) = booking.decide(event)? else {
            return Ok(Committed { booking, written: false, outcome });
        };
        let decides_anew = W::decides_anew(&inventory);
        match writer.write(&booking, event, inventory, mutation).await {
            Ok(booking) => return Ok(Committed { booking, written: true, outcome }),
            Err(CommitError::Stale) => {}
            Err(CommitError::Rejected(_)) if decides_anew => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Failure::RequestInProgress)
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Stale | CommitError::AttemptsChanged => Self::RequestInProgress,
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
