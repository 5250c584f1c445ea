//! Publishes the changes of the ledger on the bus.

use holdfast_runtime::{Error, Process, RelayHandler, Variable, stream};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::BusName])?;
    let handler = RelayHandler::new(process.bus()?);
    stream::serve(|records| handler.publish(records)).await
}
