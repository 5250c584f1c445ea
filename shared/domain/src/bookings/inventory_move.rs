//! What a booking's event does to the pages of its order.

use jiff::Timestamp;

use crate::bookings::booking::{Booking, BookingStatus, Placement};
use crate::holds::hold::{Hold, RecordChange};
use crate::inventory::{PageCommand, PageHold};

/// What a booking's event does to the pages of its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InventoryMove {
    /// Nothing.
    Keep,
    /// Claim the hold until `deadline`.
    Claim {
        /// When the claim lapses.
        deadline: Timestamp,
    },
    /// Give the customer one TTL more for their bank; the hold's record gets the new expiry.
    Prolong {
        /// The hold, for its TTL.
        hold: Box<Hold>,
        /// Its new expiry.
        expires_at: Timestamp,
    },
    /// Let the hold wait for its guest again.
    Unclaim,
    /// Drop the claimed hold; its record ends `released`.
    Abandon,
    /// Turn the hold into the booking, or take free places if it died; the hold's record ends `confirmed`.
    Confirm,
    /// Turn the booking back into a hold; the hold's record is `active` again.
    Return {
        /// The hold.
        hold: Box<Hold>,
    },
    /// Give the booking's places back.
    Free,
}

impl InventoryMove {
    /// What is asked of the page of `placement`, one of the order's.
    #[must_use]
    pub fn command(&self, booking: &Booking, placement: &Placement) -> Option<PageCommand> {
        let (hold, id) = (booking.hold.clone(), booking.id.clone());
        let (slots, quantity) = (placement.slots.clone(), placement.quantity);
        match self {
            Self::Keep => None,
            Self::Claim { deadline } => Some(PageCommand::Claim { hold, booking: id, deadline: *deadline }),
            Self::Prolong { hold: record, .. } => {
                Some(PageCommand::Prolong { hold, booking: id, by: record.ttl() })
            }
            Self::Unclaim => Some(PageCommand::Unclaim { hold, booking: id }),
            Self::Abandon => Some(PageCommand::Abandon { hold, booking: id }),
            Self::Confirm => Some(PageCommand::Confirm { hold, booking: id, slots, quantity }),
            Self::Return { hold: record } => {
                let entry = PageHold { prolonged: true, ..record.entry(placement) };
                Some(PageCommand::Return { hold, entry })
            }
            Self::Free => Some(PageCommand::Free { booking: id, slots, quantity }),
        }
    }

    /// What is written to the record of the hold of `booking`, as it is after the event.
    #[must_use]
    pub fn record_change(&self, booking: &Booking) -> Option<RecordChange> {
        match self {
            // The charge failed after the confirmation: the hold is nobody's booking, and its page says whether it is live.
            Self::Free if booking.status == BookingStatus::Failed => Some(RecordChange::ActiveAgain),
            Self::Keep | Self::Claim { .. } | Self::Unclaim | Self::Free => None,
            Self::Prolong { expires_at, .. } => Some(RecordChange::ExpiresAt(*expires_at)),
            Self::Abandon => Some(RecordChange::Released),
            Self::Confirm => Some(RecordChange::Confirmed(booking.id.clone())),
            Self::Return { .. } => Some(RecordChange::ActiveAgain),
        }
    }
}
