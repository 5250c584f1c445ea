//! Changes of rates as the resource's trail has them. An entry of a card names the parts that differ; the whole card is kept with the
//! history of its versions.

use std::fmt::Display;

use holdfast_domain::Money;
use holdfast_domain::rates::card::{CardVersion, RateCard};
use holdfast_domain::rates::changes::{DatedChange, RatesChange};
use holdfast_domain::rates::dated::DateRates;
use holdfast_domain::rates::restriction::Limits;
use serde_json::{Map, Value, json};

/// The fields that a change touches, before it and after it, under the names that the API gives them.
pub(crate) fn rates_before_and_after(change: &RatesChange) -> (Value, Value) {
    let side = |value: Option<Map<String, Value>>| value.map_or_else(|| json!({}), Value::Object);
    match change {
        RatesChange::Put { before, after } => {
            let (from, to) = differing(before.as_deref().map(|version| &version.card), Some(&after.card));
            let with = |version: &CardVersion, mut fields: Map<String, Value>| {
                fields.insert("version".to_owned(), json!(version.number));
                fields.insert("validFrom".to_owned(), json!(version.valid_from.to_string()));
                fields
            };
            let before = before.as_deref().map(|version| with(version, from));
            (side(before), side(Some(with(after, to))))
        }
        RatesChange::Draft { before, after } => {
            let (from, to) = differing(before.as_deref(), after.as_deref());
            let draft =
                |card: Option<&RateCard>, fields| json!({ "draft": card.map(|_| Value::Object(fields)) });
            (draft(before.as_deref(), from), draft(after.as_deref(), to))
        }
        RatesChange::Dates(changes) => {
            let side = |rates: fn(&DatedChange) -> &DateRates| {
                let dates = changes.iter().map(|change| of_dates(change, rates(change)));
                json!({ "dates": dates.collect::<Vec<_>>() })
            };
            (side(|change| &change.before), side(|change| &change.after))
        }
    }
}

/// The parts of two cards that differ, by kind: of each card the names of those that the other has not, or has otherwise.
fn differing(
    before: Option<&RateCard>,
    after: Option<&RateCard>,
) -> (Map<String, Value>, Map<String, Value>) {
    (parts(before, after), parts(after, before))
}

fn parts(card: Option<&RateCard>, other: Option<&RateCard>) -> Map<String, Value> {
    let mut fields = Map::new();
    let Some(card) = card else { return fields };
    let mut value = |name: &str, differs: bool, value: Value| {
        if differs {
            fields.insert(name.to_owned(), value);
        }
    };
    let amount = |money: &Option<Money>| json!(money.map(|money| money.amount()));
    let differs = |same: fn(&RateCard, &RateCard) -> bool| other.is_none_or(|other| !same(card, other));
    value("currency", differs(|a, b| a.currency == b.currency), json!(card.currency.code()));
    value("defaultPlan", differs(|a, b| a.default_plan == b.default_plan), json!(card.default_plan.as_str()));
    value("priceMin", differs(|a, b| a.price_min == b.price_min), amount(&card.price_min));
    value("priceMax", differs(|a, b| a.price_max == b.price_max), amount(&card.price_max));
    value("occupancy", differs(|a, b| a.occupancy == b.occupancy), json!(card.occupancy.is_some()));
    let mut names = |name: &str, names: Vec<String>| value(name, !names.is_empty(), json!(names));
    names("plans", unlike(card, other, |card| &card.plans, |plan| &plan.id));
    names("unitTypes", unlike(card, other, |card| &card.unit_types, |kind| &kind.id));
    names("rules", unlike(card, other, |card| &card.rules, |rule| &rule.id));
    names("charges", unlike(card, other, |card| &card.charges, |charge| &charge.id));
    names("restrictions", unlike(card, other, |card| &card.restrictions, |restriction| &restriction.id));
    names("extras", unlike(card, other, |card| &card.extras, |extra| &extra.id));
    names("promotions", unlike(card, other, |card| &card.promotions, |promotion| &promotion.code));
    let calendar = |(id, dates)| other.is_none_or(|other| other.calendars.get(id) != Some(dates));
    let calendars = card.calendars.iter().filter(|(id, dates)| calendar((*id, *dates)));
    names("calendars", calendars.map(|(id, _)| id.to_string()).collect());
    fields
}

/// The names of a card's parts that another has not, or has otherwise.
fn unlike<T: PartialEq, N: Display>(
    card: &RateCard,
    other: Option<&RateCard>,
    parts: fn(&RateCard) -> &Vec<T>,
    name: fn(&T) -> &N,
) -> Vec<String> {
    let others = other.map(parts).map(Vec::as_slice).unwrap_or_default();
    parts(card).iter().filter(|part| !others.contains(part)).map(|part| name(part).to_string()).collect()
}

/// What is set for a range of dates under a plan; null where nothing is.
fn of_dates(change: &DatedChange, rates: &DateRates) -> Value {
    let mut fields = Map::from_iter([
        ("from".to_owned(), json!(change.from.to_string())),
        ("to".to_owned(), json!(change.to.to_string())),
        ("planId".to_owned(), json!(change.plan.as_str())),
    ]);
    if change.before.price != change.after.price {
        let price =
            rates.price.map(|price| json!({ "amount": price.amount(), "currency": price.currency().code() }));
        fields.insert("price".to_owned(), json!(price));
    }
    if change.before.limits != change.after.limits {
        fields.insert("limits".to_owned(), Value::Object(of_limits(&rates.limits)));
    }
    Value::Object(fields)
}

/// The limits that are set.
fn of_limits(limits: &Limits) -> Map<String, Value> {
    let Limits {
        stay_min_on_arrival,
        stay_min_through,
        stay_max_on_arrival,
        stay_max_through,
        fills_gaps,
        closed_to_arrival,
        closed_to_departure,
        stop_sell,
        notice_minutes_min,
        window_days_max,
        quantity_min,
        quantity_max,
        sold_together,
    } = limits;
    let numbers = [
        ("stayMinOnArrival", stay_min_on_arrival),
        ("stayMinThrough", stay_min_through),
        ("stayMaxOnArrival", stay_max_on_arrival),
        ("stayMaxThrough", stay_max_through),
        ("noticeMinutesMin", notice_minutes_min),
        ("windowDaysMax", window_days_max),
        ("quantityMin", quantity_min),
        ("quantityMax", quantity_max),
    ];
    let flags = [
        ("fillsGaps", fills_gaps),
        ("closedToArrival", closed_to_arrival),
        ("closedToDeparture", closed_to_departure),
        ("stopSell", stop_sell),
        ("soldTogether", sold_together),
    ];
    let numbers = numbers.into_iter().filter_map(|(name, number)| number.map(|number| (name, json!(number))));
    let flags = flags.into_iter().filter(|(_, flag)| **flag).map(|(name, _)| (name, json!(true)));
    numbers.chain(flags).map(|(name, value)| (name.to_owned(), value)).collect()
}
