//! The kinds of text and of numbers that requests have, as the document publishes them. A field says its kind by `format`; here is what that
//! means in a schema, as strictly as the readers of requests take it. A test holds both against each other.

use holdfast_app::rates::QUOTE_ID_LENGTH_MAX;
use holdfast_domain::bookings::{CONTACT_NAME_LENGTH_MAX, EMAIL_LENGTH_MAX, LANGUAGE_LENGTH_MAX};
use holdfast_domain::catalogue::{ATTRIBUTE_NAME_LENGTH_MAX, CAPACITY_MAX, LABEL_LENGTH_MAX};
use holdfast_domain::properties::{HOUSE_RULES_LENGTH_MAX, WEBSITE_LENGTH_MAX};
use holdfast_domain::rates::condition::SOLD_PERCENT_MAX;
use holdfast_domain::rates::extra::EXTRA_QUANTITY_MAX;
use holdfast_domain::rates::ids::NAME_LENGTH_MAX;
use holdfast_domain::rates::percentage::{CUT_PERCENT_MAX, RAISE_PERCENT_MAX, SHARE_PERCENT_MAX};
use holdfast_domain::rates::price_override::{OVERRIDE_REASON_LENGTH_MAX, OVERRIDE_REASON_LENGTH_MIN};
use holdfast_domain::rates::promotion::CODE_LENGTH_MAX;
use holdfast_domain::rates::restriction::{NOTICE_MINUTES_MAX, STAY_SLOTS_MAX, WINDOW_DAYS_MAX};
use serde_json::{Value, json};

/// Puts what a kind means in the place of its name, everywhere in a document.
pub(crate) fn expand(part: &mut Value) {
    if let Some(meaning) = part["format"].as_str().and_then(meaning)
        && let (Some(schema), Value::Object(meaning)) = (part.as_object_mut(), meaning)
    {
        schema.remove("format");
        schema.extend(meaning);
    }
    match part {
        Value::Object(fields) => fields.values_mut().for_each(expand),
        Value::Array(items) => items.iter_mut().for_each(expand),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What a kind means. Kinds that JSON Schema knows stay as they are.
fn meaning(kind: &str) -> Option<Value> {
    let text = |most: usize, pattern: &str| json!({ "minLength": 1, "maxLength": most, "pattern": pattern });
    let whole = |least: u32, most: u32| json!({ "format": "int32", "minimum": least, "maximum": most });
    let percent = |least: i64, most: i64| json!({ "format": "double", "minimum": least, "maximum": most });
    Some(match kind {
        "share" => percent(0, SHARE_PERCENT_MAX),
        "percent-change" => percent(-CUT_PERCENT_MAX, RAISE_PERCENT_MAX),
        // Slots of a stay, and the least that a condition asks of them.
        "slots" => whole(1, STAY_SLOTS_MAX),
        "slots-from" => whole(0, STAY_SLOTS_MAX),
        "sold-percent-from" => whole(0, SOLD_PERCENT_MAX),
        "notice-minutes" => whole(0, NOTICE_MINUTES_MAX),
        "window-days" => whole(0, WINDOW_DAYS_MAX),
        // Ages of a unit's children, apart by commas.
        "child-ages" => json!({ "pattern": CHILD_AGES }),
        // Units of an order.
        "units" => whole(1, CAPACITY_MAX),
        "extra-quantity" => whole(1, EXTRA_QUANTITY_MAX),
        // The id of a resource, property, hold or booking.
        "id" => text(64, "^[A-Za-z0-9._:-]+$"),
        "guest-id" => text(128, "^[!-~]+$"),
        // Ids of Stripe's: of a payment method, a card, a source or a token.
        "payment-method" => json!({ "maxLength": 255, "pattern": "^(pm|card|src|tok)_[A-Za-z0-9_]{6,}$" }),
        "label" => text(LABEL_LENGTH_MAX, LABEL),
        // The name of a part of a rate card.
        "rate-name" => text(NAME_LENGTH_MAX, "^[a-z0-9-]+$"),
        "promotion-code" => text(CODE_LENGTH_MAX, "^[A-Za-z0-9-]+$"),
        "quote-id" => text(QUOTE_ID_LENGTH_MAX, r"^eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{43}$"),
        "override-reason" => json!({
            "minLength": OVERRIDE_REASON_LENGTH_MIN, "maxLength": OVERRIDE_REASON_LENGTH_MAX,
            "pattern": r"^[^\u0000-\u001f\u007f-\u009f]+$"
        }),
        "attribute-name" => text(ATTRIBUTE_NAME_LENGTH_MAX, r"^[^\u0000-\u001f\u007f-\u009f]+$"),
        // Tabs and line breaks, and no other control characters.
        "words" => text(500, r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]+$"),
        "house-rules" => {
            text(HOUSE_RULES_LENGTH_MAX, r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]+$")
        }
        "address-line" => text(120, r"^[^\u0000-\u001f\u007f-\u009f]+$"),
        "postal-code" => text(16, "^[A-Za-z0-9 -]+$"),
        "country" => json!({ "pattern": "^[A-Z]{2}$" }),
        "website" => json!({ "maxLength": WEBSITE_LENGTH_MAX, "pattern": WEBSITE }),
        "name-of-a-guest" => text(CONTACT_NAME_LENGTH_MAX, r"^[^\u0000-\u001f\u007f-\u009f]+$"),
        "email-address" => json!({ "maxLength": EMAIL_LENGTH_MAX, "pattern": EMAIL }),
        "phone-number" => json!({ "pattern": r"^\+[1-9][0-9]{6,14}$" }),
        "language-tag" => {
            json!({ "maxLength": LANGUAGE_LENGTH_MAX, "pattern": "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$" })
        }
        "currency" => json!({ "pattern": "^[A-Z]{3}$" }),
        "local-time" => json!({ "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$" }),
        // An instant by RFC 3339, or a local date.
        "when" => json!({ "pattern": WHEN }),
        "cursor" => text(1024, "^[A-Za-z0-9_-]+$"),
        "position" => json!({ "pattern": POSITION }),
        "date-time" => json!({ "format": "date-time", "pattern": INSTANT }),
        _ => return None,
    })
}

/// No control characters, no '#', and no white space around, by Unicode's list of it (`\s` of JavaScript has one more).
const LABEL: &str = concat!(
    r"^[^ \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000#\u0000-\u001f\u007f-\u009f]",
    r"([^#\u0000-\u001f\u007f-\u009f]*",
    r"[^ \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000#\u0000-\u001f\u007f-\u009f])?$",
);
/// As HTML's forms take it, with a dot in its domain.
const EMAIL: &str = concat!(
    r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?",
    r"(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$",
);
/// A name with a dot, and then visible ASCII characters.
const WEBSITE: &str = r"^https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+([/?#][!-~]*)?$";
/// As many as a unit may have guests.
const CHILD_AGES: &str = "^(1[0-7]|[0-9])(,(1[0-7]|[0-9])){0,99}$";
const INSTANT: &str = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-5][0-9](\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$";
const WHEN: &str = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([Tt]([01][0-9]|2[0-3])(:[0-5][0-9]){2}(\.[0-9]{1,9})?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9]))?$";
/// Degrees of latitude and longitude.
const POSITION: &str = r"^ *[+-]?0*(90(\.0*)?|[0-8]?[0-9](\.[0-9]*)?|\.[0-9]+) *, *[+-]?0*(180(\.0*)?|(1[0-7][0-9]|[0-9]?[0-9])(\.[0-9]*)?|\.[0-9]+) *$";
