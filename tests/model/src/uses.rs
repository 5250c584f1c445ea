//! Uses of promotions that are limited, as the ledger counts them. No guest of the model has a code: only `tests/contract` brings one.

use holdfast_domain::rates::uses::{PromotionUse, UseChange, UseEffect, UseOwner};

use crate::state::State;

/// Whether a promotion has no use left.
#[must_use]
pub fn are_used_up(state: &State, of: &PromotionUse) -> bool {
    let uses = |is_of: &dyn Fn(&PromotionUse) -> bool| {
        let counted = state.uses.iter().filter(|(known, _)| known.code == of.code && is_of(known));
        u32::try_from(counted.count()).unwrap_or(u32::MAX)
    };
    let is_full = |limit: Option<u32>, uses: u32| limit.is_some_and(|limit| uses >= limit);
    is_full(of.limits.in_all, uses(&|_| true))
        || is_full(of.limits.per_guest, uses(&|known| known.guest == of.guest))
}

/// Counts a use with its hold.
pub fn count(state: &mut State, of: PromotionUse) {
    state.uses.push((of, UseOwner::Hold));
}

/// A change happens to a use.
pub fn change(state: &mut State, of: &PromotionUse, change: &UseChange) {
    let place = state.uses.iter().position(|(known, _)| known == of);
    let owner = place.map(|place| &state.uses[place].1);
    match (change.effect(owner), place) {
        (UseEffect::Owned(owner), Some(place)) => state.uses[place].1 = owner,
        (UseEffect::Counted(owner), _) => state.uses.push((of.clone(), owner)),
        (UseEffect::Returned, Some(place)) => drop(state.uses.remove(place)),
        (UseEffect::Nothing, _) | (UseEffect::Owned(_) | UseEffect::Returned, None) => {}
    }
}
