//! Sends messages to an SQS queue.

use aws_sdk_sqs::Client;
use holdfast_app::WorkflowError;

use crate::client::OnFirstUse;

#[derive(Clone)]
pub(crate) struct Queue {
    client: OnFirstUse<Client>,
    url: String,
}

impl Queue {
    pub(crate) fn new(client: impl Into<OnFirstUse<Client>>, url: &str) -> Self {
        Self { client: client.into(), url: url.to_owned() }
    }

    /// Sends a message that becomes visible after `delay_seconds`, at most 900.
    pub(crate) async fn send(&self, body: String, delay_seconds: i32) -> Result<(), WorkflowError> {
        let message = self.client.send_message().queue_url(&self.url).message_body(body);
        match message.delay_seconds(delay_seconds).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(WorkflowError(Box::new(error))),
        }
    }
}
