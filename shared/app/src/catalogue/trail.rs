//! The trail of operators' changes of a resource, of a property, and of all resources: one entry per write that changes something, made with it.
//!
//! What is written in several steps has an entry with each step that changes something, so that nothing is in force without the name
//! of who set it, wherever the steps stop. What does not fit the guests' holds and bookings from the start is refused before anything is
//! written, and leaves no entry.

use holdfast_domain::catalogue::{
    AttributeValue, DateFacts, DatesChange, Opening, ResourceChange, ResourceTerms, Term, TermsChange,
};
use holdfast_domain::{PropertyId, Schedule, Seal, TrailHead, TrailSubject};
use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use serde_json::{Map, Value, json};

use crate::kernel::canonical::canonical;
use crate::kernel::chain::{self, BrokenTrail, Link};
use crate::kernel::identity::seal;
use crate::kernel::mutation::Mutation;
use crate::rates::trail::rates_before_and_after;

/// What a seal is made of: a later way gets another name.
const SEAL_VERSION: &str = "resource-audit-1";
/// The kind of actor who changes resources and properties today: the token's scope says so.
const OPERATOR: &str = "operator";

/// One entry of a trail of operators' changes.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceEvent {
    /// What was changed.
    pub subject: TrailSubject,
    /// 1 for the first entry of a subject, growing by one.
    pub sequence: u64,
    /// Such as `resource.replaced` or `inventory.set`.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// Who: the caller.
    pub actor: String,
    /// What kind of actor that is: `operator`.
    pub actor_kind: String,
    /// The fields that changed, as they were; null where there was none.
    pub from: Value,
    /// The same fields, as they are now.
    pub to: Value,
    /// W3C trace context of the request that caused it.
    pub trace: Option<String>,
    /// Digest over the seal before and all of the above.
    pub seal: Option<Seal>,
}

impl Link for ResourceEvent {
    fn sequence(&self) -> u64 {
        self.sequence
    }

    fn seal(&self) -> Option<&Seal> {
        self.seal.as_ref()
    }

    fn sealed_after(&self, previous: Option<&Seal>) -> Seal {
        seal(&[
            SEAL_VERSION,
            previous.map_or("", Seal::as_str),
            &self.subject.name(),
            &self.sequence.to_string(),
            &self.kind,
            &self.at.as_millisecond().to_string(),
            &self.actor,
            &self.actor_kind,
            &canonical(&self.from),
            &canonical(&self.to),
            self.trace.as_deref().unwrap_or_default(),
        ])
    }
}

/// Whether `trail`, oldest first, is all that was ever written up to `head`.
///
/// # Errors
/// [`BrokenTrail`]: the first broken link.
pub fn verify(head: &TrailHead, trail: &[ResourceEvent]) -> Result<(), BrokenTrail> {
    chain::verify(head, trail)
}

impl ResourceEvent {
    /// The entry's own id.
    #[must_use]
    pub fn event_id(&self) -> String {
        format!("{}-{:06}", self.subject.name(), self.sequence)
    }

    /// The entry for a change, which follows those up to `head`.
    #[must_use]
    pub fn record(
        subject: TrailSubject,
        head: &TrailHead,
        change: &ResourceChange,
        mutation: &Mutation,
    ) -> Self {
        Self::sealed(subject, head, change.kind(), before_and_after(change), mutation)
    }

    /// The entry for a change of that kind from one to the other, which follows those up to `head`.
    pub(crate) fn sealed(
        subject: TrailSubject,
        head: &TrailHead,
        kind: &str,
        (from, to): (Value, Value),
        mutation: &Mutation,
    ) -> Self {
        let mut entry = Self {
            subject,
            sequence: head.entries + 1,
            kind: kind.to_owned(),
            at: mutation.now,
            actor: mutation.actor.clone(),
            actor_kind: OPERATOR.to_owned(),
            from,
            to,
            trace: mutation.trace.clone(),
            seal: None,
        };
        entry.seal = Some(entry.sealed_after(head.seal.as_ref()));
        entry
    }

    /// The entry with what it set for a local date alone; none if it set nothing for it.
    #[must_use]
    pub fn about(mut self, date: Date) -> Option<Self> {
        let kept = |side: &mut Value| {
            let Some(ranges) = side.get_mut("dates").and_then(Value::as_array_mut) else { return 0 };
            ranges.retain(|range| is_in(range, date));
            ranges.len()
        };
        (kept(&mut self.from) + kept(&mut self.to) > 0).then_some(self)
    }

    /// How far the trail has come with this entry.
    #[must_use]
    pub fn head(&self) -> TrailHead {
        TrailHead { entries: self.sequence, seal: self.seal.clone() }
    }
}

/// Whether a range of an entry's `dates` has a date: from the first up to, not including, the last.
fn is_in(range: &Value, date: Date) -> bool {
    let end = |name: &str| range.get(name)?.as_str()?.parse::<Date>().ok();
    end("from").is_some_and(|from| from <= date) && end("to").is_some_and(|to| date < to)
}

/// The fields that a change touches, before it and after it, under the names that the API gives them.
fn before_and_after(change: &ResourceChange) -> (Value, Value) {
    match change {
        ResourceChange::Created(terms) => (json!({}), all_of(terms)),
        ResourceChange::Announced(change)
        | ResourceChange::Replaced(change)
        | ResourceChange::Withdrawn(change) => of_terms(change),
        ResourceChange::Dates(changes) | ResourceChange::DatesTakenBack(changes) => {
            let side = |facts: fn(&DatesChange) -> DateFacts| {
                let dates = changes.iter().map(|change| of_dates(change, facts(change)));
                json!({ "dates": dates.collect::<Vec<_>>() })
            };
            (side(|change| change.before), side(|change| change.after))
        }
        ResourceChange::Stop { stopped } => (json!({ "stopped": !stopped }), json!({ "stopped": stopped })),
        ResourceChange::Rates(change) => rates_before_and_after(change),
    }
}

fn of_terms(change: &TermsChange) -> (Value, Value) {
    let terms = change.terms();
    (some_of(&change.before, &terms), some_of(&change.after, &terms))
}

/// Every term, as an edit of an empty resource would say it.
fn all_of(terms: &ResourceTerms) -> Value {
    let named = [
        Term::ResourceType,
        Term::Name,
        Term::Location,
        Term::TimeZone,
        Term::Schedule,
        Term::Capacity,
        Term::HoldTtl,
        Term::HoldLimits,
        Term::BasePrice,
        Term::CancellationPolicy,
    ];
    let attributes = terms.attributes.keys().cloned().map(Term::Attribute);
    let property = terms.property.as_ref().map(|_| Term::Property);
    some_of(terms, &property.into_iter().chain(named).chain(attributes).collect::<Vec<_>>())
}

fn some_of(terms: &ResourceTerms, some: &[Term]) -> Value {
    let (mut fields, mut attributes) = (Map::new(), Map::new());
    for term in some {
        let (name, value) = match term {
            Term::Property => ("propertyId", json!(terms.property.as_ref().map(PropertyId::as_str))),
            Term::ResourceType => ("resourceType", json!(terms.resource_type.as_str())),
            Term::Name => ("name", json!(terms.name.as_str())),
            Term::Location => ("location", json!(terms.location.as_str())),
            Term::TimeZone => ("timeZone", json!(terms.time_zone.iana_name())),
            Term::Schedule => ("schedule", of_schedule(&terms.schedule)),
            Term::Capacity => ("capacity", json!(terms.capacity)),
            Term::HoldTtl => ("holdTtlSeconds", json!(terms.hold_ttl_seconds)),
            Term::HoldLimits => {
                let limits = &terms.hold_limits;
                let value = json!({
                    "perGuest": limits.per_guest,
                    "perSlot": limits.per_slot,
                    "placesPerSlot": limits.places_per_slot,
                    "coolDownSeconds": limits.cool_down_seconds,
                });
                ("holdLimits", value)
            }
            Term::BasePrice => {
                let price = terms.base_price;
                ("pricing", json!({ "currency": price.currency().code(), "base": price.amount() }))
            }
            Term::CancellationPolicy => {
                let tiers = terms.cancellation_policy.tiers().iter().map(
                    |tier| json!({ "hoursBefore": tier.hours_before, "refundPercent": tier.refund.value() }),
                );
                ("cancellationPolicy", json!({ "tiers": tiers.collect::<Vec<_>>() }))
            }
            Term::Attribute(name) => {
                attributes.insert(name.clone(), terms.attributes.get(name).map_or(Value::Null, of_attribute));
                continue;
            }
        };
        fields.insert(name.to_owned(), value);
    }
    if !attributes.is_empty() {
        fields.insert("attributes".to_owned(), Value::Object(attributes));
    }
    Value::Object(fields)
}

fn of_attribute(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::Text(text) => json!(text),
        AttributeValue::Number(number) => json!(number),
        AttributeValue::Flag(flag) => json!(flag),
    }
}

fn of_schedule(schedule: &Schedule) -> Value {
    let local = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
    match schedule {
        Schedule::Nightly { check_in, check_out } => {
            json!({ "kind": "nightly", "checkIn": local(*check_in), "checkOut": local(*check_out) })
        }
        Schedule::Slots(rule) => {
            let opening = |opening: &Opening| {
                let days: Vec<&str> = opening.days.iter().copied().map(day).collect();
                json!({ "days": days, "from": local(opening.from), "to": local(opening.to) })
            };
            json!({
                "kind": "slots",
                "slotMinutes": rule.slot_minutes(),
                "opening": rule.opening().iter().map(opening).collect::<Vec<_>>(),
                "bufferMinutes": rule.buffer_minutes(),
            })
        }
        Schedule::Event { start, end } => {
            json!({ "kind": "event", "start": start.to_string(), "end": end.to_string() })
        }
    }
}

const fn day(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "mon",
        Weekday::Tuesday => "tue",
        Weekday::Wednesday => "wed",
        Weekday::Thursday => "thu",
        Weekday::Friday => "fri",
        Weekday::Saturday => "sat",
        Weekday::Sunday => "sun",
    }
}

/// What is set for a range of dates, as far as it changed; a capacity of null is the resource's own.
fn of_dates(change: &DatesChange, facts: DateFacts) -> Value {
    let iso = |date: Date| date.to_string();
    let mut fields = Map::from_iter([
        ("from".to_owned(), json!(iso(change.from))),
        ("to".to_owned(), json!(iso(change.to))),
    ]);
    if change.before.capacity != change.after.capacity {
        fields.insert("capacity".to_owned(), json!(facts.capacity));
    }
    if change.before.closed != change.after.closed {
        fields.insert("closed".to_owned(), json!(facts.closed));
    }
    if change.before.overbooking != change.after.overbooking {
        fields.insert("overbooking".to_owned(), json!(facts.overbooking));
    }
    Value::Object(fields)
}
