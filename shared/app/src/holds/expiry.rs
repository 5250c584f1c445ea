//! Prompt expiry: the side effects of a hold's end, and its record if nobody else has written it. Correctness does not depend
//! on it, since a dead hold counts for nothing; timer, TTL deletion and lazy reclaim all come to the same idempotent write.

use std::sync::Arc;

use holdfast_domain::{Hold, HoldId, HoldSnapshot, HoldStatus, PageRejection};
use jiff::Timestamp;

use crate::holds::port::{HoldStore, Timers};
use crate::kernel::errors::LedgerError;
use crate::kernel::failure::Failure;
use crate::kernel::mutation::Mutation;

/// The use cases of the expiry function.
pub struct Expiry {
    holds: Arc<dyn HoldStore>,
    timers: Arc<dyn Timers>,
}

impl Expiry {
    /// Over holds and timers.
    #[must_use]
    pub fn new(holds: Arc<dyn HoldStore>, timers: Arc<dyn Timers>) -> Self {
        Self { holds, timers }
    }

    /// Handles the timer of a hold: drops the hold if it has expired, sets the timer again if it is active. Gives
    /// when that will be.
    ///
    /// # Errors
    /// [`Failure`] on an outage; the timer's queue tries again.
    pub async fn on_timer(&self, id: &HoldId, mutation: &Mutation) -> Result<Option<Timestamp>, Failure> {
        match self.holds.hold(id).await? {
            Some(snapshot) => self.drop_or_wait(&snapshot.hold, mutation).await,
            None => Ok(None),
        }
    }

    /// The table's TTL deleted a hold's record: what it was is all that is known.
    ///
    /// # Errors
    /// [`Failure`] on an outage; the stream tries again.
    pub async fn on_record_deleted(
        &self,
        hold: &Hold,
        mutation: &Mutation,
    ) -> Result<Option<Timestamp>, Failure> {
        self.drop_or_wait(hold, mutation).await
    }

    /// A page gave a hold up for its guest, at the mutation's `now`: makes sure that the hold's record says so, should the function
    /// that released it have died before it could.
    ///
    /// # Errors
    /// [`Failure`] on an outage; the timer's queue tries again.
    pub async fn on_released(&self, id: &HoldId, mutation: &Mutation) -> Result<(), Failure> {
        match self.holds.hold(id).await? {
            Some(HoldSnapshot { hold, entry: None }) if hold.recorded == HoldStatus::Active => {
                Ok(self.holds.release(&hold, mutation).await?)
            }
            Some(_) | None => Ok(()),
        }
    }

    async fn drop_or_wait(&self, hold: &Hold, mutation: &Mutation) -> Result<Option<Timestamp>, Failure> {
        match self.holds.expire(hold, mutation).await {
            Ok(()) => Ok(None),
            Err(LedgerError::Rejected(PageRejection::HoldLive { until })) => {
                self.timers.wake(&hold.id, until, mutation.now).await?;
                Ok(Some(until))
            }
            Err(error) => Err(error.into()),
        }
    }
}
