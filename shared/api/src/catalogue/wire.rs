//! Resources on the wire: answers and schemas. Requests are read in `crate::catalogue::terms`.

use std::collections::BTreeMap;

use holdfast_app::catalogue::ResourceEvent;
use holdfast_domain::catalogue::{AttributeValue, ResourceTerms};
use holdfast_domain::{CancellationPolicy, HoldLimits, Resource, Schedule};
use jiff::civil::{Date, Weekday};
use serde::{Serialize, Serializer};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::wire::{instant, moment};

/// What an operator says of a resource.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ResourceTerms, example = json!({
    "resourceType": "hotel", "name": "Deluxe double", "location": "NYC", "timeZone": "America/New_York",
    "schedule": { "kind": "nightly", "checkIn": "15:00", "checkOut": "11:00" },
    "capacity": 3, "holdTtlSeconds": 600, "pricing": { "currency": "USD", "base": 12900 },
    "cancellationPolicy": {
        "tiers": [{ "hoursBefore": 24, "refundPercent": 100 }, { "hoursBefore": 0, "refundPercent": 50 }]
    },
    "attributes": { "rating": 4.6, "latitude": 40.7, "longitude": -74.0 }
}))]
pub struct TermsBody {
    /// The property that it belongs to, which exists: its staff and the platform write the resource, and see what is held and booked of it.
    /// One that is left out belongs to none, and is every operator's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "id", example = "hotel-nyc")]
    pub property_id: Option<String>,
    /// Kind of resource, such as `hotel`.
    #[schema(format = "label")]
    pub resource_type: String,
    /// Its name, for people.
    #[schema(format = "label")]
    pub name: String,
    /// Where it is, as search asks for it.
    #[schema(format = "label")]
    pub location: String,
    /// IANA name of the zone of its local dates and times.
    #[schema(example = "America/New_York")]
    pub time_zone: String,
    /// How its time is cut.
    pub schedule: ScheduleBody,
    /// Places per slot, unless the inventory of a date says otherwise.
    #[schema(minimum = 1, maximum = 100_000)]
    pub capacity: u32,
    /// The time after which a hold expires, in seconds.
    #[schema(minimum = 1, maximum = 3600)]
    pub hold_ttl_seconds: u32,
    /// What one guest may hold of it at a time. What an operator holds for a guest is not limited.
    #[schema(required = false)]
    pub hold_limits: HoldLimitsBody,
    /// What it costs.
    pub pricing: PricingBody,
    /// What a cancellation refunds.
    pub cancellation_policy: PolicyBody,
    /// Further facts: strings, numbers, booleans. `rating`, `latitude` and `longitude` sort results.
    #[schema(required = false)]
    pub attributes: BTreeMap<String, AttributeBody>,
}

/// What one guest may hold of a resource at a time. Only live holds count, bookings do not. A hold that passes a limit is
/// refused with 429 `hold_limit_reached`, which names the limit. A limit that is left out, or null, has the default that its
/// field describes; answers show it as null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = HoldLimits)]
pub struct HoldLimitsBody {
    /// Live holds within a month of a `nightly` resource, a day of one with `slots`, or an event. By default 10, and 2 while
    /// there are 50 or more of all guests; of those that take more than 60 slots of it 2, and 1 while there are 20 or more.
    #[schema(required = false, minimum = 1, maximum = 200)]
    pub per_guest: Option<u32>,
    /// Live holds that take the same slot.
    #[schema(required = false, minimum = 1, maximum = 200, default = 10)]
    pub per_slot: u32,
    /// Places of one slot in all live holds together. By default the greater of 10 and 2 % of the slot's capacity, rounded up.
    #[schema(required = false, minimum = 1, maximum = 100_000)]
    pub places_per_slot: Option<u32>,
    /// How long a guest waits for the same slots after a hold that was released or expired. By default 600, and only from the
    /// third such hold within an hour; 0 is no wait.
    #[schema(required = false, minimum = 0, maximum = 86_400)]
    pub cool_down_seconds: Option<u32>,
}

impl From<HoldLimits> for HoldLimitsBody {
    fn from(limits: HoldLimits) -> Self {
        Self {
            per_guest: limits.per_guest,
            per_slot: limits.per_slot,
            places_per_slot: limits.places_per_slot,
            cool_down_seconds: limits.cool_down_seconds,
        }
    }
}

/// How a resource's time is cut.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
#[schema(as = Schedule)]
pub enum ScheduleBody {
    /// A night per local date.
    #[schema(title = "NightlySchedule")]
    #[serde(rename_all = "camelCase")]
    Nightly {
        /// Local time of arrival, `HH:MM`.
        #[schema(format = "local-time", example = "15:00")]
        check_in: String,
        /// Local time of departure, on the day after the last night.
        #[schema(format = "local-time", example = "11:00")]
        check_out: String,
    },
    /// Slots of equal length within opening hours.
    #[schema(title = "SlotsSchedule")]
    #[serde(rename_all = "camelCase")]
    Slots {
        /// Minutes of one slot. One of 1440 minutes lasts from the time of its opening to the same local time of the next day,
        /// however long the clock changes make it.
        #[schema(minimum = 1, maximum = 1440)]
        slot_minutes: u16,
        /// Opening hours, local time.
        #[schema(min_items = 1, max_items = 50)]
        opening: Vec<OpeningBody>,
        /// Minutes between two slots; none if left out. A slot whose buffer the next opening would cut short is left out.
        #[schema(required = false, maximum = 1440)]
        buffer_minutes: u16,
    },
    /// One slot.
    #[schema(title = "EventSchedule")]
    Event {
        /// When it begins.
        #[schema(format = DateTime)]
        start: String,
        /// When it ends.
        #[schema(format = DateTime)]
        end: String,
    },
}

/// Opening hours of some days of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Opening)]
pub struct OpeningBody {
    /// The days.
    #[schema(min_items = 1, max_items = 7)]
    pub days: Vec<Day>,
    /// Opening time, `HH:MM`.
    #[schema(format = "local-time", example = "09:00")]
    pub from: String,
    /// Closing time; at or before `from`: on the next day.
    #[schema(format = "local-time", example = "17:00")]
    pub to: String,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Weekday)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl From<Weekday> for Day {
    fn from(day: Weekday) -> Self {
        match day {
            Weekday::Monday => Self::Mon,
            Weekday::Tuesday => Self::Tue,
            Weekday::Wednesday => Self::Wed,
            Weekday::Thursday => Self::Thu,
            Weekday::Friday => Self::Fri,
            Weekday::Saturday => Self::Sat,
            Weekday::Sunday => Self::Sun,
        }
    }
}

/// What a resource costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Pricing)]
pub struct PricingBody {
    /// ISO 4217; one that the payment provider charges.
    #[schema(format = "currency")]
    pub currency: String,
    /// Per slot and unit, in the currency's minor unit: 0, or what the payment provider can charge.
    #[schema(minimum = 0, maximum = 99_999_999_999_i64)]
    pub base: i64,
}

/// What a cancellation refunds: the tier with the most hours that still remain before the start applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CancellationPolicy)]
pub struct PolicyBody {
    /// Tiers; in answers those with most hours first.
    #[schema(max_items = 16)]
    pub tiers: Vec<TierBody>,
}

/// A tier of a cancellation policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Tier)]
pub struct TierBody {
    /// Hours that must still remain before the start.
    #[schema(maximum = 87_600)]
    pub hours_before: u32,
    /// The share of the price that comes back.
    #[schema(maximum = 100)]
    pub refund_percent: u8,
}

impl From<&CancellationPolicy> for PolicyBody {
    fn from(policy: &CancellationPolicy) -> Self {
        let tier = |tier: &holdfast_domain::bookings::Tier| TierBody {
            hours_before: tier.hours_before,
            refund_percent: tier.refund.value(),
        };
        Self { tiers: policy.tiers().iter().map(tier).collect() }
    }
}

/// A value of an attribute.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = AttributeValue)]
pub enum AttributeBody {
    /// Text of at most 500 characters.
    Text(String),
    /// A number of at most 2^53 - 1, positive or negative, so that whole ones are exact; these are written without a fraction.
    Number(#[serde(serialize_with = "shortest")] f64),
    /// Yes or no.
    Flag(bool),
}

/// The largest number of an attribute: up to here every whole number is exact in a double, and beyond it none is safe from
/// being rounded by whoever reads it.
pub(crate) const NUMBER_MAX: f64 = 9_007_199_254_740_991.0;

/// A whole number without a fraction.
fn shortest<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and small enough to be exact")]
    if number.fract() == 0.0 && number.abs() <= NUMBER_MAX {
        serializer.serialize_i64(*number as i64)
    } else {
        serializer.serialize_f64(*number)
    }
}

/// The attributes of a resource.
#[must_use]
pub(crate) fn attributes(terms: &ResourceTerms) -> BTreeMap<String, AttributeBody> {
    let body = |value: &AttributeValue| match value {
        AttributeValue::Text(text) => AttributeBody::Text(text.clone()),
        AttributeValue::Number(number) => AttributeBody::Number(*number),
        AttributeValue::Flag(flag) => AttributeBody::Flag(*flag),
    };
    terms.attributes.iter().map(|(name, value)| (name.clone(), body(value))).collect()
}

/// A resource.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Resource)]
pub struct ResourceBody {
    /// Its id.
    #[schema(example = "hotel-nyc-deluxe")]
    pub resource_id: String,
    /// What the operator says of it.
    #[serde(flatten)]
    pub terms: TermsBody,
}

/// Parameters of an edit.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct EditParameters {
    /// `true`: the answer is what it would be, and nothing is written.
    #[param(required = false, default = false)]
    pub dry_run: bool,
}

/// A resource that was created or replaced.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WrittenResource)]
pub struct PutBody {
    /// The resource.
    #[serde(flatten)]
    pub resource: ResourceBody,
    /// Local dates from today for which capacity, overbooking or stop-sell is set, and that have no slot any more, at most 100; left
    /// out if there are none.
    /// What is set for them applies again when they have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dates_without_slots: Vec<String>,
}

impl From<&Resource> for ResourceBody {
    fn from(resource: &Resource) -> Self {
        let terms = &resource.terms;
        Self {
            resource_id: resource.id.to_string(),
            terms: TermsBody {
                property_id: terms.property.as_ref().map(ToString::to_string),
                resource_type: terms.resource_type.as_str().to_owned(),
                name: terms.name.as_str().to_owned(),
                location: terms.location.as_str().to_owned(),
                time_zone: terms.time_zone.iana_name().unwrap_or("Etc/UTC").to_owned(),
                schedule: ScheduleBody::from(&terms.schedule),
                capacity: terms.capacity,
                hold_ttl_seconds: terms.hold_ttl_seconds,
                hold_limits: terms.hold_limits.into(),
                pricing: PricingBody {
                    currency: terms.base_price.currency().code().to_owned(),
                    base: terms.base_price.amount(),
                },
                cancellation_policy: PolicyBody::from(&terms.cancellation_policy),
                attributes: attributes(terms),
            },
        }
    }
}

impl From<&Schedule> for ScheduleBody {
    fn from(schedule: &Schedule) -> Self {
        let local = |time: jiff::civil::Time| format!("{:02}:{:02}", time.hour(), time.minute());
        match schedule {
            Schedule::Nightly { check_in, check_out } => {
                Self::Nightly { check_in: local(*check_in), check_out: local(*check_out) }
            }
            Schedule::Slots(rule) => Self::Slots {
                slot_minutes: rule.slot_minutes(),
                opening: rule
                    .opening()
                    .iter()
                    .map(|opening| OpeningBody {
                        days: opening.days.iter().copied().map(Day::from).collect(),
                        from: local(opening.from),
                        to: local(opening.to),
                    })
                    .collect(),
                buffer_minutes: rule.buffer_minutes(),
            },
            Schedule::Event { start, end } => Self::Event { start: instant(*start), end: instant(*end) },
        }
    }
}

/// A change of the inventory of some dates.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = InventoryChange, example = json!({
    "from": "2027-06-01", "to": "2027-07-01", "capacity": 5, "closed": false, "overbooking": 1
}))]
pub struct InventoryBody {
    /// First local date on which slots start.
    #[schema(format = Date)]
    pub from: String,
    /// Local date after the last.
    #[schema(format = Date)]
    pub to: String,
    /// Places per slot; unchanged if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 100_000)]
    pub capacity: Option<u32>,
    /// Whether nothing more may be held (stop-sell); unchanged if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<bool>,
    /// Places per slot that may be sold beyond the capacity (overbooking); unchanged if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 100_000)]
    pub overbooking: Option<u32>,
}

/// The inventory of some dates, as it was set.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Inventory)]
pub struct InventorySet {
    /// The resource.
    pub resource_id: String,
    /// What was set.
    #[serde(flatten)]
    pub change: InventoryBody,
}

/// Whether new holds are stopped.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HoldStop, example = json!({ "stopped": true }))]
pub struct StopBody {
    /// Whether no new hold is placed.
    pub stopped: bool,
}

/// An entry of the trail of operators' changes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ResourceEvent)]
pub struct ResourceEventBody {
    /// Its id.
    #[schema(example = "hotel-nyc-deluxe-000002")]
    pub event_id: String,
    /// What was done, such as `resource.replaced` or `inventory.set`.
    #[serde(rename = "type")]
    #[schema(example = "resource.replaced")]
    pub kind: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who: `staff/` and the `sub` of the operator's token.
    pub actor: String,
    /// What kind of actor that is.
    #[schema(example = "operator")]
    pub actor_kind: String,
    /// The fields that changed, as they were; empty of what is new.
    #[schema(value_type = Object, example = json!({ "capacity": 3 }))]
    pub from: Value,
    /// The same fields, as they are since.
    #[schema(value_type = Object, example = json!({ "capacity": 5 }))]
    pub to: Value,
    /// W3C trace context of the request.
    #[schema(required = true)]
    pub trace: Option<String>,
}

impl From<ResourceEvent> for ResourceEventBody {
    fn from(event: ResourceEvent) -> Self {
        Self {
            event_id: event.event_id(),
            kind: event.kind,
            at: moment(event.at),
            actor: event.actor,
            actor_kind: event.actor_kind,
            from: event.from,
            to: event.to,
            trace: event.trace,
        }
    }
}

/// A page of the trail of operators' changes, oldest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceEventList {
    /// The entries.
    pub results: Vec<ResourceEventBody>,
    /// Where the next page begins; null on the last, as of now: a trail grows.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// A local date as answered.
pub(crate) fn iso(date: Date) -> String {
    date.to_string()
}
