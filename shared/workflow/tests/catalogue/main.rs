//! The catalogue of events: the files that follow from it are what the code gives, each sample is as its schema says, and what
//! the versions of an event promise each other holds.
#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod documents;
mod files;
mod rates;
mod samples;
mod schema;
mod subscribing;
mod versions;
