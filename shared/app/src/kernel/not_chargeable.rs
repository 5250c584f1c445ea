//! Why a total cannot be charged.

use holdfast_domain::Money;
use thiserror::Error;

use crate::kernel::money_text::amount;

/// Why a total cannot be charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotChargeable {
    /// It is less than the provider takes in one payment.
    #[error("costs {}; a payment is at least {}", amount(*.total), amount(*.minimum))]
    BelowMinimum {
        /// The total.
        total: Money,
        /// The least that can be charged.
        minimum: Money,
    },
    /// It is more than the provider takes in one payment.
    #[error("costs {}; a payment is at most {}", amount(*.total), amount(*.maximum))]
    AboveMaximum {
        /// The total.
        total: Money,
        /// The most that can be charged.
        maximum: Money,
    },
    /// The provider has no such currency, or no part of it as small.
    #[error("{} cannot be paid: the resource's price has to be set anew", amount(*.0))]
    Price(Money),
}
