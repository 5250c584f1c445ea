//! `/api/holds`: places, reads, extends and releases holds.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{DynamoCatalogue, DynamoDb, DynamoHolds, HoldsTable, LedgerTable};
use holdfast_api::{Api, HoldApi};
use holdfast_app::holds::Holds;
use holdfast_runtime::{Error, Process, Variable, http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable, Variable::HoldsTable])?;
    let dynamodb = DynamoDb::new(process.sdk());
    let ledger = LedgerTable::new(dynamodb.clone(), process.require(Variable::LedgerTable)?);
    let holds = HoldsTable::new(dynamodb, process.require(Variable::HoldsTable)?);
    let catalogue = DynamoCatalogue::new(ledger.clone());
    let holds = Holds::new(Arc::new(catalogue), Arc::new(DynamoHolds::new(ledger, holds)));
    let api = HoldApi::new(holds, process.clock());
    http::serve(|request| api.handle(request)).await
}
