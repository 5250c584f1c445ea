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
fn verify(key: &str, payload: &[u8], header: &str, now: Timestamp) -> Result<WebhookEvent, InvalidWebhook> {
    let signatures = parse_header(header).ok_or(InvalidWebhook::Malformed)?;
    if !is_signed(key, &signatures, payload) {
        return Err(InvalidWebhook::Foreign);
    }
    if now.as_second().abs_diff(signatures.at) > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(InvalidWebhook::Stale);
    }
    let event: Event = serde_json::from_slice(payload).map_err(|_| InvalidWebhook::Payload)?;
    Ok(WebhookEvent { id: event.id, kind: event.kind, intent: intent_of(&event.data.object) })
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
        Ok(verify(&key, payload, header, now)?)
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
        super::verify(SECRET, payload.as_bytes(), header, now)
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
