//! Asking for a booking: the hold is claimed, the saga is started and waited for. The payment itself is the saga's
//! (`payments/steps.rs`).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use holdfast_domain::bookings::Contact;
use holdfast_domain::payments::{AttemptEnd, CustomerAction};
use holdfast_domain::{
    Booking, BookingEvent, BookingId, BookingPayments, GuestId, HoldId, InventoryMove, Money, PageRejection,
};
use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;

use crate::bookings::port::{BookingCommit, BookingStore, CommitError};
use crate::bookings::read::{load, own_action, wait_for};
use crate::holds::place::{claimed_by_another, require_live, why_missing};
use crate::holds::port::HoldReader;
use crate::kernel::failure::Failure;
use crate::kernel::field::Field;
use crate::kernel::identity::{Caller, RequestKey, booking_id_of_run, confirmation_number, guest_mark};
use crate::kernel::mutation::Mutation;
use crate::payments::attempts::{AttemptReader, AttemptsChange, StoredAttempts};
use crate::payments::port::{BookingSaga, CustomerActions};

/// How long a claim keeps a hold from expiring while the bank is asked. Longer than the saga's bounded steps take, so that
/// only a saga that has long been stuck loses its hold, and has to take the places again.
pub const CLAIM_SECONDS: i64 = 900;
/// How often a request runs for real before its last failure is repeated: each run is a booking in the guest's history.
const RUNS_MAX: u32 = 20;

/// How often an attempt is counted where the same guest begins others at the same time.
const COUNTING_TRIES_MAX: u32 = 5;
/// The longest pause before it is counted again; twice as long after each try.
const COUNTING_PAUSE_FIRST_MS: u64 = 20;

/// When a claim made at `now` expires.
pub(crate) fn claim_deadline(now: Timestamp) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(CLAIM_SECONDS)).unwrap_or(now)
}

/// What a guest asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingRequest {
    /// The hold to pay.
    pub hold: HoldId,
    /// The provider's name for a card; never card data. What costs nothing needs none.
    pub payment_method: Option<String>,
    /// How the guest is reached, if they say.
    pub contact: Option<Contact>,
    /// How long to wait for the saga; zero for not at all.
    pub wait: Duration,
}

/// A booking that was requested, as it is after waiting.
#[derive(Debug, Clone, PartialEq)]
pub struct Requested {
    /// The booking.
    pub booking: Booking,
    /// What the caller has to do at their bank, while the booking waits for that.
    pub action: Option<CustomerAction>,
    /// `true` if this request only met its earlier self.
    pub replayed: bool,
}

/// The use case of booking requests.
pub struct BookingRequests {
    bookings: Arc<dyn BookingStore>,
    holds: Arc<dyn HoldReader>,
    attempts: Arc<dyn AttemptReader>,
    actions: Arc<dyn CustomerActions>,
    saga: Arc<dyn BookingSaga>,
}

impl BookingRequests {
    /// Over bookings, holds, attempts of guests, what these have to do, and the booking saga.
    #[must_use]
    pub fn new(
        bookings: Arc<dyn BookingStore>,
        holds: Arc<dyn HoldReader>,
        attempts: Arc<dyn AttemptReader>,
        actions: Arc<dyn CustomerActions>,
        saga: Arc<dyn BookingSaga>,
    ) -> Self {
        Self { bookings, holds, attempts, actions, saga }
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
        // Ends: after RUNS_MAX runs.
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
        // Asked for by an operator who is one of its property no more.
        if !caller.may_see(&booking.order) {
            return Err(Failure::NotFound("hold"));
        }
        let action = own_action(self.actions.as_ref(), caller, &booking).await?;
        Ok(Requested { booking, action, replayed })
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
            Some(snapshot) if caller.may_see(&snapshot.hold.order) => snapshot,
            Some(_) | None => return Err(Failure::NotFound("hold")),
        };
        require_live(&snapshot, mutation.now)?;
        if claimed_by_another(&snapshot, id, mutation.now) {
            return Err(Failure::RequestInProgress);
        }
        let order = snapshot.hold.order;
        let payments = payments(request.payment_method.as_deref(), order.price.total())?;
        let requested = Booking::requested(
            id.clone(),
            confirmation_number(id),
            snapshot.hold.id,
            order,
            payments,
            key.content.clone(),
            mutation.now,
        );
        // An operator pays for many guests.
        let by_operator = caller.is_operator_of(requested.order.property.as_ref());
        let is_counted = !by_operator && requested.order.price.total().amount() > 0;
        let claim = InventoryMove::Claim { deadline: claim_deadline(mutation.now) };
        let mut commit = BookingCommit::new(&requested, BookingEvent::Requested, claim, mutation)
            .with_contact(request.contact.clone().map(|said| Contact { by_operator, ..said }));
        let mut tries = 0;
        // Ends: after COUNTING_TRIES_MAX tries.
        let committed = loop {
            if is_counted {
                commit.attempts = Some(self.attempted(id, &caller.guest, mutation.now).await?);
            }
            tries += 1;
            match self.bookings.commit(&commit).await {
                Err(CommitError::AttemptsChanged) if tries < COUNTING_TRIES_MAX => {
                    let longest_ms = COUNTING_PAUSE_FIRST_MS << (tries - 1);
                    sleep(Duration::from_millis(fastrand::u64(0..=longest_ms))).await;
                }
                committed => break committed,
            }
        };
        match committed {
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

impl BookingRequests {
    /// The guest's attempts with the one that is about to begin, if they may have another. What earlier ones came to is asked
    /// only where they are many, of forty at most.
    async fn attempted(
        &self,
        booking: &BookingId,
        guest: &GuestId,
        now: Timestamp,
    ) -> Result<AttemptsChange, Failure> {
        let guest = guest_mark(guest);
        let StoredAttempts { attempts, revision } = self.attempts.attempts(&guest).await?;
        let mut attempts = attempts.since(now);
        if !attempts.are_few() {
            let known = attempts.iter().map(|(known, _)| self.bookings.booking(known));
            let ends: HashMap<_, _> = try_join_all(known)
                .await?
                .into_iter()
                .flatten()
                .map(|booking| (booking.id.clone(), booking.attempt_end()))
                .collect();
            let end_of = |known: &BookingId| ends.get(known).copied().unwrap_or(AttemptEnd::Harmless);
            attempts = attempts
                .counted(end_of, now)
                .map_err(|wait_seconds| Failure::TooManyAttempts { wait_seconds })?;
        }
        let after = StoredAttempts { attempts: attempts.with(booking.clone(), now), revision: revision + 1 };
        Ok(AttemptsChange { guest, after })
    }
}

/// Through what a price is paid: nothing by nothing, anything else by card.
fn payments(payment_method: Option<&str>, price: Money) -> Result<BookingPayments, Failure> {
    match payment_method {
        _ if price.amount() == 0 => Ok(BookingPayments::free(price.currency())),
        Some(card) => Ok(BookingPayments::by_card(card.to_owned(), price)),
        None => Err(Failure::Invalid {
            field: Field::PaymentMethod.into(),
            detail: "is required: the hold costs something".to_owned(),
        }),
    }
}
