//! Domain events: the records of the ledger that they are made from, and the bus that they leave by.

pub(crate) mod port;
pub(crate) mod record;

pub use port::{EVENT_BYTES_MAX, EventBus, OutgoingEvent, Unpublished};
pub use record::{LedgerRecord, PageRecord, Write};
