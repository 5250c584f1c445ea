//! A run: traffic and faults side by side, then rest, then the audit.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::{join, join_all};
use holdfast_client::aws::BusWatch;
use holdfast_client::{Stack, Trouble, now};
use tokio::time::{Instant, sleep, sleep_until};

use crate::audit::Anomaly;
use crate::faults::{Faults, Weather};
use crate::ledger::Reader;
use crate::report::{Outcome, Progress};
use crate::sagas::Sagas;
use crate::traffic::Traffic;
use crate::world::World;
use crate::{Parameters, ends};

/// Guests of one caller: their holds of one page, and their declined cards, stay few.
const GUESTS_PER_CALLER: usize = 24;
/// How long sagas that an outage has stuck may take after its end, before the run goes on.
const RECOVERY_MAX: Duration = Duration::from_secs(90);
/// How long everything may take to come to rest.
const REST_MAX: Duration = Duration::from_secs(240);
/// Batches of events that are taken from the watcher's queue in between, so that it stays short.
const BATCHES_AT_ONCE: usize = 30;
/// How often one looks whether what is waited for has come.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A run and what it works with.
pub(crate) struct Run {
    pub(crate) traffic: Traffic,
    pub(crate) reader: Reader,
    pub(crate) bus: BusWatch,
    pub(crate) stack: Stack,
    pub(crate) progress: Progress,
}

/// Runs once; gives the number of anomalies.
///
/// # Errors
/// [`Trouble`] if the stack cannot be driven or read at all.
pub(crate) async fn run(parameters: &Parameters) -> Result<usize, Trouble> {
    let progress = Progress::begin();
    let stack = Stack::connect()?;
    let begun = now();
    let mut faults = Faults::new(stack.clone(), parameters.microburst.clone());
    faults.weather(Weather::Calm).await?;
    faults.provider_well().await?;
    let bus = stack.watch_bus().await?;
    let world = World::new(stack.clone()).await?;
    let resources: BTreeSet<String> = world.offers.iter().map(|offer| offer.id.clone()).collect();
    let guests = world.guests(parameters.callers * GUESTS_PER_CALLER).await?;
    let reader = Reader::new(&stack, resources.clone())?;
    let seconds_since_epoch = begun.as_second();
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^52")]
    let mut sagas = Sagas::new(stack.clone(), seconds_since_epoch as f64);
    let run = Run { traffic: Traffic::new(world, guests), reader, bus, stack, progress };
    let mut outcome = Outcome::default();

    let (seed, callers) = (parameters.seed, parameters.callers);
    run.progress.say(&format!("seed {seed}: {callers} callers for {} s", parameters.seconds));
    let end = Instant::now() + Duration::from_secs(parameters.seconds);
    let mut dice = fastrand::Rng::with_seed(seed);
    let clients = (0..callers).map(|caller| run.traffic.call_until(end, caller, callers, dice.fork()));
    let clients: Vec<_> = clients.collect();
    let (struck, _) = join(
        run.strike(end, parameters.seconds, &mut dice, &mut faults, &mut sagas, &mut outcome),
        join_all(clients),
    )
    .await;
    struck?;

    if let Err(trouble) = run.rest(&mut sagas, &mut outcome).await {
        outcome.anomalies.push(Anomaly { field: "rest", what: format!("could not be watched: {trouble}") });
    }
    run.inspect(seconds_since_epoch, resources, &sagas, &mut outcome).await;
    outcome.operations = run.traffic.outcomes();
    // What was injected is no finding: a table without it is still one.
    outcome.faults = faults.counted().await.unwrap_or_default();
    run.bus.end().await?;
    outcome.started_again.clone_from(&sagas.started_again);
    outcome.print(run.progress.elapsed());
    Ok(outcome.anomalies.len())
}

impl Run {
    /// Lets faults strike until `end`: changing weather, and in between an outage of the provider, one of DynamoDB, and a
    /// restart of the stack. Ends with none of them.
    async fn strike(
        &self,
        end: Instant,
        seconds: u64,
        dice: &mut fastrand::Rng,
        faults: &mut Faults,
        sagas: &mut Sagas,
        outcome: &mut Outcome,
    ) -> Result<(), Trouble> {
        let begun = Instant::now();
        let at = |percent: u64| begun + Duration::from_millis(seconds * 10 * percent);
        let outage = Duration::from_secs((seconds / 8).clamp(5, 60));
        self.changing_weather(at(20), dice, faults).await?;

        self.progress.say(&format!("the provider is away for {} s", outage.as_secs()));
        faults.provider_away().await?;
        sleep(outage).await;
        faults.provider_well().await?;
        self.recover("the provider", sagas, outcome).await?;
        self.changing_weather(at(50), dice, faults).await?;

        self.progress.say(&format!("DynamoDB is away for {} s", outage.as_secs()));
        faults.weather(Weather::DynamoDbAway).await?;
        sleep(outage).await;
        faults.weather(Weather::Calm).await?;
        self.recover("DynamoDB", sagas, outcome).await?;
        self.changing_weather(at(80), dice, faults).await?;

        self.progress.say("the stack is restarted");
        let stopped = Instant::now();
        faults.restart().await?;
        outcome.times.push(("clean restart of the stack, away for".to_owned(), Some(stopped.elapsed())));
        sagas.start_again().await?;
        self.changing_weather(end, dice, faults).await?;
        self.progress.say(&format!("{} answers; the faults end", self.traffic.answers()));
        Ok(())
    }

    /// Weather, faults of the provider and killed functions until `end`; then calm.
    async fn changing_weather(
        &self,
        end: Instant,
        dice: &mut fastrand::Rng,
        faults: &mut Faults,
    ) -> Result<(), Trouble> {
        while Instant::now() < end {
            let weather = Weather::CHANGING[dice.usize(0..Weather::CHANGING.len())];
            self.progress.say(&format!("{} answers; {}", self.traffic.answers(), weather.name()));
            faults.weather(weather).await?;
            let change = (Instant::now() + Duration::from_millis(dice.u64(3000..7000))).min(end);
            while Instant::now() < change {
                faults.provider(dice).await?;
                if dice.u8(0..3) == 0 {
                    faults.kill(dice.u32(..)).await?;
                }
                self.bus.take_some(BATCHES_AT_ONCE).await?;
                sleep_until((Instant::now() + Duration::from_millis(dice.u64(500..1500))).min(change)).await;
            }
        }
        faults.weather(Weather::Calm).await?;
        faults.provider_well().await
    }

    /// Waits until every saga that runs now is over, or waits for its customer; notes how long that took.
    async fn recover(&self, after: &str, sagas: &mut Sagas, outcome: &mut Outcome) -> Result<(), Trouble> {
        let begun = Instant::now();
        let mut stuck = sagas.running().await?;
        let count = stuck.len();
        let mut took = None;
        while begun.elapsed() < RECOVERY_MAX {
            stuck = self.at_work(&stuck, sagas).await?;
            if stuck.is_empty() {
                took = Some(begun.elapsed());
                break;
            }
            sleep(LOOK_EVERY).await;
        }
        let what = format!("{after} was back: {count} sagas that ran then settled within");
        self.progress.say(&format!("{what} {:.1} s", begun.elapsed().as_secs_f32()));
        outcome.times.push((what, took));
        Ok(())
    }

    /// Those of `names` that still run and have something to do.
    async fn at_work(&self, names: &BTreeSet<String>, sagas: &Sagas) -> Result<BTreeSet<String>, Trouble> {
        let running = sagas.running().await?;
        let mut at_work = BTreeSet::new();
        for name in running.intersection(names) {
            if !self.reader.waits_for_its_customer(name).await? {
                at_work.insert(name.clone());
            }
        }
        Ok(at_work)
    }

    /// Lets everything come to rest: sagas, then customers who dallied and what follows from them, then holds and queues.
    async fn rest(&self, sagas: &mut Sagas, outcome: &mut Outcome) -> Result<(), Trouble> {
        let begun = Instant::now();
        let in_time = || begun.elapsed() < REST_MAX;
        self.progress.say("coming to rest");
        let mut settled = false;
        while in_time() && !settled {
            sagas.start_again().await?;
            let running = sagas.running().await?;
            settled = self.at_work(&running, sagas).await?.is_empty();
            sleep(LOOK_EVERY).await;
        }
        outcome
            .times
            .push(("sagas settled after the last fault".to_owned(), settled.then(|| begun.elapsed())));
        for late in self.traffic.take_dallying() {
            self.traffic.customer(&late.booking, late.agrees).await;
        }
        let mut awaited = self.awaited(sagas).await?;
        while in_time() && awaited.is_some() {
            sagas.start_again().await?;
            self.bus.take_some(BATCHES_AT_ONCE).await?;
            sleep(LOOK_EVERY).await;
            let now = self.awaited(sagas).await?;
            if now != awaited {
                self.progress.say(now.as_deref().unwrap_or("at rest"));
            }
            awaited = now;
        }
        let took = awaited.is_none().then(|| begun.elapsed());
        outcome.times.push(("everything at rest after the last fault".to_owned(), took));
        if let Some(what) = awaited {
            outcome.anomalies.push(Anomaly { field: "rest", what: format!("not at rest: {what}") });
        }
        Ok(())
    }

    /// What keeps the stack from being at rest; `None` if nothing does.
    async fn awaited(&self, sagas: &Sagas) -> Result<Option<String>, Trouble> {
        let held = self.reader.held().await?.awaited;
        let waiting = ends::waiting(&self.stack).await?;
        let running: Vec<String> = sagas.running().await?.into_iter().collect();
        let rests = held == 0 && waiting.is_empty() && running.is_empty();
        let what = format!("{held} holds on pages, in queues {waiting:?}, sagas {}", running.join(", "));
        Ok((!rests).then_some(what))
    }
}
