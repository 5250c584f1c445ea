//! A function is built from the adapters that its own manifest names and from no others, so that a change in one adapter
//! rebuilds the functions that have it and leaves the rest alone. (That a manifest names nothing that its sources do not
//! use is in `supply_chain.rs`.)

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};

use holdfast_architecture::packages::{list, resolved, text};
use serde_json::Value;

/// The functions that may be built from an adapter that speaks to somebody else than AWS, or reads the keys for that.
const RESTRICTED: &[(&str, &[&str])] = &[
    ("holdfast-adapters-stripe", &["payment", "reconciliation", "stripe-webhook"]),
    (
        "holdfast-adapters-secrets",
        &["hold", "partner", "payment", "reconciliation", "search", "stripe-webhook"],
    ),
];

/// What each of the workspace's packages is built from, tests left out, by name.
type Graph = BTreeMap<String, BTreeSet<String>>;

fn graph() -> Graph {
    let metadata = resolved("x86_64-unknown-linux-gnu");
    let names: BTreeMap<&str, &str> = list(&metadata, "packages")
        .iter()
        .map(|package| (text(package, "id"), text(package, "name")))
        .collect();
    let is_built = |dependency: &&Value| {
        list(dependency, "dep_kinds").iter().any(|kind| kind["kind"].is_null() || kind["kind"] == "build")
    };
    let members: BTreeSet<&str> =
        list(&metadata, "workspace_members").iter().filter_map(Value::as_str).collect();
    list(&metadata["resolve"], "nodes")
        .iter()
        .filter(|node| members.contains(text(node, "id")))
        .map(|node| {
            let dependencies = list(node, "deps").iter().filter(is_built);
            let dependencies = dependencies.map(|dependency| names[text(dependency, "pkg")].to_owned());
            (names[text(node, "id")].to_owned(), dependencies.collect())
        })
        .collect()
}

fn functions() -> Vec<String> {
    let folders = std::fs::read_dir(holdfast_architecture::root().join("functions")).expect("a folder");
    folders.map(|folder| folder.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

/// All that a package is built from, by way of others too.
fn closure(graph: &Graph, package: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![package.to_owned()];
    while let Some(package) = open.pop() {
        for dependency in graph.get(&package).into_iter().flatten() {
            if found.insert(dependency.clone()) {
                open.push(dependency.clone());
            }
        }
    }
    found
}

fn is_adapter(package: &str) -> bool {
    package.starts_with("holdfast-adapters-")
}

/// Every adapter that a function is built from against the rules; runtime must have none.
fn violations(graph: &Graph) -> Vec<String> {
    let mut found = Vec::new();
    let runtime = closure(graph, "holdfast-runtime");
    found.extend(runtime.iter().filter(|on| is_adapter(on)).map(|on| format!("holdfast-runtime on {on}")));
    for function in functions() {
        let composed = &graph[&function];
        for adapter in closure(graph, &function).iter().filter(|on| is_adapter(on)) {
            let restricted = RESTRICTED.iter().find(|(restricted, _)| restricted == adapter);
            if !composed.contains(adapter) {
                found.push(format!("{function} on {adapter}: by way of another"));
            }
            if restricted.is_some_and(|(_, may)| !may.contains(&function.as_str())) {
                found.push(format!("{function} on {adapter}: it may not"));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_function_is_built_from_the_adapters_that_it_names() {
    let graph = graph();
    assert_eq!(violations(&graph), [""; 0]);
    for (adapter, may) in RESTRICTED {
        for function in *may {
            assert!(
                graph[*function].contains(*adapter),
                "{function} needs {adapter} no more: shorten the list"
            );
        }
    }
    let of_hold = closure(&graph, "hold");
    let adapters: Vec<&String> = of_hold.iter().filter(|on| is_adapter(on)).collect();
    assert_eq!(adapters, ["holdfast-adapters-dynamodb", "holdfast-adapters-secrets"]);
    assert!(of_hold.contains("holdfast-domain"), "the closure goes on beyond the first step");
}

/// The functions whose composition says this.
fn composed_with(call: &str) -> Vec<String> {
    let says = |function: &String| {
        let main = holdfast_architecture::root().join("functions").join(function).join("src/main.rs");
        std::fs::read_to_string(main).expect("a binary").contains(call)
    };
    let mut found: Vec<String> = functions().into_iter().filter(says).collect();
    found.sort();
    found
}

/// A crowd asks for holds only. Who confirms or gives back would act on what was so a moment ago.
#[test]
fn only_requests_of_guests_are_answered_from_what_was_sold_out_a_moment_ago() {
    assert_eq!(composed_with(".remembering_sold_out(process.clock())"), ["hold"]);
    assert_eq!(composed_with("remembering_sold_out"), ["hold"]);
    assert!(composed_with("DynamoHolds::new").len() > 1, "others have the store without it");
}

#[test]
fn control_an_adapter_that_reaches_functions_by_way_of_another_crate_is_found() {
    let with = |package: &str, on: &str| {
        let mut graph = graph();
        graph.get_mut(package).expect("a member").insert(on.to_owned());
        violations(&graph)
    };
    let found = with("holdfast-runtime", "holdfast-adapters-stripe");
    for expected in [
        "holdfast-runtime on holdfast-adapters-stripe",
        "hold on holdfast-adapters-stripe: by way of another",
        "hold on holdfast-adapters-stripe: it may not",
    ] {
        assert!(found.iter().any(|one| one == expected), "{expected} in {found:?}");
    }
    assert!(!found.iter().any(|one| one.starts_with("payment ")), "it composes Stripe itself: {found:?}");
    assert_eq!(with("search", "holdfast-adapters-messaging"), [""; 0], "search would name it itself");
    assert_eq!(
        with("bookings", "holdfast-adapters-secrets"),
        ["bookings on holdfast-adapters-secrets: it may not"]
    );
    assert_eq!(
        with("holdfast-app", "holdfast-adapters-messaging").first().map(String::as_str),
        Some("bookings on holdfast-adapters-messaging: by way of another")
    );
}
