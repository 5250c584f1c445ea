//! An order as version 1 has it. It has room for more than the domain says today: several price lines, shards, and a number
//! of places for each slot. What the domain cannot say is refused as unreadable.

use holdfast_domain::bookings::{Order, Placement, Tier};
use holdfast_domain::money::Percent;
use holdfast_domain::{CancellationPolicy, GuestId, Money, PageKey, ResourceId, SlotKey};
use serde::{Deserialize, Serialize};

use crate::stored::reason::Reason;
use crate::stored::v1::scalar::{Millis, Text};

/// What a hold or a booking is for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredOrder {
    resource: Text<ResourceId>,
    name: String,
    start: Millis,
    end: Millis,
    quantity: u32,
    price: StoredPrice,
    policy: Vec<StoredTier>,
    placements: Vec<StoredPlacement>,
}

impl From<&Order> for StoredOrder {
    fn from(order: &Order) -> Self {
        Self {
            resource: Text(order.resource.clone()),
            name: order.resource_name.clone(),
            start: Millis(order.start),
            end: Millis(order.end),
            quantity: order.quantity,
            price: order.price.into(),
            policy: store_policy(&order.policy),
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
        Ok(Order {
            resource,
            resource_name: self.name,
            guest,
            start: self.start.0,
            end: self.end.0,
            quantity: self.quantity,
            price: self.price.read()?,
            policy: read_policy(self.policy)?,
            placements,
        })
    }
}

/// A price: its lines and their sum.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredPrice {
    total: Text<Money>,
    lines: Vec<StoredPriceLine>,
}

/// A part of a price.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredPriceLine {
    kind: LineKind,
    amount: Text<Money>,
}

/// What a line is for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LineKind {
    /// The places themselves.
    Stay,
}

impl From<Money> for StoredPrice {
    fn from(price: Money) -> Self {
        let stay = StoredPriceLine { kind: LineKind::Stay, amount: Text(price) };
        Self { total: Text(price), lines: vec![stay] }
    }
}

impl StoredPrice {
    fn read(self) -> Result<Money, Reason> {
        match &self.lines[..] {
            [StoredPriceLine { kind: LineKind::Stay, amount }] if *amount == self.total => Ok(self.total.0),
            lines => Err(format!("a price of {} lines, not of one that is its total", lines.len())),
        }
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
    #[serde(default, skip_serializing_if = "is_zero")]
    shard: u32,
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
pub(crate) fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl StoredPlacement {
    fn of(placement: &Placement, ordered: &ResourceId) -> Self {
        let resource = &placement.page.resource;
        let slots = placement.slots.iter().cloned().map(Text).collect();
        Self {
            resource: (resource != ordered).then(|| Text(resource.clone())),
            page: placement.page.page.clone(),
            shard: 0,
            revision: placement.schedule_revision,
            takes: vec![StoredTake { quantity: placement.quantity, slots }],
        }
    }

    fn read(self, ordered: &ResourceId) -> Result<Placement, Reason> {
        if self.shard != 0 {
            return Err(format!("a placement in shard {}", self.shard));
        }
        let Ok([take]) = <[StoredTake; 1]>::try_from(self.takes) else {
            return Err("a placement whose slots do not all take the same number of places".to_owned());
        };
        let resource = self.resource.map_or_else(|| ordered.clone(), |Text(resource)| resource);
        Ok(Placement {
            page: PageKey { resource, page: self.page },
            schedule_revision: self.revision,
            slots: take.slots.into_iter().map(|Text(slot)| slot).collect(),
            quantity: take.quantity,
        })
    }
}
