//! The handlers behind queues, streams and machines, over a real ledger and stand-ins for the services around it.
#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use holdfast_adapters_dynamodb::stream::{decode_ledger_record, decode_previous_hold};
use holdfast_adapters_messaging::Timer;
use holdfast_app::bookings::BookingCommit;
use holdfast_app::catalogue::TermsCommit;
use holdfast_app::events::{EventBus, OutgoingEvent, Unpublished};
use holdfast_app::holds::{Expiry, Timers};
use holdfast_app::notifications::{GuestDirectory, Mail, Mailer, Notices};
use holdfast_app::operations::reconciliation::{Limits, Ports, Reconciliation};
use holdfast_app::operations::{
    ListedPayment, Part, PaymentListing, PoisonRecord, PoisonRecords, SagaInspection, SagaState,
};
use holdfast_app::payments::{
    BookingSaga, NewPayment, Payment, PaymentInquiry, Payments, Saga, SagaRecovery, SagaResumption,
    SettlementSaga,
};
use holdfast_app::{Clock, DeliveryError, PaymentError, WorkflowError};
use holdfast_domain::bookings::{Contact, EmailAddress, FailureReason};
use holdfast_domain::payments::RefundProgress;
use holdfast_domain::{
    Booking, BookingEvent, BookingId, BookingPayments, GuestId, Hold, HoldId, HoldStatus, InventoryMove,
    Money, PaymentStep,
};
use holdfast_runtime::queue::{self, QueueEvent};
use holdfast_runtime::stream::{StreamEvent, StreamReader};
use holdfast_runtime::{
    ExpiryEvent, ExpiryFormats, ExpiryHandler, NotifyHandler, ReconciliationHandler, ReconciliationRequest,
    RelayHandler, ReviewRequests, saga,
};
use holdfast_testkit::{Database, Fault, Faults, Store, TestClock, at, hold_for, mutation, nightly_resource};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const NOW: &str = "2026-05-01T09:00:00Z";

fn sample(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/samples").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&text).expect("JSON")
}

/// Writes down what it is asked, and refuses what it is told to refuse.
#[derive(Default)]
struct Outside {
    log: Mutex<Vec<String>>,
    refuses: Option<usize>,
}

impl Outside {
    fn note(&self, line: String) {
        self.log.lock().expect("not poisoned").push(line);
    }

    fn log(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.lock().expect("not poisoned"))
    }
}

#[async_trait]
impl EventBus for Outside {
    async fn publish(&self, events: &[OutgoingEvent]) -> Result<(), Unpublished> {
        for event in events {
            let body: Value = serde_json::from_str(&event.body).expect("JSON");
            let version = body["dataschema"].as_str().and_then(|schema| schema.rsplit(':').next());
            self.note(format!("{} {}", event.kind, version.expect("a version")));
        }
        match self.refuses.filter(|position| *position < events.len()) {
            Some(position) => Err(Unpublished { positions: vec![position], source: "throttled".into() }),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl PoisonRecords for Outside {
    async fn set_aside(&self, record: &PoisonRecord) -> Result<(), WorkflowError> {
        let keys: Vec<&str> = record.keys.values().map(String::as_str).collect();
        self.note(format!("{} set aside: {}", record.sequence_number, keys.join(" ")));
        Ok(())
    }
}

#[async_trait]
impl Timers for Outside {
    async fn wake(&self, hold: &HoldId, at: Timestamp, _now: Timestamp) -> Result<(), WorkflowError> {
        self.note(format!("wake {hold} at {at}"));
        Ok(())
    }
}

#[async_trait]
impl BookingSaga for Outside {
    async fn start_booking(&self, booking: &BookingId, _trace: Option<&str>) -> Result<(), WorkflowError> {
        self.note(format!("start {booking}"));
        Ok(())
    }

    async fn resume_booking(&self, booking: &BookingId, number: u32) -> Result<(), WorkflowError> {
        self.note(format!("resume {booking} {number}"));
        Ok(())
    }
}

#[async_trait]
impl SettlementSaga for Outside {
    async fn start_settlement(
        &self,
        booking: &BookingId,
        cause: &str,
        _trace: Option<&str>,
    ) -> Result<(), WorkflowError> {
        self.note(format!("settle {booking} for {cause}"));
        Ok(())
    }
}

#[async_trait]
impl SagaResumption for Outside {
    async fn resume(&self, _task_token: &str) -> Result<bool, WorkflowError> {
        Ok(false)
    }
}

#[async_trait]
impl Mailer for Outside {
    async fn send(&self, mail: &Mail) -> Result<(), DeliveryError> {
        if self.refuses.is_some() {
            return Err(DeliveryError::Unavailable("the mail service is away".into()));
        }
        self.note(format!("{}: {}\n{}", mail.to.as_str(), mail.subject, mail.text));
        Ok(())
    }
}

#[async_trait]
impl GuestDirectory for Outside {
    async fn verified_email(&self, _: &GuestId) -> Result<Option<EmailAddress>, DeliveryError> {
        Ok(None)
    }
}

fn contact() -> Contact {
    Contact { email: EmailAddress::parse("guest-1@example.com").ok(), ..Contact::default() }
}

fn away<T>() -> Result<T, PaymentError> {
    Err(PaymentError::Unavailable("the provider is away".into()))
}

#[async_trait]
impl PaymentInquiry for Outside {
    async fn inquire(&self, _: &str) -> Result<Payment, PaymentError> {
        away()
    }
}

#[async_trait]
impl Payments for Outside {
    async fn create(&self, _: &NewPayment) -> Result<String, PaymentError> {
        away()
    }
    async fn authorize(&self, _: &BookingId, _: &str, _: &str) -> Result<Payment, PaymentError> {
        away()
    }
    async fn capture(&self, _: &BookingId, _: &str, _: Money) -> Result<Payment, PaymentError> {
        away()
    }
    async fn void(&self, _: &BookingId, _: &str) -> Result<Payment, PaymentError> {
        away()
    }
    async fn refund(
        &self,
        _: &BookingId,
        _: &str,
        _: Money,
        _: Money,
    ) -> Result<RefundProgress, PaymentError> {
        away()
    }
}

#[async_trait]
impl PaymentListing for Outside {
    async fn payments_part(
        &self,
        _: Timestamp,
        _: Option<&str>,
    ) -> Result<Part<ListedPayment>, PaymentError> {
        let none = Part { items: Vec::new(), unreadable: Vec::new(), next: None };
        if self.refuses.is_some() { away() } else { Ok(none) }
    }
}

#[async_trait]
impl SagaInspection for Outside {
    async fn booking_saga(&self, _: &BookingId, _: Option<u32>) -> Result<SagaState, WorkflowError> {
        Ok(SagaState::Ended)
    }
}

struct World {
    clock: TestClock,
    database: Database,
    store: Store,
    hold: Hold,
    outside: Arc<Outside>,
}

impl World {
    /// With the hold of the samples placed.
    async fn start() -> Self {
        let clock = TestClock::at(at(NOW));
        let database = Database::start(&clock).await;
        let store = database.store();
        let resource = nightly_resource("hotel-nyc-deluxe", 3, 600);
        let operator = mutation(at(NOW), "operator");
        store
            .catalogue
            .put_resource(&TermsCommit::new(None, &resource, &operator))
            .await
            .expect("a resource");
        let hold = hold_for(&resource, "guest-1", "sample", ("2026-06-01", "2026-06-03"), 1, at(NOW));
        store.holds.place(&[&resource], &hold, &mutation(at(NOW), "guest-1")).await.expect("a hold");
        Self { clock, database, store, hold, outside: Arc::new(Outside::default()) }
    }

    fn expiry(&self) -> ExpiryHandler {
        let timers = Arc::clone(&self.outside);
        let expiry = Expiry::new(self.store.holds.clone(), timers.clone());
        let recovery =
            SagaRecovery::new(self.store.bookings.clone(), self.outside.clone(), self.outside.clone());
        let formats = ExpiryFormats {
            timer: |message| Ok(Timer::parse(message)?.map(|timer| timer.hold)),
            deleted_hold: decode_previous_hold,
        };
        let poison = Arc::clone(&self.outside);
        ExpiryHandler::new(expiry, recovery, timers, formats, poison, Arc::new(self.clock.clone()))
    }

    async fn expire(&self, name: &str) -> Vec<String> {
        let event: ExpiryEvent = serde_json::from_value(sample(name)).expect("a batch");
        let failures = self.expiry().handle(event).await;
        assert!(failures.ids().is_empty(), "{name} failed");
        self.outside.log()
    }

    /// Where the hold stands, and whether its page still stores it.
    async fn status(&self) -> (HoldStatus, bool) {
        let snapshot = self.store.holds.hold(&self.hold.id).await.expect("an answer").expect("a hold");
        (snapshot.status(self.clock.now()), snapshot.entry.is_some())
    }

    /// Writes the booking's events, one commit each.
    async fn book(&self, events: Vec<BookingEvent>) -> Booking {
        let requested = Booking::requested(
            holdfast_app::kernel::booking_id(&self.hold.order.guest, "sample"),
            "HF-SAMPLE2345".to_owned(),
            self.hold.id.clone(),
            self.hold.order.clone(),
            BookingPayments::by_card("pm_card_visa".to_owned(), self.hold.order.price.total()),
            self.hold.fingerprint.clone(),
            at(NOW),
        );
        let mut booking = requested;
        for event in events {
            let inventory = match &event {
                BookingEvent::Requested => InventoryMove::Claim { deadline: at("2026-05-01T09:15:00Z") },
                BookingEvent::Confirmed => InventoryMove::Confirm,
                _ => InventoryMove::Keep,
            };
            let mutation = mutation(self.clock.now(), "saga");
            let contact = (event == BookingEvent::Requested).then(contact);
            let commit = BookingCommit::new(&booking, event, inventory, &mutation).with_contact(contact);
            self.store.bookings.commit(&commit).await.expect("committed");
            booking = commit.booking;
        }
        booking
    }
}

async fn relay(outside: &Arc<Outside>, records: &[Value]) -> Vec<String> {
    let event: StreamEvent = serde_json::from_value(json!({ "Records": records })).expect("a batch");
    let handler = RelayHandler::new(Arc::clone(outside) as Arc<dyn EventBus>);
    let reader = StreamReader::new(decode_ledger_record, Arc::clone(outside) as Arc<dyn PoisonRecords>);
    let failures = reader.process(event, |records| handler.publish(records)).await;
    failures.ids().into_iter().map(str::to_owned).collect()
}

fn numbered(name: &str, number: &str) -> Value {
    let mut record = sample(name)["Records"][0].clone();
    record["dynamodb"]["SequenceNumber"] = json!(number);
    record
}

#[tokio::test]
async fn the_relay_publishes_and_reports_the_first_record_that_is_not_on_the_bus() {
    let page = numbered("stream/ledger-page.json", "1");
    let audit = numbered("stream/ledger-audit.json", "2");
    let mut poison = numbered("stream/ledger-page.json", "3");
    poison["dynamodb"]["NewImage"]["av"] = json!({ "S": "nonsense" });

    let outside = Arc::new(Outside::default());
    assert_eq!(relay(&outside, &[page.clone(), audit.clone()]).await, [""; 0]);
    let of_page = ["hold.placed v1", "hold.placed v2", "inventory.changed v1", "inventory.changed v2"];
    let of_audit = ["booking.requested v1", "booking.requested v2"];
    assert_eq!(outside.log(), [&of_page[..], &of_audit].concat());
    assert_eq!(relay(&outside, &[page.clone(), poison, audit.clone()]).await, [""; 0]);
    let aside = ["3 set aside: R#hotel-nyc-deluxe P#2026-06"];
    assert_eq!(outside.log(), [&of_page[..], &aside, &of_audit].concat(), "it holds up nothing");

    let mut of_the_release_before = audit.clone();
    let image = of_the_release_before["dynamodb"]["NewImage"].as_object_mut().expect("an image");
    image.remove("fa").expect("facts");
    assert_eq!(relay(&outside, &[of_the_release_before]).await, [""; 0]);
    assert_eq!(outside.log(), ["booking.requested v1"], "it says no more");

    for (refused, expected) in [(0, "1"), (1, "1"), (3, "1"), (4, "2"), (5, "2")] {
        let outside = Arc::new(Outside { refuses: Some(refused), ..Outside::default() });
        assert_eq!(relay(&outside, &[page.clone(), audit.clone()]).await, [expected], "{refused}");
    }
}

#[tokio::test]
async fn a_placed_hold_is_timed_and_dropped_when_its_time_has_passed() {
    let world = World::start().await;
    let wake = [format!("wake {} at 2026-05-01T09:10:00Z", world.hold.id)];
    assert_eq!(world.expire("sqs/timer-hold.placed.json").await, wake);
    assert_eq!(world.expire("sqs/timer-rearmed.json").await, wake, "it still lives");
    assert_eq!(world.expire("stream/holds-ttl.json").await, wake, "a deletion too early is harmless");
    assert_eq!(world.status().await, (HoldStatus::Active, true));
    world.clock.advance(SignedDuration::from_secs(600));
    assert_eq!(world.expire("sqs/timer-rearmed.json").await, [""; 0]);
    assert_eq!(world.status().await, (HoldStatus::Expired, false));
    for again in ["sqs/timer-rearmed.json", "sqs/timer-hold.placed.json", "stream/holds-ttl.json"] {
        assert_eq!(world.expire(again).await, [""; 0], "{again} has no second effect");
    }
}

#[tokio::test]
async fn a_hold_whose_payment_came_to_nothing_is_timed_anew() {
    let world = World::start().await;
    for sample in ["sqs/timer-hold.unclaimed.json", "sqs/timer-hold.extended.json"] {
        let timed = world.expire(sample).await;
        assert!(timed.len() == 1 && timed[0].starts_with("wake hld_"), "{sample}: {timed:?}");
    }
    world.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(world.expire("sqs/timer-hold.unclaimed.json").await, [""; 0], "it is dropped at once");
    assert_eq!(world.status().await, (HoldStatus::Expired, false));
}

#[tokio::test]
async fn a_released_hold_whose_function_died_before_its_record_does_not_turn_into_an_expired_one() {
    let world = World::start().await;
    let faults = Faults::default();
    let store = world.database.store_under(&faults);
    let guest = mutation(at(NOW), "guest-1");
    faults.strike(Fault::Killed, 0, 1);
    tokio::select! {
        _ = store.holds.release(&world.hold, &guest) => panic!("it was to die"),
        () = faults.strikes() => {}
    }
    assert_eq!(world.status().await, (HoldStatus::Released, false), "as long as its time has not passed");
    world.clock.advance(SignedDuration::from_secs(600));
    assert_eq!(world.expire("sqs/timer-hold.released.json").await, [""; 0]);
    assert_eq!(world.status().await, (HoldStatus::Released, false));
}

#[tokio::test]
async fn a_hold_that_lives_is_not_released_by_an_old_event() {
    let world = World::start().await;
    assert_eq!(world.expire("sqs/timer-hold.released.json").await, [""; 0]);
    assert_eq!(world.status().await, (HoldStatus::Active, true));
}

#[tokio::test]
async fn a_booking_that_was_asked_for_has_its_saga() {
    let world = World::start().await;
    let started = world.expire("sqs/timer-booking.requested.json").await;
    assert_eq!(started.len(), 1);
    assert!(started[0].starts_with("start bkg_"), "{started:?}");
}

#[tokio::test]
async fn a_message_of_an_unknown_version_is_reported() {
    let world = World::start().await;
    for body in [
        json!({"source": "holdfast.timer", "version": 2, "holdId": "h", "at": NOW}),
        json!({"source": "aws.s3", "detail-type": "x", "detail": {}}),
        json!("nothing"),
    ] {
        let event =
            json!({"Records": [{"messageId": "m-1", "body": body.to_string(), "eventSource": "aws:sqs"}]});
        let event: ExpiryEvent = serde_json::from_value(event).expect("a batch");
        assert_eq!(world.expiry().handle(event).await.ids(), ["m-1"], "{body}");
    }
    let neither = serde_json::from_value::<ExpiryEvent>(json!({"Records": [{"eventSource": "aws:s3"}]}));
    assert!(neither.is_err());
}

async fn mail(world: &World, outside: &Arc<Outside>, name: &str) -> usize {
    let notices = Notices::new(
        world.store.bookings.clone(),
        world.store.contacts.clone(),
        Arc::clone(outside) as Arc<dyn GuestDirectory>,
        world.store.catalogue.clone(),
        Arc::clone(outside) as Arc<dyn Mailer>,
        world.store.sent_mails.clone(),
        world.store.mail_counts.clone(),
    );
    let handler = NotifyHandler::new(notices, Arc::new(world.clock.clone()));
    let event: QueueEvent = serde_json::from_value(sample(name)).expect("a batch");
    queue::process(event, |message| handler.mail(message)).await.ids().len()
}

fn paid(world: &World) -> Vec<BookingEvent> {
    let amount = world.hold.order.price.total();
    vec![
        BookingEvent::Requested,
        BookingEvent::first_payment(PaymentStep::Authorized),
        BookingEvent::Confirmed,
        BookingEvent::first_payment(PaymentStep::Captured { amount }),
    ]
}

#[tokio::test]
async fn a_confirmed_guest_is_mailed_what_where_when_and_how_much() {
    let world = World::start().await;
    world.book(paid(&world)).await;
    let away = Arc::new(Outside { refuses: Some(0), ..Outside::default() });
    assert_eq!(mail(&world, &away, "sqs/notify-booking.confirmed.json").await, 1, "later again");
    let outside = Arc::new(Outside::default());
    assert_eq!(mail(&world, &outside, "sqs/notify-booking.confirmed.json").await, 0);
    let log = outside.log();
    assert_eq!(log.len(), 1);
    for part in [
        "guest-1@example.com: Your booking HF-SAMPLE2345 is confirmed",
        "Deluxe double",
        "Monday, 1 June 2026, 15:00",
        "Wednesday, 3 June 2026, 11:00",
        "America/New_York",
        "258.00 EUR",
    ] {
        assert!(log[0].contains(part), "{part} in {}", log[0]);
    }
    assert_eq!(mail(&world, &outside, "sqs/notify-booking.confirmed.json").await, 0);
    assert_eq!(mail(&world, &outside, "sqs/notify-booking.cancelled.json").await, 0);
    assert_eq!(outside.log(), [""; 0], "it was mailed before, and was not cancelled");
}

#[tokio::test]
async fn a_booking_that_does_not_stand_is_not_confirmed_by_mail() {
    let world = World::start().await;
    let failed = BookingEvent::Failed { reason: FailureReason::SoldOut };
    world.book(vec![BookingEvent::Requested, failed]).await;
    let outside = Arc::new(Outside::default());
    assert_eq!(mail(&world, &outside, "sqs/notify-booking.confirmed.json").await, 0);
    assert_eq!(outside.log(), [""; 0]);
}

#[tokio::test]
async fn a_step_that_fails_is_named() {
    let world = World::start().await;
    let outside = Arc::clone(&world.outside);
    let saga = Saga::new(
        world.store.bookings.clone(),
        world.store.holds.clone(),
        world.store.catalogue.clone(),
        world.store.callbacks.clone(),
        outside.clone(),
        outside,
        world.store.notes.clone(),
    );
    let name = async |payload: &Value| match saga::step(payload, &saga, &world.clock).await {
        Ok(outcome) => outcome["outcome"].as_str().unwrap_or_default().to_owned(),
        Err(error) => error.error_type,
    };
    assert_eq!(name(&json!({"task": "Nonsense"})).await, "InvalidTask");
    assert_eq!(name(&sample("saga/ClaimHold.json")).await, "NotFound");
    world.book(vec![BookingEvent::Requested]).await;
    assert_eq!(name(&sample("saga/ClaimHold.json")).await, "claimed");
    assert_eq!(name(&sample("saga/CreatePayment.json")).await, "ProviderUnavailable");
    assert_eq!(name(&sample("saga/InquirePayment.json")).await, "not_started");
    assert_eq!(name(&sample("saga/FailBooking.json")).await, "failed");
    assert_eq!(name(&sample("saga/ClaimHold.json")).await, "dead");
}

fn reconciliation(w: &World, outside: &Arc<Outside>) -> ReconciliationHandler {
    let ports = Ports {
        journal: w.store.journal.clone(),
        history: w.store.history.clone(),
        notes: w.store.notes.clone(),
        inspection: w.store.inspection.clone(),
        payments: outside.clone(),
        listing: outside.clone(),
        saga: outside.clone(),
        settlement: outside.clone(),
        callbacks: w.store.callbacks.clone(),
        resumption: outside.clone(),
        sagas: outside.clone(),
        review: Arc::new(ReviewRequests::new(outside.clone())),
        properties: w.store.properties.clone(),
        receipts: w.store.receipts.clone(),
        cycles: w.store.cycles.clone(),
        clock: Arc::new(w.clock.clone()),
    };
    let reconciliation = Reconciliation::new(ports, Limits::FUNCTION);
    ReconciliationHandler::new(reconciliation, outside.clone(), Arc::new(w.clock.clone()))
}

#[tokio::test]
async fn a_drift_is_told_and_parked_by_a_whole_run_and_by_no_dry_one() {
    let w = World::start().await;
    let handler = reconciliation(&w, &w.outside);
    let run = async |dry_run| {
        let request = ReconciliationRequest { dry_run, ..ReconciliationRequest::default() };
        handler.run(request, "f", None).await.expect("a report")
    };
    run(false).await;
    assert_eq!(w.outside.log(), [] as [String; 0], "no drift, no event");
    let booking = w.book(vec![BookingEvent::Requested]).await;
    w.clock.advance(SignedDuration::from_hours(2));
    let dry = run(true).await;
    assert_eq!(dry["findings"]["stalled_booking"][0]["subject"], booking.id.as_str());
    assert_eq!(w.outside.log(), [] as [String; 0], "a dry run tells nobody");
    let report = run(false).await;
    assert_eq!(
        (&report["repaired"], &report["forReview"], &report["parked"]),
        (&json!(1), &json!(1), &json!(1))
    );
    let published =
        ["reconciliation.review_requested v2", "reconciliation.drift v1", "reconciliation.drift v2"];
    assert_eq!(w.outside.log(), published);
}

#[tokio::test]
async fn a_run_that_meets_an_outage_is_named_after_it() {
    let w = World::start().await;
    let away = Arc::new(Outside { refuses: Some(0), ..Outside::default() });
    let outcome = reconciliation(&w, &away).run(ReconciliationRequest::default(), "f", None).await;
    assert_eq!(outcome.expect_err("the provider is away").error_type, "ProviderUnavailable");
    assert_eq!(away.log(), [] as [String; 0]);
}
