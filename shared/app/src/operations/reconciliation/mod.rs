//! Reconciliation compares pages, bookings and the provider's payments, in both directions. It repairs by existing writes what
//! is safe to repair, and parks the rest for a person. Nothing waits for it.
//!
//! A change that is still under way is not drift. A booking is left alone until some minutes after its last change, a page
//! that was written while it was compared is left to the next run, and every difference is read once more before it counts.
//!
//! Deliberately absent: any write to a page's counts and any call that moves money. Both belong to sagas and people.

mod compare;
pub(crate) mod findings;

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_domain::inventory::HoldState;
use holdfast_domain::{Booking, BookingId, BookingStatus, HoldId, Page, PageHold, PageKey, PageRejection};
use jiff::{SignedDuration, Timestamp};

use self::compare::{Inventory, Mismatch, agree, both_sides, name_of, remedy_of};
pub use self::findings::{Finding, Kind, Remedy, Report};
use crate::bookings::port::{BookingHistory, BookingJournal};
use crate::bookings::request::CLAIM_SECONDS;
use crate::kernel::errors::{LedgerError, PaymentError, StoreError};
use crate::kernel::failure::Failure;
use crate::kernel::mutation::Mutation;
use crate::notifications::notices::amount;
use crate::operations::port::{
    LedgerInspection, ListedPayment, ManualReview, PaymentListing, SagaInspection, SagaState, Unreadable,
};
use crate::payments::port::{BookingSaga, PaymentInquiry, SagaCallbacks, SagaResumption, SettlementSaga};
use crate::payments::webhook::{Reaction, Webhook};

/// The seconds for which a booking or a payment is left alone after its last change.
pub const SETTLING_SECONDS: i64 = 600;
/// The seconds for which an expired hold is left to the timer.
pub const DEAD_HOLD_SECONDS: i64 = 300;
/// The seconds for which a booking may wait for its saga: its claim, a customer who is late, and as much again.
pub const STALLED_SECONDS: i64 = 4 * CLAIM_SECONDS;
/// The days for which the provider's payments are listed: an authorization expires after seven.
pub const PAYMENT_DAYS: i64 = 8;
/// The days after which a case that is still found is parked again.
pub const PARK_AGAIN_DAYS: i64 = 7;
/// The most findings of one run.
pub const FINDINGS_MAX: usize = 1_000;
/// The most parts of one listing. That is a ledger of some 5 GiB, or half a million payments; more fits neither into a run's 15
/// minutes nor into its memory.
pub const PARTS_MAX: usize = 5_000;

/// The ports that reconciliation works on.
#[derive(Clone)]
pub struct Ports {
    /// Records refunds that were made by hand.
    pub journal: Arc<dyn BookingJournal>,
    /// Reads bookings and their audit trails.
    pub history: Arc<dyn BookingHistory>,
    /// Reads the ledger as a whole.
    pub inspection: Arc<dyn LedgerInspection>,
    /// Asks the payment provider for one payment.
    pub payments: Arc<dyn PaymentInquiry>,
    /// Lists the provider's payments.
    pub listing: Arc<dyn PaymentListing>,
    /// Starts booking sagas that never ran.
    pub saga: Arc<dyn BookingSaga>,
    /// Settles the money of cancelled and failed bookings.
    pub settlement: Arc<dyn SettlementSaga>,
    /// Reads the callbacks of sagas that wait.
    pub callbacks: Arc<dyn SagaCallbacks>,
    /// Resumes them.
    pub resumption: Arc<dyn SagaResumption>,
    /// Reads the states of sagas.
    pub sagas: Arc<dyn SagaInspection>,
    /// Puts findings before people.
    pub review: Arc<dyn ManualReview>,
}

/// The use case of the reconciliation function.
pub struct Reconciliation {
    ports: Ports,
    webhook: Webhook,
}

impl Reconciliation {
    /// Makes the use case over these ports.
    #[must_use]
    pub fn new(ports: Ports) -> Self {
        let webhook = Webhook::new(
            Arc::clone(&ports.journal),
            Arc::clone(&ports.callbacks),
            Arc::clone(&ports.payments),
            Arc::clone(&ports.resumption),
            Arc::clone(&ports.settlement),
        );
        Self { ports, webhook }
    }

    /// Compares everything once. A dry run says what it would do, and changes nothing.
    ///
    /// # Errors
    /// [`Failure`] on an outage, and beyond [`PARTS_MAX`]; what was repaired until then stays so, and the next run begins
    /// anew.
    pub async fn run(&self, dry_run: bool, mutation: &Mutation) -> Result<Report, Failure> {
        let mut run = Run {
            ports: &self.ports,
            webhook: &self.webhook,
            mutation,
            cause: format!("reconcile-{}", mutation.now.strftime("%Y-%m-%d")),
            payments_since: before(mutation.now, SignedDuration::from_hours(24 * PAYMENT_DAYS)),
            payments: BTreeMap::new(),
            inventory: Inventory::default(),
            report: Report::new(mutation.now, dry_run),
        };
        // The order matters: a page that is still the same after all bookings were read has had their counts all the time.
        run.list_payments().await?;
        run.look_at_pages().await?;
        run.look_at_bookings().await?;
        run.compare_inventory().await?;
        run.look_at_other_payments().await?;
        run.park().await?;
        Ok(run.report)
    }
}

struct Run<'a> {
    ports: &'a Ports,
    webhook: &'a Webhook,
    mutation: &'a Mutation,
    /// Names the settlements of this day.
    cause: String,
    payments_since: Timestamp,
    /// Listed payments whose booking was not met yet, by the provider's name.
    payments: BTreeMap<String, ListedPayment>,
    inventory: Inventory,
    report: Report,
}

fn before(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_sub(by).unwrap_or(Timestamp::MIN)
}

impl Run<'_> {
    fn now(&self) -> Timestamp {
        self.mutation.now
    }

    /// Whether `at` lies at least that number of seconds back.
    fn is_past(&self, at: Timestamp, seconds: i64) -> bool {
        at <= before(self.now(), SignedDuration::from_secs(seconds))
    }

    /// Whether there is room for another finding; if not, the run stops looking.
    fn has_room(&mut self) -> bool {
        self.report.more |= self.report.findings.len() >= FINDINGS_MAX;
        !self.report.more
    }

    fn found(
        &mut self,
        kind: Kind,
        subject: impl ToString,
        booking: Option<&BookingId>,
        remedy: Remedy,
        detail: impl Into<String>,
    ) {
        let finding = Finding {
            kind,
            subject: subject.to_string(),
            booking: booking.cloned(),
            detail: detail.into(),
            remedy,
        };
        tracing::warn!(
            kind = kind.as_str(),
            subject = finding.subject,
            remedy = remedy.as_str(),
            detail = finding.detail,
            dry_run = self.report.dry_run,
            "drift"
        );
        self.report.findings.push(finding);
    }

    /// Names each item once, also if several readings come across it.
    fn found_unreadable(&mut self, items: &[Unreadable]) {
        for Unreadable { item, reason } in items {
            let is_this = |one: &Finding| one.kind == Kind::UnreadableItem && one.subject == *item;
            if self.has_room() && !self.report.findings.iter().any(is_this) {
                self.found(Kind::UnreadableItem, item, None, Remedy::Review, reason.as_str());
            }
        }
    }

    /// Decides what a failure with one thing means for the run: an item that cannot be read is a finding, one that others keep
    /// changing is left to the next run, an outage ends this one.
    fn go_on(&mut self, outcome: Result<(), Failure>) -> Result<(), Failure> {
        match outcome {
            Err(Failure::Store(StoreError::Corrupt { item, reason })) => {
                self.found_unreadable(&[Unreadable { item, reason }]);
                Ok(())
            }
            Err(error @ (Failure::Store(StoreError::Contention(_)) | Failure::RequestInProgress)) => {
                tracing::info!(%error, "left to the next run");
                self.report.changing += 1;
                Ok(())
            }
            Err(error) => Err(error),
            Ok(()) => Ok(()),
        }
    }

    async fn list_payments(&mut self) -> Result<(), Failure> {
        let mut cursor = None;
        for _ in 0..PARTS_MAX {
            let listing = &self.ports.listing;
            let (payments, next) = listing.payments_since(self.payments_since, cursor.as_deref()).await?;
            for listed in payments {
                self.report.payments += 1;
                self.payments.insert(listed.payment.intent.clone(), listed);
            }
            cursor = next;
            if cursor.is_none() {
                return Ok(());
            }
        }
        let endless = format!("the list of payments has more than {PARTS_MAX} parts");
        Err(PaymentError::Unavailable(endless.into()).into())
    }

    async fn look_at_pages(&mut self) -> Result<(), Failure> {
        let mut cursor = None;
        for _ in 0..PARTS_MAX {
            let part = self.ports.inspection.pages_part(cursor.as_deref()).await?;
            self.found_unreadable(&part.unreadable);
            for page in &part.items {
                if !self.has_room() {
                    return Ok(());
                }
                let outcome = self.look_at_page(page).await;
                self.go_on(outcome)?;
            }
            cursor = part.next.filter(|_| self.has_room());
            if cursor.is_none() {
                return Ok(());
            }
        }
        Err(too_large())
    }

    async fn look_at_page(&mut self, page: &Page) -> Result<(), Failure> {
        self.report.pages += 1;
        self.inventory.add_page(page);
        if let Some(slot) = page.broken_slot() {
            let detail = format!("slot {slot} does not add up");
            self.found(Kind::PageUnbalanced, name_of_page(&page.key), None, Remedy::Review, detail);
            return Ok(());
        }
        // Claims first: dropping a hold writes the page.
        let now = self.now();
        for (id, entry) in page.holds.iter().filter(|(_, entry)| entry.is_live(now)) {
            if let HoldState::Confirming { booking, .. } = &entry.state {
                let outcome = self.look_at_claim(page, id, booking).await;
                self.go_on(outcome)?;
            }
        }
        let mut repaired = false;
        for (id, entry) in &page.holds {
            if self.is_past(entry.counts_until(), DEAD_HOLD_SECONDS) {
                repaired |= self.expire(page, id, entry).await?;
            }
        }
        if repaired && let Some(page) = self.ports.inspection.page_as_stored(&page.key).await? {
            self.inventory.add_page(&page);
        }
        Ok(())
    }

    /// Drops a dead hold; `true` if the page was written.
    async fn expire(&mut self, page: &Page, id: &HoldId, entry: &PageHold) -> Result<bool, Failure> {
        let detail = format!("on {}, dead since {}", name_of_page(&page.key), entry.counts_until());
        if !self.report.dry_run {
            match self.ports.inspection.expire_entry(page, id, entry, self.mutation).await {
                Ok(()) => {}
                // Placed anew under the same id since the page was read.
                Err(LedgerError::Rejected(PageRejection::HoldLive { .. })) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        self.found(Kind::ExpiredHold, id, None, Remedy::Repaired, detail);
        Ok(!self.report.dry_run)
    }

    async fn look_at_claim(&mut self, page: &Page, hold: &HoldId, id: &BookingId) -> Result<(), Failure> {
        let booking = self.ports.history.booking(id).await?;
        let detail = match booking.map(|booking| booking.status) {
            Some(BookingStatus::Pending) => return Ok(()),
            Some(over) => format!("on {}, by a booking that is {}", name_of_page(&page.key), over.as_str()),
            None => format!("on {}, by a booking that does not exist", name_of_page(&page.key)),
        };
        if self.is_unchanged(&page.key, Some(page.seq)).await? {
            self.found(Kind::OrphanedClaim, hold, Some(id), Remedy::Review, detail);
        }
        Ok(())
    }

    /// Whether a page was not written since it was seen after that write; with none, whether it is still not there.
    async fn is_unchanged(&self, page: &PageKey, seq: Option<u64>) -> Result<bool, Failure> {
        let stored = self.ports.inspection.page_as_stored(page).await?;
        Ok(stored.map(|page| page.seq) == seq)
    }

    async fn look_at_bookings(&mut self) -> Result<(), Failure> {
        let mut cursor = None;
        for _ in 0..PARTS_MAX {
            let part = self.ports.inspection.bookings_part(cursor.as_deref()).await?;
            self.found_unreadable(&part.unreadable);
            for booking in &part.items {
                if !self.has_room() {
                    return Ok(());
                }
                let outcome = self.look_at_booking(booking).await;
                self.go_on(outcome)?;
            }
            cursor = part.next.filter(|_| self.has_room());
            if cursor.is_none() {
                return Ok(());
            }
        }
        Err(too_large())
    }

    async fn look_at_booking(&mut self, booking: &Booking) -> Result<(), Failure> {
        self.report.bookings += 1;
        self.inventory.add_booking(booking, self.now());
        let listed = booking.payment_intent().and_then(|intent| self.payments.remove(intent));
        if booking.awaits_payment() {
            return self.look_at_saga(booking).await;
        }
        if !booking.holds_places() && !booking.money_is_settled() {
            return self.look_at_settlement(booking).await;
        }
        let Some(intent) = booking.payment_intent() else { return Ok(()) };
        let differs = match listed {
            Some(listed) => !agree(booking, &listed.payment),
            None => booking.created_at >= self.payments_since,
        };
        if differs { self.look_at_payment(&booking.id, intent).await } else { Ok(()) }
    }

    /// Looks at a booking whose saga should be over by now.
    async fn look_at_saga(&mut self, booking: &Booking) -> Result<(), Failure> {
        let id = &booking.id;
        if !self.is_past(booking.created_at, STALLED_SECONDS) {
            return Ok(());
        }
        let state = self.ports.sagas.booking_saga(id).await?;
        // After the saga's state: one that has just ended has written its outcome before.
        let still = self.ports.history.booking(id).await?.filter(Booking::awaits_payment);
        let Some(booking) = still else { return Ok(()) };
        let status = format!("{} and {}", booking.status.as_str(), booking.payment_status().as_str());
        match state {
            SagaState::Running => {}
            SagaState::NotStarted => {
                if !self.report.dry_run {
                    self.ports.saga.start_booking(id, None).await?;
                }
                let detail = format!("{status}; its saga never ran");
                self.found(Kind::StalledBooking, id, Some(id), Remedy::Repaired, detail);
            }
            SagaState::Ended => {
                let detail = format!("{status}; its saga is over");
                self.found(Kind::StalledBooking, id, Some(id), Remedy::Review, detail);
            }
        }
        Ok(())
    }

    /// Looks at a booking that is not confirmed and whose money is not settled. A second settlement beside one that runs has no
    /// second effect, and there is one of this cause a day.
    async fn look_at_settlement(&mut self, booking: &Booking) -> Result<(), Failure> {
        let id = &booking.id;
        if !self.has_settled(id).await? {
            return Ok(());
        }
        if !self.report.dry_run {
            self.ports.settlement.start_settlement(id, &self.cause, None).await?;
        }
        let detail = format!("{} and {}", booking.status.as_str(), booking.payment_status().as_str());
        self.found(Kind::UnsettledBooking, id, Some(id), Remedy::Repaired, detail);
        Ok(())
    }

    /// Whether nothing has happened to a booking for some minutes.
    async fn has_settled(&self, id: &BookingId) -> Result<bool, Failure> {
        let trail = self.ports.history.audit_trail(id).await?;
        Ok(trail.last().is_none_or(|last| self.is_past(last.at, SETTLING_SECONDS)))
    }

    /// Looks at a booking from which the provider's list differs: asks again, both sides.
    async fn look_at_payment(&mut self, id: &BookingId, intent: &str) -> Result<(), Failure> {
        if !self.has_settled(id).await? {
            return Ok(());
        }
        let payment = match self.ports.payments.inquire(intent).await {
            Ok(payment) => payment,
            Err(PaymentError::Refused { code, message }) => {
                let detail = format!("{intent}: {code} {message}");
                self.found(Kind::PaymentMissing, id, Some(id), Remedy::Review, detail);
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let Some(booking) = self.ports.history.booking(id).await? else { return Ok(()) };
        if agree(&booking, &payment) {
            return Ok(());
        }
        let mut remedy = remedy_of(&booking, &payment);
        let mut detail = format!("{intent}: {}", both_sides(&booking, &payment));
        if remedy == Remedy::Repaired && !self.report.dry_run {
            match self.webhook.on_payment(&self.cause, intent, self.mutation).await {
                Ok(Reaction::Settling | Reaction::RefundRecorded) => {}
                Ok(Reaction::Nothing | Reaction::Resumed) => remedy = Remedy::Review,
                Err(Failure::BookingRejected(rejection)) => {
                    remedy = Remedy::Review;
                    detail = format!("{detail}; {rejection}");
                }
                Err(error) => return Err(error),
            }
        }
        self.found(Kind::PaymentMismatch, id, Some(id), remedy, detail);
        Ok(())
    }

    /// Compares what pages count with what bookings have. Of bookings that were not all read nothing can be said.
    async fn compare_inventory(&mut self) -> Result<(), Failure> {
        for mismatch in self.inventory.mismatches() {
            if !self.has_room() {
                return Ok(());
            }
            let outcome = self.look_at_mismatch(mismatch).await;
            self.go_on(outcome)?;
        }
        Ok(())
    }

    async fn look_at_mismatch(&mut self, mismatch: Mismatch) -> Result<(), Failure> {
        if self.is_unchanged(&mismatch.page, mismatch.seq).await? {
            let page = name_of_page(&mismatch.page);
            self.found(Kind::ConfirmedMismatch, page, None, Remedy::Review, mismatch.detail);
        } else {
            self.report.changing += 1;
        }
        Ok(())
    }

    /// Looks at payments that hold money and belong to no booking that was read.
    async fn look_at_other_payments(&mut self) -> Result<(), Failure> {
        for (intent, listed) in std::mem::take(&mut self.payments) {
            if !self.has_room() {
                return Ok(());
            }
            let outcome = self.look_at_other_payment(&intent, &listed).await;
            self.go_on(outcome)?;
        }
        Ok(())
    }

    async fn look_at_other_payment(&mut self, intent: &str, listed: &ListedPayment) -> Result<(), Failure> {
        let named = listed.payment.booking.as_deref().and_then(|id| BookingId::parse(id).ok());
        let Some(id) = named else { return Ok(()) };
        if !listed.holds_money() || !self.is_past(listed.created_at, SETTLING_SECONDS) {
            return Ok(());
        }
        let detail = format!("{}, {}", name_of(&listed.payment.state), amount(listed.amount));
        match self.ports.history.booking(&id).await? {
            None => self.found(Kind::OrphanedPayment, intent, Some(&id), Remedy::Review, detail),
            // The booking came to be, or to its payment, after all bookings were read.
            Some(booking) if booking.payment_intent() == Some(intent) => {}
            Some(booking) => {
                let own = booking.payment_intent().unwrap_or("none");
                let detail = format!("{detail}; the booking's own payment is {own}");
                self.found(Kind::DuplicatePayment, intent, Some(&id), Remedy::Review, detail);
            }
        }
        Ok(())
    }

    /// Parks the findings for review, each case once a week at most. The message goes first, then the note of it: a crash
    /// between the two parks a case twice, never not at all.
    async fn park(&mut self) -> Result<(), Failure> {
        if self.report.dry_run {
            return Ok(());
        }
        for finding in self.report.findings.iter().filter(|finding| finding.remedy == Remedy::Review) {
            let case = finding.case();
            let parked_at = self.ports.inspection.parked_at(&case).await?;
            if parked_at.is_some_and(|at| !self.is_past(at, PARK_AGAIN_DAYS * 24 * 3600)) {
                continue;
            }
            self.ports.review.park(finding, self.now()).await?;
            self.ports.inspection.note_parked(&case, self.now()).await?;
            self.report.parked += 1;
        }
        Ok(())
    }
}

/// The ledger has more parts than one listing reads, each of 1 MiB at most.
fn too_large() -> Failure {
    StoreError::TooLarge { item: "the ledger".to_owned(), mib_max: PARTS_MAX }.into()
}

fn name_of_page(key: &PageKey) -> String {
    format!("{}/{}", key.resource, key.name())
}
