//! What the handlers do not say of themselves.

use crate::problem::Code;
use crate::request::Scope;

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Anyone.
    Public,
    /// Bearers of any of the scopes.
    Scopes(&'static [Scope]),
}

/// What the handlers do not say of themselves.
pub(super) struct Facts {
    /// Its id.
    pub(super) operation: &'static str,
    /// The folder below `functions/` that serves it.
    pub(super) function: &'static str,
    /// Who may call it.
    pub(super) access: Access,
    /// Whether it takes an `Idempotency-Key`.
    pub(super) keyed: bool,
    /// Problems beside those of every operation, of every token, of every key.
    pub(super) codes: &'static [Code],
}

const ANYONE: Access = Access::Public;
const GUEST: Access = Access::Scopes(&[Scope::Guest, Scope::Operator]);
const OPERATOR: Access = Access::Scopes(&[Scope::Operator]);

/// Every operation.
pub(super) const FACTS: &[Facts] = &[
    Facts {
        operation: "search",
        function: "search",
        access: ANYONE,
        keyed: false,
        codes: &[Code::ValidationFailed],
    },
    Facts {
        operation: "readCalendar",
        function: "search",
        access: ANYONE,
        keyed: false,
        codes: &[Code::NotFound, Code::ValidationFailed, Code::RangeNotBookable],
    },
    Facts {
        operation: "createHold",
        function: "hold",
        access: GUEST,
        keyed: true,
        codes: &[
            Code::MalformedJson,
            Code::BodyTooLarge,
            Code::ValidationFailed,
            Code::RangeNotBookable,
            Code::Forbidden,
            Code::NotFound,
            Code::SoldOut,
            Code::TooManyHolds,
            Code::HoldLimitReached,
        ],
    },
    Facts { operation: "readHold", function: "hold", access: GUEST, keyed: false, codes: &[Code::NotFound] },
    Facts {
        operation: "releaseHold",
        function: "hold",
        access: GUEST,
        keyed: false,
        codes: &[Code::NotFound, Code::HoldConfirmed, Code::RequestInProgress],
    },
    Facts {
        operation: "extendHold",
        function: "hold",
        access: GUEST,
        keyed: true,
        codes: &[
            Code::MalformedJson,
            Code::BodyTooLarge,
            Code::ValidationFailed,
            Code::NotFound,
            Code::HoldNotExtendable,
            Code::HoldExpired,
            Code::HoldReleased,
            Code::HoldConfirmed,
        ],
    },
    Facts {
        operation: "createBooking",
        function: "confirm",
        access: GUEST,
        keyed: true,
        codes: &[
            Code::MalformedJson,
            Code::BodyTooLarge,
            Code::ValidationFailed,
            Code::NotFound,
            Code::PaymentDeclined,
            Code::PaymentFailed,
            Code::HoldExpired,
            Code::HoldReleased,
            Code::HoldConfirmed,
            Code::SoldOut,
        ],
    },
    Facts {
        operation: "listBookings",
        function: "bookings",
        access: GUEST,
        keyed: false,
        codes: &[Code::ValidationFailed],
    },
    Facts {
        operation: "readBooking",
        function: "bookings",
        access: GUEST,
        keyed: false,
        codes: &[Code::NotFound],
    },
    Facts {
        operation: "readBookingEvents",
        function: "bookings",
        access: GUEST,
        keyed: false,
        codes: &[Code::NotFound],
    },
    Facts {
        operation: "cancelBooking",
        function: "cancel",
        access: GUEST,
        keyed: true,
        codes: &[
            Code::MalformedJson,
            Code::BodyTooLarge,
            Code::ValidationFailed,
            Code::NotFound,
            Code::BookingNotCancellable,
        ],
    },
    Facts {
        operation: "readResource",
        function: "resources",
        access: ANYONE,
        keyed: false,
        codes: &[Code::NotFound],
    },
    Facts {
        operation: "putResource",
        function: "resources",
        access: OPERATOR,
        keyed: false,
        codes: &[
            Code::MalformedJson,
            Code::BodyTooLarge,
            Code::ValidationFailed,
            Code::RangeNotBookable,
            Code::CapacityInUse,
        ],
    },
    Facts {
        operation: "setInventory",
        function: "resources",
        access: OPERATOR,
        keyed: false,
        codes: &[
            Code::MalformedJson,
            Code::BodyTooLarge,
            Code::ValidationFailed,
            Code::RangeNotBookable,
            Code::NotFound,
            Code::CapacityInUse,
        ],
    },
    Facts {
        operation: "receiveStripeEvent",
        function: "stripe-webhook",
        access: ANYONE,
        keyed: false,
        codes: &[Code::InvalidSignature, Code::BodyTooLarge],
    },
];
