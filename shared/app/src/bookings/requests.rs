//! Bookings: asking for one, reading them, giving one up. The payment itself is the saga's (`saga`).

use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::bookings::Cancellation;
use holdfast_domain::{
    Booking, BookingEvent, BookingId, BookingStatus, Fingerprint, HoldId, Money, PageRejection,
};
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep};

use crate::bookings::commit::{Decision, commit, load};
use crate::bookings::port::{BookingCommit, CommitError};
use crate::bookings::trail::AuditEvent;
use crate::holds::place::{claimed_by_another, require_live, why_missing};
use crate::kernel::failure::Failure;
use crate::kernel::identity::{Caller, RequestKey, booking_id_of_run, confirmation_number, key_digest};
use crate::kernel::ledger::Ledger;
use crate::kernel::mutation::Mutation;
use crate::payments::port::Workflow;
use holdfast_domain::InventoryMove;

/// How long a claim keeps a hold from expiring while the bank is asked. Longer than the saga's bounded steps take, so that
/// only a saga that has long been stuck loses its hold, and has to take the places again.
pub const CLAIM_SECONDS: i64 = 900;
/// How often a request runs for real before its last failure is repeated: each run is a booking in the guest's history.
const RUNS_MAX: u32 = 20;
/// Why a settlement starts when its booking was cancelled: by the cancellation itself, or by its event. Both name one.
pub const CAUSE_CANCELLED: &str = "cancel";
const POLL_FIRST: Duration = Duration::from_millis(15);
const POLL_LONGEST: Duration = Duration::from_millis(150);

/// What a guest asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingRequest {
    /// The hold to pay.
    pub hold: HoldId,
    /// The provider's name for a card; never card data.
    pub payment_method: String,
    /// How long to wait for the saga; zero for not at all.
    pub wait: Duration,
}

/// A booking that was requested, as it is after waiting.
#[derive(Debug, Clone, PartialEq)]
pub struct Requested {
    /// The booking.
    pub booking: Booking,
    /// `true` if this request only met its earlier self.
    pub replayed: bool,
}

/// A booking that was cancelled.
#[derive(Debug, Clone, PartialEq)]
pub struct Cancelled {
    /// The booking.
    pub booking: Booking,
    /// What is given back.
    pub refund: Money,
    /// Whether the money is settled: refunded, or nothing to refund.
    pub settled: bool,
    /// `true` if this very request had been answered before.
    pub replayed: bool,
}

/// The use cases of bookings.
pub struct Bookings {
    ledger: Arc<dyn Ledger>,
    workflow: Arc<dyn Workflow>,
}

impl Bookings {
    /// Over a ledger and the sagas.
    #[must_use]
    pub fn new(ledger: Arc<dyn Ledger>, workflow: Arc<dyn Workflow>) -> Self {
        Self { ledger, workflow }
    }

    /// Claims the hold for a new booking, starts its saga, and waits for the outcome.
    ///
    /// # Errors
    /// [`Failure`] of the hold; a refusal is not remembered. A decline is no failure here: the booking says it.
    pub async fn request(
        &self,
        caller: &Caller,
        key: &RequestKey,
        request: &BookingRequest,
        mutation: &Mutation,
    ) -> Result<Requested, Failure> {
        let mut run = 0;
        let (id, replayed) = loop {
            let id = booking_id_of_run(&caller.guest, &key.key, run);
            match self.ledger.booking(&id).await? {
                Some(known) => {
                    let replayed = self.same_request(&known, key)?;
                    if !known.failed_by_outage() || run == RUNS_MAX {
                        break (id, replayed);
                    }
                    run += 1;
                }
                None => {
                    let replayed = match self.open(&id, caller, key, request, mutation).await {
                        // A duplicate of this request may have come and gone since the booking was looked for.
                        Err(refusal) if !refusal.is_outage() => match self.ledger.booking(&id).await? {
                            Some(known) => self.same_request(&known, key)?,
                            None => return Err(refusal),
                        },
                        opened => opened?,
                    };
                    break (id, replayed);
                }
            }
        };
        self.workflow.start_booking(&id, mutation.trace.as_deref()).await?;
        let booking = self.wait_for(&id, request.wait, Booking::answer_is_known).await?;
        Ok(Requested { booking, replayed })
    }

    fn same_request(&self, known: &Booking, key: &RequestKey) -> Result<bool, Failure> {
        if known.fingerprint == key.content { Ok(true) } else { Err(Failure::KeyReused) }
    }

    /// Writes the pending booking and claims its hold, in one transaction. `true` if a concurrent duplicate did it first.
    async fn open(
        &self,
        id: &BookingId,
        caller: &Caller,
        key: &RequestKey,
        request: &BookingRequest,
        mutation: &Mutation,
    ) -> Result<bool, Failure> {
        let snapshot = match self.ledger.hold(&request.hold).await? {
            Some(snapshot) if caller.may_see(&snapshot.hold.order.guest) => snapshot,
            Some(_) | None => return Err(Failure::NotFound("hold")),
        };
        require_live(&snapshot, mutation.now)?;
        if claimed_by_another(&snapshot, id, mutation.now) {
            return Err(Failure::RequestInProgress);
        }
        let requested = Booking::requested(
            id.clone(),
            confirmation_number(id),
            snapshot.hold.id,
            snapshot.hold.order,
            request.payment_method.clone(),
            key.content.clone(),
            mutation.now,
        );
        let requested = Booking { email: caller.email.clone(), ..requested };
        let deadline =
            mutation.now.checked_add(SignedDuration::from_secs(CLAIM_SECONDS)).unwrap_or(mutation.now);
        let claim = InventoryMove::Claim { deadline };
        let commit = BookingCommit::new(&requested, BookingEvent::Requested, claim, mutation);
        match self.ledger.commit(&commit).await {
            Ok(()) => Ok(false),
            Err(CommitError::Stale) => {
                let known = load(self.ledger.as_ref(), id).await?;
                self.same_request(&known, key)
            }
            Err(CommitError::Rejected(PageRejection::HoldMissing)) => {
                Err(why_missing(self.ledger.as_ref(), &request.hold, mutation.now).await)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A booking of the caller's.
    ///
    /// # Errors
    /// [`Failure::NotFound`], also for somebody else's.
    pub async fn get(&self, caller: &Caller, id: &BookingId) -> Result<Booking, Failure> {
        match self.ledger.booking(id).await? {
            Some(booking) if caller.may_see(&booking.order.guest) => Ok(booking),
            Some(_) | None => Err(Failure::NotFound("booking")),
        }
    }

    /// The caller's bookings, newest first, with the next cursor.
    ///
    /// # Errors
    /// [`Failure`] on an outage.
    pub async fn list(
        &self,
        caller: &Caller,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<(Vec<Booking>, Option<String>), Failure> {
        Ok(self.ledger.bookings_of(&caller.guest, limit, cursor).await?)
    }

    /// The audit trail of a booking of the caller's, oldest first.
    ///
    /// # Errors
    /// [`Failure::NotFound`], also for somebody else's.
    pub async fn trail(&self, caller: &Caller, id: &BookingId) -> Result<Vec<AuditEvent>, Failure> {
        self.get(caller, id).await?;
        Ok(self.ledger.audit_trail(id).await?)
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
            if !caller.may_see(&booking.order.guest) {
                return Err(Failure::NotFound("booking"));
            }
            cancellation(booking, reason.clone(), &request, mutation.now)
        };
        let cancelled = commit(self.ledger.as_ref(), id, mutation, &decide).await?;
        if cancelled.written {
            self.wake_saga(id).await;
        }
        self.settle(cancelled.booking, wait, cancelled.outcome, mutation).await
    }

    /// A saga that waits for the customer need not wait any longer. It would find out by itself: an outage is no matter.
    async fn wake_saga(&self, id: &BookingId) {
        let woken = async {
            if let Some(token) = self.ledger.task_token(id).await? {
                self.workflow.resume(&token).await?;
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
        let booking = if booking.money_is_settled() {
            booking
        } else {
            self.workflow.start_settlement(&booking.id, CAUSE_CANCELLED, mutation.trace.as_deref()).await?;
            self.wait_for(&booking.id, wait, Booking::money_is_settled).await?
        };
        let settled = booking.money_is_settled();
        Ok(Cancelled { booking, refund, settled, replayed })
    }

    async fn wait_for(
        &self,
        id: &BookingId,
        wait: Duration,
        done: fn(&Booking) -> bool,
    ) -> Result<Booking, Failure> {
        let deadline = Instant::now() + wait;
        let mut pause = POLL_FIRST;
        loop {
            let booking = load(self.ledger.as_ref(), id).await?;
            if done(&booking) || Instant::now() + pause > deadline {
                return Ok(booking);
            }
            sleep(pause).await;
            pause = (pause * 2).min(POLL_LONGEST);
        }
    }
}

/// What a cancellation does to a booking, and whether this very request had cancelled it before.
fn cancellation(
    booking: &Booking,
    reason: Option<String>,
    request: &(Fingerprint, Fingerprint),
    now: Timestamp,
) -> Result<Decision<bool>, Failure> {
    let inventory = match (booking.status_at(now), &booking.cancellation) {
        (BookingStatus::Cancelled, Some(known)) if known.request.0 == request.0 => {
            return if known.request.1 == request.1 {
                Ok(Decision::Nothing(true))
            } else {
                Err(Failure::KeyReused)
            };
        }
        (BookingStatus::Cancelled, _) => return Ok(Decision::Nothing(false)),
        (status @ (BookingStatus::Failed | BookingStatus::Completed), _) => {
            return Err(Failure::NotCancellable(status));
        }
        (BookingStatus::Confirmed, _) => InventoryMove::Free,
        (BookingStatus::Pending, _) => InventoryMove::Abandon,
    };
    let cancellation = Cancellation {
        reason,
        refund: booking.refund_at(now),
        before_capture: booking.captured.amount() == 0 || booking.status == BookingStatus::Pending,
        request: request.clone(),
        at: now,
    };
    Ok(Decision::Commit { event: BookingEvent::Cancelled(cancellation), inventory, outcome: false })
}
