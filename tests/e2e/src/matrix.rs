//! Every route with every kind of caller: what a caller gets follows from the scopes that the route declares and from whose thing
//! it is about, and each answer has exactly one status. The routes are those of `docs/openapi.json`, which is made of the code's own
//! table; one that this does not know how to call fails, and so does one without a rule.

use std::collections::BTreeSet;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use holdfast_client::stripe::ACCEPTED;
use holdfast_client::{Pool, unique};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::terms::{self, nightly, rates};
use crate::world::{Guest, Offer, World};

const DOCUMENT: &str = include_str!("../../../docs/openapi.json");

/// A kind of caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Identity {
    NoToken,
    /// No three parts with dots between them.
    Malformed,
    /// A good token under another scheme.
    AnotherScheme,
    Expired,
    ForeignIssuer,
    WrongAudience,
    NotYetValid,
    /// Signed with another key, under the name of the issuer's.
    ForeignKey,
    /// A good signature, of other claims.
    ChangedClaims,
    /// `alg: none`, without a signature.
    Unsigned,
    /// `alg: HS256`, with the issuer's public key, which everybody has, as the secret.
    KeyAsSecret,
    /// What tells a page who has signed in, and is for no API.
    IdToken,
    /// Of the pool of guests, with the scope of operators.
    GuestsPoolOperator,
    /// The same beside the scope of guests.
    GuestsPoolBoth,
    /// Of the pool of staff, for the client of guests.
    StaffOfGuestsClient,
    /// Of the pool of staff, with the scope of guests.
    StaffPoolGuest,
    /// Of the pool of staff, without any scope.
    StaffNoScope,
    NoScope,
    /// A scope that no route knows.
    UnknownScope,
    Partner,
    /// A guest, of somebody else's hold or booking.
    Stranger,
    Owner,
    Operator,
}

const IDENTITIES: [Identity; 23] = [
    Identity::NoToken,
    Identity::Malformed,
    Identity::AnotherScheme,
    Identity::Expired,
    Identity::ForeignIssuer,
    Identity::WrongAudience,
    Identity::NotYetValid,
    Identity::ForeignKey,
    Identity::ChangedClaims,
    Identity::Unsigned,
    Identity::KeyAsSecret,
    Identity::IdToken,
    Identity::GuestsPoolOperator,
    Identity::GuestsPoolBoth,
    Identity::StaffOfGuestsClient,
    Identity::StaffPoolGuest,
    Identity::StaffNoScope,
    Identity::NoScope,
    Identity::UnknownScope,
    Identity::Partner,
    Identity::Stranger,
    Identity::Owner,
    Identity::Operator,
];

impl Identity {
    /// The only scope of its token; `None` where the token is not to be believed.
    fn scope(self) -> Option<&'static str> {
        match self {
            Self::NoToken
            | Self::Malformed
            | Self::AnotherScheme
            | Self::Expired
            | Self::ForeignIssuer
            | Self::WrongAudience
            | Self::NotYetValid
            | Self::ForeignKey
            | Self::ChangedClaims
            | Self::Unsigned
            | Self::KeyAsSecret
            | Self::IdToken
            | Self::GuestsPoolOperator
            | Self::GuestsPoolBoth
            | Self::StaffOfGuestsClient
            | Self::StaffPoolGuest => None,
            Self::NoScope | Self::StaffNoScope => Some(""),
            Self::UnknownScope => Some("booking/everything"),
            Self::Partner => Some("booking/partner"),
            Self::Stranger | Self::Owner => Some("booking/guest"),
            Self::Operator => Some("booking/operator"),
        }
    }
}

/// Whose a thing is that a route is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// A hold or booking of the owner: for anybody else but an operator it does not exist.
    OfTheOwner,
    /// The caller's own, or everybody's.
    OfNobodyElse,
}

/// What a caller gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Unauthorized,
    Forbidden,
    /// As if it did not exist.
    Hidden,
    /// As whoever may call it, of a thing that is as it should be.
    Served,
}

/// The rule: no other knowledge of a route than its scopes and its subject.
fn verdict(scopes: &BTreeSet<String>, subject: Subject, identity: Identity) -> Verdict {
    if scopes.is_empty() {
        return Verdict::Served;
    }
    match identity.scope() {
        None => Verdict::Unauthorized,
        Some(scope) if !scopes.contains(scope) => Verdict::Forbidden,
        Some(_) if subject == Subject::OfTheOwner && identity == Identity::Stranger => Verdict::Hidden,
        Some(_) => Verdict::Served,
    }
}

/// The status by which a route serves a call.
fn success(operation: &str) -> u16 {
    match operation {
        "search" | "readCalendar" | "readResource" | "setInventory" | "readProperty"
        | "readPropertyEvents" => 200,
        "readResourceEvents" | "readStopEvents" | "stopHolds" | "stopHoldsOfResource" => 200,
        "readRates" | "putRates" | "discardRatesDraft" | "readRateVersions" => 200,
        "readRateCalendar" | "setDatedRates" | "createQuote" | "explainRates" => 200,
        "readHold" | "extendHold" => 200,
        "listBookings" | "readBooking" | "readBookingEvents" | "readBookingReceipts" => 200,
        "quoteCancellation" | "cancelBooking" => 200,
        "createHold" | "createBooking" | "putResource" | "putProperty" => 201,
        "releaseHold" => 204,
        // Whoever it is, it is not Stripe that has signed.
        "receiveStripeEvent" => 400,
        other => panic!("{other}: a route without a status"),
    }
}

fn status(verdict: Verdict, operation: &str) -> u16 {
    match verdict {
        Verdict::Unauthorized => 401,
        Verdict::Forbidden => 403,
        Verdict::Hidden => 404,
        Verdict::Served => success(operation),
    }
}

/// A route, and how it is called.
struct Route {
    method: Method,
    path: String,
    operation: String,
    scopes: BTreeSet<String>,
    /// The statuses that the document names.
    documented: BTreeSet<u16>,
}

/// The routes of the document, each `GET` with its `HEAD`.
fn routes() -> Vec<Route> {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let security = operation["security"].as_array().unwrap();
            let scopes: BTreeSet<String> = security
                .iter()
                .flat_map(|one| one["token"].as_array().unwrap())
                .map(|scope| scope.as_str().unwrap().to_owned())
                .collect();
            let documented: BTreeSet<u16> =
                operation["responses"].as_object().unwrap().keys().map(|one| one.parse().unwrap()).collect();
            let methods = if method == Method::GET { vec![Method::GET, Method::HEAD] } else { vec![method] };
            for method in methods {
                let operation = operation["operationId"].as_str().unwrap().to_owned();
                let (path, scopes, documented) = (path.clone(), scopes.clone(), documented.clone());
                routes.push(Route { method, path, operation, scopes, documented });
            }
        }
    }
    routes
}

/// What the routes are about: one of each that is served, and one of each that nobody but its owner ever sees.
struct Things {
    offer: Offer,
    /// A resource with a night for each date.
    room: String,
    property: String,
    served: Pair,
    hidden: Pair,
}

#[derive(Clone)]
struct Pair {
    hold: String,
    booking: String,
    card: String,
}

impl Route {
    /// Path, body and subject of a call; a route that is not listed here has no rule.
    fn call(&self, things: &Things, pair: &Pair) -> (String, Option<Value>, Subject) {
        let path = self
            .path
            .replace("{holdId}", &pair.hold)
            .replace("{bookingId}", &pair.booking)
            .replace("{resourceId}", &things.offer.id)
            .replace("{propertyId}", &things.property);
        assert!(!path.contains('{'), "{}: no value for a part of its path", self.path);
        let search = "?resourceType=event&location=NYC&start=2030-01-01&end=2030-01-02";
        match self.operation.as_str() {
            "search" => (path + search, None, Subject::OfNobodyElse),
            "readCalendar" => (path + "?start=2030-01-01&end=2030-01-02", None, Subject::OfNobodyElse),
            "listBookings" | "readResource" | "readResourceEvents" | "readStopEvents" | "readProperty"
            | "readPropertyEvents" => (path, None, Subject::OfNobodyElse),
            "createHold" => (path, Some(things.offer.hold(1)), Subject::OfNobodyElse),
            "createBooking" => {
                let body = json!({"holdId": pair.hold, "paymentMethodId": pair.card});
                (path, Some(body), Subject::OfTheOwner)
            }
            "readHold"
            | "releaseHold"
            | "readBooking"
            | "readBookingEvents"
            | "readBookingReceipts"
            | "quoteCancellation" => (path, None, Subject::OfTheOwner),
            "extendHold" | "cancelBooking" => (path, Some(json!({})), Subject::OfTheOwner),
            "putResource" => {
                (format!("/api/resources/{}", unique("e2e")), Some(nightly()), Subject::OfNobodyElse)
            }
            "putProperty" => {
                (format!("/api/properties/{}", unique("e2e")), Some(terms::house()), Subject::OfNobodyElse)
            }
            "stopHolds" | "stopHoldsOfResource" => {
                (path, Some(json!({"stopped": false})), Subject::OfNobodyElse)
            }
            "setInventory" => {
                let body = json!({"from": "2030-01-01", "to": "2030-01-02", "closed": false});
                (format!("/api/resources/{}/inventory", things.room), Some(body), Subject::OfNobodyElse)
            }
            "readRates" | "discardRatesDraft" | "readRateVersions" => (path, None, Subject::OfNobodyElse),
            "readRateCalendar" => (path + "?from=2030-01-01&to=2030-01-02", None, Subject::OfNobodyElse),
            "createQuote" => {
                // Without whom it is for, which is the caller: a hold has it.
                let mut body = things.offer.hold(1);
                body.as_object_mut().unwrap().remove("userId");
                (path, Some(body), Subject::OfNobodyElse)
            }
            "explainRates" => (
                format!("/api/resources/{}/rates/explain?start=2030-01-01&end=2030-01-02", things.room),
                None,
                Subject::OfNobodyElse,
            ),
            "putRates" => {
                (format!("/api/resources/{}/rates", things.room), Some(rates()), Subject::OfNobodyElse)
            }
            "setDatedRates" => {
                let line = json!({
                    "resourceIds": [things.room], "planId": "flexible", "from": "2030-01-01", "to": "2030-01-02",
                    "limits": { "stopSell": false },
                });
                (path, Some(json!({ "lines": [line] })), Subject::OfNobodyElse)
            }
            "receiveStripeEvent" => (path, Some(json!({"id": "evt_1"})), Subject::OfNobodyElse),
            other => panic!("{other}: a route without a decision who may call it"),
        }
    }
}

/// The header that each kind of caller comes with.
async fn authorization(w: &World, identity: Identity, owner: &Guest) -> Option<String> {
    let good = &owner.token;
    let scope = identity.scope().unwrap_or("booking/guest");
    let of = async |pool, scope: &str, odd: &[(&str, &str)]| {
        let form = [&[("sub", owner.sub.as_str()), ("scope", scope)], odd].concat();
        w.token_of(pool, &form).await.unwrap()
    };
    let token = async |odd: &[(&str, &str)]| of(Pool::Guests, scope, odd).await;
    let parts: Vec<&str> = good.split('.').collect();
    Some(match identity {
        Identity::NoToken => return None,
        Identity::Malformed => "Bearer garbage".to_owned(),
        Identity::AnotherScheme => format!("Basic {good}"),
        Identity::Expired => format!("Bearer {}", token(&[("expires_in", "-120")]).await),
        Identity::ForeignIssuer => format!("Bearer {}", token(&[("iss", "http://localhost:9/")]).await),
        Identity::WrongAudience => format!("Bearer {}", token(&[("client_id", "another")]).await),
        Identity::NotYetValid => format!("Bearer {}", token(&[("nbf_in", "600")]).await),
        Identity::ForeignKey => format!("Bearer {}", token(&[("foreign_key", "1")]).await),
        Identity::ChangedClaims => {
            let other = of(Pool::Guests, "booking/guest booking/partner", &[]).await;
            let claims = other.split('.').nth(1).unwrap();
            format!("Bearer {}.{claims}.{}", parts[0], parts[2])
        }
        // {"alg":"none","typ":"JWT"}
        Identity::Unsigned => format!("Bearer eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", parts[1]),
        Identity::KeyAsSecret => format!("Bearer {}", signed_with_the_public_key(w, good).await),
        Identity::IdToken => format!("Bearer {}", token(&[("token_use", "id")]).await),
        Identity::GuestsPoolOperator => {
            format!("Bearer {}", of(Pool::Guests, "booking/operator", &[]).await)
        }
        Identity::GuestsPoolBoth => {
            format!("Bearer {}", of(Pool::Guests, "booking/guest booking/operator", &[]).await)
        }
        Identity::StaffOfGuestsClient => {
            let guests = [("client_id", "holdfast-local")];
            format!("Bearer {}", of(Pool::Staff, "booking/operator", &guests).await)
        }
        Identity::StaffPoolGuest => format!("Bearer {}", of(Pool::Staff, "booking/guest", &[]).await),
        Identity::StaffNoScope => format!("Bearer {}", of(Pool::Staff, "", &[]).await),
        Identity::Owner => format!("Bearer {good}"),
        // What staff of one property get, and of none, `staff.rs` of the tests of use cases says for every route.
        Identity::Operator => format!("Bearer {}", w.staff("platform").await.token),
        Identity::NoScope | Identity::UnknownScope | Identity::Partner | Identity::Stranger => {
            format!("Bearer {}", w.token(&unique("caller"), scope).await.unwrap())
        }
    })
}

/// What a token says, under an HMAC with the issuer's public key as the secret: who takes the algorithm from the token believes it.
async fn signed_with_the_public_key(w: &World, good: &str) -> String {
    let url = format!("{}/.well-known/jwks.json", w.value("ISSUER_URL").unwrap());
    let keys: Value = w.http().get(url).send().await.unwrap().json().await.unwrap();
    let text = |name: &str| keys["keys"][0][name].as_str().unwrap().to_owned();
    let header = json!({"alg": "HS256", "kid": text("kid")}).to_string();
    let signed = format!("{}.{}", BASE64URL_NOPAD.encode(header.as_bytes()), good.split('.').nth(1).unwrap());
    let secret = BASE64URL_NOPAD.decode(text("n").as_bytes()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&mac.finalize().into_bytes()))
}

async fn things(w: &World, owner: &Guest) -> Things {
    let offer = w.event(json!({"capacity": 50})).await;
    let pair = async || Pair {
        hold: w.held(owner, &offer).await,
        booking: w.booked(owner, &offer).await.str("/bookingId").to_owned(),
        card: w.card(ACCEPTED).await.unwrap(),
    };
    let (served, hidden) = (pair().await, pair().await);
    let property = w.property().await;
    Things { served, hidden, offer, room: w.resource(&nightly()).await, property }
}

/// What a call that is served is about: a new thing, where the call changes it.
async fn fresh(w: &World, owner: &Guest, things: &Things, operation: &str) -> Pair {
    let known = things.served.clone();
    match operation {
        "createBooking" => {
            Pair { hold: w.held(owner, &things.offer).await, card: w.card(ACCEPTED).await.unwrap(), ..known }
        }
        "extendHold" | "releaseHold" => Pair { hold: w.held(owner, &things.offer).await, ..known },
        "cancelBooking" => {
            let booking = w.booked(owner, &things.offer).await.str("/bookingId").to_owned();
            Pair { booking, ..known }
        }
        _ => known,
    }
}

#[tokio::test]
async fn every_route_answers_every_kind_of_caller_by_its_scopes() {
    let w = World::new().await;
    let owner = w.guest().await;
    let things = things(&w, &owner).await;
    let mut headers = Vec::new();
    for identity in IDENTITIES {
        headers.push((identity, authorization(&w, identity, &owner).await));
    }
    let routes = routes();
    assert!(routes.len() > 20, "{}", routes.len());
    let mut wrong = Vec::new();
    for route in &routes {
        for (identity, header) in &headers {
            let subject = route.call(&things, &things.served).2;
            let expected = verdict(&route.scopes, subject, *identity);
            let pair = match expected {
                Verdict::Served => fresh(&w, &owner, &things, &route.operation).await,
                Verdict::Unauthorized | Verdict::Forbidden | Verdict::Hidden => things.hidden.clone(),
            };
            let (path, body, _) = route.call(&things, &pair);
            let mut call = w.call(route.method.clone(), &path).unwrap().key(&unique("key"));
            // A payment is waited for, so that its booking is confirmed when it is answered.
            call = call.header("Prefer", "wait=23");
            if let Some(header) = header {
                call = call.header("Authorization", header);
            }
            if let Some(body) = &body {
                call = call.json(body);
            }
            let answer = call.send().await.unwrap();
            if answer.status != status(expected, &route.operation) {
                wrong.push(format!(
                    "{} {} as {identity:?}: {expected:?}, not {answer}",
                    route.method, route.path
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "of {} cells: {wrong:#?}", routes.len() * headers.len());
    // Whoever was turned away has changed nothing.
    assert_eq!(w.hold(&owner, &things.hidden.hold).await.str("/status"), "active");
    assert_eq!(w.booking(&owner, &things.hidden.booking).await.str("/status"), "confirmed");
}

#[test]
fn every_cell_of_the_matrix_has_a_status_that_the_document_names() {
    let nothing = || Pair { hold: String::new(), booking: String::new(), card: String::new() };
    let offer = Offer { id: "resource".to_owned(), start: String::new(), end: String::new() };
    let (room, property) = ("room".to_owned(), "property".to_owned());
    let things = Things { offer, room, property, served: nothing(), hidden: nothing() };
    for route in routes() {
        let subject = route.call(&things, &things.served).2;
        for identity in IDENTITIES {
            let status = status(verdict(&route.scopes, subject, identity), &route.operation);
            assert!(
                route.documented.contains(&status),
                "{} {} as {identity:?}: {status}",
                route.method,
                route.path
            );
        }
    }
}

#[test]
fn every_identity_is_in_the_matrix_and_the_rule_knows_scopes_alone() {
    let guest: BTreeSet<String> = ["booking/guest", "booking/operator"].map(str::to_owned).into();
    let cells =
        |scopes: &BTreeSet<String>, subject| IDENTITIES.map(|identity| verdict(scopes, subject, identity));
    let count = |cells: &[Verdict], of: Verdict| cells.iter().filter(|one| **one == of).count();
    let own = cells(&guest, Subject::OfTheOwner);
    let counts = [Verdict::Unauthorized, Verdict::Forbidden, Verdict::Hidden, Verdict::Served]
        .map(|of| count(&own, of));
    assert_eq!(counts, [16, 4, 1, 2]);
    assert_eq!(count(&cells(&BTreeSet::new(), Subject::OfNobodyElse), Verdict::Served), IDENTITIES.len());
    let operator: BTreeSet<String> = ["booking/operator".to_owned()].into();
    assert_eq!(count(&cells(&operator, Subject::OfNobodyElse), Verdict::Served), 1);
}
