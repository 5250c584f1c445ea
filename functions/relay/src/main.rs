//! Publishes the changes of the ledger on the bus.

use std::sync::Arc;

use holdfast_adapters_dynamodb::stream::decode_ledger_record;
use holdfast_adapters_messaging::{EventBridge, EventBridgeBus, OnFirstUse, Sqs, SqsPoisonRecords};
use holdfast_runtime::stream::StreamReader;
use holdfast_runtime::{Error, Process, RelayHandler, Variable};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::BusName, Variable::FailureQueueUrl])?;
    let bus = EventBridgeBus::new(EventBridge::new(process.sdk()), process.require(Variable::BusName)?);
    let poison = SqsPoisonRecords::new(
        OnFirstUse::new(process.making(Sqs::new)),
        process.require(Variable::FailureQueueUrl)?,
    );
    let handler = RelayHandler::new(Arc::new(bus));
    StreamReader::new(decode_ledger_record, Arc::new(poison)).serve(|records| handler.publish(records)).await
}
