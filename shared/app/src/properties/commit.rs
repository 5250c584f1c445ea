//! What is written of a property at once: its terms, with the entry of its trail.

use holdfast_domain::properties::{Address, AddressLine, HouseRules, PostalCode, PropertyContact, Website};
use holdfast_domain::{Property, PropertyTerms, TrailSubject};
use serde_json::{Map, Value, json};

use crate::catalogue::trail::ResourceEvent;
use crate::events::record::Write;
use crate::kernel::mutation::Mutation;

/// A write of a property.
#[derive(Debug, Clone, PartialEq)]
pub struct PropertyCommit {
    /// The revision that is replaced; none if it is new.
    pub previous: Option<u64>,
    /// The property as it is then.
    pub next: Property,
    /// Its entry in the trail.
    pub entry: ResourceEvent,
    /// The write.
    pub write: Write,
}

impl PropertyCommit {
    /// `next` takes the place of `previous`, and this is entered into its trail.
    #[must_use]
    pub fn new(previous: Option<&Property>, next: &Property, mutation: &Mutation) -> Self {
        let (before, head) =
            previous.map_or_else(Default::default, |was| (fields(&was.terms), was.trail.clone()));
        let kind = if previous.is_some() { "property.replaced" } else { "property.created" };
        let change = differing(before, fields(&next.terms));
        let entry =
            ResourceEvent::sealed(TrailSubject::Property(next.id.clone()), &head, kind, change, mutation);
        Self {
            previous: previous.map(|previous| previous.revision),
            next: Property { trail: entry.head(), ..next.clone() },
            entry,
            write: Write::of(mutation),
        }
    }
}

/// The fields that differ, before and after; null in one where the other has none.
fn differing(mut before: Map<String, Value>, mut after: Map<String, Value>) -> (Value, Value) {
    let same: Vec<String> = after
        .iter()
        .filter(|(name, value)| before.get(*name) == Some(value))
        .map(|(name, _)| name.clone())
        .collect();
    for name in same {
        before.remove(&name);
        after.remove(&name);
    }
    (Value::Object(before), Value::Object(after))
}

/// Every term, under the name that the API gives it.
fn fields(terms: &PropertyTerms) -> Map<String, Value> {
    let PropertyTerms { kind, name, address, position, time_zone, currency, contact, house_rules } = terms;
    let position = position.map(|at| json!({ "latitude": at.latitude(), "longitude": at.longitude() }));
    Map::from_iter([
        ("propertyType".to_owned(), json!(kind.as_str())),
        ("name".to_owned(), json!(name.as_str())),
        ("address".to_owned(), of_address(address)),
        ("position".to_owned(), json!(position)),
        ("timeZone".to_owned(), json!(time_zone.iana_name())),
        ("currency".to_owned(), json!(currency.code())),
        ("contact".to_owned(), of_contact(contact)),
        ("houseRules".to_owned(), json!(house_rules.as_ref().map(HouseRules::as_str))),
    ])
}

fn of_address(address: &Address) -> Value {
    json!({
        "lines": address.lines().iter().map(AddressLine::as_str).collect::<Vec<_>>(),
        "city": address.city().as_str(),
        "region": address.region().map(AddressLine::as_str),
        "postalCode": address.postal_code().map(PostalCode::as_str),
        "country": address.country().code(),
    })
}

/// How the public reaches the house: no guest's data.
fn of_contact(contact: &PropertyContact) -> Value {
    json!({
        "email": contact.email.as_ref().map(holdfast_domain::bookings::EmailAddress::as_str),
        "phone": contact.phone.as_ref().map(holdfast_domain::bookings::PhoneNumber::as_str),
        "website": contact.website.as_ref().map(Website::as_str),
    })
}
