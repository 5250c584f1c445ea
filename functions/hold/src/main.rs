//! `/api/holds`: places, reads, extends and releases holds.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{
    DynamoCatalogue, DynamoDb, DynamoHoldStops, DynamoHolds, HoldsTable, LedgerTable,
};
use holdfast_api::HoldApi;
use holdfast_app::holds::Holds;
use holdfast_runtime::{Error, Process, Variable, http};
use holdfast_stripe_amounts::charge_rules;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable, Variable::HoldsTable])?;
    let dynamodb = DynamoDb::new(process.sdk());
    let ledger = LedgerTable::new(dynamodb.clone(), process.require(Variable::LedgerTable)?);
    let holds = HoldsTable::new(dynamodb, process.require(Variable::HoldsTable)?);
    let catalogue = DynamoCatalogue::new(ledger.clone());
    let stops = DynamoHoldStops::new(ledger.clone());
    let holds = DynamoHolds::new(ledger, holds).remembering_sold_out(process.clock());
    let holds = Holds::new(Arc::new(catalogue), Arc::new(holds), Arc::new(stops), charge_rules());
    let api = HoldApi::new(holds, process.clock());
    http::serve(&process, api).await
}
