//! One world: a ledger, a read model, a bank, sagas, a clock that the test turns, and the use cases over them.

use holdfast_domain::catalogue::DateFactsEdit;
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use holdfast_app::bookings::{
    BookingRequest, BookingRequests, Bookings, Cancellations, Cancelled, Requested, verify,
};
use holdfast_app::catalogue::{Calendars, DatesEdit, Precondition, Put, Resources, Run};
use holdfast_app::holds::{Expiry, HoldRequest, Holds, Placed};
use holdfast_app::kernel as identity;
use holdfast_app::payments::{Outcome, PaymentInquiry, PaymentState, Payments, Saga, SagaRecovery, Webhook};
use holdfast_app::rates::{Quotes, RateChoice, Rates};
use holdfast_app::search::{Projection, Search};
use holdfast_app::{Caller, Clock, Failure, Mutation, PaymentError, RequestKey, StaffOf};
use holdfast_domain::{
    Booking, BookingId, BookingStatus, GuestId, Hold, HoldId, HoldStatus, Resource, ResourceId, When,
};
use holdfast_testkit::{Database, Store, TestClock, at, charge_rules, mutation};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::bank::Bank;
use crate::flow::{Alarm, Flow};

/// When every test begins: noon UTC, twelve days before [`NIGHT`].
pub(crate) const START: &str = "2030-05-20T12:00:00Z";
pub(crate) const NIGHT: (&str, &str) = ("2030-06-01", "2030-06-02");
/// Over two pages.
pub(crate) const SPAN: (&str, &str) = ("2030-06-30", "2030-07-02");
/// What a night costs, in minor units.
pub(crate) const PRICE: i64 = 12_900;
/// How long anything may take that is promised to come. Generous: a busy machine is slow, and a test that passes waits for none
/// of it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct World {
    pub(crate) clock: TestClock,
    pub(crate) database: Database,
    pub(crate) store: Store,
    pub(crate) bank: Arc<Bank>,
    pub(crate) flow: Arc<Flow>,
    pub(crate) alarm: Arc<Alarm>,
    pub(crate) holds: Holds,
    pub(crate) bookings: Bookings,
    pub(crate) requests: BookingRequests,
    pub(crate) cancellations: Cancellations,
    pub(crate) saga: Saga,
    pub(crate) webhook: Webhook,
    pub(crate) expiry: Expiry,
    pub(crate) recovery: SagaRecovery,
    pub(crate) resources: Resources,
    pub(crate) rates: Rates,
    pub(crate) calendars: Calendars,
    pub(crate) search: Search,
    pub(crate) quotes: Quotes,
}

/// A date or an instant, as a client writes it.
pub(crate) fn when(text: &str) -> When {
    text.parse().map_or_else(|_| When::Instant(at(text)), When::Date)
}

pub(crate) fn guest(name: &str) -> Caller {
    Caller { guest: GuestId::parse(name).expect("a guest"), staff: None, rate_groups: BTreeSet::new() }
}

pub(crate) fn operator() -> Caller {
    Caller { staff: Some(StaffOf::All), ..guest("operator") }
}

/// A key, used for a request of that content.
pub(crate) fn key(key: &str, content: &str) -> RequestKey {
    RequestKey { key: key.to_owned(), content: identity::fingerprint(&[content]) }
}

/// What comes in time; a test that waits for longer has failed.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    let outcome = tokio::time::timeout(PATIENCE, future).await;
    outcome.unwrap_or_else(|_| panic!("{what} did not come in {PATIENCE:?}"))
}

pub(crate) fn hold_request(resource: &Resource, range: (&str, &str), quantity: u32) -> HoldRequest {
    HoldRequest {
        resource: resource.id.clone(),
        start: when(range.0),
        end: when(range.1),
        quantity,
        user: None,
        choice: RateChoice::default(),
        quote: None,
    }
}

/// Booking requests over a store.
pub(crate) fn requests(store: &Store, flow: &Arc<Flow>) -> BookingRequests {
    BookingRequests::new(
        store.bookings.clone(),
        store.holds.clone(),
        store.attempts.clone(),
        store.actions.clone(),
        flow.clone(),
    )
}

/// Cancellations over a store.
pub(crate) fn cancellations(store: &Store, flow: &Arc<Flow>) -> Cancellations {
    Cancellations::new(
        store.bookings.clone(),
        store.callbacks.clone(),
        flow.clone(),
        flow.clone(),
        charge_rules(),
    )
}

fn saga(store: &Store, payments: Arc<dyn Payments>, flow: &Arc<Flow>) -> Saga {
    Saga::new(
        store.bookings.clone(),
        store.holds.clone(),
        store.catalogue.clone(),
        store.callbacks.clone(),
        payments,
        flow.clone(),
        store.notes.clone(),
    )
}

fn webhook(store: &Store, payments: Arc<dyn PaymentInquiry>, flow: &Arc<Flow>) -> Webhook {
    Webhook::new(store.journal.clone(), store.callbacks.clone(), payments, flow.clone(), flow.clone())
}

impl World {
    /// The saga's steps over another payment provider.
    pub(crate) fn saga_over(&self, payments: Arc<dyn Payments>) -> Saga {
        saga(&self.store, payments, &self.flow)
    }

    /// The webhook's use case over another payment provider.
    pub(crate) fn webhook_over(&self, payments: Arc<dyn PaymentInquiry>) -> Webhook {
        webhook(&self.store, payments, &self.flow)
    }

    pub(crate) async fn start() -> Arc<Self> {
        let clock = TestClock::at(at(START));
        let database = Database::start(&clock).await;
        let store = database.store();
        let (bank, flow, alarm) =
            (Arc::new(Bank::default()), Arc::new(Flow::default()), Arc::new(Alarm::default()));
        Arc::new(Self {
            holds: store.hold_cases(),
            quotes: store.quote_cases(),
            bookings: Bookings::new(
                store.history.clone(),
                store.contacts.clone(),
                store.actions.clone(),
                charge_rules(),
            ),
            requests: requests(&store, &flow),
            cancellations: cancellations(&store, &flow),
            saga: saga(&store, bank.clone(), &flow),
            webhook: webhook(&store, bank.clone(), &flow),
            expiry: Expiry::new(store.holds.clone(), alarm.clone()),
            recovery: SagaRecovery::new(store.bookings.clone(), flow.clone(), flow.clone()),
            resources: Resources::new(
                store.catalogue.clone(),
                store.properties.clone(),
                store.rates.clone(),
                charge_rules(),
            ),
            rates: Rates::new(
                store.catalogue.clone(),
                store.rates.clone(),
                store.versions.clone(),
                charge_rules(),
            ),
            calendars: Calendars::new(
                store.catalogue.clone(),
                store.listed.clone(),
                store.rates.clone(),
                store.properties.clone(),
                charge_rules(),
            ),
            search: Search::new(store.index.clone(), charge_rules()),
            clock,
            database,
            store,
            bank,
            flow,
            alarm,
        })
    }

    /// A world with one resource.
    pub(crate) async fn with(resource: &Resource) -> Arc<Self> {
        let world = Self::start().await;
        world.put(resource).await;
        world
    }

    /// A world whose sagas and settlements run as soon as they are started.
    pub(crate) async fn running(resource: &Resource) -> Arc<Self> {
        let world = Self::with(resource).await;
        world.flow.run_sagas(Arc::downgrade(&world));
        world.flow.run_settlements(Arc::downgrade(&world));
        world
    }

    pub(crate) async fn put(&self, resource: &Resource) -> Resource {
        self.try_put(resource).await.expect("a resource").resource
    }

    /// Puts a resource's terms.
    pub(crate) async fn try_put(&self, resource: &Resource) -> Result<Put, Failure> {
        let (none, by) = (Precondition::None, self.by("operator"));
        self.resources.put(&operator(), &resource.id, &resource.terms, &none, Run::Real, &by).await
    }

    /// Sets capacity and stop-sell of `days` days.
    pub(crate) async fn set(
        &self,
        id: &ResourceId,
        (from, days): (Date, i64),
        capacity: Option<u32>,
        closed: Option<bool>,
    ) -> Result<Resource, Failure> {
        let set = DateFactsEdit { capacity, closed, ..DateFactsEdit::default() };
        self.set_dates(id, (from, days), set).await
    }

    /// Sets what an edit gives of `days` days.
    pub(crate) async fn set_dates(
        &self,
        id: &ResourceId,
        (from, days): (Date, i64),
        set: DateFactsEdit,
    ) -> Result<Resource, Failure> {
        let edit = DatesEdit { from, to: from + days.days(), set };
        let (none, by) = (Precondition::None, self.by("operator"));
        self.resources.set_inventory(&operator(), id, &edit, &none, Run::Real, &by).await
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn by(&self, actor: &str) -> Mutation {
        mutation(self.now(), actor)
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    /// Places a hold of guest `guest`; the key's content is the range.
    pub(crate) async fn place(
        &self,
        resource: &Resource,
        name: &str,
        range: (&str, &str),
        quantity: u32,
    ) -> Result<Placed, Failure> {
        let request = hold_request(resource, range, quantity);
        let key = key(name, &format!("{range:?}{quantity}"));
        self.holds.create(&guest("guest"), &key, &request, &self.by("guest")).await
    }

    /// A hold that must come to be.
    pub(crate) async fn held(&self, resource: &Resource, name: &str, range: (&str, &str)) -> Hold {
        let placed = self.place(resource, name, range, 1).await.expect("free places");
        assert!(!placed.replayed, "{name} was placed before");
        placed.hold
    }

    /// Asks for a booking of a hold, and waits for it where sagas run.
    pub(crate) async fn ask(&self, hold: &Hold, name: &str, card: &str) -> Result<Requested, Failure> {
        let wait = PATIENCE;
        let request = BookingRequest {
            hold: hold.id.clone(),
            payment_method: Some(card.to_owned()),
            contact: None,
            wait,
        };
        let key = key(name, &format!("{} {card}", hold.id));
        self.requests.request(&guest("guest"), &key, &request, &self.by("guest")).await
    }

    /// The same without waiting.
    pub(crate) async fn ask_at_once(&self, hold: &Hold, name: &str, card: &str) -> Requested {
        let request = BookingRequest {
            hold: hold.id.clone(),
            payment_method: Some(card.to_owned()),
            contact: None,
            wait: Duration::ZERO,
        };
        let key = key(name, &format!("{} {card}", hold.id));
        let requested = self.requests.request(&guest("guest"), &key, &request, &self.by("guest")).await;
        requested.expect("a booking")
    }

    /// A booking whose saga has not run yet.
    pub(crate) async fn open(&self, hold: &Hold, name: &str, card: &str) -> BookingId {
        self.ask_at_once(hold, name, card).await.booking.id
    }

    /// A booking that an operator asks for, of whom attempts are not counted.
    pub(crate) async fn open_by_operator(&self, hold: &Hold, name: &str, card: &str) -> BookingId {
        let (payment_method, wait) = (Some(card.to_owned()), Duration::ZERO);
        let request = BookingRequest { hold: hold.id.clone(), payment_method, contact: None, wait };
        let key = key(name, &format!("{} {card}", hold.id));
        let requested = self.requests.request(&operator(), &key, &request, &self.by("operator")).await;
        requested.expect("a booking").booking.id
    }

    /// Gives a booking up, and waits for its money where settlements run.
    pub(crate) async fn cancel(&self, id: &BookingId, name: &str) -> Result<Cancelled, Failure> {
        let wait = if self.flow.runs_settlements() { PATIENCE } else { Duration::ZERO };
        let key = key(name, id.as_str());
        self.cancellations.cancel(&guest("guest"), id, &key, None, wait, &self.by("guest")).await
    }

    /// The settlement of a booking that does not stand, with the machine's retries.
    pub(crate) async fn settle(&self, id: &BookingId) {
        for _ in 0..10 {
            match self.saga.settle(id, &self.by("saga")).await {
                Ok(outcome) => return assert_eq!(outcome, Outcome::Settled),
                Err(Failure::Payment(PaymentError::Unknown(_) | PaymentError::Unavailable(_))) => {}
                Err(error) => panic!("the settlement of {id} is parked: {error:?}"),
            }
        }
        panic!("the settlement of {id} never ends");
    }

    pub(crate) async fn booking(&self, id: &BookingId) -> Booking {
        self.store.bookings.booking(id).await.expect("a read").expect("a booking")
    }

    pub(crate) async fn hold_status(&self, id: &HoldId) -> HoldStatus {
        self.store.holds.hold(id).await.expect("a read").expect("a record").status(self.now())
    }

    /// Places taken now, by page and slot; every page keeps its invariant.
    pub(crate) async fn taken(&self, resource: &Resource) -> Vec<(String, u32)> {
        let mut taken = Vec::new();
        for page in self.store.catalogue.stored_pages(resource).await.expect("pages") {
            assert_eq!(page.broken_slot(), None, "{page:?}");
            for slot in page.available.keys() {
                let places = page.in_use(slot, self.now());
                if places > 0 {
                    taken.push((format!("{} {slot}", page.key.name()), places));
                }
            }
        }
        taken
    }

    /// A booking whose money rests where it belongs, after all that the bank was told to do.
    pub(crate) async fn at_rest(&self, id: &BookingId) -> Booking {
        assert!(self.bank.script_is_played(), "the bank did all it was told to");
        self.rests(id).await
    }

    /// A booking whose money rests where it belongs: bank and ledger say the same, and nobody's money is kept for nothing.
    pub(crate) async fn rests(&self, id: &BookingId) -> Booking {
        let booking = self.booking(id).await;
        let kept = self.bank.kept(id);
        assert_eq!(
            booking.captured().amount() - booking.refunded().amount(),
            kept,
            "the books agree: {booking:?}"
        );
        assert_ne!(
            self.bank.state(id),
            Some(PaymentState::Authorized),
            "nothing stays reserved: {booking:?}"
        );
        assert!(booking.money_is_settled() || booking.status == BookingStatus::Confirmed, "{booking:?}");
        match booking.status {
            BookingStatus::Pending => panic!("not at rest: {booking:?}"),
            BookingStatus::Confirmed | BookingStatus::Completed | BookingStatus::Cancelled => {}
            BookingStatus::Failed => assert_eq!(kept, 0, "{booking:?}"),
        }
        let trail = self.store.history.audit_trail(id).await.expect("a trail");
        assert_eq!(verify(&booking, &trail), Ok(()), "{trail:?}");
        booking
    }

    /// The kinds of a booking's audit events.
    pub(crate) async fn trail(&self, id: &BookingId) -> Vec<String> {
        let trail = self.store.history.audit_trail(id).await.expect("a trail");
        trail.into_iter().map(|event| event.kind).collect()
    }

    /// Brings the read model up to date with a resource as it is, and its pages.
    pub(crate) async fn project_latest(&self, id: &ResourceId) {
        let resource = self.store.catalogue.resource(id).await.expect("a read").expect("a resource");
        self.project(&resource, None).await;
    }

    /// Brings the read model up to date with a resource and its pages.
    pub(crate) async fn project(&self, resource: &Resource, previous: Option<&Resource>) {
        let projection = Projection::new(
            self.store.catalogue.clone(),
            self.store.rates.clone(),
            self.store.index_writer.clone(),
        );
        projection.batch().on_resource(resource, previous).await.expect("a projection");
    }
}
