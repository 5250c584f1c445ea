//! Runs on the test's clock, each when the clock comes to it and one at a time; the clock is turned from one to the next, so that
//! minutes pass in no time. Between two sleeps of a run no time passes.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::Duration;

use async_trait::async_trait;
use holdfast_app::Clock;
use holdfast_app::kernel::Pause;
use holdfast_testkit::TestClock;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// What a run does next.
enum Event {
    Sleeps { until: i64, gate: oneshot::Sender<()> },
    Ended,
}

/// By what a run sleeps.
#[derive(Clone)]
pub(crate) struct Sleeper {
    clock: TestClock,
    events: mpsc::UnboundedSender<Event>,
}

impl Sleeper {
    /// Sleeps until the clock shows so many milliseconds since 1970.
    pub(crate) async fn sleep_until(&self, until: i64) {
        let (gate, opened) = oneshot::channel();
        self.events.send(Event::Sleeps { until, gate }).ok();
        opened.await.expect("a turn");
    }

    pub(crate) async fn sleep(&self, seconds: f64) {
        let millis = i64::try_from(Duration::from_secs_f64(seconds).as_millis()).expect("a short time");
        self.sleep_until(self.now().as_millisecond() + millis).await;
    }
}

impl Clock for Sleeper {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

#[async_trait]
impl Pause for Sleeper {
    async fn until(&self, at: Timestamp) {
        self.sleep_until(at.as_millisecond()).await;
    }
}

/// The runs, and whose turn it is.
pub(crate) struct Timeline {
    sleeper: Sleeper,
    happens: mpsc::UnboundedReceiver<Event>,
    runs: usize,
}

impl Timeline {
    pub(crate) fn new(clock: &TestClock) -> Self {
        let (events, happens) = mpsc::unbounded_channel();
        Self { sleeper: Sleeper { clock: clock.clone(), events }, happens, runs: 0 }
    }

    pub(crate) fn sleeper(&self) -> Sleeper {
        self.sleeper.clone()
    }

    /// Begins a run so many milliseconds from now.
    pub(crate) fn spawn<T: Send + 'static>(
        &mut self,
        after_millis: i64,
        run: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.runs += 1;
        let (sleeper, starts) = (self.sleeper(), self.sleeper.now().as_millisecond() + after_millis);
        tokio::spawn(async move {
            sleeper.sleep_until(starts).await;
            let end = run.await;
            sleeper.events.send(Event::Ended).ok();
            end
        })
    }

    /// Turns the clock until every run has ended.
    pub(crate) async fn pass(mut self) {
        let (mut turns, mut gates, mut numbers) = (BinaryHeap::new(), HashMap::new(), 0_usize);
        // Runs that are awake: all of them first, then one at a time.
        let (mut awake, mut left) = (self.runs, self.runs);
        while left > 0 {
            for _ in 0..std::mem::take(&mut awake) {
                match self.happens.recv().await.expect("a run") {
                    Event::Sleeps { until, gate } => {
                        turns.push(Reverse((until, numbers)));
                        gates.insert(numbers, gate);
                        numbers += 1;
                    }
                    Event::Ended => left -= 1,
                }
            }
            if left > 0 {
                let Reverse((until, turn)) = turns.pop().expect("a run that sleeps");
                let rest = until - self.sleeper.now().as_millisecond();
                self.sleeper.clock.advance(SignedDuration::from_millis(rest.max(0)));
                let gate: oneshot::Sender<()> = gates.remove(&turn).expect("a gate");
                gate.send(()).ok();
                awake = 1;
            }
        }
    }
}
