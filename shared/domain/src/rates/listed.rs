//! What a search needs of rate cards: the plan by which it prices, and what decides about that.

use std::collections::BTreeSet;

use crate::rates::card::{CardVersion, RateCard, ResourceRates};
use crate::rates::ids::PlanId;
use crate::rates::plan::{PlanPrice, RatePlan};

impl ResourceRates {
    /// The cards without what no search asks for: the draft, plans that the default plan does not derive from, promotions and extras.
    /// The default plan costs the same by both.
    #[must_use]
    pub fn listed(&self) -> Self {
        let listed = |version: &CardVersion| CardVersion {
            card: version.card.listed(),
            number: version.number,
            valid_from: version.valid_from,
        };
        Self { versions: self.versions.iter().map(listed).collect(), draft: None, ..self.clone() }
    }
}

impl RateCard {
    fn listed(&self) -> Self {
        let mut needed: BTreeSet<&PlanId> = BTreeSet::new();
        let mut next = Some(&self.default_plan);
        // Ends: a plan is followed once.
        while let Some(id) = next.filter(|id| needed.insert(id)) {
            next = self.plans.iter().find(|plan| plan.id == *id).and_then(parent);
        }
        let plans: Vec<RatePlan> =
            self.plans.iter().filter(|plan| needed.contains(&plan.id)).cloned().collect();
        Self { plans, promotions: Vec::new(), extras: Vec::new(), ..self.clone() }
    }
}

fn parent(plan: &RatePlan) -> Option<&PlanId> {
    match &plan.price {
        PlanPrice::Base(_) => None,
        PlanPrice::Derived { from, .. } => Some(from),
    }
}
