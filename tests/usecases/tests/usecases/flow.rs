//! The saga service and the timers: they remember what they were asked, and run what the test wants run.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use holdfast_app::WorkflowError;
use holdfast_app::holds::Timers;
use holdfast_app::operations::{SagaInspection, SagaState};
use holdfast_app::payments::{BookingSaga, SagaResumption, SettlementSaga};
use holdfast_domain::{BookingId, HoldId};
use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::driver::Drive;
use crate::world::{World, soon};

#[derive(Default)]
struct State {
    started: Vec<BookingId>,
    ended: HashSet<BookingId>,
    resumptions: Vec<(BookingId, u32)>,
    ended_resumptions: HashSet<(BookingId, u32)>,
    settlements: Vec<(BookingId, String)>,
    waiting: HashMap<String, oneshot::Sender<()>>,
    handed_over: HashSet<String>,
    resumed: Vec<String>,
    unavailable: bool,
}

/// A fake of the saga service. Starting the same twice starts it once.
#[derive(Default)]
pub(crate) struct Flow {
    state: Mutex<State>,
    sagas_run_in: OnceLock<Weak<World>>,
    settlements_run_in: OnceLock<Weak<World>>,
}

impl Flow {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on sagas run as soon as they are started.
    pub(crate) fn run_sagas(&self, world: Weak<World>) {
        self.sagas_run_in.set(world).ok();
    }

    /// From now on settlements run as soon as they are started.
    pub(crate) fn run_settlements(&self, world: Weak<World>) {
        self.settlements_run_in.set(world).ok();
    }

    pub(crate) fn runs_settlements(&self) -> bool {
        self.settlements_run_in.get().is_some()
    }

    pub(crate) fn started(&self) -> Vec<BookingId> {
        self.state().started.clone()
    }

    /// The saga of a booking was never started.
    pub(crate) fn forget(&self, booking: &BookingId) {
        self.state().started.retain(|started| started != booking);
    }

    /// The saga of a booking is over.
    pub(crate) fn end(&self, booking: &BookingId) {
        self.state().ended.insert(booking.clone());
    }

    /// Sagas that were started again, with the number of the resumption.
    pub(crate) fn resumptions(&self) -> Vec<(BookingId, u32)> {
        self.state().resumptions.clone()
    }

    /// All resumptions so far are over.
    pub(crate) fn end_resumptions(&self) {
        let mut state = self.state();
        let all = state.resumptions.clone();
        state.ended_resumptions.extend(all);
    }

    pub(crate) fn settlements(&self) -> Vec<(BookingId, String)> {
        self.state().settlements.clone()
    }

    /// Whoever asks for the next settlement does not live to see it started.
    pub(crate) fn lose_next_settlement(&self) {
        self.state().unavailable = true;
    }

    pub(crate) fn resumed(&self) -> Vec<String> {
        self.state().resumed.clone()
    }

    /// A saga begins to wait under a token.
    pub(crate) fn wait(&self, token: &str) -> oneshot::Receiver<()> {
        let (wake, woken) = oneshot::channel();
        self.state().waiting.insert(token.to_owned(), wake);
        woken
    }

    /// The callback under a token is where it belongs: from now on the saga only waits.
    pub(crate) fn hand_over(&self, token: &str) {
        self.state().handed_over.insert(token.to_owned());
    }

    /// Comes when a saga only waits.
    pub(crate) async fn idle(&self) {
        let waits = || {
            let state = self.state();
            state.waiting.keys().any(|token| state.handed_over.contains(token))
        };
        soon("a saga that waits", async {
            while !waits() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        })
        .await;
    }

    /// The time of every waiting saga is over.
    pub(crate) fn time_out(&self) {
        for (_, wake) in self.state().waiting.drain() {
            wake.send(()).ok();
        }
    }
}

#[async_trait]
impl BookingSaga for Flow {
    async fn start_booking(&self, booking: &BookingId, _: Option<&str>) -> Result<(), WorkflowError> {
        {
            let mut state = self.state();
            if state.started.contains(booking) {
                return Ok(());
            }
            state.started.push(booking.clone());
        }
        if let Some(world) = self.sagas_run_in.get().and_then(Weak::upgrade) {
            let id = booking.clone();
            tokio::spawn(async move {
                Drive::new(&world, &id).run().await;
                world.flow.end(&id);
            });
        }
        Ok(())
    }

    async fn resume_booking(&self, booking: &BookingId, number: u32) -> Result<(), WorkflowError> {
        let run = (booking.clone(), number);
        let mut state = self.state();
        if !state.resumptions.contains(&run) {
            state.resumptions.push(run);
        }
        Ok(())
    }
}

#[async_trait]
impl SettlementSaga for Flow {
    async fn start_settlement(
        &self,
        booking: &BookingId,
        cause: &str,
        _: Option<&str>,
    ) -> Result<(), WorkflowError> {
        {
            let mut state = self.state();
            if std::mem::take(&mut state.unavailable) {
                return Err(WorkflowError("unavailable".into()));
            }
            let name = (booking.clone(), cause.to_owned());
            if state.settlements.contains(&name) {
                return Ok(());
            }
            state.settlements.push(name);
        }
        if let Some(world) = self.settlements_run_in.get().and_then(Weak::upgrade) {
            let id = booking.clone();
            tokio::spawn(async move { world.settle(&id).await });
        }
        Ok(())
    }
}

#[async_trait]
impl SagaResumption for Flow {
    async fn resume(&self, token: &str) -> Result<bool, WorkflowError> {
        let mut state = self.state();
        let Some(wake) = state.waiting.remove(token) else { return Ok(false) };
        state.resumed.push(token.to_owned());
        wake.send(()).ok();
        Ok(true)
    }
}

#[async_trait]
impl SagaInspection for Flow {
    async fn booking_saga(
        &self,
        booking: &BookingId,
        resumption: Option<u32>,
    ) -> Result<SagaState, WorkflowError> {
        let state = self.state();
        let (is_started, has_ended) = match resumption.map(|number| (booking.clone(), number)) {
            None => (state.started.contains(booking), state.ended.contains(booking)),
            Some(run) => (state.resumptions.contains(&run), state.ended_resumptions.contains(&run)),
        };
        Ok(match (is_started, has_ended) {
            (false, _) => SagaState::NotStarted,
            (true, false) => SagaState::Running,
            (true, true) => SagaState::Ended,
        })
    }
}

/// Timers that never ring by themselves.
#[derive(Default)]
pub(crate) struct Alarm(Mutex<Vec<(HoldId, Timestamp)>>);

impl Alarm {
    pub(crate) fn set(&self) -> Vec<(HoldId, Timestamp)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Timers for Alarm {
    async fn wake(&self, hold: &HoldId, at: Timestamp, _: Timestamp) -> Result<(), WorkflowError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((hold.clone(), at));
        Ok(())
    }
}
