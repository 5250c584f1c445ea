//! The provider's list of payments, each with its booking.

use futures::future::join_all;
use holdfast_domain::{Booking, BookingId};

use super::Run;
use super::SETTLING_SECONDS;
use super::compare::{agree, name_of};
use super::cycle::{Listing, Work};
use super::findings::{Kind, Remedy};
use crate::kernel::errors::StoreError;
use crate::kernel::failure::Failure;
use crate::kernel::money_text::amount;
use crate::operations::port::ListedPayment;

impl Run<'_> {
    /// Goes on with the list of payments, as far as it comes.
    pub(super) async fn list_payments(&mut self) -> Result<(), Failure> {
        // Ends: each round takes a part out of the budget.
        while let Listing::At(cursor) = self.cycle.listing.clone() {
            if !self.is_time_left() || !self.budget.take(Work::Payments) {
                self.report.leave(Work::Payments);
                return Ok(());
            }
            let part = self.ports.listing.payments_part(self.payments_since, cursor.as_deref()).await?;
            for one in &part.unreadable {
                self.found(Kind::PaymentUnreadable, &one.item, None, Remedy::Review, one.reason.as_str());
            }
            let bookings = join_all(part.items.iter().map(|listed| self.booking_of(listed))).await;
            for (listed, booking) in part.items.iter().zip(bookings) {
                let outcome = booking.map_err(Failure::from).map(|named| self.look_at_listed(listed, named));
                self.go_on(outcome)?;
            }
            self.cycle.listing = part.next.map_or(Listing::Over, |next| Listing::At(Some(next)));
        }
        Ok(())
    }

    /// The booking that a payment names, by its id, and as it is stored.
    async fn booking_of(
        &self,
        listed: &ListedPayment,
    ) -> Result<Option<(BookingId, Option<Booking>)>, StoreError> {
        let named = listed.payment.booking.as_deref().and_then(|id| BookingId::parse(id).ok());
        let Some(id) = named else { return Ok(None) };
        let booking = self.ports.history.booking(&id).await?;
        Ok(Some((id, booking)))
    }

    /// Looks at a listed payment beside the booking that it names. A booking is written before its payment is made: one that is not there
    /// now was not there then.
    fn look_at_listed(&mut self, listed: &ListedPayment, named: Option<(BookingId, Option<Booking>)>) {
        self.report.payments += 1;
        let Some((id, booking)) = named else { return };
        let intent = listed.payment.intent.as_str();
        let is_own = |booking: &Booking| booking.payment_intent() == Some(intent);
        if let Some(booking) = booking.as_ref().filter(|booking| is_own(booking)) {
            if agree(booking, &listed.payment) {
                self.cycle.note_agreeing(intent);
            }
            return;
        }
        if !listed.holds_money() || !self.is_past(listed.created_at, SETTLING_SECONDS) {
            return;
        }
        let detail = format!("{}, {}", name_of(&listed.payment.state), amount(listed.amount));
        match booking {
            None => self.found(Kind::OrphanedPayment, intent, Some(&id), Remedy::Review, detail),
            Some(booking) => {
                let own = booking.payment_intent().unwrap_or("none");
                let detail = format!("{detail}; the booking's own payment is {own}");
                self.found(Kind::DuplicatePayment, intent, Some(&id), Remedy::Review, detail);
            }
        }
    }
}
