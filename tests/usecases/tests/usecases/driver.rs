//! One run of the booking saga, step by step in the order of `statemachines/booking.asl.json`.

use futures::future::BoxFuture;
use holdfast_app::payments::Outcome;
use holdfast_app::{Failure, PaymentError};
use holdfast_domain::BookingId;
use holdfast_domain::bookings::FailureReason;
use jiff::{SignedDuration, Timestamp};

use crate::world::{World, soon};

const LATE_SECONDS: i64 = 900;
const RETRIES_MAX: usize = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    ClaimHold,
    CreatePayment,
    AuthorizePayment,
    InquirePayment,
    ConfirmBooking,
    CapturePayment,
    VoidPayment,
    RefundPayment,
    FailBooking,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Confirmed,
    Failed,
    Cancelled,
}

pub(crate) struct Drive<'a> {
    world: &'a World,
    id: &'a BookingId,
    twice: bool,
    meanwhile: Option<(Step, BoxFuture<'static, ()>)>,
    reason: Option<FailureReason>,
    waits: usize,
}

impl<'a> Drive<'a> {
    pub(crate) fn new(world: &'a World, id: &'a BookingId) -> Self {
        Self { world, id, twice: false, meanwhile: None, reason: None, waits: 0 }
    }

    /// Takes every step twice, as a repeated task would.
    pub(crate) fn twice(mut self) -> Self {
        self.twice = true;
        self
    }

    /// Before the first `step`, this happens.
    pub(crate) fn before(mut self, step: Step, meanwhile: BoxFuture<'static, ()>) -> Self {
        self.meanwhile = Some((step, meanwhile));
        self
    }

    pub(crate) async fn run(mut self) -> Ending {
        match self.step(Step::ClaimHold).await {
            Outcome::Claimed => {}
            Outcome::Dead => return self.fail(FailureReason::HoldExpired).await,
            Outcome::Cancelled => return self.give_back().await,
            other => panic!("ClaimHold: {other:?}"),
        }
        match self.step(Step::CreatePayment).await {
            Outcome::Created => {}
            Outcome::Cancelled => return self.give_back().await,
            other => panic!("CreatePayment: {other:?}"),
        }
        if let Some(ending) = self.authorize().await {
            return ending;
        }
        match self.step(Step::ConfirmBooking).await {
            Outcome::Confirmed => {}
            Outcome::SoldOut => return self.undo(FailureReason::SoldOut).await,
            Outcome::Cancelled => return self.give_back().await,
            other => panic!("ConfirmBooking: {other:?}"),
        }
        loop {
            match self.step(Step::CapturePayment).await {
                Outcome::Captured => return Ending::Confirmed,
                Outcome::Authorized => {}
                Outcome::Declined { code } => return self.fail(FailureReason::Declined { code }).await,
                Outcome::Voided => return self.fail(FailureReason::PaymentVoided).await,
                Outcome::Cancelled => return self.give_back().await,
                other => panic!("CapturePayment: {other:?}"),
            }
        }
    }

    /// Until the amount is reserved, or all is over.
    async fn authorize(&mut self) -> Option<Ending> {
        let mut late_until: Option<Timestamp> = None;
        let mut authorizations = 1;
        let mut outcome = self.step(Step::AuthorizePayment).await;
        loop {
            let now = self.world.now();
            outcome = match outcome {
                Outcome::Authorized | Outcome::Captured => return None,
                Outcome::ActionRequired { timeout_seconds } if timeout_seconds >= 1 => self.customer().await,
                Outcome::ActionRequired { .. } if late_until.is_some_and(|until| now >= until) => {
                    return Some(self.undo(FailureReason::PaymentTimedOut).await);
                }
                Outcome::ActionRequired { .. } => {
                    late_until.get_or_insert(now + SignedDuration::from_secs(LATE_SECONDS));
                    self.customer().await
                }
                Outcome::NotStarted if authorizations < 4 => {
                    authorizations += 1;
                    self.step(Step::AuthorizePayment).await
                }
                Outcome::NotStarted => return Some(self.undo(FailureReason::PaymentUnavailable).await),
                Outcome::Declined { code } => return Some(self.fail(FailureReason::Declined { code }).await),
                Outcome::Voided => return Some(self.fail(FailureReason::PaymentVoided).await),
                Outcome::Cancelled => return Some(self.give_back().await),
                other => panic!("AuthorizePayment: {other:?}"),
            };
        }
    }

    /// Waits for the customer, the webhook, a cancellation, or the test that says that time is over.
    async fn customer(&mut self) -> Outcome {
        self.waits += 1;
        let token = format!("{}-{}", self.id, self.waits);
        let woken = self.world.flow.wait(&token);
        let awaited = self.world.saga.await_customer(self.id, &token, &self.world.by("saga")).await;
        assert_eq!(awaited.expect("a callback"), Outcome::Notified);
        self.world.flow.hand_over(&token);
        soon("the customer", woken).await.expect("a wake");
        self.step(Step::InquirePayment).await
    }

    /// Nothing was paid as far as anybody knows: the guest hears it first, the payment is closed after that.
    async fn fail(&mut self, reason: FailureReason) -> Ending {
        self.reason = Some(reason);
        let ending = match self.step(Step::FailBooking).await {
            Outcome::Failed => Ending::Failed,
            Outcome::Cancelled => Ending::Cancelled,
            other => panic!("FailBooking: {other:?}"),
        };
        self.give_back().await;
        ending
    }

    /// Something was paid: it goes back before the booking fails.
    async fn undo(&mut self, reason: FailureReason) -> Ending {
        self.give_back().await;
        self.reason = Some(reason);
        match self.step(Step::FailBooking).await {
            Outcome::Failed => Ending::Failed,
            Outcome::Cancelled => Ending::Cancelled,
            other => panic!("FailBooking: {other:?}"),
        }
    }

    async fn give_back(&mut self) -> Ending {
        match self.step(Step::VoidPayment).await {
            Outcome::Voided => {}
            Outcome::Captured => assert_eq!(self.step(Step::RefundPayment).await, Outcome::Refunded),
            other => panic!("VoidPayment: {other:?}"),
        }
        Ending::Cancelled
    }

    /// A step with the machine's retries. Where money may have moved unseen, the provider is asked instead.
    async fn step(&mut self, step: Step) -> Outcome {
        if self.meanwhile.as_ref().is_some_and(|(at, _)| *at == step)
            && let Some((_, meanwhile)) = self.meanwhile.take()
        {
            meanwhile.await;
        }
        let outcome = self.persist(step).await;
        if !self.twice {
            return outcome;
        }
        let again = self.persist(step).await;
        // What was lost on the way is not there yet, and what a cancellation voided is seen to be cancelled.
        let passing = match outcome {
            Outcome::NotStarted | Outcome::Voided => true,
            Outcome::Authorized => step == Step::CapturePayment,
            _ => false,
        };
        assert!(passing || again == outcome, "{step:?} once more: {again:?} after {outcome:?}");
        again
    }

    async fn persist(&mut self, step: Step) -> Outcome {
        let mut step = step;
        for _ in 0..RETRIES_MAX {
            match self.call(step).await {
                Ok(outcome) => return outcome,
                Err(Failure::Payment(PaymentError::Unknown(_))) => {
                    if matches!(step, Step::AuthorizePayment | Step::CapturePayment) {
                        step = Step::InquirePayment;
                    }
                }
                Err(Failure::Payment(PaymentError::Unavailable(_))) => {}
                Err(error) => panic!("{step:?} is parked: {error:?}"),
            }
        }
        panic!("{step:?} never ends");
    }

    async fn call(&mut self, step: Step) -> Result<Outcome, Failure> {
        let (saga, id, mutation) = (&self.world.saga, self.id, self.world.by("saga"));
        match step {
            Step::ClaimHold => saga.claim_hold(id, &mutation).await,
            Step::CreatePayment => saga.create_payment(id, &mutation).await,
            Step::AuthorizePayment => saga.authorize_payment(id, &mutation).await,
            Step::InquirePayment => saga.inquire_payment(id, &mutation).await,
            Step::ConfirmBooking => saga.confirm_booking(id, &mutation).await,
            Step::CapturePayment => saga.capture_payment(id, &mutation).await,
            Step::VoidPayment => saga.void_payment(id, &mutation).await,
            Step::RefundPayment => saga.refund_payment(id, &mutation).await,
            Step::FailBooking => {
                let reason = self.reason.as_ref().expect("a failure has a reason");
                saga.fail_booking(id, reason, &mutation).await
            }
        }
    }
}
