//! `GET /api/availability` and `GET /api/resources/{resourceId}/availability`: searches resources and reads calendars.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{DynamoCatalogue, DynamoDb, DynamoRates, DynamoSearchIndex, LedgerTable};
use holdfast_api::SearchApi;
use holdfast_app::catalogue::Calendars;
use holdfast_app::search::Search;
use holdfast_runtime::{Error, Process, Variable, http};
use holdfast_stripe_amounts::charge_rules;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable, Variable::SearchTable])?;
    let dynamodb = DynamoDb::new(process.sdk());
    let ledger = LedgerTable::new(dynamodb.clone(), process.require(Variable::LedgerTable)?);
    let index = Arc::new(DynamoSearchIndex::new(dynamodb, process.require(Variable::SearchTable)?));
    let (catalogue, rates) = (DynamoCatalogue::new(ledger.clone()), DynamoRates::new(ledger));
    let calendars = Calendars::new(Arc::new(catalogue), index.clone(), Arc::new(rates), charge_rules());
    let api = SearchApi::new(Search::new(index, charge_rules()), calendars, process.clock());
    http::serve(&process, api).await
}
