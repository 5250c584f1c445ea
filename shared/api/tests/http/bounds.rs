//! The bounds in the published document are those that the readers of requests keep, which are the domain's.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_domain::HoldLimits;
use http::Method;
use serde_json::{Value, json};

use crate::schemas::{REQUESTS, examples, invalid, walk};
use crate::stub::{Outside, body, by, gateway, request, run};

/// Values at a bound and beyond it, for a field that the example gives as `field`; `None` if `keyword` is no bound.
fn probes(keyword: &str, bound: i64, field: &Value) -> Option<(Value, Value)> {
    let text = |length: i64| json!("x".repeat(usize::try_from(length).expect("a length")));
    let items = |count: i64| {
        let item = field[0].clone();
        Value::Array((0..count).map(|_| item.clone()).collect())
    };
    match keyword {
        "minimum" => Some((json!(bound), json!(bound - 1))),
        "maximum" => Some((json!(bound), json!(bound + 1))),
        "minLength" => Some((text(bound), text(bound - 1))),
        "maxLength" => Some((text(bound), text(bound + 1))),
        "minItems" => Some((items(bound), items(bound - 1))),
        "maxItems" => Some((items(bound), items(bound + 1))),
        _ => None,
    }
}

#[test]
fn bodies_are_bounded_as_published() {
    let document = holdfast_api::openapi::document();
    let schemas = &document["components"]["schemas"];
    let mut checked = BTreeSet::new();
    for (method, path, name) in REQUESTS {
        for mut example in examples(&schemas[name], name) {
            if name == "ResourceTerms" {
                let limits = json!({ "perGuest": 1, "perSlot": 1, "placesPerSlot": 1, "coolDownSeconds": 0 });
                example["holdLimits"] = limits;
            }
            if let Some(id) = example.get("resourceId").cloned() {
                example["userId"] = id;
            }
            walk(schemas, &schemas[name], &example, "", &mut |schema, at| {
                for (field, property) in schema["properties"].as_object().expect("properties") {
                    let pointer = format!("{at}/{field}");
                    let given = example.pointer(&pointer).cloned().unwrap_or_default();
                    for (keyword, bound) in property.as_object().expect("a schema") {
                        let Some((fits, breaks)) =
                            bound.as_i64().and_then(|bound| probes(keyword, bound, &given))
                        else {
                            continue;
                        };
                        let wrong = |value: &Value| {
                            let mut sent = example.clone();
                            sent.pointer_mut(at).expect("there")[field] = value.clone();
                            invalid(&method, path, &sent)
                        };
                        let what = format!("{name}{pointer} {keyword} {bound}");
                        // A rule over several fields blames what holds them.
                        let blamed = wrong(&breaks).iter().any(|wrong| {
                            wrong.starts_with(&pointer)
                                || (!wrong.is_empty() && pointer.starts_with(wrong.as_str()))
                        });
                        assert!(blamed, "{what}: {breaks} is taken");
                        // No text of x is a currency, an id of a payment method, a quote or a property that exists, an address, a website or a language, the resource has no rate plans or codes, the most that a price may be depends on its currency, an item is not to
                        // be repeated, and a buffer of a day leaves two days in a row no slot.
                        let depends = [
                            "currency",
                            "base",
                            "bufferMinutes",
                            "paymentMethodId",
                            "propertyId",
                            "email",
                            "website",
                            "language",
                            "quoteId",
                            "ratePlanId",
                            "promotionCode",
                        ]
                        .contains(&field.as_str());
                        if !depends && !keyword.ends_with("Items") {
                            let fine = wrong(&fits).iter().all(|wrong| !wrong.starts_with(&pointer));
                            assert!(fine, "{what}: {fits} is refused");
                        }
                        checked.insert(what);
                    }
                }
            });
        }
    }
    assert!(checked.len() > 40, "{checked:#?}");
}

#[test]
fn queries_are_bounded_as_published() {
    let document = holdfast_api::openapi::document();
    let refused = |path: &str, query: &str| {
        let fine = "resourceType=hotel&location=NYC&start=2027-06-01&end=2027-06-03";
        let target = format!("{path}?{fine}&{query}");
        let request = by(request(Method::GET, &target, ""), "operator-1", "booking/operator");
        body(&run(gateway(&Arc::new(Outside::with_resource()), request)))["code"] == "validation_failed"
    };
    let mut checked = 0;
    for path in ["/api/availability", "/api/bookings"] {
        for parameter in document["paths"][path]["get"]["parameters"].as_array().expect("parameters") {
            let (name, schema) = (&parameter["name"], &parameter["schema"]);
            for keyword in ["minimum", "maximum"] {
                let Some((fits, breaks)) =
                    schema[keyword].as_i64().and_then(|bound| probes(keyword, bound, &Value::Null))
                else {
                    continue;
                };
                let name = name.as_str().expect("a name");
                assert!(!refused(path, &format!("{name}={fits}")), "{path} {name}={fits}");
                assert!(refused(path, &format!("{name}={breaks}")), "{path} {name}={breaks}");
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 6);
}

#[test]
fn defaults_are_the_domains() {
    let document = holdfast_api::openapi::document();
    let properties = &document["components"]["schemas"]["HoldLimits"]["properties"];
    let published = |name: &str| properties[name]["default"].as_u64().expect("a default");
    let limits = HoldLimits::default();
    assert_eq!(published("perSlot"), u64::from(limits.per_slot));
    for (name, unnamed) in [
        ("perGuest", limits.per_guest),
        ("placesPerSlot", limits.places_per_slot),
        ("coolDownSeconds", limits.cool_down_seconds),
    ] {
        assert_eq!((properties[name].get("default"), unnamed), (None, None), "{name}");
    }
}
