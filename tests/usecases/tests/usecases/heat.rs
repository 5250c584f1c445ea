//! A page in the heat: sold out, wanted by a crowd at many times what DynamoDB writes of one item in a second, and behind it
//! guests who have paid. Sagas run by the deployed machine, on a timeline. A step takes no time: its own tries meet the same instant.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use holdfast_app::bookings::BookingRequest;
use holdfast_app::holds::HoldRequest;
use holdfast_asl::machine::Resource;
use holdfast_asl::{Call, Ending, Machine, Services, TaskFailure};
use holdfast_domain::{BookingId, BookingStatus};
use holdfast_runtime::saga::step;
use holdfast_testkit::{Database, Faults, Throughput, nightly_resource};
use serde_json::{Value, json};

use crate::bank::VISA;
use crate::faults::matrix::Machines;
use crate::timeline::{Sleeper, Timeline};
use crate::world::{NIGHT, PRICE, World, guest, hold_request, key, operator};

const HEAT_SECONDS: u32 = 600;
/// How many times the limit of writes the crowd asks for.
const CROWD_TIMES: f64 = 20.0;
/// Guests begin to pay one after the other, within a minute.
const STARTS_WITHIN_MS: usize = 60_000;
/// How long after the heat the last guest but one in a hundred may wait.
const RECOVERY_SECONDS_MAX: f64 = 30.0;
/// Of so many guests, one has its first step that is throttled try as often as it does by itself. All other steps are cut short
/// when they are throttled, because their further tries meet the same instant.
const WHOLE_EVERY: usize = 20;

struct Guest {
    world: Arc<World>,
    throughput: Throughput,
    is_whole: AtomicBool,
    sleeper: Sleeper,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    notes: Vec<Value>,
    /// Errors of steps that were not cut short.
    errors: BTreeSet<String>,
}

fn seen(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Services for Guest {
    fn now_millis(&self) -> i64 {
        self.world.now().as_millisecond()
    }

    async fn pass(&self, seconds: f64) {
        self.sleeper.sleep(seconds).await;
    }

    async fn call(&self, call: &Call) -> Result<Value, TaskFailure> {
        if call.resource == Resource::Message {
            seen(&self.seen).notes.push(call.arguments["MessageBody"].clone());
            return Ok(json!({ "MessageId": "1" }));
        }
        let payload = &call.arguments["Payload"];
        let outcome = tokio::select! {
            biased;
            () = self.throughput.throttles(), if !self.is_whole.load(Ordering::Relaxed) => {
                let error = holdfast_workflow::errors::STORE_UNAVAILABLE.to_owned();
                return Err(TaskFailure { error, cause: "cut short".to_owned() });
            }
            outcome = step(payload, &self.world.saga, &self.world.clock) => outcome,
        };
        match outcome {
            Ok(outcome) => Ok(json!({ "StatusCode": 200, "Payload": outcome })),
            Err(diagnostic) => {
                seen(&self.seen).errors.insert(diagnostic.error_type.clone());
                self.is_whole.store(false, Ordering::Relaxed);
                Err(TaskFailure { error: diagnostic.error_type, cause: diagnostic.error_message })
            }
        }
    }

    async fn callback(&self, _: &str, _: f64) -> Option<Value> {
        panic!("nobody's bank wants the customer")
    }
}

/// How it ended.
struct Outcome {
    world: Arc<World>,
    bookings: Vec<BookingId>,
    endings: Vec<Ending>,
    /// Seconds after the end of the heat, of the sagas that ended later, in order.
    late_seconds: Vec<f64>,
    seen: Arc<Mutex<Seen>>,
}

impl Outcome {
    fn parked(&self) -> usize {
        self.endings.iter().filter(|ending| !matches!(ending, Ending::Succeeded(_))).count()
    }

    fn late_percentile(&self, percent: usize) -> f64 {
        let rank = (self.late_seconds.len() * percent).div_ceil(100);
        rank.checked_sub(1).map_or(0.0, |index| self.late_seconds[index])
    }
}

/// Guests hold all places of a night and ask to pay; then the heat begins, and their sagas run.
async fn heat(machines: &Machines, guests: usize) -> Outcome {
    let room = nightly_resource("room", u32::try_from(guests).expect("a few"), 3_600);
    let world = World::with(&room).await;
    let mut bookings = Vec::new();
    for number in 0..guests {
        let (name, caller) = (format!("guest{number}"), guest(&format!("guest{number}")));
        let user = Some(caller.guest.clone());
        let request = HoldRequest { user, ..hold_request(&room, NIGHT, 1) };
        let placed =
            world.holds.create(&operator(), &key(&name, &name), &request, &world.by("operator")).await;
        let hold = placed.expect("a free place").hold;
        let request = BookingRequest {
            hold: hold.id.clone(),
            payment_method: Some(VISA.to_owned()),
            contact: None,
            wait: Duration::ZERO,
        };
        let asked = world.requests.request(&caller, &key("pay", &name), &request, &world.by(&name)).await;
        bookings.push(asked.expect("a booking").booking.id);
    }
    let throughput = Throughput::new(&world.clock, world.database.client_under(&Faults::default()));
    world.database.faults.limit(&throughput);
    let page = world.database.client.query().table_name(Database::LEDGER);
    let page = page.key_condition_expression("pk = :pk AND begins_with(sk, :page)");
    let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    let page = page.expression_attribute_values(":pk", text("R#room"));
    let page = page.expression_attribute_values(":page", text("P#")).send().await.expect("a page");
    let [page] = page.items() else { panic!("one page: {page:?}") };
    let name = |name: &str| page[name].as_s().expect("a text").clone();
    let begin = world.now().as_millisecond();
    let heat =
        throughput.crowd(Database::LEDGER, (&name("pk"), &name("sk")), CROWD_TIMES, HEAT_SECONDS).await;
    let heat_end = begin + i64::from(HEAT_SECONDS) * 1000;

    let mut timeline = Timeline::new(&world.clock);
    let shared = Arc::new(Mutex::new(Seen::default()));
    let machine = machines.get("booking");
    let mut runs = Vec::new();
    for (number, booking) in bookings.iter().enumerate() {
        let services = Guest {
            world: world.clone(),
            throughput: throughput.clone(),
            is_whole: AtomicBool::new(number % WHOLE_EVERY == 0),
            sleeper: timeline.sleeper(),
            seen: shared.clone(),
        };
        let machine: Machine = machine.clone();
        let (name, input) = (booking.to_string(), json!({ "bookingId": booking.as_str() }));
        let starts = i64::try_from(number * STARTS_WITHIN_MS / guests).expect("a minute");
        runs.push(timeline.spawn(starts, async move {
            let execution = machine.run(&services, &name, input).await.expect("a run");
            (execution.ending, services.now_millis() - heat_end)
        }));
    }
    timeline.pass().await;
    let (mut endings, mut late_seconds) = (Vec::new(), Vec::new());
    for run in runs {
        let (ending, late) = run.await.expect("no panic");
        endings.push(ending);
        late_seconds.extend((late > 0).then(|| seconds(late)));
    }
    late_seconds.sort_by(f64::total_cmp);
    let outcome = Outcome { world, bookings, endings, late_seconds, seen: shared };
    println!(
        "{guests} guests behind a page of {heat} write units: {} ended in the heat, {} after it, {} parked; \
         after it p50 {:.1} s, p99 {:.1} s; {:?}",
        guests - outcome.late_seconds.len(),
        outcome.late_seconds.len(),
        outcome.parked(),
        outcome.late_percentile(50),
        outcome.late_percentile(99),
        throughput.tally(),
    );
    outcome
}

#[expect(clippy::cast_precision_loss, reason = "some minutes")]
fn seconds(millis: i64) -> f64 {
    millis as f64 / 1000.0
}

#[tokio::test]
async fn guests_who_have_paid_come_through_the_heat_and_nobody_is_parked() {
    let outcome = heat(&Machines::deployed(), 200).await;
    assert_eq!(outcome.parked(), 0, "{:?}", outcome.endings);
    assert_eq!(seen(&outcome.seen).notes, Vec::<Value>::new());
    let throttled = BTreeSet::from(["StoreUnavailable".to_owned()]);
    assert_eq!(seen(&outcome.seen).errors, throttled, "steps were throttled, and nobody was first");
    for id in &outcome.bookings {
        let booking = outcome.world.rests(id).await;
        assert_eq!((booking.status, outcome.world.bank.kept(id)), (BookingStatus::Confirmed, PRICE), "{id}");
    }
    assert!(!outcome.late_seconds.is_empty(), "the heat hurt nobody");
    let recovery = outcome.late_percentile(99);
    assert!(recovery <= RECOVERY_SECONDS_MAX, "{recovery} s");
}

/// The control: sagas that wait some minutes only are parked by the same heat.
#[tokio::test]
async fn control_sagas_that_wait_some_minutes_only_are_parked_by_it() {
    let impatient = Machines::changed(|_, machine| {
        let states = machine["States"].as_object_mut().expect("states").values_mut();
        for retrier in states.filter_map(|state| state.get_mut("Retry")?.as_array_mut()).flatten() {
            if retrier["MaxAttempts"].as_u64() > Some(15) {
                retrier["MaxAttempts"] = json!(15);
            }
        }
    });
    let outcome = heat(&impatient, 20).await;
    assert!(outcome.parked() > 0);
    assert_eq!(seen(&outcome.seen).notes.len(), outcome.parked());
}
