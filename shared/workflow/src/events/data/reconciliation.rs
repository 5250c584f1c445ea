//! What the events of reconciliation say.

use std::collections::BTreeMap;

use holdfast_app::operations::reconciliation::{Finding, Kind, Remedy, Report};
use serde::Serialize;
use utoipa::ToSchema;

/// The most subjects named of one kind: an event is 256 KB at most.
const SUBJECTS_MAX: usize = 20;

/// Drift of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Drift {
    /// How many.
    #[schema(minimum = 1)]
    pub count: usize,
    /// The first 20 ids of holds, bookings or payments, `resource/page`, or keys of items.
    pub subjects: Vec<String>,
}

/// The data of `reconciliation.drift`, in both versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReconciliationDrift {
    /// Findings that were repaired.
    pub repaired: usize,
    /// Findings that wait for a person.
    pub for_review: usize,
    /// Whether there was more than one run reports of a kind, or remembers of unread pages: a later run has the rest.
    pub more: bool,
    /// By kind of drift (docs/runbook.md#drift).
    pub kinds: BTreeMap<String, Drift>,
}

impl ReconciliationDrift {
    /// What a run found.
    #[must_use]
    pub fn new(report: &Report) -> Self {
        let drift = |kind: Kind| {
            let found = report.findings.iter().filter(|finding| finding.kind == kind);
            let subjects = found.map(|finding| finding.subject.clone()).take(SUBJECTS_MAX).collect();
            Drift { count: report.count(kind), subjects }
        };
        let found = Kind::ALL.iter().filter(|kind| report.count(**kind) > 0);
        Self {
            repaired: report.count_remedy(Remedy::Repaired),
            for_review: report.count_remedy(Remedy::Review),
            more: report.more,
            kinds: found.map(|kind| (kind.as_str().to_owned(), drift(*kind))).collect(),
        }
    }
}

/// The data of `reconciliation.review_requested`. What was seen stays in the log: it may quote what is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReconciliationReviewRequested {
    /// The kind of drift (docs/runbook.md#drift).
    pub kind: String,
    /// The id of a hold, booking or payment, `resource/page`, or the key of an item.
    pub subject: String,
    /// The booking that it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booking_id: Option<String>,
}

impl ReconciliationReviewRequested {
    /// What a person has to decide.
    #[must_use]
    pub fn new(finding: &Finding) -> Self {
        Self {
            kind: finding.kind.as_str().to_owned(),
            subject: finding.subject.clone(),
            booking_id: finding.booking.as_ref().map(|id| id.as_str().to_owned()),
        }
    }
}
