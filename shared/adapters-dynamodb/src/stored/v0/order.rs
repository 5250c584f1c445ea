//! An order as version 0 has it.

use holdfast_domain::bookings::{Order, Placement, Tier};
use holdfast_domain::money::Percent;
use holdfast_domain::{CancellationPolicy, Currency, GuestId, Money, PageKey, ResourceId, SlotKey};
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
    at: Vec<(Option<String>, String, u64, String, u32)>,
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
                    let slots: Vec<&str> = placement.slots.iter().map(SlotKey::as_str).collect();
                    let page = placement.page.page.clone();
                    (other, page, placement.schedule_revision, slots.join(","), placement.quantity)
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
            .map(|(other, page, schedule_revision, slots, quantity)| {
                let resource = match other {
                    Some(other) => ResourceId::parse(&other).map_err(reason)?,
                    None => resource.clone(),
                };
                let slots = slots
                    .split(',')
                    .map(|slot| SlotKey::parse(slot).map_err(reason))
                    .collect::<Result<_, _>>()?;
                Ok(Placement { page: PageKey { resource, page }, schedule_revision, slots, quantity })
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
