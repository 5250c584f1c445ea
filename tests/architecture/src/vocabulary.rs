//! The words that `docs/glossary.md` keeps out of the code's documentation and names, and where they are all the same.
//!
//! Looked at are the first sentences of the documentation of public items and of files, and the names of public items. The
//! rest is left to readers.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use syn::spanned::Spanned;
use syn::{Attribute, Expr, Field, Fields, Ident, ImplItem, Item, Lit, Meta, TraitItem, Visibility};

use crate::root;
use crate::tree::{Read, Tree, from_disk};

/// The heading of the glossary's table of banned words.
const HEADING: &str = "## Words that are not written";

/// The banned words, each as the list of its parts in lower case.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Banned {
    in_sentences: Vec<Vec<String>>,
    in_names: Vec<Vec<String>>,
}

/// A banned word found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The word.
    pub word: String,
    /// The sentence or name that has it.
    pub text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: `{}` in: {}", self.file.display(), self.line, self.word, self.text)
    }
}

impl Banned {
    /// Reads the glossary's table: its first column has the words for sentences, its last those for names.
    #[must_use]
    pub fn parse(glossary: &str) -> Self {
        let section = glossary.split(HEADING).nth(1).unwrap_or_default();
        let rows = section
            .lines()
            .skip_while(|line| !line.starts_with('|'))
            .take_while(|line| line.starts_with('|'));
        let mut banned = Self::default();
        for row in rows {
            let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
            let (Some(sentences), Some(names)) = (cells.first(), cells.last()) else { continue };
            banned.in_sentences.extend(quoted(sentences).map(words_of));
            banned.in_names.extend(quoted(names).map(parts_of));
        }
        banned
    }

    /// How many words are banned, in sentences and in names.
    #[must_use]
    pub fn count(&self) -> (usize, usize) {
        (self.in_sentences.len(), self.in_names.len())
    }

    /// Every banned word in the libraries and functions, by files of the workspace.
    #[must_use]
    pub fn violations_of_product(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        for (group, file) in [("shared", "src/lib.rs"), ("functions", "src/main.rs")] {
            for folder in fs::read_dir(root().join(group)).expect("a readable folder") {
                let root = folder.expect("a readable entry").path().join(file);
                found.extend(self.violations(&root, &from_disk));
            }
        }
        for violation in &mut found {
            violation.file = violation.file.strip_prefix(root()).expect("in the workspace").to_owned();
        }
        found
    }

    /// Every banned word in the crate whose root is `root`.
    #[must_use]
    pub fn violations(&self, root: &Path, read: Read<'_>) -> Vec<Violation> {
        let mut found = Vec::new();
        for module in Tree::read(root, false, read).modules {
            let mut public = Public { banned: self, file: &module.file, found: &mut found };
            public.documentation(&module.attributes);
            for item in &module.items {
                public.item(item);
            }
        }
        found.sort_by(|one, other| (&one.file, one.line).cmp(&(&other.file, other.line)));
        found
    }
}

/// What stands in backquotes.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// The words of a sentence in lower case, code left out.
fn words_of(sentence: &str) -> Vec<String> {
    let prose: String = sentence.split('`').step_by(2).collect::<Vec<_>>().join(" ");
    let is_part = |c: char| c.is_alphanumeric() || c == '\'' || c == '-';
    prose.split(|c| !is_part(c)).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// The words that a name is made of, in lower case: `is_one` and `IsOne` have the same.
fn parts_of(name: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut begins = true;
    for c in name.chars() {
        if c == '_' {
            begins = true;
            continue;
        }
        // A constant's name is upper case all through.
        let is_hump = c.is_uppercase() && name.chars().any(char::is_lowercase);
        match parts.last_mut() {
            Some(part) if !begins && !is_hump => part.extend(c.to_lowercase()),
            _ => parts.push(c.to_lowercase().collect()),
        }
        begins = false;
    }
    parts
}

/// The first sentence of a documentation comment.
fn first_sentence(attributes: &[Attribute]) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut first_line = None;
    for attribute in attributes {
        let Meta::NameValue(pair) = &attribute.meta else { continue };
        let Expr::Lit(literal) = &pair.value else { continue };
        let (true, Lit::Str(line)) = (pair.path.is_ident("doc"), &literal.lit) else { continue };
        let line_text = line.value();
        if line_text.trim().is_empty() && !text.is_empty() {
            break;
        }
        first_line.get_or_insert(attribute.span().start().line);
        text.push(' ');
        text.push_str(line_text.trim());
    }
    let end =
        [". ", "? ", "! "].iter().filter_map(|end| text.find(end)).min().map_or(text.len(), |end| end + 1);
    Some((text[..end].trim().to_owned(), first_line?))
}

struct Public<'a> {
    banned: &'a Banned,
    file: &'a Path,
    found: &'a mut Vec<Violation>,
}

impl Public<'_> {
    fn report(&mut self, line: usize, words: &[Vec<String>], within: &[String], text: &str) {
        for word in words {
            if within.windows(word.len()).any(|window| window == word) {
                let (file, word, text) = (self.file.to_owned(), word.join(" "), text.to_owned());
                self.found.push(Violation { file, line, word, text });
            }
        }
    }

    fn documentation(&mut self, attributes: &[Attribute]) {
        if let Some((sentence, line)) = first_sentence(attributes) {
            self.report(line, &self.banned.in_sentences, &words_of(&sentence), &sentence);
        }
    }

    fn named(&mut self, name: &Ident, attributes: &[Attribute]) {
        let text = name.to_string();
        self.report(name.span().start().line, &self.banned.in_names, &parts_of(&text), &text);
        self.documentation(attributes);
    }

    fn fields(&mut self, fields: &Fields, all_are_public: bool) {
        let is_public = |field: &&Field| all_are_public || is_public(&field.vis);
        for field in fields.iter().filter(is_public) {
            match &field.ident {
                Some(name) => self.named(name, &field.attrs),
                None => self.documentation(&field.attrs),
            }
        }
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Struct(item) if is_public(&item.vis) => {
                self.named(&item.ident, &item.attrs);
                self.fields(&item.fields, false);
            }
            Item::Enum(item) if is_public(&item.vis) => {
                self.named(&item.ident, &item.attrs);
                for variant in &item.variants {
                    self.named(&variant.ident, &variant.attrs);
                    self.fields(&variant.fields, true);
                }
            }
            Item::Trait(item) if is_public(&item.vis) => {
                self.named(&item.ident, &item.attrs);
                for inner in &item.items {
                    match inner {
                        TraitItem::Const(inner) => self.named(&inner.ident, &inner.attrs),
                        TraitItem::Fn(inner) => self.named(&inner.sig.ident, &inner.attrs),
                        TraitItem::Type(inner) => self.named(&inner.ident, &inner.attrs),
                        _ => {}
                    }
                }
            }
            // What implements a trait has the trait's names.
            Item::Impl(item) if item.trait_.is_none() => {
                for inner in &item.items {
                    match inner {
                        ImplItem::Const(inner) if is_public(&inner.vis) => {
                            self.named(&inner.ident, &inner.attrs)
                        }
                        ImplItem::Fn(inner) if is_public(&inner.vis) => {
                            self.named(&inner.sig.ident, &inner.attrs)
                        }
                        _ => {}
                    }
                }
            }
            Item::Const(item) if is_public(&item.vis) => self.named(&item.ident, &item.attrs),
            Item::Fn(item) if is_public(&item.vis) => self.named(&item.sig.ident, &item.attrs),
            Item::Static(item) if is_public(&item.vis) => self.named(&item.ident, &item.attrs),
            Item::Type(item) if is_public(&item.vis) => self.named(&item.ident, &item.attrs),
            _ => {}
        }
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}
