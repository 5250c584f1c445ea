//! Codes of promotions that somebody has tried within an hour, as they are stored.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_app::StoreError;
use holdfast_app::rates::TriedCodes;
use holdfast_domain::{Fingerprint, GuestMark};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::stored::attempts::GUEST_PK_PREFIX;
use crate::stored::version::{Version, WRITES};
use crate::table::item::{Item, Reader, kept_until, s};

/// How long after its last write an item is kept: longer than its hour lasts.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(2);

/// Primary key of what somebody has tried within the UTC hour of `at`. No guest's mark is `P`, so that IAM tells these items from the
/// others that are kept of guests.
pub(crate) fn tries_key(by: &GuestMark, at: Timestamp) -> Item {
    let at = at.to_zoned_datetime(TimeZone::UTC);
    let hour = format!("{}T{:02}", at.date(), at.hour());
    HashMap::from([("pk".into(), s(format!("{GUEST_PK_PREFIX}P#{by}#{hour}")))])
}

/// What each write of such an item sets, whatever it changes.
pub(crate) fn tries_frame(at: Timestamp) -> Item {
    let mut item = Item::from([kept_until(at, KEPT_FOR)]);
    WRITES.note.mark(&mut item);
    item
}

/// What somebody has tried, last at `at`.
#[must_use]
pub fn encode_tries(by: &GuestMark, at: Timestamp, tried: &TriedCodes) -> Item {
    let mut item = tries_key(by, at);
    item.extend(tries_frame(at));
    for (name, codes) in [("co", &tried.counted), ("ok", &tried.good)] {
        if !codes.is_empty() {
            item.insert(name.into(), AttributeValue::Ss(codes.iter().map(ToString::to_string).collect()));
        }
    }
    item
}

/// What somebody has tried.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_tries(item: &Item) -> Result<TriedCodes, StoreError> {
    let reader = Reader::new(item);
    match Version::of(&reader)? {
        Version::V0 | Version::V1 => {
            let codes = |name: &str| match item.get(name) {
                None => Ok(BTreeSet::new()),
                Some(AttributeValue::Ss(codes)) => codes
                    .iter()
                    .map(|code| Fingerprint::parse(code).map_err(|error| reader.corrupt(error.to_string())))
                    .collect(),
                Some(_) => Err(reader.corrupt(format!("no texts {name}"))),
            };
            Ok(TriedCodes { counted: codes("co")?, good: codes("ok")? })
        }
    }
}
