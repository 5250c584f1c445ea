//! What a search needs of rate cards: the plan by which it prices, and what decides about that.

use crate::rates::card::{CardVersion, RateCard, ResourceRates};
use crate::rates::plan::{RatePlan, lineage};

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
        let needed = lineage(&self.plans, &self.default_plan).unwrap_or_default();
        let is_needed = |plan: &&RatePlan| needed.iter().any(|needed| needed.id == plan.id);
        let plans: Vec<RatePlan> = self.plans.iter().filter(is_needed).cloned().collect();
        Self { plans, promotions: Vec::new(), extras: Vec::new(), ..self.clone() }
    }
}
