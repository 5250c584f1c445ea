//! The direction of dependencies, as ARCHITECTURE.md draws it, read from the workspace's manifests; and what sources may
//! not contain. Each rule has a control: a workspace that breaks it is found out.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use holdfast_architecture::{root, sources};
use serde_json::Value;

/// The longest source file, in lines. Longer ones hold two things.
const SOURCE_LINES_MAX: usize = 600;

/// The library crates, by their folder under `shared/`, and which others each may build on.
const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("app", &["domain"]),
    ("http", &["domain", "app"]),
    ("api", &["domain", "app", "http"]),
    ("workflow", &["domain", "app"]),
    ("adapters-dynamodb", &["domain", "app"]),
    ("egress", &[]),
    ("stripe-amounts", &["domain", "app"]),
    ("adapters-stripe", &["domain", "app", "egress", "stripe-amounts"]),
    ("adapters-messaging", &["domain", "app", "egress"]),
    ("adapters-secrets", &["app"]),
    ("runtime", &["domain", "app", "egress", "http", "workflow"]),
    ("testkit", &["domain", "app", "adapters-dynamodb", "stripe-amounts"]),
];

/// What the pure core builds on: dates and zones, error types, Unicode's tables, by which two texts name the same place or not,
/// and decimal fractions, as percentages are written. Anything else is a decision, to be made here.
const DOMAIN_BUILDS_ON: &[&str] = &["caseless", "jiff", "rust_decimal", "thiserror", "unicode-normalization"];
const DOMAIN_TESTS_WITH: &[&str] = &["proptest"];

/// A technology, and the crates that may name it. Only `shared/` and `functions/` are asked; suites under `tests/` may
/// name what they test with.
struct Technology {
    name: &'static str,
    is: fn(&str) -> bool,
    allowed: fn(&Crate) -> bool,
}

const TECHNOLOGIES: &[Technology] = &[
    Technology {
        name: "the AWS SDK",
        is: |dependency| dependency.starts_with("aws"),
        allowed: |of| of.is_adapter() || of.is("runtime") || of.is("testkit"),
    },
    // `runtime` is with them because it turns API Gateway's requests into those of `http`, once for all functions.
    Technology {
        name: "HTTP's types",
        is: |dependency| matches!(dependency, "http" | "lambda_http"),
        allowed: |of| of.is("http") || of.is("api") || of.is("runtime") || of.folder == Folder::Functions,
    },
    Technology {
        name: "the Lambda runtime",
        is: |dependency| matches!(dependency, "lambda_runtime" | "lambda_http"),
        allowed: |of| of.is("runtime") || of.folder == Folder::Functions,
    },
    // One kind of connections, for the SDK's requests and for what is sent beside AWS.
    Technology {
        name: "an HTTP client",
        is: |dependency| dependency.starts_with("hyper"),
        allowed: |of| of.is("egress"),
    },
    Technology {
        name: "an HTTP client of the suites",
        is: |dependency| dependency == "reqwest",
        allowed: |_| false,
    },
    Technology {
        name: "dynoxide",
        is: |dependency| dependency.starts_with("dynoxide"),
        allowed: |of| of.is("testkit"),
    },
];

/// What a source file of the pure core may not mention: clocks, chance, wire formats, the outside.
const IMPURE: &[&str] = &[
    "SystemTime",
    "Instant::",
    "now()",
    "rand::",
    "fastrand",
    "Uuid",
    "serde",
    "Serialize",
    "tokio",
    "async ",
    "std::env",
    "std::fs",
    "std::net",
    "println!",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Folder {
    Shared,
    Functions,
    Tests,
    Tools,
}

#[derive(Debug, Clone)]
struct Crate {
    package: String,
    folder: Folder,
    /// The folder's name, which for library crates is the package's without `holdfast-`.
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Clone)]
struct Dependency {
    package: String,
    dev: bool,
}

impl Crate {
    fn is(&self, name: &str) -> bool {
        self.folder == Folder::Shared && self.name == name
    }

    /// What every crate's tests may use: the testkit, the checker of recorded histories, the settings of generated cases, the
    /// validators by schemas.
    fn is_for_tests(&self) -> bool {
        let is_suite = matches!(self.name.as_str(), "linearizability" | "properties" | "schemas");
        self.is("testkit") || self.folder == Folder::Tests && is_suite
    }

    fn is_adapter(&self) -> bool {
        self.folder == Folder::Shared && self.name.starts_with("adapters-")
    }
}

fn workspace() -> Vec<Crate> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata is JSON");
    metadata["packages"].as_array().expect("a list").iter().map(read_crate).collect()
}

fn read_crate(package: &Value) -> Crate {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let manifest = PathBuf::from(text(&package["manifest_path"]));
    let place = manifest.strip_prefix(root()).expect("a member lies in the workspace");
    let mut parts = place.iter().map(|part| part.to_string_lossy().into_owned());
    let folder = match parts.next().as_deref() {
        Some("shared") => Some(Folder::Shared),
        Some("functions") => Some(Folder::Functions),
        Some("tests") => Some(Folder::Tests),
        Some("tools") => Some(Folder::Tools),
        _ => None,
    };
    let folder = folder.expect("crates lie in shared, functions, tests or tools");
    let dependencies = package["dependencies"].as_array().expect("a list").iter().map(|dependency| {
        Dependency { package: text(&dependency["name"]), dev: dependency["kind"] == "dev" }
    });
    Crate {
        package: text(&package["name"]),
        folder,
        name: parts.next().expect("a folder"),
        dependencies: dependencies.collect(),
    }
}

/// Every dependency that goes against the rules.
fn violations(crates: &[Crate]) -> Vec<String> {
    let mut found = Vec::new();
    for of in crates {
        let layer = LAYERS.iter().find(|(name, _)| of.is(name)).map(|(_, below)| *below);
        if of.folder == Folder::Shared && layer.is_none() {
            found.push(format!("{} has no place among the layers", of.package));
        }
        for dependency in &of.dependencies {
            let inside = crates.iter().find(|member| member.package == dependency.package);
            let allowed = match (of.folder, inside) {
                (Folder::Tests, Some(on)) => on.folder != Folder::Functions,
                (_, Some(on)) if on.is_for_tests() => dependency.dev,
                // Tests of the entries compose functions as functions do.
                (Folder::Shared, Some(on)) if of.is("runtime") && on.is_adapter() => dependency.dev,
                (Folder::Shared, Some(on)) => {
                    on.folder == Folder::Shared
                        && layer.is_some_and(|below| below.contains(&on.name.as_str()))
                }
                // A binary composes the use case or the routes it serves from adapters; what they run on is the runtime's. What
                // the provider can charge is told apart from its adapter, which has keys.
                (Folder::Functions, Some(on)) => {
                    let composed = ["app", "api", "runtime", "stripe-amounts"];
                    on.is_adapter() || composed.iter().any(|name| on.is(name))
                }
                // An operator's command is a binary too, and reads its arguments into the domain's types.
                (Folder::Tools, Some(on)) => {
                    on.is_adapter() || ["domain", "app", "runtime"].iter().any(|name| on.is(name))
                }
                (_, None) => may_name(of, dependency),
            };
            if !allowed {
                found.push(format!("{} may not depend on {}", of.package, dependency.package));
            }
        }
    }
    found
}

fn may_name(of: &Crate, dependency: &Dependency) -> bool {
    let name = dependency.package.as_str();
    if of.is("domain") {
        let known = if dependency.dev { DOMAIN_TESTS_WITH } else { DOMAIN_BUILDS_ON };
        return known.contains(&name);
    }
    // It has HTTP/2 with it, which no function needs (docs/adr/0002-tls-and-sdk-features.md).
    if name == "aws-smithy-http-client" && of.folder != Folder::Tests && !of.is("testkit") {
        return dependency.dev;
    }
    of.folder == Folder::Tests
        || TECHNOLOGIES
            .iter()
            .filter(|technology| (technology.is)(name))
            .all(|technology| (technology.allowed)(of))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("a readable source")
}

/// What the code, comments left out, mentions of `words`.
fn mentions<'a>(source: &str, words: &[&'a str]) -> Vec<&'a str> {
    let code: Vec<&str> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    words.iter().filter(|word| code.iter().any(|line| line.contains(**word))).copied().collect()
}

#[test]
fn dependencies_point_inwards() {
    let found = violations(&workspace());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_layer_exists() {
    let crates = workspace();
    for (name, _) in LAYERS {
        assert!(crates.iter().any(|member| member.is(name)), "no crate shared/{name}");
    }
    for technology in TECHNOLOGIES {
        let named = |member: &Crate| member.dependencies.iter().any(|on| (technology.is)(&on.package));
        assert!(crates.iter().any(named), "nothing names {}: the rule is idle", technology.name);
    }
}

#[test]
fn no_source_file_grows_into_a_giant() {
    let long: Vec<String> = ["shared", "functions"]
        .into_iter()
        .flat_map(|folder| sources(&root().join(folder)))
        .map(|path| (read(&path).lines().count(), path))
        .filter(|(lines, _)| *lines > SOURCE_LINES_MAX)
        .map(|(lines, path)| format!("{}: {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "more than {SOURCE_LINES_MAX}:\n{}", long.join("\n"));
}

#[test]
fn the_core_knows_neither_clock_nor_chance_nor_wire() {
    for path in sources(&root().join("shared/domain/src")) {
        let found = mentions(&read(&path), IMPURE);
        assert!(found.is_empty(), "{} mentions {found:?}", path.display());
    }
}

#[test]
fn control_a_dependency_against_the_rules_is_found() {
    let crates = workspace();
    let with = |package: &str, on: &str, dev: bool| {
        let mut crates = crates.clone();
        let member = crates.iter_mut().find(|member| member.package == package).expect("a member");
        member.dependencies.push(Dependency { package: on.to_owned(), dev });
        let expected = format!("{package} may not depend on {on}");
        violations(&crates).contains(&expected)
    };
    for (package, on) in [
        ("holdfast-domain", "holdfast-app"),
        ("holdfast-domain", "serde"),
        ("holdfast-domain", "tokio"),
        ("holdfast-domain", "aws-sdk-dynamodb"),
        ("holdfast-app", "holdfast-api"),
        ("holdfast-app", "aws-sdk-sqs"),
        ("holdfast-app", "http"),
        ("holdfast-app", "hyper"),
        ("holdfast-adapters-stripe", "hyper-util"),
        ("holdfast-adapters-messaging", "reqwest"),
        ("holdfast-egress", "reqwest"),
        ("payment", "reqwest"),
        ("holdfast-http", "holdfast-api"),
        ("holdfast-http", "lambda_http"),
        ("holdfast-api", "holdfast-workflow"),
        ("holdfast-api", "holdfast-adapters-dynamodb"),
        ("holdfast-api", "lambda_http"),
        ("holdfast-workflow", "holdfast-api"),
        ("holdfast-workflow", "aws_lambda_events"),
        ("holdfast-adapters-dynamodb", "holdfast-adapters-stripe"),
        ("holdfast-adapters-messaging", "http"),
        ("holdfast-runtime", "holdfast-testkit"),
        ("holdfast-runtime", "hold"),
        ("holdfast-runtime", "hyper"),
        ("holdfast-runtime", "aws-smithy-http-client"),
        ("holdfast-adapters-dynamodb", "aws-smithy-http-client"),
        ("holdfast-runtime", "holdfast-api"),
        ("holdfast-runtime", "holdfast-adapters-dynamodb"),
        ("holdfast-adapters-secrets", "holdfast-domain"),
        ("hold", "confirm"),
        ("hold", "holdfast-domain"),
        ("hold", "holdfast-testkit"),
        ("hold", "aws-sdk-dynamodb"),
        ("holdfast-app", "holdfast-architecture"),
        ("holdfast-domain", "holdfast-properties"),
    ] {
        assert!(with(package, on, false), "{package} on {on}");
    }
    for (package, on) in
        [("holdfast-app", "holdfast-testkit"), ("hold", "lambda_http"), ("holdfast-domain", "jiff")]
    {
        assert!(!with(package, on, package == "holdfast-app"), "{package} on {on}");
    }
    assert!(with("holdfast-domain", "serde_json", true), "not even to test with");
}

#[test]
fn control_an_impure_source_is_found() {
    assert_eq!(mentions("let at = SystemTime::now();", IMPURE), ["SystemTime", "now()"]);
    assert_eq!(mentions("#[derive(Serialize)]", IMPURE), ["Serialize"]);
    assert_eq!(mentions("// no serde here\nfn decide(now: Timestamp) {}", IMPURE), [""; 0]);
}
