//! Cancelling a booking: its places are free at once, its money is settled by a saga.

use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::bookings::Cancellation;
use holdfast_domain::{
    Booking, BookingEvent, BookingId, BookingStatus, Fingerprint, InventoryMove, Money, PaymentStatus,
};
use jiff::Timestamp;

use crate::bookings::commit::{Decision, commit};
use crate::bookings::port::BookingStore;
use crate::bookings::promise::promise_at;
use crate::bookings::read::wait_for;
use crate::kernel::failure::Failure;
use crate::kernel::identity::{Caller, RequestKey, key_digest};
use crate::kernel::mutation::Mutation;
use crate::payments::charge::ChargeRules;
use crate::payments::port::{SagaCallbacks, SagaResumption, SettlementSaga};

/// Why a settlement starts when its booking was cancelled: by the cancellation itself, or by its event. Both name one.
pub const CAUSE_CANCELLED: &str = "cancel";

/// A booking that was cancelled.
#[derive(Debug, Clone, PartialEq)]
pub struct Cancelled {
    /// The booking.
    pub booking: Booking,
    /// What is given back.
    pub refund: Money,
    /// `true` if this very request had been answered before.
    pub replayed: bool,
}

/// The use case of cancellations.
pub struct Cancellations {
    bookings: Arc<dyn BookingStore>,
    callbacks: Arc<dyn SagaCallbacks>,
    resumption: Arc<dyn SagaResumption>,
    settlement: Arc<dyn SettlementSaga>,
    charges: ChargeRules,
}

impl Cancellations {
    /// Over bookings, the callbacks of their sagas, and the settlement, for a provider that pays by these rules.
    #[must_use]
    pub fn new(
        bookings: Arc<dyn BookingStore>,
        callbacks: Arc<dyn SagaCallbacks>,
        resumption: Arc<dyn SagaResumption>,
        settlement: Arc<dyn SettlementSaga>,
        charges: ChargeRules,
    ) -> Self {
        Self { bookings, callbacks, resumption, settlement, charges }
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
        let decide = |booking: &Booking| {
            if !caller.may_see(&booking.order) {
                return Err(Failure::NotFound("booking"));
            }
            let by_operator = caller.is_operator_of(booking.order.property.as_ref());
            let terms = Terms { reason: reason.clone(), by_operator, request: request.clone() };
            cancellation(booking, terms, self.charges, mutation.now)
        };
        let cancelled = commit(self.bookings.as_ref(), id, mutation, &decide).await?;
        if cancelled.written {
            self.wake_saga(id).await;
        }
        self.settle(cancelled.booking, wait, cancelled.outcome, mutation).await
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
        let refund = booking.promised_refund().unwrap_or(Money::zero(booking.order.price.total().currency()));
        let booking = if booking.money_is_settled() {
            booking
        } else {
            self.settlement.start_settlement(&booking.id, CAUSE_CANCELLED, mutation.trace.as_deref()).await?;
            // What is disputed is refunded when the dispute is over, which nobody waits for.
            let is_over = |booking: &Booking| {
                booking.money_is_settled()
                    || booking.refund_has_failed()
                    || booking.payment_status() == PaymentStatus::Disputed
            };
            wait_for(self.bookings.as_ref(), &booking.id, wait, is_over).await?
        };
        Ok(Cancelled { booking, refund, replayed })
    }
}

/// What a cancellation is asked for with.
struct Terms {
    reason: Option<String>,
    by_operator: bool,
    request: (Fingerprint, Fingerprint),
}

/// What a cancellation does to a booking, and whether this very request had cancelled it before.
fn cancellation(
    booking: &Booking,
    Terms { reason, by_operator, request }: Terms,
    charges: ChargeRules,
    now: Timestamp,
) -> Result<Decision<InventoryMove, bool>, Failure> {
    if booking.status == BookingStatus::Cancelled {
        return match &booking.cancellation {
            Some(known) if known.request.0 == request.0 && known.request.1 != request.1 => {
                Err(Failure::KeyReused)
            }
            known => Ok(Decision::Nothing(known.as_ref().is_some_and(|known| known.request == request))),
        };
    }
    let inventory =
        booking.cancellable_at(now).ok_or_else(|| Failure::NotCancellable(booking.status_at(now)))?;
    let cancellation = Cancellation {
        reason,
        refund: promise_at(booking, charges, now),
        before_capture: booking.is_before_capture(),
        by_operator,
        request,
        at: now,
    };
    Ok(Decision::Commit { event: BookingEvent::Cancelled(cancellation), inventory, outcome: false })
}
