//! Sizes of items, by DynamoDB's documented rule (Developer Guide, "DynamoDB item sizes and formats"): names and texts by
//! their UTF-8 length; numbers by one byte per two significant digits plus one; a list or map three bytes, plus one byte per
//! element; a boolean one byte. A write costs a unit per KB begun, in a transaction two.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_adapters_dynamodb::Item;
use holdfast_adapters_dynamodb::items::Version;

use crate::samples;

fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => {
            let digits: String = number.chars().filter(char::is_ascii_digit).collect();
            digits.trim_matches('0').len().div_ceil(2) + 1
        }
        AttributeValue::Bool(_) => 1,
        AttributeValue::M(map) => {
            3 + map.iter().map(|(name, value)| 1 + name.len() + size(value)).sum::<usize>()
        }
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + size(value)).sum::<usize>(),
        other => unreachable!("{other:?} is not stored"),
    }
}

fn item_size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + size(value)).sum()
}

fn units(bytes: usize) -> usize {
    bytes.div_ceil(1024)
}

/// A hold is two writes, of its page and its record; a confirmation one transaction of page, booking, audit entry and
/// record. Three nights, a guest named as identity providers do, a page of 31 days.
#[test]
fn a_hold_costs_two_units_and_a_confirmation_eight_in_every_version() {
    for version in Version::ALL {
        let sizes: BTreeMap<&str, usize> = samples::of_a_confirmation()
            .into_iter()
            .map(|(name, value)| (name, item_size(&value.encode_as(version))))
            .collect();
        println!("version {version}: {sizes:?} bytes");
        assert_eq!(units(sizes["page"]) + units(sizes["hold record"]), 2, "{sizes:?}");
        let confirmation: usize = sizes.values().map(|bytes| 2 * units(*bytes)).sum();
        assert_eq!((sizes.len(), confirmation), (4, 8), "{sizes:?}");
    }
}
