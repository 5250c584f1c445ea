//! `make bench`: the figures of the ledger, printed. Every speed stands beside another of the same run; nothing here
//! passes or fails.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::inconsistent_digit_grouping,
    clippy::print_stdout,
    reason = "a benchmark measures time, prints, and stops where it cannot go on; amounts are written as they are read"
)]

mod quotes;
mod rates;
mod start;
mod units;

use holdfast_testkit::at;

/// When every run begins: the nights booked lie after it.
const START: &str = "2030-01-01T12:00:00Z";

#[tokio::main]
async fn main() {
    println!("Holdfast figures, one run on this machine\n");
    units::print(at(START)).await;
    rates::print(at(START)).await;
    quotes::print(at(START));
    start::print();
}
