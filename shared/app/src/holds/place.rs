//! Holds: taking places for a guest for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::try_join;
use holdfast_domain::bookings::{Order, Price};
use holdfast_domain::catalogue::Stay;
use holdfast_domain::holds::Extension;
use holdfast_domain::inventory::{InvalidPlaces, Placement};
use holdfast_domain::rates::quote::{AppliedRate, Reason};
use holdfast_domain::rates::standard::is_for_places_alone;
use holdfast_domain::{
    BookingId, CancellationPolicy, GuestId, Hold, HoldId, HoldSnapshot, HoldStatus, PageKey, PageRejection,
    Resource, ResourceId, SlotPlaces, When,
};
use jiff::{SignedDuration, Timestamp};

use crate::catalogue::port::CatalogueReader;
use crate::holds::port::{HoldReader, HoldStops, HoldStore, Placed};
use crate::kernel::errors::LedgerError;
use crate::kernel::failure::Failure;
use crate::kernel::field::Field;
use crate::kernel::identity::{Caller, RequestKey, guest_mark, hold_id, key_digest};
use crate::kernel::mutation::Mutation;
use crate::rates::asked::Asked;
use crate::rates::choice::{RateChoice, months_around};
use crate::rates::pricing::{KnownRates, Pricing};
use crate::rates::quotes::{Quote, QuoteSeals};

/// How long a resource's terms, and that an operator has stopped its holds or has not, are remembered, in milliseconds. No hold is placed by terms that were replaced: its write names
/// their revision. What is refused by remembered terms is looked at again by present ones.
pub const RESOURCE_MEMORY_MS: i64 = 1000;
const RESOURCES_REMEMBERED_MAX: usize = 1000;
/// How often a hold is decided anew because its resource has changed.
const ATTEMPTS_MAX: usize = 5;

/// What a guest asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldRequest {
    /// The resource.
    pub resource: ResourceId,
    /// First moment or local date.
    pub start: When,
    /// Moment or local date after the last.
    pub end: When,
    /// Units, at least 1.
    pub quantity: u32,
    /// For whom; the caller if absent.
    pub user: Option<GuestId>,
    /// What is chosen of the resource's rates.
    pub choice: RateChoice,
    /// The id of a quote whose price is to be honoured; then nothing is chosen.
    pub quote: Option<String>,
}

impl HoldRequest {
    /// For whom it is.
    fn guest<'a>(&'a self, caller: &'a Caller) -> &'a GuestId {
        self.user.as_ref().unwrap_or(&caller.guest)
    }
}

/// The use cases of holds.
pub struct Holds {
    catalogue: Arc<dyn CatalogueReader>,
    holds: Arc<dyn HoldStore>,
    stops: Arc<dyn HoldStops>,
    pricing: Pricing,
    quotes: Arc<dyn QuoteSeals>,
    remembered: Mutex<HashMap<ResourceId, (Timestamp, Known)>>,
}

/// What is read of a resource before a hold of it is placed.
#[derive(Clone)]
struct Known {
    resource: Arc<Resource>,
    /// Whether an operator has stopped new holds.
    is_stopped: bool,
}

impl Holds {
    /// Over the catalogue, a store of holds and the operator's stops, priced by rates and by quotes.
    #[must_use]
    pub fn new(
        catalogue: Arc<dyn CatalogueReader>,
        holds: Arc<dyn HoldStore>,
        stops: Arc<dyn HoldStops>,
        pricing: Pricing,
        quotes: Arc<dyn QuoteSeals>,
    ) -> Self {
        Self { catalogue, holds, stops, pricing, quotes, remembered: Mutex::new(HashMap::new()) }
    }

    /// Places a hold. The same caller, key and content again: the first answer, marked as replayed. Operators of the resource may hold for
    /// somebody else, and set the price.
    ///
    /// # Errors
    /// [`Failure`]; a refusal is not remembered.
    pub async fn create(
        &self,
        caller: &Caller,
        key: &RequestKey,
        request: &HoldRequest,
        mutation: &Mutation,
    ) -> Result<Placed, Failure> {
        let guest = request.guest(caller);
        if *guest != caller.guest && caller.staff.is_none() {
            return Err(Failure::Forbidden("userId must be the caller's own"));
        }
        if request.choice.price_override.is_some() && caller.staff.is_none() {
            return Err(Failure::Forbidden("priceOverride is for operators"));
        }
        let id = hold_id(&caller.guest, &key.key);
        match self.place(&id, guest, caller, key, request, mutation).await {
            Err(refusal) if !refusal.is_outage() => self.replay(&id, caller, key, refusal).await,
            outcome => outcome,
        }
    }

    /// A refused request may be the late retry of one that had succeeded.
    async fn replay(
        &self,
        id: &HoldId,
        caller: &Caller,
        key: &RequestKey,
        refusal: Failure,
    ) -> Result<Placed, Failure> {
        match self.holds.hold(id).await? {
            Some(snapshot) if !caller.may_see(&snapshot.hold.order) => Err(refusal),
            Some(snapshot) if snapshot.hold.fingerprint == key.content => {
                Ok(Placed { hold: snapshot.hold, replayed: true })
            }
            Some(_) => Err(Failure::KeyReused),
            None => Err(refusal),
        }
    }

    async fn place(
        &self,
        id: &HoldId,
        guest: &GuestId,
        caller: &Caller,
        key: &RequestKey,
        request: &HoldRequest,
        mutation: &Mutation,
    ) -> Result<Placed, Failure> {
        let quote = match &request.quote {
            Some(quote) => Some(self.quoted(quote, guest, caller, request, mutation.now).await?),
            None => None,
        };
        let months = months_around(request.start, request.end);
        for _ in 0..ATTEMPTS_MAX {
            let rates = async {
                match quote {
                    Some(_) => Ok(KnownRates::default()),
                    None => {
                        let latest = caller.staff.is_some();
                        Ok(self.pricing.rates(&request.resource, &months, latest, mutation.now).await?)
                    }
                }
            };
            let ((known, remembered), rates) =
                try_join(self.resource(&request.resource, mutation.now), rates).await?;
            let property = known.resource.terms.property.as_ref();
            let is_for_operators = *guest != caller.guest || request.choice.price_override.is_some();
            if is_for_operators && !caller.is_operator_of(property) {
                if !remembered {
                    return Err(Failure::NotFound("resource"));
                }
                self.forget(&request.resource);
                continue;
            }
            if known.is_stopped {
                return Err(Failure::HoldsStopped);
            }
            let resource = known.resource;
            let decided = self.decide(&resource, &rates, quote.as_ref(), caller, request, mutation.now).await;
            let decided = decided
                .and_then(|stay| new_hold(&resource, stay, id, guest, caller, key, request, mutation.now));
            let hold = match decided {
                Err(refusal) if remembered && may_be_of_old_terms(&refusal) => {
                    self.forget(&request.resource);
                    continue;
                }
                decided => decided?,
            };
            match self.holds.place(&[&resource], &hold, mutation).await {
                Err(LedgerError::ResourceChanged) => self.forget(&request.resource),
                Err(LedgerError::PromotionUsedUp { .. }) if quote.is_some() => return Err(quote_used_up()),
                Err(error) => return Err(error.into()),
                Ok(placed) => return Ok(placed),
            }
        }
        Err(Failure::RequestInProgress)
    }

    /// The quote that a request names.
    async fn quoted(
        &self,
        quote: &str,
        guest: &GuestId,
        caller: &Caller,
        request: &HoldRequest,
        now: Timestamp,
    ) -> Result<Quote, Failure> {
        if request.choice != RateChoice::default() {
            let detail =
                "has what was chosen: leave plan, units, extras, code, channel and priceOverride out"
                    .to_owned();
            return Err(Failure::Invalid { field: Field::Quote.into(), detail });
        }
        let quote = self.quotes.open(quote, now).await?.ok_or(Failure::QuoteNotValid)?;
        let is_of = |owner: &GuestId| quote.guest.as_ref().is_none_or(|mark| *mark == guest_mark(owner));
        let is_theirs = is_of(guest) || is_of(&caller.guest);
        if !is_theirs || quote.resource != request.resource || quote.quantity != request.quantity {
            return Err(Failure::QuoteNotValid);
        }
        match quote.expires_at {
            expires_at if expires_at <= now => Err(Failure::QuoteExpired { expires_at }),
            _ => Ok(quote),
        }
    }

    /// The stay that is asked for, by a resource's terms, and what it costs: as it was quoted, or by rates.
    async fn decide(
        &self,
        resource: &Resource,
        rates: &KnownRates,
        quote: Option<&Quote>,
        caller: &Caller,
        request: &HoldRequest,
        now: Timestamp,
    ) -> Result<PricedStay, Failure> {
        let guest = request.guest(caller);
        let stay = resource.stay(request.start, request.end, now)?;
        let asked = Asked {
            resource,
            stay: &stay,
            quantity: request.quantity,
            choice: &request.choice,
            at: now,
            latest: caller.staff.is_some(),
            caller: Some(caller),
            guest: Some(guest),
            address: None,
        };
        let mut policy = None;
        let (price, rate) = match quote {
            Some(quote) if (quote.start, quote.end) == (stay.start, stay.end) => {
                if self.pricing.is_promise_used_up(&resource.id, &quote.rate, guest).await? {
                    return Err(quote_used_up());
                }
                policy.clone_from(&quote.policy);
                (quote.price.clone(), quote.rate.clone())
            }
            Some(_) => return Err(Failure::QuoteNotValid),
            None => {
                let quote = self.pricing.price(asked, rates).await?;
                (quote.price, quote.applied)
            }
        };
        self.pricing.charges().check_total(price.total())?;
        let policy = policy.unwrap_or_else(|| resource.terms.cancellation_policy.clone());
        // What is kept of it is what was kept of it before there were rates.
        let (price, rate) = if is_for_places_alone(&price, &rate) {
            (price.total().into(), None)
        } else {
            (price, Some(Box::new(rate)))
        };
        Ok(PricedStay { stay, price, policy, rate })
    }

    /// A hold of the caller's.
    ///
    /// # Errors
    /// [`Failure::NotFound`], also for somebody else's.
    pub async fn get(&self, caller: &Caller, id: &HoldId) -> Result<HoldSnapshot, Failure> {
        match self.holds.hold(id).await? {
            Some(snapshot) if caller.may_see(&snapshot.hold.order) => Ok(snapshot),
            Some(_) | None => Err(Failure::NotFound("hold")),
        }
    }

    /// Gives a hold back. Again: no effect. A hold that expired needs no giving back.
    ///
    /// # Errors
    /// [`Failure::HoldConfirmed`], [`Failure::RequestInProgress`] while its payment runs.
    pub async fn release(&self, caller: &Caller, id: &HoldId, mutation: &Mutation) -> Result<(), Failure> {
        let snapshot = self.get(caller, id).await?;
        match snapshot.hold.recorded {
            HoldStatus::Confirmed => Err(Failure::HoldConfirmed),
            HoldStatus::Released | HoldStatus::Expired => Ok(()),
            HoldStatus::Active => match self.holds.release(&snapshot.hold, mutation).await {
                Err(LedgerError::Rejected(PageRejection::HoldMissing)) => Err(Failure::HoldConfirmed),
                released => Ok(released?),
            },
        }
    }

    /// Adds one TTL to a hold's expiry. Gives the hold, the extension, and whether it had been granted before.
    ///
    /// # Errors
    /// [`Failure::HoldNotExtendable`] when it was extended as often as it may; [`Failure::HoldExpired`],
    /// [`Failure::HoldReleased`] or [`Failure::HoldConfirmed`] when it is not live.
    pub async fn extend(
        &self,
        caller: &Caller,
        id: &HoldId,
        key: &RequestKey,
        mutation: &Mutation,
    ) -> Result<(HoldSnapshot, Extension, bool), Failure> {
        let snapshot = self.get(caller, id).await?;
        let request = key_digest("extend", &caller.guest, &key.key);
        if let Some(extension) = snapshot.hold.extensions.get(&request).copied() {
            return Ok((snapshot, extension, true));
        }
        require_live(&snapshot, mutation.now)?;
        match self.holds.extend(&snapshot.hold, &request, mutation).await {
            Ok((extension, replayed)) => Ok((snapshot, extension, replayed)),
            Err(LedgerError::Rejected(PageRejection::HoldMissing)) => {
                Err(why_missing(self.holds.as_ref(), id, mutation.now).await)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A resource and whether its holds are stopped, and whether both are given from memory.
    async fn resource(&self, id: &ResourceId, now: Timestamp) -> Result<(Known, bool), Failure> {
        let known = {
            let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
            remembered.get(id).cloned()
        };
        if let Some((read_at, known)) = known {
            let age = now.duration_since(read_at).as_millis();
            if (0..i128::from(RESOURCE_MEMORY_MS)).contains(&age) {
                return Ok((known, true));
            }
        }
        let (resource, is_stopped) =
            try_join(self.catalogue.resource(id), self.stops.are_stopped(id)).await?;
        let resource = Arc::new(resource.ok_or(Failure::NotFound("resource"))?);
        let known = Known { resource, is_stopped };
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= RESOURCES_REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert(id.clone(), (now, known.clone()));
        Ok((known, false))
    }

    fn forget(&self, id: &ResourceId) {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

/// A stay with what it costs.
struct PricedStay {
    stay: Stay,
    price: Price,
    policy: CancellationPolicy,
    rate: Option<Box<AppliedRate>>,
}

/// Whether newer terms may not have been refused. What refuses a promotion's code is in rates and counters.
fn may_be_of_old_terms(refusal: &Failure) -> bool {
    match refusal {
        Failure::RateNotAvailable { reasons, .. } => *reasons != [Reason::Promotion],
        Failure::Invalid { field, .. } => !matches!(field.field, Field::PromotionCode | Field::Quote),
        Failure::TooManyCodes { .. } => false,
        refusal => !refusal.is_outage(),
    }
}

/// Whoever has the quote knows of its code.
fn quote_used_up() -> Failure {
    let detail = "has a promotion code that has no use left: ask for a quote without it".to_owned();
    Failure::Invalid { field: Field::Quote.into(), detail }
}

fn wrong_quantity(detail: String) -> Failure {
    Failure::Invalid { field: Field::Quantity.into(), detail }
}

/// The hold that is asked for, by a resource's terms.
#[expect(clippy::too_many_arguments, reason = "a hold is made of as many")]
fn new_hold(
    resource: &Resource,
    priced: PricedStay,
    id: &HoldId,
    guest: &GuestId,
    caller: &Caller,
    key: &RequestKey,
    request: &HoldRequest,
    now: Timestamp,
) -> Result<Hold, Failure> {
    let terms = &resource.terms;
    let PricedStay { stay, price, policy, rate } = priced;
    let placements =
        placements(resource, &stay, request.quantity).map_err(|error| wrong_quantity(error.to_string()))?;
    let order = Order {
        resource: resource.id.clone(),
        resource_name: terms.name.as_str().to_owned(),
        property: terms.property.clone(),
        guest: guest.clone(),
        start: stay.start,
        end: stay.end,
        quantity: request.quantity,
        price,
        policy,
        rate,
        placements,
    };
    let ttl = SignedDuration::from_secs(i64::from(terms.hold_ttl_seconds));
    let expires_at = now.checked_add(ttl).unwrap_or(now);
    let hold = Hold {
        id: id.clone(),
        order,
        caller: caller.guest.clone(),
        fingerprint: key.content.clone(),
        guest_mark: guest_mark(guest),
        ttl_seconds: terms.hold_ttl_seconds,
        cool_down_seconds: terms.hold_limits.cool_down_seconds,
        created_at: now,
        first_expires_at: expires_at,
        expires_at,
        recorded: HoldStatus::Active,
        extensions: std::collections::BTreeMap::new(),
        booking: None,
    };
    if let Some(most) = terms.hold_limits.places_per_slot
        && request.quantity > most
        && hold.is_limited()
    {
        let detail = format!("must be at most {most}: one guest may not hold more of a slot");
        return Err(wrong_quantity(detail));
    }
    Ok(hold)
}

/// A stay's slots by page.
fn placements(resource: &Resource, stay: &Stay, quantity: u32) -> Result<Vec<Placement>, InvalidPlaces> {
    stay.slots
        .chunk_by(|a, b| a.page == b.page)
        .map(|slots| {
            Ok(Placement {
                page: PageKey::first(resource.id.clone(), slots[0].page.clone()),
                schedule_revision: resource.schedule_revision,
                places: SlotPlaces::uniform(slots.iter().map(|slot| slot.key.clone()), quantity)?,
            })
        })
        .collect()
}

/// Only a live hold can be paid or extended; of another, the refusal says how it ended.
pub(crate) fn require_live(snapshot: &HoldSnapshot, now: Timestamp) -> Result<(), Failure> {
    match snapshot.status(now) {
        HoldStatus::Active => Ok(()),
        HoldStatus::Expired => Err(Failure::HoldExpired),
        HoldStatus::Released => Err(Failure::HoldReleased),
        HoldStatus::Confirmed => Err(Failure::HoldConfirmed),
    }
}

/// How a hold ended that was live when it was read, and that its page does not know any more.
pub(crate) async fn why_missing(holds: &dyn HoldReader, id: &HoldId, now: Timestamp) -> Failure {
    match holds.hold(id).await {
        Ok(Some(snapshot)) => require_live(&snapshot, now).err().unwrap_or(Failure::HoldExpired),
        Ok(None) => Failure::HoldExpired,
        Err(error) => error.into(),
    }
}

/// The booking whose payment runs on a hold, if it is not `own`.
#[must_use]
pub fn claimed_by_another(snapshot: &HoldSnapshot, own: &BookingId, now: Timestamp) -> bool {
    snapshot.claimed_by(now).is_some_and(|payer| payer != own)
}
