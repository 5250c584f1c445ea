//! What receipts need of the store.

use async_trait::async_trait;
use holdfast_domain::BookingId;
use holdfast_domain::receipts::{Receipt, ReceiptContent};
use jiff::Timestamp;

use crate::kernel::errors::StoreError;

/// Whether a receipt was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Issued {
    /// It was issued under this number.
    Now(u64),
    /// There is one for the same movement of money already.
    Before,
}

/// Reads receipts.
#[async_trait]
pub trait ReceiptReader: Send + Sync {
    /// Every receipt of a booking, in order of number; the latest writes.
    async fn receipts(&self, booking: &BookingId) -> Result<Vec<Receipt>, StoreError>;
}

/// Issues receipts.
#[async_trait]
pub trait ReceiptStore: ReceiptReader {
    /// Issues a receipt at `now` under the next number of its series, unless there is one for the same movement of the same booking:
    /// then neither a number is taken nor anything changed. The number is taken and the receipt is there in one transaction, or neither.
    async fn issue(&self, content: &ReceiptContent, now: Timestamp) -> Result<Issued, StoreError>;
}
