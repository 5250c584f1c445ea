//! What a resource's terms and dated facts make of its pages, and how one set of terms follows another.
//!
//! Terms that allow less than the present ones come in two steps, so that no place is taken meanwhile that they do not allow:
//! the resource first keeps its terms and names the next ones ([`Resource::announcing`]); its pages then allow what both do;
//! then the next ones take their place ([`Resource::replace`]).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::catalogue::dated::{DateFactsEdit, Facts, Month};
use crate::catalogue::resource::{Resource, ResourceTerms, zone_name};
use crate::catalogue::schedule::Schedule;
use crate::catalogue::slot::Slot;
use crate::inventory::{Page, PageFrame, PageKey, SlotRule};

/// What is done with places that are taken on a page and that its frame does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surplus<'a> {
    /// The page refuses the frame.
    Refused,
    /// The page refuses the frame, if the slot starts on one of these local dates; else it is kept.
    RefusedOn(&'a BTreeSet<Date>),
    /// The slot has as many places as are taken: none is free, and none too many.
    Kept,
}

impl ResourceTerms {
    /// The local date of a slot: that of its start.
    #[must_use]
    pub fn local_date(&self, slot: &Slot) -> Date {
        self.time_zone.to_datetime(slot.start).date()
    }

    fn frame(&self, resource: &Resource, key: &PageKey, facts: &Facts) -> PageFrame {
        let rule = |slot: &Slot| {
            let facts = facts.of(self.local_date(slot));
            let share = |places: u32| resource.share(places, key);
            // Pages side by side share out what may be taken, so that no share grows where that shrinks.
            let allowance =
                share(facts.limit_or(self.capacity)).saturating_sub(share(facts.capacity_or(self.capacity)));
            SlotRule { capacity: facts.capacity.map(share), closed: facts.closed, allowance }
        };
        let slots = self.schedule.page(&key.page, &self.time_zone);
        PageFrame {
            terms_revision: resource.revision,
            property: resource.terms.property.clone(),
            schedule_revision: resource.schedule_revision,
            shape: self.schedule.shape(&key.page, &self.time_zone),
            capacity: resource.share(self.capacity, key),
            slots: slots.into_iter().map(|slot| (slot.key.clone(), rule(&slot))).collect(),
        }
    }

    /// Whether `next` may allow less of some slot than these terms, or may not have it.
    fn are_narrowed_by(&self, next: &Self) -> bool {
        let same_slots = self.schedule == next.schedule && zone_name(self) == zone_name(next);
        let nights =
            matches!((&self.schedule, &next.schedule), (Schedule::Nightly { .. }, Schedule::Nightly { .. }))
                && zone_name(self) == zone_name(next);
        next.capacity < self.capacity || !(same_slots || nights)
    }
}

impl Resource {
    /// The resource that allows only what both its terms and `next` allow, until these follow.
    #[must_use]
    pub fn announcing(&self, next: ResourceTerms) -> Self {
        Self { revision: self.revision + 1, next: Some(Box::new(next)), ..self.clone() }
    }

    /// The resource whose terms stay after all.
    #[must_use]
    pub fn withdrawn(&self) -> Self {
        Self { revision: self.revision + 1, next: None, ..self.clone() }
    }

    /// Whether `next` have to be announced before they may follow.
    #[must_use]
    pub fn is_narrowed_by(&self, next: &ResourceTerms) -> bool {
        self.terms.are_narrowed_by(next)
    }

    /// What a page of this resource counts under `facts`.
    #[must_use]
    pub fn frame(&self, key: &PageKey, facts: &Facts) -> PageFrame {
        let mut frame = self.terms.frame(self, key, facts);
        let Some(next) = &self.next else { return frame };
        let other = next.frame(self, key, facts);
        for (slot, rule) in &mut frame.slots {
            let coming = other.slots.get(slot).filter(|_| other.shape == frame.shape);
            let (capacity, allowance) =
                coming.map_or((0, 0), |rule| (rule.capacity.unwrap_or(other.capacity), rule.allowance));
            let limit = rule.capacity.unwrap_or(frame.capacity).saturating_add(rule.allowance);
            if capacity.saturating_add(allowance) < limit {
                (rule.capacity, rule.allowance) = (Some(capacity), allowance);
            }
        }
        frame
    }

    /// The frame that a stored page can be brought into now. While other terms are announced, what is taken already keeps its
    /// places.
    #[must_use]
    pub fn frame_of(&self, page: &Page, facts: &Facts, surplus: Surplus<'_>, now: Timestamp) -> PageFrame {
        let is_strict = |slot: &Slot| match surplus {
            Surplus::Refused => true,
            Surplus::RefusedOn(dates) => dates.contains(&self.terms.local_date(slot)),
            Surplus::Kept => false,
        };
        let strict = if self.next.is_some() || surplus == Surplus::Kept {
            BTreeSet::new()
        } else {
            let slots = self.terms.schedule.page(&page.key.page, &self.terms.time_zone).into_iter();
            slots.filter(is_strict).map(|slot| slot.key).collect()
        };
        self.frame(&page.key, facts).lifted(&strict, page, now)
    }

    /// The pages of those parts of the schedule, in that order, as they are shown: a page that is not among `stored` as it would be
    /// made.
    #[must_use]
    pub fn shown_pages(&self, names: &[String], stored: Vec<Page>, facts: &Facts) -> Vec<Page> {
        let mut stored: BTreeMap<PageKey, Page> =
            stored.into_iter().map(|page| (page.key.clone(), page)).collect();
        let keys = names.iter().flat_map(|name| self.page_keys(name));
        let shown = keys.map(|key| match stored.remove(&key) {
            Some(page) => self.shown(page, facts),
            None => self.fresh_page(&key, facts),
        });
        shown.collect()
    }

    /// A stored page as it is shown: in the frame that it would have, since it may be of an earlier write than terms and facts. A
    /// page of a release before is shown as it is, if it is of the schedule: it may be the only one that knows what is set.
    fn shown(&self, page: Page, facts: &Facts) -> Page {
        let is_of_a_release_before =
            page.terms_revision == 0 && page.schedule_revision == self.schedule_revision;
        if is_of_a_release_before { page } else { page.clone().reframed(&self.frame(&page.key, facts)) }
    }

    /// The months whose facts a page is made of.
    #[must_use]
    pub fn months(&self, page: &str) -> BTreeSet<Month> {
        let terms = std::iter::once(&self.terms).chain(self.next.as_deref());
        let slots = terms.flat_map(|terms| {
            let slots = terms.schedule.page(page, &terms.time_zone);
            slots.into_iter().map(|slot| Month::of(terms.local_date(&slot)))
        });
        slots.collect()
    }

    /// Whether every slot that the page has under these terms has ended.
    #[must_use]
    pub fn is_page_past(&self, page: &PageKey, now: Timestamp) -> bool {
        let slots = self.terms.schedule.page(&page.page, &self.terms.time_zone);
        slots.iter().all(|slot| slot.end <= now)
    }

    /// The facts that a page alone states, because a release before kept them nowhere else: a date has the least capacity of
    /// its slots, and is closed if one of them is.
    #[must_use]
    pub fn adopt(&self, page: &Page, facts: &Facts) -> Facts {
        let is_of_a_release_before =
            page.terms_revision == 0 && page.schedule_revision == self.schedule_revision;
        if !is_of_a_release_before || (page.overrides.is_empty() && page.closed.is_empty()) {
            return facts.clone();
        }
        let mut dates: BTreeMap<Date, (Option<u32>, bool)> = BTreeMap::new();
        for slot in self.terms.schedule.page(&page.key.page, &self.terms.time_zone) {
            let (capacity, closed) = dates.entry(self.terms.local_date(&slot)).or_default();
            let own = page.overrides.get(&slot.key).copied();
            *capacity = match (*capacity, own) {
                (Some(least), Some(own)) => Some(least.min(own)),
                (known, own) => known.or(own),
            };
            *closed |= page.closed.contains(&slot.key);
        }
        dates.into_iter().fold(facts.clone(), |facts, (date, (capacity, closed))| {
            let known = facts.of(date);
            let stated = DateFactsEdit {
                capacity: known.capacity.or(capacity),
                closed: closed.then_some(true),
                ..DateFactsEdit::default()
            };
            facts.with([date], stated)
        })
    }
}
