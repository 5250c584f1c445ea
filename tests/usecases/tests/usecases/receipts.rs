//! Receipts: one for each amount that was taken and for each that was given back, under numbers without a gap.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::future::join_all;
use holdfast_app::catalogue::{Precondition, Run};
use holdfast_app::payments::{Dispute, Reaction};
use holdfast_app::receipts::{ReceiptIssue, Receipts};
use holdfast_app::{Caller, Failure, StoreError};
use holdfast_domain::bookings::Price;
use holdfast_domain::catalogue::Label;
use holdfast_domain::properties::PropertyTerms;
use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::charge::{Charge, ChargeKind, Due, Levy, Validity};
use holdfast_domain::rates::ids::ChargeId;
use holdfast_domain::rates::percentage::Percentage;
use holdfast_domain::receipts::{Receipt, ReceiptKind};
use holdfast_domain::{Booking, BookingId, BookingStatus, Resource};
use holdfast_testkit::{Fault, Faults, Store, nightly_resource};

use crate::bank::{DECLINED, Dashboard, VISA};
use crate::properties::{id, of_two_houses, properties, staff, terms};
use crate::rated;
use crate::world::{NIGHT, PRICE, SPAN, World, guest, operator};

/// A price of which 7 % are included, and to which 5 % are added; and a tax that is paid at the place.
fn taxed() -> RateCard {
    let tax = |name: &str, percent: &str, included: bool, due: Due| Charge {
        id: ChargeId::parse(name).expect("a name"),
        name: Label::parse(name).expect("a label"),
        kind: ChargeKind::Tax,
        included,
        levy: Levy::Percent(Percentage::parse(percent).expect("a percentage")),
        on: BTreeSet::from([holdfast_domain::rates::ids::TaxCategory::parse("stay").expect("a name")]),
        valid: Validity::default(),
        exempt_to_age: None,
        slots_max: None,
        before_discounts: false,
        refundable: true,
        due,
    };
    let charges = vec![
        tax("vat", "7", true, Due::Now),
        tax("room-tax", "5", false, Due::Now),
        tax("city-tax", "3", false, Due::AtProperty),
    ];
    RateCard { charges, ..rated::card(PRICE) }
}

pub(crate) fn issue_over(store: &Store) -> ReceiptIssue {
    ReceiptIssue::new(store.history.clone(), store.properties.clone(), store.receipts.clone())
}

/// What the function does when it hears of a booking.
pub(crate) async fn issue(w: &World, booking: &BookingId) -> usize {
    issue_over(&w.store).issue_missing(booking, w.now()).await.expect("receipts")
}

pub(crate) async fn receipts(w: &World, booking: &BookingId) -> Vec<Receipt> {
    w.store.receipts.receipts(booking).await.expect("a read")
}

/// Number, kind and amount of each receipt of a booking.
pub(crate) async fn shown(w: &World, booking: &BookingId) -> Vec<(u64, ReceiptKind, i64)> {
    let of = |receipt: &Receipt| (receipt.number, receipt.content.movement.kind, receipt.amount().amount());
    receipts(w, booking).await.iter().map(of).collect()
}

fn taxes(receipt: &Receipt) -> BTreeMap<&str, i64> {
    receipt.content.taxes.iter().map(|tax| (tax.code.as_str(), tax.amount.amount())).collect()
}

pub(crate) async fn booked(w: &World, room: &Resource, name: &str) -> Booking {
    let hold = w.held(room, name, NIGHT).await;
    let booking = w.ask(&hold, name, VISA).await.expect("an answer").booking;
    assert_eq!(booking.status, BookingStatus::Confirmed);
    booking
}

/// The webhook by which the provider says that something has become of a payment.
async fn rings(w: &World, booking: &BookingId, event: &str) -> Reaction {
    let intent = w.bank.intent_of(booking);
    w.webhook.on_payment(event, &intent, &w.by("stripe")).await.expect("a reaction")
}

/// A person gives a part back in the provider's dashboard.
pub(crate) async fn given_back(w: &World, booking: &BookingId, amount: i64, event: &str) {
    w.bank.dashboard(booking, Dashboard::Refunds(amount));
    assert_eq!(rings(w, booking, event).await, Reaction::Recorded);
}

async fn rename(w: &World, name: &str) {
    let (none, by) = (Precondition::None, w.by("operator"));
    let terms = PropertyTerms { name: Label::parse(name).expect("a label"), ..terms("house") };
    properties(&w.store).put(&operator(), &id("house"), &terms, &none, Run::Real, &by).await.expect("put");
}

fn issuer(receipt: &Receipt) -> Option<&str> {
    receipt.content.issuer.as_ref().map(|issuer| issuer.name.as_str())
}

#[tokio::test]
async fn a_payment_and_each_refund_have_receipts_whose_taxes_come_to_nothing_when_all_is_given_back() {
    use ReceiptKind::{Payment, Refund};
    let (w, room) = of_two_houses().await;
    rated::put(&w, &taxed()).await;
    let booking = booked(&w, &room, "pay").await;
    let total = booking.order.price.total().amount();
    assert!(total > PRICE, "a tax is added: {total}");
    assert_eq!(receipts(&w, &booking.id).await, [], "no payment waits for its number");
    w.pass(2);
    assert_eq!((issue(&w, &booking.id).await, issue(&w, &booking.id).await), (1, 0));
    let paid = receipts(&w, &booking.id).await.remove(0);
    assert_eq!(shown(&w, &booking.id).await, [(1, Payment, total)]);
    assert_eq!((paid.issued_at, issuer(&paid)), (w.now(), Some("house")));
    assert_eq!(paid.content.series.name(), "property/house");
    let lines = paid.content.price.as_ref().map(Price::lines).expect("lines");
    assert_eq!(lines.iter().map(|line| line.amount.amount()).sum::<i64>(), total, "they add up");
    assert!(lines.iter().all(|line| line.due() == Due::Now), "the city tax is paid at the place");
    // 129.00 has 7/107 of VAT, and 5 % of what is left come on top.
    assert_eq!(taxes(&paid), BTreeMap::from([("room-tax", 603), ("vat", 844)]));

    rename(&w, "The Grand").await;
    given_back(&w, &booking.id, 1_001, "evt_1").await;
    assert_eq!(issue(&w, &booking.id).await, 1);
    w.cancel(&booking.id, "cancel").await.expect("cancelled");
    assert_eq!((issue(&w, &booking.id).await, issue(&w, &booking.id).await), (1, 0));
    let moved = [(1, Payment, total), (2, Refund, 1_001), (3, Refund, total - 1_001)];
    assert_eq!(shown(&w, &booking.id).await, moved);
    let all = receipts(&w, &booking.id).await;
    assert_eq!(all[0], paid, "no receipt is changed");
    assert_eq!(
        all.iter().map(issuer).collect::<Vec<_>>(),
        [Some("house"), Some("The Grand"), Some("The Grand")]
    );
    assert!(all[1..].iter().all(|refund| refund.content.price.is_none()));
    for (code, of_payment) in taxes(&paid) {
        let of_refunds: Vec<i64> = all[1..].iter().map(|refund| taxes(refund)[code]).collect();
        assert_eq!(of_refunds.iter().sum::<i64>(), of_payment, "{code}: {of_refunds:?}");
        assert!(of_refunds.iter().all(|part| *part > 0), "{code}: {of_refunds:?}");
    }
    w.at_rest(&booking.id).await;
}

#[tokio::test]
async fn a_refund_that_fails_later_is_reversed_by_a_receipt_of_its_own() {
    use ReceiptKind::{Payment, Refund, RefundReversed};
    let room = nightly_resource("room", 5, 600);
    let w = World::running(&room).await;
    let booking = booked(&w, &room, "pay").await;
    w.bank.refunds_slowly();
    w.cancel(&booking.id, "cancel").await.expect("cancelled");
    assert_eq!(issue(&w, &booking.id).await, 2);
    let mut moved = vec![(1, Payment, PRICE), (2, Refund, PRICE)];
    assert_eq!(shown(&w, &booking.id).await, moved);
    w.bank.refund_ends(&booking.id, false);
    assert_eq!(rings(&w, &booking.id, "evt_1").await, Reaction::Recorded);
    assert_eq!((issue(&w, &booking.id).await, issue(&w, &booking.id).await), (1, 0));
    moved.push((3, RefundReversed, PRICE));
    assert_eq!(shown(&w, &booking.id).await, moved);
    // It is made again, and arrives: that it arrives moves nothing.
    w.settle(&booking.id).await;
    assert_eq!(issue(&w, &booking.id).await, 1);
    w.bank.refund_ends(&booking.id, true);
    assert_eq!(rings(&w, &booking.id, "evt_2").await, Reaction::Recorded);
    assert_eq!(issue(&w, &booking.id).await, 0);
    moved.push((4, Refund, PRICE));
    assert_eq!(shown(&w, &booking.id).await, moved);
    let all = receipts(&w, &booking.id).await;
    assert_eq!((all[0].content.series.name().as_str(), issuer(&all[0])), ("resource/room", None));
    assert!(all.iter().all(|receipt| receipt.content.taxes.is_empty()), "no rate card names a tax");
}

#[tokio::test]
async fn where_no_money_was_taken_there_is_no_receipt_and_no_number() {
    let room = nightly_resource("room", 9, 600);
    let w = World::running(&room).await;
    let hold = w.held(&room, "declined", NIGHT).await;
    let declined = w.ask(&hold, "declined", DECLINED).await.expect("an answer").booking;
    assert_eq!(declined.status, BookingStatus::Failed);
    // Given up before its saga has come to the capture.
    let hold = w.held(&room, "early", NIGHT).await;
    let early = w.open(&hold, "early", VISA).await;
    w.cancel(&early, "cancel").await.expect("cancelled");
    let free = {
        let mut free = nightly_resource("free", 1, 600);
        free.terms.base_price = holdfast_testkit::money(0);
        let hold = w.held(&w.put(&free).await, "free", NIGHT).await;
        let request = holdfast_app::bookings::BookingRequest {
            hold: hold.id.clone(),
            payment_method: None,
            contact: None,
            wait: crate::world::PATIENCE,
        };
        let key = crate::world::key("free", hold.id.as_str());
        w.requests.request(&guest("guest"), &key, &request, &w.by("guest")).await.expect("a booking").booking
    };
    assert_eq!(free.status, BookingStatus::Confirmed);
    for id in [&declined.id, &early, &free.id] {
        w.rests(id).await;
        assert_eq!(issue(&w, id).await, 0, "{:?}", w.trail(id).await);
        assert_eq!(receipts(&w, id).await, []);
    }
    let paid = booked(&w, &room, "paid").await;
    issue(&w, &paid.id).await;
    assert_eq!(shown(&w, &paid.id).await, [(1, ReceiptKind::Payment, PRICE)]);
}

#[tokio::test]
async fn a_dispute_moves_no_receipt_whoever_wins_it() {
    for end in [Dispute::None, Dispute::Lost] {
        let room = nightly_resource("room", 1, 600);
        let w = World::running(&room).await;
        let booking = booked(&w, &room, "pay").await;
        assert_eq!(issue(&w, &booking.id).await, 1);
        for (dispute, event) in [(Dispute::Open, "evt_1"), (end, "evt_2")] {
            w.bank.disputes(&booking.id, dispute);
            assert_eq!(rings(&w, &booking.id, event).await, Reaction::Recorded);
            assert_eq!(issue(&w, &booking.id).await, 0);
        }
    }
}

/// Whatever others do at the same time: many bookings of one house, each heard of several times at once, and those of another house.
#[tokio::test(flavor = "multi_thread")]
async fn bookings_that_race_for_numbers_have_each_one_without_a_gap() {
    let (w, room) = of_two_houses().await;
    let mut other = nightly_resource("other-room", 100, 600);
    other.terms.property = Some(id("other"));
    let other = w.put(&other).await;
    let mut ids = Vec::new();
    for name in 0..12 {
        let booking = booked(&w, &room, &format!("pay-{name}")).await;
        if name % 3 == 0 {
            given_back(&w, &booking.id, 1_000, &format!("evt_{name}")).await;
        }
        ids.push(booking.id);
        ids.extend((name % 4 == 0).then_some(booked(&w, &other, &format!("other-{name}")).await.id));
    }
    let heard = ids.iter().flat_map(|id| std::iter::repeat_n(id, 3));
    let issuing = heard.map(|id| {
        let (w, id) = (Arc::clone(&w), id.clone());
        tokio::spawn(async move { heard_of(&w, &id).await })
    });
    let issued: usize = join_all(issuing).await.into_iter().map(|issued| issued.expect("no panic")).sum();
    let mut numbers: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for id in &ids {
        let all = receipts(&w, id).await;
        assert!(all.is_sorted_by_key(|receipt| (receipt.number, receipt.content.movement.entry)), "{all:?}");
        for receipt in all {
            numbers.entry(receipt.content.series.name()).or_default().push(receipt.number);
        }
    }
    numbers.values_mut().for_each(|numbers| numbers.sort_unstable());
    let house = BTreeMap::from([
        ("property/house".to_owned(), (1..=16).collect()),
        ("property/other".to_owned(), (1..=3).collect()),
    ]);
    assert_eq!((numbers, issued), (house, 19));
}

/// The message is delivered again until it is done.
async fn heard_of(w: &World, id: &BookingId) -> usize {
    let mut issued = 0;
    for _ in 0..50 {
        match issue_over(&w.store).issue_missing(id, w.now()).await {
            Ok(more) => return issued + more,
            // What was issued before counts too: the rest is done by the next.
            Err(Failure::Store(StoreError::Contention(_))) => issued = 0,
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the receipts of {id} never come")
}

/// The function is killed after each of its calls, and the message comes again.
#[tokio::test(flavor = "multi_thread")]
async fn a_function_killed_after_any_of_its_calls_leaves_no_gap_and_no_second_receipt() {
    use ReceiptKind::{Payment, Refund};
    let mut kills = 0;
    for passes in 0.. {
        let (w, room) = of_two_houses().await;
        let (first, second) = (booked(&w, &room, "first").await, booked(&w, &room, "second").await);
        given_back(&w, &first.id, 2_000, "evt_1").await;
        let faults = Faults::default();
        let store = w.database.store_under(&faults);
        faults.strike(Fault::Killed, passes, 1);
        let issuing = issue_over(&store);
        let killed = tokio::select! {
            issued = issuing.issue_missing(&first.id, w.now()) => {
                assert_eq!(issued.expect("receipts"), 2);
                false
            }
            () = faults.strikes() => true,
        };
        let _ = faults.end();
        issue(&w, &second.id).await;
        issue(&w, &first.id).await;
        let (of_first, of_second) = (shown(&w, &first.id).await, shown(&w, &second.id).await);
        let said: Vec<_> = of_first.iter().map(|(_, kind, amount)| (*kind, *amount)).collect();
        assert_eq!(said, [(Payment, PRICE), (Refund, 2_000)], "killed after call {passes}");
        let numbers: BTreeSet<u64> = of_first.iter().chain(&of_second).map(|(number, ..)| *number).collect();
        assert_eq!(numbers, BTreeSet::from([1, 2, 3]), "killed after call {passes}");
        assert_eq!(of_second.len(), 1);
        if !killed {
            break;
        }
        kills += 1;
    }
    assert!(kills >= 8, "{kills} calls only");
}

/// Whatever becomes of the store, a message that comes again mends it.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_loses_its_answers_costs_no_number() {
    for fault in Fault::ALL {
        for passes in 0..10 {
            let room = nightly_resource("room", 5, 600);
            let w = World::running(&room).await;
            let booking = booked(&w, &room, "pay").await;
            given_back(&w, &booking.id, 2_000, "evt_1").await;
            let faults = Faults::default();
            faults.strike(fault, passes, 2);
            let _ = issue_over(&w.database.store_under(&faults)).issue_missing(&booking.id, w.now()).await;
            let _ = faults.end();
            issue(&w, &booking.id).await;
            let moved = [(1, ReceiptKind::Payment, PRICE), (2, ReceiptKind::Refund, 2_000)];
            assert_eq!(shown(&w, &booking.id).await, moved, "{fault:?} after {passes}");
        }
    }
}

#[tokio::test]
async fn receipts_are_for_the_guest_and_the_staff_of_the_house() {
    let (w, room) = of_two_houses().await;
    let hold = w.held(&room, "pay", SPAN).await;
    let booking = w.ask(&hold, "pay", VISA).await.expect("an answer").booking;
    issue(&w, &booking.id).await;
    let reading = Receipts::new(w.store.history.clone(), w.store.receipts.clone());
    let read = async |caller: Caller| reading.of_booking(&caller, &booking.id).await;
    for reader in [guest("guest"), staff("desk", &["house"]), operator()] {
        assert_eq!(read(reader).await.expect("receipts").len(), 1);
    }
    for stranger in [guest("other"), staff("desk", &["other"])] {
        assert!(matches!(read(stranger).await, Err(Failure::NotFound("booking"))));
    }
}
