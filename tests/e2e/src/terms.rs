//! Bodies of requests: resources of each schedule, and holds of them.

use holdfast_client::now;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};

/// Where everything is that a test does not look for: apart from the sample catalogue.
pub(crate) const PLACE: &str = "Testville";

/// A room by the night, as the contract's example has it.
pub(crate) fn nightly() -> Value {
    json!({
        "resourceType": "hotel", "name": "Deluxe double", "location": PLACE, "timeZone": "America/New_York",
        "schedule": {"kind": "nightly", "checkIn": "15:00", "checkOut": "11:00"},
        "capacity": 3, "holdTtlSeconds": 600,
        "pricing": {"currency": "USD", "base": 12900},
        "cancellationPolicy": {"tiers": [
            {"hoursBefore": 24, "refundPercent": 100}, {"hoursBefore": 0, "refundPercent": 50}]},
        "attributes": {"rating": 4.6, "latitude": 40.7, "longitude": -74.25}
    })
}

/// A rate card of that room: its price, and 15 % less for who pays now and gets nothing back.
pub(crate) fn rates() -> Value {
    json!({
        "currency": "USD", "defaultPlan": "flexible",
        "plans": [
            {
                "planId": "flexible", "name": "Flexible", "price": {"base": 12900},
                "cancellation": {"freeHoursAfterBooking": 0, "steps": [{"hoursBefore": 24, "keepPercent": 0}]},
                "payment": "now"
            },
            {
                "planId": "saver", "name": "Non-refundable", "price": {"derivedFrom": "flexible", "percent": -15},
                "payment": "now"
            }
        ]
    })
}

/// A property.
pub(crate) fn house() -> Value {
    json!({
        "propertyType": "hotel", "name": "The Grand", "timeZone": "America/New_York", "currency": "USD",
        "address": {
            "lines": ["1 Grand Street"], "city": "New York", "region": "NY", "postalCode": "10013", "country": "US"
        },
        "position": {"latitude": 40.72, "longitude": -74.25},
        "contact": {"email": "desk@grand.example", "phone": "+12125550100", "website": "https://grand.example"},
        "houseRules": "No smoking.\nQuiet from 22:00."
    })
}

/// Half hours on every day of the week, from nine to five in Berlin.
pub(crate) fn slots() -> Value {
    with(
        nightly(),
        json!({
            "resourceType": "appointment", "name": "Haircut", "location": PLACE, "timeZone": "Europe/Berlin",
            "schedule": {"kind": "slots", "slotMinutes": 30, "bufferMinutes": 0, "opening": [
                {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "09:00", "to": "17:00"}]},
            "pricing": {"currency": "EUR", "base": 3500}
        }),
    )
}

/// Where events take place.
pub(crate) const EVENT_ZONE: &str = "Europe/Paris";

/// Two hours at one moment.
pub(crate) fn event(start: Timestamp) -> Value {
    with(
        nightly(),
        json!({
            "resourceType": "event", "name": "Evening concert", "location": PLACE, "timeZone": EVENT_ZONE,
            "schedule": {"kind": "event", "start": start.to_string(), "end": (start + 2.hours()).to_string()},
            "pricing": {"currency": "EUR", "base": 4500}
        }),
    )
}

/// `body` with some of its top-level fields set otherwise.
pub(crate) fn with(mut body: Value, changes: Value) -> Value {
    if let (Value::Object(all), Value::Object(some)) = (&mut body, changes) {
        all.extend(some);
    }
    body
}

/// `body` without one of its top-level fields.
pub(crate) fn without(mut body: Value, field: &str) -> Value {
    body.as_object_mut().unwrap().remove(field);
    body
}

/// The body of `POST /api/holds`.
pub(crate) fn hold_of(resource: &str, start: &str, end: &str, quantity: u32) -> Value {
    json!({"resourceId": resource, "startTime": start, "endTime": end, "quantity": quantity})
}

/// A whole second some time from now.
pub(crate) fn in_time(from_now: SignedDuration) -> Timestamp {
    Timestamp::from_second((now() + from_now).as_second()).unwrap()
}

/// A whole second some hours from now.
pub(crate) fn in_hours(hours: i64) -> Timestamp {
    in_time(SignedDuration::from_hours(hours))
}

/// The date in UTC some days from now.
pub(crate) fn in_days(days: i32) -> Date {
    now().to_zoned_datetime(TimeZone::UTC).date() + days.days()
}

/// The instant of a local time.
pub(crate) fn local(zone: &str, date: Date, hour: i8, minute: i8) -> Timestamp {
    date.at(hour, minute, 0, 0).in_tz(zone).unwrap().timestamp()
}

/// An RFC 3339 instant of an answer.
pub(crate) fn instant(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{text:?} is no instant: {error}"))
}
