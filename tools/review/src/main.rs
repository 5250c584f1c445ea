//! Looks at the cases of the manual-review queue: deletes those that have settled themselves, and prints those that need a person.

use std::process::ExitCode;
use std::sync::Arc;

use holdfast_adapters_dynamodb::{DynamoBookingHistory, DynamoDb, LedgerTable};
use holdfast_adapters_messaging::{Sqs, SqsReviewQueue, StepFunctions, StepFunctionsInspection};
use holdfast_app::operations::{Need, Review};
use holdfast_runtime::{Error, Process, Variable};

/// The most cases of one look.
const CASES_MAX: usize = 100;

const HELP: &str = "\
review

Looks at up to 100 cases of the manual-review queue. Deletes those whose booking and money have come to an end meanwhile,
counts those that the hourly reconciliation brings to an end by itself, and prints the others, which need a person
(docs/runbook.md, \"Manual review waiting\"). What is printed stays in the queue.

The queue is HOLDFAST_REVIEW_QUEUE_URL, the table HOLDFAST_LEDGER_TABLE, the state machine
HOLDFAST_BOOKING_MACHINE_ARN; region and credentials are those of the environment. `make review` sets them.";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => {}
        ["--help" | "-h"] => {
            println!("{HELP}");
            return Ok(ExitCode::SUCCESS);
        }
        [other, ..] => {
            eprintln!("review takes no {other}; --help says what it does.");
            return Ok(ExitCode::from(2));
        }
    }
    let process =
        Process::start(&[Variable::ReviewQueueUrl, Variable::LedgerTable, Variable::BookingMachine])?;
    let ledger = LedgerTable::new(DynamoDb::new(process.sdk()), process.require(Variable::LedgerTable)?);
    let queue = SqsReviewQueue::new(Sqs::new(process.sdk()), process.require(Variable::ReviewQueueUrl)?);
    let sagas = StepFunctionsInspection::new(
        StepFunctions::new(process.sdk()),
        process.require(Variable::BookingMachine)?,
    );
    let review = Review::new(Arc::new(queue), Arc::new(DynamoBookingHistory::new(ledger)), Arc::new(sagas));
    let (mut settled, mut waiting, mut people) = (0_u32, 0_u32, 0_u32);
    for (case, need) in review.look(CASES_MAX, process.clock().now()).await? {
        match need {
            Need::Nothing => settled += 1,
            Need::Time => waiting += 1,
            Need::Person(why) => {
                people += 1;
                println!("{} {} ({why})", case.at, case.text);
            }
        }
    }
    println!(
        "For a person: {people}. Left to the reconciliation: {waiting}. Settled, and deleted: {settled}."
    );
    Ok(ExitCode::SUCCESS)
}
