//! What a cancellation would give back, now and later.
//!
//! Nothing here decides an amount: every one is what the cancellation itself would promise at that instant ([`Booking::refund_at`], in
//! what can be paid). This finds the instants at which the promise may change, and asks. Terms of another kind than tiers only have to
//! name the last instants of theirs.

use jiff::Timestamp;

use crate::bookings::booking::Booking;
use crate::bookings::inventory_move::InventoryMove;
use crate::bookings::policy::{TICK, TIERS_MAX};
use crate::bookings::status::BookingStatus;
use crate::money::Money;
use crate::payments::PaymentStatus;

/// The most steps of a quote: one to the end of each tier, one up to the start, and one after it.
pub const STEPS_MAX: usize = TIERS_MAX + 2;

/// What a cancellation gives back for some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundStep {
    /// The last instant at which it does, itself included; `None` if it does so for good.
    pub until: Option<Timestamp>,
    /// What the guest has back in all, refunds so far included.
    pub refund: Money,
}

/// What cancelling a booking would give back at an instant, and from then on. It holds for the booking as it is: its money may still
/// change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancellationQuote {
    /// The booking's status at `as_of`.
    pub status: BookingStatus,
    /// The status of its payments.
    pub payment_status: PaymentStatus,
    /// Taken so far.
    pub paid: Money,
    /// What the guest has back in all: if it is cancelled at `as_of`; of a booking that cannot be cancelled, what it has been promised or
    /// given back.
    pub refund: Money,
    /// What is then left of what was paid, without what the card's bank has taken back.
    pub kept: Money,
    /// When it is asked.
    pub as_of: Timestamp,
    /// The refund from `as_of` on, step by step, no two neighbours the same, at most [`STEPS_MAX`]; none of a booking that cannot be cancelled.
    pub steps: Vec<RefundStep>,
}

impl CancellationQuote {
    /// Whether the booking can be cancelled.
    #[must_use]
    pub fn is_cancellable(&self) -> bool {
        !self.steps.is_empty()
    }

    /// The last instant at which this refund is given; `None` where it does not change any more.
    #[must_use]
    pub fn valid_until(&self) -> Option<Timestamp> {
        self.steps.first().and_then(|step| step.until)
    }
}

/// The refund from `as_of` on: what `refund_at` says of each stretch of time between `last_instants`, after each of which it may
/// change, in any order. Equal neighbours are one step, and the last step has no end.
#[must_use]
pub fn refund_steps(
    as_of: Timestamp,
    last_instants: impl IntoIterator<Item = Timestamp>,
    refund_at: impl Fn(Timestamp) -> Money,
) -> Vec<RefundStep> {
    let mut ends: Vec<Timestamp> = last_instants.into_iter().filter(|end| *end >= as_of).collect();
    ends.sort_unstable();
    ends.dedup();
    // Nothing comes after the end of time.
    let rest = ends.last().map_or(Ok(as_of), |last| last.checked_add(TICK)).unwrap_or(Timestamp::MAX);
    let bounded = ends.into_iter().map(|end| RefundStep { until: Some(end), refund: refund_at(end) });
    let mut steps: Vec<RefundStep> = Vec::new();
    for step in bounded.chain([RefundStep { until: None, refund: refund_at(rest) }]) {
        match steps.last_mut() {
            Some(last) if last.refund == step.refund => last.until = step.until,
            Some(_) | None => steps.push(step),
        }
    }
    steps
}

impl Booking {
    /// What a cancellation at `now` does to its places; `None` if it cannot be cancelled, or was.
    #[must_use]
    pub fn cancellable_at(&self, now: Timestamp) -> Option<InventoryMove> {
        match self.status_at(now) {
            BookingStatus::Pending => Some(InventoryMove::Abandon),
            BookingStatus::Confirmed => Some(InventoryMove::Free),
            BookingStatus::Cancelled | BookingStatus::Completed | BookingStatus::Failed => None,
        }
    }

    /// What cancelling it would give back at `now` and from then on, where a cancellation at an instant promises what `promise_at` says.
    #[must_use]
    pub fn cancellation_quote(
        &self,
        now: Timestamp,
        promise_at: impl Fn(Timestamp) -> Money,
    ) -> CancellationQuote {
        let refund_at = |at| self.refund_if_cancelled(promise_at(at));
        let (refund, steps) = match self.cancellable_at(now) {
            Some(_) => {
                let ends = self.order.refund_last_instants(self.created_at);
                (refund_at(now), refund_steps(now, ends, refund_at))
            }
            None => (self.refund_total(), Vec::new()),
        };
        CancellationQuote {
            status: self.status_at(now),
            payment_status: self.payment_status(),
            paid: self.captured(),
            refund,
            kept: self.kept_after(refund),
            as_of: now,
            steps,
        }
    }
}
