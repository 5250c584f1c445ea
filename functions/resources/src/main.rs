//! `/api/resources/{resourceId}`: reads resources; operators write them and their inventory.

use holdfast_api::{Api, ResourcesApi};
use holdfast_app::catalogue::Resources;
use holdfast_runtime::{Error, Process, Variable, http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable])?;
    let api = ResourcesApi::new(Resources::new(process.catalogue()?), process.clock());
    http::serve(|request| api.handle(request)).await
}
