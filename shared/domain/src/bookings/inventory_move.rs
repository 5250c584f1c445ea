//! What a booking's event does to pages and to the records of holds.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::bookings::booking::Booking;
use crate::bookings::status::BookingStatus;
use crate::holds::hold::Hold;
use crate::holds::record_change::RecordChange;
use crate::ids::HoldId;
use crate::inventory::{PageCommand, PageHold, PageOperation, Placement};
use crate::rates::uses::{PromotionUse, UseChange};

/// What is written beside a booking and its audit event, in the same transaction: all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InventoryPlan {
    /// Commands to pages, of whichever resources. Those to one page are carried out in this order, as one write of it. A plan
    /// in which one command ends a hold that an earlier one is about is refused: the hold is missing.
    pub operations: Vec<PageOperation>,
    /// What becomes of the records of holds. A record outlives its hold by a week only: one that is gone is passed over.
    pub records: BTreeMap<HoldId, RecordChange>,
    /// What becomes of the use of a promotion whose uses are limited, if the order made one.
    pub promotion: Option<(PromotionUse, UseChange)>,
}

/// What a booking's event does to the pages of its order, and to its hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InventoryMove {
    /// Nothing.
    Keep,
    /// Claim the hold until `deadline`.
    Claim {
        /// When the claim expires.
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
            records: self
                .record_change(booking)
                .map(|change| (booking.hold.clone(), change))
                .into_iter()
                .collect(),
            promotion: PromotionUse::of(&booking.order, &booking.hold).zip(self.use_change(booking)),
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

    /// What it does to the use of a promotion.
    fn use_change(&self, booking: &Booking) -> Option<UseChange> {
        let id = booking.id.clone();
        match self {
            Self::Keep | Self::Claim { .. } | Self::Prolong { .. } | Self::Unclaim => None,
            Self::Abandon => Some(UseChange::Abandoned(id)),
            Self::Confirm => Some(UseChange::Booked(id)),
            Self::Return { .. } => Some(UseChange::Unbooked(id)),
            Self::Free => Some(UseChange::BookingEnded(id)),
        }
    }

    /// What it changes of the record of the booking's hold.
    fn record_change(&self, booking: &Booking) -> Option<RecordChange> {
        match self {
            // The charge failed and the hold is not restored: the record does not name a booking any more.
            Self::Free => match booking.status {
                BookingStatus::Failed => Some(RecordChange::ActiveAgain),
                BookingStatus::Pending
                | BookingStatus::Confirmed
                | BookingStatus::Cancelled
                | BookingStatus::Completed => None,
            },
            Self::Keep | Self::Claim { .. } | Self::Unclaim => None,
            Self::Prolong { expires_at, .. } => Some(RecordChange::ExpiresAt(*expires_at)),
            Self::Abandon => Some(RecordChange::Released),
            Self::Confirm => Some(RecordChange::Confirmed(booking.id.clone())),
            Self::Return { .. } => Some(RecordChange::ActiveAgain),
        }
    }
}
