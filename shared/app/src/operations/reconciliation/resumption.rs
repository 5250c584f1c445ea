//! Which run of its saga a booking needs that waits for one.

use holdfast_domain::Booking;
use jiff::{SignedDuration, Timestamp};

use crate::kernel::failure::Failure;
use crate::operations::port::{SagaInspection, SagaState};

/// The days after which an authorization has expired (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method): a saga
/// that is resumed later finds nothing to go on with.
pub const AUTHORIZATION_DAYS: i64 = 7;
/// How often a saga that was parked is resumed before its booking is for a person.
pub const RESUMPTIONS_MAX: u32 = 3;
/// The highest number of a resumption that is looked at. People resume too, by the next free number (docs/runbook.md).
pub const RESUMPTIONS_SEEN_MAX: u32 = 20;

/// Which run of its saga a booking needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NextRun {
    /// None: one is at work.
    None,
    /// The first.
    First,
    /// One after those that ended without an end for the booking.
    Resumption(u32),
    /// None that starts by itself, and why.
    ByAPerson(&'static str),
}

/// What a booking that waits for its saga needs. Whatever made a saga stop, whoever asks has reached the store and the
/// provider: so it is resumed, and asks the provider first. What stops every resumption does not pass by itself.
pub(crate) async fn next_run(
    sagas: &dyn SagaInspection,
    booking: &Booking,
    now: Timestamp,
) -> Result<NextRun, Failure> {
    match sagas.booking_saga(&booking.id, None).await? {
        SagaState::NotStarted => return Ok(NextRun::First),
        SagaState::Running => return Ok(NextRun::None),
        SagaState::Ended => {}
    }
    for number in 1..=RESUMPTIONS_SEEN_MAX {
        match sagas.booking_saga(&booking.id, Some(number)).await? {
            SagaState::Running => return Ok(NextRun::None),
            SagaState::NotStarted if number <= RESUMPTIONS_MAX => {
                return Ok(resumption(number, booking, now));
            }
            SagaState::NotStarted => break,
            SagaState::Ended => {}
        }
    }
    Ok(NextRun::ByAPerson("and so are all its resumptions"))
}

fn resumption(number: u32, booking: &Booking, now: Timestamp) -> NextRun {
    let age = now.duration_since(booking.created_at);
    match age < SignedDuration::from_hours(24 * AUTHORIZATION_DAYS) {
        true => NextRun::Resumption(number),
        false => NextRun::ByAPerson("and an authorization expires sooner than that"),
    }
}
