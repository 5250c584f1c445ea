//! Values for people.

use holdfast_domain::Money;

/// An amount for people: with as many decimals as ISO 4217 gives its currency.
pub(crate) fn amount(money: Money) -> String {
    let currency = money.currency();
    let decimals = currency.decimals();
    let unit = 10_i64.pow(decimals);
    let (whole, part) = (money.amount() / unit, money.amount() % unit);
    if decimals == 0 {
        format!("{whole} {currency}")
    } else {
        let width = usize::try_from(decimals).unwrap_or(2);
        format!("{whole}.{part:0width$} {currency}")
    }
}
