//! The metric of promotions that are used more often than their limit: a payment that came after its hold's end is honoured at the price
//! that was promised.

use std::io::Write;

use holdfast_app::events::LedgerRecord;
use holdfast_domain::rates::uses::UseCount;
use serde_json::{Value, json};

use crate::causes;
use crate::operations::reconciliation::NAMESPACE;
use crate::stream::Record;

/// The metric's name: uses that were counted beyond a limit.
const OVER_LIMIT: &str = "PromotionUsesOverLimit";

/// The figure of some records in CloudWatch's embedded metric format
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>), with the last of
/// the promotions; `None` if every use is within its limit.
fn metric<'a>(records: impl IntoIterator<Item = &'a Record<LedgerRecord>>) -> Option<Value> {
    let over: Vec<&UseCount> = records
        .into_iter()
        .filter_map(|record| match &record.content {
            LedgerRecord::PromotionUses { count, .. } => Some(count.as_ref()),
            _ => None,
        })
        .filter(|count| count.is_over_limit())
        .collect();
    let last = over.last()?;
    Some(json!({
        "_aws": {
            "Timestamp": last.at.as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [[]],
                "Metrics": [{ "Name": OVER_LIMIT, "Unit": "Count" }],
            }],
        },
        "resource": last.resource.as_str(),
        "code": last.code.as_str(),
        "uses": last.uses,
        "limit": last.limit,
        OVER_LIMIT: over.len(),
    }))
}

/// Writes the metric of the records that were relayed as a line of its own: the log's layer would nest it, and CloudWatch would not see it.
pub(crate) fn measure<'a>(records: impl IntoIterator<Item = &'a Record<LedgerRecord>>) {
    if let Some(line) = metric(records)
        && let Err(error) = writeln!(std::io::stdout(), "{line}")
    {
        tracing::error!(error = causes(&error), "the metric was not written");
    }
}

#[cfg(test)]
mod tests {
    use holdfast_domain::rates::promotion::PromotionCode;
    use holdfast_domain::rates::uses::UseEvent;
    use holdfast_domain::{HoldId, ResourceId};
    use jiff::Timestamp;

    use super::*;

    fn record(uses: u64, limit: Option<u32>, event: UseEvent) -> Record<LedgerRecord> {
        let count = UseCount {
            property: None,
            resource: ResourceId::parse("room").expect("an id"),
            code: PromotionCode::parse("summer").expect("a code"),
            uses,
            limit,
            sequence: 7,
            event,
            hold: HoldId::parse("hld_1").expect("an id"),
            booking: None,
            at: Timestamp::from_millisecond(1_900_000_000_000).expect("in range"),
        };
        let content = LedgerRecord::PromotionUses { count: Box::new(count), trace: None };
        Record { sequence_number: "1".to_owned(), content, at: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn only_uses_beyond_the_limit_are_counted() {
        let within = [
            record(2, Some(2), UseEvent::Redeemed),
            record(9, None, UseEvent::Redeemed),
            record(3, Some(2), UseEvent::Returned),
        ];
        assert_eq!(metric(&within), None);
        let over = [record(3, Some(2), UseEvent::Redeemed), record(4, Some(2), UseEvent::Redeemed)];
        let line = metric(within.iter().chain(&over)).expect("two are over");
        assert_eq!(
            (&line[OVER_LIMIT], &line["uses"], &line["code"]),
            (&json!(2), &json!(4), &json!("SUMMER"))
        );
        let named = &line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"];
        assert!(line[named.as_str().expect("a name")].is_number(), "its value is at the root");
    }
}
