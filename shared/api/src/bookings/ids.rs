//! Ids of bookings in paths.

use holdfast_app::Failure;
use holdfast_domain::BookingId;

use crate::problem::{Problem, problem};

/// The booking that a path names. A text that cannot be a booking's id names none.
pub(crate) fn booking_id(text: &str) -> Result<BookingId, Problem> {
    BookingId::parse(text).map_err(|_| problem(Failure::NotFound("booking")))
}
