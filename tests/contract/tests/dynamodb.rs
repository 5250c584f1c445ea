//! The contract over the DynamoDB adapter, on dynoxide.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use holdfast_app::Clock;
use holdfast_app::catalogue::TermsCommit;
use holdfast_app::kernel::booking_id;
use holdfast_contract::{Capability, Implementation, Operators, Ports};
use holdfast_domain::rates::promotion::UseLimits;
use holdfast_domain::{BookingId, Hold, HoldLimits, Resource};
use holdfast_testkit::{
    Database, Store, TestClock, at, hold_for, mutation, nightly_resource, with_promotion,
};
use jiff::Timestamp;

struct DynamoDb {
    database: Database,
    clock: TestClock,
    store: Store,
    ports: Ports,
    room: Resource,
}

impl DynamoDb {
    fn hold_of(&self, guest: usize, nights: (&str, &str), now: Timestamp) -> Hold {
        let guest = format!("guest-{guest}");
        let hold = hold_for(&self.room, &guest, "hold", nights, 1, now);
        Hold { cool_down_seconds: Some(0), ..hold }
    }
}

impl Implementation for DynamoDb {
    const LACKS: &'static [(Capability, &'static str)] = &[];

    async fn with_places(capacity: u32, one_each: bool) -> Self {
        let clock = TestClock::at(at("2030-05-20T12:00:00Z"));
        let database = Database::start(&clock).await;
        let store = database.store();
        let mut room = nightly_resource("room", capacity, 600);
        if one_each {
            room.terms.hold_limits = HoldLimits { per_guest: Some(1), ..room.terms.hold_limits };
        }
        let by = mutation(clock.now(), "operator");
        let created = TermsCommit::new(None, &room, &by);
        store.catalogue.put_resource(&created).await.expect("a resource");
        let room = created.next;
        let ports = Ports {
            holds: store.holds.clone(),
            bookings: store.bookings.clone(),
            journal: store.journal.clone(),
            callbacks: store.callbacks.clone(),
            actions: store.actions.clone(),
            contacts: store.contacts.clone(),
            uses: store.uses.clone(),
            tries: store.tries.clone(),
            history: Some(store.history.clone()),
            operators: Some(Operators {
                catalogue: store.catalogue.clone(),
                history: store.trails.clone(),
                switch: store.switch.clone(),
            }),
        };
        Self { database, clock, store, ports, room }
    }

    fn ports(&self) -> &Ports {
        &self.ports
    }

    fn resource(&self) -> &Resource {
        &self.room
    }

    fn start(&self) -> Timestamp {
        self.clock.now()
    }

    fn hold(&self, guest: usize, now: Timestamp) -> Hold {
        self.hold_of(guest, ("2030-06-30", "2030-07-01"), now)
    }

    fn long_hold(&self, guest: usize, now: Timestamp) -> Hold {
        self.hold_of(guest, ("2030-06-30", "2030-07-02"), now)
    }

    fn limited_hold(&self, guest: usize, now: Timestamp, limits: UseLimits) -> Hold {
        with_promotion(self.hold(guest, now), "SUMMER", limits)
    }

    async fn uses(&self) -> u64 {
        self.database.uses(&self.room.id, "SUMMER").await
    }

    fn booking(&self, guest: usize, card: usize) -> BookingId {
        let hold = self.hold(guest, self.start());
        booking_id(&hold.order.guest, &format!("card-{card}"))
    }

    async fn offered(&self, now: Timestamp) -> u32 {
        let hold = self.hold(0, now);
        let placement = hold.order.placements.first().expect("a placement");
        let name = placement.page.page.clone();
        let pages = self.store.pages(&self.room, &[name]).await.expect("a page");
        let slot = placement.places.slots().next().expect("a slot");
        pages.first().expect("the page asked for").offered(slot, now)
    }
}

holdfast_contract::contract!(DynamoDb);
