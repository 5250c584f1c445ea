//! Errors of the ports: what the outside did not do.

use holdfast_domain::PageRejection;
use holdfast_domain::rates::ids::PlanId;
use thiserror::Error;

/// An error of the outside, kept for the log.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why the store did not answer.
#[derive(Debug, Error)]
pub enum StoreError {
    /// It cannot be reached, or throttles beyond the retry budget.
    #[error("the store is unavailable")]
    Unavailable(#[source] Source),
    /// Others kept changing the same items until the retry budget was spent.
    #[error("too much contention on {0}")]
    Contention(String),
    /// An item cannot be read as what it should be.
    #[error("{item} is corrupt: {reason}")]
    Corrupt {
        /// Its key.
        item: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is more to be read at once than may be.
    #[error("{item} has more than {mib_max} MiB")]
    TooLarge {
        /// Its key.
        item: String,
        /// The most that is read, in MiB.
        mib_max: usize,
    },
}

impl StoreError {
    /// Whether the same call may succeed later. What it meets otherwise is stored, and is there again.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Contention(_) => true,
            Self::Corrupt { .. } | Self::TooLarge { .. } => false,
        }
    }
}

/// Why the ledger did not do as asked.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// A page refused; nothing was changed.
    #[error(transparent)]
    Rejected(#[from] PageRejection),
    /// The resource changed since it was read; read it again.
    #[error("the resource has changed")]
    ResourceChanged,
    /// The change touches more pages than one transaction may.
    #[error("the change touches more than {max} pages")]
    TooManyPages {
        /// The most it may touch.
        max: usize,
    },
    /// The promotion of the order that is held is used up; nothing was changed.
    #[error("the promotion is used up")]
    PromotionUsedUp {
        /// The plan that the order was priced under.
        plan: PlanId,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why the provider did not do as asked.
#[derive(Debug, Error)]
pub enum PaymentError {
    /// It may or may not have happened: ask before doing anything else.
    #[error("the outcome is unknown")]
    Unknown(#[source] Source),
    /// It certainly did not happen; later it may.
    #[error("the provider is unavailable")]
    Unavailable(#[source] Source),
    /// The provider refuses the request itself.
    #[error("the provider refuses: {code}: {message}")]
    Refused {
        /// Its code.
        code: String,
        /// Its words.
        message: String,
    },
}

/// Why a workflow could not be started or resumed.
#[derive(Debug, Error)]
#[error("the workflow service is unavailable")]
pub struct WorkflowError(#[source] pub Source);

/// Why a secret could not be read.
#[derive(Debug, Error)]
#[error("the secret cannot be read")]
pub struct SecretError(#[source] pub Source);

/// Why something was not delivered.
#[derive(Debug, Error)]
pub enum DeliveryError {
    /// It may be delivered later.
    #[error("the receiver is not to be had")]
    Unavailable(#[source] Source),
    /// It will never be delivered as it is.
    #[error("the receiver refuses: {0}")]
    Refused(String),
}
