//! Records bookings as completed once their time has passed, on a schedule.

use holdfast_app::operations::completion::Completion;
use holdfast_runtime::{CompletionHandler, Error, Process, Variable};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable])?;
    CompletionHandler::new(Completion::new(process.ledger()?), process.clock()).serve().await
}
