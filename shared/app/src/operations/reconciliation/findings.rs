//! What reconciliation finds, and what becomes of it.

use holdfast_domain::BookingId;
use jiff::Timestamp;

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
    PageUnbalanced, "page_unbalanced", "A page's free, held and confirmed places do not make up its capacity. For review.";
    ConfirmedMismatch, "confirmed_mismatch", "A page counts other confirmed places than its confirmed bookings have. For review.";
    ExpiredHold, "expired_hold", "A dead hold is still stored. Repaired: it is dropped.";
    OrphanedClaim, "orphaned_claim", "A hold is claimed by a booking that does not exist or is over. For review.";
    StalledBooking, "stalled_booking", "A booking has waited for its payment for longer than its saga takes. Repaired if the saga never ran: it is started. For review if it is over.";
    UnsettledBooking, "unsettled_booking", "The money of a cancelled or failed booking is not settled. Repaired: a settlement is started.";
    PaymentMismatch, "payment_mismatch", "Provider and booking differ on the money. Repaired where asking the provider mends it, for review where not.";
    PaymentMissing, "payment_missing", "The provider does not know the payment that a booking names. For review.";
    OrphanedPayment, "orphaned_payment", "The provider holds money for a booking that does not exist. For review.";
    DuplicatePayment, "duplicate_payment", "The provider holds money for a booking that is paid by another payment. For review.";
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
    /// Things that others changed while they were compared: the next run looks at them again.
    pub changing: u32,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Findings parked by this run; the others for review were parked before.
    pub parked: u32,
    /// Whether the run stopped at [`super::FINDINGS_MAX`], so that more may be found.
    pub more: bool,
}

impl Report {
    pub(super) fn new(at: Timestamp, dry_run: bool) -> Self {
        Self {
            at,
            dry_run,
            pages: 0,
            bookings: 0,
            payments: 0,
            changing: 0,
            findings: Vec::new(),
            parked: 0,
            more: false,
        }
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
