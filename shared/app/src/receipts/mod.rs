//! Receipts of bookings: they are issued for what the audit trail says of the money, and read.

pub(crate) mod gap;
pub(crate) mod issue;
pub(crate) mod movements;
pub(crate) mod port;
pub(crate) mod read;

pub use issue::ReceiptIssue;
pub use movements::MOVING_KINDS;
pub use port::{Issued, ReceiptReader, ReceiptStore};
pub use read::Receipts;
