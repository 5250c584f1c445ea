//! Samples of stored items, as files in DynamoDB's JSON.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use holdfast_adapters_dynamodb::Item;
use holdfast_adapters_dynamodb::stream::decode_image;
use holdfast_testkit::image_json;

fn folder(version: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/stored").join(version)
}

/// Every sample of a version, by name.
pub(crate) fn read_all(version: &str) -> BTreeMap<String, Item> {
    let entries = fs::read_dir(folder(version)).expect("a folder of samples");
    entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).expect("a readable sample");
            let json = serde_json::from_str(&text).expect("JSON");
            (name, decode_image(json).expect("an item in DynamoDB's JSON"))
        })
        .collect()
}

/// Writes the samples of the version that `HOLDFAST_UPDATE` names, `v1`. Samples of version 0 are what a release before
/// wrote, and two that show what this release adds to them: they are never written again.
pub(crate) fn update(version: &str, samples: &BTreeMap<String, Item>) {
    if version == "v0" || std::env::var_os("HOLDFAST_UPDATE").is_none_or(|asked| asked != version) {
        return;
    }
    fs::create_dir_all(folder(version)).expect("a folder");
    for (name, item) in samples {
        let text = serde_json::to_string_pretty(&image_json(item)).expect("JSON");
        fs::write(folder(version).join(format!("{name}.json")), format!("{text}\n")).expect("written");
    }
}
