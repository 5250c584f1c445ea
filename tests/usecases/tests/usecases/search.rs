//! What search offers can be held; what it does not offer cannot.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_app::search::{Found, Projection, Query, Sort};
use holdfast_app::{Failure, Field, FieldPath};
use holdfast_domain::catalogue::{AttributeValue, Label};
use holdfast_domain::{Resource, Schedule};
use holdfast_testkit::{event_resource, money, nightly_resource, slots_resource};
use jiff::civil::{date, time};
use proptest::prelude::*;

use crate::bank::VISA;
use crate::driver::{Drive, Ending};
use crate::world::{NIGHT, World, guest, hold_request, key, when};

/// A question for hotels in New York.
pub(crate) fn query(range: (&str, &str), quantity: u32) -> Query {
    Query {
        resource_type: "hotel".to_owned(),
        location: "NYC".to_owned(),
        start: when(range.0),
        end: when(range.1),
        quantity,
        sort: Sort::Price,
        limit: 100,
        cursor: None,
    }
}

async fn found(w: &World, query: &Query) -> Vec<(String, u32)> {
    let Found { offers, next, .. } = w.search.find(query, w.now()).await.expect("an answer");
    assert_eq!(next, None);
    offers.into_iter().map(|offer| (offer.resource.id.to_string(), offer.available)).collect()
}

async fn listed(w: &World, room: &Resource) {
    let put = w.put(room).await;
    w.project(&put, None).await;
}

#[derive(Debug, Clone)]
enum Change {
    Hold { room: usize, from: i8, nights: i8, quantity: u32 },
    Close { room: usize, day: i8, closed: bool },
    Capacity { room: usize, day: i8, capacity: u32 },
    Pass { seconds: i64 },
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let room = || 0..3_usize;
    let change = prop_oneof![
        5 => (room(), 1..6_i8, 1..4_i8, 1..3_u32)
            .prop_map(|(room, from, nights, quantity)| Change::Hold { room, from, nights, quantity }),
        1 => (room(), 1..6_i8, any::<bool>()).prop_map(|(room, day, closed)| Change::Close { room, day, closed }),
        1 => (room(), 1..6_i8, 0..4_u32)
            .prop_map(|(room, day, capacity)| Change::Capacity { room, day, capacity }),
        2 => (1..50_i64).prop_map(|seconds| Change::Pass { seconds }),
    ];
    prop::collection::vec(change, 1..14)
}

fn night(day: i8) -> String {
    date(2030, 6, day).to_string()
}

async fn change(w: &World, rooms: &[Resource], number: usize, change: &Change) {
    let set = async |room: usize, day: i8, capacity, closed| match w
        .set(&rooms[room].id, (date(2030, 6, day), 1), capacity, closed)
        .await
    {
        Ok(_) | Err(Failure::CapacityInUse { .. }) => {}
        Err(error) => panic!("{error:?}"),
    };
    match change {
        Change::Hold { room, from, nights, quantity } => {
            let range = (night(*from), night(*from + *nights));
            let name = format!("change {number}");
            match w.place(&rooms[*room], &name, (&range.0, &range.1), *quantity).await {
                Ok(_) | Err(Failure::SoldOut { .. }) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        Change::Close { room, day, closed } => set(*room, *day, None, Some(*closed)).await,
        Change::Capacity { room, day, capacity } => set(*room, *day, Some(*capacity), None).await,
        Change::Pass { seconds } => w.pass(*seconds),
    }
}

/// Puts every answer of search to the ledger.
async fn check_offers(w: &World, rooms: &[Resource]) -> Result<(), String> {
    for (from, to) in [(1, 2), (2, 4), (1, 6), (5, 8)] {
        let range = (night(from), night(to));
        let range = (range.0.as_str(), range.1.as_str());
        for quantity in [1, 2] {
            let offers = found(w, &query(range, quantity)).await;
            for room in rooms {
                let offered = offers.iter().find(|(id, _)| *id == room.id.as_str());
                let request = hold_request(room, range, quantity);
                let key = key(&format!("{range:?}{quantity}"), room.id.as_str());
                let caller = guest(&format!("prober-{}", room.id));
                let held = w.holds.create(&caller, &key, &request, &w.by("prober")).await;
                match (held, offered) {
                    (Ok(placed), Some(_)) => {
                        assert!(!placed.replayed);
                        w.holds.release(&caller, &placed.hold.id, &w.by("prober")).await.expect("a release");
                    }
                    (Err(Failure::SoldOut { available }), None) => assert!(available < quantity),
                    (held, offered) => {
                        return Err(format!("{} {range:?}: {offered:?}, but {held:?}", room.id));
                    }
                }
            }
        }
    }
    Ok(())
}

/// Makes these changes, of which the read model learns of the first `projected`, and puts the answers of search to the ledger.
async fn search_after(changes: Vec<Change>, projected: usize) -> Result<(), String> {
    let w = World::start().await;
    // A resource has at least one place; its nights may have none, by a change.
    let rooms: Vec<Resource> = [1, 1, 2]
        .into_iter()
        .enumerate()
        .map(|(n, capacity)| nightly_resource(&format!("room-{n}"), capacity, 60))
        .collect();
    for room in &rooms {
        w.put(room).await;
    }
    for number in 0..=changes.len() {
        if number == projected.min(changes.len()) {
            for room in &rooms {
                w.project(room, None).await;
            }
        }
        if let Some(next) = changes.get(number) {
            change(&w, &rooms, number, next).await;
        }
    }
    check_offers(&w, &rooms).await
}

fn block_on<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(test)
}

/// Enough for the control to be found in every run.
const CASES: u32 = 32;

proptest! {
    #![proptest_config(holdfast_properties::config(CASES, "tests/regressions/search.txt"))]

    #[test]
    fn what_is_offered_can_be_held_and_what_is_not_cannot(changes in changes()) {
        holdfast_properties::outcome(block_on(search_after(changes, usize::MAX)))?;
    }
}

/// A read model that misses every change after the third.
#[test]
fn control_a_projection_that_breaks_at_the_fourth_change_is_found() {
    holdfast_properties::assert_found(CASES, changes(), |changes| {
        holdfast_properties::outcome(block_on(search_after(changes, 3)))
    });
}

#[tokio::test]
async fn what_is_offered_of_slots_and_events_can_be_held() {
    let w = World::start().await;
    let (table, concert) = (slots_resource("table", 2, 60), event_resource("concert", 2, 60));
    listed(&w, &table).await;
    listed(&w, &concert).await;
    let answer = w.search.find(&query(("2030-06-01", "2030-06-02"), 2), w.now()).await;
    let offers = answer.expect("an answer").offers;
    let ids: BTreeSet<&str> = offers.iter().map(|offer| offer.resource.id.as_str()).collect();
    assert_eq!(ids, BTreeSet::from(["concert", "table"]));
    for offer in &offers {
        let (start, end) = (offer.stay.start.to_string(), offer.stay.end.to_string());
        let placed = w.place(&offer.resource, offer.resource.id.as_str(), (&start, &end), 2).await;
        assert_eq!(placed.expect("as offered").hold.order.price.total(), offer.price);
        w.project(&offer.resource, None).await;
    }
    let hour = ("2030-06-01T18:00:00Z", "2030-06-01T19:00:00Z");
    assert_eq!(found(&w, &query(hour, 1)).await, []);
    // Of the table's date the first two hours are left, of the evening before.
    assert_eq!(found(&w, &query(("2030-06-01", "2030-06-02"), 1)).await, [("table".to_owned(), 2)]);
    w.pass(60);
    assert_eq!(found(&w, &query(hour, 1)).await, [("table".to_owned(), 2)], "the holds have expired");
}

#[tokio::test]
async fn bookings_and_live_holds_count_expired_holds_and_closed_dates_do_as_a_hold_sees_them() {
    let room = nightly_resource("room", 2, 60);
    let w = World::with(&room).await;
    let search = async || {
        w.project(&room, None).await;
        found(&w, &query(NIGHT, 1)).await
    };
    let free = |places: u32| vec![("room".to_owned(), places)];
    assert_eq!(search().await, free(2));
    let hold = w.held(&room, "k", NIGHT).await;
    assert_eq!(search().await, free(1));
    let id = w.open(&hold, "pay", VISA).await;
    assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
    w.held(&room, "l", NIGHT).await;
    assert_eq!(search().await, []);
    w.pass(60);
    assert_eq!(found(&w, &query(NIGHT, 1)).await, free(1), "without anything having been projected");
    w.cancel(&id, "cancel").await.expect("a cancellation");
    assert_eq!(search().await, free(2));
    for (closed, places) in [(true, vec![]), (false, free(2))] {
        w.set(&room.id, (date(2030, 6, 1), 1), None, Some(closed)).await.expect("an inventory");
        assert_eq!(search().await, places);
    }
    assert_eq!(found(&w, &query(NIGHT, 3)).await, [], "more than there are");
    w.pass(30 * 24 * 3600);
    assert_eq!(found(&w, &query(NIGHT, 1)).await, [], "its start has passed");
}

#[tokio::test]
async fn a_page_that_was_written_is_found_as_it_is_now() {
    let room = nightly_resource("room", 2, 600);
    let w = World::with(&room).await;
    w.project(&room, None).await;
    w.held(&room, "k", NIGHT).await;
    assert_eq!(found(&w, &query(NIGHT, 1)).await, [("room".to_owned(), 2)], "nothing has been projected");
    let projection =
        Projection::new(w.store.catalogue.clone(), w.store.rates.clone(), w.store.index_writer.clone());
    let mut batch = projection.batch();
    for page in w.store.catalogue.stored_pages(&room).await.expect("pages") {
        batch.on_page(&page).await.expect("a projection");
    }
    assert_eq!(found(&w, &query(NIGHT, 1)).await, [("room".to_owned(), 1)]);
}

#[tokio::test]
async fn what_is_set_for_a_date_is_found_with_and_without_a_page_and_under_other_terms() {
    let free = |places: u32| vec![("room".to_owned(), places)];
    for touched in [false, true] {
        let room = nightly_resource("room", 2, 60);
        let w = World::with(&room).await;
        if touched {
            w.held(&room, "k", NIGHT).await;
            w.pass(60);
        }
        w.project(&room, None).await;
        assert_eq!(found(&w, &query(NIGHT, 1)).await, free(2), "{touched}");
        w.set(&room.id, (date(2030, 6, 1), 1), None, Some(true)).await.expect("an inventory");
        assert_eq!(w.store.catalogue.stored_pages(&room).await.expect("pages").len(), usize::from(touched));
        let projection =
            Projection::new(w.store.catalogue.clone(), w.store.rates.clone(), w.store.index_writer.clone());
        let mut batch = projection.batch();
        let facts = w.store.catalogue.facts(&room.id).await.expect("facts");
        for (month, facts) in facts.months() {
            batch.on_facts(&room.id, month, facts).await.expect("a projection");
        }
        for page in w.store.catalogue.stored_pages(&room).await.expect("pages") {
            batch.on_page(&page).await.expect("a projection");
        }
        assert_eq!(found(&w, &query(NIGHT, 1)).await, [], "{touched}");
        let mut later = room.clone();
        later.terms.schedule =
            Schedule::Nightly { check_in: time(16, 0, 0, 0), check_out: time(11, 0, 0, 0) };
        later.terms.location = Label::parse("BOS").expect("a label");
        let later = w.put(&later).await;
        w.project(&later, Some(&room)).await;
        let boston = || Query { location: "BOS".to_owned(), ..query(NIGHT, 1) };
        assert_eq!(found(&w, &boston()).await, [], "{touched}: it moved, and stays closed");
        w.set(&room.id, (date(2030, 6, 1), 1), Some(5), Some(false)).await.expect("an inventory");
        w.project(&later, None).await;
        assert_eq!(found(&w, &boston()).await, free(5), "{touched}");
    }
}

/// Rooms that differ in price, rating and place.
async fn catalogue() -> Arc<World> {
    let w = World::start().await;
    for n in 0..12_u8 {
        let mut room = nightly_resource(&format!("room-{n:02}"), 2, 600);
        room.terms.base_price = money([9_000, 5_000, 7_000][usize::from(n) % 3]);
        if n != 3 {
            let rating = f64::from(n % 5);
            room.terms.attributes.insert("rating".to_owned(), AttributeValue::Number(rating));
        }
        if n != 4 {
            let degrees = [("latitude", 40.0 + f64::from(n * 7 % 12)), ("longitude", -74.0)];
            for (name, degrees) in degrees {
                room.terms.attributes.insert(name.to_owned(), AttributeValue::Number(degrees));
            }
        }
        listed(&w, &room).await;
    }
    w
}

async fn pages(w: &World, sort: Sort, limit: u32) -> Vec<Resource> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let query = Query { sort, limit, cursor, ..query(NIGHT, 1) };
        let Found { offers, next, .. } = w.search.find(&query, w.now()).await.expect("a page");
        assert!(offers.len() <= usize::try_from(limit).expect("a limit"));
        assert!(!offers.is_empty(), "no cursor leads nowhere");
        all.extend(offers.into_iter().map(|offer| offer.resource));
        cursor = next;
        if cursor.is_none() {
            return all;
        }
    }
}

fn number(room: &Resource, name: &str) -> Option<f64> {
    match room.terms.attributes.get(name) {
        Some(AttributeValue::Number(number)) => Some(*number),
        Some(AttributeValue::Text(_) | AttributeValue::Flag(_)) | None => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a small amount")]
fn price(room: &Resource) -> f64 {
    room.terms.base_price.amount() as f64
}

/// An order, and the number by which it sorts.
type Order = (Sort, fn(&Resource) -> f64);

const ORDERS: [Order; 3] = [
    (Sort::Price, price),
    (Sort::Rating, |room| number(room, "rating").map_or(f64::MAX, |rating| -rating)),
    (Sort::Distance(40.0, -74.0), |room| number(room, "latitude").unwrap_or(f64::MAX)),
];

#[tokio::test]
async fn pages_of_every_order_hold_every_offer_once_and_in_order() {
    let w = catalogue().await;
    for (sort, rank) in ORDERS {
        let whole = pages(&w, sort, 100).await;
        assert_eq!(whole.len(), 12);
        for limit in [1, 5, 6, 11, 12] {
            assert_eq!(pages(&w, sort, limit).await, whole, "{sort:?}, {limit} at a time");
        }
        let ranks: Vec<(f64, &str)> = whole.iter().map(|room| (rank(room), room.id.as_str())).collect();
        assert!(ranks.is_sorted(), "{sort:?}: {ranks:?}");
    }
}

/// Cities by airport, latitude and longitude.
const CITIES: [(&str, f64, f64); 14] = [
    ("akl", -36.85, 174.76),
    ("anc", 61.22, -149.90),
    ("bos", 42.36, -71.06),
    ("eze", -34.60, -58.38),
    ("hnd", 35.68, 139.69),
    ("hnl", 21.31, -157.86),
    ("kef", 64.15, -21.94),
    ("lax", 34.05, -118.24),
    ("lhr", 51.51, -0.13),
    ("nbo", -1.29, 36.82),
    ("scl", -33.45, -70.67),
    ("suv", -18.14, 178.44),
    ("svo", 55.76, 37.62),
    ("uio", -0.18, -78.47),
];

/// The orders are those of the spherical law of cosines.
#[tokio::test]
async fn the_nearest_come_first_wherever_on_the_globe() {
    let w = World::start().await;
    for (name, latitude, longitude) in CITIES {
        let mut room = nightly_resource(name, 1, 600);
        for (name, degrees) in [("latitude", latitude), ("longitude", longitude)] {
            room.terms.attributes.insert(name.to_owned(), AttributeValue::Number(degrees));
        }
        listed(&w, &room).await;
    }
    for (from, expected) in [
        ((40.71, -74.01), "bos lax kef uio anc lhr svo hnl scl eze hnd nbo suv akl"),
        ((-17.75, -179.9), "suv akl hnl hnd lax anc scl uio eze bos kef svo nbo lhr"),
        ((64.0, 25.0), "svo lhr kef anc bos nbo hnd lax hnl uio eze scl suv akl"),
    ] {
        let found = pages(&w, Sort::Distance(from.0, from.1), 100).await;
        let names: Vec<&str> = found.iter().map(|room| room.id.as_str()).collect();
        assert_eq!(names.join(" "), expected, "from {from:?}");
    }
}

#[tokio::test]
async fn a_cursor_stays_right_when_offers_come_and_go_between_its_pages() {
    let w = catalogue().await;
    let first = Query { limit: 5, ..query(NIGHT, 1) };
    let Found { offers: seen, next, .. } = w.search.find(&first, w.now()).await.expect("a page");
    let gone = seen.last().expect("offers").resource.clone();
    w.place(&gone, "k", NIGHT, 2).await.expect("a hold");
    w.project(&gone, None).await;
    let rest = Query { limit: 100, cursor: next, ..query(NIGHT, 1) };
    let rest = w.search.find(&rest, w.now()).await.expect("the rest").offers;
    let all: BTreeSet<String> = seen.iter().chain(&rest).map(|offer| offer.resource.id.to_string()).collect();
    assert_eq!((seen.len() + rest.len(), all.len()), (12, 12), "no duplicate, no gap");
    for cursor in ["", "x", "AAAA", "ÿ"] {
        let foreign = Query { cursor: Some(cursor.to_owned()), ..query(NIGHT, 1) };
        let refused = w.search.find(&foreign, w.now()).await;
        assert!(
            matches!(
                refused,
                Err(Failure::Invalid { field: FieldPath { item: None, field: Field::Cursor }, .. })
            ),
            "{cursor}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn a_resource_that_moved_is_found_where_it_is_with_its_holds() {
    let room = nightly_resource("room", 2, 600);
    let w = World::with(&room).await;
    w.project(&room, None).await;
    w.held(&room, "k", NIGHT).await;
    let mut moved = room.clone();
    moved.terms.location = Label::parse("BER").expect("a label");
    let moved = w.put(&moved).await;
    w.project(&moved, Some(&room)).await;
    assert_eq!(found(&w, &query(NIGHT, 1)).await, []);
    let there = Query { location: "BER".to_owned(), ..query(NIGHT, 1) };
    assert_eq!(found(&w, &there).await, [("room".to_owned(), 1)]);
    let mut other = room.clone();
    other.terms.resource_type = Label::parse("flat").expect("a label");
    let back = w.put(&other).await;
    w.project(&back, Some(&moved)).await;
    assert_eq!(found(&w, &there).await, []);
    let flats = Query { resource_type: "flat".to_owned(), ..query(NIGHT, 1) };
    assert_eq!(found(&w, &flats).await, [("room".to_owned(), 1)]);
}
