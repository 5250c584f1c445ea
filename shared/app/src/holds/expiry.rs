//! Prompt expiry: the side effects of a hold's end; and what an event starts or writes down if nobody else has. Correctness does
//! not depend on it, since a dead hold counts for nothing; timer, TTL deletion and lazy reclaim all come to the same idempotent
//! write.

use std::sync::Arc;

use holdfast_domain::{BookingId, Hold, HoldId, HoldSnapshot, HoldStatus, PageRejection};
use jiff::Timestamp;

use crate::bookings::requests::CAUSE_CANCELLED;
use crate::holds::port::Timers;
use crate::kernel::errors::LedgerError;
use crate::kernel::failure::Failure;
use crate::kernel::ledger::Ledger;
use crate::kernel::mutation::Mutation;
use crate::payments::port::Workflow;

/// The use cases of the expiry function.
pub struct Expiry {
    ledger: Arc<dyn Ledger>,
    timers: Arc<dyn Timers>,
    workflow: Arc<dyn Workflow>,
}

impl Expiry {
    /// Over a ledger, timers and the sagas.
    #[must_use]
    pub fn new(ledger: Arc<dyn Ledger>, timers: Arc<dyn Timers>, workflow: Arc<dyn Workflow>) -> Self {
        Self { ledger, timers, workflow }
    }

    /// A timer rang for a hold: drops it if it is dead, sets the timer again if it lives. Gives when that will be.
    ///
    /// # Errors
    /// [`Failure`] on an outage; the timer's queue tries again.
    pub async fn on_timer(&self, id: &HoldId, mutation: &Mutation) -> Result<Option<Timestamp>, Failure> {
        match self.ledger.hold(id).await? {
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
        match self.ledger.hold(id).await? {
            Some(HoldSnapshot { hold, entry: None }) if hold.recorded == HoldStatus::Active => {
                Ok(self.ledger.release(&hold, mutation).await?)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// A booking was asked for: makes sure that its saga runs, should the function that wrote it have died before it could
    /// start one.
    ///
    /// # Errors
    /// [`Failure::Workflow`].
    pub async fn on_booking_requested(
        &self,
        booking: &BookingId,
        trace: Option<&str>,
    ) -> Result<(), Failure> {
        Ok(self.workflow.start_booking(booking, trace).await?)
    }

    /// A booking was cancelled: makes sure that its money is settled, should the function that cancelled it have died before
    /// it could start that.
    ///
    /// # Errors
    /// [`Failure`] on an outage; the timer's queue tries again.
    pub async fn on_booking_cancelled(&self, id: &BookingId, trace: Option<&str>) -> Result<(), Failure> {
        match self.ledger.booking(id).await? {
            Some(booking) if !booking.money_is_settled() => {
                Ok(self.workflow.start_settlement(id, CAUSE_CANCELLED, trace).await?)
            }
            Some(_) | None => Ok(()),
        }
    }

    async fn drop_or_wait(&self, hold: &Hold, mutation: &Mutation) -> Result<Option<Timestamp>, Failure> {
        match self.ledger.expire(hold, mutation).await {
            Ok(()) => Ok(None),
            Err(LedgerError::Rejected(PageRejection::HoldLive { until })) => {
                self.timers.wake(&hold.id, until, mutation.now).await?;
                Ok(Some(until))
            }
            Err(error) => Err(error.into()),
        }
    }
}
