//! Numbers of receipts: without a gap and each once, however many are issued at the same time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use holdfast_app::StoreError;
use holdfast_app::receipts::{Issued, ReceiptStore};
use holdfast_domain::receipts::{MoneyMovement, Receipt, ReceiptContent, ReceiptKind, ReceiptSeries};
use holdfast_domain::{BookingId, PropertyId, ResourceId};
use holdfast_testkit::{Database, money};
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
