//! Receipts as samples, and how large the largest is.

use std::collections::BTreeMap;

use holdfast_adapters_dynamodb::items::encode_receipt;
use holdfast_domain::bookings::Order;
use holdfast_domain::receipts::{
    MoneyMovement, Receipt, ReceiptContent, ReceiptIssuer, ReceiptKind, ReceiptSeries, SeriesHead,
    receipt_contents,
};
use holdfast_domain::{Booking, Money};
use holdfast_testkit::money;
use jiff::{SignedDuration, Timestamp};

use crate::applied::{largest, rated};
use crate::properties::house;
use crate::samples::{now, requested, stay};
use crate::sizes::{ITEM_BYTES_MAX, item_size};
use crate::values::Stored;

/// A receipt for each kind of movement of a booking of a property that was priced by a rate card, one without either, and the head of
/// each series.
pub(crate) fn samples() -> BTreeMap<&'static str, Stored> {
    let of_card = booking(rated, true);
    let total = of_card.order.price.total();
    let moves = [
        moved(4, ReceiptKind::Payment, total),
        moved(6, ReceiptKind::Refund, money(40_000)),
        moved(12, ReceiptKind::RefundReversed, money(40_000)),
    ];
    let mut of_card = receipts(&of_card, 7, &moves).into_iter();
    let mut next = || Stored::Receipt(Box::new(of_card.next().expect("a receipt for each movement")));
    let plain = booking(|order| order, false);
    let alone = receipts(&plain, 1, &[moved(4, ReceiptKind::Payment, plain.order.price.total())]).remove(0);
    let head = SeriesHead { last: 9, at: now() };
    BTreeMap::from([
        ("receipt-payment", next()),
        ("receipt-refund", next()),
        ("receipt-refund-reversed", next()),
        ("receipt-plain", Stored::Receipt(Box::new(alone.clone()))),
        ("series", Stored::Series(ReceiptSeries::Property(house().id), head)),
        ("series-of-resource", Stored::Series(alone.content.series, SeriesHead { last: 1, ..head })),
    ])
}

/// A booking of a stay, of the sample's property or of none.
fn booking(priced: impl Fn(Order) -> Order, of_property: bool) -> Booking {
    let hold = stay(("2030-06-10", "2030-06-13"));
    let booking = requested(&hold);
    let property = of_property.then(|| house().id);
    Booking { order: priced(Order { property, ..booking.order.clone() }), ..booking }
}

fn moved(entry: u64, kind: ReceiptKind, amount: Money) -> MoneyMovement {
    MoneyMovement { entry, kind, amount, at: now() }
}

/// The receipts of a booking, under numbers from `first` on.
fn receipts(booking: &Booking, first: u64, moves: &[MoneyMovement]) -> Vec<Receipt> {
    let issuer = booking.order.property.is_some().then(|| {
        let house = house();
        ReceiptIssuer { property: house.id, name: house.terms.name, address: house.terms.address }
    });
    let later: Timestamp = now() + SignedDuration::from_secs(2);
    let contents = receipt_contents(&booking.id, &booking.order, issuer.as_ref(), moves);
    (first..).zip(contents).map(|(number, content)| Receipt { number, issued_at: later, content }).collect()
}

#[test]
fn the_receipt_of_the_largest_price_fits_an_item() {
    let largest = booking(largest, true);
    let moves = [moved(999_999, ReceiptKind::Payment, largest.order.price.total())];
    let receipt = receipts(&largest, u64::from(u32::MAX), &moves).remove(0);
    // Nothing of that price is paid with the booking: as if all of it were.
    let content = ReceiptContent { price: Some(largest.order.price.clone()), ..receipt.content };
    let bytes = item_size(&encode_receipt(&Receipt { content, ..receipt }));
    println!("a receipt of the largest price: {bytes} bytes");
    assert!((100_000..ITEM_BYTES_MAX).contains(&bytes), "{bytes} bytes");
}
