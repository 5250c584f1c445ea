//! What is written of a resource's rates at once: its cards, or what is set for its dates, each with the entry of the resource's trail.

use std::collections::BTreeMap;

use holdfast_domain::catalogue::{Month, ResourceChange};
use holdfast_domain::rates::card::{CardVersion, ResourceRates};
use holdfast_domain::rates::changes::RatesChange;
use holdfast_domain::rates::dated::MonthRates;
use holdfast_domain::{Resource, TrailSubject};
use jiff::Timestamp;

use crate::catalogue::trail::ResourceEvent;
use crate::events::record::Write;
use crate::kernel::mutation::Mutation;

/// A version of a rate card, as the history keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardRecord {
    /// The version.
    pub version: CardVersion,
    /// When it was put.
    pub at: Timestamp,
    /// Who put it: the caller.
    pub actor: String,
}

/// A write of a resource's cards.
#[derive(Debug, Clone, PartialEq)]
pub struct RatesCommit {
    /// The resource: its terms stay, and its trail is to be as this says.
    pub previous: Resource,
    /// The resource with its trail as it is then.
    pub next: Resource,
    /// The cards as they are then: they follow the revision before theirs.
    pub rates: ResourceRates,
    /// The version that enters the history, if one is put.
    pub record: Option<CardRecord>,
    /// Its entry in the trail.
    pub entry: ResourceEvent,
    /// The write.
    pub write: Write,
}

impl RatesCommit {
    /// `rates` takes the place of what the resource has, which `change` says.
    #[must_use]
    pub fn new(previous: &Resource, rates: ResourceRates, change: RatesChange, mutation: &Mutation) -> Self {
        let record = match &change {
            RatesChange::Put { after, .. } => Some(CardRecord {
                version: CardVersion::clone(after),
                at: mutation.now,
                actor: mutation.actor.clone(),
            }),
            RatesChange::Draft { .. } | RatesChange::Dates(_) => None,
        };
        let (next, entry) = entered(previous, change, mutation);
        Self { previous: previous.clone(), next, rates, record, entry, write: Write::of(mutation) }
    }
}

/// A write of what is set for a resource's dates.
#[derive(Debug, Clone, PartialEq)]
pub struct DatedCommit {
    /// The resource: its terms stay, and its trail is to be as this says.
    pub previous: Resource,
    /// The resource with its trail as it is then.
    pub next: Resource,
    /// The months that are written, each following the revision before its own.
    pub months: BTreeMap<Month, MonthRates>,
    /// Its entry in the trail.
    pub entry: ResourceEvent,
    /// The write.
    pub write: Write,
}

impl DatedCommit {
    /// `months` take the place of what the resource has, which `change` says.
    #[must_use]
    pub fn new(
        previous: &Resource,
        months: BTreeMap<Month, MonthRates>,
        change: RatesChange,
        mutation: &Mutation,
    ) -> Self {
        let (next, entry) = entered(previous, change, mutation);
        Self { previous: previous.clone(), next, months, entry, write: Write::of(mutation) }
    }
}

/// The resource with the entry of a change, and the entry.
fn entered(previous: &Resource, change: RatesChange, mutation: &Mutation) -> (Resource, ResourceEvent) {
    let subject = TrailSubject::Resource(previous.id.clone());
    let entry = ResourceEvent::record(subject, &previous.trail, &ResourceChange::Rates(change), mutation);
    (Resource { trail: entry.head(), ..previous.clone() }, entry)
}
