//! Samples of stored items, as files in DynamoDB's JSON.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_adapters_dynamodb::Item;
use holdfast_adapters_dynamodb::stream::decode_image;
use holdfast_domain::payments::CustomerAction;
use holdfast_testkit::image_json;

use crate::actions;

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

/// A booking as the release before wrote it, without what its customer has to do: this one keeps that apart.
pub(crate) fn without_action(item: &Item) -> Item {
    let CustomerAction { client_secret, redirect_url, .. } = actions::sample();
    let mut item = item.clone();
    if let Some(AttributeValue::S(document)) = item.get_mut("doc") {
        *document = document.replace(&client_secret, "").replace(&redirect_url.expect("a page"), "");
    }
    item
}

/// Writes the samples of the version that `HOLDFAST_UPDATE` names, `v1`. Samples of version 0 are what a release before
/// wrote, and five that show what this release adds to them: they are never written again.
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
