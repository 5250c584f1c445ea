//! Why a use case did not do as asked: one closed list, turned into HTTP in one place (`holdfast-api`).

use holdfast_domain::bookings::BookingRejection;
use holdfast_domain::catalogue::{RangeError, StayError};
use holdfast_domain::inventory::EXTENSIONS_MAX;
use holdfast_domain::rates::ids::PlanId;
use holdfast_domain::rates::nearest::Nearest;
use holdfast_domain::rates::quote::Reason;
use holdfast_domain::rates::validate::CardProblem;
use holdfast_domain::{BookingStatus, HoldLimit, PageRejection};
use jiff::Timestamp;
use thiserror::Error;

use crate::kernel::errors::{LedgerError, PaymentError, SecretError, StoreError, WorkflowError};
use crate::kernel::field::{Field, FieldPath};
use crate::kernel::not_chargeable::NotChargeable;

/// A slot of which places are in use that an edit would take away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotInUse {
    /// Its name on its page.
    pub slot: String,
    /// Its start, if the present schedule has it.
    pub start: Option<Timestamp>,
    /// Live holds and bookings in it.
    pub in_use: u32,
}

/// A refusal or an outage. Unless it is an outage, nothing was changed.
#[derive(Debug, Error)]
pub enum Failure {
    /// It does not exist, or not for this caller.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The caller may not do this at all.
    #[error("{0}")]
    Forbidden(&'static str),
    /// A field of the request makes no sense.
    #[error("{field}: {detail}")]
    Invalid {
        /// Which field.
        field: FieldPath,
        /// What is wrong.
        detail: String,
    },
    /// A rate card makes no sense.
    #[error("the rate card has {} problems", .0.len())]
    RateCard(Vec<CardProblem>),
    /// The range does not fit the resource's schedule.
    #[error("{0}")]
    RangeNotBookable(RangeError),
    /// The stay is not to be had under the rate plan.
    #[error("the stay is not to be had under the rate plan {plan}")]
    RateNotAvailable {
        /// The plan.
        plan: PlanId,
        /// Why: at least one reason.
        reasons: Vec<Reason>,
        /// What would do instead, and under which plan.
        nearest: Option<(PlanId, Nearest)>,
    },
    /// The quote's time has passed.
    #[error("has expired: its price was honoured until {expires_at}; ask for a new one")]
    QuoteExpired {
        /// From when on it was worth nothing.
        expires_at: Timestamp,
    },
    /// The quote is none, or not for this stay or guest: one answer for all.
    #[error("is not a quote for this stay and guest")]
    QuoteNotValid,
    /// What is asked for costs what cannot be paid.
    #[error(transparent)]
    NotChargeable(#[from] NotChargeable),
    /// Fewer places than asked for.
    #[error("only {available} left")]
    SoldOut {
        /// What is left in every slot of the range.
        available: u32,
    },
    /// Too many guests hold places of the same page at this moment.
    #[error("too many holds at this moment")]
    TooManyHolds,
    /// An operator has stopped new holds.
    #[error("new holds are stopped for the moment")]
    HoldsStopped,
    /// The guest holds as much as they may, or has to wait.
    #[error("{}", limit_in_words(*.limit))]
    HoldLimitReached {
        /// Which limit.
        limit: HoldLimit,
        /// When it may be otherwise, in seconds from now.
        wait_seconds: u32,
    },
    /// As many of the guest's attempts to pay ended unpaid, left no confirmed booking, still may, or are running, as may within a day.
    #[error("too many attempts to pay")]
    TooManyAttempts {
        /// When it may be otherwise, in seconds from now.
        wait_seconds: u32,
    },
    /// As many promotions' codes were tried that do not count as may be within an hour: whatever new code is given gets this answer.
    #[error("too many promotion codes were tried: try again later, or without one")]
    TooManyCodes {
        /// When codes may be tried again, in seconds from now.
        wait_seconds: u32,
    },
    /// The hold's time has passed.
    #[error("the hold has expired")]
    HoldExpired,
    /// The hold was given back.
    #[error("the hold was released")]
    HoldReleased,
    /// The hold is confirmed by a booking already.
    #[error("the hold is confirmed already")]
    HoldConfirmed,
    /// The hold has been extended as often as it may, or its payment runs.
    #[error("the hold has been extended {EXTENSIONS_MAX} times, or its payment runs")]
    HoldNotExtendable,
    /// Another request on the same thing has not come to its end.
    #[error("another request is still running")]
    RequestInProgress,
    /// The idempotency key was used with other content.
    #[error("the idempotency key was used for another request: take a new key")]
    KeyReused,
    /// More is held or confirmed than the capacity asked for.
    #[error("places of {} slots are in use", .slots.len())]
    CapacityInUse {
        /// The slots that do not fit, in the order of their starts.
        slots: Vec<SlotInUse>,
    },
    /// The resource is not in the version that the edit asks for.
    #[error("the resource has another version, or exists already")]
    PreconditionFailed,
    /// The change touches more pages than one transaction may.
    #[error("the change touches more than {max} pages")]
    TooManyPages {
        /// The most it may touch.
        max: usize,
    },
    /// A booking in this status cannot be cancelled.
    #[error("a {} booking cannot be cancelled", .0.as_str())]
    NotCancellable(BookingStatus),
    /// The state of a booking does not allow the event: it was asked for out of turn.
    #[error(transparent)]
    BookingRejected(#[from] BookingRejection),
    /// What is stored contradicts itself: a mistake of ours, which the same request never mends.
    #[error("the ledger contradicts itself: {0}")]
    Inconsistent(String),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// A key cannot be read.
    #[error("a key cannot be read")]
    Secret(#[from] SecretError),
    /// The workflow service failed.
    #[error("the workflow service failed")]
    Workflow(#[from] WorkflowError),
    /// The payment provider failed.
    #[error("the payment provider failed")]
    Payment(#[from] PaymentError),
}

impl Failure {
    /// Whether something outside failed, so that the same request may succeed later.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Store(error) => error.is_outage(),
            Self::Workflow(_)
            | Self::Secret(_)
            | Self::Payment(PaymentError::Unknown(_) | PaymentError::Unavailable(_)) => true,
            Self::Payment(PaymentError::Refused { .. })
            | Self::NotFound(_)
            | Self::Forbidden(_)
            | Self::Invalid { .. }
            | Self::RateCard(_)
            | Self::RangeNotBookable(_)
            | Self::RateNotAvailable { .. }
            | Self::QuoteExpired { .. }
            | Self::QuoteNotValid
            | Self::NotChargeable(_)
            | Self::SoldOut { .. }
            | Self::TooManyHolds
            | Self::HoldsStopped
            | Self::HoldLimitReached { .. }
            | Self::TooManyAttempts { .. }
            | Self::TooManyCodes { .. }
            | Self::HoldExpired
            | Self::HoldReleased
            | Self::HoldConfirmed
            | Self::HoldNotExtendable
            | Self::RequestInProgress
            | Self::KeyReused
            | Self::CapacityInUse { .. }
            | Self::PreconditionFailed
            | Self::TooManyPages { .. }
            | Self::NotCancellable(_)
            | Self::BookingRejected(_)
            | Self::Inconsistent(_) => false,
        }
    }

    /// Whether what is stored cannot be worked: a fault of ours, which no repetition mends. An outage never is, nor is anything
    /// that another caller or the time changes.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        match self {
            Self::Store(error) => !error.is_outage(),
            Self::Inconsistent(_) => true,
            Self::NotFound(_)
            | Self::Forbidden(_)
            | Self::Invalid { .. }
            | Self::RateCard(_)
            | Self::RangeNotBookable(_)
            | Self::RateNotAvailable { .. }
            | Self::QuoteExpired { .. }
            | Self::QuoteNotValid
            | Self::NotChargeable(_)
            | Self::SoldOut { .. }
            | Self::TooManyHolds
            | Self::HoldsStopped
            | Self::HoldLimitReached { .. }
            | Self::TooManyAttempts { .. }
            | Self::TooManyCodes { .. }
            | Self::HoldExpired
            | Self::HoldReleased
            | Self::HoldConfirmed
            | Self::HoldNotExtendable
            | Self::RequestInProgress
            | Self::KeyReused
            | Self::CapacityInUse { .. }
            | Self::PreconditionFailed
            | Self::TooManyPages { .. }
            | Self::NotCancellable(_)
            | Self::BookingRejected(_)
            | Self::Secret(_)
            | Self::Workflow(_)
            | Self::Payment(_) => false,
        }
    }
}

impl From<PageRejection> for Failure {
    fn from(rejection: PageRejection) -> Self {
        match rejection {
            PageRejection::SoldOut { available } => Self::SoldOut { available },
            PageRejection::UnknownSlot(_) | PageRejection::ScheduleChanged => {
                Self::RangeNotBookable(RangeError::NotBookable)
            }
            PageRejection::Reused => Self::KeyReused,
            PageRejection::TooManyHolds => Self::TooManyHolds,
            PageRejection::LimitReached { limit, wait_seconds } => {
                Self::HoldLimitReached { limit, wait_seconds }
            }
            PageRejection::HoldMissing | PageRejection::HoldExpired => Self::HoldExpired,
            PageRejection::HoldClaimed | PageRejection::HoldLive { .. } => Self::RequestInProgress,
            PageRejection::NotExtendable => Self::HoldNotExtendable,
            PageRejection::CapacityInUse { slot, in_use } => {
                Self::CapacityInUse { slots: vec![SlotInUse { slot: slot.to_string(), start: None, in_use }] }
            }
            PageRejection::NotConfirmed => Self::Inconsistent(rejection.to_string()),
        }
    }
}

fn limit_in_words(limit: HoldLimit) -> &'static str {
    match limit {
        HoldLimit::PerGuest => "you hold as much of this resource as one guest may at a time",
        HoldLimit::PerSlot => "you have as many holds of one of these slots as one guest may at a time",
        HoldLimit::PlacesPerSlot => {
            "you would hold more places of one of these slots than one guest may at a time"
        }
        HoldLimit::CoolDown => "you held one of these slots a moment ago; let others have their turn",
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Rejected(rejection) => rejection.into(),
            LedgerError::ResourceChanged => Self::Store(StoreError::Contention("resource".to_owned())),
            LedgerError::TooManyPages { max } => Self::TooManyPages { max },
            // The answer to an unknown code.
            LedgerError::PromotionUsedUp { plan } => {
                Self::RateNotAvailable { plan, reasons: vec![Reason::Promotion], nearest: None }
            }
            LedgerError::Store(error) => Self::Store(error),
        }
    }
}

impl From<StayError> for Failure {
    fn from(error: StayError) -> Self {
        match error {
            StayError::Past => Self::Invalid { field: Field::StayStart.into(), detail: error.to_string() },
            StayError::Range(RangeError::Empty) => {
                Self::Invalid { field: Field::StayEnd.into(), detail: RangeError::Empty.to_string() }
            }
            StayError::Range(error) => Self::RangeNotBookable(error),
        }
    }
}
