//! A resource's terms as version 0 has them.

use std::collections::BTreeMap;

use holdfast_domain::catalogue::{Label, Opening, ResourceTerms, SlotSchedule};
use holdfast_domain::{HoldLimits, Schedule};
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::stored::attribute::StoredAttribute;
use crate::stored::contents::{LimitNumbers, NamedLimit};
use crate::stored::reason::{Reason, instant, reason};
use crate::stored::v0::order::{StoredMoney, StoredPolicy, read_policy, store_policy};

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

/// Holds per guest, holds per slot, places per slot, seconds of cool-down.
#[derive(Debug, Serialize, Deserialize)]
struct StoredLimits(u32, u32, Option<u32>, u32);

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
    /// Which limits an operator named although they are what applied without.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    limits_named: Vec<NamedLimit>,
    price: StoredMoney,
    policy: StoredPolicy,
    attributes: BTreeMap<String, StoredAttribute>,
}

impl StoredTerms {
    /// The terms; `None` for those that version 0 cannot say: that they are of a property.
    pub(crate) fn of(terms: &ResourceTerms) -> Option<Self> {
        if terms.property.is_some() {
            return None;
        }
        let HoldLimits { per_slot, places_per_slot, .. } = terms.hold_limits;
        let numbers = LimitNumbers::from(&terms.hold_limits);
        Some(Self {
            r#type: terms.resource_type.as_str().to_owned(),
            name: terms.name.as_str().to_owned(),
            location: terms.location.as_str().to_owned(),
            zone: terms.time_zone.iana_name().unwrap_or("UTC").to_owned(),
            schedule: (&terms.schedule).into(),
            capacity: terms.capacity,
            ttl: terms.hold_ttl_seconds,
            limits: StoredLimits(numbers.per_guest, per_slot, places_per_slot, numbers.cool_down_seconds),
            limits_named: numbers.named,
            price: terms.base_price.into(),
            policy: store_policy(&terms.cancellation_policy),
            attributes: terms.attributes.iter().map(|(name, value)| (name.clone(), value.into())).collect(),
        })
    }

    pub(crate) fn read(self) -> Result<ResourceTerms, Reason> {
        let StoredLimits(per_guest, per_slot, places_per_slot, cool_down_seconds) = self.limits;
        let numbers = LimitNumbers { per_guest, cool_down_seconds, named: self.limits_named };
        let terms = ResourceTerms {
            property: None,
            resource_type: Label::parse(&self.r#type).map_err(reason)?,
            name: Label::parse(&self.name).map_err(reason)?,
            location: Label::parse(&self.location).map_err(reason)?,
            time_zone: TimeZone::get(&self.zone).map_err(reason)?,
            schedule: self.schedule.read()?,
            capacity: self.capacity,
            hold_ttl_seconds: self.ttl,
            hold_limits: numbers.limits(per_slot, places_per_slot),
            base_price: self.price.read()?,
            cancellation_policy: read_policy(&self.policy)?,
            attributes: self.attributes.into_iter().map(|(name, value)| (name, value.into())).collect(),
        };
        terms.checked().map_err(reason)
    }
}
