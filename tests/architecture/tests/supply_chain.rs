//! Bans, licences and sources of all that the workspace is built from, by the rules of `deny.toml`; and that manifests ask
//! for nothing that no source names. Advisories need the network: `make audit`.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::path::Path;

use holdfast_architecture::packages::{list, resolved};
use holdfast_architecture::supply_chain::Rules;
use holdfast_architecture::tree::from_disk;
use holdfast_architecture::unused::unused;
use serde_json::{Value, json};

const RULES: &str = include_str!("../../../deny.toml");
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn rules() -> Rules {
    Rules::parse(RULES).expect("rules that the test knows")
}

#[test]
fn every_package_keeps_the_rules_of_deny_toml() {
    let rules = rules();
    for target in &rules.graph.targets {
        let metadata = resolved(target);
        assert!(list(&metadata, "packages").len() > 200, "the packages are not all there");
        let found = rules.violations(&metadata);
        assert!(found.is_empty(), "for {target}:\n{}", found.join("\n"));
    }
}

fn package(name: &str, licence: Option<&str>, source: Option<&str>) -> Value {
    json!({"name": name, "version": "1.0.0", "license": licence, "source": source, "publish": [], "dependencies": []})
}

fn check(package: &Value, expected: &[&str]) {
    assert_eq!(rules().violations(&json!({ "packages": [package] })), expected);
}

#[test]
fn control_what_breaks_a_rule_is_found() {
    check(&package("fine", Some("MIT OR Apache-2.0"), Some(REGISTRY)), &[]);
    check(&package("ours", Some("MIT OR Apache-2.0"), None), &[]);
    check(
        &package("native-tls", Some("MIT"), Some(REGISTRY)),
        &["native-tls 1.0.0: banned: one TLS stack: rustls with ring"],
    );
    check(
        &package("forked", Some("MIT"), Some("git+https://example.com/forked?rev=1#1")),
        &["forked 1.0.0: source: git+https://example.com/forked?rev=1#1"],
    );
    check(
        &package("mirrored", Some("MIT"), Some("registry+https://example.com/index")),
        &["mirrored 1.0.0: source: registry+https://example.com/index"],
    );
    let mut any = package("ours", Some("MIT"), None);
    any["dependencies"] =
        json!([{"name": "serde", "req": "*", "path": null}, {"name": "near", "req": "*", "path": "/near"}]);
    check(&any, &["ours 1.0.0: any version of serde"]);
}

#[test]
fn control_licences_are_read_as_expressions() {
    for (licence, fits) in [
        (Some("MIT"), true),
        (Some("MIT/Apache-2.0"), true),
        (Some("GPL-3.0-only OR MIT"), true),
        (Some("(MIT OR GPL-2.0-only) AND Unicode-3.0"), true),
        (Some("Apache-2.0 WITH LLVM-exception"), true),
        (Some("GPL-3.0-or-later"), false),
        (Some("MIT AND GPL-3.0-only"), false),
        (Some("Apache-2.0 WITH Classpath-exception-2.0"), false),
        (Some("not a licence"), false),
        (None, false),
    ] {
        let package = package("some", licence, Some(REGISTRY));
        assert_eq!(rules().violations(&json!({ "packages": [package] })).is_empty(), fits, "{licence:?}");
    }
}

#[test]
fn control_a_rule_that_the_test_does_not_hold_is_refused() {
    for (from, to) in [
        ("[bans]", "[bans]\nskip = [\"native-tls\"]"),
        ("unknown-git = \"deny\"", "unknown-git = \"allow\""),
        ("[licenses]", "[licenses]\nexceptions = []"),
        ("[sources]", "[output]\n[sources]"),
    ] {
        assert!(RULES.contains(from), "{from}");
        assert!(Rules::parse(&RULES.replace(from, to)).is_err(), "{to}");
    }
}

#[test]
fn no_dependency_is_unused() {
    let found = unused(&resolved(&rules().graph.targets[0]), &from_disk);
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn control_an_unused_dependency_is_found() {
    let files = [
        (
            "src/lib.rs",
            "mod part; use used::Thing; // unused::not_a_use\n#[derive(derived::Macro)] struct S { unused: Thing }",
        ),
        (
            "src/part.rs",
            "pub fn f() { let text = \"unused::text\"; ::rooted::f(); inner::unused::f() }\n#[cfg(test)] mod tests { use misplaced::X; }",
        ),
        ("tests/it.rs", "fn t() { helper!{ used_in_test::f() } }"),
    ];
    let read =
        |path: &Path| files.iter().find(|(name, _)| path.ends_with(name)).map(|(_, text)| (*text).to_owned());
    let dependency = |name: &str, kinds: &[Option<&str>]| {
        let kinds: Vec<Value> = kinds.iter().map(|kind| json!({ "kind": kind })).collect();
        json!({"name": name, "dep_kinds": kinds})
    };
    let metadata = json!({
        "workspace_members": ["ours"],
        "packages": [
            {"id": "ours", "name": "ours", "targets": [
                {"kind": ["lib"], "src_path": "src/lib.rs"},
                {"kind": ["test"], "src_path": "tests/it.rs"},
            ]},
            {"id": "theirs", "name": "theirs", "targets": []},
        ],
        "resolve": {"nodes": [
            {"id": "ours", "deps": [
                dependency("used", &[None]),
                dependency("derived", &[None]),
                dependency("rooted", &[None]),
                dependency("unused", &[None, Some("dev")]),
                dependency("misplaced", &[None]),
                dependency("used_in_test", &[Some("dev")]),
                dependency("at_build", &[Some("build")]),
            ]},
            {"id": "theirs", "deps": [dependency("whatever", &[None])]},
        ]},
    });
    assert_eq!(
        unused(&metadata, &read),
        [
            "ours on unused: nothing names it",
            "ours on unused: nothing names it",
            "ours on misplaced: only tests name it",
            "ours on at_build: nothing names it",
        ]
    );
}
