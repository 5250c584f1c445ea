//! Bytes of what is stored, by the encoders of the adapter; and of entries that do not exist yet, by what they would hold.

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_adapters_dynamodb::Item;
use holdfast_adapters_dynamodb::items::{encode_hold_record, encode_page};
use holdfast_domain::catalogue::Facts;
use holdfast_domain::{Hold, Page, PageChange, PageKey, Resource};
use holdfast_testkit::{at, event_resource, hold_for, nightly_resource};
use jiff::Timestamp;

/// When the sizes are taken.
pub const NOW: &str = "2030-01-01T12:00:00Z";

/// Bytes of a value, by DynamoDB's documented rule:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>.
fn value_bytes(value: &AttributeValue) -> u64 {
    match value {
        AttributeValue::S(text) => length(text),
        AttributeValue::N(number) => {
            let digits: String = number.chars().filter(char::is_ascii_digit).collect();
            length(digits.trim_matches('0')).div_ceil(2) + 1
        }
        AttributeValue::M(map) => {
            3 + map.iter().map(|(name, value)| 1 + length(name) + value_bytes(value)).sum::<u64>()
        }
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + value_bytes(value)).sum::<u64>(),
        _ => 1,
    }
}

fn length(text: &str) -> u64 {
    text.len().try_into().unwrap_or(u64::MAX)
}

/// Bytes of an item.
#[must_use]
pub fn item_bytes(item: &Item) -> u64 {
    item.iter().map(|(name, value)| length(name) + value_bytes(value)).sum()
}

/// What holds are placed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An event: one slot.
    Event,
    /// A hotel's month, of which each hold takes three nights.
    Month,
}

impl Kind {
    /// A resource of that kind, as the tests and the figures use it.
    #[must_use]
    pub fn resource(self, capacity: u32) -> Resource {
        match self {
            Self::Event => event_resource("concert-2030", capacity, 600),
            Self::Month => nightly_resource("nyc-deluxe-double", capacity, 600),
        }
    }

    /// The hold of guest number `number`, each of whom has one.
    #[must_use]
    pub fn hold(self, resource: &Resource, number: u32, now: Timestamp) -> Hold {
        let guest = format!("guest-{number:06}");
        let range = match self {
            Self::Event => ("2030-06-01T19:00:00Z", "2030-06-01T22:00:00Z"),
            Self::Month => ("2030-05-01", "2030-05-04"),
        };
        hold_for(resource, &guest, "key", range, 1, now)
    }
}

/// The page of `resource` with the first `live` holds, as the write of the last of them leaves it.
#[must_use]
pub fn page_with(kind: Kind, resource: &Resource, live: u32, now: Timestamp) -> Page {
    let first = kind.hold(resource, 0, now);
    let name = first.order.placements.first().map_or_else(String::new, |placed| placed.page.page.clone());
    let mut page = resource.fresh_page(&PageKey::first(resource.id.clone(), name), &Facts::default());
    for number in 0..live {
        page = page.evolve(&placed(&kind.hold(resource, number, now)));
    }
    page
}

fn placed(hold: &Hold) -> PageChange {
    let placement = &hold.order.placements[0];
    PageChange::Placed { hold: hold.id.clone(), entry: hold.entry(placement) }
}

/// Bytes of today's page with so many live holds, and of a hold's record.
#[must_use]
pub fn page_bytes(kind: Kind, live: u32) -> u64 {
    let (now, resource) = (at(NOW), kind.resource(20_000));
    let page = page_with(kind, &resource, live, now);
    let last: Vec<PageChange> =
        live.checked_sub(1).map(|last| placed(&kind.hold(&resource, last, now))).into_iter().collect();
    item_bytes(&encode_page(&page, &last, now, None))
}

/// Bytes of a hold's record.
#[must_use]
pub fn record_bytes(kind: Kind) -> u64 {
    let (now, resource) = (at(NOW), kind.resource(20_000));
    item_bytes(&encode_hold_record(&kind.hold(&resource, 0, now)))
}
