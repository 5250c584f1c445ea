//! What guests do with their holds, and the operator with the places: one transaction each. `None` where it is refused.

use std::sync::Arc;

use holdfast_domain::holds::{Extension, RecordChange};
use holdfast_domain::{Fingerprint, HoldStatus, PageCommand};
use jiff::SignedDuration;

use crate::cast::Cast;
use crate::ledger::on_page;
use crate::state::{State, TICK_SECONDS, moment};

/// A guest places their hold.
pub(crate) fn place(cast: &Cast, state: &mut State, guest: usize) -> Option<()> {
    let hold = cast.new_hold(guest, state.tick);
    let entry = hold.entry(hold.order.placements.first()?);
    let now = moment(state.tick);
    on_page(state, cast, &PageCommand::Place { hold: hold.id.clone(), entry, limits: None }, now).ok()?;
    state.holds[guest] = Some(Arc::new(hold));
    Some(())
}

/// A guest adds one life to it.
pub(crate) fn extend(cast: &Cast, state: &mut State, guest: usize) -> Option<()> {
    let record = state.holds[guest].clone()?;
    let request = Fingerprint::parse(&format!("extension-{}", state.extensions)).ok()?;
    let by = SignedDuration::from_secs(TICK_SECONDS);
    let now = moment(state.tick);
    let command = PageCommand::Extend { hold: record.id.clone(), request: request.clone(), by };
    on_page(state, cast, &command, now).ok()?;
    let expires_at = state.page.holds.get(&record.id)?.expires_at;
    let record = Arc::make_mut(state.holds[guest].as_mut()?);
    record.expires_at = expires_at;
    record.extensions.insert(request, Extension { expires_at, at: now });
    state.extensions -= 1;
    Some(())
}

/// A guest gives it back.
pub(crate) fn release(cast: &Cast, state: &mut State, guest: usize) -> Option<()> {
    let record = state.holds[guest].clone()?;
    if record.recorded != HoldStatus::Active {
        return None;
    }
    let command = PageCommand::Release { hold: record.id.clone() };
    on_page(state, cast, &command, moment(state.tick)).ok()?;
    Arc::make_mut(state.holds[guest].as_mut()?).change(&RecordChange::Released);
    Some(())
}

/// Timer or TTL drop it once it is dead.
pub(crate) fn expire(cast: &Cast, state: &mut State, guest: usize) -> Option<()> {
    let command = PageCommand::Expire { hold: cast.hold(guest).clone() };
    on_page(state, cast, &command, moment(state.tick)).ok().map(drop)
}

/// The operator takes one place away.
pub(crate) fn lower(cast: &Cast, state: &mut State) -> Option<()> {
    let slot = cast.slot();
    let capacity = state.page.capacity_of(slot).checked_sub(1)?;
    let command =
        PageCommand::SetInventory { slots: vec![slot.clone()], capacity: Some(capacity), closed: None };
    on_page(state, cast, &command, moment(state.tick)).ok()?;
    state.lowerings -= 1;
    Some(())
}
