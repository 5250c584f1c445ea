//! Numbers of receipts: without a gap and each once, however many are issued at the same time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use holdfast_app::StoreError;
use holdfast_app::operations::Inspected;
use holdfast_app::receipts::{Issued, ReceiptStore};
use holdfast_domain::receipts::{MoneyMovement, Receipt, ReceiptContent, ReceiptKind, ReceiptSeries};
use holdfast_domain::{BookingEvent, BookingId, InventoryMove, PaymentStep, PropertyId, ResourceId};
use holdfast_testkit::{Database, money, nightly_resource};
use tokio::sync::Barrier;

use crate::harness::Harness;

/// Receipts that are issued side by side.
const MANY: u64 = 200;

pub(crate) fn content(booking: &str, entry: u64, series: ReceiptSeries, h: &Harness) -> ReceiptContent {
    ReceiptContent {
        series,
        booking: BookingId::parse(booking).expect("an id"),
        movement: MoneyMovement { entry, kind: ReceiptKind::Payment, amount: money(100), at: h.now() },
        issuer: None,
        resource: ResourceId::parse("room").expect("an id"),
        resource_name: "Room".to_owned(),
        price: None,
        taxes: Vec::new(),
    }
}

pub(crate) fn property(name: &str) -> ReceiptSeries {
    ReceiptSeries::Property(PropertyId::parse(name).expect("an id"))
}

async fn read(h: &Harness, booking: &str) -> Vec<Receipt> {
    h.store.receipts.receipts(&BookingId::parse(booking).expect("an id")).await.expect("a read")
}

/// Issues it, as often as others are first for too long: a queue delivers its message again.
pub(crate) async fn issued(store: &dyn ReceiptStore, content: &ReceiptContent) -> Issued {
    // Ends: whoever is too late was passed by others, of whom there are finitely many.
    loop {
        match store.issue(content, content.movement.at).await {
            Ok(issued) => return issued,
            Err(StoreError::Contention(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

pub(crate) fn number(issued: Issued) -> u64 {
    match issued {
        Issued::Now(number) => number,
        Issued::Before => panic!("each is issued once"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_at_once_are_one_to_two_hundred() {
    let h = Arc::new(Harness::start().await);
    let issuing = (0..MANY).map(|at| {
        let h = Arc::clone(&h);
        tokio::spawn(async move {
            let content = content(&format!("bkg_{}", at % 50), 4 + at, property("house"), &h);
            number(issued(h.store.receipts.as_ref(), &content).await)
        })
    });
    let given: BTreeSet<u64> =
        join_all(issuing).await.into_iter().map(|given| given.expect("no panic")).collect();
    assert_eq!(given, (1..=MANY).collect());
    let mut stored = Vec::new();
    for booking in 0..50 {
        stored.extend(read(&h, &format!("bkg_{booking}")).await.iter().map(|receipt| receipt.number));
    }
    stored.sort_unstable();
    assert_eq!(stored, (1..=MANY).collect::<Vec<_>>());
}

/// Two hundred deliveries of the same event, side by side.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_movement_has_one_receipt_however_often_it_is_issued() {
    let h = Arc::new(Harness::start().await);
    let issuing = (0..MANY).map(|_| {
        let h = Arc::clone(&h);
        tokio::spawn(async move {
            let content = content("bkg_1", 4, property("house"), &h);
            issued(h.store.receipts.as_ref(), &content).await
        })
    });
    let given: Vec<Issued> =
        join_all(issuing).await.into_iter().map(|given| given.expect("no panic")).collect();
    assert_eq!(given.iter().filter(|given| **given == Issued::Now(1)).count(), 1);
    assert_eq!(given.iter().filter(|given| **given == Issued::Before).count() as u64, MANY - 1);
    assert_eq!(read(&h, "bkg_1").await.len(), 1);
    let next = content("bkg_2", 4, property("house"), &h);
    assert_eq!(issued(h.store.receipts.as_ref(), &next).await, Issued::Now(2), "no number was lost");
}

#[tokio::test]
async fn each_series_counts_for_itself_and_receipts_come_in_order() {
    let h = Harness::start().await;
    let of_room = ReceiptSeries::Resource(ResourceId::parse("house").expect("an id"));
    let mut given = BTreeMap::new();
    for (entry, series) in
        [(4, property("house")), (9, property("house")), (5, property("other")), (6, of_room)]
    {
        let issued = h.store.receipts.issue(&content("bkg_1", entry, series, &h), h.now()).await;
        given.insert(entry, issued.expect("issued"));
    }
    let now = Issued::Now;
    assert_eq!(given, BTreeMap::from([(4, now(1)), (9, now(2)), (5, now(1)), (6, now(1))]));
    let all = read(&h, "bkg_1").await;
    assert!(all.is_sorted_by_key(|receipt| receipt.number));
    assert_eq!(read(&h, "bkg_10").await, [], "of this booking alone");
}

/// Control: a counter that is read and written without a condition gives a number twice in the same race.
#[tokio::test(flavor = "multi_thread")]
async fn control_a_counter_without_a_condition_gives_a_number_twice() {
    let h = Arc::new(Harness::start().await);
    let barrier = Arc::new(Barrier::new(2));
    let counting = (0..2).map(|_| {
        let (h, barrier) = (Arc::clone(&h), Arc::clone(&barrier));
        tokio::spawn(async move {
            let key = [("pk", "N#property/house"), ("sk", "N")]
                .map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())));
            let read = h.database.client.get_item().table_name(Database::LEDGER);
            let read =
                read.set_key(Some(key.clone().into())).consistent_read(true).send().await.expect("a read");
            let last = read.item.as_ref().map_or("0", |item| item["n"].as_n().expect("a number"));
            let next = last.parse::<u64>().expect("a number") + 1;
            barrier.wait().await;
            let put = h.database.client.put_item().table_name(Database::LEDGER).set_item(Some(key.into()));
            put.item("n", AttributeValue::N(next.to_string())).send().await.expect("written");
            next
        })
    });
    let given: Vec<u64> =
        join_all(counting).await.into_iter().map(|given| given.expect("no panic")).collect();
    assert_eq!(given, [1, 1]);
}

/// What an item of the ledger as a whole is, and of which booking.
fn named(item: &Inspected) -> (String, &str) {
    match item {
        Inspected::Page(page) => (page.key.resource.to_string(), "page"),
        Inspected::Booking(booking) => (booking.id.to_string(), "booking"),
        Inspected::Money(entry) => (entry.booking.to_string(), entry.kind.as_str()),
        Inspected::Receipt(receipt) => (receipt.content.booking.to_string(), "receipt"),
    }
}

/// Whoever reads the ledger as a whole passes a booking, the entries by which its money moved, and its receipts, side by side.
#[tokio::test]
async fn receipts_are_read_beside_the_money_that_they_are_for() {
    let room = nightly_resource("room", 5, 600);
    let h = Harness::with(&room).await;
    let mut ids = Vec::new();
    for name in ["one", "two", "three"] {
        let hold = h.placed(&room, name, ("2030-06-01", "2030-06-02"), 1).await;
        let booking = h.confirmed(&hold, name).await;
        let price = booking.order.price.total();
        let keep = || InventoryMove::Keep;
        let captured = BookingEvent::first_payment(PaymentStep::Captured { amount: price });
        let booking = h.apply(&booking, captured, keep()).await.expect("captured");
        let refunded = BookingEvent::first_payment(PaymentStep::Refunded { total: money(100) });
        let booking = h.apply(&booking, refunded, keep()).await.expect("refunded");
        for entry in [4, 5] {
            let content = content(booking.id.as_str(), entry, property("house"), &h);
            h.store.receipts.issue(&content, h.now()).await.expect("issued");
        }
        ids.push(booking.id.to_string());
    }
    let part = h.store.inspection.ledger_part(None).await.expect("a part");
    assert_eq!((part.unreadable, part.next), (vec![], None));
    let mut items: Vec<_> = part.items.iter().map(named).collect();
    items.retain(|(_, what)| *what != "page");
    let runs: Vec<&str> =
        items.chunk_by(|(one, _), (next, _)| one == next).map(|run| run[0].0.as_str()).collect();
    assert_eq!(runs.iter().collect::<BTreeSet<_>>().len(), runs.len(), "each in one place: {runs:?}");
    let side_by_side = ["booking", "payment.captured", "payment.refunded", "receipt", "receipt"];
    for id in &ids {
        let of_booking: Vec<&str> = items.iter().filter(|(of, _)| of == id).map(|(_, what)| *what).collect();
        assert_eq!(of_booking, side_by_side);
    }
    // A part that begins behind the first entry of a booking has the rest.
    let cursor = format!("B#{}|E#000004", ids[0]);
    let rest = h.store.inspection.ledger_part(Some(&cursor)).await.expect("a part");
    let rest: Vec<&str> =
        rest.items.iter().map(named).filter(|(of, _)| *of == ids[0]).map(|(_, what)| what).collect();
    assert_eq!(rest, side_by_side[2..]);
}
