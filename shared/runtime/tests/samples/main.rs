//! The files below `events/samples/` that are no HTTP requests: each is what the code gives today, each is understood by
//! the function it is for, and each event is as its schema says. `HOLDFAST_UPDATE=1 cargo test` writes them anew.
#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod decoded;
mod golden;
mod images;
mod messages;
mod schema;
