//! A change of a booking, decided and ready to be written.

use holdfast_domain::{Booking, BookingEvent, InventoryMove};

use crate::bookings::port::{BookingCommit, JournalEntry};
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
    Ok(decide(booking, event)?.map(|event| BookingCommit::new(booking, event, inventory, mutation)))
}

/// The same for an event that leaves inventory alone.
///
/// # Errors
/// [`StoreError::Corrupt`] when the booking's state does not allow it.
pub(crate) fn entry(
    booking: &Booking,
    event: BookingEvent,
    mutation: &Mutation,
) -> Result<Option<JournalEntry>, StoreError> {
    Ok(decide(booking, event)?.map(|event| JournalEntry::new(booking, event, mutation)))
}

fn decide(booking: &Booking, event: BookingEvent) -> Result<Option<BookingEvent>, StoreError> {
    booking
        .decide(event)
        .map_err(|error| StoreError::Corrupt { item: booking.id.to_string(), reason: error.to_string() })
}
