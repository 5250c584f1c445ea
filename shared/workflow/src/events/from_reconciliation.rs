//! What a reconciliation has to tell: counts by kind, and what they are about.

use holdfast_app::operations::reconciliation::{Kind, Remedy, Report};
use serde_json::{Map, Value, json};

use super::{Envelope, EventType};

/// Who tells.
const SUBJECT: &str = "reconciliation";
/// The most subjects named of one kind: an event is 256 KB at most.
const SUBJECTS_MAX: usize = 20;

/// The event of a run that found drift; none of one that found nothing.
#[must_use]
pub fn of_drift(report: &Report) -> Option<Envelope> {
    if report.findings.is_empty() {
        return None;
    }
    let of_kind = |kind: Kind| {
        let found = report.findings.iter().filter(|finding| finding.kind == kind);
        let subjects: Vec<&str> = found.map(|finding| finding.subject.as_str()).take(SUBJECTS_MAX).collect();
        json!({ "count": report.count(kind), "subjects": subjects })
    };
    let kinds: Map<String, Value> = Kind::ALL
        .iter()
        .filter(|kind| report.count(**kind) > 0)
        .map(|kind| (kind.as_str().to_owned(), of_kind(*kind)))
        .collect();
    let data = json!({
        "repaired": report.became(Remedy::Repaired),
        "forReview": report.became(Remedy::Review),
        "more": report.more,
        "kinds": kinds,
    });
    let (kind, at) = (EventType::ReconciliationDrift, report.at);
    let sequence = u64::try_from(at.as_millisecond()).unwrap_or(0);
    Some(Envelope::new(kind, format!("{SUBJECT}/{at}"), SUBJECT, sequence, at, None, data))
}
