//! Events: what the ledger says happened is on the bus in each version and with those it is for, or in a queue where it was set
//! aside.

use holdfast_domain::BookingStatus;

use super::{Anomaly, Findings, Snapshot};

/// The versions that are published.
pub(super) const VERSIONS: [&str; 2] = ["v1", "v2"];

/// Every change of the ledger was told; every told change reached its receivers.
pub(super) fn check(snapshot: &Snapshot) -> Vec<Anomaly> {
    let mut found = Findings::of("events");
    let delivered = &snapshot.delivered;
    let published = |id: &str| {
        VERSIONS.iter().all(|version| delivered.on_the_bus.contains(&(id.to_owned(), (*version).to_owned())))
    };
    let set_aside = |text: &str| delivered.set_aside.iter().any(|message| message.contains(text));
    let mut expect = |id: String, there: bool, at: &str| {
        found.unless(there || set_aside(&id), || format!("{id} neither {at} nor set aside"));
    };
    for (resource, revision) in &snapshot.revisions {
        for one in 1..=*revision {
            let id = format!("{resource}/{one}");
            let there = published(&id);
            expect(id, there, "on the bus");
        }
    }
    for page in &snapshot.pages {
        for seq in 1..=page.seq {
            let id = format!("{}/{}/{seq}/inventory", page.key.resource, page.key.name());
            let (on_the_bus, taken) = (published(&id), delivered.to_the_partner.contains(&id));
            expect(id.clone(), on_the_bus, "on the bus");
            expect(id, taken, "with the partner");
        }
    }
    for event in snapshot.trails.values().flatten() {
        let id = event.event_id();
        let there = published(&id);
        expect(id, there, "on the bus");
    }
    for booking in &snapshot.bookings {
        let number = &booking.confirmation_number;
        let mail = match booking.status {
            BookingStatus::Confirmed => format!("Your booking {number} is confirmed"),
            BookingStatus::Cancelled => format!("Your booking {number} is cancelled"),
            BookingStatus::Pending | BookingStatus::Completed | BookingStatus::Failed => continue,
        };
        let there = delivered.mails.contains(&mail) || set_aside(booking.id.as_str());
        expect(format!("the mail {mail:?}"), there, "sent");
    }
    found.1
}
