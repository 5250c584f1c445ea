//! API.md, Conventions: tokens, scopes, and what belongs to somebody else.

use holdfast_client::{Answer, Pool, unique};
use reqwest::Method;
use serde_json::{Value, json};

use crate::terms::nightly;
use crate::world::{Guest, World, check, check_problem, results};

/// Every route that needs a token, and the scopes of which it takes any.
const PROTECTED: [(Method, &str, &[&str]); 26] = [
    (Method::PUT, "/api/resources/some-resource", &["booking/operator"]),
    (Method::PATCH, "/api/resources/some-resource/inventory", &["booking/operator"]),
    (Method::GET, "/api/resources/some-resource/events", &["booking/operator"]),
    (Method::PUT, "/api/resources/some-resource/stop", &["booking/operator"]),
    (Method::GET, "/api/resources/some-resource/rates", &["booking/operator"]),
    (Method::PUT, "/api/resources/some-resource/rates", &["booking/operator"]),
    (Method::DELETE, "/api/resources/some-resource/rates/draft", &["booking/operator"]),
    (Method::GET, "/api/resources/some-resource/rates/versions", &["booking/operator"]),
    (Method::GET, "/api/resources/some-resource/rates/calendar", &["booking/operator"]),
    (Method::GET, "/api/resources/some-resource/rates/explain", &["booking/operator"]),
    (Method::PATCH, "/api/rates", &["booking/operator"]),
    (Method::PUT, "/api/stop", &["booking/operator"]),
    (Method::GET, "/api/stop/events", &["booking/operator"]),
    (Method::PUT, "/api/properties/some-property", &["booking/operator"]),
    (Method::GET, "/api/properties/some-property/events", &["booking/operator"]),
    (Method::POST, "/api/holds", &["booking/guest", "booking/operator"]),
    (Method::GET, "/api/holds/hld_x", &["booking/guest", "booking/operator"]),
    (Method::DELETE, "/api/holds/hld_x", &["booking/guest", "booking/operator"]),
    (Method::POST, "/api/holds/hld_x/extend", &["booking/guest", "booking/operator"]),
    (Method::POST, "/api/bookings", &["booking/guest", "booking/operator"]),
    (Method::GET, "/api/bookings", &["booking/guest", "booking/operator"]),
    (Method::GET, "/api/bookings/bkg_x", &["booking/guest", "booking/operator"]),
    (Method::GET, "/api/bookings/bkg_x/events", &["booking/guest", "booking/operator"]),
    (Method::GET, "/api/bookings/bkg_x/receipts", &["booking/guest", "booking/operator"]),
    (Method::GET, "/api/bookings/bkg_x/cancellation", &["booking/guest", "booking/operator"]),
    (Method::POST, "/api/bookings/bkg_x/cancel", &["booking/guest", "booking/operator"]),
];

async fn with_token(w: &World, method: &Method, path: &str, token: Option<&str>) -> Answer {
    let call = w.call(method.clone(), path).unwrap().key(&unique("key"));
    let call = if *method == Method::GET { call } else { call.raw("{}") };
    let call = match token {
        Some(token) => call.header("Authorization", token),
        None => call,
    };
    call.send().await.unwrap()
}

#[tokio::test]
async fn without_a_token_401() {
    let w = World::new().await;
    for (method, path, _) in &PROTECTED {
        let answer = with_token(&w, method, path, None).await;
        assert_eq!(answer.status, 401, "{method} {path}: {answer:?}");
    }
}

#[tokio::test]
async fn with_a_bad_token_401() {
    let w = World::new().await;
    let good = w.guest().await.token;
    let expired = w
        .token_of(Pool::Guests, &[("sub", "guest"), ("scope", "booking/guest"), ("expires_in", "-120")])
        .await
        .unwrap();
    let parts: Vec<&str> = good.split('.').collect();
    let (header, claims, signature) = (parts[0], parts[1], parts[2]);
    let other = w.token("somebody-else", "booking/guest").await.unwrap();
    let other_claims = other.split('.').nth(1).unwrap();
    // {"alg":"none","typ":"JWT"}
    let unsigned_header = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    for token in [
        "Bearer garbage".to_owned(),
        "Bearer ".to_owned(),
        format!("Bearer {expired}"),
        format!("Bearer {header}.{other_claims}.{signature}"),
        format!("Bearer {header}.{claims}."),
        format!("Bearer {unsigned_header}.{claims}."),
        "Basic Z3Vlc3Q6Z3Vlc3Q=".to_owned(),
    ] {
        let answer = with_token(&w, &Method::GET, "/api/bookings", Some(&token)).await;
        assert_eq!(answer.status, 401, "{token}: {answer:?}");
    }
    check(with_token(&w, &Method::GET, "/api/bookings", Some(&format!("Bearer {good}"))).await, 200);
}

#[tokio::test]
async fn without_the_scope_403() {
    let w = World::new().await;
    for (method, path, scopes) in &PROTECTED {
        for scope in ["booking/guest", "booking/operator", "booking/partner", ""] {
            let token = w.token(&unique("caller"), scope).await.unwrap();
            let answer = with_token(&w, method, path, Some(&format!("Bearer {token}"))).await;
            let may = scopes.contains(&scope);
            assert_eq!(answer.status != 403, may, "{method} {path} with {scope:?}: {answer:?}");
            assert_ne!(answer.status, 401, "{method} {path} with {scope:?}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn one_of_several_scopes_is_enough() {
    let w = World::new().await;
    let sub = unique("both");
    let token = w.token(&sub, "openid booking/partner booking/guest").await.unwrap();
    let caller = Guest { sub, token };
    check(w.read(&caller, "/api/bookings").await, 200);
    let operator = w.token(&unique("desk"), "openid booking/operator").await.unwrap();
    let put = w.put(&format!("/api/resources/{}", unique("e2e"))).token(&operator).json(&nightly());
    assert!(put.send().await.unwrap().status < 300);
}

#[tokio::test]
async fn the_pool_of_guests_cannot_vouch_for_operators() {
    let w = World::new().await;
    let (owner, offer) = (w.guest().await, w.event(json!({})).await);
    let hold = w.held(&owner, &offer).await;
    let resource = unique("e2e");
    for scope in ["booking/operator", "booking/guest booking/operator"] {
        let form = [("sub", owner.sub.as_str()), ("scope", scope)];
        let token = w.token_of(Pool::Guests, &form).await.unwrap();
        let put = w.put(&format!("/api/resources/{resource}")).token(&token).json(&nightly());
        check_problem(put.send().await.unwrap(), 401, "unauthorized");
        let patch = json!({"from": "2030-01-01", "to": "2030-01-02", "closed": true});
        let patch = w.patch(&format!("/api/resources/{}/inventory", offer.id)).token(&token).json(&patch);
        check_problem(patch.send().await.unwrap(), 401, "unauthorized");
        let release = w.delete(&format!("/api/holds/{hold}")).token(&token).key(&unique("key"));
        check_problem(release.send().await.unwrap(), 401, "unauthorized");
        let place = w.post("/api/holds").token(&token).key(&unique("key")).json(&offer.hold(1));
        check_problem(place.send().await.unwrap(), 401, "unauthorized");
    }
    check(w.get(&format!("/api/resources/{resource}")).send().await.unwrap(), 404);
    assert_eq!(w.hold(&owner, &hold).await.str("/status"), "active");
    assert!(results(&w.read(&owner, "/api/bookings").await).is_empty());
}

#[tokio::test]
async fn staff_and_guests_of_one_name_are_two_callers() {
    let w = World::new().await;
    let (guest, offer) = (w.guest().await, w.event(json!({"capacity": 2})).await);
    let token = w.token(&guest.sub, "booking/operator").await.unwrap();
    let staff = Guest { sub: guest.sub.clone(), token };
    let key = unique("key");
    let placed = async |caller: &Guest| {
        check(w.send_keyed(caller, &key, "/api/holds", &offer.hold(1)).await, 201).str("/holdId").to_owned()
    };
    let (of_guest, of_staff) = (placed(&guest).await, placed(&staff).await);
    assert_ne!(of_guest, of_staff, "the same key of two callers is two requests");
    check(w.read(&guest, &format!("/api/holds/{of_staff}")).await, 404);
    check(w.read(&staff, &format!("/api/holds/{of_guest}")).await, 200);
}

/// Whoever may invoke a function could write anything into the event of the gateway.
#[tokio::test]
async fn claims_that_no_token_proves_are_not_believed() {
    let w = World::new().await;
    let claims = json!({"sub": "operator-1", "scope": "booking/operator", "token_use": "access", "iss": w.value("TOKEN_ISSUER_URL").unwrap()});
    let event = json!({
        "version": "2.0", "routeKey": "GET /api/bookings", "rawPath": "/api/bookings", "rawQueryString": "",
        "headers": {"authorization": "Bearer forged"}, "isBase64Encoded": false,
        "requestContext": {
            "http": {"method": "GET", "path": "/api/bookings"}, "requestId": "forged",
            "authorizer": {"jwt": {"claims": claims, "scopes": ["booking/operator"]}}
        }
    });
    let answer = w.invoke("bookings", &event.to_string()).await.unwrap();
    assert_eq!(answer["statusCode"], 401, "{answer}");
}

#[tokio::test]
async fn search_and_resources_need_no_token() {
    let w = World::new().await;
    let room = w.room(json!({})).await;
    let search = "/api/availability?resourceType=hotel&location=NYC&start=2030-01-01&end=2030-01-02";
    check(w.get(search).send().await.unwrap(), 200);
    check(w.get(&format!("/api/resources/{}", room.id)).send().await.unwrap(), 200);
    let calendar = format!("/api/resources/{}/availability?start=2030-01-01&end=2030-01-02", room.id);
    check(w.get(&calendar).send().await.unwrap(), 200);
}

#[tokio::test]
async fn answers_of_the_gateway_itself_have_its_own_body() {
    let w = World::new().await;
    let answer = w.get("/api/no/such/route").send().await.unwrap();
    assert_eq!(answer.status, 404, "{answer:?}");
    assert!(answer.json["message"].is_string() && answer.json.get("code").is_none(), "{answer:?}");
}

#[tokio::test]
async fn whom_nobody_believes_gets_a_problem_that_says_so() {
    let w = World::new().await;
    let partner = w.token("partner", "booking/partner").await.unwrap();
    check_problem(w.get("/api/bookings").send().await.unwrap(), 401, "unauthorized");
    check_problem(w.get("/api/bookings").token("none").send().await.unwrap(), 401, "unauthorized");
    check_problem(w.get("/api/bookings").token(&partner).send().await.unwrap(), 403, "insufficient_scope");
}

#[tokio::test]
async fn sub_is_the_guest() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let booking = w.booked(&guest, &offer).await;
    let token = w.token(&guest.sub, "booking/guest").await.unwrap();
    let same = Guest { sub: guest.sub, token };
    check(w.booking(&same, booking.str("/bookingId")).await, 200);
    assert_eq!(results(&w.read(&same, "/api/bookings").await).len(), 1);
    assert!(results(&w.read(&w.guest().await, "/api/bookings").await).is_empty());
}

/// A problem without what names the thing asked for.
fn anonymous(answer: &Answer, id: &str) -> Value {
    serde_json::from_str(&answer.text.replace(id, "ID")).unwrap()
}

#[tokio::test]
async fn somebody_elses_is_as_if_it_did_not_exist() {
    let w = World::new().await;
    let (owner, other) = (w.guest().await, w.guest().await);
    let offer = w.event(json!({})).await;
    let hold = w.held(&owner, &offer).await;
    let booking = w.booked(&owner, &offer).await.str("/bookingId").to_owned();
    for (method, path, theirs) in [
        (Method::GET, "/api/holds/{}", &hold),
        (Method::DELETE, "/api/holds/{}", &hold),
        (Method::POST, "/api/holds/{}/extend", &hold),
        (Method::GET, "/api/bookings/{}", &booking),
        (Method::GET, "/api/bookings/{}/events", &booking),
        (Method::GET, "/api/bookings/{}/receipts", &booking),
        (Method::GET, "/api/bookings/{}/cancellation", &booking),
        (Method::POST, "/api/bookings/{}/cancel", &booking),
    ] {
        let (known, none) = (path.replace("{}", theirs), path.replace("{}", "none_1234567890"));
        let mut answers = Vec::new();
        for one in [&known, &none] {
            let call = w.call(method.clone(), one).unwrap().token(&other.token).key("same-key");
            answers.push(check(call.send().await.unwrap(), 404));
        }
        let code = answers[0].code().to_owned();
        check_problem(answers[0].clone(), 404, &code);
        let (known, none) = (anonymous(&answers[0], theirs), anonymous(&answers[1], "none_1234567890"));
        assert_eq!(known, none, "{method} {path}");
    }
    let card = w.card(holdfast_client::stripe::ACCEPTED).await.unwrap();
    let stolen = check(w.pay_with(&other, &unique("key"), &hold, &card).await, 404);
    let none = check(w.pay_with(&other, &unique("key"), "none_1234567890", &card).await, 404);
    assert_eq!(anonymous(&stolen, &hold), anonymous(&none, "none_1234567890"));
    assert_eq!(w.hold(&owner, &hold).await.str("/status"), "active");
    assert_eq!(w.booking(&owner, &booking).await.str("/status"), "confirmed");
}

#[tokio::test]
async fn a_missing_body_is_no_server_error() {
    let w = World::new().await;
    let guest = w.guest().await;
    for path in ["/api/holds", "/api/bookings"] {
        let call = w.post(path).token(&guest.token).key(&unique("key"));
        let answer = call.send().await.unwrap();
        assert!(answer.status == 400 || answer.status == 422, "{path}: {answer:?}");
    }
}
