//! Sorts the cases of the manual-review queue: which have settled themselves, which will, and which need a person.

use std::sync::Arc;

use async_trait::async_trait;
use holdfast_domain::{Booking, BookingId};
use jiff::{SignedDuration, Timestamp};

use crate::bookings::port::BookingReader;
use crate::kernel::errors::WorkflowError;
use crate::kernel::failure::Failure;
use crate::operations::port::SagaInspection;
use crate::operations::reconciliation::{NextRun, next_run};

/// How long the reconciliation, which starts a settlement once a day, is left to end one by itself.
const SETTLING_DAYS: i64 = 3;

/// A message of the manual-review queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewCase {
    /// The booking it is about, if it is about one.
    pub booking: Option<BookingId>,
    /// What it says, in a line.
    pub text: String,
    /// When it was sent.
    pub at: Timestamp,
    /// The queue's handle of it.
    pub handle: String,
}

/// Reads the manual-review queue, and takes out what has settled itself.
#[async_trait]
pub trait ReviewQueue: Send + Sync {
    /// Messages that wait, at most `limit`. They are hidden from other readers for a minute.
    async fn cases(&self, limit: usize) -> Result<Vec<ReviewCase>, WorkflowError>;

    /// Deletes a message that [`Self::cases`] gave.
    async fn close(&self, case: &ReviewCase) -> Result<(), WorkflowError>;
}

/// What a case needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing: its booking and its money have come to an end.
    Nothing,
    /// Time: a saga is at work, or the reconciliation starts one.
    Time,
    /// A person, and why.
    Person(&'static str),
}

/// The look at the cases that were put before people.
pub struct Review {
    queue: Arc<dyn ReviewQueue>,
    bookings: Arc<dyn BookingReader>,
    sagas: Arc<dyn SagaInspection>,
}

impl Review {
    /// Over the queue, the bookings and their sagas.
    #[must_use]
    pub fn new(
        queue: Arc<dyn ReviewQueue>,
        bookings: Arc<dyn BookingReader>,
        sagas: Arc<dyn SagaInspection>,
    ) -> Self {
        Self { queue, bookings, sagas }
    }

    /// What each of at most `limit` cases needs at `now`. Those that need nothing are deleted from the queue.
    ///
    /// # Errors
    /// [`Failure`] on an outage; cases that were deleted before stay so.
    pub async fn look(&self, limit: usize, now: Timestamp) -> Result<Vec<(ReviewCase, Need)>, Failure> {
        let mut looked_at = Vec::new();
        for case in self.queue.cases(limit).await? {
            let need = self.need(&case, now).await?;
            if need == Need::Nothing {
                self.queue.close(&case).await?;
            }
            looked_at.push((case, need));
        }
        Ok(looked_at)
    }

    async fn need(&self, case: &ReviewCase, now: Timestamp) -> Result<Need, Failure> {
        let Some(id) = &case.booking else { return Ok(Need::Person("it is about no single booking")) };
        let Some(booking) = self.bookings.booking(id).await? else {
            return Ok(Need::Person("there is no such booking"));
        };
        if booking.awaits_payment() {
            return Ok(match next_run(self.sagas.as_ref(), &booking, now).await? {
                NextRun::None | NextRun::First | NextRun::Resumption(_) => Need::Time,
                NextRun::ByAPerson(_) => Need::Person("its saga is not resumed any more"),
            });
        }
        Ok(after_payment(&booking, now.duration_since(case.at)))
    }
}

/// What a booking needs whose payment saga is over, and whose case is of that age.
fn after_payment(booking: &Booking, age: SignedDuration) -> Need {
    if booking.refund_has_failed() {
        return Need::Person("a refund has failed");
    }
    if !booking.is_cancelled_or_failed() || booking.money_is_settled() && !booking.refund_is_pending() {
        return Need::Nothing;
    }
    if age < SignedDuration::from_hours(24 * SETTLING_DAYS) {
        return Need::Time;
    }
    Need::Person("its money is not settled after days")
}
