//! Reading bookings: one, those of a guest, an audit trail; and waiting for what a saga makes of one.

use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::{Booking, BookingId};
use tokio::time::{sleep, timeout};

use crate::bookings::port::{BookingHistory, BookingReader};
use crate::bookings::trail::AuditEvent;
use crate::kernel::failure::Failure;
use crate::kernel::identity::Caller;

const POLL_FIRST: Duration = Duration::from_millis(15);
const POLL_LONGEST: Duration = Duration::from_millis(150);

/// The use cases of reading bookings.
pub struct Bookings {
    history: Arc<dyn BookingHistory>,
}

impl Bookings {
    /// Over the history of bookings.
    #[must_use]
    pub fn new(history: Arc<dyn BookingHistory>) -> Self {
        Self { history }
    }

    /// A booking of the caller's.
    ///
    /// # Errors
    /// [`Failure::NotFound`], also for somebody else's.
    pub async fn get(&self, caller: &Caller, id: &BookingId) -> Result<Booking, Failure> {
        of_caller(self.history.as_ref(), caller, id).await
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
        Ok(self.history.bookings_of(&caller.guest, limit, cursor).await?)
    }

    /// The audit trail of a booking of the caller's, oldest first.
    ///
    /// # Errors
    /// [`Failure::NotFound`], also for somebody else's.
    pub async fn trail(&self, caller: &Caller, id: &BookingId) -> Result<Vec<AuditEvent>, Failure> {
        self.get(caller, id).await?;
        Ok(self.history.audit_trail(id).await?)
    }
}

/// A booking of the caller's; [`Failure::NotFound`] also for somebody else's.
pub(crate) async fn of_caller(
    bookings: &dyn BookingReader,
    caller: &Caller,
    id: &BookingId,
) -> Result<Booking, Failure> {
    match bookings.booking(id).await? {
        Some(booking) if caller.may_see(&booking.order.guest) => Ok(booking),
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
