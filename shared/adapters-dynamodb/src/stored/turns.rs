//! Turns of calls that begin a payment, as they are stored: when the next one is.

use std::collections::HashMap;

use holdfast_app::StoreError;
use jiff::Timestamp;

use crate::stored::version::{Version, WRITES};
use crate::table::item::{Item, Reader, millis, s};

/// Primary key of the one item.
pub(crate) fn turns_key() -> Item {
    HashMap::from([("pk".into(), s("Q#payments"))])
}

/// The item by which the next turn is at `next`.
#[must_use]
pub fn encode_turns(next: Timestamp) -> Item {
    let mut item = turns_key();
    item.insert("at".into(), millis(next));
    WRITES.note.mark(&mut item);
    item
}

/// When the next turn is.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_turns(item: &Item) -> Result<Timestamp, StoreError> {
    let reader = Reader::new(item);
    match Version::of(&reader)? {
        Version::V0 | Version::V1 => reader.instant("at"),
    }
}
