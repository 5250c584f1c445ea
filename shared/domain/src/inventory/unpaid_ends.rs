//! Holds that ended without a booking, as a page counts them where no cool-down is named.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::ids::GuestMark;

/// Within this time the third hold of a guest that ends unpaid begins a cool-down, where the operator names none.
pub const UNPAID_ENDS_WITHIN: SignedDuration = SignedDuration::from_secs(3600);
/// The unpaid ends of a guest that a page remembers: with as many within the time, the next one begins a cool-down.
pub const UNPAID_ENDS_FREE: usize = 2;

/// When holds of guests ended without a booking, under terms that name no cool-down: the latest of each guest, at most
/// [`UNPAID_ENDS_FREE`], oldest first. What is older than [`UNPAID_ENDS_WITHIN`] counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct UnpaidEnds(BTreeMap<GuestMark, Vec<Timestamp>>);

impl UnpaidEnds {
    /// The most guests whose ends are kept. Beyond it half of them are forgotten: first those with one, and of these the oldest.
    pub const GUESTS_MAX: usize = 32;

    /// Ends of a guest within the time before or after `at`.
    pub(super) fn within(&self, guest: &GuestMark, at: Timestamp) -> usize {
        let counts = |end: &&Timestamp| at.duration_since(**end).abs() < UNPAID_ENDS_WITHIN;
        self.0.get(guest).map_or(0, |ends| ends.iter().filter(counts).count())
    }

    /// Counts an end.
    pub fn add(&mut self, guest: &GuestMark, at: Timestamp) {
        let ends = self.0.entry(guest.clone()).or_default();
        ends.push(at);
        ends.sort_unstable();
        if ends.len() > UNPAID_ENDS_FREE {
            ends.remove(0);
        }
        if self.0.len() > Self::GUESTS_MAX {
            let mut kept: Vec<_> = std::mem::take(&mut self.0).into_iter().collect();
            kept.sort_unstable_by_key(|(_, ends)| std::cmp::Reverse((ends.len(), ends.last().copied())));
            kept.truncate(Self::GUESTS_MAX / 2);
            self.0 = kept.into_iter().collect();
        }
    }

    /// Each guest's.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&GuestMark, &[Timestamp])> {
        self.0.iter().map(|(guest, ends)| (guest, &ends[..]))
    }

    /// Without those that count for nothing any more at `now`.
    #[must_use]
    pub fn since(&self, now: Timestamp) -> Self {
        let counts = |end: &Timestamp| now.duration_since(*end) < UNPAID_ENDS_WITHIN;
        let of_guest = |(guest, ends): (&GuestMark, &Vec<Timestamp>)| {
            let ends: Vec<Timestamp> = ends.iter().copied().filter(counts).collect();
            (!ends.is_empty()).then(|| (guest.clone(), ends))
        };
        Self(self.0.iter().filter_map(of_guest).collect())
    }
}
