//! `POST /api/bookings/{bookingId}/cancel`: frees the places at once and starts the settlement of the money.

use holdfast_api::{Api, CancelApi};
use holdfast_app::bookings::Cancellations;
use holdfast_runtime::{Error, Process, Variable, http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process =
        Process::start(&[Variable::LedgerTable, Variable::HoldsTable, Variable::CancellationMachine])?;
    let cancellations = Cancellations::new(
        process.bookings()?,
        process.callbacks()?,
        process.saga_resumption(),
        process.settlement_saga()?,
    );
    let api = CancelApi::new(cancellations, process.clock());
    http::serve(|request| api.handle(request)).await
}
