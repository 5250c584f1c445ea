//! A rate card, with what guests and extras cost and promotions take off.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::Currency;
use holdfast_domain::catalogue::Label;
use holdfast_domain::rates::card::{
    CALENDAR_DATES_MAX, CALENDARS_MAX, CHARGES_MAX, EXTRAS_MAX, PLANS_MAX, PROMOTIONS_MAX, RESTRICTIONS_MAX,
    RULES_MAX, RateCard, UNIT_TYPES_MAX,
};
use holdfast_domain::rates::charge::Validity;
use holdfast_domain::rates::extra::{EXTRA_QUANTITY_MAX, Extra};
use holdfast_domain::rates::ids::{CalendarId, ExtraId, PlanId, TaxCategory, UnitTypeId};
use holdfast_domain::rates::occupancy::{CHILD_AGE_MAX, ChildBand, GUESTS_PER_UNIT_MAX, Occupancy, UnitType};
use holdfast_domain::rates::promotion::{Discount, Promotion, PromotionCode};
use holdfast_http::Refusal;
use holdfast_http::read::body::{Object, kind, pointer};
use holdfast_http::read::errors::Errors;
use holdfast_http::read::fields::{date, flag, instant, parsed, shaped_text, unsigned, without_card};
use jiff::civil::Date;
use serde_json::Value;

use crate::rates::read::charge::charge;
use crate::rates::read::plan::plan;
use crate::rates::read::rule::{restriction, rule};
use crate::rates::read::{Reading, all, count_from_one, due, is_given, list, per, plans, share, validity};
use crate::rates::wire::RateCardBody;

/// The greatest share of a plan's price that a kind of unit costs, in percent.
const UNIT_PERCENT_MAX: u16 = 1000;
/// The most bands of children's ages: one for each age.
const CHILD_BANDS_MAX: usize = CHILD_AGE_MAX as usize + 1;

impl RateCardBody {
    /// Reads the body of `PUT /api/resources/{resourceId}/rates`.
    ///
    /// # Errors
    /// 422 naming every field that is wrong. What parts of the card say of each other is the use case's to check.
    pub fn read(body: &Value) -> Result<RateCard, Refusal> {
        let errors = Errors::default();
        let card = Object::new(body, "", &errors).and_then(|fields| card(fields, &errors));
        errors.finish(card)
    }
}

fn card(mut fields: Object<'_>, errors: &Errors) -> Option<RateCard> {
    let currency = fields.required("currency", parsed(Currency::parse));
    // Amounts are looked at whatever the currency is, so that all that is wrong is named.
    let reading = Reading { errors, currency: currency.or_else(|| Currency::all().next())? };
    let default_plan = fields.required("defaultPlan", parsed(PlanId::parse));
    let own = fields.items("plans", PLANS_MAX);
    if own.as_ref().is_some_and(Vec::is_empty) {
        errors.push(fields.at("plans"), "must have at least 1 item");
    }
    let own = own.and_then(|items| all(items, |at, value| plan(value, at, reading)));
    let unit_types =
        list(&mut fields, "unitTypes", UNIT_TYPES_MAX, |value, at| unit_type(value, at, reading));
    let at = fields.at("occupancy");
    let occupancy = match fields.value("occupancy") {
        Some(value) => Object::new(value, at, errors).and_then(|fields| occupancy(fields, reading)).map(Some),
        None => Some(None),
    };
    let at = fields.at("calendars");
    let calendars = match fields.value("calendars") {
        Some(value) => calendars(value, &at, errors),
        None => Some(BTreeMap::new()),
    };
    let rules = list(&mut fields, "rules", RULES_MAX, |value, at| rule(value, at, reading));
    let price_min = fields.optional("priceMin", reading.amount());
    let price_max = fields.optional("priceMax", reading.amount());
    let charges = list(&mut fields, "charges", CHARGES_MAX, |value, at| charge(value, at, reading));
    let restrictions =
        list(&mut fields, "restrictions", RESTRICTIONS_MAX, |value, at| restriction(value, at, reading));
    let extras = list(&mut fields, "extras", EXTRAS_MAX, |value, at| extra(value, at, reading));
    let promotions =
        list(&mut fields, "promotions", PROMOTIONS_MAX, |value, at| promotion(value, at, reading));
    fields.close();
    Some(RateCard {
        currency: currency?,
        plans: own?,
        default_plan: default_plan?,
        unit_types: unit_types?,
        occupancy: occupancy?,
        calendars: calendars?,
        rules: rules?,
        price_min,
        price_max,
        charges: charges?,
        restrictions: restrictions?,
        extras: extras?,
        promotions: promotions?,
    })
}

fn unit_type(value: &Value, at: String, reading: Reading<'_>) -> Option<UnitType> {
    let mut fields = Object::new(value, at, reading.errors)?;
    let id = fields.required("unitTypeId", parsed(UnitTypeId::parse));
    let name = fields.required("name", parsed(Label::parse));
    let percent = fields.required("percent", unsigned(0..=UNIT_PERCENT_MAX));
    fields.close();
    Some(UnitType { id: id?, name: name?, percent: percent? })
}

fn occupancy(mut fields: Object<'_>, reading: Reading<'_>) -> Option<Occupancy> {
    let included_adults = fields.required("includedAdults", unsigned(1..=GUESTS_PER_UNIT_MAX));
    let guests_max = fields.required("guestsMax", unsigned(1..=GUESTS_PER_UNIT_MAX));
    let cots_max = fields.optional("cotsMax", unsigned(0..=GUESTS_PER_UNIT_MAX));
    let extra_adult = fields.required("extraAdult", reading.amount());
    let missing_adult = fields.required("missingAdult", reading.amount());
    let child_bands =
        list(&mut fields, "childBands", CHILD_BANDS_MAX, |value, at| child_band(value, at, reading));
    fields.close();
    Some(Occupancy {
        included_adults: included_adults?,
        guests_max: guests_max?,
        cots_max,
        extra_adult: extra_adult?,
        missing_adult: missing_adult?,
        child_bands: child_bands?,
    })
}

fn child_band(value: &Value, at: String, reading: Reading<'_>) -> Option<ChildBand> {
    let mut fields = Object::new(value, at, reading.errors)?;
    let from_age = fields.required("fromAge", unsigned(0..=CHILD_AGE_MAX));
    let to_age = fields.required("toAge", unsigned(0..=CHILD_AGE_MAX));
    let price = fields.required("price", reading.amount());
    let in_cot = fields.optional("inCot", flag).unwrap_or(false);
    fields.close();
    Some(ChildBand { from_age: from_age?, to_age: to_age?, price: price?, in_cot })
}

fn calendars(value: &Value, at: &str, errors: &Errors) -> Option<BTreeMap<CalendarId, BTreeSet<Date>>> {
    let Value::Object(named) = value else {
        errors.push(at, format!("must be an object, not {}", kind(value)));
        return None;
    };
    if named.len() > CALENDARS_MAX {
        errors.push(at, format!("must have at most {CALENDARS_MAX} fields"));
        return None;
    }
    let mut known = BTreeMap::new();
    for (name, dates) in named {
        let at = pointer(at, name);
        let id = without_card(name)
            .and_then(|()| CalendarId::parse(name).map_err(|error| error.to_string()))
            .map_err(|detail| errors.push(at.as_str(), detail));
        let dates = calendar(dates, &at, errors);
        if let (Ok(id), Some(dates)) = (id, dates) {
            known.insert(id, dates);
        }
    }
    (known.len() == named.len()).then_some(known)
}

fn calendar(value: &Value, at: &str, errors: &Errors) -> Option<BTreeSet<Date>> {
    let Value::Array(items) = value else {
        errors.push(at, format!("must be an array, not {}", kind(value)));
        return None;
    };
    if items.len() > CALENDAR_DATES_MAX {
        errors.push(at, format!("must have at most {CALENDAR_DATES_MAX} items"));
        return None;
    }
    let items = items.iter().enumerate().map(|(position, item)| (format!("{at}/{position}"), item));
    let dates =
        all(items.collect(), |at, value| parsed(date)(value).map_err(|detail| errors.push(at, detail)).ok());
    Some(dates?.into_iter().collect())
}

fn extra(value: &Value, at: String, reading: Reading<'_>) -> Option<Extra> {
    let mut fields = Object::new(value, at, reading.errors)?;
    let id = fields.required("extraId", parsed(ExtraId::parse));
    let name = fields.required("name", parsed(Label::parse));
    let price = fields.required("price", reading.amount());
    let per = fields.required("per", per);
    let quantity_max = fields.required("quantityMax", unsigned(1..=EXTRA_QUANTITY_MAX));
    let category = fields.required("category", parsed(TaxCategory::parse));
    let plans = plans(&mut fields, "plans", reading.errors);
    let refundable = fields.required("refundable", flag);
    let due = fields.required("due", due);
    fields.close();
    Some(Extra {
        id: id?,
        name: name?,
        price: price?,
        per: per?,
        quantity_max: quantity_max?,
        category: category?,
        plans: plans?,
        refundable: refundable?,
        due: due?,
    })
}

fn promotion(value: &Value, at: String, reading: Reading<'_>) -> Option<Promotion> {
    let mut fields = Object::new(value, at.as_str(), reading.errors)?;
    let code = fields.required("code", parsed(PromotionCode::parse));
    let name = fields.required("name", parsed(Label::parse));
    let given = ["percent", "amount"].map(|name| (name, is_given(&mut fields, name)));
    let percent = fields.optional("percent", share).map(Discount::Percent);
    let amount = fields.optional("amount", reading.amount()).map(Discount::Amount);
    let discount = if reading.exactly_one(&at, &given) { percent.or(amount) } else { None };
    let plans = plans(&mut fields, "plans", reading.errors);
    let at = fields.at("stays");
    let stays = match fields.value("stays") {
        Some(value) => Object::new(value, at, reading.errors).map(|mut fields| {
            let stays = validity(&mut fields);
            fields.close();
            stays
        }),
        None => Some(Validity::default()),
    };
    let from = fields.optional("from", |value| instant(shaped_text(value)?));
    let to = fields.optional("to", |value| instant(shaped_text(value)?));
    let uses_max = fields.optional("usesMax", count_from_one);
    let uses_per_guest_max = fields.optional("usesPerGuestMax", count_from_one);
    fields.close();
    Some(Promotion {
        code: code?,
        name: name?,
        discount: discount?,
        plans: plans?,
        stays: stays?,
        from,
        to,
        uses_max,
        uses_per_guest_max,
    })
}
