//! Exact arithmetic of amounts: fixed point with ten decimals of a minor unit, and the two ways in which it ends.
//!
//! A percentage of an amount, and a quotient of amounts, is rounded half up to the tenth decimal: the product of five whole
//! percentages is exact. What is charged is rounded once, from there, where a caller says so.

use crate::money::AMOUNT_MAX;
use crate::rates::percentage::Percentage;

/// Of one minor unit.
const PARTS: i128 = 10_000_000_000;
/// Of the whole: 100 % in what percentages are counted in.
pub(super) const WHOLE: i128 = 1_000_000;

/// An amount with ten decimals of a minor unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Exact(i128);

impl Exact {
    pub(super) const ZERO: Self = Self(0);

    /// A number of minor units.
    pub(super) fn of(amount: i64) -> Self {
        Self(i128::from(amount) * PARTS)
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The same, not below nothing.
    pub(super) fn or_nothing(self) -> Self {
        Self(self.0.max(0))
    }

    /// An amount that is not below nothing, changed by a percentage of itself; `None` where it is more than an amount can be.
    pub(super) fn changed_by(self, percentage: Percentage) -> Option<Self> {
        let product = self.0.checked_mul(WHOLE + percentage.ten_thousandths())?;
        Self(half_up(product, WHOLE)).in_range()
    }

    /// The part of an amount that is `percent` of `of`: both in ten-thousandths of a percent.
    pub(super) fn share(amount: i128, percent: i128, of: i128) -> Self {
        Self(half_up(amount.saturating_mul(percent).saturating_mul(PARTS), of.max(1)))
    }

    /// `percent`, in ten-thousandths of a percent, of `count` of `of` equal parts of it.
    pub(super) fn part(self, percent: i128, count: u32, of: u32) -> Self {
        let product = self.0.saturating_mul(percent).saturating_mul(i128::from(count));
        Self(half_up(product, WHOLE * i128::from(of.max(1))))
    }

    /// The same, unless it is more than an amount can be.
    pub(super) fn in_range(self) -> Option<Self> {
        (self.0.abs() <= i128::from(AMOUNT_MAX) * PARTS).then_some(self)
    }

    /// Rounded half up to a multiple of `step` minor units.
    pub(super) fn rounded(self, step: i64) -> i64 {
        let steps = half_up(self.0, i128::from(step.max(1)) * PARTS);
        i64::try_from(steps.saturating_mul(i128::from(step.max(1)))).unwrap_or(i64::MAX)
    }

    /// As a weight among others of its kind.
    pub(super) fn weight(self) -> i128 {
        self.0
    }
}

/// A quotient rounded half up: towards the greater where it is half way.
fn half_up(dividend: i128, divisor: i128) -> i128 {
    let whole = match (i64::try_from(dividend), i64::try_from(divisor)) {
        // The machine divides numbers of this size several times as fast, and most are.
        (Ok(dividend), Ok(divisor)) => i128::from(dividend.div_euclid(divisor)),
        (Ok(_), Err(_)) | (Err(_), _) => dividend.div_euclid(divisor),
    };
    let rest = dividend - whole * divisor;
    if rest >= divisor - rest { whole + 1 } else { whole }
}

/// `total`, a multiple of `step`, in parts that are multiples of it too, as the weights are: what is left over once each part is rounded
/// down goes to those with the largest remainders, to the earlier where they are alike. All to the first where the weights say nothing.
pub(crate) fn spread(total: i64, step: i64, weights: &[i128]) -> Vec<i64> {
    let step = step.max(1);
    let steps = i128::from(total / step);
    let sum: i128 = weights.iter().sum();
    if sum <= 0 {
        return (0..weights.len()).map(|index| if index == 0 { total } else { 0 }).collect();
    }
    let mut parts: Vec<i128> = weights.iter().map(|weight| (steps * weight).div_euclid(sum)).collect();
    let left = usize::try_from(steps - parts.iter().sum::<i128>()).unwrap_or(0);
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|index| std::cmp::Reverse((steps * weights[*index]).rem_euclid(sum)));
    for index in by_remainder.into_iter().take(left) {
        parts[index] += 1;
    }
    parts.into_iter().map(|part| i64::try_from(part).unwrap_or(i64::MAX).saturating_mul(step)).collect()
}
