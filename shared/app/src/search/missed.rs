//! Why a search does not offer a resource of the kind and place that is asked for. No more is said of one than its default plan says to
//! everybody.

use std::collections::BTreeSet;

use holdfast_domain::Resource;
use holdfast_domain::catalogue::{Facts, Offerable, StayError};
use holdfast_domain::rates::quote::{Limit, Reason, Unavailable};

use crate::rates::standard::NoStandard;

/// A reason why a resource is not offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missed {
    /// The range does not fit its schedule, or is longer than a hold.
    Range,
    /// The range has begun.
    Past,
    /// Its operator has closed a date of the range.
    Closed,
    /// It has fewer places than are asked for.
    Full,
    /// The default plan is not sold on the web.
    Channel,
    /// A longer stay is asked for.
    StayMin,
    /// A shorter stay is asked for.
    StayMax,
    /// No arrival on the date.
    ClosedToArrival,
    /// No departure on the date.
    ClosedToDeparture,
    /// Nothing is sold on a date.
    StopSell,
    /// To be booked earlier.
    NoticeMin,
    /// To be booked later.
    WindowMax,
    /// More units are asked for.
    QuantityMin,
    /// Fewer units are asked for.
    QuantityMax,
    /// Dates are sold together.
    SoldTogether,
    /// It has no price that can be paid.
    OutOfRange,
}

impl From<&Reason> for Missed {
    fn from(reason: &Reason) -> Self {
        match reason {
            Reason::Channel => Self::Channel,
            Reason::Restricted { limit, .. } => match limit {
                Limit::StayMin(_) => Self::StayMin,
                Limit::StayMax(_) => Self::StayMax,
                Limit::ClosedToArrival => Self::ClosedToArrival,
                Limit::ClosedToDeparture => Self::ClosedToDeparture,
                Limit::StopSell => Self::StopSell,
                Limit::NoticeMin(_) => Self::NoticeMin,
                Limit::WindowMax(_) => Self::WindowMax,
                Limit::QuantityMin(_) => Self::QuantityMin,
                Limit::QuantityMax(_) => Self::QuantityMax,
                Limit::SoldTogether { .. } => Self::SoldTogether,
            },
            // A search chooses nothing, and everybody may see the default plan.
            Reason::NoPlan
            | Reason::UnitType
            | Reason::Guests { .. }
            | Reason::Cots { .. }
            | Reason::Extra(_)
            | Reason::Promotion
            | Reason::OutOfRange => Self::OutOfRange,
        }
    }
}

/// The reasons why the default plan is not sold, each once.
pub(super) fn not_sold(none: &Unavailable) -> BTreeSet<Missed> {
    none.reasons.iter().map(Missed::from).collect()
}

/// The reason why there is no price.
pub(super) fn no_price() -> BTreeSet<Missed> {
    BTreeSet::from([Missed::OutOfRange])
}

/// The reasons why a resource without a card has no price.
pub(super) fn no_standard(none: &NoStandard) -> BTreeSet<Missed> {
    match none {
        NoStandard::Quantity(_) | NoStandard::Units => no_price(),
        NoStandard::Unavailable(none) => not_sold(none),
    }
}

/// The reason why nothing can be had of a range.
pub(super) fn no_stay(error: &StayError) -> Missed {
    match error {
        StayError::Past => Missed::Past,
        StayError::Range(_) => Missed::Range,
    }
}

/// The reason why a resource has no places: where all of its slots are needed one that is closed is enough.
pub(super) fn no_places(resource: &Resource, offerable: &Offerable, facts: &Facts) -> BTreeSet<Missed> {
    let slots = offerable.slots();
    let mut closed = slots.iter().map(|slot| facts.of(resource.terms.local_date(slot)).closed);
    let is_closed = match offerable {
        Offerable::Whole(_) => closed.any(|closed| closed),
        Offerable::Pieces(_) => closed.all(|closed| closed),
    };
    BTreeSet::from([if is_closed { Missed::Closed } else { Missed::Full }])
}
