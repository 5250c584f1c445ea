//! What operators set, and the calendar anyone may read.

use holdfast_app::Failure;
use holdfast_domain::Resource;
use holdfast_testkit::{nightly_resource, slots_resource};
use jiff::civil::date;

use crate::bank::VISA;
use crate::driver::{Drive, Ending};
use crate::world::{NIGHT, SPAN, World};

fn with_capacity(room: &Resource, capacity: u32) -> Resource {
    let mut changed = room.clone();
    changed.terms.capacity = capacity;
    changed
}

#[tokio::test]
async fn putting_the_same_resource_again_changes_nothing() {
    let room = nightly_resource("room", 3, 600);
    let w = World::start().await;
    let put = async |terms| w.resources.put(&room.id, terms, &w.by("operator")).await.expect("a resource");
    let (first, created) = put(&room.terms).await;
    assert!(created);
    let (again, created) = put(&room.terms).await;
    assert!(!created);
    assert_eq!(again, first);
    assert_eq!(w.resources.get(&room.id).await.expect("a resource").revision, 1);
    let (other, created) = put(&with_capacity(&room, 4).terms).await;
    assert!(!created);
    assert_eq!(other.revision, 2);
    let unknown = nightly_resource("unknown", 1, 60);
    assert!(matches!(w.resources.get(&unknown.id).await, Err(Failure::NotFound("resource"))));
}

#[tokio::test]
async fn capacity_is_not_lowered_below_what_is_held_or_booked() {
    for booked in [false, true] {
        let room = nightly_resource("room", 3, 600);
        let w = World::with(&room).await;
        for name in ["a", "b"] {
            let hold = w.held(&room, name, SPAN).await;
            if booked {
                let id = w.open(&hold, name, VISA).await;
                assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
            }
        }
        let before = w.store.catalogue.stored_pages(&room).await.expect("pages");
        let lower = with_capacity(&room, 1);
        let refused = w.resources.put(&room.id, &lower.terms, &w.by("operator")).await;
        assert!(matches!(refused, Err(Failure::CapacityInUse { in_use: 2, .. })), "{refused:?}");
        let (from, to) = (date(2030, 6, 1), date(2030, 8, 1));
        let refused = w.resources.set_inventory(&room.id, from, to, Some(1), None, &w.by("operator")).await;
        assert!(matches!(refused, Err(Failure::CapacityInUse { in_use: 2, .. })), "{refused:?}");
        assert_eq!(w.store.catalogue.stored_pages(&room).await.expect("pages"), before, "nothing changed");
        assert_eq!(w.resources.get(&room.id).await.expect("a resource").revision, 1);
        w.put(&with_capacity(&room, 2)).await;
        assert!(matches!(w.place(&room, "c", SPAN, 1).await, Err(Failure::SoldOut { available: 0 })));
        w.pass(601);
        let lowered = w.resources.put(&room.id, &lower.terms, &w.by("operator")).await;
        assert_eq!(lowered.is_ok(), !booked, "dead holds count for nothing, bookings do");
    }
}

#[tokio::test]
async fn a_schedule_is_not_replaced_under_live_holds() {
    let room = nightly_resource("room", 3, 60);
    let w = World::with(&room).await;
    w.held(&room, "k", NIGHT).await;
    let mut other = slots_resource("room", 3, 60);
    other.id = room.id.clone();
    let refused = w.resources.put(&room.id, &other.terms, &w.by("operator")).await;
    assert!(matches!(refused, Err(Failure::CapacityInUse { in_use: 1, .. })), "{refused:?}");
    w.pass(60);
    let (replaced, _) = w.resources.put(&room.id, &other.terms, &w.by("operator")).await.expect("dead");
    assert_eq!(replaced.schedule_revision, 2);
    assert!(matches!(w.place(&room, "l", NIGHT, 1).await, Err(Failure::RangeNotBookable(_))));
    w.held(&room, "m", ("2030-06-01T12:00:00Z", "2030-06-01T13:00:00Z")).await;
}

#[tokio::test]
async fn the_calendar_shows_what_a_hold_could_take() {
    let room = nightly_resource("room", 3, 60);
    let w = World::with(&room).await;
    let calendar = async || {
        let (from, to) = (date(2030, 5, 31), date(2030, 6, 4));
        let (slots, _) = w.calendars.slots(&room.id, from, to, None, w.now()).await.expect("a calendar");
        slots.iter().map(|slot| (slot.capacity, slot.available)).collect::<Vec<_>>()
    };
    assert_eq!(calendar().await, [(3, 3); 4]);
    w.place(&room, "k", ("2030-06-01", "2030-06-03"), 2).await.expect("a hold");
    let set = async |day: i8, capacity, closed| {
        let (from, to) = (date(2030, 6, day), date(2030, 6, day + 1));
        let set = w.resources.set_inventory(&room.id, from, to, capacity, closed, &w.by("operator")).await;
        set.expect("an inventory");
    };
    set(2, Some(5), None).await;
    set(3, None, Some(true)).await;
    assert_eq!(calendar().await, [(3, 3), (3, 1), (5, 3), (3, 0)]);
    w.pass(60);
    assert_eq!(calendar().await, [(3, 3), (3, 3), (5, 5), (3, 0)], "the hold has expired");
    set(3, None, Some(false)).await;
    assert_eq!(calendar().await[3], (3, 3));
    let empty = w.calendars.slots(&room.id, date(2030, 6, 1), date(2030, 6, 1), None, w.now()).await;
    assert!(matches!(empty, Err(Failure::Invalid { .. })), "{empty:?}");
}
