//! Small items: the callback of a booking's state machine, and the note that a case was parked for review.

use holdfast_app::StoreError;
use holdfast_domain::BookingId;
use jiff::Timestamp;

use crate::stored::records::booking_key;
use crate::stored::version::{Version, WRITES};
use crate::table::item::{Item, Reader, millis, s};

/// Sort key of the callback that resumes a booking's saga.
const TASK_TOKEN_SK: &str = "T";
/// Sort key of the note that a case was parked for review.
const PARKED_SK: &str = "X";

/// Primary key of a booking's callback.
pub(crate) fn task_token_key(booking: &BookingId) -> Item {
    booking_key(booking, TASK_TOKEN_SK)
}

/// The callback that resumes a booking's state machine: Step Functions' task token, and when it was stored.
#[must_use]
pub fn encode_task_token(booking: &BookingId, token: &str, at: Timestamp) -> Item {
    encode_task_token_as(booking, token, at, WRITES.note)
}

/// The callback that resumes a booking's state machine, in a given version.
#[must_use]
pub fn encode_task_token_as(booking: &BookingId, token: &str, at: Timestamp, version: Version) -> Item {
    let mut item = task_token_key(booking);
    item.extend([("tok".into(), s(token)), ("at".into(), millis(at))]);
    version.mark(&mut item);
    item
}

/// The task token of a callback.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_task_token(item: &Item) -> Result<String, StoreError> {
    let reader = Reader::new(item);
    match Version::of(&reader)? {
        Version::V0 | Version::V1 => reader.text("tok").map(ToOwned::to_owned),
    }
}

/// Primary key of a parked case.
pub(crate) fn parked_case_key(case: &str) -> Item {
    Item::from([("pk".into(), s(format!("X#{case}"))), ("sk".into(), s(PARKED_SK))])
}

/// The note that a case was parked for review at `at`.
#[must_use]
pub fn encode_parked_case(case: &str, at: Timestamp) -> Item {
    encode_parked_case_as(case, at, WRITES.note)
}

/// The note that a case was parked for review at `at`, in a given version.
#[must_use]
pub fn encode_parked_case_as(case: &str, at: Timestamp, version: Version) -> Item {
    let mut item = parked_case_key(case);
    item.insert("at".into(), millis(at));
    version.mark(&mut item);
    item
}

/// When a case was parked last.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_parked_case(item: &Item) -> Result<Timestamp, StoreError> {
    let reader = Reader::new(item);
    match Version::of(&reader)? {
        Version::V0 | Version::V1 => reader.instant("at"),
    }
}
