//! The tables restored to a point in time, while the provider's money goes on from now: what is lost is named, nothing is oversold,
//! and reconciliation finds every payment that no longer has its booking.

use std::sync::Arc;

use holdfast_adapters_dynamodb::{Item, Restored, TableRestore};
use holdfast_app::Failure;
use holdfast_app::operations::reconciliation::{Kind, Remedy, STALLED_SECONDS};
use holdfast_app::payments::Outcome;
use holdfast_domain::{BookingId, BookingStatus, Resource};
use holdfast_testkit::{Database, nightly_resource};
use tokio::sync::Mutex;

use crate::bank::{Dashboard, VISA};
use crate::driver::{Drive, Ending, Step};
use crate::reconciliation_world::{Desk, check, found};
use crate::world::{NIGHT, PRICE, SPAN, World};

fn room() -> Resource {
    nightly_resource("room", 2, 600)
}

async fn confirm(w: &World, id: &BookingId) {
    assert_eq!(Drive::new(w, id).run().await, Ending::Confirmed);
    w.flow.end(id);
}

async fn booked(w: &World, name: &str) -> BookingId {
    let hold = w.held(&room(), name, NIGHT).await;
    let id = w.open(&hold, name, VISA).await;
    confirm(w, &id).await;
    id
}

async fn restore(w: &World, table: &str, restored: &str) -> Restored {
    let restore = TableRestore::new(w.database.client.clone(), restored, table, false);
    let (mut all, mut cursor) = (Restored::default(), None::<Item>);
    loop {
        let (part, next) = restore.put_part(cursor).await.expect("a part");
        all.extend(part);
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    loop {
        let (part, next) = restore.remove_part(cursor).await.expect("a part");
        all.extend(part);
        cursor = next;
        if cursor.is_none() {
            return all;
        }
    }
}

/// What became of bookings by a restore: id, status before and after.
fn turned(restored: &Restored) -> Vec<(BookingId, Option<BookingStatus>, Option<BookingStatus>)> {
    let mut turned: Vec<_> = restored
        .bookings
        .iter()
        .filter_map(|one| {
            let id = one.was.as_ref().or(one.is.as_ref())?.id.clone();
            Some((id, one.was.as_ref().map(|of| of.status), one.is.as_ref().map(|of| of.status)))
        })
        .collect();
    turned.sort_by_key(|(id, ..)| id.to_string());
    turned
}

#[tokio::test]
async fn a_restore_to_a_point_in_time_is_reconciled_with_the_provider() {
    let room = room();
    let (w, desk) = (World::with(&room).await, Arc::new(Desk::default()));
    let kept = booked(&w, "kept").await;
    let given_up = booked(&w, "given up").await;
    let hold = w.held(&room, "waits", SPAN).await;
    let waits = w.open(&hold, "waits", VISA).await;
    // The point in time is between two steps of a saga.
    let (world, tables) = (w.clone(), Arc::new(Mutex::new(Vec::new())));
    let restored = tables.clone();
    let point = Box::pin(async move {
        for table in [Database::LEDGER, Database::HOLDS] {
            restored.lock().await.push((table, world.database.restored(table).await));
        }
    });
    assert_eq!(Drive::new(&w, &waits).before(Step::ConfirmBooking, point).run().await, Ending::Confirmed);
    w.flow.end(&waits);

    // After it one was confirmed, another is cancelled, and its place is booked by somebody else.
    w.cancel(&given_up, "cancel").await.expect("a cancellation");
    w.settle(&given_up).await;
    let lost = booked(&w, "lost").await;
    let money = w.bank.effects();

    let mut restored = Restored::default();
    for (table, copy) in tables.lock().await.iter() {
        restored.extend(restore(&w, table, copy).await);
    }
    let mut expected = vec![
        (lost.clone(), Some(BookingStatus::Confirmed), None),
        (given_up.clone(), Some(BookingStatus::Cancelled), Some(BookingStatus::Confirmed)),
        (waits.clone(), Some(BookingStatus::Confirmed), Some(BookingStatus::Pending)),
    ];
    expected.sort_by_key(|(id, ..)| id.to_string());
    assert_eq!(turned(&restored), expected);

    // Nothing is oversold: the place that was booked again is its first guest's, as it was then.
    assert!(matches!(w.place(&room, "k", NIGHT, 1).await, Err(Failure::SoldOut { available: 0 })));

    // The provider's money of now against the ledger of then.
    w.pass(STALLED_SECONDS);
    w.expiry.on_timer(&hold.id, &w.by("expiry")).await.expect("a timer");
    let findings = [
        found(Kind::StalledBooking, &waits, Remedy::Repaired),
        found(Kind::PaymentMismatch, &given_up, Remedy::Repaired),
        found(Kind::OrphanedPayment, w.bank.intent_of(&lost), Remedy::Review),
    ];
    check(&w, &desk, &findings).await;
    assert_eq!(w.bank.effects(), money, "reconciliation moves no money");

    // What the runbook says to do: the resumed saga finds its money, the booking that has its money back and its places still is
    // cancelled once more, and the money of the lost one is given back at the provider.
    assert_eq!(w.saga.inquire_payment(&waits, &w.by("saga")).await.expect("an answer"), Outcome::Captured);
    assert_eq!(w.saga.confirm_booking(&waits, &w.by("saga")).await.expect("places"), Outcome::Confirmed);
    w.cancel(&given_up, "once more").await.expect("a cancellation");
    w.settle(&given_up).await;
    w.bank.dashboard(&lost, Dashboard::Refunds(PRICE));
    let after = w.bank.effects();
    assert_eq!(
        (after.captured, after.refunded),
        (money.captured, money.refunded + 1),
        "nobody pays or is paid twice"
    );
    for id in [&kept, &given_up, &waits] {
        w.rests(id).await;
    }
    assert_eq!(w.bank.kept(&lost), 0);
    check(&w, &desk, &[]).await;
}

#[tokio::test]
async fn money_of_which_a_restored_booking_knows_nothing_is_for_review() {
    let (w, desk) = (World::with(&room()).await, Arc::new(Desk::default()));
    let hold = w.held(&room(), "asked", NIGHT).await;
    let asked = w.open(&hold, "asked", VISA).await;
    let ledger = w.database.restored(Database::LEDGER).await;
    confirm(&w, &asked).await;
    restore(&w, Database::LEDGER, &ledger).await;
    w.pass(STALLED_SECONDS);
    w.expiry.on_timer(&hold.id, &w.by("expiry")).await.expect("a timer");
    let findings = [
        found(Kind::StalledBooking, &asked, Remedy::Repaired),
        found(Kind::DuplicatePayment, w.bank.intent_of(&asked), Remedy::Review),
    ];
    check(&w, &desk, &findings).await;
}
