//! What would do instead of a stay that is not sold.

use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::dated::DatedRates;
use holdfast_domain::rates::nearest::{NEAREST_MAX, NEAREST_SLOTS_MAX, nearest};
use holdfast_domain::rates::promotion::PromotionCode;
use holdfast_domain::rates::request::RateRequest;
use holdfast_domain::rates::restriction::{Limits, Restriction};
use jiff::civil::Weekday;

use crate::fixture::{ask, card, dates, plan_id, request, restriction};

/// A card with one restriction, on those dates or all.
fn with(on: Option<(&str, &str)>, limits: Limits) -> RateCard {
    let on = on.map(|(from, to)| dates(from, to)).into_iter().collect();
    RateCard { restrictions: vec![Restriction { dates: on, ..restriction("r", limits) }], ..card() }
}

/// The length and the arrival that would do.
fn hint(card: &RateCard, request: &RateRequest) -> (Option<u32>, Option<String>) {
    let none = ask(card, &DatedRates::default(), request, "flexible").expect_err("refused");
    let hint = nearest(card, &DatedRates::default(), request, &plan_id("flexible"), &none);
    (hint.and_then(|hint| hint.slots), hint.and_then(|hint| hint.arrival).map(|date| date.to_string()))
}

fn on(day: &str) -> Option<String> {
    Some(day.to_owned())
}

#[test]
fn the_nearest_length_and_date_are_named() {
    let three = || Limits { stay_min_on_arrival: Some(3), ..Limits::default() };
    let least = with(Some(("2026-06-12", "2026-06-15")), three());
    assert_eq!(hint(&least, &request("2026-06-13", 2)), (Some(3), on("2026-06-15")));
    assert_eq!(hint(&least, &request("2026-06-12", 1)), (Some(3), on("2026-06-11")));
    // A longer stay meets a night that asks for more.
    let mut through = least.clone();
    let six = Limits { stay_min_through: Some(6), ..Limits::default() };
    through
        .restrictions
        .push(Restriction { dates: vec![dates("2026-06-15", "2026-06-16")], ..restriction("through", six) });
    assert_eq!(hint(&through, &request("2026-06-13", 2)), (Some(6), on("2026-06-11")));
    // Saturdays only, both ways.
    let changeover = Limits { closed_to_arrival: true, closed_to_departure: true, ..Limits::default() };
    let mut saturdays = with(None, changeover);
    saturdays.restrictions[0].weekdays =
        [1, 2, 3, 4, 5, 7].map(|day| Weekday::from_monday_one_offset(day).expect("a day")).to_vec();
    assert_eq!(hint(&saturdays, &request("2026-06-13", 5)), (Some(7), None));
    assert_eq!(hint(&saturdays, &request("2026-06-12", 7)), (None, on("2026-06-13")));
    // Not before today.
    let week =
        with(Some(("2026-05-01", "2026-05-05")), Limits { closed_to_arrival: true, ..Limits::default() });
    assert_eq!(hint(&week, &request("2026-05-01", 1)), (None, on("2026-05-05")));
    let most = with(None, Limits { stay_max_on_arrival: Some(4), ..Limits::default() });
    assert_eq!(hint(&most, &request("2026-06-13", 9)), (Some(4), None));
}

#[test]
fn what_would_do_would_be_sold() {
    let limits = Limits {
        closed_to_arrival: true,
        stay_min_on_arrival: Some(4),
        stay_max_on_arrival: Some(6),
        ..Limits::default()
    };
    let mut card = with(Some(("2026-06-10", "2026-06-20")), limits);
    card.restrictions[0].weekdays = vec![Weekday::Saturday, Weekday::Monday];
    for day in 8..24 {
        for nights in 1..9 {
            let from = format!("2026-06-{day:02}");
            let asked = request(&from, nights);
            let Err(none) = ask(&card, &DatedRates::default(), &asked, "flexible") else { continue };
            let hint = nearest(&card, &DatedRates::default(), &asked, &plan_id("flexible"), &none);
            let hint = hint.expect("within a month something is sold");
            let arrival = hint.arrival.expect("another day").to_string();
            for other in
                [Some(request(&arrival, nights)), hint.slots.map(|slots| request(&from, slots.cast_signed()))]
            {
                let Some(other) = other else { continue };
                assert!(ask(&card, &DatedRates::default(), &other, "flexible").is_ok(), "{other:?}");
            }
        }
    }
}

#[test]
fn where_nothing_near_would_do_nothing_is_named() {
    let never = with(None, Limits { stop_sell: true, ..Limits::default() });
    assert_eq!(hint(&never, &request("2026-06-13", 2)), (None, None));
    // Beyond a month.
    let closed = || Limits { closed_to_arrival: true, ..Limits::default() };
    let far = with(Some(("2026-05-01", "2026-07-15")), closed());
    assert_eq!(hint(&far, &request("2026-06-13", 1)), (None, None));
    assert_eq!(hint(&far, &request("2026-06-14", 1)), (None, on("2026-07-15")));
    assert_eq!(NEAREST_MAX, 31);
    // Of a long stay.
    let long = i32::try_from(NEAREST_SLOTS_MAX).expect("some weeks");
    let one = with(Some(("2026-06-13", "2026-06-14")), closed());
    assert_eq!(hint(&one, &request("2026-06-13", long)), (None, on("2026-06-14")));
    assert_eq!(hint(&one, &request("2026-06-13", long + 1)), (None, None));
    // More than restrictions is wrong.
    let coded = RateRequest { promotion: PromotionCode::parse("X").ok(), ..request("2026-06-13", 1) };
    assert_eq!(hint(&one, &coded), (None, None));
}
