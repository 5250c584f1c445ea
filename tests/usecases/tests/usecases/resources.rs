//! What operators set, and the calendar anyone may read.

use holdfast_app::Failure;
use holdfast_domain::Resource;
use holdfast_testkit::{at, nightly_resource, slots_resource};
use jiff::Timestamp;
use jiff::civil::date;

use crate::bank::VISA;
use crate::driver::{Drive, Ending};
use crate::world::{NIGHT, SPAN, World};

/// Starts and places in use that stand in the way of an edit.
fn in_use<T: std::fmt::Debug>(refused: Result<T, Failure>) -> Vec<(Timestamp, u32)> {
    match refused {
        Err(Failure::CapacityInUse { slots }) => {
            slots.iter().map(|slot| (slot.start.expect("a slot of the schedule"), slot.in_use)).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn with_capacity(room: &Resource, capacity: u32) -> Resource {
    let mut changed = room.clone();
    changed.terms.capacity = capacity;
    changed
}

#[tokio::test]
async fn putting_the_same_resource_again_changes_nothing() {
    let room = nightly_resource("room", 3, 600);
    let w = World::start().await;
    let first = w.try_put(&room).await.expect("a resource");
    assert!(first.created);
    let again = w.try_put(&room).await.expect("a resource");
    assert!(!again.created);
    assert_eq!(again.resource, first.resource);
    assert_eq!(w.resources.get(&room.id).await.expect("a resource").revision, 1);
    let other = w.try_put(&with_capacity(&room, 4)).await.expect("a resource");
    assert!(!other.created);
    assert_eq!(other.resource.revision, 2);
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
        let two_nights = [("2030-06-30T19:00:00Z", 2), ("2030-07-01T19:00:00Z", 2)];
        assert_eq!(in_use(w.try_put(&lower).await), two_nights.map(|(start, used)| (at(start), used)));
        let refused = w.set(&room.id, (date(2030, 6, 1), 61), Some(1), None).await;
        assert_eq!(in_use(refused), two_nights.map(|(start, used)| (at(start), used)));
        assert_eq!(w.store.catalogue.stored_pages(&room).await.expect("pages"), before, "nothing changed");
        assert_eq!(w.resources.get(&room.id).await.expect("a resource").revision, 1);
        w.put(&with_capacity(&room, 2)).await;
        assert!(matches!(w.place(&room, "c", SPAN, 1).await, Err(Failure::SoldOut { available: 0 })));
        w.pass(601);
        let lowered = w.try_put(&lower).await;
        assert_eq!(lowered.is_ok(), !booked, "dead holds count for nothing, bookings do");
    }
}

#[tokio::test]
async fn another_kind_of_schedule_is_refused_under_live_holds() {
    let room = nightly_resource("room", 3, 60);
    let w = World::with(&room).await;
    w.held(&room, "k", NIGHT).await;
    let mut other = slots_resource("room", 3, 60);
    other.id = room.id.clone();
    assert_eq!(in_use(w.try_put(&other).await), [(at("2030-06-01T19:00:00Z"), 1)]);
    w.pass(60);
    let replaced = w.try_put(&other).await.expect("dead").resource;
    assert_eq!((replaced.revision, replaced.schedule_revision), (3, 3));
    assert!(matches!(w.place(&room, "l", NIGHT, 1).await, Err(Failure::RangeNotBookable(_))));
    w.held(&room, "m", ("2030-06-01T12:00:00Z", "2030-06-01T13:00:00Z")).await;
}

#[tokio::test]
async fn the_calendar_shows_what_a_hold_could_take() {
    let room = nightly_resource("room", 3, 60);
    let w = World::with(&room).await;
    let calendar = async || {
        w.project_latest(&room.id).await;
        let (from, to) = (date(2030, 5, 31), date(2030, 6, 4));
        let (slots, _) = w.calendars.slots(&room.id, from, to, None, w.now()).await.expect("a calendar");
        slots.iter().map(|slot| (slot.capacity, slot.available)).collect::<Vec<_>>()
    };
    assert_eq!(calendar().await, [(3, 3); 4]);
    w.place(&room, "k", ("2030-06-01", "2030-06-03"), 2).await.expect("a hold");
    let set = async |day: i8, capacity, closed| {
        w.set(&room.id, (date(2030, 6, day), 1), capacity, closed).await.expect("an inventory");
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
