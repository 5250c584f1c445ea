//! Publishes the changes of the ledger on the bus.

use std::sync::Arc;

use holdfast_adapters_dynamodb::stream::decode_ledger_record;
use holdfast_adapters_messaging::{EventBridge, EventBridgeBus};
use holdfast_runtime::{Error, Process, RelayHandler, Variable, stream};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::BusName])?;
    let bus = EventBridgeBus::new(EventBridge::new(process.sdk()), process.require(Variable::BusName)?);
    let handler = RelayHandler::new(Arc::new(bus));
    stream::serve(decode_ledger_record, |records| handler.publish(records)).await
}
