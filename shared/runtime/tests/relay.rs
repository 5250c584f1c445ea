//! Every event that a request causes, of what the ledger really writes: in each version it has the request's trace and the
//! time of the write, and they come in the order that the page for subscribers has.
#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_adapters_dynamodb::Item;
use holdfast_adapters_dynamodb::stream::decode_ledger_record;
use holdfast_app::Mutation;
use holdfast_app::bookings::BookingCommit;
use holdfast_app::catalogue::{DatesEdit, Edit, Precondition, Run, TermsCommit};
use holdfast_app::events::{EventBus, OutgoingEvent, Unpublished};
use holdfast_app::rates::{CardUse, Line, LineEdit, Rates};
use holdfast_domain::bookings::{Cancellation, FailureReason, Order};
use holdfast_domain::catalogue::DateFactsEdit;
use holdfast_domain::payments::CustomerAction;
use holdfast_domain::rates::condition::DateRange;
use holdfast_domain::rates::dated_edit::{Change, DatedEdit, LimitsEdit};
use holdfast_domain::rates::promotion::UseLimits;
use holdfast_domain::{
    Booking, BookingEvent, BookingPayments, Hold, InventoryMove, Money, PaymentStep, Resource,
};
use holdfast_runtime::RelayHandler;
use holdfast_runtime::stream::Record;
use holdfast_testkit::{
    Database, Fault, Faults, Store, TestClock, at, card_at, charge_rules, hold_for, image_json,
    nightly_resource, platform, rated, with_promotion,
};
use holdfast_workflow::events::{EventType, Subject, Version};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

const NOW: &str = "2026-05-01T09:00:00.123Z";

#[derive(Default)]
struct Bus(Mutex<Vec<OutgoingEvent>>);

#[async_trait]
impl EventBus for Bus {
    async fn publish(&self, events: &[OutgoingEvent]) -> Result<(), Unpublished> {
        self.0.lock().expect("not poisoned").extend_from_slice(events);
        Ok(())
    }
}

type Image = BTreeMap<(String, String), Item>;

fn text(item: &Item, name: &str) -> String {
    match &item[name] {
        AttributeValue::S(text) => text.clone(),
        other => panic!("{name} is {other:?}"),
    }
}

struct World {
    database: Database,
    store: Store,
    room: Resource,
    /// The ledger when it was last relayed.
    known: Image,
    steps: u32,
    /// Types and versions that were published.
    seen: BTreeSet<(EventType, Version)>,
    /// Types of version 2 that were published since somebody looked, by subject, in order.
    story: BTreeMap<String, Vec<&'static str>>,
}

impl World {
    async fn start() -> Self {
        let database = Database::start(&TestClock::at(at(NOW))).await;
        let store = database.store();
        let room = nightly_resource("room", 3, 600);
        let mut world = Self {
            database,
            store,
            room,
            known: Image::new(),
            steps: 0,
            seen: BTreeSet::new(),
            story: BTreeMap::new(),
        };
        let request = world.request();
        let created = TermsCommit::new(None, &world.room, &request);
        world.store.catalogue.put_resource(&created).await.expect("a resource");
        world.room = created.next;
        world.relayed(&request).await;
        world
    }

    /// The next request: a millisecond later, in a trace of its own.
    fn request(&mut self) -> Mutation {
        self.steps += 1;
        let trace = format!("00-0af7651916cd43dd8448eb211c80319c-{:016x}-01", self.steps);
        let now = at(NOW) + SignedDuration::from_millis(i64::from(self.steps));
        Mutation { now, actor: "guest-1".to_owned(), trace: Some(trace) }
    }

    async fn image(&self) -> Image {
        let items = self.database.client.scan().table_name(Database::LEDGER).send().await.expect("a scan");
        let items = items.items.unwrap_or_default();
        items.into_iter().map(|item| ((text(&item, "pk"), text(&item, "sk")), item)).collect()
    }

    /// Relays what a request has changed since the last time, and looks at every event.
    async fn relayed(&mut self, request: &Mutation) {
        let image = self.image().await;
        let changed = image.iter().filter(|(key, item)| self.known.get(*key) != Some(*item));
        let records = changed.map(|(key, item)| Record {
            sequence_number: "1".to_owned(),
            content: decode_ledger_record(Some(image_json(item)), self.known.get(key).map(image_json))
                .expect("a record"),
            at: Timestamp::UNIX_EPOCH,
        });
        let bus = Arc::new(Bus::default());
        RelayHandler::new(bus.clone()).publish(records.collect()).await.expect("relayed");
        self.known = image;
        let events = std::mem::take(&mut *bus.0.lock().expect("not poisoned"));
        assert!(!events.is_empty(), "the request at {} said nothing", request.now);
        for event in events {
            let body: Value = serde_json::from_str(&event.body).expect("JSON");
            let time: Timestamp = body["time"].as_str().expect("a time").parse().expect("RFC 3339");
            let schema = &body["dataschema"];
            assert_eq!((time, event.at), (request.now, request.now), "{schema}");
            assert_eq!(body["traceparent"].as_str(), request.trace.as_deref(), "{schema}");
            let kind = EventType::parse(&event.kind).expect("a type");
            let versions = kind.declaration().versions.iter();
            let version = versions.copied().find(|version| kind.data_schema(*version) == *schema);
            let version = version.expect("a version");
            self.seen.insert((kind, version));
            if version == Version::V2 {
                let subject = body["subject"].as_str().expect("a subject").to_owned();
                self.story.entry(subject).or_default().push(kind.as_str());
            }
        }
    }

    async fn held(&mut self, key: &str) -> Hold {
        self.held_as(key, |order| order).await
    }

    /// A hold of an order that is made another.
    async fn held_as(&mut self, key: &str, made: impl Fn(Order) -> Order) -> Hold {
        let request = self.request();
        let mut hold = hold_for(&self.room, "guest-1", key, ("2026-06-01", "2026-06-03"), 1, request.now);
        hold.order = made(hold.order);
        self.placed(hold, &request).await
    }

    /// A hold with a code whose uses are limited, which is given back.
    async fn redeemed_and_returned(&mut self, key: &str) -> Hold {
        let request = self.request();
        let hold = hold_for(&self.room, "guest-1", key, ("2026-06-01", "2026-06-03"), 1, request.now);
        let limits = UseLimits { in_all: Some(9), per_guest: Some(9) };
        let hold = self.placed(with_promotion(hold, "SUMMER", limits), &request).await;
        let request = self.request();
        self.store.holds.release(&hold, &request).await.expect("released");
        self.relayed(&request).await;
        hold
    }

    async fn placed(&mut self, hold: Hold, request: &Mutation) -> Hold {
        self.store.holds.place(&[&self.room], &hold, request).await.expect("a hold");
        self.relayed(request).await;
        hold
    }

    /// A booking of a hold after these events, each a request of its own.
    async fn booked(&mut self, hold: &Hold, events: Vec<(BookingEvent, InventoryMove)>) -> Booking {
        let booking = Booking::requested(
            holdfast_app::kernel::booking_id(&hold.order.guest, hold.id.as_str()),
            "HF-SAMPLE2345".to_owned(),
            hold.id.clone(),
            hold.order.clone(),
            BookingPayments::by_card("pm_card_visa".to_owned(), hold.order.price.total()),
            hold.fingerprint.clone(),
            at(NOW),
        );
        self.went_on(booking, events).await
    }

    /// The booking after further events.
    async fn went_on(&mut self, mut booking: Booking, events: Vec<(BookingEvent, InventoryMove)>) -> Booking {
        for (event, inventory) in events {
            let request = self.request();
            let commit = BookingCommit::new(&booking, event, inventory, &request);
            self.store.bookings.commit(&commit).await.expect("committed");
            booking = commit.booking;
            self.relayed(&request).await;
        }
        booking
    }

    /// That what was published since the last time about a hold and a booking is what the page for subscribers says.
    fn check_story(&mut self, what: &str, hold: &Hold, booking: Option<&Booking>) {
        let story = std::mem::take(&mut self.story);
        let of = |subject: Option<&str>| subject.and_then(|subject| story.get(subject)).cloned();
        let published = [of(Some(hold.id.as_str())), of(booking.map(|booking| booking.id.as_str()))];
        assert_eq!(published.map(Option::unwrap_or_default), story_of(what), "{what}");
    }

    /// The same of what was published about the resource: which types, and how often `resource.changed`.
    fn check_story_of_resource(&mut self, what: &str) {
        let published = std::mem::take(&mut self.story).remove("room").unwrap_or_default();
        let [_, said] = story_of(what);
        let count = |types: &[&str]| types.iter().filter(|kind| **kind == "resource.changed").count();
        assert_eq!(count(&published), count(&said), "{what}: {published:?}");
        let types = |types: Vec<&'static str>| types.into_iter().collect::<BTreeSet<_>>();
        assert_eq!(types(published), types(said), "{what}");
    }
}

/// The types that a row of the page for subscribers names: of the hold, and of the booking or the resource.
fn story_of(what: &str) -> [Vec<&'static str>; 2] {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/events/subscribing.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let row = page.lines().find(|line| line.starts_with(&format!("| {what} |")));
    let cells: Vec<&str> = row.unwrap_or_else(|| panic!("no story of {what}")).split('|').collect();
    let types = |cell: &str| {
        let words = cell.split('`').skip(1).step_by(2);
        words.filter_map(EventType::parse).map(EventType::as_str).collect()
    };
    [types(cells[2]), types(cells[3])]
}

fn claimed() -> (BookingEvent, InventoryMove) {
    (BookingEvent::Requested, InventoryMove::Claim { deadline: at("2026-05-01T09:15:00Z") })
}

fn kept(event: BookingEvent) -> (BookingEvent, InventoryMove) {
    (event, InventoryMove::Keep)
}

fn cancelled(hold: &Hold) -> BookingEvent {
    BookingEvent::Cancelled(Cancellation {
        reason: None,
        refund: hold.order.price.total(),
        before_capture: false,
        by_operator: false,
        request: (hold.fingerprint.clone(), hold.fingerprint.clone()),
        at: at(NOW),
    })
}

#[tokio::test]
async fn every_event_of_a_request_has_its_trace_and_the_time_of_the_write() {
    let mut w = World::start().await;
    let hold = w.held("paid").await;
    let price = hold.order.price.total();
    let action = CustomerAction {
        client_secret: "secret".to_owned(),
        redirect_url: None,
        expires_at: at("2026-05-01T09:20:00Z"),
    };
    let paid = vec![
        claimed(),
        kept(BookingEvent::first_payment(PaymentStep::Created { intent: "pi_1".to_owned() })),
        kept(BookingEvent::first_payment(PaymentStep::ActionRequired { action })),
        kept(BookingEvent::first_payment(PaymentStep::Authorized)),
        (BookingEvent::Confirmed, InventoryMove::Confirm),
        kept(BookingEvent::first_payment(PaymentStep::Captured { amount: price })),
        kept(BookingEvent::first_payment(PaymentStep::Disputed)),
        kept(BookingEvent::first_payment(PaymentStep::ChargedBack { total: price })),
        kept(BookingEvent::first_payment(PaymentStep::DisputeWon)),
        (cancelled(&hold), InventoryMove::Free),
        kept(BookingEvent::first_payment(PaymentStep::RefundPending { total: price })),
        kept(BookingEvent::first_payment(PaymentStep::RefundFailed { total: Money::zero(price.currency()) })),
        kept(BookingEvent::first_payment(PaymentStep::Refunded { total: price })),
        kept(BookingEvent::Completed),
    ];
    w.booked(&hold, paid).await;

    let hold = w.held("failed").await;
    let failed = BookingEvent::Failed { reason: FailureReason::SoldOut };
    w.booked(
        &hold,
        vec![
            claimed(),
            (failed, InventoryMove::Unclaim),
            kept(BookingEvent::first_payment(PaymentStep::Voided)),
        ],
    )
    .await;
    let request = w.request();
    w.store.holds.extend(&hold, &hold.fingerprint, &request).await.expect("extended");
    w.relayed(&request).await;
    let request = w.request();
    w.store.holds.release(&hold, &request).await.expect("released");
    w.relayed(&request).await;

    w.redeemed_and_returned("with a code").await;

    let hold = w.held("left").await;
    let mut request = w.request();
    request.now += SignedDuration::from_mins(10);
    w.store.holds.expire(&hold, &request).await.expect("expired");
    w.relayed(&request).await;

    let request = w.request();
    let mut terms = w.room.terms.clone();
    terms.capacity = 5;
    let replaced = TermsCommit::new(Some(&w.room), &w.room.replace(terms), &request);
    w.store.catalogue.put_resource(&replaced).await.expect("replaced");
    let next = replaced.next;
    w.relayed(&request).await;

    let request = w.request();
    let edit = DatesEdit {
        from: date(2026, 8, 1),
        to: date(2026, 8, 3),
        set: DateFactsEdit { closed: Some(true), ..DateFactsEdit::default() },
    };
    let edited =
        Edit::new(w.store.catalogue.as_ref(), Run::Real, &request).set_dates(&next, &edit, &mut None).await;
    edited.expect("two nights are closed");
    w.relayed(&request).await;

    let hold = w.held_as("rated", rated).await;
    let paid = vec![
        claimed(),
        kept(BookingEvent::first_payment(PaymentStep::Created { intent: "pi_1".to_owned() })),
        kept(BookingEvent::first_payment(PaymentStep::Authorized)),
        (BookingEvent::Confirmed, InventoryMove::Confirm),
    ];
    w.booked(&hold, paid).await;
    let request = w.request();
    let card = card_at(price);
    let rates = Rates::new(
        w.store.catalogue.clone(),
        w.store.rates.clone(),
        w.store.versions.clone(),
        charge_rules(),
    );
    let (none, own) = (Precondition::None, platform());
    let put = rates.put(&own, &next.id, &card, CardUse::From(None), &none, Run::Real, &request).await;
    put.expect("a card");
    w.relayed(&request).await;
    let request = w.request();
    let edit = DatedEdit {
        plan: card.default_plan,
        dates: DateRange { from: date(2026, 8, 1), to: date(2026, 8, 3) },
        weekdays: Vec::new(),
        price: Change::Set(price),
        limits: LimitsEdit::default(),
    };
    let line = Line { resources: vec![next.id.clone()], edit: LineEdit::Set(edit) };
    rates.set_dates(&own, &[line], Run::Real, &request).await.expect("dates are set");
    w.relayed(&request).await;

    let of_requests = EventType::ALL.iter().filter(|kind| kind.declaration().subject != Subject::Run);
    let expected = of_requests
        .flat_map(|kind| kind.declaration().versions.iter().map(move |version| (*kind, *version)))
        .collect();
    assert_eq!(w.seen, expected, "nothing was left out");
}

#[tokio::test]
async fn stories_are_published_in_the_order_that_the_page_for_subscribers_has() {
    let mut w = World::start().await;
    w.story.clear();
    let step = BookingEvent::first_payment;
    let created = || kept(step(PaymentStep::Created { intent: "pi_1".to_owned() }));
    let hold = w.held("paid").await;
    let price = hold.order.price.total();
    let taken = || {
        vec![
            kept(step(PaymentStep::Authorized)),
            (BookingEvent::Confirmed, InventoryMove::Confirm),
            kept(step(PaymentStep::Captured { amount: price })),
        ]
    };
    let paid = w.booked(&hold, [vec![claimed(), created()], taken()].concat()).await;
    w.check_story("a guest holds and pays", &hold, Some(&paid));
    let refunded = || kept(step(PaymentStep::Refunded { total: price }));
    let cancellation = vec![(cancelled(&hold), InventoryMove::Free), refunded()];
    let paid = w.went_on(paid, cancellation).await;
    w.check_story("a booking is cancelled", &hold, Some(&paid));

    let hold = w.held("over").await;
    let stayed = w.booked(&hold, [vec![claimed(), created()], taken()].concat()).await;
    w.story.clear();
    let stayed = w.went_on(stayed, vec![refunded()]).await;
    w.check_story("a refund in Stripe's dashboard", &hold, Some(&stayed));
    let stayed = w.went_on(stayed, vec![kept(BookingEvent::Completed)]).await;
    w.check_story("the stay is over", &hold, Some(&stayed));

    let hold = w.held("asked").await;
    let expires_at = at("2026-05-01T09:20:00Z");
    let action = CustomerAction { client_secret: "secret".to_owned(), redirect_url: None, expires_at };
    let prolonged = InventoryMove::Prolong { hold: Box::new(hold.clone()), expires_at };
    let asked = vec![claimed(), created(), (step(PaymentStep::ActionRequired { action }), prolonged)];
    let asked = w.booked(&hold, [asked, taken()].concat()).await;
    w.check_story("the bank wants the customer", &hold, Some(&asked));

    let request = w.request();
    let mut terms = w.room.terms.clone();
    terms.capacity = 9;
    let by = Edit::new(w.store.catalogue.as_ref(), Run::Real, &request);
    let (more, _) = by.replace(&w.room, &terms).await.expect("more places");
    w.relayed(&request).await;
    w.check_story_of_resource("an operator replaces a resource");
    w.room = more;

    let hold = w.held("left").await;
    let pending = w.booked(&hold, vec![claimed(), created(), kept(step(PaymentStep::Authorized))]).await;
    w.story.clear();
    let given_up = vec![(cancelled(&hold), InventoryMove::Abandon), kept(step(PaymentStep::Voided))];
    let given_up = w.went_on(pending, given_up).await;
    w.check_story("a pending booking is cancelled", &hold, Some(&given_up));

    let hold = w.held("given back").await;
    let request = w.request();
    w.store.holds.release(&hold, &request).await.expect("released");
    w.relayed(&request).await;
    w.check_story("the hold is given back", &hold, None);

    w.story.clear();
    let hold = w.redeemed_and_returned("with a code").await;
    let [of_hold, of_promotion] = story_of("a hold with a code whose uses are limited is given back");
    let mut story = std::mem::take(&mut w.story);
    assert_eq!(story.remove(hold.id.as_str()).unwrap_or_default(), of_hold);
    let of_room = story.remove("room").unwrap_or_default().into_iter();
    assert_eq!(of_room.filter(|kind| kind.starts_with("promotion.")).collect::<Vec<_>>(), of_promotion);

    let hold = w.held("expires").await;
    let mut request = w.request();
    request.now += SignedDuration::from_mins(10);
    w.store.holds.expire(&hold, &request).await.expect("expired");
    w.relayed(&request).await;
    w.check_story("the hold expires", &hold, None);

    let request = w.request();
    let edit = DatesEdit {
        from: date(2026, 6, 10),
        to: date(2026, 6, 12),
        set: DateFactsEdit { closed: Some(true), ..DateFactsEdit::default() },
    };
    let by = Edit::new(w.store.catalogue.as_ref(), Run::Real, &request);
    by.set_dates(&w.room, &edit, &mut None).await.expect("two nights are closed");
    w.relayed(&request).await;
    w.check_story_of_resource("an operator changes capacity or overbooking, or closes dates");
}

/// A page is made by a write of its own, number 0, before the first that takes places. Requests are killed at every call until
/// one dies between the two.
#[tokio::test]
async fn the_first_write_of_a_page_has_the_time_and_trace_of_the_request_that_needs_it() {
    let mut made = 0;
    for passes in 0..8 {
        let mut w = World::start().await;
        let faults = Faults::default();
        let store = w.database.store_under(&faults);
        let request = w.request();
        faults.strike(Fault::Killed, passes, 1);
        let room = w.room.clone();
        let work = async {
            let hold = hold_for(&room, "guest-1", "k", ("2026-06-01", "2026-06-03"), 1, request.now);
            drop(store.holds.place(&[&room], &hold, &request).await);
        };
        tokio::select! {
            () = work => {}
            () = faults.strikes() => {}
        }
        let image = w.image().await;
        let page = image.iter().find(|((_, sk), _)| sk.starts_with("P#"));
        if page.is_some_and(|(_, page)| page["seq"] == AttributeValue::N("0".to_owned())) {
            w.relayed(&request).await;
            assert!(w.seen.contains(&(EventType::InventoryChanged, Version::V1)));
            made += 1;
        }
    }
    assert!(made > 0, "no request died after it had made its page");
}
