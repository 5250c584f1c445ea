//! An order as version 0 has it.

use holdfast_domain::bookings::{Order, Price, Tier};
use holdfast_domain::inventory::Placement;
use holdfast_domain::money::Percent;
use holdfast_domain::{
    CancellationPolicy, Currency, GuestId, Money, PageKey, ResourceId, SlotKey, SlotPlaces,
};
use serde::{Deserialize, Serialize};

use crate::stored::reason::{Reason, instant, reason};

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

/// A price; `None` for one of several lines, which version 0 cannot say.
fn store_price(price: &Price) -> Option<StoredMoney> {
    let [line] = price.lines() else { return None };
    (line.detail.is_none()).then(|| price.total().into())
}

/// Hours before the start, and percent.
pub(crate) type StoredPolicy = Vec<(u32, u8)>;

pub(crate) fn store_policy(policy: &CancellationPolicy) -> StoredPolicy {
    policy.tiers().iter().map(|tier| (tier.hours_before, tier.refund.value())).collect()
}

pub(crate) fn read_policy(stored: &StoredPolicy) -> Result<CancellationPolicy, Reason> {
    let tiers = stored
        .iter()
        .map(|(hours_before, percent)| {
            let refund = Percent::new(*percent).ok_or("a percentage above 100")?;
            Ok(Tier { hours_before: *hours_before, refund })
        })
        .collect::<Result<_, Reason>>()?;
    CancellationPolicy::new(tiers).ok_or_else(|| "contradicting tiers".to_owned())
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
    /// Resource (if another than above), page, its schedule's revision, slots, places.
    at: Vec<StoredPlacement>,
}

type StoredPlacement = (Option<String>, String, u64, String, u32);

/// A placement; `None` for what version 0 cannot say: a shard, or quantities that differ.
fn store_placement(placement: &Placement, ordered: &ResourceId) -> Option<StoredPlacement> {
    let PageKey { resource, page, shard: 0 } = &placement.page else { return None };
    let other = (resource != ordered).then(|| resource.to_string());
    let slots: Vec<&str> = placement.places.slots().map(SlotKey::as_str).collect();
    let quantity = placement.places.same_everywhere()?;
    Some((other, page.clone(), placement.schedule_revision, slots.join(","), quantity))
}

impl StoredOrder {
    /// The order; `None` for one that version 0 cannot say.
    pub(crate) fn of(order: &Order) -> Option<Self> {
        if order.rate.is_some() || order.property.is_some() {
            return None;
        }
        Some(Self {
            resource: order.resource.to_string(),
            name: order.resource_name.clone(),
            guest: order.guest.to_string(),
            start: order.start.as_millisecond(),
            end: order.end.as_millisecond(),
            quantity: order.quantity,
            price: store_price(&order.price)?,
            policy: store_policy(&order.policy),
            at: order
                .placements
                .iter()
                .map(|placement| store_placement(placement, &order.resource))
                .collect::<Option<_>>()?,
        })
    }

    pub(crate) fn read(self) -> Result<Order, Reason> {
        let resource = ResourceId::parse(&self.resource).map_err(reason)?;
        let placements = self
            .at
            .into_iter()
            .map(|(other, page, schedule_revision, slots, quantity)| {
                let resource = match other {
                    Some(other) => ResourceId::parse(&other).map_err(reason)?,
                    None => resource.clone(),
                };
                let slots: Vec<SlotKey> = slots
                    .split(',')
                    .map(|slot| SlotKey::parse(slot).map_err(reason))
                    .collect::<Result<_, _>>()?;
                let places = SlotPlaces::uniform(slots, quantity).map_err(reason)?;
                Ok(Placement { page: PageKey::first(resource, page), schedule_revision, places })
            })
            .collect::<Result<_, Reason>>()?;
        Ok(Order {
            resource,
            resource_name: self.name,
            property: None,
            guest: GuestId::parse(&self.guest).map_err(reason)?,
            start: instant(self.start)?,
            end: instant(self.end)?,
            quantity: self.quantity,
            price: self.price.read()?.into(),
            policy: read_policy(&self.policy)?,
            rate: None,
            placements,
        })
    }
}
