//! What an operator changed of a resource: which terms, what of which dates, whether new holds are stopped. A change that changes
//! nothing is none.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::catalogue::dated::{DateFacts, Facts};
use crate::catalogue::resource::{Resource, ResourceTerms, zone_name};
use crate::rates::changes::RatesChange;

/// One of a resource's terms.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the field of that name of `ResourceTerms`")]
pub enum Term {
    Property,
    ResourceType,
    Name,
    Location,
    TimeZone,
    Schedule,
    Capacity,
    HoldTtl,
    HoldLimits,
    BasePrice,
    CancellationPolicy,
    /// The attribute of that name.
    Attribute(String),
}

/// What was changed for a range of dates, the same for each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatesChange {
    /// First local date.
    pub from: Date,
    /// Local date after the last.
    pub to: Date,
    /// What was set for each.
    pub before: DateFacts,
    /// What is set for each now.
    pub after: DateFacts,
}

/// What was changed of a resource, or of all.
#[derive(Debug, Clone, PartialEq)]
pub enum ResourceChange {
    /// It was created.
    Created(Box<ResourceTerms>),
    /// Terms that allow less are to follow: until then only what both do is sold.
    Announced(Box<TermsChange>),
    /// Its terms were replaced.
    Replaced(Box<TermsChange>),
    /// Terms that were announced do not follow; the change is from these to those that stay.
    Withdrawn(Box<TermsChange>),
    /// Something was set for dates; in their order.
    Dates(Vec<DatesChange>),
    /// What an edit of dates had set was taken back.
    DatesTakenBack(Vec<DatesChange>),
    /// New holds were stopped, or are taken again.
    Stop {
        /// Whether they are stopped now.
        stopped: bool,
    },
    /// Its rates were changed.
    Rates(RatesChange),
}

/// Terms before and after; they differ.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct TermsChange {
    pub before: ResourceTerms,
    pub after: ResourceTerms,
}

impl TermsChange {
    /// The change, if it is one.
    fn of(before: &ResourceTerms, after: &ResourceTerms) -> Option<Box<Self>> {
        let change = Self { before: before.clone(), after: after.clone() };
        (!change.terms().is_empty()).then(|| Box::new(change))
    }

    /// The terms that differ.
    #[must_use]
    pub fn terms(&self) -> Vec<Term> {
        self.before.differing(&self.after)
    }
}

impl ResourceChange {
    /// The change by a write of terms: none if it changes nothing.
    #[must_use]
    pub fn of_terms(previous: Option<&Resource>, next: &Resource) -> Option<Self> {
        let Some(previous) = previous else { return Some(Self::Created(Box::new(next.terms.clone()))) };
        match (&previous.next, &next.next) {
            (_, Some(announced)) => TermsChange::of(&previous.terms, announced).map(Self::Announced),
            (Some(announced), None) if previous.terms == next.terms => {
                TermsChange::of(announced, &next.terms).map(Self::Withdrawn)
            }
            (_, None) => TermsChange::of(&previous.terms, &next.terms).map(Self::Replaced),
        }
    }

    /// The change by a write of dated facts: none if it changes nothing.
    #[must_use]
    pub fn of_dates(before: &Facts, after: &Facts) -> Option<Self> {
        let changes = before.differing(after);
        (!changes.is_empty()).then_some(Self::Dates(changes))
    }

    /// The same where the write takes back what an edit had set.
    #[must_use]
    pub fn of_dates_taken_back(before: &Facts, after: &Facts) -> Option<Self> {
        let changes = before.differing(after);
        (!changes.is_empty()).then_some(Self::DatesTakenBack(changes))
    }

    /// The name of the kind of change.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Created(_) => "resource.created",
            Self::Announced(_) => "resource.announced",
            Self::Replaced(_) => "resource.replaced",
            Self::Withdrawn(_) => "resource.withdrawn",
            Self::Dates(_) => "inventory.set",
            Self::DatesTakenBack(_) => "inventory.taken_back",
            Self::Stop { stopped: true } => "holds.stopped",
            Self::Stop { stopped: false } => "holds.resumed",
            Self::Rates(change) => change.kind(),
        }
    }
}

impl ResourceTerms {
    /// The terms in which `after` differs from these. A term more does not compile before it is compared here.
    #[must_use]
    pub fn differing(&self, after: &Self) -> Vec<Term> {
        let Self {
            property,
            resource_type,
            name,
            location,
            time_zone: _,
            schedule,
            capacity,
            hold_ttl_seconds,
            hold_limits,
            base_price,
            cancellation_policy,
            attributes,
        } = self;
        let compared = [
            (Term::Property, property == &after.property),
            (Term::ResourceType, resource_type == &after.resource_type),
            (Term::Name, name == &after.name),
            (Term::Location, location == &after.location),
            (Term::TimeZone, zone_name(self) == zone_name(after)),
            (Term::Schedule, schedule == &after.schedule),
            (Term::Capacity, capacity == &after.capacity),
            (Term::HoldTtl, hold_ttl_seconds == &after.hold_ttl_seconds),
            (Term::HoldLimits, hold_limits == &after.hold_limits),
            (Term::BasePrice, base_price == &after.base_price),
            (Term::CancellationPolicy, cancellation_policy == &after.cancellation_policy),
        ];
        let mut terms: Vec<Term> =
            compared.into_iter().filter(|(_, same)| !same).map(|(term, _)| term).collect();
        let names: BTreeSet<&String> = attributes.keys().chain(after.attributes.keys()).collect();
        let differs = |name: &&String| attributes.get(*name) != after.attributes.get(*name);
        terms.extend(names.into_iter().filter(differs).map(|name| Term::Attribute(name.clone())));
        terms
    }
}

impl Facts {
    /// The dates for which `after` says something else, in their order: neighbours with the same change together.
    #[must_use]
    pub fn differing(&self, after: &Self) -> Vec<DatesChange> {
        let dates: BTreeSet<Date> = self.dates().chain(after.dates()).map(|(date, _)| date).collect();
        let mut changes: Vec<DatesChange> = Vec::new();
        for date in dates {
            let (was, is) = (self.of(date), after.of(date));
            if was == is {
                continue;
            }
            // The last date of the calendar has none after it; nothing is sold then.
            let to = date.tomorrow().unwrap_or(date);
            match changes.last_mut() {
                Some(last) if last.to == date && last.before == was && last.after == is => last.to = to,
                Some(_) | None => changes.push(DatesChange { from: date, to, before: was, after: is }),
            }
        }
        changes
    }
}
