//! `/api/resources/{resourceId}`: reads resources; operators write them and their inventory.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{DynamoCatalogue, DynamoDb, LedgerTable};
use holdfast_api::{Api, ResourcesApi};
use holdfast_app::catalogue::Resources;
use holdfast_runtime::{Error, Process, Variable, http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable])?;
    let ledger = LedgerTable::new(DynamoDb::new(process.sdk()), process.require(Variable::LedgerTable)?);
    let resources = Resources::new(Arc::new(DynamoCatalogue::new(ledger)));
    let api = ResourcesApi::new(resources, process.clock());
    http::serve(|request| api.handle(request)).await
}
