//! Files compared with what the code gives, or written.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn samples(folder: &str) -> PathBuf {
    repository().join("events/samples").join(folder)
}

pub(crate) fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every JSON file of a folder, by name.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    files
}

/// Holds `value` against the file, or writes it there if the environment asks for that.
pub(crate) fn check(folder: &str, name: &str, value: &Value) {
    let path = samples(folder).join(format!("{name}.json"));
    let text = format!("{}\n", serde_json::to_string_pretty(value).expect("JSON"));
    if std::env::var_os("HOLDFAST_UPDATE").is_some() {
        fs::create_dir_all(samples(folder)).expect("a folder");
        fs::write(&path, text).expect("written");
        return;
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == text, "{} is not what the code gives:\n{text}", path.display());
}

pub(crate) fn name_of(path: &Path) -> String {
    path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned()
}
