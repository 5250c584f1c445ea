//! Receipts: a numbered paper for each amount that was taken for a booking, and for each that was given back.
//!
//! What has to be said by a receipt follows from the booking's price and the movements of its money alone, so that whoever works it out
//! comes to the same papers. Only the number and the time of issue come from the series.

pub(crate) mod movement;
pub(crate) mod receipt;
pub(crate) mod series;
pub(crate) mod taxes;

pub use movement::{MoneyMovement, ReceiptKind};
pub use receipt::{Receipt, ReceiptContent, ReceiptIssuer, receipt_contents};
pub use series::{ReceiptSeries, SeriesHead};
pub use taxes::ReceiptTax;
