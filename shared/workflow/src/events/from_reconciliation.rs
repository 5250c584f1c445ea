//! The event of a reconciliation: counts by kind, and what they are about.

use holdfast_app::operations::reconciliation::Report;

use super::catalogue::EventData;
use super::data::reconciliation::ReconciliationDrift;
use super::envelope::{Content, Event};

/// What it is about.
const SUBJECT: &str = "reconciliation";

/// The event of a run that found drift; none of one that found nothing.
#[must_use]
pub fn of_drift(report: &Report) -> Option<Event> {
    if report.findings.is_empty() {
        return None;
    }
    let at = report.at;
    Some(Event {
        id: format!("{SUBJECT}/{at}"),
        subject: SUBJECT.to_owned(),
        sequence: u64::try_from(at.as_millisecond()).unwrap_or(0),
        at,
        trace: None,
        content: Content::Newest(EventData::ReconciliationDrift(ReconciliationDrift::new(report))),
    })
}
