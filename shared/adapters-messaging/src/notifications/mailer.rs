//! Implements mails on SES v2.

use async_trait::async_trait;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::SdkError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageTag};
use holdfast_app::DeliveryError;
use holdfast_app::notifications::{Mail, Mailer};

/// The message tag with the id of the event that caused a mail.
const CAUSE_TAG: &str = "event";
/// The longest value of a message tag, in characters.
const TAG_LENGTH_MAX: usize = 256;

/// The sender of mails through SES.
#[derive(Clone)]
pub struct SesMailer {
    client: Client,
    from: String,
}

impl SesMailer {
    /// Makes a sender for this address, which must be a verified identity.
    #[must_use]
    pub fn new(client: Client, from: &str) -> Self {
        Self { client, from: from.to_owned() }
    }
}

fn refused(error: impl std::error::Error + Send + Sync + 'static) -> DeliveryError {
    DeliveryError::Refused(error.to_string())
}

fn text(data: &str) -> Result<Content, DeliveryError> {
    Content::builder().data(data).charset("UTF-8").build().map_err(refused)
}

/// Replaces the characters that SES does not allow in a tag: it takes letters, digits, `_` and `-`.
fn tag_value(cause: &str) -> String {
    let mut value: String = cause
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '-' })
        .collect();
    value.truncate(TAG_LENGTH_MAX);
    value
}

#[async_trait]
impl Mailer for SesMailer {
    async fn send(&self, mail: &Mail) -> Result<(), DeliveryError> {
        let message = Message::builder()
            .subject(text(&mail.subject)?)
            .body(Body::builder().text(text(&mail.text)?).build())
            .build();
        let tag =
            MessageTag::builder().name(CAUSE_TAG).value(tag_value(&mail.cause)).build().map_err(refused)?;
        let sent = self
            .client
            .send_email()
            .from_email_address(&self.from)
            .destination(Destination::builder().to_addresses(mail.to.as_str()).build())
            .content(EmailContent::builder().simple(message).build())
            .email_tags(tag)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(context))
                if context.err().is_bad_request_exception() || context.err().is_message_rejected() =>
            {
                // Its words may name the recipient, and would be logged.
                Err(DeliveryError::Refused(context.err().meta().code().unwrap_or("unknown").to_owned()))
            }
            Err(error) => Err(DeliveryError::Unavailable(Box::new(error))),
        }
    }
}
