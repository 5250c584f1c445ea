//! What behaviours do to an implementation, in one word each.

use holdfast_app::bookings::{BookingCommit, CommitError, JournalEntry};
use holdfast_app::holds::Placed;
use holdfast_app::kernel::confirmation_number;
use holdfast_app::{LedgerError, Mutation};
use holdfast_domain::{
    Booking, BookingEvent, BookingPayments, Fingerprint, Hold, HoldSnapshot, HoldStatus, InventoryMove,
    PageRejection, PaymentStep,
};
use jiff::{SignedDuration, Timestamp};

use crate::Implementation;

/// How long a hold lives, in seconds.
pub(crate) const TTL: i64 = 600;
/// How long a claim keeps a hold, in seconds.
pub(crate) const CLAIM: i64 = 900;

/// A ledger and the time.
pub(crate) struct World<I> {
    pub(crate) i: I,
    pub(crate) now: Timestamp,
}

/// A request's name.
pub(crate) fn request(name: &str) -> Fingerprint {
    Fingerprint::parse(name).expect("a fingerprint")
}

/// The page's refusal.
pub(crate) fn refusal<T: std::fmt::Debug>(outcome: Result<T, LedgerError>) -> PageRejection {
    match outcome {
        Err(LedgerError::Rejected(rejection)) => rejection,
        other => panic!("no page refused: {other:?}"),
    }
}

/// The same of a commit.
pub(crate) fn commit_refusal(outcome: Result<Booking, CommitError>) -> PageRejection {
    match outcome {
        Err(CommitError::Rejected(rejection)) => rejection,
        other => panic!("no page refused: {other:?}"),
    }
}

impl<I: Implementation> World<I> {
    pub(crate) async fn with_places(capacity: u32) -> Self {
        let i = I::with_places(capacity, false).await;
        Self { now: i.start(), i }
    }

    pub(crate) fn pass(&mut self, seconds: i64) {
        self.now = self.after(seconds);
    }

    pub(crate) fn after(&self, seconds: i64) -> Timestamp {
        self.now.checked_add(SignedDuration::from_secs(seconds)).expect("in range")
    }

    pub(crate) fn by(&self, actor: &str) -> Mutation {
        Mutation { now: self.now, actor: actor.to_owned(), trace: None }
    }

    pub(crate) async fn put(&self, hold: &Hold) -> Result<Placed, LedgerError> {
        self.i.ports().holds.place(&[self.i.resource()], hold, &self.by("guest")).await
    }

    pub(crate) async fn place(&self, guest: usize) -> Result<Placed, LedgerError> {
        self.put(&self.i.hold(guest, self.now)).await
    }

    /// A hold that must come to be.
    pub(crate) async fn held(&self, guest: usize) -> Hold {
        let placed = self.place(guest).await.expect("free places");
        assert!(!placed.replayed, "placed before");
        placed.hold
    }

    pub(crate) async fn release(&self, hold: &Hold) -> Result<(), LedgerError> {
        self.i.ports().holds.release(hold, &self.by("guest")).await
    }

    pub(crate) async fn snapshot(&self, hold: &Hold) -> HoldSnapshot {
        self.i.ports().holds.hold(&hold.id).await.expect("a read").expect("a record")
    }

    pub(crate) async fn status(&self, hold: &Hold) -> HoldStatus {
        self.snapshot(hold).await.status(self.now)
    }

    pub(crate) async fn offered(&self) -> u32 {
        self.i.offered(self.now).await
    }

    /// A booking of a guest's hold before anything has happened to it.
    pub(crate) fn unasked(&self, hold: &Hold, guest: usize, card: usize) -> Booking {
        let id = self.i.booking(guest, card);
        Booking::requested(
            id.clone(),
            confirmation_number(&id),
            hold.id.clone(),
            hold.order.clone(),
            BookingPayments::by_card("card".to_owned(), hold.order.price.total()),
            hold.fingerprint.clone(),
            self.now,
        )
    }

    /// Asks for a booking of a guest's hold, and claims the hold.
    pub(crate) async fn ask(&self, hold: &Hold, guest: usize, card: usize) -> Result<Booking, CommitError> {
        let claim = InventoryMove::Claim { deadline: self.after(CLAIM) };
        self.write(&self.unasked(hold, guest, card), BookingEvent::Requested, claim).await
    }

    pub(crate) async fn asked(&self, hold: &Hold, guest: usize) -> Booking {
        self.ask(hold, guest, 0).await.expect("a claim")
    }

    /// Writes an event that the domain allows.
    pub(crate) async fn write(
        &self,
        booking: &Booking,
        event: BookingEvent,
        inventory: InventoryMove,
    ) -> Result<Booking, CommitError> {
        let commit = BookingCommit::new(booking, event, inventory, &self.by("saga"));
        self.i.ports().bookings.commit(&commit).await?;
        Ok(commit.booking)
    }

    /// Confirms a booking with its amount reserved.
    pub(crate) async fn confirm(&self, booking: &Booking) -> Result<Booking, CommitError> {
        let authorized = self.note(booking, BookingEvent::first_payment(PaymentStep::Authorized)).await;
        self.write(&authorized, BookingEvent::Confirmed, InventoryMove::Confirm).await
    }

    pub(crate) async fn confirmed(&self, hold: &Hold, guest: usize) -> Booking {
        let asked = self.asked(hold, guest).await;
        self.confirm(&asked).await.expect("a confirmation")
    }

    /// Enters an event into the journal.
    pub(crate) async fn note(&self, booking: &Booking, event: BookingEvent) -> Booking {
        let entry = JournalEntry::new(booking, event, &self.by("saga"));
        self.i.ports().journal.append(&entry).await.expect("an entry");
        entry.booking
    }

    /// The stored booking must be this one. The seal is the audit trail's, which not every implementation keeps.
    pub(crate) async fn assert_stored(&self, booking: &Booking) {
        let stored = self.i.ports().bookings.booking(&booking.id).await.expect("a read").expect("a booking");
        assert_eq!(Booking { seal: None, ..stored }, Booking { seal: None, ..booking.clone() });
    }
}
