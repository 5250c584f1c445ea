//! Changes of a hold's record.

use jiff::Timestamp;

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
