//! What a machine runs on: the real tasks over the real ledger, a scripted bank, a queue for people, and the faults.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures::future::join;
use holdfast_app::payments::{PaymentState, Saga};
use holdfast_asl::machine::Resource;
use holdfast_asl::{Call, Services, TaskFailure};
use holdfast_domain::rates::cancellation::KeptStep;
use holdfast_domain::rates::promotion::UseLimits;
use holdfast_domain::{BookingId, BookingStatus, Hold, Money};
use holdfast_runtime::saga::step;
use holdfast_testkit::{hold_for, nightly_resource, with_promotion};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::bank::Dashboard;
use crate::faults::injection::{Blow, Injection, Until};
use crate::faults::outside::{Fate, Outside, Process};
use crate::faults::scenarios::{Deed, Scenario};
use crate::world::{NIGHT, World};

const AGAIN_SECONDS: i64 = 30;
/// The code of the hold, which may be used once.
pub(crate) const CODE: &str = "ONCE";

/// A process that stands still while the machine goes on without it.
struct Straggler {
    until: Until,
    process: Arc<Process>,
    step: JoinHandle<Result<Value, TaskFailure>>,
}

struct Inner {
    injections: Vec<Injection>,
    strikes: Vec<usize>,
    calls: HashMap<String, usize>,
    entered: Vec<String>,
    agenda: Vec<(i64, Deed)>,
    waiting: HashMap<String, oneshot::Receiver<()>>,
    stragglers: Vec<Straggler>,
    notes: Vec<Value>,
    thief: Option<Hold>,
}

pub(crate) struct Stage {
    pub(crate) world: Arc<World>,
    pub(crate) scenario: &'static Scenario,
    pub(crate) room: holdfast_domain::Resource,
    pub(crate) hold: Hold,
    pub(crate) id: BookingId,
    saga: Arc<Saga>,
    inner: Mutex<Inner>,
}

fn failure(error: &str, cause: &str) -> TaskFailure {
    TaskFailure { error: error.to_owned(), cause: cause.to_owned() }
}

fn millis(seconds: f64) -> i64 {
    i64::try_from(std::time::Duration::from_secs_f64(seconds).as_millis()).expect("a short time")
}

/// A hold that uses a code which may be used once, under terms that keep what the room's own policy does.
fn redeemed(room: &holdfast_domain::Resource, now: Timestamp) -> Hold {
    let limits = UseLimits { in_all: Some(1), per_guest: Some(1) };
    let mut hold = with_promotion(hold_for(room, "guest", "k", NIGHT, 1, now), CODE, limits);
    let (start, total) = (hold.order.start, hold.order.price.total());
    let none = Money::zero(total.currency());
    let half = Money::new(total.amount() - total.amount() / 2, total.currency()).expect("in range");
    let rate = hold.order.rate.as_mut().expect("a rate");
    rate.refunds.steps = vec![
        KeptStep { until: start - SignedDuration::from_hours(24), kept: none },
        KeptStep { until: start, kept: half },
    ];
    hold
}

impl Stage {
    pub(crate) async fn set(scenario: &'static Scenario, injections: Vec<Injection>) -> Self {
        let room = nightly_resource("room", 1, scenario.ttl_seconds);
        let world = World::with(&room).await;
        let hold = redeemed(&room, world.now());
        world.store.holds.place(&[&room], &hold, &world.by("guest")).await.expect("a free place");
        let id = world.open(&hold, "pay", scenario.card).await;
        let outside = Arc::new(Outside(world.clone()));
        let start = world.now().as_millisecond();
        let inner = Inner {
            strikes: vec![0; injections.len()],
            injections,
            calls: HashMap::new(),
            entered: Vec::new(),
            agenda: scenario.at.iter().map(|(at, deed)| (start + at * 1000, *deed)).collect(),
            waiting: HashMap::new(),
            stragglers: Vec::new(),
            notes: Vec::new(),
            thief: None,
        };
        Self {
            saga: Arc::new(Saga::new(
                outside.clone(),
                outside.clone(),
                world.store.catalogue.clone(),
                outside.clone(),
                outside.clone(),
                outside,
                world.store.notes.clone(),
            )),
            world,
            scenario,
            room,
            hold,
            id,
            inner: Mutex::new(inner),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often each injection struck.
    pub(crate) fn strikes(&self) -> Vec<usize> {
        self.inner().strikes.clone()
    }

    /// The fault is gone.
    pub(crate) fn heal(&self) {
        let mut inner = self.inner();
        inner.injections.clear();
        inner.strikes.clear();
    }

    /// The most calls that a step made.
    pub(crate) fn calls(&self) -> HashMap<String, usize> {
        self.inner().calls.clone()
    }

    /// What was put before a person.
    pub(crate) fn notes(&self) -> Vec<Value> {
        self.inner().notes.clone()
    }

    pub(crate) fn thief(&self) -> Option<Hold> {
        self.inner().thief.clone()
    }

    pub(crate) async fn does(&self, deed: Deed) {
        let (w, id) = (&self.world, &self.id);
        match deed {
            Deed::Pass(seconds) => w.pass(seconds),
            Deed::Thief => {
                let placed = w.place(&self.room, "thief", NIGHT, 1).await.ok();
                self.inner().thief = placed.map(|placed| placed.hold);
            }
            Deed::Dashboard(does) => {
                let is_reserved = w.bank.state(id) == Some(PaymentState::Authorized);
                if is_reserved && matches!(does, Dashboard::Captures | Dashboard::Voids) {
                    w.bank.dashboard(id, does);
                }
            }
            Deed::Cancel => drop(w.cancel(id, "cancel").await),
            Deed::Customer { passes } => self.customer(passes).await,
            Deed::Authorize => {
                w.saga.create_payment(id, &w.by("saga")).await.expect("created");
                w.saga.authorize_payment(id, &w.by("saga")).await.expect("authorized");
            }
            Deed::Book => panic!("a machine runs, not a deed"),
        }
    }

    async fn customer(&self, passes: bool) {
        let (w, id) = (&self.world, &self.id);
        if matches!(w.bank.state(id), Some(PaymentState::ActionRequired { .. })) {
            w.bank.customer(id, passes);
            let intent = w.bank.intent_of(id);
            w.webhook.on_payment("evt_1", &intent, &w.by("stripe")).await.expect("a reaction");
        } else if w.booking(id).await.status == BookingStatus::Pending {
            let again = w.now().as_millisecond() + AGAIN_SECONDS * 1000;
            self.inner().agenda.push((again, Deed::Customer { passes }));
        }
    }

    /// Turns the clock until `end`, or until `stop` says so; what is due on the way happens.
    async fn pass_until(&self, end: i64, mut stop: impl FnMut() -> bool + Send) {
        while !stop() {
            let next = {
                let mut inner = self.inner();
                let due = inner.agenda.iter().enumerate().min_by_key(|(_, (at, _))| *at);
                let due = due.filter(|(_, (at, _))| *at <= end).map(|(index, _)| index);
                due.map(|index| inner.agenda.remove(index))
            };
            let Some((at, deed)) = next else {
                self.turn_to(end);
                return;
            };
            self.turn_to(at);
            self.does(deed).await;
        }
    }

    fn turn_to(&self, at: i64) {
        let left = at - self.now_millis();
        if left > 0 {
            self.world.clock.advance(SignedDuration::from_millis(left));
        }
    }

    async fn enters(&self, state: &str) {
        let is_first = {
            let mut inner = self.inner();
            let is_first = !inner.entered.iter().any(|entered| entered == state);
            inner.entered.push(state.to_owned());
            is_first
        };
        for (_, deed) in self.scenario.before.iter().filter(|(at, _)| is_first && *at == state) {
            self.does(*deed).await;
        }
    }

    /// Processes that stood still go on, and come to their end.
    pub(crate) async fn let_go(&self, until: Until) {
        let (go, stay) = std::mem::take(&mut self.inner().stragglers)
            .into_iter()
            .partition(|straggler| straggler.until == until);
        self.inner().stragglers = stay;
        let go: Vec<Straggler> = go;
        for straggler in go {
            straggler.process.let_go();
            // Nobody hears how it ended.
            straggler.step.await.expect("no panic").ok();
        }
    }

    /// What a task asks for, in a process of that fate.
    async fn perform(&self, call: &Call, process: Arc<Process>) -> Result<Value, TaskFailure> {
        let body = match call.resource {
            Resource::Message => {
                let body = call.arguments["MessageBody"].as_str().expect("a text");
                self.inner().notes.push(serde_json::from_str(body).expect("JSON"));
                return Ok(json!({ "MessageId": "1" }));
            }
            Resource::Function | Resource::Callback => call.arguments["Payload"].clone(),
        };
        take(self.saga.clone(), self.world.clone(), body, process).await
    }

    async fn whole(&self, call: &Call) -> Result<Value, TaskFailure> {
        let process = Process::new(Fate::Lives);
        let outcome = self.perform(call, process.clone()).await;
        let mut inner = self.inner();
        let most = inner.calls.entry(call.state.clone()).or_default();
        *most = (*most).max(process.calls());
        outcome
    }

    /// An attempt that a blow is meant for, and whether it struck: a later attempt may find less to do than the first, and
    /// end before the call that the blow waits for.
    async fn struck(&self, call: &Call, blow: &Blow) -> (bool, Result<Value, TaskFailure>) {
        match blow {
            Blow::Fails(error) => (true, self.reported(call, error).await),
            Blow::AnswerLost(error) => {
                self.whole(call).await.ok();
                (true, self.reported(call, error).await)
            }
            Blow::Killed(before) => {
                let process = Process::new(Fate::DiesBefore(*before));
                tokio::select! {
                    outcome = self.perform(call, process.clone()) => (false, outcome),
                    () = process.struck() => (true, self.reported(call, "Runtime.ExitError").await),
                }
            }
            Blow::Straggles { before, until } => {
                let process = Process::new(Fate::StopsBefore(*before));
                let payload = call.arguments["Payload"].clone();
                let taken = take(self.saga.clone(), self.world.clone(), payload, process.clone());
                let mut step = tokio::spawn(taken);
                tokio::select! {
                    outcome = &mut step => return (false, outcome.expect("no panic")),
                    () = process.struck() => {}
                }
                self.inner().stragglers.push(Straggler { until: *until, process, step });
                (true, self.reported(call, "States.Timeout").await)
            }
            Blow::RequestLost(of) => self.loses(call, Fate::LosesRequest(*of), *of).await,
            Blow::ReplyLost(of) => self.loses(call, Fate::LosesAnswer(*of), *of).await,
            Blow::TwiceInARow => {
                self.whole(call).await.ok();
                (true, self.whole(call).await)
            }
            Blow::TwiceAtOnce => (true, join(self.whole(call), self.whole(call)).await.0),
        }
    }

    async fn loses(&self, call: &Call, fate: Fate, of: usize) -> (bool, Result<Value, TaskFailure>) {
        let process = Process::new(fate);
        let outcome = self.perform(call, process.clone()).await;
        (process.calls() >= of, outcome)
    }

    async fn reported(&self, call: &Call, error: &str) -> Result<Value, TaskFailure> {
        if error == "States.Timeout" {
            self.pass(call.timeout_seconds).await;
        }
        Err(failure(error, "injected"))
    }
}

/// Takes a step as the payment function does.
async fn take(
    saga: Arc<Saga>,
    world: Arc<World>,
    payload: Value,
    process: Arc<Process>,
) -> Result<Value, TaskFailure> {
    let outcome = process.run(step(&payload, &saga, &world.clock)).await;
    match outcome {
        Ok(outcome) => Ok(json!({ "StatusCode": 200, "Payload": outcome })),
        Err(diagnostic) => Err(failure(&diagnostic.error_type, &diagnostic.error_message)),
    }
}

#[async_trait]
impl Services for Stage {
    fn now_millis(&self) -> i64 {
        self.world.now().as_millisecond()
    }

    async fn pass(&self, seconds: f64) {
        self.pass_until(self.now_millis() + millis(seconds), || false).await;
    }

    async fn call(&self, call: &Call) -> Result<Value, TaskFailure> {
        self.enters(&call.state).await;
        self.let_go(Until::NextAttempt).await;
        if let Some(token) = &call.token {
            let woken = self.world.flow.wait(token);
            self.inner().waiting.insert(token.clone(), woken);
        }
        let index = {
            let inner = self.inner();
            let index = inner.injections.iter().position(|injection| injection.state == call.state);
            index.filter(|index| inner.injections[*index].always || inner.strikes[*index] == 0)
        };
        let late = std::mem::take(&mut self.inner().stragglers);
        let outcome = match index {
            Some(index) => {
                let blow = self.inner().injections[index].blow.clone();
                let (has_struck, outcome) = self.struck(call, &blow).await;
                self.inner().strikes[index] += usize::from(has_struck);
                outcome
            }
            None => self.whole(call).await,
        };
        let new = std::mem::replace(&mut self.inner().stragglers, late);
        self.let_go(Until::AfterNextAttempt).await;
        self.inner().stragglers.extend(new);
        outcome
    }

    async fn callback(&self, token: &str, seconds: f64) -> Option<Value> {
        let mut woken = self.inner().waiting.remove(token).expect("it was handed over");
        let mut came = false;
        let end = self.now_millis() + millis(seconds);
        self.pass_until(end, || {
            came |= woken.try_recv().is_ok();
            came
        })
        .await;
        came |= woken.try_recv().is_ok();
        came.then(|| json!({ "outcome": "resumed" }))
    }
}
