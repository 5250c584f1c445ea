//! What a plan keeps of a booking that is cancelled, in words and, for one stay, in instants and amounts.

use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp};

use crate::bookings::policy::TICK;
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
    /// A number of hours of elapsed time before the start.
    HoursBefore(u32),
    /// A number of local dates of the resource before that of the start, at a local time, or to the end of that date.
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
    /// A percentage of the refundable price.
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

impl RefundTerms {
    /// What a cancellation at `at` keeps of `price`, of a booking that was made at `booked_at` for a stay from `start` on: never more than
    /// the price.
    #[must_use]
    pub fn kept_at(&self, price: Money, start: Timestamp, booked_at: Timestamp, at: Timestamp) -> Money {
        let step = || self.steps.iter().find(|step| at <= step.until).map(|step| step.kept);
        let kept = if at >= start {
            price
        } else if self.free_until(booked_at).is_some_and(|until| at <= until) {
            self.kept_always
        } else {
            step().unwrap_or(price)
        };
        if kept.amount() < price.amount() { kept } else { price }
    }

    /// In no order, instants after which [`RefundTerms::kept_at`] may give another answer, and after no others: the last one of each
    /// step, of the free hours, and the last before `start`.
    pub fn last_instants(
        &self,
        start: Timestamp,
        booked_at: Timestamp,
    ) -> impl Iterator<Item = Timestamp> + use<'_> {
        let steps = self.steps.iter().map(|step| step.until);
        // What would be before the beginning of time is none.
        steps.chain(self.free_until(booked_at)).chain(start.checked_sub(TICK).ok())
    }

    /// The last instant of the hours after booking.
    fn free_until(&self, booked_at: Timestamp) -> Option<Timestamp> {
        let hours = SignedDuration::from_hours(i64::from(self.free_hours_after_booking));
        let until = booked_at.checked_add(hours).unwrap_or(Timestamp::MAX);
        (self.free_hours_after_booking > 0).then_some(until)
    }
}
