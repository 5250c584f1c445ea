//! Verifies the signature of Stripe's webhooks and reads which payment they are about (<https://docs.stripe.com/webhooks>).

use std::sync::Arc;

use async_trait::async_trait;
use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{Hmac, KeyInit, Mac};
use holdfast_app::kernel::{Keys, Secret, SecretReader, SharedSecret};
use holdfast_app::payments::{InvalidWebhook, WebhookError, WebhookEvent, WebhookVerifier};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha256;

/// The largest difference between a signature's time and ours, in seconds, either way (API.md, Webhooks in).
const TOLERANCE_SECONDS: i64 = 300;
/// The most signatures that are checked in one header. Stripe sends one, and two while a secret is rotated.
const SIGNATURES_MAX: usize = 8;

/// The kinds of events that are of interest, a line each: `make stripe-webhook` subscribes to these.
const KINDS: &str = include_str!("webhook_kinds.txt");

/// The kinds of events that the endpoint at Stripe is subscribed to.
pub fn subscribed_kinds() -> impl Iterator<Item = &'static str> {
    KINDS.lines()
}

/// The verifier of webhooks signed with the endpoint's secret, `whsec_...`, all of whose characters are the key; or with the one
/// before it, while it is rotated. A signature that is neither's may be that of a key which has just been replaced: it is read anew.
pub struct StripeWebhook {
    secrets: Arc<dyn SecretReader>,
    webhook_key: SharedSecret,
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
        "charge" | "refund" | "dispute" => id(object.get("payment_intent")?),
        _ => None,
    }
}

/// Finds the payment that an event is about, if it is about one and of interest. A kind of thin events has `v1.` before it.
fn payment_of(event: &Event) -> Result<Option<String>, InvalidWebhook> {
    let kind = event.kind.strip_prefix("v1.").unwrap_or(&event.kind);
    if !subscribed_kinds().any(|known| known == kind) {
        return Ok(None);
    }
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
        let webhook_key = SharedSecret::new(Arc::clone(&secrets), Secret::PaymentWebhookKey);
        Self { secrets, webhook_key }
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
fn verify(keys: &Keys, payload: &[u8], header: &str, now: Timestamp) -> Result<Event, InvalidWebhook> {
    let signatures = parse_header(header).ok_or(InvalidWebhook::Malformed)?;
    if !keys.each().any(|key| is_signed(key, &signatures, payload)) {
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
        let keys = self.webhook_key.keys().await?;
        let mut verified = verify(&keys, payload, header, now);
        if matches!(verified, Err(InvalidWebhook::Foreign))
            && let Some(keys) = self.webhook_key.keys_after(&keys, now).await
        {
            verified = verify(&keys, payload, header, now);
        }
        let event = verified?;
        if event.livemode.is_some() || event.account.is_some() {
            let api_key = self.secrets.keys(Secret::PaymentApiKey).await?.present;
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
    use std::sync::atomic::{AtomicUsize, Ordering};

    use data_encoding::HEXLOWER;
    use holdfast_app::kernel::SecretError;

    use super::*;

    const SECRET: &str = "whsec_test";
    const PREVIOUS: &str = "whsec_previous";
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
        let keys = Keys { present: SECRET.to_owned(), previous: Some(PREVIOUS.to_owned()) };
        let event = super::verify(&keys, payload.as_bytes(), header, now)?;
        Ok(WebhookEvent { intent: payment_of(&event)?, id: event.id, kind: event.kind })
    }

    fn signed(payload: &str) -> Result<WebhookEvent, InvalidWebhook> {
        verify(payload, &format!("t={AT},v1={}", sign(payload, AT, SECRET)))
    }

    /// A store whose key was replaced after it was read; and how often it was read anew.
    struct Replaced(AtomicUsize);

    #[async_trait]
    impl SecretReader for Replaced {
        async fn keys(&self, _: Secret) -> Result<Keys, SecretError> {
            Ok(Keys::one(PREVIOUS.to_owned()))
        }

        async fn keys_after(&self, secret: Secret, rejected: &str) -> Result<Keys, SecretError> {
            assert_eq!((secret, rejected), (Secret::PaymentWebhookKey, PREVIOUS));
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(Keys::one(SECRET.to_owned()))
        }
    }

    #[tokio::test]
    async fn a_key_that_was_replaced_is_read_anew_and_not_for_every_stranger() {
        let store = Arc::new(Replaced(AtomicUsize::new(0)));
        let webhook = StripeWebhook::new(store.clone());
        let payload = r#"{"id":"evt_1","type":"x"}"#;
        let check = async |seconds: i64, key: &str, is_valid: bool, reads: usize| {
            let at = AT + seconds;
            let header = format!("t={at},v1={}", sign(payload, at, key));
            let now = Timestamp::from_second(at).expect("valid");
            let found = webhook.verify(payload.as_bytes(), &header, now).await;
            assert_eq!(
                (found.is_ok(), store.0.load(Ordering::Relaxed)),
                (is_valid, reads),
                "{seconds} {key}"
            );
        };
        check(0, PREVIOUS, true, 0).await;
        check(1, SECRET, true, 1).await;
        check(2, "whsec_stranger", false, 1).await;
        check(30, "whsec_stranger", false, 1).await;
        check(31, "whsec_stranger", false, 2).await;
        check(61, SECRET, true, 3).await;
    }

    #[test]
    fn a_thin_event_says_its_payment_or_is_refused() {
        let check = |related: &str, expected: Result<Option<&str>, InvalidWebhook>| {
            let payload = format!(
                r#"{{"id":"evt_1","object":"v2.core.event","type":"v1.payment_intent.succeeded","livemode":false,"related_object":{related}}}"#
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
    fn the_payment_is_found_in_intents_charges_refunds_and_disputes() {
        check(r#"{"object":"payment_intent","id":"pi_1"}"#, Some("pi_1"));
        check(r#"{"object":"charge","id":"ch_1","payment_intent":"pi_1"}"#, Some("pi_1"));
        check(
            r#"{"object":"refund","id":"re_1","payment_intent":{"object":"payment_intent","id":"pi_1"}}"#,
            Some("pi_1"),
        );
        check(r#"{"object":"dispute","id":"du_1","charge":"ch_1","payment_intent":"pi_1"}"#, Some("pi_1"));
        check(r#"{"object":"charge","id":"ch_1","payment_intent":null}"#, None);
        check(r#"{"object":"customer","id":"cus_1"}"#, None);
        check("{}", None);
    }

    #[test]
    fn a_kind_that_nobody_subscribed_to_asks_for_nothing() {
        let check = |kind: &str, expected: Option<&str>| {
            let object = r#"{"object":"charge","id":"ch_1","payment_intent":"pi_1"}"#;
            let payload = format!(r#"{{"id":"evt_1","type":"{kind}","data":{{"object":{object}}}}}"#);
            assert_eq!(signed(&payload).expect("signed").intent.as_deref(), expected, "{kind}");
        };
        for kind in subscribed_kinds() {
            check(kind, Some("pi_1"));
        }
        for kind in
            ["payment_intent.created", "charge.succeeded", "charge.dispute.funds_reinstated", "refund"]
        {
            check(kind, None);
        }
    }

    /// An inquiry becomes a chargeback without a dispute that is created: these two tell of it.
    #[test]
    fn every_change_of_a_dispute_is_subscribed_to() {
        for change in ["created", "updated", "funds_withdrawn", "closed"] {
            let kind = format!("charge.dispute.{change}");
            assert!(subscribed_kinds().any(|known| known == kind), "{kind}");
        }
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
    fn while_a_secret_is_rotated_both_are_good_and_no_third_is() {
        let payload = event(r#"{"object":"payment_intent","id":"pi_1"}"#);
        let verdict = |keys: &Keys, secret: &str| {
            let header = format!("t={AT},v1={}", sign(&payload, AT, secret));
            let now = Timestamp::from_second(AT).expect("valid");
            super::verify(keys, payload.as_bytes(), &header, now).map(|event| event.id)
        };
        let rotated = Keys { present: SECRET.to_owned(), previous: Some(PREVIOUS.to_owned()) };
        for (secret, accepted) in [(SECRET, true), (PREVIOUS, true), ("whsec_third", false), ("", false)] {
            assert_eq!(verdict(&rotated, secret).is_ok(), accepted, "{secret}");
        }
        let alone = Keys::one(SECRET.to_owned());
        assert_eq!(verdict(&alone, PREVIOUS), Err(InvalidWebhook::Foreign), "after the rotation");
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
