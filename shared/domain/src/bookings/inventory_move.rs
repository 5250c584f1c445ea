//! What a booking's event does to pages and to the records of holds.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::bookings::booking::{Booking, BookingStatus};
use crate::holds::hold::{Hold, HoldStatus};
use crate::ids::{BookingId, HoldId};
use crate::inventory::{PageCommand, PageHold, PageOperation, Placement};

/// What is written beside a booking and its audit event, in the same transaction: all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InventoryPlan {
    /// Commands to pages, of whichever resources. Those to one page are carried out in this order, as one change of it: none
    /// ends a hold that another has placed or changed.
    pub operations: Vec<PageOperation>,
    /// What becomes of the records of holds. A record outlives its hold by a week only: one that is gone is passed over.
    pub records: BTreeMap<HoldId, HoldRecordChange>,
}

/// What becomes of a hold's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldRecordChange {
    /// The hold became this booking.
    Confirmed(BookingId),
    /// The hold was given up.
    Released,
    /// The hold waits for its guest again; whether it is live, its page says.
    ActiveAgain,
    /// The hold expires then.
    ExpiresAt(Timestamp),
}

impl HoldRecordChange {
    /// The record after the change.
    #[must_use]
    pub fn apply(&self, record: Hold) -> Hold {
        match self {
            Self::Confirmed(booking) => {
                Hold { recorded: HoldStatus::Confirmed, booking: Some(booking.clone()), ..record }
            }
            Self::Released => Hold { recorded: HoldStatus::Released, ..record },
            Self::ActiveAgain => Hold { recorded: HoldStatus::Active, booking: None, ..record },
            Self::ExpiresAt(expires_at) => Hold { expires_at: *expires_at, ..record },
        }
    }
}

/// What a booking's event does to the pages of its order, and to its hold.
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
    /// What is written beside `booking`, as it is after its event.
    #[must_use]
    pub fn plan(&self, booking: &Booking) -> InventoryPlan {
        let operation = |placement: &Placement| {
            let command = self.command(booking, placement)?;
            Some(PageOperation { placement: placement.clone(), command })
        };
        InventoryPlan {
            operations: booking.order.placements.iter().filter_map(operation).collect(),
            records: self.record(booking).map(|change| (booking.hold.clone(), change)).into_iter().collect(),
        }
    }

    /// What is asked of the page of `placement`, one of the order's.
    fn command(&self, booking: &Booking, placement: &Placement) -> Option<PageCommand> {
        let (hold, id) = (booking.hold.clone(), booking.id.clone());
        let places = placement.places.clone();
        match self {
            Self::Keep => None,
            Self::Claim { deadline } => Some(PageCommand::Claim { hold, booking: id, deadline: *deadline }),
            Self::Prolong { hold: record, .. } => {
                Some(PageCommand::Prolong { hold, booking: id, by: record.ttl() })
            }
            Self::Unclaim => Some(PageCommand::Unclaim { hold, booking: id }),
            Self::Abandon => Some(PageCommand::Abandon { hold, booking: id }),
            Self::Confirm => Some(PageCommand::Confirm { hold, booking: id, places }),
            Self::Return { hold: record } => {
                let entry = PageHold { prolonged: true, ..record.entry(placement) };
                Some(PageCommand::Return { hold, entry })
            }
            Self::Free => Some(PageCommand::Free { booking: id, places }),
        }
    }

    fn record(&self, booking: &Booking) -> Option<HoldRecordChange> {
        match self {
            // The payment failed after the confirmation and the hold could not be restored: nobody has ended it, so it has
            // expired once its time has passed.
            Self::Free if booking.status == BookingStatus::Failed => Some(HoldRecordChange::ActiveAgain),
            Self::Keep | Self::Claim { .. } | Self::Unclaim | Self::Free => None,
            Self::Prolong { expires_at, .. } => Some(HoldRecordChange::ExpiresAt(*expires_at)),
            Self::Abandon => Some(HoldRecordChange::Released),
            Self::Confirm => Some(HoldRecordChange::Confirmed(booking.id.clone())),
            Self::Return { .. } => Some(HoldRecordChange::ActiveAgain),
        }
    }
}
