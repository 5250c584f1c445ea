//! Holds `API_COVERAGE.md` against the tests there are.

use std::collections::BTreeSet;
use std::path::Path;

use holdfast_architecture::{named, tests};

const TABLE: &str = include_str!("../API_COVERAGE.md");

/// Sentence and tests of each row.
fn rows() -> Vec<(&'static str, Vec<&'static str>)> {
    TABLE
        .lines()
        .filter(|line| {
            line.starts_with("| ") && !line.starts_with("| Sentence") && !line.starts_with("| ---")
        })
        .map(|line| {
            let (sentence, tests) = line.trim_matches('|').rsplit_once(" | ").unwrap();
            (sentence.trim(), named(tests))
        })
        .collect()
}

#[test]
fn every_sentence_has_a_test_and_every_test_named_exists() {
    let tests = tests(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(tests.len() > 100, "{tests:?}");
    let rows = rows();
    assert!(rows.len() > 60, "{rows:?}");
    for (sentence, named) in &rows {
        assert!(!named.is_empty(), "no test for: {sentence}");
        for name in named {
            assert!(tests.contains(*name), "{name}, named for {sentence:?}, is no test");
        }
    }
    let named: BTreeSet<&str> = rows.iter().flat_map(|(_, named)| named.iter().copied()).collect();
    let unnamed: Vec<&String> = tests
        .iter()
        .filter(|test| !test.starts_with("coverage::") && !named.contains(test.as_str()))
        .collect();
    assert!(unnamed.is_empty(), "in no row of the table: {unnamed:#?}");
}
