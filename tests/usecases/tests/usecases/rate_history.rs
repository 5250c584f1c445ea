//! The trail of a resource by date: who set what for a night, the newest first, and what it was before.

use std::sync::Arc;

use holdfast_app::catalogue::{Precondition, ResourceEvent, ResourceTrails, Run};
use holdfast_app::kernel::TRAIL_LIMIT_MAX;
use holdfast_app::rates::{CardUse, Line, LineEdit};
use holdfast_app::{Caller, Failure, StaffOf};
use holdfast_domain::rates::condition::DateRange;
use holdfast_domain::rates::dated_edit::{Change, DatedEdit, LimitsEdit};
use holdfast_domain::rates::ids::PlanId;
use holdfast_domain::{Money, Resource};
use holdfast_testkit::{Faults, Store, card_at, money, nightly_resource};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::collection::vec;
use proptest::prelude::proptest;
use serde_json::{Value, json};

use crate::world::{World, operator};

const JUNE: DateRange = DateRange { from: date(2030, 6, 1), to: date(2030, 7, 1) };
const FIFTH: Date = date(2030, 6, 5);

fn plan() -> PlanId {
    PlanId::parse("flexible").expect("a name")
}

fn trails(store: &Store) -> ResourceTrails {
    ResourceTrails::new(store.catalogue.clone(), store.trails.clone(), store.switch.clone())
}

async fn sold_by_card() -> (Arc<World>, Resource) {
    let room = nightly_resource("room", 5, 600);
    let w = World::with(&room).await;
    let (card, held, by) = (card_at(money(12_900)), CardUse::From(None), w.by("desk"));
    let put = w.rates.put(&operator(), &room.id, &card, held, &Precondition::None, Run::Real, &by).await;
    put.expect("a card");
    (w, room)
}

/// Somebody sets a price, or clears it, and a least stay.
async fn set(
    w: &World,
    room: &Resource,
    by: &str,
    dates: DateRange,
    price: Change<Money>,
    least: Option<u32>,
) {
    let limits =
        LimitsEdit { stay_min_on_arrival: least.map_or(Change::Keep, Change::Set), ..LimitsEdit::default() };
    let edit = LineEdit::Set(DatedEdit { plan: plan(), dates, weekdays: Vec::new(), price, limits });
    let line = Line { resources: vec![room.id.clone()], edit };
    let done = w.rates.set_dates(&operator(), &[line], Run::Real, &w.by(by)).await.expect("an answer");
    assert!(done.iter().all(|outcome| outcome.fault.is_none()), "{done:?}");
}

/// Everything that was ever set for a date, in pages of so many.
async fn history(w: &World, room: &Resource, date: Date, limit: u32) -> Vec<ResourceEvent> {
    let (trails, mut all, mut before) = (trails(&w.store), Vec::new(), Some(u64::MAX));
    while let Some(from) = before {
        let page = trails.of_date(&operator(), &room.id, date, from, limit).await.expect("a page");
        assert!(page.0.len() <= usize::try_from(limit).expect("few"));
        all.extend(page.0);
        before = page.1;
    }
    all
}

fn said(entry: &ResourceEvent) -> (&str, &str, &Value, &Value) {
    (entry.kind.as_str(), entry.actor.as_str(), &entry.from["dates"], &entry.to["dates"])
}

#[tokio::test]
async fn who_set_a_night_is_told_the_newest_first_with_what_it_was_before() {
    let (w, room) = sold_by_card().await;
    set(&w, &room, "desk-1", JUNE, Change::Set(money(15_000)), None).await;
    let fair = DateRange { from: FIFTH, to: FIFTH + 2.days() };
    set(&w, &room, "desk-2", fair, Change::Set(money(29_900)), Some(2)).await;
    w.set(&room.id, (FIFTH, 1), Some(3), None).await.expect("set");
    let july = DateRange { from: date(2030, 7, 1), to: date(2030, 8, 1) };
    set(&w, &room, "desk-3", july, Change::Set(money(17_000)), None).await;
    let all = history(&w, &room, FIFTH, 100).await;
    let price = |amount: i64| json!({ "amount": amount, "currency": "EUR" });
    let range = |from: &str, to: &str, more: Value| {
        let mut range = json!({ "from": from, "to": to, "planId": "flexible" });
        range.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        json!([range])
    };
    let places =
        |capacity: Value| json!([{ "from": "2030-06-05", "to": "2030-06-06", "capacity": capacity }]);
    let expected = [
        ("inventory.set", places(Value::Null), places(json!(3))),
        (
            "rates.dates_set",
            range("2030-06-05", "2030-06-07", json!({ "price": price(15_000), "limits": {} })),
            range(
                "2030-06-05",
                "2030-06-07",
                json!({ "price": price(29_900), "limits": { "stayMinOnArrival": 2 } }),
            ),
        ),
        (
            "rates.dates_set",
            range("2030-06-01", "2030-07-01", json!({ "price": null })),
            range("2030-06-01", "2030-07-01", json!({ "price": price(15_000) })),
        ),
    ];
    assert_eq!(all.len(), expected.len(), "{all:?}");
    for (entry, (kind, from, to)) in all.iter().zip(&expected) {
        let (was_kind, _, was, is) = said(entry);
        assert_eq!((was_kind, was, is), (*kind, from, to));
    }
    let actors: Vec<&str> = all.iter().map(|entry| said(entry).1).collect();
    assert_eq!(actors[1..], ["desk-2", "desk-1"]);
    // The day after the fair's last, of June alone: only what was set for it.
    assert_eq!(history(&w, &room, FIFTH + 2.days(), 100).await.len(), 1);
    assert!(history(&w, &room, date(2031, 1, 1), 100).await.is_empty());
}

#[tokio::test]
async fn one_question_reads_a_bounded_part_of_the_trail() {
    let (w, room) = sold_by_card().await;
    set(&w, &room, "desk-1", JUNE, Change::Set(money(15_000)), None).await;
    let july = DateRange { from: date(2030, 7, 1), to: date(2030, 7, 2) };
    let others = 2 * i64::from(TRAIL_LIMIT_MAX) + 10;
    for price in 0..others {
        set(&w, &room, "desk-2", july, Change::Set(money(10_000 + price)), None).await;
    }
    let calls = Faults::default();
    let trails = trails(&w.database.store_under(&calls));
    let (mut sizes, mut before) = (Vec::new(), Some(u64::MAX));
    while let Some(from) = before {
        let made = calls.calls();
        let page = trails.of_date(&operator(), &room.id, FIFTH, from, 5).await.expect("a page");
        assert_eq!(calls.calls() - made, 2, "the resource, and one part of its trail");
        sizes.push(page.0.len());
        before = page.1;
    }
    assert_eq!((sizes, calls.writes()), (vec![0, 0, 1], 0), "pages may be empty, and lead on");
}

#[tokio::test]
async fn staff_of_another_house_are_told_that_there_is_no_such_resource() {
    let (w, room) = sold_by_card().await;
    let other = holdfast_domain::PropertyId::parse("another-house").expect("an id");
    let staff = Caller { staff: Some(StaffOf::Some([other].into())), ..operator() };
    let mut owned = room.clone();
    let house = holdfast_domain::PropertyId::parse("house").expect("an id");
    owned.terms.property = Some(house);
    let stored = w.resources.get(&room.id).await.expect("a resource");
    let commit =
        holdfast_app::catalogue::TermsCommit::new(Some(&stored), &stored.replace(owned.terms), &w.by("desk"));
    w.store.catalogue.put_resource(&commit).await.expect("moved");
    let refused = trails(&w.store).of_date(&staff, &room.id, FIFTH, u64::MAX, 10).await;
    assert!(matches!(refused, Err(Failure::NotFound("resource"))), "{refused:?}");
}

fn block_on<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(test)
}

/// An edit: which desk, from which day of June, how many days, and which price; 0 is none.
type Edit = (u8, i8, i8, i64);

/// After some edits the history of each date leads from what is set back to nothing, step by step, however it is read in pages.
async fn leads_back(edits: Vec<Edit>) {
    let (w, room) = sold_by_card().await;
    for (desk, from, days, price) in edits {
        let from = date(2030, 6, from);
        let dates = DateRange { from, to: from + i64::from(days).days() };
        let price = if price == 0 { Change::Clear } else { Change::Set(money(10_000 * price)) };
        set(&w, &room, &format!("desk-{desk}"), dates, price, None).await;
    }
    let rates = w.rates.dates(&operator(), &room.id, JUNE).await.expect("dates");
    for day in JUNE.from.series(1.day()).take(12) {
        let all = history(&w, &room, day, 100).await;
        assert_eq!(all, history(&w, &room, day, 1).await, "page by page");
        let price = rates.of(day, &plan()).and_then(|rates| rates.price);
        let mut expected =
            price.map_or(Value::Null, |price| json!({ "amount": price.amount(), "currency": "EUR" }));
        for entry in &all {
            let (_, _, from, to) = said(entry);
            assert_eq!((from.as_array().map(Vec::len), to.as_array().map(Vec::len)), (Some(1), Some(1)));
            assert_eq!(to[0]["price"], expected, "{day}: {entry:?}");
            expected = from[0]["price"].clone();
        }
        assert_eq!(expected, Value::Null, "{day}: nothing was set at first");
    }
}

proptest! {
    #![proptest_config(holdfast_properties::config(12, "tests/regressions/rate_history.txt"))]

    #[test]
    fn the_history_of_a_date_leads_from_what_is_set_back_to_nothing(
        edits in vec((1_u8..4, 1_i8..9, 1_i8..5, 0_i64..4), 0..9)
    ) {
        block_on(leads_back(edits));
    }
}
