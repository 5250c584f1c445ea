//! Records of a stream that can never be worked are set aside, and hold up nothing; what passes is waited for. Over a real ledger.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_adapters_dynamodb::Item;
use holdfast_adapters_dynamodb::stream::{decode_ledger_record, decode_previous_hold};
use holdfast_app::WorkflowError;
use holdfast_app::catalogue::TermsCommit;
use holdfast_app::events::{EVENT_BYTES_MAX, EventBus, LedgerRecord, OutgoingEvent, Unpublished};
use holdfast_app::holds::{Expiry, Timers};
use holdfast_app::operations::{PoisonRecord, PoisonRecords};
use holdfast_app::payments::{BookingSaga, SagaRecovery, SettlementSaga};
use holdfast_domain::catalogue::AttributeValue as FactValue;
use holdfast_domain::{BookingId, HoldId, Resource};
use holdfast_runtime::stream::{NotDone, Record, StreamEvent, StreamReader};
use holdfast_runtime::{ExpiryEvent, ExpiryFormats, ExpiryHandler, ProjectorHandler, RelayHandler};
use holdfast_testkit::{
    Database, Fault, Faults, Store, TestClock, at, hold_for, image_json, mutation, nightly_resource,
};
use jiff::Timestamp;
use serde_json::{Value, json};

const NOW: &str = "2026-05-01T09:00:00Z";

/// Where poison records go; notes them by their places.
#[derive(Default)]
struct Aside(Mutex<Vec<String>>);

impl Aside {
    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("not poisoned"))
    }
}

#[async_trait]
impl PoisonRecords for Aside {
    async fn set_aside(&self, record: &PoisonRecord) -> Result<(), WorkflowError> {
        self.0.lock().expect("not poisoned").push(record.sequence_number.clone());
        Ok(())
    }
}

/// What is around the functions; nothing of it is reached.
struct Nothing;

#[async_trait]
impl Timers for Nothing {
    async fn wake(&self, _: &HoldId, _: Timestamp, _: Timestamp) -> Result<(), WorkflowError> {
        Err(WorkflowError("not in this test".into()))
    }
}

#[async_trait]
impl BookingSaga for Nothing {
    async fn start_booking(&self, _: &BookingId, _: Option<&str>) -> Result<(), WorkflowError> {
        Err(WorkflowError("not in this test".into()))
    }

    async fn resume_booking(&self, _: &BookingId, _: u32) -> Result<(), WorkflowError> {
        Err(WorkflowError("not in this test".into()))
    }
}

#[async_trait]
impl SettlementSaga for Nothing {
    async fn start_settlement(&self, _: &BookingId, _: &str, _: Option<&str>) -> Result<(), WorkflowError> {
        Err(WorkflowError("not in this test".into()))
    }
}

struct World {
    database: Database,
    store: Store,
    clock: TestClock,
    aside: Arc<Aside>,
}

impl World {
    async fn start() -> Self {
        let clock = TestClock::at(at(NOW));
        let database = Database::start(&clock).await;
        Self { store: database.store(), database, clock, aside: Arc::default() }
    }

    async fn resource(&self, id: &str) -> Resource {
        let resource = nightly_resource(id, 3, 600);
        self.store
            .catalogue
            .put_resource(&TermsCommit::new(None, &resource, &mutation(at(NOW), "op")))
            .await
            .expect("a resource");
        resource
    }

    async fn item(&self, table: &str, pk: &str, sk: Option<&str>) -> Item {
        let get =
            self.database.client.get_item().table_name(table).key("pk", AttributeValue::S(pk.to_owned()));
        let get = match sk {
            Some(sk) => get.key("sk", AttributeValue::S(sk.to_owned())),
            None => get,
        };
        get.send().await.expect("an answer").item.expect("an item")
    }

    /// Makes an item one that nobody can read, by an attribute.
    async fn spoil(&self, mut item: Item, name: &str, value: AttributeValue) {
        item.insert(name.to_owned(), value);
        let put = self.database.client.put_item().table_name(Database::LEDGER).set_item(Some(item));
        put.send().await.expect("stored");
    }

    async fn project(&self, store: &Store, records: &[Value]) -> Vec<String> {
        let handler =
            ProjectorHandler::new(store.catalogue.clone(), store.rates.clone(), store.index_writer.clone());
        let reader = StreamReader::new(decode_ledger_record, self.aside.clone());
        let event: StreamEvent = serde_json::from_value(json!({ "Records": records })).expect("a batch");
        let failures = reader.process(event, |records| handler.apply(records)).await;
        failures.ids().into_iter().map(str::to_owned).collect()
    }
}

fn written(place: &str, item: &Item) -> Value {
    json!({"eventSource": "aws:dynamodb", "dynamodb": {"SequenceNumber": place, "NewImage": image_json(item)}})
}

fn deleted(place: &str, item: &Item) -> Value {
    json!({"eventSource": "aws:dynamodb", "dynamodb": {"SequenceNumber": place, "OldImage": image_json(item)}})
}

#[tokio::test]
async fn a_resource_that_cannot_be_read_keeps_no_other_out_of_search() {
    let w = World::start().await;
    let mut pages = Vec::new();
    for id in ["bad", "good"] {
        let resource = w.resource(id).await;
        let hold = hold_for(&resource, "guest-1", id, ("2026-06-01", "2026-06-03"), 1, at(NOW));
        w.store.holds.place(&[&resource], &hold, &mutation(at(NOW), "guest-1")).await.expect("a hold");
        pages.push(w.item(Database::LEDGER, &format!("R#{id}"), Some("P#2026-06")).await);
    }
    let later = AttributeValue::N("99".to_owned());
    w.spoil(w.item(Database::LEDGER, "R#bad", Some("R")).await, "ver", later).await;
    let records = [written("1", &pages[0]), written("2", &pages[1])];
    let faults = Faults::default();
    let throttled = w.database.store_under(&faults);
    for fault in [Fault::Throttled, Fault::Broken] {
        faults.strike(fault, 0, usize::MAX);
        assert_eq!(w.project(&throttled, &records).await, ["1"], "{fault:?} passes");
        let _ = faults.end();
        assert_eq!(w.aside.taken(), [""; 0], "{fault:?} makes no record poison");
    }
    assert_eq!(w.project(&w.store, &records).await, [""; 0]);
    assert_eq!(w.aside.taken(), ["1"]);
    let terms = nightly_resource("good", 3, 600).terms;
    let (kind, location) = (terms.resource_type.as_str(), terms.location.as_str());
    let listed = w.store.index.pages(kind, location, "2026-06").await.expect("pages");
    assert_eq!(listed.len(), 1, "what follows is projected");
}

/// The bad page is spoiled by `value` in its attribute `name`.
async fn check_expiry(name: &str, value: AttributeValue) {
    let w = World::start().await;
    let mut records = Vec::new();
    for (place, id) in [("1", "bad"), ("2", "good")] {
        let resource = w.resource(id).await;
        let hold = hold_for(&resource, "guest-1", id, ("2026-06-01", "2026-06-03"), 1, at(NOW));
        w.store.holds.place(&[&resource], &hold, &mutation(at(NOW), "guest-1")).await.expect("a hold");
        records.push(deleted(place, &w.item(Database::HOLDS, &format!("H#{}", hold.id), None).await));
        if id == "bad" {
            let page = w.item(Database::LEDGER, "R#bad", Some("P#2026-06")).await;
            w.spoil(page, name, value.clone()).await;
        }
    }
    w.clock.advance(jiff::SignedDuration::from_secs(600));
    let nothing = Arc::new(Nothing);
    let formats = ExpiryFormats { timer: |_| Ok(None), deleted_hold: decode_previous_hold };
    let handle = async |store: &Store| {
        let recovery = SagaRecovery::new(store.bookings.clone(), nothing.clone(), nothing.clone());
        let expiry = Expiry::new(store.holds.clone(), nothing.clone());
        let clock = Arc::new(w.clock.clone());
        let handler = ExpiryHandler::new(expiry, recovery, nothing.clone(), formats, w.aside.clone(), clock);
        let event: ExpiryEvent = serde_json::from_value(json!({ "Records": records })).expect("a batch");
        handler.handle(event).await.ids().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let faults = Faults::default();
    let throttled = w.database.store_under(&faults);
    faults.strike(Fault::Throttled, 0, usize::MAX);
    assert_eq!(handle(&throttled).await, ["1"], "throttling passes");
    let _ = faults.end();
    assert_eq!(w.aside.taken(), [""; 0]);
    assert_eq!(handle(&w.store).await, [""; 0]);
    assert_eq!(w.aside.taken(), ["1"]);
    let page = w.item(Database::LEDGER, "R#good", Some("P#2026-06")).await;
    assert_eq!(page["ho"].as_m().map(|holds| holds.len()), Ok(0), "the other hold is dropped");
}

#[tokio::test]
async fn a_hold_whose_page_cannot_be_read_keeps_no_other_from_being_released() {
    check_expiry("ho", AttributeValue::M([].into())).await;
    check_expiry("ho", AttributeValue::S("nonsense".to_owned())).await;
    // What is written without being read: DynamoDB refuses the write.
    check_expiry("av", AttributeValue::S("nonsense".to_owned())).await;
}

/// A bus that no event reaches which is too large.
#[derive(Default)]
struct Bus(Mutex<usize>);

#[async_trait]
impl EventBus for Bus {
    async fn publish(&self, events: &[OutgoingEvent]) -> Result<(), Unpublished> {
        assert!(events.iter().all(|event| event.body.len() <= EVENT_BYTES_MAX));
        *self.0.lock().expect("not poisoned") += events.len();
        Ok(())
    }
}

#[tokio::test]
async fn an_event_that_no_bus_takes_is_not_sent_again_and_again() {
    let of = |place: &str, note: String| {
        let mut resource = nightly_resource("room", 3, 600);
        resource.terms.attributes.insert("note".to_owned(), FactValue::Text(note));
        let content = LedgerRecord::Resource { resource: Box::new(resource), previous: None, write: None };
        Record { sequence_number: place.to_owned(), content, at: at(NOW) }
    };
    let bus = Arc::new(Bus::default());
    let handler = RelayHandler::new(bus.clone());
    let small = || "x".to_owned();
    let records = vec![of("1", small()), of("2", "x".repeat(EVENT_BYTES_MAX)), of("3", small())];
    assert_eq!(handler.publish(records).await, Err(NotDone::Never("2".to_owned())));
    let published = *bus.0.lock().expect("not poisoned");
    assert!(published > 0, "what comes before it is published");
}
