//! Ledger changes as events. One write of a page is one event for each thing that happened to a hold there (a hold over two
//! pages has one from each), and always one `inventory.changed`, so that a follower of a page sees every number.

use std::collections::BTreeMap;

use holdfast_app::bookings::{AuditEvent, BookingFacts};
use holdfast_app::events::Write;
use holdfast_domain::bookings::FailureReason;
use holdfast_domain::catalogue::{Month, MonthFacts};
use holdfast_domain::rates::uses::{UseCount, UseEvent};
use holdfast_domain::{BookingId, HoldId, Page, PageChange, PageHold, PropertyId, Resource, ResourceId};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::catalogue::{EventData, EventType};
use super::data::bookings::{
    BookingCancelled, BookingFailed, BookingState, PaymentActionRequired, PaymentCaptured, PaymentCreated,
    PaymentRefunded, fact,
};
use super::data::holds::{Extender, HoldClaimed, HoldConfirmed, HoldExtended, HoldPlaced, HoldState};
use super::data::inventory::{InventoryChanged, InventoryDatesSet};
use super::data::promotions::PromotionUses;
use super::data::resources::ResourceChanged;
use super::data::scalar::{Price, Text};
use super::envelope::{Content, Event};
use super::error::EventError;

/// One write of a page.
#[derive(Debug, Clone, Copy)]
pub struct PageWrite<'a> {
    /// The page after it.
    pub page: &'a Page,
    /// What it did, in order.
    pub changes: &'a [PageChange],
    /// The holds that it took from the page, as they were before.
    pub ended: &'a BTreeMap<HoldId, PageHold>,
    /// When.
    pub at: Timestamp,
    /// W3C trace context of the request.
    pub trace: Option<&'a str>,
}

impl PageWrite<'_> {
    fn event(&self, id: String, subject: &str, data: EventData) -> Event {
        Event {
            id,
            subject: subject.to_owned(),
            sequence: self.page.write_number(),
            at: self.at,
            trace: self.trace.map(str::to_owned),
            content: Content::Newest(Box::new(data)),
        }
    }

    /// The event of a change, if it has one.
    fn change_event(&self, id: String, change: &PageChange) -> Result<Option<Event>, EventError> {
        let of = |hold: &HoldId| {
            let holds = if change.ends().is_some() { self.ended } else { &self.page.holds };
            let entry = holds.get(hold);
            let entry = entry.ok_or_else(|| EventError::Hold { event: id.clone(), hold: hold.clone() })?;
            Ok::<_, EventError>(HoldState::new(hold, self.page, entry))
        };
        let booking = |booking: &BookingId| Text(booking.clone());
        let (subject, data) = match change {
            PageChange::Placed { hold, .. } => {
                (hold.as_str(), EventData::HoldPlaced(HoldPlaced { hold: of(hold)?, returned: false }))
            }
            PageChange::Returned { hold, .. } => {
                (hold.as_str(), EventData::HoldPlaced(HoldPlaced { hold: of(hold)?, returned: true }))
            }
            PageChange::Extended { hold, .. } => (
                hold.as_str(),
                EventData::HoldExtended(HoldExtended { hold: of(hold)?, r#for: Extender::Guest }),
            ),
            PageChange::Prolonged { hold, .. } => {
                let r#for = Extender::CustomerAction;
                (hold.as_str(), EventData::HoldExtended(HoldExtended { hold: of(hold)?, r#for }))
            }
            PageChange::Claimed { hold, booking: payer, deadline } => {
                let (booking_id, deadline) = (booking(payer), Text(*deadline));
                (hold.as_str(), EventData::HoldClaimed(HoldClaimed { hold: of(hold)?, booking_id, deadline }))
            }
            PageChange::Unclaimed { hold } => (hold.as_str(), EventData::HoldUnclaimed(of(hold)?)),
            PageChange::Released { hold } => (hold.as_str(), EventData::HoldReleased(of(hold)?)),
            PageChange::Expired { hold } => (hold.as_str(), EventData::HoldExpired(of(hold)?)),
            PageChange::Confirmed { hold, booking: payer } => {
                let booking_id = booking(payer);
                (hold.as_str(), EventData::HoldConfirmed(HoldConfirmed { hold: of(hold)?, booking_id }))
            }
            PageChange::CoolDownBegun { .. }
            | PageChange::Reacquired { .. }
            | PageChange::Freed { .. }
            | PageChange::Framed { .. }
            | PageChange::UnpaidEndCounted { .. } => return Ok(None),
        };
        Ok(Some(self.event(id, subject, data)))
    }
}

/// The events of one write of a page.
///
/// # Errors
/// [`EventError::Hold`].
pub fn of_page(write: &PageWrite<'_>) -> Result<Vec<Event>, EventError> {
    let PageWrite { page, changes, at, .. } = write;
    let resource = page.key.resource.as_str();
    let prefix = format!("{resource}/{}/{}", page.key.name(), page.write_number());
    let mut events = Vec::with_capacity(changes.len() + 1);
    for (position, change) in changes.iter().enumerate() {
        events.extend(write.change_event(format!("{prefix}/{position}"), change)?);
    }
    let inventory = EventData::InventoryChanged(InventoryChanged::new(page, *at));
    events.push(write.event(format!("{prefix}/inventory"), resource, inventory));
    Ok(events)
}

/// An amount of money among the facts of an entry.
fn amount(entry: &AuditEvent, name: &'static str) -> Result<Price, EventError> {
    Ok(Price { amount: fact(entry, name)?, currency: fact(entry, "currency")? })
}

fn refunded(booking: BookingState, entry: &AuditEvent) -> Result<PaymentRefunded, EventError> {
    Ok(PaymentRefunded { booking, refunded_total: amount(entry, "refundedTotal")? })
}

fn booking_data(
    kind: EventType,
    entry: &AuditEvent,
    facts: &BookingFacts,
) -> Result<Option<EventData>, EventError> {
    let booking = BookingState::new(entry, facts)?;
    Ok(Some(match kind {
        EventType::BookingRequested => EventData::BookingRequested(booking),
        EventType::BookingConfirmed => EventData::BookingConfirmed(booking),
        EventType::BookingFailed => {
            let (reason, declined): (String, bool) = (fact(entry, "reason")?, fact(entry, "declined")?);
            // Whoever listens may be a partner: the provider's code stays in the trail.
            let reason = if declined { FailureReason::DECLINED_TO_GUESTS.to_owned() } else { reason };
            EventData::BookingFailed(BookingFailed { booking, reason, declined })
        }
        EventType::BookingCancelled => EventData::BookingCancelled(BookingCancelled {
            booking,
            reason: fact(entry, "reason")?,
            refund: amount(entry, "refund")?,
        }),
        EventType::BookingCompleted => EventData::BookingCompleted(booking),
        EventType::PaymentCreated => EventData::PaymentCreated(PaymentCreated {
            booking,
            payment_intent_id: fact(entry, "paymentIntentId")?,
        }),
        EventType::PaymentAuthorized => EventData::PaymentAuthorized(booking),
        EventType::PaymentActionRequired => EventData::PaymentActionRequired(PaymentActionRequired {
            booking,
            expires_at: fact(entry, "expiresAt")?,
        }),
        EventType::PaymentCaptured => {
            EventData::PaymentCaptured(PaymentCaptured { booking, captured: amount(entry, "amount")? })
        }
        EventType::PaymentVoided => EventData::PaymentVoided(booking),
        EventType::PaymentRefunded => EventData::PaymentRefunded(refunded(booking, entry)?),
        EventType::PaymentRefundPending => EventData::PaymentRefundPending(refunded(booking, entry)?),
        EventType::PaymentRefundFailed => EventData::PaymentRefundFailed(refunded(booking, entry)?),
        EventType::PaymentDisputed => EventData::PaymentDisputed(booking),
        EventType::PaymentDisputeWon => EventData::PaymentDisputeWon(booking),
        EventType::PaymentChargedBack => EventData::PaymentChargedBack(booking),
        EventType::HoldPlaced
        | EventType::HoldExtended
        | EventType::HoldClaimed
        | EventType::HoldUnclaimed
        | EventType::HoldReleased
        | EventType::HoldExpired
        | EventType::HoldConfirmed
        | EventType::InventoryChanged
        | EventType::InventoryDatesSet
        | EventType::ResourceChanged
        | EventType::PromotionRedeemed
        | EventType::PromotionReturned
        | EventType::RateUpdated
        | EventType::RateApplied
        | EventType::ReconciliationDrift
        | EventType::ReconciliationReviewRequested => return Ok(None),
    }))
}

/// What an entry of a release before says: it has only what version 1 needs.
fn of_entry_without_facts(entry: &AuditEvent) -> Value {
    let mut data = json!({
        "bookingId": entry.booking.as_str(),
        "actor": entry.actor,
        "from": entry.from.as_str(),
        "to": entry.to.as_str(),
    });
    if let (Value::Object(data), Value::Object(facts)) = (&mut data, entry.data.clone()) {
        data.extend(facts);
    }
    data
}

/// The event of an entry of a booking's audit trail. `None` for a kind that is not published.
///
/// # Errors
/// [`EventError::Fact`].
pub fn of_audit(entry: &AuditEvent) -> Result<Option<Event>, EventError> {
    let Some(kind) = EventType::parse(&entry.kind) else { return Ok(None) };
    let content = match &entry.facts {
        Some(facts) => match booking_data(kind, entry, facts)? {
            Some(data) => Content::Newest(Box::new(data)),
            None => return Ok(None),
        },
        None => Content::Version1(kind, of_entry_without_facts(entry)),
    };
    Ok(Some(Event {
        id: entry.event_id(),
        subject: entry.booking.as_str().to_owned(),
        sequence: entry.sequence,
        at: entry.at,
        trace: entry.trace.clone(),
        content,
    }))
}

/// The event of a resource's new revision, written at `at`.
#[must_use]
pub fn of_resource(
    resource: &Resource,
    previous: Option<&Resource>,
    at: Timestamp,
    trace: Option<&str>,
) -> Event {
    Event {
        id: format!("{}/{}", resource.id, resource.revision),
        subject: resource.id.as_str().to_owned(),
        sequence: resource.revision,
        at,
        trace: trace.map(str::to_owned),
        content: Content::Newest(Box::new(EventData::ResourceChanged(ResourceChanged::new(
            resource, previous,
        )))),
    }
}

/// The event of what is set for the dates of a month, of whose facts `previous` is the revision before.
#[must_use]
pub fn of_facts(
    (resource, property): (&ResourceId, Option<&PropertyId>),
    month: Month,
    facts: &MonthFacts,
    previous: &MonthFacts,
    write: &Write,
) -> Event {
    Event {
        id: format!("{resource}/{month}/dates/{}", facts.revision),
        subject: resource.as_str().to_owned(),
        sequence: facts.revision,
        at: write.at,
        trace: write.trace.clone(),
        content: Content::Newest(Box::new(EventData::InventoryDatesSet(InventoryDatesSet::new(
            (resource, property),
            month,
            facts,
            previous,
        )))),
    }
}

/// The event of a use of a promotion that was counted or given back.
#[must_use]
pub fn of_promotion(count: &UseCount, trace: Option<&str>) -> Event {
    let uses = PromotionUses::new(count);
    let data = match count.event {
        UseEvent::Redeemed => EventData::PromotionRedeemed(uses),
        UseEvent::Returned => EventData::PromotionReturned(uses),
    };
    Event {
        id: format!("{}/promotions/{}/{}", count.resource, count.code, count.sequence),
        subject: count.resource.as_str().to_owned(),
        sequence: count.sequence,
        at: count.at,
        trace: trace.map(str::to_owned),
        content: Content::Newest(Box::new(data)),
    }
}
