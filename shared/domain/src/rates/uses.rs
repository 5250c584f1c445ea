//! Uses of promotions that are limited: one for a hold and the booking that is made of it, whatever the quantity.
//!
//! A use is counted with the places of its hold, and given back once: by the write that ends the hold without a booking, or by the
//! one that ends the booking. Between these it belongs to the hold, or to the booking that confirmed it.

use jiff::Timestamp;

use crate::bookings::Order;
use crate::ids::{BookingId, GuestId, HoldId, PropertyId, ResourceId};
use crate::rates::ids::PlanId;
use crate::rates::promotion::{PromotionCode, UseLimits};

/// A use of a promotion whose uses are limited.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PromotionUse {
    /// The resource whose promotion it is.
    pub resource: ResourceId,
    /// The property that it belonged to when the hold was placed, if to one.
    pub property: Option<PropertyId>,
    /// The promotion.
    pub code: PromotionCode,
    /// How often it may be used.
    pub limits: UseLimits,
    /// The plan that the hold was priced under.
    pub plan: PlanId,
    /// Who uses it.
    pub guest: GuestId,
    /// The hold that it is for.
    pub hold: HoldId,
    /// When the hold was priced, which distinguishes two holds under one id.
    pub priced_at: Timestamp,
}

impl PromotionUse {
    /// The use that an order of a hold makes of a promotion; none without a promotion, or of one without limits.
    #[must_use]
    pub fn of(order: &Order, hold: &HoldId) -> Option<Self> {
        let rate = order.rate.as_ref()?;
        let code = rate.promotion.as_ref().filter(|_| rate.promotion_limits.are_counted())?;
        Some(Self {
            resource: order.resource.clone(),
            property: order.property.clone(),
            code: code.clone(),
            limits: rate.promotion_limits,
            plan: rate.plan.clone(),
            guest: order.guest.clone(),
            hold: hold.clone(),
            priced_at: rate.priced_at,
        })
    }
}

/// How often a promotion is used, as far as its limits ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UsesMade {
    /// Uses in all.
    pub in_all: u64,
    /// Uses of the guest who is to make one more; nothing where nobody knows who that is.
    pub of_guest: u64,
}

impl UseLimits {
    /// Whether there is room for one more use.
    #[must_use]
    pub fn have_room(&self, made: UsesMade) -> bool {
        let has_room = |limit: Option<u32>, uses: u64| limit.is_none_or(|limit| uses < u64::from(limit));
        has_room(self.in_all, made.in_all) && has_room(self.per_guest, made.of_guest)
    }
}

/// Whose a counted use is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UseOwner {
    /// The hold's.
    Hold,
    /// The booking's that confirmed the hold.
    Booking(BookingId),
}

/// What happens to a use after it was counted with its hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UseChange {
    /// The hold has ended without a booking.
    HoldEnded,
    /// The hold has ended, because the booking that paid for it was cancelled before it was confirmed.
    Abandoned(BookingId),
    /// The booking is confirmed.
    Booked(BookingId),
    /// The booking failed, and its places are the hold's again.
    Unbooked(BookingId),
    /// The booking has ended, and its places are free.
    BookingEnded(BookingId),
}

/// What a change does to a use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UseEffect {
    /// Nothing.
    Nothing,
    /// It has another owner, and stays counted.
    Owned(UseOwner),
    /// It is counted, whatever the limits are: its price was promised.
    Counted(UseOwner),
    /// It is given back.
    Returned,
}

impl UseChange {
    /// What it does to a use that has that owner, or that is not counted.
    #[must_use]
    pub fn effect(&self, owner: Option<&UseOwner>) -> UseEffect {
        match (self, owner) {
            (Self::HoldEnded | Self::Abandoned(_), Some(UseOwner::Hold)) => UseEffect::Returned,
            (Self::BookingEnded(booking), Some(UseOwner::Booking(own))) if own == booking => {
                UseEffect::Returned
            }
            (Self::Unbooked(booking), Some(UseOwner::Booking(own))) if own == booking => {
                UseEffect::Owned(UseOwner::Hold)
            }
            (Self::Booked(booking), Some(UseOwner::Hold)) => {
                UseEffect::Owned(UseOwner::Booking(booking.clone()))
            }
            // A late payment, after its hold had given the use back.
            (Self::Booked(booking), None) => UseEffect::Counted(UseOwner::Booking(booking.clone())),
            (
                Self::HoldEnded
                | Self::Abandoned(_)
                | Self::Booked(_)
                | Self::Unbooked(_)
                | Self::BookingEnded(_),
                Some(UseOwner::Hold | UseOwner::Booking(_)) | None,
            ) => UseEffect::Nothing,
        }
    }

    /// The booking that it is of, if there is one.
    #[must_use]
    pub fn booking(&self) -> Option<&BookingId> {
        match self {
            Self::HoldEnded => None,
            Self::Abandoned(booking)
            | Self::Booked(booking)
            | Self::Unbooked(booking)
            | Self::BookingEnded(booking) => Some(booking),
        }
    }
}

/// What the last write of a promotion's counter did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UseEvent {
    /// A use was counted.
    Redeemed,
    /// A use was given back.
    Returned,
}

/// How often a promotion is used, with what the last write of its counter did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UseCount {
    /// The resource.
    pub resource: ResourceId,
    /// The property that it belonged to when the hold of the use was placed, if to one; unknown of what a release before wrote.
    pub property: Option<PropertyId>,
    /// The promotion.
    pub code: PromotionCode,
    /// Uses that are counted after the write.
    pub uses: u64,
    /// Uses in all that the card allowed by which the order of the write was priced; without a limit if absent.
    pub limit: Option<u32>,
    /// The number of the write, from 1.
    pub sequence: u64,
    /// What it did.
    pub event: UseEvent,
    /// For which hold.
    pub hold: HoldId,
    /// For which booking, if there was one by then.
    pub booking: Option<BookingId>,
    /// When.
    pub at: Timestamp,
}

impl UseCount {
    /// Whether a use was counted beyond the limit, for a late payment.
    #[must_use]
    pub fn is_over_limit(&self) -> bool {
        self.event == UseEvent::Redeemed && self.limit.is_some_and(|limit| self.uses > u64::from(limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_while_no_limit_is_reached() {
        let check = |in_all: Option<u32>, per_guest: Option<u32>, made: (u64, u64), expected: bool| {
            let made = UsesMade { in_all: made.0, of_guest: made.1 };
            assert_eq!(UseLimits { in_all, per_guest }.have_room(made), expected, "{in_all:?} {per_guest:?}");
        };
        check(None, None, (u64::MAX, u64::MAX), true);
        check(Some(2), None, (1, 9), true);
        check(Some(2), None, (2, 0), false);
        // Late payments go beyond the limit.
        check(Some(2), None, (3, 0), false);
        check(None, Some(1), (9, 0), true);
        check(None, Some(1), (1, 1), false);
        check(Some(3), Some(2), (2, 1), true);
        check(Some(3), Some(2), (3, 1), false);
        check(Some(3), Some(2), (2, 2), false);
    }
}
