//! The status of a booking.

/// The status of a booking (API.md, Bookings).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BookingStatus {
    /// The payment runs.
    Pending,
    /// Its places are the guest's.
    Confirmed,
    /// The guest or an operator cancelled it.
    Cancelled,
    /// Its time has passed.
    Completed,
    /// The payment failed.
    Failed,
}

impl BookingStatus {
    /// Every status, in the order in which a booking may have them.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Confirmed, Self::Cancelled, Self::Completed, Self::Failed];

    /// The name in answers and events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}
