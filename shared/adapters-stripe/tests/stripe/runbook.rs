//! The kinds of webhooks that the runbook names are those that the code acts on.

use holdfast_adapters_stripe::subscribed_kinds;

const RUNBOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/runbook.md");

/// The kinds in a section of the runbook, each a line of a list.
fn named(section: &str) -> Vec<&str> {
    section.lines().filter_map(|line| line.trim().strip_prefix("- `")?.strip_suffix('`')).collect()
}

#[test]
fn the_runbook_names_the_kinds_that_are_subscribed_to() {
    let runbook = std::fs::read_to_string(RUNBOOK).expect("the runbook");
    let (_, section) = runbook.split_once("### Webhooks of Stripe").expect("a section");
    let section = section.split("\n#").next().unwrap_or_default();
    let subscribed: Vec<&str> = subscribed_kinds().collect();
    assert_eq!(named(section), subscribed);
    assert!(subscribed.is_sorted() && subscribed.len() > 5, "{subscribed:?}");
}
