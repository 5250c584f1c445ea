//! How the steps of the payment saga end.

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The hold is claimed by this booking.
    Claimed,
    /// The hold is dead: nothing was paid.
    Dead,
    /// The provider knows of the payment.
    Created,
    /// The amount is reserved.
    Authorized,
    /// The bank wants the customer, for a number of seconds.
    ActionRequired {
        /// Until the hold expires, rounded up; 0 once it has: then only a late payment may still come.
        timeout_seconds: i64,
    },
    /// The card was declined.
    Declined {
        /// The provider's code.
        code: String,
    },
    /// Nobody has tried to pay yet.
    NotStarted,
    /// The callback is remembered.
    Notified,
    /// The places are the guest's.
    Confirmed,
    /// The hold died, and its places are gone or their time has begun.
    SoldOut,
    /// The money is taken.
    Captured,
    /// Nothing is reserved.
    Voided,
    /// All that was taken is given back.
    Refunded,
    /// The booking has failed.
    Failed,
    /// The money of a cancelled or failed booking is settled.
    Settled,
    /// The booking was cancelled meanwhile, or has failed before: only its money is settled.
    Cancelled,
}
