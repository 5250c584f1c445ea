//! One ledger with its database, clock and resources.

use holdfast_adapters_dynamodb::{DynamoLedger, Tables};
use holdfast_app::bookings::{BookingCommit, CommitError};
use holdfast_app::holds::Placed;
use holdfast_app::kernel as identity;
use holdfast_app::{Clock, Ledger, LedgerError, Mutation};
use holdfast_domain::{
    Booking, BookingEvent, BookingStatus, Hold, HoldId, HoldStatus, InventoryMove, Money, Page,
    PaymentStatus, Resource,
};
use holdfast_testkit::{Database, Faults, TestClock, at, hold_for, mutation};
use jiff::{SignedDuration, Timestamp};

pub(crate) struct Harness {
    pub(crate) database: Database,
    pub(crate) clock: TestClock,
    pub(crate) ledger: DynamoLedger,
}

/// When every test begins.
pub(crate) const START: &str = "2030-05-20T12:00:00Z";

fn tables() -> Tables {
    Tables { ledger: Database::LEDGER.to_owned(), holds: Database::HOLDS.to_owned() }
}

impl Harness {
    pub(crate) async fn start() -> Self {
        let clock = TestClock::at(at(START));
        let database = Database::start(&clock).await;
        let ledger = DynamoLedger::new(database.client.clone(), tables());
        Self { database, clock, ledger }
    }

    /// The same ledger, to a caller who meets `faults`.
    pub(crate) fn ledger_under(&self, faults: &Faults) -> DynamoLedger {
        DynamoLedger::new(self.database.client_under(faults), tables())
    }

    pub(crate) async fn with(resource: &Resource) -> Self {
        let harness = Self::start().await;
        harness.add(resource).await;
        harness
    }

    pub(crate) async fn add(&self, resource: &Resource) {
        self.ledger.put_resource(None, resource, &self.by("operator")).await.expect("a new resource");
    }

    pub(crate) fn by(&self, actor: &str) -> Mutation {
        mutation(self.clock.now(), actor)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    pub(crate) async fn place(
        &self,
        resource: &Resource,
        key: &str,
        range: (&str, &str),
        quantity: u32,
    ) -> Result<Placed, LedgerError> {
        let hold = hold_for(resource, "guest", key, range, quantity, self.now());
        self.ledger.place(&[resource], &hold, &self.by("guest")).await
    }

    /// Places a hold that must succeed for the first time.
    pub(crate) async fn placed(
        &self,
        resource: &Resource,
        key: &str,
        range: (&str, &str),
        quantity: u32,
    ) -> Hold {
        let placed = self.place(resource, key, range, quantity).await.expect("free places");
        assert!(!placed.replayed, "{key} was placed before");
        placed.hold
    }

    pub(crate) async fn page(&self, resource: &Resource, page: &str) -> Page {
        let pages = self.ledger.pages(resource, &[page.to_owned()]).await.expect("a page");
        pages.into_iter().next().expect("the page asked for")
    }

    /// Places that could be held now in each slot of a page, as (slot, places), where they differ from the capacity.
    pub(crate) async fn taken(&self, resource: &Resource, page: &str) -> Vec<(String, u32)> {
        let page = self.page(resource, page).await;
        page.available
            .keys()
            .map(|slot| (slot.to_string(), page.capacity_of(slot) - page.offered(slot, self.now())))
            .filter(|(_, taken)| *taken > 0)
            .collect()
    }

    pub(crate) async fn status(&self, id: &HoldId) -> HoldStatus {
        let snapshot = self.ledger.hold(id).await.expect("a reachable store").expect("a record");
        snapshot.status(self.now())
    }

    /// Opens a booking of a hold and claims the hold.
    pub(crate) async fn open(&self, hold: &Hold, key: &str) -> Result<Booking, CommitError> {
        let id = identity::booking_id(&hold.order.guest, key);
        let nothing = Money::zero(hold.order.price.currency());
        let booking = Booking {
            confirmation_number: identity::confirmation_number(&id),
            id,
            hold: hold.id.clone(),
            order: hold.order.clone(),
            email: None,
            payment_method: "pm_card_visa".to_owned(),
            fingerprint: hold.fingerprint.clone(),
            status: BookingStatus::Pending,
            payment_status: PaymentStatus::Pending,
            payment_intent: None,
            action: None,
            captured: nothing,
            refunded: nothing,
            failure: None,
            cancellation: None,
            created_at: self.now(),
            version: 0,
            seal: None,
        };
        let deadline = self.now().checked_add(SignedDuration::from_secs(900)).expect("in range");
        let claim = InventoryMove::Claim { deadline };
        let commit = BookingCommit::new(&booking, BookingEvent::Requested, claim, &self.by("guest"));
        self.ledger.commit(&commit).await?;
        Ok(commit.booking)
    }

    /// Applies an event that the domain allows.
    pub(crate) async fn apply(
        &self,
        booking: &Booking,
        event: BookingEvent,
        inventory: InventoryMove,
    ) -> Result<Booking, CommitError> {
        let event = booking.decide(event).expect("a legal event").expect("a new event");
        let commit = BookingCommit::new(booking, event, inventory, &self.by("saga"));
        self.ledger.commit(&commit).await?;
        Ok(commit.booking)
    }

    /// A booking of a hold that it has claimed, with its amount reserved.
    pub(crate) async fn authorized(&self, hold: &Hold, key: &str) -> Booking {
        let booking = self.open(hold, key).await.expect("a claim");
        self.apply(&booking, BookingEvent::Authorized, InventoryMove::Keep).await.expect("an authorization")
    }

    /// A confirmed booking of a hold.
    pub(crate) async fn confirmed(&self, hold: &Hold, key: &str) -> Booking {
        let booking = self.authorized(hold, key).await;
        self.apply(&booking, BookingEvent::Confirmed, InventoryMove::Confirm).await.expect("a confirmation")
    }
}
