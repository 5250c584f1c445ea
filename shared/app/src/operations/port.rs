//! What operators and schedules need of the outside besides the ports of the requests. These stand apart, so that nothing behind a
//! request can go through the whole ledger or list every payment.

use async_trait::async_trait;
use holdfast_domain::receipts::Receipt;
use holdfast_domain::{Booking, BookingId, HoldId, Money, Page, PageHold, PageKey, Property, Resource};
use jiff::Timestamp;

use crate::bookings::trail::AuditEvent;
use crate::kernel::errors::{LedgerError, PaymentError, StoreError, WorkflowError};
use crate::kernel::mutation::Mutation;
use crate::operations::reconciliation::cycle::Cycle;
use crate::operations::reconciliation::findings::Finding;
use crate::payments::port::{Payment, PaymentState};

/// A part of what is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Part<T> {
    /// What could be read.
    pub items: Vec<T>,
    /// What could not.
    pub unreadable: Vec<Unreadable>,
    /// Where the next part begins; none after the last.
    pub next: Option<String>,
}

/// An item that cannot be read as what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Its key.
    pub item: String,
    /// What is wrong with it.
    pub reason: String,
}

/// What the reconciliation looks at in the ledger.
#[derive(Debug, Clone, PartialEq)]
pub enum Inspected {
    /// A page.
    Page(Box<Page>),
    /// A booking.
    Booking(Box<Booking>),
    /// An entry of a booking's audit trail by which money may have moved ([`MOVING_KINDS`](crate::receipts::MOVING_KINDS)).
    Money(Box<AuditEvent>),
    /// A receipt.
    Receipt(Box<Receipt>),
}

/// The ledger as a whole. A part is 1 MB of stored items at most, whatever they are.
#[async_trait]
pub trait LedgerInspection: Send + Sync {
    /// Stored pages after `cursor`, each as last written, also those whose counts do not add up.
    async fn pages_part(&self, cursor: Option<&str>) -> Result<Part<Page>, StoreError>;

    /// Stored bookings after `cursor`, each as last written.
    async fn bookings_part(&self, cursor: Option<&str>) -> Result<Part<Booking>, StoreError>;

    /// Stored pages and bookings after `cursor`, as [`Self::pages_part`] and [`Self::bookings_part`] give them, and what there is beside
    /// bookings of their money. What is of one booking comes one after the other, the entries of its trail in their order and before its
    /// receipts, though a part may end between two of them.
    async fn ledger_part(&self, cursor: Option<&str>) -> Result<Part<Inspected>, StoreError>;

    /// Stored resources after `cursor`, each as last written.
    async fn resources_part(&self, cursor: Option<&str>) -> Result<Part<Resource>, StoreError>;

    /// Stored properties after `cursor`, each as last written.
    async fn properties_part(&self, cursor: Option<&str>) -> Result<Part<Property>, StoreError>;

    /// A page as last written, also if its counts do not add up.
    async fn page_as_stored(&self, key: &PageKey) -> Result<Option<Page>, StoreError>;

    /// Drops a dead hold from one page, also when its record is gone; [`LedgerError::Rejected`] if it is active. Again: no
    /// effect. `entry` is what the page stores of it.
    async fn expire_entry(
        &self,
        page: &Page,
        hold: &HoldId,
        entry: &PageHold,
        mutation: &Mutation,
    ) -> Result<(), LedgerError>;

    /// When a case was last parked for review.
    async fn parked_at(&self, case: &str) -> Result<Option<Timestamp>, StoreError>;

    /// Remembers that a case was parked.
    async fn note_parked(&self, case: &str, at: Timestamp) -> Result<(), StoreError>;
}

/// Finds bookings whose time has passed.
#[async_trait]
pub trait EndedBookings: Send + Sync {
    /// Bookings that await nothing but their end ([`Booking::awaits_completion`]) and whose time has passed at `now`: at most
    /// `limit`, the longest ended first. It may lag behind the latest writes: read a booking before changing it.
    async fn ended_bookings(&self, now: Timestamp, limit: u32) -> Result<Vec<BookingId>, StoreError>;
}

/// The state of a booking's saga.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SagaState {
    /// Nobody has started it, or it ended longer ago than the service remembers.
    NotStarted,
    /// It is at work.
    Running,
    /// It is over, well or badly.
    Ended,
}

/// Looks at sagas.
#[async_trait]
pub trait SagaInspection: Send + Sync {
    /// The state of a booking's saga: of its first run, or of the resumption of that number.
    async fn booking_saga(
        &self,
        booking: &BookingId,
        resumption: Option<u32>,
    ) -> Result<SagaState, WorkflowError>;
}

/// A payment of the provider's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPayment {
    /// The payment.
    pub payment: Payment,
    /// What was asked for.
    pub amount: Money,
    /// When it was made.
    pub created_at: Timestamp,
}

impl ListedPayment {
    /// Whether somebody's money is reserved or taken by it.
    #[must_use]
    pub fn holds_money(&self) -> bool {
        match self.payment.state {
            PaymentState::Authorized => true,
            PaymentState::Captured => self.payment.refunded.amount() < self.amount.amount(),
            PaymentState::NotStarted
            | PaymentState::ActionRequired { .. }
            | PaymentState::Processing
            | PaymentState::Voided
            | PaymentState::Declined { .. } => false,
        }
    }
}

/// Lists the provider's payments.
#[async_trait]
pub trait PaymentListing: Send + Sync {
    /// Payments made at `since` or later that name a booking, after `cursor`. One that cannot be read does not hide the others.
    async fn payments_part(
        &self,
        since: Timestamp,
        cursor: Option<&str>,
    ) -> Result<Part<ListedPayment>, PaymentError>;
}

/// Keeps the reconciliation's cycle between two runs.
#[async_trait]
pub trait CycleStore: Send + Sync {
    /// The cycle as it was kept last; none before the first. One that cannot be read is [`Cycle::forgotten`].
    async fn cycle(&self) -> Result<Option<Cycle>, StoreError>;

    /// Keeps a cycle in place of the one of revision `after`, 0 for the first; `false`, and nothing changed, if another was kept since.
    async fn keep_cycle(&self, cycle: &Cycle, after: u64) -> Result<bool, StoreError>;
}

/// Where people find what only they can decide.
#[async_trait]
pub trait ManualReview: Send + Sync {
    /// Puts a finding, made at `at`, before a person.
    async fn park(&self, finding: &Finding, at: Timestamp) -> Result<(), WorkflowError>;
}
