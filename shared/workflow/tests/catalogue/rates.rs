//! What the events of rates say, when there are none, and how long they are at most.

use holdfast_app::events::{EVENT_BYTES_MAX, Write};
use holdfast_domain::bookings::{Price, PriceLine, PriceLineKind};
use holdfast_domain::catalogue::Month;
use holdfast_domain::money::{AMOUNT_MAX, SignedMoney};
use holdfast_domain::rates::condition::DateRange;
use holdfast_domain::rates::dated::MonthRates;
use holdfast_domain::rates::ids::{NAME_LENGTH_MAX, PlanId};
use holdfast_domain::rates::snapshot::{PRICE_LINES_MAX, can_be_kept};
use holdfast_domain::{Booking, PropertyId, ResourceId};
use holdfast_workflow::events::{Consumer, EventType, of_applied, of_month_rates, of_rates};
use jiff::civil::{Date, date};
use serde_json::{Value, json};

use crate::samples::{booking, cards, envelopes, month_rates, rated_booking, room};

fn write() -> Write {
    Write { at: "2026-05-01T09:00:00Z".parse().expect("an instant"), trace: None }
}

fn house() -> PropertyId {
    PropertyId::parse("hotel-nyc").expect("an id")
}

fn june() -> Month {
    Month::of(date(2026, 6, 1))
}

#[test]
fn a_version_that_is_put_is_told_and_a_draft_is_not() {
    let put = of_rates(&cards(3, 3), Some(&house()), &write()).expect("an event");
    assert_eq!((put.id.as_str(), put.sequence), ("hotel-nyc-deluxe/rates/3", 3));
    let data = &put.envelopes().expect("JSON")[0].data;
    let card = json!({ "version": 3, "validFrom": "2026-06-01T04:00:00Z" });
    assert_eq!(*data, json!({ "resourceId": "hotel-nyc-deluxe", "propertyId": "hotel-nyc", "card": card }));
    // The revision after it wrote the draft, or threw it away.
    assert_eq!(of_rates(&cards(4, 3), Some(&house()), &write()), None);
}

#[test]
fn dates_for_which_something_else_is_set_are_told_and_no_others() {
    let told = |rates: &MonthRates, previous: &MonthRates| {
        let event = of_month_rates((&room().id, None), june(), rates, previous, &write())?;
        assert_eq!((event.id.as_str(), event.sequence), ("hotel-nyc-deluxe/2026-06/rates/2", 2));
        let data = event.envelopes().expect("JSON").remove(0).data;
        assert_eq!((&data["month"], &data["card"]), (&json!("2026-06"), &Value::Null));
        Some(data["dates"].clone())
    };
    let none = MonthRates::default();
    assert_eq!(told(&month_rates(2, &[1, 30], 9_900), &none), Some(json!(["2026-06-01", "2026-06-30"])));
    let before = month_rates(1, &[1, 2], 9_900);
    assert_eq!(told(&month_rates(2, &[2, 3], 9_900), &before), Some(json!(["2026-06-01", "2026-06-03"])));
    assert_eq!(told(&month_rates(2, &[1], 9_901), &before), Some(json!(["2026-06-01", "2026-06-02"])));
    assert_eq!(told(&month_rates(2, &[1, 2], 9_900), &before), None, "the same again");
}

#[test]
fn a_booking_tells_the_rate_that_it_has() {
    assert_eq!(of_applied(&booking(), &write()), None, "no rate card priced it");
    let booking = rated_booking();
    let event = of_applied(&booking, &write()).expect("an event");
    assert_eq!((event.id, event.sequence), (format!("{}/rate", booking.id), booking.version));
    let data = &envelopes(EventType::RateApplied)[0].data;
    let sum = |due: &str| {
        let lines = data["lines"].as_array().expect("lines").iter().filter(|line| line["due"] == due);
        lines.map(|line| line["amount"].as_i64().expect("an amount")).sum::<i64>()
    };
    assert_eq!((sum("now"), sum("at_property")), (23_220, 400));
    assert_eq!((&data["price"]["amount"], &data["payAtProperty"]["amount"]), (&json!(23_220), &json!(400)));
    assert_eq!((&data["ratePlanId"], &data["cardVersion"]), (&json!("company"), &json!(3)));
    assert_eq!(data["promotionCode"], json!("WELCOME10"));
}

#[test]
fn partners_get_no_event_of_rates() {
    for kind in [EventType::RateUpdated, EventType::RateApplied] {
        let consumers = kind.declaration().consumers;
        assert!(consumers.iter().all(|(consumer, _)| *consumer != Consumer::Partner), "{}", kind.as_str());
    }
}

/// The longest that an order can keep: every line with the longest name, amount, count and dates.
fn longest() -> Booking {
    let mut booking = rated_booking();
    let rate = booking.order.rate.as_mut().expect("a rate");
    rate.plan = PlanId::parse(&"p".repeat(NAME_LENGTH_MAX)).expect("a name");
    rate.card_version = u64::MAX;
    booking.order.resource = ResourceId::parse(&"r".repeat(64)).expect("an id");
    booking.order.property = PropertyId::parse(&"p".repeat(64)).ok();
    let mut detail = booking.order.price.lines()[0].detail.clone().expect("a detail");
    detail.code = "c".repeat(NAME_LENGTH_MAX);
    detail.count = u32::MAX;
    detail.dates = Some(DateRange { from: Date::MIN, to: Date::MAX });
    let amount = SignedMoney::new(AMOUNT_MAX, booking.order.price.total().currency()).expect("an amount");
    let off = SignedMoney::new(-AMOUNT_MAX, amount.currency()).expect("an amount");
    let line = |(kind, amount)| PriceLine { kind, amount, detail: Some(detail.clone()) };
    let pair = [(PriceLineKind::Stay, amount), (PriceLineKind::Discount, off)];
    let lines = pair.into_iter().cycle().take(PRICE_LINES_MAX).map(line).collect();
    booking.order.price = Price::new(lines).expect("a price");
    assert!(can_be_kept(&booking.order.price, booking.order.rate.as_ref().expect("a rate")));
    booking
}

#[test]
fn the_longest_events_of_rates_fit_the_bus() {
    let bytes = |event: &holdfast_workflow::events::Event| {
        event.outgoing().expect("JSON").iter().map(|event| event.body.len()).max().expect("an event")
    };
    let applied = bytes(&of_applied(&longest(), &write()).expect("an event"));
    println!("rate.applied: {applied} bytes");
    assert!((80_000..EVENT_BYTES_MAX / 2).contains(&applied), "{applied} bytes");
    let days: Vec<i8> = (1..=30).collect();
    let set = month_rates(2, &days, AMOUNT_MAX);
    let of = (&ResourceId::parse(&"r".repeat(64)).expect("an id"), Some(&house()));
    let updated =
        bytes(&of_month_rates(of, june(), &set, &MonthRates::default(), &write()).expect("an event"));
    assert!(updated < 2_048, "{updated} bytes");
}
