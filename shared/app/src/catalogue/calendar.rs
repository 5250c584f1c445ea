//! The calendar of a resource, which anyone may read. Terms and dated facts are those of the ledger, so that an edit is seen at
//! once; what is held and booked is that of the read model, which follows. The pages of the ledger are left to those who hold
//! and book.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_domain::catalogue::{Facts, Month, RangeError, Stay};
use holdfast_domain::rates::evaluate::shown_price;
use holdfast_domain::rates::occupancy::Unit;
use holdfast_domain::rates::sale::{Sale, longest_asked, sales};
use holdfast_domain::{Money, Page, Resource, ResourceId, Slot};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::catalogue::beside::{Beside, months_ahead, months_far_ahead, sold_slots};
use crate::catalogue::port::CatalogueReader;
use crate::kernel::failure::Failure;
use crate::kernel::field::Field;
use crate::payments::charge::ChargeRules;
use crate::properties::port::PropertyReader;
use crate::rates::asked::{Around, Fullness, Taken, may_fill_gaps, months_of, request};
use crate::rates::choice::RateChoice;
use crate::rates::port::RateReader;
use crate::rates::standard::StandardStay;
use crate::rates::taxes::{TaxedRates, taxed_rates};
use crate::search::port::ListedPages;

/// One slot of a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarSlot {
    /// The slot.
    pub slot: Slot,
    /// Places.
    pub capacity: u32,
    /// Places that could be held now.
    pub available: u32,
    /// For one unit, for a stay of this slot alone under the default plan, however long stays have to be; none
    /// where it is not on sale.
    pub price: Option<Money>,
    /// How restrictions of the default plan let it be sold; none of a resource without rates.
    pub sale: Option<Sale>,
}

/// The most slots of one answer. Each is some 150 bytes of JSON; a function may return 6 MB.
pub const CALENDAR_SLOTS_MAX: usize = 1000;
/// The most pages of inventory that one answer is made of: those of 100 days, where each has a page of its own.
pub const CALENDAR_PAGES_MAX: usize = 100;

/// The use case of calendars.
pub struct Calendars {
    catalogue: Arc<dyn CatalogueReader>,
    listed: Arc<dyn ListedPages>,
    rates: Arc<dyn RateReader>,
    properties: Arc<dyn PropertyReader>,
    charges: ChargeRules,
}

impl Calendars {
    /// Over a catalogue with its rates and properties, and the read model, for a provider that can charge by these rules.
    #[must_use]
    pub fn new(
        catalogue: Arc<dyn CatalogueReader>,
        listed: Arc<dyn ListedPages>,
        rates: Arc<dyn RateReader>,
        properties: Arc<dyn PropertyReader>,
        charges: ChargeRules,
    ) -> Self {
        Self { catalogue, listed, rates, properties, charges }
    }

    /// The slots that start on local dates of `[from, to)`, with what is free in each at `now`: at most [`CALENDAR_SLOTS_MAX`] of them
    /// on at most [`CALENDAR_PAGES_MAX`] pages, from the one that starts at `first` or from the beginning, and when the slot after them
    /// starts, if there is one.
    ///
    /// # Errors
    /// [`Failure::NotFound`], [`Failure::Invalid`] for an empty or too long range.
    pub async fn slots(
        &self,
        id: &ResourceId,
        from: Date,
        to: Date,
        first: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(Vec<CalendarSlot>, Option<Timestamp>), Failure> {
        let resource = self.catalogue.resource(id).await?.ok_or(Failure::NotFound("resource"))?;
        let part = resource.calendar_part(from, to, first, CALENDAR_SLOTS_MAX);
        let (mut slots, mut next) = part.map_err(|error| range_failure(error, Field::CalendarEnd))?;
        let mut names: BTreeSet<String> = BTreeSet::new();
        let fitting = slots.iter().take_while(|slot| {
            names.contains(&slot.page)
                || (names.len() < CALENDAR_PAGES_MAX && names.insert(slot.page.clone()))
        });
        let fitting = fitting.count();
        if let Some(left) = slots.get(fitting) {
            next = Some(left.start);
            slots.truncate(fitting);
        }
        let names: Vec<String> = names.into_iter().collect();
        let months: BTreeSet<Month> = names.iter().flat_map(|name| resource.months(name)).collect();
        let mut rated = months_of(&resource, &slots.iter().collect::<Vec<_>>());
        rated.extend(months_ahead(&resource, slots.last()));
        let (facts, listed, rates) = tokio::try_join!(
            self.catalogue.facts_of(&resource.id, &months),
            self.listed.of_resource(&resource, &names),
            taxed_rates(self.rates.as_ref(), self.properties.as_ref(), &resource, &rated),
        )?;
        let mut pages = resource.shown_pages(&names, listed, &facts);
        let count = |pages: &[Page]| slots.iter().map(|slot| counted(&resource, slot, pages, now)).collect();
        let counts: Vec<Counted> = count(&pages);
        let TaxedRates { cards, mut dated, taxes } = rates;
        let Some(card) = cards.as_ref().and_then(|cards| cards.at(now)) else {
            let slot = |(slot, counted): (Slot, Counted)| {
                let Counted { capacity, available, .. } = counted;
                let stay = Stay { slots: vec![slot.clone()], start: slot.start, end: slot.end };
                let (resource, stay, taxes) = (&resource, &stay, taxes.as_ref());
                let stay = StandardStay { resource, stay, quantity: 1, units: &[], taxes, at: now };
                let price = stay.price(&self.charges).ok().map(|(_, whole)| whole);
                CalendarSlot { slot, capacity, available, price, sale: None }
            };
            return Ok((slots.into_iter().zip(counts).map(slot).collect(), next));
        };
        let mut beside = Beside::default();
        let mut known: BTreeSet<String> = names.into_iter().collect();
        if let Some(longest) = longest_asked(&card.card, &dated) {
            let far = months_far_ahead(&resource, slots.last(), longest);
            let far: BTreeSet<Month> = far.difference(&rated).copied().collect();
            if !far.is_empty() {
                let (_, more) = self.rates.rates(&resource.id, &far).await?;
                dated = dated.with(more);
            }
            beside = Beside::of(&resource, &slots, longest);
            if may_fill_gaps(card, &dated) {
                let more = beside.pages(longest, &known);
                pages.extend(self.pages(&resource, &more).await?);
                known.extend(more);
            }
        }
        let is_free = |slot: &Slot| {
            known.contains(&slot.page).then(|| counted(&resource, slot, &pages, now).available > 0)
        };
        let question = |slot: &Slot, counted: Counted| {
            let stay = Stay { slots: vec![slot.clone()], start: slot.start, end: slot.end };
            let fullness = BTreeMap::from([(slot.start, counted.taken())]);
            let fullness = Fullness::new(&Around::default(), fullness);
            let units = vec![Unit::default()];
            request(&resource, &stay, units, &RateChoice::default(), &fullness, now)
        };
        let Some(first) = slots.first().zip(counts.first()).map(|(slot, counted)| question(slot, *counted))
        else {
            return Ok((Vec::new(), next));
        };
        let sold = sales(&card.card, &dated, &first, &sold_slots(&resource, &slots, &beside, is_free));
        let slot = |((slot, counted), sale): ((Slot, Counted), Sale)| {
            // Asked for with each price: a test counts the prices by it.
            let step = self.charges.step(card.card.currency);
            let price = shown_price(card, &dated, step, &question(&slot, counted));
            let price = price.filter(|_| sale.is_on_sale);
            let Counted { capacity, available, .. } = counted;
            CalendarSlot { slot, capacity, available, price, sale: Some(sale) }
        };
        Ok((slots.into_iter().zip(counts).zip(sold).map(slot).collect(), next))
    }

    /// Pages of a resource as they are shown.
    async fn pages(&self, resource: &Resource, names: &BTreeSet<String>) -> Result<Vec<Page>, Failure> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<String> = names.iter().cloned().collect();
        let months: BTreeSet<Month> = names.iter().flat_map(|name| resource.months(name)).collect();
        let (facts, listed) = tokio::try_join!(
            self.catalogue.facts_of(&resource.id, &months),
            self.listed.of_resource(resource, &names),
        )?;
        Ok(resource.shown_pages(&names, listed, &facts))
    }
}

/// What all the pages that count a slot say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Its places.
    pub(crate) capacity: u32,
    /// What may be taken of it: its places and what may be sold beyond them.
    limit: u32,
    /// What could be held.
    pub(crate) available: u32,
}

impl Counted {
    /// Places that cannot be held, of those that there are: a slot that is sold beyond its capacity is full, and no more than that.
    pub(crate) fn taken(self) -> Taken {
        let taken = self.limit.saturating_sub(self.available).min(self.capacity);
        Taken { taken, places: self.capacity, is_free: self.available > 0 }
    }
}

/// How full slots are, by their start, as the calendar shows it: stored pages of the read model in the frame of terms and facts.
pub(crate) fn how_full(
    resource: &Resource,
    slots: &[&Slot],
    stored: Vec<Page>,
    facts: &Facts,
    now: Timestamp,
) -> BTreeMap<Timestamp, Taken> {
    let names: BTreeSet<String> = slots.iter().map(|slot| slot.page.clone()).collect();
    let names: Vec<String> = names.into_iter().collect();
    let pages = resource.shown_pages(&names, stored, facts);
    slots.iter().map(|slot| (slot.start, counted(resource, slot, &pages, now).taken())).collect()
}

/// What `pages` of a resource say of a slot. Of one that is past nothing can be held.
fn counted(resource: &Resource, slot: &Slot, pages: &[Page], now: Timestamp) -> Counted {
    let counted = on_all(pages, slot, now);
    if resource.is_past(slot, now) { Counted { available: 0, ..counted } } else { counted }
}

fn on_all(pages: &[Page], slot: &Slot, now: Timestamp) -> Counted {
    let sum = |of: &dyn Fn(&Page) -> u32| {
        pages.iter().filter(|page| page.key.page == slot.page).map(of).fold(0, u32::saturating_add)
    };
    Counted {
        capacity: sum(&|page| page.capacity_of(&slot.key)),
        limit: sum(&|page| page.limit(&slot.key)),
        available: sum(&|page| page.offered(&slot.key, now)),
    }
}

/// The slots of `[from, to)`, local dates. `end` names the field that is wrong when the range is empty or too long.
pub(crate) fn slots_between(
    resource: &Resource,
    from: Date,
    to: Date,
    end: Field,
) -> Result<Vec<Slot>, Failure> {
    resource.calendar(from, to).map_err(|error| range_failure(error, end))
}

fn range_failure(error: RangeError, end: Field) -> Failure {
    match error {
        RangeError::Empty | RangeError::TooLong(_) => {
            Failure::Invalid { field: end.into(), detail: error.to_string() }
        }
        RangeError::NotBookable => Failure::RangeNotBookable(error),
    }
}

#[cfg(test)]
mod tests {
    use holdfast_domain::{PageKey, SlotKey};

    use super::*;

    #[test]
    fn a_slot_has_the_places_of_all_pages_that_count_it() {
        let key = SlotKey::parse("01").expect("a key");
        let resource = ResourceId::parse("hotel").expect("an id");
        let page = |shard, name: &str, capacity, free| {
            let page = PageKey { shard, ..PageKey::first(resource.clone(), name) };
            let mut page = Page::fresh(page, 1, capacity, vec![key.clone()]);
            page.available.insert(key.clone(), free);
            page.confirmed.insert(key.clone(), capacity - free);
            page
        };
        let pages = [page(0, "2026-06", 5, 2), page(1, "2026-06", 4, 3), page(0, "2026-07", 9, 9)];
        let (start, end) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        let slot = Slot { page: "2026-06".to_owned(), key: key.clone(), start, end };
        let of_both = on_all(&pages, &slot, start);
        assert_eq!(of_both, Counted { capacity: 9, limit: 9, available: 5 });
        assert_eq!(of_both.taken(), Taken { taken: 4, places: 9, is_free: true });
    }

    #[test]
    fn a_slot_is_as_full_as_its_capacity_says() {
        let counted = |available| Counted { capacity: 10, limit: 13, available };
        for (available, taken) in [(13, 0), (12, 1), (3, 10), (1, 10), (0, 10)] {
            let expected = Taken { taken, places: 10, is_free: available > 0 };
            assert_eq!(counted(available).taken(), expected, "{available} could be held");
        }
    }
}
