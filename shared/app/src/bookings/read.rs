//! Reading bookings: one, those of a guest, an audit trail, what a cancellation would give back; and waiting for what a saga makes of one.
//!
//! What is kept apart from a booking is read for those alone whom it is for: what the customer has to do for the guest.

use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::bookings::{CancellationQuote, Contact};
use holdfast_domain::payments::CustomerAction;
use holdfast_domain::{Booking, BookingId, BookingStatus};
use jiff::Timestamp;
use tokio::time::{sleep, timeout};

use crate::bookings::port::{BookingContacts, BookingHistory, BookingReader};
use crate::bookings::promise::promise_at;
use crate::bookings::trail::AuditEvent;
use crate::kernel::chain::TRAIL_LIMIT_MAX;
use crate::kernel::failure::Failure;
use crate::kernel::identity::Caller;
use crate::payments::charge::ChargeRules;
use crate::payments::port::CustomerActions;

const POLL_FIRST: Duration = Duration::from_millis(15);
const POLL_LONGEST: Duration = Duration::from_millis(150);

/// A booking with what is kept apart from it.
#[derive(Debug, Clone, PartialEq)]
pub struct WholeBooking {
    /// The booking.
    pub booking: Booking,
    /// What the caller has to do at their bank, while the booking waits for that: never somebody else's.
    pub action: Option<CustomerAction>,
    /// How its guest is reached, if they said.
    pub contact: Option<Contact>,
}

/// A page of a booking's audit trail.
#[derive(Debug, Clone, PartialEq)]
pub struct TrailPage {
    /// The entries, oldest first.
    pub entries: Vec<AuditEvent>,
    /// The entry that the next page follows; none on the last.
    pub next: Option<u64>,
    /// Whether the caller reads it as an operator, not as the guest.
    pub as_operator: bool,
}

/// The use cases of reading bookings.
pub struct Bookings {
    history: Arc<dyn BookingHistory>,
    contacts: Arc<dyn BookingContacts>,
    actions: Arc<dyn CustomerActions>,
    charges: ChargeRules,
}

impl Bookings {
    /// Over the history of bookings, how their guests are reached, and what these have to do, for a provider that pays by these rules.
    #[must_use]
    pub fn new(
        history: Arc<dyn BookingHistory>,
        contacts: Arc<dyn BookingContacts>,
        actions: Arc<dyn CustomerActions>,
        charges: ChargeRules,
    ) -> Self {
        Self { history, contacts, actions, charges }
    }

    /// A booking of the caller's.
    ///
    /// # Errors
    /// [`Failure::NotFound`], also for somebody else's.
    pub async fn get(&self, caller: &Caller, id: &BookingId) -> Result<Booking, Failure> {
        of_caller(self.history.as_ref(), caller, id).await
    }

    /// A booking of the caller's, how its guest is reached, and what they have to do.
    ///
    /// # Errors
    /// [`Failure::NotFound`], also for somebody else's.
    pub async fn get_whole(&self, caller: &Caller, id: &BookingId) -> Result<WholeBooking, Failure> {
        let booking = self.get(caller, id).await?;
        let contact = self.contacts.contact(id).await?;
        let action = own_action(self.actions.as_ref(), caller, &booking).await?;
        Ok(WholeBooking { booking, action, contact })
    }

    /// The caller's bookings, newest first, each with what they have to do for it, and the next cursor.
    ///
    /// # Errors
    /// [`Failure`] on an outage.
    pub async fn list(
        &self,
        caller: &Caller,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<(Vec<(Booking, Option<CustomerAction>)>, Option<String>), Failure> {
        let (bookings, next) = self.history.bookings_of(&caller.guest, limit, cursor).await?;
        let mut listed = Vec::with_capacity(bookings.len());
        // Few of them wait for the guest: a hold has one at a time, and a guest few attempts a day.
        for booking in bookings {
            let action = own_action(self.actions.as_ref(), caller, &booking).await?;
            listed.push((booking, action));
        }
        Ok((listed, next))
    }

    /// What cancelling a booking of the caller's at `now` would give back, to the minor unit, and from then on. Nothing is written.
    ///
    /// # Errors
    /// [`Failure::NotFound`], also for somebody else's.
    pub async fn quote_cancellation(
        &self,
        caller: &Caller,
        id: &BookingId,
        now: Timestamp,
    ) -> Result<CancellationQuote, Failure> {
        let booking = self.get(caller, id).await?;
        Ok(booking.cancellation_quote(now, |at| promise_at(&booking, self.charges, at)))
    }

    /// The audit trail of a booking of the caller's, oldest first: at most `limit` entries, up to [`TRAIL_LIMIT_MAX`], that
    /// follow the entry `after`, and after which the next page begins.
    ///
    /// # Errors
    /// [`Failure::NotFound`], also for somebody else's.
    pub async fn trail(
        &self,
        caller: &Caller,
        id: &BookingId,
        after: u64,
        limit: u32,
    ) -> Result<TrailPage, Failure> {
        let booking = self.get(caller, id).await?;
        let entries = self.history.audit_page(id, after, limit.min(TRAIL_LIMIT_MAX)).await?;
        let next = entries.last().map(|last| last.sequence).filter(|last| *last < booking.version);
        let as_operator = caller.is_operator_of(booking.order.property.as_ref());
        Ok(TrailPage { entries, next, as_operator })
    }
}

/// What the caller has to do at their bank for a booking that waits for it. Nothing of somebody else's, whoever the caller is.
pub(crate) async fn own_action(
    actions: &dyn CustomerActions,
    caller: &Caller,
    booking: &Booking,
) -> Result<Option<CustomerAction>, Failure> {
    let waits = booking.status == BookingStatus::Pending && booking.action().is_some();
    if !waits || booking.order.guest != caller.guest {
        return Ok(None);
    }
    Ok(actions.customer_action(&booking.id).await?)
}

/// A booking of the caller's; [`Failure::NotFound`] also for somebody else's.
pub(crate) async fn of_caller(
    bookings: &dyn BookingReader,
    caller: &Caller,
    id: &BookingId,
) -> Result<Booking, Failure> {
    match bookings.booking(id).await? {
        Some(booking) if caller.may_see(&booking.order) => Ok(booking),
        Some(_) | None => Err(Failure::NotFound("booking")),
    }
}

/// A booking that must exist.
pub(crate) async fn load(bookings: &dyn BookingReader, id: &BookingId) -> Result<Booking, Failure> {
    bookings.booking(id).await?.ok_or(Failure::NotFound("booking"))
}

/// A booking once it is as `done` says, or as it is when `wait` has passed.
pub(crate) async fn wait_for(
    bookings: &dyn BookingReader,
    id: &BookingId,
    wait: Duration,
    done: fn(&Booking) -> bool,
) -> Result<Booking, Failure> {
    let mut booking = load(bookings, id).await?;
    if wait.is_zero() || done(&booking) {
        return Ok(booking);
    }
    let waiting = async {
        let mut pause = POLL_FIRST;
        // Ends: by the time-out around it.
        while !done(&booking) {
            sleep(pause).await;
            booking = load(bookings, id).await?;
            pause = (pause * 2).min(POLL_LONGEST);
        }
        Ok::<_, Failure>(())
    };
    // When the time is up, the booking is as it was last read.
    timeout(wait, waiting).await.unwrap_or(Ok(()))?;
    Ok(booking)
}
