//! `/api/holds`: places, reads, extends and releases holds.

use holdfast_api::{Api, HoldApi};
use holdfast_app::holds::Holds;
use holdfast_runtime::{Error, Process, Variable, http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable, Variable::HoldsTable])?;
    let api = HoldApi::new(Holds::new(process.catalogue_reader()?, process.holds()?), process.clock());
    http::serve(|request| api.handle(request)).await
}
