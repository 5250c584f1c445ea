//! Places beyond the capacity: guests find, hold and book them like any other, and the trail says who let them be sold.

use holdfast_app::Failure;
use holdfast_app::catalogue::FactsCommit;
use holdfast_app::holds::HoldRequest;
use holdfast_domain::catalogue::{DateFactsEdit, Facts, Label};
use holdfast_domain::rates::condition::{Bounds, Condition};
use holdfast_domain::rates::ids::RuleId;
use holdfast_domain::rates::rule::{Adjustment, Rule};
use holdfast_testkit::nightly_resource;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

use crate::bank::VISA;
use crate::driver::{Drive, Ending};
use crate::rated;
use crate::search::query;
use crate::trails::whole_trail;
use crate::world::{NIGHT, PRICE, World, guest, hold_request, operator};

const JUNE_1: Date = date(2030, 6, 1);
/// Longer than it is remembered how full a slot is.
const LATER: i64 = 6;

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
            let offers = w.search.find(&query(NIGHT, quantity), w.now()).await.expect("an answer").offers;
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

/// A card that is dearer from half of the places on, and the room's demand as search, calendar, quote and hold see it.
async fn priced(w: &World, name: &str) -> i64 {
    w.project_latest(&rated::room().id).await;
    let offers = w.search.find(&query(NIGHT, 1), w.now()).await.expect("an answer").offers;
    let (slots, _) = w
        .calendars
        .slots(&rated::room().id, JUNE_1, date(2030, 6, 2), None, w.now())
        .await
        .expect("a calendar");
    let quoted = rated::quote(w, None, NIGHT).await;
    let caller = guest(name);
    let asked = hold_request(&rated::room(), NIGHT, 1);
    let hold = rated::place(w, &caller, name, &asked).await.expect("a place").hold;
    w.holds.release(&caller, &hold.id, &w.by(name)).await.expect("a release");
    let quoted = quoted.offers[0].price.whole().expect("in range").amount();
    let on_calendar = slots[0].price.expect("on sale").amount();
    let shown = [offers[0].price.amount(), on_calendar, quoted];
    let held = hold.order.price.whole().expect("in range").amount();
    assert_eq!(shown, [held; 3], "{name}: search, calendar, quote and hold");
    held
}

#[tokio::test]
async fn prices_by_demand_go_by_the_capacity_whatever_may_be_sold_beyond_it() {
    let mut card = rated::card(PRICE);
    let half = Some(Bounds { min: Some(50), max: None });
    card.rules = vec![Rule {
        id: RuleId::parse("busy").expect("a name"),
        name: Label::parse("Busy").expect("a label"),
        priority: 1,
        when: Condition { sold_percent: half, ..Condition::default() },
        adjustment: Adjustment::Amount(5_000),
        group: None,
    }];
    let w = rated::rated(&card).await;
    let room = rated::room();
    assert_eq!(priced(&w, "nothing-taken").await, PRICE);
    // An edit that was cut off before any page was brought: as many places again may be sold, and nothing is taken.
    let stored = w.store.catalogue.resource(&room.id).await.expect("a read").expect("a resource");
    let months =
        Facts::default().with([JUNE_1], beyond(room.terms.capacity)).changed_since(&Facts::default());
    let commit = FactsCommit::adopting(&stored, months, &w.by("operator"));
    w.store.catalogue.put_facts(&commit).await.expect("facts of dates");
    w.pass(LATER);
    assert_eq!(priced(&w, "cut-off").await, PRICE);
    // It comes again; all places of the house are taken, and none of those beyond it.
    w.set_dates(&room.id, (JUNE_1, 1), beyond(room.terms.capacity)).await.expect("more places");
    w.pass(LATER);
    assert_eq!(priced(&w, "in-force").await, PRICE);
    let everything = HoldRequest { quantity: room.terms.capacity, ..hold_request(&room, NIGHT, 1) };
    rated::place(&w, &operator(), "house", &everything).await.expect("every place of the house");
    w.pass(LATER);
    assert_eq!(priced(&w, "full").await, PRICE + 5_000);
    // Without places of the house, each of those beyond is the last.
    let none = DateFactsEdit { capacity: Some(0), overbooking: Some(20), closed: None };
    w.set_dates(&room.id, (JUNE_1, 1), none).await.expect("20 are more than are taken");
    w.pass(LATER);
    assert_eq!(priced(&w, "no-house").await, PRICE + 5_000);
}

/// What may be sold beyond the capacity is free: no gap ends there.
#[tokio::test]
async fn a_night_that_may_be_sold_beyond_its_capacity_ends_no_gap() {
    let mut gaps = rated::card(PRICE);
    gaps.restrictions = vec![rated::two_nights(true)];
    let w = rated::rated(&gaps).await;
    let room = rated::room();
    let full = |nights| HoldRequest { quantity: room.terms.capacity, ..hold_request(&room, nights, 1) };
    for (name, nights) in [("before", ("2030-05-30", "2030-06-01")), ("after", ("2030-06-02", "2030-06-04"))]
    {
        rated::place(&w, &operator(), name, &full(nights)).await.expect("every place around the night");
    }
    let is_had = async |name: &str| {
        w.pass(LATER);
        w.project_latest(&room.id).await;
        let offers = w.search.find(&query(NIGHT, 1), w.now()).await.expect("an answer").offers;
        let caller = guest(name);
        let placed = rated::place(&w, &caller, name, &hold_request(&room, NIGHT, 1)).await;
        if let Ok(placed) = &placed {
            w.holds.release(&caller, &placed.hold.id, &w.by(name)).await.expect("a release");
        }
        assert_eq!(offers.is_empty(), placed.is_err(), "{name}");
        placed.is_ok()
    };
    assert!(is_had("gap").await, "nothing is free around the night");
    w.set_dates(&room.id, (date(2030, 6, 2), 1), beyond(1)).await.expect("more places");
    assert!(!is_had("no-gap").await, "two nights could be had");
}
