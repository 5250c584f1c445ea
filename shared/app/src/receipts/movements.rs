//! Movements of a booking's money, as its audit trail has them.

use std::collections::BTreeMap;

use holdfast_domain::receipts::{MoneyMovement, ReceiptKind};
use holdfast_domain::{Currency, Money};

use crate::bookings::trail::AuditEvent;
use crate::kernel::failure::Failure;

/// The kinds of entries by which money may move: [`movements`] needs no others.
pub const MOVING_KINDS: [&str; 4] =
    ["payment.captured", "payment.refunded", "payment.refund_pending", "payment.refund_failed"];

/// The movements that a trail, oldest first, has. Entries say what was given back in all of one payment: what moved is how far that
/// is from what the entry before said. A refund that is on its way counts as given back, so that the entry by which it arrives moves
/// nothing, and one that fails moves it back. What the card's bank disputes or takes moves nothing here.
///
/// # Errors
/// [`Failure::Inconsistent`] where an entry about money does not say how much.
pub(crate) fn movements(trail: &[AuditEvent]) -> Result<Vec<MoneyMovement>, Failure> {
    let mut given_back: BTreeMap<u64, i64> = BTreeMap::new();
    let mut movements = Vec::new();
    for entry in trail {
        let moved = match entry.kind.as_str() {
            "payment.captured" => Some((ReceiptKind::Payment, money(entry, "amount")?)),
            "payment.refunded" | "payment.refund_pending" | "payment.refund_failed" => {
                let total = money(entry, "refundedTotal")?;
                let payment = entry.data["payment"].as_u64().unwrap_or(0);
                let before = given_back.insert(payment, total.amount()).unwrap_or(0);
                let more = total.amount() - before;
                let kind = if more > 0 { ReceiptKind::Refund } else { ReceiptKind::RefundReversed };
                let amount =
                    Money::new(more.abs(), total.currency()).map_err(|error| at_fault(entry, &error))?;
                Some((kind, amount))
            }
            _ => None,
        };
        if let Some((kind, amount)) = moved.filter(|(_, amount)| amount.amount() > 0) {
            movements.push(MoneyMovement { entry: entry.sequence, kind, amount, at: entry.at });
        }
    }
    Ok(movements)
}

/// An amount that an entry says.
fn money(entry: &AuditEvent, name: &str) -> Result<Money, Failure> {
    let amount = entry.data[name].as_i64().ok_or_else(|| at_fault(entry, &format_args!("no {name}")))?;
    let currency = entry.data["currency"].as_str().unwrap_or_default();
    let currency = Currency::parse(currency).map_err(|error| at_fault(entry, &error))?;
    Money::new(amount, currency).map_err(|error| at_fault(entry, &error))
}

fn at_fault(entry: &AuditEvent, reason: &dyn std::fmt::Display) -> Failure {
    Failure::Inconsistent(format!("the entry {}: {reason}", entry.event_id()))
}

#[cfg(test)]
mod tests {
    use holdfast_domain::{BookingId, BookingStatus};
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;

    fn entry(sequence: u64, kind: &str, data: Value) -> AuditEvent {
        AuditEvent {
            booking: BookingId::parse("bkg_1").expect("an id"),
            sequence,
            kind: kind.to_owned(),
            at: Timestamp::UNIX_EPOCH,
            actor: "saga".to_owned(),
            from: BookingStatus::Confirmed,
            to: BookingStatus::Confirmed,
            data,
            trace: None,
            seal: None,
            facts: None,
        }
    }

    fn check(entries: &[(&str, Value)], expected: &[(u64, ReceiptKind, i64)]) {
        let trail: Vec<AuditEvent> =
            (1..).zip(entries).map(|(number, (kind, data))| entry(number, kind, data.clone())).collect();
        let found = movements(&trail).expect("amounts");
        let found: Vec<_> = found.iter().map(|m| (m.entry, m.kind, m.amount.amount())).collect();
        assert_eq!(found, expected);
    }

    fn captured(amount: i64) -> (&'static str, Value) {
        ("payment.captured", json!({ "amount": amount, "currency": "EUR" }))
    }

    fn refund(kind: &'static str, total: i64) -> (&'static str, Value) {
        (kind, json!({ "refundedTotal": total, "currency": "EUR" }))
    }

    #[test]
    fn each_entry_that_moves_money_is_one_movement() {
        use ReceiptKind::{Payment, Refund, RefundReversed};
        check(&[("booking.requested", json!({})), ("payment.voided", json!({}))], &[]);
        check(&[captured(900), refund("payment.refunded", 300)], &[(1, Payment, 900), (2, Refund, 300)]);
        // It arrives.
        let arrives = [captured(900), refund("payment.refund_pending", 300), refund("payment.refunded", 300)];
        check(&arrives, &[(1, Payment, 900), (2, Refund, 300)]);
        // It fails, and is made again, and more.
        let fails = [
            captured(900),
            refund("payment.refund_pending", 300),
            refund("payment.refund_failed", 0),
            refund("payment.refunded", 300),
            refund("payment.refunded", 900),
        ];
        let moved = [(1, Payment, 900), (2, Refund, 300), (3, RefundReversed, 300), (4, Refund, 300)];
        check(&fails, &[&moved[..], &[(5, Refund, 600)]].concat());
        // It was refused before it was on its way.
        check(&[captured(900), refund("payment.refund_failed", 0)], &[(1, Payment, 900)]);
        check(
            &[captured(900), ("payment.charged_back", json!({ "chargedBackTotal": 900 }))],
            &[(1, Payment, 900)],
        );
    }

    #[test]
    fn the_kinds_that_are_named_are_those_that_are_read() {
        for kind in MOVING_KINDS {
            assert!(movements(&[entry(1, kind, json!({}))]).is_err(), "{kind} needs an amount");
        }
        for kind in ["booking.requested", "booking.cancelled", "payment.voided", "payment.charged_back"] {
            assert_eq!(movements(&[entry(1, kind, json!({}))]).expect("nothing moves"), [], "{kind}");
        }
    }

    #[test]
    fn each_payment_has_a_total_of_its_own() {
        let second = |(kind, mut data): (&'static str, Value)| {
            data["payment"] = json!(1);
            (kind, data)
        };
        let entries = [
            captured(600),
            second(captured(300)),
            refund("payment.refunded", 600),
            second(refund("payment.refunded", 300)),
        ];
        use ReceiptKind::{Payment, Refund};
        check(&entries, &[(1, Payment, 600), (2, Payment, 300), (3, Refund, 600), (4, Refund, 300)]);
    }

    #[test]
    fn an_entry_about_money_that_says_no_amount_is_a_fault() {
        for data in
            [json!({}), json!({ "amount": -1, "currency": "EUR" }), json!({ "amount": 1, "currency": "X" })]
        {
            let failure = movements(&[entry(1, "payment.captured", data)]).expect_err("a fault");
            assert!(failure.is_fault() && failure.to_string().contains("bkg_1-000001"), "{failure}");
        }
    }
}
