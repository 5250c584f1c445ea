//! A change of a booking, decided and ready to be written.

use holdfast_domain::{Booking, BookingEvent, InventoryMove};

use crate::bookings::port::BookingCommit;
use crate::kernel::errors::StoreError;
use crate::kernel::mutation::Mutation;

/// Applies an event to a booking: what to commit, or `None` if it happened before.
///
/// # Errors
/// [`StoreError::Corrupt`] when the booking's state does not allow it.
pub(crate) fn change(
    booking: &Booking,
    event: BookingEvent,
    inventory: InventoryMove,
    mutation: &Mutation,
) -> Result<Option<BookingCommit>, StoreError> {
    let decided = booking
        .decide(event)
        .map_err(|error| StoreError::Corrupt { item: booking.id.to_string(), reason: error.to_string() })?;
    Ok(decided.map(|event| BookingCommit::new(booking, event, inventory, mutation)))
}
