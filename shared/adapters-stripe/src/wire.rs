//! Types for the parts of Stripe's JSON that are read. Unknown fields are ignored: Stripe adds some at any time.

use std::collections::HashMap;

use holdfast_app::PaymentError;
use holdfast_app::operations::ListedPayment;
use holdfast_app::payments::{Payment, PaymentState};
use holdfast_domain::{Currency, Money};
use jiff::Timestamp;
use serde::Deserialize;

/// The metadata field that carries the booking's id.
pub(crate) const BOOKING_METADATA: &str = "bookingId";

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Intent {
    pub(crate) id: String,
    pub(crate) status: String,
    pub(crate) currency: String,
    #[serde(default)]
    pub(crate) amount: i64,
    /// The time of creation, in seconds since 1970.
    #[serde(default)]
    pub(crate) created: i64,
    #[serde(default)]
    pub(crate) client_secret: Option<String>,
    #[serde(default)]
    pub(crate) metadata: HashMap<String, String>,
    #[serde(default)]
    pub(crate) last_payment_error: Option<ErrorDetail>,
    #[serde(default)]
    pub(crate) next_action: Option<NextAction>,
    #[serde(default)]
    pub(crate) latest_charge: Option<Expandable<Charge>>,
}

/// One page of a list (<https://docs.stripe.com/api/pagination>).
#[derive(Debug, Deserialize)]
pub(crate) struct List<T> {
    pub(crate) data: Vec<T>,
    #[serde(default)]
    pub(crate) has_more: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Expandable<T> {
    Object(T),
    Id(serde::de::IgnoredAny),
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Charge {
    #[serde(default)]
    pub(crate) amount_refunded: i64,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct NextAction {
    #[serde(default)]
    pub(crate) redirect_to_url: Option<RedirectToUrl>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RedirectToUrl {
    #[serde(default)]
    pub(crate) url: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct ErrorDetail {
    #[serde(default, rename = "type")]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) code: Option<String>,
    #[serde(default)]
    pub(crate) decline_code: Option<String>,
    #[serde(default)]
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) payment_intent: Option<Box<Intent>>,
}

impl ErrorDetail {
    /// Returns the bank's reason if there is one, else Stripe's code.
    pub(crate) fn decline(&self) -> String {
        let code = self.decline_code.as_deref().or(self.code.as_deref());
        code.unwrap_or("card_declined").to_owned()
    }
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct ErrorBody {
    pub(crate) error: ErrorDetail,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Refund {
    #[serde(default)]
    pub(crate) status: Option<String>,
    #[serde(default)]
    pub(crate) failure_reason: Option<String>,
}

fn unreadable(reason: String) -> PaymentError {
    PaymentError::Unknown(reason.into())
}

impl Intent {
    /// Converts the intent to a payment.
    ///
    /// # Errors
    /// [`PaymentError::Unknown`] for a status or currency that this crate does not know: its meaning must not be guessed.
    pub(crate) fn payment(self) -> Result<Payment, PaymentError> {
        let currency = self.money_currency()?;
        let refunded = match &self.latest_charge {
            Some(Expandable::Object(charge)) => charge.amount_refunded,
            Some(Expandable::Id(_)) | None => 0,
        };
        let refunded = Money::new(refunded, currency)
            .map_err(|error| unreadable(format!("amount_refunded of {}: {error}", self.id)))?;
        let booking = self.metadata.get(BOOKING_METADATA).cloned();
        let state = match self.status.as_str() {
            "requires_payment_method" => match &self.last_payment_error {
                Some(error) => PaymentState::Declined { code: error.decline() },
                None => PaymentState::NotStarted,
            },
            "requires_confirmation" => PaymentState::NotStarted,
            "requires_action" => PaymentState::ActionRequired {
                client_secret: self.client_secret.unwrap_or_default(),
                redirect_url: self.next_action.and_then(|next| next.redirect_to_url?.url),
            },
            "processing" => PaymentState::Processing,
            "requires_capture" => PaymentState::Authorized,
            "succeeded" => PaymentState::Captured,
            "canceled" => PaymentState::Voided,
            other => return Err(unreadable(format!("{} has the unknown status {other}", self.id))),
        };
        Ok(Payment { intent: self.id, booking, state, refunded })
    }

    /// Converts the intent to an entry of a list of payments.
    ///
    /// # Errors
    /// The errors of [`Intent::payment`].
    pub(crate) fn listed(self) -> Result<ListedPayment, PaymentError> {
        let amount = Money::new(self.amount, self.money_currency()?)
            .map_err(|error| unreadable(format!("amount of {}: {error}", self.id)))?;
        let created_at = Timestamp::from_second(self.created)
            .map_err(|error| unreadable(format!("created of {}: {error}", self.id)))?;
        Ok(ListedPayment { payment: self.payment()?, amount, created_at })
    }

    fn money_currency(&self) -> Result<Currency, PaymentError> {
        Currency::parse(&self.currency.to_ascii_uppercase())
            .map_err(|error| unreadable(format!("currency of {}: {error}", self.id)))
    }

    /// Converts the intent to a payment that the card's bank declined.
    pub(crate) fn declined(mut self, error: &ErrorDetail) -> Result<Payment, PaymentError> {
        self.status = "requires_payment_method".to_owned();
        self.last_payment_error = Some(error.clone());
        self.payment()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: &PaymentState) {
        let intent: Intent = serde_json::from_str(json).expect("an intent");
        assert_eq!(&intent.payment().expect("a payment").state, expected, "{json}");
    }

    fn declined(code: &str) -> PaymentState {
        PaymentState::Declined { code: code.to_owned() }
    }

    #[test]
    fn every_status_is_understood() {
        let with = |rest: &str| format!(r#"{{"id":"pi_1","currency":"usd",{rest}}}"#);
        check(&with(r#""status":"requires_payment_method""#), &PaymentState::NotStarted);
        check(&with(r#""status":"requires_confirmation""#), &PaymentState::NotStarted);
        check(&with(r#""status":"processing""#), &PaymentState::Processing);
        check(&with(r#""status":"requires_capture""#), &PaymentState::Authorized);
        check(&with(r#""status":"succeeded""#), &PaymentState::Captured);
        check(&with(r#""status":"canceled""#), &PaymentState::Voided);
    }

    #[test]
    fn a_decline_names_the_banks_reason_or_the_code() {
        check(
            r#"{"id":"pi_1","currency":"usd","status":"requires_payment_method","last_payment_error":
                {"type":"card_error","code":"card_declined","decline_code":"insufficient_funds","message":"No."}}"#,
            &declined("insufficient_funds"),
        );
        check(
            r#"{"id":"pi_1","currency":"usd","status":"requires_payment_method","last_payment_error":
                {"type":"invalid_request_error","code":"payment_intent_authentication_failure"}}"#,
            &declined("payment_intent_authentication_failure"),
        );
    }

    #[test]
    fn the_customers_step_names_the_banks_page_if_there_is_one() {
        let expected = |redirect_url: Option<&str>| PaymentState::ActionRequired {
            client_secret: "pi_1_secret_x".to_owned(),
            redirect_url: redirect_url.map(str::to_owned),
        };
        check(
            r#"{"id":"pi_1","currency":"usd","status":"requires_action","client_secret":"pi_1_secret_x",
                "next_action":{"type":"redirect_to_url","redirect_to_url":{"url":"https://bank.example/1"}}}"#,
            &expected(Some("https://bank.example/1")),
        );
        check(
            r#"{"id":"pi_1","currency":"usd","status":"requires_action","client_secret":"pi_1_secret_x",
                "next_action":{"type":"use_stripe_sdk","use_stripe_sdk":{"type":"three_d_secure_redirect"}}}"#,
            &expected(None),
        );
    }

    #[test]
    fn booking_and_refunds_are_read() {
        let json = r#"{"id":"pi_1","currency":"eur","status":"succeeded","metadata":{"bookingId":"bkg_1"},
            "latest_charge":{"id":"ch_1","amount_refunded":500}}"#;
        let payment = serde_json::from_str::<Intent>(json).expect("an intent").payment().expect("a payment");
        assert_eq!(payment.booking.as_deref(), Some("bkg_1"));
        assert_eq!(payment.refunded, Money::new(500, Currency::parse("EUR").expect("known")).expect("valid"));
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        for json in [
            r#"{"id":"pi_1","currency":"usd","status":"partially_something"}"#,
            r#"{"id":"pi_1","currency":"xxx","status":"succeeded"}"#,
        ] {
            let intent: Intent = serde_json::from_str(json).expect("an intent");
            assert!(matches!(intent.payment(), Err(PaymentError::Unknown(_))), "{json}");
        }
    }
}
