//! The far ends: what the provider holds, what came out of the bus, what was set aside.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_client::aws::BusWatch;
use holdfast_client::{Stack, Trouble};
use reqwest::Method;
use serde_json::{Value, json};

use crate::audit::{Delivered, Payment, as_counted};

/// The field in which a payment names its booking.
const BOOKING: &str = "bookingId";
/// Payments of one answer of the provider.
const PAGE: &str = "100";
/// Where a message means that something was set aside.
const SET_ASIDE: [&str; 8] = [
    "TIMER_DEAD_LETTERS_QUEUE_URL",
    "NOTIFY_DEAD_LETTERS_QUEUE_URL",
    "PARTNER_DEAD_LETTERS_QUEUE_URL",
    "RECEIPTS_DEAD_LETTERS_QUEUE_URL",
    "RELAY_FAILURES_QUEUE_URL",
    "PROJECTOR_FAILURES_QUEUE_URL",
    "HOLD_EXPIRY_FAILURES_QUEUE_URL",
    "UNDELIVERED_QUEUE_URL",
];
const CONSUMED: [&str; 4] =
    ["TIMER_QUEUE_URL", "NOTIFY_QUEUE_URL", "PARTNER_QUEUE_URL", "RECEIPTS_QUEUE_URL"];

/// The provider's payments made since `since` (seconds) that name a booking.
///
/// # Errors
/// [`Trouble`] of the provider.
pub(crate) async fn payments(stack: &Stack, since: i64) -> Result<Vec<Payment>, Trouble> {
    let since = since.to_string();
    let (mut payments, mut after) = (Vec::new(), None::<String>);
    loop {
        let mut form =
            vec![("limit", PAGE), ("created[gte]", since.as_str()), ("expand[]", "data.latest_charge")];
        if let Some(after) = &after {
            form.push(("starting_after", after));
        }
        let list = stack.stripe(Method::GET, "/v1/payment_intents", &form).await?;
        let Some(data) = list["data"].as_array() else { return Err(Trouble::unexpected(list)) };
        payments.extend(data.iter().filter_map(payment));
        after = data.last().and_then(|last| last["id"].as_str()).map(str::to_owned);
        if list["has_more"] != true || after.is_none() {
            return Ok(payments);
        }
    }
}

fn payment(intent: &Value) -> Option<Payment> {
    let number = |value: &Value| value.as_i64().unwrap_or(0);
    let reserved = if intent["status"] == "requires_capture" { number(&intent["amount"]) } else { 0 };
    Some(Payment {
        intent: intent["id"].as_str()?.to_owned(),
        booking: intent["metadata"][BOOKING].as_str()?.to_owned(),
        reserved,
        captured: number(&intent["amount_received"]),
        refunded: number(&intent["latest_charge"]["amount_refunded"]),
    })
}

/// Messages in the consumers' queues, handed out or not, by queue. Delayed ones are none of them: timers that were set again
/// for the end of a claim, a quarter of an hour ahead.
///
/// # Errors
/// [`Trouble`] of the emulator.
pub(crate) async fn waiting(stack: &Stack) -> Result<BTreeMap<&'static str, u64>, Trouble> {
    let mut waiting = BTreeMap::new();
    for queue in CONSUMED {
        let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
        let asked = json!({"QueueUrl": stack.value(queue)?, "AttributeNames": names});
        let answer = stack.aws("sqs", "AmazonSQS.GetQueueAttributes", &asked).await?;
        let count =
            |name: &str| answer["Attributes"][name].as_str().and_then(|text| text.parse::<u64>().ok());
        let messages: u64 = names.iter().filter_map(|name| count(name)).sum();
        if messages > 0 {
            waiting.insert(queue, messages);
        }
    }
    Ok(waiting)
}

/// Where the events have gone so far.
///
/// # Errors
/// [`Trouble`] of those asked.
pub(crate) async fn delivered(stack: &Stack, bus: &BusWatch) -> Result<Delivered, Trouble> {
    let mut delivered = Delivered::default();
    for event in bus.events_about("").await? {
        let detail = &event["detail"];
        let text = |name: &str| detail[name].as_str().unwrap_or_default().to_owned();
        let version = text("dataschema").rsplit(':').next().unwrap_or_default().to_owned();
        delivered.on_the_bus.insert((as_counted(&text("id")), version));
        let at = text("time").parse().map_err(Trouble::unexpected)?;
        let first = delivered.about.entry((text("type"), text("subject"))).or_insert(at);
        *first = at.min(*first);
    }
    let taken = |delivery: &Value| (200..300).contains(&delivery["answered"].as_i64().unwrap_or(0));
    let id = |delivery: &Value| delivery["headers"]["webhook-id"].as_str().map(as_counted);
    let deliveries = stack.deliveries_about("").await?;
    delivered.to_the_partner = deliveries.iter().filter(|one| taken(one)).filter_map(id).collect();
    let subject = |mail: &Value| mail["Subject"].as_str().map(str::to_owned);
    delivered.mails = stack.mails_to("@example.com").await?.iter().filter_map(subject).collect();
    for queue in SET_ASIDE {
        let messages = stack.queued(stack.value(queue)?).await?;
        delivered.set_aside.extend(messages.iter().map(Value::to_string));
    }
    Ok(delivered)
}

/// Findings of a dry run of the reconciliation that mention one of `names`.
///
/// # Errors
/// [`Trouble`] of the function, and if it has not looked at everything.
pub(crate) async fn drift(stack: &Stack, names: &BTreeSet<String>) -> Result<Vec<String>, Trouble> {
    let report = stack.invoke("reconciliation", r#"{"dryRun": true}"#).await?;
    let cycle = &report["cycle"];
    if cycle["isOver"] != true || cycle["isWhole"] != true {
        return Err(Trouble::unexpected(cycle));
    }
    let kinds = report["findings"].as_object().ok_or_else(|| Trouble::unexpected(&report))?;
    let all = kinds.iter().flat_map(|(kind, found)| {
        found.as_array().into_iter().flatten().map(move |finding| format!("{kind}: {finding}"))
    });
    Ok(all.filter(|finding| names.iter().any(|name| finding.contains(name))).collect())
}
