//! What is written of a resource at once: terms, dated facts or the stop of new holds, each with the entry of its trail.

use std::collections::BTreeMap;

use holdfast_domain::catalogue::{Facts, Month, MonthFacts, ResourceChange};
use holdfast_domain::{PropertyId, Resource, TrailHead, TrailSubject};

use crate::catalogue::trail::ResourceEvent;
use crate::events::record::Write;
use crate::kernel::mutation::Mutation;

impl Write {
    pub(crate) fn of(mutation: &Mutation) -> Self {
        Self { at: mutation.now, trace: mutation.trace.clone() }
    }
}

fn entry_of(
    resource: &Resource,
    change: Option<ResourceChange>,
    mutation: &Mutation,
) -> Option<ResourceEvent> {
    let subject = TrailSubject::Resource(resource.id.clone());
    change.map(|change| ResourceEvent::record(subject, &resource.trail, &change, mutation))
}

/// A write of a resource's terms.
#[derive(Debug, Clone, PartialEq)]
pub struct TermsCommit {
    /// The resource that is replaced; none if it is new.
    pub previous: Option<Resource>,
    /// The resource as it is then.
    pub next: Resource,
    /// Its entry in the trail; none if nothing changes.
    pub entry: Option<ResourceEvent>,
    /// The write.
    pub write: Write,
}

impl TermsCommit {
    /// `next` takes the place of `previous`, and this is entered into its trail.
    #[must_use]
    pub fn new(previous: Option<&Resource>, next: &Resource, mutation: &Mutation) -> Self {
        let mut next = next.clone();
        if let Some(previous) = previous {
            next.trail.clone_from(&previous.trail);
        }
        let entry = entry_of(&next, ResourceChange::of_terms(previous, &next), mutation);
        if let Some(entry) = &entry {
            next.trail = entry.head();
        }
        Self { previous: previous.cloned(), next, entry, write: Write::of(mutation) }
    }
}

/// A write of what is set for a resource's dates.
#[derive(Debug, Clone, PartialEq)]
pub struct FactsCommit {
    /// The resource as it was.
    pub previous: Resource,
    /// The resource as it is then: its [`facts_revision`](Resource::facts_revision) is greater by one.
    pub next: Resource,
    /// The facts of the months that are written, each following the revision before its own.
    pub months: BTreeMap<Month, MonthFacts>,
    /// Its entry in the trail; none if no operator changes anything.
    pub entry: Option<ResourceEvent>,
    /// The write.
    pub write: Write,
}

impl FactsCommit {
    /// Writes what pages alone stated so far: a page of a release before, which nobody changes.
    #[must_use]
    pub fn adopting(previous: &Resource, months: BTreeMap<Month, MonthFacts>, mutation: &Mutation) -> Self {
        Self::with(previous, months, None, mutation)
    }

    /// `after` takes the place of `before`, and this is entered into the resource's trail. `change` says what it is; none if nothing is
    /// to be written.
    #[must_use]
    pub fn new(
        previous: &Resource,
        before: &Facts,
        after: &Facts,
        change: fn(&Facts, &Facts) -> Option<ResourceChange>,
        mutation: &Mutation,
    ) -> Option<Self> {
        let months = after.changed_since(before);
        let entry = entry_of(previous, change(before, after), mutation);
        (!months.is_empty()).then(|| Self::with(previous, months, entry, mutation))
    }

    fn with(
        previous: &Resource,
        months: BTreeMap<Month, MonthFacts>,
        entry: Option<ResourceEvent>,
        mutation: &Mutation,
    ) -> Self {
        let trail = entry.as_ref().map_or_else(|| previous.trail.clone(), ResourceEvent::head);
        let next = Resource { facts_revision: previous.facts_revision + 1, trail, ..previous.clone() };
        Self { previous: previous.clone(), next, months, entry, write: Write::of(mutation) }
    }
}

/// A stop of new holds, as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopState {
    /// Whether they are stopped.
    pub stopped: bool,
    /// How far the trail of what would be stopped has come.
    pub trail: TrailHead,
    /// The property of the resource, if it has one.
    pub property: Option<PropertyId>,
}

/// A write that stops new holds, or takes them again.
#[derive(Debug, Clone, PartialEq)]
pub struct StopCommit {
    /// How far the trail had come.
    pub previous: TrailHead,
    /// Whether they are stopped then.
    pub stopped: bool,
    /// Its entry in the trail, which names whose holds.
    pub entry: ResourceEvent,
}

impl StopCommit {
    /// New holds of `subject` are stopped or not, and this is entered into its trail.
    #[must_use]
    pub fn new(subject: &TrailSubject, state: &StopState, stopped: bool, mutation: &Mutation) -> Self {
        let change = ResourceChange::Stop { stopped };
        let entry = ResourceEvent::record(subject.clone(), &state.trail, &change, mutation);
        Self { previous: state.trail.clone(), stopped, entry }
    }
}
