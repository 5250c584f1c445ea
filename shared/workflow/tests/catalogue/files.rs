//! The files that are made from the catalogue of events: `docs/events/*.json`, and `events/samples/events`.
//! `HOLDFAST_UPDATE=1 cargo test -p holdfast-workflow --test catalogue` writes them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::documents::documents;
use crate::samples::samples;

fn folder(name: &str) -> PathBuf {
    let workspace =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or_else(|| Path::new("."));
    workspace.join(name)
}

/// The folder of schemas and of the catalogue.
fn docs() -> PathBuf {
    folder("docs/events")
}

/// The folder of samples as they arrive from the bus.
fn sample_folder() -> PathBuf {
    folder("events/samples/events")
}

/// Every file with its content.
fn all() -> BTreeMap<PathBuf, String> {
    let documents = documents().into_iter().map(|(name, document)| (docs().join(name), document));
    let samples = samples().into_iter().map(|(name, sample)| (sample_folder().join(name), sample));
    documents.chain(samples).map(|(path, content)| (path, written(&content))).collect()
}

fn written(content: &Value) -> String {
    format!("{content:#}\n")
}

/// Files beside them that nothing makes.
fn stale() -> Vec<PathBuf> {
    let known = all();
    let found =
        [docs(), sample_folder()].into_iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten());
    let paths = found.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    paths
        .filter(|path| path.extension().is_some_and(|kind| kind == "json") && !known.contains_key(path))
        .collect()
}

#[test]
fn files_are_what_the_catalogue_gives() {
    let updates = std::env::var_os("HOLDFAST_UPDATE").is_some();
    for (path, text) in all() {
        if updates {
            fs::write(&path, text).expect("written");
            continue;
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == text, "{} is not what the catalogue gives:\n{text}", path.display());
    }
    assert_eq!(stale(), [""; 0].map(PathBuf::from), "files of no event");
}
