//! Reading what is said of properties.

use holdfast_domain::bookings::{EmailAddress, PhoneNumber};
use holdfast_domain::catalogue::Label;
use holdfast_domain::properties::{
    ADDRESS_LINES_MAX, Address, AddressLine, Country, HouseRules, InvalidPosition, Position, PostalCode,
    PropertyContact, Website,
};
use holdfast_domain::{Currency, PropertyTerms};
use holdfast_http::Refusal;
use holdfast_http::read::body::{Object, kind};
use holdfast_http::read::errors::Errors;
use holdfast_http::read::fields::{parsed, phone_text, text};
use serde_json::Value;

use crate::catalogue::terms::zone;
use crate::properties::wire::PropertyTermsBody;
use crate::rates::read::taxes;

impl PropertyTermsBody {
    /// Reads the body of `PUT /api/properties/{propertyId}`.
    ///
    /// # Errors
    /// 422 naming every field that is wrong. What taxes say of each other, and can be charged, is the use case's to check.
    pub fn read(body: &Value) -> Result<PropertyTerms, Refusal> {
        let errors = Errors::default();
        let terms = Object::new(body, "", &errors).and_then(|mut fields| {
            let kind = fields.required("propertyType", parsed(Label::parse));
            let name = fields.required("name", parsed(Label::parse));
            let address = fields.object("address").and_then(|fields| address(fields, &errors));
            let at = fields.at("position");
            let position = fields.value("position").and_then(|value| Object::new(value, at, &errors));
            let position = position.and_then(|fields| self::position(fields, &errors));
            let time_zone = fields.required("timeZone", parsed(zone));
            let currency = fields.required("currency", parsed(Currency::parse));
            let at = fields.at("contact");
            let contact = fields.value("contact").and_then(|value| Object::new(value, at, &errors));
            let house_rules = fields.optional("houseRules", parsed(HouseRules::parse));
            let contact = contact.map(self::contact).unwrap_or_default();
            // Amounts are looked at whatever the currency is, so that all that is wrong is named.
            let of_taxes = currency.or_else(|| Currency::all().next());
            let taxes = of_taxes.and_then(|currency| taxes(&mut fields, currency, &errors));
            fields.close();
            let terms = PropertyTerms {
                kind: kind?,
                name: name?,
                address: address?,
                position,
                time_zone: time_zone?,
                currency: currency?,
                contact,
                house_rules,
                taxes: taxes?,
            };
            terms.checked().map_err(|error| errors.push("/timeZone", error.to_string())).ok()
        });
        errors.finish(terms)
    }
}

fn address(mut fields: Object<'_>, errors: &Errors) -> Option<Address> {
    let at = fields.at("lines");
    let lines = fields.items("lines", ADDRESS_LINES_MAX).and_then(|items| {
        let mut lines = Vec::with_capacity(items.len());
        for (at, value) in &items {
            match text(value).and_then(|text| AddressLine::parse(text).map_err(|error| error.to_string())) {
                Ok(line) => lines.push(line),
                Err(detail) => errors.push(at.as_str(), detail),
            }
        }
        (lines.len() == items.len()).then_some(lines)
    });
    let city = fields.required("city", parsed(AddressLine::parse));
    let region = fields.optional("region", parsed(AddressLine::parse));
    let postal_code = fields.optional("postalCode", parsed(PostalCode::parse));
    let country = fields.required("country", parsed(Country::parse));
    fields.close();
    Address::new(lines?, city?, region, postal_code, country?)
        .map_err(|error| errors.push(at, error.to_string()))
        .ok()
}

fn position(mut fields: Object<'_>, errors: &Errors) -> Option<Position> {
    let latitude = fields.required("latitude", number);
    let longitude = fields.required("longitude", number);
    let (at_latitude, at_longitude) = (fields.at("latitude"), fields.at("longitude"));
    fields.close();
    // Each is judged by itself, so that both are named if both are wrong.
    for (position, at) in [
        (Position::new(latitude.unwrap_or(0.0), 0.0), at_latitude),
        (Position::new(0.0, longitude.unwrap_or(0.0)), at_longitude),
    ] {
        if let Err(error @ (InvalidPosition::Latitude | InvalidPosition::Longitude)) = position {
            errors.push(at, error.to_string());
        }
    }
    Position::new(latitude?, longitude?).ok()
}

/// A number that JSON can say and a double cannot is beyond every bound.
fn number(value: &Value) -> Result<f64, String> {
    match value {
        Value::Number(number) => Ok(number.as_f64().unwrap_or(f64::INFINITY)),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            Err(format!("must be a number, not {}", kind(value)))
        }
    }
}

fn contact(mut fields: Object<'_>) -> PropertyContact {
    let contact = PropertyContact {
        email: fields.optional("email", parsed(EmailAddress::parse)),
        phone: fields.optional("phone", |value| {
            PhoneNumber::parse(phone_text(value)?).map_err(|error| error.to_string())
        }),
        website: fields.optional("website", parsed(Website::parse)),
    };
    fields.close();
    contact
}
