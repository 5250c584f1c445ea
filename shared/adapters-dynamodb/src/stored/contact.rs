//! How the guest of a booking is reached, as it is stored: the one item with personal data.

use std::fmt::Display;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_app::StoreError;
use holdfast_app::bookings::CONTACT_KEPT;
use holdfast_domain::BookingId;
use holdfast_domain::bookings::{Contact, ContactName, EmailAddress, LanguageTag, PhoneNumber};
use jiff::Timestamp;

use crate::stored::version::{Version, WRITES};
use crate::table::item::kept_until;
use crate::table::item::{Item, Reader, s};

/// Primary key of how a booking's guest is reached.
pub(crate) fn contact_key(booking: &BookingId) -> Item {
    Item::from([("pk".into(), s(format!("C#{booking}")))])
}

/// How the guest of a booking is reached whose stay ends at `end`.
#[must_use]
pub fn encode_contact(booking: &BookingId, contact: &Contact, end: Timestamp) -> Item {
    let mut item = contact_key(booking);
    item.extend([kept_until(end, CONTACT_KEPT)]);
    let parts = [
        ("name", contact.name.as_ref().map(ContactName::as_str)),
        ("email", contact.email.as_ref().map(EmailAddress::as_str)),
        ("phone", contact.phone.as_ref().map(PhoneNumber::as_str)),
        ("lang", contact.language.as_ref().map(LanguageTag::as_str)),
    ];
    item.extend(parts.into_iter().filter_map(|(name, part)| Some((name.to_owned(), s(part?)))));
    if contact.by_operator {
        item.insert("op".to_owned(), AttributeValue::Bool(true));
    }
    WRITES.note.mark(&mut item);
    item
}

/// How a booking's guest is reached.
///
/// # Errors
/// [`StoreError::Corrupt`] when the item cannot be read as that.
pub fn decode_contact(item: &Item) -> Result<Contact, StoreError> {
    let reader = Reader::new(item);
    match Version::of(&reader)? {
        Version::V0 | Version::V1 => Ok(Contact {
            name: part(&reader, "name", ContactName::parse)?,
            email: part(&reader, "email", EmailAddress::parse)?,
            phone: part(&reader, "phone", PhoneNumber::parse)?,
            language: part(&reader, "lang", LanguageTag::parse)?,
            by_operator: reader.flag("op")?,
        }),
    }
}

fn part<T, E: Display>(
    reader: &Reader<'_>,
    name: &str,
    parse: fn(&str) -> Result<T, E>,
) -> Result<Option<T>, StoreError> {
    reader.optional(name, |reader, name| reader.parsed(name, parse))
}
