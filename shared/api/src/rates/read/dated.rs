//! Prices and restrictions of single dates, set in bulk.

use holdfast_app::rates::{LINE_RESOURCES_MAX, LINE_RESULTS_MAX, LINES_MAX, Line, LineEdit};
use holdfast_domain::rates::condition::DateRange;
use holdfast_domain::rates::dated_edit::{Change, DatedEdit, LimitsEdit};
use holdfast_domain::rates::ids::PlanId;
use holdfast_domain::rates::restriction::{NOTICE_MINUTES_MAX, WINDOW_DAYS_MAX};
use holdfast_domain::{Currency, ResourceId};
use holdfast_http::Refusal;
use holdfast_http::read::body::Object;
use holdfast_http::read::errors::Errors;
use holdfast_http::read::fields::{date, flag, parsed, unsigned};
use serde_json::Value;

use crate::rates::read::{Reading, all, is_given, range, slots, units, weekdays};
use crate::rates::wire::DatedRatesBody;

impl DatedRatesBody {
    /// Reads the body of `PATCH /api/rates`.
    ///
    /// # Errors
    /// 422 naming every field that is wrong.
    pub fn read(body: &Value) -> Result<Vec<Line>, Refusal> {
        let errors = Errors::default();
        let lines = Object::new(body, "", &errors).and_then(|mut fields| {
            let has_currency = is_given(&mut fields, "currency");
            let currency = fields.optional("currency", parsed(Currency::parse));
            let reading = Reading { errors: &errors, currency: currency.or_else(|| Currency::all().next())? };
            let items = fields.items("lines", LINES_MAX);
            if items.as_ref().is_some_and(Vec::is_empty) {
                errors.push(fields.at("lines"), "must have at least 1 item");
            }
            let lines = items.and_then(|items| all(items, |at, value| line(value, at, reading)));
            let has_price = |line: &Line| match &line.edit {
                LineEdit::Set(edit) => matches!(edit.price, Change::Set(_)),
                LineEdit::Copy { .. } => false,
            };
            if !has_currency && lines.as_ref().is_some_and(|lines| lines.iter().any(has_price)) {
                errors.push(fields.at("currency"), "is required where a line has a price");
            }
            let results = lines.iter().flatten().map(|line| line.resources.len()).sum::<usize>();
            if results > LINE_RESULTS_MAX {
                let detail =
                    format!("must name at most {LINE_RESULTS_MAX} resources, each once for each line");
                errors.push(fields.at("lines"), detail);
            }
            fields.close();
            lines
        });
        errors.finish(lines)
    }
}

fn line(value: &Value, at: String, reading: Reading<'_>) -> Option<Line> {
    let errors = reading.errors;
    let mut fields = Object::new(value, at.as_str(), errors)?;
    let resources = resources(&mut fields, errors);
    let from = fields.required("from", parsed(date));
    let place = fields.at("copyFrom");
    let copied = fields.value("copyFrom").map(|value| Object::new(value, place, errors));
    let edit = if let Some(copied) = copied {
        let range = copied.and_then(|fields| range(fields, errors));
        for name in ["planId", "to", "weekdays", "price", "limits"] {
            if is_given(&mut fields, name) {
                errors.push(fields.at(name), "must not be given with copyFrom");
            }
        }
        from.zip(range).map(|(start, range)| LineEdit::Copy { range, start })
    } else {
        for name in ["planId", "to"] {
            if !is_given(&mut fields, name) {
                errors.push(fields.at(name), "is required without copyFrom");
            }
        }
        let plan = fields.optional("planId", parsed(PlanId::parse));
        let to = fields.optional("to", parsed(date));
        if from.is_some() && to.is_some() && from >= to {
            errors.push(fields.at("to"), "must be after from");
        }
        let weekdays = weekdays(&mut fields, errors);
        let price = changed(&mut fields, value, "price", reading.amount());
        let limits = limits(&mut fields, value, errors);
        let dates = from.zip(to).map(|(from, to)| DateRange { from, to });
        set(plan, dates, weekdays, price, limits).map(LineEdit::Set)
    };
    fields.close();
    Some(Line { resources: resources?, edit: edit? })
}

fn set(
    plan: Option<PlanId>,
    dates: Option<DateRange>,
    weekdays: Option<Vec<jiff::civil::Weekday>>,
    price: Change<holdfast_domain::Money>,
    limits: Option<LimitsEdit>,
) -> Option<DatedEdit> {
    Some(DatedEdit { plan: plan?, dates: dates?, weekdays: weekdays?, price, limits: limits? })
}

fn resources(fields: &mut Object<'_>, errors: &Errors) -> Option<Vec<ResourceId>> {
    let at = fields.at("resourceIds");
    let items = fields.items("resourceIds", LINE_RESOURCES_MAX)?;
    if items.is_empty() {
        errors.push(at, "must have at least 1 item");
        return None;
    }
    all(items, |at, value| parsed(ResourceId::parse)(value).map_err(|detail| errors.push(at, detail)).ok())
}

/// What happens to something: it stays where the field is left out, and is set no more where it is null.
fn changed<T>(
    fields: &mut Object<'_>,
    value: &Value,
    name: &'static str,
    read: impl FnOnce(&Value) -> Result<T, String>,
) -> Change<T> {
    match fields.optional(name, read) {
        Some(value) => Change::Set(value),
        None if value.get(name).is_some_and(Value::is_null) => Change::Clear,
        None => Change::Keep,
    }
}

fn limits(fields: &mut Object<'_>, line: &Value, errors: &Errors) -> Option<LimitsEdit> {
    let at = fields.at("limits");
    let Some(value) = fields.value("limits") else {
        let is_null = line.get("limits").is_some_and(Value::is_null);
        return Some(if is_null { cleared() } else { LimitsEdit::default() });
    };
    let mut fields = Object::new(value, at, errors)?;
    let stay_min_on_arrival = changed(&mut fields, value, "stayMinOnArrival", slots);
    let stay_min_through = changed(&mut fields, value, "stayMinThrough", slots);
    let stay_max_on_arrival = changed(&mut fields, value, "stayMaxOnArrival", slots);
    let stay_max_through = changed(&mut fields, value, "stayMaxThrough", slots);
    let notice_minutes_min =
        changed(&mut fields, value, "noticeMinutesMin", unsigned(0..=NOTICE_MINUTES_MAX));
    let window_days_max = changed(&mut fields, value, "windowDaysMax", unsigned(0..=WINDOW_DAYS_MAX));
    let quantity_min = changed(&mut fields, value, "quantityMin", units);
    let quantity_max = changed(&mut fields, value, "quantityMax", units);
    let mut is = |name| match changed(&mut fields, value, name, flag) {
        Change::Set(is) => Some(is),
        Change::Clear => Some(false),
        Change::Keep => None,
    };
    let edit = LimitsEdit {
        stay_min_on_arrival,
        stay_min_through,
        stay_max_on_arrival,
        stay_max_through,
        fills_gaps: is("fillsGaps"),
        closed_to_arrival: is("closedToArrival"),
        closed_to_departure: is("closedToDeparture"),
        stop_sell: is("stopSell"),
        notice_minutes_min,
        window_days_max,
        quantity_min,
        quantity_max,
        sold_together: is("soldTogether"),
    };
    fields.close();
    Some(edit)
}

/// No limit is set any more.
fn cleared() -> LimitsEdit {
    LimitsEdit {
        stay_min_on_arrival: Change::Clear,
        stay_min_through: Change::Clear,
        stay_max_on_arrival: Change::Clear,
        stay_max_through: Change::Clear,
        fills_gaps: Some(false),
        closed_to_arrival: Some(false),
        closed_to_departure: Some(false),
        stop_sell: Some(false),
        notice_minutes_min: Change::Clear,
        window_days_max: Change::Clear,
        quantity_min: Change::Clear,
        quantity_max: Change::Clear,
        sold_together: Some(false),
    }
}
