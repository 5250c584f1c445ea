//! Every version that was ever written is read; what a version cannot mean here is refused.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_adapters_dynamodb::Item;
use holdfast_adapters_dynamodb::items::{self, Version};
use holdfast_app::StoreError;
use serde_json::{Value, json};

use crate::golden::{read_all, update, without_action};
use crate::samples;
use crate::values::{Kind, Stored, decode, written};

/// As blind writes leave a page: counts of zero, and tallies of guests who have left. No encoder writes that.
const BLIND: &str = "page-after-blind-writes";

/// As the release before wrote an edit of dates: it said which slots it was about.
const EDITED: &str = "page-edited-before";

/// As the release before wrote a task token: in the ledger, beside the booking.
const TOKEN: &str = "task-token";

/// The page of both: its last write has three edits of dates more than today's would say.
fn edited() -> Stored {
    let Stored::Page(mut record) = samples::all()["page-busy"].clone() else { panic!("no page") };
    let edit = record.changes.last().expect("an edit").clone();
    record.changes.extend([edit.clone(), edit.clone(), edit]);
    Stored::Page(record)
}

fn folder(version: Version) -> String {
    format!("v{version}")
}

/// Every value whose sample is kept in a version.
fn values(version: Version) -> BTreeMap<&'static str, Stored> {
    let mut values = samples::all();
    match version {
        Version::V0 => {}
        Version::V1 => values.extend(samples::ahead()),
    }
    values
}

fn encoded(version: Version) -> BTreeMap<String, Item> {
    values(version).iter().map(|(name, value)| ((*name).to_owned(), value.encode_as(version))).collect()
}

#[test]
fn samples_are_what_is_written_in_their_version() {
    for version in Version::ALL {
        update(&folder(version), &encoded(version));
        let mut kept = read_all(&folder(version));
        kept.remove(BLIND);
        kept.remove(EDITED);
        if version == Version::V0 {
            kept.remove(TOKEN);
            kept.values_mut().for_each(|item| *item = without_action(item));
        }
        assert_eq!(kept, encoded(version), "version {version}");
    }
}

#[test]
fn samples_of_every_version_are_read() {
    for version in Version::ALL {
        let mut values = values(version);
        values.insert(TOKEN, samples::ahead()[TOKEN].clone());
        for (name, item) in read_all(&folder(version)) {
            if name == BLIND || name == EDITED {
                edited().assert_read_from(&item);
            } else {
                values[&*name].assert_read_from(&item);
            }
        }
    }
}

#[test]
fn every_kind_has_a_sample_and_is_written_in_its_version() {
    let mut values = samples::all();
    values.extend(samples::ahead());
    for kind in Kind::ALL {
        assert!(values.keys().any(|name| Kind::of(name) == kind), "no sample of {kind:?}");
    }
    for (name, value) in values {
        assert_eq!(value.kind(), Kind::of(name), "{name}");
        assert_eq!(value.encode(), value.encode_as(written(value.kind())), "{name}");
    }
}

fn sample(name: &str, version: Version) -> Item {
    samples::all()[name].encode_as(version)
}

/// The reason for which an item cannot be read.
fn refusal(kind: Kind, item: &Item) -> String {
    match decode(kind, item) {
        Err(StoreError::Corrupt { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_version_of_a_later_release_is_refused() {
    for (name, value) in samples::all() {
        let mut item = value.encode_as(Version::V1);
        item.insert("ver".to_owned(), AttributeValue::N("2".to_owned()));
        assert_eq!(refusal(value.kind(), &item), "this release cannot read version 2", "{name}");
        item.insert("ver".to_owned(), AttributeValue::S("1".to_owned()));
        assert_eq!(refusal(value.kind(), &item), "no number ver", "{name}");
    }
}

/// A sample whose document has `value` at `pointer`; it is removed for `null`.
fn with(name: &str, version: Version, pointer: &str, value: Value) -> Item {
    let mut item = sample(name, version);
    let text = item["doc"].as_s().expect("a document").clone();
    let mut document: Value = serde_json::from_str(&text).expect("JSON");
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
    match document.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent} in {text}")) {
        Value::Object(fields) if value.is_null() => {
            fields.remove(field);
        }
        Value::Object(fields) => {
            fields.insert(field.to_owned(), value);
        }
        other => panic!("{other} is no object"),
    }
    item.insert("doc".to_owned(), AttributeValue::S(document.to_string()));
    item
}

/// Fails unless the changed document is refused for a reason that contains `reason`.
fn check(name: &str, version: Version, pointer: &str, value: Value, reason: &str) {
    let item = with(name, version, pointer, value);
    let refused = refusal(Kind::of(name), &item);
    assert!(refused.contains(reason), "{name} with another {pointer}: {refused}");
}

#[test]
fn what_the_domain_cannot_say_is_refused() {
    let booking = |pointer: &str, value: Value, reason: &str| {
        check("booking-confirmed", Version::V1, pointer, value, reason);
    };
    let line = |amount: &str| json!({ "kind": "stay", "amount": amount });
    booking("/order/placements/0/shard", json!(65_536), "invalid value");
    let take = |quantity: u32, slot: &str| json!({ "quantity": quantity, "slots": [slot] });
    booking("/order/placements/0/takes", json!([take(1, "11"), take(2, "10")]), "slot 10 is out of order");
    booking("/order/placements/0/takes", json!([take(0, "10")]), "no place of slot 10 is taken");
    booking("/order/price/lines", json!([]), "must be between 0");
    let discount = json!({ "kind": "discount", "amount": "EUR -38701" });
    booking("/order/price/lines", json!([line("EUR 38700"), discount]), "must be between 0");
    let detailed = |detail: Value| json!([{ "kind": "stay", "amount": "EUR 38700", "detail": detail }]);
    booking("/order/price/lines", detailed(json!({ "of": 0 })), "nothing is named at 0");
    booking("/order/price/lines", detailed(json!({ "of": 0, "taxes": ["0"] })), "is no included tax");
    let rate = |count: u32, steps: Value| {
        json!({
            "plan": "flexible", "plan_name": "Flexible", "card_version": 1, "payment": "now", "units": [{ "count": count }],
            "refunds": { "kept_always": "EUR 0", "steps": steps }, "priced_at": 0
        })
    };
    booking("/order/rate", rate(2, json!([])), "units that are not the quantity");
    let step = |until: i64| json!({ "until": until, "kept": "EUR 1" });
    booking("/order/rate", rate(1, json!([step(2), step(1)])), "cancellation steps out of order");
    booking("/order/price/lines", json!([line("EUR 38699")]), "lines that are not the total");
    let extra = json!({ "kind": "extra", "amount": "USD 1" });
    booking("/order/price/lines", json!([line("EUR 38700"), extra]), "cannot be combined");
    booking("/order/price/lines", json!([{ "kind": "tip", "amount": "EUR 38700" }]), "unknown variant `tip`");
    booking("/payments/0/amount", json!("USD 1"), "cannot be combined");
    booking("/payments/0/amount", json!("EUR 38699"), "payments that are not the price");
    booking("/payments", json!([]), "payments that are not the price");
    booking("/payments/0/kind", json!("on_account"), "a payment of kind OnAccount");
    booking("/payments/0/kind", json!("cheque"), "unknown variant `cheque`");
    booking("/payments/0/provider", json!("adyen"), "unknown variant `adyen`");
    booking("/payments/0/provider", Value::Null, "a payment of kind Card through None");
    booking("/payments/0/method", Value::Null, "a payment of kind Card");
    booking("/payments/0/state", json!("contested"), "is no payment status");
    booking("/payments/0/refund", json!("lost"), "a refund that is lost");
    for pointer in ["/new", "/order/new", "/order/price/new", "/order/placements/0/new", "/payments/0/new"] {
        booking(pointer, json!(1), "unknown field `new`");
    }
    check("hold-active", Version::V1, "/new", json!(1), "unknown field `new`");
    check("booking-cancelled-refunded", Version::V1, "/cancellation/new", json!(1), "unknown field `new`");
    check(
        "booking-awaiting-customer",
        Version::V1,
        "/payments/0/action/new",
        json!(1),
        "unknown field `new`",
    );
    for name in ["resource-nightly", "resource-slots", "resource-event"] {
        for pointer in ["/new", "/schedule/new", "/hold_limits/new"] {
            check(name, Version::V1, pointer, json!(1), "unknown field `new`");
        }
    }
}

#[test]
fn values_that_are_not_the_domains_are_refused() {
    for (pointer, value, reason) in [
        ("/order/price/total", json!("EUR"), "is no amount"),
        ("/order/price/total", json!("EUR -1"), "must be between 0"),
        ("/order/price/total", json!("EUR 1.5"), "is no amount"),
        ("/order/price/total", json!("XTS 1"), "must be the ISO 4217 code"),
        ("/order/start", json!(i64::MAX), "not in the required range"),
        ("/order/resource", json!(""), "must have 1 to 64 characters"),
        ("/hold", json!("a b"), "may contain only"),
        ("/order/policy/0/percent", json!(101), "a percentage above 100"),
        ("/order/policy/0/hours", json!(0), "contradicting tiers"),
        ("/order/policy/0/hours", json!(87_601), "contradicting tiers"),
    ] {
        check("booking-confirmed", Version::V1, pointer, value, reason);
    }
    for (version, ttl, wait) in
        [(Version::V0, "/ttl", "/wait"), (Version::V1, "/ttl_seconds", "/cool_down_seconds")]
    {
        check("hold-active", version, ttl, json!(0), "the TTL 0 is not within 1 and 3600");
        check("hold-active", version, ttl, json!(3_601), "the TTL 3601 is not within 1 and 3600");
        check("hold-active", version, wait, json!(86_401), "the cool-down 86401 is not within 0 and 86400");
    }
}

#[test]
fn terms_out_of_their_bounds_are_refused_in_every_version() {
    let long = "x".repeat(501);
    let many: BTreeMap<String, u32> = (0..33).map(|n| (format!("a{n}"), n)).collect();
    for (version, ttl) in [(Version::V0, "/ttl"), (Version::V1, "/hold_ttl_seconds")] {
        for (pointer, value, reason) in [
            ("/capacity", json!(0), "the capacity must be between 1 and 100000"),
            ("/capacity", json!(100_001), "the capacity must be between 1 and 100000"),
            (ttl, json!(0), "a hold must live between 1 and 3600 seconds"),
            (ttl, json!(3_601), "a hold must live between 1 and 3600 seconds"),
            ("/attributes/view", json!(long), "must have at most 500 characters"),
            ("/attributes", json!(many), "there must be at most 32 attributes"),
            ("/attributes/", json!(1), "must have a name of 1 to 64 characters"),
            ("/attributes/view", json!([]), "did not match any variant"),
        ] {
            check("resource-nightly", version, pointer, value, reason);
        }
    }
    let limits = "a limit on holds is out of bounds";
    for (field, value) in [
        ("per_guest", 0),
        ("per_guest", 201),
        ("per_slot", 0),
        ("places_per_slot", 0),
        ("cool_down_seconds", 86_401),
    ] {
        check("resource-nightly", Version::V1, &format!("/hold_limits/{field}"), json!(value), limits);
    }
    check("resource-nightly", Version::V0, "/limits", json!([0, 10, null, 0]), limits);
}

#[test]
fn attributes_of_another_type_are_refused_also_where_they_may_be_absent() {
    let number = || AttributeValue::N("1".to_owned());
    for (name, attribute) in [
        ("hold-confirmed", "b"),
        ("booking-confirmed", "h"),
        ("audit-sealed", "tr"),
        ("audit-sealed", "h"),
        ("page-busy", "tr"),
    ] {
        for version in Version::ALL {
            let mut item = sample(name, version);
            item.insert(attribute.to_owned(), number());
            let refused = refusal(Kind::of(name), &item);
            assert_eq!(refused, format!("no text {attribute}"), "{name}");
        }
    }
    let page = |edit: &dyn Fn(&mut Item)| {
        let mut item = sample("page-busy", Version::V1);
        edit(&mut item);
        refusal(Kind::Page, &item)
    };
    fn map<'a>(item: &'a mut Item, name: &str) -> &'a mut Item {
        match item.get_mut(name) {
            Some(AttributeValue::M(map)) => map,
            other => panic!("{name} is no map: {other:?}"),
        }
    }
    let prolonged = |item: &mut Item| {
        for hold in map(item, "ho").values_mut() {
            let AttributeValue::M(hold) = hold else { panic!("a hold is a map") };
            hold.insert("p".to_owned(), number());
        }
    };
    assert_eq!(page(&prolonged), "p: not a boolean");
    let open = |item: &mut Item| {
        map(item, "cl").insert("09".to_owned(), AttributeValue::Bool(false));
    };
    assert_eq!(page(&open), "cl: slot 09 is named and not closed");
    let huge = |item: &mut Item| {
        item.insert("cap".to_owned(), AttributeValue::N("100001".to_owned()));
    };
    assert_eq!(page(&huge), "the capacity 100001 is not within 0 and 100000");
    let huge_override = |item: &mut Item| {
        map(item, "ov").insert("10".to_owned(), AttributeValue::N("100001".to_owned()));
    };
    assert_eq!(page(&huge_override), "the capacity 100001 is not within 0 and 100000");
}

#[test]
fn an_extension_is_read_in_either_form_from_a_record_of_either_version() {
    let value = samples::all()["hold-extended-by-operator"].clone();
    for (record, extensions) in [(Version::V0, Version::V1), (Version::V1, Version::V0)] {
        let mut item = value.encode_as(record);
        item.insert("ex".to_owned(), value.encode_as(extensions)["ex"].clone());
        value.assert_read_from(&item);
    }
}

#[test]
fn a_page_that_does_not_add_up_is_read_by_reconciliation_only() {
    use holdfast_adapters_dynamodb::items::{decode_page, decode_page_as_stored};

    let mut item = sample("page-busy", Version::V1);
    item.insert("cap".to_owned(), AttributeValue::N("8".to_owned()));
    let Err(StoreError::Corrupt { reason, .. }) = decode_page(&item) else { panic!("it does not add up") };
    assert_eq!(reason, "slot 01 does not add up");
    let Stored::Page(record) = &samples::all()["page-busy"] else { panic!("a page") };
    let read = decode_page_as_stored(&item).expect("it is a page");
    assert_eq!((read.capacity, read.available), (8, record.page.available.clone()));
}

/// The facts beside an audit entry are not sealed: whatever becomes of them, the trail is read, and only its event is not made.
#[test]
fn damaged_facts_leave_an_audit_entry_readable() {
    let whole = sample("audit-sealed", Version::V1);
    let mut item = whole.clone();
    item.insert("fa".to_owned(), AttributeValue::S("damaged".to_owned()));
    assert_eq!(items::decode_audit(&item).expect("a trail"), items::decode_audit(&whole).expect("a trail"));
    assert!(items::decode_audit_with_facts(&item).is_err());
}
