//! Runs the state machines of `statemachines/` in a test: their files, their retries and catches, on a clock that the test
//! turns.
//!
//! Promises: a machine is read from its `.asl.json` as it is deployed, and what this crate does not know (a type of state,
//! a field, a function of JSONata) is refused when the file is read, never passed over. Retriers and catchers are chosen as
//! the Amazon States Language says: in their order, each retrier with a count of its own that begins anew with each visit.
//! A retry waits as long as it may: the jitter's upper bound.
//!
//! Deliberately absent: Map, Parallel, JSONPath, heartbeats, and every part of JSONata that no file uses. No crate is taken
//! for JSONata because `$millis()` has to show the test's time; the published one binds it to the system's clock.

pub mod jsonata;
pub mod machine;
pub mod run;

mod parser;

pub use machine::Machine;
pub use run::{Call, Ending, Execution, Services, TaskFailure};
