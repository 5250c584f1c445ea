//! `/api/holds`: places, reads, extends and releases holds.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{
    DynamoCatalogue, DynamoCodeTries, DynamoDb, DynamoHoldStops, DynamoHolds, DynamoPromotionUses,
    DynamoProperties, DynamoRates, DynamoSearchIndex, HoldsTable, LedgerTable, SignedQuotes,
};
use holdfast_adapters_secrets::{SecretsManager, StoredSecrets};
use holdfast_api::HoldApi;
use holdfast_app::holds::Holds;
use holdfast_app::kernel::Secret;
use holdfast_app::rates::Pricing;
use holdfast_runtime::{Error, Process, Variable, http};
use holdfast_stripe_amounts::charge_rules;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[
        Variable::LedgerTable,
        Variable::HoldsTable,
        Variable::SearchTable,
        Variable::QuoteKeySecretId,
    ])?;
    let dynamodb = DynamoDb::new(process.sdk());
    let ledger = LedgerTable::new(dynamodb.clone(), process.require(Variable::LedgerTable)?);
    let holds = HoldsTable::new(dynamodb.clone(), process.require(Variable::HoldsTable)?);
    let listed = Arc::new(DynamoSearchIndex::new(dynamodb, process.require(Variable::SearchTable)?));
    let secrets = StoredSecrets::new(SecretsManager::new(process.sdk()), process.clock())
        .with(Secret::QuoteSigningKey, process.require(Variable::QuoteKeySecretId)?);
    let catalogue = Arc::new(DynamoCatalogue::new(ledger.clone()));
    let stops = Arc::new(DynamoHoldStops::new(ledger.clone()));
    let properties = Arc::new(DynamoProperties::new(ledger.clone()));
    let uses = Arc::new(DynamoPromotionUses::new(ledger.clone()));
    let tries = Arc::new(DynamoCodeTries::new(holds.clone()));
    let rates = Arc::new(DynamoRates::new(ledger.clone()));
    let pricing = Pricing::new(rates, properties, uses, tries, catalogue.clone(), listed, charge_rules());
    let quotes = Arc::new(SignedQuotes::new(Arc::new(secrets)));
    let holds = Arc::new(DynamoHolds::new(ledger, holds).remembering_sold_out(process.clock()));
    let api = HoldApi::new(Holds::new(catalogue, holds, stops, pricing, quotes), process.clock());
    http::serve(&process, api).await
}
