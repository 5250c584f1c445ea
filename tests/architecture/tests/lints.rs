//! Exceptions from lints are expectations with a reason: one that is needed no more is a warning, and `#[allow]` never is.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;

use holdfast_architecture::{root, sources};
use proc_macro2::{TokenStream, TokenTree};

/// The lines of attributes that allow a lint.
fn allowances(tokens: TokenStream) -> Vec<usize> {
    let mut found = Vec::new();
    let mut is_attribute = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                if is_attribute && allows(group.stream()) {
                    found.push(group.span().start().line);
                }
                found.extend(allowances(group.stream()));
                is_attribute = false;
            }
            TokenTree::Punct(sign) => {
                is_attribute = sign.as_char() == '#' || (is_attribute && sign.as_char() == '!')
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) => is_attribute = false,
        }
    }
    found
}

/// Whether an attribute is `allow`, or `cfg_attr` with it.
fn allows(attribute: TokenStream) -> bool {
    let mut names = attribute.into_iter();
    match names.next() {
        Some(TokenTree::Ident(name)) if name == "allow" => true,
        Some(TokenTree::Ident(name)) if name == "cfg_attr" => names.any(|token| match token {
            TokenTree::Group(group) => group
                .stream()
                .into_iter()
                .any(|token| matches!(token, TokenTree::Ident(name) if name == "allow")),
            _ => false,
        }),
        _ => false,
    }
}

fn allowances_of(path: &Path, text: &str) -> Vec<String> {
    let tokens = text.parse().expect("Rust");
    allowances(tokens).into_iter().map(|line| format!("{}:{line}", path.display())).collect()
}

#[test]
fn no_lint_is_allowed_in_silence() {
    let mut found = Vec::new();
    for folder in ["shared", "functions"] {
        for path in sources(&root().join(folder)) {
            let text = fs::read_to_string(&path).expect("a readable source");
            found.extend(allowances_of(&path, &text));
        }
    }
    assert!(found.is_empty(), "write #[expect(..., reason = \"...\")]:\n{}", found.join("\n"));
}

#[test]
fn control_an_allowance_is_found() {
    let check =
        |code: &str, lines: &[&str]| assert_eq!(allowances_of(Path::new("x.rs"), code), lines, "{code}");
    check("#![allow(dead_code)]\nfn f() {}", &["x.rs:1"]);
    check("mod m {\n #[allow(a, reason = \"b\")] fn f() {} }", &["x.rs:2"]);
    check("#[cfg_attr(test, allow(a))] fn f() {}", &["x.rs:1"]);
    check("macro_rules! m { () => { #[allow(a)] fn f() {} } }", &["x.rs:1"]);
    check("#[expect(a, reason = \"#[allow(b)]\")] fn f() { allow(1); a[allow] } // #[allow(c)]", &[]);
}
