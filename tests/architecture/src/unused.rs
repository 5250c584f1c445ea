//! Dependencies that a manifest asks for and no source of the package names.

use std::collections::BTreeSet;
use std::path::Path;

use quote::ToTokens;
use serde_json::Value;

use crate::mentions::mentions;
use crate::packages::{list, text};
use crate::tree::{Read, Tree};

/// Every dependency of the workspace's members that no source of the member names, and those of their products that only
/// tests name. `metadata` is that of the resolved packages.
#[must_use]
pub fn unused(metadata: &Value, read: Read<'_>) -> Vec<String> {
    let members: BTreeSet<&str> =
        list(metadata, "workspace_members").iter().filter_map(Value::as_str).collect();
    let nodes = list(&metadata["resolve"], "nodes");
    let mut found = Vec::new();
    for package in list(metadata, "packages").iter().filter(|package| members.contains(text(package, "id"))) {
        let node = nodes.iter().find(|node| node["id"] == package["id"]).expect("a member is resolved");
        let product = named(package, &["lib", "bin"], false, read);
        let build = named(package, &["custom-build"], false, read);
        let mut tests = named(package, &["test", "bench", "example"], true, read);
        tests.extend(named(package, &["lib", "bin"], true, read));
        for dependency in list(node, "deps") {
            // The name that code calls it by, which need not be the package's.
            let name = text(dependency, "name");
            for kind in list(dependency, "dep_kinds").iter().map(|kind| kind["kind"].as_str()) {
                let why = match kind {
                    None if product.contains(name) => continue,
                    None if tests.contains(name) => "only tests name it",
                    Some("build") if build.contains(name) => continue,
                    Some("dev") if tests.contains(name) => continue,
                    _ => "nothing names it",
                };
                found.push(format!("{} on {name}: {why}", text(package, "name")));
            }
        }
    }
    found
}

/// The first names of all paths in the sources of a package's targets of these kinds.
fn named(package: &Value, kinds: &[&str], with_tests: bool, read: Read<'_>) -> BTreeSet<String> {
    let is_of_kind = |target: &&Value| {
        list(target, "kind").iter().filter_map(Value::as_str).any(|kind| kinds.contains(&kind))
    };
    let mut names = BTreeSet::new();
    for target in list(package, "targets").iter().filter(is_of_kind) {
        let tree = Tree::read(Path::new(text(target, "src_path")), with_tests, read);
        let items = tree.modules.iter().flat_map(|module| &module.items);
        let paths = items.flat_map(|item| mentions(item.to_token_stream()));
        names.extend(paths.filter(|path| path.is_qualified()).map(|path| path.segments[0].clone()));
    }
    names
}
