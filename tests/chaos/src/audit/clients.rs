//! What clients were told, against each other and against the ledger.

use std::collections::BTreeMap;

use holdfast_domain::{Booking, BookingStatus};

use super::{Anomaly, Findings, Snapshot};
use crate::records::{BookingTold, HoldEnd, KeyedAnswer, Told};

/// Nobody was told two things under one key, and whatever was told is so.
pub(super) fn check(snapshot: &Snapshot, told: &Told) -> Vec<Anomaly> {
    let mut found = Findings::of("clients");
    for what in &told.wrong {
        found.add(what.clone());
    }
    for (key, answers) in &told.by_key {
        if let Some(what) = contradiction(answers) {
            found.add(format!("{key}: {what}"));
        }
    }
    let bookings: BTreeMap<&str, &Booking> =
        snapshot.bookings.iter().map(|booking| (booking.id.as_str(), booking)).collect();
    for (id, told) in &told.bookings {
        match bookings.get(id.as_str()) {
            Some(booking) => check_booking(booking, told, &mut found),
            None => found.add(format!("{id} was told to a client and does not exist")),
        }
    }
    for (id, hold) in &told.holds {
        let heard = |kind: &str| snapshot.delivered.about.get(&(kind.to_owned(), id.clone()));
        found.unless(heard("hold.placed").is_some(), || format!("hold {id}: nobody heard of it"));
        let mut payments = snapshot.bookings.iter().filter(|booking| booking.hold.as_str() == id).peekable();
        let tried = payments.peek().is_some();
        let ends: &[&str] = if payments.any(|booking| booking.status == BookingStatus::Confirmed) {
            &["confirmed"]
        } else if tried {
            &["released", "expired", "confirmed"]
        } else {
            match heard("hold.released") {
                _ if hold.end == HoldEnd::Released => &["released"],
                Some(at) if *at < hold.expires_at => &["released"],
                // An extended hold that was given back, or the places that a late repetition took and gave back.
                Some(_) => &["released", "expired"],
                None => &["expired"],
            }
        };
        let status = told.hold_statuses.get(id).map_or("not there", String::as_str);
        found.unless(ends.contains(&status), || {
            format!("hold {id} of {} is {status}, not {ends:?}", hold.guest)
        });
    }
    found.1
}

fn check_booking(booking: &Booking, told: &BookingTold, found: &mut Findings) {
    let (id, status) = (&booking.id, booking.status.as_str());
    if let Some(number) = &told.confirmed {
        found.unless(*number == booking.confirmation_number, || {
            format!("{id} was told as {number}, it is {}", booking.confirmation_number)
        });
        let stands = booking.status == BookingStatus::Confirmed
            || (told.may_be_cancelled && booking.status == BookingStatus::Cancelled);
        found.unless(stands, || format!("{id} was told to stand, it is {status}"));
    }
    if let Some(refund) = told.cancelled {
        let given = booking.cancellation.as_ref().map(|cancellation| cancellation.refund.amount());
        found.unless(booking.status == BookingStatus::Cancelled && given == Some(refund), || {
            format!("{id} was told to be cancelled for {refund}, it is {status} for {given:?}")
        });
    }
}

/// How the answers under one key contradict each other, if they do: two effects, or two different outcomes.
fn contradiction(answers: &[KeyedAnswer]) -> Option<String> {
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    if made > 1 {
        return Some(format!("made {made} times"));
    }
    // A success that was pending when it was first told is told as it is now; any other is told as it was.
    let first_success = answers.iter().find(|answer| answer.status < 300);
    let was_pending = first_success.is_some_and(|first| first.body["status"] == "pending");
    let last: Vec<&KeyedAnswer> = answers.iter().filter(|answer| is_last(answer)).collect();
    let first = last.first()?;
    let other = last.iter().find(|other| !agree(first, other, was_pending))?;
    Some(format!("{} {} and then {} {}", first.status, first.body, other.status, other.body))
}

/// What is pending may still change, what an outage made fail runs anew, and most refusals are not remembered; every other
/// outcome is the last one.
fn is_last(answer: &KeyedAnswer) -> bool {
    let changes = answer.body["status"] == "pending" || answer.body["status"] == "failed";
    answer.status == 402 || (answer.status < 300 && !changes)
}

fn agree(one: &KeyedAnswer, other: &KeyedAnswer, was_pending: bool) -> bool {
    let same = |pointer: &str| one.body.pointer(pointer) == other.body.pointer(pointer);
    match (one.status, other.status) {
        (402, 402) => same("/code") && same("/declineCode"),
        (402, _) | (_, 402) => false,
        _ if one.body["refund"].is_object() => {
            same("/bookingId") && same("/status") && same("/refund/amount")
        }
        _ if was_pending => same("/bookingId") && same("/confirmationNumber"),
        _ => one.body == other.body,
    }
}
