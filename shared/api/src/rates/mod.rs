//! Rates of resources: cards, their history, and what is set for dates.

mod read;
pub(crate) mod routes;
pub(crate) mod wire;

pub use read::VersionQuestion;
pub use wire::{
    BandBody, BoundsBody, CancellationBody, ChargeBody, ChargeKindName, ChildBandBody, ConditionBody,
    DateRangeBody, DatedLimits, DatedLine, DatedRatesBody, DueName, ExtraBody, IncludedBody, LimitsBody,
    LineResult, LineResults, LineStatus, ListedVersion, OccupancyBody, PaymentName, PerName, PlanBody,
    PlanPriceBody, PromotionBody, PutParameters, RateCalendar, RateCalendarParameters, RateCardBody, RateDay,
    RateName, RatesBody, RatesOfDay, ResourceIdText, RestrictionBody, RuleBody, StepBody, TimesBody,
    UnitTypeBody, ValidityBody, VersionBody, VersionList, VersionParameters,
};
