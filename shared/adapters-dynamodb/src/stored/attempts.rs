//! Attempts of guests to pay, as they are stored.

use holdfast_app::StoreError;
use holdfast_app::payments::StoredAttempts;
use holdfast_domain::payments::{ATTEMPTS_COUNT_FOR, PaymentAttempts};
use holdfast_domain::{BookingId, GuestMark};
use jiff::Timestamp;

use crate::stored::version::{Version, WRITES};
use crate::table::item::{Item, Reader, m, millis, n, s};

/// Keys of what is kept of a guest begin with it: attempts, mails of a day, and, after `P#`, codes that were tried. The guest follows.
pub(crate) const GUEST_PK_PREFIX: &str = "G#";

/// Primary key of a guest's attempts.
pub(crate) fn attempts_key(guest: &GuestMark) -> Item {
    Item::from([("pk".into(), s(format!("{GUEST_PK_PREFIX}{guest}")))])
}

/// Whether an item of the table of hold records is kept of a guest, and not of a hold.
pub(crate) fn is_of_guest(item: &Item) -> bool {
    Reader::new(item).opt_text("pk").is_some_and(|pk| pk.starts_with(GUEST_PK_PREFIX))
}

/// A guest's attempts. DynamoDB may delete them once none counts.
#[must_use]
pub fn encode_attempts(guest: &GuestMark, stored: &StoredAttempts) -> Item {
    let attempts = stored.attempts.iter().map(|(booking, at)| (booking.to_string(), millis(at)));
    let last = stored.attempts.iter().map(|(_, at)| at).max().unwrap_or(Timestamp::UNIX_EPOCH);
    let ends = last.checked_add(ATTEMPTS_COUNT_FOR).unwrap_or(last);
    let mut item = attempts_key(guest);
    item.extend([
        ("rev".into(), n(stored.revision)),
        ("tr".into(), m(attempts.collect())),
        ("ttl".into(), n(ends.as_second())),
    ]);
    WRITES.note.mark(&mut item);
    item
}

/// A guest's attempts.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode_attempts(item: &Item) -> Result<StoredAttempts, StoreError> {
    let reader = Reader::new(item);
    match Version::of(&reader)? {
        Version::V0 | Version::V1 => {}
    }
    let stored = reader.map("tr")?;
    let inner = reader.inner(stored);
    let attempts = stored.keys().map(|booking| {
        let id = BookingId::parse(booking).map_err(|error| reader.corrupt(error.to_string()))?;
        Ok((id, inner.instant(booking)?))
    });
    let attempts = PaymentAttempts::new(attempts.collect::<Result<_, StoreError>>()?);
    Ok(StoredAttempts { attempts, revision: reader.number("rev")? })
}
