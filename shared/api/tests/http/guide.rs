//! The examples in `docs/api.md` are what the document publishes, and its requests are understood.

use std::sync::Arc;

use holdfast_api::rates::RateCardBody;
use holdfast_domain::ResourceId;
use holdfast_domain::rates::card::{CardVersion, ResourceRates};
use holdfast_schemas::validator;
use http::Method;
use serde_json::{Value, json};

use crate::published::DOCUMENT;
use crate::stub::{Outside, body, by, gateway, request, run};

/// The examples of the guide, each with the words of the comment above it.
fn examples(page: &str) -> Vec<(Vec<&str>, Value)> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some((before, after)) = rest.split_once("```json\n") {
        let (example, after) = after.split_once("```").expect("the end of an example");
        let comment = before.trim_end().rsplit_once('\n').map_or("", |(_, line)| line);
        let words = comment.strip_prefix("<!-- ").and_then(|comment| comment.strip_suffix(" -->"));
        let words = words.unwrap_or_else(|| panic!("no comment says what this is an example of: {example}"));
        found.push((words.split(' ').collect(), serde_json::from_str(example).expect("JSON")));
        rest = after;
    }
    found
}

fn validates(schema: &str, example: &Value) {
    let reference = json!({ "$ref": format!("#/components/schemas/{schema}") });
    let errors: Vec<String> =
        validator(&DOCUMENT, &reference).iter_errors(example).map(|error| error.to_string()).collect();
    assert_eq!(errors, [""; 0], "{schema}: {example}");
}

fn guide() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api.md");
    std::fs::read_to_string(path).expect("the guide")
}

#[test]
fn the_examples_of_the_guide_are_true() {
    let page = guide();
    let examples = examples(&page);
    let mut requests = 0;
    for (words, example) in &examples {
        match words[..] {
            ["problem", code] => {
                validates("Problem", example);
                let published = &DOCUMENT["components"]["examples"][code]["value"];
                for member in ["type", "title", "status", "code"] {
                    assert_eq!(example[member], published[member], "{member} of {example}");
                }
            }
            ["answer", schema] => validates(schema, example),
            ["request", method, path, schema] => {
                validates(schema, example);
                sent(method, path, example);
                requests += 1;
            }
            // One field of a request, the rest as in the first example of it.
            ["request", method, path, schema, field] => {
                let first = examples.iter().find(|(words, _)| words.get(3) == Some(&schema));
                let mut whole = first.expect("a whole example").1.clone();
                whole[field] = example.clone();
                validates(schema, &whole);
                sent(method, path, &whole);
                requests += 1;
            }
            _ => panic!("{words:?} says nothing that this test knows"),
        }
    }
    assert!(requests >= 6, "{requests} requests");
}

/// One guest's stay is one story: the quote is that of the rate card, the cancellation gives back what the quote says, and so do the receipts.
#[test]
fn the_prices_of_the_guide_are_those_of_its_card() {
    let page = guide();
    let examples = examples(&page);
    let example = |name: &str| {
        let found = examples.iter().find(|(words, _)| words.last() == Some(&name));
        found.map(|(_, example)| example.clone()).unwrap_or_else(|| panic!("no example of {name}"))
    };
    let resource = ResourceId::parse("hotel-nyc-deluxe").expect("an id");
    let card = RateCardBody::read(&example("RateCard")).expect("a card");
    let valid_from = "2027-01-01T00:00:00Z".parse().expect("an instant");
    let versions = vec![CardVersion { number: 1, valid_from, card }];
    let rates = ResourceRates { resource, revision: 1, versions, draft: None };
    let outside = Arc::new(Outside { rates: Some(rates), ..Outside::with_resource() });
    let sent = request(Method::POST, "/api/quotes", &example("NewQuote").to_string());
    let (mut quoted, mut shown) = (body(&run(gateway(&outside, sent))), example("Quote"));
    let offer = shown["offers"][0].clone();
    for quote in [&mut quoted, &mut shown] {
        // What depends on when it was asked.
        for (at, field) in [("", "asOf"), ("/offers/0", "quoteId"), ("/offers/0", "expiresAt")] {
            let parent = quote.pointer_mut(at).and_then(Value::as_object_mut);
            assert!(parent.is_some_and(|parent| parent.remove(field).is_some()), "{at}/{field}");
        }
    }
    assert_eq!(quoted, shown);

    let hold = example("Hold");
    assert_eq!((&hold["price"], &hold["payAtProperty"]), (&offer["price"], &offer["payAtProperty"]));
    let amount = |money: &Value| money["amount"].as_i64().expect("an amount");
    let (price, cancelling) = (amount(&offer["price"]), example("CancellationQuote"));
    let steps = offer["cancellationTerms"]["steps"].as_array().expect("steps").iter();
    let mut given_back: Vec<(Value, i64)> =
        steps.map(|step| (step["until"].clone(), price - amount(&step["kept"]))).collect();
    given_back.push((Value::Null, 0));
    let schedule = cancelling["schedule"].as_array().expect("steps").iter();
    let schedule: Vec<(Value, i64)> =
        schedule.map(|step| (step["until"].clone(), amount(&step["refund"]))).collect();
    assert_eq!(schedule, given_back);
    assert_eq!(amount(&cancelling["refund"]), given_back[0].1);

    let receipts = example("ReceiptList");
    let [payment, refund] = &receipts["results"].as_array().expect("receipts")[..] else { panic!("two") };
    assert_eq!((amount(&payment["amount"]), &payment["lines"][0]), (price, &offer["lines"][0]));
    assert_eq!(amount(&refund["amount"]), amount(&example("Cancellation")["refund"]));
    assert_eq!(amount(&refund["amount"]), given_back[0].1);
    for receipt in [payment, refund] {
        assert_eq!(receipt["taxes"], offer["lines"][0]["includedTaxes"]);
    }
}

/// Sends an example; it must get as far as the state of things.
fn sent(method: &str, path: &str, example: &Value) {
    let method: Method = method.parse().expect("a method");
    let outside = Arc::new(Outside::with_resource());
    let request = by(request(method, path, &example.to_string()), "operator-1", "booking/operator");
    let response = run(gateway(&outside, request));
    let answer = body(&response);
    let understood = response.status().is_success() || answer["code"] == "not_found";
    assert!(understood, "{path}: {answer}");
}
