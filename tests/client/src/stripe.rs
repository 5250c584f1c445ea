//! The fake Stripe: cards, what it knows of a booking's payment, the customer's bank, ordered faults, signed webhooks.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Stack, Trouble, poll};

/// Always accepted.
pub const ACCEPTED: &str = "4242424242424242";
/// Declined with `generic_decline`.
pub const DECLINED: &str = "4000000000000002";
/// Declined with `insufficient_funds`.
pub const INSUFFICIENT_FUNDS: &str = "4000000000009995";
/// Asks for 3-D Secure, then accepted.
pub const THREE_D_SECURE: &str = "4000002760003184";

const PATIENCE: Duration = Duration::from_secs(30);

impl Stack {
    /// A call of the fake Stripe's API with the secret key.
    ///
    /// # Errors
    /// [`Trouble`] if it does not answer JSON.
    pub async fn stripe(&self, method: Method, path: &str, form: &[(&str, &str)]) -> Result<Value, Trouble> {
        let url = format!("{}{path}", self.value("STRIPE_API_URL")?);
        let key = self.value("STRIPE_API_KEY").unwrap_or("sk_test_holdfast_local");
        let mut request = self.http().request(method.clone(), url).bearer_auth(key);
        request = if method == Method::GET { request.query(form) } else { request.form(form) };
        Ok(request.send().await?.json().await?)
    }

    /// A payment method for a card number, as the guest's browser would make it: the card never reaches the API.
    ///
    /// # Errors
    /// [`Trouble`] of the provider.
    pub async fn card(&self, number: &str) -> Result<String, Trouble> {
        let form = [
            ("type", "card"),
            ("card[number]", number),
            ("card[exp_month]", "12"),
            ("card[exp_year]", "2034"),
            ("card[cvc]", "123"),
        ];
        id_of(&self.stripe(Method::POST, "/v1/payment_methods", &form).await?)
    }

    /// The payment intent of a booking, once there is one.
    ///
    /// # Errors
    /// [`Trouble`] if there is none in time.
    pub async fn intent_of(&self, booking: &str) -> Result<Value, Trouble> {
        let id = poll("a payment intent of the booking", PATIENCE, async || {
            let events = self.shim("/_events", booking).await?;
            let intent = events
                .iter()
                .map(|event| &event["data"]["object"])
                .find(|subject| subject["object"] == "payment_intent")
                .map(id_of);
            intent.transpose()
        })
        .await?;
        self.intent(&id).await
    }

    /// A payment intent as it stands.
    ///
    /// # Errors
    /// [`Trouble`] of the provider.
    pub async fn intent(&self, id: &str) -> Result<Value, Trouble> {
        self.stripe(Method::GET, &format!("/v1/payment_intents/{id}"), &[]).await
    }

    /// Refunds of a payment intent.
    ///
    /// # Errors
    /// [`Trouble`] of the provider.
    pub async fn refunds(&self, intent: &str) -> Result<Vec<Value>, Trouble> {
        let page = self.stripe(Method::GET, "/v1/refunds", &[("payment_intent", intent)]).await?;
        Ok(page["data"].as_array().cloned().unwrap_or_default())
    }

    /// What the guest's bank does with a refund, days later: it `succeeded` or has `failed`.
    ///
    /// # Errors
    /// [`Trouble`] of the provider.
    pub async fn refund_ends(&self, refund: &str, status: &str) -> Result<(), Trouble> {
        self.bank_says(&format!("/_refund/{refund}"), status).await
    }

    /// What the card's bank says against a payment: `warning_needs_response` opens an inquiry, `needs_response` a
    /// dispute, also of an inquiry; `won` and `lost` end it.
    ///
    /// # Errors
    /// [`Trouble`] of the provider.
    pub async fn dispute(&self, intent: &str, status: &str) -> Result<(), Trouble> {
        self.bank_says(&format!("/_dispute/{intent}"), status).await
    }

    async fn bank_says(&self, path: &str, status: &str) -> Result<(), Trouble> {
        let url = format!("{}{path}", self.value("STRIPE_API_URL")?);
        let answer = self.http().post(url).json(&json!({ "status": status })).send().await?.status();
        if answer.is_success() { Ok(()) } else { Err(Trouble::unexpected(format!("{path}: {answer}"))) }
    }

    /// What the customer does at their bank: completes the 3-D Secure step, or fails it.
    ///
    /// # Errors
    /// [`Trouble`] of the provider.
    pub async fn authenticate(&self, intent: &Value, success: bool) -> Result<Value, Trouble> {
        let secret = intent["client_secret"].as_str().unwrap_or_default();
        let path = format!("/v1/payment_intents/{}/_authenticate", id_of(intent)?);
        let success = if success { "true" } else { "false" };
        self.stripe(Method::POST, &path, &[("client_secret", secret), ("success", success)]).await
    }

    /// Orders a fault for the next calls that match; see `tools/local/stripe_shim/faults.py`.
    ///
    /// # Errors
    /// [`Trouble`] if the order is not taken.
    pub async fn order_fault(&self, wish: &Value) -> Result<(), Trouble> {
        let url = format!("{}/_fault", self.value("STRIPE_API_URL")?);
        let status = self.http().post(url).json(wish).send().await?.status();
        if status.is_success() { Ok(()) } else { Err(Trouble::unexpected(format!("no fault: {status}"))) }
    }

    /// Calls with an effect that the provider took for a payment intent: of `POST`, ended by `step` (`capture`, `cancel`),
    /// neither refused nor repeated.
    ///
    /// # Errors
    /// [`Trouble`] of the shim.
    pub async fn effects(&self, intent: &str, step: &str) -> Result<usize, Trouble> {
        let path = format!("/v1/payment_intents/{intent}/{step}");
        let calls = self.shim("/_requests", intent).await?;
        let counts = |call: &&Value| {
            call["path"] == path.as_str() && call["status"] == 200 && call["replayed"] == false
        };
        Ok(calls.iter().filter(counts).count())
    }

    /// Calls that mention something and whose path ends so, oldest first; one that still runs has no `status` yet.
    ///
    /// # Errors
    /// [`Trouble`] of the shim.
    pub async fn stripe_requests(&self, contains: &str, path_end: &str) -> Result<Vec<Value>, Trouble> {
        let calls = self.shim("/_requests", contains).await?;
        Ok(calls.into_iter().filter(|c| c["path"].as_str().is_some_and(|p| p.ends_with(path_end))).collect())
    }

    /// How often the bank was asked about a card: confirmations that name it, repetitions not counted.
    ///
    /// # Errors
    /// [`Trouble`] of the shim.
    pub async fn confirmations_of(&self, card: &str) -> Result<usize, Trouble> {
        let calls = self.stripe_requests(card, "/confirm").await?;
        Ok(calls.iter().filter(|call| call["replayed"] == false).count())
    }

    /// Events about something, oldest first, each with its deliveries.
    ///
    /// # Errors
    /// [`Trouble`] of the shim.
    pub async fn stripe_events(&self, contains: &str) -> Result<Vec<Value>, Trouble> {
        self.shim("/_events", contains).await
    }

    /// Sends an event again; the status of our answer.
    ///
    /// # Errors
    /// [`Trouble`] of the shim.
    pub async fn send_stripe_event(&self, event: &str) -> Result<Option<i64>, Trouble> {
        let url = format!("{}/_events/{event}/send", self.value("STRIPE_API_URL")?);
        let sent: Value = self.http().post(url).json(&json!({})).send().await?.json().await?;
        Ok(sent["status"].as_i64())
    }

    /// The `Stripe-Signature` of a payload, made by Stripe's own package.
    ///
    /// # Errors
    /// [`Trouble`] of the shim.
    pub async fn signature(&self, payload: &str, secret: &str, at_seconds: i64) -> Result<String, Trouble> {
        let url = format!("{}/_sign", self.value("STRIPE_API_URL")?);
        let wish = json!({ "payload": payload, "secret": secret, "at": at_seconds });
        let signed: Value = self.http().post(url).json(&wish).send().await?.json().await?;
        let header = signed["header"].as_str().map(str::to_owned);
        header.ok_or_else(|| Trouble::unexpected(format!("no signature in {signed}")))
    }

    async fn shim(&self, path: &str, contains: &str) -> Result<Vec<Value>, Trouble> {
        let url = format!("{}{path}", self.value("STRIPE_API_URL")?);
        let found: Value = self.http().get(url).query(&[("contains", contains)]).send().await?.json().await?;
        Ok(found["results"].as_array().cloned().unwrap_or_default())
    }
}

/// The `id` of a Stripe object.
///
/// # Errors
/// [`Trouble::Unexpected`] if it has none.
pub fn id_of(object: &Value) -> Result<String, Trouble> {
    object["id"].as_str().map(str::to_owned).ok_or_else(|| Trouble::unexpected(format!("no id in {object}")))
}
