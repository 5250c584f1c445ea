//! Failures as Step Functions knows them: by name. The retriers and catchers of `statemachines/*.asl.json` select by these
//! names; a test holds the two against each other.
//!
//! The policy: what says nothing about money and passes by itself is retried by the machine
//! ([`STORE_UNAVAILABLE`], [`CONFLICT`], [`PROVIDER_UNAVAILABLE`]); what may have moved money is asked about first
//! ([`PAYMENT_OUTCOME_UNKNOWN`]); the rest cannot be repaired by repetition, has no retrier, and ends before a person.

use holdfast_app::{Failure, PaymentError, StoreError};

/// The provider may or may not have done it: ask.
pub const PAYMENT_OUTCOME_UNKNOWN: &str = "PaymentOutcomeUnknown";
/// The provider has certainly not done it: later.
pub const PROVIDER_UNAVAILABLE: &str = "ProviderUnavailable";
/// The ledger, or the saga service, cannot be reached or throttles: later.
pub const STORE_UNAVAILABLE: &str = "StoreUnavailable";
/// Another writer was first: soon again.
pub const CONFLICT: &str = "Conflict";
/// The provider refuses the request itself.
pub const PROVIDER_REFUSED: &str = "ProviderRefused";
/// An item of the ledger cannot be read.
pub const CORRUPT: &str = "Corrupt";
/// There is no such booking or hold.
pub const NOT_FOUND: &str = "NotFound";
/// A rule of the domain forbids the step: the machine asked for something out of turn.
pub const OUT_OF_TURN: &str = "OutOfTurn";
/// What is stored contradicts itself.
pub const INCONSISTENT: &str = "Inconsistent";
/// The payload is no task.
pub const INVALID_TASK: &str = "InvalidTask";

/// The names that a machine handles in particular.
pub const HANDLED: [&str; 4] = [PAYMENT_OUTCOME_UNKNOWN, PROVIDER_UNAVAILABLE, STORE_UNAVAILABLE, CONFLICT];
/// Every other name.
pub const UNHANDLED: [&str; 6] =
    [PROVIDER_REFUSED, CORRUPT, NOT_FOUND, OUT_OF_TURN, INCONSISTENT, INVALID_TASK];

/// The name of a failure.
#[must_use]
pub fn error_name(failure: &Failure) -> &'static str {
    match failure {
        Failure::Payment(PaymentError::Unknown(_)) => PAYMENT_OUTCOME_UNKNOWN,
        Failure::Payment(PaymentError::Unavailable(_)) => PROVIDER_UNAVAILABLE,
        Failure::Payment(PaymentError::Refused { .. }) => PROVIDER_REFUSED,
        Failure::Store(StoreError::Unavailable(_)) | Failure::Secret(_) | Failure::Workflow(_) => {
            STORE_UNAVAILABLE
        }
        Failure::Store(StoreError::Contention(_)) | Failure::RequestInProgress => CONFLICT,
        Failure::Store(StoreError::Corrupt { .. }) => CORRUPT,
        Failure::Store(StoreError::TooLarge { .. }) | Failure::Inconsistent(_) => INCONSISTENT,
        Failure::NotFound(_) => NOT_FOUND,
        Failure::Forbidden(_)
        | Failure::Invalid { .. }
        | Failure::RateCard(_)
        | Failure::RangeNotBookable(_)
        | Failure::RateNotAvailable { .. }
        | Failure::QuoteExpired { .. }
        | Failure::QuoteNotValid
        | Failure::NotChargeable(_)
        | Failure::SoldOut { .. }
        | Failure::TooManyHolds
        | Failure::HoldsStopped
        | Failure::HoldLimitReached { .. }
        | Failure::TooManyAttempts { .. }
        | Failure::TooManyCodes { .. }
        | Failure::HoldExpired
        | Failure::HoldReleased
        | Failure::HoldConfirmed
        | Failure::HoldNotExtendable
        | Failure::KeyReused
        | Failure::CapacityInUse { .. }
        | Failure::PreconditionFailed
        | Failure::TooManyPages { .. }
        | Failure::NotCancellable(_)
        | Failure::BookingRejected(_) => OUT_OF_TURN,
    }
}
