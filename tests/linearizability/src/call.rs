//! What callers ask of the inventory, and what they are told.

/// A hold, booking, request, page or slot, as the recorder numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(pub u32);

/// A slot of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// The page that counts it.
    pub page: Name,
    /// Which of its slots.
    pub slot: Name,
}

/// What an operator sets of slots; what is not named stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Edit {
    /// Places in each.
    pub capacity: Option<u32>,
    /// Whether sale is stopped.
    pub closed: Option<bool>,
    /// Places of each that may be sold beyond its capacity.
    pub overbooking: Option<u32>,
}

impl Edit {
    /// What is set after this edit where `before` was set before it.
    #[must_use]
    pub fn or(self, before: Self) -> Self {
        Self {
            capacity: self.capacity.or(before.capacity),
            closed: self.closed.or(before.closed),
            overbooking: self.overbooking.or(before.overbooking),
        }
    }
}

/// What a caller asks. Times and lengths are milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Call {
    /// Places in all of `slots`, for a time.
    Place {
        /// The hold.
        hold: Name,
        /// Where, over however many pages.
        slots: Vec<Slot>,
        /// Places in each.
        quantity: u32,
        /// How long it lives.
        ttl: i64,
    },
    /// A longer life.
    Extend {
        /// The hold.
        hold: Name,
        /// Which request: its repetition gets its answer.
        request: Name,
        /// How much longer.
        by: i64,
    },
    /// A booking begins to be paid.
    Claim {
        /// The hold.
        hold: Name,
        /// Who pays.
        booking: Name,
        /// When the claim lapses, unless the hold lives longer.
        deadline: i64,
    },
    /// The payment failed; the hold waits again.
    Unclaim {
        /// The hold.
        hold: Name,
        /// Who tried to pay.
        booking: Name,
    },
    /// The guest gives the hold back.
    Release {
        /// The hold.
        hold: Name,
    },
    /// A timer, or TTL's deletion, says that the hold is dead.
    Expire {
        /// The hold.
        hold: Name,
    },
    /// The claimed hold becomes a booking; if it died meanwhile, free places do.
    Confirm {
        /// The booking.
        booking: Name,
    },
    /// The booking is given up before it was confirmed, and its hold with it.
    Abandon {
        /// The booking.
        booking: Name,
    },
    /// The confirmed booking gives its places back.
    Cancel {
        /// The booking.
        booking: Name,
    },
    /// An operator's edit.
    SetInventory {
        /// Which slots.
        slots: Vec<Slot>,
        /// What it sets.
        edit: Edit,
    },
    /// An operator says which capacity is to follow: no more is on offer from then on than both allow.
    Announce {
        /// The slots of one page.
        slots: Vec<Slot>,
        /// Places of each whose date has none of its own.
        capacity: u32,
    },
    /// An operator's terms follow the present ones. A smaller capacity has to be announced.
    Replace {
        /// The slots of one page.
        slots: Vec<Slot>,
        /// Places of each whose date has none of its own.
        capacity: u32,
        /// Which terms.
        terms: Name,
    },
    /// What was announced and has not followed does not follow.
    Withdraw {
        /// The slots of one page.
        slots: Vec<Slot>,
    },
    /// How many places can be had.
    Look {
        /// Where.
        slot: Slot,
    },
}

/// Why a call on a hold was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// There is no live hold.
    Gone,
    /// A payment runs on it.
    Claimed,
    /// It was extended as often as it may.
    Exhausted,
    /// It lives: nothing to drop.
    Live,
}

/// What a caller was told.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It is so.
    Done,
    /// The hold is placed.
    Placed {
        /// Until when it lives at first. Milliseconds since 1970.
        until: i64,
        /// The terms that it was decided by.
        terms: Name,
    },
    /// The extended hold lives until then. Milliseconds since 1970.
    Until(i64),
    /// Fewer are free than asked for.
    SoldOut {
        /// What could be had.
        available: u32,
    },
    /// The page holds as many holds as it may.
    PageFull,
    /// The hold is not as it must be.
    Refused(Refusal),
    /// More is in use than the new capacity.
    InUse {
        /// How much.
        in_use: u32,
    },
    /// So many can be had.
    Free(u32),
}

impl Answer {
    /// Whether nothing can have changed by a call that was answered so.
    #[must_use]
    pub fn changes_nothing(&self) -> bool {
        match self {
            Self::Done | Self::Placed { .. } | Self::Until(_) => false,
            Self::SoldOut { .. } | Self::PageFull | Self::Refused(_) | Self::InUse { .. } | Self::Free(_) => {
                true
            }
        }
    }
}
