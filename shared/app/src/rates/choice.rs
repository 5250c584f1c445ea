//! What a guest chooses of a resource's rates.

use std::collections::BTreeSet;

use holdfast_domain::catalogue::Month;
use holdfast_domain::rates::extra::ExtraChoice;
use holdfast_domain::rates::ids::{Channel, PlanId};
use holdfast_domain::rates::occupancy::Unit;
use holdfast_domain::rates::price_override::OverrideReason;
use holdfast_domain::rates::promotion::PromotionCode;
use holdfast_domain::{Money, When};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The most months that are read for one stay: those of 366 nights and what is beside them.
const MONTHS_MAX: usize = 15;

/// What is chosen beside resource, time and quantity. Nothing is chosen by default, which is the default plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RateChoice {
    /// The plan; the default one if absent.
    pub plan: Option<PlanId>,
    /// The units, as many as the quantity; nothing is said of any if empty.
    pub units: Vec<Unit>,
    /// What is chosen beside the places.
    pub extras: Vec<ExtraChoice>,
    /// A promotion's code.
    pub promotion: Option<PromotionCode>,
    /// Where the request comes from; the web if absent.
    pub channel: Option<Channel>,
    /// What the places cost in all, in place of what rules make of it: for operators.
    pub price_override: Option<SetPrice>,
}

/// A price that an operator sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetPrice {
    /// Of all slots of all units, before taxes and fees on top.
    pub amount: Money,
    /// Why.
    pub reason: OverrideReason,
}

/// The local months, in whatever zone, in which dated rates may matter to a stay: those of its slots, and of the dates beside them. An
/// instant is of the date before or after that of UTC somewhere.
#[must_use]
pub(crate) fn months_around(start: When, end: When) -> BTreeSet<Month> {
    let beside = |when: When, days: i32| {
        let (date, span) = match when {
            When::Date(date) => (date, days.days()),
            When::Instant(at) => (TimeZone::UTC.to_datetime(at).date(), (2 * days).days()),
        };
        date.checked_add(span).unwrap_or(date)
    };
    let (first, last) = (beside(start, -1), beside(end, 1));
    let firsts =
        std::iter::successors(Some(first.first_of_month()), |month: &Date| month.checked_add(1.month()).ok());
    firsts.take_while(|month| *month <= last).take(MONTHS_MAX).map(Month::of).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn check(start: When, end: When, expected: &[&str]) {
        let months: Vec<String> = months_around(start, end).iter().map(ToString::to_string).collect();
        assert_eq!(months, expected);
    }

    #[test]
    fn the_months_of_a_stay_are_those_of_its_dates_in_whatever_zone() {
        let day = |month, day| When::Date(date(2030, month, day));
        check(day(6, 10), day(6, 12), &["2030-06"]);
        check(day(6, 1), day(6, 2), &["2030-05", "2030-06"]);
        check(day(6, 30), day(7, 2), &["2030-06", "2030-07"]);
        let at = |text: &str| When::Instant(text.parse().expect("an instant"));
        check(at("2030-06-30T23:30:00Z"), at("2030-06-30T23:45:00Z"), &["2030-06", "2030-07"]);
        check(at("2030-07-01T00:30:00Z"), at("2030-07-01T01:00:00Z"), &["2030-06", "2030-07"]);
    }

    #[test]
    fn a_stay_that_never_ends_has_as_many_months_as_the_longest_there_is() {
        assert_eq!(months_around(When::Date(Date::MIN), When::Date(Date::MAX)).len(), MONTHS_MAX);
        assert_eq!(months_around(When::Date(Date::MAX), When::Date(Date::MIN)).len(), 0);
    }
}
