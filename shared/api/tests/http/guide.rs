//! The examples in `docs/api.md` are what the document publishes, and its requests are understood.

use std::sync::Arc;

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

#[test]
fn the_examples_of_the_guide_are_true() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api.md");
    let page = std::fs::read_to_string(path).expect("the guide");
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
