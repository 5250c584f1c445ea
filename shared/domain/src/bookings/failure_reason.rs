//! Why a booking failed: the provider's decline, or a closed list of codes of ours.
//!
//! The codes are written by `statemachines/*.asl.json`, stored with the booking and shown to guests (API.md, `failureReason`):
//! their texts never change. A test holds this list against the machines.

use crate::payments::PaymentStatus;

/// Why a booking failed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FailureReason {
    /// The bank or the provider declined the card.
    Declined {
        /// The provider's code, such as `insufficient_funds`.
        code: String,
    },
    /// The hold had expired before anything was paid.
    HoldExpired,
    /// The hold expired during the payment, and its places are gone.
    SoldOut,
    /// The customer did not finish the bank's step in time.
    PaymentTimedOut,
    /// The authorization expired, or was voided at the provider.
    PaymentVoided,
    /// The payment provider did not answer.
    PaymentUnavailable,
    /// The store or another service of ours did not answer.
    ServiceUnavailable,
}

impl FailureReason {
    /// How a state machine names a decline; the provider's code comes beside it.
    pub const DECLINED: &str = "payment_declined";

    /// Why a card was declined, as guests and the outside are answered whatever the provider's code: by any second code
    /// those who try cards would learn which ones their bank knows.
    pub const DECLINED_TO_GUESTS: &str = "card_declined";

    /// Every reason that is a code of ours.
    pub const OWN: [Self; 6] = [
        Self::HoldExpired,
        Self::SoldOut,
        Self::PaymentTimedOut,
        Self::PaymentVoided,
        Self::PaymentUnavailable,
        Self::ServiceUnavailable,
    ];

    /// The stored text: the provider's code of a decline, or our own code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Declined { code } => code,
            Self::HoldExpired => "hold_expired",
            Self::SoldOut => "sold_out",
            Self::PaymentTimedOut => "payment_timed_out",
            Self::PaymentVoided => "payment_voided",
            Self::PaymentUnavailable => "payment_unavailable",
            Self::ServiceUnavailable => "service_unavailable",
        }
    }

    /// What guests are answered: [`Self::DECLINED_TO_GUESTS`], or our own code.
    #[must_use]
    pub fn shown_to_guests(&self) -> &str {
        match self {
            Self::Declined { .. } => Self::DECLINED_TO_GUESTS,
            Self::HoldExpired
            | Self::SoldOut
            | Self::PaymentTimedOut
            | Self::PaymentVoided
            | Self::PaymentUnavailable
            | Self::ServiceUnavailable => self.as_str(),
        }
    }

    /// The reason that is a code of ours, of that text.
    #[must_use]
    pub fn parse_own(code: &str) -> Option<Self> {
        Self::OWN.into_iter().find(|reason| reason.as_str() == code)
    }

    /// The reason of a stored text beside its payment status. A provider's code may read like one of ours: where the
    /// payment has failed it is the provider's.
    #[must_use]
    pub fn of_stored(text: &str, payment: PaymentStatus) -> Self {
        let declined = || Self::Declined { code: text.to_owned() };
        match payment {
            PaymentStatus::Failed => declined(),
            PaymentStatus::Pending
            | PaymentStatus::Authorized
            | PaymentStatus::Captured
            | PaymentStatus::Voided
            | PaymentStatus::PartiallyRefunded
            | PaymentStatus::Refunded
            | PaymentStatus::Disputed
            | PaymentStatus::ChargedBack => Self::parse_own(text).unwrap_or_else(declined),
        }
    }

    /// Whether the card was declined.
    #[must_use]
    pub fn is_decline(&self) -> bool {
        match self {
            Self::Declined { .. } => true,
            Self::HoldExpired
            | Self::SoldOut
            | Self::PaymentTimedOut
            | Self::PaymentVoided
            | Self::PaymentUnavailable
            | Self::ServiceUnavailable => false,
        }
    }

    /// Whether its guest learns something of the card by it, though nothing was taken: by a decline that it is refused, by a bank's
    /// step that was shown and not finished that its bank knows it.
    #[must_use]
    pub fn reveals_the_card(&self) -> bool {
        match self {
            Self::Declined { .. } | Self::PaymentTimedOut => true,
            Self::HoldExpired
            | Self::SoldOut
            | Self::PaymentVoided
            | Self::PaymentUnavailable
            | Self::ServiceUnavailable => false,
        }
    }

    /// Whether the payment provider was not asked for anything yet.
    #[must_use]
    pub fn precedes_the_payment(&self) -> bool {
        match self {
            Self::HoldExpired | Self::ServiceUnavailable => true,
            Self::Declined { .. }
            | Self::SoldOut
            | Self::PaymentTimedOut
            | Self::PaymentVoided
            | Self::PaymentUnavailable => false,
        }
    }

    /// Whether something outside did not answer, so that the same request may succeed later.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::PaymentUnavailable | Self::ServiceUnavailable => true,
            Self::Declined { .. }
            | Self::HoldExpired
            | Self::SoldOut
            | Self::PaymentTimedOut
            | Self::PaymentVoided => false,
        }
    }
}
