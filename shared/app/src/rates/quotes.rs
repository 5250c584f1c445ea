//! Quotes: what a stay costs under each plan, and for each an id by which a hold gets that price for a while. Asking writes nothing.

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use holdfast_domain::bookings::{LineDetail, Price, PriceLine};
use holdfast_domain::catalogue::Label;
use holdfast_domain::rates::card::CardVersion;
use holdfast_domain::rates::evaluate::PlanOffer;
use holdfast_domain::rates::ids::PlanId;
use holdfast_domain::rates::nearest::Nearest;
use holdfast_domain::rates::quote::{AppliedRate, IncludedTax, PlanQuote, Reason, SlotPrice, Unavailable};
use holdfast_domain::rates::standard::standard_name;
use holdfast_domain::{CancellationPolicy, GuestMark, ResourceId, When};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::catalogue::port::CatalogueReader;
use crate::kernel::errors::SecretError;
use crate::kernel::failure::Failure;
use crate::kernel::field::Field;
use crate::kernel::identity::{Caller, guest_mark};
use crate::rates::asked::Asked;
use crate::rates::choice::{RateChoice, months_around};
use crate::rates::pricing::{KnownRates, Pricing};

/// How long ago a moment is that counts as now where a price is asked for it: what takes a request its time to arrive.
const AS_OF_LATE: SignedDuration = SignedDuration::from_secs(60);
/// How long a quote's price is honoured.
pub const QUOTE_LIFETIME: SignedDuration = SignedDuration::from_mins(15);

/// The most bytes of the offers of one answer, as JSON, but for the first. A plan beyond that is named, to be asked for alone.
pub const QUOTE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// The longest id of a quote, in characters: a request with it stays well below what a body may have.
pub const QUOTE_ID_LENGTH_MAX: usize = 48 * 1024;

/// JSON of an offer beside its lines, what it includes and its id, in bytes.
const OFFER_FRAME_BYTES: usize = 6144;
/// JSON of a line beside its texts, in bytes.
const LINE_FRAME_BYTES: usize = 240;

/// A price that was promised for a stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The resource.
    pub resource: ResourceId,
    /// Start of the stay.
    pub start: Timestamp,
    /// End of the stay.
    pub end: Timestamp,
    /// Units.
    pub quantity: u32,
    /// The price.
    pub price: Price,
    /// What was applied.
    pub rate: AppliedRate,
    /// The policy by which a cancellation is refunded, where an order keeps no rate: of a resource without a rate card.
    pub policy: Option<CancellationPolicy>,
    /// For whom; for anyone if absent.
    pub guest: Option<GuestMark>,
    /// From when on it is worth nothing.
    pub expires_at: Timestamp,
}

/// Writes quotes as texts that nobody else can make, and reads them back.
#[async_trait]
pub trait QuoteSeals: Send + Sync {
    /// The quote's id; none if it would be too long to be sent back.
    async fn seal(&self, quote: &Quote) -> Result<Option<String>, SecretError>;
    /// The quote of an id; none if it was not made by [`QuoteSeals::seal`], or was altered.
    async fn open(&self, id: &str, now: Timestamp) -> Result<Option<Quote>, SecretError>;
}

/// The most slots whose price is explained.
pub(crate) const EXPLAINED_SLOTS_MAX: usize = 31;

/// Which plans a quote is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotedPlans {
    /// Every plan that the caller may see.
    Every,
    /// The default plan.
    Default,
}

/// A question for prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuoteRequest {
    /// The resource.
    pub resource: ResourceId,
    /// First moment or local date.
    pub start: When,
    /// Moment or local date after the last.
    pub end: When,
    /// Units, at least 1.
    pub quantity: u32,
    /// What is chosen; one plan alone is offered if it is named.
    pub choice: RateChoice,
    /// Which plans are quoted if none is named.
    pub plans: QuotedPlans,
    /// When it is asked, in place of now: for operators.
    pub as_of: Option<Timestamp>,
    /// Whether the draft is tried in place of the card: for operators.
    pub draft: bool,
    /// The address that it was sent from, if that is known.
    pub address: Option<IpAddr>,
}

/// What a plan costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The price.
    pub price: Price,
    /// What was applied.
    pub rate: AppliedRate,
    /// Why each slot of each unit costs what it costs.
    pub slots: Vec<SlotPrice>,
    /// By which a hold gets this price, and until when.
    pub promise: Option<(String, Timestamp)>,
}

/// A plan that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotOffered {
    /// The plan.
    pub plan: PlanId,
    /// Its name for people; none if there is no such plan.
    pub name: Option<Label>,
    /// Why: every reason.
    pub reasons: Vec<Reason>,
}

/// What a stay costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted {
    /// Its start and end.
    pub stay: (Timestamp, Timestamp),
    /// The zone of the resource.
    pub zone: TimeZone,
    /// Plans that can be had, in the card's order.
    pub offers: Vec<Offered>,
    /// Plans that cannot.
    pub unavailable: Vec<NotOffered>,
    /// Plans that can be had, and would make the answer too long.
    pub left_out: Vec<PlanId>,
    /// Where no plan can be had: what would do instead, and under which of the plans that were asked.
    pub nearest: Option<(PlanId, Nearest)>,
    /// For which moment it was asked.
    pub as_of: Timestamp,
}

/// The use case of quotes.
pub struct Quotes {
    catalogue: Arc<dyn CatalogueReader>,
    pricing: Pricing,
    seals: Arc<dyn QuoteSeals>,
}

impl Quotes {
    /// Over the catalogue, the pricing and what writes quotes as texts.
    #[must_use]
    pub fn new(catalogue: Arc<dyn CatalogueReader>, pricing: Pricing, seals: Arc<dyn QuoteSeals>) -> Self {
        Self { catalogue, pricing, seals }
    }

    /// What a stay costs under each plan. A price that was promised to a caller is that caller's alone.
    ///
    /// # Errors
    /// [`Failure::NotFound`] of a resource; [`Failure::Forbidden`] where only operators may ask; what a hold of the stay would meet.
    pub async fn quote(
        &self,
        caller: Option<&Caller>,
        request: &QuoteRequest,
        now: Timestamp,
    ) -> Result<Quoted, Failure> {
        let is_operator = caller.is_some_and(|caller| caller.staff.is_some());
        let is_trial = request.draft || request.as_of.is_some();
        if is_trial && !is_operator {
            return Err(Failure::Forbidden("asOf and rules are for operators"));
        }
        let months = months_around(request.start, request.end);
        let (resource, rates) = futures::future::try_join(
            self.catalogue.resource(&request.resource),
            self.pricing.rates(&request.resource, &months, is_operator, now),
        )
        .await?;
        let resource = resource.ok_or(Failure::NotFound("resource"))?;
        let property = resource.terms.property.as_ref();
        let is_of_staff = is_trial || request.plans == QuotedPlans::Default;
        if is_of_staff && !caller.is_some_and(|caller| caller.is_operator_of(property)) {
            return Err(Failure::NotFound("resource"));
        }
        if request.as_of.is_some_and(|as_of| now.duration_since(as_of) > AS_OF_LATE) {
            let detail = "must not be before now: what was agreed is in holds and bookings, and what held in the card's versions";
            return Err(Failure::Invalid { field: Field::AsOf.into(), detail: detail.to_owned() });
        }
        let at = request.as_of.map_or(now, |as_of| as_of.max(now));
        let stay = resource.stay(request.start, request.end, at)?;
        if request.plans == QuotedPlans::Default && stay.slots.len() > EXPLAINED_SLOTS_MAX {
            let detail =
                format!("must be at most {EXPLAINED_SLOTS_MAX} slots after start: so many are explained");
            return Err(Failure::Invalid { field: Field::CalendarEnd.into(), detail });
        }
        let asked = Asked {
            resource: &resource,
            stay: &stay,
            quantity: request.quantity,
            choice: &request.choice,
            at,
            latest: is_operator,
            caller,
            guest: caller.filter(|caller| caller.staff.is_none()).map(|caller| &caller.guest),
            address: request.address,
        };
        let quoted = Quoted {
            stay: (stay.start, stay.end),
            zone: resource.terms.time_zone.clone(),
            offers: Vec::new(),
            unavailable: Vec::new(),
            left_out: Vec::new(),
            nearest: None,
            as_of: at,
        };
        let Some(version) = version_of(&rates, request, at)? else {
            return self.without_card(asked, request, quoted, now).await;
        };
        let mut choice = request.choice.clone();
        if request.plans == QuotedPlans::Default && choice.plan.is_none() {
            choice.plan = Some(version.card.default_plan.clone());
        }
        let asked = Asked { choice: &choice, ..asked };
        let (mut offers, mut unavailable, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
        let mut room = QUOTE_BYTES_MAX;
        for offer in self.pricing.offers(asked, &version, &rates.dated).await? {
            let name = || {
                let plans = &version.card.plans;
                plans.iter().find(|plan| plan.id == offer.plan).map(|plan| plan.name.clone())
            };
            match offer.result {
                Ok(quote) if self.pricing.charges().check_total(quote.price.total()).is_err() => {
                    let (name, reasons) = (name(), vec![Reason::OutOfRange]);
                    unavailable.push(NotOffered { plan: offer.plan, name, reasons });
                }
                Ok(quote) => {
                    let promise = if is_trial { None } else { self.promise(asked, &quote, now).await? };
                    let bytes = json_bytes(&quote, promise.as_ref());
                    if bytes > room && !offers.is_empty() {
                        left_out.push(offer.plan);
                        continue;
                    }
                    room = room.saturating_sub(bytes);
                    offers.push(offered(quote, request, promise));
                }
                Err(none) => {
                    // A plan that the caller may not see is as one that there is not.
                    let name = if none.reasons.contains(&Reason::NoPlan) { None } else { name() };
                    unavailable.push(NotOffered { plan: offer.plan, name, reasons: none.reasons });
                }
            }
        }
        let nearest = if offers.is_empty() {
            let tried = |not: &NotOffered| (not.plan.clone(), Unavailable { reasons: not.reasons.clone() });
            let tried: Vec<(PlanId, Unavailable)> = unavailable.iter().map(tried).collect();
            self.pricing.nearest(asked, &version, &tried).await
        } else {
            None
        };
        Ok(Quoted { offers, unavailable, left_out, nearest, ..quoted })
    }

    /// The id by which a hold gets a price.
    async fn promise(
        &self,
        asked: Asked<'_>,
        quote: &PlanQuote,
        now: Timestamp,
    ) -> Result<Option<(String, Timestamp)>, Failure> {
        let expires_at = now.checked_add(QUOTE_LIFETIME).unwrap_or(now);
        let promised = Quote {
            resource: asked.resource.id.clone(),
            start: asked.stay.start,
            end: asked.stay.end,
            quantity: asked.quantity,
            price: quote.price.clone(),
            rate: quote.applied.clone(),
            policy: quote.is_for_places_alone().then(|| asked.resource.terms.cancellation_policy.clone()),
            guest: asked.caller.map(|caller| guest_mark(&caller.guest)),
            expires_at,
        };
        let id = self.seals.seal(&promised).await?;
        Ok(id.map(|id| (id, expires_at)))
    }

    /// What a stay costs at a resource without a rate card.
    async fn without_card(
        &self,
        asked: Asked<'_>,
        request: &QuoteRequest,
        quoted: Quoted,
        now: Timestamp,
    ) -> Result<Quoted, Failure> {
        let PlanOffer { plan, result } = self.pricing.standard(asked).await?;
        match result {
            Ok(quote) => {
                self.pricing.charges().check_total(quote.price.total())?;
                let is_trial = request.as_of.is_some();
                let promise = if is_trial { None } else { self.promise(asked, &quote, now).await? };
                Ok(Quoted { offers: vec![offered(quote, request, promise)], ..quoted })
            }
            Err(none) => {
                let not = NotOffered { plan, name: Some(standard_name()), reasons: none.reasons };
                Ok(Quoted { unavailable: vec![not], ..quoted })
            }
        }
    }
}

fn offered(quote: PlanQuote, request: &QuoteRequest, promise: Option<(String, Timestamp)>) -> Offered {
    let PlanQuote { price, applied, mut slots } = quote;
    if request.plans == QuotedPlans::Every {
        slots.clear();
    }
    Offered { price, rate: applied, slots, promise }
}

/// How long an offer is as JSON, at most.
fn json_bytes(quote: &PlanQuote, promise: Option<&(String, Timestamp)>) -> usize {
    // A character of a text is at most six of JSON, for three bytes of its own.
    let text = |text: &str| 2 * text.len();
    let line = |line: &PriceLine| {
        let detail = line.detail.as_ref();
        let tax = |tax: &IncludedTax| LINE_FRAME_BYTES + text(tax.charge.as_str()) + text(tax.name.as_str());
        let said = |detail: &LineDetail| {
            text(&detail.code)
                + text(detail.name.as_str())
                + detail.included_taxes.iter().map(tax).sum::<usize>()
        };
        LINE_FRAME_BYTES + detail.map_or(0, said)
    };
    let included = quote.applied.included.iter().map(|name| LINE_FRAME_BYTES + text(name.as_str()));
    OFFER_FRAME_BYTES
        + quote.price.lines().iter().map(line).sum::<usize>()
        + included.sum::<usize>()
        + promise.map_or(0, |(id, _)| id.len())
}

/// The version by which is priced: that of a moment, or the draft.
fn version_of(
    rates: &KnownRates,
    request: &QuoteRequest,
    at: Timestamp,
) -> Result<Option<CardVersion>, Failure> {
    let Some(cards) = &rates.cards else {
        return if request.draft { Err(Failure::NotFound("draft of a rate card")) } else { Ok(None) };
    };
    if !request.draft {
        return Ok(cards.at(at).cloned());
    }
    let card = cards.draft.clone().ok_or(Failure::NotFound("draft of a rate card"))?;
    Ok(Some(CardVersion { number: cards.revision, valid_from: at, card }))
}
