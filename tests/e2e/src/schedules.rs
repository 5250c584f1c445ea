//! API.md, Resources and Search: the three schedules, and the calendar of a resource.

use holdfast_client::unique;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::terms::{hold_of, in_days, in_hours, instant, local, nightly, slots, with};
use crate::world::{World, check, check_done, check_invalid, check_problem};

const NEW_YORK: &str = "America/New_York";
const BERLIN: &str = "Europe/Berlin";

fn times(slots: &[Value]) -> Vec<(String, String)> {
    let text = |slot: &Value, field: &str| slot[field].as_str().unwrap().to_owned();
    slots.iter().map(|slot| (text(slot, "start"), text(slot, "end"))).collect()
}

/// The local dates, two weeks ahead or more, of the next two changes of a zone's clocks: one is 23 hours long, one 25.
fn clock_changes(zone: &str) -> [Date; 2] {
    let zone = TimeZone::get(zone).unwrap();
    let changes = zone.following(in_hours(14 * 24)).map(|change| zone.to_datetime(change.timestamp()).date());
    changes.take(2).collect::<Vec<_>>().try_into().unwrap()
}

fn nights_in_new_york(first: Date, count: i32) -> Vec<(String, String)> {
    let day = |number: i32| first + jiff::Span::new().days(number);
    let at = |number: i32, hour: i8| local(NEW_YORK, day(number), hour, 0).to_string();
    (0..count).map(|number| (at(number, 15), at(number + 1, 11))).collect()
}

#[tokio::test]
async fn nightly_has_a_night_for_each_local_date() {
    let w = World::new().await;
    let room = w.resource(&nightly()).await;
    let first = in_days(100);
    let slots = w.calendar(&room, &first.to_string(), &in_days(104).to_string()).await;
    assert_eq!(times(&slots), nights_in_new_york(first, 4));
    for slot in &slots {
        assert_eq!(slot["capacity"], 3);
        assert_eq!(slot["available"], 3);
        assert_eq!(slot["price"], json!({"amount": 12900, "currency": "USD"}), "{slot}");
    }
}

#[tokio::test]
async fn nights_over_daylight_saving_keep_their_local_times() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.resource(&nightly()).await;
    for change in clock_changes(NEW_YORK) {
        let first = change.yesterday().unwrap();
        let after = change.tomorrow().unwrap();
        let slots = w.calendar(&room, &first.to_string(), &after.to_string()).await;
        assert_eq!(times(&slots), nights_in_new_york(first, 2));
        let hold =
            check(w.place(&guest, &hold_of(&room, &first.to_string(), &after.to_string(), 1)).await, 201);
        assert_eq!(hold.int("/price/amount"), Some(2 * 12900), "{hold}");
        assert_eq!(instant(hold.str("/startTime")), local(NEW_YORK, first, 15, 0));
        assert_eq!(instant(hold.str("/endTime")), local(NEW_YORK, after, 11, 0));
    }
}

#[tokio::test]
async fn of_nights_only_the_local_dates_count() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.resource(&with(nightly(), json!({"capacity": 9}))).await;
    let (first, last) = (in_days(30), in_days(32));
    let (check_in, check_out) = (local(NEW_YORK, first, 15, 0), local(NEW_YORK, last, 11, 0));
    let ends = [
        (first.to_string(), last.to_string()),
        (check_in.to_string(), check_out.to_string()),
        (local(NEW_YORK, first, 0, 0).to_string(), local(NEW_YORK, last, 23, 59).to_string()),
        (first.to_string(), local(NEW_YORK, last, 8, 30).to_string()),
    ];
    for (start, end) in ends {
        let hold = check(w.place(&guest, &hold_of(&room, &start, &end, 1)).await, 201);
        assert_eq!(instant(hold.str("/startTime")), check_in, "{start} to {end}: {hold}");
        assert_eq!(instant(hold.str("/endTime")), check_out, "{start} to {end}: {hold}");
        assert_eq!(hold.int("/price/amount"), Some(2 * 12900), "{hold}");
    }
    let all_are_held = |nights: &[Value]| nights.iter().all(|night| night["available"] == 5);
    let nights = w.calendar_once(&room, (&first.to_string(), &last.to_string()), all_are_held).await;
    assert_eq!(nights.len(), 2, "{nights:?}");
}

#[tokio::test]
async fn nights_reach_over_months_and_years() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.resource(&with(nightly(), json!({"capacity": 1}))).await;
    let year = in_days(0).year() + 1;
    let (december, january) =
        (|day| date(year, 12, day).to_string(), |day| date(year + 1, 1, day).to_string());
    check(w.place(&guest, &hold_of(&room, &december(30), &january(3), 1)).await, 201);
    let left = |nights: &[Value]| {
        nights.iter().map(|night| night["available"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    let is_held = |nights: &[Value]| left(nights) == [1, 0, 0, 0, 0, 1];
    w.calendar_once(&room, (&december(29), &january(4)), is_held).await;
    for (start, end) in [(december(31), january(1)), (january(1), january(2)), (january(2), january(4))] {
        check_problem(w.place(&guest, &hold_of(&room, &start, &end, 1)).await, 409, "sold_out");
    }
    let february = date(year + 1, 2, 28).to_string();
    check(w.place(&guest, &hold_of(&room, &february, &date(year + 1, 3, 1).to_string(), 1)).await, 201);
}

#[tokio::test]
async fn slots_fill_the_opening_hours_in_local_time() {
    let w = World::new().await;
    let day = in_days(20);
    let weekday = day.strftime("%a").to_string().to_lowercase();
    let schedule = json!({"kind": "slots", "slotMinutes": 50, "bufferMinutes": 10, "opening": [
        {"days": [weekday], "from": "09:00", "to": "12:00"},
        {"days": [weekday], "from": "14:00", "to": "15:45"}]});
    let practice = w.resource(&with(slots(), json!({"schedule": schedule}))).await;
    let found = w.calendar(&practice, &day.to_string(), &day.tomorrow().unwrap().to_string()).await;
    let slot = |hour| (local(BERLIN, day, hour, 0).to_string(), local(BERLIN, day, hour, 50).to_string());
    assert_eq!(times(&found), [slot(9), slot(10), slot(11), slot(14)]);
    let next = w.calendar(&practice, &day.tomorrow().unwrap().to_string(), &in_days(22).to_string()).await;
    assert!(next.is_empty(), "open on one weekday only: {next:?}");
}

#[tokio::test]
async fn a_bar_may_be_open_past_midnight() {
    let w = World::new().await;
    let guest = w.guest().await;
    let day = in_days(20);
    let weekday = day.strftime("%a").to_string().to_lowercase();
    let schedule = json!({"kind": "slots", "slotMinutes": 120, "bufferMinutes": 0, "opening": [
        {"days": [weekday], "from": "20:00", "to": "02:00"}]});
    let bar = w.resource(&with(slots(), json!({"schedule": schedule}))).await;
    let (evening, night) = (day, day.tomorrow().unwrap());
    let found = w.calendar(&bar, &evening.to_string(), &night.to_string()).await;
    assert_eq!(found.len(), 2, "what starts after midnight is of the next date: {found:?}");
    let found = w.calendar(&bar, &night.to_string(), &in_days(22).to_string()).await;
    let midnight = local(BERLIN, night, 0, 0).to_string();
    assert_eq!(times(&found), [(midnight, local(BERLIN, night, 2, 0).to_string())]);
    let late =
        hold_of(&bar, &local(BERLIN, evening, 22, 0).to_string(), found[0]["end"].as_str().unwrap(), 1);
    assert_eq!(check(w.place(&guest, &late).await, 201).int("/price/amount"), Some(2 * 3500));
}

#[tokio::test]
async fn a_closed_date_closes_the_slots_that_start_on_it() {
    let w = World::new().await;
    let guest = w.guest().await;
    let week = json!(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
    let schedule = json!({"kind": "slots", "slotMinutes": 60, "bufferMinutes": 0, "opening": [
        {"days": week, "from": "18:00", "to": "03:00"}]});
    let bar = w.resource(&with(slots(), json!({"schedule": schedule}))).await;
    let (day, next) = (in_days(20), in_days(21));
    let closed = json!({"from": day.to_string(), "to": next.to_string(), "closed": true});
    check_done(w.set_inventory(&bar, &closed).await);
    let found = w.calendar(&bar, &day.to_string(), &next.to_string()).await;
    assert_eq!(found.len(), 9, "three after midnight, six in the evening: {found:?}");
    assert!(found.iter().all(|slot| slot["available"] == 0), "{found:?}");
    let at_one = |date| (local(BERLIN, date, 1, 0).to_string(), local(BERLIN, date, 2, 0).to_string());
    let (start, end) = at_one(day);
    check_problem(w.place(&guest, &hold_of(&bar, &start, &end, 1)).await, 409, "sold_out");
    let (start, end) = at_one(next);
    check(w.place(&guest, &hold_of(&bar, &start, &end, 1)).await, 201);
}

#[tokio::test]
async fn a_slot_of_1440_minutes_is_a_local_day_however_long() {
    let w = World::new().await;
    let guest = w.guest().await;
    let week = json!(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
    let schedule = json!({"kind": "slots", "slotMinutes": 1440, "bufferMinutes": 0, "opening": [
        {"days": week, "from": "00:00", "to": "00:00"}]});
    let bike = w.resource(&with(slots(), json!({"schedule": schedule}))).await;
    let [one, other] = clock_changes(BERLIN);
    let (before, after) = (one.yesterday().unwrap(), one + 2.days());
    for (start, end, days) in [(before, after, 3), (other, other.tomorrow().unwrap(), 1)] {
        let (first, last) = (start.to_string(), end.to_string());
        let hold = check(w.place(&guest, &hold_of(&bike, &first, &last, 1)).await, 201);
        assert_eq!(hold.int("/price/amount"), Some(days * 3500), "{hold}");
        assert_eq!(instant(hold.str("/startTime")), local(BERLIN, start, 0, 0), "{hold}");
        assert_eq!(instant(hold.str("/endTime")), local(BERLIN, end, 0, 0), "{hold}");
    }
}

#[tokio::test]
async fn what_has_begun_has_no_places() {
    let w = World::new().await;
    let guest = w.guest().await;
    for (begins, places) in [(-1, 0), (3, 40)] {
        let start = in_hours(begins);
        let offer = w.event_at(start, json!({"capacity": 40})).await;
        let date = start.to_zoned_datetime(jiff::tz::TimeZone::get("Europe/Paris").unwrap()).date();
        let found = w.calendar(&offer.id, &date.to_string(), &date.tomorrow().unwrap().to_string()).await;
        assert_eq!(found[0]["available"], places, "{found:?}");
        let held = w.place(&guest, &hold_of(&offer.id, &offer.start, &offer.end, 1)).await;
        assert_eq!(held.status, if places > 0 { 201 } else { 422 }, "{held:?}");
    }
}

#[tokio::test]
async fn a_hold_is_bounded_as_the_contract_says() {
    let w = World::new().await;
    let guest = w.guest().await;
    let room = w.resource(&nightly()).await;
    let refused =
        w.place(&guest, &hold_of(&room, &in_days(10).to_string(), &in_days(377).to_string(), 1)).await;
    check_problem(refused, 422, "range_not_bookable");
    check(
        w.place(&guest, &hold_of(&room, &in_days(10).to_string(), &in_days(376).to_string(), 1)).await,
        201,
    );
    let week = json!(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
    for (minutes, longest, beyond) in [(5, 300 * 5, 301 * 5), (1440, 90 * 1440, 91 * 1440)] {
        let schedule = json!({"kind": "slots", "slotMinutes": minutes, "bufferMinutes": 0, "opening": [
            {"days": week, "from": "00:00", "to": "00:00"}]});
        let always = w.resource(&with(slots(), json!({"schedule": schedule, "timeZone": "UTC"}))).await;
        let start = local("UTC", in_days(20), 0, 0);
        let until = |minutes: i64| (start + jiff::SignedDuration::from_mins(minutes)).to_string();
        let ask = |minutes| hold_of(&always, &start.to_string(), &until(minutes), 1);
        check_problem(w.place(&guest, &ask(beyond)).await, 422, "range_not_bookable");
        check(w.place(&guest, &ask(longest)).await, 201);
    }
}

#[tokio::test]
async fn a_long_calendar_comes_in_pages() {
    let w = World::new().await;
    let week = json!(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
    let schedule = json!({"kind": "slots", "slotMinutes": 10, "bufferMinutes": 0, "opening": [
        {"days": week, "from": "00:00", "to": "00:00"}]});
    let desk = w.resource(&with(slots(), json!({"schedule": schedule, "timeZone": "UTC"}))).await;
    let path = format!("/api/resources/{desk}/availability");
    let (start, end) = (in_days(20).to_string(), in_days(40).to_string());
    let range = [("start", start.as_str()), ("end", end.as_str())];
    let mut starts = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut query = range.to_vec();
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let part = check(w.get(&path).query(&query).send().await.unwrap(), 200);
        starts.extend(times(part.json["slots"].as_array().unwrap()).into_iter().map(|(start, _)| start));
        match part.json["nextCursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(starts.len(), 20 * 144);
    assert!(starts.is_sorted_by(|a, b| a < b), "{starts:?}");
    let mut query = range.to_vec();
    query.push(("cursor", "x"));
    check_invalid(w.get(&path).query(&query).send().await.unwrap());
}

#[tokio::test]
async fn an_event_is_one_slot() {
    let w = World::new().await;
    let offer = w.event_at(local("Europe/Paris", in_days(30), 20, 0), json!({"capacity": 40})).await;
    let day = in_days(30);
    let found = w.calendar(&offer.id, &day.to_string(), &day.tomorrow().unwrap().to_string()).await;
    assert_eq!(times(&found), [(offer.start.clone(), offer.end.clone())]);
    assert_eq!((&found[0]["capacity"], &found[0]["available"]), (&json!(40), &json!(40)));
    let other = w.calendar(&offer.id, &in_days(31).to_string(), &in_days(40).to_string()).await;
    assert!(other.is_empty(), "{other:?}");
}

#[tokio::test]
async fn a_range_that_does_not_fit_the_schedule_is_refused() {
    let w = World::new().await;
    let guest = w.guest().await;
    let chair = w.resource(&slots()).await;
    let day = in_days(20);
    let at = |hour, minute| local(BERLIN, day, hour, minute).to_string();
    for (start, end) in [
        (at(9, 15), at(9, 45)),
        (at(9, 0), at(9, 45)),
        (at(8, 30), at(9, 0)),
        (at(8, 0), at(9, 30)),
        (at(16, 30), at(17, 30)),
        (at(20, 0), at(20, 30)),
    ] {
        let answer = w.place(&guest, &hold_of(&chair, &start, &end, 1)).await;
        assert_eq!(answer.status, 422, "{start} to {end}: {answer:?}");
        check_problem(answer, 422, "range_not_bookable");
    }
    let start = in_hours(300);
    let show = w.event_at(start, json!({})).await;
    let minutes = |later: i64| (start + jiff::Span::new().minutes(later)).to_string();
    for (from, to) in [(0, 60), (30, 120), (-60, 120), (0, 180)] {
        let body = hold_of(&show.id, &minutes(from), &minutes(to), 1);
        check_problem(w.place(&guest, &body).await, 422, "range_not_bookable");
    }
    check(w.place(&guest, &hold_of(&show.id, &minutes(0), &minutes(120), 1)).await, 201);
}

#[tokio::test]
async fn a_range_of_several_slots_needs_each_of_them() {
    let w = World::new().await;
    let guest = w.guest().await;
    let chair = w.resource(&with(slots(), json!({"capacity": 1}))).await;
    let at = |hour, minute| local(BERLIN, in_days(20), hour, minute).to_string();
    check(w.place(&guest, &hold_of(&chair, &at(10, 0), &at(10, 30), 1)).await, 201);
    let over = hold_of(&chair, &at(9, 30), &at(11, 0), 1);
    check_problem(w.place(&guest, &over).await, 409, "sold_out");
    let day = in_days(20);
    let next = day.tomorrow().unwrap();
    let taken = |slots: &[Value]| slots.iter().filter(|slot| slot["available"] == 0).count();
    w.calendar_once(&chair, (&day.to_string(), &next.to_string()), |slots| taken(slots) == 1).await;
    check(w.place(&guest, &hold_of(&chair, &at(9, 30), &at(10, 0), 1)).await, 201);
    check(w.place(&guest, &hold_of(&chair, &at(10, 30), &at(11, 0), 1)).await, 201);
}

#[tokio::test]
async fn a_missing_hour_has_no_slots_and_a_repeated_hour_has_them_twice() {
    let w = World::new().await;
    let week = json!(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
    let schedule = json!({"kind": "slots", "slotMinutes": 60, "bufferMinutes": 0, "opening": [
        {"days": week, "from": "00:00", "to": "06:00"}]});
    let night_shift = w.resource(&with(slots(), json!({"schedule": schedule}))).await;
    // Berlin's clocks go forward on 2027-03-28 at 2:00 and back on 2027-10-31 at 3:00.
    for (day, next, hours) in
        [("2027-03-28", "2027-03-29", 5), ("2027-10-31", "2027-11-01", 7), ("2027-06-01", "2027-06-02", 6)]
    {
        let found = times(&w.calendar(&night_shift, day, next).await);
        assert_eq!(found.len(), hours, "{day}: {found:?}");
        assert!(found.windows(2).all(|pair| pair[0].1 == pair[1].0), "{day}: {found:?}");
    }
}

#[tokio::test]
async fn the_calendar_takes_a_half_open_range_of_local_dates() {
    let w = World::new().await;
    let room = w.resource(&with(nightly(), json!({"timeZone": "Pacific/Auckland"}))).await;
    let found = w.calendar(&room, "2030-06-01", "2030-06-03").await;
    let at = |day: i8, hour| local("Pacific/Auckland", date(2030, 6, day), hour, 0).to_string();
    assert_eq!(times(&found), [(at(1, 15), at(2, 11)), (at(2, 15), at(3, 11))]);
    let path = format!("/api/resources/{room}/availability");
    for query in [
        [("start", "2030-06-03"), ("end", "2030-06-03")],
        [("start", "2030-06-03"), ("end", "2030-06-01")],
        [("start", "yesterday"), ("end", "2030-06-01")],
    ] {
        check_invalid(w.get(&path).query(&query).send().await.unwrap());
    }
    check_invalid(w.get(&path).send().await.unwrap());
    let unknown = format!("/api/resources/{}/availability?start=2030-06-01&end=2030-06-02", unique("e2e"));
    check(w.get(&unknown).send().await.unwrap(), 404);
}
