//! What reconciliation is tested with: a desk for people, hands in the tables, and checks of whole runs.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::BoxFuture;
use holdfast_adapters_dynamodb::Item;
use holdfast_app::operations::reconciliation::{Finding, Kind, Ports, Reconciliation, Remedy, Report};
use holdfast_app::operations::{LedgerInspection, ListedPayment, ManualReview, Part, PaymentListing};
use holdfast_app::{Failure, LedgerError, Mutation, PaymentError, StoreError, WorkflowError};
use holdfast_domain::{Booking, HoldId, Page, PageHold, PageKey, Resource};
use holdfast_testkit::Database;
use jiff::Timestamp;

use crate::bank::Effects;
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
        inspection: w.store.inspection.clone(),
        payments: w.bank.clone(),
        listing: w.bank.clone(),
        saga: w.flow.clone(),
        settlement: w.flow.clone(),
        callbacks: w.store.callbacks.clone(),
        resumption: w.flow.clone(),
        sagas: w.flow.clone(),
        review: desk.clone(),
    }
}

pub(crate) async fn try_run(w: &World, desk: &Arc<Desk>, dry_run: bool) -> Result<Report, Failure> {
    Reconciliation::new(ports(w, desk)).run(dry_run, &w.by("reconciliation")).await
}

pub(crate) async fn run(w: &World, desk: &Arc<Desk>, dry_run: bool) -> Report {
    try_run(w, desk, dry_run).await.expect("a run")
}

/// A run while others are at the ledger.
pub(crate) async fn run_while(w: &World, desk: &Arc<Desk>, meddling: Meddling) -> Report {
    let inspection = Arc::new(Meddled { inner: w.store.inspection.clone(), meddling });
    let ports = Ports { inspection, ..ports(w, desk) };
    Reconciliation::new(ports).run(false, &w.by("reconciliation")).await.expect("a run")
}

/// A run over a listing that has that number of parts, all of them empty, and then its end.
pub(crate) async fn run_over(
    w: &World,
    desk: &Arc<Desk>,
    listing: Listing,
    parts: usize,
) -> Result<Report, Failure> {
    let meddling = Meddling::Long(listing, AtomicUsize::new(parts));
    let long = Arc::new(Meddled { inner: w.store.inspection.clone(), meddling });
    let ports = match listing {
        Listing::Payments => Ports { listing: long, ..ports(w, desk) },
        Listing::Pages | Listing::Bookings => Ports { inspection: long, ..ports(w, desk) },
    };
    Reconciliation::new(ports).run(false, &w.by("reconciliation")).await
}

pub(crate) fn findings(report: &Report) -> Vec<Found> {
    report.findings.iter().map(|one| (one.kind, one.subject.clone(), one.remedy)).collect()
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

/// A dry run sees this and changes nothing; a real one sees the same.
pub(crate) async fn check(w: &World, desk: &Arc<Desk>, expected: &[Found]) -> Report {
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
    /// Every booking is made after the bookings were read.
    AfterBookings,
    /// Somebody is always at a page first.
    AtEveryPage,
    /// A listing has that number of parts, all of them empty.
    Long(Listing, AtomicUsize),
}

/// What a run lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listing {
    Payments,
    Pages,
    Bookings,
}

impl Meddling {
    /// The cursor behind the next part of a listing, if it is the one with many parts; none behind the last.
    fn next_part(&self, of: Listing) -> Option<Option<String>> {
        match self {
            Self::Long(listing, left) if *listing == of => {
                Some((left.fetch_sub(1, Ordering::Relaxed) > 1).then(|| "more".to_owned()))
            }
            _ => None,
        }
    }
}

/// The ledger as a whole, while others are at it.
struct Meddled {
    inner: Arc<dyn LedgerInspection>,
    meddling: Meddling,
}

#[async_trait]
impl LedgerInspection for Meddled {
    async fn pages_part(&self, cursor: Option<&str>) -> Result<Part<Page>, StoreError> {
        if let Some(next) = self.meddling.next_part(Listing::Pages) {
            return Ok(Part { items: vec![], unreadable: vec![], next });
        }
        self.inner.pages_part(cursor).await
    }

    async fn bookings_part(&self, cursor: Option<&str>) -> Result<Part<Booking>, StoreError> {
        match &self.meddling {
            Meddling::BeforeBookings(meanwhile) => {
                if let Some(meanwhile) = meanwhile.lock().await.take() {
                    meanwhile.await;
                }
            }
            Meddling::AfterBookings => return Ok(Part { items: vec![], unreadable: vec![], next: None }),
            Meddling::AtEveryPage | Meddling::Long(..) => {}
        }
        if let Some(next) = self.meddling.next_part(Listing::Bookings) {
            return Ok(Part { items: vec![], unreadable: vec![], next });
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
        if matches!(self.meddling, Meddling::AtEveryPage) {
            return Err(StoreError::Contention(hold.to_string()).into());
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

#[async_trait]
impl PaymentListing for Meddled {
    async fn payments_since(
        &self,
        _: Timestamp,
        _: Option<&str>,
    ) -> Result<(Vec<ListedPayment>, Option<String>), PaymentError> {
        Ok((vec![], self.meddling.next_part(Listing::Payments).flatten()))
    }
}
