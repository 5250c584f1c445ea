//! Which private plans of a card somebody may see and book.

use std::collections::BTreeSet;

use holdfast_domain::PropertyId;
use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::ids::RateGroup;
use holdfast_domain::rates::plan::Audience;

use crate::kernel::identity::Caller;

/// Which private plans somebody may see and book. A plan that they may not see is to them as one that there is not.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Entitlement<'a> {
    /// Every plan: operators of the resource, who sell them.
    Every,
    /// Those of these groups.
    Groups(&'a BTreeSet<RateGroup>),
    /// None: whoever has not said who they are.
    Nothing,
}

impl<'a> Entitlement<'a> {
    /// Of a caller, at a resource of that property or of none. An operator of others is a guest there.
    #[must_use]
    pub(crate) fn of(caller: Option<&'a Caller>, property: Option<&PropertyId>) -> Self {
        match caller {
            Some(caller) if caller.is_operator_of(property) => Self::Every,
            Some(caller) => Self::Groups(&caller.rate_groups),
            None => Self::Nothing,
        }
    }

    /// The groups that it counts as, for questions to that card.
    pub(crate) fn groups(self, card: &RateCard) -> BTreeSet<RateGroup> {
        let of_plan = |audience: &Audience| match audience {
            Audience::Everyone => None,
            Audience::Group(group) => Some(group.clone()),
        };
        match self {
            Self::Every => card.plans.iter().filter_map(|plan| of_plan(&plan.audience)).collect(),
            Self::Groups(groups) => groups.clone(),
            Self::Nothing => BTreeSet::new(),
        }
    }
}
