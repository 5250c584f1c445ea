//! Promotions whose uses are limited: what is counted, and whose it is.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::rates::uses::{PromotionUse, UseOwner};
use holdfast_domain::{Booking, BookingStatus};

use super::{Anomaly, Findings, Snapshot};
use crate::records::Told;

/// A use that is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Use {
    /// The resource whose promotion it is.
    pub(crate) resource: String,
    /// The promotion.
    pub(crate) code: String,
    /// The hold that was priced with it.
    pub(crate) hold: String,
    /// Whose it is now.
    pub(crate) owner: UseOwner,
}

/// Each counter is the number of its uses. Each use is of a hold, or of a booking that stands and was priced with the code, and every such
/// booking has its use. A hold that was released or confirmed has none; one that has expired may have its use until its timer rings,
/// which is a quarter of an hour later where a card was declined.
pub(super) fn check(snapshot: &Snapshot, told: &Told) -> Vec<Anomaly> {
    let mut found = Findings::of("promotions");
    let mut counted: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for one in &snapshot.uses {
        *counted.entry((&one.resource, &one.code)).or_default() += 1;
    }
    for counter in &snapshot.counters {
        let (resource, code) = (counter.resource.as_str(), counter.code.as_str());
        let uses = counted.remove(&(resource, code)).unwrap_or(0);
        found.unless(counter.uses == uses, || {
            format!("{resource} {code}: the counter says {}, there are {uses} uses", counter.uses)
        });
    }
    for ((resource, code), uses) in counted {
        found.add(format!("{resource} {code}: {uses} uses without a counter"));
    }
    let on_pages: BTreeSet<&str> =
        snapshot.pages.iter().flat_map(|page| page.holds.keys()).map(|hold| hold.as_str()).collect();
    let stands = |booking: &&Booking| match booking.status {
        BookingStatus::Confirmed | BookingStatus::Completed => true,
        // Until it is confirmed the use is the hold's.
        BookingStatus::Pending | BookingStatus::Cancelled | BookingStatus::Failed => false,
    };
    let priced = |booking: &Booking| {
        let priced = PromotionUse::of(&booking.order, &booking.hold)?;
        Some((booking.id.to_string(), (priced.code.to_string(), priced.hold.to_string())))
    };
    let mut standing: BTreeMap<String, (String, String)> =
        snapshot.bookings.iter().filter(stands).filter_map(priced).collect();
    for one in &snapshot.uses {
        let Use { resource, code, hold, owner } = one;
        match owner {
            UseOwner::Hold if on_pages.contains(hold.as_str()) => {}
            UseOwner::Hold => {
                let status = told.hold_statuses.get(hold).map(String::as_str);
                found.unless(!matches!(status, Some("released" | "confirmed")), || {
                    format!("{resource} {code}: a use of {hold}, which is over")
                });
            }
            UseOwner::Booking(booking) => {
                let its = standing.remove(booking.as_str());
                found.unless(its == Some((code.clone(), hold.clone())), || {
                    format!(
                        "{resource} {code}: a use of {booking} by {hold}, which does not stand with that code"
                    )
                });
            }
        }
    }
    for (booking, (code, _)) in standing {
        found.add(format!("{booking} stands with the code {code}, and has no use of it"));
    }
    found.1
}
