//! What guests do with their holds, and the operator with the places: one transaction each. `None` where it is refused.

use holdfast_domain::inventory::SlotRule;
use holdfast_domain::{Fingerprint, HoldStatus, PageCommand};

use crate::cast::Cast;
use crate::ledger::{self, on_page};
use crate::state::{State, moment};

/// A guest places their hold.
pub(crate) fn place(cast: &Cast, state: &mut State, guest: usize) -> Option<()> {
    let (hold, now) = (cast.new_hold(guest, state.tick), moment(state.tick));
    ledger::place(state, cast, &hold, now).ok().map(drop)
}

/// A guest adds one TTL to it.
pub(crate) fn extend(cast: &Cast, state: &mut State, guest: usize) -> Option<()> {
    let record = state.holds[guest].clone()?;
    let request = Fingerprint::parse(&format!("extension-{}", state.extensions)).ok()?;
    let now = moment(state.tick);
    ledger::extend(state, cast, &record, &request, now).ok()?;
    state.extensions -= 1;
    Some(())
}

/// A guest gives it back.
pub(crate) fn release(cast: &Cast, state: &mut State, guest: usize) -> Option<()> {
    let record = state.holds[guest].clone()?;
    if record.recorded != HoldStatus::Active {
        return None;
    }
    let now = moment(state.tick);
    ledger::release(state, cast, &record.id, now).ok()
}

/// Timer or TTL drop it once it is dead.
pub(crate) fn expire(cast: &Cast, state: &mut State, guest: usize) -> Option<()> {
    let now = moment(state.tick);
    ledger::expire(state, cast, cast.hold(guest), now).ok()
}

/// The operator takes one place away, of those beyond the capacity first.
pub(crate) fn lower(cast: &Cast, state: &mut State) -> Option<()> {
    let slot = cast.slot();
    let capacity = state.page.capacity_of(slot);
    let (capacity, allowance) = match state.page.limit(slot) - capacity {
        0 => (capacity.checked_sub(1)?, 0),
        beyond => (capacity, beyond - 1),
    };
    let mut frame = state.page.frame();
    frame.slots.insert(slot.clone(), SlotRule { capacity: Some(capacity), closed: false, allowance });
    let command = PageCommand::Frame { frame: Box::new(frame) };
    on_page(state, cast, &command, moment(state.tick)).ok()?;
    state.lowerings -= 1;
    Some(())
}
