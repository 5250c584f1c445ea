//! No request carries a card's number in: every text of every published request is refused if it is one.

use std::collections::BTreeSet;

use holdfast_api::search::SearchParameters;
use http::Method;
use serde_json::{Value, json};

use crate::published::DOCUMENT;
use crate::schemas::{REQUESTS, examples, invalid};

/// Stripe's card for tests, as people write it.
const CARDS: [&str; 6] = [
    "4242424242424242",
    "4242 4242 4242 4242",
    "4242-4242-4242-4242",
    "4242.4242.4242.4242",
    "4242_4242_4242_4242",
    "4242/4242/4242/4242",
];

fn followed<'a>(schemas: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        Some(name) => &schemas[name],
        None => schema,
    }
}

/// The places of a request where a text may be, by their pointers. A map's field is `/note`.
fn texts(schemas: &Value, schema: &Value, at: &str, found: &mut BTreeSet<String>) {
    let schema = followed(schemas, schema);
    let variants = ["oneOf", "anyOf", "allOf"].iter().filter_map(|of| schema[*of].as_array()).flatten();
    variants.for_each(|variant| texts(schemas, variant, at, found));
    let kinds = &schema["type"];
    if kinds == "string" || kinds.as_array().is_some_and(|kinds| kinds.contains(&json!("string"))) {
        found.insert(at.to_owned());
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        texts(schemas, property, &format!("{at}/{name}"), found);
    }
    if schema["items"].is_object() {
        texts(schemas, &schema["items"], &format!("{at}/0"), found);
    }
    if schema["additionalProperties"].is_object() {
        texts(schemas, &schema["additionalProperties"], &format!("{at}/note"), found);
    }
}

/// A body with `value` at `at`; `None` if the body has nothing around that place.
fn with(body: &Value, at: &str, value: Value) -> Option<Value> {
    let mut body = body.clone();
    let (parent, name) = at.rsplit_once('/')?;
    match body.pointer_mut(parent)? {
        Value::Object(fields) => fields.insert(name.to_owned(), value),
        Value::Array(items) => items.first_mut().map(|first| std::mem::replace(first, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    };
    Some(body)
}

#[test]
fn every_text_of_every_request_is_refused_if_it_is_a_card() {
    let schemas = &DOCUMENT["components"]["schemas"];
    let mut tried = 0;
    for (method, path, name) in REQUESTS {
        let mut places = BTreeSet::new();
        texts(schemas, &schemas[name], "", &mut places);
        let mut missed = places.clone();
        let mut examples = examples(&schemas[name], name);
        if ["NewHold", "NewQuote"].contains(&name) {
            let mut example = examples[0].clone();
            example["units"] = json!([{ "adults": 1 }]);
            example["extras"] = json!([{ "extraId": "parking", "quantity": 1 }]);
            if name == "NewHold" {
                example["priceOverride"] = json!({ "amount": 1, "currency": "USD", "reason": "why" });
            }
            examples.push(example);
        }
        for example in examples {
            for at in &places {
                for card in CARDS {
                    let Some(sent) = with(&example, at, json!(card)) else { continue };
                    // A place of another kind of schedule is refused as a field that is not known.
                    assert!(invalid(&method, path, &sent).contains(at), "{name}{at} takes {card}");
                    missed.remove(at);
                    tried += 1;
                }
            }
        }
        assert_eq!(missed, BTreeSet::new(), "{name}: no example has what is around them");
    }
    assert!(tried > 200, "{tried} texts");
}

#[test]
fn control_a_text_that_is_no_card_is_taken() {
    for (at, text) in [("/name", "4242 4242 4242 4243"), ("/attributes/note", "room 4242, floor 42")] {
        let schema = &DOCUMENT["components"]["schemas"]["ResourceTerms"];
        let sent = with(&examples(schema, "ResourceTerms")[0], at, json!(text)).expect("a body");
        assert_eq!(invalid(&Method::PUT, "/api/resources/new", &sent), [""; 0], "{text}");
    }
}

#[test]
fn control_an_instant_is_no_card_whatever_its_digits() {
    // From the minutes on, the digits are those of a number of American Express.
    let sent = json!({
        "resourceId": "hotel-nyc-deluxe", "startTime": "2027-06-01T15:34:00.123456789+02:00",
        "endTime": "2027-06-03T15:34:00.123456789+02:00", "quantity": 1,
    });
    assert_eq!(invalid(&Method::POST, "/api/holds", &sent), [""; 0]);
}

#[test]
fn names_and_numbers_of_attributes_and_ids_are_texts_too() {
    let schema = &DOCUMENT["components"]["schemas"]["ResourceTerms"];
    let terms = &examples(schema, "ResourceTerms")[0];
    let check = |path: &str, sent: &Value, expected: &str| {
        assert_eq!(invalid(&Method::PUT, path, sent), [expected], "{path} {sent}");
    };
    let resource = "/api/resources/new";
    for (name, value) in [
        ("4242 4242 4242 4242", json!(1)),
        ("n", json!(4_242_424_242_424_242_i64)),
        ("n", json!(4_242_424_242_424_242.0)),
        ("n", json!(378_282_246_310_005.5)),
    ] {
        let at = format!("/attributes/{name}");
        check(resource, &with(terms, &at, value).expect("a body"), &at);
    }
    for id in CARDS.iter().filter(|card| !card.contains([' ', '/'])) {
        check(&format!("/api/resources/{id}"), terms, "/resourceId");
    }
}

#[test]
fn what_is_searched_for_is_no_card() {
    for name in ["resourceType", "location"] {
        for card in CARDS {
            let query = ["resourceType", "location"].map(|field| {
                let value = if field == name { card } else { "x" };
                format!("{field}={}", value.replace(' ', "+"))
            });
            let query = format!("{}&start=2027-06-01&end=2027-06-02", query.join("&"));
            let refusal = SearchParameters::read(&query).expect_err("a card");
            assert_eq!(refusal.errors[0].pointer, format!("/{name}"), "{query}");
        }
    }
}

#[test]
fn only_ids_of_payment_methods_pay() {
    let check = |id: &str, taken: bool| {
        let sent = json!({ "holdId": "h", "paymentMethodId": id });
        let found = invalid(&Method::POST, "/api/bookings", &sent);
        assert_eq!(found.is_empty(), taken, "{id}: {found:?}");
    };
    for id in [
        "pm_card_visa",
        "pm_card_visa_chargeDeclinedInsufficientFunds",
        "pm_card_threeDSecure2Required",
        "pm_1PqX2b2eZvKYlo2CkXyJ0aBc",
        "card_1PqX2b2eZvKYlo2CkXyJ0aBc",
        "src_1PqX2b2eZvKYlo2CkXyJ0aBc",
        "tok_visa_debit",
    ] {
        check(id, true);
    }
    let too_long = format!("pm_{}", "x".repeat(253));
    for id in [
        "",
        "pm_",
        "pm_shor",
        "xpm_card_visa",
        "pm-card-visa",
        "pm_card_visa ",
        "cus_1PqX2b2eZvKYlo2CkXyJ0aBc",
        "pm_4242424242424242",
        "tok_4242_4242_4242_4242",
        "4242424242424242:cvc:123",
        "4242424242424242/12/29",
        &too_long,
    ] {
        check(id, false);
    }
}
