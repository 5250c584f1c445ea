//! Sends the partner signed notices of changed inventory.

use std::sync::Arc;

use holdfast_adapters_messaging::{PartnerWebhook, Reach};
use holdfast_adapters_secrets::{SecretsManager, StoredSecrets};
use holdfast_app::kernel::Secret;
use holdfast_app::partners::PartnerEndpoint;
use holdfast_runtime::{Error, PartnerHandler, Process, Variable, queue};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::PartnerSecretId])?;
    let secrets = StoredSecrets::new(SecretsManager::new(process.sdk()), process.clock())
        .with(Secret::PartnerSigningKey, process.require(Variable::PartnerSecretId)?);
    let reach = Reach::beside(process.get(Variable::Endpoint));
    let partner = process
        .get(Variable::PartnerWebhookUrl)
        .map(|url| PartnerWebhook::new(url, reach, Arc::new(secrets)));
    let endpoint = partner.map(|partner| Arc::new(partner) as Arc<dyn PartnerEndpoint>);
    let handler = PartnerHandler::new(endpoint, process.clock());
    queue::serve(|message| handler.notify(message)).await
}
