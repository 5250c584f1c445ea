//! Edits of a resource's terms and dated facts under live holds and bookings, over any number of pages.
//!
//! An edit first looks at every page that is not past: one that does not fit refuses it, and nothing is written but what only a
//! page of a release before states. Then what allows
//! less is written and brought to the pages, and only then what allows more (`docs/adr/0011-dated-facts.md`). Wherever it stops,
//! a page takes nothing that the terms before and after would not; its repetition finishes it.

use std::collections::BTreeSet;

use holdfast_domain::catalogue::{DateFactsEdit, Facts, ResourceChange, ResourceTerms, Surplus};
use holdfast_domain::{Page, PageRejection, Property, Resource, Slot};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use thiserror::Error;

use crate::catalogue::commit::{FactsCommit, TermsCommit};
use crate::catalogue::port::Catalogue;
use crate::kernel::errors::{LedgerError, StoreError};
use crate::kernel::failure::{Failure, SlotInUse};
use crate::kernel::mutation::Mutation;

/// The most slots that a refusal names, and dates that an answer does.
const NAMED_MAX: usize = 100;

/// How often pages are brought under announced terms anew, because places were given back meanwhile.
const ROUNDS_MAX: usize = 30;

/// Why an edit was not done.
#[derive(Debug, Error)]
pub enum EditError {
    /// Places of these slots are in use that there would not be; in the order of their starts, at most 100. Nothing is changed.
    #[error("places of {} slots are in use", .0.len())]
    InUse(Vec<SlotInUse>),
    /// The ledger's own.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl From<StoreError> for EditError {
    fn from(error: StoreError) -> Self {
        Self::Ledger(error.into())
    }
}

impl From<EditError> for Failure {
    fn from(error: EditError) -> Self {
        match error {
            EditError::InUse(slots) => Self::CapacityInUse { slots },
            EditError::Ledger(error) => error.into(),
        }
    }
}

/// Whether an edit is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// It is.
    Real,
    /// It only says what it would do.
    Dry,
}

/// An edit of dates: what is not given stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatesEdit {
    /// First local date.
    pub from: Date,
    /// Local date after the last.
    pub to: Date,
    /// What is set for each.
    pub set: DateFactsEdit,
}

impl DatesEdit {
    fn dates(&self) -> impl Iterator<Item = Date> {
        let to = self.to;
        self.from.series(1.day()).take_while(move |date| *date < to)
    }
}

/// Which terms and facts a resource has, or which terms a property has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceVersion {
    /// Revision of its terms.
    pub terms: u64,
    /// Revision of its dated facts; 0 of a property, which has none.
    pub facts: u64,
}

impl From<&Resource> for ResourceVersion {
    fn from(resource: &Resource) -> Self {
        Self { terms: resource.revision, facts: resource.facts_revision }
    }
}

impl From<&Property> for ResourceVersion {
    fn from(property: &Property) -> Self {
        Self { terms: property.revision, facts: 0 }
    }
}

/// What an edit of dates has written before its end.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The facts that it found.
    before: Facts,
    /// The facts that it set for the moment.
    least: Facts,
    /// The resource as this left it.
    pub(crate) version: ResourceVersion,
}

/// Edits of one resource.
pub struct Edit<'a> {
    catalogue: &'a dyn Catalogue,
    run: Run,
    mutation: &'a Mutation,
}

impl<'a> Edit<'a> {
    /// Over a catalogue.
    #[must_use]
    pub fn new(catalogue: &'a dyn Catalogue, run: Run, mutation: &'a Mutation) -> Self {
        Self { catalogue, run, mutation }
    }

    /// Replaces the terms of `previous`. The same terms again bring the pages under them that are not yet. Gives the resource as
    /// it is then, and the dates from today for which something is set and that have no slot any more.
    ///
    /// # Errors
    /// [`LedgerError::ResourceChanged`] if it is not as `previous` says.
    pub async fn replace(
        &self,
        previous: &Resource,
        terms: &ResourceTerms,
    ) -> Result<(Resource, Vec<Date>), EditError> {
        let now = self.mutation.now;
        let mut current = previous.clone();
        let mut facts = self.catalogue.facts(&current.id).await?;
        let same = current.next.is_none() && current.terms == *terms;
        let next = if same { current.clone() } else { current.replace(terms.clone()) };
        let lost = lost_dates(previous, &next, &facts, now);
        let mut pages = self.pages_ahead(previous, &next).await?;
        let adopted = pages.iter().fold(facts.clone(), |facts, page| previous.adopt(page, &facts));
        if self.run == Run::Dry {
            let known = |page: Page| match is_of_a_release_before(&page) {
                true => page.clone().reframed(&previous.frame_of(&page, &adopted, Surplus::Kept, now)),
                false => page,
            };
            let pages: Vec<Page> = pages.into_iter().map(known).collect();
            let in_use = in_the_way(&pages, previous, &next, &adopted, Surplus::Refused, now);
            return if in_use.is_empty() { Ok((next, lost)) } else { Err(EditError::InUse(in_use)) };
        }
        self.adopt(&mut current, &mut facts, &adopted).await?;
        if same {
            self.bring(&current, &facts, pages, Surplus::Kept).await?;
            return Ok((current, lost));
        }
        // Which slots such a page has, only the present terms can tell.
        let of_a_release_before: Vec<Page> =
            pages.iter().filter(|page| is_of_a_release_before(page)).cloned().collect();
        if !of_a_release_before.is_empty() {
            self.bring(&current, &facts, of_a_release_before, Surplus::Kept).await?;
            pages = self.pages_ahead(previous, &next).await?;
        }
        let mut in_use = in_the_way(&pages, previous, &next, &facts, Surplus::Refused, now);
        if in_use.is_empty() && current.is_narrowed_by(terms) {
            if current.next.as_deref() != Some(terms) {
                current = self.put(&current, &current.announcing(terms.clone())).await?;
            }
            // Places that were in use when a page was brought, and are no more, have to be taken from it too.
            let allows_more = |page: &Page| {
                let frame = current.frame_of(page, &facts, Surplus::Kept, now);
                page.is_narrowed_by(&next.frame(&page.key, &facts)) && page.clone().reframed(&frame) != *page
            };
            let mut allow_less = false;
            for _ in 0..ROUNDS_MAX {
                let mut pages = self.pages_ahead(previous, &next).await?;
                in_use = in_the_way(&pages, previous, &next, &facts, Surplus::Refused, now);
                pages.retain(allows_more);
                allow_less = pages.is_empty();
                if allow_less || !in_use.is_empty() {
                    break;
                }
                self.bring(&current, &facts, pages, Surplus::Kept).await?;
            }
            if !allow_less && in_use.is_empty() {
                return Err(StoreError::Contention(current.id.to_string()).into());
            }
        }
        if !in_use.is_empty() {
            if current.next.is_some() {
                self.follow(&current, &current.withdrawn(), &facts).await?;
            }
            return Err(EditError::InUse(in_use));
        }
        let next = self.follow(&current, &current.replace(terms.clone()), &facts).await?;
        Ok((next, lost))
    }

    /// Writes the resource that follows, and brings every page under it that is not past.
    async fn follow(
        &self,
        current: &Resource,
        next: &Resource,
        facts: &Facts,
    ) -> Result<Resource, EditError> {
        let next = self.put(current, next).await?;
        let pages = self.pages_ahead(current, &next).await?;
        self.bring(&next, facts, pages, Surplus::Kept).await?;
        Ok(next)
    }

    /// Writes the resource that follows, with its entry in the trail, and gives it as it is then.
    async fn put(&self, current: &Resource, next: &Resource) -> Result<Resource, EditError> {
        let commit = TermsCommit::new(Some(current), next, self.mutation);
        self.catalogue.put_resource(&commit).await?;
        Ok(commit.next)
    }

    async fn bring(
        &self,
        resource: &Resource,
        facts: &Facts,
        pages: Vec<Page>,
        surplus: Surplus<'_>,
    ) -> Result<(), EditError> {
        Ok(self.catalogue.bring(resource, facts, pages, surplus, self.mutation).await?)
    }

    /// Sets capacity, stop-sell and overbooking of dates. Gives the resource as it is then. `begun` is what an earlier try of this very edit has
    /// left, and what this one leaves if it does not come to its end; a refusal leaves nothing.
    ///
    /// # Errors
    /// [`LedgerError::ResourceChanged`] if the resource is not as it is given.
    pub async fn set_dates(
        &self,
        resource: &Resource,
        edit: &DatesEdit,
        begun: &mut Option<Begun>,
    ) -> Result<Resource, EditError> {
        let now = self.mutation.now;
        let mut current = resource.clone();
        // While other terms are announced, it is not this edit that has to fit them.
        let own = Resource { next: None, ..resource.clone() };
        let names = pages_of(&own, edit);
        let mut facts = self.catalogue.facts(&current.id).await?;
        let mut pages = self.catalogue.stored_among(resource, &names).await?;
        let adopted = pages.iter().fold(facts.clone(), |facts, page| own.adopt(page, &facts));
        let before = without(begun.as_ref(), &adopted, edit);
        let after = before.with(edit.dates(), edit.set);
        let dates: BTreeSet<Date> = edit.dates().collect();
        let says_places = edit.set.capacity.is_some() || edit.set.overbooking.is_some();
        let asked = if says_places { Surplus::RefusedOn(&dates) } else { Surplus::Kept };
        let mut in_use = in_the_way(&pages, &own, &own, &after, asked, now);
        if in_use.is_empty() && self.run == Run::Dry {
            return Ok(current);
        }
        if in_use.is_empty() || begun.is_some() {
            self.adopt(&mut current, &mut facts, &adopted).await?;
        }
        // An edit that was cut off may have left pages that allow more than the facts. They sell no more of it from here on, and what
        // was sold of it is seen.
        let is_behind = |page: &Page| {
            let frame = current.frame_of(page, &facts, Surplus::Kept, now);
            page.is_narrowed_by(&frame) && page.clone().reframed(&frame) != *page
        };
        if in_use.is_empty() && pages.iter().any(is_behind) {
            self.bring(&current, &facts, pages, Surplus::Kept).await?;
            pages = self.catalogue.stored_among(resource, &names).await?;
            in_use = in_the_way(&pages, &own, &own, &after, asked, now);
        }
        if !in_use.is_empty() {
            if begun.is_some() {
                self.put_back(&mut current, &mut facts, &before, &names).await?;
            }
            return Err(EditError::InUse(in_use));
        }
        let limit = |facts: &Facts, date: &Date| facts.of(*date).limit_or(own.terms.capacity);
        let lowered = dates.iter().filter(|date| limit(&after, date) < limit(&before, date));
        let lowered: BTreeSet<Date> = lowered.copied().collect();
        let strict = Surplus::RefusedOn(&lowered);
        let least = before.least(&after, own.terms.capacity);
        if least != before {
            self.write_facts(&mut current, &mut facts, &least, ResourceChange::of_dates).await?;
            *begun = Some(Begun { before: before.clone(), least: least.clone(), version: (&current).into() });
            let brought = self.bring_among(&current, &facts, &names, strict).await;
            if brought.as_ref().is_err_and(is_outage) {
                return brought.map(|()| current);
            }
            let pages = self.catalogue.stored_among(resource, &names).await?;
            let in_use = in_the_way(&pages, &own, &own, &least, strict, now);
            if !in_use.is_empty() || brought.as_ref().is_err_and(met_a_hold) {
                self.put_back(&mut current, &mut facts, &before, &names).await?;
                return Err(brought.err().filter(|_| in_use.is_empty()).unwrap_or(EditError::InUse(in_use)));
            }
            brought?;
        }
        self.write_facts(&mut current, &mut facts, &after, ResourceChange::of_dates).await?;
        self.bring_among(&current, &facts, &names, Surplus::Kept).await?;
        Ok(current)
    }

    /// Takes back what an edit of dates has begun, where nobody has set something else since.
    ///
    /// # Errors
    /// [`LedgerError::ResourceChanged`] if the resource is not as it is given.
    pub async fn take_back(
        &self,
        resource: &Resource,
        edit: &DatesEdit,
        begun: &Begun,
    ) -> Result<(), EditError> {
        let mut facts = self.catalogue.facts(&resource.id).await?;
        let before = without(Some(begun), &facts, edit);
        let names = pages_of(&Resource { next: None, ..resource.clone() }, edit);
        self.put_back(&mut resource.clone(), &mut facts, &before, &names).await
    }

    /// Writes the facts as they were before the edit.
    async fn put_back(
        &self,
        resource: &mut Resource,
        facts: &mut Facts,
        before: &Facts,
        names: &[String],
    ) -> Result<(), EditError> {
        self.write_facts(resource, facts, before, ResourceChange::of_dates_taken_back).await?;
        self.bring_among(resource, facts, names, Surplus::Kept).await
    }

    async fn bring_among(
        &self,
        resource: &Resource,
        facts: &Facts,
        names: &[String],
        surplus: Surplus<'_>,
    ) -> Result<(), EditError> {
        let pages = self.catalogue.stored_among(resource, names).await?;
        self.bring(resource, facts, pages, surplus).await
    }

    /// Writes what a page of a release before states and nothing else does: no change of this edit's.
    async fn adopt(
        &self,
        resource: &mut Resource,
        facts: &mut Facts,
        adopted: &Facts,
    ) -> Result<(), EditError> {
        let months = adopted.changed_since(facts);
        if months.is_empty() {
            return Ok(());
        }
        let commit = FactsCommit::adopting(resource, months, self.mutation);
        self.commit(resource, facts, commit).await
    }

    /// Writes facts with the entry of `change` in the trail, if they differ.
    async fn write_facts(
        &self,
        resource: &mut Resource,
        facts: &mut Facts,
        after: &Facts,
        change: fn(&Facts, &Facts) -> Option<ResourceChange>,
    ) -> Result<(), EditError> {
        match FactsCommit::new(resource, facts, after, change, self.mutation) {
            Some(commit) => self.commit(resource, facts, commit).await,
            None => Ok(()),
        }
    }

    async fn commit(
        &self,
        resource: &mut Resource,
        facts: &mut Facts,
        commit: FactsCommit,
    ) -> Result<(), EditError> {
        self.catalogue.put_facts(&commit).await?;
        *resource = commit.next;
        *facts = std::mem::take(facts).written(&commit.months);
        Ok(())
    }

    /// The stored pages that are not past under both.
    async fn pages_ahead(&self, current: &Resource, next: &Resource) -> Result<Vec<Page>, EditError> {
        let mut pages = self.catalogue.stored_pages(current).await?;
        let is_past = |page: &Page| {
            let past = |resource: &Resource| resource.is_page_past(&page.key, self.mutation.now);
            past(current) && past(next)
        };
        pages.retain(|page| !is_past(page));
        Ok(pages)
    }
}

/// The slots of pages that stand in the way of `next`, with their starts under `previous`.
fn in_the_way(
    pages: &[Page],
    previous: &Resource,
    next: &Resource,
    facts: &Facts,
    surplus: Surplus<'_>,
    now: Timestamp,
) -> Vec<SlotInUse> {
    let mut slots: Vec<SlotInUse> = pages
        .iter()
        .flat_map(|page| {
            let known = previous.terms.schedule.page(&page.key.page, &previous.terms.time_zone);
            page.in_the_way_of(&next.frame_of(page, facts, surplus, now), now).into_iter().map(
                move |(key, in_use)| {
                    let start = known.iter().find(|slot| slot.key == key).map(|slot| slot.start);
                    SlotInUse { slot: key.to_string(), start, in_use }
                },
            )
        })
        .collect();
    slots.sort_by_key(|slot| slot.start);
    slots.truncate(NAMED_MAX);
    slots
}

/// Whether a release before wrote the page: it does not say which slots it has.
fn is_of_a_release_before(page: &Page) -> bool {
    page.terms_revision == 0
}

/// The facts without what an edit has begun.
fn without(begun: Option<&Begun>, facts: &Facts, edit: &DatesEdit) -> Facts {
    begun.map_or_else(|| facts.clone(), |begun| facts.restored(edit.dates(), &begun.before, &begun.least))
}

/// The pages that count slots of those dates; a slot after midnight may be on the page of the day before.
fn pages_of(resource: &Resource, edit: &DatesEdit) -> Vec<String> {
    let names: BTreeSet<String> =
        slots_on(&resource.terms, edit.from, edit.to).into_iter().map(|slot| slot.page).collect();
    names.into_iter().collect()
}

/// The slots that start on local dates of `[from, to)`.
fn slots_on(terms: &ResourceTerms, from: Date, to: Date) -> Vec<Slot> {
    let part = |from, to| terms.schedule.calendar(from, to, &terms.time_zone).unwrap_or_default();
    let before = from.yesterday().map(|before| part(before, from)).unwrap_or_default();
    let slots = before.into_iter().chain(part(from, to));
    slots.filter(|slot| (from..to).contains(&terms.local_date(slot))).collect()
}

/// The dates from today for which something is set, and that have no slot under `next` any more.
fn lost_dates(previous: &Resource, next: &Resource, facts: &Facts, now: Timestamp) -> Vec<Date> {
    let today = next.terms.time_zone.to_datetime(now).date();
    let has_slots = |terms: &ResourceTerms, date: Date| {
        let tomorrow = date.tomorrow().unwrap_or(Date::MAX);
        !slots_on(terms, date, tomorrow).is_empty()
    };
    let dates = facts.dates().map(|(date, _)| date).filter(|date| *date >= today);
    dates
        .filter(|date| has_slots(&previous.terms, *date) && !has_slots(&next.terms, *date))
        .take(NAMED_MAX)
        .collect()
}

/// The store does not answer: whoever goes on asking only adds to that.
fn is_outage(error: &EditError) -> bool {
    matches!(error, EditError::Ledger(LedgerError::Store(StoreError::Unavailable(_))))
}

/// A page's own refusal of an edit comes from a hold that was placed meanwhile; the edit is tried again.
pub(crate) fn met_a_hold(error: &EditError) -> bool {
    matches!(error, EditError::Ledger(LedgerError::Rejected(PageRejection::CapacityInUse { .. })))
}
