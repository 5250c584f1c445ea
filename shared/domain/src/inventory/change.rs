//! What is asked of a page, what happens to it, and why it refuses.

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use super::{EXTENSIONS_MAX, HoldLimit, HoldLimits, PageFrame, PageHold, SlotPlaces};
use crate::ids::{BookingId, Fingerprint, GuestMark, HoldId, SlotKey};

/// What is asked of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageCommand {
    /// Take places for a hold.
    Place {
        /// The new hold.
        hold: HoldId,
        /// What it takes, and until when.
        entry: PageHold,
        /// What its guest may hold at a time; nothing is asked if absent.
        limits: Option<HoldLimits>,
    },
    /// Add `by` to a live, unclaimed hold's expiry.
    Extend {
        /// Which hold.
        hold: HoldId,
        /// Digest of the request.
        request: Fingerprint,
        /// One TTL.
        by: SignedDuration,
    },
    /// Keep a live hold from expiring while `booking` is paid.
    Claim {
        /// Which hold.
        hold: HoldId,
        /// Who pays.
        booking: BookingId,
        /// When the claim expires; not before the hold would have: a claim never shortens a hold.
        deadline: Timestamp,
    },
    /// Give the customer time for a 3-D Secure step: once, one TTL more, and the claim expires with the hold.
    Prolong {
        /// Which hold.
        hold: HoldId,
        /// Who pays.
        booking: BookingId,
        /// One TTL.
        by: SignedDuration,
    },
    /// The payment failed: the hold waits for its guest again.
    Unclaim {
        /// Which hold.
        hold: HoldId,
        /// Who tried to pay.
        booking: BookingId,
    },
    /// The guest gives the places back.
    Release {
        /// Which hold.
        hold: HoldId,
        /// Whose unpaid ends are counted, as far as its record says: of a hold that names no cool-down. The page decides.
        counts_for: Option<GuestMark>,
    },
    /// The booking that claims the hold is cancelled, and the hold released.
    Abandon {
        /// Which hold.
        hold: HoldId,
        /// The booking.
        booking: BookingId,
    },
    /// Drop the hold if it is dead.
    Expire {
        /// Which hold.
        hold: HoldId,
        /// As of a release.
        counts_for: Option<GuestMark>,
    },
    /// Turn the claimed hold into a booking; if it died meanwhile, take free places for the booking instead.
    Confirm {
        /// The claimed hold.
        hold: HoldId,
        /// The booking.
        booking: BookingId,
        /// Places of this page.
        places: SlotPlaces,
    },
    /// The booking could not be charged: its places become a hold again, unless a live hold of that name is there.
    Return {
        /// The hold.
        hold: HoldId,
        /// What it takes, and until when.
        entry: PageHold,
    },
    /// Give a booking's places back.
    Free {
        /// The booking.
        booking: BookingId,
        /// Places of this page.
        places: SlotPlaces,
    },
    /// Bring the page under other terms or dated facts.
    Frame {
        /// What the page counts then.
        frame: Box<PageFrame>,
    },
}

/// What happened to a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageChange {
    /// A hold took places.
    Placed {
        /// The hold.
        hold: HoldId,
        /// What it takes.
        entry: PageHold,
    },
    /// A hold expires later.
    Extended {
        /// The hold.
        hold: HoldId,
        /// Digest of the request.
        request: Fingerprint,
        /// New expiry.
        expires_at: Timestamp,
    },
    /// A hold waits for the bank.
    Claimed {
        /// The hold.
        hold: HoldId,
        /// Who pays.
        booking: BookingId,
        /// When the claim expires.
        deadline: Timestamp,
    },
    /// A hold waits for its customer's bank step.
    Prolonged {
        /// The hold.
        hold: HoldId,
        /// New expiry, and deadline of the claim.
        expires_at: Timestamp,
    },
    /// A hold waits for its guest again.
    Unclaimed {
        /// The hold.
        hold: HoldId,
    },
    /// A hold was given back.
    Released {
        /// The hold.
        hold: HoldId,
    },
    /// A dead hold was dropped.
    Expired {
        /// The hold.
        hold: HoldId,
    },
    /// A guest's hold ended without a booking, under terms that name no cool-down. No event has it.
    UnpaidEndCounted {
        /// The guest.
        guest: GuestMark,
        /// When it ended.
        at: Timestamp,
    },
    /// A guest whose hold ended without a booking waits for its slots.
    CoolDownBegun {
        /// The guest.
        guest: GuestMark,
        /// Slots of this page.
        slots: Vec<SlotKey>,
        /// Until when.
        until: Timestamp,
    },
    /// A booking confirmed a hold.
    Confirmed {
        /// The hold.
        hold: HoldId,
        /// The booking.
        booking: BookingId,
    },
    /// A booking whose hold had died took free places.
    Reacquired {
        /// The booking.
        booking: BookingId,
        /// Places of this page.
        places: SlotPlaces,
    },
    /// A failed booking returned its places to its hold.
    Returned {
        /// The hold.
        hold: HoldId,
        /// What it takes.
        entry: PageHold,
    },
    /// A booking's places are free again.
    Freed {
        /// The booking.
        booking: BookingId,
        /// Places of this page.
        places: SlotPlaces,
    },
    /// Terms or dated facts changed.
    Framed {
        /// What the page counts now.
        frame: Box<PageFrame>,
    },
}

impl PageChange {
    /// The hold that the change is about.
    #[must_use]
    pub fn hold(&self) -> Option<&HoldId> {
        match self {
            Self::Placed { hold, .. }
            | Self::Extended { hold, .. }
            | Self::Claimed { hold, .. }
            | Self::Prolonged { hold, .. }
            | Self::Unclaimed { hold }
            | Self::Released { hold }
            | Self::Expired { hold }
            | Self::Confirmed { hold, .. }
            | Self::Returned { hold, .. } => Some(hold),
            Self::UnpaidEndCounted { .. }
            | Self::CoolDownBegun { .. }
            | Self::Reacquired { .. }
            | Self::Freed { .. }
            | Self::Framed { .. } => None,
        }
    }

    /// The hold that the change takes from its page.
    #[must_use]
    pub fn ends(&self) -> Option<&HoldId> {
        match self {
            Self::Released { hold } | Self::Expired { hold } | Self::Confirmed { hold, .. } => Some(hold),
            Self::Placed { .. }
            | Self::Extended { .. }
            | Self::Claimed { .. }
            | Self::Prolonged { .. }
            | Self::Unclaimed { .. }
            | Self::UnpaidEndCounted { .. }
            | Self::CoolDownBegun { .. }
            | Self::Reacquired { .. }
            | Self::Returned { .. }
            | Self::Freed { .. }
            | Self::Framed { .. } => None,
        }
    }
}

/// Why a command is refused. Nothing is changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PageRejection {
    /// Fewer places are free than asked for.
    #[error("only {available} places are free")]
    SoldOut {
        /// What could be had in every slot asked for.
        available: u32,
    },
    /// The page does not count this slot: it was made for another schedule.
    #[error("the page has no slot {0}")]
    UnknownSlot(SlotKey),
    /// The page counts the slots of another schedule: the resource was replaced since the slots were chosen.
    #[error("the page counts the slots of another schedule")]
    ScheduleChanged,
    /// The hold exists, placed by another request.
    #[error("the hold was placed by another request")]
    Reused,
    /// The page stores as many holds as it may.
    #[error("the page stores as many live holds as it may")]
    TooManyHolds,
    /// The guest holds as much as they may, or has to wait.
    #[error("the guest's limit {} allows no further hold for {wait_seconds} s", .limit.as_str())]
    LimitReached {
        /// Which limit.
        limit: HoldLimit,
        /// Until the first of the holds that count expires, or the cool-down is over: in seconds, rounded up, at least 1.
        wait_seconds: u32,
    },
    /// The page has no such hold.
    #[error("the page has no such hold")]
    HoldMissing,
    /// The hold's time has passed.
    #[error("the hold has expired")]
    HoldExpired,
    /// Another booking's payment runs on the hold, or (for commands of guests) any payment.
    #[error("a payment of the hold is running")]
    HoldClaimed,
    /// The hold still counts, until the given moment.
    #[error("the hold lives until {until}")]
    HoldLive {
        /// When it expires.
        until: Timestamp,
    },
    /// The hold has been extended as often as it may.
    #[error("a hold may be extended {EXTENSIONS_MAX} times")]
    NotExtendable,
    /// The capacity asked for is lower than the present one and does not cover what is taken.
    #[error("{in_use} places of slot {slot} are in use")]
    CapacityInUse {
        /// The first such slot.
        slot: SlotKey,
        /// Places in it that live holds, bookings and others take.
        in_use: u32,
    },
    /// Fewer places are confirmed than should be given back.
    #[error("fewer places are confirmed than should be given back")]
    NotConfirmed,
}
