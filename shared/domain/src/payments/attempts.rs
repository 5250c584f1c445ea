//! Attempts of a guest to pay. Few of them may end unpaid in a day, whatever the keys, cards and holds, against those who try stolen
//! cards. And not many may leave no confirmed booking, against those who use up what the payment provider takes.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::ids::BookingId;

/// The most attempts of a guest that may end unpaid within [`ATTEMPTS_COUNT_FOR`]. Once as many have left no confirmed
/// booking, unpaid or not, one runs at a time.
pub const ATTEMPTS_MAX: usize = 5;
/// The most attempts of a guest that may leave no confirmed booking within [`ATTEMPTS_COUNT_FOR`] while the guest has no
/// confirmed booking of that time. One that is confirmed and captured may still be cancelled, so that it counts as half of one.
pub const UNDONE_MAX: usize = 20;
/// The most attempts of a guest within [`ATTEMPTS_COUNT_FOR`] that have left no confirmed booking or still may. As many are remembered.
pub const REMEMBERED_MAX: usize = 2 * UNDONE_MAX;
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
    /// Nothing yet: it may be declined. Or its booking is confirmed and not captured, so that its guest may still cancel it before
    /// anything is taken.
    Running,
    /// Its guest learned something of the card for nothing: it was declined, its bank's step was shown and not finished, or its guest
    /// cancelled before anything was taken.
    Unpaid,
    /// Nobody learned anything of a card, and no booking is confirmed: its guest cancelled what was paid, or it failed for what is no fault
    /// of the card, such as an outage of the provider or places that were gone.
    Undone,
    /// Its booking is confirmed and captured. Its guest may still cancel it.
    Standing,
    /// Nothing more comes of it, and it counts for nothing: its booking is completed, an operator cancelled it, or it failed before the
    /// provider was asked.
    Harmless,
}

impl AttemptEnd {
    /// Whether it has ended unpaid, or may.
    fn may_be_unpaid(self) -> bool {
        match self {
            Self::Running | Self::Unpaid => true,
            Self::Undone | Self::Standing | Self::Harmless => false,
        }
    }

    /// Whether it has left no confirmed booking, or has none yet that is paid.
    fn is_undone_so_far(self) -> bool {
        match self {
            Self::Running | Self::Unpaid | Self::Undone => true,
            Self::Standing | Self::Harmless => false,
        }
    }

    /// Whether it has left no confirmed booking, or still may.
    fn may_be_undone(self) -> bool {
        match self {
            Self::Running | Self::Unpaid | Self::Undone | Self::Standing => true,
            Self::Harmless => false,
        }
    }
}

/// An attempt with what it has come to.
struct Known {
    booking: BookingId,
    at: Timestamp,
    end: AttemptEnd,
}

/// The seconds until one of them may count no more: the first of them is a day old, or one that runs has ended.
fn seconds_until_one_less(of: &[&Known], now: Timestamp) -> i64 {
    let first = of.iter().map(|known| known.at).min().unwrap_or(now);
    let until_first_counts_no_more =
        ATTEMPTS_COUNT_FOR.saturating_sub(now.duration_since(first)).as_secs() + 1;
    let running = of.iter().filter(|known| known.end == AttemptEnd::Running);
    let until_one_may_have_ended = running.map(|known| match now.duration_since(known.at).as_secs() {
        ..RUNNING_NEW_SECONDS => RUNNING_WAIT_SECONDS,
        age => age.min(RUNNING_WAIT_SECONDS_MAX),
    });
    until_one_may_have_ended.fold(until_first_counts_no_more, i64::min)
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

    /// Those to be remembered, if there is room for another beside them: all that have left no confirmed booking, or still may. What
    /// was forgotten while it stood and is cancelled later would count for nothing, so that it is never forgotten: there is no room
    /// instead.
    ///
    /// # Errors
    /// The seconds until there may be room.
    pub fn counted(&self, end_of: impl Fn(&BookingId) -> AttemptEnd, now: Timestamp) -> Result<Self, u32> {
        let known: Vec<Known> = self
            .iter()
            .map(|(booking, at)| Known { booking: booking.clone(), at, end: end_of(booking) })
            .collect();
        let of = |counts: fn(AttemptEnd) -> bool| -> Vec<&Known> {
            known.iter().filter(|known| counts(known.end)).collect()
        };
        let (unpaid, undone) = (of(AttemptEnd::may_be_unpaid), of(AttemptEnd::is_undone_so_far));
        let remembered = of(AttemptEnd::may_be_undone);
        let running = of(|end| end == AttemptEnd::Running);
        let running_max = if undone.len() - running.len() < ATTEMPTS_MAX { ATTEMPTS_MAX } else { 1 };
        // What stands is among the second alone, and so counts as half.
        let bounds = [
            (&unpaid, unpaid.len() >= ATTEMPTS_MAX),
            (&remembered, undone.len() + remembered.len() >= REMEMBERED_MAX),
            (&running, running.len() >= running_max),
        ];
        let passed = bounds.into_iter().filter(|(_, is_passed)| *is_passed);
        if let Some(wait) = passed.map(|(of, _)| seconds_until_one_less(of, now)).max() {
            return Err(u32::try_from(wait).unwrap_or(1).max(1));
        }
        Ok(Self(remembered.into_iter().map(|known| (known.booking.clone(), known.at)).collect()))
    }

    /// With another, begun at `now`.
    #[must_use]
    pub fn with(mut self, booking: BookingId, now: Timestamp) -> Self {
        self.0.insert(booking, now);
        self
    }
}
