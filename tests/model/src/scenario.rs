//! What is explored: who takes part, what may go wrong, and where the exploration ends.

use crate::properties::{
    BOOKS_MATCH_PROVIDER, DEAD_HOLDS_REACQUIRE, LEGAL_TRANSITIONS, MONEY_MATCHES_BOOKINGS, NEVER_OVERSOLD,
    NOTHING_TAKEN_LATE, ONE_BOOKING_PER_HOLD, PLACES_OF_BOOKINGS,
};

/// A protection of the real system that a negative control takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Removed {
    /// A hold is confirmed without a look at its time.
    LivenessOfConfirm,
    /// Places are taken again without asking whether they are free.
    RoomOfReacquire,
    /// Capacity is lowered without asking what is in use.
    CapacityInUse,
    /// A hold that one payment claims can be claimed by another.
    ClaimOfHold,
    /// Capture does not look whether the booking was cancelled.
    CancellationOfCapture,
    /// A refund neither asks the provider what was given back nor names it in its key.
    InquiryOfRefund,
    /// An unknown outcome of authorizing counts as a decline, and nothing is voided.
    InquiryOfAuthorize,
    /// A booking is written whatever it has become meanwhile.
    VersionOfBooking,
    /// A cancellation settles nothing.
    SettlementOfCancel,
    /// Nobody hears of a cancellation whose function died between its transaction and the start of the settlement.
    EventOfCancel,
}

impl Removed {
    /// Its name in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LivenessOfConfirm => "without: a look at the hold's time",
            Self::RoomOfReacquire => "without: a look for free places",
            Self::CapacityInUse => "without: a look at places in use",
            Self::ClaimOfHold => "without: one claim per hold",
            Self::CancellationOfCapture => "without: a look at the cancellation",
            Self::InquiryOfRefund => "without: asking before a refund",
            Self::InquiryOfAuthorize => "without: asking before giving up",
            Self::VersionOfBooking => "without: versions of bookings",
            Self::SettlementOfCancel => "without: settling cancellations",
            Self::EventOfCancel => "without: the event of a cancellation",
        }
    }

    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::LivenessOfConfirm,
        Self::RoomOfReacquire,
        Self::CapacityInUse,
        Self::ClaimOfHold,
        Self::CancellationOfCapture,
        Self::InquiryOfRefund,
        Self::InquiryOfAuthorize,
        Self::VersionOfBooking,
        Self::SettlementOfCancel,
        Self::EventOfCancel,
    ];
}

/// How finely steps are cut into what others can come between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grain {
    /// Before every effect at the provider and after every answer of it.
    Provider,
    /// Around every call to the outside.
    Call,
}

/// A bounded world.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scenario {
    /// Its name in the table.
    pub name: &'static str,
    /// Guests, each with one hold of one place.
    pub guests: usize,
    /// Cards per guest: how often they may try to pay.
    pub cards: usize,
    /// Places.
    pub capacity: u32,
    /// Places that may be sold beyond these.
    pub overbooking: u32,
    /// The last tick, 600 s each: a hold lives for one, a claim for one and a half.
    pub ticks: u8,
    /// The last tick at which a hold may be placed.
    pub placing_ticks: u8,
    /// Requests or answers lost, steps killed, timed out or repeated.
    pub faults: u8,
    /// Cancellations.
    pub cancels: u8,
    /// Extensions.
    pub extensions: u8,
    /// Lowerings by one, of what may be sold beyond the capacity first.
    pub lowerings: u8,
    /// Whether guests release holds.
    pub releases: bool,
    /// Whether a bank may want the customer.
    pub customers: bool,
    /// Whether a bank may decline.
    pub declines: bool,
    /// Whether the provider rings.
    pub webhooks: bool,
    /// How finely steps are cut.
    pub grain: Grain,
    /// A protection taken away, for a negative control.
    pub removed: Option<Removed>,
}

impl Scenario {
    /// One guest, one card, one place, all well.
    pub const PLAIN: Self = Self {
        name: "plain",
        guests: 1,
        cards: 1,
        capacity: 1,
        overbooking: 0,
        ticks: 3,
        placing_ticks: 0,
        faults: 0,
        cancels: 0,
        extensions: 0,
        lowerings: 0,
        releases: false,
        customers: false,
        declines: false,
        webhooks: true,
        grain: Grain::Provider,
        removed: None,
    };

    /// Places that may be sold.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.capacity + self.overbooking
    }

    /// What `cargo test` explores: each small enough for seconds, together all that is modelled.
    #[must_use]
    pub fn small() -> Vec<Self> {
        vec![
            Self {
                name: "one guest, every whim of guest and bank",
                ticks: 4,
                cancels: 1,
                extensions: 1,
                releases: true,
                customers: true,
                declines: true,
                ..Self::PLAIN
            },
            Self { name: "one guest, two faults", ticks: 2, faults: 2, declines: true, ..Self::PLAIN },
            Self {
                name: "one guest, a fault and a cancellation",
                ticks: 2,
                faults: 1,
                cancels: 1,
                declines: true,
                ..Self::PLAIN
            },
            Self {
                name: "two cards for one hold, a cancellation",
                cards: 2,
                ticks: 1,
                cancels: 1,
                declines: true,
                ..Self::PLAIN
            },
            Self {
                name: "two guests, one place, late payments",
                guests: 2,
                placing_ticks: 2,
                lowerings: 1,
                customers: true,
                ..Self::PLAIN
            },
            Self {
                name: "two guests, one place, a cancellation",
                guests: 2,
                ticks: 2,
                placing_ticks: 2,
                cancels: 1,
                webhooks: false,
                ..Self::PLAIN
            },
            Self {
                name: "three guests, one place and one beyond it",
                guests: 3,
                overbooking: 1,
                ticks: 2,
                placing_ticks: 1,
                lowerings: 1,
                webhooks: false,
                ..Self::PLAIN
            },
            Self {
                name: "one guest, steps cut at every call",
                ticks: 2,
                cancels: 1,
                grain: Grain::Call,
                ..Self::PLAIN
            },
        ]
    }

    /// What `make model` explores.
    #[must_use]
    pub fn large() -> Vec<Self> {
        let mut all = Self::small();
        all.extend([
            Self {
                name: "one guest, two faults and a cancellation",
                ticks: 2,
                faults: 2,
                cancels: 1,
                declines: true,
                ..Self::PLAIN
            },
            Self {
                name: "two cards, customers and declines",
                cards: 2,
                ticks: 2,
                customers: true,
                declines: true,
                ..Self::PLAIN
            },
            Self {
                name: "two guests, one place, a fault",
                guests: 2,
                ticks: 2,
                placing_ticks: 2,
                faults: 1,
                lowerings: 1,
                ..Self::PLAIN
            },
            Self {
                name: "two guests, one place, declines and releases",
                guests: 2,
                placing_ticks: 2,
                webhooks: false,
                lowerings: 1,
                releases: true,
                customers: true,
                declines: true,
                ..Self::PLAIN
            },
            Self {
                name: "two guests, one place, customers cancel",
                guests: 2,
                ticks: 2,
                placing_ticks: 2,
                cancels: 1,
                customers: true,
                webhooks: false,
                ..Self::PLAIN
            },
            Self {
                name: "three guests, two places, a cancellation",
                guests: 3,
                capacity: 2,
                ticks: 1,
                placing_ticks: 1,
                cancels: 1,
                webhooks: false,
                ..Self::PLAIN
            },
            Self {
                name: "a fault, steps cut at every call",
                ticks: 2,
                faults: 1,
                declines: true,
                grain: Grain::Call,
                ..Self::PLAIN
            },
        ]);
        all
    }

    /// A scenario that is caught when this protection is taken away, and how.
    #[must_use]
    pub fn without(removed: Removed) -> (Self, &'static [&'static str]) {
        let scenario = Self { name: removed.name(), removed: Some(removed), ..Self::PLAIN };
        match removed {
            Removed::LivenessOfConfirm => (scenario, &[DEAD_HOLDS_REACQUIRE]),
            Removed::RoomOfReacquire => (Self { guests: 2, placing_ticks: 2, ..scenario }, &[NEVER_OVERSOLD]),
            Removed::CapacityInUse => (Self { lowerings: 1, ..scenario }, &[NEVER_OVERSOLD]),
            Removed::ClaimOfHold => (Self { cards: 2, capacity: 2, ..scenario }, &[ONE_BOOKING_PER_HOLD]),
            Removed::CancellationOfCapture => (Self { cancels: 1, ..scenario }, &[NOTHING_TAKEN_LATE]),
            Removed::InquiryOfRefund => {
                (Self { cancels: 1, faults: 1, ..scenario }, &[MONEY_MATCHES_BOOKINGS, BOOKS_MATCH_PROVIDER])
            }
            Removed::InquiryOfAuthorize => {
                (Self { faults: 1, webhooks: false, ..scenario }, &[MONEY_MATCHES_BOOKINGS])
            }
            Removed::VersionOfBooking => (
                Self { cancels: 1, grain: Grain::Call, ..scenario },
                &[LEGAL_TRANSITIONS, PLACES_OF_BOOKINGS],
            ),
            Removed::SettlementOfCancel => {
                (Self { cancels: 1, ..scenario }, &[MONEY_MATCHES_BOOKINGS, BOOKS_MATCH_PROVIDER])
            }
            Removed::EventOfCancel => {
                (Self { cancels: 1, faults: 1, ..scenario }, &[MONEY_MATCHES_BOOKINGS, BOOKS_MATCH_PROVIDER])
            }
        }
    }

    /// Whether this protection was taken away.
    #[must_use]
    pub fn lacks(&self, protection: Removed) -> bool {
        self.removed == Some(protection)
    }
}
