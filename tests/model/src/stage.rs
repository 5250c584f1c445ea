//! Where the real steps run: the ports over a [`State`], one stretch of a step at a time.
//!
//! A step's code is deterministic and learns of the world through its ports only. So a step that is interrupted needs no
//! more than the answers it had: it is run again from its beginning, told the same, and goes on from there, until it is
//! interrupted at the next boundary or comes to its end.

use std::future::{Future, pending};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use holdfast_app::Failure;
use holdfast_app::bookings::{BookingRequests, Cancellations};
use holdfast_app::payments::{ChargeLimits, ChargeRules, Outcome, Saga, SagaRecovery, Webhook};
use holdfast_domain::bookings::FailureReason;
use holdfast_domain::money::AMOUNT_MAX;

use crate::cast::Cast;
use crate::machine::{At, Ending};
use crate::provider::Bank;
use crate::scenario::{Grain, Removed};
use crate::state::{Answer, Job, Offence, State, Step};

/// How a stretch of a step differs from an uneventful one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Turn {
    /// Not at all.
    Plain,
    /// The bank answers so.
    Bank(Bank),
    /// The request to the provider gets lost.
    RequestLost,
    /// The provider's answer gets lost.
    AnswerLost,
    /// The step comes to its end, and nobody hears of it.
    OutcomeLost,
    /// The function dies before it can start the settlement.
    DiesBeforeSettlement,
}

/// What a port's call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// Reads the ledger.
    Read,
    /// Writes the ledger.
    Write,
    /// Asks the provider.
    Ask,
    /// Has the provider do something.
    Effect,
    /// Starts or resumes a saga.
    Signal,
}

/// What runs on the stage.
pub(crate) struct Play {
    pub(crate) state: State,
    pub(crate) attempt: usize,
    pub(crate) step: Step,
    pub(crate) turn: Turn,
    pub(crate) turn_taken: bool,
    cursor: usize,
    calls: u32,
    wrote: bool,
    asked: bool,
    stopped: bool,
}

/// The ports.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) cast: Arc<Cast>,
    play: Arc<Mutex<Play>>,
}

/// How a stretch ended.
#[derive(Debug)]
pub(crate) enum End {
    /// In the middle.
    Interrupted(Step),
    /// With an outcome.
    Done(Result<Outcome, Failure>),
}

impl Stage {
    pub(crate) fn play(&self) -> MutexGuard<'_, Play> {
        self.play.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An answer: as remembered, or made by `perform` now, or none because the stretch ends here.
    pub(crate) async fn call(&self, call: Call, perform: impl FnOnce(&mut Play, &Cast) -> Answer) -> Answer {
        let answer = {
            let play = &mut *self.play();
            play.answer(call, &self.cast, perform)
        };
        match answer {
            Some(answer) => answer,
            None => pending().await,
        }
    }
}

impl Play {
    fn answer(
        &mut self,
        call: Call,
        cast: &Cast,
        perform: impl FnOnce(&mut Self, &Cast) -> Answer,
    ) -> Option<Answer> {
        if let Some(known) = self.step.told.get(self.cursor) {
            self.cursor += 1;
            return Some(known.clone());
        }
        if self.stopped || self.is_boundary(call, cast.scenario.grain) {
            self.stopped = true;
            return None;
        }
        self.calls += 1;
        self.wrote |= call == Call::Write;
        self.asked |= matches!(call, Call::Ask | Call::Effect) && self.step.job != Job::Webhook;
        let provider = call == Call::Effect;
        let lost = provider && self.turn == Turn::RequestLost;
        let answer = if lost { Answer::Lost } else { perform(self, cast) };
        let answer = if provider && self.turn == Turn::AnswerLost { Answer::Lost } else { answer };
        self.turn_taken |= provider && matches!(self.turn, Turn::RequestLost | Turn::AnswerLost);
        self.step.told.push(answer.clone());
        self.cursor += 1;
        Some(answer)
    }

    fn is_boundary(&self, call: Call, grain: Grain) -> bool {
        match self.step.job {
            Job::Request | Job::Cancel | Job::Cancelled => return false,
            Job::Task(..) | Job::Settle | Job::Webhook => {}
        }
        match grain {
            Grain::Call => self.calls > 0,
            Grain::Provider => {
                self.asked
                    || match call {
                        Call::Read | Call::Write | Call::Signal => false,
                        Call::Ask => self.wrote,
                        Call::Effect => self.calls > 0,
                    }
            }
        }
    }

    /// The function is gone.
    pub(crate) fn dies(&mut self) {
        self.turn_taken = true;
        self.stopped = true;
    }

    /// The bank's mind, if this stretch asks for it.
    pub(crate) fn bank(&mut self) -> Bank {
        match self.turn {
            Turn::Bank(bank) => {
                self.turn_taken = true;
                bank
            }
            Turn::Plain
            | Turn::RequestLost
            | Turn::AnswerLost
            | Turn::OutcomeLost
            | Turn::DiesBeforeSettlement => Bank::Agrees,
        }
    }

    /// What may never happen, did.
    pub(crate) fn offend(&mut self, offence: Offence) {
        self.state.offence.get_or_insert(offence);
    }
}

/// Runs one stretch of a step. Gives the world after it and how it ended; `None` if `turn` did not come to bear.
pub(crate) fn run(
    cast: &Arc<Cast>,
    state: State,
    attempt: usize,
    step: Step,
    turn: Turn,
) -> Option<(State, End)> {
    let job = step.job;
    let mutation = step.mutation();
    let play = Play {
        state,
        attempt,
        step,
        turn,
        turn_taken: matches!(turn, Turn::Plain),
        cursor: 0,
        calls: 0,
        wrote: false,
        asked: false,
        stopped: false,
    };
    let stage = Stage { cast: Arc::clone(cast), play: Arc::new(Mutex::new(play)) };
    let ports = Arc::new(stage.clone());
    let id = cast.booking(attempt);
    let done = once(async {
        match job {
            Job::Task(task, ending, wait) => take(&saga(&ports), task, ending, wait, id, &mutation).await,
            Job::Settle => saga(&ports).settle(id, &mutation).await,
            Job::Webhook => {
                let webhook =
                    Webhook::new(ports.clone(), ports.clone(), ports.clone(), ports.clone(), ports.clone());
                let rung = webhook.on_payment("event", &attempt.to_string(), &mutation).await;
                rung.map(|_| Outcome::Settled)
            }
            Job::Request => {
                let requests = BookingRequests::new(
                    ports.clone(),
                    ports.clone(),
                    ports.clone(),
                    ports.clone(),
                    ports.clone(),
                );
                let (caller, key, request) = (cast.caller(attempt), cast.key(attempt), cast.request(attempt));
                requests.request(&caller, &key, &request, &mutation).await.map(|_| Outcome::Settled)
            }
            Job::Cancel => {
                let limits = |currency| ChargeLimits::new(currency, 1, 1, AMOUNT_MAX);
                let charges = ChargeRules::new(limits);
                let cancellations =
                    Cancellations::new(ports.clone(), ports.clone(), ports.clone(), ports.clone(), charges);
                let (caller, key) = (cast.caller(attempt), cast.key(attempt));
                let wait = std::time::Duration::ZERO;
                let given_up = cancellations.cancel(&caller, id, &key, None, wait, &mutation).await;
                given_up.map(|_| Outcome::Cancelled)
            }
            Job::Cancelled => {
                let recovery = SagaRecovery::new(ports.clone(), ports.clone(), ports.clone());
                recovery.on_booking_cancelled(id, None).await.map(|()| Outcome::Settled)
            }
        }
    });
    let play = stage.play();
    let finished = done.is_some();
    let taken = play.turn_taken || (turn == Turn::OutcomeLost && finished);
    if !taken {
        return None;
    }
    let end = match done {
        Some(outcome) => End::Done(outcome),
        None => End::Interrupted(play.step.clone()),
    };
    Some((play.state.clone(), end))
}

fn saga(ports: &Arc<Stage>) -> Saga {
    let all = || ports.clone();
    Saga::new(all(), all(), all(), all(), all(), all(), all())
}

async fn take(
    saga: &Saga,
    task: At,
    ending: Ending,
    wait: u8,
    id: &holdfast_domain::BookingId,
    mutation: &holdfast_app::Mutation,
) -> Result<Outcome, Failure> {
    match task {
        At::ClaimHold => saga.claim_hold(id, mutation).await,
        At::CreatePayment => saga.create_payment(id, mutation).await,
        At::AuthorizePayment => saga.authorize_payment(id, mutation).await,
        At::InquirePayment | At::InquireCapture => saga.inquire_payment(id, mutation).await,
        At::AwaitCustomer | At::AwaitLatePayment => {
            saga.await_customer(id, &wait.to_string(), mutation).await
        }
        At::ConfirmBooking => saga.confirm_booking(id, mutation).await,
        At::CapturePayment => saga.capture_payment(id, mutation).await,
        At::VoidPayment => saga.void_payment(id, mutation).await,
        At::RefundPayment => saga.refund_payment(id, mutation).await,
        At::FailBooking => {
            let declined = || FailureReason::Declined { code: "card_declined".to_owned() };
            let reason = match ending {
                Ending::Declined => declined(),
                Ending::Failed(reason) => FailureReason::parse_own(reason).unwrap_or_else(declined),
                Ending::Unknown | Ending::Cancelled => FailureReason::ServiceUnavailable,
            };
            saga.fail_booking(id, &reason, mutation).await
        }
        At::Unstarted | At::Finished | At::Parked => Ok(Outcome::Settled),
    }
}

/// Polls a future that never wakes anybody: it is done at once, or interrupted for good.
fn once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Whether a capture that is due may take money although it began after the booking was cancelled: only in the control.
pub(crate) fn captures_blindly(play: &Play, cast: &Cast) -> bool {
    cast.scenario.lacks(Removed::CancellationOfCapture)
        && matches!(play.step.job, Job::Task(At::CapturePayment, ..))
}
