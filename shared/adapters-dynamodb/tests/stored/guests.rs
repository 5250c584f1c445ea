//! Samples of what is kept of guests beside their holds and bookings, and of the turns that they take.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_app::payments::StoredAttempts;
use holdfast_app::rates::TriedCodes;
use holdfast_domain::payments::PaymentAttempts;
use holdfast_domain::{BookingId, Fingerprint, GuestMark};
use holdfast_testkit::at;
use jiff::{SignedDuration, Timestamp};

use crate::values::Stored;
use crate::{actions, contacts};

pub(crate) fn samples(booking: &BookingId, now: Timestamp) -> [(&'static str, Stored); 9] {
    let end = now + SignedDuration::from_secs(864_000);
    [
        ("attempts", attempts()),
        ("guest-mails", mails()),
        ("tried-codes", tried()),
        ("payment-turns", Stored::PaymentTurns(now)),
        ("sent-mail", Stored::SentMail(booking.clone(), "bkg_pay.3".to_owned(), now)),
        ("contact", Stored::Contact(booking.clone(), contacts::sample(), end)),
        ("contact-of-operator", Stored::Contact(booking.clone(), contacts::of_an_operator(), end)),
        ("action", Stored::Action(booking.clone(), actions::sample())),
        ("task-token", Stored::TaskToken(booking.clone(), "AQCEAAAAKgAAAAMAAAAA".to_owned(), now)),
    ]
}

fn attempts() -> Stored {
    let booking = |name: &str| BookingId::parse(name).expect("an id");
    let attempts = BTreeMap::from([
        (booking("bkg_x4j6jyqj3yj5zq2gny62cx6l"), at("2030-05-20T12:00:00Z")),
        (booking("bkg_lrr2bzx6sgc4gonlodif7jrd"), at("2030-05-20T12:00:05.250Z")),
    ]);
    let stored = StoredAttempts { attempts: PaymentAttempts::new(attempts), revision: 2 };
    Stored::Attempts(GuestMark::parse("26wjoq2msmio").expect("a mark"), stored)
}

fn tried() -> Stored {
    let codes =
        |codes: &[&str]| codes.iter().map(|code| Fingerprint::parse(code).expect("a digest")).collect();
    Stored::TriedCodes(
        GuestMark::parse("26wjoq2msmio").expect("a mark"),
        at("2030-05-20T12:00:05.250Z"),
        TriedCodes {
            counted: codes(&["zqjzqf2d2dyj6dhr", "4cc2tyfpnmgcqb3u"]),
            good: codes(&["h5wlbqvqjoyvdyvz"]),
        },
    )
}

fn mails() -> Stored {
    let causes = BTreeSet::from(
        ["bkg_x4j6jyqj3yj5zq2gny62cx6l.3", "bkg_x4j6jyqj3yj5zq2gny62cx6l.5"].map(str::to_owned),
    );
    Stored::GuestMails(
        GuestMark::parse("26wjoq2msmio").expect("a mark"),
        at("2030-05-20T12:00:05.250Z"),
        causes,
    )
}
