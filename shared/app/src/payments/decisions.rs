//! What the steps of the payment saga decide of a freshly read booking.

use async_trait::async_trait;
use holdfast_domain::bookings::{FailureReason, Order};
use holdfast_domain::payments::CustomerAction;
use holdfast_domain::{
    Booking, BookingEvent, BookingStatus, HoldSnapshot, InventoryMove, PaymentStatus, PaymentStep,
};
use jiff::Timestamp;

use crate::bookings::commit::{Decide, Decision};
use crate::bookings::port::BookingReader;
use crate::bookings::read::load;
use crate::bookings::request::claim_deadline;
use crate::catalogue::port::CatalogueReader;
use crate::holds::port::HoldReader;
use crate::kernel::failure::Failure;
use crate::payments::outcome::Outcome;

/// A booking is paid for: its hold is its places. What nobody holds any more is sold as long as it can be held anew, and nothing is
/// when it is over: a guest who pays later than that is not charged for it.
pub(super) struct ConfirmedBooking<'a> {
    pub(super) bookings: &'a dyn BookingReader,
    pub(super) holds: &'a dyn HoldReader,
    pub(super) catalogue: &'a dyn CatalogueReader,
    pub(super) now: Timestamp,
}

#[async_trait]
impl Decide<InventoryMove, Outcome> for ConfirmedBooking<'_> {
    async fn decide(&self, booking: &Booking) -> Result<Decision<InventoryMove, Outcome>, Failure> {
        let has_begun = booking.order.start <= self.now;
        if booking.status == BookingStatus::Pending && has_begun {
            let snapshot = self.holds.hold(&booking.hold).await?;
            let claimed = snapshot.as_ref().and_then(|snapshot| snapshot.claimed_by(self.now));
            let is_over = booking.order.end <= self.now;
            if is_over || (claimed != Some(&booking.id) && self.is_past(&booking.order).await?) {
                // Its hold may be its places by now, if another execution was first.
                let present = load(self.bookings, &booking.id).await?;
                return Ok(match present.status {
                    BookingStatus::Pending => Decision::Nothing(Outcome::SoldOut),
                    BookingStatus::Confirmed | BookingStatus::Completed => {
                        Decision::Nothing(Outcome::Confirmed)
                    }
                    BookingStatus::Cancelled | BookingStatus::Failed => Decision::Nothing(Outcome::Cancelled),
                });
            }
        }
        Ok(taken(booking, BookingEvent::Confirmed, InventoryMove::Confirm, Outcome::Confirmed))
    }
}

impl ConfirmedBooking<'_> {
    /// Whether its places cannot be held anew. A night can, until its date is over.
    async fn is_past(&self, order: &Order) -> Result<bool, Failure> {
        let resource = self.catalogue.resource(&order.resource).await?;
        Ok(resource.is_none_or(|resource| resource.are_past(&order.placements, self.now)))
    }
}

/// A booking fails: its places become the hold again while that is in time, and are free if not.
pub(super) struct FailedBooking<'a> {
    pub(super) holds: &'a dyn HoldReader,
    pub(super) reason: &'a FailureReason,
    pub(super) now: Timestamp,
}

#[async_trait]
impl Decide<InventoryMove, Outcome> for FailedBooking<'_> {
    async fn decide(&self, booking: &Booking) -> Result<Decision<InventoryMove, Outcome>, Failure> {
        let inventory = match booking.status {
            // A record outlives its hold by a week only, and an authorization may lapse after that.
            BookingStatus::Confirmed => match self.holds.hold(&booking.hold).await? {
                Some(snapshot) if snapshot.hold.expires_at > self.now => {
                    InventoryMove::Return { hold: Box::new(snapshot.hold) }
                }
                Some(_) | None => InventoryMove::Free,
            },
            BookingStatus::Pending
            | BookingStatus::Cancelled
            | BookingStatus::Completed
            | BookingStatus::Failed => InventoryMove::Unclaim,
        };
        let event = BookingEvent::Failed { reason: self.reason.clone() };
        Ok(taken(booking, event, inventory, Outcome::Failed))
    }
}

/// The amount is reserved. A claim that a customer's step has shortened to the hold's expiry is taken anew while the hold lives:
/// who was in time does not lose the places to the seconds until the confirmation.
pub(super) struct AuthorizedInTime<'a> {
    pub(super) holds: &'a dyn HoldReader,
    pub(super) now: Timestamp,
}

#[async_trait]
impl Decide<InventoryMove, Outcome> for AuthorizedInTime<'_> {
    async fn decide(&self, booking: &Booking) -> Result<Decision<InventoryMove, Outcome>, Failure> {
        let authorized = BookingEvent::first_payment(PaymentStep::Authorized);
        let waited = booking.status == BookingStatus::Pending && booking.action().is_some();
        let hold = if waited { self.holds.hold(&booking.hold).await? } else { None };
        let inventory = match hold {
            Some(hold) if hold.claimed_by(self.now) == Some(&booking.id) => {
                InventoryMove::Claim { deadline: claim_deadline(self.now) }
            }
            Some(_) | None => InventoryMove::Keep,
        };
        Ok(taken(booking, authorized, inventory, Outcome::Authorized))
    }
}

/// The bank wants the customer. The first time, that gives them one TTL more.
pub(super) struct CustomerStep<'a> {
    pub(super) holds: &'a dyn HoldReader,
    pub(super) client_secret: String,
    pub(super) redirect_url: Option<String>,
    pub(super) now: Timestamp,
}

#[async_trait]
impl Decide<InventoryMove, Outcome> for CustomerStep<'_> {
    async fn decide(&self, booking: &Booking) -> Result<Decision<InventoryMove, Outcome>, Failure> {
        if booking.is_cancelled_or_failed() {
            return Ok(Decision::Nothing(Outcome::Cancelled));
        }
        match booking.payment_status() {
            PaymentStatus::Pending => {}
            // The customer was faster than the provider's answer.
            PaymentStatus::Authorized => return Ok(Decision::Nothing(Outcome::Authorized)),
            PaymentStatus::Captured | PaymentStatus::Disputed | PaymentStatus::ChargedBack => {
                return Ok(Decision::Nothing(Outcome::Captured));
            }
            PaymentStatus::Voided
            | PaymentStatus::PartiallyRefunded
            | PaymentStatus::Refunded
            | PaymentStatus::Failed => return Ok(Decision::Nothing(Outcome::Voided)),
        }
        let waits =
            |expires_at| Outcome::ActionRequired { timeout_seconds: seconds_until(expires_at, self.now) };
        if let Some(action) = booking.action() {
            return Ok(Decision::Nothing(waits(action.expires_at)));
        }
        let snapshot = hold_of(self.holds, booking).await?;
        let claimed = snapshot.claimed_by(self.now) == Some(&booking.id);
        let expires_at = if claimed { snapshot.customer_deadline() } else { snapshot.expires_at() };
        let inventory = if claimed {
            InventoryMove::Prolong { hold: Box::new(snapshot.hold), expires_at }
        } else {
            InventoryMove::Keep
        };
        let action = CustomerAction {
            client_secret: self.client_secret.clone(),
            redirect_url: self.redirect_url.clone(),
            expires_at,
        };
        Ok(taken(
            booking,
            BookingEvent::first_payment(PaymentStep::ActionRequired { action }),
            inventory,
            waits(expires_at),
        ))
    }
}

pub(super) async fn hold_of(holds: &dyn HoldReader, booking: &Booking) -> Result<HoldSnapshot, Failure> {
    holds.hold(&booking.hold).await?.ok_or(Failure::NotFound("hold"))
}

/// What an event does to a booking. A booking that was cancelled or has failed takes only what happened to its money; the
/// outcome is [`Outcome::Cancelled`] then, unless money was given back.
pub(super) fn taken(
    booking: &Booking,
    event: BookingEvent,
    inventory: InventoryMove,
    outcome: Outcome,
) -> Decision<InventoryMove, Outcome> {
    if !booking.is_cancelled_or_failed() {
        return Decision::Commit { event, inventory, outcome };
    }
    match &event {
        BookingEvent::Payment { step, .. } => match step {
            PaymentStep::Voided
            | PaymentStep::Refunded { .. }
            | PaymentStep::RefundPending { .. }
            | PaymentStep::RefundFailed { .. }
            | PaymentStep::Disputed
            | PaymentStep::DisputeWon
            | PaymentStep::ChargedBack { .. } => Decision::Commit { event, inventory, outcome },
            PaymentStep::Captured { .. } => {
                Decision::Commit { event, inventory, outcome: Outcome::Cancelled }
            }
            PaymentStep::Created { .. } | PaymentStep::ActionRequired { .. } | PaymentStep::Authorized => {
                Decision::Nothing(Outcome::Cancelled)
            }
        },
        BookingEvent::Failed { .. } if booking.status == BookingStatus::Failed => Decision::Nothing(outcome),
        BookingEvent::Requested
        | BookingEvent::Confirmed
        | BookingEvent::Failed { .. }
        | BookingEvent::Cancelled(_)
        | BookingEvent::Completed => Decision::Nothing(Outcome::Cancelled),
    }
}

fn seconds_until(deadline: Timestamp, now: Timestamp) -> i64 {
    let left = deadline.duration_since(now);
    let started = i64::from(left.subsec_nanos() > 0);
    left.as_secs().saturating_add(started).max(0)
}
