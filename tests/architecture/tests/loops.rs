//! A loop without a bound waits for the day on which what it counts on does not come. Each `loop` and `while` of the product has
//! a comment right above it, of one line or more, that begins with `Ends` and says why it does: a number of attempts, what is
//! consumed, a time-out around it.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::fs;

use holdfast_architecture::{root, sources};
use proc_macro2::{TokenStream, TokenTree};

/// The most lines of the comment, and of the expression that the loop is a part of.
const ABOVE_MAX: usize = 4;

/// The lines of loops, by number from 1.
fn loops(tokens: TokenStream) -> Vec<usize> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => found.extend(loops(group.stream())),
            TokenTree::Ident(word) if word == "loop" || word == "while" => {
                found.push(word.span().start().line);
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    found
}

/// The lines of loops of which nothing says why they end.
fn unbounded(text: &str) -> Vec<usize> {
    let product = text.split("\n#[cfg(test)]").next().unwrap_or_default();
    let lines: Vec<&str> = product.lines().collect();
    let says_why = |line: &usize| {
        let above = lines[line.saturating_sub(1 + ABOVE_MAX)..line - 1].iter().rev();
        above.map(|line| line.trim()).any(|line| line.starts_with("// Ends"))
    };
    let found = loops(product.parse().expect("Rust"));
    found.into_iter().filter(|line| !says_why(line)).collect()
}

#[test]
fn every_loop_of_the_product_says_why_it_ends() {
    let mut found = Vec::new();
    for folder in ["shared", "functions"] {
        for path in sources(&root().join(folder)) {
            let name = path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
            // What tests use is no part of the product.
            if !name.contains("/src/") || name.starts_with("shared/testkit") {
                continue;
            }
            let text = fs::read_to_string(&path).expect("a readable source");
            found.extend(unbounded(&text).into_iter().map(|line| format!("{name}:{line}")));
        }
    }
    assert_eq!(found, [""; 0], "a comment `// Ends ...` right above each of these has to say why it ends");
}

#[test]
fn a_loop_that_does_not_say_why_it_ends_is_found() {
    assert_eq!(unbounded("fn f() {\n    loop {}\n}\n"), [2]);
    assert_eq!(unbounded("fn f() {\n    while x() {}\n}\n"), [2]);
    assert_eq!(unbounded("fn f() {\n    while let Some(n) = next() {}\n}\n"), [2]);
    assert_eq!(unbounded("fn f() {\n    // Ends: it is empty.\n    while x() {}\n}\n"), [0_usize; 0]);
    assert_eq!(
        unbounded("/// A loop while it lasts.\nfn f() {}\n#[cfg(test)]\nmod t { fn f() { loop {} } }\n"),
        [0; 0]
    );
}
