//! The model's ledger by itself: the ports of holds and bookings over a [`State`], without the stops of the [`stage`].
//! `tests/contract` runs over it what it runs over the DynamoDB adapter.
//!
//! [`stage`]: crate::stage

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use holdfast_app::bookings::{
    AppendError, BookingCommit, BookingContacts, BookingJournal, BookingReader, BookingStore, CommitError,
    JournalEntry,
};
use holdfast_app::holds::{HoldReader, HoldStore, Placed};
use holdfast_app::payments::{CustomerActions, SagaCallbacks};
use holdfast_app::rates::PromotionUses;
use holdfast_app::{LedgerError, Mutation, StoreError};
use holdfast_domain::bookings::{Contact, InventoryPlan};
use holdfast_domain::holds::Extension;
use holdfast_domain::payments::CustomerAction;
use holdfast_domain::rates::promotion::{PromotionCode, UseLimits};
use holdfast_domain::rates::uses::{PromotionUse, UsesMade};
use holdfast_domain::{
    Booking, BookingEvent, BookingId, Fingerprint, GuestId, Hold, HoldId, HoldSnapshot, Page, PaymentStep,
    Resource, ResourceId,
};

use crate::cast::Cast;
use crate::ledger::{self, NotWritten};
use crate::state::State;
use crate::uses;

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A ledger of one page with one slot.
pub struct MemoryLedger {
    cast: Cast,
    state: Mutex<State>,
    /// What no step of the model depends on, so that it is no part of the state.
    actions: Mutex<HashMap<BookingId, CustomerAction>>,
    contacts: Mutex<HashMap<BookingId, Contact>>,
}

impl MemoryLedger {
    /// Before anything has happened to those of `cast`.
    #[must_use]
    pub fn new(cast: Cast) -> Self {
        let state = Mutex::new(cast.first_state());
        Self { cast, state, actions: Mutex::default(), contacts: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    /// The page as it is now.
    #[must_use]
    pub fn page(&self) -> Page {
        (*self.state().page).clone()
    }

    /// The uses of promotions that are counted.
    #[must_use]
    pub fn uses(&self) -> u64 {
        u64::try_from(self.state().uses.len()).unwrap_or(u64::MAX)
    }

    fn write(&self, commit: &BookingCommit) -> Result<(), CommitError> {
        ledger::commit(&mut self.state(), &self.cast, commit).map_err(|error| match error {
            NotWritten::Stale => CommitError::Stale,
            NotWritten::Rejected(rejection) => rejection.into(),
        })?;
        let id = &commit.booking.id;
        if let BookingEvent::Payment { step: PaymentStep::ActionRequired { action }, .. } = &commit.event {
            locked(&self.actions).insert(id.clone(), action.clone());
        }
        if let Some(contact) = &commit.contact {
            locked(&self.contacts).insert(id.clone(), contact.clone());
        }
        Ok(())
    }
}

#[async_trait]
impl HoldReader for MemoryLedger {
    async fn hold(&self, id: &HoldId) -> Result<Option<HoldSnapshot>, StoreError> {
        Ok(self.cast.guest_of(id).and_then(|guest| ledger::snapshot(&self.state(), guest)))
    }
}

#[async_trait]
impl HoldStore for MemoryLedger {
    async fn place(&self, _: &[&Resource], hold: &Hold, by: &Mutation) -> Result<Placed, LedgerError> {
        if hold.order.placements.len() != 1 {
            return Err(StoreError::Unavailable("the model has one page".into()).into());
        }
        let mut state = self.state();
        let of = PromotionUse::of(&hold.order, &hold.id);
        let is_known = ledger::snapshot(&state, self.cast.guest_of(&hold.id).unwrap_or(usize::MAX)).is_some();
        let has_room = |of: &PromotionUse| of.limits.have_room(uses::made(&state, &of.code, Some(&of.guest)));
        if let Some(of) = of.as_ref().filter(|of| !is_known && !has_room(of)) {
            return Err(LedgerError::PromotionUsedUp { plan: of.plan.clone() });
        }
        let placed = ledger::place(&mut state, &self.cast, hold, by.now)?;
        if let Some(of) = of.filter(|_| !placed.replayed) {
            uses::count(&mut state, of);
        }
        Ok(placed)
    }

    async fn extend(
        &self,
        hold: &Hold,
        request: &Fingerprint,
        by: &Mutation,
    ) -> Result<(Extension, bool), LedgerError> {
        Ok(ledger::extend(&mut self.state(), &self.cast, hold, request, by.now)?)
    }

    async fn release(&self, hold: &Hold, by: &Mutation) -> Result<(), LedgerError> {
        Ok(ledger::release(&mut self.state(), &self.cast, &hold.id, by.now)?)
    }

    async fn expire(&self, hold: &Hold, by: &Mutation) -> Result<(), LedgerError> {
        Ok(ledger::expire(&mut self.state(), &self.cast, &hold.id, by.now)?)
    }
}

#[async_trait]
impl PromotionUses for MemoryLedger {
    async fn made(
        &self,
        _: &ResourceId,
        code: &PromotionCode,
        limits: UseLimits,
        guest: Option<&GuestId>,
    ) -> Result<UsesMade, StoreError> {
        let made = uses::made(&self.state(), code, guest);
        Ok(UsesMade {
            in_all: limits.in_all.map_or(0, |_| made.in_all),
            of_guest: limits.per_guest.map_or(0, |_| made.of_guest),
        })
    }
}

#[async_trait]
impl BookingReader for MemoryLedger {
    async fn booking(&self, id: &BookingId) -> Result<Option<Booking>, StoreError> {
        Ok(ledger::booking(&self.state(), &self.cast, id).map(|booking| (*booking).clone()))
    }
}

#[async_trait]
impl BookingStore for MemoryLedger {
    async fn commit(&self, commit: &BookingCommit) -> Result<(), CommitError> {
        self.write(commit)
    }
}

#[async_trait]
impl BookingJournal for MemoryLedger {
    async fn append(&self, entry: &JournalEntry) -> Result<(), AppendError> {
        let JournalEntry { booking, event, audit } = entry.clone();
        match self.write(&BookingCommit {
            booking,
            event,
            audit,
            inventory: InventoryPlan::default(),
            contact: None,
            attempts: None,
        }) {
            Ok(()) => Ok(()),
            Err(CommitError::Store(error)) => Err(error.into()),
            Err(
                CommitError::Stale
                | CommitError::AttemptsChanged
                | CommitError::Rejected(_)
                | CommitError::ResourceChanged
                | CommitError::TooManyPages { .. },
            ) => Err(AppendError::Stale),
        }
    }
}

#[async_trait]
impl CustomerActions for MemoryLedger {
    async fn customer_action(&self, id: &BookingId) -> Result<Option<CustomerAction>, StoreError> {
        Ok(locked(&self.actions).get(id).cloned())
    }
}

#[async_trait]
impl BookingContacts for MemoryLedger {
    async fn contact(&self, id: &BookingId) -> Result<Option<Contact>, StoreError> {
        Ok(locked(&self.contacts).get(id).cloned())
    }
}

#[async_trait]
impl SagaCallbacks for MemoryLedger {
    async fn put_task_token(&self, id: &BookingId, token: &str, _: &Mutation) -> Result<(), StoreError> {
        ledger::put_task_token(&mut self.state(), &self.cast, id, token);
        Ok(())
    }

    async fn task_token(&self, id: &BookingId) -> Result<Option<String>, StoreError> {
        Ok(ledger::task_token(&self.state(), &self.cast, id).map(|token| token.to_string()))
    }
}
