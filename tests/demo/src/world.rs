//! Guests, resources and calls of the journey, and how an answer is held against what was promised.

use std::ops::Deref;
use std::time::Duration;

use holdfast_client::{Answer, Stack, Trouble, now, poll, unique};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use reqwest::Method;
use serde_json::{Value, json};

/// How long anything may take that comes by itself: mail, partner, search, late payments.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct World {
    stack: Stack,
    pub(crate) operator: Guest,
}

pub(crate) struct Guest {
    pub(crate) sub: String,
    pub(crate) token: String,
}

/// A resource and the range of it that the journey wants.
pub(crate) struct Offer {
    pub(crate) id: String,
    pub(crate) place: String,
    pub(crate) start: String,
    pub(crate) end: String,
}

impl Offer {
    /// The body of a hold of one of it.
    pub(crate) fn hold(&self) -> Value {
        json!({"resourceId": self.id, "startTime": self.start, "endTime": self.end, "quantity": 1})
    }
}

impl Deref for World {
    type Target = Stack;

    fn deref(&self) -> &Stack {
        &self.stack
    }
}

impl World {
    pub(crate) async fn new() -> Result<Self, Trouble> {
        let stack = Stack::connect()?;
        let sub = "demo-operator".to_owned();
        let token = stack.token(&sub, "booking/operator").await?;
        Ok(Self { stack, operator: Guest { sub, token } })
    }

    pub(crate) async fn guest(&self, name: &str) -> Result<Guest, Trouble> {
        let sub = unique(name);
        let token = self.token(&sub, "booking/guest").await?;
        Ok(Guest { sub, token })
    }

    /// Two nights in a hotel in New York, three weeks ahead: so many rooms at 129 dollars a night, all of it refunded until
    /// a day before, half of it after.
    pub(crate) async fn room(&self, rooms: u32) -> Result<Offer, Trouble> {
        self.nights(&self.operator, rooms, None).await
    }

    /// Three such rooms of a property, put by its staff.
    pub(crate) async fn room_of(&self, property: &str, staff: &Guest) -> Result<Offer, Trouble> {
        self.nights(staff, 3, Some(property)).await
    }

    async fn nights(&self, by: &Guest, rooms: u32, property: Option<&str>) -> Result<Offer, Trouble> {
        let first = now().to_zoned_datetime(TimeZone::UTC).date() + 21.days();
        let mut terms = json!({
            "resourceType": "hotel", "name": "Deluxe double, The Demo", "timeZone": "America/New_York",
            "schedule": {"kind": "nightly", "checkIn": "15:00", "checkOut": "11:00"},
            "capacity": rooms, "holdTtlSeconds": 600, "pricing": {"currency": "USD", "base": 12900}
        });
        if let Some(property) = property {
            terms["propertyId"] = json!(property);
        }
        self.offer(by, terms, first.to_string(), (first + 2.days()).to_string()).await
    }

    /// An evening for 89.01 euros, so many hours ahead: one place, held for so many seconds.
    pub(crate) async fn evening(&self, hours_ahead: i64, ttl_seconds: u32) -> Result<Offer, Trouble> {
        self.evening_for(8901, hours_ahead, ttl_seconds).await
    }

    /// An evening for so many euro cents.
    pub(crate) async fn evening_for(
        &self,
        cents: i64,
        hours_ahead: i64,
        ttl_seconds: u32,
    ) -> Result<Offer, Trouble> {
        let start = now() + SignedDuration::from_hours(hours_ahead);
        let start = Timestamp::from_second(start.as_second()).map_err(Trouble::unexpected)?;
        let (start, end) = (start.to_string(), (start + 3.hours()).to_string());
        let terms = json!({
            "resourceType": "event", "name": "Chef's table, The Demo", "timeZone": "Europe/Paris",
            "schedule": {"kind": "event", "start": start, "end": end},
            "capacity": 1, "holdTtlSeconds": ttl_seconds, "pricing": {"currency": "EUR", "base": cents}
        });
        self.offer(&self.operator, terms, start, end).await
    }

    async fn offer(
        &self,
        by: &Guest,
        mut terms: Value,
        start: String,
        end: String,
    ) -> Result<Offer, Trouble> {
        let (id, place) = (unique("demo"), unique("place"));
        terms["location"] = json!(place);
        terms["cancellationPolicy"] = json!({"tiers": [
            {"hoursBefore": 24, "refundPercent": 100}, {"hoursBefore": 0, "refundPercent": 50}]});
        terms["attributes"] = json!({"rating": 4.7});
        let call = self.call(Method::PUT, &format!("/api/resources/{id}"))?.token(&by.token).json(&terms);
        let answer = call.send().await?;
        promised(answer.status < 300, &answer)?;
        Ok(Offer { id, place, start, end })
    }

    pub(crate) async fn get(&self, guest: &Guest, path: &str) -> Result<Answer, Trouble> {
        self.call(Method::GET, path)?.token(&guest.token).send().await
    }

    pub(crate) async fn post(&self, guest: &Guest, path: &str, body: &Value) -> Result<Answer, Trouble> {
        self.post_keyed(guest, &unique("key"), path, body).await
    }

    pub(crate) async fn post_keyed(
        &self,
        guest: &Guest,
        key: &str,
        path: &str,
        body: &Value,
    ) -> Result<Answer, Trouble> {
        self.call(Method::POST, path)?.token(&guest.token).key(key).json(body).send().await
    }

    /// Pays a hold with a new card.
    pub(crate) async fn pay(&self, guest: &Guest, hold: &str, card: &str) -> Result<Answer, Trouble> {
        let contact =
            json!({"name": "Ada Lovelace", "email": format!("{}@example.com", guest.sub), "language": "en"});
        let body = json!({"holdId": hold, "paymentMethodId": self.card(card).await?, "contact": contact});
        self.post(guest, "/api/bookings", &body).await
    }

    /// The booking once it has come to these two.
    pub(crate) async fn until(
        &self,
        guest: &Guest,
        booking: &str,
        status: &str,
        payment_status: &str,
    ) -> Result<Answer, Trouble> {
        let path = format!("/api/bookings/{booking}");
        poll(&format!("the booking is {status} and {payment_status}"), PATIENCE, async || {
            let answer = self.get(guest, &path).await?;
            let there = answer.str("/status") == status && answer.str("/paymentStatus") == payment_status;
            Ok(there.then_some(answer))
        })
        .await
    }
}

/// That the answer is as promised; else the trouble names it.
pub(crate) fn promised(is_so: bool, answer: &Answer) -> Result<(), Trouble> {
    if is_so { Ok(()) } else { Err(Trouble::unexpected(answer)) }
}

/// That the answer is a refusal of this status and code.
pub(crate) fn refused(answer: &Answer, status: u16, code: &str) -> Result<(), Trouble> {
    promised(answer.status == status && answer.code() == code, answer)
}

/// An amount of an answer for people: `258.00 USD`.
pub(crate) fn money(money: &Value) -> String {
    let amount = money["amount"].as_i64().unwrap_or_default();
    format!("{}.{:02} {}", amount / 100, amount % 100, money["currency"].as_str().unwrap_or_default())
}

/// An instant of an answer.
pub(crate) fn instant(text: &str) -> Result<Timestamp, Trouble> {
    text.parse().map_err(|error| Trouble::unexpected(format!("{text:?}: {error}")))
}
