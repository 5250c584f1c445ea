//! Payments: through what the price of a booking is paid, and how far each payment has come.

mod attempts;
mod payment;
mod several;
mod status;

pub use attempts::{
    ATTEMPTS_COUNT_FOR, ATTEMPTS_MAX, AttemptEnd, PaymentAttempts, REMEMBERED_MAX, UNDONE_MAX,
};
pub use payment::{
    AwaitedAction, CardPayment, CustomerAction, Payment, PaymentMethod, PaymentRejection, PaymentStep,
    RefundProgress,
};
pub use several::{BookingPayments, InvalidPayments, PaymentNumber};
pub use status::PaymentStatus;
