//! Ledger changes as events. One write of a page is one event for each thing that happened to a hold there (a hold over
//! two pages is told by both), and always one `inventory.changed`, so that whoever follows a page sees every number.

use holdfast_app::bookings::AuditEvent;
use holdfast_domain::{HoldId, Page, PageChange, PageHold, Resource};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Envelope, EventType};

fn merge(mut base: Value, more: Value) -> Value {
    if let (Value::Object(base), Value::Object(more)) = (&mut base, more) {
        base.extend(more);
    }
    base
}

fn entry_json(entry: &PageHold) -> Value {
    let slots: Vec<&str> = entry.places.slots().map(holdfast_domain::SlotKey::as_str).collect();
    json!({ "slots": slots, "quantity": entry.places.most(), "expiresAt": entry.expires_at.to_string() })
}

/// What a change says of a hold; nothing if it is about no hold. `page` is as the change left it.
fn hold_event<'a>(page: &Page, change: &'a PageChange) -> Option<(EventType, &'a HoldId, Value)> {
    match change {
        PageChange::Placed { hold, entry } => {
            Some((EventType::HoldPlaced, hold, merge(entry_json(entry), json!({ "returned": false }))))
        }
        PageChange::Returned { hold, entry } => {
            Some((EventType::HoldPlaced, hold, merge(entry_json(entry), json!({ "returned": true }))))
        }
        PageChange::Extended { hold, expires_at, .. } => Some((
            EventType::HoldExtended,
            hold,
            json!({ "expiresAt": expires_at.to_string(), "for": "guest" }),
        )),
        PageChange::Prolonged { hold, expires_at } => Some((
            EventType::HoldExtended,
            hold,
            json!({ "expiresAt": expires_at.to_string(), "for": "customer_action" }),
        )),
        PageChange::Claimed { hold, booking, deadline } => Some((
            EventType::HoldClaimed,
            hold,
            json!({ "bookingId": booking.as_str(), "deadline": deadline.to_string() }),
        )),
        PageChange::Unclaimed { hold } => {
            let expires_at = page.holds.get(hold)?.expires_at;
            Some((EventType::HoldUnclaimed, hold, json!({ "expiresAt": expires_at.to_string() })))
        }
        PageChange::Released { hold } => Some((EventType::HoldReleased, hold, json!({}))),
        PageChange::Expired { hold } => Some((EventType::HoldExpired, hold, json!({}))),
        PageChange::Confirmed { hold, booking } => {
            Some((EventType::HoldConfirmed, hold, json!({ "bookingId": booking.as_str() })))
        }
        PageChange::CoolDownBegun { .. }
        | PageChange::Reacquired { .. }
        | PageChange::Freed { .. }
        | PageChange::InventorySet { .. }
        | PageChange::DefaultCapacitySet { .. } => None,
    }
}

fn slots_json(page: &Page, at: Timestamp) -> Map<String, Value> {
    let slot = |slot| {
        json!({
            "available": page.offered(slot, at),
            "capacity": page.capacity_of(slot),
            "closed": page.closed.contains(slot),
        })
    };
    page.available.keys().map(|key| (key.as_str().to_owned(), slot(key))).collect()
}

/// What one write of a page, which did `changes` at `at`, has to tell.
#[must_use]
pub fn of_page(page: &Page, changes: &[PageChange], at: Timestamp, trace: Option<&str>) -> Vec<Envelope> {
    let resource = page.key.resource.as_str();
    let name = page.key.name();
    let place = json!({ "resourceId": resource, "page": name });
    let sequence = page.write_number();
    let write = format!("{resource}/{name}/{sequence}");
    let holds = changes.iter().enumerate().filter_map(|(position, change)| {
        let (kind, hold, facts) = hold_event(page, change)?;
        let data = merge(merge(json!({ "holdId": hold.as_str() }), place.clone()), facts);
        let id = format!("{write}/{position}");
        Some(Envelope::new(kind, id, hold.as_str(), sequence, at, trace, data))
    });
    let inventory = Envelope::new(
        EventType::InventoryChanged,
        format!("{write}/inventory"),
        resource,
        sequence,
        at,
        trace,
        merge(place.clone(), json!({ "seq": sequence, "slots": slots_json(page, at) })),
    );
    holds.chain(std::iter::once(inventory)).collect()
}

/// What an entry of a booking's audit trail has to tell: its facts, and where the booking came from and went. `None` for
/// a kind that is not told.
#[must_use]
pub fn of_audit(event: &AuditEvent) -> Option<Envelope> {
    let kind = EventType::parse(&event.kind)?;
    let about = json!({
        "bookingId": event.booking.as_str(),
        "actor": event.actor,
        "from": event.from.as_str(),
        "to": event.to.as_str(),
    });
    Some(Envelope::new(
        kind,
        event.event_id(),
        event.booking.as_str(),
        event.sequence,
        event.at,
        event.trace.as_deref(),
        merge(about, event.data.clone()),
    ))
}

/// What a resource's new revision, written at `at`, has to tell.
#[must_use]
pub fn of_resource(resource: &Resource, previous: Option<&Resource>, at: Timestamp) -> Envelope {
    let terms = &resource.terms;
    let data = json!({
        "resourceId": resource.id.as_str(),
        "revision": resource.revision,
        "created": previous.is_none(),
        "scheduleChanged": previous.is_some_and(|was| was.schedule_revision != resource.schedule_revision),
        "resourceType": terms.resource_type.as_str(),
        "name": terms.name.as_str(),
        "location": terms.location.as_str(),
        "capacity": terms.capacity,
        "price": {
            "amount": terms.base_price.amount(),
            "currency": terms.base_price.currency().code(),
        },
    });
    let id = format!("{}/{}", resource.id, resource.revision);
    Envelope::new(EventType::ResourceChanged, id, resource.id.as_str(), resource.revision, at, None, data)
}
