//! `throughput`: prints the tables of docs/adr/0016 and writes docs/throughput.svg. The same seed gives the same figures.

#![expect(clippy::print_stdout, reason = "a command that prints")]

use std::path::Path;

use holdfast_throughput::{report, svg};

const HELP: &str = "\
Simulates holds on one slot by DynamoDB's documented limits, for the designs of docs/adr/0016.

Usage: throughput [--help]

Prints units, latencies and numbers of pages, and writes docs/throughput.svg. Bytes are taken from the adapter's encoders; everything else is
simulated. Takes about a minute in a debug build.";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    match std::env::args().nth(1).as_deref() {
        None => {}
        Some("--help") => {
            println!("{HELP}");
            return Ok(());
        }
        Some(other) => return Err(format!("{other} is unknown\n\n{HELP}").into()),
    }
    println!("{}", report::tables()?);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/throughput.svg");
    std::fs::write(file, svg::plot()?)?;
    Ok(())
}
