//! What a payment provider can charge: its adapter says it of each currency, and prices are decided by it.
//!
//! Prices are checked where they come into being, so that no guest meets a total that nobody can pay: the price when an operator
//! writes a resource, the total when a hold is placed. What costs nothing needs no provider.

use holdfast_domain::catalogue::ResourceTerms;
use holdfast_domain::{Currency, Money};

use crate::kernel::failure::Failure;
use crate::kernel::field::Field;
use crate::kernel::money_text::amount;
use crate::kernel::not_chargeable::NotChargeable;

/// What a provider can charge of one currency, in its minor units by ISO 4217.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChargeLimits {
    step: i64,
    min: Money,
    max: Money,
}

impl ChargeLimits {
    /// The limits of a currency of which every payment and refund is a multiple of `step`, and one payment at least `min` and at
    /// most `max`; `None` if that leaves nothing to be charged, or a bound is no amount.
    #[must_use]
    pub fn new(currency: Currency, step: i64, min: i64, max: i64) -> Option<Self> {
        let bound = |amount| Money::new(amount, currency).ok();
        let limits = Self { step, min: bound(min)?, max: bound(max)? };
        (step > 0 && min <= max).then_some(limits)
    }

    /// Of what every payment and refund is a multiple.
    #[must_use]
    pub fn step(&self) -> i64 {
        self.step
    }

    /// The least that one payment may be.
    #[must_use]
    pub fn min(&self) -> Money {
        self.min
    }

    /// The most that one payment may be.
    #[must_use]
    pub fn max(&self) -> Money {
        self.max
    }
}

/// What a provider can charge; of a currency that it does not have, nothing.
#[derive(Debug, Clone, Copy)]
pub struct ChargeRules(fn(Currency) -> Option<ChargeLimits>);

impl ChargeRules {
    /// Rules of a provider.
    #[must_use]
    pub fn new(limits: fn(Currency) -> Option<ChargeLimits>) -> Self {
        Self(limits)
    }

    /// Checks a resource's price: whether its currency can be charged, and some stay in it.
    ///
    /// # Errors
    /// [`Failure::Invalid`] naming the field, and what would be accepted.
    pub fn check_terms(&self, terms: &ResourceTerms) -> Result<(), Failure> {
        let (price, currency) = (terms.base_price, terms.base_price.currency());
        let invalid = |field: Field, detail: String| Failure::Invalid { field: field.into(), detail };
        let Some(limits) = (self.0)(currency) else {
            let charged: Vec<String> =
                Currency::all().filter(|one| (self.0)(*one).is_some()).map(|one| one.to_string()).collect();
            let detail = format!("must be a currency that can be paid: {}", charged.join(", "));
            return Err(invalid(Field::PriceCurrency, detail));
        };
        let unpayable = |detail: String| Err(invalid(Field::BasePrice, detail));
        if price.amount() == 0 {
            return Ok(());
        }
        if price.amount() % limits.step != 0 {
            let step = limits.step;
            return unpayable(format!(
                "must be a multiple of {step}: no smaller part of {currency} can be paid"
            ));
        }
        let (min, max) = (limits.min.amount(), limits.max.amount());
        if price.amount() > max {
            return unpayable(format!("must be at most {max}, the most that can be paid at once"));
        }
        let slots = i64::from(terms.schedule.slots_per_hold_max());
        let most = slots.saturating_mul(i64::from(terms.capacity));
        // No places, as of what is closed, cost nothing whatever the price.
        if most > 0 && price.amount().saturating_mul(most) < min {
            let least = multiple_above((min + most - 1) / most, limits.step);
            return unpayable(format!(
                "must be 0 or at least {least}: all places together have to cost {}, the least that can be paid at once",
                amount(limits.min),
            ));
        }
        Ok(())
    }

    /// Of what every payment in a currency is a multiple; 1 of one that cannot be paid with.
    #[must_use]
    pub fn step(&self, currency: Currency) -> i64 {
        (self.0)(currency).map_or(1, |limits| limits.step)
    }

    /// Checks what a stay costs.
    ///
    /// # Errors
    /// [`NotChargeable`].
    pub fn check_total(&self, total: Money) -> Result<(), NotChargeable> {
        if total.amount() == 0 {
            return Ok(());
        }
        let limits = (self.0)(total.currency()).ok_or(NotChargeable::Price(total))?;
        if total.amount() < limits.min.amount() {
            Err(NotChargeable::BelowMinimum { total, minimum: limits.min })
        } else if total.amount() > limits.max.amount() {
            Err(NotChargeable::AboveMaximum { total, maximum: limits.max })
        } else if total.amount() % limits.step != 0 {
            Err(NotChargeable::Price(total))
        } else {
            Ok(())
        }
    }

    /// What is given back where `promised` of `taken` is to be: what can be paid, in the guest's favour, and never more than
    /// was taken.
    #[must_use]
    pub fn payable(&self, promised: Money, taken: Money) -> Money {
        let step = self.step(promised.currency());
        let rounded = multiple_above(promised.amount(), step);
        // Beyond the largest amount is beyond what was taken.
        Money::new(rounded, promised.currency()).ok().filter(|_| rounded <= taken.amount()).unwrap_or(taken)
    }
}

/// The least multiple of `step` that is not below `amount`.
fn multiple_above(amount: i64, step: i64) -> i64 {
    (amount + step - 1) / step * step
}
