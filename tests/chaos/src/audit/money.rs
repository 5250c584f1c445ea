//! Money: what the provider took and gave back, and what the bookings say of it.

use std::collections::BTreeMap;

use holdfast_domain::{Booking, BookingStatus};

use super::{Anomaly, Findings, Payment, Snapshot};

/// Captured minus refunded is what the bookings say, nothing stays reserved, and no payment is nobody's.
pub(super) fn check(snapshot: &Snapshot) -> Vec<Anomaly> {
    let mut found = Findings::of("money");
    let mut by_booking: BTreeMap<&str, Vec<&Payment>> = BTreeMap::new();
    for payment in &snapshot.payments {
        by_booking.entry(&payment.booking).or_default().push(payment);
    }
    for booking in &snapshot.bookings {
        let payments = by_booking.remove(booking.id.as_str()).unwrap_or_default();
        check_one(booking, &payments, &mut found);
    }
    for (booking, payments) in by_booking {
        let intents: Vec<&str> = payments.iter().map(|payment| payment.intent.as_str()).collect();
        found.add(format!("{} names the booking {booking:?}, which there is not", intents.join(", ")));
    }
    found.1
}

fn check_one(booking: &Booking, payments: &[&Payment], found: &mut Findings) {
    let id = &booking.id;
    let sum = |amount: fn(&Payment) -> i64| payments.iter().map(|payment| amount(payment)).sum::<i64>();
    let (captured, refunded) = (sum(|p| p.captured), sum(|p| p.refunded));
    let reserved = sum(|p| p.reserved);
    let status = booking.status.as_str();
    let said = (booking.captured().amount(), booking.refunded().amount());
    found.unless(said == (captured, refunded), || {
        format!("{id}, {status}, says {said:?} taken and given back, the provider {:?}", (captured, refunded))
    });
    found.unless(reserved == 0, || format!("{id}, {status}: {reserved} stay reserved"));
    let price = booking.order.price.total().amount();
    let due = match booking.status {
        BookingStatus::Confirmed | BookingStatus::Completed => price,
        // What was taken after the guest had given it up goes back in full, whatever the policy says.
        BookingStatus::Cancelled => match &booking.cancellation {
            Some(cancellation) if captured > 0 && !cancellation.before_capture => {
                price - cancellation.refund.amount()
            }
            Some(_) | None => 0,
        },
        BookingStatus::Failed => 0,
        BookingStatus::Pending => {
            found.add(format!("{id} is still pending, {} paid", captured - refunded));
            return;
        }
    };
    let paid = captured - refunded;
    found.unless(paid == due, || format!("{id}, {status}: {paid} paid, {due} due"));
}
