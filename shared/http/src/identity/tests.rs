//! Tokens of two issuers, with keys made for this run: which are believed, whose they then are, and why the others are not.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use graviola::signing::rsa::{KeySize, SigningKey};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::{SignedDuration, Timestamp};
use ring::{hmac, rsa, signature::RsaPublicKeyComponents};
use serde_json::{Value, json};

use super::*;
use crate::code::ProblemCode;

const GUESTS: &str = "https://pool.example/guests";
const STAFF: &str = "https://pool.example/staff";
const BOTH: &[Scope] = &[Scope::Guest, Scope::Operator];

/// A pair of keys, made for this run.
struct Pair {
    private: SigningKey,
    public: RsaPublicKeyComponents<Vec<u8>>,
}

impl Pair {
    fn new() -> Self {
        let private = SigningKey::generate(KeySize::Rsa2048).expect("a key");
        let mut der = [0; 4096];
        let der = private.to_pkcs8_der(&mut der).expect("a document");
        let public = RsaPublicKeyComponents::from(rsa::KeyPair::from_pkcs8(der).expect("a key").public());
        Self { private, public }
    }

    fn listed(&self, name: &str) -> Value {
        let number = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        json!({
            "kty": "RSA", "alg": "RS256", "use": "sig", "kid": name,
            "n": number(&self.public.n), "e": number(&self.public.e),
        })
    }

    fn sign(&self, header: &Value, said: &Value) -> String {
        let signed = unsigned(header, said);
        let mut signature = [0; 512];
        let signature =
            self.private.sign_pkcs1_sha256(&mut signature, signed.as_bytes()).expect("a signature");
        format!("{signed}.{}", BASE64URL_NOPAD.encode(signature))
    }
}

/// The first two parts of a token.
fn unsigned(header: &Value, said: &Value) -> String {
    let part = |json: &Value| BASE64URL_NOPAD.encode(json.to_string().as_bytes());
    format!("{}.{}", part(header), part(said))
}

static GUESTS_KEY: LazyLock<Pair> = LazyLock::new(Pair::new);
static STAFF_KEY: LazyLock<Pair> = LazyLock::new(Pair::new);

fn now() -> Timestamp {
    "2027-05-01T10:00:00Z".parse().expect("an instant")
}

/// What the issuers answer, and how often they were asked.
#[derive(Clone, Default)]
struct Answers(Arc<(Mutex<Option<Vec<Value>>>, AtomicUsize)>);

impl Answers {
    fn usual() -> Self {
        let answers = Self::default();
        answers.are(Some(vec![GUESTS_KEY.listed("guests-1"), STAFF_KEY.listed("staff-1")]));
        answers
    }

    /// From now on; `None` stands for an outage.
    fn are(&self, keys: Option<Vec<Value>>) {
        *self.0.0.lock().expect("a lock") = keys;
    }

    fn asked(&self) -> usize {
        self.0.1.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl KeySource for Answers {
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, KeysUnavailable> {
        self.0.1.fetch_add(1, Ordering::SeqCst);
        let keys = self.0.0.lock().expect("a lock").clone();
        let keys = keys.ok_or_else(|| KeysUnavailable("an outage".into()))?;
        let of = if url == format!("{STAFF}/.well-known/jwks.json") { "staff" } else { "guests" };
        let of = |key: &Value| key["kid"].as_str().is_none_or(|name| name.starts_with(of));
        let keys: Vec<Value> = keys.into_iter().filter(of).collect();
        Ok(json!({ "keys": keys }).to_string().into_bytes())
    }
}

fn verifier(answers: &Answers) -> Verifier {
    let issuers = json!([
        { "url": GUESTS, "clients": ["web"], "scopes": ["booking/guest", "booking/partner"] },
        { "name": "staff", "url": STAFF, "clients": ["desk", "machine"], "scopes": ["booking/operator"] },
    ]);
    Verifier::new(Issuers::read(&issuers.to_string()).expect("issuers"), answers.clone())
}

fn header(key: &str) -> Value {
    json!({ "alg": "RS256", "kid": key })
}

fn with(mut json: Value, changes: Value) -> Value {
    let (Value::Object(members), Value::Object(changes)) = (&mut json, changes) else { panic!("objects") };
    members.extend(changes);
    members.retain(|_, value| !value.is_null());
    json
}

/// What Cognito's access token of a guest says.
fn guest() -> Value {
    json!({
        "sub": "guest-1", "iss": GUESTS, "version": 2, "client_id": "web", "token_use": "access", "scope": "openid booking/guest",
        "auth_time": 1_809_165_500, "exp": now().as_second() + 600, "iat": 1_809_165_500, "jti": "j", "username": "guest-1",
    })
}

fn staff() -> Value {
    with(guest(), json!({ "sub": "ada", "iss": STAFF, "client_id": "desk", "scope": "booking/operator" }))
}

fn headers(authorization: &str) -> HeaderMap {
    HeaderMap::from_iter([(AUTHORIZATION, authorization.parse().expect("a value"))])
}

/// Who sends this, on a route for guests and operators: name and whether they are an operator, or the status of the refusal.
async fn sent(verifier: &Verifier, headers: &HeaderMap, now: Timestamp) -> Result<(String, bool), u16> {
    let identity = verifier.identity(headers, now).await;
    let caller = authorized(&identity, BOTH).map_err(|refusal| refusal.code.status().as_u16())?;
    Ok((caller.guest.as_str().to_owned(), caller.staff.is_some()))
}

async fn check(token: &str, expected: Result<(&str, bool), u16>) {
    let found = sent(&verifier(&Answers::usual()), &headers(&format!("Bearer {token}")), now()).await;
    assert_eq!(found, expected.map(|(name, operator)| (name.to_owned(), operator)), "{token}");
}

async fn check_guest(changes: Value, expected: Result<(&str, bool), u16>) {
    check(&GUESTS_KEY.sign(&header("guests-1"), &with(guest(), changes)), expected).await;
}

async fn check_staff(changes: Value, expected: Result<(&str, bool), u16>) {
    check(&STAFF_KEY.sign(&header("staff-1"), &with(staff(), changes)), expected).await;
}

#[tokio::test]
async fn a_token_says_who_it_is_and_no_two_issuers_share_a_caller() {
    check_guest(json!({}), Ok(("guest-1", false))).await;
    check_staff(json!({}), Ok(("staff/ada", true))).await;
    check_staff(json!({ "sub": "guest-1" }), Ok(("staff/guest-1", true))).await;
    check_staff(json!({ "client_id": "machine", "sub": "machine" }), Ok(("staff/machine", true))).await;
    for subject in ["staff/ada", "a/b", "", "spaces in it"] {
        check_guest(json!({ "sub": subject }), Err(401)).await;
    }
}

#[tokio::test]
async fn an_issuer_vouches_for_its_own_scopes_alone() {
    for scope in ["booking/operator", "booking/guest booking/operator", "booking/operator openid"] {
        check_guest(json!({ "scope": scope }), Err(401)).await;
    }
    for scope in ["booking/guest", "booking/operator booking/guest", "booking/partner"] {
        check_staff(json!({ "scope": scope }), Err(401)).await;
    }
    for scope in [json!("booking/partner"), json!("booking/everything"), json!(""), json!(null)] {
        check_guest(json!({ "scope": scope }), Err(403)).await;
    }
}

#[tokio::test]
async fn a_token_is_for_an_api_and_an_audience() {
    check_guest(json!({ "token_use": "id" }), Err(401)).await;
    check_guest(json!({ "token_use": null }), Err(401)).await;
    check_guest(json!({ "client_id": "another" }), Err(401)).await;
    check_guest(json!({ "client_id": null }), Err(401)).await;
    // The guests' client is none of staff's, whoever issues for it.
    check_staff(json!({ "client_id": "web" }), Err(401)).await;
    check_guest(json!({ "client_id": "desk" }), Err(401)).await;
    check_guest(json!({ "client_id": null, "aud": "web" }), Ok(("guest-1", false))).await;
    check_guest(json!({ "aud": ["others", "web"] }), Ok(("guest-1", false))).await;
    // Where there is an audience, the client is not asked.
    check_guest(json!({ "aud": "others" }), Err(401)).await;
    check_guest(json!({ "aud": [] }), Err(401)).await;
}

#[tokio::test]
async fn a_token_is_good_for_its_time_and_a_minute_for_clocks() {
    let at = |seconds: i64| now().as_second() + seconds;
    check_guest(json!({ "exp": at(-59) }), Ok(("guest-1", false))).await;
    check_guest(json!({ "exp": at(-60) }), Err(401)).await;
    check_guest(json!({ "exp": i64::MIN }), Err(401)).await;
    check_guest(json!({ "exp": null }), Err(401)).await;
    check_guest(json!({ "exp": "never" }), Err(401)).await;
    check_guest(json!({ "nbf": at(60) }), Ok(("guest-1", false))).await;
    check_guest(json!({ "nbf": at(61) }), Err(401)).await;
    check_guest(json!({ "exp": i64::MAX, "nbf": i64::MIN }), Ok(("guest-1", false))).await;
}

#[tokio::test]
async fn a_signature_is_the_issuers_own_and_of_what_is_said() {
    check_guest(json!({ "iss": "https://elsewhere.example" }), Err(401)).await;
    // By the issuer's own key under the name of another issuer.
    check_guest(json!({ "iss": STAFF }), Err(401)).await;
    check(&Pair::new().sign(&header("guests-1"), &guest()), Err(401)).await;
    check(&GUESTS_KEY.sign(&header("guests-2"), &guest()), Err(401)).await;
    check(&GUESTS_KEY.sign(&header("staff-1"), &staff()), Err(401)).await;
    let good = GUESTS_KEY.sign(&header("guests-1"), &guest());
    let parts: Vec<&str> = good.split('.').collect();
    let other = unsigned(&header("guests-1"), &with(guest(), json!({ "sub": "guest-2" })));
    for changed in [
        format!("{other}.{}", parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{good}."),
        format!("{good}="),
        good[..good.len() - 2].to_owned(),
        "garbage".to_owned(),
        "..".to_owned(),
        String::new(),
    ] {
        check(&changed, Err(401)).await;
    }
    check(&good, Ok(("guest-1", false))).await;
}

#[tokio::test]
async fn the_algorithm_is_ours_to_choose() {
    for algorithm in ["none", "None", "", "HS256", "RS384", "PS256", "ES256"] {
        let header = json!({ "alg": algorithm, "kid": "guests-1" });
        check(&GUESTS_KEY.sign(&header, &guest()), Err(401)).await;
        check(&format!("{}.", unsigned(&header, &guest())), Err(401)).await;
    }
    // The public key, which everybody has, as a secret.
    let header = json!({ "alg": "HS256", "kid": "guests-1" });
    let signed = unsigned(&header, &guest());
    let key = hmac::Key::new(hmac::HMAC_SHA256, &GUESTS_KEY.public.n);
    let tag = hmac::sign(&key, signed.as_bytes());
    check(&format!("{signed}.{}", BASE64URL_NOPAD.encode(tag.as_ref())), Err(401)).await;
    for odd in [
        json!({ "alg": "RS256" }),
        json!({ "alg": "RS256", "kid": "guests-1", "crit": ["b64"], "b64": false }),
    ] {
        check(&GUESTS_KEY.sign(&odd, &guest()), Err(401)).await;
    }
}

#[tokio::test]
async fn a_token_comes_in_one_header_under_one_scheme() {
    let good = GUESTS_KEY.sign(&header("guests-1"), &guest());
    let verifier = verifier(&Answers::usual());
    for (value, expected) in [
        (format!("Bearer {good}"), Ok(("guest-1".to_owned(), false))),
        (format!("bearer {good}"), Ok(("guest-1".to_owned(), false))),
        (format!("Basic {good}"), Err(401)),
        (good.clone(), Err(401)),
        ("Bearer".to_owned(), Err(401)),
        (format!("Bearer {good} {good}"), Err(401)),
    ] {
        assert_eq!(sent(&verifier, &headers(&value), now()).await, expected, "{value}");
    }
    assert_eq!(sent(&verifier, &HeaderMap::new(), now()).await, Err(401));
    let mut twice = headers(&format!("Bearer {good}"));
    twice.append(AUTHORIZATION, format!("Bearer {good}").parse().expect("a value"));
    assert_eq!(sent(&verifier, &twice, now()).await, Err(401));
    let long = with(guest(), json!({ "more": "x".repeat(8_000) }));
    check(&GUESTS_KEY.sign(&header("guests-1"), &long), Err(401)).await;
}

/// Asks with a guest's token that was signed under the name of a key, so many seconds after the beginning.
async fn ask(verifier: &Verifier, key: &str, seconds: i64) -> Result<(String, bool), u16> {
    let later = now() + SignedDuration::from_secs(seconds);
    let said = with(guest(), json!({ "exp": later.as_second() + 600 }));
    sent(verifier, &headers(&format!("Bearer {}", GUESTS_KEY.sign(&header(key), &said))), later).await
}

#[tokio::test]
async fn keys_are_fetched_once_and_for_an_unknown_one_at_most_once_a_minute() {
    let answers = Answers::usual();
    let verifier = verifier(&answers);
    let good = Ok(("guest-1".to_owned(), false));
    assert_eq!((ask(&verifier, "guests-1", 0).await, answers.asked()), (good.clone(), 1));
    assert_eq!((ask(&verifier, "guests-1", 3_599).await, answers.asked()), (good.clone(), 1));
    assert_eq!((ask(&verifier, "guests-2", 3_599).await, answers.asked()), (Err(401), 2));
    for seconds in [3_600, 3_658] {
        assert_eq!((ask(&verifier, "guests-3", seconds).await, answers.asked()), (Err(401), 2));
    }
    answers.are(Some(vec![GUESTS_KEY.listed("guests-2")]));
    assert_eq!((ask(&verifier, "guests-2", 3_659).await, answers.asked()), (good, 3));
    // What the issuer has withdrawn is believed no more.
    assert_eq!(ask(&verifier, "guests-1", 3_660).await, Err(401));
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_are_503_and_known_ones_stay_in_use() {
    let answers = Answers::default();
    let verifier = verifier(&answers);
    assert_eq!((ask(&verifier, "guests-1", 0).await, answers.asked()), (Err(503), 1));
    assert_eq!((ask(&verifier, "guests-1", 4).await, answers.asked()), (Err(503), 1));
    for none in [vec![], vec![json!({ "kty": "EC", "kid": "guests-1" })], vec![json!("no key")]] {
        answers.are(Some(none));
        let asked = answers.asked();
        let seconds = 5 * i64::try_from(asked).expect("a small number");
        assert_eq!((ask(&verifier, "guests-1", seconds).await, answers.asked()), (Err(503), asked + 1));
    }
    answers.are(Some(vec![GUESTS_KEY.listed("guests-1")]));
    let good = Ok(("guest-1".to_owned(), false));
    assert_eq!(ask(&verifier, "guests-1", 60).await, good);
    answers.are(None);
    assert_eq!(ask(&verifier, "guests-1", 4_000).await, good, "known ones stay in use");
    assert_eq!(ask(&verifier, "guests-2", 5_000).await, Err(503));
    assert_eq!(ask(&verifier, "guests-1", 5_001).await, good);
}

#[tokio::test]
async fn a_key_for_something_else_is_none() {
    for change in
        [json!({ "alg": "RS512" }), json!({ "use": "enc" }), json!({ "kid": null }), json!({ "n": "+" })]
    {
        let answers = Answers::default();
        answers.are(Some(vec![with(GUESTS_KEY.listed("guests-1"), change.clone())]));
        assert_eq!(ask(&verifier(&answers), "guests-1", 0).await, Err(503), "{change}");
    }
}

#[test]
fn a_caller_has_a_name_and_one_of_the_scopes() {
    let check = |sub: &str, scopes: &[&str], expected: Result<bool, u16>| {
        let scopes = scopes.iter().map(|name| (*name).to_owned()).collect();
        let identity = Identity::Bearer(Claims { sub: sub.to_owned(), scopes, groups: Vec::new() });
        let found = authorized(&identity, BOTH).map(|caller| caller.staff.is_some());
        assert_eq!(found.map_err(|refusal| refusal.code.status().as_u16()), expected, "{identity:?}");
    };
    check("guest-1", &["booking/guest"], Ok(false));
    check("guest-1", &["openid", "booking/operator"], Ok(true));
    check("guest-1", &["booking/partner"], Err(403));
    check("guest-1", &[], Err(403));
    check("spaces in it", &["booking/guest"], Err(401));
    assert_eq!(authorized(&Identity::Unproven, BOTH), Err(Refusal::unauthorized()));
    assert_eq!(authorized(&Identity::Unverifiable, BOTH), Err(Refusal::unavailable()));
}

/// Of what the bearer of this token is staff.
async fn staff_by(token: &str) -> Result<Option<StaffOf>, u16> {
    let identity = verifier(&Answers::usual()).identity(&headers(&format!("Bearer {token}")), now()).await;
    let caller = authorized(&identity, BOTH).map_err(|refusal| refusal.code.status().as_u16())?;
    Ok(caller.staff)
}

#[tokio::test]
async fn groups_of_staff_say_of_which_properties_they_are() {
    let of =
        |ids: &[&str]| StaffOf::Some(ids.iter().map(|id| PropertyId::parse(id).expect("an id")).collect());
    for (groups, expected) in [
        (json!(null), Ok(Some(of(&[])))),
        (json!([]), Ok(Some(of(&[])))),
        (json!(["platform"]), Ok(Some(StaffOf::All))),
        (json!(["property.a", "platform"]), Ok(Some(StaffOf::All))),
        (json!(["property.hotel-1", "property.b.c:d"]), Ok(Some(of(&["hotel-1", "b.c:d"])))),
        (
            json!(["Platform", "platforms", "property.", "property.a/b", "a", "xproperty.a"]),
            Ok(Some(of(&[]))),
        ),
        (json!("platform"), Err(401)),
        (json!({ "platform": true }), Err(401)),
        (json!([1]), Err(401)),
    ] {
        let said = with(staff(), json!({ "cognito:groups": groups }));
        assert_eq!(staff_by(&STAFF_KEY.sign(&header("staff-1"), &said)).await, expected, "{groups}");
    }
    let said = with(guest(), json!({ "cognito:groups": ["platform", "property.a"] }));
    assert_eq!(staff_by(&GUESTS_KEY.sign(&header("guests-1"), &said)).await, Ok(None), "a guest is no staff");
}

/// The groups of private rates of the bearer of this token.
async fn rate_groups_by(token: &str) -> Vec<String> {
    let identity = verifier(&Answers::usual()).identity(&headers(&format!("Bearer {token}")), now()).await;
    let caller = authorized(&identity, BOTH).expect("a caller");
    caller.rate_groups.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn groups_of_either_issuer_say_whose_private_rates_are_a_callers() {
    let longest = format!("rate.{}", "a".repeat(40));
    for (groups, expected) in [
        (json!(null), vec![]),
        (json!(["rate.acme"]), vec!["acme"]),
        (json!(["platform", "rate.crew-2", "property.a", "rate.acme", "rate.acme"]), vec!["acme", "crew-2"]),
        (
            json!([
                "rate",
                "rate.",
                "Rate.acme",
                "rate.Acme",
                "rate.a.b",
                "rate.a b",
                "rate.a/b",
                "rate.ä",
                "xrate.a"
            ]),
            vec![],
        ),
        (json!([longest, format!("{longest}a")]), vec![&longest["rate.".len()..]]),
    ] {
        let claim = json!({ "cognito:groups": groups });
        let of_guest = GUESTS_KEY.sign(&header("guests-1"), &with(guest(), claim.clone()));
        let of_staff = STAFF_KEY.sign(&header("staff-1"), &with(staff(), claim));
        for token in [of_guest, of_staff] {
            assert_eq!(rate_groups_by(&token).await, expected, "{groups}");
        }
    }
}

#[tokio::test]
async fn no_more_groups_of_private_rates_count_than_an_account_can_be_in() {
    let groups: Vec<String> = (0..RATE_GROUPS_MAX + 1).map(|number| format!("rate.{number:03}")).collect();
    // What is no group of rates takes nobody's place.
    let groups = [vec!["platform".to_owned(), "rate.".to_owned()], groups].concat();
    let said = with(guest(), json!({ "cognito:groups": groups }));
    let found = rate_groups_by(&GUESTS_KEY.sign(&header("guests-1"), &said)).await;
    assert_eq!((found.len(), found.last().map(String::as_str)), (100, Some("099")));
}

#[test]
fn a_refusal_names_the_scopes_that_would_do() {
    let refusal = Refusal::insufficient_scope(BOTH);
    let header = refusal.headers.first().map(|(_, value)| value.to_str().expect("text"));
    assert_eq!(header, Some("Bearer error=\"insufficient_scope\", scope=\"booking/guest booking/operator\""));
}
