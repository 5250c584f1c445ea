//! `POST /api/webhooks/stripe`: receives the payment provider's events and resumes sagas.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{
    ConfidentialTable, DynamoBookingJournal, DynamoDb, DynamoSagaCallbacks, LedgerTable,
};
use holdfast_adapters_messaging::{
    OnFirstUse, StepFunctions, StepFunctionsResumption, StepFunctionsSettlementSaga,
};
use holdfast_adapters_secrets::{SecretsManager, StoredSecrets};
use holdfast_adapters_stripe::{Reach, StripeEndpoint, StripePayments, StripeWebhook};
use holdfast_api::WebhookApi;
use holdfast_app::kernel::Secret;
use holdfast_app::payments::Webhook;
use holdfast_runtime::{Error, Process, Variable, http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[
        Variable::LedgerTable,
        Variable::ConfidentialTable,
        Variable::StripeKeySecretId,
        Variable::StripeWebhookSecretId,
        Variable::CancellationMachine,
    ])?;
    let dynamodb = DynamoDb::new(process.sdk());
    let ledger = LedgerTable::new(dynamodb.clone(), process.require(Variable::LedgerTable)?);
    let confidential = ConfidentialTable::new(dynamodb, process.require(Variable::ConfidentialTable)?);
    let secrets = StoredSecrets::new(SecretsManager::new(process.sdk()), process.clock())
        .with(Secret::PaymentApiKey, process.require(Variable::StripeKeySecretId)?)
        .with(Secret::PaymentWebhookKey, process.require(Variable::StripeWebhookSecretId)?);
    let secrets = Arc::new(secrets);
    let stripe = StripeEndpoint::new(
        process.require(Variable::StripeApiUrl)?,
        Reach::beside(process.get(Variable::Endpoint)),
    );
    let step_functions = OnFirstUse::new(process.making(StepFunctions::new));
    let settlement = process.require(Variable::CancellationMachine)?;
    let webhook = Webhook::new(
        Arc::new(DynamoBookingJournal::new(ledger.clone())),
        Arc::new(DynamoSagaCallbacks::new(confidential, ledger)),
        Arc::new(StripePayments::new(stripe, secrets.clone())),
        Arc::new(StepFunctionsResumption::new(step_functions.clone())),
        Arc::new(StepFunctionsSettlementSaga::new(step_functions, settlement)),
    );
    let api = WebhookApi::new(webhook, Arc::new(StripeWebhook::new(secrets)), process.clock());
    http::serve(&process, api).await
}
