//! Extras: what can be chosen beside the places.

use std::collections::BTreeSet;

use crate::catalogue::Label;
use crate::money::Money;
use crate::rates::charge::{Due, Per};
use crate::rates::ids::{ExtraId, PlanId, TaxCategory};

/// The most of an extra that one order may have.
pub const EXTRA_QUANTITY_MAX: u32 = 1_000;

/// An extra without a stock of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extra {
    /// Its name in requests.
    pub id: ExtraId,
    /// Its name for people.
    pub name: Label,
    /// What one costs, counted by [`Extra::per`].
    pub price: Money,
    /// What its price is counted by.
    pub per: Per,
    /// The most that one order may have.
    pub quantity_max: u32,
    /// What taxes are levied on for it.
    pub category: TaxCategory,
    /// The plans it can be chosen with; all if empty.
    pub plans: BTreeSet<PlanId>,
    /// Whether it is given back as the price is, or never.
    pub refundable: bool,
    /// Where it is paid.
    pub due: Due,
}

/// How many of an extra are chosen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ExtraChoice {
    /// Which.
    pub extra: ExtraId,
    /// How many, at least 1.
    pub quantity: u32,
}
