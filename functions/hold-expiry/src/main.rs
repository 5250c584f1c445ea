//! Releases expired holds, promptly by timers and at the latest by the table's TTL. Starts sagas that `confirm` and `cancel` failed
//! to start.

use std::sync::Arc;

use holdfast_adapters_dynamodb::stream::decode_previous_hold;
use holdfast_adapters_dynamodb::{DynamoBookingHistory, DynamoDb, DynamoHolds, HoldsTable, LedgerTable};
use holdfast_adapters_messaging::{
    OnFirstUse, Sqs, SqsPoisonRecords, SqsTimers, StepFunctions, StepFunctionsBookingSaga,
    StepFunctionsSettlementSaga, Timer,
};
use holdfast_app::holds::Expiry;
use holdfast_app::payments::SagaRecovery;
use holdfast_runtime::{Error, ExpiryFormats, ExpiryHandler, Process, Variable, batch};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[
        Variable::LedgerTable,
        Variable::HoldsTable,
        Variable::TimerQueueUrl,
        Variable::FailureQueueUrl,
        Variable::BookingMachine,
        Variable::CancellationMachine,
    ])?;
    let dynamodb = DynamoDb::new(process.sdk());
    let ledger = LedgerTable::new(dynamodb.clone(), process.require(Variable::LedgerTable)?);
    let holds = HoldsTable::new(dynamodb, process.require(Variable::HoldsTable)?);
    let sqs = OnFirstUse::new(process.making(Sqs::new));
    let timers = SqsTimers::new(sqs.clone(), process.require(Variable::TimerQueueUrl)?);
    let poison = SqsPoisonRecords::new(sqs, process.require(Variable::FailureQueueUrl)?);
    let timers = Arc::new(timers);
    let step_functions = OnFirstUse::new(process.making(StepFunctions::new));
    let booking = process.require(Variable::BookingMachine)?;
    let settlement = process.require(Variable::CancellationMachine)?;
    let recovery = SagaRecovery::new(
        Arc::new(DynamoBookingHistory::new(ledger.clone())),
        Arc::new(StepFunctionsBookingSaga::new(step_functions.clone(), booking)),
        Arc::new(StepFunctionsSettlementSaga::new(step_functions, settlement)),
    );
    let expiry = Expiry::new(Arc::new(DynamoHolds::new(ledger, holds)), timers.clone());
    let formats = ExpiryFormats {
        timer: |message| Ok(Timer::parse(message)?.map(|timer| timer.hold)),
        deleted_hold: decode_previous_hold,
    };
    let handler = ExpiryHandler::new(expiry, recovery, timers, formats, Arc::new(poison), process.clock());
    batch::serve(|event| handler.handle(event)).await
}
