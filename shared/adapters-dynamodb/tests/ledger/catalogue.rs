//! Resources and inventory: replacements and edits under live holds and bookings.

use holdfast_app::LedgerError;
use holdfast_domain::catalogue::Slot;
use holdfast_domain::{PageRejection, Resource, Schedule};
use holdfast_testkit::{Fault, Faults, Store, at, event_resource, nightly_resource, slots_resource};
use jiff::SignedDuration;
use jiff::civil::{date, time};

use crate::harness::Harness;

const NIGHT: (&str, &str) = ("2030-06-01", "2030-06-02");

fn june(resource: &Resource) -> Vec<Slot> {
    resource.calendar(date(2030, 6, 1), date(2030, 7, 1)).expect("a month")
}

fn with_capacity(resource: &Resource, capacity: u32) -> Resource {
    let mut terms = resource.terms.clone();
    terms.capacity = capacity;
    resource.replace(terms)
}

fn in_use(error: LedgerError) -> u32 {
    match error {
        LedgerError::Rejected(PageRejection::CapacityInUse { in_use, .. }) => in_use,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_resource_is_read_as_it_was_written() {
    for resource in [nightly_resource("n", 3, 60), slots_resource("s", 4, 60), event_resource("e", 500, 1)] {
        let h = Harness::with(&resource).await;
        assert_eq!(h.store.catalogue.resource(&resource.id).await.expect("a read"), Some(resource));
    }
}

#[tokio::test]
async fn a_resource_is_created_once_and_replaced_from_what_it_is() {
    let room = nightly_resource("room", 3, 60);
    let h = Harness::with(&room).await;
    let again = h.store.catalogue.put_resource(None, &room, &h.by("operator")).await;
    assert!(matches!(again, Err(LedgerError::ResourceChanged)));
    let second = with_capacity(&room, 4);
    h.store.catalogue.put_resource(Some(&room), &second, &h.by("operator")).await.expect("a replacement");
    let stale =
        h.store.catalogue.put_resource(Some(&room), &with_capacity(&room, 5), &h.by("operator")).await;
    assert!(matches!(stale, Err(LedgerError::ResourceChanged)));
    assert_eq!(h.store.catalogue.resource(&room.id).await.expect("a read"), Some(second));
}

#[tokio::test]
async fn another_capacity_reaches_every_page_that_was_made() {
    let room = nightly_resource("room", 2, 60);
    let h = Harness::with(&room).await;
    h.placed(&room, "june", NIGHT, 2).await;
    h.placed(&room, "july", ("2030-07-01", "2030-07-02"), 1).await;
    let refused =
        h.store.catalogue.put_resource(Some(&room), &with_capacity(&room, 1), &h.by("operator")).await;
    assert_eq!(in_use(refused.expect_err("two are held")), 2);
    assert_eq!(
        h.store.catalogue.resource(&room.id).await.expect("a read"),
        Some(room.clone()),
        "nothing changed"
    );
    assert_eq!(h.page(&room, "2030-07").await.capacity, 2);

    let more = with_capacity(&room, 3);
    h.store
        .catalogue
        .put_resource(Some(&room), &more, &h.by("operator"))
        .await
        .expect("more is always possible");
    for page in ["2030-06", "2030-07", "2030-08"] {
        assert_eq!(h.page(&more, page).await.capacity, 3, "{page}");
    }
    h.placed(&more, "one more", NIGHT, 1).await;
    h.pass(61);
    h.store
        .catalogue
        .put_resource(Some(&more), &with_capacity(&more, 1), &h.by("operator"))
        .await
        .expect("all expired");
}

#[tokio::test]
async fn another_schedule_needs_empty_pages() {
    let room = nightly_resource("room", 2, 60);
    let h = Harness::with(&room).await;
    let hold = h.placed(&room, "k", NIGHT, 1).await;
    let mut terms = room.terms.clone();
    terms.schedule = Schedule::Nightly { check_in: time(16, 0, 0, 0), check_out: time(10, 0, 0, 0) };
    let next = room.replace(terms);
    let refused = h.store.catalogue.put_resource(Some(&room), &next, &h.by("operator")).await;
    assert_eq!(in_use(refused.expect_err("a hold lives")), 1);
    h.store.holds.release(&hold, &h.by("guest")).await.expect("a release");
    h.store.catalogue.put_resource(Some(&room), &next, &h.by("operator")).await.expect("empty pages");
    let stale = h.place(&room, "stale", NIGHT, 1).await;
    assert!(matches!(stale, Err(LedgerError::ResourceChanged)), "{stale:?}");
    h.placed(&next, "fresh", NIGHT, 1).await;
}

#[tokio::test]
async fn what_is_over_may_take_place_again() {
    let concert = event_resource("concert", 2, 60);
    let h = Harness::with(&concert).await;
    let hold = h.placed(&concert, "k", ("2030-06-01T19:00:00Z", "2030-06-01T22:00:00Z"), 2).await;
    h.confirmed(&hold, "pay").await;
    let mut terms = concert.terms.clone();
    terms.schedule =
        Schedule::event(at("2030-07-01T19:00:00Z"), at("2030-07-01T22:00:00Z")).expect("an event");
    let again = concert.replace(terms);
    let refused = h.store.catalogue.put_resource(Some(&concert), &again, &h.by("operator")).await;
    assert_eq!(in_use(refused.expect_err("it is booked")), 2);
    h.clock.advance(SignedDuration::from_hours(24 * 20));
    h.store
        .catalogue
        .put_resource(Some(&concert), &again, &h.by("operator"))
        .await
        .expect("that one is over");
    h.placed(&again, "again", ("2030-07-01T19:00:00Z", "2030-07-01T22:00:00Z"), 2).await;
    let refused = h.place(&again, "more", ("2030-07-01T19:00:00Z", "2030-07-01T22:00:00Z"), 1).await;
    assert!(matches!(refused, Err(LedgerError::Rejected(PageRejection::SoldOut { available: 0 }))));
}

#[tokio::test]
async fn inventory_is_set_for_a_range_or_not_at_all() {
    let room = nightly_resource("room", 2, 60);
    let h = Harness::with(&room).await;
    h.placed(&room, "k", ("2030-06-10", "2030-06-11"), 2).await;
    let operator = h.by("operator");
    let refused = h.store.catalogue.set_inventory(&room, &june(&room), Some(1), None, &operator).await;
    assert_eq!(in_use(refused.expect_err("two are held on the tenth")), 2);
    assert_eq!(h.page(&room, "2030-06").await.overrides.len(), 0, "nothing changed");

    h.store.catalogue.set_inventory(&room, &june(&room), Some(5), None, &operator).await.expect("more");
    h.placed(&room, "five", NIGHT, 5).await;
    h.store
        .catalogue
        .set_inventory(&room, &june(&room)[20..], None, Some(true), &operator)
        .await
        .expect("a stop-sell");
    let refused = h.place(&room, "closed", ("2030-06-21", "2030-06-22"), 1).await;
    assert!(matches!(refused, Err(LedgerError::Rejected(PageRejection::SoldOut { available: 0 }))));
    h.store
        .catalogue
        .set_inventory(&room, &june(&room), None, Some(false), &operator)
        .await
        .expect("on sale again");
    h.placed(&room, "open", ("2030-06-21", "2030-06-22"), 5).await;

    let replaced = with_capacity(&room, 9);
    h.store.catalogue.put_resource(Some(&room), &replaced, &operator).await.expect("a new default");
    let page = h.page(&replaced, "2030-06").await;
    assert_eq!(
        page.available.keys().map(|slot| page.capacity_of(slot)).max(),
        Some(5),
        "single days keep theirs"
    );
}

#[tokio::test]
async fn an_edit_over_two_months_is_all_or_nothing() {
    let room = nightly_resource("room", 2, 60);
    let h = Harness::with(&room).await;
    h.placed(&room, "k", ("2030-07-01", "2030-07-02"), 2).await;
    let slots = room.calendar(date(2030, 6, 28), date(2030, 7, 3)).expect("a range");
    let refused = h.store.catalogue.set_inventory(&room, &slots, Some(0), None, &h.by("operator")).await;
    assert_eq!(in_use(refused.expect_err("July is held")), 2);
    assert_eq!(h.page(&room, "2030-06").await.overrides.len(), 0);
}

/// A first hold makes the page while the operator lowers the capacity: whoever comes second sees the first.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_made_during_a_replacement_is_not_forgotten() {
    for round in 0..20 {
        let room = nightly_resource(&format!("room{round}"), 5, 60);
        let h = Harness::with(&room).await;
        let lowered = with_capacity(&room, 1);
        let operator = h.by("operator");
        let (placed, replaced) = tokio::join!(
            h.place(&room, "k", NIGHT, 4),
            h.store.catalogue.put_resource(Some(&room), &lowered, &operator)
        );
        let page = h.page(&lowered, "2030-06").await;
        assert_eq!(page.broken_slot(), None);
        match (placed, replaced) {
            (Ok(_), Ok(())) => panic!("four of one were held: {page:?}"),
            (Ok(_), Err(_)) => assert_eq!(page.capacity, 5),
            (Err(_), Ok(())) => assert_eq!(page.capacity, 1),
            (Err(a), Err(b)) => panic!("neither came through: {a:?}, {b:?}"),
        }
    }
}

/// An edit has read the page. Before it writes, the resource gets another schedule and a hold makes the page anew, whose writes
/// are counted from 0 again.
#[tokio::test]
async fn a_page_that_was_replaced_is_not_written_over_by_an_edit_of_the_page_before() {
    let room = nightly_resource("room", 5, 60);
    let h = Harness::with(&room).await;
    let night = room.terms.schedule.page("2030-06", &room.terms.time_zone)[..1].to_vec();
    let operator = h.by("operator");
    h.store
        .catalogue
        .set_inventory(&room, &night, Some(4), None, &operator)
        .await
        .expect("the page's first write");
    let slow = Faults::default();
    let late = Store::over(&h.database.client_under(&slow));
    slow.strike(Fault::Delayed, 1, 1);
    let edit = late.catalogue.set_inventory(&room, &night, Some(3), None, &operator);
    let others = async {
        slow.strikes().await;
        let mut terms = room.terms.clone();
        terms.time_zone = jiff::tz::TimeZone::UTC;
        let replaced = room.replace(terms);
        h.store.catalogue.put_resource(Some(&room), &replaced, &operator).await.expect("nothing is held");
        let hold = h.placed(&replaced, "k", NIGHT, 2).await;
        slow.go_on();
        (replaced, hold)
    };
    let (edited, (replaced, hold)) = tokio::join!(edit, others);
    assert!(matches!(edited, Err(LedgerError::ResourceChanged)), "{edited:?}");
    let page = h.page(&replaced, "2030-06").await;
    assert_eq!((page.schedule_revision, page.seq), (replaced.schedule_revision, 1));
    assert!(page.holds.contains_key(&hold.id), "{page:?}");
}
