//! Starts the sagas of bookings whose function died before it could start them.

use std::sync::Arc;

use holdfast_domain::BookingId;

use crate::bookings::cancel::CAUSE_CANCELLED;
use crate::bookings::port::BookingReader;
use crate::kernel::failure::Failure;
use crate::payments::port::{BookingSaga, SettlementSaga};

/// Makes sure that every booking has its saga, and every cancellation its settlement.
pub struct SagaRecovery {
    bookings: Arc<dyn BookingReader>,
    saga: Arc<dyn BookingSaga>,
    settlement: Arc<dyn SettlementSaga>,
}

impl SagaRecovery {
    /// Over bookings and the sagas.
    #[must_use]
    pub fn new(
        bookings: Arc<dyn BookingReader>,
        saga: Arc<dyn BookingSaga>,
        settlement: Arc<dyn SettlementSaga>,
    ) -> Self {
        Self { bookings, saga, settlement }
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
        Ok(self.saga.start_booking(booking, trace).await?)
    }

    /// A booking was cancelled: makes sure that its money is settled, should the function that cancelled it have died before
    /// it could start that.
    ///
    /// # Errors
    /// [`Failure`] on an outage; the timer's queue tries again.
    pub async fn on_booking_cancelled(&self, id: &BookingId, trace: Option<&str>) -> Result<(), Failure> {
        match self.bookings.booking(id).await? {
            Some(booking) if !booking.money_is_settled() => {
                Ok(self.settlement.start_settlement(id, CAUSE_CANCELLED, trace).await?)
            }
            Some(_) | None => Ok(()),
        }
    }
}
