//! Mails confirmations and cancellations to guests.

use holdfast_app::notifications::Notices;
use holdfast_runtime::{Error, NotifyHandler, Process, Variable, queue};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable, Variable::MailFrom])?;
    let handler = NotifyHandler::new(Notices::new(process.ledger()?, process.mailer()?));
    queue::serve(|message| handler.tell(message)).await
}
