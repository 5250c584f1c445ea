//! What the use cases need from outside. Adapters implement these traits; nothing here names a technology.

use async_trait::async_trait;
use holdfast_domain::booking::Placement;
use holdfast_domain::hold::{Extension, RecordChange};
use holdfast_domain::schedule::Slot;
use holdfast_domain::{
    Booking, BookingEvent, BookingId, BookingStatus, Fingerprint, GuestId, Hold, HoldId, HoldSnapshot, Money,
    Page, PageCommand, PageHold, PageRejection, Resource, ResourceId,
};
use jiff::Timestamp;
use thiserror::Error;

use crate::audit::AuditEvent;

/// An error of the outside, kept for the log.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// The time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// When, by whom and in which trace something is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutation {
    /// Now: the same for every decision of one request.
    pub now: Timestamp,
    /// The caller's `sub`, or a part of the system such as `saga`.
    pub actor: String,
    /// W3C trace context, for the events.
    pub trace: Option<String>,
}

/// Why the store did not answer.
#[derive(Debug, Error)]
pub enum StoreError {
    /// It cannot be reached, or throttles beyond the retry budget.
    #[error("the store is unavailable")]
    Unavailable(#[source] Source),
    /// Others kept changing the same items until the retry budget was spent.
    #[error("too much contention on {0}")]
    Contention(String),
    /// An item cannot be read as what it should be.
    #[error("{item} is corrupt: {reason}")]
    Corrupt {
        /// Its key.
        item: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Why the ledger did not do as asked.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// A page refused; nothing was changed.
    #[error(transparent)]
    Rejected(#[from] PageRejection),
    /// The resource changed since it was read; read it again.
    #[error("the resource has changed")]
    ResourceChanged,
    /// The change touches more pages than one transaction may.
    #[error("the change touches more than {max} pages")]
    TooManyPages {
        /// The most it may touch.
        max: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a booking's change was not written.
#[derive(Debug, Error)]
pub enum CommitError {
    /// The booking changed since it was read; read it again.
    #[error("the booking has changed")]
    Stale,
    /// A page refused; nothing was changed.
    #[error(transparent)]
    Rejected(#[from] PageRejection),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A hold, and whether an earlier try of the same request had placed it.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// The record as first written.
    pub hold: Hold,
    /// `true` if this request only met its earlier self.
    pub replayed: bool,
}

/// What a booking's event does to the pages of its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InventoryMove {
    /// Nothing.
    Keep,
    /// Claim the hold until `deadline`.
    Claim {
        /// When the claim lapses.
        deadline: Timestamp,
    },
    /// Give the customer one TTL more for their bank; the hold's record gets the new expiry.
    Prolong {
        /// The hold, for its TTL.
        hold: Box<Hold>,
        /// Its new expiry.
        expires_at: Timestamp,
    },
    /// Let the hold wait for its guest again.
    Unclaim,
    /// Drop the claimed hold; its record ends `released`.
    Abandon,
    /// Turn the hold into the booking, or take free places if it died; the hold's record ends `confirmed`.
    Confirm,
    /// Turn the booking back into a hold; the hold's record is `active` again.
    Return {
        /// The hold.
        hold: Box<Hold>,
    },
    /// Give the booking's places back.
    Free,
}

impl InventoryMove {
    /// What is asked of the page of `placement`, one of the order's.
    #[must_use]
    pub fn command(&self, booking: &Booking, placement: &Placement) -> Option<PageCommand> {
        let (hold, id) = (booking.hold.clone(), booking.id.clone());
        let (slots, quantity) = (placement.slots.clone(), placement.quantity);
        match self {
            Self::Keep => None,
            Self::Claim { deadline } => Some(PageCommand::Claim { hold, booking: id, deadline: *deadline }),
            Self::Prolong { hold: record, .. } => {
                Some(PageCommand::Prolong { hold, booking: id, by: record.ttl() })
            }
            Self::Unclaim => Some(PageCommand::Unclaim { hold, booking: id }),
            Self::Abandon => Some(PageCommand::Abandon { hold, booking: id }),
            Self::Confirm => Some(PageCommand::Confirm { hold, booking: id, slots, quantity }),
            Self::Return { hold: record } => {
                let entry = PageHold { prolonged: true, ..record.entry(placement) };
                Some(PageCommand::Return { hold, entry })
            }
            Self::Free => Some(PageCommand::Free { booking: id, slots, quantity }),
        }
    }

    /// What is written to the record of the hold of `booking`, as it is after the event.
    #[must_use]
    pub fn record_change(&self, booking: &Booking) -> Option<RecordChange> {
        match self {
            // The charge failed after the confirmation: the hold is nobody's booking, and its page says whether it is live.
            Self::Free if booking.status == BookingStatus::Failed => Some(RecordChange::ActiveAgain),
            Self::Keep | Self::Claim { .. } | Self::Unclaim | Self::Free => None,
            Self::Prolong { expires_at, .. } => Some(RecordChange::ExpiresAt(*expires_at)),
            Self::Abandon => Some(RecordChange::Released),
            Self::Confirm => Some(RecordChange::Confirmed(booking.id.clone())),
            Self::Return { .. } => Some(RecordChange::ActiveAgain),
        }
    }
}

/// A change of one booking, with all that has to happen in the same transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct BookingCommit {
    /// The booking after the event.
    pub booking: Booking,
    /// The event.
    pub event: BookingEvent,
    /// Its entry in the audit trail.
    pub audit: AuditEvent,
    /// What it does to the pages.
    pub inventory: InventoryMove,
}

impl BookingCommit {
    /// `event` happens to a booking as it stands in `before`, and is entered into its audit trail.
    #[must_use]
    pub fn new(before: &Booking, event: BookingEvent, inventory: InventoryMove, mutation: &Mutation) -> Self {
        let mut booking = before.clone().evolve(&event);
        let audit = AuditEvent::record(before, &event, &booking, mutation);
        booking.seal.clone_from(&audit.seal);
        Self { booking, event, audit, inventory }
    }
}

/// The system of record: resources, pages, holds, bookings, audit trail.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// A resource; reads the latest write.
    async fn resource(&self, id: &ResourceId) -> Result<Option<Resource>, StoreError>;

    /// Creates (`previous` is `None`) or replaces a resource, and brings its pages that are not past under the new
    /// capacity or schedule, all or nothing. [`LedgerError::ResourceChanged`] if it is not as `previous` says.
    async fn put_resource(
        &self,
        previous: Option<&Resource>,
        next: &Resource,
        mutation: &Mutation,
    ) -> Result<(), LedgerError>;

    /// Sets capacity and stop-sell of `slots`, all or nothing.
    async fn set_inventory(
        &self,
        resource: &Resource,
        slots: &[Slot],
        capacity: Option<u32>,
        closed: Option<bool>,
        mutation: &Mutation,
    ) -> Result<(), LedgerError>;

    /// The named pages, in that order; a page nobody touched yet is given as it would be made.
    async fn pages(&self, resource: &Resource, pages: &[String]) -> Result<Vec<Page>, StoreError>;

    /// Every stored page of a resource.
    async fn stored_pages(&self, resource: &Resource) -> Result<Vec<Page>, StoreError>;

    /// Takes the places of a hold, on all its pages or none, and writes its record. Placing the same hold again gives the
    /// first record. `resources` are those the hold's placements name; their limits apply unless somebody else places the
    /// hold for its guest.
    async fn place(
        &self,
        resources: &[&Resource],
        hold: &Hold,
        mutation: &Mutation,
    ) -> Result<Placed, LedgerError>;

    /// A hold with what its page stores of it.
    async fn hold(&self, id: &HoldId) -> Result<Option<HoldSnapshot>, StoreError>;

    /// Adds one TTL to the hold's expiry, once per `request`: the answer as first given, and whether a twin of the request
    /// was given it.
    async fn extend(
        &self,
        hold: &Hold,
        request: &Fingerprint,
        mutation: &Mutation,
    ) -> Result<(Extension, bool), LedgerError>;

    /// Gives the hold back for its guest. Again: no effect. [`PageRejection::HoldMissing`] if it has become a booking.
    async fn release(&self, hold: &Hold, mutation: &Mutation) -> Result<(), LedgerError>;

    /// Drops the hold if it is dead; [`PageRejection::HoldLive`] if not. Again: no effect.
    async fn expire(&self, hold: &Hold, mutation: &Mutation) -> Result<(), LedgerError>;

    /// A booking; reads the latest write.
    async fn booking(&self, id: &BookingId) -> Result<Option<Booking>, StoreError>;

    /// Writes a booking's event, its audit entry and its inventory move in one transaction, or nothing.
    async fn commit(&self, commit: &BookingCommit) -> Result<(), CommitError>;

    /// A guest's bookings, newest first, at most `limit` of them after `cursor`, with the next cursor.
    async fn bookings_of(
        &self,
        guest: &GuestId,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<(Vec<Booking>, Option<String>), StoreError>;

    /// Bookings that await nothing but their end ([`Booking::awaits_end`]) and whose time has passed at `now`: at most
    /// `limit`, the longest ended first. It may lag behind the latest writes: read a booking before changing it.
    async fn ended_bookings(&self, now: Timestamp, limit: u32) -> Result<Vec<BookingId>, StoreError>;

    /// A booking's audit trail, oldest first.
    async fn audit_trail(&self, booking: &BookingId) -> Result<Vec<AuditEvent>, StoreError>;

    /// Remembers which callback resumes the saga of a booking.
    async fn put_task_token(
        &self,
        booking: &BookingId,
        token: &str,
        mutation: &Mutation,
    ) -> Result<(), StoreError>;

    /// The callback that resumes the saga of a booking.
    async fn task_token(&self, booking: &BookingId) -> Result<Option<String>, StoreError>;
}

/// Where the provider says a payment stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentState {
    /// It exists; nobody has tried to pay.
    NotStarted,
    /// The bank wants the customer.
    ActionRequired {
        /// For the guest's device.
        client_secret: String,
        /// The bank's page, if named.
        redirect_url: Option<String>,
    },
    /// The provider is still at work.
    Processing,
    /// The amount is reserved.
    Authorized,
    /// The money is taken.
    Captured,
    /// Given up; nothing is reserved.
    Voided,
    /// The card was declined.
    Declined {
        /// The provider's code.
        code: String,
    },
}

/// A payment as the provider knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The provider's name for it.
    pub intent: String,
    /// The booking it is for, as we told the provider.
    pub booking: Option<String>,
    /// Where it stands.
    pub state: PaymentState,
    /// Given back so far.
    pub refunded: Money,
}

/// Why the provider did not do as asked.
#[derive(Debug, Error)]
pub enum PaymentError {
    /// It may or may not have happened: ask before doing anything else.
    #[error("the outcome is unknown")]
    Unknown(#[source] Source),
    /// It certainly did not happen; later it may.
    #[error("the provider is unavailable")]
    Unavailable(#[source] Source),
    /// The provider refuses the request itself.
    #[error("the provider refuses: {code}: {message}")]
    Refused {
        /// Its code.
        code: String,
        /// Its words.
        message: String,
    },
}

/// A payment to be prepared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayment {
    /// What it is for.
    pub booking: BookingId,
    /// For the guest's statement.
    pub confirmation_number: String,
    /// How much.
    pub amount: Money,
}

/// The payment provider. Every mutating call carries a key, so that the provider does it once.
#[async_trait]
pub trait Payments: Send + Sync {
    /// Prepares a payment; no money is touched. Gives the provider's name for it.
    async fn create(&self, payment: &NewPayment) -> Result<String, PaymentError>;
    /// Asks the bank to reserve the amount on `payment_method`.
    async fn authorize(
        &self,
        booking: &BookingId,
        intent: &str,
        payment_method: &str,
    ) -> Result<Payment, PaymentError>;
    /// Where the payment stands.
    async fn inquire(&self, intent: &str) -> Result<Payment, PaymentError>;
    /// Takes the reserved amount.
    async fn capture(
        &self,
        booking: &BookingId,
        intent: &str,
        amount: Money,
    ) -> Result<Payment, PaymentError>;
    /// Gives the reservation back.
    async fn void(&self, booking: &BookingId, intent: &str) -> Result<Payment, PaymentError>;
    /// Gives `amount` back; `already` was given back before.
    async fn refund(
        &self,
        booking: &BookingId,
        intent: &str,
        amount: Money,
        already: Money,
    ) -> Result<(), PaymentError>;
}

/// Why a workflow could not be started or resumed.
#[derive(Debug, Error)]
#[error("the workflow service is unavailable")]
pub struct WorkflowError(#[source] pub Source);

/// The sagas. Starting one twice starts one.
#[async_trait]
pub trait Workflow: Send + Sync {
    /// Starts the booking saga.
    async fn start_booking(&self, booking: &BookingId, trace: Option<&str>) -> Result<(), WorkflowError>;
    /// Starts the settlement of a booking that does not stand, once per `cause`.
    async fn start_settlement(
        &self,
        booking: &BookingId,
        cause: &str,
        trace: Option<&str>,
    ) -> Result<(), WorkflowError>;
    /// Resumes a saga that waits for the customer. `false` if it no longer waits.
    async fn resume(&self, task_token: &str) -> Result<bool, WorkflowError>;
}

/// Wakes the expiry of a hold.
#[async_trait]
pub trait Timers: Send + Sync {
    /// Asks to be woken for `hold` at `at`, or somewhat earlier.
    async fn wake(&self, hold: &HoldId, at: Timestamp, now: Timestamp) -> Result<(), WorkflowError>;
}

/// The read model behind search.
#[async_trait]
pub trait SearchIndex: Send + Sync {
    /// Lists a resource; `moved_from` names the type and location it was listed under before.
    async fn put_resource(
        &self,
        resource: &Resource,
        moved_from: Option<(&str, &str)>,
    ) -> Result<(), StoreError>;
    /// Keeps a page, unless a later one is kept already.
    async fn put_page(&self, resource: &Resource, page: &Page) -> Result<(), StoreError>;
    /// Resources of a type at a location.
    async fn resources(&self, resource_type: &str, location: &str) -> Result<Vec<Resource>, StoreError>;
    /// Pages of that name of the resources of a type at a location; untouched ones are absent.
    async fn pages(&self, resource_type: &str, location: &str, page: &str) -> Result<Vec<Page>, StoreError>;
}
