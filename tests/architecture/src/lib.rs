//! What the tests that keep the workspace in its shape read: its sources, and the tests in them.

#![expect(clippy::expect_used, reason = "a test that cannot read the workspace has failed")]

pub mod imports;
pub mod mentions;
pub mod packages;
pub mod supply_chain;
pub mod tree;
pub mod unused;
pub mod vocabulary;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The workspace's folder.
#[must_use]
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).expect("tests/architecture lies in the workspace").to_owned()
}

/// Every Rust source file below a folder, built ones left out.
#[must_use]
pub fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                if path.file_name().is_some_and(|name| name != "target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(!files.is_empty(), "no source in {}", folder.display());
    files
}

/// `module::test` of every test below a folder; the module is the file's name, or its folder's for `mod.rs`.
#[must_use]
pub fn tests(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in sources(folder) {
        let named = if file.ends_with("mod.rs") { file.parent().expect("a folder") } else { &file };
        let module = named.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).expect("a readable source");
        found.extend(tests_of(&text).into_iter().map(|test| format!("{module}::{test}")));
    }
    found
}

/// The functions of a file that an attribute marks as a test.
fn tests_of(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        let declared = line.trim_start_matches("async ").strip_prefix("fn ");
        match declared.and_then(|rest| rest.split('(').next()) {
            Some(name) if is_test => {
                found.push(name);
                is_test = false;
            }
            Some(_) => {}
            None => is_test |= line == "#[test]" || line.starts_with("#[tokio::test"),
        }
    }
    found
}

/// The tests that a table's cell names, each in backquotes.
#[must_use]
pub fn named(cell: &str) -> Vec<&str> {
    cell.split('`').filter(|part| part.contains("::")).collect()
}
