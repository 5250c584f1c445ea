//! Cancellation policies: how much of the price comes back.

use std::cmp::Reverse;

use jiff::{SignedDuration, Timestamp};

use crate::money::{Money, Percent};

/// The most tiers one policy may have.
pub const TIERS_MAX: usize = 16;
/// The smallest difference between two instants.
pub(crate) const TICK: SignedDuration = SignedDuration::from_nanos(1);
/// The most hours before the start that a tier may name: ten years.
pub const HOURS_BEFORE_MAX: u32 = 87_600;

/// With at least `hours_before` hours left before the start, `refund` of the price comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tier {
    /// Hours that must still remain before the start.
    pub hours_before: u32,
    /// The share that is refunded.
    pub refund: Percent,
}

/// Tiers, most hours first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct CancellationPolicy {
    tiers: Vec<Tier>,
}

impl CancellationPolicy {
    /// A policy of tiers in any order. `None` with more than [`TIERS_MAX`] tiers, two for the same hours, or more hours than
    /// [`HOURS_BEFORE_MAX`].
    #[must_use]
    pub fn new(mut tiers: Vec<Tier>) -> Option<Self> {
        tiers.sort_by_key(|tier| Reverse(tier.hours_before));
        let distinct = tiers.windows(2).all(|pair| pair[0].hours_before != pair[1].hours_before);
        let bounded = tiers.iter().all(|tier| tier.hours_before <= HOURS_BEFORE_MAX);
        (tiers.len() <= TIERS_MAX && distinct && bounded).then_some(Self { tiers })
    }

    /// The tiers, most hours first.
    #[must_use]
    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// What a cancellation at `now` refunds of `paid` (API.md, Resources): the tier with the most hours that still remain
    /// before `start` applies; past the last one, or once it has started, nothing.
    #[must_use]
    pub fn refund(&self, paid: Money, start: Timestamp, now: Timestamp) -> Money {
        let remaining = start.duration_since(now);
        if !remaining.is_positive() {
            return paid.percent(Percent::ZERO);
        }
        let share = self
            .tiers
            .iter()
            .find(|tier| remaining.as_secs() >= i64::from(tier.hours_before) * 3600)
            .map_or(Percent::ZERO, |tier| tier.refund);
        paid.percent(share)
    }

    /// In no order, instants after which [`Self::refund`] may give another answer, and after no others: the last one of each tier, and the
    /// last before `start`.
    pub fn last_instants(&self, start: Timestamp) -> impl Iterator<Item = Timestamp> {
        // What would be before the beginning of time is none.
        let before = move |time: SignedDuration| start.checked_sub(time).ok();
        let hours = |tier: &Tier| SignedDuration::from_hours(i64::from(tier.hours_before));
        self.tiers.iter().map(hours).chain([TICK]).filter_map(before)
    }
}
