//! Rate plans: under which conditions a resource is sold.

use std::collections::BTreeSet;

use crate::catalogue::Label;
use crate::money::Money;
use crate::rates::cancellation::CancellationTerms;
use crate::rates::ids::{Channel, PlanId, RateGroup, TaxCategory};
use crate::rates::rule::Adjustment;

/// The most plans of which each derives its price from the next, beside the last of them.
pub const DERIVATIONS_MAX: usize = 4;

/// A rate plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RatePlan {
    /// Its name in requests.
    pub id: PlanId,
    /// Its name for people.
    pub name: Label,
    /// What a slot of a unit costs.
    pub price: PlanPrice,
    /// What a cancellation keeps.
    pub cancellation: CancellationTerms,
    /// When it is paid.
    pub payment: Payment,
    /// What the price includes, for people and for taxes.
    pub included: Vec<Included>,
    /// Who may see and book it.
    pub audience: Audience,
    /// Where it is sold; everywhere if empty.
    pub channels: BTreeSet<Channel>,
}

/// Where a plan's price comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanPrice {
    /// The price per slot and unit, unless one is set for the date.
    Base(Money),
    /// The price of the slot of the unit under another plan, with its rules and its rounding, changed, unless one is set for the date. It
    /// never exceeds the other's where the change lowers it.
    Derived {
        /// The other plan.
        from: PlanId,
        /// The change.
        adjustment: Adjustment,
    },
}

/// When a plan is paid. A share now and the rest before arrival is to be a variant of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Payment {
    /// All of it with the booking.
    Now,
    /// All of it at the place.
    AtProperty,
}

/// Something that the price includes, such as breakfast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Included {
    /// Its name for people.
    pub name: Label,
    /// What taxes are levied on for it.
    pub category: TaxCategory,
    /// What part of the price it is, per guest and slot, as far as the price goes after discounts; nothing where it is taxed as the stay is.
    pub value: Option<Money>,
}

/// Who may see and book a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Everybody.
    Everyone,
    /// Members of a group, by their token.
    Group(RateGroup),
}

impl Audience {
    /// Whether a member of those groups is of it.
    #[must_use]
    pub fn has(&self, groups: &BTreeSet<RateGroup>) -> bool {
        match self {
            Self::Everyone => true,
            Self::Group(group) => groups.contains(group),
        }
    }
}

/// A plan, the plan it derives its price from, the plan that one does, and so on up to a plan with a price of its own. `None` where one of
/// them is not among the plans, or they are more than [`DERIVATIONS_MAX`] beside the last.
#[must_use]
pub fn lineage<'a>(plans: &'a [RatePlan], plan: &PlanId) -> Option<Vec<&'a RatePlan>> {
    let find = |id: &PlanId| plans.iter().find(|known| known.id == *id);
    let mut line = vec![find(plan)?];
    // Ends when the line is as long as it may be, at the latest.
    while let Some(PlanPrice::Derived { from, .. }) = line.last().map(|last| &last.price) {
        if line.len() > DERIVATIONS_MAX {
            return None;
        }
        line.push(find(from)?);
    }
    Some(line)
}
