//! A new fact on a resource by which results are sorted takes three files: the use case of search, its parameters on the wire,
//! and a test. Nothing is edited to take it in, keep it, show it and publish it: every fact that an operator gives is carried
//! by name (`attributes`), and a fact that only informs takes no file at all.

use std::path::Path;

use holdfast_growth::{Edit, Grown};
use serde_json::Value;

/// Where the copy lies: within the target directory of this build, for all additions in turn.
fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/growth"))
}

/// Hotels have stars, and results can be sorted by them.
fn fact() -> Vec<Edit> {
    let find = "shared/app/src/search/find.rs";
    let wire = "shared/api/src/search/wire.rs";
    let test = r#"//! Results are sorted by stars.

use holdfast_api::search::SearchParameters;
use holdfast_app::search::Sort;

#[test]
fn results_may_be_sorted_by_stars() {
    let asked = "resourceType=hotel&location=NYC&start=2026-06-01&end=2026-06-03&sort=stars";
    assert!(matches!(SearchParameters::read(asked), Ok(question) if question.sort == Sort::Stars));
}
"#;
    vec![
        Edit::Insert {
            file: find,
            after: "    /// Best first; without a rating last.\n    Rating,\n",
            text: "    /// Most stars first; without stars last.\n    Stars,\n".to_owned(),
        },
        Edit::Insert {
            file: find,
            after: "            Sort::Rating => -number(\"rating\").unwrap_or(f64::MIN),\n",
            text: "            Sort::Stars => -number(\"stars\").unwrap_or(f64::MIN),\n".to_owned(),
        },
        Edit::Insert {
            file: wire,
            after: "    /// Best first.\n    Rating,\n",
            text: "    /// Most stars first.\n    Stars,\n".to_owned(),
        },
        Edit::Insert {
            file: wire,
            after: "                \"rating\" => Ok(Sort::Rating),\n",
            text: "                \"stars\" => Ok(Sort::Stars),\n".to_owned(),
        },
        Edit::Replace {
            file: wire,
            old: "must be price, rating or distance",
            text: "must be price, rating, stars or distance".to_owned(),
        },
        Edit::Create { file: "shared/api/tests/stars.rs", text: test.to_owned() },
    ]
}

#[test]
fn a_new_fact_that_sorts_results_takes_three_files() {
    let grown = Grown::new(folder(), &fact());
    let document = grown.cargo(&["run", "--quiet", "--package", "holdfast-api", "--example", "openapi"]);
    grown.write("docs/openapi.json", document.as_bytes());
    let older = grown.cargo(&["run", "--quiet", "--package", "holdfast-api", "--example", "openapi", "3.0"]);
    grown.write("docs/openapi-3.0.json", older.as_bytes());
    let document: Value = serde_json::from_str(&document).expect("a document");
    let parameters = document["paths"]["/api/availability"]["get"]["parameters"].to_string();
    assert!(parameters.contains("\"stars\""), "{parameters}");
    let tested = grown.cargo(&["test", "--package", "holdfast-api"]);
    assert!(tested.contains("test results_may_be_sorted_by_stars ... ok"), "{tested}");
}
