//! The ports of the real use cases, answered by the model's state. What no modelled step asks for is out of reach.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use holdfast_app::bookings::{
    AppendError, AuditEvent, BookingCommit, BookingHistory, BookingJournal, BookingReader, BookingStore,
    CAUSE_CANCELLED, CommitError, JournalEntry,
};
use holdfast_app::catalogue::CatalogueReader;
use holdfast_app::holds::HoldReader;
use holdfast_app::payments::{
    AttemptReader, BookingSaga, CustomerActions, Dispute, NewPayment, Payment, PaymentInquiry, Payments,
    RefundNotes, SagaCallbacks, SagaResumption, SettlementSaga, StoredAttempts,
};
use holdfast_app::{Mutation, PaymentError, StoreError, WorkflowError};
use holdfast_domain::bookings::InventoryPlan;
use holdfast_domain::catalogue::{Facts, Month};
use holdfast_domain::inventory::HoldState;
use holdfast_domain::payments::{CustomerAction, RefundProgress};
use holdfast_domain::{
    Booking, BookingId, BookingStatus, GuestId, GuestMark, HoldId, HoldSnapshot, Money, Page, PageRejection,
    Resource, ResourceId,
};
use jiff::Timestamp;

use crate::cast::{Cast, money};
use crate::ledger::{self, NotWritten};
use crate::machine::At;
use crate::provider::{Intent, PRICE, Refused, Stand};
use crate::scenario::Removed;
use crate::stage::{Call, Play, Stage, Turn, captures_blindly};
use crate::state::{Answer, Job, Offence};

/// The most bells that are kept apart; one more rings with them.
const BELLS_MAX: u8 = 1;

fn misplaced() -> StoreError {
    StoreError::Corrupt { item: "model".to_owned(), reason: "an answer to another question".to_owned() }
}

fn lost() -> PaymentError {
    PaymentError::Unknown("no answer".into())
}

fn refused() -> PaymentError {
    PaymentError::Refused { code: "refused".to_owned(), message: String::new() }
}

/// The provider rings when something happened to a payment.
pub(crate) fn ring(bells: &mut u8) {
    *bells = (*bells + 1).min(BELLS_MAX);
}

#[async_trait]
impl HoldReader for Stage {
    async fn hold(&self, id: &HoldId) -> Result<Option<HoldSnapshot>, StoreError> {
        let answer = self.call(Call::Read, |play, cast| {
            let mut snapshot = cast.guest_of(id).and_then(|guest| ledger::snapshot(&play.state, guest));
            if cast.scenario.lacks(Removed::ClaimOfHold)
                && play.step.job == Job::Request
                && let Some(entry) = snapshot.as_mut().and_then(|snapshot| snapshot.entry.as_mut())
            {
                entry.state = HoldState::Active;
            }
            Answer::Hold(snapshot.map(Arc::new))
        });
        match answer.await {
            Answer::Hold(hold) => Ok(hold.map(Arc::unwrap_or_clone)),
            _ => Err(misplaced()),
        }
    }
}

/// Nothing begins before it is paid for.
#[async_trait]
impl CatalogueReader for Stage {
    async fn resource(&self, _: &ResourceId) -> Result<Option<Resource>, StoreError> {
        Err(misplaced())
    }
    async fn stored_pages(&self, _: &Resource) -> Result<Vec<Page>, StoreError> {
        Err(misplaced())
    }
    async fn stored_among(&self, _: &Resource, _: &[String]) -> Result<Vec<Page>, StoreError> {
        Err(misplaced())
    }
    async fn facts_of(&self, _: &ResourceId, _: &BTreeSet<Month>) -> Result<Facts, StoreError> {
        Err(misplaced())
    }
    async fn facts(&self, _: &ResourceId) -> Result<Facts, StoreError> {
        Err(misplaced())
    }
}

/// No guest of the model tries cards.
#[async_trait]
impl AttemptReader for Stage {
    async fn attempts(&self, _: &GuestMark) -> Result<StoredAttempts, StoreError> {
        Ok(StoredAttempts::default())
    }
}

/// What a customer has to do is no part of the model: only that they have to.
#[async_trait]
impl CustomerActions for Stage {
    async fn customer_action(&self, _: &BookingId) -> Result<Option<CustomerAction>, StoreError> {
        Ok(None)
    }
}

#[async_trait]
impl BookingReader for Stage {
    async fn booking(&self, id: &BookingId) -> Result<Option<Booking>, StoreError> {
        let answer =
            self.call(Call::Read, |play, cast| Answer::Booking(ledger::booking(&play.state, cast, id)));
        let Answer::Booking(booking) = answer.await else { return Err(misplaced()) };
        let mut booking = booking.map(Arc::unwrap_or_clone);
        if let Some(cancelled) = booking.as_mut()
            && cancelled.status == BookingStatus::Cancelled
            && captures_blindly(&self.play(), &self.cast)
        {
            cancelled.status = BookingStatus::Confirmed;
        }
        Ok(booking)
    }
}

impl Stage {
    /// Writes a booking's event with all that goes with it.
    async fn write(&self, commit: &BookingCommit) -> Result<(), CommitError> {
        let answer =
            self.call(Call::Write, |play, cast| match ledger::commit(&mut play.state, cast, commit) {
                Ok(()) => Answer::Done,
                Err(NotWritten::Stale) => Answer::Stale,
                Err(NotWritten::Rejected(PageRejection::SoldOut { .. })) => Answer::SoldOut,
                Err(NotWritten::Rejected(rejection)) => Answer::Refused(rejection.to_string()),
            });
        match answer.await {
            Answer::Done => Ok(()),
            Answer::Stale => Err(CommitError::Stale),
            Answer::SoldOut => Err(PageRejection::SoldOut { available: 0 }.into()),
            Answer::Refused(reason) if reason == PageRejection::NotConfirmed.to_string() => {
                Err(PageRejection::NotConfirmed.into())
            }
            Answer::Refused(_) => Err(PageRejection::HoldClaimed.into()),
            _ => Err(misplaced().into()),
        }
    }
}

#[async_trait]
impl BookingHistory for Stage {
    async fn bookings_of(
        &self,
        _: &GuestId,
        _: u32,
        _: Option<&str>,
    ) -> Result<(Vec<Booking>, Option<String>), StoreError> {
        Err(misplaced())
    }
    async fn audit_trail(&self, _: &BookingId) -> Result<Vec<AuditEvent>, StoreError> {
        Err(misplaced())
    }
    async fn audit_page(&self, _: &BookingId, _: u64, _: u32) -> Result<Vec<AuditEvent>, StoreError> {
        Err(misplaced())
    }
}

#[async_trait]
impl RefundNotes for Stage {
    // No operator is part of the model.
    async fn paid_otherwise_at(&self, _: &BookingId) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }
}

#[async_trait]
impl BookingStore for Stage {
    async fn commit(&self, commit: &BookingCommit) -> Result<(), CommitError> {
        self.write(commit).await
    }
}

#[async_trait]
impl BookingJournal for Stage {
    async fn append(&self, entry: &JournalEntry) -> Result<(), AppendError> {
        let JournalEntry { booking, event, audit } = entry.clone();
        let commit = BookingCommit {
            booking,
            event,
            audit,
            inventory: InventoryPlan::default(),
            contact: None,
            attempts: None,
        };
        match self.write(&commit).await {
            Ok(()) => Ok(()),
            Err(CommitError::Stale) => Err(AppendError::Stale),
            Err(CommitError::Store(error)) => Err(error.into()),
            Err(
                CommitError::AttemptsChanged
                | CommitError::Rejected(_)
                | CommitError::ResourceChanged
                | CommitError::TooManyPages { .. },
            ) => Err(misplaced().into()),
        }
    }
}

#[async_trait]
impl SagaCallbacks for Stage {
    async fn put_task_token(&self, id: &BookingId, token: &str, _: &Mutation) -> Result<(), StoreError> {
        let answer = self.call(Call::Write, |play, cast| {
            ledger::put_task_token(&mut play.state, cast, id, token);
            Answer::Done
        });
        drop(answer.await);
        Ok(())
    }

    async fn task_token(&self, id: &BookingId) -> Result<Option<String>, StoreError> {
        let answer =
            self.call(Call::Read, |play, cast| Answer::Token(ledger::task_token(&play.state, cast, id)));
        match answer.await {
            Answer::Token(token) => Ok(token.map(|token| token.to_string())),
            _ => Err(misplaced()),
        }
    }
}

impl Stage {
    async fn effect(
        &self,
        effect: impl FnOnce(&mut Play, &Cast, &mut Intent) -> Result<(), Refused>,
    ) -> Answer {
        self.call(Call::Effect, |play, cast| {
            let attempt = play.attempt;
            let Some(mut intent) = play.state.attempts[attempt].intent.take() else {
                return Answer::PaymentRefused;
            };
            let before = (intent.stand, intent.refunded);
            let done = effect(play, cast, &mut intent);
            let after = (intent.stand, intent.refunded);
            let attempt = &mut play.state.attempts[attempt];
            attempt.intent = Some(intent);
            if before != after && cast.scenario.webhooks {
                ring(&mut attempt.bells);
            }
            match done {
                Ok(()) => Answer::Payment(after.0, after.1),
                Err(Refused) => Answer::PaymentRefused,
            }
        })
        .await
    }

    fn payment(&self, answer: &Answer) -> Result<Payment, PaymentError> {
        let attempt = self.play().attempt;
        match answer {
            Answer::Payment(stand, refunded) => Ok(Payment {
                intent: attempt.to_string(),
                booking: Some(self.cast.booking(attempt).to_string()),
                state: stand.state(),
                taken: money(if *stand == Stand::Captured { PRICE } else { 0 }),
                refunded: money(*refunded),
                refund_pending: false,
                dispute: Dispute::None,
                charged_back: money(0),
            }),
            Answer::PaymentRefused => Err(refused()),
            _ => Err(lost()),
        }
    }
}

#[async_trait]
impl PaymentInquiry for Stage {
    async fn inquire(&self, _: &str) -> Result<Payment, PaymentError> {
        let answer = self.call(Call::Ask, |play, cast| {
            let attempt = &play.state.attempts[play.attempt];
            let Some(intent) = attempt.intent.as_ref() else { return Answer::PaymentRefused };
            let blind = cast.scenario.lacks(Removed::InquiryOfRefund)
                && matches!(play.step.job, Job::Task(At::RefundPayment, ..) | Job::Settle);
            let believed = attempt.booking.as_ref().map_or(0, |booking| booking.refunded().amount());
            Answer::Payment(intent.stand, if blind { believed } else { intent.refunded })
        });
        self.payment(&answer.await)
    }
}

#[async_trait]
impl Payments for Stage {
    async fn create(&self, _: &NewPayment) -> Result<String, PaymentError> {
        let answer = self.call(Call::Effect, |play, _| {
            let attempt = play.attempt;
            play.state.attempts[attempt].intent.get_or_insert_with(Intent::create);
            Answer::Done
        });
        match answer.await {
            Answer::Done => Ok(self.play().attempt.to_string()),
            _ => Err(lost()),
        }
    }

    async fn authorize(&self, _: &BookingId, _: &str, _: &str) -> Result<Payment, PaymentError> {
        let answer = self.call(Call::Effect, |play, cast| {
            let attempt = play.attempt;
            let fresh = play.state.attempts[attempt].stand() == Some(Stand::NotStarted);
            let bank = if fresh { play.bank() } else { crate::provider::Bank::Agrees };
            let attempt = &mut play.state.attempts[attempt];
            let Some(intent) = attempt.intent.as_mut() else { return Answer::PaymentRefused };
            let told = intent.authorize(bank);
            if fresh && cast.scenario.webhooks {
                ring(&mut attempt.bells);
            }
            Answer::Payment(told, 0)
        });
        self.payment(&answer.await)
    }

    async fn capture(&self, _: &BookingId, _: &str, _: Money) -> Result<Payment, PaymentError> {
        let answer = self.effect(|play, _, intent| {
            let due = intent.stand == Stand::Authorized;
            let bank = if due { play.bank() } else { crate::provider::Bank::Agrees };
            intent.capture(bank)?;
            if due && play.step.after_cancellation {
                play.offend(Offence::TakenAfterCancellation);
            }
            Ok(())
        });
        match answer.await {
            // The card's bank does not give what it had reserved.
            Answer::PaymentRefused => self.payment(&Answer::Payment(Stand::Declined, 0)),
            answer => self.payment(&answer),
        }
    }

    async fn void(&self, _: &BookingId, _: &str) -> Result<Payment, PaymentError> {
        let answer = self.effect(|_, _, intent| {
            intent.void();
            Ok(())
        });
        self.payment(&answer.await)
    }

    async fn refund(
        &self,
        _: &BookingId,
        _: &str,
        amount: Money,
        already: Money,
    ) -> Result<RefundProgress, PaymentError> {
        let answer = self.effect(|_, cast, intent| {
            let named = !cast.scenario.lacks(Removed::InquiryOfRefund);
            intent.refund(amount.amount(), named.then_some(already.amount()))
        });
        self.payment(&answer.await).map(|_| RefundProgress::Final)
    }
}

#[async_trait]
impl BookingSaga for Stage {
    async fn start_booking(&self, _: &BookingId, _: Option<&str>) -> Result<(), WorkflowError> {
        // The event of the booking starts its saga all the same: the model leaves it to that.
        drop(self.call(Call::Signal, |_, _| Answer::Done).await);
        Ok(())
    }

    async fn resume_booking(&self, _: &BookingId, _: u32) -> Result<(), WorkflowError> {
        unreachable!("only reconciliation resumes sagas, which the model leaves out")
    }
}

#[async_trait]
impl SettlementSaga for Stage {
    async fn start_settlement(
        &self,
        _: &BookingId,
        cause: &str,
        _: Option<&str>,
    ) -> Result<(), WorkflowError> {
        let of_cancel = cause == CAUSE_CANCELLED;
        if of_cancel && self.play().turn == Turn::DiesBeforeSettlement {
            self.play().dies();
        }
        let answer = self.call(Call::Signal, |play, cast| {
            let attempt = play.attempt;
            let attempt = &mut play.state.attempts[attempt];
            let ignored = of_cancel
                && (attempt.settlement_of_cancel || cast.scenario.lacks(Removed::SettlementOfCancel));
            attempt.settlement_of_cancel |= of_cancel;
            if !ignored {
                attempt.settlements += 1;
            }
            Answer::Done
        });
        drop(answer.await);
        Ok(())
    }
}

#[async_trait]
impl SagaResumption for Stage {
    async fn resume(&self, task_token: &str) -> Result<bool, WorkflowError> {
        let answer = self.call(Call::Signal, |play, _| {
            let attempt = play.attempt;
            let machine = &mut play.state.attempts[attempt].machine;
            let awaited = machine.awaits() && task_token.parse() == Ok(machine.wait) && !machine.resumed;
            machine.resumed |= awaited;
            Answer::Resumed(awaited)
        });
        Ok(answer.await == Answer::Resumed(true))
    }
}
