//! What was due to a guest and could not be given back to their card may have been paid in another way. An operator says so
//! in a note, which nobody but people writes.

use async_trait::async_trait;
use holdfast_domain::BookingId;
use jiff::Timestamp;

use crate::bookings::port::BookingHistory;
use crate::kernel::errors::StoreError;

/// The kind of the entry that a refund which failed has in the trail.
const REFUND_FAILED: &str = "payment.refund_failed";
/// The kinds of the entries by which money becomes due, or due once more.
const DUE: [&str; 3] = ["booking.cancelled", "booking.failed", REFUND_FAILED];

/// Reads what operators note of refunds.
#[async_trait]
pub trait RefundNotes: BookingHistory {
    /// When an operator noted last that what was due of a booking was paid in another way.
    async fn paid_otherwise_at(&self, booking: &BookingId) -> Result<Option<Timestamp>, StoreError>;
}

/// Whether what is due of a booking was paid in another way. The note counts for what was due before it, not for what has failed
/// or was promised since. Where no refund has failed, it counts all the same: the table may have been brought back to before that.
pub(crate) async fn was_paid_otherwise(notes: &dyn RefundNotes, id: &BookingId) -> Result<bool, StoreError> {
    let Some(noted_at) = notes.paid_otherwise_at(id).await? else { return Ok(false) };
    let trail = notes.audit_trail(id).await?;
    let due = trail.iter().rev().find(|entry| DUE.contains(&entry.kind.as_str()));
    let has_failed = trail.iter().any(|entry| entry.kind == REFUND_FAILED);
    Ok(!has_failed || due.is_none_or(|due| due.at <= noted_at))
}
