//! What happens around a saga. Together the scenarios come by every task of every machine; a test sees to that.

use crate::bank::{DECLINED, Dashboard, Fault, NEVER_CAPTURES, Op, THREE_D_SECURE, VISA};
use crate::world::PRICE;

const TTL: u32 = 600;
/// Longer than any claim lives.
const CLAIM_OVER: i64 = 901;
/// From the start of the test to check-in of the night.
const TO_CHECK_IN: i64 = 12 * 24 * 3600 + 7 * 3600;

/// Something that somebody else does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Deed {
    /// Time goes by.
    Pass(i64),
    /// Another guest takes the places, if they are free.
    Thief,
    /// A person does something in the provider's dashboard.
    Dashboard(Dashboard),
    /// The guest gives the booking up.
    Cancel,
    /// The customer does what the bank wants, as soon as it wants something.
    Customer {
        /// Whether the bank is content.
        passes: bool,
    },
    /// The booking's own machine runs to its end.
    Book,
    /// The booking's saga comes as far as an authorization.
    Authorize,
}

/// A saga and what happens around it.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) machine: &'static str,
    pub(crate) card: &'static str,
    pub(crate) ttl_seconds: u32,
    /// Before the machine starts.
    pub(crate) first: &'static [Deed],
    /// Before the first attempt of a state.
    pub(crate) before: &'static [(&'static str, Deed)],
    /// Seconds after the start.
    pub(crate) at: &'static [(i64, Deed)],
    /// What goes wrong at the bank, so many times.
    pub(crate) bank: &'static [(Op, Fault, usize)],
    /// What the house keeps of a cancelled booking's money.
    pub(crate) kept_if_cancelled: i64,
}

const BOOKING: Scenario = Scenario {
    name: "paid",
    machine: "booking",
    card: VISA,
    ttl_seconds: TTL,
    first: &[],
    before: &[],
    at: &[],
    bank: &[],
    kept_if_cancelled: 0,
};

const CANCELLATION: Scenario = Scenario {
    name: "all given back",
    machine: "cancellation",
    first: &[Deed::Book, Deed::Cancel],
    ..BOOKING
};

pub(crate) static SCENARIOS: &[Scenario] = &[
    BOOKING,
    Scenario { name: "card declined", card: DECLINED, ..BOOKING },
    Scenario { name: "capture refused", card: NEVER_CAPTURES, ..BOOKING },
    Scenario {
        name: "capture refused after the hold's time",
        card: NEVER_CAPTURES,
        before: &[("CapturePayment", Deed::Pass(601))],
        ..BOOKING
    },
    Scenario { name: "hold dead before the start", first: &[Deed::Pass(CLAIM_OVER)], ..BOOKING },
    Scenario {
        name: "customer in time",
        card: THREE_D_SECURE,
        at: &[(60, Deed::Customer { passes: true })],
        ..BOOKING
    },
    Scenario {
        name: "customer fails",
        card: THREE_D_SECURE,
        at: &[(60, Deed::Customer { passes: false })],
        ..BOOKING
    },
    Scenario {
        name: "customer late, places free",
        card: THREE_D_SECURE,
        at: &[(1_500, Deed::Customer { passes: true })],
        ..BOOKING
    },
    Scenario {
        name: "customer late, places gone",
        card: THREE_D_SECURE,
        at: &[(1_400, Deed::Thief), (1_500, Deed::Customer { passes: true })],
        ..BOOKING
    },
    Scenario { name: "customer never comes", card: THREE_D_SECURE, ..BOOKING },
    Scenario {
        name: "given up while it waits for the customer",
        card: THREE_D_SECURE,
        at: &[(60, Deed::Cancel)],
        ..BOOKING
    },
    Scenario {
        name: "sold out after the hold died",
        before: &[("ConfirmBooking", Deed::Pass(CLAIM_OVER)), ("ConfirmBooking", Deed::Thief)],
        ..BOOKING
    },
    Scenario {
        name: "captured elsewhere and sold out",
        before: &[
            ("ConfirmBooking", Deed::Dashboard(Dashboard::Captures)),
            ("ConfirmBooking", Deed::Pass(CLAIM_OVER)),
            ("ConfirmBooking", Deed::Thief),
        ],
        ..BOOKING
    },
    Scenario {
        name: "voided elsewhere before the capture",
        before: &[("CapturePayment", Deed::Dashboard(Dashboard::Voids))],
        ..BOOKING
    },
    Scenario { name: "given up before the payment", before: &[("CreatePayment", Deed::Cancel)], ..BOOKING },
    Scenario { name: "given up before it stands", before: &[("ConfirmBooking", Deed::Cancel)], ..BOOKING },
    Scenario { name: "given up before the capture", before: &[("CapturePayment", Deed::Cancel)], ..BOOKING },
    Scenario {
        name: "captured elsewhere and given up",
        before: &[("ConfirmBooking", Deed::Dashboard(Dashboard::Captures)), ("ConfirmBooking", Deed::Cancel)],
        ..BOOKING
    },
    Scenario {
        name: "answer of the authorization lost",
        bank: &[(Op::Authorize, Fault::AnswerLost, 1)],
        ..BOOKING
    },
    Scenario {
        name: "request of the authorization never arrives",
        bank: &[(Op::Authorize, Fault::RequestLost, 4)],
        ..BOOKING
    },
    Scenario { name: "answer of the capture lost", bank: &[(Op::Capture, Fault::AnswerLost, 1)], ..BOOKING },
    Scenario {
        // As often as the machine asks within its 75 minutes: four times soon, then every 20 seconds.
        name: "request of the capture never arrives: parked",
        bank: &[(Op::Capture, Fault::RequestLost, 229)],
        ..BOOKING
    },
    Scenario {
        name: "void refused: parked",
        card: DECLINED,
        bank: &[(Op::Void, Fault::Refused, 1)],
        ..BOOKING
    },
    CANCELLATION,
    Scenario {
        name: "half given back",
        first: &[Deed::Book, Deed::Pass(TO_CHECK_IN - 3_600), Deed::Cancel],
        kept_if_cancelled: PRICE - PRICE / 2,
        ..CANCELLATION
    },
    Scenario {
        name: "nothing given back",
        first: &[Deed::Book, Deed::Pass(TO_CHECK_IN), Deed::Cancel],
        kept_if_cancelled: PRICE,
        ..CANCELLATION
    },
    Scenario { name: "given up when authorized", first: &[Deed::Authorize, Deed::Cancel], ..CANCELLATION },
    Scenario { name: "given up before a payment", first: &[Deed::Cancel], ..CANCELLATION },
    Scenario { name: "refund refused: parked", bank: &[(Op::Refund, Fault::Refused, 1)], ..CANCELLATION },
];
