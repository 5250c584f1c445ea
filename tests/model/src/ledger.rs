//! The ledger's transactions over plain values: the pages decide, bookings are written under their version, and what may
//! never happen is noted.

use std::sync::Arc;

use holdfast_app::bookings::BookingCommit;
use holdfast_domain::inventory::HoldState;
use holdfast_domain::{
    Booking, BookingStatus, HoldSnapshot, Page, PageChange, PageCommand, PageRejection, PaymentStatus,
};
use jiff::Timestamp;

use crate::cast::Cast;
use crate::scenario::Removed;
use crate::state::{Offence, State};

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
        PageCommand::SetInventory { slots, capacity, closed } if lacks(Removed::CapacityInUse) => {
            vec![PageChange::InventorySet { slots: slots.clone(), capacity: *capacity, closed: *closed }]
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
fn is_claimed_and_alive(
    page: &Page,
    hold: &holdfast_domain::HoldId,
    booking: &holdfast_domain::BookingId,
    now: Timestamp,
) -> bool {
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
    if let Some(record) = state.holds[at / cast.scenario.cards].as_mut()
        && let Some(change) = commit.inventory.records.get(&record.id)
    {
        *record = Arc::new(change.apply((**record).clone()));
    }
    if let Some(stored) = &stored
        && !(may_follow(stored.status, booking.status)
            && money_may_follow(stored.payment_status, booking.payment_status))
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
    }
}
