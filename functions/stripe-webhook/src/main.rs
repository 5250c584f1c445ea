//! `POST /api/webhooks/stripe`: receives the payment provider's events and resumes sagas.

use holdfast_runtime::{Error, Process, Variable, WebhookHandler, http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[
        Variable::LedgerTable,
        Variable::HoldsTable,
        Variable::SecretId,
        Variable::BookingMachine,
        Variable::CancellationMachine,
    ])?;
    let handler = WebhookHandler::new(&process)?;
    http::serve(|request| handler.handle(request)).await
}
