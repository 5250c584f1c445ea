//! What a stay costs by the rates of its resource, and why; or that it is not sold. One code for quotes and holds.
//!
//! Rates are remembered for [`RATES_MEMORY_MS`], since what others have edited may be seen as much later; an operator always meets
//! what is stored. How full the slots are is asked for only where a rate depends on it, and the taxes of a property only for a card of
//! a resource that belongs to one: here they come to the card, for everybody who asks what a stay costs. How often a promotion is used is
//! asked for only where its code is given and its uses are limited, and never remembered: with a code that is used up a card is priced as
//! if it had no such code.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::try_join;
use holdfast_domain::catalogue::{Month, Stay};
use holdfast_domain::rates::card::{CardVersion, RateCard, ResourceRates};
use holdfast_domain::rates::dated::{DatedRates, MonthRates};
use holdfast_domain::rates::evaluate::{PRICES_MAX, PlanOffer, offers, quote};
use holdfast_domain::rates::ids::PlanId;
use holdfast_domain::rates::nearest::{NEAREST_MAX, NEAREST_SLOTS_MAX, Nearest, nearest, nearest_slots};
use holdfast_domain::rates::occupancy::Unit;
use holdfast_domain::rates::price_override::{OverrideFault, PriceOverride, check_override};
use holdfast_domain::rates::promotion::UseLimits;
use holdfast_domain::rates::property_taxes::PropertyTaxes;
use holdfast_domain::rates::quote::{AppliedRate, PlanQuote, Reason, Unavailable};
use holdfast_domain::rates::request::RateRequest;
use holdfast_domain::rates::snapshot::can_be_kept;
use holdfast_domain::{GuestId, PropertyId, Resource, ResourceId, Schedule, Slot, When};
use jiff::{SignedDuration, Timestamp};

use crate::catalogue::calendar::how_full;
use crate::catalogue::port::CatalogueReader;
use crate::kernel::errors::StoreError;
use crate::kernel::failure::Failure;
use crate::kernel::field::Field;
use crate::payments::charge::ChargeRules;
use crate::properties::port::PropertyReader;
use crate::rates::asked::{Asked, Fullness, Taken, around, needs_fullness, request, units_alike};
use crate::rates::choice::{RateChoice, SetPrice, months_around};
use crate::rates::entitlement::Entitlement;
use crate::rates::guessing::tried;
use crate::rates::port::{CodeTries, PromotionUses, RateReader};
use crate::rates::standard::{NoStandard, StandardStay};
use crate::rates::taxes::taxes_of;
use crate::rates::used_up::is_used_up;
use crate::search::port::ListedPages;

/// How long rates and the taxes of properties are remembered for guests, in milliseconds.
pub const RATES_MEMORY_MS: i64 = 5000;
/// How long it is remembered how full slots are, in milliseconds: what others sell meanwhile is sold at the step of demand from before.
pub const FULLNESS_MEMORY_MS: i64 = 1000;
const RESOURCES_REMEMBERED_MAX: usize = 1000;
/// Slots of one resource of which it is remembered how full they are.
const SLOTS_REMEMBERED_MAX: usize = 2000;

/// Properties whose taxes are remembered.
const PROPERTIES_REMEMBERED_MAX: usize = 1000;

/// The pricing of stays.
pub struct Pricing {
    rates: Arc<dyn RateReader>,
    properties: Arc<dyn PropertyReader>,
    uses: Arc<dyn PromotionUses>,
    tries: Arc<dyn CodeTries>,
    catalogue: Arc<dyn CatalogueReader>,
    listed: Arc<dyn ListedPages>,
    charges: ChargeRules,
    remembered: Mutex<HashMap<ResourceId, Remembered>>,
    taxes: Mutex<HashMap<PropertyId, RememberedTaxes>>,
}

/// When the taxes of a property were read, and what they are; none of one that there is not.
type RememberedTaxes = (Timestamp, Option<Arc<PropertyTaxes>>);

/// What is remembered of a resource, each with when it was read.
#[derive(Default)]
struct Remembered {
    card: Option<(Timestamp, Option<Arc<ResourceRates>>)>,
    months: BTreeMap<Month, (Timestamp, MonthRates)>,
    slots: BTreeMap<Timestamp, (Timestamp, Taken)>,
}

/// The rates of a resource for some months.
#[derive(Debug, Clone, Default)]
pub struct KnownRates {
    /// Its cards, as they are written; none of a resource that never had one.
    pub cards: Option<Arc<ResourceRates>>,
    /// What is set for dates.
    pub dated: DatedRates,
}

/// The most plans for which something else is looked for, in the card's order.
const NEAREST_PLANS_MAX: usize = 4;

impl Pricing {
    /// Over the rates, the properties, the uses of promotions, what is tried of their codes, the catalogue and the read model, for a provider that can charge by these rules.
    #[must_use]
    pub fn new(
        rates: Arc<dyn RateReader>,
        properties: Arc<dyn PropertyReader>,
        uses: Arc<dyn PromotionUses>,
        tries: Arc<dyn CodeTries>,
        catalogue: Arc<dyn CatalogueReader>,
        listed: Arc<dyn ListedPages>,
        charges: ChargeRules,
    ) -> Self {
        let (remembered, taxes) = (Mutex::default(), Mutex::default());
        Self { rates, properties, uses, tries, catalogue, listed, charges, remembered, taxes }
    }

    /// What the provider can charge.
    #[must_use]
    pub fn charges(&self) -> &ChargeRules {
        &self.charges
    }

    /// The rates of a resource for those months; the `latest`, or such as were read a moment ago, together with what is missing of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rates(
        &self,
        id: &ResourceId,
        months: &BTreeSet<Month>,
        latest: bool,
        now: Timestamp,
    ) -> Result<KnownRates, StoreError> {
        if let Some(known) = self.remembered_rates(id, months, now).filter(|_| !latest) {
            return Ok(known);
        }
        let (cards, dated) = self.rates.rates(id, months).await?;
        let cards = cards.map(Arc::new);
        self.remember(id, now, |remembered| {
            remembered.card = Some((now, cards.clone()));
            remembered.months.retain(|_, (read_at, _)| is_fresh(*read_at, now));
            let nothing: BTreeMap<Month, MonthRates> =
                months.iter().map(|month| (*month, MonthRates::default())).collect();
            let set = dated.months().map(|(month, rates)| (month, rates.clone()));
            let all = nothing.into_iter().chain(set).map(|(month, rates)| (month, (now, rates)));
            remembered.months.extend(all);
        });
        Ok(KnownRates { cards, dated })
    }

    fn remembered_rates(
        &self,
        id: &ResourceId,
        months: &BTreeSet<Month>,
        now: Timestamp,
    ) -> Option<KnownRates> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let remembered = remembered.get(id)?;
        let (read_at, cards) = remembered.card.as_ref()?;
        if !is_fresh(*read_at, now) {
            return None;
        }
        if cards.is_none() {
            return Some(KnownRates::default());
        }
        let month = |month: &Month| {
            let (read_at, rates) = remembered.months.get(month)?;
            is_fresh(*read_at, now).then(|| (*month, rates.clone()))
        };
        let dated = DatedRates::new(months.iter().map(month).collect::<Option<Vec<_>>>()?);
        Some(KnownRates { cards: cards.clone(), dated })
    }

    fn remember(&self, id: &ResourceId, now: Timestamp, change: impl FnOnce(&mut Remembered)) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= RESOURCES_REMEMBERED_MAX && !remembered.contains_key(id) {
            remembered.retain(|_, one| one.card.as_ref().is_some_and(|(read_at, _)| is_fresh(*read_at, now)));
        }
        if remembered.len() >= RESOURCES_REMEMBERED_MAX && !remembered.contains_key(id) {
            remembered.clear();
        }
        change(remembered.entry(id.clone()).or_default());
    }

    /// What a stay costs under the plan that is chosen, or the default one; of a resource without a rate card under the one that it has.
    ///
    /// # Errors
    /// [`Failure::RateNotAvailable`]; [`Failure::Invalid`] if more is chosen than the resource has.
    pub async fn price(&self, asked: Asked<'_>, rates: &KnownRates) -> Result<PlanQuote, Failure> {
        let Some(version) = rates.cards.as_ref().and_then(|cards| cards.at(asked.at)) else {
            let PlanOffer { plan, result } = self.standard(asked).await?;
            return result.map_err(|none| Failure::RateNotAvailable {
                plan,
                reasons: none.reasons,
                nearest: None,
            });
        };
        self.check_override(asked.choice, &version.card)?;
        let code = tried(self.tries.as_ref(), &asked).await?;
        let (request, version) =
            try_join(self.request(asked, version, &rates.dated), self.met(asked, version)).await?;
        let version = &*version;
        let plan = asked.choice.plan.as_ref().unwrap_or(&version.card.default_plan);
        let step = self.charges.step(version.card.currency);
        match quote(version, &rates.dated, step, &request, plan).and_then(keepable) {
            Ok(quoted) => {
                if let Some(code) = code.filter(|_| quoted.applied.promotion.is_some()) {
                    code.was_good().await;
                }
                Ok(quoted)
            }
            Err(none) => {
                let mut refused = vec![(plan.clone(), none.clone())];
                if asked.choice.plan.is_none() && none.is_by_restrictions_alone() {
                    let others = offers(version, &rates.dated, step, &request).into_iter();
                    let not_sold = |offer: PlanOffer| Some((offer.plan, offer.result.err()?));
                    refused.extend(others.filter_map(not_sold).filter(|(other, _)| other != plan));
                }
                let nearest = self.nearest(asked, version, &refused).await;
                Err(Failure::RateNotAvailable { plan: plan.clone(), reasons: none.reasons, nearest })
            }
        }
    }

    /// What a stay costs at a resource without a rate card. The taxes of its property are read as for a card, if it belongs to one.
    ///
    /// # Errors
    /// [`Failure::Invalid`] if more is chosen than the resource has, or more is asked for than can be priced; an outage.
    pub(crate) async fn standard(&self, asked: Asked<'_>) -> Result<PlanOffer, Failure> {
        let Asked { resource, stay, quantity, choice, at, latest, .. } = asked;
        choice.refused_without_card()?;
        let taxes = match &resource.terms.property {
            Some(property) => self.taxes(property, latest, at).await?,
            None => None,
        };
        let stay =
            StandardStay { resource, stay, quantity, units: &choice.units, taxes: taxes.as_deref(), at };
        let invalid = |field: Field, detail: String| Failure::Invalid { field: field.into(), detail };
        if !choice.units.is_empty() && !stay.is_taxed() {
            let detail =
                "are not to be chosen: the resource has no rate card, and no tax by guests".to_owned();
            return Err(invalid(Field::Units, detail));
        }
        let plan = PlanId::standard();
        match stay.quote(&self.charges) {
            Ok(quote) => Ok(PlanOffer { plan, result: keepable(quote) }),
            Err(NoStandard::Unavailable(none)) => Ok(PlanOffer { plan, result: Err(none) }),
            Err(NoStandard::Quantity(error)) => Err(invalid(Field::Quantity, error.to_string())),
            Err(NoStandard::Units) => Err(wrong_units(asked)),
        }
    }

    /// Checks the price that is set, if one is.
    fn check_override(&self, choice: &RateChoice, card: &RateCard) -> Result<(), Failure> {
        let Some(set) = &choice.price_override else { return Ok(()) };
        let invalid = |field: Field, detail: String| Failure::Invalid { field: field.into(), detail };
        if choice.promotion.is_some() {
            let detail = "is not to be combined with a price that is set".to_owned();
            return Err(invalid(Field::PromotionCode, detail));
        }
        check_override(set.amount, card.currency, self.charges.step(card.currency)).map_err(|fault| {
            let field = match fault {
                OverrideFault::Currency(_) => Field::OverrideCurrency,
                OverrideFault::Multiple(_) => Field::OverrideAmount,
            };
            invalid(field, fault.to_string())
        })
    }

    /// What would do instead of a stay that plans are not sold for, and under which of them: what is nearest to it, of the earlier of two
    /// plans. An event has nothing else. It reads what is set for the dates around; where that cannot be read, nothing is named.
    pub(crate) async fn nearest(
        &self,
        asked: Asked<'_>,
        version: &CardVersion,
        plans: &[(PlanId, Unavailable)],
    ) -> Option<(PlanId, Nearest)> {
        let Asked { resource, stay, quantity, choice, at, latest, .. } = asked;
        let are_nights = match resource.terms.schedule {
            Schedule::Nightly { .. } => true,
            Schedule::Slots(_) => false,
            Schedule::Event { .. } => return None,
        };
        let is_restricted = |(_, none): &&(PlanId, Unavailable)| none.is_by_restrictions_alone();
        if stay.slots.len() > NEAREST_SLOTS_MAX || !plans.iter().any(|plan| is_restricted(&plan)) {
            return None;
        }
        let units = units_alike(stay.slots.len(), quantity)?;
        let around = SignedDuration::from_hours(24 * i64::from(NEAREST_MAX));
        let first = stay.start.checked_sub(around).unwrap_or(stay.start);
        let last = stay.end.checked_add(around).unwrap_or(stay.end);
        let months = months_around(When::Instant(first), When::Instant(last));
        // What is asked for another moment is no memory of this one.
        let dated = if latest {
            self.rates.rates(&resource.id, &months).await.map(|(_, dated)| dated)
        } else {
            self.rates(&resource.id, &months, latest, at).await.map(|known| known.dated)
        };
        match dated {
            Ok(dated) => {
                let request = request(resource, stay, units, choice, &Fullness::default(), at);
                let card = &version.card;
                let of = |(plan, none): &(PlanId, Unavailable)| {
                    let found = if are_nights {
                        nearest(card, &dated, &request, plan, none)
                    } else {
                        nearest_slots(resource, card, &dated, &request, plan, none)
                    };
                    Some((plan.clone(), found?))
                };
                plans
                    .iter()
                    .take(NEAREST_PLANS_MAX)
                    .filter_map(of)
                    .min_by_key(|(_, nearest)| nearest.distance(&request))
            }
            Err(error) => {
                tracing::warn!(error = %error, resource = %resource.id, "nothing is named that would do");
                None
            }
        }
    }

    /// What a stay costs under each plan of a version, as it is written, that the caller may see.
    ///
    /// # Errors
    /// [`Failure::Invalid`] if the units are not as many as the quantity, or more than can be priced at once; an outage.
    pub async fn offers(
        &self,
        asked: Asked<'_>,
        version: &CardVersion,
        dated: &DatedRates,
    ) -> Result<Vec<PlanOffer>, Failure> {
        let tried = tried(self.tries.as_ref(), &asked).await?;
        let (request, version) =
            try_join(self.request(asked, version, dated), self.met(asked, version)).await?;
        let version = &*version;
        let step = self.charges.step(version.card.currency);
        let kept = |offer: PlanOffer| PlanOffer { result: offer.result.and_then(keepable), ..offer };
        let offers = match &asked.choice.plan {
            Some(plan) => {
                let result = quote(version, dated, step, &request, plan);
                vec![kept(PlanOffer { plan: plan.clone(), result })]
            }
            None => offers(version, dated, step, &request).into_iter().map(kept).collect::<Vec<_>>(),
        };
        let applies =
            |offer: &PlanOffer| offer.result.as_ref().is_ok_and(|quote| quote.applied.promotion.is_some());
        if let Some(tried) = tried.filter(|_| offers.iter().any(applies)) {
            tried.was_good().await;
        }
        Ok(offers)
    }

    /// Whether a rate that was promised has a promotion of which no use is left for a guest. It is held to the limits by which it was priced.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn is_promise_used_up(
        &self,
        resource: &ResourceId,
        rate: &AppliedRate,
        guest: &GuestId,
    ) -> Result<bool, StoreError> {
        match &rate.promotion {
            Some(code) => {
                is_used_up(self.uses.as_ref(), resource, code, rate.promotion_limits, Some(guest)).await
            }
            None => Ok(false),
        }
    }

    /// A version of a card as whoever asks meets it: under the taxes of the resource's property, and without the promotion whose code is
    /// given if it is used up. So a code that is used up gets the answer of one that there is not, whatever else is wrong.
    async fn met<'a>(
        &self,
        asked: Asked<'_>,
        version: &'a CardVersion,
    ) -> Result<Cow<'a, CardVersion>, Failure> {
        let given = asked.choice.promotion.as_ref().and_then(|code| version.card.promotion(code));
        let Some(promotion) = given else { return self.taxed(asked, version).await };
        let (code, limits) = (&promotion.code, UseLimits::of(promotion));
        let used_up = async {
            Ok(is_used_up(self.uses.as_ref(), &asked.resource.id, code, limits, asked.guest).await?)
        };
        let (version, is_used_up) = try_join(self.taxed(asked, version), used_up).await?;
        Ok(if is_used_up { Cow::Owned(version.without_promotion(code)) } else { version })
    }

    /// A version of the card of the resource that is asked for, under the taxes of its property.
    async fn taxed<'a>(
        &self,
        asked: Asked<'_>,
        version: &'a CardVersion,
    ) -> Result<Cow<'a, CardVersion>, Failure> {
        let Some(property) = &asked.resource.terms.property else { return Ok(Cow::Borrowed(version)) };
        let taxes = self.taxes(property, asked.latest, asked.at).await?;
        Ok(taxes.map_or(Cow::Borrowed(version), |taxes| version.under(&taxes)))
    }

    /// The taxes of a property; the `latest`, or such as were read a moment ago.
    async fn taxes(
        &self,
        property: &PropertyId,
        latest: bool,
        now: Timestamp,
    ) -> Result<Option<Arc<PropertyTaxes>>, StoreError> {
        if latest {
            // What is asked for another moment is no memory of this one.
            return Ok(taxes_of(self.properties.as_ref(), property).await?.map(Arc::new));
        }
        let known = {
            let remembered = self.taxes.lock().unwrap_or_else(PoisonError::into_inner);
            remembered.get(property).filter(|(read_at, _)| is_fresh(*read_at, now)).cloned()
        };
        if let Some((_, taxes)) = known {
            return Ok(taxes);
        }
        let taxes = taxes_of(self.properties.as_ref(), property).await?.map(Arc::new);
        let mut remembered = self.taxes.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= PROPERTIES_REMEMBERED_MAX {
            remembered.retain(|_, (read_at, _)| is_fresh(*read_at, now));
        }
        if remembered.len() >= PROPERTIES_REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert(property.clone(), (now, taxes.clone()));
        Ok(taxes)
    }

    /// The question for the price of a stay.
    async fn request(
        &self,
        asked: Asked<'_>,
        version: &CardVersion,
        dated: &DatedRates,
    ) -> Result<RateRequest, Failure> {
        let Asked { resource, stay, quantity, choice, at, latest, caller, .. } = asked;
        let count = usize::try_from(quantity).unwrap_or(usize::MAX);
        let is_too_much = stay.slots.len().saturating_mul(count) > PRICES_MAX;
        if is_too_much || (!choice.units.is_empty() && choice.units.len() != count) {
            return Err(wrong_units(asked));
        }
        let units = if choice.units.is_empty() { vec![Unit::default(); count] } else { choice.units.clone() };
        let fullness = if needs_fullness(version, dated) {
            self.fullness(resource, stay, latest, at).await?
        } else {
            Fullness::default()
        };
        let groups = Entitlement::of(caller, resource.terms.property.as_ref()).groups(&version.card);
        let set = choice.price_override.as_ref().zip(caller);
        let price_override = set.map(|(SetPrice { amount, reason }, caller)| PriceOverride {
            amount: *amount,
            reason: reason.clone(),
            by: caller.guest.clone(),
        });
        Ok(RateRequest { groups, price_override, ..request(resource, stay, units, choice, &fullness, at) })
    }

    /// How full the slots of a stay are, and those around it.
    async fn fullness(
        &self,
        resource: &Resource,
        stay: &Stay,
        latest: bool,
        now: Timestamp,
    ) -> Result<Fullness, Failure> {
        let around = around(resource, stay);
        let slots: Vec<&Slot> = around.before.iter().chain(&stay.slots).chain(&around.after).collect();
        let remembered = self.remembered_slots(&resource.id, &slots, now).filter(|_| !latest);
        let of = match remembered {
            Some(known) => known,
            None => {
                let counted = self.count(resource, &slots, now).await?;
                // What is asked for another moment is no memory of this one.
                if !latest {
                    self.remember_slots(&resource.id, &counted, now);
                }
                counted
            }
        };
        Ok(Fullness::new(&around, of))
    }

    fn remembered_slots(
        &self,
        id: &ResourceId,
        slots: &[&Slot],
        now: Timestamp,
    ) -> Option<BTreeMap<Timestamp, Taken>> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let remembered = remembered.get(id)?;
        let known = |slot: &&Slot| {
            let (read_at, taken) = remembered.slots.get(&slot.start)?;
            is_within(FULLNESS_MEMORY_MS, *read_at, now).then_some((slot.start, *taken))
        };
        slots.iter().map(known).collect()
    }

    /// Counts what the read model has, which is a moment old.
    async fn count(
        &self,
        resource: &Resource,
        slots: &[&Slot],
        now: Timestamp,
    ) -> Result<BTreeMap<Timestamp, Taken>, Failure> {
        let names: BTreeSet<String> = slots.iter().map(|slot| slot.page.clone()).collect();
        let names: Vec<String> = names.into_iter().collect();
        let months: BTreeSet<Month> = names.iter().flat_map(|name| resource.months(name)).collect();
        let (facts, listed) = try_join(
            self.catalogue.facts_of(&resource.id, &months),
            self.listed.of_resource(resource, &names),
        )
        .await?;
        Ok(how_full(resource, slots, listed, &facts, now))
    }

    fn remember_slots(&self, id: &ResourceId, of: &BTreeMap<Timestamp, Taken>, now: Timestamp) {
        self.remember(id, now, |remembered| {
            remembered.slots.retain(|_, (read_at, _)| is_within(FULLNESS_MEMORY_MS, *read_at, now));
            if remembered.slots.len() + of.len() <= SLOTS_REMEMBERED_MAX {
                remembered.slots.extend(of.iter().map(|(start, taken)| (*start, (now, *taken))));
            }
        });
    }
}

impl RateChoice {
    /// Refuses what only a rate card has.
    fn refused_without_card(&self) -> Result<(), Failure> {
        let chosen = [
            (self.plan.as_ref().is_some_and(|plan| *plan != PlanId::standard()), Field::RatePlan),
            (!self.extras.is_empty(), Field::Extras),
            (self.promotion.is_some(), Field::PromotionCode),
            (self.price_override.is_some(), Field::PriceOverride),
        ];
        match chosen.into_iter().find(|(is_chosen, _)| *is_chosen) {
            Some((_, field)) => {
                let detail = "is not to be chosen: the resource has no rate card".to_owned();
                Err(Failure::Invalid { field: field.into(), detail })
            }
            None => Ok(()),
        }
    }
}

/// What is wrong with units of which there are more than can be priced at once, or not as many as the quantity says.
fn wrong_units(asked: Asked<'_>) -> Failure {
    let most = PRICES_MAX / asked.stay.slots.len().max(1);
    let (field, detail) = if usize::try_from(asked.quantity).unwrap_or(usize::MAX) > most {
        (Field::Quantity, format!("must be at most {most} for a stay as long as this"))
    } else {
        (Field::Units, "must have as many items as quantity says".to_owned())
    };
    Failure::Invalid { field: field.into(), detail }
}

/// A quote of which an order can keep all there is.
fn keepable(quote: PlanQuote) -> Result<PlanQuote, Unavailable> {
    if can_be_kept(&quote.price, &quote.applied) {
        Ok(quote)
    } else {
        Err(Unavailable { reasons: vec![Reason::OutOfRange] })
    }
}

fn is_fresh(read_at: Timestamp, now: Timestamp) -> bool {
    is_within(RATES_MEMORY_MS, read_at, now)
}

fn is_within(memory_ms: i64, read_at: Timestamp, now: Timestamp) -> bool {
    (0..i128::from(memory_ms)).contains(&now.duration_since(read_at).as_millis())
}
