//! `GET /api/bookings`, `GET /api/bookings/{bookingId}` and `.../events`: reads bookings and their audit trails.

use holdfast_api::{Api, BookingsApi};
use holdfast_app::bookings::Bookings;
use holdfast_runtime::{Error, Process, Variable, http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable])?;
    let api = BookingsApi::new(Bookings::new(process.booking_history()?), process.clock());
    http::serve(|request| api.handle(request)).await
}
