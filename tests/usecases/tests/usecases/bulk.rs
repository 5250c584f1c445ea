//! A year of rates and restrictions for a hundred rooms in one call: whether it fits a request, what it writes, and that it may be repeated.

use std::collections::BTreeSet;

use holdfast_api::rates::{DatedRatesBody, LineResults};
use holdfast_app::catalogue::{Precondition, Run};
use holdfast_app::rates::{CardUse, LINE_RESOURCES_MAX, LINE_RESULTS_MAX, Line, LineFault, Rates};
use holdfast_domain::rates::condition::DateRange;
use holdfast_domain::rates::ids::PlanId;
use holdfast_domain::{Resource, ResourceId};
use holdfast_testkit::{Faults, card_at, charge_rules, money, nightly_resource};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};
use serde_json::{Value, json};

use crate::trails::whole_trail;
use crate::world::{World, operator};

const ROOMS: usize = LINE_RESOURCES_MAX;
const YEAR: DateRange = DateRange { from: date(2031, 1, 1), to: date(2032, 1, 1) };
/// What a body may have, in bytes (docs/api.md, "Limits").
const BODY_BYTES_MAX: usize = 64 * 1024;
/// What Lambda hands over and takes back at most: 6 MB; API Gateway takes 10 MB.
const LAMBDA_BYTES_MAX: usize = 6 * 1024 * 1024;
/// First date and the one after the last of each season, with its prices on weekdays and at weekends, and its least stay at weekends.
const SEASONS: [(&str, &str, i64, i64, u32); 4] = [
    ("2031-01-01", "2031-04-01", 9_900, 11_900, 1),
    ("2031-04-01", "2031-07-01", 12_900, 15_900, 2),
    ("2031-07-01", "2031-10-01", 16_900, 19_900, 3),
    ("2031-10-01", "2032-01-01", 10_900, 13_900, 2),
];

/// The year as one body says it: as many lines as there may be for so many rooms.
fn year(rooms: &[String]) -> Value {
    let line = |from: &str, to: &str, more: Value| {
        let mut line = json!({ "resourceIds": rooms, "planId": "flexible", "from": from, "to": to });
        let (fields, more) = (line.as_object_mut().expect("an object"), more.as_object().expect("an object"));
        fields.extend(more.clone());
        line
    };
    let mut lines = Vec::new();
    for (from, to, weekday, weekend, least) in SEASONS {
        let days = ["fri", "sat"];
        lines.push(line(from, to, json!({ "price": weekday })));
        lines.push(line(from, to, json!({ "weekdays": days, "price": weekend })));
        lines.push(line(from, to, json!({ "weekdays": days, "limits": { "stayMinOnArrival": least } })));
        lines.push(line(from, to, json!({ "weekdays": ["sun"], "limits": { "closedToArrival": true } })));
    }
    lines.push(line(
        "2031-05-12",
        "2031-05-16",
        json!({ "price": 29_900, "limits": { "soldTogether": true } }),
    ));
    lines.push(line("2031-08-18", "2031-08-20", json!({ "limits": { "stopSell": true } })));
    lines.push(line("2031-12-24", "2031-12-27", json!({ "limits": { "closedToDeparture": true } })));
    lines.push(line(
        "2031-12-31",
        "2032-01-01",
        json!({ "price": 39_900, "limits": { "stayMinThrough": 3 } }),
    ));
    json!({ "currency": "EUR", "lines": lines })
}

fn read(body: &Value) -> Vec<Line> {
    DatedRatesBody::read(body).expect("a body that a client may send")
}

fn names(resources: &[Resource]) -> Vec<String> {
    resources.iter().map(|room| room.id.to_string()).collect()
}

/// A hundred rooms, each sold by a card; one room of them has none, if that is asked.
async fn rooms(bare: Option<usize>) -> (std::sync::Arc<World>, Vec<Resource>) {
    let room = |number: usize| nightly_resource(&format!("hotel-nyc-room-{number:03}"), 5, 600);
    let rooms: Vec<Resource> = (0..ROOMS).map(room).collect();
    let w = World::with(&rooms[0]).await;
    for (number, room) in rooms.iter().enumerate() {
        if number > 0 {
            w.put(room).await;
        }
        if bare != Some(number) {
            let (card, held, none) = (card_at(money(12_900)), CardUse::From(None), Precondition::None);
            let (desk, by) = (operator(), w.by("desk"));
            w.rates.put(&desk, &room.id, &card, held, &none, Run::Real, &by).await.expect("a card");
        }
    }
    (w, rooms)
}

/// Every call of these rates to the store is counted.
fn counted(w: &World) -> (Rates, Faults) {
    let calls = Faults::default();
    let store = w.database.store_under(&calls);
    (Rates::new(store.catalogue, store.rates, store.versions, charge_rules()), calls)
}

/// What is set for a date, as the body says: by the last line that has it.
fn expected(day: Date) -> (i64, Option<u32>) {
    let weekend = [Weekday::Friday, Weekday::Saturday].contains(&day.weekday());
    let of_season = SEASONS.iter().rev().find(|season| season.0.parse::<Date>().expect("a date") <= day);
    let (_, _, price, dear, least) = *of_season.expect("a season");
    let price = match (day.month(), day.day()) {
        (5, 12..=15) => 29_900,
        (12, 31) => 39_900,
        _ if weekend => dear,
        _ => price,
    };
    (price, weekend.then_some(least))
}

#[tokio::test]
async fn a_year_for_a_hundred_rooms_is_one_call_of_one_write_for_each() {
    let (w, rooms) = rooms(None).await;
    let body = year(&names(&rooms));
    let bytes = body.to_string().len();
    assert!(bytes <= BODY_BYTES_MAX && BODY_BYTES_MAX < LAMBDA_BYTES_MAX, "{bytes} bytes");
    let lines = read(&body);
    assert_eq!(lines.iter().map(|line| line.resources.len()).sum::<usize>(), LINE_RESULTS_MAX);
    let (rates, calls) = counted(&w);
    let done = rates.set_dates(&operator(), &lines, Run::Real, &w.by("desk-7")).await.expect("an answer");
    let (made, writes) = (calls.calls(), calls.writes());
    // Of each room its resource and its rates, and one transaction of its months with the entry in its trail.
    assert_eq!((made - writes, writes), (2 * ROOMS, ROOMS), "reads and writes");
    assert_eq!(done.len(), LINE_RESULTS_MAX);
    assert!(
        done.iter().all(|outcome| outcome.fault.is_none()),
        "{:?}",
        done.iter().find(|done| done.fault.is_some())
    );
    let each: BTreeSet<(usize, &ResourceId)> = done.iter().map(|done| (done.line, &done.resource)).collect();
    assert_eq!(each.len(), LINE_RESULTS_MAX, "each line has its result for each room");
    let answer = serde_json::to_string(&LineResults::from(done.clone())).expect("JSON").len();
    println!("a body of {bytes} bytes, an answer of {answer}, {made} calls, {writes} of them writes");
    assert!(answer < LAMBDA_BYTES_MAX, "{answer} bytes");

    let plan = PlanId::parse("flexible").expect("a name");
    for room in [&rooms[0], &rooms[ROOMS / 2], &rooms[ROOMS - 1]] {
        let set = w.rates.dates(&operator(), &room.id, YEAR).await.expect("dates");
        for day in YEAR.from.series(1.day()).take_while(|day| *day < YEAR.to) {
            let of_day = set.of(day, &plan).expect("it is set");
            let (price, least) = expected(day);
            assert_eq!(
                (of_day.price, of_day.limits.stay_min_on_arrival),
                (Some(money(price)), least),
                "{day}"
            );
            assert_eq!(of_day.limits.closed_to_arrival, day.weekday() == Weekday::Sunday, "{day}");
        }
        let trail = whole_trail(&w, &room.id).await;
        let last = trail.last().expect("an entry");
        assert_eq!((last.kind.as_str(), last.actor.as_str(), trail.len()), ("rates.dates_set", "desk-7", 3));
    }

    let again = rates.set_dates(&operator(), &lines, Run::Real, &w.by("desk-7")).await.expect("an answer");
    assert_eq!((again, calls.writes(), calls.calls()), (done, ROOMS, made + 2 * ROOMS), "nothing is written");
}

#[tokio::test]
async fn one_bad_line_and_one_bad_room_of_a_hundred_refuse_themselves_alone() {
    let (w, rooms) = rooms(Some(7)).await;
    let mut body = year(&names(&rooms));
    body["lines"][3]["planId"] = json!("of-another-house");
    let lines = read(&body);
    let (rates, calls) = counted(&w);
    let done = rates.set_dates(&operator(), &lines, Run::Real, &w.by("desk")).await.expect("an answer");
    assert_eq!((done.len(), calls.writes()), (LINE_RESULTS_MAX, ROOMS - 1));
    for outcome in &done {
        let is_bare = outcome.resource == rooms[7].id;
        match &outcome.fault {
            Some(LineFault::NoCard) => assert!(is_bare, "{outcome:?}"),
            Some(fault) => assert!(outcome.line == 3 && !is_bare, "{outcome:?}: {fault}"),
            None => assert!(outcome.line != 3 && !is_bare, "{outcome:?}"),
        }
    }
}

/// Ids as long as they may be leave room for fewer lines: a season, not a year.
#[test]
fn a_hundred_of_the_longest_ids_have_room_for_nine_lines() {
    let longest: Vec<String> = (0..ROOMS).map(|number| format!("{number:0>64}")).collect();
    let mut body = year(&longest);
    body["lines"].as_array_mut().expect("lines").truncate(9);
    assert!(body.to_string().len() <= BODY_BYTES_MAX);
    assert_eq!(read(&body).len(), 9);
}
