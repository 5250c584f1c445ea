//! Mails confirmations and cancellations to guests.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{DynamoBookingHistory, DynamoCatalogue, DynamoDb, LedgerTable};
use holdfast_adapters_messaging::{Ses, SesMailer};
use holdfast_app::notifications::Notices;
use holdfast_runtime::{Error, NotifyHandler, Process, Variable, queue};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable, Variable::MailFrom])?;
    let ledger = LedgerTable::new(DynamoDb::new(process.sdk()), process.require(Variable::LedgerTable)?);
    let notices = Notices::new(
        Arc::new(DynamoBookingHistory::new(ledger.clone())),
        Arc::new(DynamoCatalogue::new(ledger)),
        Arc::new(SesMailer::new(Ses::new(process.sdk()), process.require(Variable::MailFrom)?)),
    );
    let handler = NotifyHandler::new(notices);
    queue::serve(|message| handler.mail(message)).await
}
