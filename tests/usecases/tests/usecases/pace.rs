//! A flood of new payments, far beyond what the payment provider takes in a second, while others capture, void and refund. Sagas
//! run by the deployed machines, on a timeline; the provider has Stripe's limits.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use holdfast_app::bookings::BookingRequest;
use holdfast_app::holds::HoldRequest;
use holdfast_app::payments::{Outcome, PacedPayments, PaymentTurns, Payments, Saga};
use holdfast_app::{Failure, PaymentError};
use holdfast_asl::machine::Resource as Task;
use holdfast_asl::{Call, Ending, Services, TaskFailure};
use holdfast_domain::{BookingId, BookingStatus, Hold, Resource};
use holdfast_runtime::saga::step;
use holdfast_testkit::{Endpoint, Fault, Faults, LimitedPayments, Requests, UNLIMITED, nightly_resource};
use serde_json::{Value, json};

use crate::bank::{DECLINED, Op, VISA};
use crate::driver::{Drive, Ending as End};
use crate::faults::matrix::Machines;
use crate::timeline::{Sleeper, Timeline};
use crate::world::{NIGHT, PRICE, World, guest, hold_request, key, operator};

/// The pace that is deployed unless an operator names one (`infra/cdk/lib/local-differences.ts`).
pub(crate) const PACE: &str = "5";
/// The pace that the runbook names for live mode.
const LIVE_PACE: &str = "10";
/// Guests who try a stolen card each; all within two seconds.
const HOSTILE: i64 = 200;
const HOSTILE_EVERY_MS: i64 = 10;
/// Those who capture, void and refund, and those who begin to pay: one of each a second.
const HONEST: i64 = 40;
const HONEST_EVERY_MS: i64 = 1000;
/// How often an honest guest asks again whose payment could not be begun, and after which pause.
const TRIES_MAX: usize = 5;
const AGAIN_SECONDS: f64 = 30.0;

/// What is owed to somebody: it may never be refused.
pub(crate) const OWED: [Endpoint; 4] =
    [Endpoint::Retrieve, Endpoint::Capture, Endpoint::Cancel, Endpoint::Refund];

/// How many requests to some endpoints were refused.
pub(crate) fn refused(requests: &BTreeMap<Endpoint, Requests>, endpoints: &[Endpoint]) -> usize {
    endpoints.iter().filter_map(|endpoint| requests.get(endpoint)).map(|of| of.refused).sum()
}

/// What sagas run on.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) world: Arc<World>,
    saga: Arc<Saga>,
    pub(crate) sleeper: Sleeper,
    machines: Arc<Machines>,
    notes: Arc<Mutex<Vec<Value>>>,
}

impl Stage {
    /// Over a payment provider.
    pub(crate) fn over(world: &Arc<World>, payments: Arc<dyn Payments>, sleeper: Sleeper) -> Self {
        Self {
            saga: Arc::new(world.saga_over(payments)),
            world: world.clone(),
            sleeper,
            machines: Arc::new(Machines::deployed()),
            notes: Arc::default(),
        }
    }

    /// Takes the notes for people.
    pub(crate) fn notes(&self) -> Vec<Value> {
        std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs a booking's machine; it may not fail.
    async fn run(&self, machine: &str, booking: &BookingId, resume: bool) {
        self.run_by(self, machine, booking, resume).await;
    }

    /// The same by services that may be slower than these.
    pub(crate) async fn run_by(
        &self,
        services: &dyn Services,
        machine: &str,
        booking: &BookingId,
        resume: bool,
    ) {
        let input = json!({ "bookingId": booking.as_str(), "resume": resume });
        let execution =
            self.machines.get(machine).run(services, booking.as_str(), input).await.expect("a run");
        assert!(matches!(execution.ending, Ending::Succeeded(_)), "{booking}: {:?}", execution.ending);
    }

    /// Pays as an honest guest does: a payment that could not be begun is asked for again. Gives the tries.
    async fn pays(&self, hold: &Hold) -> (BookingId, usize) {
        for tried in 1.. {
            let id = self.world.open_by_operator(hold, &format!("pay-{}-{tried}", hold.id), VISA).await;
            self.run("booking", &id, false).await;
            if self.world.booking(&id).await.status == BookingStatus::Confirmed || tried == TRIES_MAX {
                return (id, tried);
            }
            self.sleeper.sleep(AGAIN_SECONDS).await;
        }
        unreachable!("numbers do not end")
    }
}

#[async_trait]
impl Services for Stage {
    fn now_millis(&self) -> i64 {
        self.world.now().as_millisecond()
    }

    async fn pass(&self, seconds: f64) {
        self.sleeper.sleep(seconds).await;
    }

    async fn call(&self, call: &Call) -> Result<Value, TaskFailure> {
        if call.resource == Task::Message {
            let note = call.arguments["MessageBody"].clone();
            self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(note);
            return Ok(json!({ "MessageId": "1" }));
        }
        match step(&call.arguments["Payload"], &self.saga, &self.world.clock).await {
            Ok(outcome) => Ok(json!({ "StatusCode": 200, "Payload": outcome })),
            Err(diagnostic) => {
                Err(TaskFailure { error: diagnostic.error_type, cause: diagnostic.error_message })
            }
        }
    }

    async fn callback(&self, _: &str, _: f64) -> Option<Value> {
        panic!("nobody's bank wants the customer")
    }
}

/// How it ended.
struct Seen {
    world: Arc<World>,
    requests: BTreeMap<Endpoint, Requests>,
    notes: Vec<Value>,
    captured: Vec<BookingId>,
    voided: Vec<BookingId>,
    refunded: Vec<BookingId>,
    hostile: Vec<BookingId>,
    /// Bookings of guests who began in the flood, with their tries.
    began: Vec<(BookingId, usize)>,
    /// How long the flood lasted.
    seconds: i64,
}

fn room() -> Resource {
    let mut room = nightly_resource("room", 1000, 3600);
    room.terms.hold_limits = UNLIMITED;
    room
}

/// A hold of a hostile guest, and the booking that is to pay it with a stolen card: each has an account of their own.
async fn hostile(w: &World, room: &Resource, number: i64) -> BookingId {
    // A page has 200 live holds.
    let nights = [("2030-07-01", "2030-07-02"), ("2030-08-01", "2030-08-02")];
    let (name, caller) = (format!("hostile-{number}"), guest(&format!("hostile-{number}")));
    let request = HoldRequest {
        user: Some(caller.guest.clone()),
        ..hold_request(room, nights[usize::from(number % 2 == 0)], 1)
    };
    let placed = w.holds.create(&operator(), &key(&name, &name), &request, &w.by("operator")).await;
    let request = BookingRequest {
        hold: placed.expect("a free place").hold.id,
        payment_method: Some(DECLINED.to_owned()),
        contact: None,
        wait: Duration::ZERO,
    };
    let asked = w.requests.request(&caller, &key("pay", &name), &request, &w.by(&name)).await;
    asked.expect("a booking").booking.id
}

async fn held(w: &World, room: &Resource, what: &str, number: i64) -> Hold {
    w.held(room, &format!("{what}-{number}"), NIGHT).await
}

async fn open(w: &World, room: &Resource, what: &str, number: i64) -> BookingId {
    let hold = held(w, room, what, number).await;
    w.open_by_operator(&hold, &format!("pay-{what}-{number}"), VISA).await
}

async fn reserve(w: &World, id: &BookingId) {
    w.saga.create_payment(id, &w.by("saga")).await.expect("created");
    assert_eq!(w.saga.authorize_payment(id, &w.by("saga")).await.expect("an answer"), Outcome::Authorized);
}

/// Over the provider's limits alone, or with a pace before them.
async fn flood(pace: Option<&str>, per_second: usize) -> Seen {
    let room = room();
    let w = World::with(&room).await;
    let (mut captured, mut voided, mut refunded) = (Vec::new(), Vec::new(), Vec::new());
    let (mut hostile_ones, mut waiting) = (Vec::new(), Vec::new());
    for number in 0..HONEST {
        let id = open(&w, &room, "captures", number).await;
        reserve(&w, &id).await;
        captured.push(id);
        let id = open(&w, &room, "voids", number).await;
        reserve(&w, &id).await;
        w.cancel(&id, "cancel").await.expect("a cancellation");
        voided.push(id);
        let id = open(&w, &room, "refunds", number).await;
        assert_eq!(Drive::new(&w, &id).run().await, End::Confirmed);
        w.cancel(&id, "cancel").await.expect("a cancellation");
        refunded.push(id);
        waiting.push(held(&w, &room, "begins", number).await);
    }
    for number in 0..HOSTILE {
        hostile_ones.push(hostile(&w, &room, number).await);
    }

    let mut timeline = Timeline::new(&w.clock);
    let limited = Arc::new(LimitedPayments::new(w.bank.clone(), &w.clock, per_second));
    let payments: Arc<dyn Payments> = match pace {
        Some(pace) => {
            let (pace, clock) = (pace.parse().expect("a pace"), Arc::new(timeline.sleeper()));
            Arc::new(PacedPayments::new(limited.clone(), w.store.turns.clone(), clock, pace))
        }
        None => limited.clone(),
    };
    let stage = Stage::over(&w, payments, timeline.sleeper());
    let begin = w.now();
    let mut runs = Vec::new();
    for (of, machine, resume) in
        [(&captured, "booking", true), (&voided, "cancellation", false), (&refunded, "cancellation", false)]
    {
        for (id, number) in of.iter().cloned().zip(0..) {
            // Between the waves of the flood, which tries again at whole seconds: whoever comes at the same instant may be first.
            let after = number * HONEST_EVERY_MS + HONEST_EVERY_MS / 2;
            let stage = stage.clone();
            runs.push(timeline.spawn(after, async move { stage.run(machine, &id, resume).await }));
        }
    }
    for (id, number) in hostile_ones.iter().cloned().zip(0..) {
        let stage = stage.clone();
        let run = async move { stage.run("booking", &id, false).await };
        runs.push(timeline.spawn(number * HOSTILE_EVERY_MS, run));
    }
    let mut begins = Vec::new();
    for (hold, number) in waiting.into_iter().zip(0..) {
        let stage = stage.clone();
        begins.push(timeline.spawn(number * HONEST_EVERY_MS, async move { stage.pays(&hold).await }));
    }
    timeline.pass().await;
    for run in runs {
        run.await.expect("no panic");
    }
    let mut began = Vec::new();
    for run in begins {
        began.push(run.await.expect("no panic"));
    }
    let notes = stage.notes();
    let seconds = w.now().as_second() - begin.as_second();
    let (requests, hostile) = (limited.tally(), hostile_ones);
    let seen = Seen { world: w, requests, notes, captured, voided, refunded, hostile, began, seconds };
    let most = seen.began.iter().map(|(_, tries)| tries).max();
    println!(
        "pace {pace:?} of {per_second}: {} s, tries {most:?} at most, {:?}",
        seen.seconds, seen.requests
    );
    seen
}

fn assert_that_all_have_room(seen: &Seen) {
    for endpoints in [&[Endpoint::Create, Endpoint::Confirm][..], &OWED] {
        assert_eq!(refused(&seen.requests, endpoints), 0, "{:?}", seen.requests);
    }
    assert_eq!(seen.notes, Vec::<Value>::new(), "nobody is parked");
}

async fn assert_that_all_have_what_is_theirs(seen: &Seen) {
    for (ids, status, kept) in [
        (&seen.captured, BookingStatus::Confirmed, PRICE),
        (&seen.voided, BookingStatus::Cancelled, 0),
        (&seen.refunded, BookingStatus::Cancelled, 0),
        (&seen.hostile, BookingStatus::Failed, 0),
    ] {
        for id in ids {
            let booking = seen.world.rests(id).await;
            assert_eq!((booking.status, seen.world.bank.kept(id)), (status, kept), "{id}");
        }
    }
    for (id, tries) in &seen.began {
        let booking = seen.world.rests(id).await;
        assert_eq!(booking.status, BookingStatus::Confirmed, "after {tries} tries");
    }
}

#[tokio::test]
async fn in_a_flood_of_new_payments_capture_void_and_refund_have_room() {
    let seen = flood(Some(PACE), LimitedPayments::TEST_MODE).await;
    assert_that_all_have_room(&seen);
    assert_that_all_have_what_is_theirs(&seen).await;
}

#[tokio::test]
async fn at_twice_the_pace_they_have_room_in_live_mode() {
    let seen = flood(Some(LIVE_PACE), LimitedPayments::LIVE_MODE).await;
    assert_that_all_have_room(&seen);
    assert_that_all_have_what_is_theirs(&seen).await;
}

/// The control: without a pace, the same flood takes the room of all others.
#[tokio::test]
async fn control_without_a_pace_the_flood_takes_their_room() {
    let seen = flood(None, LimitedPayments::TEST_MODE).await;
    for owed in [&[Endpoint::Capture, Endpoint::Cancel, Endpoint::Refund][..], &[Endpoint::Retrieve]] {
        assert!(refused(&seen.requests, owed) > 0, "{owed:?}: {:?}", seen.requests);
    }
}

#[tokio::test]
async fn without_a_counter_nobody_begins_and_what_has_begun_goes_on() {
    let room = room();
    let w = World::with(&room).await;
    let (begun, reserved) = (open(&w, &room, "begun", 0).await, open(&w, &room, "reserved", 0).await);
    w.saga.create_payment(&begun, &w.by("saga")).await.expect("created");
    reserve(&w, &reserved).await;
    let new = open(&w, &room, "new", 0).await;
    let (faults, timeline) = (Faults::default(), Timeline::new(&w.clock));
    let turns: Arc<dyn PaymentTurns> = w.database.store_under(&faults).turns;
    let pace = PACE.parse().expect("a pace");
    let paced = PacedPayments::new(w.bank.clone(), turns, Arc::new(timeline.sleeper()), pace);
    let saga = w.saga_over(Arc::new(paced));
    faults.strike(Fault::Broken, 0, usize::MAX);
    let asked = w.bank.calls().len();
    for refused in
        [saga.create_payment(&new, &w.by("saga")).await, saga.authorize_payment(&begun, &w.by("saga")).await]
    {
        let refused = refused.expect_err("no turn");
        assert!(matches!(refused, Failure::Payment(PaymentError::Unavailable(_))), "{refused:?}");
    }
    assert_eq!(w.bank.calls().len(), asked, "the bank was not asked");
    assert_eq!(saga.confirm_booking(&reserved, &w.by("saga")).await.expect("an answer"), Outcome::Confirmed);
    assert_eq!(saga.capture_payment(&reserved, &w.by("saga")).await.expect("an answer"), Outcome::Captured);
    w.cancel(&reserved, "cancel").await.expect("a cancellation");
    w.cancel(&begun, "cancel").await.expect("a cancellation");
    for id in [&reserved, &begun] {
        assert_eq!(saga.settle(id, &w.by("saga")).await.expect("an answer"), Outcome::Settled);
        assert_eq!((w.rests(id).await.status, w.bank.kept(id)), (BookingStatus::Cancelled, 0));
    }
    let since = w.bank.calls().split_off(asked);
    assert!(!since.contains(&Op::Create) && !since.contains(&Op::Authorize), "{since:?}");
}
