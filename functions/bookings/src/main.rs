//! `GET /api/bookings`, `GET /api/bookings/{bookingId}` and `.../events`: reads bookings and their audit trails.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{DynamoBookingHistory, DynamoDb, LedgerTable};
use holdfast_api::{Api, BookingsApi};
use holdfast_app::bookings::Bookings;
use holdfast_runtime::{Error, Process, Variable, http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable])?;
    let ledger = LedgerTable::new(DynamoDb::new(process.sdk()), process.require(Variable::LedgerTable)?);
    let bookings = Bookings::new(Arc::new(DynamoBookingHistory::new(ledger)));
    let api = BookingsApi::new(bookings, process.clock());
    http::serve(|request| api.handle(request)).await
}
