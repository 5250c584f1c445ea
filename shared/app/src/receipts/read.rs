//! Reading the receipts of a booking.

use std::sync::Arc;

use holdfast_domain::BookingId;
use holdfast_domain::receipts::Receipt;

use crate::bookings::port::BookingReader;
use crate::bookings::read::of_caller;
use crate::kernel::failure::Failure;
use crate::kernel::identity::Caller;
use crate::receipts::port::ReceiptReader;

/// The use case of reading receipts.
pub struct Receipts {
    bookings: Arc<dyn BookingReader>,
    receipts: Arc<dyn ReceiptReader>,
}

impl Receipts {
    /// Over bookings and their receipts.
    #[must_use]
    pub fn new(bookings: Arc<dyn BookingReader>, receipts: Arc<dyn ReceiptReader>) -> Self {
        Self { bookings, receipts }
    }

    /// Every receipt of a booking of the caller's, in order of number. A movement of money that has just been has none for a moment.
    ///
    /// # Errors
    /// [`Failure::NotFound`], also for somebody else's booking.
    pub async fn of_booking(&self, caller: &Caller, id: &BookingId) -> Result<Vec<Receipt>, Failure> {
        of_caller(self.bookings.as_ref(), caller, id).await?;
        Ok(self.receipts.receipts(id).await?)
    }
}
