//! What the model remembers: pages, records and bookings as the domain has them, payments, sagas, and every step that is
//! under way.

use std::sync::Arc;

use holdfast_app::Mutation;
use holdfast_domain::rates::uses::{PromotionUse, UseOwner};
use holdfast_domain::{Booking, BookingStatus, Hold, HoldSnapshot, Page};
use jiff::{SignedDuration, Timestamp};

use crate::machine::Machine;
use crate::provider::{Intent, Stand};

/// Seconds between two ticks of the clock: one hold's life.
pub const TICK_SECONDS: i64 = 600;

/// The moment of a tick.
#[must_use]
pub fn moment(tick: u8) -> Timestamp {
    let begin = Timestamp::UNIX_EPOCH;
    begin.checked_add(SignedDuration::from_secs(seconds(tick))).unwrap_or(begin)
}

/// A tick in seconds since the first.
#[must_use]
pub fn seconds(tick: u8) -> i64 {
    i64::from(tick) * TICK_SECONDS
}

/// What a step that is under way does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Job {
    /// The task at which the booking's machine stands.
    Task(crate::machine::At, crate::machine::Ending, u8),
    /// The only task of the cancellation's machine.
    Settle,
    /// A webhook.
    Webhook,
    /// A guest asks to pay with the card of this attempt.
    Request,
    /// A guest gives the booking up.
    Cancel,
    /// The event of that.
    Cancelled,
}

/// An answer that a step got from outside.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Done.
    Done,
    /// The booking.
    Booking(Option<Arc<Booking>>),
    /// The hold.
    Hold(Option<Arc<HoldSnapshot>>),
    /// The callback's number.
    Token(Option<u8>),
    /// Whether a saga was resumed.
    Resumed(bool),
    /// A commit that came too late.
    Stale,
    /// A commit the page refused for want of places.
    SoldOut,
    /// A commit the page refused for another reason.
    Refused(String),
    /// The payment: where it stands, and what was given back.
    Payment(Stand, i64),
    /// The provider refuses.
    PaymentRefused,
    /// No answer came.
    Lost,
}

/// A step under way: what it does, since when, and all it was told so far. Its code is deterministic, so that this is all
/// there is to know of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Step {
    /// What it does.
    pub job: Job,
    /// The tick of its start: its `now`.
    pub since: u8,
    /// The booking was cancelled before it began.
    pub after_cancellation: bool,
    /// What it was told.
    pub told: Vec<Answer>,
}

impl Step {
    /// When, by whom and in which trace it changes things.
    #[must_use]
    pub fn mutation(&self) -> Mutation {
        Mutation { now: moment(self.since), actor: "model".to_owned(), trace: None }
    }
}

/// One attempt to pay a hold: a booking, its payment, its sagas.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// The booking, once asked for.
    pub booking: Option<Arc<Booking>>,
    /// The payment, once prepared.
    pub intent: Option<Intent>,
    /// The booking's machine.
    pub machine: Machine,
    /// The machine's step.
    pub step: Option<Step>,
    /// A step that the machine has given up on, and that runs all the same.
    pub straggler: Option<Step>,
    /// The callback that was remembered.
    pub token: Option<u8>,
    /// Settlements that have not come to their end.
    pub settlements: u8,
    /// The settlement's step.
    pub settling: Option<Step>,
    /// The settlement of the cancellation itself was started: that happens once.
    pub settlement_of_cancel: bool,
    /// Webhooks not delivered.
    pub bells: u8,
    /// The webhook's step.
    pub ringing: Option<Step>,
    /// The event of the cancellation is not delivered.
    pub cancellation_untold: bool,
    /// The booking took places after its hold had died.
    pub reacquired: bool,
}

impl Attempt {
    /// Not made yet.
    #[must_use]
    pub fn none() -> Self {
        Self {
            booking: None,
            intent: None,
            machine: Machine::unstarted(),
            step: None,
            straggler: None,
            token: None,
            settlements: 0,
            settling: None,
            settlement_of_cancel: false,
            bells: 0,
            ringing: None,
            cancellation_untold: false,
            reacquired: false,
        }
    }

    /// Where the booking stands.
    #[must_use]
    pub fn status(&self) -> Option<BookingStatus> {
        self.booking.as_ref().map(|booking| booking.status)
    }

    /// Where the payment stands.
    #[must_use]
    pub fn stand(&self) -> Option<Stand> {
        self.intent.as_ref().map(|intent| intent.stand)
    }

    /// Nothing is under way and nothing will begin by itself.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        (self.booking.is_none() || self.machine.is_over())
            && self.step.is_none()
            && self.straggler.is_none()
            && self.settlements == 0
            && self.bells == 0
            && self.ringing.is_none()
            && !self.cancellation_untold
    }
}

/// What may never happen, noticed on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Offence {
    /// A status followed that may not follow.
    IllegalTransition,
    /// A dead or foreign hold became a booking as if it lived.
    DeadHoldConfirmed,
    /// Money was taken by a step that began after the booking was cancelled.
    TakenAfterCancellation,
    /// A step failed although nothing went wrong around it.
    Unexplained,
}

/// The whole.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// The clock.
    pub tick: u8,
    /// The page all guests want places of.
    pub page: Arc<Page>,
    /// A hold's record per guest.
    pub holds: Vec<Option<Arc<Hold>>>,
    /// Attempts, guest by guest.
    pub attempts: Vec<Attempt>,
    /// Uses of promotions that are counted, with their owners.
    pub uses: Vec<(PromotionUse, UseOwner)>,
    /// How much may still go wrong.
    pub faults: u8,
    /// How often guests may still cancel.
    pub cancels: u8,
    /// How often guests may still extend.
    pub extensions: u8,
    /// How often the operator may still lower the capacity.
    pub lowerings: u8,
    /// What may never happen, and did.
    pub offence: Option<Offence>,
}

impl State {
    /// Nothing is under way.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.attempts.iter().all(Attempt::is_quiet)
    }
}
