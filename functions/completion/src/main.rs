//! Records bookings as completed once their time has passed, on a schedule.

use holdfast_app::operations::completion::Completion;
use holdfast_runtime::{CompletionHandler, Error, Process, Variable};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable])?;
    let completion = Completion::new(process.ended_bookings()?, process.booking_journal()?);
    CompletionHandler::new(completion, process.clock()).serve().await
}
