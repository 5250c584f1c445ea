//! Every route that operators may call, with staff of the platform, of the property, of another, of none, and a guest: what each
//! gets follows from one rule for each route. The routes are those of the published document, which is made of the code's own
//! table; one without a rule fails.

use std::sync::Arc;
use std::time::Duration;

use holdfast_api::{
    Api, BookingsApi, CancelApi, Claims, ConfirmApi, HoldApi, Identity, Request, ResourcesApi, Response,
    SearchApi, openapi,
};
use holdfast_app::bookings::{BookingRequest, Bookings};
use holdfast_app::catalogue::{Calendars, ResourceTrails, Resources, Stops};
use holdfast_app::properties::Properties;
use holdfast_app::rates::Rates;
use holdfast_app::receipts::Receipts;
use holdfast_app::search::Search;
use holdfast_domain::{BookingId, HoldId, Resource};
use holdfast_testkit::{Store, charge_rules};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};

use crate::bank::VISA;
use crate::properties::of_two_houses;
use crate::world::{NIGHT, PATIENCE, World, cancellations, guest, hold_request, key, requests};

const OPERATOR: &str = "booking/operator";
/// A name as long as the other's, of nothing.
const NOTHING: &str = "none";

/// A kind of caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Platform,
    OwnProperty,
    OtherProperty,
    NoGroup,
    /// A guest, of somebody else's things.
    Guest,
}

const EVERYBODY: [Who; 5] = [Who::Platform, Who::OwnProperty, Who::OtherProperty, Who::NoGroup, Who::Guest];

impl Who {
    fn claims(self) -> Claims {
        let (sub, scope, groups): (_, _, &[&str]) = match self {
            Self::Platform => ("staff/ada", OPERATOR, &["platform"]),
            Self::OwnProperty => ("staff/own", OPERATOR, &["property.house"]),
            // Names that begin alike are others.
            Self::OtherProperty => {
                ("staff/other", OPERATOR, &["property.other", "property.hous", "property.house2"])
            }
            Self::NoGroup => ("staff/none", OPERATOR, &[]),
            Self::Guest => ("stranger", "booking/guest", &["platform", "property.house"]),
        };
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        Claims { sub: sub.to_owned(), scopes: vec![scope.to_owned()], groups }
    }
}

/// Whose a route's things are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// A property's: for others they do not exist.
    OfTheProperty,
    /// Everybody's that may call the route: nothing in it is a property's.
    Everybodys,
    /// What is done for another guest: a guest may not, and to operators of other properties the resource does not exist.
    ForAnotherGuest,
    /// Of every property at once.
    Platforms,
}

/// One way to call a route.
struct Case {
    operation: &'static str,
    name: &'static str,
    rule: Rule,
    /// The status where it is served.
    served: u16,
}

const fn case(operation: &'static str, name: &'static str, rule: Rule, served: u16) -> Case {
    Case { operation, name, rule, served }
}

/// Every route has a rule; some have several ways to be called.
const CASES: [Case; 32] = [
    case("putResource", "", Rule::OfTheProperty, 200),
    case("putResource", "dry", Rule::OfTheProperty, 200),
    case("putResource", "of none", Rule::Everybodys, 201),
    case("setInventory", "", Rule::OfTheProperty, 200),
    case("setInventory", "dry", Rule::OfTheProperty, 200),
    case("readResourceEvents", "", Rule::OfTheProperty, 200),
    case("stopHoldsOfResource", "", Rule::OfTheProperty, 200),
    case("stopHolds", "", Rule::Platforms, 200),
    case("readStopEvents", "", Rule::Everybodys, 200),
    case("putProperty", "", Rule::OfTheProperty, 200),
    case("putProperty", "dry", Rule::OfTheProperty, 200),
    case("readPropertyEvents", "", Rule::OfTheProperty, 200),
    case("putRates", "", Rule::OfTheProperty, 200),
    case("putRates", "dry", Rule::OfTheProperty, 200),
    case("readRates", "", Rule::OfTheProperty, 200),
    case("discardRatesDraft", "", Rule::OfTheProperty, 200),
    case("readRateVersions", "", Rule::OfTheProperty, 200),
    case("readRateCalendar", "", Rule::OfTheProperty, 200),
    // Each line says for itself whether its resource is there.
    case("setDatedRates", "", Rule::Everybodys, 200),
    case("explainRates", "", Rule::OfTheProperty, 200),
    case("createHold", "", Rule::Everybodys, 201),
    case("createHold", "for another", Rule::ForAnotherGuest, 201),
    case("readHold", "", Rule::OfTheProperty, 200),
    case("releaseHold", "", Rule::OfTheProperty, 204),
    case("extendHold", "", Rule::OfTheProperty, 200),
    case("createBooking", "", Rule::OfTheProperty, 201),
    case("listBookings", "", Rule::Everybodys, 200),
    case("readBooking", "", Rule::OfTheProperty, 200),
    case("readBookingEvents", "", Rule::OfTheProperty, 200),
    case("readBookingReceipts", "", Rule::OfTheProperty, 200),
    case("quoteCancellation", "", Rule::OfTheProperty, 200),
    case("cancelBooking", "", Rule::OfTheProperty, 200),
];

/// A route as the document has it.
struct Route {
    operation: String,
    method: Method,
    path: String,
    guests_may: bool,
}

/// Those that operators may call.
fn routes() -> Vec<Route> {
    let mut found = Vec::new();
    for (path, item) in openapi::document()["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let security = operation["security"].to_string();
            if security.contains(OPERATOR) {
                found.push(Route {
                    operation: operation["operationId"].as_str().expect("a name").to_owned(),
                    method: method.to_uppercase().parse().expect("a method"),
                    path: path.clone(),
                    guests_may: security.contains("booking/guest"),
                });
            }
        }
    }
    found
}

/// What a caller gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Served,
    /// As if it did not exist.
    Hidden,
    Forbidden,
}

/// The rules: no other knowledge of a route than its scopes and whose its things are.
fn verdict(route: &Route, rule: Rule, who: Who) -> Verdict {
    match (rule, who) {
        (_, Who::Guest) if !route.guests_may => Verdict::Forbidden,
        (_, Who::Platform) | (Rule::Everybodys, _) => Verdict::Served,
        (Rule::OfTheProperty | Rule::ForAnotherGuest, Who::OwnProperty) => Verdict::Served,
        (Rule::OfTheProperty | Rule::ForAnotherGuest, Who::OtherProperty | Who::NoGroup)
        | (Rule::OfTheProperty, Who::Guest) => Verdict::Hidden,
        (Rule::ForAnotherGuest, Who::Guest)
        | (Rule::Platforms, Who::OwnProperty | Who::OtherProperty | Who::NoGroup | Who::Guest) => {
            Verdict::Forbidden
        }
    }
}

/// What a call is about, made for it alone.
struct Things {
    hold: String,
    booking: String,
}

/// A hold and a booking of a guest of that name.
async fn things(w: &World, room: &Resource, name: &str) -> Things {
    let owner = guest(name);
    let by = w.by(name);
    let held = async |name: &str| {
        let request = hold_request(room, NIGHT, 1);
        w.holds.create(&owner, &key(name, name), &request, &by).await.expect("free places").hold
    };
    let (hold, paid) = (held("hold").await, held("paid").await);
    let request = BookingRequest {
        hold: paid.id,
        payment_method: Some(VISA.to_owned()),
        contact: None,
        wait: PATIENCE,
    };
    let booked = w.requests.request(&owner, &key("pay", "pay"), &request, &by).await.expect("a booking");
    Things { hold: hold.id.to_string(), booking: booked.booking.id.to_string() }
}

fn room_terms(property: Option<&str>) -> Value {
    let mut terms = json!({
        "resourceType": "hotel", "name": "Deluxe double", "location": "NYC", "timeZone": "America/New_York",
        "schedule": { "kind": "nightly", "checkIn": "15:00", "checkOut": "11:00" },
        "capacity": 1000, "holdTtlSeconds": 600, "pricing": { "currency": "EUR", "base": 12900 },
        "cancellationPolicy": { "tiers": [{ "hoursBefore": 0, "refundPercent": 50 }] },
        "holdLimits": { "perGuest": 200, "perSlot": 200, "placesPerSlot": 100_000, "coolDownSeconds": 0 }
    });
    if let Some(property) = property {
        terms["propertyId"] = json!(property);
    }
    terms
}

/// A rate card of the room.
fn card() -> Value {
    let plan =
        json!({ "planId": "flexible", "name": "Flexible", "price": { "base": 12900 }, "payment": "now" });
    json!({ "currency": "EUR", "defaultPlan": "flexible", "plans": [plan] })
}

/// A price for a date.
fn lines(resource: &str) -> Value {
    let line = json!({
        "resourceIds": [resource], "planId": "flexible", "from": "2030-09-01", "to": "2030-09-02", "price": 9900
    });
    json!({ "currency": "EUR", "lines": [line] })
}

/// Path with query, and body, of a call about these things.
fn call(
    route: &Route,
    case: &Case,
    things: &Things,
    resource: &str,
    property: &str,
    number: usize,
) -> (String, Value) {
    let path = route
        .path
        .replace("{holdId}", &things.hold)
        .replace("{bookingId}", &things.booking)
        .replace("{resourceId}", resource)
        .replace("{propertyId}", property);
    let hold = json!({ "resourceId": resource, "startTime": NIGHT.0, "endTime": NIGHT.1, "quantity": 1 });
    let dry = |path: String| if case.name == "dry" { format!("{path}?dryRun=true") } else { path };
    match (case.operation, case.name) {
        ("putResource", "of none") => (format!("/api/resources/new-{number}"), room_terms(None)),
        ("putResource", _) => (dry(path), room_terms(Some("house"))),
        ("setInventory", _) => (
            dry(path),
            json!({ "from": "2030-09-01", "to": "2030-09-02", "closed": number.is_multiple_of(2) }),
        ),
        ("putRates", _) => (dry(path), card()),
        ("readRateCalendar", _) => (format!("{path}?from=2030-06-01&to=2030-06-08"), Value::Null),
        ("explainRates", _) => (format!("{path}?start={}&end={}", NIGHT.0, NIGHT.1), Value::Null),
        ("setDatedRates", _) => (path, lines(resource)),
        ("stopHolds" | "stopHoldsOfResource", _) => (path, json!({ "stopped": false })),
        ("putProperty", _) => {
            let body = json!({
                "propertyType": "hotel", "name": format!("House {number}"), "timeZone": "Europe/Berlin", "currency": "EUR",
                "address": { "lines": ["Platz 1"], "city": "Berlin", "country": "DE" }
            });
            (dry(path), body)
        }
        ("createHold", "for another") => {
            let mut hold = hold;
            hold["userId"] = json!("grace");
            (path, hold)
        }
        ("createHold", _) => (path, hold),
        ("createBooking", _) => (path, json!({ "holdId": things.hold, "paymentMethodId": VISA })),
        ("extendHold" | "cancelBooking", _) => (path, json!({})),
        (
            "readRates"
            | "discardRatesDraft"
            | "readRateVersions"
            | "readResourceEvents"
            | "readStopEvents"
            | "readPropertyEvents"
            | "readHold"
            | "releaseHold"
            | "listBookings"
            | "readBooking"
            | "readBookingEvents"
            | "readBookingReceipts"
            | "quoteCancellation",
            _,
        ) => (path, Value::Null),
        (other, _) => panic!("{other}: a route that nobody knows how to call"),
    }
}

async fn serve(w: &World, who: Who, method: &Method, target: &str, body: &Value, key: &str) -> Response {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = HeaderMap::new();
    headers.insert("idempotency-key", HeaderValue::from_str(key).expect("a header"));
    headers.insert("prefer", HeaderValue::from_static("wait=20"));
    let request = Request {
        method: method.clone(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: if body.is_null() { Vec::new() } else { body.to_string().into_bytes() },
        identity: Identity::Bearer(who.claims()),
        address: None,
        request_id: "request".to_owned(),
        time_left: Duration::from_secs(29),
    };
    let clock = Arc::new(w.clock.clone());
    let Store {
        catalogue,
        properties,
        rates: cards,
        versions,
        trails,
        switch,
        history,
        receipts,
        contacts,
        actions,
        ..
    } = w.store.clone();
    let get = *method == Method::GET;
    if path.starts_with("/api/holds") {
        HoldApi::new(w.store.hold_cases(), clock).handle(request).await
    } else if path.ends_with("/rates/explain") {
        let calendars = Calendars::new(catalogue, w.store.listed.clone(), cards, properties, charge_rules());
        let search = Search::new(w.store.index.clone(), charge_rules());
        SearchApi::new(search, calendars, w.store.quote_cases(), clock).handle(request).await
    } else if path.ends_with("/cancel") {
        CancelApi::new(cancellations(&w.store, &w.flow), clock).handle(request).await
    } else if path == "/api/bookings" && !get {
        ConfirmApi::new(requests(&w.store, &w.flow), clock).handle(request).await
    } else if path.starts_with("/api/bookings") {
        let receipts = Receipts::new(history.clone(), receipts);
        BookingsApi::new(Bookings::new(history, contacts, actions, charge_rules()), receipts, clock)
            .handle(request)
            .await
    } else {
        let rates = Rates::new(catalogue.clone(), cards.clone(), versions, charge_rules());
        let resources = Resources::new(catalogue.clone(), properties.clone(), cards, charge_rules());
        let of_resources = ResourceTrails::new(catalogue, trails.clone(), switch.clone());
        let properties = Properties::new(properties, trails, charge_rules());
        ResourcesApi::new(resources, properties, of_resources, Stops::new(switch), rates, clock)
            .handle(request)
            .await
    }
}

/// All that a caller sees of an answer but the names of the request and of its trace, with `path` in the place of the one asked for.
fn seen(response: &Response, path: &str) -> (u16, Vec<(String, String)>, String) {
    let headers = response
        .headers()
        .iter()
        .filter(|(name, _)| !["x-request-id", "traceparent"].contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()));
    let body = String::from_utf8(response.body().clone()).expect("text").replace(path, "PATH");
    (response.status().as_u16(), headers.filter(|(name, _)| name != "content-length").collect(), body)
}

#[test]
fn every_route_of_operators_has_a_rule() {
    let routes: std::collections::BTreeSet<String> =
        routes().into_iter().map(|route| route.operation).collect();
    let with_rule = CASES.iter().map(|case| case.operation.to_owned()).collect();
    assert_eq!(routes, with_rule, "a route of operators says whose its things are");
}

#[tokio::test]
async fn every_route_of_operators_answers_staff_by_their_properties() {
    let (w, room) = of_two_houses().await;
    let routes = routes();
    let mut wrong = Vec::new();
    let mut number = 0;
    for case in &CASES {
        let route = routes.iter().find(|route| route.operation == case.operation).expect("a route");
        for who in EVERYBODY {
            number += 1;
            let what = format!("{} {} of {who:?}", case.operation, case.name);
            let known = things(&w, &room, &format!("guest-{number}")).await;
            let (target, body) = call(route, case, &known, room.id.as_str(), "house", number);
            let answer = serve(&w, who, &route.method, &target, &body, &format!("key-{number}")).await;
            let told = seen(&answer, target.split('?').next().unwrap_or_default());
            let expected = verdict(route, case.rule, who);
            let status = match expected {
                Verdict::Served => case.served,
                Verdict::Hidden => 404,
                Verdict::Forbidden => 403,
            };
            if told.0 != status {
                wrong.push(format!("{what}: {status} is due, not {told:?}"));
            }
            if expected != Verdict::Hidden {
                continue;
            }
            // The same of what does not exist; of a resource, by an edit that would not create it.
            let none = Things { hold: NOTHING.to_owned(), booking: NOTHING.to_owned() };
            let probe = if case.operation == "putResource" { "setInventory" } else { case.operation };
            let route = routes.iter().find(|route| route.operation == probe).expect("a route");
            let case = Case { operation: route_name(probe), ..*case };
            let (target, body) = call(route, &case, &none, NOTHING, NOTHING, number);
            let answer = serve(&w, who, &route.method, &target, &body, &format!("none-{number}")).await;
            let nothing = seen(&answer, target.split('?').next().unwrap_or_default());
            if told != nothing {
                wrong.push(format!("{what}: {told:?}, and of what does not exist {nothing:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(number > 100, "{number}");
}

/// The name of a route among those of [`CASES`].
fn route_name(name: &str) -> &'static str {
    CASES.iter().map(|case| case.operation).find(|operation| *operation == name).expect("a route with a rule")
}

/// What a hidden call was about is as it was before.
#[tokio::test]
async fn what_is_hidden_is_not_changed() {
    let (w, room) = of_two_houses().await;
    let before = w.store.catalogue.resource(&room.id).await.expect("a read");
    let house = crate::properties::id("house");
    let property = w.store.properties.property(&house).await.expect("a read");
    let known = things(&w, &room, "ada").await;
    let rates = w.store.rates.all_rates(&room.id).await.expect("a read");
    // A line of such a call is refused, the call is not.
    let is_hidden = |case: &Case| case.rule == Rule::OfTheProperty || case.operation == "setDatedRates";
    for (number, case) in CASES.iter().enumerate().filter(|(_, case)| is_hidden(case)) {
        let routes = routes();
        let route = routes.iter().find(|route| route.operation == case.operation).expect("a route");
        for who in [Who::OtherProperty, Who::NoGroup, Who::Guest] {
            let (target, body) = call(route, case, &known, room.id.as_str(), "house", number);
            serve(&w, who, &route.method, &target, &body, &format!("{who:?}-{number}")).await;
        }
    }
    assert_eq!(w.store.catalogue.resource(&room.id).await.expect("a read"), before);
    assert_eq!(w.store.properties.property(&house).await.expect("a read"), property);
    assert_eq!(w.store.rates.all_rates(&room.id).await.expect("a read"), rates);
    let owner = guest("ada");
    let hold = w.holds.get(&owner, &HoldId::parse(&known.hold).expect("an id")).await.expect("a hold");
    assert_eq!((hold.status(w.now()).as_str(), hold.hold.extensions.len()), ("active", 0));
    let booking =
        w.bookings.get(&owner, &BookingId::parse(&known.booking).expect("an id")).await.expect("a booking");
    assert_eq!(booking.status_at(w.now()).as_str(), "confirmed");
}
