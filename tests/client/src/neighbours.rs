//! The other neighbours: the mailbox of the emulated SES, and the inbox that stands in for a partner.

use serde_json::{Value, json};

use crate::{Stack, Trouble};

/// The items of every array below; the emulator nests them by account, region and queue.
fn collect_arrays(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Array(items) => found.extend(items.iter().cloned()),
        Value::Object(fields) => fields.values().for_each(|inner| collect_arrays(inner, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

impl Stack {
    /// Mails sent to an address, oldest first: `Subject`, `BodyText`, `BodyHtml`, `To`.
    ///
    /// # Errors
    /// [`Trouble`] of the emulator.
    pub async fn mails_to(&self, address: &str) -> Result<Vec<Value>, Trouble> {
        let url = format!("{}/_ministack/ses/messages", self.value("AWS_ENDPOINT_URL")?);
        let answer: Value = self.http().get(url).send().await?.json().await?;
        let accounts = answer["messages"].as_object().into_iter().flatten();
        let mails = accounts.flat_map(|(_, mails)| mails.as_array().into_iter().flatten());
        Ok(mails.filter(|mail| mail["To"].to_string().contains(address)).cloned().collect())
    }

    /// Messages in a queue, received by nobody for it: `Body`, `SentTimestamp` in seconds.
    ///
    /// # Errors
    /// [`Trouble`] of the emulator.
    pub async fn queued(&self, queue_url: &str) -> Result<Vec<Value>, Trouble> {
        let url = format!("{}/_ministack/sqs/messages", self.value("AWS_ENDPOINT_URL")?);
        let answer: Value =
            self.http().get(url).query(&[("QueueUrl", queue_url)]).send().await?.json().await?;
        let mut found = Vec::new();
        collect_arrays(&answer["messages"], &mut found);
        Ok(found)
    }

    /// The partner answers the next delivery that mentions `text` with this status.
    ///
    /// # Errors
    /// [`Trouble`] of the inbox.
    pub async fn partner_answers(&self, text: &str, status: u16) -> Result<(), Trouble> {
        let url = format!("{}/_answer", self.value("PARTNER_INBOX_URL")?);
        let wish = json!({"contains": text, "status": status});
        self.http().post(url).json(&wish).send().await?.error_for_status()?;
        Ok(())
    }

    /// Deliveries to the partner that mention `text`, oldest first: `headers` (lower case), `body`, `path`, `receivedAt`.
    ///
    /// # Errors
    /// [`Trouble`] of the inbox.
    pub async fn deliveries_about(&self, text: &str) -> Result<Vec<Value>, Trouble> {
        let url = format!("{}/_requests", self.value("PARTNER_INBOX_URL")?);
        let answer: Value = self.http().get(url).send().await?.json().await?;
        let all = answer["results"].as_array().into_iter().flatten();
        Ok(all.filter(|one| one["body"].as_str().is_some_and(|body| body.contains(text))).cloned().collect())
    }
}
