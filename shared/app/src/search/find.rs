//! Search over the read model. It may be a little stale and guarantees nothing; what it offers is what a hold would ask for.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use futures::{StreamExt, TryStreamExt, stream};
use holdfast_domain::catalogue::{AttributeValue, Facts, Month, Offerable, Stay};
use holdfast_domain::rates::card::{CardVersion, ResourceRates};
use holdfast_domain::rates::dated::{DatedRates, MonthRates};
use holdfast_domain::rates::property_taxes::PropertyTaxes;
use holdfast_domain::{Money, Page, PropertyId, Resource, ResourceId, Slot, When};
use jiff::Timestamp;
use serde_json::Value;

use crate::kernel::errors::StoreError;
use crate::kernel::failure::Failure;
use crate::kernel::field::Field;
use crate::payments::charge::ChargeRules;
use crate::rates::asked::{around, may_fill_gaps, months_of};
use crate::search::missed::{Missed, no_stay};
use crate::search::port::SearchIndex;
use crate::search::priced::Candidate;

/// The most results on one page of results.
pub const LIMIT_MAX: u32 = 100;
/// The most bytes of results on one page of results, as JSON. Where results are long, fewer come at a time than were asked for.
pub const RESULTS_BYTES_MAX: usize = 1024 * 1024;
/// JSON of a result beside its texts, in bytes.
const RESULT_FRAME_BYTES: usize = 512;
/// The longest number or flag as JSON, in bytes.
const NUMBER_BYTES_MAX: usize = 32;
/// How many partitions of the read model one question reads side by side.
const READS_AT_ONCE: usize = 16;

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sort {
    /// Cheapest first.
    Price,
    /// Best first; without a rating last.
    Rating,
    /// Nearest to (latitude, longitude) in degrees first; without a position last.
    Distance(f64, f64),
}

/// A question.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Kind of resource.
    pub resource_type: String,
    /// Where.
    pub location: String,
    /// First moment or local date.
    pub start: When,
    /// Moment or local date after the last.
    pub end: When,
    /// Units.
    pub quantity: u32,
    /// Order of results.
    pub sort: Sort,
    /// The most results, 1 to [`LIMIT_MAX`].
    pub limit: u32,
    /// Where an earlier answer ended.
    pub cursor: Option<String>,
}

/// A resource that is free for the whole range, or of a single date with breaks for a part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// The resource.
    pub resource: Resource,
    /// What exactly can be held.
    pub stay: Stay,
    /// Units that could be held in every slot of the stay.
    pub available: u32,
    /// For the stay and the quantity asked for: of a resource with rates, under its default plan, wherever it is paid.
    pub price: Money,
}

/// What a search finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// A page of offers, in order.
    pub offers: Vec<Offer>,
    /// The next cursor.
    pub next: Option<String>,
    /// Where nothing is offered at all: why, and of how many resources of the kind and place. A resource counts for each of its reasons.
    pub missed: Option<BTreeMap<Missed, u32>>,
}

/// A reading of the read model.
type Reading<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// The use case of search.
pub struct Search {
    index: Arc<dyn SearchIndex>,
    charges: ChargeRules,
}

impl Search {
    /// Over a read model, for a provider that can charge by these rules.
    #[must_use]
    pub fn new(index: Arc<dyn SearchIndex>, charges: ChargeRules) -> Self {
        Self { index, charges }
    }

    /// A page of offers. What is not offered is explained by what was read anyway.
    ///
    /// # Errors
    /// [`Failure::Invalid`] for a cursor that is not ours; an outage.
    pub async fn find(&self, query: &Query, now: Timestamp) -> Result<Found, Failure> {
        let after = query.cursor.as_deref().map(Position::decode).transpose()?;
        let (resources, cards) = tokio::try_join!(
            self.index.resources(&query.resource_type, &query.location),
            self.index.rates(&query.resource_type, &query.location),
        )?;
        let mut missed: BTreeMap<Missed, u32> = BTreeMap::new();
        let mut wanted: Vec<(Resource, Offerable)> = Vec::with_capacity(resources.len());
        for resource in resources {
            match resource.offerable(query.start, query.end, now) {
                Ok(offerable) => wanted.push((resource, offerable)),
                Err(error) => count(&mut missed, [no_stay(&error)]),
            }
        }
        let rated = wanted.iter().flat_map(|(resource, offerable)| months_of(resource, &offerable.slots()));
        let months = rated.collect();
        let of_properties = properties_of(&wanted);
        let (mut rates, taxes) = tokio::try_join!(
            self.rates(query, cards, &months),
            self.taxes(of_properties.values().collect()),
        )?;
        for (id, property) in &of_properties {
            if let Some((listed, taxes)) = rates.get_mut(id).zip(taxes.get(property)) {
                listed.cards = listed.cards.take().map(|cards| cards.under(taxes));
            }
        }
        let beside = |(resource, offerable): &(Resource, Offerable)| {
            let listed = rates.get(&resource.id).and_then(|listed| listed.at(now));
            let asks = listed.is_some_and(|(card, dated)| may_fill_gaps(card, dated));
            if asks { slots_beside(resource, offerable) } else { Vec::new() }
        };
        let beside: Vec<Vec<Slot>> = wanted.iter().map(beside).collect();
        let looked_at = || {
            let all = wanted.iter().zip(&beside);
            all.flat_map(|((resource, offerable), beside)| {
                offerable.slots().into_iter().chain(beside).map(move |slot| (resource, slot))
            })
        };
        let names: BTreeSet<&str> = looked_at().map(|(_, slot)| slot.page.as_str()).collect();
        let (index, kind, place) = (&self.index, &query.resource_type, &query.location);
        let reads = names.iter().map(|name| index.pages(kind, place, name)).collect();
        let mut pages: BTreeMap<ResourceId, Vec<Page>> = BTreeMap::new();
        for page in side_by_side(reads).await?.into_iter().flatten() {
            pages.entry(page.key.resource.clone()).or_default().push(page);
        }
        let months: BTreeSet<Month> =
            looked_at().map(|(resource, slot)| Month::of(resource.terms.local_date(slot))).collect();
        let reads = months.iter().map(|month| index.facts(kind, place, *month)).collect();
        let mut facts: BTreeMap<ResourceId, Facts> = BTreeMap::new();
        for (month, set) in months.iter().zip(side_by_side(reads).await?) {
            for (id, set) in set {
                let known = facts.remove(&id).unwrap_or_default();
                facts.insert(id, known.written(&BTreeMap::from([(*month, set)])));
            }
        }
        let nothing_set = Facts::default();
        let found = wanted.into_iter().zip(beside).map(|((resource, offerable), beside)| {
            let stored = pages.get(&resource.id).map_or(&[][..], Vec::as_slice);
            let facts = facts.get(&resource.id).unwrap_or(&nothing_set);
            let candidate = Candidate {
                resource: &resource,
                card: rates.get(&resource.id).and_then(|listed| listed.at(now)),
                taxes: of_properties.get(&resource.id).and_then(|property| taxes.get(property)),
                stored,
                facts,
                beside: &beside,
                quantity: query.quantity,
                now,
                charges: &self.charges,
            };
            let (stay, available, price) = candidate.best(&offerable)?;
            let offer = Offer { available, price, stay, resource };
            Ok::<_, BTreeSet<Missed>>((Position::of(&offer, query.sort), offer))
        });
        let mut offers: Vec<(Position, Offer)> = Vec::new();
        for one in found {
            match one {
                Ok(offer) => offers.push(offer),
                Err(reasons) => count(&mut missed, reasons),
            }
        }
        let missed = offers.is_empty().then_some(missed);
        offers.sort_by(|a, b| a.0.order(&b.0));
        let rest = offers.into_iter().filter(|(position, _)| {
            after.as_ref().is_none_or(|after| position.order(after) == Ordering::Greater)
        });
        let mut rest = rest.peekable();
        let mut page: Vec<(Position, Offer)> = Vec::new();
        let mut room = RESULTS_BYTES_MAX;
        for _ in 0..query.limit {
            let fits = |(_, offer): &(Position, Offer)| page.is_empty() || json_bytes(offer) <= room;
            let Some(next) = rest.next_if(fits) else { break };
            room = room.saturating_sub(json_bytes(&next.1));
            page.push(next);
        }
        let next = rest.peek().and_then(|_| page.last().map(|(position, _)| position.encode()));
        let offers = page.into_iter().map(|(_, offer)| offer).collect();
        Ok(Found { offers, next, missed })
    }
}

/// Counts a resource that is not offered.
fn count(missed: &mut BTreeMap<Missed, u32>, reasons: impl IntoIterator<Item = Missed>) {
    for reason in reasons {
        *missed.entry(reason).or_default() += 1;
    }
}

/// The slots next to what is offerable of a resource.
fn slots_beside(resource: &Resource, offerable: &Offerable) -> Vec<Slot> {
    let slots: Vec<Slot> = offerable.slots().into_iter().cloned().collect();
    let (Some(first), Some(last)) = (slots.first(), slots.last()) else { return Vec::new() };
    let stay = Stay { start: first.start, end: last.end, slots };
    let around = around(resource, &stay);
    around.before.into_iter().chain(around.after).collect()
}

/// The rates of a resource as they are listed.
#[derive(Default)]
struct ListedRates {
    cards: Option<ResourceRates>,
    dated: DatedRates,
}

impl ListedRates {
    /// The card that holds at `now`, and what is set for dates; none of a resource without a card.
    fn at(&self, now: Timestamp) -> Option<(&CardVersion, &DatedRates)> {
        Some((self.cards.as_ref()?.at(now)?, &self.dated))
    }
}

/// The properties of the resources that a question is about, of those that belong to one.
fn properties_of(wanted: &[(Resource, Offerable)]) -> BTreeMap<ResourceId, PropertyId> {
    let resources = wanted.iter().map(|(resource, _)| resource);
    resources.filter_map(|resource| Some((resource.id.clone(), resource.terms.property.clone()?))).collect()
}

impl Search {
    /// The taxes of those properties. Where there is none, nothing is read.
    async fn taxes(
        &self,
        properties: BTreeSet<&PropertyId>,
    ) -> Result<BTreeMap<PropertyId, PropertyTaxes>, Failure> {
        if properties.is_empty() {
            return Ok(BTreeMap::new());
        }
        let taxes = self.index.taxes(&properties.into_iter().cloned().collect()).await?;
        Ok(taxes.into_iter().map(|taxes| (taxes.property.clone(), taxes)).collect())
    }

    /// The rates of the resources that a question is about, as they are listed. Where none of them has a card, nothing is read of their dates.
    async fn rates(
        &self,
        query: &Query,
        cards: Vec<ResourceRates>,
        months: &BTreeSet<Month>,
    ) -> Result<BTreeMap<ResourceId, ListedRates>, Failure> {
        let (index, kind, place) = (&self.index, &query.resource_type, &query.location);
        let listed = |cards: ResourceRates| {
            (cards.resource.clone(), ListedRates { cards: Some(cards), ..ListedRates::default() })
        };
        let mut rates: BTreeMap<ResourceId, ListedRates> = cards.into_iter().map(listed).collect();
        if rates.is_empty() {
            return Ok(rates);
        }
        let reads = months.iter().map(|month| index.month_rates(kind, place, *month)).collect();
        let mut dated: BTreeMap<ResourceId, Vec<(Month, MonthRates)>> = BTreeMap::new();
        for (month, set) in months.iter().zip(side_by_side(reads).await?) {
            for (id, set) in set {
                dated.entry(id).or_default().push((*month, set));
            }
        }
        for (id, months) in dated {
            if let Some(listed) = rates.get_mut(&id) {
                listed.dated = DatedRates::new(months);
            }
        }
        Ok(rates)
    }
}

/// What was read, in that order; some of it at a time.
async fn side_by_side<T>(reads: Vec<Reading<'_, T>>) -> Result<Vec<T>, StoreError> {
    stream::iter(reads).buffered(READS_AT_ONCE).try_collect().await
}

/// How long an offer is as JSON, at most.
fn json_bytes(offer: &Offer) -> usize {
    let text = |text: &str| Value::from(text).to_string().len();
    let terms = &offer.resource.terms;
    let value = |value: &AttributeValue| match value {
        AttributeValue::Text(said) => text(said),
        AttributeValue::Number(_) | AttributeValue::Flag(_) => NUMBER_BYTES_MAX,
    };
    let attributes = terms.attributes.iter().map(|(name, said)| text(name) + value(said) + 2);
    let labels = [&terms.name, &terms.resource_type, &terms.location];
    let labels = labels.into_iter().map(|label| text(label.as_str()));
    RESULT_FRAME_BYTES + attributes.sum::<usize>() + labels.sum::<usize>()
}

/// Where an offer stands in the order of results: a number to sort by, ties broken by the resource's id.
#[derive(Debug, Clone, PartialEq)]
struct Position {
    rank: f64,
    resource: String,
}

impl Position {
    fn of(offer: &Offer, sort: Sort) -> Self {
        let number = |name: &str| match offer.resource.terms.attributes.get(name) {
            Some(AttributeValue::Number(value)) => Some(*value),
            Some(AttributeValue::Text(_) | AttributeValue::Flag(_)) | None => None,
        };
        #[expect(clippy::cast_precision_loss, reason = "amounts are far below 2^53")]
        let rank = match sort {
            Sort::Price => offer.price.amount() as f64,
            Sort::Rating => -number("rating").unwrap_or(f64::MIN),
            Sort::Distance(latitude, longitude) => match (number("latitude"), number("longitude")) {
                (Some(lat), Some(lon)) => haversine((latitude, longitude), (lat, lon)),
                _ => f64::MAX,
            },
        };
        Self { rank, resource: offer.resource.id.to_string() }
    }

    fn order(&self, other: &Self) -> Ordering {
        self.rank.total_cmp(&other.rank).then_with(|| self.resource.cmp(&other.resource))
    }

    fn encode(&self) -> String {
        BASE64URL_NOPAD.encode(format!("{:016x}{}", self.rank.to_bits(), self.resource).as_bytes())
    }

    fn decode(cursor: &str) -> Result<Self, Failure> {
        let invalid = || Failure::Invalid {
            field: Field::Cursor.into(),
            detail: "is not a cursor of this search".to_owned(),
        };
        let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).map_err(|_| invalid())?;
        let text = String::from_utf8(bytes).map_err(|_| invalid())?;
        let (rank, resource) = text.split_at_checked(16).ok_or_else(invalid)?;
        let bits = u64::from_str_radix(rank, 16).map_err(|_| invalid())?;
        Ok(Self { rank: f64::from_bits(bits), resource: resource.to_owned() })
    }
}

/// The haversine of the angle between two places on the globe, given by latitude and longitude in degrees. It grows with
/// their great-circle distance, which is all that an order of results needs.
fn haversine(from: (f64, f64), to: (f64, f64)) -> f64 {
    let (lat_a, lat_b) = (from.0.to_radians(), to.0.to_radians());
    let half_lat = ((to.0 - from.0).to_radians() / 2.0).sin();
    let half_lon = ((to.1 - from.1).to_radians() / 2.0).sin();
    half_lat * half_lat + lat_a.cos() * lat_b.cos() * half_lon * half_lon
}
