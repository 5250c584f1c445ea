//! Search: the read model is the ledger's resources, dated facts and pages, each where it is listed, and nothing else.

use std::collections::BTreeMap;

use holdfast_app::search::Entry;
use holdfast_domain::Resource;

use super::{Anomaly, Findings};

/// What the read model should be and what it is, the whole of both.
#[derive(Debug, Default)]
pub(crate) struct Mirror {
    /// The ledger's resources, dated facts and pages, as they are to be listed.
    pub(crate) ledger: Vec<Entry>,
    /// The entries of the read model.
    pub(crate) read_model: Vec<Entry>,
    /// Entries of the read model that cannot be read.
    pub(crate) unreadable: Vec<String>,
}

/// Every resource, with its rates, month of dated facts and page, and the taxes of every property are listed as they are, and nothing is listed besides.
pub(crate) fn check(mirror: &Mirror) -> Vec<Anomaly> {
    let mut found = Findings::of("read model");
    for what in &mirror.unreadable {
        found.add(what.clone());
    }
    let mut listed: BTreeMap<String, &Entry> = BTreeMap::new();
    for entry in &mirror.read_model {
        let name = name_of(entry);
        found.unless(listed.insert(name.clone(), entry).is_none(), || format!("{name} is listed twice"));
    }
    for entry in &mirror.ledger {
        let name = name_of(entry);
        match listed.remove(&name) {
            None => found.add(format!("{name} is not listed")),
            Some(other) => found.unless(is_as_listed(entry, other), || {
                format!("{name} is listed as of write {}, it has had {}", write_of(other), write_of(entry))
            }),
        }
    }
    for name in listed.into_keys() {
        found.add(format!("{name} is listed and is not in the ledger"));
    }
    found.1
}

/// Whether an entry is what is listed. How often something was set for dates, and the trail, are no part of it: nothing is listed
/// anew for them.
fn is_as_listed(entry: &Entry, listed: &Entry) -> bool {
    match (entry, listed) {
        (Entry::Resource(place, resource), Entry::Resource(other_place, other)) => {
            let (facts_revision, trail) = (resource.facts_revision, resource.trail.clone());
            place == other_place && **resource == Resource { facts_revision, trail, ..(**other).clone() }
        }
        _ => entry == listed,
    }
}

fn name_of(entry: &Entry) -> String {
    match entry {
        Entry::Resource(listing, resource) => format!("{} at {}", resource.id, listing.as_str()),
        Entry::Facts(listing, resource, month, _) => {
            format!("dates of {resource}/{month} at {}", listing.as_str())
        }
        Entry::Rates(listing, rates) => format!("rates of {} at {}", rates.resource, listing.as_str()),
        Entry::MonthRates(listing, resource, month, _) => {
            format!("rates of {resource}/{month} at {}", listing.as_str())
        }
        Entry::Taxes(taxes) => format!("{}/taxes", taxes.property),
        Entry::Page(listing, page) => {
            format!("{}/{} at {}", page.key.resource, page.key.name(), listing.as_str())
        }
    }
}

/// The revision of a resource; the schedule's revision and the write of a page.
fn write_of(entry: &Entry) -> String {
    match entry {
        Entry::Resource(_, resource) => resource.revision.to_string(),
        Entry::Facts(.., facts) => facts.revision.to_string(),
        Entry::Rates(_, rates) => rates.revision.to_string(),
        Entry::MonthRates(.., rates) => rates.revision.to_string(),
        Entry::Taxes(taxes) => taxes.revision.to_string(),
        Entry::Page(_, page) => format!("{}.{}", page.schedule_revision, page.seq),
    }
}
