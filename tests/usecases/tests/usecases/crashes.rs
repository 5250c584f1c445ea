//! A function is killed between an effect and its answer: on every route that changes something, after every call it makes to
//! the ledger. The client sends the same request again, to a fresh process, and must get the answer that it would have got;
//! what was done is done once.

use std::sync::Arc;
use std::time::Duration;

use holdfast_api::{Api, CancelApi, Claims, ConfirmApi, HoldApi, Identity, Request, ResourcesApi, Response};
use holdfast_app::catalogue::{ResourceTrails, Resources, Stops};
use holdfast_app::properties::Properties;
use holdfast_app::rates::Rates;
use holdfast_domain::Resource;
use holdfast_testkit::{Fault, Faults, Store, charge_rules, nightly_resource};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};

use crate::bank::{DECLINED, VISA};
use crate::promotions::once_card;
use crate::world::{NIGHT, SPAN, World, cancellations, requests};

/// A request that changes something, and what has to be there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route {
    Hold {
        range: (&'static str, &'static str),
    },
    Release,
    Extend,
    Pay {
        card: &'static str,
    },
    Cancel,
    /// The same of a hold with a code that may be used once.
    Redeem,
    ReleaseRedeemed,
    PayRedeemed,
    CancelRedeemed,
    Put,
    Replace,
    Inventory,
}

const ROUTES: [Route; 14] = [
    Route::Hold { range: NIGHT },
    Route::Hold { range: SPAN },
    Route::Release,
    Route::Extend,
    Route::Pay { card: VISA },
    Route::Pay { card: DECLINED },
    Route::Cancel,
    Route::Redeem,
    Route::ReleaseRedeemed,
    Route::PayRedeemed,
    Route::CancelRedeemed,
    Route::Put,
    Route::Replace,
    Route::Inventory,
];

/// The terms of a resource, as an operator sends them.
fn terms(name: &str) -> Value {
    json!({
        "resourceType": "hotel", "name": name, "location": "NYC", "timeZone": "America/New_York",
        "schedule": { "kind": "nightly", "checkIn": "15:00", "checkOut": "11:00" },
        "capacity": 3, "holdTtlSeconds": 600, "pricing": { "currency": "EUR", "base": 12900 },
        "cancellationPolicy": { "tiers": [{ "hoursBefore": 0, "refundPercent": 50 }] }
    })
}

impl Route {
    /// What has to be there before, and the request: method, path, body.
    async fn prepare(self, w: &World, room: &Resource) -> (Method, String, Value) {
        let hold = |id: &str| format!("/api/holds/{id}");
        match self {
            Self::Hold { range } => {
                let body =
                    json!({ "resourceId": "room", "startTime": range.0, "endTime": range.1, "quantity": 2 });
                (Method::POST, "/api/holds".to_owned(), body)
            }
            Self::Release => {
                let held = w.held(room, "held", SPAN).await;
                (Method::DELETE, hold(held.id.as_str()), Value::Null)
            }
            Self::Extend => {
                let held = w.held(room, "held", SPAN).await;
                (Method::POST, format!("{}/extend", hold(held.id.as_str())), json!({}))
            }
            Self::Pay { card } => {
                let held = w.held(room, "held", NIGHT).await;
                let body = json!({ "holdId": held.id.as_str(), "paymentMethodId": card });
                (Method::POST, "/api/bookings".to_owned(), body)
            }
            Self::Cancel => {
                let held = w.held(room, "held", NIGHT).await;
                let booking = w.ask(&held, "pay", VISA).await.expect("an answer").booking;
                (Method::POST, format!("/api/bookings/{}/cancel", booking.id), json!({ "reason": "rain" }))
            }
            Self::Redeem => {
                once_card(w).await;
                let (start, end) = NIGHT;
                let body = json!({
                    "resourceId": "room", "startTime": start, "endTime": end, "quantity": 2, "promotionCode": "ONCE",
                });
                (Method::POST, "/api/holds".to_owned(), body)
            }
            Self::ReleaseRedeemed => {
                once_card(w).await;
                (Method::DELETE, hold(w.redeemed("held").await.id.as_str()), Value::Null)
            }
            Self::PayRedeemed => {
                once_card(w).await;
                let held = w.redeemed("held").await;
                let body = json!({ "holdId": held.id.as_str(), "paymentMethodId": VISA });
                (Method::POST, "/api/bookings".to_owned(), body)
            }
            Self::CancelRedeemed => {
                once_card(w).await;
                let held = w.redeemed("held").await;
                let booking = w.ask(&held, "pay", VISA).await.expect("an answer").booking;
                (Method::POST, format!("/api/bookings/{}/cancel", booking.id), json!({ "reason": "rain" }))
            }
            Self::Put => (Method::PUT, "/api/resources/new".to_owned(), terms("New")),
            Self::Replace => {
                w.held(room, "held", SPAN).await;
                (Method::PUT, "/api/resources/room".to_owned(), terms("Replaced"))
            }
            Self::Inventory => {
                w.held(room, "held", SPAN).await;
                let body = json!({ "from": "2030-06-28", "to": "2030-07-03", "capacity": 7, "closed": true });
                (Method::PATCH, "/api/resources/room/inventory".to_owned(), body)
            }
        }
    }

    /// A process of the function that serves the route answers.
    async fn serve(self, w: &World, faults: &Faults, request: Request) -> Response {
        let store = w.database.store_under(faults);
        let clock = Arc::new(w.clock.clone());
        match self {
            Self::Hold { .. } | Self::Release | Self::Extend | Self::Redeem | Self::ReleaseRedeemed => {
                HoldApi::new(store.hold_cases(), clock).handle(request).await
            }
            Self::Pay { .. } | Self::PayRedeemed => {
                ConfirmApi::new(requests(&store, &w.flow), clock).handle(request).await
            }
            Self::Cancel | Self::CancelRedeemed => {
                CancelApi::new(cancellations(&store, &w.flow), clock).handle(request).await
            }
            Self::Put | Self::Replace | Self::Inventory => {
                let Store { catalogue, properties, trails, switch, rates: cards, versions, .. } = store;
                let rates = Rates::new(catalogue.clone(), cards.clone(), versions, charge_rules());
                let resources = Resources::new(catalogue.clone(), properties.clone(), cards, charge_rules());
                let of_resources = ResourceTrails::new(catalogue, trails.clone(), switch.clone());
                let properties = Properties::new(properties, trails, charge_rules());
                ResourcesApi::new(resources, properties, of_resources, Stops::new(switch), rates, clock)
                    .handle(request)
                    .await
            }
        }
    }
}

fn request((method, path, body): &(Method, String, Value), name: &str) -> Request {
    let mut headers = HeaderMap::new();
    headers.insert("idempotency-key", HeaderValue::from_static("the-key"));
    headers.insert("prefer", HeaderValue::from_static("wait=20"));
    Request {
        method: method.clone(),
        path: path.clone(),
        query: String::new(),
        headers,
        body: if body.is_null() { Vec::new() } else { body.to_string().into_bytes() },
        identity: Identity::Bearer(Claims {
            sub: "guest".to_owned(),
            scopes: vec!["booking/guest".to_owned(), "booking/operator".to_owned()],
            groups: Vec::new(),
        }),
        address: None,
        request_id: name.to_owned(),
        time_left: Duration::from_secs(29),
    }
}

/// Status and body of an answer.
fn told(response: &Response) -> (u16, Value) {
    let body = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
    (response.status().as_u16(), body)
}

/// Places, money and uses of the code when all has come to rest.
async fn left_behind(w: &World, room: &Resource) -> (Vec<(String, u32)>, Vec<Value>, u64) {
    let mut bookings = Vec::new();
    for id in w.flow.started() {
        let booking = w.rests(&id).await;
        bookings.push(json!([id.as_str(), format!("{:?}", booking.status), w.bank.kept(&id)]));
    }
    (w.taken(room).await, bookings, w.database.uses(&room.id, "ONCE").await)
}

/// One request in a world of its own, killed after its `passes`th call, if it makes so many; then sent again. Gives the last
/// answer, whether it was killed, and what is left behind.
async fn run(route: Route, passes: Option<usize>) -> ((u16, Value), bool, impl PartialEq + std::fmt::Debug) {
    let room = nightly_resource("room", 3, 600);
    let w = World::running(&room).await;
    let prepared = route.prepare(&w, &room).await;
    let faults = Faults::default();
    let mut killed = false;
    if let Some(passes) = passes {
        faults.strike(Fault::Killed, passes, 1);
        killed = tokio::select! {
            _ = route.serve(&w, &faults, request(&prepared, "first")) => false,
            () = faults.strikes() => true,
        };
        let _ = faults.end();
    }
    let answer = told(&route.serve(&w, &faults, request(&prepared, "last")).await);
    let again = told(&route.serve(&w, &faults, request(&prepared, "once more")).await);
    assert_eq!(again.1, answer.1, "{route:?}: once more");
    (answer, killed, left_behind(&w, &room).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_killed_after_any_of_its_calls_has_one_effect_and_its_client_the_same_answer() {
    let mut kills = 0;
    for route in ROUTES {
        let ((status, body), _, left) = run(route, None).await;
        assert!([200, 201, 204, 402].contains(&status), "{route:?}: {status} {body}");
        let of_route = kills;
        for passes in 0.. {
            let ((got, again), killed, behind) = run(route, Some(passes)).await;
            let replayed = got == 200 && status == 201;
            assert!(got == status || replayed, "{route:?} killed after call {passes}: {got} {again}");
            assert_eq!(again, body, "{route:?} killed after call {passes}");
            assert_eq!(format!("{behind:?}"), format!("{left:?}"), "{route:?} killed after call {passes}");
            if !killed {
                break;
            }
            kills += 1;
        }
        assert!(kills > of_route, "{route:?} makes no call");
    }
    eprintln!("{kills} kills on {} routes, each with one effect", ROUTES.len());
}
