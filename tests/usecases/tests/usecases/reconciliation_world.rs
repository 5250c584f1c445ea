//! What reconciliation is tested with: a desk for people, hands in the tables, and checks of whole runs.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::BoxFuture;
use holdfast_adapters_dynamodb::Item;
use holdfast_app::operations::reconciliation::{
    Finding, Kind, Limits, Ports, Reconciliation, Remedy, Report, RunRequest,
};
use holdfast_app::operations::{Inspected, LedgerInspection, ManualReview, Part};
use holdfast_app::{Clock, Failure, LedgerError, Mutation, StoreError, WorkflowError};
use holdfast_domain::{Booking, HoldId, Page, PageHold, PageKey, Property, Resource};
use holdfast_testkit::{Database, Store};
use jiff::Timestamp;

use crate::bank::Effects;
use crate::receipts::issue;
use crate::world::World;

/// What is before people.
#[derive(Default)]
pub(crate) struct Desk(Mutex<Vec<Finding>>);

impl Desk {
    pub(crate) fn cases(&self) -> Vec<String> {
        self.0.lock().expect("unpoisoned").iter().map(Finding::case).collect()
    }
}

#[async_trait]
impl ManualReview for Desk {
    async fn park(&self, finding: &Finding, _: Timestamp) -> Result<(), WorkflowError> {
        self.0.lock().expect("unpoisoned").push(finding.clone());
        Ok(())
    }
}

/// What one finding is about, and what became of it.
pub(crate) type Found = (Kind, String, Remedy);

pub(crate) fn found(kind: Kind, subject: impl ToString, remedy: Remedy) -> Found {
    (kind, subject.to_string(), remedy)
}

fn ports(w: &World, desk: &Arc<Desk>) -> Ports {
    Ports {
        journal: w.store.journal.clone(),
        history: w.store.history.clone(),
        notes: w.store.notes.clone(),
        inspection: w.store.inspection.clone(),
        payments: w.bank.clone(),
        listing: w.bank.clone(),
        saga: w.flow.clone(),
        settlement: w.flow.clone(),
        callbacks: w.store.callbacks.clone(),
        resumption: w.flow.clone(),
        sagas: w.flow.clone(),
        review: desk.clone(),
        properties: w.store.properties.clone(),
        receipts: w.store.receipts.clone(),
        cycles: w.store.cycles.clone(),
        clock: Arc::new(w.clock.clone()),
    }
}

pub(crate) const DRY: RunRequest = RunRequest { dry_run: true, begin: false, until: None };
pub(crate) const GO_ON: RunRequest = RunRequest { dry_run: false, begin: false, until: None };
pub(crate) const ANEW: RunRequest = RunRequest { dry_run: false, begin: true, until: None };

pub(crate) async fn try_run(w: &World, desk: &Arc<Desk>, dry_run: bool) -> Result<Report, Failure> {
    let reconciliation = Reconciliation::new(ports(w, desk), Limits::FUNCTION);
    reconciliation.run(if dry_run { DRY } else { GO_ON }, &w.by("reconciliation")).await
}

pub(crate) async fn run(w: &World, desk: &Arc<Desk>, dry_run: bool) -> Report {
    try_run(w, desk, dry_run).await.expect("a run")
}

/// A run with other limits than the function has.
pub(crate) async fn run_within(w: &World, desk: &Arc<Desk>, limits: Limits, request: RunRequest) -> Report {
    let reconciliation = Reconciliation::new(ports(w, desk), limits);
    reconciliation.run(request, &w.by("reconciliation")).await.expect("a run")
}

/// The time of a run: it is up when it was asked for that often.
struct Running {
    asked: AtomicUsize,
    most: usize,
    now: Timestamp,
}

impl Clock for Running {
    fn now(&self) -> Timestamp {
        let is_over = self.asked.fetch_add(1, Ordering::Relaxed) >= self.most;
        if is_over { Timestamp::MAX } else { self.now }
    }
}

/// A run that looks at the clock that often before its time is up.
pub(crate) async fn run_until_asked(w: &World, desk: &Arc<Desk>, most: usize) -> Report {
    let clock = Arc::new(Running { asked: AtomicUsize::new(0), most, now: w.now() });
    let request = RunRequest { until: Some(Timestamp::MAX), ..ANEW };
    let ports = Ports { clock, ..ports(w, desk) };
    Reconciliation::new(ports, Limits::FUNCTION).run(request, &w.by("reconciliation")).await.expect("a run")
}

/// A run over another client's ports of the store.
pub(crate) async fn run_over(w: &World, desk: &Arc<Desk>, store: &Store) -> Report {
    try_run_over(w, desk, store).await.expect("a run")
}

pub(crate) async fn try_run_over(w: &World, desk: &Arc<Desk>, store: &Store) -> Result<Report, Failure> {
    let ports = Ports {
        journal: store.journal.clone(),
        history: store.history.clone(),
        notes: store.notes.clone(),
        inspection: store.inspection.clone(),
        callbacks: store.callbacks.clone(),
        properties: store.properties.clone(),
        receipts: store.receipts.clone(),
        cycles: store.cycles.clone(),
        ..ports(w, desk)
    };
    Reconciliation::new(ports, Limits::FUNCTION).run(ANEW, &w.by("reconciliation")).await
}

/// A whole cycle, run by run.
pub(crate) async fn cycle_within(w: &World, desk: &Arc<Desk>, limits: Limits) -> Vec<Report> {
    let mut reports = vec![run_within(w, desk, limits, ANEW).await];
    while !reports.last().expect("a report").cycle.is_over {
        assert!(reports.len() < 1_000, "it comes to no end: {reports:#?}");
        reports.push(run_within(w, desk, limits, GO_ON).await);
    }
    reports
}

/// A run while others are at the ledger.
pub(crate) async fn run_while(w: &World, desk: &Arc<Desk>, meddling: Meddling) -> Report {
    try_run_while(w, desk, meddling).await.expect("a run")
}

pub(crate) async fn try_run_while(
    w: &World,
    desk: &Arc<Desk>,
    meddling: Meddling,
) -> Result<Report, Failure> {
    let inspection = Arc::new(Meddled { inner: w.store.inspection.clone(), meddling });
    let ports = Ports { inspection, ..ports(w, desk) };
    let reconciliation = Reconciliation::new(ports, Limits::FUNCTION);
    reconciliation.run(GO_ON, &w.by("reconciliation")).await
}

/// What a run found, by kind and subject.
pub(crate) fn findings(report: &Report) -> Vec<Found> {
    in_order(report.findings.iter().map(|one| (one.kind, one.subject.clone(), one.remedy)).collect())
}

pub(crate) fn in_order(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by(|(kind, subject, _), other| (kind, subject).cmp(&(&other.0, &other.1)));
    found
}

/// Everything that a run could change.
#[derive(Debug, PartialEq)]
struct Everything {
    ledger: Vec<Item>,
    holds: Vec<Item>,
    started: usize,
    settlements: usize,
    resumed: usize,
    money: Effects,
    desk: usize,
}

async fn everything(w: &World, desk: &Desk) -> Everything {
    let items = async |table: &str| {
        let output = w.database.client.scan().table_name(table).send().await.expect("a scan");
        output.items.unwrap_or_default()
    };
    Everything {
        ledger: items(Database::LEDGER).await,
        holds: items(Database::HOLDS).await,
        started: w.flow.started().len(),
        settlements: w.flow.settlements().len(),
        resumed: w.flow.resumed().len(),
        money: w.bank.effects(),
        desk: desk.cases().len(),
    }
}

/// Issues every receipt, as their function does when it hears of the money.
pub(crate) async fn receipts_come(w: &World) {
    let mut cursor = None;
    loop {
        let part = w.store.inspection.bookings_part(cursor.as_deref()).await.expect("bookings");
        for booking in part.items {
            issue(w, &booking.id).await;
        }
        cursor = part.next;
        if cursor.is_none() {
            return;
        }
    }
}

/// The receipts come; then a dry run sees this and changes nothing, and a real one sees the same.
pub(crate) async fn check(w: &World, desk: &Arc<Desk>, expected: &[Found]) -> Report {
    receipts_come(w).await;
    check_as_is(w, desk, expected).await
}

/// A dry run sees this and changes nothing; a real one sees the same.
pub(crate) async fn check_as_is(w: &World, desk: &Arc<Desk>, expected: &[Found]) -> Report {
    let expected = in_order(expected.to_vec());
    let before = everything(w, desk).await;
    let dry = run(w, desk, true).await;
    assert_eq!(findings(&dry), expected, "dry: {dry:#?}");
    assert_eq!(everything(w, desk).await, before, "a dry run changes nothing");
    let report = run(w, desk, false).await;
    assert_eq!(findings(&report), expected, "{report:#?}");
    report
}

/// A hand in the ledger: sets attributes of an item, named with their values as in DynamoDB.
pub(crate) async fn set(w: &World, (pk, sk): (&str, &str), path: &str, value: AttributeValue) {
    let names = path.split('.').enumerate().map(|(at, name)| (format!("#n{at}"), name.to_owned()));
    let names: HashMap<String, String> = names.collect();
    let placeholders: Vec<String> = (0..names.len()).map(|at| format!("#n{at}")).collect();
    w.database
        .client
        .update_item()
        .table_name(Database::LEDGER)
        .key("pk", text(pk))
        .key("sk", text(sk))
        .update_expression(format!("SET {} = :value", placeholders.join(".")))
        .set_expression_attribute_names(Some(names))
        .expression_attribute_values(":value", value)
        .send()
        .await
        .expect("a hand in the ledger");
}

pub(crate) async fn delete(w: &World, (pk, sk): (&str, &str)) {
    let delete = w.database.client.delete_item().table_name(Database::LEDGER);
    delete.key("pk", text(pk)).key("sk", text(sk)).send().await.expect("a hand in the ledger");
}

pub(crate) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

pub(crate) fn number(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// What others do while the ledger is inspected.
pub(crate) enum Meddling {
    /// Something happens once, before the bookings are read.
    BeforeBookings(tokio::sync::Mutex<Option<BoxFuture<'static, ()>>>),
    /// Every booking is made after all bookings were read.
    AfterBookings,
    /// The store is away from that part of the second reading on.
    CutOff(AtomicUsize),
    /// No page can be written, for that reason.
    AtEveryPage(fn() -> StoreError),
    /// Each part of the first reading has one item.
    OneByOne,
}

/// The ledger as a whole, while others are at it.
struct Meddled {
    inner: Arc<dyn LedgerInspection>,
    meddling: Meddling,
}

impl Meddled {
    /// The item of that place in a ledger of one part.
    async fn one_of_ledger(&self, cursor: Option<&str>) -> Result<Part<Inspected>, StoreError> {
        let at = cursor.map_or(0, |cursor| cursor.parse().expect("a place"));
        let mut part = self.inner.ledger_part(None).await?;
        assert_eq!(part.next, None, "one part");
        part.next = (at + 1 < part.items.len()).then(|| (at + 1).to_string());
        part.items = part.items.into_iter().skip(at).take(1).collect();
        Ok(part)
    }
}

#[async_trait]
impl LedgerInspection for Meddled {
    async fn pages_part(&self, cursor: Option<&str>) -> Result<Part<Page>, StoreError> {
        self.inner.pages_part(cursor).await
    }

    async fn ledger_part(&self, cursor: Option<&str>) -> Result<Part<Inspected>, StoreError> {
        if matches!(self.meddling, Meddling::OneByOne) {
            return self.one_of_ledger(cursor).await;
        }
        let mut part = self.inner.ledger_part(cursor).await?;
        if matches!(self.meddling, Meddling::AfterBookings) {
            part.items.retain(|item| matches!(item, Inspected::Page(_)));
        }
        Ok(part)
    }

    async fn properties_part(&self, cursor: Option<&str>) -> Result<Part<Property>, StoreError> {
        self.inner.properties_part(cursor).await
    }

    async fn bookings_part(&self, cursor: Option<&str>) -> Result<Part<Booking>, StoreError> {
        match &self.meddling {
            Meddling::BeforeBookings(meanwhile) => {
                if let Some(meanwhile) = meanwhile.lock().await.take() {
                    meanwhile.await;
                }
            }
            Meddling::AfterBookings => return Ok(Part { items: vec![], unreadable: vec![], next: None }),
            Meddling::CutOff(parts) => {
                if parts.fetch_sub(1, Ordering::Relaxed) == 1 {
                    return Err(StoreError::Unavailable("cut off".into()));
                }
            }
            Meddling::AtEveryPage(_) | Meddling::OneByOne => {}
        }
        self.inner.bookings_part(cursor).await
    }

    async fn resources_part(&self, cursor: Option<&str>) -> Result<Part<Resource>, StoreError> {
        self.inner.resources_part(cursor).await
    }

    async fn page_as_stored(&self, key: &PageKey) -> Result<Option<Page>, StoreError> {
        self.inner.page_as_stored(key).await
    }

    async fn expire_entry(
        &self,
        page: &Page,
        hold: &HoldId,
        entry: &PageHold,
        mutation: &Mutation,
    ) -> Result<(), LedgerError> {
        if let Meddling::AtEveryPage(refusal) = &self.meddling {
            return Err(refusal().into());
        }
        self.inner.expire_entry(page, hold, entry, mutation).await
    }

    async fn parked_at(&self, case: &str) -> Result<Option<Timestamp>, StoreError> {
        self.inner.parked_at(case).await
    }

    async fn note_parked(&self, case: &str, at: Timestamp) -> Result<(), StoreError> {
        self.inner.note_parked(case, at).await
    }
}
