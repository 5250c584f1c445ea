//! Remembers which mails were sent, beside the bookings that they are about.

use async_trait::async_trait;
use holdfast_app::StoreError;
use holdfast_app::notifications::SentMails;
use holdfast_domain::BookingId;
use jiff::Timestamp;

use crate::stored::notes::{decode_sent_mail, encode_sent_mail, sent_mail_key};
use crate::table::error::unavailable;
use crate::table::ledger::LedgerTable;

/// [`SentMails`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoSentMails(LedgerTable);

impl DynamoSentMails {
    /// In the ledger's table.
    #[must_use]
    pub fn new(ledger: LedgerTable) -> Self {
        Self(ledger)
    }
}

#[async_trait]
impl SentMails for DynamoSentMails {
    async fn sent_at(&self, booking: &BookingId, cause: &str) -> Result<Option<Timestamp>, StoreError> {
        self.0.get(sent_mail_key(booking, cause)).await?.as_ref().map(decode_sent_mail).transpose()
    }

    async fn note_sent(&self, booking: &BookingId, cause: &str, at: Timestamp) -> Result<(), StoreError> {
        let item = encode_sent_mail(booking, cause, at);
        let put = self.0.client.put_item().table_name(&self.0.name).set_item(Some(item));
        put.send().await.map_err(unavailable)?;
        Ok(())
    }
}
