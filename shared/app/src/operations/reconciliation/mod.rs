//! Reconciliation compares pages, bookings, receipts and the provider's payments, in both directions. It repairs by existing writes what
//! is safe to repair, and parks the rest for a person. Nothing waits for it.
//!
//! A **cycle** looks at everything once, and takes as many runs as that needs; between two runs it is kept in the ledger (`cycle`). What
//! it remembers has a bound, however much there is to look at. It has three parts:
//! 1. The provider's payments are listed, each with its booking (`payments`). What agrees is remembered in a filter of fixed size.
//! 2. Beside that, the *first reading* of the ledger looks at pages (`pages`) and bookings one by one. Of the pages in the cycle's
//!    *share* it remembers what they count (`share`). It passes the movements of each booking's money beside its receipts (`receipts`).
//! 3. When both have come to their end, the *second reading* adds up the places of bookings on these pages, and asks about money that no
//!    listed payment agrees with. At its end, pages and bookings are compared.
//!
//! There is no snapshot; the order of reading makes the comparison right. A page was read before the second reading began, and is read
//! once more after its end. If no write came in between, it has had its counts all the time; a booking takes or gives back places
//! only in a transaction that writes its pages, so its places on this page were the same all the time too, at whatever moment of
//! the second reading it was read. A page that was written meanwhile is left to a later cycle. It does not matter how many runs the
//! second reading takes: sums and the place it has come to are kept in one write, and a run that is cut off is done again
//! from what was kept last. Of two runs side by side only one keeps what it did; repairs have no second effect.
//!
//! A change that is still under way is not drift. A booking is left alone until some minutes after its last change, and every
//! difference is read once more before it counts. Each kind of work has a budget in each run ([`Limits`]): beyond it, that kind is left
//! to the next, and the others go on.
//!
//! Deliberately absent: any write to a page's counts and any call that moves money. Both belong to sagas and people.

mod after_capture;
mod compare;
pub(crate) mod cycle;
mod digest;
pub(crate) mod findings;
mod pages;
mod payments;
mod reading;
mod receipts;
mod resumption;
mod share;

use std::sync::Arc;

use holdfast_domain::{Booking, BookingId};
use jiff::{SignedDuration, Timestamp};

use self::compare::{is_open, is_unsettled};
use self::cycle::Budget;
pub use self::cycle::{Cycle, Inquiries, Limits, Listing, PaymentFilter, Phase, Work};
pub use self::findings::{Finding, Kind, Progress, Remedy, Report};
pub use self::resumption::{AUTHORIZATION_DAYS, RESUMPTIONS_MAX, RESUMPTIONS_SEEN_MAX};
pub(crate) use self::resumption::{NextRun, next_run};
pub use self::share::{ComparedPage, Counts, Share};
use crate::bookings::port::{BookingHistory, BookingJournal};
use crate::bookings::request::CLAIM_SECONDS;
use crate::kernel::errors::StoreError;
use crate::kernel::failure::Failure;
use crate::kernel::mutation::{Clock, Mutation};
use crate::operations::port::{
    CycleStore, LedgerInspection, ManualReview, PaymentListing, SagaInspection, Unreadable,
};
use crate::payments::paid_otherwise::RefundNotes;
use crate::payments::port::{BookingSaga, PaymentInquiry, SagaCallbacks, SagaResumption, SettlementSaga};
use crate::payments::webhook::Webhook;
use crate::properties::port::PropertyReader;
use crate::receipts::issue::ReceiptIssue;
use crate::receipts::port::ReceiptStore;

/// The seconds for which a booking or a payment is left alone after its last change.
pub const SETTLING_SECONDS: i64 = 600;
/// The seconds for which an expired hold is left to the timer.
pub const DEAD_HOLD_SECONDS: i64 = 300;
/// The seconds for which a booking may wait for its saga: its claim, a customer who is late, and as much again.
pub const STALLED_SECONDS: i64 = 4 * CLAIM_SECONDS;
/// The days for which the provider's payments are listed: until their authorizations have expired.
pub const PAYMENT_DAYS: i64 = AUTHORIZATION_DAYS + 1;
/// The seconds for which a movement of money is left to the event by which its receipt is issued: twice as long as messages may wait until
/// an alarm says that the queue is behind.
pub const RECEIPT_SECONDS: i64 = 3600;
/// The days after which a case that is still found is parked again.
pub const PARK_AGAIN_DAYS: i64 = 7;

/// The ports that reconciliation works on.
#[derive(Clone)]
pub struct Ports {
    /// Records refunds that were made by hand.
    pub journal: Arc<dyn BookingJournal>,
    /// Reads bookings and their audit trails.
    pub history: Arc<dyn BookingHistory>,
    /// Reads what operators note of refunds.
    pub notes: Arc<dyn RefundNotes>,
    /// Reads the ledger as a whole.
    pub inspection: Arc<dyn LedgerInspection>,
    /// Asks the payment provider for one payment.
    pub payments: Arc<dyn PaymentInquiry>,
    /// Lists the provider's payments.
    pub listing: Arc<dyn PaymentListing>,
    /// Starts booking sagas that never ran, and resumes those that were parked.
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
    /// Reads the properties that issue receipts.
    pub properties: Arc<dyn PropertyReader>,
    /// Reads receipts, and issues those that are missing.
    pub receipts: Arc<dyn ReceiptStore>,
    /// Keeps the cycle between two runs.
    pub cycles: Arc<dyn CycleStore>,
    /// Says when a run's time is up.
    pub clock: Arc<dyn Clock>,
}

/// What a run is asked for. The default goes on with the cycle that is kept, or begins one, and takes its time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunRequest {
    /// Only to look: nothing is changed, and the cycle is neither what is kept nor kept.
    pub dry_run: bool,
    /// To begin a cycle anew, whatever is kept.
    pub begin: bool,
    /// When no further part is begun, and no question, look or repair within one.
    pub until: Option<Timestamp>,
}

/// The use case of the reconciliation function.
pub struct Reconciliation {
    ports: Ports,
    limits: Limits,
    webhook: Webhook,
    receipts: ReceiptIssue,
}

impl Reconciliation {
    /// Makes the use case over these ports.
    #[must_use]
    pub fn new(ports: Ports, limits: Limits) -> Self {
        let webhook = Webhook::new(
            Arc::clone(&ports.journal),
            Arc::clone(&ports.callbacks),
            Arc::clone(&ports.payments),
            Arc::clone(&ports.resumption),
            Arc::clone(&ports.settlement),
        );
        let (history, properties) = (Arc::clone(&ports.history), Arc::clone(&ports.properties));
        let receipts = ReceiptIssue::new(history, properties, Arc::clone(&ports.receipts));
        Self { ports, limits, webhook, receipts }
    }

    /// Goes on with the cycle, as far as the budgets and the time reach. A dry run says what it would do, and changes nothing.
    ///
    /// # Errors
    /// [`Failure`] on an outage; what was repaired until then stays so, and the next run goes on from what was kept last.
    pub async fn run(&self, request: RunRequest, mutation: &Mutation) -> Result<Report, Failure> {
        let kept = if request.dry_run { None } else { self.ports.cycles.cycle().await? };
        let cycle = Cycle::next(kept, request.begin, mutation.now);
        let mut run = Run {
            ports: &self.ports,
            webhook: &self.webhook,
            receipts: &self.receipts,
            mutation,
            cause: format!("reconcile-{}", mutation.now.strftime("%Y-%m-%d")),
            until: request.until,
            payments_since: before(cycle.began_at, SignedDuration::from_hours(24 * PAYMENT_DAYS)),
            budget: Budget::new(self.limits),
            report: Report::new(mutation.now, cycle.began_at, request.dry_run),
            cycle,
        };
        run.list_payments().await?;
        run.read_ledger().await?;
        run.park().await?;
        run.keep().await?;
        Ok(run.report)
    }
}

struct Run<'a> {
    ports: &'a Ports,
    webhook: &'a Webhook,
    receipts: &'a ReceiptIssue,
    mutation: &'a Mutation,
    /// Names the settlements of this day.
    cause: String,
    until: Option<Timestamp>,
    payments_since: Timestamp,
    cycle: Cycle,
    budget: Budget,
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

    /// Whether there is room for another finding of a kind; if not, more of it is left to the next run.
    fn has_room(&mut self, kind: Kind) -> bool {
        let has_room = self.report.count(kind) < self.budget.findings();
        self.report.more |= !has_room;
        has_room
    }

    /// Takes a piece of work out of its budget; if there is none left, or no time, it is left to the next run.
    fn may(&mut self, work: Work) -> bool {
        let may = self.is_time_left() && self.budget.take(work);
        if !may {
            self.report.leave(work);
        }
        may
    }

    /// Whether there is room, and time, for another repair of a kind.
    fn may_repair(&mut self, kind: Kind) -> bool {
        let may = self.is_time_left() && self.has_room(kind);
        if !may {
            self.report.leave(Work::Repairs);
        }
        may
    }

    fn is_time_left(&self) -> bool {
        self.until.is_none_or(|until| self.ports.clock.now() < until)
    }

    fn found(
        &mut self,
        kind: Kind,
        subject: impl ToString,
        booking: Option<&BookingId>,
        remedy: Remedy,
        detail: impl Into<String>,
    ) {
        if !self.has_room(kind) {
            return;
        }
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
            if !self.report.findings.iter().any(is_this) {
                self.found(Kind::UnreadableItem, item, None, Remedy::Review, reason.as_str());
            }
        }
    }

    /// Decides what a failure with one thing means for the run: an item that cannot be read is a finding, one that others keep
    /// changing, or that is throttled, is left to the next run. An outage of the whole store ends this one at its next part.
    fn go_on(&mut self, outcome: Result<(), Failure>) -> Result<(), Failure> {
        match outcome {
            Err(Failure::Store(StoreError::Corrupt { item, reason })) => {
                self.found_unreadable(&[Unreadable { item, reason }]);
                Ok(())
            }
            Err(
                error @ (Failure::Store(StoreError::Contention(_) | StoreError::Unavailable(_))
                | Failure::RequestInProgress),
            ) => {
                tracing::info!(%error, "left to the next run");
                self.report.changing += 1;
                Ok(())
            }
            Err(error) => Err(error),
            Ok(()) => Ok(()),
        }
    }

    /// Looks at a booking in the first reading: whether its saga is at work, and its money settled.
    async fn look_at_booking(&mut self, booking: &Booking) -> Result<(), Failure> {
        self.report.bookings += 1;
        if booking.awaits_payment() {
            return self.look_at_saga(booking).await;
        }
        self.look_at_disputes_and_refunds(booking).await?;
        if is_unsettled(booking) && !self.was_paid_otherwise(&booking.id).await? {
            return self.look_at_settlement(booking).await;
        }
        Ok(())
    }

    /// Counts a booking in the second reading: its places, and whether its money is what the provider says.
    async fn count_booking(&mut self, booking: &Booking) -> Result<(), Failure> {
        let (now, counters_max) = (self.now(), self.budget.counters());
        self.report.more |= !self.cycle.share.add_booking(booking, now, counters_max);
        if booking.awaits_payment() || is_unsettled(booking) {
            return Ok(());
        }
        let Some(intent) = booking.payment_intent() else { return Ok(()) };
        let was_listed =
            booking.created_at >= self.payments_since && booking.created_at <= self.cycle.began_at;
        let differs = was_listed && !self.cycle.agreed(intent);
        // What is not final yet is asked about however old the payment is.
        if !(differs || is_open(booking) || booking.refund_is_pending()) {
            return Ok(());
        }
        if !self.cycle.is_in_turn(booking.id.as_str(), self.budget.inquiries()) {
            self.cycle.inquiries.left += 1;
            self.report.leave(Work::Inquiries);
            return Ok(());
        }
        if !self.may(Work::Inquiries) {
            self.cycle.inquiries.left += 1;
            return Ok(());
        }
        self.cycle.inquiries.made += 1;
        self.look_at_payment(&booking.id, intent).await
    }

    /// Looks at a booking whose saga should be over by now.
    async fn look_at_saga(&mut self, booking: &Booking) -> Result<(), Failure> {
        let id = &booking.id;
        if !self.is_past(booking.created_at, STALLED_SECONDS) || !self.may(Work::Sagas) {
            return Ok(());
        }
        let run = next_run(self.ports.sagas.as_ref(), booking, self.now()).await?;
        // After the saga's state: one that has just ended has written its outcome before.
        let still = self.ports.history.booking(id).await?.filter(Booking::awaits_payment);
        let Some(booking) = still else { return Ok(()) };
        let status = format!("{} and {}", booking.status.as_str(), booking.payment_status().as_str());
        let (remedy, detail) = match run {
            NextRun::None => return Ok(()),
            _ if !self.may_repair(Kind::StalledBooking) => return Ok(()),
            NextRun::First => {
                if !self.report.dry_run {
                    self.ports.saga.start_booking(id, None).await?;
                }
                (Remedy::Repaired, format!("{status}; its saga never ran"))
            }
            NextRun::Resumption(_) if !self.may(Work::Resumptions) => return Ok(()),
            NextRun::Resumption(number) => {
                if !self.report.dry_run {
                    self.ports.saga.resume_booking(id, number).await?;
                }
                (
                    Remedy::Repaired,
                    format!("{status}; its saga is over, resumption {number} of {RESUMPTIONS_MAX}"),
                )
            }
            NextRun::ByAPerson(why) => (Remedy::Review, format!("{status}; its saga is over, {why}")),
        };
        self.found(Kind::StalledBooking, id, Some(id), remedy, detail);
        Ok(())
    }

    /// Looks at a booking that is not confirmed and whose money is not settled. A second settlement beside one that runs has no
    /// second effect, and there is one of this cause a day.
    async fn look_at_settlement(&mut self, booking: &Booking) -> Result<(), Failure> {
        let id = &booking.id;
        if !self.has_settled(id).await? || !self.may_repair(Kind::UnsettledBooking) {
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

    /// Parks the findings for review, each case once a week at most. The message goes first, then the note of it: a crash
    /// between the two parks a case twice, never not at all.
    async fn park(&mut self) -> Result<(), Failure> {
        if self.report.dry_run {
            return Ok(());
        }
        let (mut parked, mut left) = (0, 0);
        for finding in self.report.findings.iter().filter(|finding| finding.remedy == Remedy::Review) {
            let case = finding.case();
            let parked_at = self.ports.inspection.parked_at(&case).await?;
            if parked_at.is_some_and(|at| !self.is_past(at, PARK_AGAIN_DAYS * 24 * 3600)) {
                continue;
            }
            if !self.budget.take(Work::Cases) {
                left += 1;
                continue;
            }
            self.ports.review.park(finding, self.mutation.now).await?;
            self.ports.inspection.note_parked(&case, self.mutation.now).await?;
            parked += 1;
        }
        self.report.parked = parked;
        for _ in 0..left {
            self.report.leave(Work::Cases);
        }
        Ok(())
    }

    /// Keeps how far the cycle has come.
    async fn keep(&mut self) -> Result<(), Failure> {
        self.report.cycle.is_over = self.cycle.phase == Phase::Over;
        self.report.cycle.is_whole = self.cycle.share.to().is_none();
        if self.report.dry_run {
            return Ok(());
        }
        let after = self.cycle.revision;
        self.cycle.revision += 1;
        self.report.cycle.is_kept = self.ports.cycles.keep_cycle(&self.cycle, after).await?;
        if !self.report.cycle.is_kept {
            tracing::warn!("another run has kept the cycle meanwhile");
        }
        Ok(())
    }
}
