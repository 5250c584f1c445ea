//! Events on the bus, shaped as CloudEvents 1.0 in JSON (<https://cloudevents.io>) with the extensions `sequence` and
//! `traceparent`. [`catalogue`] declares them; `docs/events` describes them to receivers and is made from it.
//!
//! A fact is published once for each version of its event that has not ended, under the same `id`; `dataschema` tells the
//! versions apart. `id` is the same when an event is published again: receivers drop repetitions by it. `sequence` grows by one
//! with each write of what the event is about: receivers keep the highest and see gaps by it. When a resource gets another
//! schedule (`resource.changed` says so), the numbers of its pages go on far above the last. Events of
//! the reconciliation are about no one thing: their `sequence` is the time of the run.

mod catalogue;
pub mod data;
mod envelope;
mod error;
mod from_ledger;
mod from_rates;
mod from_reconciliation;
mod received;
mod schema;

pub use catalogue::{Consumer, Declaration, EventData, EventType, Subject, Version};
pub use envelope::{Content, Envelope, Event, SOURCE, Sequence};
pub use error::EventError;
pub use from_ledger::{PageWrite, of_audit, of_facts, of_page, of_promotion, of_resource};
pub use from_rates::{of_applied, of_month_rates, of_rates};
pub use from_reconciliation::{of_drift, of_review};
pub use received::{
    BookingNotice, NotUnderstood, Received, TimerEvent, booking_notice, from_bus, inventory, receipts_due,
    timer_event,
};
pub use schema::DataSchema;
