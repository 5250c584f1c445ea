//! The recorded end of bookings. That a booking's time has passed is a condition of the clock and shown at once; this
//! writes it down, so that the audit trail and the bus tell of it. Nothing waits for it, and running it again has no effect.

use std::sync::Arc;

use holdfast_domain::{Booking, BookingEvent, BookingId};
use tokio::task::JoinSet;

use crate::bookings::commit::{Decision, commit};
use crate::bookings::port::BookingJournal;
use crate::kernel::errors::StoreError;
use crate::kernel::failure::Failure;
use crate::kernel::mutation::Mutation;
use crate::operations::port::EndedBookings;

/// The most bookings of one run.
pub const BOOKINGS_PER_RUN_MAX: u32 = 1_000;
/// Bookings completed side by side.
const AT_ONCE: usize = 16;

/// What a run has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Bookings whose end is recorded now.
    pub completed: u32,
    /// Bookings that had been changed meanwhile: done already, or looked at again by the next run.
    pub skipped: u32,
    /// Bookings that cannot be completed; the log says why.
    pub failed: u32,
    /// Whether the run stopped at [`BOOKINGS_PER_RUN_MAX`], so that others may be left.
    pub more: bool,
}

/// The use case of the completion function.
pub struct Completion {
    ended: Arc<dyn EndedBookings>,
    journal: Arc<dyn BookingJournal>,
}

impl Completion {
    /// Over the bookings that have ended, and the journal of bookings.
    #[must_use]
    pub fn new(ended: Arc<dyn EndedBookings>, journal: Arc<dyn BookingJournal>) -> Self {
        Self { ended, journal }
    }

    /// Completes the bookings whose time has passed, the longest ended first. One that cannot be completed does not keep
    /// the others from it.
    ///
    /// # Errors
    /// [`Failure`] on an outage; what was completed until then stays so.
    pub async fn run(&self, mutation: &Mutation) -> Result<Tally, Failure> {
        let ended = self.ended.ended_bookings(mutation.now, BOOKINGS_PER_RUN_MAX).await?;
        let mut tally = Tally { more: ended.len() >= BOOKINGS_PER_RUN_MAX as usize, ..Tally::default() };
        let mut waiting = ended.into_iter();
        let mut running = JoinSet::new();
        let mut outage = None;
        // Ends: the bookings that wait are at most BOOKINGS_PER_RUN_MAX.
        loop {
            while running.len() < AT_ONCE
                && outage.is_none()
                && let Some(id) = waiting.next()
            {
                let (journal, mutation) = (Arc::clone(&self.journal), mutation.clone());
                running.spawn(async move {
                    let outcome = complete(journal.as_ref(), &id, &mutation).await;
                    (id, outcome)
                });
            }
            match running.join_next().await {
                None => break,
                Some(Ok((_, Ok(true)))) => tally.completed += 1,
                Some(Ok((_, Ok(false)))) => tally.skipped += 1,
                Some(Ok((_, Err(error @ Failure::Store(StoreError::Unavailable(_)))))) => {
                    outage = Some(error)
                }
                Some(Ok((booking, Err(error)))) => {
                    tracing::error!(%booking, ?error, "a booking cannot be completed");
                    tally.failed += 1;
                }
                Some(Err(error)) => {
                    tracing::error!(%error, "the completion of a booking panicked");
                    tally.failed += 1;
                }
            }
        }
        outage.map_or(Ok(tally), Err)
    }
}

/// Records the end of a booking; `false` if there is nothing to record any more, or others keep changing it.
async fn complete(
    journal: &dyn BookingJournal,
    id: &BookingId,
    mutation: &Mutation,
) -> Result<bool, Failure> {
    let decide = |booking: &Booking| {
        Ok(if booking.awaits_completion() && booking.order.end <= mutation.now {
            Decision::Commit { event: BookingEvent::Completed, inventory: (), outcome: () }
        } else {
            Decision::Nothing(())
        })
    };
    match commit(journal, id, mutation, &decide).await {
        Ok(committed) => Ok(committed.written),
        Err(Failure::NotFound(_) | Failure::RequestInProgress) => Ok(false),
        Err(error) => Err(error),
    }
}
