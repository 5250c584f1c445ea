//! Compares pages, bookings and the payment provider's records, on a schedule or by hand; repairs what is safe.

use holdfast_runtime::{Error, Process, Variable};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[
        Variable::LedgerTable,
        Variable::SecretId,
        Variable::BookingMachine,
        Variable::CancellationMachine,
        Variable::ManualReviewQueueUrl,
        Variable::BusName,
    ])?;
    process.reconciliation(&process.secrets()?)?.serve().await
}
