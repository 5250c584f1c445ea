//! The worst legal request to each route that anyone may call, made to a database that says what it cost.
#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod cards;
mod houses;
mod quotes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use holdfast_api::{
    Api, Budget, Identity, Request, ResourcesApi, Response, SearchApi, WebhookApi, budgets, openapi,
};
use holdfast_app::catalogue::{
    CALENDAR_PAGES_MAX, CALENDAR_SLOTS_MAX, Calendars, FactsCommit, ResourceTrails, Resources, Stops,
    TermsCommit,
};
use holdfast_app::payments::{
    BookingSaga, InvalidWebhook, Payment, PaymentInquiry, SagaResumption, SettlementSaga, Webhook,
    WebhookError, WebhookEvent, WebhookVerifier,
};
use holdfast_app::properties::{Properties, PropertyCommit};
use holdfast_app::rates::{ADDRESS_CODES_MAX, Rates};
use holdfast_app::search::{Projection, Search};
use holdfast_app::{PaymentError, WorkflowError};
use holdfast_domain::catalogue::{
    ATTRIBUTE_NAME_LENGTH_MAX, ATTRIBUTE_TEXT_LENGTH_MAX, AttributeValue, DateFactsEdit, Facts,
    NIGHTS_PER_HOLD_MAX, PAGES_PER_HOLD_MAX, ResourceChange,
};
use holdfast_domain::{BookingId, Property, Resource, ResourceId, When};
use holdfast_testkit::{
    Database, Meter, Store, TestClock, at, charge_rules, daily_resource, event_resource, hold_for, mutation,
    nightly_resource,
};
use http::{HeaderMap, Method};
use jiff::Timestamp;
use jiff::civil::date;
use serde_json::{Value, json};

use crate::cards::{LIMITED_CODE, put_rates};
use crate::houses::{of_house, wordy_property};

const NOW: &str = "2030-05-20T12:00:00Z";
/// The largest body that is read, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// Who is not Stripe, and has neither bank nor sagas.
struct Nobody;

#[async_trait]
impl WebhookVerifier for Nobody {
    async fn verify(&self, _: &[u8], _: &str, _: Timestamp) -> Result<WebhookEvent, WebhookError> {
        Err(InvalidWebhook::Foreign.into())
    }
}

#[async_trait]
impl PaymentInquiry for Nobody {
    async fn inquire(&self, _: &str) -> Result<Payment, PaymentError> {
        panic!("nobody asks the bank")
    }
}

#[async_trait]
impl BookingSaga for Nobody {
    async fn start_booking(&self, _: &BookingId, _: Option<&str>) -> Result<(), WorkflowError> {
        panic!("nothing is started")
    }
    async fn resume_booking(&self, _: &BookingId, _: u32) -> Result<(), WorkflowError> {
        panic!("nothing is resumed")
    }
}

#[async_trait]
impl SettlementSaga for Nobody {
    async fn start_settlement(&self, _: &BookingId, _: &str, _: Option<&str>) -> Result<(), WorkflowError> {
        panic!("nothing is started")
    }
}

#[async_trait]
impl SagaResumption for Nobody {
    async fn resume(&self, _: &str) -> Result<bool, WorkflowError> {
        panic!("nothing waits")
    }
}

/// A database whose every read is counted, and what is answered over it.
struct World {
    // Ends with the world.
    database: Database,
    clock: TestClock,
    store: Store,
    metered: Store,
    meter: Meter,
}

/// What a request cost.
#[derive(Debug)]
struct Cost {
    ledger: f64,
    read_model: f64,
    /// Of the table of hold records, read and written.
    notes: f64,
    body: usize,
    answer: Value,
}

impl World {
    async fn start() -> Self {
        let clock = TestClock::at(at(NOW));
        let database = Database::start(&clock).await;
        let (client, meter) = database.metered_client();
        let (store, metered) = (database.store(), Store::over(&client));
        Self { database, clock, store, metered, meter }
    }

    async fn put(&self, resource: &Resource) {
        let by = mutation(at(NOW), "operator");
        self.store
            .catalogue
            .put_resource(&TermsCommit::new(None, resource, &by))
            .await
            .expect("a new resource");
    }

    async fn put_property(&self, property: &Property) {
        let commit = PropertyCommit::new(None, property, &mutation(at(NOW), "desk"));
        self.store.properties.put_property(&commit).await.expect("a property");
    }

    /// Sets something for each date of 15 months.
    async fn set_dates(&self, resource: &Resource) {
        let dates = date(2030, 6, 1).series(jiff::ToSpan::day(1)).take(450);
        let facts = Facts::default().with(
            dates,
            DateFactsEdit { capacity: Some(3), closed: Some(false), ..DateFactsEdit::default() },
        );
        let by = mutation(at(NOW), "operator");
        let stored = self.store.catalogue.resource(&resource.id).await.expect("a read").expect("a resource");
        let change = ResourceChange::of_dates;
        let commit = FactsCommit::new(&stored, &Facts::default(), &facts, change, &by).expect("a change");
        self.store.catalogue.put_facts(&commit).await.expect("facts");
    }

    /// A hold, so that the pages of its range are stored.
    async fn hold(&self, resource: &Resource, range: (&str, &str)) {
        let hold =
            hold_for(resource, "auth0|507f1f77bcf86cd799439011", resource.id.as_str(), range, 1, at(NOW));
        self.store.holds.place(&[resource], &hold, &mutation(at(NOW), "guest")).await.expect("free places");
    }

    async fn project(&self, resource: &Resource) {
        let projection = Projection::new(
            self.store.catalogue.clone(),
            self.store.rates.clone(),
            self.store.index_writer.clone(),
        );
        projection.batch().on_resource(resource, None).await.expect("a projection");
    }

    async fn ask(&self, method: Method, path: &str, query: &[(&str, &str)]) -> Cost {
        self.ask_with(method, path, query, &json!({})).await
    }

    async fn ask_with(&self, method: Method, path: &str, query: &[(&str, &str)], body: &Value) -> Cost {
        let query: Vec<String> =
            query.iter().map(|(name, value)| format!("{name}={}", value.replace('+', "%2B"))).collect();
        let request = Request {
            method,
            path: path.to_owned(),
            query: query.join("&"),
            headers: HeaderMap::from_iter([(
                "stripe-signature".parse().expect("a name"),
                "t=1,v1=0".parse().expect("a value"),
            )]),
            body: body.to_string().into_bytes(),
            identity: Identity::Unproven,
            address: None,
            request_id: "request-1".to_owned(),
            time_left: Duration::from_secs(29),
        };
        let response = self.answer(request).await;
        let body = response.body().len();
        let answer = serde_json::from_slice(response.body()).expect("JSON");
        let cost = Cost {
            ledger: self.meter.take(Database::LEDGER),
            read_model: self.meter.take(Database::SEARCH),
            notes: self.meter.take(Database::HOLDS),
            body,
            answer,
        };
        println!(
            "{path}: {} of the ledger, {} of the read model, {body} bytes",
            cost.ledger, cost.read_model
        );
        cost
    }

    async fn answer(&self, request: Request) -> Response {
        let (store, clock) = (&self.metered, Arc::new(self.clock.clone()));
        if request.path.ends_with("/availability") || request.path == "/api/quotes" {
            let calendars = Calendars::new(
                store.catalogue.clone(),
                store.listed.clone(),
                store.rates.clone(),
                store.properties.clone(),
                charge_rules(),
            );
            SearchApi::new(
                Search::new(store.index.clone(), charge_rules()),
                calendars,
                store.quote_cases(),
                clock,
            )
            .handle(request)
            .await
        } else if request.path.starts_with("/api/webhooks") {
            let nobody = || Arc::new(Nobody);
            let webhook =
                Webhook::new(store.journal.clone(), store.callbacks.clone(), nobody(), nobody(), nobody());
            WebhookApi::new(webhook, nobody(), clock).handle(request).await
        } else {
            let Store { catalogue, properties, trails, switch, rates: cards, versions, .. } = store.clone();
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

/// Terms with attributes as long as a body allows, beside announced ones of the same length.
fn wordy(mut resource: Resource) -> Resource {
    let longest = "\u{1F3BE}".repeat(ATTRIBUTE_TEXT_LENGTH_MAX);
    let mut left = BODY_BYTES_MAX - 2 * 1024;
    for number in 0.. {
        let name = format!("{number:02}{}", "n".repeat(ATTRIBUTE_NAME_LENGTH_MAX - 2));
        let Some(rest) = left.checked_sub(name.len() + longest.len() + 6) else { break };
        left = rest;
        resource.terms.attributes.insert(name, AttributeValue::Text(longest.clone()));
    }
    resource.announcing(resource.terms.clone())
}

fn id(name: &str) -> ResourceId {
    ResourceId::parse(name).expect("an id")
}

fn units(budget: u32) -> f64 {
    f64::from(budget)
}

fn is_nothing(units: f64) -> bool {
    units < 0.1
}

#[tokio::test]
async fn a_resource_is_read_within_its_budget() {
    let w = World::start().await;
    let room = wordy(nightly_resource("room", 3, 600));
    w.put(&room).await;
    let budget = budgets::RESOURCE;
    let cost = w.ask(Method::GET, "/api/resources/room", &[]).await;
    assert_eq!(cost.answer["resourceId"], "room");
    assert!(
        cost.ledger <= units(budget.ledger_units) && is_nothing(cost.read_model),
        "{} units",
        cost.ledger
    );
    assert!(cost.ledger > 30.0, "the terms are as long as they may be: {} units", cost.ledger);
    assert!(cost.body <= budget.body_bytes, "{} bytes", cost.body);
}

#[tokio::test]
async fn a_property_is_read_within_its_budget() {
    let w = World::start().await;
    let property = wordy_property();
    w.put_property(&property).await;
    let budget = budgets::PROPERTY;
    let cost = w.ask(Method::GET, &format!("/api/properties/{}", property.id), &[]).await;
    assert_eq!(cost.answer["propertyId"], property.id.as_str());
    assert!(
        cost.ledger <= units(budget.ledger_units) && is_nothing(cost.read_model),
        "{} units",
        cost.ledger
    );
    assert!(cost.ledger > 14.0, "the terms are as long as they may be: {} units", cost.ledger);
    assert!(cost.body <= budget.body_bytes, "{} bytes", cost.body);
    assert!(
        10 * cost.body > 9 * budget.body_bytes,
        "{} bytes: the budget is of the worst request",
        cost.body
    );
}

/// Each day has a page of its own and is touched; the calendar of 400 days comes in parts.
#[tokio::test]
async fn a_calendar_is_read_within_its_budget() {
    let w = World::start().await;
    let budget = budgets::CALENDAR;
    let house = wordy_property();
    w.put_property(&house).await;
    let bike = wordy(of_house(daily_resource("bike", 1440, &[("00:00", "00:00")], 3, 600), &house));
    let desk = wordy(of_house(daily_resource("desk", 5, &[("00:00", "20:00")], 3, 600), &house));
    let room = wordy(of_house(nightly_resource("room", 3, 600), &house));
    let mut seen = BTreeSet::new();
    let mut most = (0.0_f64, 0.0_f64);
    for (resource, days) in [(&bike, CALENDAR_PAGES_MAX), (&desk, 5), (&room, 400)] {
        w.put(resource).await;
        w.set_dates(resource).await;
        put_rates(&w.store, resource).await;
        let range = match resource.id.as_str() {
            "desk" => ("2030-06-01T00:00:00+02:00", "2030-06-01T20:00:00+02:00"),
            "bike" => ("2030-06-01", "2030-08-30"),
            _ => ("2030-06-01", "2031-06-02"),
        };
        w.hold(resource, range).await;
        w.project(resource).await;
        let path = format!("/api/resources/{}/availability", resource.id);
        let dates = [("start", "2030-06-01"), ("end", "2031-07-06")];
        let cost = w.ask(Method::GET, &path, &dates).await;
        let slots = cost.answer["slots"].as_array().expect("slots");
        assert!(slots.len() >= days && slots.len() <= budget.slots_per_resource, "{} slots", slots.len());
        assert_eq!(slots[0]["available"], 2, "the read model knows of the hold");
        assert!(cost.ledger > 30.0, "{}: the terms are as long as they may be: {}", resource.id, cost.ledger);
        assert!(cost.ledger <= units(budget.ledger_units), "{}: {} units", resource.id, cost.ledger);
        most = (most.0.max(cost.ledger), most.1.max(cost.read_model));
        assert!(
            cost.read_model <= units(budget.read_model_units),
            "{}: {} units",
            resource.id,
            cost.read_model
        );
        assert!(cost.body <= budget.body_bytes, "{}: {} bytes", resource.id, cost.body);
        seen.insert(slots.len());
        let mut query = dates.to_vec();
        let cursor = cost.answer["nextCursor"].as_str().map(str::to_owned);
        assert_eq!(cursor.is_some(), resource.id.as_str() != "room", "{}", resource.id);
        if let Some(cursor) = &cursor {
            query.push(("cursor", cursor));
            let next = w.ask(Method::GET, &path, &query).await;
            let after = slots.last().expect("a slot")["end"].as_str().expect("a time");
            assert_eq!(next.answer["slots"][0]["start"].as_str(), Some(after), "{}", resource.id);
        }
    }
    assert!(most.0 > 0.8 * units(budget.ledger_units), "{most:?}: the budget is of the worst request");
    assert!(most.1 > 0.8 * units(budget.read_model_units), "{most:?}: the budget is of the worst request");
    assert_eq!(seen, BTreeSet::from([CALENDAR_PAGES_MAX, 400, CALENDAR_SLOTS_MAX]), "each bound is met");
    let too_long = [("start", "2030-06-01"), ("end", "2031-07-07")];
    let beyond = w.ask(Method::GET, "/api/resources/bike/availability", &too_long).await;
    assert_eq!(beyond.answer["errors"][0]["pointer"], "/end", "{}", beyond.answer);
}

#[tokio::test]
async fn a_quote_is_given_within_its_budget() {
    let w = World::start().await;
    let budget = budgets::QUOTE;
    let house = wordy_property();
    w.put_property(&house).await;
    let bike = wordy(of_house(daily_resource("bike", 1440, &[("00:00", "00:00")], 3, 600), &house));
    let range = ("2030-06-01T00:00:00+02:00", "2030-08-29T00:00:00+02:00");
    w.put(&bike).await;
    w.set_dates(&bike).await;
    put_rates(&w.store, &bike).await;
    w.hold(&bike, range).await;
    w.project(&bike).await;
    let mut body = json!({ "resourceId": "bike", "startTime": range.0, "endTime": range.1, "quantity": 1 });
    let plain = w.ask_with(Method::POST, "/api/quotes", &[], &body).await;
    body["promotionCode"] = json!(LIMITED_CODE);
    let cost = w.ask_with(Method::POST, "/api/quotes", &[], &body).await;
    assert_eq!(cost.answer["offers"][0]["planId"], "flexible", "{}", cost.answer);
    assert!((0.9..=1.0).contains(&(cost.ledger - plain.ledger)), "{} units of {}", cost.ledger, plain.ledger);
    assert!(is_nothing(plain.notes), "{} units", plain.notes);
    assert!((2.9..=3.1).contains(&cost.notes), "{} units: a read, and two writes of a good code", cost.notes);
    let again = w.ask_with(Method::POST, "/api/quotes", &[], &body).await;
    assert!((0.4..=1.1).contains(&again.notes), "{} units: a read", again.notes);
    body["promotionCode"] = json!("UNKNOWN");
    let unknown = w.ask_with(Method::POST, "/api/quotes", &[], &body).await;
    assert!(is_nothing(unknown.ledger - plain.ledger), "{} units of {}", unknown.ledger, plain.ledger);
    assert!((1.9..=2.1).contains(&unknown.notes), "{} units: a read and a write", unknown.notes);
    for number in 1..ADDRESS_CODES_MAX {
        body["promotionCode"] = json!(format!("UNKNOWN-{number}"));
        let next = w.ask_with(Method::POST, "/api/quotes", &[], &body).await;
        assert!((1.4..=4.1).contains(&next.notes), "{} units: of an item that grows", next.notes);
    }
    body["promotionCode"] = json!(LIMITED_CODE);
    let full = w.ask_with(Method::POST, "/api/quotes", &[], &body).await;
    assert!(full.notes <= 2.0 && full.answer["offers"][0]["planId"] == "flexible", "{full:?}");
    body["promotionCode"] = json!("UNKNOWN");
    assert!(cost.ledger <= units(budget.ledger_units), "{} units", cost.ledger);
    assert!(cost.ledger > 0.7 * units(budget.ledger_units), "{} units: the worst request", cost.ledger);
    assert!(cost.read_model <= units(budget.read_model_units), "{} units", cost.read_model);
    assert!(cost.read_model > 0.7 * units(budget.read_model_units), "{} units: as above", cost.read_model);
    assert!(cost.body <= budget.body_bytes, "{} bytes", cost.body);
}

const RESOURCES: u32 = 6;
/// A whole stay of as many pages as there can be.
const MOST_PAGES: (&str, &str) = ("2030-06-01T06:00:00+02:00", "2030-08-30T06:00:00+02:00");

#[tokio::test]
async fn a_search_is_answered_within_its_budget() {
    let w = World::start().await;
    let budget = budgets::SEARCH;
    for number in 0..RESOURCES {
        let boat = daily_resource(&format!("boat-{number}"), 720, &[("18:00", "18:00")], 3, 600);
        let room = nightly_resource(&format!("room-{number}"), 3, 600);
        for (resource, range) in [(&boat, MOST_PAGES), (&room, ("2030-06-01", "2031-06-02"))] {
            w.put(resource).await;
            w.set_dates(resource).await;
            w.hold(resource, range).await;
            w.project(resource).await;
        }
    }
    // Pages with more holds than here take up to 4 KB, half a unit.
    let pages = u32::try_from(PAGES_PER_HOLD_MAX).expect("small");
    assert!(2 * budget.units_per_resource > pages, "{} units for {pages} pages", budget.units_per_resource);
    let longest = (When::Instant(at(MOST_PAGES.0)), When::Instant(at(MOST_PAGES.1)));
    for (range, found, least) in
        [(MOST_PAGES, 2 * RESOURCES, 90.0), (("2030-06-01", "2031-06-02"), RESOURCES, 30.0)]
    {
        let (from, to) = range;
        let query =
            [("resourceType", "hotel"), ("location", "NYC"), ("start", from), ("end", to), ("limit", "100")];
        let cost = w.ask(Method::GET, "/api/availability", &query).await;
        let results = cost.answer["results"].as_array().expect("results");
        assert_eq!(results.len(), usize::try_from(found).expect("small"), "{}", cost.answer);
        let most = budget.read_model_units + 2 * RESOURCES * budget.units_per_resource;
        assert!(cost.read_model <= units(most), "{from}: {} units of {most}", cost.read_model);
        assert!(cost.read_model > least, "{from}: {} units: the pages are read", cost.read_model);
        assert!(is_nothing(cost.ledger), "a search reads no ledger");
        assert!(cost.body <= budget.body_bytes, "{} bytes", cost.body);
    }
    // Nothing is listed there: what remains is what the question itself costs.
    let nowhere =
        [("resourceType", "hotel"), ("location", "Nowhere"), ("start", MOST_PAGES.0), ("end", MOST_PAGES.1)];
    let cost = w.ask(Method::GET, "/api/availability", &nowhere).await;
    assert!(cost.read_model <= 2.0, "{} units", cost.read_model);
    let now = at(NOW);
    for resource in [
        daily_resource("court", 4, &[("00:00", "20:00")], 2, 60),
        daily_resource("boat", 720, &[("18:00", "18:00")], 2, 60),
        nightly_resource("room", 2, 60),
        event_resource("concert", 2, 60),
    ] {
        let year = (
            When::Date(date(2030, 6, 1)),
            When::Date(date(2030, 6, 1) + jiff::ToSpan::days(NIGHTS_PER_HOLD_MAX)),
        );
        let day = (When::Date(date(2030, 6, 1)), When::Date(date(2030, 6, 2)));
        let offered =
            |(start, end)| resource.offerable(start, end, now).map_or(0, |offerable| offerable.slots().len());
        let slots = [longest, year, day].map(offered);
        assert!(slots.iter().any(|slots| *slots > 0), "{}: {slots:?}", resource.id);
        assert!(slots.iter().all(|slots| *slots <= budget.slots_per_resource), "{}: {slots:?}", resource.id);
    }
}

/// Resources with long attributes: as many come at a time as fit, and the cursor leads to the rest.
#[tokio::test]
async fn the_results_of_a_search_are_bounded_in_bytes_and_all_of_them_come() {
    let w = World::start().await;
    let mut expected = BTreeSet::new();
    for number in 0..40 {
        let mut room = wordy(nightly_resource("room", 3, 600));
        (room.id, room.next) = (id(&format!("room-{number:02}")), None);
        w.put(&room).await;
        w.project(&room).await;
        expected.insert(room.id.to_string());
    }
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    let mut pages = 0;
    loop {
        let mut query = vec![
            ("resourceType", "hotel"),
            ("location", "NYC"),
            ("start", "2030-06-01"),
            ("end", "2030-06-02"),
            ("limit", "100"),
        ];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let cost = w.ask(Method::GET, "/api/availability", &query).await;
        assert!(cost.body <= budgets::SEARCH.body_bytes, "{} bytes", cost.body);
        let results = cost.answer["results"].as_array().expect("results");
        found.extend(results.iter().map(|offer| offer["resourceId"].as_str().expect("an id").to_owned()));
        pages += 1;
        cursor = cost.answer["nextCursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    assert!(pages > 1, "they do not fit one answer");
    assert_eq!(found.len(), expected.len());
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
}

#[tokio::test]
async fn a_webhook_of_anyone_but_stripe_costs_nothing() {
    let w = World::start().await;
    let cost = w.ask(Method::POST, "/api/webhooks/stripe", &[]).await;
    assert_eq!(cost.answer["code"], "invalid_signature");
    assert!(is_nothing(cost.ledger) && is_nothing(cost.read_model), "{cost:?}");
    assert!(cost.body <= budgets::UNSIGNED_WEBHOOK.body_bytes, "{} bytes", cost.body);
}

/// What an API's routes that need no token may cost, as they are declared.
fn open_routes<A: Api>() -> Vec<(String, Budget)> {
    let open = A::ROUTES.iter().filter_map(|route| Some((route, *route.budget()?)));
    open.map(|(route, budget)| (format!("{} {}", route.method, route.path), budget)).collect()
}

/// The routes that need no token are those above.
#[test]
fn every_route_that_needs_no_token_is_measured_here_and_stated_in_the_guide() {
    let document = openapi::document();
    let paths = document["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().expect("operations");
        item.iter().map(move |(method, operation)| (format!("{} {path}", method.to_uppercase()), operation))
    });
    let open = operations.filter(|(_, operation)| {
        operation["security"].as_array().is_some_and(Vec::is_empty) && operation.get("operationId").is_some()
    });
    let open: BTreeSet<String> =
        open.map(|(name, _)| name).filter(|name| !name.starts_with("HEAD ")).collect();
    let stated = [
        ("GET /api/availability", budgets::SEARCH),
        ("GET /api/resources/{resourceId}/availability", budgets::CALENDAR),
        ("POST /api/quotes", budgets::QUOTE),
        ("GET /api/resources/{resourceId}", budgets::RESOURCE),
        ("GET /api/properties/{propertyId}", budgets::PROPERTY),
        ("POST /api/webhooks/stripe", budgets::UNSIGNED_WEBHOOK),
    ];
    let declared = [open_routes::<SearchApi>(), open_routes::<ResourcesApi>(), open_routes::<WebhookApi>()];
    let declared: BTreeMap<String, Budget> = declared.into_iter().flatten().collect();
    assert_eq!(declared, stated.iter().map(|(name, budget)| ((*name).to_owned(), *budget)).collect());
    assert_eq!(open, declared.into_keys().collect());
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api.md");
    let guide = std::fs::read_to_string(guide).expect("the guide");
    for (route, budget) in stated {
        let row = format!(
            "| `{route}` | {} | {} | {} | {} | {} |",
            budget.ledger_units,
            budget.read_model_units,
            budget.units_per_resource,
            budget.body_bytes,
            budget.slots_per_resource
        );
        assert!(guide.contains(&row), "the guide has no row {row}");
    }
}
