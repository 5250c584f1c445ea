//! Asking for a booking: the hold is claimed, the saga is started and waited for. The payment itself is the saga's
//! (`payments/steps.rs`).

use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::{
    Booking, BookingEvent, BookingId, BookingPayments, HoldId, InventoryMove, PageRejection,
};
use jiff::SignedDuration;

use crate::bookings::port::{BookingCommit, BookingStore, CommitError};
use crate::bookings::read::{load, wait_for};
use crate::holds::place::{claimed_by_another, require_live, why_missing};
use crate::holds::port::HoldReader;
use crate::kernel::failure::Failure;
use crate::kernel::identity::{Caller, RequestKey, booking_id_of_run, confirmation_number};
use crate::kernel::mutation::Mutation;
use crate::payments::port::BookingSaga;

/// How long a claim keeps a hold from expiring while the bank is asked. Longer than the saga's bounded steps take, so that
/// only a saga that has long been stuck loses its hold, and has to take the places again.
pub const CLAIM_SECONDS: i64 = 900;
/// How often a request runs for real before its last failure is repeated: each run is a booking in the guest's history.
const RUNS_MAX: u32 = 20;

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

/// The use case of booking requests.
pub struct BookingRequests {
    bookings: Arc<dyn BookingStore>,
    holds: Arc<dyn HoldReader>,
    saga: Arc<dyn BookingSaga>,
}

impl BookingRequests {
    /// Over bookings, holds and the booking saga.
    #[must_use]
    pub fn new(
        bookings: Arc<dyn BookingStore>,
        holds: Arc<dyn HoldReader>,
        saga: Arc<dyn BookingSaga>,
    ) -> Self {
        Self { bookings, holds, saga }
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
            match self.bookings.booking(&id).await? {
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
                        Err(refusal) if !refusal.is_outage() => match self.bookings.booking(&id).await? {
                            Some(known) => self.same_request(&known, key)?,
                            None => return Err(refusal),
                        },
                        opened => opened?,
                    };
                    break (id, replayed);
                }
            }
        };
        self.saga.start_booking(&id, mutation.trace.as_deref()).await?;
        let booking = wait_for(self.bookings.as_ref(), &id, request.wait, Booking::answer_is_known).await?;
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
        let snapshot = match self.holds.hold(&request.hold).await? {
            Some(snapshot) if caller.may_see(&snapshot.hold.order.guest) => snapshot,
            Some(_) | None => return Err(Failure::NotFound("hold")),
        };
        require_live(&snapshot, mutation.now)?;
        if claimed_by_another(&snapshot, id, mutation.now) {
            return Err(Failure::RequestInProgress);
        }
        let order = snapshot.hold.order;
        let payments = BookingPayments::by_card(request.payment_method.clone(), order.price.total());
        let requested = Booking::requested(
            id.clone(),
            confirmation_number(id),
            snapshot.hold.id,
            order,
            payments,
            key.content.clone(),
            mutation.now,
        );
        let requested = Booking { email: caller.email.clone(), ..requested };
        let deadline =
            mutation.now.checked_add(SignedDuration::from_secs(CLAIM_SECONDS)).unwrap_or(mutation.now);
        let claim = InventoryMove::Claim { deadline };
        let commit = BookingCommit::new(&requested, BookingEvent::Requested, claim, mutation);
        match self.bookings.commit(&commit).await {
            Ok(()) => Ok(false),
            Err(CommitError::Stale) => {
                let known = load(self.bookings.as_ref(), id).await?;
                self.same_request(&known, key)
            }
            Err(CommitError::Rejected(PageRejection::HoldMissing)) => {
                Err(why_missing(self.holds.as_ref(), &request.hold, mutation.now).await)
            }
            Err(error) => Err(error.into()),
        }
    }
}
