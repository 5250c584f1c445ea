//! Issues the receipts of bookings: one for each amount that was taken and for each that was given back.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{
    DynamoBookingHistory, DynamoDb, DynamoProperties, DynamoReceipts, LedgerTable,
};
use holdfast_app::receipts::ReceiptIssue;
use holdfast_runtime::{Error, Process, ReceiptHandler, Variable, queue};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable])?;
    let ledger = LedgerTable::new(DynamoDb::new(process.sdk()), process.require(Variable::LedgerTable)?);
    let receipts = ReceiptIssue::new(
        Arc::new(DynamoBookingHistory::new(ledger.clone())),
        Arc::new(DynamoProperties::new(ledger.clone())),
        Arc::new(DynamoReceipts::new(ledger)),
    );
    let handler = ReceiptHandler::new(receipts, process.clock());
    queue::serve(|message| handler.issue(message)).await
}
