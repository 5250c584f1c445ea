//! How far a booking has come: every question that the use cases ask about its status and its money, in one place.
//!
//! | question | `pending` | `confirmed` | `cancelled` | `completed` | `failed` |
//! | --- | --- | --- | --- | --- | --- |
//! | [`Booking::holds_places`] | no | yes | no | yes | no |
//! | [`Booking::is_cancelled_or_failed`] | no | no | yes | no | yes |
//! | [`Booking::awaits_payment`] | yes | until captured | no | no | no |
//! | [`Booking::awaits_capture`] | until it is captured, voided or has failed | likewise | no | no | no |
//! | [`Booking::awaits_completion`] | no | once captured | no | no | no |
//! | [`Booking::answer_is_known`] | once the bank wants the customer | once captured | yes | yes | yes |
//! | [`Booking::was_confirmed_and_paid`] | no | once captured | if cancelled after the capture | once captured | no |
//! | [`Booking::failed_by_outage`] | no | no | no | no | by its reason, unless declined |
//! | [`Booking::attempt_end`] | running | standing once captured, else running | harmless if by an operator, else unpaid before the capture and undone after it | harmless | unpaid if declined or timed out, harmless if the provider was not asked, else undone |
//!
//! [`Booking::money_is_settled`] depends on the payment alone: nothing is reserved, and nothing is left to be refunded.
//! "Captured" means that the payment status is `captured`, `partially_refunded`, `refunded`, `disputed` or `charged_back`.

use crate::bookings::booking::Booking;
use crate::bookings::status::BookingStatus;
use crate::payments::{AttemptEnd, PaymentStatus, RefundProgress};

impl Booking {
    /// Whether its places are counted as confirmed on its pages.
    #[must_use]
    pub fn holds_places(&self) -> bool {
        match self.status {
            BookingStatus::Confirmed | BookingStatus::Completed => true,
            BookingStatus::Pending | BookingStatus::Cancelled | BookingStatus::Failed => false,
        }
    }

    /// Whether the booking was cancelled or has failed: only its money may still have to be refunded.
    #[must_use]
    pub fn is_cancelled_or_failed(&self) -> bool {
        match self.status {
            BookingStatus::Cancelled | BookingStatus::Failed => true,
            BookingStatus::Pending | BookingStatus::Confirmed | BookingStatus::Completed => false,
        }
    }

    /// Whether its payment saga still has something to do.
    #[must_use]
    pub fn awaits_payment(&self) -> bool {
        match self.status {
            BookingStatus::Pending => true,
            BookingStatus::Confirmed => !self.payments.are_captured(),
            BookingStatus::Cancelled | BookingStatus::Completed | BookingStatus::Failed => false,
        }
    }

    /// Whether its money may still be taken.
    #[must_use]
    pub fn awaits_capture(&self) -> bool {
        let is_open = match self.payment_status() {
            PaymentStatus::Pending | PaymentStatus::Authorized => true,
            PaymentStatus::Captured
            | PaymentStatus::Voided
            | PaymentStatus::PartiallyRefunded
            | PaymentStatus::Refunded
            | PaymentStatus::Failed
            | PaymentStatus::Disputed
            | PaymentStatus::ChargedBack => false,
        };
        match self.status {
            BookingStatus::Pending | BookingStatus::Confirmed => is_open,
            BookingStatus::Cancelled | BookingStatus::Completed | BookingStatus::Failed => false,
        }
    }

    /// Whether only its end is still to come: it is confirmed and paid.
    #[must_use]
    pub fn awaits_completion(&self) -> bool {
        match self.status {
            BookingStatus::Confirmed => self.payments.are_captured(),
            BookingStatus::Pending
            | BookingStatus::Cancelled
            | BookingStatus::Completed
            | BookingStatus::Failed => false,
        }
    }

    /// Whether the request for it can be answered: it is paid, it has ended, or the bank wants the customer.
    #[must_use]
    pub fn answer_is_known(&self) -> bool {
        match self.status {
            BookingStatus::Pending => self.action().is_some(),
            BookingStatus::Confirmed => self.payments.are_captured(),
            BookingStatus::Cancelled | BookingStatus::Completed | BookingStatus::Failed => true,
        }
    }

    /// Whether it is confirmed and paid, or was until it was cancelled or completed.
    #[must_use]
    pub fn was_confirmed_and_paid(&self) -> bool {
        let was_confirmed = match self.status {
            BookingStatus::Confirmed | BookingStatus::Completed => true,
            BookingStatus::Cancelled => self.cancellation.as_ref().is_some_and(|c| !c.before_capture),
            BookingStatus::Pending | BookingStatus::Failed => false,
        };
        was_confirmed && self.payments.are_captured()
    }

    /// What the attempt to pay it has come to.
    #[must_use]
    pub fn attempt_end(&self) -> AttemptEnd {
        match self.status {
            BookingStatus::Confirmed if self.payments.are_captured() => AttemptEnd::Standing,
            BookingStatus::Pending | BookingStatus::Confirmed => AttemptEnd::Running,
            BookingStatus::Completed => AttemptEnd::Harmless,
            BookingStatus::Failed => match &self.failure {
                Some(reason) if reason.reveals_the_card() => AttemptEnd::Unpaid,
                Some(reason) if reason.precedes_the_payment() => AttemptEnd::Harmless,
                Some(_) | None => AttemptEnd::Undone,
            },
            BookingStatus::Cancelled => match &self.cancellation {
                Some(cancellation) if cancellation.by_operator => AttemptEnd::Harmless,
                Some(cancellation) if cancellation.before_capture => AttemptEnd::Unpaid,
                Some(_) | None => AttemptEnd::Undone,
            },
        }
    }

    /// Whether it failed because something outside did not answer: the same request again runs for real.
    #[must_use]
    pub fn failed_by_outage(&self) -> bool {
        match self.status {
            BookingStatus::Failed => self.failure.as_ref().is_some_and(|reason| reason.is_outage()),
            BookingStatus::Pending
            | BookingStatus::Confirmed
            | BookingStatus::Cancelled
            | BookingStatus::Completed => false,
        }
    }

    /// Whether the money of a cancelled or failed booking is settled: nothing is reserved, and nothing is left to be refunded.
    #[must_use]
    pub fn money_is_settled(&self) -> bool {
        match self.payment_status() {
            PaymentStatus::Pending | PaymentStatus::Authorized => false,
            PaymentStatus::Captured
            | PaymentStatus::PartiallyRefunded
            | PaymentStatus::Disputed
            | PaymentStatus::ChargedBack => self.refund_due().amount() == 0,
            PaymentStatus::Voided | PaymentStatus::Refunded | PaymentStatus::Failed => true,
        }
    }

    /// Whether the card's bank disputes its payment, or has taken it back.
    #[must_use]
    pub fn is_contested(&self) -> bool {
        matches!(self.payment_status(), PaymentStatus::Disputed | PaymentStatus::ChargedBack)
    }

    /// Whether money is on its way back that may still not arrive.
    #[must_use]
    pub fn refund_is_pending(&self) -> bool {
        self.payments.iter().any(|payment| payment.refund == RefundProgress::Pending)
    }

    /// Whether money that was to be given back was refused, or has come back.
    #[must_use]
    pub fn refund_has_failed(&self) -> bool {
        self.payments.iter().any(|payment| payment.refund == RefundProgress::Failed)
    }
}
