//! `GET /api/bookings`, `GET /api/bookings/{bookingId}`, `.../events`, `.../receipts` and `.../cancellation`: reads bookings, their audit trails,
//! their receipts, and what cancelling them would give back.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{
    ConfidentialTable, DynamoBookingContacts, DynamoBookingHistory, DynamoCustomerActions, DynamoDb,
    DynamoReceipts, LedgerTable,
};
use holdfast_api::BookingsApi;
use holdfast_app::bookings::Bookings;
use holdfast_app::receipts::Receipts;
use holdfast_runtime::{Error, Process, Variable, http};
use holdfast_stripe_amounts::charge_rules;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable, Variable::ConfidentialTable])?;
    let dynamodb = DynamoDb::new(process.sdk());
    let ledger = LedgerTable::new(dynamodb.clone(), process.require(Variable::LedgerTable)?);
    let confidential = ConfidentialTable::new(dynamodb, process.require(Variable::ConfidentialTable)?);
    let history = Arc::new(DynamoBookingHistory::new(ledger.clone()));
    let receipts = Receipts::new(history.clone(), Arc::new(DynamoReceipts::new(ledger.clone())));
    let bookings = Bookings::new(
        history,
        Arc::new(DynamoBookingContacts::new(confidential.clone())),
        Arc::new(DynamoCustomerActions::new(confidential, ledger)),
        charge_rules(),
    );
    let api = BookingsApi::new(bookings, receipts, process.clock());
    http::serve(&process, api).await
}
