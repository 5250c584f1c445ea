//! Receipts, beside the bookings that they are of, and the numbers of their series.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use holdfast_app::StoreError;
use holdfast_app::receipts::{Issued, ReceiptReader, ReceiptStore};
use holdfast_domain::BookingId;
use holdfast_domain::receipts::{Receipt, ReceiptContent, ReceiptSeries, SeriesHead};
use jiff::Timestamp;

use crate::stored::receipts::{
    RECEIPT_SK_PREFIX, decode_receipt, decode_series, encode_receipt, encode_series, series_key,
};
use crate::stored::records::booking_pk;
use crate::table::error::{Passing, Refused};
use crate::table::item::{Item, n};
use crate::table::ledger::LedgerTable;
use crate::table::transact::{Tries, built};

/// Where in the transaction the receipt is; the head of its series comes before it.
const RECEIPT_AT: usize = 1;

/// [`ReceiptStore`] on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoReceipts(LedgerTable);

impl DynamoReceipts {
    /// In the ledger's table.
    #[must_use]
    pub fn new(ledger: LedgerTable) -> Self {
        Self(ledger)
    }

    async fn head(&self, series: &ReceiptSeries) -> Result<Option<SeriesHead>, StoreError> {
        self.0.get(series_key(series)).await?.as_ref().map(decode_series).transpose()
    }

    /// The head of the series, provided that it is as it was, and the receipt, provided that there is none.
    fn items(
        &self,
        head: Option<SeriesHead>,
        receipt: &Receipt,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let next = SeriesHead { last: receipt.number, at: receipt.issued_at };
        let counted = self.put(encode_series(&receipt.content.series, next));
        let counted = match head {
            None => counted.condition_expression("attribute_not_exists(pk)"),
            Some(head) => {
                counted.condition_expression("n = :n").expression_attribute_values(":n", n(head.last))
            }
        };
        let issued = self.put(encode_receipt(receipt)).condition_expression("attribute_not_exists(pk)");
        let write = |put: aws_sdk_dynamodb::types::builders::PutBuilder| {
            Ok(TransactWriteItem::builder().put(put.build().map_err(built)?).build())
        };
        [counted, issued].into_iter().map(write).collect()
    }

    fn put(&self, item: Item) -> aws_sdk_dynamodb::types::builders::PutBuilder {
        Put::builder().table_name(&self.0.name).set_item(Some(item))
    }
}

#[async_trait]
impl ReceiptReader for DynamoReceipts {
    async fn receipts(&self, booking: &BookingId) -> Result<Vec<Receipt>, StoreError> {
        let items = self.0.query_all(&booking_pk(booking), RECEIPT_SK_PREFIX).await?;
        let mut receipts = items.iter().map(decode_receipt).collect::<Result<Vec<_>, _>>()?;
        receipts.sort_by_key(|receipt| receipt.number);
        Ok(receipts)
    }
}

#[async_trait]
impl ReceiptStore for DynamoReceipts {
    async fn issue(&self, content: &ReceiptContent, now: Timestamp) -> Result<Issued, StoreError> {
        let mut tries = Tries::default();
        // Ends: others who are first, and throttling, have a budget of tries.
        loop {
            let head = self.head(&content.series).await?;
            let receipt = Receipt::next(head, content.clone(), now);
            match self.0.transact(self.items(head, &receipt)?).await {
                Ok(()) => return Ok(Issued::Now(receipt.number)),
                Err(Refused::Condition { index: RECEIPT_AT, .. }) => return Ok(Issued::Before),
                // Another receipt has the number: the next one is tried.
                Err(Refused::Condition { .. }) => {
                    tries.pause(Passing::Conflict, &content.series.name()).await?
                }
                Err(Refused::Passing(passing)) => tries.pause(passing, &content.series.name()).await?,
                Err(Refused::Store(error)) => return Err(error),
            }
        }
    }
}
