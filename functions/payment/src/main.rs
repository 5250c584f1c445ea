//! Runs the tasks of the booking and cancellation sagas (`statemachines/*.asl.json`).

use holdfast_app::payments::Saga;
use holdfast_runtime::{Error, Process, Variable, saga};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable, Variable::HoldsTable, Variable::SecretId])?;
    let payments = process.payments(&process.secrets()?)?;
    saga::serve(Saga::new(process.ledger()?, payments, process.workflow()), process.clock()).await
}
