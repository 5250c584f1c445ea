//! `POST /api/bookings/{bookingId}/cancel`: frees the places at once and starts the settlement of the money.

use holdfast_api::{Api, CancelApi};
use holdfast_app::bookings::Bookings;
use holdfast_runtime::{Error, Process, Variable, http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process =
        Process::start(&[Variable::LedgerTable, Variable::HoldsTable, Variable::CancellationMachine])?;
    let api = CancelApi::new(Bookings::new(process.ledger()?, process.workflow()), process.clock());
    http::serve(|request| api.handle(request)).await
}
