//! Types for the parts of Stripe's JSON that are read. Unknown fields are ignored: Stripe adds some at any time.

use std::collections::HashMap;

use holdfast_app::PaymentError;
use holdfast_app::operations::ListedPayment;
use holdfast_app::payments::{Dispute, Payment, PaymentState};
use holdfast_domain::{Currency, Money};
use holdfast_stripe_amounts::ProviderAmount;
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
    /// What was taken; 0 before the capture.
    #[serde(default)]
    pub(crate) amount_received: Option<i64>,
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
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct List<T> {
    pub(crate) data: Vec<T>,
    #[serde(default)]
    pub(crate) has_more: bool,
}

/// An entry of a list of intents: one that does not look like an intent does not hide the others.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Entry {
    Intent(Box<Intent>),
    Other {
        id: String,
        #[serde(default)]
        metadata: HashMap<String, serde::de::IgnoredAny>,
    },
}

impl Entry {
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Intent(intent) => &intent.id,
            Self::Other { id, .. } => id,
        }
    }

    /// Whether it names a booking.
    pub(crate) fn is_ours(&self) -> bool {
        match self {
            Self::Intent(intent) => intent.metadata.contains_key(BOOKING_METADATA),
            Self::Other { metadata, .. } => metadata.contains_key(BOOKING_METADATA),
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Expandable<T> {
    Object(T),
    Id(serde::de::IgnoredAny),
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Charge {
    /// What was reserved.
    #[serde(default)]
    pub(crate) amount: Option<i64>,
    /// What was taken of that.
    #[serde(default)]
    pub(crate) amount_captured: Option<i64>,
    /// What was given back, with what was released by the capture of a part.
    #[serde(default)]
    pub(crate) amount_refunded: i64,
    /// Whether it was disputed at any time.
    #[serde(default)]
    pub(crate) disputed: bool,
    /// Its latest refunds, where they were asked for.
    #[serde(default)]
    pub(crate) refunds: Option<List<Refund>>,
}

impl Charge {
    /// What was given back of what was taken.
    fn given_back(&self) -> i64 {
        let released = match (self.amount, self.amount_captured) {
            (Some(reserved), Some(captured)) => (reserved - captured).max(0),
            (Some(_) | None, _) => 0,
        };
        if self.amount_refunded < released { self.amount_refunded } else { self.amount_refunded - released }
    }
}

/// A dispute (<https://docs.stripe.com/api/disputes/object>).
#[derive(Debug, Deserialize)]
pub(crate) struct StripeDispute {
    pub(crate) status: String,
    /// The disputed amount: that of the charge, or a part of it.
    #[serde(default)]
    pub(crate) amount: Option<i64>,
    #[serde(default)]
    pub(crate) currency: Option<String>,
}

impl StripeDispute {
    /// What the card's bank says. An inquiry (`warning_...`) takes no money.
    ///
    /// # Errors
    /// [`PaymentError::Unknown`] for a status that this crate does not know.
    pub(crate) fn dispute(&self) -> Result<Dispute, PaymentError> {
        match self.status.as_str() {
            "needs_response" | "under_review" => Ok(Dispute::Open),
            "lost" => Ok(Dispute::Lost),
            "won" | "prevented" | "warning_needs_response" | "warning_under_review" | "warning_closed" => {
                Ok(Dispute::None)
            }
            other => Err(unreadable(format!("a dispute has the unknown status {other}"))),
        }
    }

    /// How much of a payment it is about: at most what was taken, and all of that where the answer does not say it in the
    /// payment's currency.
    ///
    /// # Errors
    /// [`PaymentError::Unknown`] for an amount that is out of range.
    pub(crate) fn amount_of(&self, taken: Money) -> Result<Money, PaymentError> {
        let code = taken.currency().code().to_ascii_lowercase();
        let amount = match self.amount {
            Some(amount) if self.currency.as_ref() == Some(&code) => {
                ProviderAmount::money(amount, taken.currency())
                    .map_err(|error| unreadable(format!("the amount of a dispute: {error}")))?
            }
            Some(_) | None => taken,
        };
        Ok(if amount.amount() > taken.amount() { taken } else { amount })
    }
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
    /// The parameter that the request is refused for.
    #[serde(default)]
    pub(crate) param: Option<String>,
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

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Refund {
    #[serde(default)]
    pub(crate) status: Option<String>,
    #[serde(default)]
    pub(crate) failure_reason: Option<String>,
}

impl Refund {
    /// Whether Stripe has accepted and counted it, and it may still fail.
    pub(crate) fn is_pending(&self) -> bool {
        matches!(self.status.as_deref(), Some("pending" | "requires_action"))
    }
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
        let (taken, refunded) = self.taken_and_refunded()?;
        let taken = self.money(taken, "amount_received")?;
        let refunded = self.money(refunded, "amount_refunded")?;
        let refund_pending = self.has_pending_refund();
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
        let (dispute, charged_back) = (Dispute::None, Money::zero(taken.currency()));
        Ok(Payment {
            intent: self.id,
            booking,
            state,
            taken,
            refunded,
            refund_pending,
            dispute,
            charged_back,
        })
    }

    fn charge(&self) -> Option<&Charge> {
        match &self.latest_charge {
            Some(Expandable::Object(charge)) => Some(charge),
            Some(Expandable::Id(_)) | None => None,
        }
    }

    /// Whether its charge was disputed at any time: how that has ended is a question of its own.
    pub(crate) fn was_disputed(&self) -> bool {
        self.charge().is_some_and(|charge| charge.disputed)
    }

    fn has_pending_refund(&self) -> bool {
        let refunds = self.charge().and_then(|charge| charge.refunds.as_ref());
        refunds.is_some_and(|refunds| refunds.data.iter().any(Refund::is_pending))
    }

    /// What was taken and what was given back of that, in Stripe's units. Stripe also "refunds" the reserved amount of an intent
    /// that is cancelled, and what is left of one of which a part is captured: nobody's money moves, and it counts for nothing.
    fn taken_and_refunded(&self) -> Result<(i64, i64), PaymentError> {
        if self.status != "succeeded" {
            return Ok((0, 0));
        }
        let taken = self.amount_received;
        let taken = taken.ok_or_else(|| unreadable(format!("{} does not say what was taken", self.id)))?;
        Ok((taken, self.charge().map_or(0, Charge::given_back)))
    }

    fn money(&self, amount: i64, what: &str) -> Result<Money, PaymentError> {
        ProviderAmount::money(amount, self.money_currency()?)
            .map_err(|error| unreadable(format!("{what} of {}: {error}", self.id)))
    }

    /// Converts the intent to an entry of a list of payments.
    ///
    /// # Errors
    /// The errors of [`Intent::payment`].
    pub(crate) fn listed(self) -> Result<ListedPayment, PaymentError> {
        let amount = self.money(self.amount, "amount")?;
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
        check(&with(r#""status":"succeeded","amount_received":900"#), &PaymentState::Captured);
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
    fn booking_and_amounts_are_read() {
        let read = |currency: &str, status: &str, received: &str| {
            let json = format!(
                r#"{{"id":"pi_1","currency":"{currency}","status":"{status}",{received}"metadata":{{"bookingId":"bkg_1"}},
                    "latest_charge":{{"id":"ch_1","amount_refunded":500}}}}"#
            );
            serde_json::from_str::<Intent>(&json).expect("an intent").payment()
        };
        let received = r#""amount_received":900,"#;
        let amounts = |currency: &str, status: &str| {
            let payment = read(currency, status, received).expect("a payment");
            assert_eq!(payment.booking.as_deref(), Some("bkg_1"));
            assert_eq!(payment.taken.currency().code(), currency.to_ascii_uppercase());
            (payment.taken.amount(), payment.refunded.amount())
        };
        assert_eq!(amounts("eur", "succeeded"), (900, 500));
        // In the contract's units: 9 krónur and 5, not 900 and 500; 900.00 ariary.
        assert_eq!(amounts("isk", "succeeded"), (9, 5));
        assert_eq!(amounts("mga", "succeeded"), (90_000, 50_000));
        // What is let go of was never taken.
        assert_eq!(amounts("eur", "canceled"), (0, 0));
        assert_eq!(amounts("eur", "requires_capture"), (0, 0));
        assert!(matches!(read("eur", "succeeded", ""), Err(PaymentError::Unknown(_))), "nobody guesses");
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
