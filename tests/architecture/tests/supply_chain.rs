//! Bans, licences and sources of all that the workspace is built from, by the rules of `deny.toml`; and that manifests ask
//! for nothing that no source names. Advisories need the network: `make audit`.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use holdfast_architecture::packages::{list, resolved};
use holdfast_architecture::root;
use holdfast_architecture::supply_chain::Rules;
use holdfast_architecture::tree::from_disk;
use holdfast_architecture::unused::unused;
use serde_json::{Value, json};

const RULES: &str = include_str!("../../../deny.toml");
/// Dependencies that only choose features, with the reason.
const FOR_FEATURES: &[(&str, &str)] = &[(
    "holdfast-testkit on getrandom: nothing names it",
    "Cargo.toml: the same features with and without tests",
)];
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
        let found = rules.duplicates(&metadata);
        assert!(found.is_empty(), "for {target}:\n{}\nCargo.lock, or deny.toml's skip", found.join("\n"));
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
fn control_duplicates_are_exactly_those_that_are_skipped() {
    let skip = |skip: &str| {
        let (before, rest) = RULES.split_once("\nskip = [\n").expect("what is skipped");
        let (_, after) = rest.split_once("\n]\n").expect("its end");
        Rules::parse(&format!("{before}\nskip = [{skip}]\n{after}")).expect("rules that the test knows")
    };
    let packages: Vec<Value> =
        [("a", "1.2.0"), ("a", "1.20.1"), ("a", "2.0.0"), ("b", "0.3.1"), ("b", "0.3.1")]
            .iter()
            .map(|(name, version)| json!({ "name": name, "version": version }))
            .collect();
    let check = |skipped: &str, expected: &[&str]| {
        assert_eq!(skip(skipped).duplicates(&json!({ "packages": packages })), expected, "{skipped}");
    };
    let (one, other) = (r#"{ crate = "a@1.2", reason = "x" }"#, r#"{ crate = "a@1.20.1", reason = "y" }"#);
    check(&format!("{one}, {other}"), &[]);
    check(other, &[r#"a: versions {"1.2.0", "2.0.0"}, of which one may stay"#]);
    check("", &[r#"a: versions {"1.2.0", "1.20.1", "2.0.0"}, of which one may stay"#]);
    check(
        &format!(r#"{one}, {other}, {{ crate = "b@0.3", reason = "z" }}, {{ crate = "a@3", reason = "z" }}"#),
        &["b@0.3: skipped, and no duplicate", "a@3: skipped, and no duplicate"],
    );
    check(
        r#"{ crate = "a@1", reason = "x" }, { crate = "a@2", reason = "y" }"#,
        &["a: versions {}, of which one may stay"],
    );
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
        ("[bans]", "[bans]\nskip-tree = [\"native-tls\"]"),
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
    let mut found = unused(&resolved(&rules().graph.targets[0]), &from_disk);
    for (known, why) in FOR_FEATURES {
        let place = found.iter().position(|unused| unused == known);
        found
            .remove(place.unwrap_or_else(|| panic!("{known} is no longer so ({why}): take it off the list")));
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// The packages that a package's binaries are built of, as `make build` builds them: without what the suites ask for.
fn built_of(package: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(["--package", package])
        .env("CARGO_RESOLVER_FEATURE_UNIFICATION", "selected")
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    lines.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// It is there as soon as one package asks hyper for it, whether it is spoken or not.
#[test]
fn no_function_has_http_2() {
    for function in fs::read_dir(root().join("functions")).expect("functions") {
        let function = function.expect("a function").file_name().into_string().expect("a name");
        let packages = built_of(&function);
        assert!(packages.iter().any(|package| package == "hyper"), "{function}");
        assert!(!packages.iter().any(|package| package == "h2"), "{function}");
    }
    assert!(built_of("holdfast-testkit").iter().any(|package| package == "h2"), "the test would see it");
}

/// By package and version, each selection of features that it is built with.
type Features = BTreeMap<String, BTreeSet<String>>;

/// The features of each package that the workspace's members are built with.
fn features(more: &[&str]) -> Features {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--workspace", "--prefix", "none", "--format", "{p}|{f}"])
        .args(more)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut found = Features::new();
    for line in String::from_utf8_lossy(&output.stdout).lines().filter(|line| !line.is_empty()) {
        let (package, features) =
            line.trim_end_matches(" (*)").split_once('|').expect("the format asked for");
        found.entry(package.to_owned()).or_default().insert(features.to_owned());
    }
    found
}

/// `make demo` builds without the dependencies of tests, `make test` with them. A feature that only tests ask for would have them
/// compile the package, and all that builds on it, twice.
#[test]
fn tests_ask_for_no_feature_that_the_binaries_do_not_have() {
    let (with, without) = (features(&[]), features(&["--edges", "no-dev"]));
    assert!(without.len() > 200, "cargo tree shows {} packages", without.len());
    let differ = differences(&with, &without);
    assert!(differ.is_empty(), "\n{}", differ.join("\n"));
}

/// The packages whose features tests change. One that only tests use is none.
fn differences(with_tests: &Features, without: &Features) -> Vec<String> {
    without
        .iter()
        .filter(|(package, features)| with_tests.get(*package) != Some(features))
        .map(|(package, features)| {
            format!("{package}: {features:?}, with tests {:?}", with_tests.get(package))
        })
        .collect()
}

#[test]
fn control_a_feature_that_only_tests_ask_for_is_found() {
    let of = |packages: &[(&str, &[&str])]| -> Features {
        let owned = |features: &[&str]| features.iter().map(|features| (*features).to_owned()).collect();
        packages.iter().map(|(package, features)| ((*package).to_owned(), owned(features))).collect()
    };
    let without = of(&[("a v1", &["std"]), ("b v1", &["", "std"])]);
    assert_eq!(
        differences(&of(&[("a v1", &["std"]), ("b v1", &["", "std"]), ("c v1", &[""])]), &without),
        [""; 0]
    );
    assert_eq!(
        differences(&of(&[("a v1", &["std,sys_rng"]), ("b v1", &["std"])]), &without),
        [
            r#"a v1: {"std"}, with tests Some({"std,sys_rng"})"#,
            r#"b v1: {"", "std"}, with tests Some({"std"})"#
        ]
    );
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
