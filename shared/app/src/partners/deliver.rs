//! Delivering notices to the partner.
//!
//! A notice that the partner refuses for good (an endpoint that answers 410 Gone) is acknowledged: delivering it again would
//! not help. Everything else that keeps a notice from arriving is an error, and the notice is delivered again.

use std::sync::Arc;

use jiff::Timestamp;

use crate::kernel::errors::DeliveryError;
use crate::partners::port::{Notice, PartnerEndpoint};

/// The outcome of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The partner took it.
    Delivered,
    /// No partner is configured.
    NoPartner,
    /// The partner refuses it for good, with this reason.
    Refused(String),
}

/// The use case of the partner function.
pub struct PartnerNotices {
    endpoint: Option<Arc<dyn PartnerEndpoint>>,
}

impl PartnerNotices {
    /// Over the partner's endpoint, if there is a partner.
    #[must_use]
    pub fn new(endpoint: Option<Arc<dyn PartnerEndpoint>>) -> Self {
        Self { endpoint }
    }

    /// Delivers the event `event_id`, whose text is `body`, signed at `now`. The notice's id is made from the event's, so
    /// that the partner can drop repetitions by it.
    ///
    /// # Errors
    /// [`DeliveryError::Unavailable`]; the event is to be delivered again.
    pub async fn deliver(
        &self,
        event_id: &str,
        body: String,
        now: Timestamp,
    ) -> Result<Delivery, DeliveryError> {
        let Some(endpoint) = &self.endpoint else { return Ok(Delivery::NoPartner) };
        // The signed text has its parts between full stops (Standard Webhooks), so that an id has none.
        let notice = Notice { id: event_id.replace('.', "~"), body };
        match endpoint.deliver(&notice, now).await {
            Ok(()) => Ok(Delivery::Delivered),
            Err(DeliveryError::Refused(reason)) => Ok(Delivery::Refused(reason)),
            Err(error @ DeliveryError::Unavailable(_)) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;

    enum Answer {
        Accepted,
        Gone,
        Away,
    }

    struct Partner {
        answer: Answer,
        ids: Mutex<Vec<String>>,
    }

    #[async_trait]
    impl PartnerEndpoint for Partner {
        async fn deliver(&self, notice: &Notice, _: Timestamp) -> Result<(), DeliveryError> {
            self.ids.lock().expect("not poisoned").push(notice.id.clone());
            match self.answer {
                Answer::Accepted => Ok(()),
                Answer::Gone => Err(DeliveryError::Refused("410 Gone".to_owned())),
                Answer::Away => Err(DeliveryError::Unavailable("503".into())),
            }
        }
    }

    async fn check(answer: Answer, expected: Option<Delivery>) {
        let partner = Arc::new(Partner { answer, ids: Mutex::default() });
        let notices = PartnerNotices::new(Some(partner.clone()));
        let outcome = notices.deliver("room.2030-06.7", "{}".to_owned(), Timestamp::UNIX_EPOCH).await;
        assert_eq!(outcome.ok(), expected);
        assert_eq!(*partner.ids.lock().expect("not poisoned"), ["room~2030-06~7"]);
    }

    #[tokio::test]
    async fn only_a_refusal_for_good_is_acknowledged() {
        check(Answer::Accepted, Some(Delivery::Delivered)).await;
        check(Answer::Gone, Some(Delivery::Refused("410 Gone".to_owned()))).await;
        check(Answer::Away, None).await;
    }

    #[tokio::test]
    async fn without_a_partner_an_event_is_acknowledged() {
        let outcome = PartnerNotices::new(None).deliver("e", "{}".to_owned(), Timestamp::UNIX_EPOCH).await;
        assert_eq!(outcome.ok(), Some(Delivery::NoPartner));
    }
}
