//! All payments of a booking.

use thiserror::Error;

use super::{Payment, PaymentStatus, PaymentStep};
use crate::money::{Currency, Money, MoneyError};

/// Why payments do not belong to one booking.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidPayments {
    /// There are too many.
    #[error("more than {} payments", PaymentNumber::MAX)]
    TooMany,
    /// Their currencies differ, or their sum is more than an amount may be.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// Which of a booking's payments, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PaymentNumber(u8);

impl PaymentNumber {
    /// The first.
    pub const FIRST: Self = Self(0);
    /// The most payments of a booking.
    pub const MAX: usize = 100;

    /// The payment at a place in the order of payments; `None` beyond [`Self::MAX`].
    #[must_use]
    pub fn new(index: usize) -> Option<Self> {
        u8::try_from(index).ok().filter(|_| index < Self::MAX).map(Self)
    }

    /// Its place in the order of payments, from 0.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// The payments of a booking, in one currency. None, if there is nothing to pay.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BookingPayments {
    currency: Currency,
    all: Vec<Payment>,
}

impl BookingPayments {
    /// The given payments, in `currency`.
    ///
    /// # Errors
    /// [`InvalidPayments`].
    pub fn new(currency: Currency, all: Vec<Payment>) -> Result<Self, InvalidPayments> {
        if all.len() > PaymentNumber::MAX {
            return Err(InvalidPayments::TooMany);
        }
        let nothing = Money::zero(currency);
        let mut sums = (nothing, nothing, nothing);
        for Payment { amount, captured, refunded, .. } in &all {
            sums = (sums.0.add(*amount)?, sums.1.add(*captured)?, sums.2.add(*refunded)?);
        }
        Ok(Self { currency, all })
    }

    /// One payment, before its first step.
    #[must_use]
    pub fn single(payment: Payment) -> Self {
        Self { currency: payment.amount.currency(), all: vec![payment] }
    }

    /// None: there is nothing to pay.
    #[must_use]
    pub fn free(currency: Currency) -> Self {
        Self { currency, all: Vec::new() }
    }

    /// Whether there is nothing to pay.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.all.is_empty()
    }

    /// One payment of `amount` by card, before its first step.
    #[must_use]
    pub fn by_card(payment_method: String, amount: Money) -> Self {
        Self::single(Payment::by_card(payment_method, amount))
    }

    /// Each payment, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Payment> {
        self.all.iter()
    }

    /// The payment of that number.
    #[must_use]
    pub fn get(&self, number: PaymentNumber) -> Option<&Payment> {
        self.all.get(number.index())
    }

    /// Taken in all, so far.
    #[must_use]
    pub fn captured(&self) -> Money {
        self.sum(|payment| payment.captured)
    }

    /// Given back in all, so far.
    #[must_use]
    pub fn refunded(&self) -> Money {
        self.sum(|payment| payment.refunded)
    }

    /// Taken back by the card's bank in all, so far.
    #[must_use]
    pub fn charged_back(&self) -> Money {
        self.sum(|payment| payment.charged_back)
    }

    /// In range: [`Self::new`] has added them up, and a step takes no more than the payment's amount.
    fn sum(&self, part: impl Fn(&Payment) -> Money) -> Money {
        self.all.iter().fold(Money::zero(self.currency), |sum, payment| sum.add(part(payment)).unwrap_or(sum))
    }

    /// The status of all of them together. A single payment's is its own; otherwise the first that applies:
    ///
    /// | payments | together |
    /// | --- | --- |
    /// | one is pending | `pending` |
    /// | one is authorized | `authorized` |
    /// | one is disputed | `disputed` |
    /// | one was taken back by the card's bank | `charged_back` |
    /// | money was taken | `captured`, `partially_refunded` or `refunded`, by the sums |
    /// | one has failed | `failed` |
    /// | one is voided | `voided` |
    /// | there is nothing to pay | `captured` |
    #[must_use]
    pub fn status(&self) -> PaymentStatus {
        if let [only] = &self.all[..] {
            return only.status;
        }
        let any = |status| self.all.iter().any(|payment| payment.status == status);
        let (captured, refunded) = (self.captured().amount(), self.refunded().amount());
        if any(PaymentStatus::Pending) {
            PaymentStatus::Pending
        } else if any(PaymentStatus::Authorized) {
            PaymentStatus::Authorized
        } else if any(PaymentStatus::Disputed) {
            PaymentStatus::Disputed
        } else if any(PaymentStatus::ChargedBack) {
            PaymentStatus::ChargedBack
        } else if captured == 0 && any(PaymentStatus::Failed) {
            PaymentStatus::Failed
        } else if captured == 0 && any(PaymentStatus::Voided) {
            PaymentStatus::Voided
        } else if refunded == 0 {
            PaymentStatus::Captured
        } else if refunded < captured {
            PaymentStatus::PartiallyRefunded
        } else {
            PaymentStatus::Refunded
        }
    }

    /// Whether the whole price is reserved or taken, and nothing of it was given back.
    #[must_use]
    pub fn are_secured(&self) -> bool {
        self.all.iter().all(|payment| match payment.status {
            PaymentStatus::Authorized | PaymentStatus::Captured => true,
            PaymentStatus::Pending
            | PaymentStatus::Voided
            | PaymentStatus::PartiallyRefunded
            | PaymentStatus::Refunded
            | PaymentStatus::Failed
            | PaymentStatus::Disputed
            | PaymentStatus::ChargedBack => false,
        })
    }

    /// Whether the whole price was taken, given back since or not.
    #[must_use]
    pub fn are_captured(&self) -> bool {
        self.all.iter().all(|payment| payment.status.is_captured())
    }

    /// What is to be paid in all.
    #[must_use]
    pub fn amount(&self) -> Money {
        self.sum(|payment| payment.amount)
    }

    /// The payment of a booking that has just one.
    #[must_use]
    pub fn only(&self) -> Option<&Payment> {
        match &self.all[..] {
            [only] => Some(only),
            _ => None,
        }
    }

    pub(crate) fn evolve(&mut self, number: PaymentNumber, step: &PaymentStep) {
        if let Some(payment) = self.all.get_mut(number.index()) {
            payment.evolve(step);
        }
    }

    /// Nothing is asked of the customer any more.
    pub(crate) fn forget_actions(&mut self) {
        self.all.iter_mut().for_each(Payment::forget_action);
    }

    /// What refunds failed to give back is due again.
    pub(crate) fn forget_failed_refunds(&mut self) {
        self.all.iter_mut().for_each(Payment::forget_failed_refund);
    }

    /// The card was declined: what is neither taken nor given back has failed.
    pub(crate) fn decline(&mut self) {
        self.all.iter_mut().for_each(Payment::decline);
    }
}
