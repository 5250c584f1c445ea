//! Events: what the ledger says happened is on the bus in each version and with those it is for, or in a queue where it was set
//! aside.

use std::collections::BTreeMap;

use holdfast_app::bookings::AuditEvent;
use holdfast_domain::catalogue::Month;
use holdfast_domain::{BookingStatus, Page};

use holdfast_workflow::events::{EventType, Version};

use super::{Anomaly, Delivered, Findings, Snapshot};

/// The versions that are published.
pub(super) const VERSIONS: [&str; 2] = ["v1", "v2"];
/// The versions of what came after version 1.
pub(super) const NEWEST: [&str; 1] = ["v2"];

/// The ids of facts, each with the versions in which it is published.
pub(crate) type Facts = BTreeMap<String, &'static [&'static str]>;

/// How often something was set for the dates of a month, by resource and month.
pub(crate) type Edits = BTreeMap<(String, Month), u64>;

/// All facts that these resources, dates, pages and audit entries stand for.
pub(crate) fn facts<'a>(
    revisions: &BTreeMap<String, u64>,
    edits: &Edits,
    pages: impl Iterator<Item = &'a Page>,
    entries: impl Iterator<Item = &'a AuditEvent>,
) -> Facts {
    let both = revisions_of(revisions).chain(pages.flat_map(writes_of)).map(|id| (id, &VERSIONS[..]));
    let facts = both.chain(entries.map(|entry| (entry.event_id(), versions_of(&entry.kind))));
    facts.chain(edits_of(edits).map(|id| (id, &NEWEST[..]))).collect()
}

/// The versions in which events of a type are published: types that came after version 1 have none.
fn versions_of(kind: &str) -> &'static [&'static str] {
    let is_newer = |kind: EventType| !kind.declaration().versions.contains(&Version::V1);
    if EventType::parse(kind).is_some_and(is_newer) { &NEWEST } else { &VERSIONS }
}

/// The ids of the revisions of resources.
fn revisions_of(revisions: &BTreeMap<String, u64>) -> impl Iterator<Item = String> {
    let of_resource = |(id, last): (&String, &u64)| numbered(id.clone(), *last);
    revisions.iter().flat_map(of_resource)
}

/// The ids of what was set for dates.
fn edits_of(edits: &Edits) -> impl Iterator<Item = String> {
    edits.iter().flat_map(|((id, month), last)| numbered(format!("{id}/{month}/dates"), *last))
}

fn numbered(what: String, last: u64) -> impl Iterator<Item = String> {
    (1..=last).map(move |one| format!("{what}/{one}"))
}

/// The ids of the writes of a page.
fn writes_of(page: &Page) -> impl Iterator<Item = String> {
    let page_of = format!("{}/{}", page.key.resource, page.key.name());
    numbered(page_of, page.seq).map(|id| format!("{id}/inventory"))
}

/// The id of an event as it is counted here: a write of a page by the number of its writes alone, since the number in the event's
/// id has the schedule's revision before them.
pub(crate) fn as_counted(id: &str) -> String {
    match id.split('/').collect::<Vec<_>>()[..] {
        [resource, page, number, "inventory"] => match number.parse::<u64>() {
            Ok(number) => format!("{resource}/{page}/{}/inventory", number & u64::from(u32::MAX)),
            Err(_) => id.to_owned(),
        },
        _ => id.to_owned(),
    }
}

pub(super) fn is_set_aside(delivered: &Delivered, text: &str) -> bool {
    delivered.set_aside.iter().any(|message| message.contains(text))
}

/// Every fact that nobody on the bus has heard in each of its versions, and that lies in no queue where it was set aside.
pub(crate) fn never_heard(facts: &Facts, delivered: &Delivered) -> Vec<Anomaly> {
    let mut found = Findings::of("bus");
    for (id, versions) in facts {
        let on_the_bus = |version: &&str| delivered.on_the_bus.contains(&(id.clone(), (*version).to_owned()));
        found.unless(versions.iter().all(on_the_bus) || is_set_aside(delivered, id), || {
            format!("{id} neither on the bus nor set aside")
        });
    }
    found.1
}

/// Every change of the ledger was told; every told change reached its receivers.
pub(super) fn check(snapshot: &Snapshot) -> Vec<Anomaly> {
    let delivered = &snapshot.delivered;
    let (revisions, edits) = (&snapshot.revisions, &snapshot.edits);
    let facts = facts(revisions, edits, snapshot.pages.iter(), snapshot.trails.values().flatten());
    let (mut partner, mut mails) = (Findings::of("partner"), Findings::of("mails"));
    let writes = snapshot.pages.iter().flat_map(writes_of);
    for id in writes.chain(edits_of(edits)).chain(revisions_of(revisions)) {
        let taken = delivered.to_the_partner.contains(&id) || is_set_aside(delivered, &id);
        partner.unless(taken, || format!("{id} neither with the partner nor set aside"));
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
