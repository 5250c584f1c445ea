//! Bookings: asking for one, reading them, giving one up. The payment itself is the saga's (`saga`).

use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::bookings::Cancellation;
use holdfast_domain::{
    Booking, BookingEvent, BookingId, BookingStatus, HoldId, Money, PageRejection, PaymentStatus,
};
use jiff::SignedDuration;
use tokio::time::{sleep, timeout};

use crate::bookings::commit::change;
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
/// The reasons of a booking that failed because something outside did not answer. The same request again runs for real.
pub const OUTAGE_REASONS: [&str; 2] = ["service_unavailable", "payment_unavailable"];
/// How often a request runs for real before its last failure is repeated: each run is a booking in the guest's history.
const RUNS_MAX: u32 = 20;
/// Why a settlement starts when its booking was cancelled: by the cancellation itself, or by its event. Both name one.
pub const CAUSE_CANCELLED: &str = "cancel";
const ATTEMPTS_MAX: usize = 8;
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

/// A booking asked for, as it stands after waiting.
#[derive(Debug, Clone, PartialEq)]
pub struct Requested {
    /// The booking.
    pub booking: Booking,
    /// `true` if this request only met its earlier self.
    pub replayed: bool,
}

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
                    if !failed_by_outage(&known) || run == RUNS_MAX {
                        break (id, replayed);
                    }
                    run += 1;
                }
                None => {
                    let replayed = match self.open(&id, caller, key, request, mutation).await {
                        // A twin of this request may have come and gone since the booking was looked for.
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
        let booking = self.wait_for(&id, request.wait, is_settled).await?;
        Ok(Requested { booking, replayed })
    }

    fn same_request(&self, known: &Booking, key: &RequestKey) -> Result<bool, Failure> {
        if known.fingerprint == key.content { Ok(true) } else { Err(Failure::KeyReused) }
    }

    /// Writes the pending booking and claims its hold, in one transaction. `true` if a concurrent twin did it first.
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
        let nothing = Money::zero(snapshot.hold.order.price.currency());
        let asked = Booking {
            id: id.clone(),
            confirmation_number: confirmation_number(id),
            hold: snapshot.hold.id.clone(),
            order: snapshot.hold.order,
            email: caller.email.clone(),
            payment_method: request.payment_method.clone(),
            fingerprint: key.content.clone(),
            status: BookingStatus::Pending,
            payment_status: PaymentStatus::Pending,
            payment_intent: None,
            action: None,
            captured: nothing,
            refunded: nothing,
            failure: None,
            cancellation: None,
            created_at: mutation.now,
            version: 0,
            seal: None,
        };
        let deadline =
            mutation.now.checked_add(SignedDuration::from_secs(CLAIM_SECONDS)).unwrap_or(mutation.now);
        let claim = InventoryMove::Claim { deadline };
        let commit = BookingCommit::new(&asked, BookingEvent::Requested, claim, mutation);
        match self.ledger.commit(&commit).await {
            Ok(()) => Ok(false),
            Err(CommitError::Stale) => {
                let known = self.load(id).await?;
                self.same_request(&known, key)
            }
            Err(CommitError::Rejected(PageRejection::HoldMissing)) => {
                Err(why_missing(self.ledger.as_ref(), &request.hold, mutation.now).await)
            }
            Err(CommitError::Rejected(rejection)) => Err(rejection.into()),
            Err(CommitError::Store(error)) => Err(error.into()),
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
        let mut replayed = false;
        for _ in 0..ATTEMPTS_MAX {
            let booking = self.get(caller, id).await?;
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
            match self.ledger.commit(&commit).await {
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
        let booking = if is_at_rest(&booking) {
            booking
        } else {
            self.workflow.start_settlement(&booking.id, CAUSE_CANCELLED, mutation.trace.as_deref()).await?;
            self.wait_for(&booking.id, wait, is_at_rest).await?
        };
        let settled = is_at_rest(&booking);
        Ok(Cancelled { booking, refund, settled, replayed })
    }

    async fn wait_for(
        &self,
        id: &BookingId,
        wait: Duration,
        done: fn(&Booking) -> bool,
    ) -> Result<Booking, Failure> {
        let mut booking = self.load(id).await?;
        let waiting = async {
            let mut pause = POLL_FIRST;
            while !done(&booking) {
                sleep(pause).await;
                booking = self.load(id).await?;
                pause = (pause * 2).min(POLL_LONGEST);
            }
            Ok::<_, Failure>(())
        };
        // When the time is up, the booking is as it was last read.
        timeout(wait, waiting).await.unwrap_or(Ok(()))?;
        Ok(booking)
    }

    async fn load(&self, id: &BookingId) -> Result<Booking, Failure> {
        self.ledger.booking(id).await?.ok_or(Failure::NotFound("booking"))
    }
}

/// Whether the answer to a booking request is known: it ended, stands with its money taken, or waits for the customer.
fn is_settled(booking: &Booking) -> bool {
    match booking.status {
        BookingStatus::Pending => booking.action.is_some(),
        BookingStatus::Confirmed => match booking.payment_status {
            PaymentStatus::Captured | PaymentStatus::PartiallyRefunded | PaymentStatus::Refunded => true,
            PaymentStatus::Pending
            | PaymentStatus::Authorized
            | PaymentStatus::Voided
            | PaymentStatus::Failed => false,
        },
        BookingStatus::Cancelled | BookingStatus::Completed | BookingStatus::Failed => true,
    }
}

/// Whether a booking came to nothing because something outside did not answer.
#[must_use]
pub fn failed_by_outage(booking: &Booking) -> bool {
    booking.status == BookingStatus::Failed
        && booking.payment_status != PaymentStatus::Failed
        && booking.failure.as_deref().is_some_and(|reason| OUTAGE_REASONS.contains(&reason))
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
