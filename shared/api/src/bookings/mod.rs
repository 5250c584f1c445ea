//! Bookings: paying a hold, reading bookings, their trail and their receipts, what cancelling would give back, cancelling.

pub(crate) mod cancel;
pub(crate) mod confirm;
pub(crate) mod history;
pub(crate) mod ids;
pub(crate) mod quote;
pub(crate) mod receipts;
pub(crate) mod requests;
pub(crate) mod wire;

pub use cancel::CancelApi;
pub use confirm::ConfirmApi;
pub use history::BookingsApi;
pub use quote::{CancellationQuoteBody, RefundStepBody};
pub use receipts::{ReceiptBody, ReceiptKindName, ReceiptList, ReceiptPropertyBody, ReceiptTaxBody};
pub use requests::{BookingListParameters, BookingListQuestion, ContactBody, NewBooking, NewCancellation};
pub use wire::{
    BookingBody, BookingEventBody, BookingEventList, BookingList, BookingStatusName, CancellationBody,
    CancelledBody, NextAction, PaymentStatusName, Refund, RefundStatus,
};
