//! Events: what the ledger says happened is on the bus in each version and with those it is for, or in a queue where it was set
//! aside.

use std::collections::BTreeSet;

use holdfast_app::bookings::AuditEvent;
use holdfast_domain::{BookingStatus, Page};

use super::{Anomaly, Delivered, Findings, Snapshot};

/// The versions that are published.
pub(super) const VERSIONS: [&str; 2] = ["v1", "v2"];

/// The ids of all facts that these resources, pages and audit entries stand for.
pub(crate) fn facts<'a>(
    revisions: impl Iterator<Item = (&'a str, u64)>,
    pages: impl Iterator<Item = &'a Page>,
    entries: impl Iterator<Item = &'a AuditEvent>,
) -> BTreeSet<String> {
    let of_resource = |(id, revision): (&'a str, u64)| (1..=revision).map(move |one| format!("{id}/{one}"));
    let mut facts: BTreeSet<String> = revisions.flat_map(of_resource).collect();
    facts.extend(pages.flat_map(|page| (1..=page.seq).map(|seq| change_of(page, seq))));
    facts.extend(entries.map(AuditEvent::event_id));
    facts
}

/// The id of a write of a page.
fn change_of(page: &Page, seq: u64) -> String {
    format!("{}/{}/{seq}/inventory", page.key.resource, page.key.name())
}

fn is_set_aside(delivered: &Delivered, text: &str) -> bool {
    delivered.set_aside.iter().any(|message| message.contains(text))
}

/// Every fact that nobody on the bus has heard in each version, and that lies in no queue where it was set aside.
pub(crate) fn never_heard(facts: &BTreeSet<String>, delivered: &Delivered) -> Vec<Anomaly> {
    let mut found = Findings::of("bus");
    for id in facts {
        let on_the_bus = |version: &&str| delivered.on_the_bus.contains(&(id.clone(), (*version).to_owned()));
        found.unless(VERSIONS.iter().all(on_the_bus) || is_set_aside(delivered, id), || {
            format!("{id} neither on the bus nor set aside")
        });
    }
    found.1
}

/// Every change of the ledger was told; every told change reached its receivers.
pub(super) fn check(snapshot: &Snapshot) -> Vec<Anomaly> {
    let delivered = &snapshot.delivered;
    let revisions = snapshot.revisions.iter().map(|(id, revision)| (id.as_str(), *revision));
    let facts = facts(revisions, snapshot.pages.iter(), snapshot.trails.values().flatten());
    let (mut partner, mut mails) = (Findings::of("partner"), Findings::of("mails"));
    for page in &snapshot.pages {
        for id in (1..=page.seq).map(|seq| change_of(page, seq)) {
            let taken = delivered.to_the_partner.contains(&id) || is_set_aside(delivered, &id);
            partner.unless(taken, || format!("{id} neither with the partner nor set aside"));
        }
    }
    for booking in &snapshot.bookings {
        let number = &booking.confirmation_number;
        let mail = match booking.status {
            BookingStatus::Confirmed => format!("Your booking {number} is confirmed"),
            BookingStatus::Cancelled => format!("Your booking {number} is cancelled"),
            BookingStatus::Pending | BookingStatus::Completed | BookingStatus::Failed => continue,
        };
        let there = delivered.mails.contains(&mail) || is_set_aside(delivered, booking.id.as_str());
        mails.unless(there, || format!("the mail {mail:?} neither sent nor set aside"));
    }
    [never_heard(&facts, delivered), partner.1, mails.1].concat()
}
