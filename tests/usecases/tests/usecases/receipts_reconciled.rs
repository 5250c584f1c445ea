//! Receipts whose events were lost for good: the reconciliation finds what is missing, and issues it under the next number, once. What is
//! too many is for a person.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_app::operations::reconciliation::{Kind, RECEIPT_SECONDS, Remedy};
use holdfast_app::receipts::Issued;
use holdfast_domain::receipts::{MoneyMovement, Receipt, ReceiptContent, ReceiptKind};
use holdfast_domain::{Booking, Resource};
use holdfast_testkit::{Fault, Faults, money};

use crate::properties::of_two_houses;
use crate::receipts::{booked, given_back, issue, receipts, shown};
use crate::reconciliation_world::{
    Desk, Meddling, check_as_is, delete, findings, found, receipts_come, run, run_while, set, text,
    try_run_over,
};
use crate::world::{PRICE, World};

use ReceiptKind::{Payment, Refund};

async fn world() -> (Arc<World>, Resource, Arc<Desk>) {
    let (w, room) = of_two_houses().await;
    (w, room, Arc::new(Desk::default()))
}

/// A booking that is cancelled: its payment has a receipt, and the event of its refund is lost.
async fn with_a_refund_nobody_heard_of(w: &World, room: &Resource) -> Booking {
    let booking = booked(w, room, "lost").await;
    assert_eq!(issue(w, &booking.id).await, 1);
    w.cancel(&booking.id, "cancel").await.expect("cancelled");
    booking
}

fn missing(booking: &Booking, remedy: Remedy) -> (Kind, String, Remedy) {
    found(Kind::ReceiptMissing, &booking.id, remedy)
}

#[tokio::test]
async fn the_receipt_of_a_last_refund_whose_event_is_lost_is_issued_once_under_the_next_number() {
    let (w, room, desk) = world().await;
    let booking = with_a_refund_nobody_heard_of(&w, &room).await;
    let other = booked(&w, &room, "other").await;
    issue(&w, &other.id).await;
    w.pass(RECEIPT_SECONDS - 1);
    check_as_is(&w, &desk, &[]).await;
    w.pass(1);
    let report = check_as_is(&w, &desk, &[missing(&booking, Remedy::Repaired)]).await;
    let detail = &report.findings[0].detail;
    assert!(detail.starts_with("none for refund of 129.00 EUR by entry "), "{detail}");
    assert_eq!(shown(&w, &booking.id).await, [(1, Payment, PRICE), (3, Refund, PRICE)]);
    assert_eq!(receipts(&w, &booking.id).await[1].issued_at, w.now());
    assert_eq!(shown(&w, &other.id).await, [(2, Payment, PRICE)]);
    let again = check_as_is(&w, &desk, &[]).await;
    assert_eq!((again.changing, again.more, desk.cases()), (0, false, vec![]));
    assert_eq!(issue(&w, &booking.id).await, 0, "its event comes after all");
    // The series goes on.
    given_back(&w, &other.id, 1_000, "evt").await;
    issue(&w, &other.id).await;
    assert_eq!(shown(&w, &other.id).await, [(2, Payment, PRICE), (4, Refund, 1_000)]);
}

#[tokio::test]
async fn every_movement_that_nobody_heard_of_has_its_receipt_in_order() {
    let (w, room, desk) = world().await;
    let booking = booked(&w, &room, "lost").await;
    given_back(&w, &booking.id, 1_000, "evt").await;
    w.pass(RECEIPT_SECONDS - 1);
    // This one is on its way still: it comes with those that are late.
    given_back(&w, &booking.id, 3_000, "evt_2").await;
    check_as_is(&w, &desk, &[]).await;
    w.pass(1);
    check_as_is(&w, &desk, &[missing(&booking, Remedy::Repaired)]).await;
    let moved = [(1, Payment, PRICE), (2, Refund, 1_000), (3, Refund, 3_000)];
    assert_eq!(shown(&w, &booking.id).await, moved);
    check_as_is(&w, &desk, &[]).await;
}

/// The receipt of a booking with this number of its trail, changed.
fn another(receipt: &Receipt, entry: u64, amount: i64) -> ReceiptContent {
    let movement = MoneyMovement { entry, amount: money(amount), ..receipt.content.movement };
    ReceiptContent { movement, ..receipt.content.clone() }
}

#[tokio::test]
async fn a_receipt_without_its_movement_is_for_a_person_and_stays() {
    let (w, room, desk) = world().await;
    let booking = booked(&w, &room, "paid").await;
    receipts_come(&w).await;
    let paid = receipts(&w, &booking.id).await.remove(0);
    let beyond = another(&paid, 99, PRICE);
    assert_eq!(w.store.receipts.issue(&beyond, w.now()).await.expect("issued"), Issued::Now(2));
    let orphaned = found(Kind::OrphanedReceipt, &booking.id, Remedy::Review);
    let report = check_as_is(&w, &desk, std::slice::from_ref(&orphaned)).await;
    let detail = "number 2 of property/house for payment of 129.00 EUR by entry 99";
    assert_eq!((report.findings[0].detail.as_str(), report.parked), (detail, 1));
    assert_eq!(desk.cases(), [format!("orphaned_receipt#{}", booking.id)]);
    // One that says another amount than what moved.
    let key = (format!("B#{}", booking.id), format!("R#{:06}", paid.content.movement.entry));
    set(&w, (&key.0, &key.1), "am", text(&format!("EUR {}", PRICE - 1))).await;
    let report = check_as_is(&w, &desk, &[orphaned]).await;
    assert!(report.findings[0].detail.starts_with("number 1 of property/house for payment of 128.99 EUR"));
    assert_eq!(receipts(&w, &booking.id).await.len(), 2, "no receipt is taken away");
}

#[tokio::test]
async fn what_is_missing_of_a_booking_that_cannot_be_told_is_for_a_person() {
    let (w, room, desk) = world().await;
    let (gone, unsaid) = (booked(&w, &room, "gone").await, booked(&w, &room, "unsaid").await);
    let by_entry = async |booking: &Booking| {
        let trail = w.store.history.audit_trail(&booking.id).await.expect("a trail");
        let entry = trail.iter().find(|entry| entry.kind == "payment.captured").expect("a capture");
        format!("E#{:06}", entry.sequence)
    };
    w.pass(RECEIPT_SECONDS);
    let (pk, sk) = (format!("B#{}", unsaid.id), by_entry(&unsaid).await);
    set(&w, (&pk, &sk), "doc", text("{}")).await;
    delete(&w, (&format!("B#{}", gone.id), "B")).await;
    let report = run(&w, &desk, true).await;
    let of_receipts: Vec<_> =
        findings(&report).into_iter().filter(|(kind, ..)| *kind == Kind::ReceiptMissing).collect();
    let mut expected = [missing(&gone, Remedy::Review), missing(&unsaid, Remedy::Review)];
    expected.sort_by(|(_, subject, _), (_, other, _)| subject.cmp(other));
    assert_eq!(of_receipts, expected);
    let real = run(&w, &desk, false).await;
    assert_eq!(findings(&real), findings(&report));
    for booking in [&gone, &unsaid] {
        assert_eq!(receipts(&w, &booking.id).await, []);
    }
}

/// Wherever a part of the reading ends, also between a booking's money and its receipts.
#[tokio::test]
async fn a_part_that_ends_within_a_booking_hides_nothing_and_makes_nothing_up() {
    let (w, room, desk) = world().await;
    let whole = booked(&w, &room, "whole").await;
    given_back(&w, &whole.id, 1_000, "evt").await;
    receipts_come(&w).await;
    let lost = with_a_refund_nobody_heard_of(&w, &room).await;
    w.pass(RECEIPT_SECONDS);
    let report = run_while(&w, &desk, Meddling::OneByOne).await;
    assert_eq!(findings(&report), [missing(&lost, Remedy::Repaired)]);
    assert_eq!(shown(&w, &lost.id).await.len(), 2);
    let report = run_while(&w, &desk, Meddling::OneByOne).await;
    assert_eq!((findings(&report), report.changing), (vec![], 0));
}

/// A world in which a receipt is missing, after a run that meets `fault` at its call after so many; `true` if it was killed by it.
async fn after_a_fault(fault: Fault, passes: usize) -> (Arc<World>, Arc<Desk>, Booking, bool) {
    let (w, room, desk) = world().await;
    let lost = with_a_refund_nobody_heard_of(&w, &room).await;
    w.pass(RECEIPT_SECONDS);
    let faults = Faults::default();
    let store = w.database.store_under(&faults);
    faults.strike(fault, passes, 1);
    let is_killed = tokio::select! {
        _ = try_run_over(&w, &desk, &store) => false,
        () = faults.strikes(), if fault == Fault::Killed => true,
    };
    let _ = faults.end();
    (w, desk, lost, is_killed)
}

/// The next run has done the rest.
async fn is_mended(w: &World, desk: &Arc<Desk>, lost: &Booking, what: &str) {
    run(w, desk, false).await;
    assert_eq!(shown(w, &lost.id).await, [(1, Payment, PRICE), (2, Refund, PRICE)], "{what}");
    check_as_is(w, desk, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_killed_after_any_of_its_calls_costs_no_number_and_issues_nothing_twice() {
    let mut kills = 0;
    for passes in 0.. {
        let (w, desk, lost, is_killed) = after_a_fault(Fault::Killed, passes).await;
        is_mended(&w, &desk, &lost, &format!("killed after call {passes}")).await;
        if !is_killed {
            break;
        }
        kills += 1;
    }
    assert!(kills >= 10, "{kills} calls only");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_under_a_run_costs_no_number() {
    for fault in Fault::ALL {
        for passes in 0..12 {
            let (w, desk, lost, _) = after_a_fault(fault, passes).await;
            is_mended(&w, &desk, &lost, &format!("{fault:?} after {passes}")).await;
        }
    }
}

/// Two runs side by side, and the event comes at the same time.
#[tokio::test(flavor = "multi_thread")]
async fn runs_side_by_side_and_the_late_event_issue_each_receipt_once() {
    let (w, room, desk) = world().await;
    let lost = with_a_refund_nobody_heard_of(&w, &room).await;
    let other = booked(&w, &room, "other").await;
    w.pass(RECEIPT_SECONDS);
    let (one, two) = (run(&w, &desk, false), run(&w, &desk, false));
    tokio::join!(one, two, issue(&w, &lost.id));
    run(&w, &desk, false).await;
    let both = [shown(&w, &lost.id).await, shown(&w, &other.id).await].concat();
    assert_eq!(both.len(), 3, "{both:?}");
    let numbers: BTreeSet<u64> = both.iter().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, BTreeSet::from([1, 2, 3]));
}
