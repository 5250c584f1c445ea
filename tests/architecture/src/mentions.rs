//! The paths that code mentions, read from its tokens, so that those in macros and attributes count as well.

use proc_macro2::{Delimiter, Ident, Spacing, TokenStream, TokenTree};

/// A path as it is written: `crate::money::Money`, `serde_json::json`, `sleep`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Its names, from the first on.
    pub segments: Vec<String>,
    /// The line of its first name, from 1.
    pub line: usize,
    /// It begins with `::`.
    pub global: bool,
    /// More follows after a last `::`: braces, or a generic argument.
    pub open: bool,
    /// It follows the keyword `use` or `extern crate`.
    pub imported: bool,
    /// It is part of an attribute, where a single name need not be a path.
    pub in_attribute: bool,
}

impl Mention {
    /// Whether the first name can only be a crate's or a module's.
    #[must_use]
    pub fn is_qualified(&self) -> bool {
        self.segments.len() > 1 || self.open || self.imported
    }
}

/// Every path in `tokens`, those within brackets and macros included.
#[must_use]
pub fn mentions(tokens: TokenStream) -> Vec<Mention> {
    let mut found = Vec::new();
    collect(tokens, false, &mut found);
    found
}

fn collect(tokens: TokenStream, in_attribute: bool, found: &mut Vec<Mention>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Group(group) if !is_visibility(&tokens, at) => {
                let before = at.checked_sub(1);
                let is_attribute = is_punct(&tokens, before, '#')
                    || (is_punct(&tokens, before, '!') && is_punct(&tokens, at.checked_sub(2), '#'));
                collect(group.stream(), in_attribute || is_attribute, found);
            }
            TokenTree::Ident(name) if begins_path(&tokens, at) => {
                let (mention, next) = path(&tokens, at, name);
                found.push(Mention { in_attribute, ..mention });
                at = next;
                continue;
            }
            TokenTree::Group(_) | TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
        at += 1;
    }
}

/// Whether the group at `at` is the `(super)` or `(in crate::a)` of a `pub`: it says who may need something, not what is needed.
fn is_visibility(tokens: &[TokenTree], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| tokens.get(at));
    let (Some(TokenTree::Ident(word)), Some(TokenTree::Group(group))) = (before, tokens.get(at)) else {
        return false;
    };
    let first = group.stream().into_iter().next();
    word == "pub"
        && matches!(first, Some(TokenTree::Ident(name)) if ["crate", "in", "self", "super"].iter().any(|word| name == word))
}

fn is_punct(tokens: &[TokenTree], at: Option<usize>, sign: char) -> bool {
    let token = at.and_then(|at| tokens.get(at));
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

/// Whether `::` ends before `at`.
fn after_colons(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens, at.checked_sub(1), ':')
        && matches!(at.checked_sub(2).and_then(|at| tokens.get(at)),
            Some(TokenTree::Punct(punct)) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint)
}

/// Whether the name at `at` is the first of a path: no field, method or lifetime, and no later part of a path.
fn begins_path(tokens: &[TokenTree], at: usize) -> bool {
    let before = at.checked_sub(1);
    if is_punct(tokens, before, '\'') {
        return false;
    }
    if is_punct(tokens, before, '.') {
        return is_punct(tokens, at.checked_sub(2), '.');
    }
    !after_colons(tokens, at) || is_global(tokens, at)
}

/// Whether a name is a keyword that a path may follow, and so no part of it.
fn is_before_paths(name: &Ident) -> bool {
    ["as", "dyn", "for", "if", "impl", "in", "match", "mut", "return", "use", "while"]
        .iter()
        .any(|word| name == word)
}

/// Whether the `::` before `at` has nothing before it.
fn is_global(tokens: &[TokenTree], at: usize) -> bool {
    after_colons(tokens, at)
        && match at.checked_sub(3).and_then(|at| tokens.get(at)) {
            Some(TokenTree::Ident(name)) => is_before_paths(name),
            Some(TokenTree::Punct(punct)) => punct.as_char() != '>',
            Some(TokenTree::Group(group)) => group.delimiter() != Delimiter::None,
            Some(TokenTree::Literal(_)) | None => true,
        }
}

/// The path that begins at `at`, and where the tokens after it begin.
fn path(tokens: &[TokenTree], at: usize, first: &Ident) -> (Mention, usize) {
    let before = at.checked_sub(1).and_then(|at| tokens.get(at));
    let imported = matches!(before, Some(TokenTree::Ident(word)) if word == "use" || word == "crate");
    let global = is_global(tokens, at);
    let mut segments = vec![first.to_string()];
    let mut next = at + 1;
    let mut open = false;
    while !is_before_paths(first) && is_punct(tokens, Some(next), ':') && after_colons(tokens, next + 2) {
        match tokens.get(next + 2) {
            Some(TokenTree::Ident(name)) => {
                segments.push(name.to_string());
                next += 3;
            }
            _ => {
                open = true;
                next += 2;
                break;
            }
        }
    }
    (Mention { segments, line: first.span().start().line, global, open, imported, in_attribute: false }, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, expected: &[&str]) {
        let found = mentions(code.parse().expect("tokens"));
        let written: Vec<String> = found
            .iter()
            .map(|mention| {
                let start = if mention.global { "::" } else { "" };
                let end = if mention.open { "::" } else { "" };
                format!("{start}{}{end}", mention.segments.join("::"))
            })
            .collect();
        assert_eq!(written, expected, "{code}");
    }

    #[test]
    fn paths_are_found_wherever_they_are_written() {
        check("use crate::a::{B, c::D};", &["use", "crate::a::", "B", "c::D"]);
        check("let x = super::y(self::z);", &["let", "x", "super::y", "self::z"]);
        check("format!(\"{}\", crate::a::B)", &["format", "crate::a::B"]);
        check("#[derive(serde::Serialize)] struct S;", &["derive", "serde::Serialize", "struct", "S"]);
        check("a.b.c()", &["a"]);
        check("0..end", &["end"]);
        check("&'a str", &["str"]);
        check("pub(in crate::a) fn f() {}", &["pub", "fn", "f"]);
        check("struct S(pub(super) T, pub (T));", &["struct", "S", "pub", "T", "pub", "T"]);
        check("Vec::<crate::T>::new()", &["Vec::", "crate::T"]);
        check("x as ::http::Method", &["x", "as", "::http::Method"]);
        check("\"crate::not::me\" // crate::nor::me", &[]);
    }
}
