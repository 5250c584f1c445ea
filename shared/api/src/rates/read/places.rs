//! Where a body has what a problem of a card is about: the card keeps some things in a part of their own that the body has as fields
//! of one object, and calls every name of a part its id.

use holdfast_http::read::body::pointer;
use serde_json::Value;

/// What stands in a body for a part of a card, by the part's name: the fields of which one is there.
const FLATTENED: [(&str, &[&str]); 7] = [
    ("id", &["planId", "unitTypeId", "ruleId", "chargeId", "restrictionId", "extraId"]),
    ("adjustment", &["percent", "amount", "set"]),
    ("deadline", &["hoursBefore", "daysBefore"]),
    ("penalty", &["keepPercent", "keepSlots", "keepAmount"]),
    ("levy", &["percent", "amount", "bands"]),
    ("discount", &["percent", "amount"]),
    ("valid", &["until"]),
];

/// The pointer into a body for one into its card: as deep as the body has it.
pub(crate) fn place(body: &Value, path: &str) -> String {
    let (mut at, mut value) = (String::new(), body);
    let mut names = path.split('/').skip(1).peekable();
    // Ends: each round has a name less.
    while let Some(name) = names.next() {
        let is_last = names.peek().is_none();
        let child = |name: &str| match value {
            Value::Object(fields) => fields.get(name),
            Value::Array(items) => name.parse::<usize>().ok().and_then(|position| items.get(position)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
        let flattened = FLATTENED.iter().find(|(part, _)| *part == name).map(|(_, fields)| *fields);
        let name = match flattened {
            // The next name is a field of the same object.
            Some(_) if child(name).is_none() && !is_last => continue,
            Some(fields) => fields.iter().find(|field| child(field).is_some()).copied().unwrap_or(name),
            None if name == "from" && child("derivedFrom").is_some() => "derivedFrom",
            None => name,
        };
        match child(name) {
            Some(found) => value = found,
            // What is not there is missing: it is named where it would be.
            None if flattened.is_some() => return at,
            None => return pointer(&at, name),
        }
        at = pointer(&at, name);
    }
    match value.get("base") {
        Some(_) => pointer(&at, "base"),
        None => at,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_problem_is_placed_where_the_body_has_its_part() {
        let body = json!({
            "plans": [
                { "price": { "base": 1 }, "cancellation": { "steps": [{ "daysBefore": 1, "keepSlots": 1 }] } },
                { "planId": "a", "price": { "derivedFrom": "x", "percent": -15 } }
            ],
            "rules": [{ "set": 1, "when": { "dates": [{ "from": "2027-06-01" }] } }],
            "charges": [{ "bands": [{ "from": 0, "amount": 1 }], "until": "2027-06-01" }, { "chargeId": "a", "amount": 1, "per": "stay" }],
            "promotions": [{ "percent": 10, "from": "2027-06-01T00:00:00Z" }]
        });
        let check = |path: &str, expected: &str| assert_eq!(place(&body, path), expected, "{path}");
        check("/plans/0/price", "/plans/0/price/base");
        check("/plans/0/cancellation/steps/0/deadline", "/plans/0/cancellation/steps/0/daysBefore");
        check("/plans/0/cancellation/steps/0/penalty", "/plans/0/cancellation/steps/0/keepSlots");
        check("/plans/1/price/from", "/plans/1/price/derivedFrom");
        check("/plans/1/price/adjustment", "/plans/1/price/percent");
        check("/rules/0/adjustment", "/rules/0/set");
        check("/rules/0/when/dates/0", "/rules/0/when/dates/0");
        check("/rules/0/when/calendar", "/rules/0/when/calendar");
        check("/charges/0/levy/bands/0/from", "/charges/0/bands/0/from");
        check("/charges/0/levy/bands/0/levy", "/charges/0/bands/0/amount");
        check("/charges/0/valid", "/charges/0/until");
        check("/charges/1/valid", "/charges/1");
        check("/charges/1/id", "/charges/1/chargeId");
        check("/plans/1/id", "/plans/1/planId");
        check("/charges/1/levy", "/charges/1/amount");
        check("/charges/1/levy/amount", "/charges/1/amount");
        check("/promotions/0/discount", "/promotions/0/percent");
        check("/promotions/0/from", "/promotions/0/from");
        check("", "");
        check("/defaultPlan", "/defaultPlan");
    }
}
