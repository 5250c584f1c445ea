//! The events of a reconciliation: counts by kind with what they are about, and each case for a person.

use holdfast_app::operations::reconciliation::{Finding, Report};
use jiff::Timestamp;

use super::catalogue::EventData;
use super::data::reconciliation::{ReconciliationDrift, ReconciliationReviewRequested};
use super::envelope::{Content, Event};

/// What it is about.
const SUBJECT: &str = "reconciliation";

/// The event of a run that found drift; none of one that found nothing.
#[must_use]
pub fn of_drift(report: &Report) -> Option<Event> {
    if report.findings.is_empty() {
        return None;
    }
    let data = EventData::ReconciliationDrift(ReconciliationDrift::new(report));
    Some(of_run(report.at, format!("{SUBJECT}/{}", report.at), data))
}

/// The event of a finding that a person has to decide, made by the run at `at`. Cases of a run differ in their ids.
#[must_use]
pub fn of_review(finding: &Finding, at: Timestamp) -> Event {
    let data = EventData::ReconciliationReviewRequested(ReconciliationReviewRequested::new(finding));
    of_run(at, format!("{SUBJECT}/{at}/{}", finding.case()), data)
}

fn of_run(at: Timestamp, id: String, data: EventData) -> Event {
    Event {
        id,
        subject: SUBJECT.to_owned(),
        sequence: u64::try_from(at.as_millisecond()).unwrap_or(0),
        at,
        trace: None,
        content: Content::Newest(Box::new(data)),
    }
}
