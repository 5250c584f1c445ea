//! Makes the read model behind search again from the ledger, while both are in use.

use std::process::ExitCode;
use std::sync::Arc;

use holdfast_adapters_dynamodb::{
    DynamoCatalogue, DynamoDb, DynamoInspection, DynamoProperties, DynamoRates, DynamoSearchIndexWriter,
    LedgerTable,
};
use holdfast_app::search::{Progress, SearchRebuild};
use holdfast_runtime::{Error, Process, Variable};

const HELP: &str = "\
rebuild-search

Removes from the read model what the ledger does not have so, then puts the taxes of every property and every resource of
the ledger with its pages. Nothing has to be stopped: what the projector writes meanwhile stays. Broken off, it is begun
again: another run does no harm.
Ends with 1 if items of the ledger cannot be read; they are named.

The tables are HOLDFAST_LEDGER_TABLE and HOLDFAST_SEARCH_TABLE; region and credentials are those of the environment.
`make rebuild-search` sets them for the local stack.";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Error> {
    if std::env::args().len() > 1 {
        println!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    let process = Process::start(&[Variable::LedgerTable, Variable::SearchTable])?;
    let dynamodb = DynamoDb::new(process.sdk());
    let ledger = LedgerTable::new(dynamodb.clone(), process.require(Variable::LedgerTable)?);
    let index = Arc::new(DynamoSearchIndexWriter::new(dynamodb, process.require(Variable::SearchTable)?));
    let catalogue = Arc::new(DynamoCatalogue::new(ledger.clone()));
    let rates = Arc::new(DynamoRates::new(ledger.clone()));
    let properties = Arc::new(DynamoProperties::new(ledger.clone()));
    let inspection = Arc::new(DynamoInspection::new(ledger));
    let rebuild = SearchRebuild::new(catalogue, rates, properties, inspection, index.clone(), index);
    Ok(report(&run(&rebuild).await?))
}

async fn run(rebuild: &SearchRebuild) -> Result<Progress, Error> {
    let (mut all, mut cursor) = (Progress::default(), None);
    loop {
        let (progress, next) = rebuild.remove_part(cursor.as_deref()).await?;
        all.extend(progress);
        eprintln!("{} entries compared with the ledger, {} removed", all.entries, all.removed.len());
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    loop {
        let (progress, next) = rebuild.put_taxes_part(cursor.as_deref()).await?;
        all.extend(progress);
        eprintln!("the taxes of {} properties put", all.properties);
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    loop {
        let (progress, next) = rebuild.put_part(cursor.as_deref()).await?;
        all.extend(progress);
        eprintln!("{} resources with {} pages put", all.resources, all.pages);
        cursor = next;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

fn report(all: &Progress) -> ExitCode {
    for entry in &all.removed {
        println!("removed: {entry}");
    }
    for item in &all.unreadable {
        eprintln!("cannot be read: {}: {}", item.item, item.reason);
    }
    let (resources, pages, properties) = (all.resources, all.pages, all.properties);
    let removed = all.removed.len();
    println!(
        "Search has the {resources} resources and {pages} pages of the ledger, and the taxes of {properties} properties; \
         {removed} entries were removed."
    );
    if all.unreadable.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
