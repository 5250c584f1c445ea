//! Events as they come from the bus, and what their receivers need of them. An event of an unknown version is an error:
//! its message goes to the dead-letter queue and can be delivered again when it is known.

use holdfast_domain::{BookingId, HoldId};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::{Envelope, EventType, SOURCE, SPEC_VERSION};

/// Why an event cannot be acted on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotUnderstood {
    /// Not the bus's envelope, or not ours inside.
    #[error("not an event of the bus: {0}")]
    Shape(String),
    /// A type nobody here knows.
    #[error("the event type {0} is not known")]
    Type(String),
    /// A version nobody here knows.
    #[error("the schema {0} is not known")]
    Version(String),
    /// A type that this receiver has no use for: the rule on the bus is wrong.
    #[error("{0} is not for this receiver")]
    Misdirected(&'static str),
    /// The facts are not as the schema says.
    #[error("{0}")]
    Data(String),
}

#[derive(Deserialize)]
struct BusMessage {
    source: String,
    #[serde(rename = "detail-type")]
    detail_type: String,
    detail: Envelope,
}

/// Reads what EventBridge puts into a queue.
///
/// # Errors
/// [`NotUnderstood`].
pub fn from_bus(message: &Value) -> Result<(EventType, Envelope), NotUnderstood> {
    let BusMessage { source, detail_type, detail } =
        BusMessage::deserialize(message).map_err(|error| NotUnderstood::Shape(error.to_string()))?;
    if source != SOURCE || detail.source != SOURCE || detail.specversion != SPEC_VERSION {
        return Err(NotUnderstood::Shape(format!("source {source}, specversion {}", detail.specversion)));
    }
    if detail_type != detail.kind {
        return Err(NotUnderstood::Shape(format!("{detail_type} around {}", detail.kind)));
    }
    let kind = EventType::parse(&detail.kind).ok_or_else(|| NotUnderstood::Type(detail.kind.clone()))?;
    if detail.dataschema != kind.data_schema() {
        return Err(NotUnderstood::Version(detail.dataschema));
    }
    Ok((kind, detail))
}

fn text<'a>(event: &'a Envelope, name: &str) -> Result<&'a str, NotUnderstood> {
    event
        .data
        .get(name)
        .and_then(Value::as_str)
        .ok_or_else(|| NotUnderstood::Data(format!("{} without {name}", event.kind)))
}

fn booking(event: &Envelope) -> Result<BookingId, NotUnderstood> {
    BookingId::parse(text(event, "bookingId")?).map_err(|error| NotUnderstood::Data(error.to_string()))
}

fn hold(event: &Envelope) -> Result<HoldId, NotUnderstood> {
    HoldId::parse(text(event, "holdId")?).map_err(|error| NotUnderstood::Data(error.to_string()))
}

/// What the expiry function acts on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimerEvent {
    /// Look at a hold when it expires.
    Hold {
        /// The hold.
        hold: HoldId,
        /// When it expires.
        expires_at: Timestamp,
    },
    /// Make sure that a hold's record says that it was released.
    Released {
        /// The hold.
        hold: HoldId,
        /// When its page gave it up.
        at: Timestamp,
    },
    /// Make sure that a booking's saga runs.
    Requested {
        /// The booking.
        booking: BookingId,
    },
    /// Make sure that a booking's money is settled.
    Cancelled {
        /// The booking.
        booking: BookingId,
    },
}

/// What the expiry function makes of an event.
///
/// # Errors
/// [`NotUnderstood`].
pub fn timer_event(kind: EventType, event: &Envelope) -> Result<TimerEvent, NotUnderstood> {
    let data = |error: &dyn std::fmt::Display| NotUnderstood::Data(error.to_string());
    match kind {
        EventType::HoldPlaced | EventType::HoldExtended | EventType::HoldUnclaimed => {
            let expires_at = text(event, "expiresAt")?.parse().map_err(|error: jiff::Error| data(&error))?;
            Ok(TimerEvent::Hold { hold: hold(event)?, expires_at })
        }
        EventType::HoldReleased => {
            let at = event.time.parse().map_err(|error: jiff::Error| data(&error))?;
            Ok(TimerEvent::Released { hold: hold(event)?, at })
        }
        EventType::BookingRequested => Ok(TimerEvent::Requested { booking: booking(event)? }),
        EventType::BookingCancelled => Ok(TimerEvent::Cancelled { booking: booking(event)? }),
        other => Err(NotUnderstood::Misdirected(other.as_str())),
    }
}

/// What the mail function acts on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingOccasion {
    /// The booking.
    pub booking: BookingId,
    /// Whether it was confirmed; cancelled otherwise.
    pub confirmed: bool,
    /// The event's id.
    pub cause: String,
}

/// What the mail function makes of an event.
///
/// # Errors
/// [`NotUnderstood`].
pub fn booking_occasion(kind: EventType, event: &Envelope) -> Result<BookingOccasion, NotUnderstood> {
    let confirmed = match kind {
        EventType::BookingConfirmed => true,
        EventType::BookingCancelled => false,
        other => return Err(NotUnderstood::Misdirected(other.as_str())),
    };
    Ok(BookingOccasion { booking: booking(event)?, confirmed, cause: event.id.clone() })
}

/// What the partner function passes on: the event itself, if it is about inventory.
///
/// # Errors
/// [`NotUnderstood`].
pub fn inventory(kind: EventType, event: Envelope) -> Result<Envelope, NotUnderstood> {
    if kind == EventType::InventoryChanged {
        Ok(event)
    } else {
        Err(NotUnderstood::Misdirected(kind.as_str()))
    }
}
