//! Mails that a guest has caused on a day, as they are stored.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_app::StoreError;
use holdfast_domain::GuestMark;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::stored::attempts::GUEST_PK_PREFIX;
use crate::stored::version::{Version, WRITES};
use crate::table::item::{Item, Reader, kept_until, s};

/// How long after its last mail an item is kept: longer than its day lasts.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(2 * 24);

/// The UTC day of an instant.
fn day_of(at: Timestamp) -> Date {
    at.to_zoned_datetime(TimeZone::UTC).date()
}

/// Primary key of the mails that a guest has caused on the UTC day of `at`.
pub(crate) fn guest_mails_key(guest: &GuestMark, at: Timestamp) -> Item {
    HashMap::from([("pk".into(), s(format!("{GUEST_PK_PREFIX}{guest}#M#{}", day_of(at))))])
}

/// The mails of these events, which a guest has caused on the UTC day of `at`.
#[must_use]
pub fn encode_guest_mails(guest: &GuestMark, at: Timestamp, causes: &BTreeSet<String>) -> Item {
    let mut item = guest_mails_key(guest, at);
    item.extend([
        ("ev".into(), AttributeValue::Ss(causes.iter().cloned().collect())),
        kept_until(at, KEPT_FOR),
    ]);
    WRITES.note.mark(&mut item);
    item
}

/// The events of the mails.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_guest_mails(item: &Item) -> Result<BTreeSet<String>, StoreError> {
    let reader = Reader::new(item);
    match Version::of(&reader)? {
        Version::V0 | Version::V1 => match item.get("ev") {
            Some(AttributeValue::Ss(causes)) => Ok(causes.iter().cloned().collect()),
            _ => Err(reader.corrupt("no texts ev")),
        },
    }
}
