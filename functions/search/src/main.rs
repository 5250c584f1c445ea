//! Searches resources, reads calendars, and says what stays cost: `GET /api/availability`, `GET /api/resources/{resourceId}/availability`,
//! `POST /api/quotes` and `GET /api/resources/{resourceId}/rates/explain`.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{
    DynamoCatalogue, DynamoCodeTries, DynamoDb, DynamoPromotionUses, DynamoProperties, DynamoRates,
    DynamoSearchIndex, HoldsTable, LedgerTable, SignedQuotes,
};
use holdfast_adapters_secrets::{SecretsManager, StoredSecrets};
use holdfast_api::SearchApi;
use holdfast_app::catalogue::Calendars;
use holdfast_app::kernel::Secret;
use holdfast_app::rates::{Pricing, Quotes};
use holdfast_app::search::Search;
use holdfast_runtime::{Error, Process, Variable, http};
use holdfast_stripe_amounts::charge_rules;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let needs =
        [Variable::LedgerTable, Variable::HoldsTable, Variable::SearchTable, Variable::QuoteKeySecretId];
    let process = Process::start(&needs)?;
    let dynamodb = DynamoDb::new(process.sdk());
    let ledger = LedgerTable::new(dynamodb.clone(), process.require(Variable::LedgerTable)?);
    let holds = HoldsTable::new(dynamodb.clone(), process.require(Variable::HoldsTable)?);
    let index = Arc::new(DynamoSearchIndex::new(dynamodb, process.require(Variable::SearchTable)?));
    let secrets = StoredSecrets::new(SecretsManager::new(process.sdk()), process.clock())
        .with(Secret::QuoteSigningKey, process.require(Variable::QuoteKeySecretId)?);
    let catalogue = Arc::new(DynamoCatalogue::new(ledger.clone()));
    let properties = Arc::new(DynamoProperties::new(ledger.clone()));
    let uses = Arc::new(DynamoPromotionUses::new(ledger.clone()));
    let tries = Arc::new(DynamoCodeTries::new(holds));
    let rates = Arc::new(DynamoRates::new(ledger));
    let calendars =
        Calendars::new(catalogue.clone(), index.clone(), rates.clone(), properties.clone(), charge_rules());
    let pricing =
        Pricing::new(rates, properties, uses, tries, catalogue.clone(), index.clone(), charge_rules());
    let quotes = Quotes::new(catalogue, pricing, Arc::new(SignedQuotes::new(Arc::new(secrets))));
    let api = SearchApi::new(Search::new(index, charge_rules()), calendars, quotes, process.clock());
    http::serve(&process, api).await
}
