//! Payments: through what the price of a booking is paid, and how far each payment has come.

mod payment;
mod several;
mod status;

pub use payment::{CardPayment, CustomerAction, Payment, PaymentMethod, PaymentRejection, PaymentStep};
pub use several::{BookingPayments, InvalidPayments, PaymentNumber};
pub use status::PaymentStatus;
