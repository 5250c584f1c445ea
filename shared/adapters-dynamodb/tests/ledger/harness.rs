//! One ledger with its database, clock and resources.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_app::bookings::{BookingCommit, CommitError};
use holdfast_app::catalogue::{DatesEdit, Precondition, Resources, Run, TermsCommit};
use holdfast_app::holds::Placed;
use holdfast_app::kernel as identity;
use holdfast_app::{Clock, Failure, LedgerError, Mutation};
use holdfast_domain::bookings::InventoryPlan;
use holdfast_domain::catalogue::DateFactsEdit;
use holdfast_domain::inventory::{PageOperation, Placement};
use holdfast_domain::{
    Booking, BookingEvent, BookingPayments, Hold, HoldId, HoldStatus, InventoryMove, Page, PageCommand,
    PageKey, PaymentStep, Resource, SlotKey, SlotPlaces,
};
use holdfast_testkit::{Database, Store, TestClock, at, charge_rules, hold_for, mutation, platform};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

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
            .put_resource(&TermsCommit::new(None, resource, &self.by("operator")))
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

    /// Makes a page that nobody has touched, by a hold that is given back.
    pub(crate) async fn touch(&self, resource: &Resource, page: &PageKey) {
        let stored = self.store.catalogue.stored_pages(resource).await.expect("pages");
        if stored.iter().any(|stored| stored.key == *page) {
            return;
        }
        let slots = resource.terms.schedule.page(&page.page, &resource.terms.time_zone);
        let places = SlotPlaces::uniform(slots.into_iter().last().map(|slot| slot.key), 1);
        // The range is any that is ahead: the placement is what counts.
        let key = format!("{}/{}", page.resource, page.name());
        let mut hold = hold_for(resource, "toucher", &key, ("2040-06-01", "2040-06-02"), 1, self.now());
        hold.cool_down_seconds = Some(0);
        hold.order.placements = vec![Placement {
            page: page.clone(),
            schedule_revision: resource.schedule_revision,
            places: places.expect("a slot"),
        }];
        self.store.holds.place(&[resource], &hold, &self.by("operator")).await.expect("a free place");
        self.store.holds.release(&hold, &self.by("operator")).await.expect("a release");
    }

    pub(crate) fn resources(&self) -> Resources {
        resources(self.store.clone())
    }

    /// Replaces a resource's terms.
    pub(crate) async fn put(&self, next: &Resource) -> Result<Resource, Failure> {
        let by = self.by("operator");
        let (resources, caller) = (self.resources(), platform());
        let put = resources.put(&caller, &next.id, &next.terms, &Precondition::None, Run::Real, &by).await;
        put.map(|put| put.resource)
    }

    /// Sets capacity and stop-sell of `days` days.
    pub(crate) async fn set(
        &self,
        resource: &Resource,
        from: Date,
        days: i64,
        capacity: Option<u32>,
        closed: Option<bool>,
    ) -> Result<Resource, Failure> {
        let edit = DateFactsEdit { capacity, closed, ..DateFactsEdit::default() };
        self.set_dates(resource, from, days, edit).await
    }

    /// Sets what an edit gives of `days` days.
    pub(crate) async fn set_dates(
        &self,
        resource: &Resource,
        from: Date,
        days: i64,
        set: DateFactsEdit,
    ) -> Result<Resource, Failure> {
        let edit = DatesEdit { from, to: from + days.days(), set };
        let by = self.by("operator");
        let (resources, caller) = (self.resources(), platform());
        resources.set_inventory(&caller, &resource.id, &edit, &Precondition::None, Run::Real, &by).await
    }

    pub(crate) async fn page(&self, resource: &Resource, page: &str) -> Page {
        let pages = self.store.pages(resource, &[page.to_owned()]).await.expect("a page");
        pages.into_iter().next().expect("the page asked for")
    }

    /// Writes what `page` says of allowance, sales elsewhere, free and excessive places over the stored page of that name, which
    /// is made if nobody has touched it.
    pub(crate) async fn plant(&self, resource: &Resource, page: &Page) {
        self.touch(resource, &page.key).await;
        let key = |name: &str| AttributeValue::S(name.to_owned());
        let counts = |counts: &BTreeMap<SlotKey, u32>| {
            let count = |(slot, n): (&SlotKey, &u32)| (slot.to_string(), AttributeValue::N(n.to_string()));
            AttributeValue::M(counts.iter().map(count).collect())
        };
        let update = self.database.client.update_item().table_name(Database::LEDGER);
        let update = update.key("pk", key(&format!("R#{}", page.key.resource)));
        let mut update = update.key("sk", key(&format!("P#{}", page.key.name())));
        let mut expression = "SET av = :av".to_owned();
        let mut removed = String::new();
        update = update.expression_attribute_values(":av", counts(&page.available));
        for (name, places) in [("al", &page.allowance), ("el", &page.elsewhere), ("xs", &page.excess)] {
            if places.is_empty() {
                removed.push_str(if removed.is_empty() { " REMOVE " } else { ", " });
                removed.push_str(name);
            } else {
                expression.push_str(&format!(", {name} = :{name}"));
                update = update.expression_attribute_values(format!(":{name}"), counts(places));
            }
        }
        let written = update.update_expression(expression + &removed).send().await;
        written.expect("a stored page");
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
            BookingPayments::by_card("pm_card_visa".to_owned(), hold.order.price.total()),
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

    /// Gives the places of `freed` back and takes those of `taken` instead, in one commit of a confirmed booking.
    pub(crate) async fn exchange(
        &self,
        booking: &Booking,
        freed: &[Placement],
        taken: &[Placement],
    ) -> Result<Booking, CommitError> {
        let free = freed.iter().map(|placement| PageOperation {
            placement: placement.clone(),
            command: PageCommand::Free { booking: booking.id.clone(), places: placement.places.clone() },
        });
        let take = taken.iter().map(|placement| PageOperation {
            placement: placement.clone(),
            command: PageCommand::Confirm {
                hold: booking.hold.clone(),
                booking: booking.id.clone(),
                places: placement.places.clone(),
            },
        });
        let plan = InventoryPlan { operations: free.chain(take).collect(), ..InventoryPlan::default() };
        self.carry_out(booking, taken, plan).await
    }

    /// Carries out a plan beside the capture of a confirmed booking, which then has these places.
    pub(crate) async fn carry_out(
        &self,
        booking: &Booking,
        placements: &[Placement],
        plan: InventoryPlan,
    ) -> Result<Booking, CommitError> {
        let amount = booking.order.price.total();
        let event = BookingEvent::first_payment(PaymentStep::Captured { amount });
        let event = booking.decide(event).expect("a legal event").expect("a new event");
        let mut commit = BookingCommit::new(booking, event, InventoryMove::Keep, &self.by("guest"));
        commit.booking.order.placements = placements.to_vec();
        commit.inventory = plan;
        self.store.bookings.commit(&commit).await?;
        Ok(commit.booking)
    }

    /// A booking of a hold that it has claimed, with its amount reserved.
    pub(crate) async fn authorized(&self, hold: &Hold, key: &str) -> Booking {
        let booking = self.open(hold, key).await.expect("a claim");
        self.apply(&booking, BookingEvent::first_payment(PaymentStep::Authorized), InventoryMove::Keep)
            .await
            .expect("an authorization")
    }

    /// A confirmed booking of a hold.
    pub(crate) async fn confirmed(&self, hold: &Hold, key: &str) -> Booking {
        let booking = self.authorized(hold, key).await;
        self.apply(&booking, BookingEvent::Confirmed, InventoryMove::Confirm).await.expect("a confirmation")
    }
}

/// The page when others say that they have sold so many places of a night.
pub(crate) fn with_sales_elsewhere(mut page: Page, night: u8, sold: u32) -> Page {
    let slot = SlotKey::parse(&format!("{night:02}")).expect("a night");
    let held: u32 = page.holds.values().map(|hold| hold.places.in_slot(&slot)).sum();
    let taken = held + page.confirmed.get(&slot).copied().unwrap_or(0) + sold;
    let limit = page.limit(&slot);
    for (counts, number) in [(&mut page.elsewhere, sold), (&mut page.excess, taken.saturating_sub(limit))] {
        counts.remove(&slot);
        counts.extend((number > 0).then(|| (slot.clone(), number)));
    }
    page.available.insert(slot, limit.saturating_sub(taken));
    page
}

/// The use cases of resources over that store.
pub(crate) fn resources(store: Store) -> Resources {
    Resources::new(store.catalogue, store.properties, store.rates, charge_rules())
}
