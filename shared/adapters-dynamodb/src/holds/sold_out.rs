//! What is known to be sold out. A crowd at a page without places costs a failed write for each of its requests, and a failed
//! write costs what the whole page would: so the same is answered for a moment from memory, for a read of the resource.
//!
//! What is remembered is of use while nothing but holds and bookings can have changed the page: until the first of its holds
//! expires, and while the resource has the terms and dated facts under which the page refused. What others give back is missed,
//! for [`AGE_MAX`] at most.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdfast_app::Clock;
use holdfast_app::catalogue::ResourceVersion;
use holdfast_domain::inventory::Placement;
use holdfast_domain::{PageHold, PageKey, ResourceId, SlotKey};
use jiff::{SignedDuration, Timestamp};

use crate::page::write::SoldOut;

/// The age that an answer from memory may have (docs/api.md, Holds).
const AGE_MAX: SignedDuration = SignedDuration::from_millis(250);
/// The most refusals that are remembered, of 300 slots each at most. Further ones are not.
const REMEMBERED_MAX: usize = 500;

/// The slots of a page that were asked for.
type Asked = (PageKey, Vec<SlotKey>);

/// Slots that were asked for in vain.
pub(super) struct SoldOutMemory {
    clock: Arc<dyn Clock>,
    remembered: Mutex<HashMap<Asked, Known>>,
}

#[derive(Debug, Clone)]
struct Known {
    available: u32,
    version: ResourceVersion,
    since: Timestamp,
    until: Timestamp,
}

/// What is remembered of some slots: true still, if the resource has that version still.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Recalled {
    pub(super) resource: ResourceId,
    pub(super) version: ResourceVersion,
    pub(super) available: u32,
}

impl fmt::Debug for SoldOutMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoldOutMemory").field("remembered", &self.lock().len()).finish_non_exhaustive()
    }
}

impl SoldOutMemory {
    /// An empty one, whose answers age by `clock`.
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, remembered: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Asked, Known>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The clock by which answers age.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Remembers what a page refused to a request of `decided_at` that was sent to the store not before `asked_at`: until a hold of
    /// the page expires, at most for [`AGE_MAX`]. The page was asked while the resource had that version, or later.
    ///
    /// A claim ends with its payment, and its hold with it if its own time has passed: so the time of the hold counts.
    pub(super) fn remember(
        &self,
        refused: &SoldOut,
        version: ResourceVersion,
        asked_at: Timestamp,
        decided_at: Timestamp,
    ) {
        let active = refused.page.holds.values().filter(|hold| hold.is_live(decided_at));
        let oldest = asked_at.checked_add(AGE_MAX).unwrap_or(asked_at);
        let until = active.map(PageHold::ends_unpaid_at).fold(oldest, Timestamp::min);
        let mut remembered = self.lock();
        if remembered.len() >= REMEMBERED_MAX {
            remembered.retain(|_, known| known.until > asked_at);
        }
        if until > asked_at && remembered.len() < REMEMBERED_MAX {
            let known = Known { available: refused.available, version, since: asked_at, until };
            remembered.insert(asked(&refused.placement), known);
        }
    }

    /// What is remembered, if one of the placements asks for more of slots than there were a moment ago.
    pub(super) fn recall(&self, placements: &[Placement]) -> Option<Recalled> {
        let now = self.now();
        let remembered = self.lock();
        placements.iter().find_map(|placement| {
            let known = remembered.get(&asked(placement))?;
            let quantity = placement.places.iter().map(|(_, quantity)| quantity).min()?;
            // The clock may be set back.
            let is_known = known.since <= now && now < known.until;
            (is_known && quantity > known.available).then(|| Recalled {
                resource: placement.page.resource.clone(),
                version: known.version,
                available: known.available,
            })
        })
    }

    /// Forgets what this process has changed.
    pub(super) fn forget(&self, placements: &[Placement]) {
        let is_changed = |page: &PageKey| placements.iter().any(|placement| placement.page == *page);
        self.lock().retain(|(page, _), _| !is_changed(page));
    }
}

fn asked(placement: &Placement) -> Asked {
    (placement.page.clone(), placement.places.slots().cloned().collect())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use holdfast_domain::{Page, SlotPlaces};

    use super::*;

    #[derive(Default)]
    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap_or_default()
        }
    }

    const VERSION: ResourceVersion = ResourceVersion { terms: 1, facts: 1 };

    fn refused(number: usize) -> Option<SoldOut> {
        let page = PageKey::first(ResourceId::parse("room").ok()?, format!("{number}"));
        let places = SlotPlaces::uniform([SlotKey::parse("01").ok()?], 1).ok()?;
        let placement = Placement { page: page.clone(), schedule_revision: 1, places };
        Some(SoldOut { placement, available: 0, page: Page::fresh(page, 1, 0, Vec::new()) })
    }

    #[test]
    fn it_is_bounded_and_has_room_again_when_its_time_has_passed() {
        let clock = Arc::new(Hand::default());
        let memory = SoldOutMemory::new(clock.clone());
        for number in 0..2 * REMEMBERED_MAX {
            memory.remember(&refused(number).expect("a refusal"), VERSION, memory.now(), memory.now());
            assert_eq!(memory.lock().len(), (number + 1).min(REMEMBERED_MAX));
        }
        clock.0.store(250, Ordering::SeqCst);
        let late = refused(0).expect("a refusal");
        assert_eq!(memory.recall(std::slice::from_ref(&late.placement)), None);
        memory.remember(&late, VERSION, memory.now(), memory.now());
        assert_eq!(memory.lock().len(), 1);
        assert!(memory.recall(std::slice::from_ref(&late.placement)).is_some());
        clock.0.store(0, Ordering::SeqCst);
        assert_eq!(memory.recall(std::slice::from_ref(&late.placement)), None, "the clock was set back");
    }
}
