//! The files below `events/samples/` that are no HTTP requests: each is what the code gives today, and each is understood
//! by the function it is for. Samples of events are made by
//! `shared/workflow/tests/catalogue`. `HOLDFAST_UPDATE=1 cargo test` writes them anew.
#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod decoded;
mod golden;
mod images;
mod messages;
