//! What a plan costs for a stay, and why; or why it cannot be had.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::bookings::Price;
use crate::catalogue::Label;
use crate::rates::cancellation::RefundTerms;
use crate::rates::extra::ExtraChoice;
use crate::rates::ids::{ExtraId, PlanId, RestrictionId, RuleId};
use crate::rates::occupancy::Unit;
use crate::rates::plan::Payment;
use crate::rates::price_override::PriceOverride;
use crate::rates::promotion::{PromotionCode, UseLimits};

pub use crate::rates::charge::IncludedTax;

/// The most lines of a stay's places. Where their prices would make more there is one line per local month.
pub const STAY_LINES_MAX: usize = 40;

/// What was applied to an order's price: with the price's lines all that is charged and given back for, whatever changes later.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AppliedRate {
    /// The plan.
    pub plan: PlanId,
    /// Its name, as it was.
    pub plan_name: Label,
    /// The version of the rate card.
    pub card_version: u64,
    /// When it is paid.
    pub payment: Payment,
    /// What the price includes, for people.
    pub included: Vec<Label>,
    /// The units that were priced.
    pub units: Vec<Unit>,
    /// What was chosen beside the places.
    pub extras: Vec<ExtraChoice>,
    /// The promotion that was used.
    pub promotion: Option<PromotionCode>,
    /// How often that promotion may be used.
    pub promotion_limits: UseLimits,
    /// The price that staff set, if they did.
    pub price_override: Option<PriceOverride>,
    /// What a cancellation keeps.
    pub refunds: RefundTerms,
    /// When it was priced.
    pub priced_at: Timestamp,
}

/// What one plan costs for a stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanQuote {
    /// The price, line by line.
    pub price: Price,
    /// What was applied.
    pub applied: AppliedRate,
    /// Why each slot of each unit costs what it costs, in the order of slots, then units.
    pub slots: Vec<SlotPrice>,
}

/// Why a slot of a unit costs what it costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotPrice {
    /// When the slot begins.
    pub start: Timestamp,
    /// Its local date.
    pub date: Date,
    /// Which of the units, from 0.
    pub unit: u32,
    /// What made the price, in order.
    pub steps: Vec<PriceStep>,
    /// The price, in minor units: that of the last step.
    pub amount: i64,
}

/// A step of a slot's price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceStep {
    /// What it is from.
    pub cause: Cause,
    /// The running price after it, in minor units, rounded half up for the reader: what follows goes on with the exact one.
    pub amount: i64,
}

/// What made a step of a price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The plan's own price.
    Base(PlanId),
    /// The price that is set for the date under that plan.
    DatedPrice(PlanId),
    /// The plan derives its price.
    Derived(PlanId),
    /// The kind of unit.
    UnitType,
    /// The unit's guests.
    Guests,
    /// A rule.
    Rule(RuleId),
    /// The least price.
    PriceMin,
    /// The greatest price.
    PriceMax,
    /// Rounding to what can be charged.
    Rounding,
    /// The plan never costs more than the plan it derives from.
    NotAboveParent,
    /// Staff set what the stay costs: the part of it, as the usual prices are to each other.
    Override,
}

/// The most reasons that are named of one plan.
pub const REASONS_MAX: usize = 40;

/// Why a plan cannot be had for a stay: every reason there is, up to [`REASONS_MAX`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable {
    /// At least one.
    pub reasons: Vec<Reason>,
}

impl Unavailable {
    /// Whether nothing but restrictions keeps the plan from being had.
    #[must_use]
    pub fn is_by_restrictions_alone(&self) -> bool {
        self.reasons.iter().all(|reason| matches!(reason, Reason::Restricted { .. }))
    }
}

/// A reason why a plan cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// There is no such plan, or the caller may not see it.
    NoPlan,
    /// The plan is not sold through the channel.
    Channel,
    /// A restriction of the card, or of a date where no restriction is named.
    Restricted {
        /// Which; none for what is set for a date.
        restriction: Option<RestrictionId>,
        /// The date it is about.
        date: Date,
        /// What it asks.
        limit: Limit,
    },
    /// A kind of unit that the card does not have.
    UnitType,
    /// More guests than a unit takes, or none.
    Guests {
        /// The most.
        guests_max: u32,
    },
    /// More children in cots than a unit has.
    Cots {
        /// The most.
        cots_max: u32,
    },
    /// An extra that the card or the plan does not have, or more of it than there may be.
    Extra(ExtraId),
    /// The code is unknown, not for this stay, plan or guest, or used up: one answer for all.
    Promotion,
    /// The price is out of range.
    OutOfRange,
}

/// What a restriction asks of a stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// At least a number of slots.
    StayMin(u32),
    /// At most a number of slots.
    StayMax(u32),
    /// No arrival on the date.
    ClosedToArrival,
    /// No departure on the date.
    ClosedToDeparture,
    /// No slot on the date.
    StopSell,
    /// To be booked a number of minutes before.
    NoticeMin(u32),
    /// To be booked at most a number of days before.
    WindowMax(u32),
    /// At least a number of units.
    QuantityMin(u32),
    /// At most a number of units.
    QuantityMax(u32),
    /// All dates up to this one, itself included.
    SoldTogether {
        /// The first date of the range.
        from: Date,
        /// The one after the last.
        to: Date,
    },
}
