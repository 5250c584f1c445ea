//! An audit around somebody else's run, such as the end-to-end tests: a queue on the bus before it, and afterwards the question
//! whether every fact that the ledger has got meanwhile was heard, and whether search is what the ledger is.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use holdfast_client::aws::BusWatch;
use holdfast_client::{Stack, Trouble};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::audit::read_model;
use crate::audit::{Anomaly, never_heard};
use crate::ends;
use crate::ledger::Reader;
use crate::report::print_rows;
use crate::run::LOOK_EVERY;

/// How long the last events may take, and the read model, without one look that finds something new or less that is missing.
const DELIVERY_MAX: Duration = Duration::from_secs(90);
/// What is audited here, of all that there is.
const FIELDS: [&str; 2] = ["bus", "read model"];

/// Begins to listen, and notes in a file who listens and what there is already.
///
/// # Errors
/// [`Trouble`] of the stack or the file.
pub(crate) async fn begin(file: &Path) -> Result<(), Trouble> {
    let stack = Stack::connect()?;
    let bus = stack.watch_bus().await?;
    let facts = Reader::new(&stack, BTreeSet::new())?.facts().await?;
    let note = json!({"watch": bus.as_json(), "facts": facts.keys().collect::<Vec<_>>()});
    std::fs::write(file, note.to_string()).map_err(Trouble::unexpected)
}

/// Ends what [`begin`] began, and prints what was found; the number of anomalies.
///
/// # Errors
/// [`Trouble`] of the stack or the file.
pub(crate) async fn end(file: &Path) -> Result<usize, Trouble> {
    let stack = Stack::connect()?;
    let text = std::fs::read_to_string(file).map_err(Trouble::unexpected)?;
    let note: Value = serde_json::from_str(&text).map_err(Trouble::unexpected)?;
    let bus = BusWatch::from_json(&stack, &note["watch"]);
    let known = note["facts"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let known: BTreeSet<String> = known.map(str::to_owned).collect();
    let reader = Reader::new(&stack, BTreeSet::new())?;
    let mut last = (Instant::now(), (0, usize::MAX));
    let (facts, entries, found) = loop {
        let mut facts = reader.facts().await?;
        facts.retain(|id, _| !known.contains(id));
        let mirror = reader.mirror().await?;
        let delivered = ends::delivered(&stack, &bus).await?;
        let mut found: Vec<Anomaly> = never_heard(&facts, &delivered);
        found.extend(read_model::check(&mirror));
        let seen = (facts.len(), found.len());
        if seen != last.1 {
            last = (Instant::now(), seen);
        }
        if found.is_empty() || last.0.elapsed() > DELIVERY_MAX {
            break (facts.len(), mirror.ledger.len(), found);
        }
        sleep(LOOK_EVERY).await;
    };
    bus.end().await?;
    println!(
        "\nAUDITED\n  {:<60} {facts:>7}\n  {:<60} {entries:>7}",
        "facts of the ledger since", "resources, dates and pages"
    );
    print_rows(&FIELDS, &found);
    Ok(found.len())
}
