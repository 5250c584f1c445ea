//! What a rate card has to be before it enters the system.

use thiserror::Error;

use crate::money::Currency;
use crate::rates::card::RateCard;

/// What a card is checked against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardContext {
    /// The currency of the resource.
    pub currency: Currency,
    /// What can be charged, in minor units: amounts are multiples of it.
    pub step: i64,
}

/// A problem of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardProblem {
    /// Where, as a JSON pointer into the card: `/rules/3/when/dates/0`.
    pub path: String,
    /// The name of the plan, rule, charge, restriction, extra or promotion it is about, where it is about one.
    pub id: Option<String>,
    /// What is wrong.
    pub fault: CardFault,
}

/// What is wrong with a part of a card.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CardFault {
    /// An amount in another currency than the resource's.
    #[error("must be in {0}, the currency of the resource")]
    Currency(Currency),
}

impl RateCard {
    /// The card, if nothing is wrong with it.
    ///
    /// # Errors
    /// Every problem there is, in the order of the card.
    pub fn checked(self, context: CardContext) -> Result<Self, Vec<CardProblem>> {
        if self.currency == context.currency {
            return Ok(self);
        }
        let fault = CardFault::Currency(context.currency);
        Err(vec![CardProblem { path: "/currency".to_owned(), id: None, fault }])
    }
}
