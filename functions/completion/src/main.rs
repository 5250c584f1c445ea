//! Records bookings as completed once their time has passed, on a schedule.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{DynamoBookingJournal, DynamoDb, DynamoEndedBookings, LedgerTable};
use holdfast_app::operations::completion::Completion;
use holdfast_runtime::{CompletionHandler, Error, Process, Variable};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable])?;
    let ledger = LedgerTable::new(DynamoDb::new(process.sdk()), process.require(Variable::LedgerTable)?);
    let ended = DynamoEndedBookings::new(ledger.clone());
    let completion = Completion::new(Arc::new(ended), Arc::new(DynamoBookingJournal::new(ledger)));
    CompletionHandler::new(completion, process.clock()).serve().await
}
