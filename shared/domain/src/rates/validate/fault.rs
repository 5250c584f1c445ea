//! What can be wrong with a rate card.

use thiserror::Error;

use crate::money::Currency;
use crate::rates::ids::{CalendarId, PlanId, RuleId, TaxCategory};
use crate::rates::plan::DERIVATIONS_MAX;
use crate::rates::restrict::SOLD_TOGETHER_MAX;

/// A problem of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardProblem {
    /// Where, as a JSON pointer into the card: `/rules/3/when/dates/0`.
    pub path: String,
    /// The name of the plan, kind, rule, charge, restriction, extra or promotion it is about, where it is about one.
    pub id: Option<String>,
    /// What is wrong.
    pub fault: CardFault,
}

/// What is wrong with a part of a card.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CardFault {
    /// More of something than there may be.
    #[error("there must be at most {max}")]
    TooMany {
        /// The most.
        max: usize,
    },
    /// None of something of which there has to be one.
    #[error("there must be at least one")]
    Missing,
    /// A name, or a day of the week, is there twice.
    #[error("is there twice")]
    Duplicate,
    /// An amount in another currency than the resource's.
    #[error("must be in {0}, the currency of the resource")]
    Currency(Currency),
    /// An amount that cannot be charged.
    #[error("must be a multiple of {0} minor units: nothing smaller can be paid")]
    Step(i64),
    /// A number outside of its bounds.
    #[error("must be between {min} and {max}")]
    OutOfBounds {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// A percentage of a charge or a promotion that is none from 0 to 100, or takes nothing off.
    #[error("must be a percentage up to 100, and not below 0")]
    Percentage,
    /// There is no such plan.
    #[error("the card has no plan {0}")]
    UnknownPlan(PlanId),
    /// There is no such calendar.
    #[error("the card has no calendar {0}")]
    UnknownCalendar(CalendarId),
    /// The plan of those who name none is not for all.
    #[error("the default plan must be sold to everyone, in every channel")]
    DefaultIsPrivate,
    /// A plan derives its price from itself.
    #[error("derives its price from itself")]
    Loop,
    /// A plan derives its price from too many others, one from the next.
    #[error("derives its price through more than {DERIVATIONS_MAX} plans")]
    TooDeep,
    /// A derived plan whose price does not depend on the other's.
    #[error("a plan with a fixed price has a base price, and derives none")]
    FixedDerivation,
    /// A range or a validity that ends before it begins.
    #[error("must end after it begins")]
    EmptyRange,
    /// Bounds within which no number is.
    #[error("the least must not be above the greatest")]
    EmptyBounds,
    /// A rule whose conditions are never met together.
    #[error("can never apply: no slot meets all its conditions")]
    NeverApplies,
    /// A rule whose effect another one always overwrites.
    #[error("has no effect: the rule {0} sets the price after it wherever it applies")]
    Overwritten(RuleId),
    /// A rule of a group in whose place another one of it always comes.
    #[error("never applies: the rule {0} of its group comes first wherever it would")]
    Forestalled(RuleId),
    /// Two rules of one priority that set a price on the same slots.
    #[error("sets a price, of the same priority, on slots on which the rule {0} does")]
    Overlap(RuleId),
    /// Two rules of one group and one priority that apply to the same slots.
    #[error(
        "is in one group with the rule {0}, with the same priority, and applies to slots to which that does"
    )]
    GroupOverlap(RuleId),
    /// The least price is above the greatest.
    #[error("the least price must not be above the greatest")]
    FencesCrossed,
    /// Bands that do not begin at ascending prices.
    #[error("bands must have ascending prices, the first 0")]
    BandOrder,
    /// Bands of ages that overlap, or end before they begin.
    #[error("bands of ages must be ascending and must not overlap")]
    AgeBands,
    /// An included fee.
    #[error("a fee is never included in prices")]
    FeeIncluded,
    /// An included tax by bands, of which the price without it is not known.
    #[error("a tax by bands is never included in prices")]
    BandsIncluded,
    /// An included tax that is not given back as the price is.
    #[error("an included tax is given back as the price is")]
    IncludedIsKept,
    /// An amount, or an included tax, that is to go by prices before discounts.
    #[error("an amount goes by no price, and an included tax by what is paid")]
    BeforeDiscounts,
    /// A percentage of nothing.
    #[error("a percentage must name at least one category that it is levied on")]
    LeviedOnNothing,
    /// An amount that says what it is levied on.
    #[error("an amount is levied on what it is counted by, not on a category")]
    LeviedOnCount,
    /// A charge that exempts guests, and counts none.
    #[error("has no effect: only what is counted by guests, or goes by bands, exempts some of them")]
    ExemptsNobody,
    /// A charge for the first slots of a stay that counts no slots.
    #[error("has no effect: what is counted once for a stay is not due for some of its slots")]
    CountsNoSlots,
    /// A category that nothing of the card has.
    #[error("nothing of the card is of the category {0}")]
    UnknownCategory(TaxCategory),
    /// A fee on a fee.
    #[error("fees are not levied on fees, such as {0}")]
    FeeOnFee(TaxCategory),
    /// Deadlines that do not come one after the other.
    #[error("each deadline must be later than the one before it")]
    DeadlineOrder,
    /// A restriction that no stay of any plan meets.
    #[error("can never apply: no stay of a plan it concerns is on a date that it names")]
    ConcernsNoStay,
    /// An edit of dates that leaves all as it is.
    #[error("sets neither a price nor a limit")]
    SetsNothing,
    /// Days of the week that dates do not have.
    #[error("no date from the first up to the last is one of these days")]
    NoSuchDay,
    /// A restriction that limits nothing.
    #[error("must have at least one limit")]
    NoLimit,
    /// Dates sold together, without a range, or a longer one than may be.
    #[error("dates that are sold together need ranges of at most {SOLD_TOGETHER_MAX} days")]
    SoldTogether,
}
