//! Rates of resources: cards, their history, what is set for dates, quotes, and what holds and bookings say of theirs.

pub(crate) mod applied;
pub(crate) mod choice;
pub(crate) mod explain;
pub(crate) mod price_override;
pub(crate) mod quotes;
pub(crate) mod read;
pub(crate) mod routes;
pub(crate) mod wire;

pub use applied::{
    ChildAge, ChosenExtraBody, KeptTermsBody, PriceLineBody, RateBody, RatePlanName, UnitBody,
};
pub use explain::{ExplainParameters, ExplanationBody};
pub use price_override::{NewPriceOverride, PriceOverrideBody};
pub use quotes::{NewQuote, QuoteBody, ReasonBody, RulesName};
pub use read::VersionQuestion;
pub use wire::{
    BandBody, BoundsBody, CancellationBody, ChargeBody, ChargeKindName, ChildBandBody, ConditionBody,
    DateRangeBody, DatedLimits, DatedLine, DatedRatesBody, DueName, ExtraBody, IncludedBody, LimitsBody,
    LineResult, LineResults, LineStatus, ListedVersion, OccupancyBody, PaymentName, PerName,
    PercentChangeBody, PlanBody, PlanPriceBody, PromotionBody, PutParameters, RateCalendar,
    RateCalendarParameters, RateCardBody, RateDay, RateName, RatesBody, RatesOfDay, ResourceIdText,
    RestrictionBody, RuleBody, ShareBody, SlotBoundsBody, SoldPercentBoundsBody, StepBody, TimesBody,
    UnitTypeBody, ValidityBody, VersionBody, VersionList, VersionParameters,
};
