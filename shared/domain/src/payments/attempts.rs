//! Attempts of a guest to pay, against those who try stolen cards: few of them may end unpaid in a day, whatever the keys, cards
//! and holds.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::ids::BookingId;

/// The most attempts of a guest that may end unpaid within [`ATTEMPTS_COUNT_FOR`].
pub const ATTEMPTS_MAX: usize = 5;
/// How long an attempt counts.
pub const ATTEMPTS_COUNT_FOR: SignedDuration = SignedDuration::from_hours(24);
/// After how many seconds a guest may come again whose attempts have just begun.
const RUNNING_WAIT_SECONDS: i64 = 5;
/// For so long an attempt is new. What runs longer waits for its customer or for an outage: it is asked after once it has run for
/// as long again.
const RUNNING_NEW_SECONDS: i64 = 60;
/// The longest such wait: an hour.
const RUNNING_WAIT_SECONDS_MAX: i64 = 3600;

/// What an attempt has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttemptEnd {
    /// Nothing yet: it may be declined.
    Running,
    /// Its guest learned something of the card for nothing: it was declined, its bank's step was shown and not finished, or its guest
    /// cancelled before anything was taken.
    Unpaid,
    /// It was paid, an operator cancelled it, or it failed for what is no fault of the card: an outage, places that were gone.
    Harmless,
}

/// Attempts of one guest, by their bookings, with when each was begun.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PaymentAttempts(BTreeMap<BookingId, Timestamp>);

impl PaymentAttempts {
    /// The attempts.
    #[must_use]
    pub fn new(attempts: BTreeMap<BookingId, Timestamp>) -> Self {
        Self(attempts)
    }

    /// Each attempt's booking, with when it was begun.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&BookingId, Timestamp)> {
        self.0.iter().map(|(booking, at)| (booking, *at))
    }

    /// Those that count at `now`.
    #[must_use]
    pub fn since(&self, now: Timestamp) -> Self {
        let counts = |at: Timestamp| now.duration_since(at) < ATTEMPTS_COUNT_FOR;
        Self(self.iter().filter(|(_, at)| counts(*at)).map(|(booking, at)| (booking.clone(), at)).collect())
    }

    /// Whether there is room for another, whatever they came to.
    #[must_use]
    pub fn are_few(&self) -> bool {
        self.0.len() < ATTEMPTS_MAX
    }

    /// Those that are not harmless, if there is room for another beside them.
    ///
    /// # Errors
    /// The seconds until there may be room.
    pub fn counted(&self, end_of: impl Fn(&BookingId) -> AttemptEnd, now: Timestamp) -> Result<Self, u32> {
        let ends = self.iter().map(|(booking, at)| (booking, at, end_of(booking)));
        let kept: Vec<_> = ends.filter(|(_, _, end)| *end != AttemptEnd::Harmless).collect();
        if kept.len() < ATTEMPTS_MAX {
            return Ok(Self(kept.into_iter().map(|(booking, at, _)| (booking.clone(), at)).collect()));
        }
        let first = kept.iter().map(|(_, at, _)| *at).min().unwrap_or(now);
        let until_first_counts_no_more =
            ATTEMPTS_COUNT_FOR.saturating_sub(now.duration_since(first)).as_secs() + 1;
        let running = kept.iter().filter(|(_, _, end)| *end == AttemptEnd::Running);
        let until_one_may_have_ended = running.map(|(_, at, _)| match now.duration_since(*at).as_secs() {
            ..RUNNING_NEW_SECONDS => RUNNING_WAIT_SECONDS,
            age => age.min(RUNNING_WAIT_SECONDS_MAX),
        });
        let wait = until_one_may_have_ended.fold(until_first_counts_no_more, i64::min);
        Err(u32::try_from(wait).unwrap_or(1).max(1))
    }

    /// With another, begun at `now`.
    #[must_use]
    pub fn with(mut self, booking: BookingId, now: Timestamp) -> Self {
        self.0.insert(booking, now);
        self
    }
}
