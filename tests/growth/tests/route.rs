//! A new route of a function that exists takes two files: the one with its handler, and its sample event. The document, the
//! dispatch and the check of scopes follow.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::path::Path;

use holdfast_architecture::root;
use holdfast_growth::{Edit, FILES_MAX, Grown};
use serde_json::{Value, json};

const PATH: &str = "/api/holds/{holdId}/ping";

/// Where the copy lies: within the target directory of this build.
fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/growth"))
}

fn route() -> Vec<Edit> {
    let routes = "shared/api/src/holds/routes.rs";
    let declaration = r#"
        (
            Route::scoped(Method::GET, "/api/holds/{holdId}/ping", "pingHold", GUEST, |api, exchange, caller| {
                Box::pin(ping(api, exchange, caller))
            }),
            Documentation::new(TAG, "Answers if the hold exists.")
                .described("As `readHold` does.")
                .path("holdId", "The hold")
                .answer::<HoldBody>(StatusCode::OK, "The hold")
                .problems(&[Code::NotFound]),
        ),"#;
    let handler = r"
async fn ping(api: &HoldApi, exchange: &Exchange, caller: &Caller) -> Result<Response, Problem> {
    read(api, exchange, caller).await
}
";
    let sample =
        std::fs::read_to_string(root().join("events/samples/http/hold-read.json")).expect("a sample");
    let sample = sample
        .replace("/api/holds/{holdId}", PATH)
        .replace("/api/holds/hld_4v7zn4yu3fjdmbqiyinoy7gh", "/api/holds/hld_4v7zn4yu3fjdmbqiyinoy7gh/ping");
    vec![
        Edit::Insert { file: routes, after: "    routes![", text: declaration.to_owned() },
        Edit::Insert {
            file: routes,
            after: "fn hold_id(exchange: &Exchange) -> Result<HoldId, Problem> {\n    HoldId::parse(&exchange.named).map_err(|_| problem(Failure::NotFound(\"hold\")))\n}\n",
            text: handler.to_owned(),
        },
        Edit::Create { file: "events/samples/http/hold-ping.json", text: sample },
    ]
}

#[test]
fn a_new_route_takes_two_files() {
    let grown = Grown::new(folder(), &route());
    let document = grown.cargo(&["run", "--quiet", "--package", "holdfast-api", "--example", "openapi"]);
    grown.write("docs/openapi.json", document.as_bytes());
    let older = grown.cargo(&["run", "--quiet", "--package", "holdfast-api", "--example", "openapi", "3.0"]);
    grown.write("docs/openapi-3.0.json", older.as_bytes());
    let document: Value = serde_json::from_str(&document).expect("a document");
    let operation = &document["paths"][PATH]["get"];
    assert_eq!(operation["operationId"], "pingHold");
    assert_eq!(operation["x-function"], "hold");
    assert_eq!(
        operation["security"],
        json!([{ "token": ["booking/guest"] }, { "token": ["booking/operator"] }])
    );
    // Among these: the sample event is dispatched, and every problem it may answer with is as published.
    let tested = grown.cargo(&["test", "--package", "holdfast-api"]);
    assert!(tested.contains("test samples::every_sample_is_a_request_we_understand ... ok"), "{tested}");
}

#[test]
#[should_panic(expected = "4 files")]
fn control_an_addition_that_touches_more_files_is_refused() {
    let files = ["a", "b", "c", "d"];
    assert_eq!(files.len(), FILES_MAX + 1);
    let edits = files.map(|file| Edit::Create { file, text: String::new() });
    let _ = Grown::new(folder(), &edits);
}
