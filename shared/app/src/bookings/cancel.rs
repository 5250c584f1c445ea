//! Cancelling a booking: its places are free at once, its money is settled by a saga.

use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::bookings::Cancellation;
use holdfast_domain::{Booking, BookingEvent, BookingId, BookingStatus, InventoryMove, Money, PaymentStatus};

use crate::bookings::commit::change;
use crate::bookings::port::{BookingStore, CommitError};
use crate::bookings::read::{of_caller, wait_for};
use crate::kernel::failure::Failure;
use crate::kernel::identity::{Caller, RequestKey, key_digest};
use crate::kernel::mutation::Mutation;
use crate::payments::port::{SagaCallbacks, SagaResumption, SettlementSaga};

/// Why a settlement starts when its booking was cancelled: by the cancellation itself, or by its event. Both name one.
pub const CAUSE_CANCELLED: &str = "cancel";
const ATTEMPTS_MAX: usize = 8;

/// A booking given up.
#[derive(Debug, Clone, PartialEq)]
pub struct Cancelled {
    /// The booking.
    pub booking: Booking,
    /// What is given back.
    pub refund: Money,
    /// Whether the money has come to rest: given back, or nothing to give.
    pub settled: bool,
    /// `true` if this very request had been answered before.
    pub replayed: bool,
}

/// The use case of cancellations.
pub struct Cancellations {
    bookings: Arc<dyn BookingStore>,
    callbacks: Arc<dyn SagaCallbacks>,
    resumption: Arc<dyn SagaResumption>,
    settlement: Arc<dyn SettlementSaga>,
}

impl Cancellations {
    /// Over bookings, the callbacks of their sagas, and the settlement.
    #[must_use]
    pub fn new(
        bookings: Arc<dyn BookingStore>,
        callbacks: Arc<dyn SagaCallbacks>,
        resumption: Arc<dyn SagaResumption>,
        settlement: Arc<dyn SettlementSaga>,
    ) -> Self {
        Self { bookings, callbacks, resumption, settlement }
    }

    /// Gives a booking up: its places are free at once; its money is settled by a saga, waited for up to `wait`.
    /// Again, with any key: the same answer.
    ///
    /// # Errors
    /// [`Failure::NotCancellable`] for a failed or completed one.
    pub async fn cancel(
        &self,
        caller: &Caller,
        id: &BookingId,
        key: &RequestKey,
        reason: Option<String>,
        wait: Duration,
        mutation: &Mutation,
    ) -> Result<Cancelled, Failure> {
        let request = (key_digest("cancel", &caller.guest, &key.key), key.content.clone());
        let mut replayed = false;
        for _ in 0..ATTEMPTS_MAX {
            let booking = of_caller(self.bookings.as_ref(), caller, id).await?;
            match (booking.status_at(mutation.now), &booking.cancellation) {
                (BookingStatus::Cancelled, Some(known)) => {
                    if known.request.0 == request.0 {
                        if known.request.1 != request.1 {
                            return Err(Failure::KeyReused);
                        }
                        replayed = true;
                    }
                    return self.settle(booking, wait, replayed, mutation).await;
                }
                (status @ (BookingStatus::Failed | BookingStatus::Completed), _) => {
                    return Err(Failure::NotCancellable(status));
                }
                (BookingStatus::Pending | BookingStatus::Confirmed | BookingStatus::Cancelled, _) => {}
            }
            let cancellation = Cancellation {
                reason: reason.clone(),
                refund: booking.refund_at(mutation.now),
                before_capture: booking.captured.amount() == 0 || booking.status == BookingStatus::Pending,
                request: request.clone(),
                at: mutation.now,
            };
            let inventory = match booking.status {
                BookingStatus::Confirmed => InventoryMove::Free,
                BookingStatus::Pending
                | BookingStatus::Cancelled
                | BookingStatus::Completed
                | BookingStatus::Failed => InventoryMove::Abandon,
            };
            let Some(commit) = change(&booking, BookingEvent::Cancelled(cancellation), inventory, mutation)?
            else {
                continue;
            };
            match self.bookings.commit(&commit).await {
                Ok(()) => {
                    self.wake_saga(id).await;
                    return self.settle(commit.booking, wait, replayed, mutation).await;
                }
                Err(CommitError::Stale) => {}
                Err(CommitError::Rejected(rejection)) => return Err(rejection.into()),
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(Failure::RequestInProgress)
    }

    /// A saga that waits for the customer need not wait any longer. It would find out by itself: an outage is no matter.
    async fn wake_saga(&self, id: &BookingId) {
        let woken = async {
            if let Some(token) = self.callbacks.task_token(id).await? {
                self.resumption.resume(&token).await?;
            }
            Ok::<(), Failure>(())
        };
        if let Err(error) = woken.await {
            tracing::warn!(booking = %id, error = %error, "the saga of a cancelled booking was not woken");
        }
    }

    async fn settle(
        &self,
        booking: Booking,
        wait: Duration,
        replayed: bool,
        mutation: &Mutation,
    ) -> Result<Cancelled, Failure> {
        let refund =
            booking.cancellation.as_ref().map_or(Money::zero(booking.order.price.currency()), |c| c.refund);
        let booking = if is_at_rest(&booking) {
            booking
        } else {
            self.settlement.start_settlement(&booking.id, CAUSE_CANCELLED, mutation.trace.as_deref()).await?;
            wait_for(self.bookings.as_ref(), &booking.id, wait, is_at_rest).await?
        };
        let settled = is_at_rest(&booking);
        Ok(Cancelled { booking, refund, settled, replayed })
    }
}

/// Whether the money of a booking that does not stand has come to rest.
#[must_use]
pub fn is_at_rest(booking: &Booking) -> bool {
    match booking.payment_status {
        PaymentStatus::Pending | PaymentStatus::Authorized => false,
        PaymentStatus::Captured | PaymentStatus::PartiallyRefunded => booking.refund_due().amount() == 0,
        PaymentStatus::Voided | PaymentStatus::Refunded | PaymentStatus::Failed => true,
    }
}
