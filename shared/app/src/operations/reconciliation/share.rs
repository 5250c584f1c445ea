//! The pages that one cycle compares with bookings, in bounded memory.
//!
//! Every page has a place on a circle, by the digest of its name. A cycle's share is an arc: it begins where the share of the cycle
//! before ended, and ends before the first page that does not fit. So shares follow each other round the circle, whatever pages
//! there are, and each page is in the share of one cycle of each round. A ledger that fits is compared by every cycle.

use std::collections::BTreeMap;

use holdfast_domain::{Booking, Page, PageKey, SlotKey};
use jiff::Timestamp;

use super::digest::place_of;

/// Confirmed places of one slot: what the page counts, and what bookings have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// By the page.
    pub confirmed: u32,
    /// Of bookings whose time has not passed.
    pub current: u32,
    /// Of bookings whose time has passed. A page that is over may be made anew under another schedule, without them.
    pub over: u32,
}

/// What is remembered of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ComparedPage {
    /// The write it was seen after; none if the page is not stored.
    pub seq: Option<u64>,
    /// Its slots with places.
    pub slots: BTreeMap<SlotKey, Counts>,
}

/// A page that counts other confirmed places than its bookings have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mismatch {
    pub(super) page: PageKey,
    /// The write it was seen after; none if the page is not stored.
    pub(super) seq: Option<u64>,
    pub(super) detail: String,
}

/// The pages of an arc of the circle, slot by slot beside their bookings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Share {
    from: u64,
    to: Option<u64>,
    pages: BTreeMap<(u64, PageKey), ComparedPage>,
    /// One for each page and each of its slots: what it takes of memory.
    counters: usize,
}

impl Share {
    /// The arc from there to the end of the circle, with no pages yet.
    #[must_use]
    pub fn beginning_at(from: u64) -> Self {
        Self { from, ..Self::default() }
    }

    /// A share as it was kept.
    #[must_use]
    pub fn restored(
        from: u64,
        to: Option<u64>,
        pages: impl IntoIterator<Item = (PageKey, ComparedPage)>,
    ) -> Self {
        let mut share = Self { from, to, ..Self::default() };
        for (key, page) in pages {
            share.counters += 1 + page.slots.len();
            share.pages.insert((place_of(&key), key), page);
        }
        share
    }

    /// Where it begins.
    #[must_use]
    pub fn begin(&self) -> u64 {
        self.from
    }

    /// Where it ends, and the next one begins; none if that is the end of the circle.
    #[must_use]
    pub fn to(&self) -> Option<u64> {
        self.to
    }

    /// Its pages, with what is remembered of them.
    pub fn pages(&self) -> impl Iterator<Item = (&PageKey, &ComparedPage)> {
        self.pages.iter().map(|((_, key), page)| (key, page))
    }

    /// Forgets its pages.
    pub(super) fn forget(&mut self) {
        self.pages.clear();
        self.counters = 0;
    }

    fn has(&self, place: u64) -> bool {
        place >= self.from && self.to.is_none_or(|to| place < to)
    }

    /// Remembers a page's counts, if it is in the share; a later call for the same page replaces the earlier. The share gets smaller
    /// until no more than `counters_max` are remembered.
    pub(super) fn add_page(&mut self, page: &Page, counters_max: usize) {
        let place = place_of(&page.key);
        if !self.has(place) {
            return;
        }
        let confirmed = page.confirmed.iter().filter(|(_, places)| **places > 0);
        let slots = confirmed
            .map(|(slot, places)| (slot.clone(), Counts { confirmed: *places, ..Counts::default() }));
        let counted = ComparedPage { seq: Some(page.seq), slots: slots.collect() };
        self.counters += 1 + counted.slots.len();
        if let Some(earlier) = self.pages.insert((place, page.key.clone()), counted) {
            self.counters -= 1 + earlier.slots.len();
        }
        // Ends: each round takes a page out.
        while self.counters > counters_max && self.pages.len() > 1 {
            self.drop_last();
        }
    }

    /// Takes the last page out, and every other at the same place.
    fn drop_last(&mut self) {
        let Some(((place, _), page)) = self.pages.pop_last() else { return };
        self.counters -= 1 + page.slots.len();
        self.to = Some(place);
        // Ends: each round takes a page out.
        while let Some(last) = self.pages.last_entry().filter(|last| last.key().0 >= place) {
            self.counters -= 1 + last.remove().slots.len();
        }
    }

    /// Adds the places of a booking on pages of the share, if it has any. `false` if there is no room to remember them: then as many
    /// places again are on pages that do not count them.
    pub(super) fn add_booking(&mut self, booking: &Booking, now: Timestamp, counters_max: usize) -> bool {
        if !booking.holds_places() {
            return true;
        }
        if self.counters > counters_max.saturating_mul(2) {
            return false;
        }
        let is_over = booking.order.end <= now;
        for placement in &booking.order.placements {
            let place = place_of(&placement.page);
            if !self.has(place) {
                continue;
            }
            let key = (place, placement.page.clone());
            if !self.pages.contains_key(&key) {
                // What is over may be on pages that are gone.
                if is_over {
                    continue;
                }
                self.counters += 1;
            }
            let page = self.pages.entry(key).or_default();
            for (slot, quantity) in placement.places.iter() {
                let known = page.slots.len();
                let counts = page.slots.entry(slot.clone()).or_default();
                let places = if is_over { &mut counts.over } else { &mut counts.current };
                *places = places.saturating_add(quantity);
                self.counters += page.slots.len() - known;
            }
        }
        true
    }

    /// Every page that differs, with the first slot that does.
    pub(super) fn mismatches(&self) -> Vec<Mismatch> {
        let differing = |(key, page): (&PageKey, &ComparedPage)| {
            Some(Mismatch { page: key.clone(), seq: page.seq, detail: differing_slot(page)? })
        };
        self.pages().filter_map(differing).collect()
    }
}

fn differing_slot(page: &ComparedPage) -> Option<String> {
    page.slots.iter().find_map(|(slot, &Counts { confirmed, current, over })| {
        let most = current.saturating_add(over);
        let fits = current <= confirmed && confirmed <= most;
        (!fits).then(|| format!("slot {slot}: the page counts {confirmed} confirmed, bookings have {most}"))
    })
}
