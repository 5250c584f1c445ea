//! What there is to be fought over: a few resources of every schedule, with little capacity, and many guests.

use holdfast_client::{Answer, Pool, Stack, Trouble, now, unique};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use reqwest::Method;
use serde_json::{Value, json};

/// Nights of a room on sale: some before and some after the end of a month.
const NIGHTS: i32 = 12;

/// Somebody with a token.
#[derive(Debug, Clone)]
pub(crate) struct Guest {
    pub(crate) sub: String,
    pub(crate) token: String,
}

/// What of a resource may be wanted.
#[derive(Debug, Clone)]
enum Range {
    /// Up to four nights from some day on.
    Nights { first: Date },
    /// Up to three half hours of one of these days.
    Slots { first: Date, days: i32 },
    /// The one slot.
    Event { start: String, end: String },
}

/// A resource.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) id: String,
    pub(crate) resource_type: &'static str,
    pub(crate) location: String,
    pub(crate) capacity: u32,
    range: Range,
    /// Whether it has a rate card, with a promotion of few uses.
    rated: bool,
}

/// The code of the promotion of few uses.
const CODE: &str = "CHAOS";

/// A rate card whose promotion is fought over as its places are.
fn card() -> Value {
    json!({
        "currency": "EUR", "defaultPlan": "standard",
        "plans": [{
            "planId": "standard", "name": "Standard", "price": {"base": 4501}, "payment": "now",
            "cancellation": {"steps": [{"hoursBefore": 24, "keepPercent": 50}, {"hoursBefore": 0, "keepPercent": 100}]}
        }],
        "promotions": [{"code": CODE, "name": "Chaos", "percent": 10, "usesMax": 6, "usesPerGuestMax": 2}]
    })
}

impl Offer {
    /// Body of a hold of some of it.
    pub(crate) fn some(&self, dice: &mut fastrand::Rng) -> Value {
        let (start, end) = match &self.range {
            Range::Nights { first } => {
                let start = *first + dice.i32(0..NIGHTS).days();
                (start.to_string(), (start + dice.i32(1..=4).days()).to_string())
            }
            Range::Slots { first, days } => {
                let day = *first + dice.i32(0..*days).days();
                let from = dice.i32(0..14);
                let at = |half_hours: i32| {
                    format!("{day}T{:02}:{:02}:00Z", 9 + half_hours / 2, half_hours % 2 * 30)
                };
                (at(from), at(from + dice.i32(1..=2)))
            }
            Range::Event { start, end } => (start.clone(), end.clone()),
        };
        let quantity = if dice.u8(0..4) == 0 { 2 } else { 1 };
        let mut body =
            json!({"resourceId": self.id, "startTime": start, "endTime": end, "quantity": quantity});
        if self.rated && dice.bool() {
            body["promotionCode"] = json!(CODE);
        }
        body
    }

    /// Local dates, half-open, that hold all of it.
    pub(crate) fn dates(&self) -> (String, String) {
        let (first, last) = match &self.range {
            Range::Nights { first } => (*first, *first + (NIGHTS + 4).days()),
            Range::Slots { first, days } => (*first, *first + days.days()),
            Range::Event { start, .. } => {
                let day: Date = start[..10].parse().unwrap_or_default();
                (day - 1.day(), day + 2.days())
            }
        };
        (first.to_string(), last.to_string())
    }
}

/// The run's own corner of the stack.
pub(crate) struct World {
    pub(crate) stack: Stack,
    pub(crate) operator: Guest,
    pub(crate) offers: Vec<Offer>,
}

impl World {
    /// Makes the resources.
    ///
    /// # Errors
    /// [`Trouble`] of the stack.
    pub(crate) async fn new(stack: Stack) -> Result<Self, Trouble> {
        let sub = unique("chaos-operator");
        let token = stack.token(&sub, "booking/operator").await?;
        let mut world = Self { stack, operator: Guest { sub, token }, offers: Vec::new() };
        let month_end = (now().to_zoned_datetime(TimeZone::UTC).date() + 40.days()).last_of_month();
        let nights = Range::Nights { first: month_end - 7.days() };
        let slots = Range::Slots { first: month_end - 3.days(), days: 5 };
        let day = month_end + 3.days();
        let event = Range::Event { start: format!("{day}T18:00:00Z"), end: format!("{day}T20:00:00Z") };
        for (kind, range, capacity, ttl_seconds, rated) in [
            ("hotel", nights.clone(), 3, 6, false),
            ("hotel", nights, 2, 12, true),
            ("appointment", slots, 2, 8, false),
            ("event", event.clone(), 4, 5, false),
            ("event", event, 9, 15, true),
        ] {
            world.offer(kind, range, capacity, ttl_seconds, rated).await?;
        }
        Ok(world)
    }

    async fn offer(
        &mut self,
        resource_type: &'static str,
        range: Range,
        capacity: u32,
        ttl_seconds: u32,
        rated: bool,
    ) -> Result<(), Trouble> {
        let schedule = match &range {
            Range::Nights { .. } => json!({"kind": "nightly", "checkIn": "15:00", "checkOut": "11:00"}),
            Range::Slots { .. } => {
                json!({"kind": "slots", "slotMinutes": 30, "bufferMinutes": 0, "opening": [
                {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "09:00", "to": "17:00"}]})
            }
            Range::Event { start, end } => json!({"kind": "event", "start": start, "end": end}),
        };
        let (id, location) = (unique("chaos"), unique("place"));
        let terms = json!({
            "resourceType": resource_type, "name": "Chaos", "location": location, "timeZone": "UTC",
            "schedule": schedule, "capacity": capacity, "holdTtlSeconds": ttl_seconds,
            // Few guests do what many would.
            "holdLimits": {"perGuest": 200, "perSlot": 200, "coolDownSeconds": 0},
            "pricing": {"currency": "EUR", "base": 4501},
            "cancellationPolicy": {"tiers": [{"hoursBefore": 24, "refundPercent": 50}]},
            "attributes": {"rating": 4.1}
        });
        let call = self.stack.call(Method::PUT, &format!("/api/resources/{id}"))?;
        let answer = call.token(&self.operator.token).json(&terms).send().await?;
        created(&answer)?;
        if rated {
            let call = self.stack.call(Method::PUT, &format!("/api/resources/{id}/rates"))?;
            created(&call.token(&self.operator.token).json(&card()).send().await?)?;
        }
        self.offers.push(Offer { id, resource_type, location, capacity, range, rated });
        Ok(())
    }

    /// So many guests, with tokens that outlast the run.
    ///
    /// # Errors
    /// [`Trouble`] of the issuer.
    pub(crate) async fn guests(&self, count: usize) -> Result<Vec<Guest>, Trouble> {
        let mut guests = Vec::with_capacity(count);
        for _ in 0..count {
            let sub = unique("chaos-guest");
            let token = self
                .stack
                .token_of(
                    Pool::Guests,
                    &[("sub", sub.as_str()), ("scope", "booking/guest"), ("expires_in", "7200")],
                )
                .await?;
            guests.push(Guest { sub, token });
        }
        Ok(guests)
    }
}

fn created(answer: &Answer) -> Result<(), Trouble> {
    if answer.status < 300 { Ok(()) } else { Err(Trouble::unexpected(answer)) }
}
