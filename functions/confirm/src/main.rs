//! `POST /api/bookings`: claims a hold, starts its booking saga and waits some seconds for the outcome.

use holdfast_api::{Api, ConfirmApi};
use holdfast_app::bookings::BookingRequests;
use holdfast_runtime::{Error, Process, Variable, http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable, Variable::HoldsTable, Variable::BookingMachine])?;
    let requests = BookingRequests::new(process.bookings()?, process.hold_reader()?, process.booking_saga()?);
    let api = ConfirmApi::new(requests, process.clock());
    http::serve(|request| api.handle(request)).await
}
