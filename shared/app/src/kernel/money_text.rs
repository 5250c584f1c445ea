//! Values for people.

use holdfast_domain::Money;

/// An amount for people: with as many decimals as ISO 4217 gives its currency.
pub(crate) fn amount(money: Money) -> String {
    money.for_people()
}
