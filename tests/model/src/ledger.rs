//! The ledger's transactions over plain values: the pages decide, bookings are written under their version, and what may
//! never happen is noted.

use std::sync::Arc;

use holdfast_app::bookings::BookingCommit;
use holdfast_app::holds::Placed;
use holdfast_domain::holds::Extension;
use holdfast_domain::inventory::HoldState;
use holdfast_domain::rates::uses::{PromotionUse, UseChange};
use holdfast_domain::{
    Booking, BookingId, BookingStatus, Fingerprint, Hold, HoldId, HoldSnapshot, HoldStatus, Page, PageChange,
    PageCommand, PageRejection, PaymentStatus,
};
use jiff::Timestamp;

use crate::cast::Cast;
use crate::scenario::Removed;
use crate::state::{Offence, State};
use crate::uses;

/// Why a commit was not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotWritten {
    /// The booking has changed.
    Stale,
    /// A page refuses.
    Rejected(PageRejection),
}

/// Puts a command to the page, as the negative control of `cast` has it.
///
/// # Errors
/// The page's own.
pub fn on_page(
    state: &mut State,
    cast: &Cast,
    command: &PageCommand,
    now: Timestamp,
) -> Result<Vec<PageChange>, PageRejection> {
    let lacks = |protection| cast.scenario.lacks(protection);
    let changes = match command {
        PageCommand::Confirm { .. } if lacks(Removed::LivenessOfConfirm) => {
            state.page.decide(command, Timestamp::MIN)?
        }
        PageCommand::Confirm { booking, places, .. } if lacks(Removed::RoomOfReacquire) => {
            state.page.decide(command, now).or_else(|rejection| match rejection {
                PageRejection::SoldOut { .. } => {
                    Ok(vec![PageChange::Reacquired { booking: booking.clone(), places: places.clone() }])
                }
                other => Err(other),
            })?
        }
        PageCommand::Frame { frame } if lacks(Removed::CapacityInUse) => {
            vec![PageChange::Framed { frame: frame.clone() }]
        }
        PageCommand::Claim { hold, booking, deadline } if lacks(Removed::ClaimOfHold) => {
            state.page.decide(command, now).or_else(|rejection| match rejection {
                PageRejection::HoldClaimed => Ok(vec![PageChange::Claimed {
                    hold: hold.clone(),
                    booking: booking.clone(),
                    deadline: *deadline,
                }]),
                other => Err(other),
            })?
        }
        _ => state.page.decide(command, now)?,
    };
    for change in &changes {
        if let PageChange::Confirmed { hold, booking } = change
            && !is_claimed_and_alive(&state.page, hold, booking, now)
        {
            state.offence.get_or_insert(Offence::DeadHoldConfirmed);
        }
        if let PageChange::Reacquired { booking, .. } = change
            && let Some(at) = cast.attempt(booking)
        {
            state.attempts[at].reacquired = true;
        }
    }
    if !changes.is_empty() {
        let page = changes.iter().fold((*state.page).clone(), |page, change| page.evolve(change));
        state.page = Arc::new(page);
    }
    Ok(changes)
}

/// Said in other words than the page's own: the hold is stored, claimed by this booking, and its claim has not lapsed.
fn is_claimed_and_alive(page: &Page, hold: &HoldId, booking: &BookingId, now: Timestamp) -> bool {
    page.holds.get(hold).is_some_and(|entry| match &entry.state {
        HoldState::Active => false,
        HoldState::Confirming { booking: payer, deadline } => payer == booking && now < *deadline,
    })
}

/// A hold as the ledger reads it.
#[must_use]
pub fn snapshot(state: &State, guest: usize) -> Option<HoldSnapshot> {
    let hold = state.holds.get(guest)?.as_ref()?;
    Some(HoldSnapshot { hold: (**hold).clone(), entry: state.page.holds.get(&hold.id).cloned() })
}

/// Places a guest's hold. The same hold again: the record as first written.
///
/// # Errors
/// The page's own; [`PageRejection::Reused`] for a record of another request.
pub fn place(state: &mut State, cast: &Cast, hold: &Hold, now: Timestamp) -> Result<Placed, PageRejection> {
    let (Some(guest), Some(placement)) = (cast.guest_of(&hold.id), hold.order.placements.first()) else {
        return Err(PageRejection::HoldMissing);
    };
    if let Some(known) = &state.holds[guest] {
        let is_same = known.fingerprint == hold.fingerprint;
        let placed = Placed { hold: (**known).clone(), replayed: true };
        return if is_same { Ok(placed) } else { Err(PageRejection::Reused) };
    }
    let entry = hold.entry(placement);
    on_page(state, cast, &PageCommand::Place { hold: hold.id.clone(), entry, limits: None }, now)?;
    state.holds[guest] = Some(Arc::new(hold.clone()));
    Ok(Placed { hold: hold.clone(), replayed: false })
}

/// Adds one TTL to a hold's expiry, once per request: the answer as first given, and whether it had been given before.
///
/// # Errors
/// The page's own; [`PageRejection::HoldMissing`] if there is no such hold.
pub fn extend(
    state: &mut State,
    cast: &Cast,
    hold: &Hold,
    request: &Fingerprint,
    now: Timestamp,
) -> Result<(Extension, bool), PageRejection> {
    let guest = cast.guest_of(&hold.id).ok_or(PageRejection::HoldMissing)?;
    let command = PageCommand::Extend { hold: hold.id.clone(), request: request.clone(), by: hold.ttl() };
    on_page(state, cast, &command, now)?;
    let entry = state.page.holds.get(&hold.id).ok_or(PageRejection::HoldMissing)?;
    let extension = Extension { expires_at: entry.expires_at, at: now };
    let record = state.holds[guest].as_mut().ok_or(PageRejection::HoldMissing)?;
    if let Some(known) = record.extensions.get(request) {
        return Ok((*known, true));
    }
    let record = Arc::make_mut(record);
    record.expires_at = extension.expires_at;
    record.extensions.insert(request.clone(), extension);
    Ok((extension, false))
}

/// Gives a hold back for its guest. Again: no effect.
///
/// # Errors
/// The page's own; [`PageRejection::HoldMissing`] if it has been confirmed.
pub fn release(state: &mut State, cast: &Cast, hold: &HoldId, now: Timestamp) -> Result<(), PageRejection> {
    let changes = on_page(state, cast, &PageCommand::Release { hold: hold.clone(), counts_for: None }, now)?;
    let guest = cast.guest_of(hold).ok_or(PageRejection::HoldMissing)?;
    hold_ended(state, guest);
    let Some(record) = state.holds[guest].as_mut() else { return Ok(()) };
    let released = if changes.is_empty() {
        // The page does not know the hold any more: its record says why.
        match record.recorded {
            HoldStatus::Confirmed => return Err(PageRejection::HoldMissing),
            HoldStatus::Active => now < record.expires_at,
            HoldStatus::Released | HoldStatus::Expired => false,
        }
    } else {
        changes.iter().any(|change| matches!(change, PageChange::Released { .. }))
    };
    if released {
        Arc::make_mut(record).recorded = HoldStatus::Released;
    }
    Ok(())
}

/// Drops a hold whose time has passed. Again: no effect.
///
/// # Errors
/// The page's own.
pub fn expire(state: &mut State, cast: &Cast, hold: &HoldId, now: Timestamp) -> Result<(), PageRejection> {
    on_page(state, cast, &PageCommand::Expire { hold: hold.clone(), counts_for: None }, now)?;
    if let Some(guest) = cast.guest_of(hold) {
        hold_ended(state, guest);
    }
    Ok(())
}

/// A guest's hold is not on the page any more: what it used of a promotion is given back, unless a booking has it.
fn hold_ended(state: &mut State, guest: usize) {
    let record = state.holds.get(guest).and_then(Option::as_ref);
    if let Some(of) = record.and_then(|record| PromotionUse::of(&record.order, &record.id)) {
        uses::change(state, &of, &UseChange::HoldEnded);
    }
}

/// A booking as the ledger reads it.
#[must_use]
pub fn booking(state: &State, cast: &Cast, id: &BookingId) -> Option<Arc<Booking>> {
    cast.attempt(id).and_then(|at| state.attempts[at].booking.clone())
}

/// Remembers the callback of a booking's saga. Callbacks are numbers here; another text is forgotten.
pub fn put_task_token(state: &mut State, cast: &Cast, id: &BookingId, token: &str) {
    if let Some(at) = cast.attempt(id) {
        state.attempts[at].token = token.parse().ok();
    }
}

/// The callback of a booking's saga.
#[must_use]
pub fn task_token(state: &State, cast: &Cast, id: &BookingId) -> Option<u8> {
    cast.attempt(id).and_then(|at| state.attempts[at].token)
}

/// Writes a booking's event and all that goes with it, or nothing.
///
/// # Errors
/// [`NotWritten`].
pub fn commit(state: &mut State, cast: &Cast, commit: &BookingCommit) -> Result<(), NotWritten> {
    let booking = &commit.booking;
    let Some(at) = cast.attempt(&booking.id) else { return Err(NotWritten::Stale) };
    let stored = state.attempts[at].booking.clone();
    let known = stored.as_ref().map_or(0, |stored| stored.version);
    if known + 1 != booking.version && !cast.scenario.lacks(Removed::VersionOfBooking) {
        return Err(NotWritten::Stale);
    }
    let before = state.clone();
    for operation in &commit.inventory.operations {
        if let Err(rejection) = on_page(state, cast, &operation.command, commit.audit.at) {
            *state = before;
            return Err(NotWritten::Rejected(rejection));
        }
    }
    if let Some((of, change)) = &commit.inventory.promotion {
        uses::change(state, of, change);
    }
    if let Some(record) = state.holds[at / cast.scenario.cards].as_mut()
        && let Some(change) = commit.inventory.records.get(&record.id)
    {
        Arc::make_mut(record).change(change.clone());
    }
    if let Some(stored) = &stored
        && !(may_follow(stored.status, booking.status)
            && money_may_follow(stored.payment_status(), booking.payment_status()))
    {
        state.offence.get_or_insert(Offence::IllegalTransition);
    }
    // A seal tells all that came before: with it no two ways would ever meet in one state.
    state.attempts[at].booking = Some(Arc::new(Booking { seal: None, ..booking.clone() }));
    Ok(())
}

/// Whether a booking's status may follow another (API.md, Bookings).
fn may_follow(from: BookingStatus, to: BookingStatus) -> bool {
    use BookingStatus as S;
    match from {
        S::Pending => matches!(to, S::Pending | S::Confirmed | S::Cancelled | S::Failed),
        S::Confirmed => matches!(to, S::Confirmed | S::Cancelled | S::Completed | S::Failed),
        S::Cancelled | S::Completed | S::Failed => to == from,
    }
}

/// Whether a payment's status may follow another (API.md, Bookings).
fn money_may_follow(from: PaymentStatus, to: PaymentStatus) -> bool {
    use PaymentStatus as P;
    match from {
        P::Pending => matches!(to, P::Pending | P::Authorized | P::Captured | P::Voided | P::Failed),
        P::Authorized => matches!(to, P::Authorized | P::Captured | P::Voided | P::Failed),
        P::Captured => matches!(to, P::Captured | P::PartiallyRefunded | P::Refunded),
        P::PartiallyRefunded => matches!(to, P::PartiallyRefunded | P::Refunded),
        P::Voided | P::Refunded | P::Failed => to == from,
        // No bank of the model disputes anything.
        P::Disputed | P::ChargedBack => false,
    }
}
