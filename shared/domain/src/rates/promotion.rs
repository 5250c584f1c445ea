//! Promotions: what a code takes off.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;

use crate::catalogue::Label;
use crate::ids::InvalidId;
use crate::money::Money;
use crate::rates::charge::Validity;
use crate::rates::ids::PlanId;
use crate::rates::percentage::Percentage;

/// The longest code, in characters.
pub const CODE_LENGTH_MAX: usize = 40;

/// A promotion's code: letters, digits and `-`, compared without regard to case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PromotionCode(String);

impl PromotionCode {
    /// Parses a code.
    ///
    /// # Errors
    /// [`InvalidId`].
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        if text.is_empty() || text.len() > CODE_LENGTH_MAX {
            return Err(InvalidId::Length { max: CODE_LENGTH_MAX });
        }
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if text.chars().all(is_allowed) {
            Ok(Self(text.to_ascii_uppercase()))
        } else {
            Err(InvalidId::Character { allowed: "letters, digits and '-'" })
        }
    }

    /// The code, in capitals.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PromotionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A promotion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// Its code.
    pub code: PromotionCode,
    /// Its name for people.
    pub name: Label,
    /// What it takes off the places' price, after all rules and before taxes that are not included.
    pub discount: Discount,
    /// Plans it can be used with; all if empty.
    pub plans: BTreeSet<PlanId>,
    /// The local dates of arrival for which it can be used.
    pub stays: Validity,
    /// From when on it can be used.
    pub from: Option<Timestamp>,
    /// From when on it can be used no more.
    pub to: Option<Timestamp>,
    /// Uses in all; without a limit if absent.
    pub uses_max: Option<u32>,
    /// Uses of one guest; without a limit if absent.
    pub uses_per_guest_max: Option<u32>,
}

/// How often a promotion may be used, as the version of the card says by which an order was priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct UseLimits {
    /// Uses in all; without a limit if absent.
    pub in_all: Option<u32>,
    /// Uses of one guest; without a limit if absent.
    pub per_guest: Option<u32>,
}

impl UseLimits {
    /// Those of a promotion.
    #[must_use]
    pub fn of(promotion: &Promotion) -> Self {
        Self { in_all: promotion.uses_max, per_guest: promotion.uses_per_guest_max }
    }

    /// Whether uses are counted: of a promotion without limits nothing is.
    #[must_use]
    pub fn are_counted(&self) -> bool {
        self.in_all.is_some() || self.per_guest.is_some()
    }
}

/// What a promotion takes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discount {
    /// So much of the price: from 0 to 100.
    Percent(Percentage),
    /// An amount, at most the price.
    Amount(Money),
}
