//! Mails confirmations and cancellations to guests.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{
    ConfidentialTable, DynamoBookingContacts, DynamoBookingHistory, DynamoCatalogue, DynamoDb,
    DynamoMailCounts, DynamoSentMails, HoldsTable, LedgerTable,
};
use holdfast_adapters_messaging::{Cognito, CognitoGuests, OnFirstUse, Ses, SesMailer};
use holdfast_app::notifications::Notices;
use holdfast_runtime::{Error, NotifyHandler, Process, Variable, queue};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[
        Variable::LedgerTable,
        Variable::HoldsTable,
        Variable::ConfidentialTable,
        Variable::MailFrom,
        Variable::GuestPoolId,
    ])?;
    let dynamodb = DynamoDb::new(process.sdk());
    let ledger = LedgerTable::new(dynamodb.clone(), process.require(Variable::LedgerTable)?);
    let holds = HoldsTable::new(dynamodb.clone(), process.require(Variable::HoldsTable)?);
    let confidential = ConfidentialTable::new(dynamodb, process.require(Variable::ConfidentialTable)?);
    // Most bookings say by themselves where their guest is mailed.
    let guests = process.making(Cognito::new);
    let notices = Notices::new(
        Arc::new(DynamoBookingHistory::new(ledger.clone())),
        Arc::new(DynamoBookingContacts::new(confidential)),
        Arc::new(CognitoGuests::new(OnFirstUse::new(guests), process.require(Variable::GuestPoolId)?)),
        Arc::new(DynamoCatalogue::new(ledger.clone())),
        Arc::new(SesMailer::new(Ses::new(process.sdk()), process.require(Variable::MailFrom)?)),
        Arc::new(DynamoSentMails::new(ledger)),
        Arc::new(DynamoMailCounts::new(holds)),
    );
    let handler = NotifyHandler::new(notices, process.clock());
    queue::serve(|message| handler.mail(message)).await
}
