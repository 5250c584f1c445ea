//! What a task calls outside of its process, with a place before each call where the process may be killed or stopped, or
//! the call be lost.

use std::future::{Future, pending};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use holdfast_app::bookings::{
    AppendError, BookingCommit, BookingJournal, BookingReader, BookingStore, CommitError, JournalEntry,
};
use holdfast_app::holds::HoldReader;
use holdfast_app::payments::{
    NewPayment, Payment, PaymentInquiry, Payments, SagaCallbacks, SagaResumption, SettlementSaga,
};
use holdfast_app::{Mutation, PaymentError, StoreError, WorkflowError};
use holdfast_domain::payments::RefundProgress;
use holdfast_domain::{Booking, BookingId, HoldId, HoldSnapshot, Money};
use tokio::sync::Notify;

use crate::world::World;

tokio::task_local! {
    static PROCESS: Arc<Process>;
}

/// What becomes of the process that takes a step. Calls are counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Lives,
    /// It is killed before this call.
    DiesBefore(usize),
    /// It stands still before this call until it is let go.
    StopsBefore(usize),
    /// This call's request is lost on its way.
    LosesRequest(usize),
    /// This call's answer is lost on its way back.
    LosesAnswer(usize),
}

/// A process that takes one step.
pub(crate) struct Process {
    fate: Fate,
    calls: AtomicUsize,
    struck: Notify,
    goes_on: Notify,
}

enum Loss {
    Nothing,
    Request,
    Answer,
}

impl Process {
    pub(crate) fn new(fate: Fate) -> Arc<Self> {
        Arc::new(Self { fate, calls: AtomicUsize::new(0), struck: Notify::new(), goes_on: Notify::new() })
    }

    /// Runs `step` in this process.
    pub(crate) async fn run<T>(self: Arc<Self>, step: impl Future<Output = T>) -> T {
        PROCESS.scope(self, step).await
    }

    /// Comes when it is killed or stopped.
    pub(crate) async fn struck(&self) {
        self.struck.notified().await;
    }

    pub(crate) fn let_go(&self) {
        self.goes_on.notify_one();
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    async fn calls_out(&self) -> Loss {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        match self.fate {
            Fate::DiesBefore(at) if at == call => {
                self.struck.notify_one();
                pending().await
            }
            Fate::StopsBefore(at) if at == call => {
                self.struck.notify_one();
                self.goes_on.notified().await;
                Loss::Nothing
            }
            Fate::LosesRequest(at) if at == call => Loss::Request,
            Fate::LosesAnswer(at) if at == call => Loss::Answer,
            Fate::Lives
            | Fate::DiesBefore(_)
            | Fate::StopsBefore(_)
            | Fate::LosesRequest(_)
            | Fate::LosesAnswer(_) => Loss::Nothing,
        }
    }
}

async fn out<T, E>(call: impl Future<Output = Result<T, E>>, lost: fn() -> E) -> Result<T, E> {
    let loss = match PROCESS.try_with(Arc::clone) {
        Ok(process) => process.calls_out().await,
        Err(_) => Loss::Nothing,
    };
    match loss {
        Loss::Nothing => call.await,
        Loss::Request => Err(lost()),
        Loss::Answer => {
            call.await.ok();
            Err(lost())
        }
    }
}

fn store_lost() -> StoreError {
    StoreError::Unavailable("lost".into())
}

fn commit_lost() -> CommitError {
    store_lost().into()
}

fn payment_lost() -> PaymentError {
    PaymentError::Unknown("lost".into())
}

fn workflow_lost() -> WorkflowError {
    WorkflowError("lost".into())
}

/// The outside as the saga's process sees it.
pub(crate) struct Outside(pub(crate) Arc<World>);

#[async_trait]
impl HoldReader for Outside {
    async fn hold(&self, id: &HoldId) -> Result<Option<HoldSnapshot>, StoreError> {
        out(self.0.store.holds.hold(id), store_lost).await
    }
}

#[async_trait]
impl BookingReader for Outside {
    async fn booking(&self, id: &BookingId) -> Result<Option<Booking>, StoreError> {
        out(self.0.store.bookings.booking(id), store_lost).await
    }
}

#[async_trait]
impl BookingStore for Outside {
    async fn commit(&self, commit: &BookingCommit) -> Result<(), CommitError> {
        out(self.0.store.bookings.commit(commit), commit_lost).await
    }
}

#[async_trait]
impl BookingJournal for Outside {
    async fn append(&self, entry: &JournalEntry) -> Result<(), AppendError> {
        out(self.0.store.journal.append(entry), || AppendError::Store(store_lost())).await
    }
}

#[async_trait]
impl SagaCallbacks for Outside {
    async fn put_task_token(&self, id: &BookingId, token: &str, by: &Mutation) -> Result<(), StoreError> {
        out(self.0.store.callbacks.put_task_token(id, token, by), store_lost).await
    }
    async fn task_token(&self, id: &BookingId) -> Result<Option<String>, StoreError> {
        out(self.0.store.callbacks.task_token(id), store_lost).await
    }
}

#[async_trait]
impl PaymentInquiry for Outside {
    async fn inquire(&self, intent: &str) -> Result<Payment, PaymentError> {
        out(self.0.bank.inquire(intent), payment_lost).await
    }
}

#[async_trait]
impl Payments for Outside {
    async fn create(&self, payment: &NewPayment) -> Result<String, PaymentError> {
        out(self.0.bank.create(payment), payment_lost).await
    }
    async fn authorize(&self, of: &BookingId, intent: &str, card: &str) -> Result<Payment, PaymentError> {
        out(self.0.bank.authorize(of, intent, card), payment_lost).await
    }
    async fn capture(&self, of: &BookingId, intent: &str, amount: Money) -> Result<Payment, PaymentError> {
        out(self.0.bank.capture(of, intent, amount), payment_lost).await
    }
    async fn void(&self, of: &BookingId, intent: &str) -> Result<Payment, PaymentError> {
        out(self.0.bank.void(of, intent), payment_lost).await
    }
    async fn refund(
        &self,
        of: &BookingId,
        intent: &str,
        amount: Money,
        already: Money,
    ) -> Result<RefundProgress, PaymentError> {
        out(self.0.bank.refund(of, intent, amount, already), payment_lost).await
    }
}

#[async_trait]
impl SagaResumption for Outside {
    async fn resume(&self, token: &str) -> Result<bool, WorkflowError> {
        out(self.0.flow.resume(token), workflow_lost).await
    }
}

#[async_trait]
impl SettlementSaga for Outside {
    async fn start_settlement(
        &self,
        id: &BookingId,
        cause: &str,
        trace: Option<&str>,
    ) -> Result<(), WorkflowError> {
        out(self.0.flow.start_settlement(id, cause, trace), workflow_lost).await
    }
}
