//! Mails confirmations and cancellations to guests.

use holdfast_app::notifications::Notices;
use holdfast_runtime::{Error, NotifyHandler, Process, Variable, queue};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable, Variable::MailFrom])?;
    let notices = Notices::new(process.booking_reader()?, process.catalogue_reader()?, process.mailer()?);
    let handler = NotifyHandler::new(notices);
    queue::serve(|message| handler.tell(message)).await
}
