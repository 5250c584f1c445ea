//! Movements of a booking's money, each of which has a receipt.

use jiff::Timestamp;

use crate::money::Money;

/// What a receipt is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReceiptKind {
    /// Money was taken.
    Payment,
    /// Money was given back, or is on its way back.
    Refund,
    /// Money that was on its way back has not arrived: so much of the refunds before is taken back. No receipt is ever changed.
    RefundReversed,
}

impl ReceiptKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Payment, Self::Refund, Self::RefundReversed];

    /// The name in answers and in what is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Refund => "refund",
            Self::RefundReversed => "refund_reversed",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// An entry of a booking's audit trail by which money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoneyMovement {
    /// The number of the entry in the booking's trail: money moves once by each.
    pub entry: u64,
    /// Which way the money went.
    pub kind: ReceiptKind,
    /// How much; never nothing.
    pub amount: Money,
    /// When.
    pub at: Timestamp,
}
