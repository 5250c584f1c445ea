//! What a cycle of the reconciliation costs, and the formula for it in `docs/adr/0012-reconciliation-in-cycles.md`.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_adapters_dynamodb::Item;
use holdfast_app::bookings::BookingRequest;
use holdfast_testkit::{Database, Store, nightly_resource};

use crate::bank::{Op, VISA};
use crate::reconciliation_world::{Desk, run_over};
use crate::world::{NIGHT, PATIENCE, World, key, operator};

/// The bytes of the ledger for each booking: its item, its audit trail, its callback. The document's figure.
const BYTES_PER_BOOKING: usize = 2_320;
/// Readings of the whole ledger in one cycle.
const READINGS: usize = 2;
/// The bytes that one unit reads.
const BYTES_PER_UNIT: usize = 4_096;
/// Units beside: the cycle is read and kept, and each reading begins a unit.
const UNITS_BESIDE: usize = 2 + READINGS;

fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number.trim_matches(['-', '0']).len().div_ceil(2) + 1,
        AttributeValue::M(map) => {
            3 + map.iter().map(|(name, value)| 1 + name.len() + size(value)).sum::<usize>()
        }
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + size(value)).sum::<usize>(),
        _ => 1,
    }
}

/// The bytes of the ledger, all of them and those of bookings.
async fn bytes(w: &World) -> (usize, usize) {
    let mut sizes = (0, 0);
    let mut pages = w.database.client.scan().table_name(Database::LEDGER).into_paginator().items().send();
    while let Some(item) = pages.next().await {
        let item: Item = item.expect("an item");
        let bytes: usize = item.iter().map(|(name, value)| name.len() + size(value)).sum();
        sizes.0 += bytes;
        if item["pk"].as_s().is_ok_and(|pk| pk.starts_with("B#")) {
            sizes.1 += bytes;
        }
    }
    sizes
}

/// The units that the formula says: the readings, and each listed payment's booking.
fn units(ledger_bytes: usize, payments: usize) -> usize {
    READINGS * ledger_bytes.div_ceil(BYTES_PER_UNIT) + payments + UNITS_BESIDE
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cycle_costs_what_the_formula_says() {
    let room = nightly_resource("room", 500, 600);
    let (w, desk) = (World::running(&room).await, Arc::new(Desk::default()));
    let (client, meter) = w.database.metered_client();
    let metered = Store::over(&client);
    let mut bookings = 0;
    for more in [20, 40, 80] {
        for n in bookings..bookings + more {
            let hold = w.held(&room, &format!("k{n}"), NIGHT).await;
            let request = BookingRequest {
                hold: hold.id.clone(),
                payment_method: Some(VISA.to_owned()),
                contact: None,
                wait: PATIENCE,
            };
            let key = key(&format!("pay{n}"), hold.id.as_str());
            // An operator pays: of one guest's payments not so many may begin in a day.
            let paid = w.requests.request(&operator(), &key, &request, &w.by("guest")).await;
            paid.expect("an answer");
        }
        bookings += more;
        let (ledger_bytes, bytes_of_bookings) = bytes(&w).await;
        let lists = || w.bank.calls().iter().filter(|call| **call == Op::List).count();
        let (lists_before, _) = (lists(), meter.take(Database::LEDGER));
        let report = run_over(&w, &desk, &metered).await;
        assert_eq!((report.bookings as usize, report.findings.len()), (bookings, 0), "{report:#?}");
        let measured = meter.take(Database::LEDGER);
        let said = units(ledger_bytes, bookings);
        println!("{bookings} bookings: {ledger_bytes} bytes, {measured} units, {said} by the formula");
        assert!((measured - said as f64).abs() <= 0.02 * said as f64 + 2.0, "{measured} units, not {said}");
        // Two payments in a list here; the last list is full and says that there may be more.
        assert!((lists() - lists_before).abs_diff(bookings / 2) <= 1);
        let per_booking = bytes_of_bookings / bookings;
        assert!(per_booking.abs_diff(BYTES_PER_BOOKING) <= BYTES_PER_BOOKING / 10, "{per_booking} bytes");
    }
}
