//! Holds `docs/failures.md` against the tests there are.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fs;

use holdfast_architecture::{named, root, tests};

const TABLE: &str = include_str!("../../../docs/failures.md");
/// What the product does not do yet: rows that may stand without a test.
const TO_COME: [usize; 3] = [19, 23, 25];

/// `crate::module::test` of every test below `shared/` and `tests/`.
fn all_tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for group in ["shared", "tests"] {
        for package in fs::read_dir(root().join(group)).expect("a folder") {
            let package = package.expect("an entry").path();
            let name = package.file_name().expect("a name").to_string_lossy().into_owned();
            found.extend(tests(&package).into_iter().map(|test| format!("{name}::{test}")));
        }
    }
    found
}

/// Number, tests named, and what is said not to be shown.
fn rows(table: &str) -> Vec<(usize, Vec<&str>, &str)> {
    table
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| ")?.split('|').map(str::trim);
            let number = cells.next()?.parse().ok()?;
            let shown = cells.nth(1)?;
            Some((number, named(shown), cells.next().unwrap_or_default()))
        })
        .collect()
}

fn faults_of(table: &str, tests: &BTreeSet<String>) -> Vec<String> {
    let rows = rows(table);
    let mut faults = Vec::new();
    for number in 1..=26 {
        match rows.iter().filter(|row| row.0 == number).count() {
            1 => {}
            count => faults.push(format!("failure {number} has {count} rows")),
        }
    }
    for (number, named, open) in &rows {
        if named.is_empty() && (!TO_COME.contains(number) || open.is_empty()) {
            faults.push(format!("failure {number} has no test"));
        }
        for name in named.iter().filter(|name| !tests.contains(**name)) {
            faults.push(format!("failure {number} names {name}, which is no test"));
        }
    }
    faults
}

#[test]
fn every_failure_has_its_tests_and_every_test_named_exists() {
    let tests = all_tests();
    assert!(tests.len() > 400, "{}", tests.len());
    assert_eq!(faults_of(TABLE, &tests), [""; 0]);
}

#[test]
fn a_missing_row_and_a_test_that_is_gone_are_noticed() {
    let tests = all_tests();
    let third = TABLE.lines().find(|line| line.starts_with("| 3 |")).expect("a row");
    let without = TABLE.replace(third, "");
    assert_eq!(faults_of(&without, &tests), ["failure 3 has 0 rows"]);
    let renamed = TABLE.replace("what_lasts_is_an_outage", "what_lasts_is_no_outage");
    assert_eq!(faults_of(&renamed, &tests).len(), 2);
    let unshown = TABLE.replace(third, "| 3 | conflicts | | not shown |");
    assert_eq!(faults_of(&unshown, &tests), ["failure 3 has no test"]);
}
