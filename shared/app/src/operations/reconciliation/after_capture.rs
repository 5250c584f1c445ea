//! What has happened to money after its capture: the provider is asked for what differs, and for what is not final yet.

use holdfast_domain::{Booking, BookingId, BookingStatus, PaymentStatus};

use super::Run;
use super::compare::{agree, both_sides, is_owed, remedy_of};
use super::findings::{Kind, Remedy};
use crate::kernel::errors::PaymentError;
use crate::kernel::failure::Failure;
use crate::kernel::money_text::amount;
use crate::payments::paid_otherwise::was_paid_otherwise;
use crate::payments::webhook::Reaction;

impl Run<'_> {
    /// Puts before a person what the card's bank has done to money that was taken.
    pub(super) async fn look_at_disputes_and_refunds(&mut self, booking: &Booking) -> Result<(), Failure> {
        let (id, status) = (&booking.id, booking.payment_status());
        let is_over = !booking.holds_places() || booking.status_at(self.now()) == BookingStatus::Completed;
        let contested = match status {
            PaymentStatus::Disputed => true,
            PaymentStatus::ChargedBack => !is_over,
            PaymentStatus::Pending
            | PaymentStatus::Authorized
            | PaymentStatus::Captured
            | PaymentStatus::Voided
            | PaymentStatus::PartiallyRefunded
            | PaymentStatus::Refunded
            | PaymentStatus::Failed => false,
        };
        let said = format!("{} and {}", booking.status.as_str(), status.as_str());
        if contested {
            self.found(Kind::DisputedPayment, id, Some(id), Remedy::Review, said.as_str());
        }
        if is_owed(booking) && !self.was_paid_otherwise(id).await? {
            let detail = format!("{said}, {} still to be given back", amount(booking.refund_due()));
            self.found(Kind::RefundFailed, id, Some(id), Remedy::Review, detail);
        }
        Ok(())
    }

    /// Whether an operator has said so of what is due.
    pub(super) async fn was_paid_otherwise(&self, id: &BookingId) -> Result<bool, Failure> {
        Ok(was_paid_otherwise(self.ports.notes.as_ref(), id).await?)
    }

    /// Looks at a booking from which the provider's list differs: asks again, both sides.
    pub(super) async fn look_at_payment(&mut self, id: &BookingId, intent: &str) -> Result<(), Failure> {
        if !self.has_settled(id).await? {
            return Ok(());
        }
        let payment = match self.ports.payments.inquire(intent).await {
            Ok(payment) => payment,
            Err(PaymentError::Refused { code, message }) => {
                let detail = format!("{intent}: {code} {message}");
                self.found(Kind::PaymentMissing, id, Some(id), Remedy::Review, detail);
                return Ok(());
            }
            Err(PaymentError::Unknown(reason)) => {
                self.found(
                    Kind::PaymentUnreadable,
                    id,
                    Some(id),
                    Remedy::Review,
                    format!("{intent}: {reason}"),
                );
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let Some(booking) = self.ports.history.booking(id).await? else { return Ok(()) };
        if agree(&booking, &payment) {
            return Ok(());
        }
        let mut remedy = remedy_of(&booking, &payment);
        let mut detail = format!("{intent}: {}", both_sides(&booking, &payment));
        if remedy == Remedy::Repaired && !self.report.dry_run {
            match self.webhook.on_payment(&self.cause, intent, self.mutation).await {
                Ok(Reaction::Settling | Reaction::Recorded) => {}
                Ok(Reaction::Nothing | Reaction::Resumed) => remedy = Remedy::Review,
                Err(Failure::BookingRejected(rejection)) => {
                    remedy = Remedy::Review;
                    detail = format!("{detail}; {rejection}");
                }
                Err(Failure::Payment(PaymentError::Unknown(reason))) => {
                    remedy = Remedy::Review;
                    detail = format!("{detail}; {reason}");
                }
                Err(error) => return Err(error),
            }
        }
        self.found(Kind::PaymentMismatch, id, Some(id), remedy, detail);
        Ok(())
    }
}
