//! A cycle: everything looked at once, by as many runs as that takes. Between two runs it is kept in the ledger, and its size has a
//! bound that does not depend on how much there is to look at.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::digest::digest;
use super::share::Share;

/// What a cycle is doing with the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The first reading: pages and bookings are looked at one by one, and the share's pages are remembered.
    Looking,
    /// The second reading: places of bookings are added up beside them, and their money is compared.
    Counting,
    /// Nothing any more.
    Over,
}

/// How far the provider's payments are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    /// The part after this cursor is next; the first part without one.
    At(Option<String>),
    /// All of them are.
    Over,
}

/// Inquiries of a cycle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Inquiries {
    /// How many were made.
    pub made: u64,
    /// How many more there were to make.
    pub left: u64,
}

/// How far a cycle has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Cycle {
    /// Counts what was kept: a cycle is kept only in place of the one that it was made from.
    pub revision: u64,
    /// When it began.
    pub began_at: Timestamp,
    /// What it is doing with the ledger.
    pub phase: Phase,
    /// Where the next part of this reading begins; none at its beginning.
    pub cursor: Option<String>,
    /// How far the payments are listed.
    pub listing: Listing,
    /// The payments that were listed and agree with their booking.
    pub agreeing: PaymentFilter,
    /// The pages that it compares with bookings.
    pub share: Share,
    /// Its own inquiries.
    pub inquiries: Inquiries,
    /// Those of the cycle before.
    pub inquiries_before: Inquiries,
}

impl Cycle {
    /// The cycle that a run at `now` goes on with: what is kept, unless that is over or shall begin anew.
    pub(super) fn next(kept: Option<Self>, begin: bool, now: Timestamp) -> Self {
        let (revision, from, inquiries_before) = match kept {
            Some(kept) if kept.phase != Phase::Over && !begin => return kept,
            Some(kept) => {
                let from = if begin { 0 } else { kept.share.to().unwrap_or(0) };
                let inquiries =
                    if kept.phase == Phase::Over { kept.inquiries } else { kept.inquiries_before };
                (kept.revision, from, inquiries)
            }
            None => (0, 0, Inquiries::default()),
        };
        Self {
            revision,
            began_at: now,
            phase: Phase::Looking,
            cursor: None,
            listing: Listing::At(None),
            agreeing: PaymentFilter::default(),
            share: Share::beginning_at(from),
            inquiries: Inquiries::default(),
            inquiries_before,
        }
    }

    /// The cycle of a revision of which nothing else is known: it is over, and the next one begins at the first page.
    #[must_use]
    pub fn forgotten(revision: u64) -> Self {
        Self { revision, phase: Phase::Over, ..Self::next(None, false, Timestamp::UNIX_EPOCH) }
    }

    /// Ends it: what the comparison needed is forgotten, and where the next one goes on is kept.
    pub(super) fn end(&mut self) {
        self.phase = Phase::Over;
        self.cursor = None;
        self.agreeing = PaymentFilter::default();
        self.share.forget();
    }

    /// Whether the inquiry about a thing of that name is one of this cycle. Where the cycle before had more to ask than it could, this
    /// one asks about as many as that one did, and at least as many as one run can, drawn anew: so each has its turn, wherever in the
    /// ledger it is, and what was left for want of time draws on the next cycles no longer than it is there.
    pub(super) fn is_in_turn(&self, name: &str, of_one_run: u32) -> bool {
        let Inquiries { made, left } = self.inquiries_before;
        if left == 0 {
            return true;
        }
        let all = u128::from(made) + u128::from(left);
        let drawn = u128::from(made.max(of_one_run.into()).max(1));
        u128::from(self.digest(name)) * all <= u128::from(u64::MAX) * drawn
    }

    /// A number of a name, another one in each cycle.
    fn digest(&self, name: &str) -> u64 {
        digest(&[&self.began_at.to_string(), name]).0
    }

    /// Notes that a listed payment agrees with its booking.
    pub(super) fn note_agreeing(&mut self, intent: &str) {
        let began_at = self.began_at;
        self.agreeing.insert(began_at, intent);
    }

    /// Whether a payment was listed and agreed with its booking. Rarely this says so of one that did not, in each cycle of others.
    pub(super) fn agreed(&self, intent: &str) -> bool {
        self.agreeing.contains(self.began_at, intent)
    }
}

/// The bytes of a filter: 2^20 bits.
const FILTER_BYTES: usize = 128 * 1024;
/// The bits that one payment sets.
const FILTER_BITS: u64 = 4;

/// A set of payments of bounded size, a Bloom filter: it never misses what was put in, and of what was not it says in few cases that
/// it was (0.06 % with 44,000 payments, 10 % with 220,000).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PaymentFilter(Vec<u8>);

impl PaymentFilter {
    /// A filter of these bytes, whatever their number.
    #[must_use]
    pub fn of_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Its bytes; none if nothing was put in.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bits of a payment, as positions of bytes and masks.
    fn bits(&self, salt: Timestamp, intent: &str) -> impl Iterator<Item = (usize, u8)> + use<> {
        let (first, step) = digest(&[&salt.to_string(), intent]);
        let bytes = self.0.len().max(1);
        (0..FILTER_BITS).map(move |number| {
            let bit = first.wrapping_add(number.wrapping_mul(step | 1));
            (usize::try_from(bit / 8).unwrap_or(0) % bytes, 1 << (bit % 8))
        })
    }

    fn insert(&mut self, salt: Timestamp, intent: &str) {
        if self.0.is_empty() {
            self.0.resize(FILTER_BYTES, 0);
        }
        for (at, mask) in self.bits(salt, intent) {
            self.0[at] |= mask;
        }
    }

    fn contains(&self, salt: Timestamp, intent: &str) -> bool {
        !self.0.is_empty() && self.bits(salt, intent).all(|(at, mask)| self.0[at] & mask != 0)
    }
}

/// A kind of work of which one run does a number of pieces at most. What is beyond is left to the next, and the other kinds go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    /// Parts of the provider's list of payments.
    Payments,
    /// Parts of the ledger, each of 1 MB at most: pages and bookings.
    Ledger,
    /// Questions about one payment to the provider: differences, disputes, refunds under way.
    Inquiries,
    /// Looks at sagas that should be over.
    Sagas,
    /// Repairs: dead holds dropped, sagas and settlements started.
    Repairs,
    /// Sagas resumed.
    Resumptions,
    /// Cases put before a person.
    Cases,
}

impl Work {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Payments,
        Self::Ledger,
        Self::Inquiries,
        Self::Sagas,
        Self::Repairs,
        Self::Resumptions,
        Self::Cases,
    ];

    /// Its name in reports and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Payments => "payments",
            Self::Ledger => "ledger",
            Self::Inquiries => "inquiries",
            Self::Sagas => "sagas",
            Self::Repairs => "repairs",
            Self::Resumptions => "resumptions",
            Self::Cases => "cases",
        }
    }
}

/// The most that one run does of each kind of work, and the most that a cycle remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the bound of the kind of work of its name")]
pub struct Limits {
    pub payments: u32,
    pub ledger: u32,
    pub inquiries: u32,
    pub sagas: u32,
    /// Of each kind of finding.
    pub repairs: u32,
    pub resumptions: u32,
    pub cases: u32,
    /// Numbers that a cycle remembers of the pages of its share: one for each page, and one for each slot with confirmed places.
    pub counters: usize,
}

impl Limits {
    /// What one invocation of the function has time and memory for.
    pub const FUNCTION: Self = Self {
        payments: 1_000,
        ledger: 20_000,
        inquiries: 1_000,
        sagas: 2_000,
        repairs: 1_000,
        resumptions: 100,
        cases: 1_000,
        counters: 1_000_000,
    };

    fn of(&self, work: Work) -> u32 {
        match work {
            Work::Payments => self.payments,
            Work::Ledger => self.ledger,
            Work::Inquiries => self.inquiries,
            Work::Sagas => self.sagas,
            Work::Repairs => self.repairs,
            Work::Resumptions => self.resumptions,
            Work::Cases => self.cases,
        }
    }
}

/// What a run has done of each kind of work.
#[derive(Debug)]
pub(super) struct Budget {
    limits: Limits,
    done: BTreeMap<Work, u32>,
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, done: BTreeMap::new() }
    }

    pub(super) fn counters(&self) -> usize {
        self.limits.counters
    }

    /// The inquiries of one run.
    pub(super) fn inquiries(&self) -> u32 {
        self.limits.inquiries
    }

    /// The most findings of one kind.
    pub(super) fn findings(&self) -> usize {
        self.limits.repairs as usize
    }

    /// Takes one piece of a kind, if there is one.
    pub(super) fn take(&mut self, work: Work) -> bool {
        let done = self.done.entry(work).or_default();
        let may = *done < self.limits.of(work);
        *done += u32::from(may);
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycle(inquiries: Inquiries) -> Cycle {
        let over = Cycle { phase: Phase::Over, inquiries, ..Cycle::next(None, false, Timestamp::UNIX_EPOCH) };
        Cycle::next(Some(over), false, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_filter_has_what_was_put_in_and_little_else() {
        let mut cycle = cycle(Inquiries::default());
        assert!(!cycle.agreed("pi_0"));
        for number in 0..44_000 {
            cycle.note_agreeing(&format!("pi_{number}"));
        }
        assert!((0..44_000).all(|number| cycle.agreed(&format!("pi_{number}"))));
        let wrong = (0..44_000).filter(|number| cycle.agreed(&format!("pi_other_{number}"))).count();
        assert!((1..100).contains(&wrong), "0.06 % of 44,000 are 25: {wrong}");
        let restored = PaymentFilter::of_bytes(cycle.agreeing.bytes().to_vec());
        assert_eq!(restored, cycle.agreeing);
        let another = Cycle { began_at: Timestamp::MAX, ..cycle };
        assert!(
            !(0..100).all(|number| another.agreed(&format!("pi_{number}"))),
            "each cycle has its own bits"
        );
    }

    #[test]
    fn a_cycle_that_drew_nobody_does_not_keep_the_next_ones_from_asking() {
        let none = cycle(Inquiries { made: 0, left: 4 });
        assert!((0..100).any(|n: i32| none.is_in_turn(&n.to_string(), 0)));
    }

    #[test]
    fn what_one_run_can_ask_is_asked_however_little_the_cycle_before_has() {
        let hurried = cycle(Inquiries { made: 1, left: 199 });
        assert!((0..200).all(|n: i32| hurried.is_in_turn(&n.to_string(), 200)));
        assert!(!(0..200).all(|n: i32| hurried.is_in_turn(&n.to_string(), 100)));
    }

    #[test]
    fn where_there_was_more_to_ask_than_one_cycle_can_each_cycle_asks_about_others() {
        assert!((0..100).all(|n| cycle(Inquiries::default()).is_in_turn(&n.to_string(), 0)));
        let crowded = cycle(Inquiries { made: 1_000, left: 3_000 });
        let asked = (0..4_000).filter(|n: &i32| crowded.is_in_turn(&n.to_string(), 1_000)).count();
        assert!((800..1_200).contains(&asked), "a quarter: {asked}");
        let next = Cycle { began_at: Timestamp::MAX, ..crowded.clone() };
        let both =
            |n: &i32| crowded.is_in_turn(&n.to_string(), 1_000) && next.is_in_turn(&n.to_string(), 1_000);
        assert!((0..4_000).filter(both).count() < asked / 2, "the next one asks about others");
    }
}
