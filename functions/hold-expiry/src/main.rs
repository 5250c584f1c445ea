//! Releases expired holds, promptly by timers and at the latest by the table's TTL. Starts sagas that `confirm` and `cancel` failed
//! to start.

use holdfast_app::holds::Expiry;
use holdfast_runtime::{Error, ExpiryHandler, Process, Variable, batch};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[
        Variable::LedgerTable,
        Variable::HoldsTable,
        Variable::TimerQueueUrl,
        Variable::BookingMachine,
        Variable::CancellationMachine,
    ])?;
    let expiry = Expiry::new(process.ledger()?, process.timers()?, process.workflow());
    let handler = ExpiryHandler::new(expiry, process.timers()?, process.clock());
    batch::serve(|event| handler.handle(event)).await
}
