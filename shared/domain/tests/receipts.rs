//! What the receipts of a booking say of taxes: in every currency and for any order of payments, refunds and reversals, the parts of an
//! amount are the amount's, none is more than is there, and what is wholly given back has given back each tax to the minor unit.
#![expect(clippy::expect_used, reason = "helpers of tests")]

mod fixture;

use std::collections::BTreeMap;

use fixture::requested;
use holdfast_domain::bookings::{LineDetail, Price, PriceLine, PriceLineKind};
use holdfast_domain::catalogue::Label;
use holdfast_domain::money::SignedMoney;
use holdfast_domain::rates::charge::{Due, IncludedTax};
use holdfast_domain::rates::ids::ChargeId;
use holdfast_domain::receipts::{
    MoneyMovement, Receipt, ReceiptContent, ReceiptKind, ReceiptSeries, SeriesHead, receipt_contents,
};
use holdfast_domain::{Booking, BookingPayments, Currency, Money};
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const CASES: u32 = 512;

fn label(text: &str) -> Label {
    Label::parse(text).expect("a label")
}

fn line(
    kind: PriceLineKind,
    amount: SignedMoney,
    code: &str,
    due: Due,
    included: &[(&str, i64)],
) -> PriceLine {
    let tax = |(code, amount): &(&str, i64)| IncludedTax {
        charge: ChargeId::parse(code).expect("a name"),
        name: label(code),
        amount: *amount,
    };
    let detail = LineDetail {
        code: code.to_owned(),
        name: label(code),
        dates: None,
        count: 1,
        due,
        refundable: true,
        included_taxes: included.iter().map(tax).collect(),
    };
    PriceLine { kind, amount, detail: Some(detail) }
}

/// The same line as one that is never given back.
fn kept(mut line: PriceLine) -> PriceLine {
    if let Some(detail) = &mut line.detail {
        detail.refundable = false;
    }
    line
}

/// A stay that includes two taxes, a discount that takes some of them off, a tax on top, one that a cancellation keeps and one that is
/// paid at the place.
fn price(currency: Currency, stay: i64, [discount, vat, levy, top]: [i64; 4]) -> Price {
    let amount = |amount| SignedMoney::new(amount, currency).expect("in range");
    let part = |of: i64, thousandths: i64| of * thousandths / 1000;
    let off = part(stay, discount);
    let taxes = |of: i64, sign: i64| [("vat", sign * part(of, vat)), ("levy", sign * part(of, levy))];
    Price::new(vec![
        line(PriceLineKind::Stay, amount(stay), "flexible", Due::Now, &taxes(stay, 1)),
        line(PriceLineKind::Discount, amount(-off), "SUMMER", Due::Now, &taxes(off, -1)),
        line(PriceLineKind::Tax, amount(part(stay, top)), "room-tax", Due::Now, &[]),
        kept(line(PriceLineKind::Tax, amount(part(stay, 20)), "resort-tax", Due::Now, &[])),
        line(PriceLineKind::Tax, amount(part(stay, 30)), "city-tax", Due::AtProperty, &[]),
    ])
    .expect("in range")
}

fn booking(price: Price) -> Booking {
    let mut booking = requested(1, BookingPayments::free(price.total().currency()));
    booking.order.price = price;
    booking
}

fn moved(entry: u64, kind: ReceiptKind, amount: i64, currency: Currency) -> MoneyMovement {
    let amount = Money::new(amount, currency).expect("in range");
    MoneyMovement { entry, kind, amount, at: Timestamp::UNIX_EPOCH }
}

fn taxes(content: &ReceiptContent) -> BTreeMap<String, i64> {
    content.taxes.iter().map(|tax| (tax.code.clone(), tax.amount.amount())).collect()
}

fn any_price() -> impl Strategy<Value = Price> {
    let currency = select(Currency::all().collect::<Vec<_>>());
    let stay = prop_oneof![1..=20_i64, 1..=200_000_i64, Just(80_000_000_000)];
    // Thousandths: of a discount, and of taxes.
    (currency, stay, 0..=999_i64, [0..=300_i64, 0..=300, 0..=100])
        .prop_map(|(currency, stay, discount, [vat, levy, top])| {
            price(currency, stay, [discount, vat, levy, top])
        })
        .prop_filter("something to pay", |price| price.total().amount() > 0)
}

/// How the money goes: payments of parts of what is left, refunds of parts of what was paid, reversals of parts of what was given back;
/// each with how much in thousandths, all of it at 1000. At last all is paid, and all is given back.
fn any_moves() -> impl Strategy<Value = Vec<(ReceiptKind, i64)>> {
    let kind = select(vec![
        ReceiptKind::Payment,
        ReceiptKind::Refund,
        ReceiptKind::Refund,
        ReceiptKind::RefundReversed,
    ]);
    vec((kind, prop_oneof![0..=1000_i64, Just(1000), 0..=20_i64]), 0..12).prop_map(|mut moves| {
        moves.extend([(ReceiptKind::Payment, 1000), (ReceiptKind::Refund, 1000)]);
        moves
    })
}

proptest! {
    #![proptest_config(holdfast_properties::config(CASES, "tests/regressions/receipts.txt"))]

    #[test]
    fn taxes_are_divided_to_the_minor_unit(price in any_price(), moves in any_moves()) {
        let (currency, total) = (price.total().currency(), price.total().amount());
        let (mut left, mut paid, mut given_back) = (total, 0, 0);
        let mut movements = Vec::new();
        for (kind, thousandths) in moves {
            let (from, to) = match kind {
                ReceiptKind::Payment => (&mut left, &mut paid),
                ReceiptKind::Refund => (&mut paid, &mut given_back),
                ReceiptKind::RefundReversed => (&mut given_back, &mut paid),
            };
            let amount = i64::try_from(i128::from(*from) * i128::from(thousandths) / 1000).expect("in range");
            if amount > 0 {
                *from -= amount;
                *to += amount;
                movements.push(moved(1 + movements.len() as u64, kind, amount, currency));
            }
        }
        let booking = booking(price.clone());
        let contents = receipt_contents(&booking.id, &booking.order, None, &movements);
        prop_assert_eq!(contents.len(), movements.len());
        let mut with_guest: BTreeMap<String, i64> = BTreeMap::new();
        let mut of_payments: BTreeMap<String, i64> = BTreeMap::new();
        for content in &contents {
            let amount = content.movement.amount.amount();
            let taxes = taxes(content);
            prop_assert!(taxes.values().all(|tax| (0..=amount).contains(tax)), "{taxes:?} of {amount}");
            prop_assert!(taxes.values().sum::<i64>() <= amount, "{taxes:?} of {amount}");
            prop_assert!(!taxes.contains_key("city-tax"), "paid at the place");
            for (code, tax) in taxes {
                let sign = if content.movement.kind == ReceiptKind::Refund { -1 } else { 1 };
                *with_guest.entry(code.clone()).or_default() += sign * tax;
                if content.movement.kind == ReceiptKind::Payment {
                    *of_payments.entry(code.clone()).or_default() += tax;
                }
                prop_assert!(with_guest[&code] >= 0, "more {code} was given back than was paid");
            }
        }
        prop_assert!(with_guest.values().all(|tax| *tax == 0), "all was given back: {with_guest:?}");
        // All payments together have what the price has.
        let mut of_price: BTreeMap<String, i64> =
            BTreeMap::from(["vat", "levy", "room-tax", "resort-tax"].map(|code| (code.to_owned(), 0)));
        for line in price.lines().iter().filter(|line| line.due() == Due::Now) {
            let detail = line.detail.as_ref().expect("of a card");
            for tax in &detail.included_taxes {
                *of_price.get_mut(tax.charge.as_str()).expect("known") += tax.amount;
            }
            if line.kind == PriceLineKind::Tax {
                *of_price.get_mut(&detail.code).expect("known") += line.amount.amount();
            }
        }
        // Rounding, each tax up, may make them more than a price of a few minor units: a payment has no more than it is.
        if of_price.values().sum::<i64>() <= total {
            prop_assert_eq!(of_payments, of_price);
        } else {
            prop_assert_eq!(of_payments.values().sum::<i64>(), total);
        }
    }

    /// Whoever looks again later, when more has moved, says of what moved before what was said before.
    #[test]
    fn a_receipt_says_the_same_whatever_comes_after_it(price in any_price(), amounts in vec(1..=1000_i64, 1..8)) {
        let (currency, total) = (price.total().currency(), price.total().amount());
        let booking = booking(price);
        let mut movements = vec![moved(1, ReceiptKind::Payment, total, currency)];
        let mut left = total;
        for amount in amounts {
            let amount = amount.min(left);
            left -= amount;
            if amount > 0 {
                movements.push(moved(1 + movements.len() as u64, ReceiptKind::Refund, amount, currency));
            }
        }
        let all = receipt_contents(&booking.id, &booking.order, None, &movements);
        for until in 0..movements.len() {
            let before = receipt_contents(&booking.id, &booking.order, None, &movements[..until]);
            prop_assert_eq!(&before[..], &all[..until]);
        }
        // What a cancellation keeps comes back only when there is nothing else left.
        let kept = taxes(&all[0])["resort-tax"];
        let mut given_back = 0;
        for refund in &all[1..] {
            let before = (given_back - (total - kept)).max(0);
            given_back += refund.movement.amount.amount();
            prop_assert_eq!(taxes(refund)["resort-tax"], (given_back - (total - kept)).max(0) - before);
        }
        let lines = all[0].price.as_ref().expect("of the whole price");
        prop_assert_eq!(lines.total(), movements[0].amount);
    }
}

#[test]
fn a_price_without_a_rate_card_has_lines_and_no_taxes_and_a_part_of_it_neither() {
    let booking = requested(1_000, BookingPayments::free(Currency::parse("EUR").expect("known")));
    let currency = booking.order.price.total().currency();
    let of = |amount| {
        let movements = [moved(4, ReceiptKind::Payment, amount, currency)];
        receipt_contents(&booking.id, &booking.order, None, &movements).remove(0)
    };
    assert_eq!(of(1_000).price, Some(booking.order.price.clone()));
    assert_eq!((of(999).price, of(1_000).taxes), (None, Vec::new()));
    assert_eq!(of(1_000).series, ReceiptSeries::Resource(booking.order.resource.clone()));
}

#[test]
fn numbers_begin_with_one_and_times_never_go_back() {
    let booking = requested(1_000, BookingPayments::free(Currency::parse("EUR").expect("known")));
    let movements = [moved(4, ReceiptKind::Payment, 1_000, booking.order.price.total().currency())];
    let content = receipt_contents(&booking.id, &booking.order, None, &movements).remove(0);
    let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(100);
    let (before, after) = (now - SignedDuration::from_secs(5), now + SignedDuration::from_secs(5));
    let next = |head| {
        let receipt = Receipt::next(head, content.clone(), now);
        (receipt.number, receipt.issued_at)
    };
    assert_eq!(next(None), (1, now));
    assert_eq!(next(Some(SeriesHead { last: 7, at: before })), (8, now));
    assert_eq!(next(Some(SeriesHead { last: 7, at: after })), (8, after), "another clock is ahead");
}
