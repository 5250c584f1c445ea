//! What requests choose of rates: the fields that holds and quotes have alike.

use std::collections::BTreeSet;

use holdfast_app::rates::{QUOTE_ID_LENGTH_MAX, RateChoice};
use holdfast_domain::rates::card::EXTRAS_MAX;
use holdfast_domain::rates::extra::{EXTRA_QUANTITY_MAX, ExtraChoice};
use holdfast_domain::rates::ids::{Channel, ExtraId, PlanId, UnitTypeId};
use holdfast_domain::rates::occupancy::{CHILD_AGE_MAX, GUESTS_PER_UNIT_MAX, Guests, Unit};
use holdfast_domain::rates::promotion::PromotionCode;
use holdfast_domain::rates::snapshot::UNITS_NAMED_MAX;
use holdfast_http::read::body::{Object, kind};
use holdfast_http::read::errors::Errors;
use holdfast_http::read::fields::{parsed, shaped_text, unsigned};
use serde_json::Value;

/// How the document of a quote begins, and how long the seal after its point is, in characters.
const QUOTE_BEGINS: &str = "eyJ";
const QUOTE_SEAL_LENGTH: usize = 43;

/// Reads what is chosen.
pub(crate) fn choice(fields: &mut Object<'_>, errors: &Errors) -> RateChoice {
    RateChoice {
        plan: fields.optional("ratePlanId", parsed(PlanId::parse)),
        units: items(fields, "units", UNITS_NAMED_MAX, |at, value| unit(at, value, errors)),
        extras: extras(fields, errors),
        promotion: fields.optional("promotionCode", parsed(PromotionCode::parse)),
        channel: fields.optional("channel", parsed(Channel::parse)),
        price_override: None,
    }
}

/// The items of a list that may be left out, those that can be read.
fn items<T>(
    fields: &mut Object<'_>,
    name: &'static str,
    most: usize,
    read: impl Fn(String, &Value) -> Option<T>,
) -> Vec<T> {
    let items = fields.value(name).and_then(|_| fields.items(name, most)).unwrap_or_default();
    items.into_iter().filter_map(|(at, value)| read(at, value)).collect()
}

fn unit(at: String, value: &Value, errors: &Errors) -> Option<Unit> {
    let mut fields = Object::new(value, at, errors)?;
    let unit_type = fields.optional("unitType", parsed(UnitTypeId::parse));
    let adults = fields.optional("adults", unsigned(0..=GUESTS_PER_UNIT_MAX));
    let child_ages = fields.optional("childAges", child_ages);
    fields.close();
    let guests = (adults.is_some() || child_ages.is_some())
        .then(|| Guests { adults: adults.unwrap_or(0), child_ages: child_ages.unwrap_or_default() });
    Some(Unit { unit_type, guests })
}

fn child_ages(value: &Value) -> Result<Vec<u8>, String> {
    let most = usize::try_from(GUESTS_PER_UNIT_MAX).unwrap_or(usize::MAX);
    match value {
        Value::Array(ages) if ages.len() <= most => {
            ages.iter().map(|age| unsigned(0..=CHILD_AGE_MAX)(age)).collect()
        }
        Value::Array(_) => Err(format!("must have at most {most} items")),
        other => Err(format!("must be an array, not {}", kind(other))),
    }
}

fn extras(fields: &mut Object<'_>, errors: &Errors) -> Vec<ExtraChoice> {
    let at = fields.at("extras");
    let extras = items(fields, "extras", EXTRAS_MAX, |at, value| {
        let mut fields = Object::new(value, at, errors)?;
        let extra = fields.required("extraId", parsed(ExtraId::parse));
        let quantity = fields.required("quantity", unsigned(1..=EXTRA_QUANTITY_MAX));
        fields.close();
        Some(ExtraChoice { extra: extra?, quantity: quantity? })
    });
    let mut named = BTreeSet::new();
    if let Some(again) = extras.iter().find(|choice| !named.insert(&choice.extra)) {
        errors.push(at, format!("{} is named twice", again.extra));
    }
    extras
}

/// The id of a quote. Its shape is that of no card's number; only its seal says whether it is one.
pub(crate) fn quote_id(value: &Value) -> Result<String, String> {
    let text = shaped_text(value)?;
    let is_base64 =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let has_shape = text.split_once('.').is_some_and(|(document, seal)| {
        document.starts_with(QUOTE_BEGINS)
            && is_base64(document)
            && seal.len() == QUOTE_SEAL_LENGTH
            && is_base64(seal)
    });
    if has_shape && text.len() <= QUOTE_ID_LENGTH_MAX {
        Ok(text.to_owned())
    } else {
        Err("must be the quoteId of an answer of createQuote".to_owned())
    }
}
