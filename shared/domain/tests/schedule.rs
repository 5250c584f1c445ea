//! Schedules: which slots a range covers, over month ends, daylight saving and the date line.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use holdfast_domain::catalogue::{
    Bound, CALENDAR_DAYS_MAX, InvalidSchedule, NIGHTS_PER_HOLD_MAX, Opening, RangeError, SLOTS_PER_HOLD_MAX,
    SlotSchedule,
};
use holdfast_domain::{Schedule, Slot, When};
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

const EVERY_DAY: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).expect("a bundled zone")
}

fn date(text: &str) -> Date {
    text.parse().expect("a date")
}

fn time(text: &str) -> Time {
    text.parse().expect("a time")
}

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// A date, an instant, or a local time of the zone.
fn when(text: &str, zone: &TimeZone) -> When {
    if let Ok(at) = text.parse::<Timestamp>() {
        When::Instant(at)
    } else if text.contains('T') {
        let local: jiff::civil::DateTime = text.parse().expect("a local time");
        When::Instant(zone.to_timestamp(local).expect("in range"))
    } else {
        When::Date(date(text))
    }
}

fn nightly(check_in: &str, check_out: &str) -> Schedule {
    Schedule::Nightly { check_in: time(check_in), check_out: time(check_out) }
}

fn opening(days: &[Weekday], from: &str, to: &str) -> Opening {
    Opening { days: days.to_vec(), from: time(from), to: time(to) }
}

fn slots(minutes: u16, buffer: u16, openings: Vec<Opening>) -> Schedule {
    Schedule::Slots(SlotSchedule::new(minutes, buffer, openings).expect("a valid schedule"))
}

fn daily(minutes: u16, buffer: u16, hours: &[(&str, &str)]) -> Schedule {
    slots(minutes, buffer, hours.iter().map(|(from, to)| opening(&EVERY_DAY, from, to)).collect())
}

fn names(slots: &[Slot]) -> Vec<String> {
    slots.iter().map(|slot| format!("{}/{}", slot.page, slot.key)).collect()
}

#[track_caller]
fn check(
    schedule: &Schedule,
    zone_name: &str,
    start: &str,
    end: &str,
    expected: Result<&[&str], RangeError>,
) -> Vec<Slot> {
    let zone = zone(zone_name);
    let found = schedule.slots(when(start, &zone), when(end, &zone), &zone);
    let expected = expected.map(|names| names.iter().map(ToString::to_string).collect());
    assert_eq!(
        found.as_deref().map(names).map_err(Clone::clone),
        expected,
        "[{start}, {end}) in {zone_name}"
    );
    found.unwrap_or_default()
}

/// Slots of one local day by key, and that each of them can be booked by itself.
#[track_caller]
fn check_day(schedule: &Schedule, zone_name: &str, day: &str, expected: &[&str]) -> Vec<Slot> {
    let zone = zone(zone_name);
    let found = schedule.page(day, &zone);
    let keys: Vec<&str> = found.iter().map(|slot| slot.key.as_str()).collect();
    assert_eq!(keys, expected, "{day} in {zone_name}");
    for slot in &found {
        let booked = schedule.slots(When::Instant(slot.start), When::Instant(slot.end), &zone);
        assert_eq!(booked.as_deref(), Ok(std::slice::from_ref(slot)), "{day} in {zone_name}");
    }
    found
}

#[test]
fn nights_cross_month_and_year_ends() {
    let hotel = nightly("15:00", "11:00");
    let berlin = "Europe/Berlin";
    check(&hotel, berlin, "2026-06-29", "2026-07-02", Ok(&["2026-06/29", "2026-06/30", "2026-07/01"]));
    check(&hotel, berlin, "2026-12-31", "2027-01-02", Ok(&["2026-12/31", "2027-01/01"]));
    check(&hotel, berlin, "2028-02-28", "2028-03-01", Ok(&["2028-02/28", "2028-02/29"]));
    check(&hotel, berlin, "2027-02-28", "2027-03-01", Ok(&["2027-02/28"]));
    assert_eq!(hotel.page("2028-02", &zone(berlin)).len(), 29);
    assert_eq!(hotel.page("2027-02", &zone(berlin)).len(), 28);
    assert_eq!(hotel.page("2026-12", &zone(berlin)).len(), 31);
}

#[test]
fn a_check_out_does_not_collide_with_the_next_check_in() {
    let hotel = nightly("15:00", "11:00");
    let first = check(&hotel, "Europe/Berlin", "2026-06-01", "2026-06-03", Ok(&["2026-06/01", "2026-06/02"]));
    let next = check(&hotel, "Europe/Berlin", "2026-06-03", "2026-06-04", Ok(&["2026-06/03"]));
    assert_eq!(first.last().map(|slot| slot.end), Some(instant("2026-06-03T11:00:00+02:00")));
    assert_eq!(next.first().map(|slot| slot.start), Some(instant("2026-06-03T15:00:00+02:00")));
}

#[test]
fn a_range_is_not_empty_and_bounded() {
    let hotel = nightly("15:00", "11:00");
    let too_long = || Err(RangeError::TooLong(Bound::Nights));
    check(&hotel, "UTC", "2026-06-01", "2026-06-01", Err(RangeError::Empty));
    check(&hotel, "UTC", "2026-06-02", "2026-06-01", Err(RangeError::Empty));
    check(&hotel, "UTC", "2026-06-01T18:00", "2026-06-01T09:00", Err(RangeError::Empty));
    check(&hotel, "UTC", "2026-06-01T09:00", "2026-06-01T18:00", Err(RangeError::NotBookable));
    let year = hotel.slots(When::Date(date("2026-01-01")), When::Date(date("2027-01-02")), &zone("UTC"));
    assert_eq!(year.map(|nights| nights.len()), Ok(usize::try_from(NIGHTS_PER_HOLD_MAX).expect("small")));
    check(&hotel, "UTC", "2026-01-01", "2027-01-03", too_long());
    check(&hotel, "UTC", "-009998-01-01", "9999-12-31", too_long());

    let court = daily(60, 0, &[("09:00", "17:00")]);
    check(&court, "UTC", "2026-06-01T09:00", "2026-06-01T09:00", Err(RangeError::Empty));
    check(&court, "UTC", "2026-06-01T10:00", "2026-06-01T09:00", Err(RangeError::Empty));
}

#[test]
fn a_hold_covers_300_slots_over_90_days_and_no_more() {
    let too_long = || Err(RangeError::TooLong(Bound::Slots));
    let count = |schedule: &Schedule, start: &str, end: &str| {
        let utc = TimeZone::UTC;
        schedule.slots(when(start, &utc), when(end, &utc), &utc).map(|slots| slots.len())
    };
    let minutes = daily(5, 0, &[("00:00", "00:00")]);
    assert_eq!(count(&minutes, "2026-01-01", "2026-01-02"), Ok(288), "a whole day of them");
    assert_eq!(count(&minutes, "2026-01-01T00:00", "2026-01-02T01:00"), Ok(SLOTS_PER_HOLD_MAX));
    assert_eq!(count(&minutes, "2026-01-01T00:00", "2026-01-02T01:05"), too_long());
    assert_eq!(count(&minutes, "1990-01-01T00:00", "2026-01-01T00:00"), too_long());
    for (minutes, from, slots) in
        [(1440, "00:00", 90), (720, "00:00", 180), (720, "18:00", 180), (1440, "10:00", 90)]
    {
        let always = daily(minutes, 0, &[(from, from)]);
        let at = |date: &str| format!("{date}T{from}");
        assert_eq!(count(&always, &at("2026-01-01"), &at("2026-04-01")), Ok(slots), "{minutes} from {from}");
        assert_eq!(count(&always, &at("2026-01-01"), &at("2026-04-02")), too_long(), "{minutes} from {from}");
    }
    let said = RangeError::TooLong(Bound::Slots).to_string();
    assert_eq!(said, "a hold covers at most 300 slots over at most 90 days");
    assert_eq!(RangeError::TooLong(Bound::Nights).to_string(), "a hold covers at most 366 nights");
}

#[test]
fn slots_with_a_free_day_between_them_are_one_hold() {
    use Weekday::{Friday, Monday, Sunday, Wednesday};
    let rule = slots(1440, 1440, vec![opening(&[Monday, Wednesday, Friday], "00:00", "00:00")]);
    check(&rule, "UTC", "2026-01-05", "2026-01-10", Ok(&["2026-01-05/0", "2026-01-07/0", "2026-01-09/0"]));
    // The free day may have 23 or 25 hours.
    let weekend = slots(1440, 1440, vec![opening(&[Weekday::Saturday, Monday], "00:00", "00:00")]);
    check(&weekend, "Europe/Berlin", "2026-03-28", "2026-03-31", Ok(&["2026-03-28/0", "2026-03-30/0"]));
    check(&weekend, "Europe/Berlin", "2026-10-24", "2026-10-27", Ok(&["2026-10-24/0", "2026-10-26/0"]));
    let beside = vec![opening(&[Monday, Sunday], "00:00", "00:00")];
    let beside = SlotSchedule::new(1440, 1440, beside).expect("as it was stored before");
    assert_eq!(beside.with_room_for_buffers(), Err(InvalidSchedule::NoRoomForBuffers));
}

#[test]
fn a_calendar_is_bounded_too() {
    for schedule in [nightly("15:00", "11:00"), daily(60, 0, &[("09:00", "17:00")])] {
        let from = date("2026-01-01");
        let until = |days: i32| from.checked_add(days.days()).expect("in range");
        let ask = |days| schedule.calendar(from, until(days), &TimeZone::UTC).map(|slots| slots.is_empty());
        assert_eq!(ask(0), Err(RangeError::Empty));
        assert_eq!(ask(-1), Err(RangeError::Empty));
        assert_eq!(ask(CALENDAR_DAYS_MAX), Ok(false));
        assert!(matches!(ask(CALENDAR_DAYS_MAX + 1), Err(RangeError::TooLong { .. })));
    }
}

#[test]
fn for_nights_only_the_local_date_of_the_resource_counts() {
    let hotel = nightly("15:00", "11:00");
    let new_york = "America/New_York";
    // 19:00Z is check-in time; 03:30Z of the next day is still the evening in New York.
    let nights: &[&str] = &["2026-06/01", "2026-06/02"];
    check(&hotel, new_york, "2026-06-01T19:00:00Z", "2026-06-03T15:00:00Z", Ok(nights));
    check(&hotel, new_york, "2026-06-02T03:30:00Z", "2026-06-04T03:59:59Z", Ok(nights));
    check(&hotel, new_york, "2026-06-02T15:30:00+12:00", "2026-06-03", Ok(nights));
    check(&hotel, "Pacific/Auckland", "2026-06-01T13:00:00Z", "2026-06-02T13:00:00Z", Ok(&["2026-06/02"]));
    check(&hotel, "Pacific/Kiritimati", "2026-05-31T10:00:00Z", "2026-06-01T10:00:00Z", Ok(&["2026-06/01"]));
    let page = check(&hotel, new_york, "2026-06-01", "2026-06-02", Ok(&["2026-06/01"]));
    assert_eq!(page[0].start, instant("2026-06-01T19:00:00Z"));
    assert_eq!(page[0].end, instant("2026-06-02T15:00:00Z"));
}

#[test]
fn a_night_of_daylight_saving_is_an_hour_shorter_or_longer() {
    let hotel = nightly("15:00", "11:00");
    let hours = |zone: &str, night: &str, next: &str, name: &str| {
        let slots = check(&hotel, zone, night, next, Ok(&[name]));
        slots[0].end.duration_since(slots[0].start).as_hours()
    };
    assert_eq!(hours("America/New_York", "2026-03-07", "2026-03-08", "2026-03/07"), 19);
    assert_eq!(hours("America/New_York", "2026-10-31", "2026-11-01", "2026-10/31"), 21);
    assert_eq!(hours("Europe/Berlin", "2026-03-28", "2026-03-29", "2026-03/28"), 19);
    assert_eq!(hours("Europe/Berlin", "2026-10-24", "2026-10-25", "2026-10/24"), 21);
    assert_eq!(hours("Europe/Berlin", "2026-06-01", "2026-06-02", "2026-06/01"), 20);
}

#[test]
fn a_check_in_in_a_gap_at_the_end_of_the_day_stays_on_its_date() {
    // Greenland's clocks go from 23:00 on Saturday to 00:00 on Sunday.
    let nuuk = zone("America/Nuuk");
    let late = nightly("23:30", "23:15");
    for night in late.page("2026-03", &nuuk) {
        let booked = late.slots(When::Instant(night.start), When::Instant(night.end), &nuuk);
        assert_eq!(booked, Ok(vec![night]));
    }
}

#[test]
fn one_hold_covers_as_many_slots_as_its_schedule_lets_it() {
    let night = nightly("15:00", "11:00");
    assert_eq!(night.slots_per_hold_max(), 366);
    assert_eq!(slots(30, 0, vec![opening(&EVERY_DAY, "09:00", "17:00")]).slots_per_hold_max(), 300);
    let event = Schedule::Event { start: Timestamp::UNIX_EPOCH, end: Timestamp::MAX };
    assert_eq!(event.slots_per_hold_max(), 1);
}

#[test]
fn slots_lie_within_opening_hours() {
    let court = daily(60, 0, &[("09:00", "12:30"), ("14:00", "16:00")]);
    check_day(&court, "Europe/Berlin", "2026-06-01", &["540", "600", "660", "840", "900"]);
    let day = "2026-06-01";
    check(
        &court,
        "Europe/Berlin",
        &format!("{day}T09:00"),
        &format!("{day}T11:00"),
        Ok(&["2026-06-01/540", "2026-06-01/600"]),
    );
    for (from, to) in [
        ("08:00", "10:00"), // before opening
        ("09:30", "10:30"), // between two slots
        ("09:00", "10:30"), // a half slot at the end
        ("11:00", "12:30"), // the rest of a window is no slot
        ("11:00", "15:00"), // over the break
        ("12:00", "14:00"), // closed
        ("15:00", "17:00"), // past closing
    ] {
        let (from, to) = (format!("{day}T{from}"), format!("{day}T{to}"));
        check(&court, "Europe/Berlin", &from, &to, Err(RangeError::NotBookable));
    }
    // Two windows that touch are one.
    let touching = daily(60, 0, &[("09:00", "11:00"), ("11:00", "13:00")]);
    let across: &[&str] = &["2026-06-01/600", "2026-06-01/660"];
    check(&touching, "UTC", "2026-06-01T10:00", "2026-06-01T12:00", Ok(across));
}

#[test]
fn closed_days_have_no_slots() {
    let weekdays = slots(60, 0, vec![opening(&EVERY_DAY[..5], "09:00", "11:00")]);
    check_day(&weekdays, "UTC", "2026-06-05", &["540", "600"]);
    check_day(&weekdays, "UTC", "2026-06-06", &[]);
    check(&weekdays, "UTC", "2026-06-05T10:00", "2026-06-08T10:00", Err(RangeError::NotBookable));
}

#[test]
fn a_buffer_keeps_slots_apart_but_not_a_longer_booking() {
    let doctor = daily(30, 15, &[("09:00", "11:00")]);
    check_day(&doctor, "UTC", "2026-06-01", &["540", "585", "630"]);
    let both: &[&str] = &["2026-06-01/540", "2026-06-01/585"];
    check(&doctor, "UTC", "2026-06-01T09:00", "2026-06-01T10:15", Ok(both));
    check(&doctor, "UTC", "2026-06-01T09:00", "2026-06-01T09:45", Err(RangeError::NotBookable));
    // Five minutes between two windows are neither nothing nor the buffer.
    let gap = daily(30, 15, &[("09:00", "09:30"), ("09:35", "10:05")]);
    check(&gap, "UTC", "2026-06-01T09:00", "2026-06-01T10:05", Err(RangeError::NotBookable));
}

#[test]
fn the_date_of_a_slot_is_the_date_on_which_it_starts() {
    let bar = daily(60, 0, &[("18:00", "03:00")]);
    let berlin = zone("Europe/Berlin");
    let on = |day: &str| {
        let day = date(day);
        let slots = bar.calendar(day, day.tomorrow().expect("in range"), &berlin).expect("in bounds");
        assert!(slots.iter().all(|slot| slot.local_date(&berlin) == day), "{slots:?}");
        names(&slots)
    };
    let [night, evening] = [["1440", "1500", "1560"].map(|key| format!("2026-06-05/{key}")).to_vec(), {
        let keys = ["1080", "1140", "1200", "1260", "1320", "1380"];
        keys.map(|key| format!("2026-06-06/{key}")).to_vec()
    }];
    assert_eq!(
        on("2026-06-06"),
        [night, evening].concat(),
        "after midnight on the page of the evening before"
    );
    let fridays = slots(60, 0, vec![opening(&[Weekday::Friday], "22:00", "02:00")]);
    let saturday = fridays.calendar(date("2026-06-06"), date("2026-06-07"), &berlin).expect("in bounds");
    assert_eq!(names(&saturday), ["2026-06-05/1440", "2026-06-05/1500"]);
}

#[test]
fn a_slot_of_1440_minutes_is_a_local_day_however_long() {
    let bikes = daily(1440, 0, &[("00:00", "00:00")]);
    let hours = |zone: &str, day: &str| {
        let slots = check_day(&bikes, zone, day, &["0"]);
        slots[0].end.duration_since(slots[0].start).as_hours()
    };
    for (zone_name, spring, autumn) in [
        ("Europe/Berlin", "2026-03-29", "2026-10-25"),
        ("America/New_York", "2026-03-08", "2026-11-01"),
        ("America/Havana", "2025-03-09", "2025-11-02"), // at midnight
    ] {
        assert_eq!((hours(zone_name, spring), hours(zone_name, autumn)), (23, 25), "{zone_name}");
        for change in [spring, autumn].map(date) {
            let (from, to) = (change.yesterday().expect("in range"), change.tomorrow().expect("in range"));
            let days = bikes.slots(When::Date(from), When::Date(to + 1.day()), &zone(zone_name));
            assert_eq!(days.map(|days| days.len()), Ok(3), "across {change} in {zone_name}");
        }
    }
    let skipped: &[&str] = &["2011-12-29/0", "2011-12-31/0"];
    check(&bikes, "Pacific/Apia", "2011-12-29", "2012-01-01", Ok(skipped));
    check_day(&bikes, "Pacific/Apia", "2011-12-30", &[]);
    let cars = daily(1440, 0, &[("10:00", "10:00")]);
    let across: &[&str] = &["2026-03-28/600", "2026-03-29/540", "2026-03-30/600"];
    let days = check(&cars, "Europe/Berlin", "2026-03-28T10:00", "2026-03-31T10:00", Ok(across));
    assert_eq!(days[1].start, instant("2026-03-29T10:00:00+02:00"));
}

#[test]
fn a_buffer_is_kept_where_one_opening_touches_the_next() {
    let keys = |schedule: &Schedule, day: &str| names(&schedule.page(day, &TimeZone::UTC));
    // The last slot of a day would end at 23:50, ten minutes before the next opens.
    let always = daily(30, 20, &[("00:00", "00:00")]);
    let day = keys(&always, "2026-06-01");
    assert_eq!(day.last().map(String::as_str), Some("2026-06-01/1350"), "{day:?}");
    let two = daily(25, 10, &[("09:00", "10:00"), ("10:00", "11:00")]);
    assert_eq!(keys(&two, "2026-06-01").len(), 3, "09:00, 10:00, 10:35");
    let friday =
        vec![opening(&[Weekday::Friday], "09:00", "10:00"), opening(&[Weekday::Saturday], "09:00", "10:00")];
    let friday = slots(60, 1440, friday);
    assert_eq!(keys(&friday, "2026-06-05").len(), 0, "a day until the next is too short by an hour");
    assert_eq!(keys(&friday, "2026-06-06").len(), 1);
    for (minutes, buffer, hours) in [(1440, 60, ("00:00", "00:00")), (60, 1440, ("09:00", "10:00"))] {
        let day =
            SlotSchedule::new(minutes, buffer, vec![opening(&EVERY_DAY, hours.0, hours.1)]).expect("valid");
        assert_eq!(day.with_room_for_buffers(), Err(InvalidSchedule::NoRoomForBuffers));
    }
    let fits = SlotSchedule::new(30, 20, vec![opening(&EVERY_DAY, "00:00", "00:00")]).expect("valid");
    assert_eq!(fits.clone().with_room_for_buffers(), Ok(fits));
}

#[test]
fn a_long_calendar_goes_on_where_its_part_ended() {
    let bar = daily(10, 0, &[("18:00", "03:00")]);
    let berlin = zone("Europe/Berlin");
    let (from, to) = (date("2026-10-20"), date("2026-11-20"));
    let all = bar.calendar(from, to, &berlin).expect("in bounds");
    for cut in [0, 1, 17, 18, 53, 54, 300, all.len() - 1] {
        let rest = bar.calendar_from(from, to, Some(all[cut].start), &berlin).expect("in bounds");
        assert_eq!(rest.collect::<Vec<_>>(), all[cut..], "from {cut}");
    }
    let after = bar.calendar_from(
        from,
        to,
        Some(all[all.len() - 1].end + jiff::SignedDuration::from_hours(99)),
        &berlin,
    );
    assert_eq!(after.expect("in bounds").count(), 0);
}

#[test]
fn an_opening_past_midnight_belongs_to_the_day_it_opens() {
    let bar = slots(60, 0, vec![opening(&[Weekday::Friday], "22:00", "02:00")]);
    check_day(&bar, "Europe/Berlin", "2026-06-05", &["1320", "1380", "1440", "1500"]);
    check_day(&bar, "Europe/Berlin", "2026-06-06", &[]);
    let around: &[&str] = &["2026-06-05/1380", "2026-06-05/1440"];
    check(&bar, "Europe/Berlin", "2026-06-05T23:00", "2026-06-06T01:00", Ok(around));
    check(&bar, "Europe/Berlin", "2026-06-06T01:00", "2026-06-06T02:00", Ok(&["2026-06-05/1500"]));
    check(&bar, "Europe/Berlin", "2026-06-06T01:00", "2026-06-06T03:00", Err(RangeError::NotBookable));

    let always = daily(720, 0, &[("18:00", "18:00")]);
    check_day(&always, "UTC", "2026-06-05", &["1080", "1800"]);
    let two_days: &[&str] = &["2026-06-05/1800", "2026-06-06/1080"];
    check(&always, "UTC", "2026-06-06T06:00", "2026-06-07T06:00", Ok(two_days));
}

#[test]
fn a_missing_hour_has_no_slots_and_a_repeated_hour_has_them_twice() {
    let early = daily(60, 0, &[("00:00", "06:00")]);
    let (short, usual) = (["0", "60", "120", "180", "240"], ["0", "60", "120", "180", "240", "300"]);
    let long = ["0", "60", "120", "180", "240", "300", "360"];
    for (zone, spring, autumn) in
        [("America/New_York", "2026-03-08", "2026-11-01"), ("Europe/Berlin", "2026-03-29", "2026-10-25")]
    {
        check_day(&early, zone, spring, &short);
        check_day(&early, zone, autumn, &long);
        check_day(&early, zone, "2026-06-01", &usual);
    }
    let spring = check_day(&early, "America/New_York", "2026-03-08", &short);
    assert_eq!(spring[2].start, instant("2026-03-08T03:00:00-04:00"), "02:00 does not exist");
    let autumn = check_day(&early, "America/New_York", "2026-11-01", &long);
    assert_eq!(autumn[1].start, instant("2026-11-01T01:00:00-04:00"));
    assert_eq!(autumn[2].start, instant("2026-11-01T01:00:00-05:00"));
    let both: &[&str] = &["2026-11-01/60", "2026-11-01/120"];
    check(&early, "America/New_York", "2026-11-01T05:00:00Z", "2026-11-01T07:00:00Z", Ok(both));
}

#[test]
fn daylight_saving_of_half_an_hour() {
    let early = daily(30, 0, &[("00:00", "04:00")]);
    // Lord Howe: 02:00 becomes 01:30 on 5 April, 02:30 on 4 October 2026.
    let keys: Vec<String> = (0..9).map(|half| (half * 30).to_string()).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    check_day(&early, "Australia/Lord_Howe", "2026-04-05", &keys);
    check_day(&early, "Australia/Lord_Howe", "2026-10-04", &keys[..7]);
    check_day(&early, "Australia/Lord_Howe", "2026-06-01", &keys[..8]);
}

#[test]
fn a_window_that_closes_in_the_missing_hour_does_not_run_into_the_next() {
    // 02:45 does not exist on 8 March 2026: the clock goes from 02:00 to 03:00, and the next window opens.
    let two = daily(15, 0, &[("01:00", "02:45"), ("03:00", "03:30")]);
    let day = check_day(&two, "America/New_York", "2026-03-08", &["60", "75", "90", "105", "120", "135"]);
    assert!(day.windows(2).all(|pair| pair[0].end <= pair[1].start));
    // The same over midnight: Saturday's window ends before Sunday's begins.
    let night = daily(15, 0, &[("23:30", "02:45"), ("03:00", "03:15")]);
    let zone = zone("America/New_York");
    let slots = night.calendar(date("2026-03-07"), date("2026-03-09"), &zone).expect("in bounds");
    assert!(slots.iter().all(|slot| {
        night.slots(When::Instant(slot.start), When::Instant(slot.end), &zone) == Ok(vec![slot.clone()])
    }));
    // A window that opens and closes in it has nothing to offer.
    check_day(&daily(15, 0, &[("02:15", "02:45")]), "America/New_York", "2026-03-08", &[]);
}

#[test]
fn a_day_that_the_zone_skipped_has_neither_nights_nor_slots() {
    // Samoa went from 29 to 31 December 2011.
    let apia = zone("Pacific/Apia");
    let hotel = nightly("15:00", "11:00");
    let night = check(&hotel, "Pacific/Apia", "2011-12-29", "2011-12-31", Ok(&["2011-12/29"]));
    assert!(night[0].start < night[0].end);
    check(&hotel, "Pacific/Apia", "2011-12-28", "2011-12-30", Ok(&["2011-12/28", "2011-12/29"]));
    check(&hotel, "Pacific/Apia", "2011-12-30", "2011-12-31", Err(RangeError::NotBookable));
    assert!(hotel.page("2011-12", &apia).iter().all(|slot| slot.key.as_str() != "30"));
    assert_eq!(hotel.page("2011-12", &apia).len(), 30);

    let court = daily(60, 0, &[("09:00", "11:00"), ("22:00", "02:00")]);
    check_day(&court, "Pacific/Apia", "2011-12-29", &["540", "600", "1320", "1380"]);
    check_day(&court, "Pacific/Apia", "2011-12-30", &[]);
    check_day(&court, "Pacific/Apia", "2011-12-31", &["540", "600", "1320", "1380", "1440", "1500"]);
    let all = court.calendar(date("2011-12-28"), date("2012-01-02"), &apia).expect("in bounds");
    assert!(all.windows(2).all(|pair| pair[0].end <= pair[1].start));
}

#[test]
fn an_event_is_booked_whole() {
    let (start, end) = (instant("2026-06-01T18:00:00Z"), instant("2026-06-01T21:00:00Z"));
    let concert = Schedule::event(start, end).expect("a valid event");
    let (from, to) = ("2026-06-01T18:00:00Z", "2026-06-01T21:00:00Z");
    let slots = check(&concert, "Asia/Tokyo", from, to, Ok(&["event/event"]));
    assert_eq!((slots[0].start, slots[0].end), (start, end));
    check(&concert, "UTC", "2026-06-01T20:00:00+02:00", "2026-06-01T23:00:00+02:00", Ok(&["event/event"]));
    check(&concert, "UTC", from, "2026-06-01T20:00:00Z", Err(RangeError::NotBookable));
    check(&concert, "UTC", "2026-06-01", "2026-06-02", Err(RangeError::NotBookable));
    check(&concert, "UTC", to, from, Err(RangeError::Empty));
    // It counts by the local date of its start: 2 June in Tokyo.
    let tokyo = zone("Asia/Tokyo");
    let on = |day: &str| {
        let day = date(day);
        concert.calendar(day, day.tomorrow().expect("in range"), &tokyo).map(|slots| slots.len())
    };
    assert_eq!((on("2026-06-01"), on("2026-06-02"), on("2026-06-03")), (Ok(0), Ok(1), Ok(0)));
    assert_eq!(names(&concert.page("event", &tokyo)), ["event/event"]);
    assert_eq!(Schedule::event(start, start), Err(InvalidSchedule::EventRange));
    assert_eq!(Schedule::event(end, start), Err(InvalidSchedule::EventRange));
}

#[test]
fn a_name_that_is_no_page_has_no_slots() {
    let (hotel, court) = (nightly("15:00", "11:00"), daily(60, 0, &[("09:00", "11:00")]));
    let concert = Schedule::event(Timestamp::UNIX_EPOCH, instant("2026-06-01T00:00:00Z")).expect("valid");
    for name in ["", "2026", "2026-6", "2026-13", "202606", "+002026-06", "2026-06-01", "event"] {
        assert_eq!(hotel.page(name, &TimeZone::UTC), [], "{name}");
    }
    for name in ["", "2026-06", "2026-02-30", "20260601", "2026-06-01T09:00", "2026-W23-1", "event"] {
        assert_eq!(court.page(name, &TimeZone::UTC), [], "{name}");
    }
    for name in ["", "2026-06", "2026-06-01", "Event"] {
        assert_eq!(concert.page(name, &TimeZone::UTC), [], "{name}");
    }
}

#[test]
fn tonight_can_be_booked_after_check_in_but_not_a_slot_that_has_begun() {
    let zone = zone("America/New_York");
    let past = |schedule: &Schedule, page: &str, now: &str| {
        schedule.is_past(&schedule.page(page, &zone)[0], &zone, instant(now))
    };
    let hotel = nightly("15:00", "11:00");
    assert!(!past(&hotel, "2026-06", "2026-06-02T03:59:59Z"), "23:59 of 1 June in New York");
    assert!(past(&hotel, "2026-06", "2026-06-02T04:00:00Z"), "midnight in New York");
    let court = daily(60, 0, &[("09:00", "11:00")]);
    assert!(!past(&court, "2026-06-01", "2026-06-01T13:00:00Z"));
    assert!(past(&court, "2026-06-01", "2026-06-01T13:00:01Z"));
}

#[test]
fn openings_that_overlap_are_refused() {
    use Weekday::{Friday, Monday, Saturday, Sunday};
    let check = |openings: Vec<Opening>, expected: Result<(), InvalidSchedule>| {
        assert_eq!(SlotSchedule::new(30, 0, openings.clone()).map(drop), expected, "{openings:?}");
    };
    let overlap = || Err(InvalidSchedule::Opening);
    check(vec![opening(&[Monday], "09:00", "12:00"), opening(&[Monday], "11:30", "13:00")], overlap());
    check(vec![opening(&[Monday], "09:00", "12:00"), opening(&[Monday], "09:00", "12:00")], overlap());
    check(vec![opening(&[Monday, Monday], "09:00", "12:00")], overlap());
    check(vec![opening(&[Monday], "09:00", "12:00"), opening(&[Monday], "12:00", "13:00")], Ok(()));
    check(vec![opening(&[Monday], "09:00", "12:00"), opening(&[Friday], "09:00", "12:00")], Ok(()));
    // Past midnight, into the next day; and from Sunday into Monday.
    check(vec![opening(&[Friday], "22:00", "02:00"), opening(&[Saturday], "01:00", "03:00")], overlap());
    check(vec![opening(&[Friday], "22:00", "02:00"), opening(&[Saturday], "02:00", "03:00")], Ok(()));
    check(vec![opening(&[Sunday], "22:00", "02:00"), opening(&[Monday], "01:00", "03:00")], overlap());
    check(vec![opening(&[Sunday], "22:00", "02:00"), opening(&[Monday], "02:00", "03:00")], Ok(()));
    check(vec![opening(&EVERY_DAY, "09:00", "09:00")], Ok(()));
    check(vec![opening(&EVERY_DAY, "09:00", "09:00"), opening(&[Friday], "08:00", "09:00")], overlap());
}

#[test]
fn a_rule_that_makes_no_sense_is_refused() {
    let open = || vec![opening(&EVERY_DAY, "09:00", "17:00")];
    let check = |minutes, buffer, openings: Vec<Opening>, expected: InvalidSchedule| {
        assert_eq!(SlotSchedule::new(minutes, buffer, openings), Err(expected));
    };
    check(0, 0, open(), InvalidSchedule::SlotMinutes);
    check(1441, 0, open(), InvalidSchedule::SlotMinutes);
    check(30, 1441, open(), InvalidSchedule::BufferMinutes);
    check(30, 0, vec![], InvalidSchedule::NeverOpen);
    check(30, 0, vec![opening(&[], "09:00", "17:00")], InvalidSchedule::NeverOpen);
    check(481, 0, open(), InvalidSchedule::Opening);
    let rule = SlotSchedule::new(480, 1440, open()).expect("one slot a day");
    assert_eq!((rule.slot_minutes(), rule.buffer_minutes(), rule.opening()), (480, 1440, &open()[..]));
    assert!(SlotSchedule::new(1440, 0, vec![opening(&EVERY_DAY, "00:00", "00:00")]).is_ok());
    assert!(SlotSchedule::new(4, 0, vec![opening(&EVERY_DAY, "00:00", "20:00")]).is_ok(), "300 a day");
    check(4, 0, vec![opening(&EVERY_DAY, "00:00", "20:04")], InvalidSchedule::TooManySlots);
    check(1, 0, open(), InvalidSchedule::TooManySlots);
    check(2, 0, vec![opening(&EVERY_DAY, "00:00", "00:00")], InvalidSchedule::TooManySlots);
}
