//! The audit on planted data, of what is numbered and counted: receipts, and uses of promotions.

use holdfast_domain::rates::uses::UseOwner;
use holdfast_domain::receipts::ReceiptKind;

use super::planted::{after, is_found, receipt};
use super::{Snapshot, Use};

#[test]
fn a_receipt_that_is_missing_too_many_or_of_another_amount_is_found() {
    is_found("receipts", "bkg_B: no receipt for refund of 6450 by entry 7", |s, _| {
        s.receipts.remove(2);
    });
    is_found("receipts", "bkg_A: a receipt too many, for payment of 12900 by entry 9", |s, _| {
        let more = receipt(4, &s.bookings[0], 9, ReceiptKind::Payment, 12_900);
        s.receipts.push(more);
    });
    is_found("receipts", "a receipt too many, for payment of 12900 by entry 5", |s, _| {
        let again = receipt(4, &s.bookings[0], 5, ReceiptKind::Payment, 12_900);
        s.receipts.push(again);
    });
    is_found("receipts", "no receipt for payment of 12900 by entry 5", |s, _| {
        s.receipts[0] = receipt(1, &s.bookings[0], 5, ReceiptKind::Payment, 12_899);
    });
    is_found("receipts", "no receipt for refund of 6450", |s, _| {
        s.receipts[2] = receipt(3, &s.bookings[1], 7, ReceiptKind::RefundReversed, 6_450);
    });
    is_found("receipts", "which has no trail", |s, _| {
        s.trails.remove("bkg_A");
    });
}

#[test]
fn a_number_of_a_receipt_that_is_left_out_or_given_twice_is_found() {
    is_found("receipts", "resource/hall: the numbers are [1, 2, 4]", |s, _| s.receipts[2].number = 4);
    is_found("receipts", "resource/hall: the numbers are [1, 1, 3]", |s, _| s.receipts[1].number = 1);
    is_found("receipts", "resource/hall: the numbers are [2, 3, 4]", |s, _| {
        s.receipts.iter_mut().for_each(|receipt| receipt.number += 1);
    });
}

#[test]
fn a_receipt_whose_event_was_set_aside_is_not_missing() {
    let found = after(|s, _| {
        s.receipts.remove(2);
        s.delivered.set_aside.push("the event bkg_B-000007".to_owned());
    });
    assert_eq!(found, []);
}

#[test]
fn a_use_of_a_promotion_that_is_counted_wrongly_is_found() {
    is_found("promotions", "hall CHAOS: the counter says 3, there are 2 uses", |s, _| s.counters[0].uses = 3);
    is_found("promotions", "2 uses without a counter", |s, _| s.counters.clear());
    is_found("promotions", "bkg_A stands with the code CHAOS, and has no use of it", |s, _| {
        s.uses.remove(1);
        s.counters[0].uses = 1;
    });
    is_found("promotions", "a use of bkg_B by", |s, _| {
        let hold = s.bookings[1].hold.to_string();
        let owner = UseOwner::Booking(s.bookings[1].id.clone());
        s.uses.push(Use { hold, owner, ..s.uses[0].clone() });
        s.counters[0].uses = 3;
    });
    is_found("promotions", "which is over", |s, told| {
        s.uses.push(Use { hold: "hld_released".to_owned(), ..s.uses[0].clone() });
        s.counters[0].uses = 3;
        told.hold_statuses.insert("hld_released".to_owned(), "released".to_owned());
    });
}

#[test]
fn an_expired_hold_may_have_its_use_until_its_timer_rings() {
    let found = after(|s, told| {
        s.uses.push(Use { hold: "hld_expired".to_owned(), ..s.uses[0].clone() });
        s.counters[0].uses = 3;
        told.hold_statuses.insert("hld_expired".to_owned(), "expired".to_owned());
    });
    assert_eq!(found, []);
}

/// Whatever the page says of itself.
#[test]
fn a_slot_with_more_places_than_anybody_set_is_found() {
    let more = |s: &mut Snapshot| {
        s.pages[0].overrides = s.pages[0].available.keys().map(|slot| (slot.clone(), 9)).collect();
        s.pages[0].available.values_mut().for_each(|free| *free += 6);
    };
    assert_eq!(
        after(|s, _| {
            more(s);
            s.places.insert("hall".to_owned(), 9);
        }),
        []
    );
    is_found("inventory", "9 places, 5 were set at most", |s, _| more(s));
    is_found("inventory", "1 taken beyond its places", |s, _| {
        s.pages[0].excess = s.pages[0].available.keys().map(|slot| (slot.clone(), 1)).collect();
    });
}
