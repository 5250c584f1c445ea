//! Wire types that capabilities share. Each capability has its own beside its routes.
//!
//! Wire types are not the domain's, so that the domain can change without the contract. Answers are written from them.
//! Requests are read field by field (each type's `read`), so that every error is named; a test holds the readers against the
//! published schemas.

use holdfast_domain::Money;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Money: an integer in the currency's minor unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Money, example = json!({ "amount": 12900, "currency": "EUR" }))]
pub struct MoneyBody {
    /// In the minor unit of the currency.
    #[schema(minimum = 0)]
    pub amount: i64,
    /// ISO 4217.
    #[schema(format = "currency")]
    pub currency: String,
}

impl From<Money> for MoneyBody {
    fn from(money: Money) -> Self {
        Self { amount: money.amount(), currency: money.currency().code().to_owned() }
    }
}

/// An instant as answered: RFC 3339 in UTC.
#[must_use]
pub fn instant(at: Timestamp) -> String {
    at.to_string()
}

/// An instant of ours as answered, to the millisecond whatever it is: texts sort as the instants do.
#[must_use]
pub fn moment(at: Timestamp) -> String {
    format!("{at:.3}")
}
