//! Resources and inventory: replacements and edits under live holds and bookings.

use holdfast_adapters_dynamodb::items::{Version, encode_page_as};
use holdfast_app::catalogue::{DatesEdit, Precondition, Run, TermsCommit};
use holdfast_app::{Failure, LedgerError};
use holdfast_domain::catalogue::{DateFactsEdit, Facts, ResourceTerms};
use holdfast_domain::{
    BookingEvent, Fingerprint, InventoryMove, PageKey, PageRejection, PropertyId, Resource, Schedule, SlotKey,
};
use holdfast_testkit::{
    Database, Fault, Faults, Store, at, event_resource, nightly_resource, platform, slots_resource,
};
use jiff::civil::{date, time};
use jiff::{SignedDuration, ToSpan};

use crate::harness::{Harness, resources};

const NIGHT: (&str, &str) = ("2030-06-01", "2030-06-02");

fn with_capacity(resource: &Resource, capacity: u32) -> Resource {
    let mut terms = resource.terms.clone();
    terms.capacity = capacity;
    resource.replace(terms)
}

fn in_use(error: Failure) -> u32 {
    match error {
        Failure::CapacityInUse { slots } => slots[0].in_use,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_resource_is_read_as_it_was_written() {
    for resource in [nightly_resource("n", 3, 60), slots_resource("s", 4, 60), event_resource("e", 500, 1)] {
        let h = Harness::start().await;
        let created = TermsCommit::new(None, &resource, &h.by("operator"));
        h.store.catalogue.put_resource(&created).await.expect("a new resource");
        assert_eq!(h.store.catalogue.resource(&resource.id).await.expect("a read"), Some(created.next));
    }
}

#[tokio::test]
async fn a_resource_is_created_once_and_replaced_from_what_it_is() {
    let room = nightly_resource("room", 3, 60);
    let h = Harness::with(&room).await;
    let again = h.store.catalogue.put_resource(&TermsCommit::new(None, &room, &h.by("operator"))).await;
    assert!(matches!(again, Err(LedgerError::ResourceChanged)));
    let room = h.store.catalogue.resource(&room.id).await.expect("a read").expect("the resource");
    let to = |capacity| TermsCommit::new(Some(&room), &with_capacity(&room, capacity), &h.by("operator"));
    let second = to(4);
    h.store.catalogue.put_resource(&second).await.expect("a replacement");
    let stale = h.store.catalogue.put_resource(&to(5)).await;
    assert!(matches!(stale, Err(LedgerError::ResourceChanged)));
    assert_eq!(h.store.catalogue.resource(&room.id).await.expect("a read"), Some(second.next));
}

#[tokio::test]
async fn another_capacity_reaches_every_page_that_was_made() {
    let room = nightly_resource("room", 2, 60);
    let h = Harness::with(&room).await;
    h.placed(&room, "june", NIGHT, 2).await;
    h.placed(&room, "july", ("2030-07-01", "2030-07-02"), 1).await;
    let stored = async || h.store.catalogue.resource(&room.id).await.expect("a read");
    let before = stored().await;
    let refused = h.put(&with_capacity(&room, 1)).await;
    assert_eq!(in_use(refused.expect_err("two are held")), 2);
    assert_eq!(stored().await, before, "nothing changed");
    assert_eq!(h.page(&room, "2030-07").await.capacity, 2);

    let more = h.put(&with_capacity(&room, 3)).await.expect("more is always possible");
    for page in ["2030-06", "2030-07", "2030-08"] {
        assert_eq!(h.page(&more, page).await.capacity, 3, "{page}");
    }
    h.placed(&more, "one more", NIGHT, 1).await;
    h.pass(61);
    let less = h.put(&with_capacity(&more, 1)).await.expect("all expired");
    assert_eq!((less.revision, less.next), (4, None), "announced, then in force");
}

/// Another check-in time: every hold lives on, whichever revision it was placed under, and the next is placed beside it.
#[tokio::test]
async fn holds_and_bookings_live_on_under_other_times_of_the_same_nights() {
    let room = nightly_resource("room", 4, 600);
    let h = Harness::with(&room).await;
    let (a, b, c) = (
        h.placed(&room, "a", NIGHT, 1).await,
        h.placed(&room, "b", NIGHT, 1).await,
        h.placed(&room, "c", NIGHT, 1).await,
    );
    let booked = h.authorized(&b, "pay").await;
    let confirmed = h.confirmed(&c, "paid").await;
    let mut terms = room.terms.clone();
    terms.schedule = Schedule::Nightly { check_in: time(16, 0, 0, 0), check_out: time(10, 0, 0, 0) };
    let next = h.put(&room.replace(terms)).await.expect("every night stays");
    let page = h.page(&next, "2030-06").await;
    assert_eq!((page.terms_revision, page.schedule_revision), (2, 1));
    let stale = h.place(&room, "stale", NIGHT, 1).await;
    assert!(matches!(stale, Err(LedgerError::ResourceChanged)), "{stale:?}");
    h.placed(&next, "fresh", NIGHT, 1).await;
    let request = Fingerprint::parse("more").expect("a digest");
    h.store.holds.extend(&a, &request, &h.by("guest")).await.expect("extended");
    h.apply(&booked, BookingEvent::Confirmed, InventoryMove::Confirm).await.expect("confirmed");
    h.exchange(&confirmed, &confirmed.order.placements, &[]).await.expect("cancelled");
    h.store.holds.release(&a, &h.by("guest")).await.expect("released");
    assert_eq!(h.taken(&next, "2030-06").await, [("01".to_owned(), 2)]);
}

/// What is written without reading the page has its property as well.
#[tokio::test]
async fn pages_name_the_property_that_the_resource_belongs_to() {
    let mut room = nightly_resource("room", 4, 600);
    room.terms.property = PropertyId::parse("hotel-7").ok();
    let h = Harness::with(&room).await;
    h.placed(&room, "a", NIGHT, 1).await;
    assert_eq!(h.page(&room, "2030-06").await.property, room.terms.property);
    let next = room.replace(ResourceTerms { property: None, ..room.terms.clone() });
    let next = h.put(&next).await.expect("no place is in the way");
    assert_eq!(h.page(&next, "2030-06").await.property, None);
    h.placed(&next, "b", NIGHT, 1).await;
    let page = h.page(&next, "2030-06").await;
    assert_eq!((page.property, page.holds.len()), (None, 2));
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
    assert_eq!(in_use(h.put(&again).await.expect_err("it is booked")), 2);
    h.clock.advance(SignedDuration::from_hours(24 * 20));
    let again = h.put(&again).await.expect("that one is over");
    h.placed(&again, "again", ("2030-07-01T19:00:00Z", "2030-07-01T22:00:00Z"), 2).await;
    let refused = h.place(&again, "more", ("2030-07-01T19:00:00Z", "2030-07-01T22:00:00Z"), 1).await;
    assert!(matches!(refused, Err(LedgerError::Rejected(PageRejection::SoldOut { available: 0 }))));
}

#[tokio::test]
async fn inventory_is_set_for_a_range_or_not_at_all() {
    let room = nightly_resource("room", 2, 60);
    let h = Harness::with(&room).await;
    h.placed(&room, "k", ("2030-06-10", "2030-06-11"), 2).await;
    let first = date(2030, 6, 1);
    let refused = h.set(&room, first, 30, Some(1), None).await;
    assert_eq!(in_use(refused.expect_err("two are held on the tenth")), 2);
    assert_eq!(h.page(&room, "2030-06").await.overrides.len(), 0, "nothing changed");
    assert_eq!(h.store.catalogue.facts(&room.id).await.expect("facts").dates().count(), 0);

    h.set(&room, first, 30, Some(5), None).await.expect("more");
    h.placed(&room, "five", NIGHT, 5).await;
    h.set(&room, date(2030, 6, 21), 10, None, Some(true)).await.expect("a stop-sell");
    let refused = h.place(&room, "closed", ("2030-06-21", "2030-06-22"), 1).await;
    assert!(matches!(refused, Err(LedgerError::Rejected(PageRejection::SoldOut { available: 0 }))));
    h.set(&room, first, 30, None, Some(false)).await.expect("on sale again");
    h.placed(&room, "open", ("2030-06-21", "2030-06-22"), 5).await;

    let replaced = h.put(&with_capacity(&room, 9)).await.expect("a new default");
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
    let refused = h.set(&room, date(2030, 6, 28), 5, Some(0), None).await;
    assert_eq!(in_use(refused.expect_err("July is held")), 2);
    assert_eq!(h.page(&room, "2030-06").await.overrides.len(), 0);
}

/// What is set for dates that nobody has touched makes no page, and is there when the page is made.
#[tokio::test]
async fn an_edit_makes_no_pages_and_a_page_is_made_of_what_was_set() {
    let tables = slots_resource("tables", 4, 60);
    let h = Harness::with(&tables).await;
    let day = date(2030, 6, 10);
    h.set(&tables, day, 42, None, Some(true)).await.expect("six weeks");
    h.set(&tables, day, 1, Some(2), Some(false)).await.expect("but for one day");
    assert_eq!(h.store.catalogue.stored_pages(&tables).await.expect("pages"), []);
    let at_noon = |day: &str| (format!("2030-06-{day}T12:00:00Z"), format!("2030-06-{day}T12:30:00Z"));
    let (start, end) = at_noon("10");
    h.placed(&tables, "a", (&start, &end), 2).await;
    for day in ["10", "11"] {
        let (start, end) = at_noon(day);
        let refused = h.place(&tables, day, (&start, &end), 1).await;
        let sold_out = matches!(refused, Err(LedgerError::Rejected(PageRejection::SoldOut { available: 0 })));
        assert!(sold_out, "{day}: {refused:?}");
    }
    // After midnight it is the eleventh, which is closed.
    let refused = h.place(&tables, "night", ("2030-06-10T22:30:00Z", "2030-06-10T23:00:00Z"), 1).await;
    assert!(matches!(refused, Err(LedgerError::Rejected(PageRejection::SoldOut { .. }))), "{refused:?}");
}

/// A page is made while its dates are closed: whichever comes second sees the first.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_made_during_an_edit_has_what_was_set() {
    for round in 0..20 {
        let room = nightly_resource(&format!("room{round}"), 5, 60);
        let h = Harness::with(&room).await;
        let (placed, closed) =
            tokio::join!(h.place(&room, "k", NIGHT, 4), h.set(&room, date(2030, 6, 1), 1, None, Some(true)),);
        closed.expect("closing is never refused");
        let page = h.page(&room, "2030-06").await;
        assert_eq!(page.broken_slot(), None);
        assert!(page.closed.contains(&SlotKey::parse("01").expect("a night")), "{placed:?}: {page:?}");
        let late = h.place(&room, "late", NIGHT, 1).await;
        assert!(matches!(late, Err(LedgerError::Rejected(PageRejection::SoldOut { .. }))), "{late:?}");
    }
}

/// A first hold makes the page while the operator lowers the capacity: whoever comes second sees the first.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_made_during_a_replacement_is_not_forgotten() {
    for round in 0..20 {
        let room = nightly_resource(&format!("room{round}"), 5, 60);
        let h = Harness::with(&room).await;
        let lowered = with_capacity(&room, 1);
        let (placed, replaced) = tokio::join!(h.place(&room, "k", NIGHT, 4), h.put(&lowered));
        let stored = h.store.catalogue.resource(&room.id).await.expect("a read").expect("a resource");
        let page = h.page(&stored, "2030-06").await;
        assert_eq!((page.broken_slot(), stored.next.is_none()), (None, true));
        match (placed, replaced) {
            (Ok(_), Ok(_)) => panic!("four of one were held: {page:?}"),
            (Ok(_), Err(_)) => assert_eq!(page.capacity, 5),
            (Err(_), Ok(_)) => assert_eq!(page.capacity, 1),
            (Err(a), Err(b)) => panic!("neither came through: {a:?}, {b:?}"),
        }
    }
}

/// An edit has read the page. Before it writes, a hold takes places of it.
#[tokio::test]
async fn a_page_is_not_written_over_by_an_edit_that_read_it_before() {
    let room = nightly_resource("room", 5, 60);
    let h = Harness::with(&room).await;
    h.touch(&room, &PageKey::first(room.id.clone(), "2030-06")).await;
    for passes in 0..6 {
        let slow = Faults::default();
        let late = resources(Store::over(&h.database.client_under(&slow)));
        slow.strike(Fault::Delayed, passes, 1);
        let edit = DatesEdit {
            from: date(2030, 6, 1),
            to: date(2030, 6, 2),
            set: DateFactsEdit {
                capacity: Some(20 + u32::try_from(passes).expect("small")),
                ..DateFactsEdit::default()
            },
        };
        let by = h.by("operator");
        let caller = platform();
        let edited = late.set_inventory(&caller, &room.id, &edit, &Precondition::None, Run::Real, &by);
        let hold = async {
            slow.strikes().await;
            let hold = h.placed(&room, &format!("k{passes}"), NIGHT, 2).await;
            slow.go_on();
            hold
        };
        let (edited, hold) = tokio::join!(edited, hold);
        edited.expect("more places");
        let page = h.page(&room, "2030-06").await;
        assert!(page.holds.contains_key(&hold.id), "{passes}: {page:?}");
        assert_eq!(
            (page.broken_slot(), page.capacity_of(&SlotKey::parse("01").expect("a night"))),
            (None, edit.set.capacity.expect("set"))
        );
    }
}

/// While terms that allow less are announced, holds take and give back places of which there will be fewer. What was given back
/// cannot be taken again behind the operator's back: an edit that is refused has changed nothing.
#[tokio::test]
async fn what_is_given_back_while_terms_are_announced_is_not_taken_again() {
    let room = nightly_resource("room", 10, 600);
    let h = Harness::with(&room).await;
    h.placed(&room, "first", NIGHT, 4).await;
    let (slow, less) = (Faults::default(), with_capacity(&room, 5));
    let late = resources(Store::over(&h.database.client_under(&slow)));
    slow.strike(Fault::Delayed, 0, usize::MAX);
    let night = SlotKey::parse("01").expect("a night");
    let stored = async || h.store.catalogue.resource(&room.id).await.expect("a read").expect("a resource");
    let beside = async {
        slow.strikes().await;
        while stored().await.next.is_none() {
            slow.go_on();
            slow.strikes().await;
        }
        let second = h.placed(&room, "second", NIGHT, 4).await;
        while h.store.catalogue.stored_pages(&room).await.expect("a page")[0].capacity_of(&night) != 8 {
            slow.go_on();
            slow.strikes().await;
        }
        h.store.holds.release(&second, &h.by("guest")).await.expect("given back");
        slow.go_on();
        slow.strikes().await;
        h.placed(&stored().await, "third", NIGHT, 4).await;
        loop {
            slow.go_on();
            slow.strikes().await;
        }
    };
    let by = h.by("operator");
    let caller = platform();
    let put = late.put(&caller, &room.id, &less.terms, &Precondition::None, Run::Real, &by);
    let put = tokio::select! {
        put = put => put,
        () = beside => unreachable!("it goes on for as long as the edit"),
    };
    assert_eq!(in_use(put.expect_err("four and four are held")), 8);
    let present = stored().await;
    assert_eq!((&present.terms, present.next.is_none()), (&room.terms, true), "refused: nothing is changed");
    assert_eq!(h.page(&present, "2030-06").await.capacity_of(&night), 10);
    h.placed(&present, "fourth", NIGHT, 2).await;
}

/// More touched pages than one transaction takes, each with a booking, and terms that allow less.
#[tokio::test]
async fn terms_follow_each_other_over_any_number_of_pages() {
    let tables = slots_resource("tables", 4, 600);
    let h = Harness::with(&tables).await;
    let first = date(2030, 6, 1);
    for day in 0..120_i64 {
        let day = first + day.days();
        let range = (format!("{day}T12:00:00Z"), format!("{day}T12:30:00Z"));
        h.placed(&tables, &day.to_string(), (&range.0, &range.1), 2).await;
    }
    let refused = h.put(&with_capacity(&tables, 1)).await.expect_err("two are held on each day");
    match refused {
        Failure::CapacityInUse { slots } => {
            assert_eq!(slots.len(), 100, "the first of them");
            assert_eq!(slots[0].start, Some(at("2030-06-01T12:00:00Z")));
        }
        other => panic!("{other:?}"),
    }
    let less = h.put(&with_capacity(&tables, 2)).await.expect("two fit");
    let pages = h.store.catalogue.stored_pages(&less).await.expect("pages");
    assert_eq!(pages.len(), 120);
    for page in pages {
        assert_eq!((page.terms_revision, page.capacity, page.broken_slot()), (less.revision, 2, None));
    }
    let closed = h.set(&less, first, 120, None, Some(true)).await.expect("all of it");
    let refused = h.place(&closed, "late", ("2030-09-01T13:00:00Z", "2030-09-01T13:30:00Z"), 1).await;
    assert!(matches!(refused, Err(LedgerError::Rejected(PageRejection::SoldOut { .. }))), "{refused:?}");
}

/// Stores June as the release before wrote it: two places of the first night are confirmed, there are a closed night and a night of
/// one place, which nothing but the page states.
async fn june_of_the_release_before(h: &Harness, room: &Resource) {
    let night = |night: &str| SlotKey::parse(night).expect("a night");
    let mut june = room.fresh_page(&PageKey::first(room.id.clone(), "2030-06"), &Facts::default());
    (june.terms_revision, june.shape) = (0, None);
    june.confirmed.insert(night("01"), 2);
    june.available.insert(night("01"), 3);
    june.closed.insert(night("20"));
    june.overrides.insert(night("21"), 1);
    june.available.insert(night("21"), 1);
    let item = encode_page_as(&june, &[], h.now(), None, Version::V0);
    let put = h.database.client.put_item().table_name(Database::LEDGER).set_item(Some(item));
    put.send().await.expect("a page");
}

/// That the twentieth is closed and the twenty-first has one place, by what is set for them and for who asks for them.
async fn check_june(h: &Harness, room: &Resource, when: &str) -> Resource {
    let facts = h.store.catalogue.facts(&room.id).await.expect("facts");
    let set = [20, 21].map(|day| facts.of(date(2030, 6, day)));
    assert_eq!(set.map(|set| (set.capacity, set.closed)), [(None, true), (Some(1), false)], "{when}");
    let present = h.store.catalogue.resource(&room.id).await.expect("a read").expect("a resource");
    assert_eq!(
        h.page(&present, "2030-06").await.confirmed,
        [(SlotKey::parse("01").expect("a night"), 2)].into()
    );
    for (range, places, free) in [(("2030-06-20", "2030-06-21"), 1, 0), (("2030-06-21", "2030-06-22"), 2, 1)]
    {
        let refused = h.place(&present, &format!("{when} {places}"), range, places).await;
        let sold_out = PageRejection::SoldOut { available: free };
        assert!(
            matches!(&refused, Err(LedgerError::Rejected(why)) if *why == sold_out),
            "{when}: {refused:?}"
        );
    }
    present
}

/// Whatever writes such a page first, what it states is set for its dates from then on.
#[tokio::test]
async fn what_only_a_page_of_the_release_before_states_outlasts_the_first_write_of_it_and_every_edit() {
    for first in ["replaced", "set", "held"] {
        let room = nightly_resource("room", 5, 600);
        let h = Harness::with(&room).await;
        june_of_the_release_before(&h, &room).await;
        match first {
            "replaced" => {
                let mut terms = room.terms.clone();
                terms.schedule =
                    Schedule::Nightly { check_in: time(16, 0, 0, 0), check_out: time(10, 0, 0, 0) };
                drop(h.put(&room.replace(terms)).await.expect("every night stays"));
            }
            "set" => drop(h.set(&room, date(2030, 6, 10), 2, Some(7), None).await.expect("more places")),
            _ => drop(h.placed(&room, "k", NIGHT, 1).await),
        }
        let present = check_june(&h, &room, first).await;
        let less = with_capacity(&present, 4);
        h.put(&less).await.expect("four are enough");
        let present = check_june(&h, &room, "replaced again").await;
        assert_eq!((present.terms.capacity, h.page(&present, "2030-06").await.capacity), (4, 4), "{first}");
        h.set(&room, date(2030, 6, 22), 5, None, Some(true)).await.expect("a stop-sell");
        check_june(&h, &room, "set again").await;
        h.placed(&present, "the last", ("2030-06-21", "2030-06-22"), 1).await;
    }
}
