//! Comparisons without the outside: pages with bookings, bookings with payments.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::{Booking, Page, PageKey, SlotKey};
use jiff::Timestamp;

use crate::notifications::notices::amount;
use crate::operations::reconciliation::findings::Remedy;
use crate::payments::port::{Payment, PaymentState};

/// What a page counts as confirmed, and by which of its writes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Counted {
    seq: u64,
    confirmed: BTreeMap<SlotKey, u32>,
}

/// Places of confirmed bookings in one slot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct BookedPlaces {
    /// Of bookings whose time has not passed.
    current: u32,
    /// Of bookings whose time has passed. A page that is over may be made anew under another schedule, without them.
    over: u32,
}

/// A page that counts other confirmed places than its bookings have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mismatch {
    pub(super) page: PageKey,
    /// The write it was seen after; none if the page is not stored.
    pub(super) seq: Option<u64>,
    pub(super) detail: String,
}

/// Pages and confirmed bookings, slot by slot.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    pages: BTreeMap<PageKey, Counted>,
    booked: BTreeMap<PageKey, BTreeMap<SlotKey, BookedPlaces>>,
}

impl Inventory {
    /// Records a page's counts; a later call for the same page replaces the earlier.
    pub(super) fn add_page(&mut self, page: &Page) {
        let counted = Counted { seq: page.seq, confirmed: page.confirmed.clone() };
        self.pages.insert(page.key.clone(), counted);
    }

    /// Counts the places of a booking, if it has any.
    pub(super) fn add_booking(&mut self, booking: &Booking, now: Timestamp) {
        if !booking.holds_places() {
            return;
        }
        for placement in &booking.order.placements {
            let slots = self.booked.entry(placement.page.clone()).or_default();
            for (slot, quantity) in placement.places.iter() {
                let booked = slots.entry(slot.clone()).or_default();
                let places = if booking.order.end <= now { &mut booked.over } else { &mut booked.current };
                *places = places.saturating_add(quantity);
            }
        }
    }

    /// Every page that differs, with the first slot that does.
    pub(super) fn mismatches(&self) -> Vec<Mismatch> {
        let pages: BTreeSet<&PageKey> = self.pages.keys().chain(self.booked.keys()).collect();
        pages
            .into_iter()
            .filter_map(|key| {
                let page = self.pages.get(key);
                Some(Mismatch {
                    page: key.clone(),
                    seq: page.map(|page| page.seq),
                    detail: self.differing_slot(key, page)?,
                })
            })
            .collect()
    }

    fn differing_slot(&self, key: &PageKey, page: Option<&Counted>) -> Option<String> {
        let (no_counts, no_bookings) = (BTreeMap::new(), BTreeMap::new());
        let counts = page.map_or(&no_counts, |page| &page.confirmed);
        let bookings = self.booked.get(key).unwrap_or(&no_bookings);
        let slots: BTreeSet<&SlotKey> = counts.keys().chain(bookings.keys()).collect();
        slots.into_iter().find_map(|slot| {
            let confirmed = counts.get(slot).copied().unwrap_or(0);
            let BookedPlaces { current, over } = bookings.get(slot).copied().unwrap_or_default();
            let most = current.saturating_add(over);
            let fits = current <= confirmed && confirmed <= most;
            (!fits)
                .then(|| format!("slot {slot}: the page counts {confirmed} confirmed, bookings have {most}"))
        })
    }
}

/// Whether the provider says of the money what the booking says, for a booking whose saga is over and whose money rests.
pub(super) fn agree(booking: &Booking, payment: &Payment) -> bool {
    let booked = booking.captured().amount() > 0;
    let same_refunds = payment.refunded.amount() == booking.refunded().amount();
    match payment.state {
        PaymentState::Captured => booked && same_refunds,
        PaymentState::Authorized => false,
        PaymentState::NotStarted
        | PaymentState::ActionRequired { .. }
        | PaymentState::Processing
        | PaymentState::Voided
        | PaymentState::Declined { .. } => !booked && !booking.holds_places(),
    }
}

/// What asking the provider makes of a difference (`webhook`): a refund is written down, money of a booking that does not
/// stand is settled.
pub(super) fn remedy_of(booking: &Booking, payment: &Payment) -> Remedy {
    let mends = if booking.holds_places() {
        payment.state == PaymentState::Captured && payment.refunded.amount() > booking.refunded().amount()
    } else {
        matches!(payment.state, PaymentState::Authorized | PaymentState::Captured)
    };
    if mends { Remedy::Repaired } else { Remedy::Review }
}

/// What both sides say, for a person.
pub(super) fn both_sides(booking: &Booking, payment: &Payment) -> String {
    format!(
        "the booking is {} and {}, {} taken, {} given back; the provider says {}, {} given back",
        booking.status.as_str(),
        booking.payment_status().as_str(),
        amount(booking.captured()),
        amount(booking.refunded()),
        name_of(&payment.state),
        amount(payment.refunded),
    )
}

/// A state without what is only for the customer.
pub(super) fn name_of(state: &PaymentState) -> &'static str {
    match state {
        PaymentState::NotStarted => "not started",
        PaymentState::ActionRequired { .. } => "action required",
        PaymentState::Processing => "processing",
        PaymentState::Authorized => "authorized",
        PaymentState::Captured => "captured",
        PaymentState::Voided => "voided",
        PaymentState::Declined { .. } => "declined",
    }
}
