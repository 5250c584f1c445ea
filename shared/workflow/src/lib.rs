//! What crosses a process border and is neither HTTP nor storage: the tasks of the sagas, the names of their errors, and the
//! events on the bus.
//!
//! Promises: a task is read exactly as `statemachines/*.asl.json` sends it and answers with an outcome those machines know;
//! [`errors`] is the one place that turns a failure into an error name; an event is made from ledger facts alone but for reconciliation's, the same
//! record gives the same event with the same id, and its schema is in `docs/events/`. What is not understood is an error,
//! so that it ends in a dead-letter queue and not in nothing.
//!
//! Deliberately absent: transports (SQS, EventBridge, Lambda), clocks, the order of a saga's steps (the machines').

pub mod errors;
pub mod events;
pub mod tasks;

pub use errors::error_name;
pub use events::Envelope;
pub use tasks::TaskCall;
