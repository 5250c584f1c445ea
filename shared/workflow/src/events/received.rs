//! Events as they come from the bus, and what their receivers need of them. A receiver reads every version that is published,
//! whichever its rule selects: an older one is read as what the receiver needs of the newest. An event of an unknown version
//! is an error: its message goes to the dead-letter queue and can be delivered again when it is known.

use holdfast_domain::{BookingId, HoldId};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use thiserror::Error;

use super::catalogue::{EventType, Version};
use super::data::scalar::{BookingName, HoldName, Instant};
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

/// A hold that will expire.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExpiringHold {
    hold_id: HoldName,
    expires_at: Instant,
}

/// A hold.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NamedHold {
    hold_id: HoldName,
}

/// A booking.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NamedBooking {
    booking_id: BookingName,
}

impl Received {
    /// What a receiver needs of the data. What receivers need so far has the same names in both versions; where it does
    /// not, the older one is made the newer one here.
    fn needed<T: DeserializeOwned>(&self) -> Result<T, NotUnderstood> {
        let data = match self.version {
            Version::V1 | Version::V2 => &self.event.data,
        };
        T::deserialize(data).map_err(|error| NotUnderstood::Data(format!("{}: {error}", self.event.kind)))
    }

    fn time(&self) -> Result<Timestamp, NotUnderstood> {
        self.event.time.parse().map_err(|error: jiff::Error| NotUnderstood::Data(error.to_string()))
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
        EventType::HoldPlaced | EventType::HoldExtended | EventType::HoldUnclaimed => {
            let ExpiringHold { hold_id, expires_at } = received.needed()?;
            Ok(TimerEvent::Hold { hold: hold_id.0, expires_at: expires_at.0 })
        }
        EventType::HoldReleased => {
            let NamedHold { hold_id } = received.needed()?;
            Ok(TimerEvent::Released { hold: hold_id.0, at: received.time()? })
        }
        EventType::BookingRequested => {
            let NamedBooking { booking_id } = received.needed()?;
            Ok(TimerEvent::Requested { booking: booking_id.0 })
        }
        EventType::BookingCancelled => {
            let NamedBooking { booking_id } = received.needed()?;
            Ok(TimerEvent::Cancelled { booking: booking_id.0 })
        }
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
pub fn booking_occasion(received: &Received) -> Result<BookingOccasion, NotUnderstood> {
    let confirmed = match received.kind {
        EventType::BookingConfirmed => true,
        EventType::BookingCancelled => false,
        other => return Err(NotUnderstood::Misdirected(other.as_str())),
    };
    let NamedBooking { booking_id } = received.needed()?;
    Ok(BookingOccasion { booking: booking_id.0, confirmed, cause: received.event.id.clone() })
}

/// What the partner function passes on: the event itself, if it is about inventory.
///
/// # Errors
/// [`NotUnderstood`].
pub fn inventory(received: Received) -> Result<Envelope, NotUnderstood> {
    if received.kind == EventType::InventoryChanged {
        Ok(received.event)
    } else {
        Err(NotUnderstood::Misdirected(received.kind.as_str()))
    }
}
