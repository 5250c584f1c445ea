//! The model: which actions a state allows, and what each leads to.

use std::sync::Arc;

use holdfast_app::payments::Outcome;
use holdfast_app::{Failure, PaymentError, StoreError};
use holdfast_domain::BookingStatus;
use holdfast_domain::inventory::HoldState;
use stateright::{Model, Property};

use crate::cast::Cast;
use crate::machine::{At, Ending, Trouble};
use crate::ports::ring;
use crate::provider::{Bank, Stand};
use crate::scenario::{Removed, Scenario};
use crate::stage::{self, End, Turn};
use crate::state::{Answer, Attempt, Job, Offence, State, Step, moment, seconds};
use crate::{guests, properties};

/// Which of an attempt's steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Who {
    /// The booking's saga.
    Saga,
    /// A step of it that it has given up on.
    Straggler,
    /// The settlement of a booking that does not stand.
    Settlement,
    /// The webhook.
    Webhook,
}

/// What may happen. Guests and attempts by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Time passes.
    Tick,
    /// A guest places their hold.
    Place(usize),
    /// A guest extends it.
    Extend(usize),
    /// A guest gives it back.
    Release(usize),
    /// Timer or TTL drop it.
    Expire(usize),
    /// The operator takes one place away.
    LowerCapacity,
    /// A guest asks to pay.
    Request(usize),
    /// A guest cancels.
    Cancel(usize, Turn),
    /// The event of a cancellation is delivered.
    TellCancellation(usize),
    /// The event of a new booking, or its request, starts the saga.
    StartSaga(usize),
    /// The customer is done at their bank.
    Customer(usize, bool),
    /// A step begins or goes on until the next boundary.
    Advance(usize, Who, Turn),
    /// The function of a step dies.
    Die(usize, Who, Trouble),
    /// The machine's patience ends, the step runs on.
    TimeOut(usize),
    /// The callback has come, or the wait's time is over.
    Wake(usize),
}

/// A scenario to be explored.
#[derive(Debug, Clone)]
pub struct Bookings {
    cast: Arc<Cast>,
}

impl Bookings {
    /// Over a scenario.
    #[must_use]
    pub fn new(scenario: Scenario) -> Self {
        Self { cast: Arc::new(Cast::of(scenario)) }
    }

    /// Who takes part.
    #[must_use]
    pub fn cast(&self) -> &Cast {
        &self.cast
    }

    fn scenario(&self) -> &Scenario {
        &self.cast.scenario
    }

    /// Whether time still means anything to anybody.
    fn time_matters(&self, state: &State) -> bool {
        let now = moment(state.tick);
        let waits = |attempt: &Attempt| attempt.machine.awaits() && attempt.machine.noted;
        state.page.holds.values().any(|hold| hold.is_live(now) || hold.expires_at > now)
            || state.attempts.iter().any(waits)
    }

    fn of_guests(&self, state: &State, actions: &mut Vec<Action>) {
        let now = moment(state.tick);
        for guest in 0..self.scenario().guests {
            let entry = state.page.holds.get(self.cast.hold(guest));
            let live = entry.is_some_and(|entry| entry.is_live(now));
            match (&state.holds[guest], live) {
                // Guests are alike: who comes first is called the first.
                (None, _)
                    if state.tick <= self.scenario().placing_ticks
                        && (guest == 0 || state.holds[guest - 1].is_some()) =>
                {
                    actions.push(Action::Place(guest));
                }
                (None, _) => {}
                (Some(_), true) => {
                    if state.extensions > 0 {
                        actions.push(Action::Extend(guest));
                    }
                    if self.scenario().releases {
                        actions.push(Action::Release(guest));
                    }
                }
                (Some(_), false) if entry.is_some() => actions.push(Action::Expire(guest)),
                (Some(_), false) => {}
            }
        }
        if state.lowerings > 0 {
            actions.push(Action::LowerCapacity);
        }
        if state.tick < self.scenario().ticks && self.time_matters(state) {
            actions.push(Action::Tick);
        }
    }

    fn of_attempt(&self, state: &State, at: usize, actions: &mut Vec<Action>) {
        let attempt = &state.attempts[at];
        let cards = self.scenario().cards;
        let Some(booking) = &attempt.booking else {
            let turn = at.is_multiple_of(cards) || state.attempts[at - 1].booking.is_some();
            if turn && state.holds[at / cards].is_some() {
                actions.push(Action::Request(at));
            }
            return;
        };
        match booking.status {
            BookingStatus::Pending | BookingStatus::Confirmed if state.cancels > 0 => {
                actions.push(Action::Cancel(at, Turn::Plain));
                if state.faults > 0 {
                    actions.push(Action::Cancel(at, Turn::DiesBeforeSettlement));
                }
            }
            BookingStatus::Cancelled if attempt.cancellation_untold => {
                actions.push(Action::TellCancellation(at))
            }
            BookingStatus::Pending
            | BookingStatus::Confirmed
            | BookingStatus::Cancelled
            | BookingStatus::Completed
            | BookingStatus::Failed => {}
        }
        if attempt.stand() == Some(Stand::ActionRequired) {
            actions.push(Action::Customer(at, true));
            if self.scenario().declines {
                actions.push(Action::Customer(at, false));
            }
        }
        let machine = &attempt.machine;
        if machine.at == At::Unstarted {
            actions.push(Action::StartSaga(at));
        } else if machine.awaits() && machine.noted {
            let patience = self.patience(machine.at, machine.customer_until, machine.late_until);
            if machine.resumed || seconds(state.tick) >= patience {
                actions.push(Action::Wake(at));
            }
        } else if !machine.is_over() {
            self.advances(state, at, Who::Saga, actions);
        }
        if attempt.straggler.is_some() {
            self.advances(state, at, Who::Straggler, actions);
        }
        if attempt.settlements > 0 {
            self.advances(state, at, Who::Settlement, actions);
        }
        if self.scenario().webhooks && (attempt.bells > 0 || attempt.ringing.is_some()) {
            self.advances(state, at, Who::Webhook, actions);
        }
    }

    /// When a wait ends by itself. With the clock's end all that waits for a late payment gives up.
    fn patience(&self, at: At, customer_until: i64, late_until: Option<i64>) -> i64 {
        let end = seconds(self.scenario().ticks);
        match at {
            At::AwaitLatePayment => late_until.unwrap_or(end).min(end),
            _ => customer_until,
        }
    }

    fn advances(&self, state: &State, at: usize, who: Who, actions: &mut Vec<Action>) {
        let attempt = &state.attempts[at];
        actions.push(Action::Advance(at, who, Turn::Plain));
        let running = running(attempt, who);
        let task = match (running, who) {
            (Some(step), _) => step.job,
            (None, Who::Saga) => Job::Task(attempt.machine.at, Ending::Unknown, 0),
            (None, Who::Settlement | Who::Straggler) => Job::Settle,
            (None, Who::Webhook) => Job::Webhook,
        };
        match task {
            Job::Task(At::AuthorizePayment, ..) => {
                if self.scenario().declines {
                    actions.push(Action::Advance(at, who, Turn::Bank(Bank::Declines)));
                }
                if self.scenario().customers {
                    actions.push(Action::Advance(at, who, Turn::Bank(Bank::WantsCustomer)));
                }
            }
            Job::Task(At::CapturePayment, ..) if self.scenario().declines => {
                actions.push(Action::Advance(at, who, Turn::Bank(Bank::Declines)));
            }
            Job::Task(..) | Job::Settle | Job::Webhook | Job::Request | Job::Cancel | Job::Cancelled => {}
        }
        if state.faults == 0 {
            return;
        }
        if who != Who::Straggler {
            for turn in [Turn::RequestLost, Turn::AnswerLost, Turn::OutcomeLost] {
                actions.push(Action::Advance(at, who, turn));
            }
            if running.is_some() {
                actions.push(Action::Die(at, who, Trouble::Died));
            }
        }
        if who == Who::Saga && running.is_some() {
            if matches!(attempt.machine.at, At::ClaimHold | At::CreatePayment) {
                actions.push(Action::Die(at, who, Trouble::DiedForGood));
            }
            if attempt.straggler.is_none() {
                actions.push(Action::TimeOut(at));
            }
        }
    }

    fn at_once(&self, mut state: State, at: usize, job: Job, turn: Turn) -> Option<State> {
        let step = begun(&state.attempts[at], job, state.tick);
        if job == Job::Cancel {
            state.cancels -= 1;
        }
        let (mut after, end) = stage::run(&self.cast, state, at, step, turn)?;
        match end {
            End::Interrupted(_) => after.faults -= 1,
            End::Done(Ok(_)) => {}
            End::Done(Err(_)) => return None,
        }
        let told = self.scenario().lacks(Removed::EventOfCancel);
        after.attempts[at].cancellation_untold = job == Job::Cancel && !told;
        Some(after)
    }

    fn advance(&self, mut state: State, at: usize, who: Who, turn: Turn) -> Option<State> {
        let tick = state.tick;
        let faulty = matches!(turn, Turn::RequestLost | Turn::AnswerLost | Turn::OutcomeLost);
        let attempt = &mut state.attempts[at];
        let step = match who {
            Who::Saga => attempt.step.take(),
            Who::Straggler => attempt.straggler.take(),
            Who::Settlement => attempt.settling.take(),
            Who::Webhook => attempt.ringing.take(),
        };
        let step = match (step, who) {
            (Some(step), _) => step,
            (None, Who::Saga) => {
                let machine = &attempt.machine;
                let ending = if machine.at == At::FailBooking { machine.ending } else { Ending::Unknown };
                let wait = if machine.awaits() { machine.wait } else { 0 };
                begun(attempt, Job::Task(machine.at, ending, wait), tick)
            }
            (None, Who::Settlement) => begun(attempt, Job::Settle, tick),
            (None, Who::Webhook) => {
                attempt.bells -= 1;
                begun(attempt, Job::Webhook, tick)
            }
            (None, Who::Straggler) => return None,
        };
        let blind_cancellation = self.scenario().lacks(Removed::InquiryOfAuthorize);
        let told_nothing = step.told.contains(&Answer::Lost);
        let (mut after, end) = stage::run(&self.cast, state, at, step, turn)?;
        if faulty {
            after.faults -= 1;
        }
        let straggles = after.attempts[at].straggler.is_some() || who == Who::Straggler;
        if let End::Done(Err(failure)) = &end
            && turn == Turn::Plain
            && !straggles
            && !told_nothing
            && trouble_of(failure) != Trouble::Passing
        {
            after.offence.get_or_insert(Offence::Unexplained);
        }
        let attempt = &mut after.attempts[at];
        match end {
            End::Interrupted(step) => *slot(attempt, who) = Some(step),
            End::Done(outcome) => match who {
                Who::Straggler => {}
                Who::Saga if turn == Turn::OutcomeLost => attempt.machine.trouble(Trouble::Died),
                Who::Saga => match outcome {
                    Ok(outcome) => attempt.machine.after(&outcome, seconds(tick)),
                    Err(failure) => {
                        let trouble = trouble_of(&failure);
                        if blind_cancellation
                            && attempt.machine.at == At::AuthorizePayment
                            && trouble == Trouble::Unknown
                        {
                            attempt.machine.money_settled = true;
                            attempt.machine.after(&Outcome::Declined { code: String::new() }, seconds(tick));
                        } else {
                            attempt.machine.trouble(trouble);
                        }
                    }
                },
                Who::Settlement => match outcome {
                    Ok(_) if turn != Turn::OutcomeLost => attempt.settlements -= 1,
                    Ok(_) => {}
                    Err(failure) if trouble_of(&failure) == Trouble::Lasting => {
                        attempt.settlements -= 1;
                        attempt.machine.go(At::Parked);
                    }
                    Err(_) => {}
                },
                Who::Webhook => {
                    if outcome.is_err() || turn == Turn::OutcomeLost {
                        ring(&mut attempt.bells);
                    }
                }
            },
        }
        Some(after)
    }

    fn die(&self, mut state: State, at: usize, who: Who, trouble: Trouble) -> Option<State> {
        state.faults -= 1;
        let attempt = &mut state.attempts[at];
        slot(attempt, who).take()?;
        match who {
            Who::Saga => attempt.machine.trouble(trouble),
            Who::Webhook => ring(&mut attempt.bells),
            Who::Settlement | Who::Straggler => {}
        }
        Some(state)
    }
}

fn running(attempt: &Attempt, who: Who) -> Option<&Step> {
    match who {
        Who::Saga => attempt.step.as_ref(),
        Who::Straggler => attempt.straggler.as_ref(),
        Who::Settlement => attempt.settling.as_ref(),
        Who::Webhook => attempt.ringing.as_ref(),
    }
}

fn slot(attempt: &mut Attempt, who: Who) -> &mut Option<Step> {
    match who {
        Who::Saga => &mut attempt.step,
        Who::Straggler => &mut attempt.straggler,
        Who::Settlement => &mut attempt.settling,
        Who::Webhook => &mut attempt.ringing,
    }
}

fn begun(attempt: &Attempt, job: Job, since: u8) -> Step {
    let after_cancellation = attempt.status() == Some(BookingStatus::Cancelled);
    Step { job, since, after_cancellation, told: Vec::<Answer>::new() }
}

/// What a machine makes of a failed step: the names are those of `holdfast-workflow`.
fn trouble_of(failure: &Failure) -> Trouble {
    match failure {
        Failure::Payment(PaymentError::Unknown(_)) => Trouble::Unknown,
        Failure::Payment(PaymentError::Unavailable(_))
        | Failure::Store(StoreError::Unavailable(_) | StoreError::Contention(_))
        | Failure::Workflow(_)
        | Failure::RequestInProgress => Trouble::Passing,
        _ => Trouble::Lasting,
    }
}

impl Model for Bookings {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![self.cast.first_state()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.of_guests(state, actions);
        for at in 0..state.attempts.len() {
            self.of_attempt(state, at, actions);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Tick => state.tick += 1,
            Action::Place(guest) => guests::place(&self.cast, &mut state, guest)?,
            Action::Extend(guest) => guests::extend(&self.cast, &mut state, guest)?,
            Action::Release(guest) => guests::release(&self.cast, &mut state, guest)?,
            Action::Expire(guest) => guests::expire(&self.cast, &mut state, guest)?,
            Action::LowerCapacity => guests::lower(&self.cast, &mut state)?,
            Action::Request(at) => state = self.at_once(state, at, Job::Request, Turn::Plain)?,
            Action::Cancel(at, turn) => state = self.at_once(state, at, Job::Cancel, turn)?,
            Action::TellCancellation(at) => state = self.at_once(state, at, Job::Cancelled, Turn::Plain)?,
            Action::StartSaga(at) => state.attempts[at].machine.go(At::ClaimHold),
            Action::Customer(at, passes) => {
                let attempt = &mut state.attempts[at];
                attempt.intent.as_mut()?.customer(passes).then_some(())?;
                if self.scenario().webhooks {
                    ring(&mut attempt.bells);
                }
            }
            Action::Advance(at, who, turn) => state = self.advance(state, at, who, turn)?,
            Action::Die(at, who, trouble) => state = self.die(state, at, who, trouble)?,
            Action::TimeOut(at) => {
                state.faults -= 1;
                let attempt = &mut state.attempts[at];
                attempt.straggler = Some(attempt.step.take()?);
                attempt.machine.trouble(Trouble::Died);
            }
            Action::Wake(at) => state.attempts[at].machine.wake(),
        }
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::of(self.scenario())
    }
}

/// The booking whose payment a stored hold waits for.
#[must_use]
pub fn payer(state: &HoldState) -> Option<&holdfast_domain::BookingId> {
    match state {
        HoldState::Active => None,
        HoldState::Confirming { booking, .. } => Some(booking),
    }
}
