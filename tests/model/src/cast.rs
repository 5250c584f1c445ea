//! Who takes part: ids, keys and orders, made once per scenario.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_app::bookings::BookingRequest;
use holdfast_app::kernel::{booking_id, guest_mark};
use holdfast_app::{Caller, RequestKey};
use holdfast_domain::bookings::{Order, Tier};
use holdfast_domain::inventory::Placement;
use holdfast_domain::money::Percent;
use holdfast_domain::{
    BookingId, CancellationPolicy, Currency, Fingerprint, GuestId, Hold, HoldId, HoldStatus, Money, Page,
    PageKey, ResourceId, SlotKey, SlotPlaces,
};
use jiff::{SignedDuration, Timestamp};

use crate::provider::PRICE;
use crate::scenario::Scenario;
use crate::state::{Attempt, State, TICK_SECONDS, moment};

/// A scenario with its names.
#[derive(Debug, Clone)]
pub struct Cast {
    /// The scenario.
    pub scenario: Scenario,
    bookings: Vec<BookingId>,
    holds: Vec<HoldId>,
    page: PageKey,
    slot: SlotKey,
}

fn known<T, E>(parse: fn(&str) -> Result<T, E>, text: &str) -> T {
    match parse(text) {
        Ok(value) => value,
        Err(_) => unreachable!("{text} is a valid name"),
    }
}

fn guest(guest: usize) -> GuestId {
    known(GuestId::parse, &format!("guest-{guest}"))
}

fn card(card: usize) -> String {
    format!("card-{card}")
}

impl Cast {
    /// Everybody of a scenario.
    #[must_use]
    pub fn of(scenario: Scenario) -> Self {
        let attempts = scenario.guests * scenario.cards;
        Self {
            bookings: (0..attempts)
                .map(|at| booking_id(&guest(at / scenario.cards), &card(at % scenario.cards)))
                .collect(),
            holds: (0..scenario.guests).map(|at| known(HoldId::parse, &format!("hold-{at}"))).collect(),
            page: PageKey::first(known(ResourceId::parse, "room"), "event"),
            slot: known(SlotKey::parse, "event"),
            scenario,
        }
    }

    /// The number of the attempt that makes this booking.
    #[must_use]
    pub fn attempt(&self, booking: &BookingId) -> Option<usize> {
        self.bookings.iter().position(|known| known == booking)
    }

    /// The booking of an attempt.
    #[must_use]
    pub fn booking(&self, attempt: usize) -> &BookingId {
        &self.bookings[attempt]
    }

    /// Whose hold it is.
    #[must_use]
    pub fn guest_of(&self, hold: &HoldId) -> Option<usize> {
        self.holds.iter().position(|known| known == hold)
    }

    /// A guest's hold.
    #[must_use]
    pub fn hold(&self, guest: usize) -> &HoldId {
        &self.holds[guest]
    }

    /// The only slot.
    #[must_use]
    pub fn slot(&self) -> &SlotKey {
        &self.slot
    }

    /// The page before anything was held.
    #[must_use]
    pub fn page(&self) -> Page {
        let page = Page::fresh(self.page.clone(), 1, self.scenario.capacity, vec![self.slot.clone()]);
        let mut frame = page.frame();
        frame.slots.entry(self.slot.clone()).or_default().allowance = self.scenario.overbooking;
        page.reframed(&frame)
    }

    /// The world before anything has happened.
    #[must_use]
    pub fn first_state(&self) -> State {
        let scenario = &self.scenario;
        State {
            tick: 0,
            page: Arc::new(self.page()),
            holds: vec![None; scenario.guests],
            attempts: vec![Attempt::none(); scenario.guests * scenario.cards],
            uses: Vec::new(),
            faults: scenario.faults,
            cancels: scenario.cancels,
            extensions: scenario.extensions,
            lowerings: scenario.lowerings,
            offence: None,
        }
    }

    /// Who asks in an attempt.
    #[must_use]
    pub fn caller(&self, attempt: usize) -> Caller {
        Caller { guest: guest(attempt / self.scenario.cards), staff: None, rate_groups: BTreeSet::new() }
    }

    /// The key of the request to pay, or to cancel.
    #[must_use]
    pub fn key(&self, attempt: usize) -> RequestKey {
        RequestKey { key: card(attempt % self.scenario.cards), content: known(Fingerprint::parse, "content") }
    }

    /// The request to pay.
    #[must_use]
    pub fn request(&self, attempt: usize) -> BookingRequest {
        BookingRequest {
            hold: self.hold(attempt / self.scenario.cards).clone(),
            payment_method: Some(card(attempt % self.scenario.cards)),
            contact: None,
            wait: std::time::Duration::ZERO,
        }
    }

    /// A guest's hold of one place, placed at a tick. Half of what was taken comes back after a cancellation.
    #[must_use]
    pub fn new_hold(&self, at: usize, tick: u8) -> Hold {
        self.new_hold_at(at, moment(tick))
    }

    /// The same, placed at any moment.
    #[must_use]
    pub fn new_hold_at(&self, at: usize, now: Timestamp) -> Hold {
        let ttl = SignedDuration::from_secs(TICK_SECONDS);
        let expires_at = now.checked_add(ttl).unwrap_or(Timestamp::MAX);
        let far = now.checked_add(SignedDuration::from_hours(1000)).unwrap_or(Timestamp::MAX);
        let half = Tier { hours_before: 0, refund: Percent::new(50).unwrap_or(Percent::ZERO) };
        Hold {
            id: self.hold(at).clone(),
            order: Order {
                resource: self.page.resource.clone(),
                resource_name: "Room".to_owned(),
                property: None,
                guest: guest(at),
                start: far,
                end: far,
                quantity: 1,
                price: price().into(),
                policy: CancellationPolicy::new(vec![half]).unwrap_or_default(),
                rate: None,
                placements: vec![Placement {
                    page: self.page.clone(),
                    schedule_revision: 1,
                    places: SlotPlaces::uniform([self.slot.clone()], 1).unwrap_or_default(),
                }],
            },
            caller: guest(at),
            fingerprint: known(Fingerprint::parse, "content"),
            guest_mark: guest_mark(&guest(at)),
            cool_down_seconds: Some(0),
            ttl_seconds: u32::try_from(TICK_SECONDS).unwrap_or(u32::MAX),
            created_at: now,
            first_expires_at: expires_at,
            expires_at,
            recorded: HoldStatus::Active,
            extensions: BTreeMap::new(),
            booking: None,
        }
    }
}

/// An amount in minor units.
#[must_use]
pub fn money(amount: i64) -> Money {
    let currency = known(Currency::parse, "EUR");
    Money::new(amount, currency).unwrap_or_else(|_| Money::zero(currency))
}

/// What a booking costs.
#[must_use]
pub fn price() -> Money {
    money(PRICE)
}
