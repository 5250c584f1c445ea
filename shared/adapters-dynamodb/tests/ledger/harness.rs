//! One ledger with its database, clock and resources.

use holdfast_app::bookings::{BookingCommit, CommitError};
use holdfast_app::holds::Placed;
use holdfast_app::kernel as identity;
use holdfast_app::{Clock, LedgerError, Mutation};
use holdfast_domain::{Booking, BookingEvent, Hold, HoldId, HoldStatus, InventoryMove, Page, Resource};
use holdfast_testkit::{Database, Store, TestClock, at, hold_for, mutation};
use jiff::{SignedDuration, Timestamp};

pub(crate) struct Harness {
    pub(crate) database: Database,
    pub(crate) clock: TestClock,
    pub(crate) store: Store,
}

/// When every test begins.
pub(crate) const START: &str = "2030-05-20T12:00:00Z";

impl Harness {
    pub(crate) async fn start() -> Self {
        let clock = TestClock::at(at(START));
        let database = Database::start(&clock).await;
        let store = database.store();
        Self { database, clock, store }
    }

    pub(crate) async fn with(resource: &Resource) -> Self {
        let harness = Self::start().await;
        harness.add(resource).await;
        harness
    }

    pub(crate) async fn add(&self, resource: &Resource) {
        self.store
            .catalogue
            .put_resource(None, resource, &self.by("operator"))
            .await
            .expect("a new resource");
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
        self.store.holds.place(&[resource], &hold, &self.by("guest")).await
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
        let pages = self.store.catalogue.pages(resource, &[page.to_owned()]).await.expect("a page");
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
        let snapshot = self.store.holds.hold(id).await.expect("a reachable store").expect("a record");
        snapshot.status(self.now())
    }

    /// Opens a booking of a hold and claims the hold.
    pub(crate) async fn open(&self, hold: &Hold, key: &str) -> Result<Booking, CommitError> {
        let id = identity::booking_id(&hold.order.guest, key);
        let booking = Booking::requested(
            id.clone(),
            identity::confirmation_number(&id),
            hold.id.clone(),
            hold.order.clone(),
            "pm_card_visa".to_owned(),
            hold.fingerprint.clone(),
            self.now(),
        );
        let deadline = self.now().checked_add(SignedDuration::from_secs(900)).expect("in range");
        let claim = InventoryMove::Claim { deadline };
        let commit = BookingCommit::new(&booking, BookingEvent::Requested, claim, &self.by("guest"));
        self.store.bookings.commit(&commit).await?;
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
        self.store.bookings.commit(&commit).await?;
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
