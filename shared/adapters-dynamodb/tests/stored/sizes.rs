//! Sizes of items, by DynamoDB's documented rule (Developer Guide, "DynamoDB item sizes and formats"): names and texts by
//! their UTF-8 length; numbers by one byte per two significant digits plus one; a list or map three bytes, plus one byte per
//! element; a boolean one byte. A write costs a unit per KB begun, in a transaction two.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_adapters_dynamodb::Item;
use holdfast_adapters_dynamodb::items::{Version, encode_booking, encode_hold_record, encode_page};
use holdfast_app::kernel::guest_mark;
use holdfast_domain::catalogue::Facts;
use holdfast_domain::inventory::{
    HOLDS_BESIDE_LONG_MAX, HOLDS_PER_PAGE_MAX, Placement, SHORT_HOLD_SLOTS_MAX,
};
use holdfast_domain::{
    Booking, GuestId, Hold, HoldId, Page, PageChange, PageCommand, PageHold, Resource, SlotPlaces,
};
use holdfast_testkit::{at, daily_resource, hold_for};

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

const ITEM_BYTES_MAX: usize = 400 * 1024;
const TRANSACTION_BYTES_MAX: usize = 4 * 1024 * 1024;

fn long_hold(resource: &Resource, range: (&str, &str)) -> Hold {
    let guest = "auth0|507f1f77bcf86cd799439011";
    hold_for(resource, guest, "a-key-of-a-common-length", range, 1, at("2030-05-20T12:00:00Z"))
}

/// A hold writes its pages and its record, a confirmation its pages, the booking, an audit entry and the record.
#[test]
fn the_longest_holds_fit_one_transaction_and_cost_what_is_printed() {
    let court = daily_resource("court", 4, &[("00:00", "20:00")], 2, 60);
    let bike = daily_resource("bike", 1440, &[("00:00", "00:00")], 2, 60);
    let slots = long_hold(&court, ("2030-06-01T00:00:00+02:00", "2030-06-01T20:00:00+02:00"));
    let days = long_hold(&bike, ("2030-09-01", "2030-11-30"));
    let audit = samples::of_a_confirmation()["audit entry"].encode_as(Version::V1);
    for (name, resource, hold, most) in
        [("300 slots of a day", &court, slots, [6, 20]), ("90 days", &bike, days, [186, 204])]
    {
        let booking = Booking { order: hold.order.clone(), ..samples::confirmed_booking() };
        let held = |placement: &Placement| {
            let mut page = resource.fresh_page(&placement.page, &Facts::default());
            page.holds.insert(hold.id.clone(), hold.entry(placement));
            page
        };
        let confirmed = |placement: &Placement| {
            let change = PageChange::Confirmed { hold: hold.id.clone(), booking: booking.id.clone() };
            held(placement).apply(&[change])
        };
        let size = |page: Page| item_size(&encode_page(&page, &[], hold.created_at, None));
        let placements = &hold.order.placements;
        let held: Vec<usize> = placements.iter().map(|placement| size(held(placement))).collect();
        let pages: Vec<usize> = placements.iter().map(|placement| size(confirmed(placement))).collect();
        let record = item_size(&encode_hold_record(&hold));
        let others = [record, item_size(&encode_booking(&booking)), item_size(&audit)];
        let whole: usize = pages.iter().chain(&others).sum();
        assert!(pages.len() + others.len() <= 100 && whole < TRANSACTION_BYTES_MAX, "{name}: {whole} bytes");
        let all_units = |sizes: &[usize]| sizes.iter().map(|bytes| units(*bytes)).sum::<usize>();
        // Several pages and the record are one transaction, of two units for one.
        let placed = (all_units(&held) + units(record)) * if held.len() == 1 { 1 } else { 2 };
        // A write costs what the larger of the item before and after it does.
        let larger: Vec<usize> = held.iter().zip(&pages).map(|(before, after)| *before.max(after)).collect();
        let confirmed = 2 * (all_units(&larger) + all_units(&others));
        println!(
            "{name}: {} pages, {whole} bytes; {placed} units to place, {confirmed} to confirm",
            pages.len()
        );
        assert!(placed <= most[0] && confirmed <= most[1], "{name}: {placed} and {confirmed} units");
    }
}

#[test]
fn a_page_full_of_the_longest_holds_fits_an_item_also_when_all_of_them_end_at_once() {
    let court = daily_resource("court", 4, &[("04:00", "00:00")], 1000, 60);
    let whole = long_hold(&court, ("2030-06-01T04:00:00+02:00", "2030-06-02T00:00:00+02:00"));
    let placement = &whole.order.placements[0];
    let mut page = court.fresh_page(&placement.page, &Facts::default());
    let slots: Vec<_> = placement.places.slots().cloned().collect();
    let last = &slots[slots.len() - SHORT_HOLD_SLOTS_MAX..];
    for number in 0..HOLDS_PER_PAGE_MAX {
        let slots = if number < HOLDS_BESIDE_LONG_MAX { &slots[..] } else { last };
        let guest = format!("auth0|507f1f77bcf86cd7{number:05}");
        let hold =
            Hold { guest_mark: guest_mark(&GuestId::parse(&guest).expect("a guest")), ..whole.clone() };
        let entry = PageHold {
            places: SlotPlaces::uniform(slots.iter().cloned(), 1).expect("ascending"),
            cool_down_seconds: 86_400,
            ..hold.entry(placement)
        };
        let id = HoldId::parse(&format!("{}{number:03}", &whole.id.as_str()[..20])).expect("an id");
        page.holds.insert(id, entry);
    }
    let bytes =
        |page: &Page, changes: &[PageChange]| item_size(&encode_page(page, changes, whole.created_at, None));
    let full = bytes(&page, &[]);
    // The dead are dropped when their places are needed, and each begins a cool-down.
    let newcomer = PageHold {
        places: SlotPlaces::uniform(slots.iter().cloned(), 900).expect("ascending"),
        ..whole.entry(placement)
    };
    let place = PageCommand::Place { hold: whole.id.clone(), entry: newcomer, limits: None };
    let changes = page.decide(&place, whole.expires_at).expect("all others are dead");
    let emptied = bytes(&page.apply(&changes), &changes);
    println!("{full} bytes full, {emptied} bytes when all ended");
    assert!(full.max(emptied) < ITEM_BYTES_MAX, "{full} and {emptied} bytes");
}
