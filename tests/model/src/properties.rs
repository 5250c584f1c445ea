//! What must hold in every state, and what must be reached in some.

use holdfast_domain::bookings::FailureReason;
use holdfast_domain::{Booking, BookingStatus, PaymentStatus};
use stateright::Property;

use crate::machine::At;
use crate::model::{Bookings, payer};
use crate::provider::{PRICE, Stand};
use crate::scenario::Scenario;
use crate::state::{Attempt, Offence, State, moment};

/// Free, held and confirmed places make up the capacity and what may be sold beyond it, and live holds and bookings never exceed these.
pub const NEVER_OVERSOLD: &str = "free + held + confirmed = capacity + overbooking, never oversold";
/// Confirmed places are those of standing bookings.
pub const PLACES_OF_BOOKINGS: &str = "confirmed places are those of standing bookings";
/// One hold makes at most one confirmed booking.
pub const ONE_BOOKING_PER_HOLD: &str = "at most one booking of a hold stands";
/// A claim belongs to a booking whose payment runs.
pub const CLAIMS_ARE_RUNNING: &str = "a claim belongs to a running payment";
/// Never more is given back than was taken.
pub const REFUNDS_WITHIN_CAPTURES: &str = "refunds never exceed captures";
/// Once all is quiet, money is taken for standing bookings and for no others.
pub const MONEY_MATCHES_BOOKINGS: &str = "at rest, money taken = bookings that stand";
/// Once all is quiet, the books say what the provider says.
pub const BOOKS_MATCH_PROVIDER: &str = "at rest, the books agree with the provider";
/// No saga ends before a person.
pub const NOBODY_IS_CALLED: &str = "no saga is parked";
/// Statuses follow each other as they may.
pub const LEGAL_TRANSITIONS: &str = "status transitions are legal";
/// A dead hold is confirmed only by taking its places again.
pub const DEAD_HOLDS_REACQUIRE: &str = "an expired hold is never confirmed as if it lived";
/// Nothing is taken by a step that began after the cancellation.
pub const NOTHING_TAKEN_LATE: &str = "no step takes money of a cancelled booking";
/// Steps fail for a cause.
pub const FAILURES_HAVE_CAUSES: &str = "no step fails without a cause";

/// A booking stands and its money is taken.
pub const CONFIRMED: &str = "reached: confirmed and captured";
/// Declined, then another card on the same hold.
pub const SECOND_CARD: &str = "reached: declined, then a second card pays the same hold";
/// A late payment takes the places again.
pub const LATE_REACQUIRED: &str = "reached: a late payment takes the places again";
/// A late payment that finds no places is voided.
pub const LATE_VOIDED: &str = "reached: a late payment finds no places and is voided";
/// Cancelled while the capture ran.
pub const REFUNDED_IN_FULL: &str = "reached: cancelled during the capture, all given back";
/// Cancelled after the capture.
pub const REFUNDED_BY_TERMS: &str = "reached: cancelled after the capture, given back by its terms";
/// Cancelled before the bank was asked.
pub const VOIDED_ON_CANCEL: &str = "reached: cancelled while reserved, voided";
/// Every place is sold.
pub const EVERY_PLACE_SOLD: &str = "reached: every place is sold";
/// Capacity is lowered while a hold lives.
pub const LOWERED: &str = "reached: the operator lowers the places to what is sold";

/// The properties of a scenario: the invariants, and what it is large enough to reach.
#[must_use]
pub fn of(scenario: &Scenario) -> Vec<Property<Bookings>> {
    let mut all = always();
    if scenario.removed.is_some() {
        return all;
    }
    all.push(Property::sometimes(CONFIRMED, |_, state: &State| any(state, stands_and_is_paid)));
    if scenario.cards > 1 && scenario.declines {
        all.push(Property::sometimes(SECOND_CARD, second_card));
    }
    if scenario.customers && scenario.ticks >= 3 {
        all.push(Property::sometimes(LATE_REACQUIRED, |_, state: &State| {
            any(state, |attempt| attempt.reacquired && stands_and_is_paid(attempt))
        }));
        if scenario.guests > 1 || scenario.lowerings > 0 {
            all.push(Property::sometimes(LATE_VOIDED, |_, state: &State| any(state, late_voided)));
        }
    }
    if scenario.cancels > 0 {
        all.push(Property::sometimes(REFUNDED_IN_FULL, |_, state: &State| {
            any(state, |attempt| refunded(attempt, true, PRICE))
        }));
        all.push(Property::sometimes(REFUNDED_BY_TERMS, |_, state: &State| {
            any(state, |attempt| refunded(attempt, false, PRICE / 2))
        }));
        all.push(Property::sometimes(VOIDED_ON_CANCEL, |_, state: &State| any(state, voided_on_cancel)));
    }
    if u32::try_from(scenario.guests).is_ok_and(|guests| guests >= scenario.limit()) {
        all.push(Property::sometimes(EVERY_PLACE_SOLD, |model: &Bookings, state: &State| {
            let places = usize::try_from(model.cast().scenario.limit()).unwrap_or(usize::MAX);
            state.attempts.iter().filter(|attempt| stands_and_is_paid(attempt)).count() == places
        }));
    }
    if scenario.lowerings > 0 && scenario.limit() > 1 {
        all.push(Property::sometimes(LOWERED, |model: &Bookings, state: &State| {
            let limit = state.page.limit(model.cast().slot());
            limit < model.cast().scenario.limit()
                && limit > 0
                && state.page.in_use(model.cast().slot(), moment(state.tick)) == limit
        }));
    }
    all
}

fn always() -> Vec<Property<Bookings>> {
    vec![
        Property::always(NEVER_OVERSOLD, never_oversold),
        Property::always(PLACES_OF_BOOKINGS, places_of_bookings),
        Property::always(ONE_BOOKING_PER_HOLD, one_booking_per_hold),
        Property::always(CLAIMS_ARE_RUNNING, claims_are_running),
        Property::always(REFUNDS_WITHIN_CAPTURES, |_, state: &State| {
            state.attempts.iter().all(refunds_within)
        }),
        Property::always(MONEY_MATCHES_BOOKINGS, |_, state: &State| {
            state.attempts.iter().all(|attempt| !attempt.is_quiet() || money_matches(attempt))
        }),
        Property::always(BOOKS_MATCH_PROVIDER, |_, state: &State| {
            state.attempts.iter().all(|attempt| !attempt.is_quiet() || books_match(attempt))
        }),
        Property::always(NOBODY_IS_CALLED, |_, state: &State| {
            state.attempts.iter().all(|attempt| attempt.machine.at != At::Parked)
        }),
        Property::always(LEGAL_TRANSITIONS, |_, state: &State| is_without(state, Offence::IllegalTransition)),
        Property::always(DEAD_HOLDS_REACQUIRE, |_, state: &State| {
            is_without(state, Offence::DeadHoldConfirmed)
        }),
        Property::always(NOTHING_TAKEN_LATE, |_, state: &State| {
            is_without(state, Offence::TakenAfterCancellation)
        }),
        Property::always(FAILURES_HAVE_CAUSES, |_, state: &State| is_without(state, Offence::Unexplained)),
    ]
}

fn is_without(state: &State, offence: Offence) -> bool {
    state.offence != Some(offence)
}

fn any(state: &State, holds: impl Fn(&Attempt) -> bool) -> bool {
    state.attempts.iter().any(holds)
}

fn never_oversold(model: &Bookings, state: &State) -> bool {
    let slot = model.cast().slot();
    let lowered = u32::from(model.cast().scenario.lowerings - state.lowerings);
    let limit = model.cast().scenario.limit() - lowered;
    state.page.broken_slot().is_none()
        && state.page.limit(slot) == limit
        && state.page.in_use(slot, moment(state.tick)) <= limit
}

fn places_of_bookings(model: &Bookings, state: &State) -> bool {
    let standing = state.attempts.iter().filter(|attempt| stands(attempt)).count();
    let confirmed = state.page.confirmed.get(model.cast().slot()).copied().unwrap_or(0);
    usize::try_from(confirmed) == Ok(standing)
}

fn one_booking_per_hold(model: &Bookings, state: &State) -> bool {
    let cards = model.cast().scenario.cards;
    state.attempts.chunks(cards).all(|of_hold| of_hold.iter().filter(|attempt| stands(attempt)).count() <= 1)
}

fn claims_are_running(model: &Bookings, state: &State) -> bool {
    state.page.holds.values().filter_map(|hold| payer(&hold.state)).all(|booking| {
        let attempt = model.cast().attempt(booking).map(|at| &state.attempts[at]);
        attempt.is_some_and(|attempt| attempt.status() == Some(BookingStatus::Pending))
    })
}

fn refunds_within(attempt: &Attempt) -> bool {
    let provider = attempt.intent.as_ref().is_none_or(|intent| {
        let taken = if intent.stand == Stand::Captured { PRICE } else { 0 };
        intent.refunded <= taken
    });
    provider && attempt.booking.as_ref().is_none_or(|b| b.refunded().amount() <= b.captured().amount())
}

/// What the house keeps of a booking's money once it has come to rest.
fn due_to_the_house(booking: &Booking) -> i64 {
    match (booking.status, &booking.cancellation) {
        (BookingStatus::Confirmed | BookingStatus::Completed, _) => PRICE,
        (BookingStatus::Cancelled, Some(cancellation)) if !cancellation.before_capture => {
            PRICE - cancellation.refund.amount()
        }
        (BookingStatus::Cancelled | BookingStatus::Failed | BookingStatus::Pending, _) => 0,
    }
}

/// The provider has what it should have, and nothing is reserved or can still be paid.
fn money_matches(attempt: &Attempt) -> bool {
    let kept = attempt.intent.as_ref().map_or(0, crate::provider::Intent::kept);
    let open = matches!(attempt.stand(), Some(Stand::Authorized | Stand::ActionRequired));
    match &attempt.booking {
        None => kept == 0 && !open,
        Some(booking) => {
            booking.status != BookingStatus::Pending && kept == due_to_the_house(booking) && !open
        }
    }
}

fn books_match(attempt: &Attempt) -> bool {
    let (Some(booking), Some(intent)) = (&attempt.booking, &attempt.intent) else { return true };
    let taken = if intent.stand == Stand::Captured { PRICE } else { 0 };
    let at_rest = match booking.status {
        BookingStatus::Cancelled | BookingStatus::Failed => booking.money_is_settled(),
        BookingStatus::Pending | BookingStatus::Confirmed | BookingStatus::Completed => true,
    };
    booking.captured().amount() == taken && booking.refunded().amount() == intent.refunded && at_rest
}

fn stands(attempt: &Attempt) -> bool {
    attempt.status() == Some(BookingStatus::Confirmed)
}

fn stands_and_is_paid(attempt: &Attempt) -> bool {
    stands(attempt) && attempt.intent.as_ref().is_some_and(|intent| intent.kept() == PRICE)
}

fn second_card(model: &Bookings, state: &State) -> bool {
    let declined = |attempt: &Attempt| {
        attempt.booking.as_ref().is_some_and(|booking| {
            booking.status == BookingStatus::Failed && booking.payment_status() == PaymentStatus::Failed
        })
    };
    state.attempts.chunks(model.cast().scenario.cards).any(|of_hold| match of_hold {
        [first, second, ..] => declined(first) && stands_and_is_paid(second),
        [_] | [] => false,
    })
}

fn late_voided(attempt: &Attempt) -> bool {
    attempt.is_quiet()
        && attempt.stand() == Some(Stand::Voided)
        && attempt.booking.as_ref().is_some_and(|booking| {
            booking.status == BookingStatus::Failed && booking.failure == Some(FailureReason::SoldOut)
        })
}

fn refunded(attempt: &Attempt, before_capture: bool, amount: i64) -> bool {
    attempt.is_quiet()
        && attempt.intent.as_ref().is_some_and(|intent| intent.refunded == amount)
        && attempt
            .booking
            .as_ref()
            .and_then(|booking| booking.cancellation.as_ref())
            .is_some_and(|cancellation| cancellation.before_capture == before_capture)
}

fn voided_on_cancel(attempt: &Attempt) -> bool {
    attempt.is_quiet()
        && attempt.status() == Some(BookingStatus::Cancelled)
        && attempt.stand() == Some(Stand::Voided)
}
