//! Events as they come from the bus, and what their receivers need of them. A receiver reads every version that is published,
//! whichever its rule selects: an older one is read as what the receiver needs of the newest. An event of an unknown version
//! is an error: its message goes to the dead-letter queue and can be delivered again when it is known.

use holdfast_app::notifications::NoticeKind;
use holdfast_domain::{BookingId, HoldId};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::catalogue::{EventType, Version};
use super::data::scalar::{Scalar, Text};
use super::envelope::{Envelope, SOURCE, SPEC_VERSION};

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

/// An event as a receiver has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// Its type.
    pub kind: EventType,
    /// Its version.
    pub version: Version,
    /// The event.
    pub event: Envelope,
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
pub fn from_bus(message: &Value) -> Result<Received, NotUnderstood> {
    let BusMessage { source, detail_type, detail } =
        BusMessage::deserialize(message).map_err(|error| NotUnderstood::Shape(error.to_string()))?;
    if source != SOURCE || detail.source != SOURCE || detail.specversion != SPEC_VERSION {
        return Err(NotUnderstood::Shape(format!("source {source}, specversion {}", detail.specversion)));
    }
    if detail_type != detail.kind {
        return Err(NotUnderstood::Shape(format!("{detail_type} around {}", detail.kind)));
    }
    let kind = EventType::parse(&detail.kind).ok_or_else(|| NotUnderstood::Type(detail.kind.clone()))?;
    let mut versions = kind.declaration().versions.iter().copied();
    match versions.find(|version| kind.data_schema(*version) == detail.dataschema) {
        Some(version) => Ok(Received { kind, version, event: detail }),
        None => Err(NotUnderstood::Version(detail.dataschema)),
    }
}

impl Received {
    /// A value that a receiver needs of the data. What receivers need so far has the same name in both versions; where it
    /// does not, the older one is made the newer one here.
    fn needed<T: Scalar>(&self, name: &str) -> Result<T, NotUnderstood> {
        let value = match self.version {
            Version::V1 | Version::V2 => self.event.data.get(name).unwrap_or(&Value::Null),
        };
        let read = Text::deserialize(value).map(|Text(value)| value);
        read.map_err(|error| NotUnderstood::Data(format!("{name} of {}: {error}", self.event.kind)))
    }
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
        /// When its page released it.
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
pub fn timer_event(received: &Received) -> Result<TimerEvent, NotUnderstood> {
    match received.kind {
        EventType::HoldPlaced | EventType::HoldExtended | EventType::HoldUnclaimed => Ok(TimerEvent::Hold {
            hold: received.needed("holdId")?,
            expires_at: received.needed("expiresAt")?,
        }),
        EventType::HoldReleased => {
            let at = Scalar::read(&received.event.time).map_err(NotUnderstood::Data)?;
            Ok(TimerEvent::Released { hold: received.needed("holdId")?, at })
        }
        EventType::BookingRequested => Ok(TimerEvent::Requested { booking: received.needed("bookingId")? }),
        EventType::BookingCancelled => Ok(TimerEvent::Cancelled { booking: received.needed("bookingId")? }),
        other => Err(NotUnderstood::Misdirected(other.as_str())),
    }
}

/// What the mail function acts on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingNotice {
    /// The booking.
    pub booking: BookingId,
    /// What to mail about.
    pub kind: NoticeKind,
    /// The event's id.
    pub cause: String,
}

/// What the mail function makes of an event.
///
/// # Errors
/// [`NotUnderstood`].
pub fn booking_notice(received: &Received) -> Result<BookingNotice, NotUnderstood> {
    let kind = match received.kind {
        EventType::BookingConfirmed => NoticeKind::Confirmed,
        EventType::BookingCancelled => NoticeKind::Cancelled,
        other => return Err(NotUnderstood::Misdirected(other.as_str())),
    };
    let booking = received.needed("bookingId")?;
    Ok(BookingNotice { booking, kind, cause: received.event.id.clone() })
}

/// The booking whose receipts are to be looked at because of an event: money moved, or its time has passed, when all that was missed is
/// made up for.
///
/// # Errors
/// [`NotUnderstood`].
pub fn receipts_due(received: &Received) -> Result<BookingId, NotUnderstood> {
    match received.kind {
        EventType::PaymentCaptured
        | EventType::PaymentRefunded
        | EventType::PaymentRefundPending
        | EventType::PaymentRefundFailed
        | EventType::BookingCompleted => received.needed("bookingId"),
        other => Err(NotUnderstood::Misdirected(other.as_str())),
    }
}

/// What the partner function passes on: the event itself, if it is about inventory, or about the resource whose capacity all
/// slots have for which nothing else is set.
///
/// # Errors
/// [`NotUnderstood`].
pub fn inventory(received: Received) -> Result<Envelope, NotUnderstood> {
    match received.kind {
        EventType::InventoryChanged | EventType::InventoryDatesSet | EventType::ResourceChanged => {
            Ok(received.event)
        }
        other => Err(NotUnderstood::Misdirected(other.as_str())),
    }
}
