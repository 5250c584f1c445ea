//! The in-memory ledger of the model, as the contract asks for it.

use std::sync::Arc;

use holdfast_contract::{Capability, Implementation, Ports};
use holdfast_domain::rates::promotion::UseLimits;
use holdfast_domain::{BookingId, Hold, Resource};
use holdfast_model::cast::Cast;
use holdfast_model::memory::MemoryLedger;
use holdfast_model::scenario::Scenario;
use holdfast_model::state::moment;
use holdfast_testkit::{event_resource, with_promotion};
use jiff::Timestamp;

use crate::tries::MemoryTries;

/// The model's ledger.
pub(crate) struct Memory {
    cast: Cast,
    ledger: Arc<MemoryLedger>,
    ports: Ports,
    room: Resource,
}

impl Implementation for Memory {
    const LACKS: &'static [(Capability, &'static str)] = &[
        (Capability::SeveralPages, "one slot is enough to be oversold: the model has one page with one slot"),
        (
            Capability::HoldLimits,
            "limits are the page's own decision and are tested there; the model sets none",
        ),
        (
            Capability::History,
            "an entry of a trail tells all that came before: with it no two ways would meet in one state",
        ),
        (Capability::Operators, "nobody edits the model's one resource"),
    ];

    async fn with_places(capacity: u32, _: bool) -> Self {
        let cast = Cast::of(Scenario { guests: 3, cards: 2, capacity, ..Scenario::PLAIN });
        let ledger = Arc::new(MemoryLedger::new(cast.clone()));
        let ports = Ports {
            holds: ledger.clone(),
            bookings: ledger.clone(),
            journal: ledger.clone(),
            callbacks: ledger.clone(),
            actions: ledger.clone(),
            contacts: ledger.clone(),
            uses: ledger.clone(),
            tries: Arc::new(MemoryTries::default()),
            history: None,
            operators: None,
        };
        Self { cast, ledger, ports, room: event_resource("room", capacity, 600) }
    }

    fn ports(&self) -> &Ports {
        &self.ports
    }

    fn resource(&self) -> &Resource {
        &self.room
    }

    fn start(&self) -> Timestamp {
        moment(0)
    }

    fn hold(&self, guest: usize, now: Timestamp) -> Hold {
        self.cast.new_hold_at(guest, now)
    }

    fn long_hold(&self, guest: usize, now: Timestamp) -> Hold {
        let mut hold = self.hold(guest, now);
        let mut placements = hold.order.placements.clone();
        for placement in &mut placements {
            placement.page.page = "another".to_owned();
        }
        hold.order.placements.extend(placements);
        hold
    }

    fn limited_hold(&self, guest: usize, now: Timestamp, limits: UseLimits) -> Hold {
        with_promotion(self.hold(guest, now), "SUMMER", limits)
    }

    async fn uses(&self) -> u64 {
        self.ledger.uses()
    }

    fn booking(&self, guest: usize, card: usize) -> BookingId {
        self.cast.booking(guest * self.cast.scenario.cards + card).clone()
    }

    async fn offered(&self, now: Timestamp) -> u32 {
        self.ledger.page().offered(self.cast.slot(), now)
    }
}
