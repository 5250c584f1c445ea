//! Places beyond the capacity: guests find, hold and book them like any other, and the trail says who let them be sold.

use holdfast_app::Failure;
use holdfast_domain::catalogue::DateFactsEdit;
use holdfast_testkit::nightly_resource;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

use crate::bank::VISA;
use crate::driver::{Drive, Ending};
use crate::search::query;
use crate::trails::whole_trail;
use crate::world::{NIGHT, World};

const JUNE_1: Date = date(2030, 6, 1);

fn beyond(overbooking: u32) -> DateFactsEdit {
    DateFactsEdit { overbooking: Some(overbooking), ..DateFactsEdit::default() }
}

#[tokio::test]
async fn guests_find_hold_and_book_places_beyond_the_capacity() {
    for is_touched in [false, true] {
        let room = nightly_resource("room", 2, 600);
        let w = World::with(&room).await;
        if is_touched {
            w.held(&room, "another night", ("2030-06-08", "2030-06-09")).await;
        }
        w.set_dates(&room.id, (JUNE_1, 1), beyond(2)).await.expect("more places");
        let found = async |quantity| {
            w.project_latest(&room.id).await;
            let (offers, _) = w.search.find(&query(NIGHT, quantity), w.now()).await.expect("an answer");
            offers.first().map(|offer| offer.available)
        };
        let calendar = async || {
            w.project_latest(&room.id).await;
            let (slots, _) = w
                .calendars
                .slots(&room.id, JUNE_1, date(2030, 6, 3), None, w.now())
                .await
                .expect("a calendar");
            slots.iter().map(|slot| (slot.capacity, slot.available)).collect::<Vec<_>>()
        };
        assert_eq!(found(4).await, Some(4), "{is_touched}");
        assert_eq!(found(5).await, None, "{is_touched}");
        assert_eq!(calendar().await, [(2, 4), (2, 2)], "{is_touched}");
        let hold = w.place(&room, "three", NIGHT, 3).await.expect("a place beyond the capacity").hold;
        let booking = w.open(&hold, "pay", VISA).await;
        assert_eq!(Drive::new(&w, &booking).run().await, Ending::Confirmed);
        assert_eq!((found(1).await, calendar().await), (Some(1), vec![(2, 1), (2, 2)]), "{is_touched}");
        let refused = w.place(&room, "two", NIGHT, 2).await;
        assert!(matches!(refused, Err(Failure::SoldOut { available: 1 })), "{is_touched}: {refused:?}");
        let refused = w.set_dates(&room.id, (JUNE_1, 1), beyond(0)).await;
        let in_use =
            |failure: &Failure| matches!(failure, Failure::CapacityInUse { slots } if slots[0].in_use == 3);
        assert!(refused.as_ref().is_err_and(in_use), "{is_touched}: {refused:?}");
        // The guest cancels, and it may be taken back.
        w.cancel(&booking, "cancel").await.expect("a cancellation");
        w.set_dates(&room.id, (JUNE_1, 1), beyond(0)).await.expect("nothing is taken");
        assert_eq!((found(2).await, calendar().await), (Some(2), vec![(2, 2), (2, 2)]), "{is_touched}");
    }
}

/// Other terms leave what is set for dates.
#[tokio::test]
async fn places_beyond_the_capacity_are_of_the_date_whatever_the_terms() {
    let mut room = nightly_resource("room", 2, 600);
    let w = World::with(&room).await;
    w.set_dates(&room.id, (JUNE_1, 1), beyond(1)).await.expect("more places");
    w.place(&room, "three", NIGHT, 3).await.expect("a place beyond the capacity");
    room.terms.capacity = 1;
    let refused = w.try_put(&room).await;
    assert!(matches!(refused, Err(Failure::CapacityInUse { .. })), "three are held: {refused:?}");
    room.terms.capacity = 4;
    w.put(&room).await;
    w.place(&room, "two", NIGHT, 2).await.expect("four places, and one beyond");
    let refused = w.place(&room, "more", NIGHT, 1).await;
    assert!(matches!(refused, Err(Failure::SoldOut { available: 0 })), "{refused:?}");
}

#[tokio::test]
async fn the_trail_says_what_was_set_where_it_changed() {
    let room = nightly_resource("room", 2, 600);
    let w = World::with(&room).await;
    let set = async |edit| w.set_dates(&room.id, (JUNE_1, 2), edit).await.expect("nothing is in the way");
    set(beyond(3)).await;
    set(DateFactsEdit { capacity: Some(5), ..DateFactsEdit::default() }).await;
    set(beyond(0)).await;
    let trail = whole_trail(&w, &room.id).await;
    let dates = |name: &str, value: Value| json!({ "dates": [{ "from": "2030-06-01", "to": "2030-06-03", name: value }] });
    let said: Vec<_> =
        trail[1..].iter().map(|entry| (entry.kind.as_str(), entry.from.clone(), entry.to.clone())).collect();
    let expected = [
        ("inventory.set", dates("overbooking", json!(0)), dates("overbooking", json!(3))),
        ("inventory.set", dates("capacity", Value::Null), dates("capacity", json!(5))),
        ("inventory.set", dates("overbooking", json!(3)), dates("overbooking", json!(0))),
    ];
    assert_eq!(said, expected);
}
