//! Cancellation policies: how much of the price comes back.

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::money::{Money, Percent};

/// The most tiers one policy may have.
pub const TIERS_MAX: usize = 16;

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
    /// A policy of tiers in any order. `None` with more than [`TIERS_MAX`] tiers, or two for the same hours.
    #[must_use]
    pub fn new(mut tiers: Vec<Tier>) -> Option<Self> {
        tiers.sort_by_key(|tier| Reverse(tier.hours_before));
        let distinct = tiers.windows(2).all(|pair| pair[0].hours_before != pair[1].hours_before);
        (tiers.len() <= TIERS_MAX && distinct).then_some(Self { tiers })
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn tier(hours_before: u32, percent: u8) -> Tier {
        Tier { hours_before, refund: Percent::new(percent).expect("at most 100") }
    }

    fn check(seconds_before_start: i64, expected: i64) {
        let policy = CancellationPolicy::new(vec![tier(0, 50), tier(48, 100), tier(24, 75)]).expect("valid");
        let paid = Money::new(10_001, Currency::parse("EUR").expect("known")).expect("in range");
        let start = Timestamp::from_second(2_000_000_000).expect("valid");
        let now = Timestamp::from_second(2_000_000_000 - seconds_before_start).expect("valid");
        assert_eq!(
            policy.refund(paid, start, now).amount(),
            expected,
            "{seconds_before_start} s before the start"
        );
    }

    #[test]
    fn the_tier_with_most_remaining_hours_applies() {
        check(48 * 3600 + 1, 10_001);
        check(48 * 3600, 10_001);
        check(48 * 3600 - 1, 7_501);
        check(24 * 3600, 7_501);
        check(24 * 3600 - 1, 5_001);
        check(1, 5_001);
        check(0, 0);
        check(-60, 0);
    }

    #[test]
    fn past_the_last_tier_nothing_is_refunded() {
        let policy = CancellationPolicy::new(vec![tier(24, 100)]).expect("valid");
        let paid = Money::new(500, Currency::parse("EUR").expect("known")).expect("in range");
        let start = Timestamp::from_second(100_000).expect("valid");
        assert_eq!(policy.refund(paid, start, Timestamp::from_second(90_000).expect("valid")).amount(), 0);
        assert_eq!(CancellationPolicy::default().refund(paid, start, Timestamp::UNIX_EPOCH).amount(), 0);
    }

    #[test]
    fn two_tiers_for_the_same_hours_contradict_each_other() {
        assert_eq!(CancellationPolicy::new(vec![tier(24, 100), tier(24, 50)]), None);
        assert_eq!(CancellationPolicy::new(vec![tier(1, 1); TIERS_MAX + 1]), None);
    }
}
