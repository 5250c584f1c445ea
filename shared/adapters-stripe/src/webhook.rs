//! Verifies the signature of Stripe's webhooks and reads which payment they are about (<https://docs.stripe.com/webhooks>).

use std::sync::Arc;

use async_trait::async_trait;
use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{Hmac, KeyInit, Mac};
use holdfast_app::kernel::{Secret, SecretReader};
use holdfast_app::payments::{InvalidWebhook, WebhookError, WebhookEvent, WebhookVerifier};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha256;

/// The largest difference between a signature's time and ours, in seconds, either way (API.md, Webhooks in).
const TOLERANCE_SECONDS: i64 = 300;
/// The most signatures that are checked in one header. Stripe sends one, and two while a secret is rotated.
const SIGNATURES_MAX: usize = 8;

/// The verifier of webhooks signed with the endpoint's secret, `whsec_...`, all of whose characters are the key.
pub struct StripeWebhook {
    secrets: Arc<dyn SecretReader>,
}

#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    data: Data,
    /// In events with thin payloads, in place of `data`: the object they are about, by its name only.
    related_object: Option<RelatedObject>,
    /// Whether it is about real money.
    livemode: Option<bool>,
    /// The connected account it comes from; absent in events of one's own account.
    account: Option<String>,
}

#[derive(Deserialize)]
struct RelatedObject {
    id: String,
    #[serde(rename = "type")]
    kind: String,
}

/// The object that an event is about. Events that are not of interest may have none.
#[derive(Default, Deserialize)]
struct Data {
    #[serde(default)]
    object: Value,
}

struct Signatures<'a> {
    at_text: &'a str,
    at: i64,
    v1: Vec<&'a str>,
}

/// Reads `t=1492774577,v1=5257a8...,v1=...`; other schemes are ignored, as Stripe asks.
fn parse_header(header: &str) -> Option<Signatures<'_>> {
    let mut at_text = None;
    let mut v1 = Vec::new();
    for part in header.split(',') {
        let (scheme, value) = part.trim().split_once('=')?;
        match scheme {
            "t" => at_text = Some(value),
            "v1" if v1.len() < SIGNATURES_MAX => v1.push(value),
            _ => {}
        }
    }
    let at_text = at_text?;
    let at = at_text.parse().ok()?;
    if v1.is_empty() { None } else { Some(Signatures { at_text, at, v1 }) }
}

/// Finds the payment that an event's object belongs to.
fn intent_of(object: &Value) -> Option<String> {
    let id = |value: &Value| match value {
        Value::String(id) => Some(id.clone()),
        Value::Object(expanded) => Some(expanded.get("id")?.as_str()?.to_owned()),
        _ => None,
    };
    match object.get("object").and_then(Value::as_str)? {
        "payment_intent" => id(object.get("id")?),
        "charge" | "refund" => id(object.get("payment_intent")?),
        _ => None,
    }
}

/// Finds the payment that an event is about, if it is about one.
fn payment_of(event: &Event) -> Result<Option<String>, InvalidWebhook> {
    match &event.related_object {
        None => Ok(intent_of(&event.data.object)),
        Some(related) => match related.kind.as_str() {
            "payment_intent" => Ok(Some(related.id.clone())),
            "charge" | "refund" | "dispute" => Err(InvalidWebhook::Thin),
            _ => Ok(None),
        },
    }
}

/// What is odd about an event, by the key that the provider is called with: signs of a wrong configuration. Nothing depends on
/// it, since the provider is asked for the payment.
fn oddities(event: &Event, api_key: &str) -> Vec<&'static str> {
    let other_mode = event.livemode.is_some_and(|live| live != api_key.contains("_live_"));
    let mut found = Vec::new();
    if other_mode {
        found.push("a webhook of the other mode: webhook secret and API key are of different modes");
    }
    if event.account.is_some() {
        found.push("a webhook of a connected account, which has no payments of ours");
    }
    found
}

impl StripeWebhook {
    /// Makes a verifier that reads the key when the first webhook arrives.
    #[must_use]
    pub fn new(secrets: Arc<dyn SecretReader>) -> Self {
        Self { secrets }
    }
}

fn is_signed(key: &str, signatures: &Signatures<'_>, payload: &[u8]) -> bool {
    let mac: Hmac<Sha256> = match Hmac::new_from_slice(key.as_bytes()) {
        Ok(mac) => mac,
        Err(_) => unreachable!("HMAC takes keys of any length"),
    };
    let mac = mac.chain_update(signatures.at_text).chain_update(".").chain_update(payload);
    signatures.v1.iter().any(|signature| {
        HEXLOWER_PERMISSIVE
            .decode(signature.as_bytes())
            .is_ok_and(|bytes| mac.clone().verify_slice(&bytes).is_ok())
    })
}

/// Compares the signature in constant time, before it reads anything of the payload.
fn verify(key: &str, payload: &[u8], header: &str, now: Timestamp) -> Result<Event, InvalidWebhook> {
    let signatures = parse_header(header).ok_or(InvalidWebhook::Malformed)?;
    if !is_signed(key, &signatures, payload) {
        return Err(InvalidWebhook::Foreign);
    }
    if now.as_second().abs_diff(signatures.at) > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(InvalidWebhook::Stale);
    }
    serde_json::from_slice(payload).map_err(|_| InvalidWebhook::Payload)
}

#[async_trait]
impl WebhookVerifier for StripeWebhook {
    async fn verify(
        &self,
        payload: &[u8],
        header: &str,
        now: Timestamp,
    ) -> Result<WebhookEvent, WebhookError> {
        let key = self.secrets.secret(Secret::PaymentWebhookKey).await?;
        let event = verify(&key, payload, header, now)?;
        if event.livemode.is_some() || event.account.is_some() {
            let api_key = self.secrets.secret(Secret::PaymentApiKey).await?;
            for oddity in oddities(&event, &api_key) {
                tracing::warn!(event = event.id, livemode = event.livemode, account = event.account, oddity);
            }
        }
        let intent = payment_of(&event)?;
        Ok(WebhookEvent { id: event.id, kind: event.kind, intent })
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    const SECRET: &str = "whsec_test";
    const AT: i64 = 1_800_000_000;

    fn sign(payload: &str, at: i64, secret: &str) -> String {
        let mac: Hmac<Sha256> = Hmac::new_from_slice(secret.as_bytes()).expect("any length");
        HEXLOWER.encode(&mac.chain_update(format!("{at}.{payload}")).finalize().into_bytes())
    }

    fn event(object: &str) -> String {
        format!(r#"{{"id":"evt_1","type":"payment_intent.succeeded","data":{{"object":{object}}}}}"#)
    }

    fn verify(payload: &str, header: &str) -> Result<WebhookEvent, InvalidWebhook> {
        let now = Timestamp::from_second(AT).expect("valid");
        let event = super::verify(SECRET, payload.as_bytes(), header, now)?;
        Ok(WebhookEvent { intent: payment_of(&event)?, id: event.id, kind: event.kind })
    }

    fn signed(payload: &str) -> Result<WebhookEvent, InvalidWebhook> {
        verify(payload, &format!("t={AT},v1={}", sign(payload, AT, SECRET)))
    }

    #[test]
    fn a_thin_event_says_its_payment_or_is_refused() {
        let check = |related: &str, expected: Result<Option<&str>, InvalidWebhook>| {
            let payload = format!(
                r#"{{"id":"evt_1","object":"v2.core.event","type":"v1.x","livemode":false,"related_object":{related}}}"#
            );
            let intent = signed(&payload).map(|event| event.intent);
            assert_eq!(
                intent.as_ref().map(|intent| intent.as_deref()).map_err(|error| *error),
                expected,
                "{related}"
            );
        };
        check(r#"{"id":"pi_1","type":"payment_intent","url":"/v1/payment_intents/pi_1"}"#, Ok(Some("pi_1")));
        check(r#"{"id":"ch_1","type":"charge","url":"/v1/charges/ch_1"}"#, Err(InvalidWebhook::Thin));
        check(r#"{"id":"re_1","type":"refund","url":"/v1/refunds/re_1"}"#, Err(InvalidWebhook::Thin));
        check(r#"{"id":"mtr_1","type":"billing.meter","url":"/v1/billing/meters/mtr_1"}"#, Ok(None));
        check("null", Ok(None));
    }

    #[test]
    fn what_comes_from_elsewhere_is_odd() {
        let check = |livemode: &str, account: &str, key: &str, expected: usize| {
            let payload = format!(r#"{{"id":"evt_1","type":"x","livemode":{livemode},"account":{account}}}"#);
            let event: Event = serde_json::from_str(&payload).expect("an event");
            assert_eq!(oddities(&event, key).len(), expected, "{payload} {key}");
        };
        for (live, key, expected) in [
            ("true", "sk_live_1", 0),
            ("false", "sk_test_1", 0),
            ("true", "rk_test_1", 1),
            ("false", "rk_live_1", 1),
            ("null", "sk_live_1", 0),
        ] {
            check(live, "null", key, expected);
        }
        check("false", r#""acct_1""#, "sk_test_1", 1);
        check("true", r#""acct_1""#, "sk_test_1", 2);
    }

    fn check(object: &str, expected: Option<&str>) {
        let payload = event(object);
        let verified =
            verify(&payload, &format!("t={AT},v1={}", sign(&payload, AT, SECRET))).expect("signed");
        assert_eq!((verified.id.as_str(), verified.kind.as_str()), ("evt_1", "payment_intent.succeeded"));
        assert_eq!(verified.intent.as_deref(), expected, "{object}");
    }

    #[test]
    fn the_payment_is_found_in_intents_charges_and_refunds() {
        check(r#"{"object":"payment_intent","id":"pi_1"}"#, Some("pi_1"));
        check(r#"{"object":"charge","id":"ch_1","payment_intent":"pi_1"}"#, Some("pi_1"));
        check(
            r#"{"object":"refund","id":"re_1","payment_intent":{"object":"payment_intent","id":"pi_1"}}"#,
            Some("pi_1"),
        );
        check(r#"{"object":"charge","id":"ch_1","payment_intent":null}"#, None);
        check(r#"{"object":"customer","id":"cus_1"}"#, None);
        check("{}", None);
    }

    #[test]
    fn an_event_about_nothing_is_an_event() {
        for payload in [r#"{"id":"evt_1","type":"ping"}"#, r#"{"id":"evt_1","type":"ping","data":{}}"#] {
            let header = format!("t={AT},v1={}", sign(payload, AT, SECRET));
            let event = verify(payload, &header).expect("signed");
            assert_eq!((event.kind.as_str(), event.intent), ("ping", None), "{payload}");
        }
    }

    #[test]
    fn a_known_signature_is_reproduced() {
        // HMAC-SHA256 of "1800000000.{}" under "whsec_test", by another implementation (Python's hmac).
        let known = "482e6337ac5272392d375c6fdc4d52a7e615dc2facedab0ffe155ddfd6a56e66";
        assert_eq!(sign("{}", AT, SECRET), known);
    }

    #[test]
    fn any_of_several_signatures_will_do() {
        let payload = event(r#"{"object":"payment_intent","id":"pi_1"}"#);
        let other = sign(&payload, AT, "whsec_old");
        let header = format!("t={AT},v0=ff,v1={other},v1={}", sign(&payload, AT, SECRET));
        assert!(verify(&payload, &header).is_ok());
    }

    #[test]
    fn forged_stale_and_malformed_webhooks_are_turned_away() {
        let payload = event("{}");
        let good = sign(&payload, AT, SECRET);
        let cases = [
            (format!("t={AT},v1={}", sign(&payload, AT, "whsec_other")), InvalidWebhook::Foreign),
            (format!("t={AT},v1=zz"), InvalidWebhook::Foreign),
            (format!("t={},v1={good}", AT + 1), InvalidWebhook::Foreign),
            (format!("v1={good}"), InvalidWebhook::Malformed),
            (format!("t={AT}"), InvalidWebhook::Malformed),
            (format!("t=now,v1={good}"), InvalidWebhook::Malformed),
            (String::new(), InvalidWebhook::Malformed),
            ("nonsense".to_owned(), InvalidWebhook::Malformed),
        ];
        for (header, expected) in cases {
            assert_eq!(verify(&payload, &header), Err(expected), "{header}");
        }
        let tampered = payload.replace("evt_1", "evt_2");
        assert_eq!(verify(&tampered, &format!("t={AT},v1={good}")), Err(InvalidWebhook::Foreign));
    }

    #[test]
    fn five_minutes_are_tolerated_either_way() {
        let payload = event("{}");
        for (offset, accepted) in [(-301, false), (-300, true), (300, true), (301, false)] {
            let at = AT + offset;
            let verdict = verify(&payload, &format!("t={at},v1={}", sign(&payload, at, SECRET)));
            assert_eq!(verdict.is_ok(), accepted, "{offset}");
            assert!(accepted || verdict == Err(InvalidWebhook::Stale));
        }
    }

    #[test]
    fn a_signed_payload_that_is_no_event_is_refused() {
        for payload in ["", "{}", "[]", r#"{"id":"evt_1"}"#] {
            let header = format!("t={AT},v1={}", sign(payload, AT, SECRET));
            assert_eq!(verify(payload, &header), Err(InvalidWebhook::Payload), "{payload}");
        }
    }
}
