//! Uses of promotions that are limited, as the ledger counts them. No guest of the model has a code: only `tests/contract` brings one.

use holdfast_domain::GuestId;
use holdfast_domain::rates::promotion::PromotionCode;
use holdfast_domain::rates::uses::{PromotionUse, UseChange, UseEffect, UseOwner, UsesMade};

use crate::state::State;

/// How often a promotion is used, in all and by a guest.
#[must_use]
pub fn made(state: &State, code: &PromotionCode, guest: Option<&GuestId>) -> UsesMade {
    let of_code = || state.uses.iter().map(|(known, _)| known).filter(|known| known.code == *code);
    let count = |uses: usize| u64::try_from(uses).unwrap_or(u64::MAX);
    UsesMade {
        in_all: count(of_code().count()),
        of_guest: count(of_code().filter(|known| Some(&known.guest) == guest).count()),
    }
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
