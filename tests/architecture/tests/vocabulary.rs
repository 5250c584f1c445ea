//! `docs/glossary.md` says which words are not written.

use std::path::Path;

use holdfast_architecture::vocabulary::Banned;

const GLOSSARY: &str = include_str!("../../../docs/glossary.md");

#[test]
fn public_documentation_and_names_have_the_fields_words() {
    let banned = Banned::parse(GLOSSARY);
    assert!(banned.count() > (10, 5), "the glossary's table is not found: {:?}", banned.count());
    let violations = banned.violations_of_product();
    let found: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
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
