//! Taxes and fees.

use holdfast_domain::Currency;
use holdfast_domain::catalogue::Label;
use holdfast_domain::rates::charge::{Band, BandLevy, Charge, ChargeKind, Levy};
use holdfast_domain::rates::ids::{ChargeId, TaxCategory};
use holdfast_domain::rates::occupancy::CHILD_AGE_MAX;
use holdfast_domain::rates::property_taxes::PROPERTY_TAXES_MAX;
use holdfast_domain::rates::validate::{BANDS_MAX, NAMES_MAX};
use holdfast_http::read::body::Object;
use holdfast_http::read::errors::Errors;
use holdfast_http::read::fields::{flag, parsed, text, unsigned};
use serde_json::Value;

use crate::rates::read::{Reading, all, count_from_one, due, is_given, list, per, share, texts, validity};

/// What a charge says it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Tax,
    Fee,
}

/// The taxes and fees of a property, whose currency that is.
pub(crate) fn taxes(fields: &mut Object<'_>, currency: Currency, errors: &Errors) -> Option<Vec<Charge>> {
    let reading = Reading { errors, currency };
    list(fields, "taxes", PROPERTY_TAXES_MAX, |value, at| charge(value, at, reading))
}

pub(super) fn charge(value: &Value, at: String, reading: Reading<'_>) -> Option<Charge> {
    let errors = reading.errors;
    let mut fields = Object::new(value, at.as_str(), errors)?;
    let id = fields.required("chargeId", parsed(ChargeId::parse));
    let name = fields.required("name", parsed(Label::parse));
    let kind = fields.required("kind", |value| match text(value)? {
        "tax" => Ok(Kind::Tax),
        "fee" => Ok(Kind::Fee),
        _ => Err("must be tax or fee".to_owned()),
    });
    let has_category = is_given(&mut fields, "category");
    let category = fields.optional("category", parsed(TaxCategory::parse));
    match kind {
        Some(Kind::Tax) if has_category => errors.push(fields.at("category"), "needs kind fee"),
        Some(Kind::Fee) if !has_category => errors.push(fields.at("category"), "is required of a fee"),
        Some(Kind::Tax | Kind::Fee) | None => {}
    }
    let included = fields.optional("included", flag).unwrap_or(false);
    let levy = levy(&mut fields, &at, reading);
    let on = texts(&mut fields, "on", NAMES_MAX, errors, TaxCategory::parse);
    let valid = validity(&mut fields);
    let exempt_to_age = fields.optional("exemptToAge", unsigned(0..=CHILD_AGE_MAX));
    let slots_max = fields.optional("slotsMax", count_from_one);
    let before_discounts = fields.optional("beforeDiscounts", flag).unwrap_or(false);
    let refundable = fields.required("refundable", flag);
    let due = fields.required("due", due);
    fields.close();
    Some(Charge {
        id: id?,
        name: name?,
        kind: match kind? {
            Kind::Tax => ChargeKind::Tax,
            Kind::Fee => ChargeKind::Fee { category: category? },
        },
        included,
        levy: levy?,
        on: on?.into_iter().collect(),
        valid,
        exempt_to_age,
        slots_max,
        before_discounts,
        refundable: refundable?,
        due: due?,
    })
}

fn levy(fields: &mut Object<'_>, at: &str, reading: Reading<'_>) -> Option<Levy> {
    let given = ["percent", "amount", "bands"].map(|name| (name, is_given(fields, name)));
    let percent = fields.optional("percent", share).map(Levy::Percent);
    let amount = fields.optional("amount", reading.amount());
    let has_per = is_given(fields, "per");
    let per = fields.optional("per", per);
    if given[1].1 != has_per {
        reading.errors.push(fields.at("per"), "must be given with amount, and only with it");
    }
    let bands = if given[2].1 {
        let items = fields.items("bands", BANDS_MAX);
        if items.as_ref().is_some_and(Vec::is_empty) {
            reading.errors.push(fields.at("bands"), "must have at least 1 item");
        }
        items.and_then(|items| all(items, |at, value| band(value, &at, reading))).map(Levy::Bands)
    } else {
        None
    };
    let amount = amount.zip(per).map(|(amount, per)| Levy::Amount { amount, per });
    if reading.exactly_one(at, &given) { percent.or(amount).or(bands) } else { None }
}

fn band(value: &Value, at: &str, reading: Reading<'_>) -> Option<Band> {
    let mut fields = Object::new(value, at, reading.errors)?;
    let from = fields.required("from", reading.amount());
    let given = ["amount", "percent"].map(|name| (name, is_given(&mut fields, name)));
    let amount = fields.optional("amount", reading.amount()).map(BandLevy::Amount);
    let percent = fields.optional("percent", share).map(BandLevy::Percent);
    let is_one = reading.exactly_one(at, &given);
    fields.close();
    let levy = amount.or(percent).filter(|_| is_one);
    Some(Band { from: from?, levy: levy? })
}
