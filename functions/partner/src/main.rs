//! Sends the partner signed notices of changed inventory.

use holdfast_runtime::{Error, PartnerHandler, Process, Variable, queue};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::SecretId])?;
    let url = process.config().get(Variable::PartnerWebhookUrl);
    let handler = PartnerHandler::new(url, process.secrets()?, process.clock());
    queue::serve(|message| handler.tell(message)).await
}
