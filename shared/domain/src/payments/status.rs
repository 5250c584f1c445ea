//! The status of a payment.

/// The status of a payment, or of all payments of a booking together (API.md, Bookings).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PaymentStatus {
    /// Nothing is certain yet.
    Pending,
    /// Reserved on the card.
    Authorized,
    /// Taken.
    Captured,
    /// The reservation was given back.
    Voided,
    /// A part was given back.
    PartiallyRefunded,
    /// All was given back.
    Refunded,
    /// The card was declined.
    Failed,
    /// Taken, and disputed by the card's bank: nobody knows yet whose it is.
    Disputed,
    /// Taken, and taken back by the card's bank.
    ChargedBack,
}

impl PaymentStatus {
    /// Every status.
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::Authorized,
        Self::Captured,
        Self::Voided,
        Self::PartiallyRefunded,
        Self::Refunded,
        Self::Failed,
        Self::Disputed,
        Self::ChargedBack,
    ];

    /// The name in answers and events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Authorized => "authorized",
            Self::Captured => "captured",
            Self::Voided => "voided",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Refunded => "refunded",
            Self::Failed => "failed",
            Self::Disputed => "disputed",
            Self::ChargedBack => "charged_back",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether the amount was taken, given back or disputed since or not.
    #[must_use]
    pub fn is_captured(self) -> bool {
        match self {
            Self::Captured
            | Self::PartiallyRefunded
            | Self::Refunded
            | Self::Disputed
            | Self::ChargedBack => true,
            Self::Pending | Self::Authorized | Self::Voided | Self::Failed => false,
        }
    }
}
