//! Audit trails: sealed as written, gapless, and each step a legal one.

use std::collections::BTreeSet;

use holdfast_app::bookings::{AuditEvent, verify};
use holdfast_domain::{Booking, BookingStatus, PaymentStatus};

use super::{Anomaly, Findings, Snapshot};

/// What happens to a booking once.
const ONCE: [&str; 8] = [
    "booking.requested",
    "booking.confirmed",
    "booking.failed",
    "booking.cancelled",
    "payment.created",
    "payment.authorized",
    "payment.captured",
    "payment.voided",
];

/// Every trail is whole and legal, and ends where its booking stands.
pub(super) fn check(snapshot: &Snapshot) -> Vec<Anomaly> {
    let mut found = Findings::of("trails");
    for booking in &snapshot.bookings {
        let trail = snapshot.trails.get(booking.id.as_str()).map_or(&[][..], Vec::as_slice);
        if let Err(broken) = verify(booking, trail) {
            found.add(format!("{}: {broken}", booking.id));
        }
        if let Some(what) = illegal_step(booking, trail) {
            found.add(format!("{}: {what}", booking.id));
        }
    }
    found.1
}

fn payment_status(event: &AuditEvent) -> Option<PaymentStatus> {
    event.data["paymentStatus"].as_str().and_then(PaymentStatus::parse)
}

/// The first step of a trail that is not legal, or that its end is not where the booking stands.
fn illegal_step(booking: &Booking, trail: &[AuditEvent]) -> Option<String> {
    let mut status = BookingStatus::Pending;
    let mut payment = PaymentStatus::Pending;
    let mut seen = BTreeSet::new();
    for (number, event) in trail.iter().enumerate() {
        let at = format!("entry {}, {}", event.sequence, event.kind);
        if (number == 0) != (event.kind == "booking.requested") {
            return Some(format!("{at}: a trail begins with booking.requested, once"));
        }
        if ONCE.contains(&event.kind.as_str()) && !seen.insert(event.kind.as_str()) {
            return Some(format!("{at}, happened before"));
        }
        let Some(next) = payment_status(event) else {
            return Some(format!("{at}, says nothing of the payment"));
        };
        if event.from != status || !may_follow(status, event.to) {
            let (from, to) = (event.from.as_str(), event.to.as_str());
            return Some(format!("{at}: from {from} to {to}, it was {}", status.as_str()));
        }
        if !money_may_follow(payment, next) {
            return Some(format!("{at}: the payment went from {} to {}", payment.as_str(), next.as_str()));
        }
        (status, payment) = (event.to, next);
    }
    let ends = (status, payment) == (booking.status, booking.payment_status());
    (!ends).then(|| {
        let (is, paid) = (booking.status.as_str(), booking.payment_status().as_str());
        format!("ends {} and {}, the booking is {is} and {paid}", status.as_str(), payment.as_str())
    })
}

fn may_follow(from: BookingStatus, to: BookingStatus) -> bool {
    use BookingStatus as S;
    match from {
        S::Pending => to != S::Completed,
        S::Confirmed => to != S::Pending,
        S::Cancelled | S::Completed | S::Failed => to == from,
    }
}

fn money_may_follow(from: PaymentStatus, to: PaymentStatus) -> bool {
    use PaymentStatus as P;
    match from {
        P::Pending => !matches!(to, P::PartiallyRefunded | P::Refunded | P::Disputed | P::ChargedBack),
        P::Authorized => matches!(to, P::Authorized | P::Captured | P::Voided | P::Failed),
        // A refund may fail and a dispute be won: what was taken may be in any of these again.
        P::Captured | P::PartiallyRefunded | P::Refunded | P::Disputed | P::ChargedBack => to.is_captured(),
        P::Voided | P::Failed => to == from,
    }
}
