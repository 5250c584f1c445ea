//! An order as version 1 has it.

use holdfast_domain::bookings::{Order, Tier};
use holdfast_domain::inventory::Placement;
use holdfast_domain::money::Percent;
use holdfast_domain::{CancellationPolicy, GuestId, PageKey, PropertyId, ResourceId, SlotKey, SlotPlaces};
use serde::{Deserialize, Serialize};

use crate::stored::reason::{Reason, reason};
use crate::stored::v1::applied::StoredRate;
use crate::stored::v1::price::StoredPrice;
use crate::stored::v1::scalar::{Millis, Text};

/// What a hold or a booking is for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredOrder {
    resource: Text<ResourceId>,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    property: Option<Text<PropertyId>>,
    start: Millis,
    end: Millis,
    quantity: u32,
    price: StoredPrice,
    policy: Vec<StoredTier>,
    /// Left out of a resource without a rate card where nothing but the places is charged for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate: Option<StoredRate>,
    placements: Vec<StoredPlacement>,
}

impl From<&Order> for StoredOrder {
    fn from(order: &Order) -> Self {
        Self {
            resource: Text(order.resource.clone()),
            name: order.resource_name.clone(),
            property: order.property.clone().map(Text),
            start: Millis(order.start),
            end: Millis(order.end),
            quantity: order.quantity,
            price: (&order.price).into(),
            policy: store_policy(&order.policy),
            rate: order.rate.as_deref().map(Into::into),
            placements: order.placements.iter().map(|at| StoredPlacement::of(at, &order.resource)).collect(),
        }
    }
}

impl StoredOrder {
    /// The order of `guest`.
    pub(crate) fn read(self, guest: GuestId) -> Result<Order, Reason> {
        let Text(resource) = self.resource;
        let placements =
            self.placements.into_iter().map(|at| at.read(&resource)).collect::<Result<_, _>>()?;
        let rate = self.rate.map(|rate| rate.read(self.quantity)).transpose()?;
        Ok(Order {
            resource,
            resource_name: self.name,
            property: self.property.map(|Text(property)| property),
            guest,
            start: self.start.0,
            end: self.end.0,
            quantity: self.quantity,
            price: self.price.read()?,
            policy: read_policy(self.policy)?,
            rate: rate.map(Box::new),
            placements,
        })
    }
}

/// With at least `hours` left before the start, `percent` of the price is refunded.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredTier {
    hours: u32,
    percent: u8,
}

pub(crate) fn store_policy(policy: &CancellationPolicy) -> Vec<StoredTier> {
    let stored = |tier: &Tier| StoredTier { hours: tier.hours_before, percent: tier.refund.value() };
    policy.tiers().iter().map(stored).collect()
}

pub(crate) fn read_policy(stored: Vec<StoredTier>) -> Result<CancellationPolicy, Reason> {
    let tiers = stored.into_iter().map(|tier| {
        let refund = Percent::new(tier.percent).ok_or("a percentage above 100")?;
        Ok(Tier { hours_before: tier.hours, refund })
    });
    CancellationPolicy::new(tiers.collect::<Result<_, Reason>>()?)
        .ok_or_else(|| "contradicting tiers".to_owned())
}

/// Where places are counted: on one page of one resource, in one shard of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredPlacement {
    /// Left out if it is the order's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resource: Option<Text<ResourceId>>,
    page: String,
    /// Left out for shard 0, the only one of a page that is not sharded.
    #[serde(default, skip_serializing_if = "is_first")]
    shard: u16,
    /// The revision of the resource's schedule.
    revision: u64,
    takes: Vec<StoredTake>,
}

/// Slots in each of which `quantity` places are taken; together, in time order, the slots of a placement.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredTake {
    quantity: u32,
    slots: Vec<Text<SlotKey>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_first(shard: &u16) -> bool {
    *shard == 0
}

impl StoredPlacement {
    fn of(placement: &Placement, ordered: &ResourceId) -> Self {
        let PageKey { resource, page, shard } = &placement.page;
        Self {
            resource: (resource != ordered).then(|| Text(resource.clone())),
            page: page.clone(),
            shard: *shard,
            revision: placement.schedule_revision,
            takes: store_takes(&placement.places),
        }
    }

    fn read(self, ordered: &ResourceId) -> Result<Placement, Reason> {
        let resource = self.resource.map_or_else(|| ordered.clone(), |Text(resource)| resource);
        let places = self.takes.into_iter().flat_map(|StoredTake { quantity, slots }| {
            slots.into_iter().map(move |Text(slot)| (slot, quantity))
        });
        Ok(Placement {
            page: PageKey { resource, page: self.page, shard: self.shard },
            schedule_revision: self.revision,
            places: SlotPlaces::new(places).map_err(reason)?,
        })
    }
}

/// Neighbouring slots with as many places are one take.
fn store_takes(places: &SlotPlaces) -> Vec<StoredTake> {
    let mut takes: Vec<StoredTake> = Vec::new();
    for (slot, quantity) in places.iter() {
        match takes.last_mut() {
            Some(take) if take.quantity == quantity => take.slots.push(Text(slot.clone())),
            _ => takes.push(StoredTake { quantity, slots: vec![Text(slot.clone())] }),
        }
    }
    takes
}
