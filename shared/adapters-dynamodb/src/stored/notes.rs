//! Small items: the callback of a booking's state machine, kept apart from the booking, and the notes that a mail was sent or a case was
//! parked for review.

use holdfast_app::StoreError;
use holdfast_domain::BookingId;
use jiff::{SignedDuration, Timestamp};

use crate::stored::records::booking_key;
use crate::stored::version::{Version, WRITES};
use crate::table::item::kept_until;
use crate::table::item::{Item, Reader, millis, s};

/// Sort key of the callback that resumes a booking's saga, as the release before wrote it.
const TASK_TOKEN_SK_BEFORE: &str = "T";
/// How long a callback is kept: a saga ends two days after it began (`statemachines/booking.asl.json`), and its callbacks with it. A
/// saga that is begun anew has a callback of its own.
pub(crate) const TASK_TOKEN_KEPT: SignedDuration = SignedDuration::from_hours(72);
/// The beginning of the sort key of the note that a mail was sent; the event that caused it follows.
const SENT_MAIL_SK_PREFIX: &str = "M#";
/// Sort key of the note that a case was parked for review.
const PARKED_SK: &str = "X";
/// The beginning of the case by which an operator says that a refund was paid in another way; its booking follows.
const PAID_OTHERWISE: &str = "paid_otherwise#";

/// Primary key of a booking's callback.
pub(crate) fn task_token_key(booking: &BookingId) -> Item {
    Item::from([("pk".into(), s(format!("T#{booking}")))])
}

/// Primary key of a booking's callback in the ledger, where the release before wrote it.
pub(crate) fn task_token_key_before(booking: &BookingId) -> Item {
    booking_key(booking, TASK_TOKEN_SK_BEFORE)
}

/// The callback that resumes a booking's state machine: Step Functions' task token, and when it was stored.
#[must_use]
pub fn encode_task_token(booking: &BookingId, token: &str, at: Timestamp) -> Item {
    let mut item = task_token_key(booking);
    item.extend([("tok".into(), s(token)), ("at".into(), millis(at)), kept_until(at, TASK_TOKEN_KEPT)]);
    WRITES.note.mark(&mut item);
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

/// Primary key of the note that a mail was sent.
pub(crate) fn sent_mail_key(booking: &BookingId, cause: &str) -> Item {
    booking_key(booking, &format!("{SENT_MAIL_SK_PREFIX}{cause}"))
}

/// The note that the mail about the event `cause` of a booking was sent at `at`.
#[must_use]
pub fn encode_sent_mail(booking: &BookingId, cause: &str, at: Timestamp) -> Item {
    encode_sent_mail_as(booking, cause, at, WRITES.note)
}

/// The note that a mail was sent, in a given version.
#[must_use]
pub fn encode_sent_mail_as(booking: &BookingId, cause: &str, at: Timestamp, version: Version) -> Item {
    let mut item = sent_mail_key(booking, cause);
    item.insert("at".into(), millis(at));
    version.mark(&mut item);
    item
}

/// When a mail was sent.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_sent_mail(item: &Item) -> Result<Timestamp, StoreError> {
    let reader = Reader::new(item);
    match Version::of(&reader)? {
        Version::V0 | Version::V1 => reader.instant("at"),
    }
}

/// Primary key of the note that what was due of a booking was paid in another way: operators keep it like a parked case.
pub(crate) fn paid_otherwise_key(booking: &BookingId) -> Item {
    parked_case_key(&format!("{PAID_OTHERWISE}{booking}"))
}

/// Whether an item is such a note.
pub(crate) fn is_paid_otherwise(item: &Item) -> bool {
    let pk = Reader::new(item).opt_text("pk");
    pk.and_then(|pk| pk.strip_prefix("X#")).is_some_and(|case| case.starts_with(PAID_OTHERWISE))
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
