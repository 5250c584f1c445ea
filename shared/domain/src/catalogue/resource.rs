//! Resources: what can be booked, when, at what price and under which policy.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use thiserror::Error;

use crate::bookings::policy::CancellationPolicy;
use crate::catalogue::bounds::RangeError;
use crate::catalogue::dated::Facts;
use crate::catalogue::label::Label;
use crate::catalogue::schedule::Schedule;
use crate::catalogue::slot::{Slot, When};
use crate::ids::{PropertyId, ResourceId};
use crate::inventory::{COOL_DOWN_SECONDS_MAX, HoldLimits, Page, PageKey, Placement};
use crate::money::{Money, MoneyError};
use crate::trail::TrailHead;

/// The most places one slot may have. Beyond a few hundred live holds at a time a page refuses more; see `inventory`.
pub const CAPACITY_MAX: u32 = 100_000;
/// The shortest and the longest TTL of a hold, in seconds (API.md, Resources).
pub const HOLD_TTL_SECONDS: std::ops::RangeInclusive<u32> = 1..=3600;
/// The most attributes a resource may carry.
pub const ATTRIBUTES_MAX: usize = 32;
/// The longest name of an attribute, in characters.
pub const ATTRIBUTE_NAME_LENGTH_MAX: usize = 64;
/// The longest text of an attribute, in characters.
pub const ATTRIBUTE_TEXT_LENGTH_MAX: usize = 500;

/// Why an attribute is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidAttribute {
    /// No name, a long one, or one with control characters.
    #[error("must have a name of 1 to {ATTRIBUTE_NAME_LENGTH_MAX} characters")]
    Name,
    /// A long text.
    #[error("must have at most {ATTRIBUTE_TEXT_LENGTH_MAX} characters")]
    Text,
    /// Infinite, or no number.
    #[error("must be a finite number")]
    Number,
}

/// A value of an attribute. Attributes inform guests and sort results; the engine decides nothing by them.
#[derive(Debug, Clone, PartialEq)]
pub enum AttributeValue {
    /// Text of at most [`ATTRIBUTE_TEXT_LENGTH_MAX`] characters.
    Text(String),
    /// A finite number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
}

impl AttributeValue {
    /// The value, if it may be an attribute of that name.
    ///
    /// # Errors
    /// [`InvalidAttribute`].
    pub fn checked(self, name: &str) -> Result<Self, InvalidAttribute> {
        let name_length = name.chars().count();
        if !(1..=ATTRIBUTE_NAME_LENGTH_MAX).contains(&name_length) || name.chars().any(char::is_control) {
            return Err(InvalidAttribute::Name);
        }
        match &self {
            Self::Text(text) if text.chars().count() > ATTRIBUTE_TEXT_LENGTH_MAX => {
                Err(InvalidAttribute::Text)
            }
            Self::Number(number) if !number.is_finite() => Err(InvalidAttribute::Number),
            Self::Text(_) | Self::Number(_) | Self::Flag(_) => Ok(self),
        }
    }
}

/// Which of a resource's terms is out of bounds.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidTerms {
    /// A zone without an IANA name cannot be named again.
    #[error("the time zone must have an IANA name")]
    TimeZone,
    /// No place, or more than [`CAPACITY_MAX`].
    #[error("the capacity must be between 1 and {CAPACITY_MAX}")]
    Capacity,
    /// Outside of [`HOLD_TTL_SECONDS`].
    #[error("a hold must live between {} and {} seconds", HOLD_TTL_SECONDS.start(), HOLD_TTL_SECONDS.end())]
    HoldTtl,
    /// A limit outside of its bounds; see [`HoldLimits`].
    #[error("a limit on holds is out of bounds")]
    HoldLimits,
    /// More than [`ATTRIBUTES_MAX`].
    #[error("there must be at most {ATTRIBUTES_MAX} attributes")]
    TooManyAttributes,
    /// An attribute is refused.
    #[error("the attribute {name:?} {reason}")]
    Attribute {
        /// Its name.
        name: String,
        /// Why.
        reason: InvalidAttribute,
    },
}

/// Everything an operator says of a resource. What enters the system passes [`ResourceTerms::checked`].
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceTerms {
    /// The property that it belongs to, if it does to one. That there is one is the use case's to find out.
    pub property: Option<PropertyId>,
    /// What kind of thing it is, such as `hotel`.
    pub resource_type: Label,
    /// Its name, for people.
    pub name: Label,
    /// Where it is, as search asks for it.
    pub location: Label,
    /// The zone in which its local dates and times are read.
    pub time_zone: TimeZone,
    /// How its time is cut.
    pub schedule: Schedule,
    /// Places per slot, unless the inventory of a date says otherwise.
    pub capacity: u32,
    /// TTL of a hold, in seconds.
    pub hold_ttl_seconds: u32,
    /// What one guest may hold of it at a time.
    pub hold_limits: HoldLimits,
    /// Price per slot and unit.
    pub base_price: Money,
    /// What a cancellation refunds.
    pub cancellation_policy: CancellationPolicy,
    /// Further facts.
    pub attributes: BTreeMap<String, AttributeValue>,
}

impl ResourceTerms {
    /// The terms, if each is within its bounds. Schedule and policy are, by their own constructors.
    ///
    /// # Errors
    /// [`InvalidTerms`], naming the first that is not.
    pub fn checked(self) -> Result<Self, InvalidTerms> {
        if self.time_zone.iana_name().is_none() {
            return Err(InvalidTerms::TimeZone);
        }
        if !(1..=CAPACITY_MAX).contains(&self.capacity) {
            return Err(InvalidTerms::Capacity);
        }
        if !HOLD_TTL_SECONDS.contains(&self.hold_ttl_seconds) {
            return Err(InvalidTerms::HoldTtl);
        }
        if !are_within_bounds(&self.hold_limits) {
            return Err(InvalidTerms::HoldLimits);
        }
        if self.attributes.len() > ATTRIBUTES_MAX {
            return Err(InvalidTerms::TooManyAttributes);
        }
        for (name, value) in &self.attributes {
            value
                .clone()
                .checked(name)
                .map_err(|reason| InvalidTerms::Attribute { name: name.clone(), reason })?;
        }
        Ok(self)
    }
}

/// Whether each limit is at least 1, the cool-down excepted, and none is larger than what it limits can be.
fn are_within_bounds(limits: &HoldLimits) -> bool {
    let holds = 1..=HoldLimits::HOLDS_MAX;
    limits.per_guest.is_none_or(|most| holds.contains(&most))
        && holds.contains(&limits.per_slot)
        && limits.places_per_slot.is_none_or(|places| (1..=CAPACITY_MAX).contains(&places))
        && limits.cool_down_seconds.is_none_or(|seconds| seconds <= COOL_DOWN_SECONDS_MAX)
}

/// A resource as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Its name in requests.
    pub id: ResourceId,
    /// What the operator says of it.
    pub terms: ResourceTerms,
    /// Grows by one with every write of its terms. A page is made only under the revision it was computed from.
    pub revision: u64,
    /// The revision that last changed schedule or zone.
    pub schedule_revision: u64,
    /// Grows by one with every edit of its dated facts.
    pub facts_revision: u64,
    /// Terms that are to follow these, while its pages are brought to allow only what both do.
    pub next: Option<Box<ResourceTerms>>,
    /// How far the trail of its operators' changes has come.
    pub trail: TrailHead,
}

/// A range a guest asked for, resolved to slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// The slots, in time order; never empty.
    pub slots: Vec<Slot>,
    /// Start of the first slot.
    pub start: Timestamp,
    /// End of the last slot.
    pub end: Timestamp,
}

impl Stay {
    /// The slots, in time order; `None` without any.
    pub(super) fn of(slots: Vec<Slot>) -> Option<Self> {
        let (start, end) = (slots.first()?.start, slots.last()?.end);
        Some(Self { slots, start, end })
    }
}

/// Why a range cannot be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StayError {
    /// It does not fit the schedule.
    #[error(transparent)]
    Range(#[from] RangeError),
    /// It begins in the past.
    #[error("the start is in the past")]
    Past,
}

impl Resource {
    /// A new resource, first revision.
    #[must_use]
    pub fn create(id: ResourceId, terms: ResourceTerms) -> Self {
        Self {
            id,
            terms,
            revision: 1,
            schedule_revision: 1,
            facts_revision: 0,
            next: None,
            trail: TrailHead::default(),
        }
    }

    /// The resource under new terms.
    #[must_use]
    pub fn replace(&self, terms: ResourceTerms) -> Self {
        let revision = self.revision + 1;
        let same_slots = self.terms.schedule == terms.schedule && zone_name(&self.terms) == zone_name(&terms);
        let schedule_revision = if same_slots { self.schedule_revision } else { revision };
        Self { terms, revision, schedule_revision, next: None, ..self.clone() }
    }

    /// The slots of `[start, end)`, none of them in the past at `now`.
    ///
    /// # Errors
    /// [`StayError`].
    pub fn stay(&self, start: When, end: When, now: Timestamp) -> Result<Stay, StayError> {
        let slots = self.terms.schedule.slots(start, end, &self.terms.time_zone)?;
        let stay = Stay::of(slots).ok_or(RangeError::NotBookable)?;
        if stay.slots.first().is_some_and(|first| self.is_past(first, now)) {
            return Err(StayError::Past);
        }
        Ok(stay)
    }

    /// Every slot that starts on a local date in `[from, to)`.
    ///
    /// # Errors
    /// [`RangeError`].
    pub fn calendar(&self, from: Date, to: Date) -> Result<Vec<Slot>, RangeError> {
        self.terms.schedule.calendar(from, to, &self.terms.time_zone)
    }

    /// A part of [`Resource::calendar`]: at most `most` slots from the one at which `first` starts, or from the beginning, and
    /// when the slot after them starts, if there is one.
    ///
    /// # Errors
    /// [`RangeError`].
    pub fn calendar_part(
        &self,
        from: Date,
        to: Date,
        first: Option<Timestamp>,
        most: usize,
    ) -> Result<(Vec<Slot>, Option<Timestamp>), RangeError> {
        let mut slots = self.terms.schedule.calendar_from(from, to, first, &self.terms.time_zone)?;
        let part: Vec<Slot> = slots.by_ref().take(most).collect();
        Ok((part, slots.next().map(|slot| slot.start)))
    }

    /// Whether a slot cannot be held any more at `now`; see [`Schedule::is_past`].
    #[must_use]
    pub fn is_past(&self, slot: &Slot, now: Timestamp) -> bool {
        self.terms.schedule.is_past(slot, &self.terms.time_zone, now)
    }

    /// Whether slots that were taken cannot be held any more at `now`, because the first of them is past or because this resource
    /// has none of them.
    #[must_use]
    pub fn are_past(&self, placements: &[Placement], now: Timestamp) -> bool {
        let own = placements.iter().filter(|placement| placement.page.resource == self.id);
        let slots = own.flat_map(|placement| {
            let known = self.terms.schedule.page(&placement.page.page, &self.terms.time_zone).into_iter();
            known.filter(|slot| placement.places.in_slot(&slot.key) > 0)
        });
        slots.min_by_key(|slot| slot.start).is_none_or(|first| self.is_past(&first, now))
    }

    /// The price of `slots` slots for `quantity` units.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn price(&self, slots: usize, quantity: u32) -> Result<Money, MoneyError> {
        let units = u64::try_from(slots).unwrap_or(u64::MAX).saturating_mul(u64::from(quantity));
        self.terms.base_price.times(units)
    }

    /// The pages that count a part of the schedule, side by side.
    #[must_use]
    pub fn page_keys(&self, page: &str) -> Vec<PageKey> {
        (0..SHARDS).map(|shard| PageKey { shard, ..PageKey::first(self.id.clone(), page) }).collect()
    }

    /// A page's share of `capacity` places per slot.
    #[must_use]
    pub fn share(&self, capacity: u32, key: &PageKey) -> u32 {
        share_of(capacity, key.shard, SHARDS)
    }

    /// A page as it is before anything was held: every slot of its schedule, all places free.
    #[must_use]
    pub fn fresh_page(&self, key: &PageKey, facts: &Facts) -> Page {
        Page::framed(key.clone(), &self.frame(key, facts))
    }

    /// Places that a new hold could take in `slot` at `now`, in all the pages that count it. `stored` are the resource's
    /// stored pages: one that a release before wrote for another schedule does not know the slot, and one that is not stored
    /// offers its share. A slot that is past has none.
    #[must_use]
    pub fn offered(&self, slot: &Slot, stored: &[Page], facts: &Facts, now: Timestamp) -> u32 {
        if self.is_past(slot, now) {
            return 0;
        }
        let dated = facts.of(self.terms.local_date(slot));
        let limit = if dated.closed { 0 } else { dated.limit_or(self.terms.capacity) };
        let of_slot = |page: &&Page| {
            page.key.resource == self.id
                && page.key.page == slot.page
                && (page.terms_revision > 0 || page.schedule_revision == self.schedule_revision)
        };
        let counted: Vec<&Page> = stored.iter().filter(of_slot).collect();
        let untouched =
            self.page_keys(&slot.page).into_iter().filter(|key| counted.iter().all(|page| page.key != *key));
        let offered = counted.iter().map(|page| page.offered(&slot.key, now));
        offered.chain(untouched.map(|key| self.share(limit, &key))).fold(0, u32::saturating_add)
    }
}

pub(super) fn zone_name(terms: &ResourceTerms) -> Option<&str> {
    terms.time_zone.iana_name()
}

/// How many pages count the same slots side by side. One serves what a guest at a time asks for; slots that many ask for at
/// once may need more. Another number is no matter of this constant: stored pages have the share of the number under which they
/// were made. It has to be a term of the resource, and changing it brings all stored pages under the new shares, as a change of
/// the capacity does ([`Resource::frame`]).
const SHARDS: u16 = 1;

/// What shard `shard` of `shards` has of `capacity`: as much as the others, and one of what is left over.
fn share_of(capacity: u32, shard: u16, shards: u16) -> u32 {
    let (shard, shards) = (u32::from(shard), u32::from(shards));
    if shard >= shards {
        return 0;
    }
    capacity / shards + u32::from(shard < capacity % shards)
}

#[cfg(test)]
mod tests {
    use super::share_of;

    #[test]
    fn the_shares_of_a_capacity_add_up_to_it() {
        assert_eq!((share_of(7, 0, 1), share_of(7, 1, 1)), (7, 0), "one page has all, and there is no other");
        assert_eq!((share_of(7, 0, 2), share_of(7, 1, 2), share_of(7, 2, 2)), (4, 3, 0));
        for capacity in 0..20 {
            for shards in 1..6 {
                let shares: u32 = (0..shards + 2).map(|shard| share_of(capacity, shard, shards)).sum();
                assert_eq!(shares, capacity, "{shards} shards");
            }
        }
    }

    /// So what may be sold beyond a capacity is what a share of both has more than one of the capacity.
    #[test]
    fn no_share_grows_where_what_is_shared_shrinks() {
        for (more, shards) in (1..20).flat_map(|more| (1..6).map(move |shards| (more, shards))) {
            let grows = |shard| share_of(more - 1, shard, shards) > share_of(more, shard, shards);
            assert!(!(0..shards).any(grows), "{more} by {shards}");
        }
    }
}
