//! No file of a library needs itself by way of others. Who reads one file of a circle has to read them all.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;

use holdfast_architecture::imports::{circles, imports};
use holdfast_architecture::root;
use holdfast_architecture::tree::from_disk;

/// The circles of a crate, each as its file names.
fn circles_of(root: &str, files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let read =
        |path: &Path| files.iter().find(|(name, _)| path.ends_with(name)).map(|(_, text)| (*text).to_owned());
    let imports = imports(Path::new(root), &read);
    let name = |path: &Path| path.strip_prefix("src").expect("in src").to_string_lossy().into_owned();
    circles(&imports).iter().map(|circle| circle.files.iter().map(|file| name(file)).collect()).collect()
}

fn check(files: &[(&str, &str)], expected: &[&[&str]]) {
    assert_eq!(circles_of("src/lib.rs", files), expected, "{files:?}");
}

#[test]
fn no_library_has_a_circle_of_files() {
    let mut found = Vec::new();
    let mut counted = 0;
    for library in fs::read_dir(root().join("shared")).expect("a folder") {
        let folder = library.expect("an entry").path();
        let imports = imports(&folder.join("src/lib.rs"), &from_disk);
        counted += imports.len();
        for circle in circles(&imports) {
            let text = circle.to_string().replace(&format!("{}/", root().display()), "");
            found.push(text);
        }
    }
    assert!(counted > 200, "only {counted} imports were found: the reader has gone blind");
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn control_a_circle_is_found() {
    let lib = ("src/lib.rs", "mod a; mod b; mod c;");
    check(
        &[
            lib,
            ("src/a.rs", "use crate::b::B; pub struct A;"),
            ("src/b.rs", "use super::a::A; pub struct B;"),
            ("src/c.rs", ""),
        ],
        &[&["a.rs", "b.rs"]],
    );
    // By way of a third, and by paths in code, macros and attributes.
    check(
        &[
            lib,
            ("src/a.rs", "pub fn a() { crate::b::b() }"),
            ("src/b.rs", "pub fn b() { println!(\"{}\", crate::c::C) }"),
            ("src/c.rs", "#[derive(crate::a::Macro)] pub struct C;"),
        ],
        &[&["a.rs", "b.rs", "c.rs"]],
    );
    // Two that have nothing to do with each other.
    check(
        &[
            ("src/lib.rs", "mod a; mod b; mod c; mod d;"),
            ("src/a.rs", "use crate::b;"),
            ("src/b.rs", "use crate::a;"),
            ("src/c.rs", "use crate::d::*; struct C; fn c(_: D) {}"),
            ("src/d.rs", "use crate::{a, c::C}; pub struct D;"),
        ],
        &[&["a.rs", "b.rs"], &["c.rs", "d.rs"]],
    );
}

#[test]
fn control_a_name_that_is_passed_on_leads_to_the_file_that_defines_it() {
    let lib = ("src/lib.rs", "mod a; mod b; pub use a::A; pub use b::{B, helper as help};");
    let b = ("src/b.rs", "pub struct B; pub fn helper() {}");
    // The root passes on what it does not define: taking it from there is taking it from `a`.
    check(&[lib, ("src/a.rs", "use crate::B; pub struct A;"), b], &[]);
    check(
        &[
            lib,
            ("src/a.rs", "pub struct A; fn f() { crate::help() }"),
            ("src/b.rs", "use crate::A; pub struct B; pub fn helper() {}"),
        ],
        &[&["a.rs", "b.rs"]],
    );
    // A parent that passes on its children and is needed by them for what it defines itself.
    let parent = "mod child; pub use child::Child; pub struct Parent;";
    check(
        &[
            ("src/lib.rs", "mod parent;"),
            ("src/parent.rs", parent),
            ("src/parent/child.rs", "use super::Parent; pub struct Child;"),
        ],
        &[],
    );
    // The same, where the parent makes use of the child.
    let parent = "mod child; pub use child::Child; pub struct Parent(Child);";
    check(
        &[
            ("src/lib.rs", "mod parent;"),
            ("src/parent.rs", parent),
            ("src/parent/child.rs", "use super::Parent; pub struct Child;"),
        ],
        &[&["parent/child.rs", "parent.rs"]],
    );
}

#[test]
fn control_what_makes_no_circle() {
    // A chain, with modules in files and folders and inline.
    check(
        &[
            ("src/lib.rs", "mod a; mod b; mod inline { pub use crate::b::B; }"),
            ("src/a.rs", "use crate::inline::B; use serde::Serialize;"),
            ("src/b/mod.rs", "mod inner; use self::inner::Inner; pub struct B;"),
            ("src/b/inner.rs", "pub struct Inner;"),
        ],
        &[],
    );
    // A name in an attribute that is the parent's word for something else.
    let parent = "mod child; pub use child::Child; #[schema(as = Child)] pub struct Parent;";
    check(
        &[
            ("src/lib.rs", "mod parent;"),
            ("src/parent.rs", parent),
            ("src/parent/child.rs", "use super::Parent; pub struct Child;"),
        ],
        &[],
    );
    // Tests, comments, texts, fields and variables of a module's name.
    check(
        &[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "use crate::b::B; pub struct A { b: u8 }"),
            (
                "src/b.rs",
                "//! Of [`crate::a::A`].\n/// [`crate::a`]\npub struct B; fn b(a: u8) -> u8 { let x = \"crate::a::A\"; a }\n\
                 #[cfg(test)] mod tests { use crate::a::A; }\n#[cfg(test)] use crate::a::A;",
            ),
        ],
        &[],
    );
}
