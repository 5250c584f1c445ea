//! What must be true when all is quiet again. Pure functions over what was read of the stack; what they find is an anomaly.
//!
//! They count for themselves: nothing here asks the product whether it is right, but for the seals, whose making is its own.

mod clients;
mod events;
mod inventory;
mod money;
mod promotions;
pub(crate) mod read_model;
mod receipts;
mod trails;

#[cfg(test)]
mod planted;
#[cfg(test)]
mod planted_numbers;

pub(crate) use events::{Edits, Facts, as_counted, facts, never_heard};
pub(crate) use promotions::Use;

use std::collections::{BTreeMap, BTreeSet};

use holdfast_app::bookings::AuditEvent;
use holdfast_domain::rates::uses::UseCount;
use holdfast_domain::receipts::Receipt;
use holdfast_domain::{Booking, Page};
use jiff::Timestamp;

use crate::records::Told;

/// A payment as the provider tells of it, amounts in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payment {
    /// The provider's name for it.
    pub(crate) intent: String,
    /// The booking it names.
    pub(crate) booking: String,
    /// Reserved on the card and neither taken nor given back.
    pub(crate) reserved: i64,
    /// Taken.
    pub(crate) captured: i64,
    /// Given back of it.
    pub(crate) refunded: i64,
}

/// What came out at the far ends of the events.
#[derive(Debug, Default)]
pub(crate) struct Delivered {
    /// Events seen on the bus: the id, and the version.
    pub(crate) on_the_bus: BTreeSet<(String, String)>,
    /// When the first of a kind about a subject happened.
    pub(crate) about: BTreeMap<(String, String), Timestamp>,
    /// Ids of events the partner took.
    pub(crate) to_the_partner: BTreeSet<String>,
    /// Subjects of the mails that went out.
    pub(crate) mails: BTreeSet<String>,
    /// Texts of all messages that were set aside, in dead-letter and failure queues.
    pub(crate) set_aside: Vec<String>,
}

/// All that was read of the stack after it came to rest.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    /// When it was read.
    pub(crate) at: Timestamp,
    /// Every page of the run's resources.
    pub(crate) pages: Vec<Page>,
    /// What is wrong with items that cannot be read, such as a page with fewer than no places.
    pub(crate) unreadable: Vec<String>,
    /// Every booking of the run's resources.
    pub(crate) bookings: Vec<Booking>,
    /// Their trails, oldest entry first, by booking.
    pub(crate) trails: BTreeMap<String, Vec<AuditEvent>>,
    /// Their receipts.
    pub(crate) receipts: Vec<Receipt>,
    /// How often each promotion of the run's resources is used, by its counter.
    pub(crate) counters: Vec<UseCount>,
    /// Each use that is counted.
    pub(crate) uses: Vec<Use>,
    /// Revisions of the run's resources, by id.
    pub(crate) revisions: BTreeMap<String, u64>,
    /// Places of a slot by their terms, by id.
    pub(crate) places: BTreeMap<String, u32>,
    /// How often something was set for the dates of the run's resources.
    pub(crate) edits: Edits,
    /// Every payment made since the run began.
    pub(crate) payments: Vec<Payment>,
    /// Where the events went.
    pub(crate) delivered: Delivered,
}

/// What is not as it must be: where, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Anomaly {
    /// Such as `inventory`.
    pub(crate) field: &'static str,
    /// In words.
    pub(crate) what: String,
}

/// What is audited, in the order of the table: the field of its anomalies, and what must be so.
pub(crate) const CHECKS: [(&str, &str); 14] = [
    ("rest", "everything came to rest in time"),
    ("unreadable", "every stored page and booking can be read"),
    ("inventory", "the places of every slot add up, and belong to bookings"),
    ("money", "the provider took and gave back what the bookings say"),
    ("receipts", "each movement of money has one receipt, and their numbers have no gap"),
    ("promotions", "each counter is the number of uses, which holds and standing bookings have"),
    ("trails", "every audit trail is sealed, gapless and legal"),
    ("bus", "every fact of the ledger was heard on the bus, in each of its versions"),
    ("partner", "every change of inventory, dates and resources was taken by the partner"),
    ("mails", "every confirmation and cancellation was mailed"),
    ("read model", "search reads what the ledger says"),
    ("clients", "no client was told what is not so"),
    ("sagas", "no saga ended but well or parked"),
    ("reconciliation", "reconciliation finds no drift"),
];

/// Collects anomalies of one field.
struct Findings(&'static str, Vec<Anomaly>);

impl Findings {
    fn of(field: &'static str) -> Self {
        Self(field, Vec::new())
    }

    fn add(&mut self, what: impl Into<String>) {
        self.1.push(Anomaly { field: self.0, what: what.into() });
    }

    fn unless(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.add(what());
        }
    }
}

/// Whether every event has come to where it is to go, and has done there what it is for.
pub(crate) fn everything_is_told(snapshot: &Snapshot) -> bool {
    events::check(snapshot).is_empty() && receipts::check(snapshot).is_empty()
}

/// Everything that is not as it must be, in the ledger, at the provider, on the bus, and between what clients were told.
pub(crate) fn audit(snapshot: &Snapshot, told: &Told) -> Vec<Anomaly> {
    let unreadable = |what: &String| Anomaly { field: "unreadable", what: what.clone() };
    let mut all: Vec<Anomaly> = snapshot.unreadable.iter().map(unreadable).collect();
    all.extend(inventory::check(snapshot));
    all.extend(money::check(snapshot));
    all.extend(receipts::check(snapshot));
    all.extend(promotions::check(snapshot, told));
    all.extend(trails::check(snapshot));
    all.extend(events::check(snapshot));
    all.extend(clients::check(snapshot, told));
    all
}
