//! Events on their way out: one fact, written once for each version that is published.

use holdfast_app::events::OutgoingEvent;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalogue::{EventData, EventType, Version};
use super::error::EventError;

/// The `source` of every event.
pub const SOURCE: &str = "holdfast";
pub(super) const SPEC_VERSION: &str = "1.0";
pub(super) const CONTENT_TYPE: &str = "application/json";
/// Digits of a sequence in version 2: those of the greatest number, so that texts compare as the numbers do.
pub(super) const SEQUENCE_DIGITS: usize = 20;

/// The number of an event among those of the same subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Sequence {
    /// As version 1 has it.
    Number(u64),
    /// As the CloudEvents extension `sequence` has it: a text whose order is the order of events. 20 digits.
    Text(String),
}

impl Sequence {
    fn new(number: u64, version: Version) -> Self {
        match version {
            Version::V1 => Self::Number(number),
            Version::V2 => Self::Text(format!("{number:0SEQUENCE_DIGITS$}")),
        }
    }
}

/// An event in one version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// `1.0`.
    pub specversion: String,
    /// The same when the event is published again, and in every version.
    pub id: String,
    /// `holdfast`.
    pub source: String,
    /// Such as `booking.confirmed`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it happened, RFC 3339.
    pub time: String,
    /// The id of the hold, booking or resource it is about.
    pub subject: String,
    /// Of `data`.
    pub datacontenttype: String,
    /// Names type and version of `data`.
    pub dataschema: String,
    /// Grows by one with each write of what it is about.
    pub sequence: Sequence,
    /// W3C trace context of the request that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The facts.
    pub data: Value,
}

impl Envelope {
    /// The event as the bus takes it.
    ///
    /// # Errors
    /// [`EventError::Unwritable`].
    pub fn outgoing(&self, at: Timestamp) -> Result<OutgoingEvent, EventError> {
        let body = serde_json::to_string(self).map_err(|source| self.unwritable(source))?;
        Ok(OutgoingEvent { kind: self.kind.clone(), at, body })
    }

    fn unwritable(&self, source: serde_json::Error) -> EventError {
        EventError::Unwritable { event: self.id.clone(), source }
    }
}

/// What an event says.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Data of the newest version, from which those before it are made.
    Newest(Box<EventData>),
    /// Data of version 1 alone: made of what a release before wrote, which does not say what version 2 does.
    Version1(EventType, Value),
}

impl Content {
    fn kind(&self) -> EventType {
        match self {
            Self::Newest(data) => data.kind(),
            Self::Version1(kind, _) => *kind,
        }
    }

    fn write(&self, version: Version) -> Option<serde_json::Result<Value>> {
        match (self, version) {
            (Self::Newest(data), version) => data.write(version),
            (Self::Version1(_, data), Version::V1) => Some(Ok(data.clone())),
            (Self::Version1(..), Version::V2) => None,
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The same when it is published again.
    pub id: String,
    /// The id of the hold, booking or resource it is about.
    pub subject: String,
    /// The number of its write.
    pub sequence: u64,
    /// When it happened.
    pub at: Timestamp,
    /// W3C trace context of the request that caused it.
    pub trace: Option<String>,
    /// What it says.
    pub content: Content,
}

impl Event {
    /// Its type.
    #[must_use]
    pub fn kind(&self) -> EventType {
        self.content.kind()
    }

    /// The event in each version that is published, the oldest first.
    ///
    /// # Errors
    /// [`EventError::Unwritable`].
    pub fn envelopes(&self) -> Result<Vec<Envelope>, EventError> {
        let kind = self.kind();
        let versions = kind.declaration().versions.iter();
        versions.filter_map(|version| self.envelope(kind, *version).transpose()).collect()
    }

    fn envelope(&self, kind: EventType, version: Version) -> Result<Option<Envelope>, EventError> {
        let Some(data) = self.content.write(version) else { return Ok(None) };
        let data = data.map_err(|source| EventError::Unwritable { event: self.id.clone(), source })?;
        Ok(Some(Envelope {
            specversion: SPEC_VERSION.to_owned(),
            id: self.id.clone(),
            source: SOURCE.to_owned(),
            kind: kind.as_str().to_owned(),
            time: match version {
                Version::V1 => self.at.to_string(),
                Version::V2 => format!("{:.3}", self.at),
            },
            subject: self.subject.clone(),
            datacontenttype: CONTENT_TYPE.to_owned(),
            dataschema: kind.data_schema(version),
            sequence: Sequence::new(self.sequence, version),
            traceparent: self.trace.clone(),
            data,
        }))
    }

    /// The event as the bus takes it, once for each version.
    ///
    /// # Errors
    /// [`EventError::Unwritable`].
    pub fn outgoing(&self) -> Result<Vec<OutgoingEvent>, EventError> {
        self.envelopes()?.iter().map(|envelope| envelope.outgoing(self.at)).collect()
    }
}
