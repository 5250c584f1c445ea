//! What reconciliation finds, and what becomes of it.

use std::collections::BTreeMap;

use holdfast_domain::BookingId;
use jiff::Timestamp;

use super::cycle::Work;

macro_rules! kinds {
    ($($name:ident, $text:literal, $meaning:literal;)*) => {
        /// A kind of drift.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $(#[doc = $meaning] $name,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name in reports, events, metrics and messages.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

kinds! {
    UnreadableItem, "unreadable_item", "An item of the ledger cannot be read. For review.";
    PageUnbalanced, "page_unbalanced", "A page's free, held and confirmed places do not make up its capacity and what may be sold beyond it. For review.";
    ConfirmedMismatch, "confirmed_mismatch", "A page counts other confirmed places than its confirmed bookings have. For review.";
    ExpiredHold, "expired_hold", "A dead hold is still stored. Repaired: it is dropped.";
    OrphanedClaim, "orphaned_claim", "A hold is claimed by a booking that does not exist or is over. For review.";
    StalledBooking, "stalled_booking", "A booking has waited for its payment for longer than its saga takes. Repaired: a saga that never ran is started, one that is over is resumed. For review if its resumptions are over too.";
    UnsettledBooking, "unsettled_booking", "The money of a cancelled or failed booking is not settled. Repaired: a settlement is started.";
    PaymentMismatch, "payment_mismatch", "Provider and booking differ on the money. Repaired where asking the provider mends it, for review where not.";
    PaymentMissing, "payment_missing", "The provider does not know the payment that a booking names. For review.";
    PaymentUnreadable, "payment_unreadable", "What the provider says of a payment cannot be read. For review.";
    RefundFailed, "refund_failed", "A refund of money that is due was refused, or has come back from the bank. For review.";
    DisputedPayment, "disputed_payment", "The card's bank disputes a payment, or has taken it back for a booking that is not over. For review.";
    OrphanedPayment, "orphaned_payment", "The provider holds money for a booking that does not exist. For review.";
    DuplicatePayment, "duplicate_payment", "The provider holds money for a booking that is paid by another payment. For review.";
    ReceiptMissing, "receipt_missing", "Money of a booking has moved for which there is no receipt. Repaired: it is issued. For review where the booking, or how much moved, cannot be told.";
    OrphanedReceipt, "orphaned_receipt", "A receipt is for money of which the booking's audit trail does not say that it moved. For review.";
}

/// What becomes of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// A safe repair was made; in a dry run, it would be.
    Repaired,
    /// A person has to decide.
    Review,
}

impl Remedy {
    /// Its name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Repaired => "repaired",
            Self::Review => "review",
        }
    }
}

/// A drift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its kind.
    pub kind: Kind,
    /// What it is about: the id of a hold, booking or payment, `resource/page`, or an item's key.
    pub subject: String,
    /// The booking it is about, if it is about one.
    pub booking: Option<BookingId>,
    /// What was seen.
    pub detail: String,
    /// What becomes of it.
    pub remedy: Remedy,
}

impl Finding {
    /// Its name among what was parked: the same when it is found again.
    #[must_use]
    pub fn case(&self) -> String {
        format!("{}#{}", self.kind.as_str(), self.subject)
    }
}

/// How far the cycle has come with a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// When it began.
    pub began_at: Timestamp,
    /// Whether it has looked at everything; if not, the next run goes on.
    pub is_over: bool,
    /// Whether its share reaches the last page. If not, the next cycle compares the pages after it with bookings.
    pub is_whole: bool,
    /// Whether it was kept for the next run; if not, another run has kept its own meanwhile, or this was a dry run.
    pub is_kept: bool,
}

/// What a run has looked at and found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// When the run began.
    pub at: Timestamp,
    /// Whether it only looked.
    pub dry_run: bool,
    /// Pages looked at.
    pub pages: u32,
    /// Bookings looked at.
    pub bookings: u32,
    /// Payments at the provider looked at.
    pub payments: u32,
    /// Things that are left to the next run because others changed them while they were compared.
    pub changing: u32,
    /// What is left to the next run because this one has done as much of that kind as it may; of payments and the ledger, 1 if they were
    /// not read to their end.
    pub left: BTreeMap<Work, u32>,
    /// How far the cycle has come.
    pub cycle: Progress,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Findings parked by this run; the others for review were parked before.
    pub parked: u32,
    /// Whether there was more than a run reports of a kind, or remembers of unread pages, so that a later one finds more of it.
    pub more: bool,
}

impl Report {
    pub(super) fn new(at: Timestamp, began_at: Timestamp, dry_run: bool) -> Self {
        Self {
            at,
            dry_run,
            pages: 0,
            bookings: 0,
            payments: 0,
            changing: 0,
            left: BTreeMap::new(),
            cycle: Progress { began_at, is_over: false, is_whole: false, is_kept: false },
            findings: Vec::new(),
            parked: 0,
            more: false,
        }
    }

    pub(super) fn leave(&mut self, work: Work) {
        *self.left.entry(work).or_default() += 1;
    }

    /// Findings of a kind.
    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        self.findings.iter().filter(|finding| finding.kind == kind).count()
    }

    /// Findings with a remedy.
    #[must_use]
    pub fn count_remedy(&self, remedy: Remedy) -> usize {
        self.findings.iter().filter(|finding| finding.remedy == remedy).count()
    }
}
