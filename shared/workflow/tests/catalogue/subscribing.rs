//! The rule patterns in `docs/events/subscribing.md` select the samples that the page says, and no others; its stories have every
//! type.

use std::collections::BTreeSet;
use std::path::Path;

use holdfast_workflow::events::{Consumer, EventType};
use serde_json::{Value, json};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Every sample as it arrives, by name.
fn samples() -> Vec<(String, Value)> {
    let files = std::fs::read_dir(root().join("events/samples/events")).expect("the samples");
    files
        .map(|file| {
            let path = file.expect("an entry").path();
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).expect("a sample");
            (name, serde_json::from_str(&text).expect("JSON"))
        })
        .collect()
}

/// Whether an event matches a pattern, by the parts of EventBridge's language that the page uses.
fn matches(pattern: &Value, event: &Value) -> bool {
    match pattern {
        Value::Object(fields) => fields.iter().all(|(name, pattern)| matches(pattern, &event[name])),
        Value::Array(alternatives) => alternatives.iter().any(|one| match one {
            Value::Object(filter) => {
                let suffix =
                    filter.get("suffix").and_then(Value::as_str).expect("a filter that this test knows");
                event.as_str().is_some_and(|text| text.ends_with(suffix))
            }
            literal => literal == event,
        }),
        other => panic!("a leaf of a pattern is a list, not {other}"),
    }
}

/// The patterns of the page, each with the samples that it selects; `*.v2` stands for all of a version.
fn patterns(page: &str) -> Vec<(Vec<&str>, Value)> {
    page.split("<!-- selects ")
        .skip(1)
        .map(|part| {
            let (names, rest) = part.split_once(" -->").expect("the end of a comment");
            let pattern =
                rest.split("```").nth(1).and_then(|block| block.strip_prefix("json")).expect("a block");
            (names.split(' ').collect(), serde_json::from_str(pattern).expect("JSON"))
        })
        .collect()
}

#[test]
fn a_pattern_selects_what_the_page_says() {
    let page = std::fs::read_to_string(root().join("docs/events/subscribing.md")).expect("the page");
    let patterns = patterns(&page);
    assert!(patterns.len() >= 3, "{} patterns", patterns.len());
    for (names, pattern) in patterns {
        let wanted = |sample: &str| {
            names.iter().any(|name| {
                name.strip_prefix('*').map_or(*name == sample, |version| sample.ends_with(version))
            })
        };
        for (sample, event) in samples() {
            assert_eq!(matches(&pattern, &event), wanted(&sample), "{sample} by {pattern}");
        }
        assert!(samples().iter().any(|(sample, _)| wanted(sample)), "{names:?} are no samples");
    }
}

#[test]
fn control_a_pattern_by_type_alone_selects_both_versions() {
    let pattern = json!({ "source": ["holdfast"], "detail-type": ["booking.confirmed"] });
    let mut selected: Vec<String> =
        samples().into_iter().filter(|(_, event)| matches(&pattern, event)).map(|(name, _)| name).collect();
    selected.sort();
    assert_eq!(selected, ["booking.confirmed.v1", "booking.confirmed.v2"]);
}

/// The words in code of a part of the page without blocks of code.
fn named(page: &str) -> BTreeSet<&str> {
    page.split('`').skip(1).step_by(2).collect()
}

#[test]
fn the_section_of_partners_names_what_they_get_and_nothing_else() {
    let page = std::fs::read_to_string(root().join("docs/events/subscribing.md")).expect("the page");
    let (_, stories) = page.split_once("## What comes when").expect("the stories");
    let (_, partners) = stories.split_once("## Partner webhooks").expect("their end");
    for kind in EventType::ALL {
        let is_for_partners =
            kind.declaration().consumers.iter().any(|(consumer, _)| *consumer == Consumer::Partner);
        assert_eq!(named(partners).contains(kind.as_str()), is_for_partners, "{}", kind.as_str());
    }
}

#[test]
fn every_type_that_the_stories_name_exists() {
    let page = std::fs::read_to_string(root().join("docs/events/subscribing.md")).expect("the page");
    let (_, stories) = page.split_once("## What comes when").expect("the stories");
    let (stories, _) = stories.split_once("## Partner webhooks").expect("their end");
    let types = ["hold.", "booking.", "payment.", "inventory.", "resource.", "rate.", "reconciliation."];
    let mut named = 0;
    for word in
        stories.split('`').skip(1).step_by(2).filter(|word| types.iter().any(|kind| word.starts_with(kind)))
    {
        named += 1;
        let known =
            word.ends_with('*') || samples().iter().any(|(name, _)| name.strip_suffix(".v2") == Some(word));
        assert!(known, "there is no event {word}");
    }
    assert!(named > 30, "{named}");
}
