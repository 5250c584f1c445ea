//! Stored documents: the parts of an item that no condition looks into. They have their own types, so that the domain may
//! change its shape without changing what is stored.

use std::collections::BTreeMap;

use holdfast_domain::bookings::{Cancellation, CustomerAction, Order, Tier};
use holdfast_domain::catalogue::{AttributeValue, Label, Opening, ResourceTerms, SlotSchedule};
use holdfast_domain::holds::Extension;
use holdfast_domain::inventory::Placement;
use holdfast_domain::money::Percent;
use holdfast_domain::{
    CancellationPolicy, Currency, Fingerprint, GuestId, HoldLimits, Money, PageKey, ResourceId, Schedule,
    SlotKey, SlotPlaces,
};
use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// Why a stored document is not what it should be.
pub(crate) type Reason = String;

fn reason(error: impl ToString) -> Reason {
    error.to_string()
}

/// Amount in minor units, and currency.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredMoney(i64, String);

impl From<Money> for StoredMoney {
    fn from(money: Money) -> Self {
        Self(money.amount(), money.currency().code().to_owned())
    }
}

impl StoredMoney {
    pub(crate) fn read(&self) -> Result<Money, Reason> {
        Money::new(self.0, Currency::parse(&self.1).map_err(reason)?).map_err(reason)
    }
}

/// Hours before the start, and percent.
type StoredPolicy = Vec<(u32, u8)>;

fn store_policy(policy: &CancellationPolicy) -> StoredPolicy {
    policy.tiers().iter().map(|tier| (tier.hours_before, tier.refund.value())).collect()
}

fn read_policy(stored: &StoredPolicy) -> Result<CancellationPolicy, Reason> {
    let tiers = stored
        .iter()
        .map(|(hours_before, percent)| {
            let refund = Percent::new(*percent).ok_or("a percentage above 100")?;
            Ok(Tier { hours_before: *hours_before, refund })
        })
        .collect::<Result<_, Reason>>()?;
    CancellationPolicy::new(tiers).ok_or_else(|| "contradicting tiers".to_owned())
}

pub(crate) fn instant(millis: i64) -> Result<Timestamp, Reason> {
    Timestamp::from_millisecond(millis).map_err(reason)
}

fn time(text: &str) -> Result<Time, Reason> {
    text.parse().map_err(reason)
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum StoredSchedule {
    Nightly { check_in: String, check_out: String },
    Slots { minutes: u16, buffer: u16, opening: Vec<(Vec<i8>, String, String)> },
    Event { start: i64, end: i64 },
}

impl From<&Schedule> for StoredSchedule {
    fn from(schedule: &Schedule) -> Self {
        match schedule {
            Schedule::Nightly { check_in, check_out } => {
                Self::Nightly { check_in: check_in.to_string(), check_out: check_out.to_string() }
            }
            Schedule::Slots(rule) => Self::Slots {
                minutes: rule.slot_minutes(),
                buffer: rule.buffer_minutes(),
                opening: rule
                    .opening()
                    .iter()
                    .map(|o| {
                        let days = o.days.iter().map(|day| day.to_monday_one_offset()).collect();
                        (days, o.from.to_string(), o.to.to_string())
                    })
                    .collect(),
            },
            Schedule::Event { start, end } => {
                Self::Event { start: start.as_millisecond(), end: end.as_millisecond() }
            }
        }
    }
}

impl StoredSchedule {
    fn read(&self) -> Result<Schedule, Reason> {
        match self {
            Self::Nightly { check_in, check_out } => {
                Ok(Schedule::Nightly { check_in: time(check_in)?, check_out: time(check_out)? })
            }
            Self::Slots { minutes, buffer, opening } => {
                let opening = opening
                    .iter()
                    .map(|(days, from, to)| {
                        let days = days
                            .iter()
                            .map(|day| Weekday::from_monday_one_offset(*day).map_err(reason))
                            .collect::<Result<_, Reason>>()?;
                        Ok(Opening { days, from: time(from)?, to: time(to)? })
                    })
                    .collect::<Result<_, Reason>>()?;
                Ok(Schedule::Slots(SlotSchedule::new(*minutes, *buffer, opening).map_err(reason)?))
            }
            Self::Event { start, end } => Schedule::event(instant(*start)?, instant(*end)?).map_err(reason),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum StoredAttribute {
    Flag(bool),
    Number(f64),
    Text(String),
}

/// Holds per guest, holds per slot, places per slot, seconds of cool-down.
#[derive(Debug, Serialize, Deserialize)]
struct StoredLimits(u32, u32, Option<u32>, u32);

impl From<HoldLimits> for StoredLimits {
    fn from(limits: HoldLimits) -> Self {
        Self(limits.per_guest, limits.per_slot, limits.places_per_slot, limits.cool_down_seconds)
    }
}

impl From<StoredLimits> for HoldLimits {
    fn from(StoredLimits(per_guest, per_slot, places_per_slot, cool_down_seconds): StoredLimits) -> Self {
        Self { per_guest, per_slot, places_per_slot, cool_down_seconds }
    }
}

/// What an operator says of a resource.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredTerms {
    r#type: String,
    name: String,
    location: String,
    zone: String,
    schedule: StoredSchedule,
    capacity: u32,
    ttl: u32,
    limits: StoredLimits,
    price: StoredMoney,
    policy: StoredPolicy,
    attributes: BTreeMap<String, StoredAttribute>,
}

impl From<&ResourceTerms> for StoredTerms {
    fn from(terms: &ResourceTerms) -> Self {
        Self {
            r#type: terms.resource_type.as_str().to_owned(),
            name: terms.name.as_str().to_owned(),
            location: terms.location.as_str().to_owned(),
            zone: terms.time_zone.iana_name().unwrap_or("UTC").to_owned(),
            schedule: (&terms.schedule).into(),
            capacity: terms.capacity,
            ttl: terms.hold_ttl_seconds,
            limits: terms.hold_limits.into(),
            price: terms.base_price.into(),
            policy: store_policy(&terms.cancellation_policy),
            attributes: terms
                .attributes
                .iter()
                .map(|(name, value)| {
                    let value = match value {
                        AttributeValue::Text(text) => StoredAttribute::Text(text.clone()),
                        AttributeValue::Number(number) => StoredAttribute::Number(*number),
                        AttributeValue::Flag(flag) => StoredAttribute::Flag(*flag),
                    };
                    (name.clone(), value)
                })
                .collect(),
        }
    }
}

impl StoredTerms {
    pub(crate) fn read(self) -> Result<ResourceTerms, Reason> {
        Ok(ResourceTerms {
            resource_type: Label::parse(&self.r#type).map_err(reason)?,
            name: Label::parse(&self.name).map_err(reason)?,
            location: Label::parse(&self.location).map_err(reason)?,
            time_zone: TimeZone::get(&self.zone).map_err(reason)?,
            schedule: self.schedule.read()?,
            capacity: self.capacity,
            hold_ttl_seconds: self.ttl,
            hold_limits: self.limits.into(),
            base_price: self.price.read()?,
            cancellation_policy: read_policy(&self.policy)?,
            attributes: self
                .attributes
                .into_iter()
                .map(|(name, value)| {
                    let value = match value {
                        StoredAttribute::Text(text) => AttributeValue::Text(text),
                        StoredAttribute::Number(number) => AttributeValue::Number(number),
                        StoredAttribute::Flag(flag) => AttributeValue::Flag(flag),
                    };
                    (name, value)
                })
                .collect(),
        })
    }
}

/// What a hold or a booking is for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredOrder {
    resource: String,
    name: String,
    guest: String,
    start: i64,
    end: i64,
    quantity: u32,
    price: StoredMoney,
    policy: StoredPolicy,
    /// Resource (if another than above), name of the page, its schedule's revision, slots, places.
    at: Vec<(Option<String>, String, u64, String, StoredQuantities)>,
}

/// Places taken in each of some slots.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum StoredQuantities {
    /// As many in each.
    Same(u32),
    /// In the order of the slots.
    Each(Vec<u32>),
}

impl From<&SlotPlaces> for StoredQuantities {
    fn from(places: &SlotPlaces) -> Self {
        match places.same_everywhere() {
            Some(quantity) => Self::Same(quantity),
            None => Self::Each(places.iter().map(|(_, quantity)| quantity).collect()),
        }
    }
}

impl StoredQuantities {
    fn read(self, slots: Vec<SlotKey>) -> Result<SlotPlaces, Reason> {
        match self {
            Self::Same(quantity) => SlotPlaces::uniform(slots, quantity).map_err(reason),
            Self::Each(quantities) if quantities.len() == slots.len() => {
                SlotPlaces::new(slots.into_iter().zip(quantities)).map_err(reason)
            }
            Self::Each(_) => Err("not a quantity for each slot".to_owned()),
        }
    }
}

impl From<&Order> for StoredOrder {
    fn from(order: &Order) -> Self {
        Self {
            resource: order.resource.to_string(),
            name: order.resource_name.clone(),
            guest: order.guest.to_string(),
            start: order.start.as_millisecond(),
            end: order.end.as_millisecond(),
            quantity: order.quantity,
            price: order.price.into(),
            policy: store_policy(&order.policy),
            at: order
                .placements
                .iter()
                .map(|placement| {
                    let resource = &placement.page.resource;
                    let other = (*resource != order.resource).then(|| resource.to_string());
                    let slots: Vec<&str> = placement.places.slots().map(SlotKey::as_str).collect();
                    let quantities = (&placement.places).into();
                    (other, placement.page.name(), placement.schedule_revision, slots.join(","), quantities)
                })
                .collect(),
        }
    }
}

impl StoredOrder {
    pub(crate) fn read(self) -> Result<Order, Reason> {
        let resource = ResourceId::parse(&self.resource).map_err(reason)?;
        let placements = self
            .at
            .into_iter()
            .map(|(other, page, schedule_revision, slots, quantities)| {
                let resource = match other {
                    Some(other) => ResourceId::parse(&other).map_err(reason)?,
                    None => resource.clone(),
                };
                let slots = slots
                    .split(',')
                    .map(|slot| SlotKey::parse(slot).map_err(reason))
                    .collect::<Result<_, _>>()?;
                let page = PageKey::parse(resource, &page).ok_or("no page has that name")?;
                Ok(Placement { page, schedule_revision, places: quantities.read(slots)? })
            })
            .collect::<Result<_, Reason>>()?;
        Ok(Order {
            resource,
            resource_name: self.name,
            guest: GuestId::parse(&self.guest).map_err(reason)?,
            start: instant(self.start)?,
            end: instant(self.end)?,
            quantity: self.quantity,
            price: self.price.read()?,
            policy: read_policy(&self.policy)?,
            placements,
        })
    }
}

/// What a customer has to do.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredAction {
    secret: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    expires: i64,
}

impl From<&CustomerAction> for StoredAction {
    fn from(action: &CustomerAction) -> Self {
        Self {
            secret: action.client_secret.clone(),
            url: action.redirect_url.clone(),
            expires: action.expires_at.as_millisecond(),
        }
    }
}

impl StoredAction {
    pub(crate) fn read(self) -> Result<CustomerAction, Reason> {
        Ok(CustomerAction {
            client_secret: self.secret,
            redirect_url: self.url,
            expires_at: instant(self.expires)?,
        })
    }
}

/// How a booking was given up.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredCancellation {
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    refund: StoredMoney,
    before_capture: bool,
    request: (String, String),
    at: i64,
}

impl From<&Cancellation> for StoredCancellation {
    fn from(cancellation: &Cancellation) -> Self {
        Self {
            reason: cancellation.reason.clone(),
            refund: cancellation.refund.into(),
            before_capture: cancellation.before_capture,
            request: (cancellation.request.0.to_string(), cancellation.request.1.to_string()),
            at: cancellation.at.as_millisecond(),
        }
    }
}

impl StoredCancellation {
    pub(crate) fn read(self) -> Result<Cancellation, Reason> {
        Ok(Cancellation {
            reason: self.reason,
            refund: self.refund.read()?,
            before_capture: self.before_capture,
            request: (
                Fingerprint::parse(&self.request.0).map_err(reason)?,
                Fingerprint::parse(&self.request.1).map_err(reason)?,
            ),
            at: instant(self.at)?,
        })
    }
}

/// Extensions by their request: expiry and moment.
pub(crate) fn read_extension(expires_at: i64, at: i64) -> Result<Extension, Reason> {
    Ok(Extension { expires_at: instant(expires_at)?, at: instant(at)? })
}
