//! What a booking's event does to the record of its hold.

use jiff::Timestamp;

use crate::bookings::booking::Booking;
use crate::bookings::inventory_move::InventoryMove;
use crate::bookings::status::BookingStatus;
use crate::holds::hold::{Hold, HoldStatus};
use crate::ids::BookingId;

/// A change of a hold's record, written in the booking's transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordChange {
    /// The hold is confirmed by this booking.
    Confirmed(BookingId),
    /// The hold was released.
    Released,
    /// The booking failed and no longer confirms the hold: the page decides whether it is still active.
    ActiveAgain,
    /// The hold expires later.
    ExpiresAt(Timestamp),
}

impl RecordChange {
    /// What `inventory` changes of the record of the hold of `booking`, as the booking is after its event.
    #[must_use]
    pub fn of(inventory: &InventoryMove, booking: &Booking) -> Option<Self> {
        match inventory {
            // The charge failed and the hold is not restored: the record does not name a booking any more.
            InventoryMove::Free => match booking.status {
                BookingStatus::Failed => Some(Self::ActiveAgain),
                BookingStatus::Pending
                | BookingStatus::Confirmed
                | BookingStatus::Cancelled
                | BookingStatus::Completed => None,
            },
            InventoryMove::Keep | InventoryMove::Claim { .. } | InventoryMove::Unclaim => None,
            InventoryMove::Prolong { expires_at, .. } => Some(Self::ExpiresAt(*expires_at)),
            InventoryMove::Abandon => Some(Self::Released),
            InventoryMove::Confirm => Some(Self::Confirmed(booking.id.clone())),
            InventoryMove::Return { .. } => Some(Self::ActiveAgain),
        }
    }
}

impl Hold {
    /// Writes a change into the record.
    pub fn change(&mut self, change: RecordChange) {
        match change {
            RecordChange::Confirmed(booking) => {
                self.recorded = HoldStatus::Confirmed;
                self.booking = Some(booking);
            }
            RecordChange::Released => self.recorded = HoldStatus::Released,
            RecordChange::ActiveAgain => {
                self.recorded = HoldStatus::Active;
                self.booking = None;
            }
            RecordChange::ExpiresAt(at) => self.expires_at = at,
        }
    }
}
