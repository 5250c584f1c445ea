//! A resource's terms as version 1 has them.

use std::collections::BTreeMap;

use holdfast_domain::catalogue::{Label, Opening, ResourceTerms, SlotSchedule};
use holdfast_domain::{HoldLimits, Money, PropertyId, Schedule};
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::stored::attribute::StoredAttribute;
use crate::stored::contents::{LimitNumbers, NamedLimit};
use crate::stored::reason::{Reason, reason};
use crate::stored::v1::order::{StoredTier, read_policy, store_policy};
use crate::stored::v1::scalar::{Millis, Text};

/// What an operator says of a resource.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredTerms {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    property: Option<Text<PropertyId>>,
    r#type: Text<Label>,
    name: Text<Label>,
    location: Text<Label>,
    time_zone: String,
    schedule: StoredSchedule,
    capacity: u32,
    hold_ttl_seconds: u32,
    hold_limits: StoredLimits,
    price: Text<Money>,
    policy: Vec<StoredTier>,
    attributes: BTreeMap<String, StoredAttribute>,
}

impl From<&ResourceTerms> for StoredTerms {
    fn from(terms: &ResourceTerms) -> Self {
        Self {
            property: terms.property.clone().map(Text),
            r#type: Text(terms.resource_type.clone()),
            name: Text(terms.name.clone()),
            location: Text(terms.location.clone()),
            time_zone: terms.time_zone.iana_name().unwrap_or("UTC").to_owned(),
            schedule: (&terms.schedule).into(),
            capacity: terms.capacity,
            hold_ttl_seconds: terms.hold_ttl_seconds,
            hold_limits: terms.hold_limits.into(),
            price: Text(terms.base_price),
            policy: store_policy(&terms.cancellation_policy),
            attributes: terms.attributes.iter().map(|(name, value)| (name.clone(), value.into())).collect(),
        }
    }
}

impl StoredTerms {
    pub(crate) fn read(self) -> Result<ResourceTerms, Reason> {
        let terms = ResourceTerms {
            property: self.property.map(|Text(property)| property),
            resource_type: self.r#type.0,
            name: self.name.0,
            location: self.location.0,
            time_zone: TimeZone::get(&self.time_zone).map_err(reason)?,
            schedule: self.schedule.read()?,
            capacity: self.capacity,
            hold_ttl_seconds: self.hold_ttl_seconds,
            hold_limits: self.hold_limits.into(),
            base_price: self.price.0,
            cancellation_policy: read_policy(self.policy)?,
            attributes: self.attributes.into_iter().map(|(name, value)| (name, value.into())).collect(),
        };
        terms.checked().map_err(reason)
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum StoredSchedule {
    Nightly { check_in: Text<Time>, check_out: Text<Time> },
    Slots { slot_minutes: u16, buffer_minutes: u16, opening: Vec<StoredOpening> },
    Event { start: Millis, end: Millis },
}

impl From<&Schedule> for StoredSchedule {
    fn from(schedule: &Schedule) -> Self {
        match schedule {
            Schedule::Nightly { check_in, check_out } => {
                Self::Nightly { check_in: Text(*check_in), check_out: Text(*check_out) }
            }
            Schedule::Slots(rule) => Self::Slots {
                slot_minutes: rule.slot_minutes(),
                buffer_minutes: rule.buffer_minutes(),
                opening: rule.opening().iter().map(Into::into).collect(),
            },
            Schedule::Event { start, end } => Self::Event { start: Millis(*start), end: Millis(*end) },
        }
    }
}

impl StoredSchedule {
    fn read(self) -> Result<Schedule, Reason> {
        match self {
            Self::Nightly { check_in: Text(check_in), check_out: Text(check_out) } => {
                Ok(Schedule::Nightly { check_in, check_out })
            }
            Self::Slots { slot_minutes, buffer_minutes, opening } => {
                let opening = opening.into_iter().map(StoredOpening::read).collect::<Result<_, _>>()?;
                let rule = SlotSchedule::new(slot_minutes, buffer_minutes, opening).map_err(reason)?;
                Ok(Schedule::Slots(rule))
            }
            Self::Event { start: Millis(start), end: Millis(end) } => {
                Schedule::event(start, end).map_err(reason)
            }
        }
    }
}

/// Opening hours of some days of the week; 1 is Monday.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredOpening {
    days: Vec<i8>,
    from: Text<Time>,
    to: Text<Time>,
}

impl From<&Opening> for StoredOpening {
    fn from(opening: &Opening) -> Self {
        Self {
            days: opening.days.iter().map(|day| day.to_monday_one_offset()).collect(),
            from: Text(opening.from),
            to: Text(opening.to),
        }
    }
}

impl StoredOpening {
    fn read(self) -> Result<Opening, Reason> {
        let days = self.days.into_iter().map(|day| Weekday::from_monday_one_offset(day).map_err(reason));
        Ok(Opening { days: days.collect::<Result<_, _>>()?, from: self.from.0, to: self.to.0 })
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredLimits {
    per_guest: u32,
    per_slot: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    places_per_slot: Option<u32>,
    cool_down_seconds: u32,
    /// Which of them an operator named although they are what applied without.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    named: Vec<NamedLimit>,
}

impl From<HoldLimits> for StoredLimits {
    fn from(limits: HoldLimits) -> Self {
        let LimitNumbers { per_guest, cool_down_seconds, named } = (&limits).into();
        let HoldLimits { per_slot, places_per_slot, .. } = limits;
        Self { per_guest, per_slot, places_per_slot, cool_down_seconds, named }
    }
}

impl From<StoredLimits> for HoldLimits {
    fn from(stored: StoredLimits) -> Self {
        let StoredLimits { per_guest, per_slot, places_per_slot, cool_down_seconds, named } = stored;
        LimitNumbers { per_guest, cool_down_seconds, named }.limits(per_slot, places_per_slot)
    }
}
