//! The readers of requests and the published schemas agree on every body and query: what a schema refuses, the reader refuses;
//! what a schema takes, the reader takes, or it names one of the rules in [`BEYOND`], which no schema can say.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use holdfast_api::bookings::{NewBooking, NewCancellation};
use holdfast_api::catalogue::{InventoryBody, StopBody, TermsBody};
use holdfast_api::holds::{NewHold, Nothing};
use holdfast_api::properties::PropertyTermsBody;
use holdfast_api::rates::{DatedRatesBody, NewQuote, RateCardBody};
use holdfast_domain::{BookingId, HoldId, PropertyId, ResourceId};
use holdfast_http::Refusal;
use holdfast_schemas::{Validator, validator};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::published::DOCUMENT;
use crate::queries::{QUERIES, Query};

/// The rules that JSON Schema cannot say, or not so that a generator of clients can use it: how the reader puts each into words.
const BEYOND: [&str; 32] = [
    // To JSON Schema 1.0 is the integer 1.
    "must be an integer, not a fraction",
    // A pattern knows no calendar: 2026-02-30 looks like a date.
    "must be an RFC 3339 instant or a date",
    "must be a day of the calendar, such as",
    "must be an RFC 3339 instant, such as",
    // One field against another.
    "must be after from",
    "must be after start",
    "end must be after start",
    "must say where to measure from",
    // A cursor is good for whom it was made.
    "is not a cursor of this",
    // Lists of the world, which change: every client would have to be generated again.
    "must be the ISO 4217 code",
    "must be the ISO 3166-1 code",
    "must be an IANA time zone",
    // Items against each other.
    "is named twice",
    "must not have two tiers for the same hoursBefore",
    "openings must not overlap, and each must hold at least one slot",
    "one day may have at most",
    "bufferMinutes leaves an opening no slot",
    "opening must name at least one day",
    // Fields of which one has to be there, or goes with another.
    "must have exactly one of",
    "needs derivedFrom",
    "needs daysBefore",
    "needs kind fee",
    "is required of a fee",
    "must be given with amount, and only with it",
    "must not be given with copyFrom",
    "must not be given with draft",
    "is required where a line has a price",
    "is required without copyFrom",
    // Digits after the point.
    "with at most 4 decimals",
    // Dates that a range has.
    "days after from",
    // A pattern cannot add digits up.
    "must not have a card's number in it",
    // What only the list itself knows.
    "is not a cursor of this list",
];

type Read = fn(&Value) -> Result<(), Refusal>;

/// A request body: the name of its schema, its reader, and valid ones to begin with.
struct Body {
    schema: &'static str,
    read: Read,
    valid: Vec<Value>,
}

fn bodies() -> Vec<Body> {
    let terms = |schedule: Value| {
        json!({
            "propertyId": "hotel-nyc", "resourceType": "hotel", "name": "Deluxe double", "location": "NYC",
            "timeZone": "America/New_York", "schedule": schedule, "capacity": 3, "holdTtlSeconds": 600,
            "holdLimits": { "perGuest": 20, "perSlot": 10, "placesPerSlot": 4, "coolDownSeconds": 0 },
            "pricing": { "currency": "USD", "base": 12900 },
            "cancellationPolicy": { "tiers": [
                { "hoursBefore": 24, "refundPercent": 100 }, { "hoursBefore": 0, "refundPercent": 50 }
            ] },
            "attributes": { "rating": 4.6, "view": "garden", "smoking": false }
        })
    };
    vec![
        Body {
            schema: "NewHold",
            read: |body| NewHold::read(body).map(drop),
            valid: vec![
                json!({ "resourceId": "r", "startTime": "2027-06-01", "endTime": "2027-06-03", "quantity": 1, "userId": "g" }),
                json!({
                    "resourceId": "r", "startTime": "2027-06-01T15:00:00Z", "endTime": "2027-06-03T11:00:00.250+02:00",
                    "quantity": 100_000,
                    "priceOverride": { "amount": 20_000, "currency": "USD", "reason": "Regular guest" }
                }),
                json!({
                    "resourceId": "r", "startTime": "2027-06-01", "endTime": "2027-06-03", "quantity": 2, "ratePlanId": "flexible",
                    "units": [{ "unitType": "double", "adults": 2, "childAges": [3, 17] }, {}],
                    "extras": [{ "extraId": "parking", "quantity": 1 }], "promotionCode": "SUMMER-10", "channel": "web",
                    "quoteId": format!("eyJhIjoxfQ.{}", "s".repeat(43))
                }),
            ],
        },
        Body {
            schema: "NewQuote",
            read: |body| NewQuote::read(body).map(drop),
            valid: vec![json!({
                "resourceId": "r", "startTime": "2027-06-01", "endTime": "2027-06-03T11:00:00.250+02:00", "quantity": 2,
                "ratePlanId": "flexible", "units": [{ "unitType": "double", "adults": 2, "childAges": [3, 17] }, {}],
                "extras": [{ "extraId": "parking", "quantity": 1 }], "promotionCode": "SUMMER-10", "channel": "web",
                "asOf": "2027-05-01T10:00:00Z", "rules": "draft"
            })],
        },
        Body {
            schema: "NewBooking",
            read: |body| NewBooking::read(body, Duration::ZERO).map(drop),
            valid: vec![
                json!({ "holdId": "hld_1", "paymentMethodId": "pm_card_visa" }),
                json!({
                    "holdId": "hld_1", "paymentMethodId": "pm_card_visa",
                    "contact": {
                        "name": "Ada Lovelace", "email": "ada.l@mail.example.com", "phone": "+4930901820", "language": "de-CH-1996"
                    }
                }),
            ],
        },
        Body {
            schema: "ResourceTerms",
            read: |body| TermsBody::read(body).map(drop),
            valid: vec![
                terms(json!({ "kind": "nightly", "checkIn": "15:00", "checkOut": "11:00" })),
                terms(json!({
                    "kind": "slots", "slotMinutes": 30, "bufferMinutes": 5, "opening": [
                        { "days": ["mon", "tue"], "from": "09:00", "to": "17:00" },
                        { "days": ["sat"], "from": "22:00", "to": "02:00" }
                    ]
                })),
                terms(
                    json!({ "kind": "event", "start": "2027-06-01T10:00:00Z", "end": "2027-06-01T12:00:00Z" }),
                ),
            ],
        },
        Body {
            schema: "PropertyTerms",
            read: |body| PropertyTermsBody::read(body).map(drop),
            valid: vec![crate::stub::grand(), crate::properties::venue()],
        },
        Body {
            schema: "InventoryChange",
            read: |body| InventoryBody::read(body).map(drop),
            valid: vec![json!({ "from": "2027-06-01", "to": "2027-07-01", "capacity": 5, "closed": false })],
        },
        Body {
            schema: "HoldStop",
            read: |body| StopBody::read(body).map(drop),
            valid: vec![json!({ "stopped": true })],
        },
        Body {
            schema: "NewCancellation",
            read: |body| NewCancellation::read(body).map(drop),
            valid: vec![json!({ "reason": "plans\nchanged" })],
        },
        Body {
            schema: "RateCard",
            read: |body| RateCardBody::read(body).map(drop),
            valid: vec![crate::rates::card()],
        },
        Body {
            schema: "DatedRates",
            read: |body| DatedRatesBody::read(body).map(drop),
            valid: vec![crate::rates::dated()],
        },
        Body { schema: "Nothing", read: Nothing::read, valid: vec![json!({})] },
    ]
}

/// One change of a body somewhere.
#[derive(Debug, Clone)]
enum Mutation {
    Replace(Value),
    Number(i64),
    Remove,
    Add(&'static str, Value),
    Repeat,
    Nudge(i64),
    /// Inserts a character into a text, or puts it in the place of another.
    Insert(Index, char),
    Overwrite(Index, char),
    Lengthen(usize),
}

/// Characters that some reader treats as special.
const SPECIAL: [char; 32] = [
    ' ', '\t', '\n', '\r', '\u{0}', '\u{1f}', '\u{7f}', '\u{85}', '\u{9f}', '\u{a0}', '\u{2003}', '\u{2028}',
    '\u{3000}', '\u{feff}', '#', '.', '_', ':', '-', '/', '~', '!', '0', '1', '9', 'T', 'Z', '+', 'a', 'Z',
    'é', '😀',
];

/// Numbers at some bound and beyond it.
const BOUNDS: [i64; 25] = [
    -1,
    0,
    1,
    100,
    101,
    200,
    201,
    366,
    367,
    1000,
    1001,
    1440,
    1441,
    3600,
    3601,
    86_400,
    86_401,
    87_600,
    87_601,
    100_000,
    100_001,
    99_999_999_999,
    100_000_000_000,
    i64::MIN,
    i64::MAX,
];

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        select(vec![
            json!(null), json!(true), json!(0), json!(-1), json!(1), json!(1.0), json!(1.5), json!(100), json!(200), json!(201),
            json!(1440), json!(3600), json!(3601), json!(86_400), json!(86_401), json!(87_600), json!(100_000), json!(100_001),
            json!(99_999_999_999_i64), json!(100_000_000_000_i64), json!(u64::MAX), json!(1e300), json!([]), json!({}), json!([null]),
            json!(["mon"]), json!({ "a": 1 }),
        ]),
        select(vec![
            "", "x", " x", "x ", "a b", "a#b", "4242-4242", "pm_card_visa", "pm_short", "a@b", "a@b.co", "a@-b.co", "+030", "+4930901820", "en", "de_CH", "zh-Hant", "tok_4242", "4242 4242 4242 4242", "2027-06-01", "2027-02-30", "2027-13-01", "0000-01-01", "9999-12-31",
            "2027-06-01T24:00:00Z", "2027-06-01T23:59:60Z", "2027-06-01T10:00:60Z", "2027-06-01t10:00:00z", "2027-06-01T10:00:00.1234567890Z",
            "2027-06-01T10:00:00+24:00", "2027-06-01T10:00:00-23:59", "2027-06-01 10:00:00Z", "2027-06-01T10:00Z", "24:00", "23:59",
            "9:00", "00:00:00", "mon", "sun", "Mon", "USD", "usd", "XXX", "EURO", "Europe/Berlin", "UTC", "+02:00", "nightly", "slots",
            "event", "weekly", "DE", "de", "ZZ", "https://a.example", "https://a.example?x=é", "https://a", "http://a.example", "https://a.example:80", "SW1A 1AA", "\u{feff}x", "x\u{3000}",
        ])
        .prop_map(Value::from),
        "[0-9]{4}-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](\\.[0-9]{1,10})?(Z|[+-][0-2][0-9]:[0-6][0-9]))?".prop_map(Value::from),
        "[ -~]{0,5}".prop_map(Value::from),
        "\\PC{0,4}".prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
    ]
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        4 => value().prop_map(Mutation::Replace),
        3 => select(BOUNDS.to_vec()).prop_map(Mutation::Number),
        1 => Just(Mutation::Remove),
        1 => (select(vec!["surprise", "", "kind", "a\u{1}", "é"]), value()).prop_map(|(name, value)| Mutation::Add(name, value)),
        1 => Just(Mutation::Repeat),
        1 => select(vec![-1, 1, 50, 1000]).prop_map(Mutation::Nudge),
        3 => (any::<Index>(), select(SPECIAL.to_vec())).prop_map(|(at, c)| Mutation::Insert(at, c)),
        2 => (any::<Index>(), select(SPECIAL.to_vec())).prop_map(|(at, c)| Mutation::Overwrite(at, c)),
        1 => select(vec![64_usize, 65, 120, 121, 128, 129, 255, 256, 500, 501]).prop_map(Mutation::Lengthen),
    ]
}

/// The places of a value, the innermost first; its own is the last.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                places(field, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, item)| places(item, &format!("{at}/{i}"), found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    found.push(at.to_owned());
}

fn mutate(body: &mut Value, place: Index, mutation: &Mutation) {
    let mut found = Vec::new();
    places(body, "", &mut found);
    found.retain(|at| match (mutation, body.pointer(at)) {
        (Mutation::Replace(_), _) => true,
        (Mutation::Remove, _) => !at.is_empty(),
        (Mutation::Number(_) | Mutation::Nudge(_), Some(spot)) => spot.is_number(),
        (Mutation::Add(..), Some(spot)) => spot.is_object(),
        (Mutation::Repeat, Some(spot)) => spot.is_array(),
        (Mutation::Insert(..) | Mutation::Overwrite(..) | Mutation::Lengthen(_), Some(spot)) => {
            spot.is_string()
        }
        (_, None) => false,
    });
    if found.is_empty() {
        return;
    }
    let at = place.get(&found).clone();
    if let (Mutation::Remove, Some((parent, name))) = (mutation, at.rsplit_once('/')) {
        if let Some(Value::Object(fields)) = body.pointer_mut(parent) {
            fields.remove(name);
        }
        return;
    }
    let Some(spot) = body.pointer_mut(&at) else { return };
    match (mutation, &mut *spot) {
        (Mutation::Replace(value), _) => *spot = value.clone(),
        (Mutation::Number(number), _) => *spot = json!(number),
        (Mutation::Add(name, value), Value::Object(fields)) => {
            fields.insert((*name).to_owned(), value.clone());
        }
        (Mutation::Repeat, Value::Array(items)) => items.extend(items.clone()),
        (Mutation::Nudge(by), Value::Number(number)) => {
            *spot = number.as_i64().map_or_else(|| json!(0.5), |number| json!(number.saturating_add(*by)));
        }
        (Mutation::Insert(at, c), Value::String(text)) => {
            let mut chars: Vec<char> = text.chars().collect();
            chars.insert(at.index(chars.len() + 1), *c);
            *text = chars.into_iter().collect();
        }
        (Mutation::Overwrite(at, c), Value::String(text)) if !text.is_empty() => {
            let mut chars: Vec<char> = text.chars().collect();
            let at = at.index(chars.len());
            chars[at] = *c;
            *text = chars.into_iter().collect();
        }
        (Mutation::Lengthen(length), Value::String(text)) => *text = "x".repeat(*length),
        _ => {}
    }
}

/// A valid body with up to three changes, and which it is.
fn body() -> impl Strategy<Value = (usize, Value)> {
    let valid: Vec<(usize, Value)> = bodies()
        .into_iter()
        .enumerate()
        .flat_map(|(which, body)| body.valid.into_iter().map(move |valid| (which, valid)))
        .collect();
    (select(valid), prop::collection::vec((any::<Index>(), mutation()), 0..=3)).prop_map(
        |((which, mut body), changes)| {
            for (place, mutation) in &changes {
                mutate(&mut body, *place, mutation);
            }
            (which, body)
        },
    )
}

/// The verdicts of schema and reader on one request, compared.
fn agree(by_schema: bool, read: Result<(), Refusal>, sent: &str) -> Result<(), TestCaseError> {
    match read {
        Ok(()) => prop_assert!(by_schema, "the reader takes what the schema refuses: {sent}"),
        Err(refusal) if by_schema => {
            let known = |detail: &str| BEYOND.iter().any(|rule| detail.contains(rule));
            let unknown: Vec<_> = refusal.errors.iter().filter(|error| !known(&error.detail)).collect();
            prop_assert!(unknown.is_empty(), "the reader refuses what the schema takes: {sent}: {unknown:?}");
        }
        Err(_) => {}
    }
    Ok(())
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

static BODIES: LazyLock<Vec<(Validator, Read)>> = LazyLock::new(|| {
    let one = |body: Body| (validator(&DOCUMENT, &reference(body.schema)), body.read);
    bodies().into_iter().map(one).collect()
});

fn bodies_agree(which: usize, sent: &Value) -> Result<(), TestCaseError> {
    let (schema, read) = &BODIES[which];
    agree(schema.is_valid(sent), read(sent), &sent.to_string())
}

fn query() -> impl Strategy<Value = (usize, Vec<(String, String)>)> {
    let text = prop_oneof![
        value().prop_map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
        "[+-]?[0-9]{0,3}(\\.[0-9]{0,2})?,[+-]?[0-9]{0,3}(\\.[0-9]{0,2})?",
        "[0-9]{1,7}",
        select(vec![
            "true",
            "false",
            "price",
            "rating",
            "distance",
            "Price",
            "1e1",
            "+1",
            "007",
            "90,180",
            "90.0,-180.0",
            "91,0",
            " 1 , 2 ",
            "1",
            ","
        ])
        .prop_map(str::to_owned),
    ];
    let change = (any::<Index>(), prop::option::weighted(0.8, text));
    (0..QUERIES.len(), prop::collection::vec(change, 0..=3)).prop_map(|(which, changes)| {
        let mut pairs: Vec<(String, String)> =
            QUERIES[which].3.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        for (at, value) in changes {
            let at = at.index(pairs.len());
            match value {
                Some(value) => pairs[at].1 = value,
                None if pairs.len() > 1 => drop(pairs.remove(at)),
                None => {}
            }
        }
        (which, pairs)
    })
}

/// A query parameter as the document has it.
struct Parameter {
    required: bool,
    is_integer: bool,
    is_flag: bool,
    schema: Validator,
}

/// The query parameters of each route, by name.
static PARAMETERS: LazyLock<Vec<BTreeMap<String, Parameter>>> = LazyLock::new(|| {
    let parameters = |(method, path, ..): &Query| {
        let all = DOCUMENT["paths"][path][method]["parameters"].as_array().expect("parameters");
        let of_query = all.iter().filter(|parameter| parameter["in"] == "query");
        of_query
            .map(|parameter| {
                let name = parameter["name"].as_str().expect("a name").to_owned();
                let required = parameter["required"] == true;
                let is_integer = parameter["schema"]["type"] == "integer";
                let is_flag = parameter["schema"]["type"] == "boolean";
                let schema = validator(&DOCUMENT, &parameter["schema"]);
                (name, Parameter { required, is_integer, is_flag, schema })
            })
            .collect()
    };
    QUERIES.iter().map(parameters).collect()
});

/// The schema of ids in paths, which is one.
static ID: LazyLock<Validator> = LazyLock::new(|| {
    let schemas = DOCUMENT["paths"].as_object().expect("paths").values().flat_map(|item| {
        let operations = item.as_object().expect("operations").values();
        let parameters = operations.filter_map(|operation| operation["parameters"].as_array()).flatten();
        parameters.filter(|parameter| parameter["in"] == "path").map(|parameter| &parameter["schema"])
    });
    let schemas: Vec<&Value> = schemas.collect();
    assert!(schemas.iter().all(|schema| *schema == schemas[0]), "ids have one schema");
    validator(&DOCUMENT, schemas[0])
});

fn queries_agree(which: usize, pairs: &[(String, String)]) -> Result<(), TestCaseError> {
    let given: BTreeMap<&str, &str> =
        pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let by_schema = PARAMETERS[which].iter().all(|(name, parameter)| match given.get(name.as_str()) {
        None => !parameter.required,
        // A parameter is text; of an integer, its digits.
        Some(text) if parameter.is_integer => {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            digits && text.parse::<u64>().is_ok_and(|number| parameter.schema.is_valid(&json!(number)))
        }
        Some(text) if parameter.is_flag => ["true", "false"].contains(text),
        Some(text) => parameter.schema.is_valid(&json!(text)),
    });
    let encoded: String = pairs
        .iter()
        .map(|(name, value)| {
            let value: String = value.bytes().map(|b| format!("%{b:02x}")).collect();
            format!("&{name}={value}")
        })
        .collect();
    agree(by_schema, QUERIES[which].2(&encoded), &format!("{pairs:?}"))
}

const CASES: u32 = 49_152;

proptest! {
    #![proptest_config(holdfast_properties::config(CASES, "tests/regressions/agreement.txt"))]

    #[test]
    fn schemas_and_readers_agree_on_bodies((which, sent) in body()) {
        bodies_agree(which, &sent)?;
    }

    #[test]
    fn schemas_and_readers_agree_on_queries((which, pairs) in query()) {
        queries_agree(which, &pairs)?;
    }

    #[test]
    fn the_schema_and_the_readers_of_ids_agree(text in "[A-Za-z0-9._:-]{0,66}|.{0,3}|[a-z]{1,3}[ \t\n\u{e9}/]") {
        let by_schema = ID.is_valid(&json!(text));
        prop_assert_eq!(ResourceId::parse(&text).is_ok(), by_schema);
        prop_assert_eq!(PropertyId::parse(&text).is_ok(), by_schema);
        prop_assert_eq!(HoldId::parse(&text).is_ok(), by_schema);
        prop_assert_eq!(BookingId::parse(&text).is_ok(), by_schema);
    }
}

#[test]
fn what_the_cases_begin_with_is_valid_by_both() {
    for (which, body) in bodies().iter().enumerate() {
        for valid in &body.valid {
            let errors: Vec<String> =
                BODIES[which].0.iter_errors(valid).map(|error| error.to_string()).collect();
            assert_eq!(errors, [""; 0], "{}: {valid}", body.schema);
            assert_eq!((body.read)(valid), Ok(()), "{}: {valid}", body.schema);
        }
    }
}

#[test]
fn every_body_of_the_document_is_compared() {
    let mut sent: Vec<&str> = Vec::new();
    for item in DOCUMENT["paths"].as_object().expect("paths").values() {
        for operation in item.as_object().expect("operations").values() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            sent.extend(schema.as_str().and_then(|reference| reference.rsplit('/').next()));
        }
    }
    sent.sort_unstable();
    // One body may be sent to several routes.
    sent.dedup();
    let mut compared: Vec<&str> = bodies().iter().map(|body| body.schema).collect();
    compared.sort_unstable();
    assert_eq!(sent, compared);
}

#[test]
fn every_query_of_the_document_is_compared() {
    let mut compared: Vec<(&str, &str)> = QUERIES.iter().map(|(method, path, ..)| (*path, *method)).collect();
    compared.sort_unstable();
    let mut asked = Vec::new();
    for (path, item) in DOCUMENT["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
            if parameters.iter().any(|parameter| parameter["in"] == "query") {
                asked.push((path.as_str(), method.as_str()));
            }
        }
    }
    assert_eq!(asked, compared);
    for (which, (_, path, _, pairs)) in QUERIES.iter().enumerate() {
        let mut named: Vec<&str> = pairs.iter().map(|(name, _)| *name).collect();
        named.sort_unstable();
        assert_eq!(named, PARAMETERS[which].keys().map(String::as_str).collect::<Vec<_>>(), "{path}");
    }
}

/// With the document changed in one place, the cases must find that schema and reader do not agree.
fn control(pointer: &str, keyword: &str) {
    let mut document = DOCUMENT.clone();
    let schema = document.pointer_mut(pointer).and_then(Value::as_object_mut).expect("a schema");
    assert!(schema.remove(keyword).is_some(), "{pointer} has no {keyword}");
    let schemas: Vec<Validator> =
        bodies().iter().map(|body| validator(&document, &reference(body.schema))).collect();
    holdfast_properties::assert_found(CASES, body(), |(which, sent)| {
        agree(schemas[which].is_valid(&sent), BODIES[which].1(&sent), "")
    });
}

#[test]
fn control_a_schema_that_is_looser_than_its_reader_is_found() {
    control("/components/schemas/NewHold/properties/resourceId", "pattern");
    control("/components/schemas/HoldLimits", "additionalProperties");
    control("/components/schemas/Pricing/properties/base", "maximum");
}
