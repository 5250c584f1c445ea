//! What a plan keeps of a booking that is cancelled, in words and, for one stay, in instants and amounts.

use jiff::Timestamp;
use jiff::civil::Time;

use crate::money::{Money, Percent};

/// The most steps of a plan's cancellation terms.
pub const CANCELLATION_STEPS_MAX: usize = 16;
/// The most hours after booking in which a cancellation is free.
pub const FREE_HOURS_MAX: u32 = 168;

/// A plan's terms. Without steps nothing is given back, but for the hours after booking.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct CancellationTerms {
    /// Hours after the booking in which everything is given back, as long as the stay has not begun; 0 for none.
    pub free_hours_after_booking: u32,
    /// What is kept up to each deadline, the earliest deadline first; past the last, everything is.
    pub steps: Vec<CancellationStep>,
}

/// What is kept of a booking that is cancelled at or before a deadline, and after the deadline of the step before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CancellationStep {
    /// The last moment.
    pub deadline: Deadline,
    /// What is kept.
    pub penalty: Penalty,
}

/// A deadline before a stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deadline {
    /// So many hours of elapsed time before the start.
    HoursBefore(u32),
    /// So many local dates of the resource before that of the start, at a local time, or to the end of that date.
    DaysBefore {
        /// Dates before that of the start.
        days: u32,
        /// Local time on it; its end if absent.
        time: Option<Time>,
    },
}

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Penalty {
    /// So much of the refundable price.
    Percent(Percent),
    /// The price of the first slots, with what they are taxed.
    FirstSlots(u32),
    /// An amount, at most the refundable price.
    Amount(Money),
}

/// What is kept of one booking's price, instant by instant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RefundTerms {
    /// Hours after the booking in which only [`RefundTerms::kept_always`] is kept.
    pub free_hours_after_booking: u32,
    /// The earliest first; past the last, and once the stay has begun, everything is kept.
    pub steps: Vec<KeptStep>,
    /// Charges that are never given back; part of what each step keeps.
    pub kept_always: Money,
}

/// What is kept of a booking that is cancelled up to an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeptStep {
    /// The last instant, itself included.
    pub until: Timestamp,
    /// What is kept of the price.
    pub kept: Money,
}
