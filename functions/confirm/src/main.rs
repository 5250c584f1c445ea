//! `POST /api/bookings`: claims a hold, starts its booking saga and waits some seconds for the outcome.

use holdfast_api::{Api, ConfirmApi};
use holdfast_app::bookings::Bookings;
use holdfast_runtime::{Error, Process, Variable, http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable, Variable::HoldsTable, Variable::BookingMachine])?;
    let api = ConfirmApi::new(Bookings::new(process.ledger()?, process.workflow()), process.clock());
    http::serve(|request| api.handle(request)).await
}
