//! `docs/glossary.md` says which words are not written. Files that still have some are listed, and the list may only get
//! shorter: a file without any must leave it.

use std::collections::BTreeSet;
use std::path::Path;

use holdfast_architecture::vocabulary::{Banned, Violation};

const GLOSSARY: &str = include_str!("../../../docs/glossary.md");
/// Files that are to be gone over yet, one a line. After files were moved,
/// `cargo run -p holdfast-architecture --example not-yet-plain` prints the list anew: it should not have got longer.
const OPEN: &str = include_str!("../not-yet-plain.txt");

/// What is wrong: words in files that should have none, and files that are listed without need.
fn faults(violations: &[Violation], open: &[&str]) -> Vec<String> {
    let with_words: BTreeSet<String> =
        violations.iter().map(|found| found.file.display().to_string()).collect();
    let clean = open.iter().filter(|file| !with_words.contains(**file));
    let clean = clean.map(|file| {
        format!("tests/architecture/not-yet-plain.txt: {file} has none of the words: take it off")
    });
    let open: BTreeSet<&str> = open.iter().copied().collect();
    let new = violations.iter().filter(|found| !open.contains(found.file.display().to_string().as_str()));
    new.map(ToString::to_string).chain(clean).collect()
}

#[test]
fn public_documentation_and_names_have_the_fields_words() {
    let banned = Banned::parse(GLOSSARY);
    assert!(banned.count() > (10, 5), "the glossary's table is not found: {:?}", banned.count());
    let violations = banned.violations_of_product();
    let open: Vec<&str> = OPEN.lines().collect();
    assert!(open.is_sorted(), "the list is to be in order");
    let faults = faults(&violations, &open);
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn control_a_banned_word_is_found_where_it_counts() {
    let banned = Banned::parse(
        "# Glossary\n| `page` | not banned | |\n## Words that are not written\n\n\
         | not | but | names |\n| --- | --- | --- |\n\
         | `told`, `bank's no` | notified | `told` |\n| `at rest` | settled | `at_rest`, `is_one` |\n\n| `page` | after it |\n",
    );
    let check = |code: &str, expected: &[&str]| {
        let read = |_: &Path| Some(code.to_owned());
        let found = banned.violations(Path::new("src/lib.rs"), &read);
        let found: Vec<String> = found.iter().map(|found| format!("{} {}", found.line, found.word)).collect();
        assert_eq!(found, expected, "{code}");
    };
    check("/// The guest is told.\npub struct Notice;", &["1 told"]);
    check("//! Told by the relay,\n//! at rest.\n", &["1 told", "1 at rest"]);
    check("/// After the bank's no.\npub fn f() {}", &["1 bank's no"]);
    check("pub enum Told { IsOne }", &["1 told", "1 is one"]);
    check("pub struct S { pub is_at_rest: bool, told: bool }", &["1 at rest"]);
    check("pub trait T { fn is_one(&self); }", &["1 is one"]);
    check("impl S { /// Told.\n pub const TOLD: u8 = 0; }", &["1 told", "2 told"]);
    // A second sentence, code, a longer word, what is not public, what is for tests.
    check("/// Reports. Guests are told.\n///\n/// Told.\npub struct Notice;", &[]);
    check("/// Sets `told` to `at rest`, untold, retold.\npub struct Untold;", &[]);
    check("/// Told.\nstruct Told;\npub(crate) fn is_one() {}\nimpl Told { fn told() {} }", &[]);
    check("#[cfg(test)] pub mod told { /// Told.\npub fn told() {} }", &[]);
    check("/// A page.\npub struct Page;", &[]);
}

#[test]
fn control_the_list_may_only_get_shorter() {
    let violation =
        |file: &str| Violation { file: file.into(), line: 1, word: "told".into(), text: "Told.".into() };
    assert_eq!(faults(&[violation("a.rs")], &["a.rs"]), [""; 0]);
    assert_eq!(faults(&[violation("a.rs"), violation("b.rs")], &["a.rs"]), ["b.rs:1: `told` in: Told."]);
    assert_eq!(
        faults(&[violation("a.rs")], &["a.rs", "c.rs"]),
        ["tests/architecture/not-yet-plain.txt: c.rs has none of the words: take it off"]
    );
}
