//! Every event that a request causes, of what the ledger really writes: in each version it has the request's trace and the
//! time of the write.
#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_adapters_dynamodb::Item;
use holdfast_adapters_dynamodb::stream::decode_ledger_record;
use holdfast_app::Mutation;
use holdfast_app::bookings::BookingCommit;
use holdfast_app::catalogue::{DatesEdit, Edit, Run};
use holdfast_app::events::{EventBus, OutgoingEvent, Unpublished};
use holdfast_domain::bookings::{Cancellation, FailureReason};
use holdfast_domain::payments::CustomerAction;
use holdfast_domain::{Booking, BookingEvent, BookingPayments, Hold, InventoryMove, PaymentStep, Resource};
use holdfast_runtime::RelayHandler;
use holdfast_runtime::stream::Record;
use holdfast_testkit::{
    Database, Fault, Faults, Store, TestClock, at, hold_for, image_json, nightly_resource,
};
use holdfast_workflow::events::{EventType, Version};
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
}

impl World {
    async fn start() -> Self {
        let database = Database::start(&TestClock::at(at(NOW))).await;
        let store = database.store();
        let room = nightly_resource("room", 3, 600);
        let mut world = Self { database, store, room, known: Image::new(), steps: 0, seen: BTreeSet::new() };
        let request = world.request();
        world.store.catalogue.put_resource(None, &world.room, &request).await.expect("a resource");
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
            self.seen.insert((kind, version.expect("a version")));
        }
    }

    async fn held(&mut self, key: &str) -> Hold {
        let request = self.request();
        let hold = hold_for(&self.room, "guest-1", key, ("2026-06-01", "2026-06-03"), 1, request.now);
        self.store.holds.place(&[&self.room], &hold, &request).await.expect("a hold");
        self.relayed(&request).await;
        hold
    }

    /// Events of a booking of a hold, each a request of its own.
    async fn booked(&mut self, hold: &Hold, events: Vec<(BookingEvent, InventoryMove)>) {
        let mut booking = Booking::requested(
            holdfast_app::kernel::booking_id(&hold.order.guest, hold.id.as_str()),
            "HF-SAMPLE2345".to_owned(),
            hold.id.clone(),
            hold.order.clone(),
            BookingPayments::by_card("pm_card_visa".to_owned(), hold.order.price.total()),
            hold.fingerprint.clone(),
            at(NOW),
        );
        for (event, inventory) in events {
            let request = self.request();
            let commit = BookingCommit::new(&booking, event, inventory, &request);
            self.store.bookings.commit(&commit).await.expect("committed");
            booking = commit.booking;
            self.relayed(&request).await;
        }
    }
}

fn claimed() -> (BookingEvent, InventoryMove) {
    (BookingEvent::Requested, InventoryMove::Claim { deadline: at("2026-05-01T09:15:00Z") })
}

fn kept(event: BookingEvent) -> (BookingEvent, InventoryMove) {
    (event, InventoryMove::Keep)
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
    let cancelled = Cancellation {
        reason: None,
        refund: price,
        before_capture: false,
        request: (hold.fingerprint.clone(), hold.fingerprint.clone()),
        at: at(NOW),
    };
    let paid = vec![
        claimed(),
        kept(BookingEvent::first_payment(PaymentStep::Created { intent: "pi_1".to_owned() })),
        kept(BookingEvent::first_payment(PaymentStep::ActionRequired { action })),
        kept(BookingEvent::first_payment(PaymentStep::Authorized)),
        (BookingEvent::Confirmed, InventoryMove::Confirm),
        kept(BookingEvent::first_payment(PaymentStep::Captured { amount: price })),
        (BookingEvent::Cancelled(cancelled), InventoryMove::Free),
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

    let hold = w.held("left").await;
    let mut request = w.request();
    request.now += SignedDuration::from_mins(10);
    w.store.holds.expire(&hold, &request).await.expect("expired");
    w.relayed(&request).await;

    let request = w.request();
    let mut terms = w.room.terms.clone();
    terms.capacity = 5;
    let next = w.room.replace(terms);
    w.store.catalogue.put_resource(Some(&w.room), &next, &request).await.expect("replaced");
    w.relayed(&request).await;

    let request = w.request();
    let edit = DatesEdit { from: date(2026, 8, 1), to: date(2026, 8, 3), capacity: None, closed: Some(true) };
    let edited = Edit::new(w.store.catalogue.as_ref(), Run::Real, &request).set_dates(&next, &edit).await;
    edited.expect("two nights are closed");
    w.relayed(&request).await;

    let of_requests = EventType::ALL.iter().filter(|kind| **kind != EventType::ReconciliationDrift);
    let expected = of_requests
        .flat_map(|kind| kind.declaration().versions.iter().map(move |version| (*kind, *version)))
        .collect();
    assert_eq!(w.seen, expected, "nothing was left out");
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
