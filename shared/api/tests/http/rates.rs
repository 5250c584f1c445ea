//! Rate cards and dated rates over HTTP.

use std::sync::Arc;

use holdfast_api::rates::RateCardBody;
use holdfast_domain::ResourceId;
use holdfast_domain::catalogue::Month;
use holdfast_domain::rates::card::{CardVersion, RateCard, ResourceRates};
use holdfast_domain::rates::dated::{DateRates, DatedRates, MonthRates};
use holdfast_domain::rates::restriction::Limits;
use http::Method;
use jiff::civil::date;
use serde_json::{Value, json};

use crate::answers::check;
use crate::stub::{Outside, by, request, with};

const PATH: &str = "/api/resources/hotel-nyc-deluxe/rates";
const BEGAN: &str = "2027-01-01T00:00:00Z";

/// A card with everything that one can have.
pub(crate) fn card() -> Value {
    serde_json::from_str(include_str!("rate_card.json")).expect("JSON")
}

/// Lines of each kind.
pub(crate) fn dated() -> Value {
    json!({
        "currency": "USD",
        "lines": [
            {
                "resourceIds": ["hotel-nyc-deluxe", "other"], "planId": "flexible", "from": "2027-06-01", "to": "2027-09-01",
                "weekdays": ["fri", "sat"], "price": 18_900,
                "limits": {
                    "stayMinOnArrival": 2, "stayMinThrough": null, "stayMaxOnArrival": 14, "stayMaxThrough": 21, "fillsGaps": true, "closedToArrival": false,
                    "closedToDeparture": null, "stopSell": true, "noticeMinutesMin": 60, "windowDaysMax": 365, "quantityMin": 1,
                    "quantityMax": 4, "soldTogether": false
                }
            },
            { "resourceIds": ["hotel-nyc-deluxe"], "from": "2028-06-01", "copyFrom": { "from": "2027-06-01", "to": "2027-07-01" } }
        ]
    })
}

/// A card that the resource could have.
fn small() -> Value {
    json!({
        "currency": "USD", "defaultPlan": "flexible",
        "plans": [{
            "planId": "flexible", "name": "Flexible", "price": { "base": 12_900 }, "payment": "now",
            "cancellation": { "freeHoursAfterBooking": 0, "steps": [{ "hoursBefore": 24, "keepPercent": 0 }] }
        }]
    })
}

fn parsed(card: &Value) -> RateCard {
    RateCardBody::read(card).expect("a card")
}

fn version(number: u64, valid_from: &str, card: &Value) -> CardVersion {
    CardVersion { number, valid_from: valid_from.parse().expect("an instant"), card: parsed(card) }
}

/// The resource with cards of that revision.
fn outside(versions: Vec<CardVersion>, draft: Option<&Value>, revision: u64) -> Arc<Outside> {
    let resource = ResourceId::parse("hotel-nyc-deluxe").expect("an id");
    let rates = ResourceRates { resource, revision, versions, draft: draft.map(parsed) };
    Arc::new(Outside { rates: Some(rates), ..Outside::with_resource() })
}

fn ask(method: Method, path: &str, body: &Value) -> holdfast_api::Request {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    by(request(method, path, &body), "operator-1", "booking/operator")
}

#[test]
fn everything_of_a_card_is_given_back_as_it_came() {
    let answer = serde_json::to_value(RateCardBody::from(&parsed(&card()))).expect("JSON");
    assert_eq!(answer, card());
}

#[test]
fn a_card_is_put_and_read() {
    let none = Arc::new(Outside::with_resource());
    let nothing = check(&none, ask(Method::GET, PATH, &Value::Null), 200, None);
    assert_eq!(nothing.body, json!({ "resourceId": "hotel-nyc-deluxe", "versions": [], "draft": null }));
    assert_eq!(nothing.header("etag"), None);
    let put = check(&none, ask(Method::PUT, PATH, &small()), 200, None);
    assert_eq!(put.header("etag"), Some("\"1\""));
    let held = json!([{ "version": 1, "validFrom": "2027-05-01T10:00:00.123Z", "card": small() }]);
    assert_eq!(put.body["versions"], held);
    let draft = check(&none, ask(Method::PUT, &format!("{PATH}?draft=true"), &small()), 200, None);
    assert_eq!((&draft.body["versions"], &draft.body["draft"]), (&json!([]), &small()));
    let later = format!("{PATH}?validFrom=2027-06-01T00:00:00%2B02:00");
    let later = check(&none, ask(Method::PUT, &later, &small()), 200, None);
    assert_eq!(later.body["versions"][0]["validFrom"], "2027-05-31T22:00:00Z");

    let stored = outside(vec![version(3, BEGAN, &small())], Some(&small()), 4);
    let read = check(&stored, ask(Method::GET, PATH, &Value::Null), 200, None);
    assert_eq!(read.header("etag"), Some("\"4\""));
    assert_eq!(read.body["draft"], small());
    let known = with(ask(Method::GET, PATH, &Value::Null), "if-none-match", "\"4\"");
    check(&stored, known, 304, None);
    for path in ["", "/versions", "/calendar?from=2027-06-01&to=2027-06-02"] {
        let path = format!("/api/resources/other/rates{path}");
        check(&stored, ask(Method::GET, &path, &Value::Null), 404, Some("not_found"));
    }
}

#[test]
fn an_edit_may_ask_for_a_revision() {
    let stored = outside(vec![version(3, BEGAN, &small())], Some(&small()), 4);
    let mut dearer = small();
    dearer["plans"][0]["price"]["base"] = json!(13_900);
    let discard = || ask(Method::DELETE, &format!("{PATH}/draft"), &Value::Null);
    let put = || ask(Method::PUT, PATH, &dearer);
    for edit in [put(), discard()] {
        let fine = check(&stored, with(edit.clone(), "if-match", "\"4\""), 200, None);
        assert_eq!(fine.header("etag"), Some("\"5\""));
        for other in ["\"3\"", "W/\"4\"", "\"04\"", "4"] {
            check(&stored, with(edit.clone(), "if-match", other), 412, Some("precondition_failed"));
        }
    }
    check(&stored, with(put(), "if-none-match", "*"), 412, Some("precondition_failed"));
    check(&Arc::new(Outside::with_resource()), with(put(), "if-none-match", "*"), 200, None);
    let dry = check(&stored, ask(Method::PUT, &format!("{PATH}?dryRun=true"), &dearer), 200, None);
    assert_eq!((dry.header("etag"), dry.body["versions"][0]["version"].clone()), (None, json!(5)));
    let same = check(&stored, ask(Method::PUT, PATH, &small()), 200, None);
    assert_eq!(same.header("etag"), Some("\"4\""), "the same card changes nothing");
    assert_eq!(check(&stored, discard(), 200, None).body["draft"], Value::Null);
}

/// The pointers that the answer to a card blames.
fn blamed(card: &Value) -> Vec<String> {
    let outside = Arc::new(Outside::with_resource());
    let answer = check(&outside, ask(Method::PUT, PATH, card), 422, Some("validation_failed"));
    let errors = answer.body["errors"].as_array().expect("errors").iter();
    errors.map(|error| error["pointer"].as_str().expect("a pointer").to_owned()).collect()
}

#[test]
fn every_problem_of_a_card_is_named() {
    let mut wrong = small();
    wrong["plans"][0]["price"] = json!({ "base": -1 });
    wrong["plans"][0]["surprise"] = json!(1);
    wrong["rules"] = json!([{ "ruleId": "Summer", "name": "Summer", "priority": 1, "percent": "10" }]);
    wrong["charges"] = json!([{ "chargeId": "fee", "name": "Fee", "kind": "fee", "amount": 1, "refundable": true, "due": "now" }]);
    let expected = [
        "/plans/0/price/base",
        "/plans/0/surprise",
        "/rules/0/ruleId",
        "/rules/0/percent",
        "/charges/0/category",
        "/charges/0/per",
    ];
    assert_eq!(blamed(&wrong), expected);
    // What its parts say of each other.
    let mut wrong = small();
    wrong["currency"] = json!("EUR");
    wrong["defaultPlan"] = json!("other");
    wrong["plans"][0]["price"] = json!({ "derivedFrom": "none", "percent": -15 });
    let blamed = blamed(&wrong);
    for pointer in ["/currency", "/defaultPlan", "/plans/0/price/derivedFrom"] {
        assert!(blamed.iter().any(|one| one == pointer), "{pointer}: {blamed:?}");
    }
}

#[test]
fn a_percentage_is_read_digit_by_digit() {
    let check = |text: &str, expected: Option<&str>| {
        let body = small().to_string().replacen(
            r#""plans":["#,
            &format!(r#""rules":[{{"ruleId":"r","name":"R","priority":1,"percent":{text}}}],"plans":["#),
            1,
        );
        let read = RateCardBody::read(&serde_json::from_str(&body).expect("JSON"));
        let written = read.ok().map(|card| {
            let body = serde_json::to_value(RateCardBody::from(&card)).expect("JSON");
            body["rules"][0]["percent"].to_string()
        });
        assert_eq!(written.as_deref(), expected, "{text}");
    };
    check("12.5", Some("12.5"));
    check("0.1", Some("0.1"));
    check("-0.0001", Some("-0.0001"));
    check("899.9999", Some("899.9999"));
    check("10.0", Some("10"));
    check("1e2", Some("100"));
    check("-100", Some("-100"));
    for wrong in ["12.50001", "900.1", "-100.0001", "1e-5", "1e300", "\"12.5\"", "true", "[]"] {
        check(wrong, None);
    }
}

#[test]
fn the_history_is_read_page_by_page() {
    let versions = (1..=3).map(|number| version(number, &format!("2027-0{number}-01T00:00:00Z"), &small()));
    let stored = outside(versions.collect(), None, 3);
    let path = format!("{PATH}/versions?limit=2");
    let first = check(&stored, ask(Method::GET, &path, &Value::Null), 200, None).body;
    let cursor = first["nextCursor"].as_str().expect("there is more");
    let rest =
        check(&stored, ask(Method::GET, &format!("{path}&cursor={cursor}"), &Value::Null), 200, None).body;
    let numbers = |body: &Value| {
        let results = body["results"].as_array().expect("results");
        results.iter().map(|one| one["version"].as_u64().expect("a number")).collect::<Vec<_>>()
    };
    assert_eq!((numbers(&first), numbers(&rest)), (vec![3, 2], vec![1]));
    assert_eq!(
        (&rest["nextCursor"], &rest["results"][0]["actor"]),
        (&Value::Null, &json!("staff/operator-1"))
    );
    assert_eq!(rest["results"][0]["card"], small());
    let trail = format!("/api/resources/hotel-nyc-deluxe/events?cursor={cursor}");
    check(&stored, ask(Method::GET, &trail, &Value::Null), 422, Some("validation_failed"));
}

/// The stub's trail has no entry that sets something for a date.
#[test]
fn the_trail_is_asked_for_a_date() {
    let stored = outside(vec![version(1, BEGAN, &small())], None, 1);
    let events = "/api/resources/hotel-nyc-deluxe/events";
    let trail = |query: &str| ask(Method::GET, &format!("{events}{query}"), &Value::Null);
    let first = check(&stored, trail("?limit=1"), 200, None).body;
    let cursor = first["nextCursor"].as_str().expect("there is more");
    let none = check(&stored, trail("?date=2027-06-05&limit=1"), 200, None).body;
    assert_eq!(none, json!({ "results": [], "nextCursor": null }));
    for (query, pointer) in [
        ("?date=2027-06-31".to_owned(), "/date"),
        ("?date=yesterday".to_owned(), "/date"),
        (format!("?date=2027-06-05&cursor={cursor}"), "/cursor"),
    ] {
        let refused = check(&stored, trail(&query), 422, Some("validation_failed")).body;
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{query}");
    }
}

#[test]
fn each_line_is_done_or_refused_by_itself() {
    let stored = outside(vec![version(1, BEGAN, &small())], None, 1);
    let line = |resource: &str, plan: &str| json!({ "resourceIds": [resource], "planId": plan, "from": "2027-06-01", "to": "2027-07-01", "price": 15_000 });
    let lines =
        [line("hotel-nyc-deluxe", "flexible"), line("other", "flexible"), line("hotel-nyc-deluxe", "saver")];
    let sent = json!({ "currency": "USD", "lines": lines });
    let answer = check(&stored, ask(Method::PATCH, "/api/rates", &sent), 200, None).body;
    assert_eq!((&answer["done"], &answer["refused"]), (&json!(1), &json!(2)));
    let of = |line: usize| {
        let one = &answer["lines"][line];
        (one["line"].as_u64(), one["status"].as_str(), one["detail"].as_str())
    };
    assert_eq!(of(0), (Some(0), Some("ok"), None));
    assert_eq!(of(1), (Some(1), Some("refused"), Some("there is no such resource")));
    assert_eq!(of(2), (Some(2), Some("refused"), Some("plan: the card has no plan saver")));
    let euros = json!({ "currency": "EUR", "lines": [line("hotel-nyc-deluxe", "flexible")] });
    let answer = check(&stored, ask(Method::PATCH, "/api/rates", &euros), 200, None).body;
    assert!(answer["lines"][0]["detail"].as_str().is_some_and(|detail| detail.contains("USD")), "{answer}");
    let without = json!({ "lines": [line("hotel-nyc-deluxe", "flexible")] });
    let refused = check(&stored, ask(Method::PATCH, "/api/rates", &without), 422, Some("validation_failed"));
    assert_eq!(refused.body["errors"][0]["pointer"], "/currency");
    let many: Vec<String> = (0..100).map(|number| format!("r-{number}")).collect();
    let line = json!({ "resourceIds": many, "from": "2028-06-01", "copyFrom": { "from": "2027-06-01", "to": "2027-07-01" } });
    let too_many = json!({ "lines": vec![line; 21] });
    let refused = check(&stored, ask(Method::PATCH, "/api/rates", &too_many), 422, Some("validation_failed"));
    assert_eq!(refused.body["errors"][0]["pointer"], "/lines");
}

#[test]
fn a_calendar_has_what_is_set() {
    let plan = parsed(&small()).default_plan;
    let set = |amount: i64, stop_sell: bool| {
        let price = holdfast_domain::Money::new(amount, parsed(&small()).currency).ok();
        let limits = Limits { stop_sell, ..Limits::default() };
        [(plan.clone(), DateRates { price, limits })].into()
    };
    let dates = [(date(2027, 6, 4), set(18_900, false)), (date(2027, 6, 30), set(1, true))].into();
    let dated = DatedRates::new([(Month::of(date(2027, 6, 1)), MonthRates { revision: 1, dates })]);
    let stored = Arc::new(Outside { dated, ..Outside::with_resource() });
    let get = |query: &str| ask(Method::GET, &format!("{PATH}/calendar?{query}"), &Value::Null);
    let read = check(&stored, get("from=2027-06-01&to=2027-06-30"), 200, None).body;
    let price = json!({ "amount": 18_900, "currency": "USD" });
    assert_eq!(
        read["dates"],
        json!([{ "date": "2027-06-04", "plans": [{ "planId": "flexible", "price": price }] }])
    );
    let last = check(&stored, get("from=2027-06-30&to=2027-07-01&planId=flexible"), 200, None).body;
    assert_eq!(last["dates"][0]["plans"][0]["limits"], json!({ "stopSell": true }));
    assert_eq!(
        check(&stored, get("from=2027-06-01&to=2027-07-01&planId=saver"), 200, None).body["dates"],
        json!([])
    );
    check(&stored, get("from=2027-06-01&to=2028-07-01&planId=flexible"), 200, None);
    for wrong in [
        "from=2027-06-01&to=2027-08-03",
        "from=2027-06-01&to=2028-07-06&planId=flexible",
        "from=2027-06-01&to=2027-06-01",
    ] {
        let refused = check(&stored, get(wrong), 422, Some("validation_failed"));
        assert_eq!(refused.body["errors"][0]["pointer"], "/to", "{wrong}");
    }
}

#[test]
fn a_calendar_says_which_stays_the_default_plan_allows() {
    let mut limited = small();
    limited["restrictions"] = json!([
        { "restrictionId": "two", "name": "Two nights", "limits": { "stayMinOnArrival": 2, "stayMaxOnArrival": 14, "quantityMax": 2 } },
        {
            "restrictionId": "changeover", "name": "Changeover", "dates": [{ "from": "2027-06-03", "to": "2027-06-04" }],
            "limits": { "closedToArrival": true, "closedToDeparture": true }
        },
        { "restrictionId": "window", "name": "A year ahead", "limits": { "windowDaysMax": 365 } },
    ]);
    let plan = parsed(&limited).default_plan;
    let stop = DateRates { price: None, limits: Limits { stop_sell: true, ..Limits::default() } };
    let dates = [(date(2027, 6, 6), [(plan, stop)].into())].into();
    let dated = DatedRates::new([(Month::of(date(2027, 6, 1)), MonthRates { revision: 1, dates })]);
    let resource = ResourceId::parse("hotel-nyc-deluxe").expect("an id");
    let versions = vec![version(1, BEGAN, &limited)];
    let rates = ResourceRates { resource, revision: 1, versions, draft: None };
    let stored = Arc::new(Outside { rates: Some(rates), dated, ..Outside::with_resource() });
    let calendar = |from: &str, to: &str| {
        let path = format!("/api/resources/hotel-nyc-deluxe/availability?start={from}&end={to}");
        check(&stored, ask(Method::GET, &path, &Value::Null), 200, None).body["slots"].clone()
    };
    let slots = calendar("2027-06-01", "2027-06-08");
    let told = |at: usize| {
        let slot = &slots[at];
        (
            slot["arrival"].as_str(),
            slot["departure"].as_str(),
            slot["stayMin"].as_u64(),
            slot["price"].is_object(),
        )
    };
    let (open, closed) = (Some("open"), Some("closed"));
    // Two nights from the first would depart on the 3rd.
    assert_eq!(told(0), (open, open, Some(3), true));
    assert_eq!(told(1), (open, closed, Some(2), true));
    assert_eq!((&slots[1]["stayMax"], &slots[1]["quantityMax"]), (&json!(14), &json!(2)));
    assert!(slots[1].get("quantityMin").is_none() && slots[1].get("reasons").is_none(), "{}", slots[1]);
    assert_eq!(told(2), (closed, open, None, true));
    let reason =
        |name: &str, id: &str, date: &str| json!({ "reason": name, "restrictionId": id, "date": date });
    assert_eq!(slots[2]["reasons"], json!([reason("closed_to_arrival", "changeover", "2027-06-03")]));
    // One night is left before the stop, and two are the least.
    assert_eq!(told(3), (open, open, Some(2), true));
    assert_eq!(told(4), (closed, open, None, true));
    assert_eq!(slots[4]["reasons"], json!([{ "reason": "stop_sell", "date": "2027-06-06" }]));
    assert_eq!(told(5), (closed, open, None, false));
    assert_eq!(slots[5]["reasons"], json!([{ "reason": "stop_sell", "date": "2027-06-06" }]));
    assert_eq!(slots[5]["available"], slots[6]["available"], "what is stopped for a plan has its places");
    assert_eq!(told(6), (open, open, Some(2), true));
    // Slots are what they are whichever others are asked for.
    for (at, day) in ["2027-06-01", "2027-06-02", "2027-06-03", "2027-06-04"].iter().enumerate() {
        let next = format!("2027-06-0{}", at + 2);
        assert_eq!(calendar(day, &next), json!([slots[at]]), "{day}");
    }
    let last = calendar("2028-04-30", "2028-05-02");
    assert!(last[0]["price"].is_object() && last[1].get("price").is_none(), "{last}");
    let mut beyond = reason("window_max", "window", "2028-05-01");
    beyond["limit"] = json!(365);
    assert_eq!(last[1]["reasons"], json!([beyond]));
    let bare = Arc::new(Outside::with_resource());
    let path = "/api/resources/hotel-nyc-deluxe/availability?start=2027-06-01&end=2027-06-02";
    let bare = check(&bare, ask(Method::GET, path, &Value::Null), 200, None).body;
    let fields: Vec<&String> = bare["slots"][0].as_object().expect("a slot").keys().collect();
    assert_eq!(fields, ["available", "capacity", "end", "price", "start"], "without a card");
}
