//! `POST /api/webhooks/stripe`: receives the payment provider's events and resumes sagas.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{DynamoBookingJournal, DynamoDb, DynamoSagaCallbacks, LedgerTable};
use holdfast_adapters_messaging::{
    OnFirstUse, StepFunctions, StepFunctionsResumption, StepFunctionsSettlementSaga,
};
use holdfast_adapters_secrets::{SecretsManager, StoredSecrets};
use holdfast_adapters_stripe::{StripeEndpoint, StripePayments, StripeWebhook};
use holdfast_api::{Api, WebhookApi};
use holdfast_app::payments::Webhook;
use holdfast_runtime::{Error, Process, Variable, http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process =
        Process::start(&[Variable::LedgerTable, Variable::SecretId, Variable::CancellationMachine])?;
    let ledger = LedgerTable::new(DynamoDb::new(process.sdk()), process.require(Variable::LedgerTable)?);
    let secrets =
        StoredSecrets::new(SecretsManager::new(process.sdk()), process.require(Variable::SecretId)?);
    let secrets = Arc::new(secrets);
    let stripe = StripeEndpoint::new(process.require(Variable::StripeApiUrl)?);
    let step_functions = OnFirstUse::new(process.making(StepFunctions::new));
    let settlement = process.require(Variable::CancellationMachine)?;
    let webhook = Webhook::new(
        Arc::new(DynamoBookingJournal::new(ledger.clone())),
        Arc::new(DynamoSagaCallbacks::new(ledger)),
        Arc::new(StripePayments::new(stripe, secrets.clone())),
        Arc::new(StepFunctionsResumption::new(step_functions.clone())),
        Arc::new(StepFunctionsSettlementSaga::new(step_functions, settlement)),
    );
    let api = WebhookApi::new(webhook, Arc::new(StripeWebhook::new(secrets)), process.clock());
    http::serve(|request| api.handle(request)).await
}
