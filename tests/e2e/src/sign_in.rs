//! `docs/api.md`, Tokens: guests sign in at the user pool, by the authorization code flow with PKCE, at the emulator's.

use std::collections::BTreeSet;

use data_encoding::BASE64URL_NOPAD;
use holdfast_client::unique;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::world::{World, check};

/// As the local stack's deployment has it (`tools/local/config.py`). Nobody listens there: the code is in the address.
const SIGNED_IN_URL: &str = "http://localhost:3000/signed-in";
const PASSWORD: &str = "Only-4-this-test!";

/// Makes an account with a password, as its owner would by signing up.
async fn account(w: &World, address: &str) {
    let pool = w.value("USER_POOL_ID").unwrap();
    let attributes =
        json!([{"Name": "email", "Value": address}, {"Name": "email_verified", "Value": "true"}]);
    let made = json!({"UserPoolId": pool, "Username": address, "UserAttributes": attributes, "MessageAction": "SUPPRESS"});
    w.aws("cognito-idp", "AWSCognitoIdentityProviderService.AdminCreateUser", &made).await.unwrap();
    let set = json!({"UserPoolId": pool, "Username": address, "Password": PASSWORD, "Permanent": true});
    w.aws("cognito-idp", "AWSCognitoIdentityProviderService.AdminSetUserPassword", &set).await.unwrap();
}

/// The access token of who signs in on the pool's own page.
async fn sign_in(w: &World, address: &str, scope: &str) -> String {
    let browser = Client::builder().redirect(Policy::none()).build().unwrap();
    let pages = w.value("AWS_ENDPOINT_URL").unwrap();
    let verifier = format!("{}-{}", unique("verifier"), "x".repeat(43));
    let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(&verifier));
    let asked = [
        ("response_type", "code"),
        ("client_id", w.value("GUEST_CLIENT_ID").unwrap()),
        ("redirect_uri", SIGNED_IN_URL),
        ("scope", scope),
        ("state", "s-1"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let page = browser.get(format!("{pages}/oauth2/authorize")).query(&asked).send().await.unwrap();
    assert_eq!(page.status(), 200, "{}", page.text().await.unwrap());
    let form = [&asked[..], &[("username", address), ("password", PASSWORD)]].concat();
    let entered = browser.post(format!("{pages}/login")).form(&form).send().await.unwrap();
    assert_eq!(entered.status(), 302, "{}", entered.text().await.unwrap());
    let back: Url = entered.headers()["location"].to_str().unwrap().parse().unwrap();
    assert!(back.as_str().starts_with(SIGNED_IN_URL), "{back}");
    let code = back.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    let exchange = [
        ("grant_type", "authorization_code"),
        ("client_id", w.value("GUEST_CLIENT_ID").unwrap()),
        ("redirect_uri", SIGNED_IN_URL),
        ("code", &code),
        ("code_verifier", &verifier),
    ];
    let tokens = browser.post(format!("{pages}/oauth2/token")).form(&exchange).send().await.unwrap();
    let tokens: Value = tokens.json().await.unwrap();
    tokens["access_token"].as_str().unwrap_or_else(|| panic!("{tokens}")).to_owned()
}

fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
}

#[tokio::test]
async fn who_signs_in_at_the_user_pool_may_hold_and_see_their_hold() {
    let w = World::new().await;
    let address = format!("{}@example.com", unique("ada"));
    account(&w, &address).await;
    let token = sign_in(&w, &address, "openid booking/guest").await;
    let hold = w.event(json!({})).await.hold(1);
    let placed = w.post("/api/holds").token(&token).key(&unique("key")).json(&hold).send().await.unwrap();
    let placed = check(placed, 201);
    let sub = claims(&token)["sub"].as_str().unwrap().to_owned();
    assert_eq!(placed.str("/userId"), format!("pool/{sub}"));
    let path = format!("/api/holds/{}", placed.str("/holdId"));
    check(w.get(&path).token(&token).send().await.unwrap(), 200);
    check(w.get(&path).token(&w.guest().await.token).send().await.unwrap(), 404);
}

#[tokio::test]
async fn the_issuer_of_tests_says_what_the_user_pool_says_and_no_more() {
    let w = World::new().await;
    let address = format!("{}@example.com", unique("bob"));
    account(&w, &address).await;
    let names = |token: &str| -> BTreeSet<String> {
        claims(token).as_object().unwrap().keys().filter(|name| *name != "cognito:groups").cloned().collect()
    };
    let of_pool = names(&sign_in(&w, &address, "openid booking/guest").await);
    let of_ours = names(&w.guest().await.token);
    // What is asked of every token: the emulator leaves a few of AWS's others out.
    let asked: BTreeSet<String> =
        ["sub", "iss", "client_id", "token_use", "scope", "exp", "iat"].map(str::to_owned).into();
    assert!(of_pool.is_subset(&of_ours), "{of_pool:?} {of_ours:?}");
    assert!(asked.is_subset(&of_pool), "{of_pool:?}");
    assert!(!of_ours.contains("email") && !of_pool.contains("email"));
}
