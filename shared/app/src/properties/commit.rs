//! What is written of a property at once: its terms, with the entry of its trail.

use holdfast_domain::properties::{Address, AddressLine, HouseRules, PostalCode, PropertyContact, Website};
use holdfast_domain::rates::charge::{Band, BandLevy, Charge, ChargeKind, Due, Levy, Per};
use holdfast_domain::rates::ids::TaxCategory;
use holdfast_domain::rates::percentage::Percentage;
use holdfast_domain::{Property, PropertyTerms, TrailSubject};
use serde_json::{Map, Number, Value, json};

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
    let PropertyTerms { kind, name, address, position, time_zone, currency, contact, house_rules, taxes } =
        terms;
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
        ("taxes".to_owned(), json!(taxes.iter().map(of_charge).collect::<Vec<_>>())),
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

/// A tax or a fee, with the fields by which a request says it, and no others.
fn of_charge(charge: &Charge) -> Value {
    let Charge {
        id,
        name,
        kind,
        included,
        levy,
        on,
        valid,
        exempt_to_age,
        slots_max,
        before_discounts,
        refundable,
        due,
    } = charge;
    let (kind, category) = match kind {
        ChargeKind::Tax => ("tax", None),
        ChargeKind::Fee { category } => ("fee", Some(category.as_str())),
    };
    let levied = match levy {
        Levy::Percent(percentage) => vec![("percent", percent(*percentage))],
        Levy::Amount { amount, per } => {
            vec![("amount", json!(amount.amount())), ("per", json!(of_per(*per)))]
        }
        Levy::Bands(bands) => vec![("bands", bands.iter().map(of_band).collect())],
    };
    let on: Vec<&str> = on.iter().map(TaxCategory::as_str).collect();
    let due = match due {
        Due::Now => "now",
        Due::AtProperty => "at_property",
    };
    let always = [
        ("chargeId", json!(id.as_str())),
        ("name", json!(name.as_str())),
        ("kind", json!(kind)),
        ("refundable", json!(refundable)),
        ("due", json!(due)),
    ];
    let sometimes = [
        ("category", category.map(|category| json!(category))),
        ("included", included.then(|| json!(true))),
        ("on", (!on.is_empty()).then(|| json!(on))),
        ("from", valid.from.map(|date| json!(date.to_string()))),
        ("until", valid.until.map(|date| json!(date.to_string()))),
        ("exemptToAge", exempt_to_age.map(|age| json!(age))),
        ("slotsMax", slots_max.map(|slots| json!(slots))),
        ("beforeDiscounts", before_discounts.then(|| json!(true))),
    ];
    let sometimes = sometimes.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)));
    let fields = always.into_iter().chain(levied).chain(sometimes);
    Value::Object(fields.map(|(name, value)| (name.to_owned(), value)).collect())
}

fn of_band(band: &Band) -> Value {
    let levy = match band.levy {
        BandLevy::Amount(amount) => ("amount", json!(amount.amount())),
        BandLevy::Percent(percentage) => ("percent", percent(percentage)),
    };
    Value::Object(
        [("from", json!(band.from.amount())), levy]
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect(),
    )
}

/// The number as it is written.
fn percent(percentage: Percentage) -> Value {
    percentage.to_string().parse::<Number>().map_or(Value::Null, Value::Number)
}

fn of_per(per: Per) -> &'static str {
    match per {
        Per::Stay => "stay",
        Per::Slot => "slot",
        Per::Unit => "unit",
        Per::UnitSlot => "unit_slot",
        Per::Guest => "guest",
        Per::GuestSlot => "guest_slot",
    }
}
