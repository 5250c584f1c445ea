//! Operators' changes of resources, and the trail of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_app::catalogue::{
    Catalogue, FactsCommit, HoldStopSwitch, ResourceHistory, StopCommit, TermsCommit, verify,
};
use holdfast_app::{LedgerError, Mutation};
use holdfast_domain::catalogue::{CAPACITY_MAX, DateFactsEdit, Facts, Month, ResourceChange};
use holdfast_domain::{Resource, TrailSubject};
use jiff::civil::date;

use crate::{Implementation, Operators};

struct World<I> {
    i: I,
    catalogue: Arc<dyn Catalogue>,
    history: Arc<dyn ResourceHistory>,
    switch: Arc<dyn HoldStopSwitch>,
    subject: TrailSubject,
}

impl<I: Implementation> World<I> {
    async fn start() -> Self {
        let i = I::with_places(2, false).await;
        let Operators { catalogue, history, switch } = i.ports().operators.clone().expect("operators");
        let subject = TrailSubject::Resource(i.resource().id.clone());
        Self { i, catalogue, history, switch, subject }
    }

    fn by(&self, actor: &str) -> Mutation {
        Mutation { now: self.i.start(), actor: actor.to_owned(), trace: Some("00-1".to_owned()) }
    }

    async fn stored(&self) -> Resource {
        self.catalogue.resource(&self.i.resource().id).await.expect("a read").expect("the resource")
    }

    /// The resource with another capacity.
    fn with_capacity(&self, resource: &Resource, capacity: u32, actor: &str) -> TermsCommit {
        let mut terms = resource.terms.clone();
        terms.capacity = capacity;
        TermsCommit::new(Some(resource), &resource.replace(terms), &self.by(actor))
    }

    /// A date set to a capacity, of a resource for which nothing is set.
    fn with_date(&self, resource: &Resource, capacity: u32, actor: &str) -> FactsCommit {
        let (none, dates) = (Facts::default(), [date(2030, 6, 1)]);
        let after = none.with(dates, DateFactsEdit { capacity: Some(capacity), ..DateFactsEdit::default() });
        let change = ResourceChange::of_dates;
        FactsCommit::new(resource, &none, &after, change, &self.by(actor)).expect("a change")
    }
}

/// Terms and dated facts are written with their entries, which the trail gives in order, whole and in pages.
pub async fn every_change_of_a_resource_has_its_entry_in_the_trail<I: Implementation>() {
    let w = World::<I>::start().await;
    let terms = w.with_capacity(&w.stored().await, 3, "desk-1");
    w.catalogue.put_resource(&terms).await.expect("replaced");
    let facts = w.with_date(&w.stored().await, 1, "desk-2");
    w.catalogue.put_facts(&facts).await.expect("set");
    let trail = w.history.resource_trail(&w.subject).await.expect("a trail");
    assert_eq!(trail[1..], [terms.entry.expect("an entry"), facts.entry.expect("an entry")]);
    assert_eq!(trail[0].kind, "resource.created");
    assert_eq!(verify(&w.stored().await.trail, &trail), Ok(()));
    for (after, limit) in [(0, 100), (0, 2), (1, 1), (2, 2), (3, 1), (u64::MAX, 1)] {
        let page = w.history.resource_trail_page(&w.subject, after, limit).await.expect("a page");
        let rest = trail.iter().filter(|entry| entry.sequence > after);
        let expected: Vec<_> = rest.take(usize::try_from(limit).expect("a number")).cloned().collect();
        assert_eq!(page, expected, "{limit} after {after}");
    }
    for (before, limit) in [(u64::MAX, 100), (u64::MAX, 2), (3, 100), (3, 1), (2, 2), (1, 1), (0, 1)] {
        let page = w.history.resource_trail_before(&w.subject, before, limit).await.expect("a page");
        let rest = trail.iter().rev().filter(|entry| entry.sequence < before);
        let expected: Vec<_> = rest.take(usize::try_from(limit).expect("a number")).cloned().collect();
        assert_eq!(page, expected, "{limit} before {before}");
    }
    let all = w.history.resource_trail(&TrailSubject::AllResources).await.expect("a trail");
    assert_eq!(all, [], "that of another");
}

/// What an operator sets for dates is read back whole, by all months or by those asked for, and a date for which nothing is set any more
/// is none.
pub async fn what_is_set_for_dates_is_read_back<I: Implementation>() {
    let w = World::<I>::start().await;
    let (none, day) = (Facts::default(), |day| date(2030, 6, day));
    let edits = [
        (1, DateFactsEdit { capacity: Some(0), closed: Some(true), overbooking: Some(CAPACITY_MAX) }),
        (2, DateFactsEdit { overbooking: Some(1), ..DateFactsEdit::default() }),
        (3, DateFactsEdit { capacity: Some(7), ..DateFactsEdit::default() }),
    ];
    let set = edits.into_iter().fold(none.clone(), |facts, (number, edit)| facts.with([day(number)], edit));
    let write = async |before: &Facts, after: &Facts| {
        let (resource, by) = (w.stored().await, w.by("desk-1"));
        let commit = FactsCommit::new(&resource, before, after, ResourceChange::of_dates, &by);
        let commit = commit.expect("a change");
        w.catalogue.put_facts(&commit).await.expect("set");
        before.clone().written(&commit.months)
    };
    let id = &w.i.resource().id;
    let written = write(&none, &set).await;
    assert_eq!(w.catalogue.facts(id).await.expect("facts"), written);
    let months = BTreeSet::from([Month::of(day(1))]);
    assert_eq!(w.catalogue.facts_of(id, &months).await.expect("facts"), written);
    let nothing = DateFactsEdit { overbooking: Some(0), ..DateFactsEdit::default() };
    write(&written, &written.with([day(2)], nothing)).await;
    let left: Vec<_> = w.catalogue.facts(id).await.expect("facts").dates().map(|(date, _)| date).collect();
    assert_eq!(left, [day(1), day(3)]);
}

/// A change of a resource that has changed since it was read is refused, and so is one of a trail that has grown: neither it nor its
/// entry is written.
pub async fn a_stale_change_of_a_resource_enters_nothing<I: Implementation>() {
    let w = World::<I>::start().await;
    let read = w.stored().await;
    w.catalogue.put_resource(&w.with_capacity(&read, 3, "desk-1")).await.expect("replaced");
    let before = (w.stored().await, w.history.resource_trail(&w.subject).await.expect("a trail"));
    let forgotten = Resource { trail: read.trail.clone(), ..before.0.clone() };
    let stale = [
        w.catalogue.put_resource(&w.with_capacity(&read, 4, "desk-2")).await,
        w.catalogue.put_facts(&w.with_date(&read, 1, "desk-2")).await,
        w.catalogue.put_resource(&w.with_capacity(&forgotten, 4, "desk-2")).await,
        w.catalogue.put_facts(&w.with_date(&forgotten, 1, "desk-2")).await,
    ];
    for refused in stale {
        assert!(matches!(refused, Err(LedgerError::ResourceChanged)), "{refused:?}");
    }
    let after = (w.stored().await, w.history.resource_trail(&w.subject).await.expect("a trail"));
    assert_eq!(after, before);
    let none: BTreeSet<_> =
        w.catalogue.facts(&read.id).await.expect("facts").dates().map(|(date, _)| date).collect();
    assert_eq!(none, BTreeSet::new());
}

/// A stop is set and ended, each with its entry; one that was made of a trail that has grown, or of what is so already, is refused. An
/// edit of the resource follows.
pub async fn a_stop_is_set_and_ended_with_its_entry<I: Implementation>() {
    let w = World::<I>::start().await;
    for subject in [w.subject.clone(), TrailSubject::AllResources] {
        let state = async || w.switch.stop_of(&subject).await.expect("a read").expect("a state");
        let before = state().await;
        assert!(!before.stopped);
        let stop = StopCommit::new(&subject, &before, true, &w.by("desk-1"));
        w.switch.put_stop(&stop).await.expect("stopped");
        let stopped = state().await;
        assert_eq!((stopped.stopped, &stopped.trail), (true, &stop.entry.head()));
        let again = StopCommit::new(&subject, &stopped, true, &w.by("desk-2"));
        let stale = StopCommit::new(&subject, &before, false, &w.by("desk-2"));
        for refused in [w.switch.put_stop(&again).await, w.switch.put_stop(&stale).await] {
            assert!(matches!(refused, Err(LedgerError::ResourceChanged)), "{refused:?}");
        }
        let end = StopCommit::new(&subject, &stopped, false, &w.by("desk-2"));
        w.switch.put_stop(&end).await.expect("ended");
        assert_eq!((state().await.stopped, state().await.trail), (false, end.entry.head()));
        let trail = w.history.resource_trail(&subject).await.expect("a trail");
        assert_eq!(verify(&end.entry.head(), &trail), Ok(()), "{trail:?}");
        assert_eq!(trail[trail.len() - 2..], [stop.entry, end.entry]);
    }
    w.catalogue.put_resource(&w.with_capacity(&w.stored().await, 3, "desk-1")).await.expect("replaced");
    let unknown = TrailSubject::parse("unknown").expect("an id");
    assert_eq!(w.switch.stop_of(&unknown).await.expect("a read"), None);
}
