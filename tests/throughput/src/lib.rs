//! What places on one slot cost and how fast they can be had, beyond what this machine can show: DynamoDB's documented limits as a
//! discrete-event simulation, and the designs that docs/adr/0016 compares.
//!
//! `shapes` takes bytes from the encoders of the adapter; `tests/measured.rs` holds them and the units against the adapter on a local
//! DynamoDB. `partition` is what a key serves in a second, `client` how often and when a call is repeated, `sim` what happens. What AWS
//! documents and what is assumed is said where it stands. Nothing here is a measurement of AWS.
//!
//! Deliberately absent: the function's own time, a cold start, the network to the client, throttling of the reads of
//! a sweep, which are some a second of each page.

pub mod client;
pub mod design;
pub mod partition;
pub mod report;
pub mod shapes;
pub mod sim;
pub mod svg;
pub mod units;
