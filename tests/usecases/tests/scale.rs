//! The reconciliation's memory: over ten times the bookings, pages and payments, one run keeps no more at once. Every allocation of
//! this process is counted; a ledger and a provider that make what they are asked for have no memory of their own.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use holdfast_app::bookings::{
    AppendError, AuditEvent, BookingHistory, BookingJournal, BookingReader, JournalEntry,
};
use holdfast_app::kernel::fingerprint;
use holdfast_app::operations::reconciliation::{
    Cycle, Finding, Limits, Ports, Reconciliation, Report, RunRequest,
};
use holdfast_app::operations::{
    CycleStore, Inspected, LedgerInspection, ListedPayment, ManualReview, Part, PaymentListing,
    SagaInspection, SagaState,
};
use holdfast_app::payments::{
    BookingSaga, Dispute, Payment as ProviderPayment, PaymentInquiry, PaymentState, RefundNotes,
    SagaCallbacks, SagaResumption, SettlementSaga,
};
use holdfast_app::properties::PropertyReader;
use holdfast_app::receipts::{Issued, ReceiptReader, ReceiptStore};
use holdfast_app::{LedgerError, Mutation, PaymentError, StoreError, WorkflowError};
use holdfast_domain::catalogue::Facts;
use holdfast_domain::payments::{CardPayment, PaymentMethod};
use holdfast_domain::receipts::{MoneyMovement, Receipt, ReceiptContent, ReceiptKind, receipt_contents};
use holdfast_domain::{
    Booking, BookingId, BookingPayments, BookingStatus, GuestId, HoldId, Page, PageHold, PageKey, Payment,
    PaymentStatus, Property, PropertyId, Resource, SlotKey,
};
use holdfast_testkit::{TestClock, at, hold_for, money, mutation, nightly_resource};
use jiff::{SignedDuration, Timestamp};
use peak_alloc::PeakAlloc;
use serde_json::json;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const NOW: &str = "2030-05-20T12:00:00Z";
/// What one answer has: of the ledger, of the provider.
const PART: u32 = 500;
const LISTED: u32 = 50;
/// Each of a page's bookings has a night of its own.
const BOOKINGS_PER_PAGE: u32 = 10;
/// What there is of each booking: itself, its capture, its receipt.
const ITEMS: u32 = 3;
/// One booking of so few was made in the last days, and its payment is listed.
const YOUNG_EACH: u32 = 10;

/// A ledger and a provider that are made of their numbers. Every hundredth page counts a place too many.
struct Generated {
    bookings: u32,
    parts: AtomicU32,
    /// How often the receipts of one booking were asked for.
    receipts_read: AtomicU32,
}

fn number_of(name: &str) -> u32 {
    name.rsplit('-').next().and_then(|number| number.parse().ok()).expect("a generated name")
}

fn resource(number: u32) -> Resource {
    nightly_resource(&format!("room-{number}"), 9, 600)
}

fn page(number: u32) -> Page {
    let resource = resource(number);
    let mut page = resource.fresh_page(&PageKey::first(resource.id.clone(), "2030-06"), &Facts::default());
    page.seq = 7;
    for night in 1..=BOOKINGS_PER_PAGE {
        let slot = SlotKey::parse(&format!("{night:02}")).expect("a night");
        let places = if night == 1 && number.is_multiple_of(100) { 2 } else { 1 };
        page.available.insert(slot.clone(), 9 - places);
        page.confirmed.insert(slot, places);
    }
    page
}

fn booking(number: u32) -> Booking {
    let (resource, night) = (resource(number / BOOKINGS_PER_PAGE), 1 + number % BOOKINGS_PER_PAGE);
    let (from, to) = (format!("2030-06-{night:02}"), format!("2030-06-{:02}", night + 1));
    let hold = hold_for(&resource, "guest", &format!("k-{number}"), (&from, &to), 1, at(NOW));
    let price = hold.order.price.total();
    let card = CardPayment {
        payment_method: "pm_card_visa".to_owned(),
        intent: Some(format!("pi-{number}")),
        action: None,
    };
    let paid = Payment {
        status: PaymentStatus::Captured,
        captured: price,
        ..Payment::new(PaymentMethod::Card(card), price)
    };
    let payments = BookingPayments::new(price.currency(), vec![paid]).expect("one currency");
    let days = if number.is_multiple_of(YOUNG_EACH) { 1 } else { 30 };
    let created_at = at(NOW) - SignedDuration::from_hours(24 * days);
    let id = BookingId::parse(&format!("bkg-{number}")).expect("an id");
    let requested = Booking::requested(
        id,
        format!("HF-{number}"),
        hold.id,
        hold.order,
        payments,
        fingerprint(&["k"]),
        created_at,
    );
    Booking { status: BookingStatus::Confirmed, ..requested }
}

/// The entry of its trail by which it was paid.
fn capture(of: &Booking) -> AuditEvent {
    let amount = of.captured();
    AuditEvent {
        booking: of.id.clone(),
        sequence: 5,
        kind: "payment.captured".to_owned(),
        at: of.created_at,
        actor: "saga".to_owned(),
        from: of.status,
        to: of.status,
        data: json!({ "amount": amount.amount(), "currency": amount.currency().to_string() }),
        trace: None,
        seal: None,
        facts: None,
    }
}

/// The receipt for that.
fn receipt(of: &Booking) -> Receipt {
    let movement =
        MoneyMovement { entry: 5, kind: ReceiptKind::Payment, amount: of.captured(), at: of.created_at };
    let content = receipt_contents(&of.id, &of.order, None, &[movement]).remove(0);
    Receipt { number: 1 + u64::from(number_of(of.id.as_str())), issued_at: of.created_at, content }
}

impl Generated {
    fn pages(&self) -> u32 {
        self.bookings / BOOKINGS_PER_PAGE
    }

    /// The part of the first `all` numbers behind a cursor.
    fn part<T>(&self, cursor: Option<&str>, all: u32, most: u32, make: impl Fn(u32) -> T) -> Part<T> {
        self.parts.fetch_add(1, Ordering::Relaxed);
        let from = cursor.map_or(0, number_of);
        let to = all.min(from + most);
        let next = (to < all).then(|| format!("n-{to}"));
        Part { items: (from..to).map(make).collect(), unreadable: Vec::new(), next }
    }
}

#[async_trait]
impl LedgerInspection for Generated {
    async fn pages_part(&self, _: Option<&str>) -> Result<Part<Page>, StoreError> {
        unreachable!("pages are read with bookings")
    }

    async fn ledger_part(&self, cursor: Option<&str>) -> Result<Part<Inspected>, StoreError> {
        let make =
            |number: u32| match number.checked_sub(self.pages()).map(|item| (item / ITEMS, item % ITEMS)) {
                None => Inspected::Page(Box::new(page(number))),
                Some((number, 0)) => Inspected::Booking(Box::new(booking(number))),
                Some((number, 1)) => Inspected::Money(Box::new(capture(&booking(number)))),
                Some((number, _)) => Inspected::Receipt(Box::new(receipt(&booking(number)))),
            };
        Ok(self.part(cursor, self.pages() + ITEMS * self.bookings, PART, make))
    }

    async fn bookings_part(&self, cursor: Option<&str>) -> Result<Part<Booking>, StoreError> {
        Ok(self.part(cursor, self.bookings, PART, booking))
    }

    async fn properties_part(&self, _: Option<&str>) -> Result<Part<Property>, StoreError> {
        unreachable!("nobody asks for properties")
    }

    async fn resources_part(&self, _: Option<&str>) -> Result<Part<Resource>, StoreError> {
        unreachable!("nobody asks for resources")
    }

    async fn page_as_stored(&self, key: &PageKey) -> Result<Option<Page>, StoreError> {
        Ok(Some(page(number_of(key.resource.as_str()))))
    }

    async fn expire_entry(
        &self,
        _: &Page,
        _: &HoldId,
        _: &PageHold,
        _: &Mutation,
    ) -> Result<(), LedgerError> {
        unreachable!("there are no holds")
    }

    async fn parked_at(&self, _: &str) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }

    async fn note_parked(&self, _: &str, _: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }
}

#[async_trait]
impl PaymentListing for Generated {
    async fn payments_part(
        &self,
        _: Timestamp,
        cursor: Option<&str>,
    ) -> Result<Part<ListedPayment>, PaymentError> {
        let make = |number: u32| {
            let of = booking(number * YOUNG_EACH);
            let amount = of.captured();
            let payment = ProviderPayment {
                intent: of.payment_intent().expect("a payment").to_owned(),
                booking: Some(of.id.as_str().to_owned()),
                state: PaymentState::Captured,
                taken: amount,
                refunded: money(0),
                charged_back: money(0),
                refund_pending: false,
                dispute: Dispute::None,
            };
            ListedPayment { payment, amount, created_at: of.created_at }
        };
        Ok(self.part(cursor, self.bookings / YOUNG_EACH, LISTED, make))
    }
}

#[async_trait]
impl BookingReader for Generated {
    async fn booking(&self, id: &BookingId) -> Result<Option<Booking>, StoreError> {
        Ok(Some(booking(number_of(id.as_str()))))
    }
}

#[async_trait]
impl BookingHistory for Generated {
    async fn bookings_of(
        &self,
        _: &GuestId,
        _: u32,
        _: Option<&str>,
    ) -> Result<(Vec<Booking>, Option<String>), StoreError> {
        unreachable!("nobody asks for a guest")
    }

    async fn audit_trail(&self, id: &BookingId) -> Result<Vec<AuditEvent>, StoreError> {
        Ok(vec![capture(&booking(number_of(id.as_str())))])
    }

    async fn audit_page(&self, _: &BookingId, _: u64, _: u32) -> Result<Vec<AuditEvent>, StoreError> {
        unreachable!("nobody reads a trail")
    }
}

#[async_trait]
impl PropertyReader for Generated {
    async fn property(&self, _: &PropertyId) -> Result<Option<Property>, StoreError> {
        unreachable!("no receipt is missing")
    }
}

#[async_trait]
impl ReceiptReader for Generated {
    async fn receipts(&self, id: &BookingId) -> Result<Vec<Receipt>, StoreError> {
        self.receipts_read.fetch_add(1, Ordering::Relaxed);
        Ok(vec![receipt(&booking(number_of(id.as_str())))])
    }
}

#[async_trait]
impl ReceiptStore for Generated {
    async fn issue(&self, _: &ReceiptContent, _: Timestamp) -> Result<Issued, StoreError> {
        unreachable!("no receipt is missing")
    }
}

#[async_trait]
impl RefundNotes for Generated {
    async fn paid_otherwise_at(&self, _: &BookingId) -> Result<Option<Timestamp>, StoreError> {
        unreachable!("nothing is due")
    }
}

#[async_trait]
impl BookingJournal for Generated {
    async fn append(&self, _: &JournalEntry) -> Result<(), AppendError> {
        unreachable!("nothing is written down")
    }
}

#[async_trait]
impl PaymentInquiry for Generated {
    async fn inquire(&self, _: &str) -> Result<ProviderPayment, PaymentError> {
        unreachable!("no payment differs")
    }
}

#[async_trait]
impl BookingSaga for Generated {
    async fn start_booking(&self, _: &BookingId, _: Option<&str>) -> Result<(), WorkflowError> {
        unreachable!("every saga is over")
    }
    async fn resume_booking(&self, _: &BookingId, _: u32) -> Result<(), WorkflowError> {
        unreachable!("every saga is over")
    }
}

#[async_trait]
impl SettlementSaga for Generated {
    async fn start_settlement(&self, _: &BookingId, _: &str, _: Option<&str>) -> Result<(), WorkflowError> {
        unreachable!("everything is settled")
    }
}

#[async_trait]
impl SagaCallbacks for Generated {
    async fn put_task_token(&self, _: &BookingId, _: &str, _: &Mutation) -> Result<(), StoreError> {
        unreachable!("no saga waits")
    }
    async fn task_token(&self, _: &BookingId) -> Result<Option<String>, StoreError> {
        unreachable!("no saga waits")
    }
}

#[async_trait]
impl SagaResumption for Generated {
    async fn resume(&self, _: &str) -> Result<bool, WorkflowError> {
        unreachable!("no saga waits")
    }
}

#[async_trait]
impl SagaInspection for Generated {
    async fn booking_saga(&self, _: &BookingId, _: Option<u32>) -> Result<SagaState, WorkflowError> {
        unreachable!("every saga is over")
    }
}

#[async_trait]
impl ManualReview for Generated {
    async fn park(&self, _: &Finding, _: Timestamp) -> Result<(), WorkflowError> {
        Ok(())
    }
}

#[async_trait]
impl CycleStore for Generated {
    async fn cycle(&self) -> Result<Option<Cycle>, StoreError> {
        Ok(None)
    }
    async fn keep_cycle(&self, _: &Cycle, _: u64) -> Result<bool, StoreError> {
        Ok(true)
    }
}

/// A whole cycle in one run over so many bookings: its report, the parts that it read, and the most bytes that it had at once.
async fn cycle(bookings: u32, counters: usize) -> (Report, u32, usize) {
    let all = Arc::new(Generated { bookings, parts: AtomicU32::new(0), receipts_read: AtomicU32::new(0) });
    let ports = Ports {
        journal: all.clone(),
        history: all.clone(),
        notes: all.clone(),
        inspection: all.clone(),
        payments: all.clone(),
        listing: all.clone(),
        saga: all.clone(),
        settlement: all.clone(),
        callbacks: all.clone(),
        resumption: all.clone(),
        sagas: all.clone(),
        review: all.clone(),
        properties: all.clone(),
        receipts: all.clone(),
        cycles: all.clone(),
        clock: Arc::new(TestClock::at(at(NOW))),
    };
    let limits = Limits { counters, repairs: 10, ..Limits::FUNCTION };
    let reconciliation = Reconciliation::new(ports, limits);
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let report = reconciliation.run(RunRequest::default(), &mutation(at(NOW), "reconciliation")).await;
    let report = report.expect("a run");
    // Only a booking at an end of a part is looked at by itself, once from either side.
    let (parts, receipts_read) =
        (all.parts.load(Ordering::Relaxed), all.receipts_read.load(Ordering::Relaxed));
    assert!((1..=2 * parts).contains(&receipts_read), "{receipts_read} reads of receipts in {parts} parts");
    (report, parts, MEMORY.peak_usage().saturating_sub(before))
}

const FEW: u32 = 10_000;
const MANY: u32 = 100_000;
/// Room for a third of the pages of few bookings: each has one number, and one for each of its ten nights.
const COUNTERS: usize = 4_000;

/// One test, since the memory of all of the process is measured.
#[tokio::test]
async fn ten_times_the_bookings_pages_and_payments_take_no_more_memory() {
    // What is made once, such as time zones, is made here.
    cycle(FEW, COUNTERS).await;
    let (few, parts_of_few, bytes_of_few) = cycle(FEW, COUNTERS).await;
    let (many, parts_of_many, bytes_of_many) = cycle(MANY, COUNTERS).await;
    for (report, bookings) in [(&few, FEW), (&many, MANY)] {
        let looked_at = (report.pages, report.bookings, report.payments);
        assert_eq!(looked_at, (bookings / BOOKINGS_PER_PAGE, bookings, bookings / YOUNG_EACH));
        assert_eq!((report.cycle.is_over, report.cycle.is_whole), (true, false));
        assert_eq!(report.left, BTreeMap::new());
    }
    assert!(parts_of_many > 9 * parts_of_few, "{parts_of_many} {parts_of_few}");
    assert!(
        bytes_of_many < bytes_of_few + bytes_of_few / 20,
        "{bytes_of_many} bytes over {MANY} bookings, {bytes_of_few} over {FEW}"
    );
    // Control: without a bound of the share the same measure sees memory grow.
    let (all, _, bytes_of_all) = cycle(MANY, usize::MAX / 4).await;
    assert!(all.cycle.is_whole && bytes_of_all > 2 * bytes_of_many, "{bytes_of_all} {bytes_of_many}");
    println!(
        "{bytes_of_few} bytes over {FEW} bookings, {bytes_of_many} over {MANY}, {bytes_of_all} unbounded"
    );
}
