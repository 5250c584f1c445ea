//! Write units of a hold and of a confirmation, from the sizes of the items that are written.
//!
//! Sizes by DynamoDB's documented rule (Developer Guide, "DynamoDB item sizes and formats"): names and texts by their
//! UTF-8 length; numbers by one byte per two significant digits plus one; a list or map three bytes, plus one byte per
//! element; a boolean one byte. A write costs one unit per KB begun, in a transaction twice that.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_app::bookings::BookingCommit;
use holdfast_app::catalogue::TermsCommit;
use holdfast_app::kernel as identity;
use holdfast_domain::{Booking, BookingEvent, BookingPayments, InventoryMove, PaymentStep};
use holdfast_testkit::{Database, Store, TestClock, hold_for, mutation, nightly_resource};
use jiff::{SignedDuration, Timestamp};

fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => {
            let digits = number.chars().filter(char::is_ascii_digit).collect::<String>();
            digits.trim_matches('0').len().div_ceil(2) + 1
        }
        AttributeValue::Bool(_) | AttributeValue::Null(_) => 1,
        AttributeValue::M(map) => {
            3 + map.iter().map(|(name, value)| 1 + name.len() + size(value)).sum::<usize>()
        }
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + size(value)).sum::<usize>(),
        other => unreachable!("{other:?} is not stored"),
    }
}

fn item_size(item: &HashMap<String, AttributeValue>) -> usize {
    item.iter().map(|(name, value)| name.len() + size(value)).sum()
}

fn units(bytes: usize) -> usize {
    bytes.div_ceil(1024)
}

async fn stored(database: &Database, table: &str, pk: &str, sk: Option<&str>) -> usize {
    let mut key = HashMap::from([("pk".to_owned(), AttributeValue::S(pk.to_owned()))]);
    if let Some(sk) = sk {
        key.insert("sk".to_owned(), AttributeValue::S(sk.to_owned()));
    }
    let output =
        database.client.get_item().table_name(table).set_key(Some(key)).send().await.expect("a read");
    item_size(output.item().expect("an item"))
}

pub(crate) async fn print(now: Timestamp) {
    let clock = TestClock::at(now);
    let database = Database::start(&clock).await;
    let store = database.store();
    let room = nightly_resource("nyc-deluxe-double", 20, 600);
    let by = mutation(now, "bench-guest-0001");
    store.catalogue.put_resource(&TermsCommit::new(None, &room, &by)).await.expect("a resource");
    let hold = hold_for(&room, "bench-guest-0001", "key", ("2030-05-01", "2030-05-04"), 1, now);
    store.holds.place(&[&room], &hold, &by).await.expect("a hold");
    let page = stored(&database, Database::LEDGER, "R#nyc-deluxe-double", Some("P#2030-05")).await;
    let record = stored(&database, Database::HOLDS, &format!("H#{}", hold.id), None).await;

    let booking = confirm(&store, &hold, now).await;
    let pk = format!("B#{}", booking.id);
    let last = format!("E#{:06}", booking.version);
    let rows = [
        (
            "page",
            stored(&database, Database::LEDGER, "R#nyc-deluxe-double", Some("P#2030-05")).await.max(page),
        ),
        ("booking", stored(&database, Database::LEDGER, &pk, Some("B")).await),
        ("audit event", stored(&database, Database::LEDGER, &pk, Some(&last)).await),
        ("hold record", stored(&database, Database::HOLDS, &format!("H#{}", hold.id), None).await),
    ];

    println!("Write units (three nights, a page of 31 days)");
    println!(
        "  hold:    page {page} B = {} + record {record} B = {} (target 1 + 1)",
        units(page),
        units(record)
    );
    let total: usize = rows.iter().map(|(_, bytes)| 2 * units(*bytes)).sum();
    let parts: Vec<String> = rows.iter().map(|(name, bytes)| format!("{name} {bytes} B")).collect();
    println!("  confirm: {} = {total} in one transaction (target at most 8)", parts.join(", "));
    println!(
        "           no index is written: the keys by guest do not change, those by end come with the capture\n"
    );
}

async fn confirm(store: &Store, hold: &holdfast_domain::Hold, now: Timestamp) -> Booking {
    let id = identity::booking_id(&hold.order.guest, "pay");
    let by = mutation(now, "saga");
    let requested = Booking::requested(
        id.clone(),
        identity::confirmation_number(&id),
        hold.id.clone(),
        hold.order.clone(),
        BookingPayments::by_card("pm_1PqX2b2eZvKYlo2CkXyJ0aBc".to_owned(), hold.order.price.total()),
        hold.fingerprint.clone(),
        now,
    );
    let mut booking = requested;
    let deadline = now.checked_add(SignedDuration::from_secs(900)).expect("in range");
    let intent = "pi_3PqX2b2eZvKYlo2C1kXyJ0aB".to_owned();
    let steps = [
        (BookingEvent::Requested, InventoryMove::Claim { deadline }),
        (BookingEvent::first_payment(PaymentStep::Created { intent }), InventoryMove::Keep),
        (BookingEvent::first_payment(PaymentStep::Authorized), InventoryMove::Keep),
        (BookingEvent::Confirmed, InventoryMove::Confirm),
    ];
    for (event, inventory) in steps {
        let commit = BookingCommit::new(&booking, event, inventory, &by);
        store.bookings.commit(&commit).await.expect("a commit");
        booking = commit.booking;
    }
    booking
}
