//! What a resource's new terms do to its stored pages.

use jiff::Timestamp;

use crate::catalogue::resource::Resource;
use crate::inventory::{Page, PageChange, PageCommand, PageRejection};

/// What becomes of a stored page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reshaped {
    /// It stays as it is.
    Kept,
    /// It is removed, to be made anew for the next schedule when it is needed.
    Removed,
    /// It is written with these changes.
    Changed(Vec<PageChange>),
}

impl Resource {
    /// Whether terms that follow these may change stored pages: another schedule or another capacity.
    #[must_use]
    pub fn reshapes_pages(&self, next: &Self) -> bool {
        self.schedule_revision != next.schedule_revision || self.terms.capacity != next.terms.capacity
    }

    /// What becomes of a stored page of this resource under the terms of `next`, at `now`. Pages that are past stay. A page
    /// may be past under one schedule and ahead under the next: an event that takes place again, a day whose hours grow after
    /// closing time.
    ///
    /// # Errors
    /// [`PageRejection::CapacityInUse`] when live holds or bookings do not fit the next terms.
    pub fn reshape(&self, next: &Self, page: &Page, now: Timestamp) -> Result<Reshaped, PageRejection> {
        let is_past = self.is_page_past(page, now);
        if next.schedule_revision == self.schedule_revision {
            if is_past {
                return Ok(Reshaped::Kept);
            }
            let command =
                PageCommand::SetDefaultCapacity { capacity: next.share(next.terms.capacity, &page.key) };
            return page.decide(&command, now).map(Reshaped::Changed);
        }
        if is_past && next.is_page_past(page, now) {
            return Ok(Reshaped::Kept);
        }
        require_unused(page, is_past, now)?;
        Ok(Reshaped::Removed)
    }

    /// Whether every slot of the page has ended under this resource's schedule.
    fn is_page_past(&self, page: &Page, now: Timestamp) -> bool {
        let slots = self.terms.schedule.page(&page.key.page, &self.terms.time_zone);
        slots.iter().all(|slot| slot.end <= now)
    }
}

/// A page of another schedule cannot count what is held, booked or sold elsewhere on it. What is booked or sold elsewhere of
/// a page that is past is over.
fn require_unused(page: &Page, is_past: bool, now: Timestamp) -> Result<(), PageRejection> {
    let in_use = |slot| {
        if is_past {
            page.in_use(slot, now).saturating_sub(page.confirmed_in(slot))
        } else {
            page.taken(slot, now)
        }
    };
    match page.available.keys().map(|slot| (slot, in_use(slot))).find(|(_, in_use)| *in_use > 0) {
        Some((slot, in_use)) => Err(PageRejection::CapacityInUse { slot: slot.clone(), in_use }),
        None => Ok(()),
    }
}
