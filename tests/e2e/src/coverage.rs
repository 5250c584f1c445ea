//! Holds `API_COVERAGE.md` against the tests there are.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const TABLE: &str = include_str!("../API_COVERAGE.md");

/// `module::test` of every test in this crate.
fn tests() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let mut is_test = false;
        for line in text.lines() {
            let name =
                line.trim_start_matches("async ").strip_prefix("fn ").and_then(|l| l.split('(').next());
            match name {
                Some(name) if is_test => {
                    found.insert(format!("{module}::{name}"));
                    is_test = false;
                }
                Some(_) | None => is_test = line == "#[test]" || line == "#[tokio::test]",
            }
        }
    }
    found
}

/// Sentence and tests of each row.
fn rows() -> Vec<(&'static str, Vec<&'static str>)> {
    TABLE
        .lines()
        .filter(|line| {
            line.starts_with("| ") && !line.starts_with("| Sentence") && !line.starts_with("| ---")
        })
        .map(|line| {
            let (sentence, tests) = line.trim_matches('|').rsplit_once(" | ").unwrap();
            let named = tests.split('`').filter(|part| part.contains("::")).collect();
            (sentence.trim(), named)
        })
        .collect()
}

#[test]
fn every_sentence_has_a_test_and_every_test_named_exists() {
    let tests = tests();
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
