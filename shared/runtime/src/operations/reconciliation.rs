//! The entry of the reconciliation function: a tick of the schedule or a request of a person in, the report out. A run also
//! writes metrics, and publishes the event of a drift.

use std::io::Write;
use std::sync::Arc;

use holdfast_app::events::EventBus;
use holdfast_app::operations::reconciliation::{Finding, Kind, Reconciliation, Remedy, Report};
use holdfast_app::{Clock, Failure, Mutation, Part};
use holdfast_domain::BookingId;
use holdfast_workflow::events::of_drift;
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::causes;

/// Who repairs.
const ACTOR: &str = Part::Reconciliation.as_str();
const NAMESPACE: &str = "Holdfast";
const DIMENSION: &str = "FunctionName";

/// What a run is asked for. A scheduled event of EventBridge asks for a whole one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReconciliationRequest {
    /// Only to look: nothing is changed, parked, published or measured.
    #[serde(default)]
    pub dry_run: bool,
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

    /// One run of the function of that name: the report as JSON.
    ///
    /// # Errors
    /// [`Diagnostic`] named after what is away: `StoreUnavailable`, `ProviderUnavailable`, `WorkflowUnavailable`,
    /// `BusUnavailable`. What was repaired stays so, and another run does the rest.
    pub async fn run(&self, request: ReconciliationRequest, function: &str) -> Result<Value, Diagnostic> {
        let mutation = Mutation { now: self.clock.now(), actor: ACTOR.to_owned(), trace: None };
        let report = self.reconciliation.run(request.dry_run, &mutation).await.map_err(|error| {
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
            self.run(event.payload, &event.context.env_config.function_name).await
        });
        Runtime::new(service).run().await
    }
}

fn failed(name: &str, error: &(dyn std::error::Error + 'static)) -> Diagnostic {
    tracing::error!(name, error = causes(error), "the reconciliation has not come to its end");
    Diagnostic { error_type: name.to_owned(), error_message: causes(error) }
}

fn finding_json(finding: &Finding) -> Value {
    json!({
        "subject": finding.subject,
        "bookingId": finding.booking.as_ref().map(BookingId::as_str),
        "detail": finding.detail,
        "remedy": finding.remedy.as_str(),
    })
}

fn as_json(report: &Report) -> Value {
    let found = |kind: Kind| -> Vec<Value> {
        report.findings.iter().filter(|finding| finding.kind == kind).map(finding_json).collect()
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
        "repaired": report.count_remedy(Remedy::Repaired),
        "forReview": report.count_remedy(Remedy::Review),
        "parked": report.parked,
        "more": report.more,
        "findings": findings,
    })
}

/// The run's figures in CloudWatch's embedded metric format
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).
fn metrics(report: &Report, function: &str) -> Value {
    let mut values = vec![
        ("Drift".to_owned(), report.findings.len()),
        ("Repaired".to_owned(), report.count_remedy(Remedy::Repaired)),
        ("ForReview".to_owned(), report.count_remedy(Remedy::Review)),
    ];
    values.extend(Kind::ALL.iter().map(|kind| (format!("Drift.{}", kind.as_str()), report.count(*kind))));
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
    use jiff::Timestamp;

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
        for (text, dry_run) in [(sample, false), ("{}", false), (r#"{"dryRun": true}"#, true)] {
            let request: ReconciliationRequest = serde_json::from_str(text).expect("a request");
            assert_eq!(request, ReconciliationRequest { dry_run });
        }
    }

    #[test]
    fn a_report_names_each_finding_under_its_kind() {
        let json = as_json(&report());
        assert_eq!(json["lookedAt"], json!({"pages": 3, "bookings": 2, "payments": 1}));
        assert_eq!((&json["repaired"], &json["forReview"]), (&json!(2), &json!(1)));
        assert_eq!(json["findings"].as_object().map(Map::len), Some(2));
        assert_eq!(json["findings"]["page_unbalanced"][0]["subject"], "room/2030-06");
        assert_eq!(json["findings"]["expired_hold"].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn every_metric_that_is_named_has_its_value_at_the_root() {
        let line = metrics(&report(), "holdfast-reconciliation");
        let named = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().expect("a list").clone();
        assert_eq!(named.len(), 3 + Kind::ALL.len());
        for metric in named {
            let name = metric["Name"].as_str().expect("a name");
            assert!(line[name].is_u64(), "{name}");
        }
        assert_eq!((&line["Drift"], &line["Drift.expired_hold"]), (&json!(3), &json!(2)));
        assert_eq!(line["FunctionName"], "holdfast-reconciliation");
    }
}
