//! Receipts: one for each movement of money that the trails tell of, under numbers without a gap.

use std::collections::BTreeMap;

use holdfast_app::bookings::AuditEvent;
use holdfast_domain::receipts::{Receipt, ReceiptKind};

use super::events::is_set_aside;
use super::{Anomaly, Findings, Snapshot};

/// A movement or the receipt for it: the number of the trail's entry, and which way how much went.
type Moved = (u64, ReceiptKind, i64);

/// Every movement has exactly one receipt, every receipt its movement, and every series is 1 to its last number. A series is of a
/// resource here, whose bookings are all of the run.
pub(super) fn check(snapshot: &Snapshot) -> Vec<Anomaly> {
    let mut found = Findings::of("receipts");
    let mut receipts: BTreeMap<&str, Vec<Moved>> = BTreeMap::new();
    let mut series: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for receipt in &snapshot.receipts {
        receipts.entry(receipt.content.booking.as_str()).or_default().push(said(receipt));
        series.entry(receipt.content.series.name()).or_default().push(receipt.number);
    }
    for (booking, trail) in &snapshot.trails {
        let mut there = receipts.remove(booking.as_str()).unwrap_or_default();
        for moved in movements(trail) {
            match there.iter().position(|receipt| *receipt == moved) {
                Some(at) => drop(there.swap_remove(at)),
                None => found.unless(is_set_aside(&snapshot.delivered, booking), || {
                    format!("{booking}: no receipt for {}", in_words(&moved))
                }),
            }
        }
        for receipt in there {
            found.add(format!("{booking}: a receipt too many, for {}", in_words(&receipt)));
        }
    }
    for booking in receipts.keys() {
        found.add(format!("receipts of {booking}, which has no trail"));
    }
    for (name, mut numbers) in series {
        numbers.sort_unstable();
        let gapless = (1..).zip(&numbers).all(|(expected, number)| expected == *number);
        found.unless(gapless, || format!("{name}: the numbers are {numbers:?}"));
    }
    found.1
}

fn said(receipt: &Receipt) -> Moved {
    (receipt.content.movement.entry, receipt.content.movement.kind, receipt.amount().amount())
}

fn in_words((entry, kind, amount): &Moved) -> String {
    format!("{} of {amount} by entry {entry}", kind.as_str())
}

/// How money moved, oldest first: an entry about refunds says what has been given back in all of its payment.
fn movements(trail: &[AuditEvent]) -> Vec<Moved> {
    let mut given_back: BTreeMap<u64, i64> = BTreeMap::new();
    let mut moved = Vec::new();
    for entry in trail {
        let amount = |name: &str| entry.data[name].as_i64().unwrap_or(0);
        let (kind, amount) = match entry.kind.as_str() {
            "payment.captured" => (ReceiptKind::Payment, amount("amount")),
            "payment.refund_pending" | "payment.refunded" | "payment.refund_failed" => {
                let so_far = given_back.entry(entry.data["payment"].as_u64().unwrap_or(0)).or_default();
                let more = amount("refundedTotal") - *so_far;
                *so_far += more;
                (if more > 0 { ReceiptKind::Refund } else { ReceiptKind::RefundReversed }, more.abs())
            }
            _ => continue,
        };
        if amount != 0 {
            moved.push((entry.sequence, kind, amount));
        }
    }
    moved
}
