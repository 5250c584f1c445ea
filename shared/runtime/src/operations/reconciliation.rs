//! The entry of the reconciliation function: a tick of the schedule or a request of a person in, the report out. A run goes on with
//! the cycle as far as its time reaches; it also writes metrics, and publishes the event of a drift.

use std::io::Write;
use std::sync::Arc;

use holdfast_app::events::EventBus;
use holdfast_app::operations::reconciliation::{
    Finding, Kind, Reconciliation, Remedy, Report, RunRequest, Work,
};
use holdfast_app::{Clock, Failure, Mutation, Part};
use holdfast_domain::BookingId;
use holdfast_workflow::events::of_drift;
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::causes;

/// Who repairs.
const ACTOR: &str = Part::Reconciliation.as_str();
pub(crate) const NAMESPACE: &str = "Holdfast";
const DIMENSION: &str = "FunctionName";
/// The seconds before the end of an invocation in which it begins nothing more: what it has begun is to be ended, cases are put before
/// people, what it has come to is kept and reported.
const MARGIN_SECONDS: i64 = 240;

/// What a run is asked for. A scheduled event of EventBridge asks to go on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReconciliationRequest {
    /// Only to look: nothing is changed, parked, published or measured.
    #[serde(default)]
    pub dry_run: bool,
    /// To begin a cycle anew.
    #[serde(default)]
    pub begin: bool,
}

/// Compares pages, bookings and the provider's records.
pub struct ReconciliationHandler {
    reconciliation: Reconciliation,
    bus: Arc<dyn EventBus>,
    clock: Arc<dyn Clock>,
}

impl ReconciliationHandler {
    /// Makes the handler over the use case, with the bus on which it reports drift.
    #[must_use]
    pub fn new(reconciliation: Reconciliation, bus: Arc<dyn EventBus>, clock: Arc<dyn Clock>) -> Self {
        Self { reconciliation, bus, clock }
    }

    /// One run of the function of that name, which is ended at `deadline` if there is one: the report as JSON.
    ///
    /// # Errors
    /// [`Diagnostic`] named after what is away: `StoreUnavailable`, `ProviderUnavailable`, `WorkflowUnavailable`,
    /// `BusUnavailable`. What was repaired stays so, and another run does the rest.
    pub async fn run(
        &self,
        request: ReconciliationRequest,
        function: &str,
        deadline: Option<Timestamp>,
    ) -> Result<Value, Diagnostic> {
        let mutation = Mutation { now: self.clock.now(), actor: ACTOR.to_owned(), trace: None };
        let ReconciliationRequest { dry_run, begin } = request;
        let until = deadline.and_then(|at| until(at, mutation.now));
        let request = RunRequest { dry_run, begin, until };
        let report = self.reconciliation.run(request, &mutation).await.map_err(|error| {
            let name = match &error {
                Failure::Payment(_) => "ProviderUnavailable",
                Failure::Workflow(_) => "WorkflowUnavailable",
                _ => "StoreUnavailable",
            };
            failed(name, &error)
        })?;
        if !report.dry_run {
            measure(&report, function);
            self.publish(&report).await?;
        }
        tracing::info!(
            dry_run = report.dry_run,
            pages = report.pages,
            bookings = report.bookings,
            payments = report.payments,
            findings = report.findings.len(),
            is_over = report.cycle.is_over,
            "reconciled"
        );
        Ok(as_json(&report))
    }

    async fn publish(&self, report: &Report) -> Result<(), Diagnostic> {
        let Some(event) = of_drift(report) else { return Ok(()) };
        let events = event.outgoing().map_err(|error| failed("BusUnavailable", &error))?;
        self.bus.publish(&events).await.map_err(|error| failed("BusUnavailable", &error))
    }

    /// Serves the schedule, and people, until the process ends.
    ///
    /// # Errors
    /// The runtime's own.
    pub async fn serve(&self) -> Result<(), lambda_runtime::Error> {
        let service = service_fn(|event: LambdaEvent<ReconciliationRequest>| async move {
            let function = &event.context.env_config.function_name;
            let deadline = deadline(event.context.deadline, self.clock.now());
            self.run(event.payload, function, deadline).await
        });
        Runtime::new(service).run().await
    }
}

/// When an invocation ends; one in the past is none, as the local launcher's may be.
fn deadline(milliseconds: u64, now: Timestamp) -> Option<Timestamp> {
    let milliseconds = i64::try_from(milliseconds).ok()?;
    Timestamp::from_millisecond(milliseconds).ok().filter(|at| *at > now)
}

/// When a run begins nothing more: [`MARGIN_SECONDS`] before the deadline, but not before half of its time.
fn until(deadline: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let left = deadline.duration_since(now);
    now.checked_add((left - SignedDuration::from_secs(MARGIN_SECONDS)).max(left / 2)).ok()
}

fn failed(name: &str, error: &(dyn std::error::Error + 'static)) -> Diagnostic {
    tracing::error!(name, error = causes(error), "the reconciliation has not come to its end");
    Diagnostic { error_type: name.to_owned(), error_message: causes(error) }
}

/// The bytes that the findings of one answer may have, shared equally by all kinds: Lambda's limit is 6 MB
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
const FINDINGS_BYTES_MAX: usize = 4 * 1024 * 1024;

fn finding_json(finding: &Finding) -> Value {
    json!({
        "subject": finding.subject,
        "bookingId": finding.booking.as_ref().map(BookingId::as_str),
        "detail": finding.detail,
        "remedy": finding.remedy.as_str(),
    })
}

fn left_json(report: &Report) -> Map<String, Value> {
    report.left.iter().map(|(work, count)| (work.as_str().to_owned(), (*count).into())).collect()
}

fn as_json(report: &Report) -> Value {
    let mut shown = 0;
    let mut found = |kind: Kind| -> Vec<Value> {
        let mut bytes = 0;
        let all = report.findings.iter().filter(|finding| finding.kind == kind).map(finding_json);
        let fitting: Vec<Value> = all
            .take_while(|finding| {
                bytes += finding.to_string().len() + 1;
                bytes <= FINDINGS_BYTES_MAX / Kind::ALL.len()
            })
            .collect();
        shown += fitting.len();
        fitting
    };
    let findings: Map<String, Value> = Kind::ALL
        .iter()
        .filter(|kind| report.count(**kind) > 0)
        .map(|kind| (kind.as_str().to_owned(), found(*kind).into()))
        .collect();
    json!({
        "at": report.at.to_string(),
        "dryRun": report.dry_run,
        "lookedAt": { "pages": report.pages, "bookings": report.bookings, "payments": report.payments },
        "changing": report.changing,
        "left": left_json(report),
        "cycle": {
            "beganAt": report.cycle.began_at.to_string(),
            "isOver": report.cycle.is_over,
            "isWhole": report.cycle.is_whole,
            "isKept": report.cycle.is_kept,
        },
        "repaired": report.count_remedy(Remedy::Repaired),
        "forReview": report.count_remedy(Remedy::Review),
        "parked": report.parked,
        "more": report.more,
        "notShown": report.findings.len() - shown,
        "findings": findings,
    })
}

/// How long ago the cycle began.
fn minutes(report: &Report) -> usize {
    usize::try_from(report.at.duration_since(report.cycle.began_at).as_mins()).unwrap_or(0)
}

/// The run's figures in CloudWatch's embedded metric format
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).
fn metrics(report: &Report, function: &str) -> Value {
    let mut values = vec![
        ("Drift".to_owned(), report.findings.len()),
        ("Repaired".to_owned(), report.count_remedy(Remedy::Repaired)),
        ("ForReview".to_owned(), report.count_remedy(Remedy::Review)),
        ("CycleMinutes".to_owned(), minutes(report)),
    ];
    values.extend(Kind::ALL.iter().map(|kind| (format!("Drift.{}", kind.as_str()), report.count(*kind))));
    let left = |work: Work| report.left.get(&work).map_or(0, |count| *count as usize);
    values.extend(Work::ALL.iter().map(|work| (format!("Left.{}", work.as_str()), left(*work))));
    let names: Vec<Value> = values.iter().map(|(name, _)| json!({ "Name": name, "Unit": "Count" })).collect();
    let mut line = json!({
        "_aws": {
            "Timestamp": report.at.as_millisecond(),
            "CloudWatchMetrics": [{ "Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": names }],
        },
        DIMENSION: function,
    });
    for (name, value) in values {
        line[name] = value.into();
    }
    line
}

/// Writes the metrics as a line of their own: the log's layer would nest them, and CloudWatch would not see them.
fn measure(report: &Report, function: &str) {
    if let Err(error) = writeln!(std::io::stdout(), "{}", metrics(report, function)) {
        tracing::error!(error = causes(&error), "the metrics were not written");
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use holdfast_app::operations::reconciliation::Progress;

    use super::*;

    fn report() -> Report {
        let finding = |kind, remedy| Finding {
            kind,
            subject: "room/2030-06".to_owned(),
            booking: None,
            detail: "slot 01 does not add up".to_owned(),
            remedy,
        };
        Report {
            at: Timestamp::UNIX_EPOCH,
            dry_run: false,
            pages: 3,
            bookings: 2,
            payments: 1,
            changing: 0,
            left: BTreeMap::from([(Work::Inquiries, 7)]),
            cycle: Progress { began_at: Timestamp::UNIX_EPOCH, is_over: true, is_whole: true, is_kept: true },
            findings: vec![
                finding(Kind::PageUnbalanced, Remedy::Review),
                finding(Kind::ExpiredHold, Remedy::Repaired),
                finding(Kind::ExpiredHold, Remedy::Repaired),
            ],
            parked: 1,
            more: false,
        }
    }

    #[test]
    fn a_tick_asks_for_a_whole_run_and_a_person_may_ask_for_a_dry_one() {
        let sample = include_str!("../../../../events/samples/schedule/reconciliation.json");
        let whole = ReconciliationRequest::default();
        let (dry, anew) = (
            ReconciliationRequest { dry_run: true, ..whole },
            ReconciliationRequest { begin: true, ..whole },
        );
        for (text, expected) in
            [(sample, whole), ("{}", whole), (r#"{"dryRun": true}"#, dry), (r#"{"begin": true}"#, anew)]
        {
            let request: ReconciliationRequest = serde_json::from_str(text).expect("a request");
            assert_eq!(request, expected);
        }
    }

    #[test]
    fn a_deadline_in_the_past_is_none() {
        let now = Timestamp::from_millisecond(900_000).expect("a time");
        assert_eq!(deadline(900_001, now).map(Timestamp::as_millisecond), Some(900_001));
        assert_eq!(deadline(600_000, now), None);
    }

    #[test]
    fn a_run_leaves_time_for_what_it_has_begun() {
        let now = Timestamp::UNIX_EPOCH;
        let in_seconds = |seconds| now + SignedDuration::from_secs(seconds);
        for (left, expected) in [(900, 660), (600, 360), (480, 240), (60, 30)] {
            assert_eq!(until(in_seconds(left), now), Some(in_seconds(expected)));
        }
    }

    #[test]
    fn a_report_names_each_finding_under_its_kind() {
        let json = as_json(&report());
        assert_eq!(json["lookedAt"], json!({"pages": 3, "bookings": 2, "payments": 1}));
        assert_eq!((&json["repaired"], &json["forReview"]), (&json!(2), &json!(1)));
        assert_eq!((&json["left"], &json["cycle"]["isOver"]), (&json!({"inquiries": 7}), &json!(true)));
        assert_eq!(json["findings"].as_object().map(Map::len), Some(2));
        assert_eq!(json["findings"]["page_unbalanced"][0]["subject"], "room/2030-06");
        assert_eq!(json["findings"]["expired_hold"].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn the_longest_report_fits_an_answer_and_has_some_of_each_kind() {
        let of_kind = |kind: &Kind| {
            let finding = |number: usize| Finding {
                kind: *kind,
                subject: format!("item-{number}"),
                booking: None,
                detail: "ü".repeat(500),
                remedy: Remedy::Review,
            };
            (0..1_000).map(finding).collect::<Vec<Finding>>()
        };
        let report = Report { findings: Kind::ALL.iter().flat_map(of_kind).collect(), ..report() };
        let json = as_json(&report);
        assert!(json.to_string().len() < 5_000_000);
        let shown: Vec<usize> = Kind::ALL
            .iter()
            .map(|kind| json["findings"][kind.as_str()].as_array().expect("a list").len())
            .collect();
        assert!(shown.iter().all(|number| (100..1_000).contains(number)), "{shown:?}");
        let left_out = json["notShown"].as_u64().and_then(|number| usize::try_from(number).ok());
        assert_eq!(left_out, Some(report.findings.len() - shown.iter().sum::<usize>()));
        assert_eq!(as_json(&self::report())["notShown"], 0);
    }

    #[test]
    fn every_metric_that_is_named_has_its_value_at_the_root() {
        let line = metrics(&report(), "holdfast-reconciliation");
        let named = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().expect("a list").clone();
        assert_eq!(named.len(), 4 + Kind::ALL.len() + Work::ALL.len());
        for metric in named {
            let name = metric["Name"].as_str().expect("a name");
            assert!(line[name].is_u64(), "{name}");
        }
        assert_eq!((&line["Drift"], &line["Drift.expired_hold"]), (&json!(3), &json!(2)));
        assert_eq!((&line["Left.inquiries"], &line["Left.ledger"]), (&json!(7), &json!(0)));
        assert_eq!(line["FunctionName"], "holdfast-reconciliation");
    }
}
