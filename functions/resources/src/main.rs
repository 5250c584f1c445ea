//! `/api/resources/{resourceId}`, `/api/properties/{propertyId}`, `/api/rates` and `/api/stop`: reads resources and properties; operators
//! write them, their inventory and their rates, stop new holds, and read who changed what.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{
    DynamoCatalogue, DynamoDb, DynamoHoldStopSwitch, DynamoProperties, DynamoRateHistory, DynamoRates,
    DynamoResourceHistory, LedgerTable,
};
use holdfast_api::ResourcesApi;
use holdfast_app::catalogue::{ResourceTrails, Resources, Stops};
use holdfast_app::properties::Properties;
use holdfast_app::rates::Rates;
use holdfast_runtime::{Error, Process, Variable, http};
use holdfast_stripe_amounts::charge_rules;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable])?;
    let ledger = LedgerTable::new(DynamoDb::new(process.sdk()), process.require(Variable::LedgerTable)?);
    let catalogue = Arc::new(DynamoCatalogue::new(ledger.clone()));
    let history = Arc::new(DynamoResourceHistory::new(ledger.clone()));
    let store = Arc::new(DynamoProperties::new(ledger.clone()));
    let switch = Arc::new(DynamoHoldStopSwitch::new(ledger.clone()));
    let cards = Arc::new(DynamoRates::new(ledger.clone()));
    let versions = Arc::new(DynamoRateHistory::new(ledger));
    let trails = ResourceTrails::new(catalogue.clone(), history.clone(), switch.clone());
    let rates = Rates::new(catalogue.clone(), cards.clone(), versions, charge_rules());
    let resources = Resources::new(catalogue, store.clone(), cards, charge_rules());
    let properties = Properties::new(store, history, charge_rules());
    let api = ResourcesApi::new(resources, properties, trails, Stops::new(switch), rates, process.clock());
    http::serve(&process, api).await
}
