//! Updates the read model of the search from the changes of the ledger.

use std::sync::Arc;

use holdfast_adapters_dynamodb::stream::decode_ledger_record;
use holdfast_adapters_dynamodb::{
    DynamoCatalogue, DynamoDb, DynamoRates, DynamoSearchIndexWriter, LedgerTable,
};
use holdfast_adapters_messaging::{OnFirstUse, Sqs, SqsPoisonRecords};
use holdfast_runtime::stream::StreamReader;
use holdfast_runtime::{Error, Process, ProjectorHandler, Variable};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable, Variable::SearchTable, Variable::FailureQueueUrl])?;
    let dynamodb = DynamoDb::new(process.sdk());
    let ledger = LedgerTable::new(dynamodb.clone(), process.require(Variable::LedgerTable)?);
    let index = DynamoSearchIndexWriter::new(dynamodb, process.require(Variable::SearchTable)?);
    let poison = SqsPoisonRecords::new(
        OnFirstUse::new(process.making(Sqs::new)),
        process.require(Variable::FailureQueueUrl)?,
    );
    let (catalogue, rates) = (DynamoCatalogue::new(ledger.clone()), DynamoRates::new(ledger));
    let handler = ProjectorHandler::new(Arc::new(catalogue), Arc::new(rates), Arc::new(index));
    StreamReader::new(decode_ledger_record, Arc::new(poison)).serve(|records| handler.apply(records)).await
}
