//! How guests of bookings are reached: an item of its own, apart from the booking.

use async_trait::async_trait;
use holdfast_app::StoreError;
use holdfast_app::bookings::BookingContacts;
use holdfast_domain::BookingId;
use holdfast_domain::bookings::Contact;

use crate::stored::contact::{contact_key, decode_contact};
use crate::table::confidential::ConfidentialTable;

/// [`BookingContacts`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoBookingContacts(ConfidentialTable);

impl DynamoBookingContacts {
    /// In the confidential table.
    #[must_use]
    pub fn new(confidential: ConfidentialTable) -> Self {
        Self(confidential)
    }
}

#[async_trait]
impl BookingContacts for DynamoBookingContacts {
    async fn contact(&self, booking: &BookingId) -> Result<Option<Contact>, StoreError> {
        self.0.get(contact_key(booking)).await?.as_ref().map(decode_contact).transpose()
    }
}
