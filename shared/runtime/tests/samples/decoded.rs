//! Every sample is understood by the function it is for.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use holdfast_adapters_dynamodb::stream::{decode_ledger_record, decode_previous_hold};
use holdfast_adapters_messaging::Timer;
use holdfast_app::WorkflowError;
use holdfast_app::events::LedgerRecord;
use holdfast_app::operations::{PoisonRecord, PoisonRecords};
use holdfast_domain::Hold;
use holdfast_runtime::ExpiryEvent;
use holdfast_runtime::queue::{self, QueueEvent};
use holdfast_runtime::stream::{Record, StreamEvent, StreamReader};
use holdfast_workflow::TaskCall;
use holdfast_workflow::events::{
    Consumer, Declaration, EventType, Received, booking_notice, from_bus, inventory, receipts_due,
    timer_event,
};
use serde::Deserialize;
use serde_json::Value;

use crate::golden::{files, name_of, read, samples};
use crate::messages::hold;

/// No record of a sample is poison.
struct NoPoison;

#[async_trait]
impl PoisonRecords for NoPoison {
    async fn set_aside(&self, record: &PoisonRecord) -> Result<(), WorkflowError> {
        panic!("{record:?}")
    }
}

fn each(folder: &str, check: impl Fn(&str, Value)) {
    let found = files(&samples(folder));
    assert!(!found.is_empty(), "no samples in {folder}");
    for path in found {
        check(&name_of(&path), read(&path));
    }
}

/// Whichever version a rule selects: while a deployment rolls it may be either.
#[test]
fn events_of_every_version_are_understood_by_those_they_are_for() {
    let mut understood_in = 0;
    for kind in EventType::ALL {
        let Declaration { name, versions, consumers, .. } = kind.declaration();
        let mut meant = Vec::new();
        for version in versions {
            let message = read(&samples("events").join(format!("{name}.v{}.json", version.number())));
            let received = from_bus(&message).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!((received.kind, received.version), (*kind, *version));
            meant.push(consumers.iter().map(|(consumer, _)| meaning(*consumer, received.clone())).collect());
        }
        let all: &[Vec<String>] = &meant;
        assert!(all.iter().all(|one| *one == all[0]), "{name} means one thing: {all:?}");
        understood_in += consumers.len();
    }
    assert!(understood_in > 8, "{understood_in}");
}

/// What an event says of slots, but for their overbooking, which version 2 alone says.
fn slots_in_every_version(data: &Value) -> Value {
    let mut slots = data["slots"].clone();
    for slot in slots.as_object_mut().into_iter().flat_map(|slots| slots.values_mut()) {
        slot.as_object_mut().expect("a slot").remove("overbooking");
    }
    slots
}

/// What a consumer makes of an event.
fn meaning(consumer: Consumer, received: Received) -> String {
    let kind = received.kind.as_str();
    match consumer {
        Consumer::Expiry => timer_event(&received).map(|event| format!("{event:?}")),
        Consumer::Notify => booking_notice(&received).map(|event| format!("{event:?}")),
        Consumer::Receipts => receipts_due(&received).map(|booking| booking.to_string()),
        Consumer::Partner => inventory(received).map(|event| slots_in_every_version(&event.data).to_string()),
        // People read it as it is.
        Consumer::Review => Ok(received.event.data.to_string()),
    }
    .unwrap_or_else(|error| panic!("{kind}: {error}"))
}

#[test]
fn an_event_for_another_is_refused() {
    let hold = from_bus(&read(&samples("events").join("hold.placed.v1.json"))).expect("an event");
    assert!(booking_notice(&hold).is_err(), "a hold is nothing to mail about");
    assert!(receipts_due(&hold).is_err(), "nor does it move money");
    assert!(inventory(hold).is_err(), "nor anything for a partner");
    let page = from_bus(&read(&samples("events").join("inventory.changed.v2.json"))).expect("an event");
    assert!(timer_event(&page).is_err(), "nor a page anything to time");
}

#[test]
fn tasks() {
    each("saga", |name, payload| {
        TaskCall::parse(&payload).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(payload["task"], name);
    });
}

fn understood(name: &str, message: &Value) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if let Some(timer) = Timer::parse(message)? {
        assert_eq!(timer.hold, hold().id);
        return Ok(());
    }
    let received = from_bus(message)?;
    match name.split('-').next() {
        Some("timer") => drop(timer_event(&received)?),
        Some("notify") => drop(booking_notice(&received)?),
        Some("receipts") => drop(receipts_due(&received)?),
        Some("partner") => drop(inventory(received)?),
        other => panic!("no function behind the queue {other:?}"),
    }
    Ok(())
}

#[tokio::test]
async fn messages() {
    for path in files(&samples("sqs")) {
        let (name, event) = (name_of(&path), read(&path));
        let parsed: QueueEvent = serde_json::from_value(event.clone()).expect("a batch");
        let failures = queue::process(parsed, |message| {
            let name = name.clone();
            async move { understood(&name, &message) }
        })
        .await;
        assert!(failures.ids().is_empty(), "{name} is not understood");
        let for_expiry = ExpiryEvent::deserialize(event).expect("a batch");
        assert!(matches!(for_expiry, ExpiryEvent::Queue(_)));
    }
}

#[tokio::test]
async fn records() {
    let mut seen = BTreeSet::new();
    for path in files(&samples("stream")) {
        let (name, event) = (name_of(&path), read(&path));
        let for_expiry = ExpiryEvent::deserialize(event.clone()).expect("a batch");
        assert!(matches!(for_expiry, ExpiryEvent::Stream(_)));
        let parsed: StreamEvent = serde_json::from_value(event).expect("a batch");
        let failures = if name == "holds-ttl" {
            let reader = StreamReader::new(decode_previous_hold, Arc::new(NoPoison));
            let check = async |records: Vec<Record<Option<Hold>>>| {
                let deleted = records[0].content.as_ref().expect("a hold");
                assert_eq!(deleted.id, hold().id);
                Ok(())
            };
            reader.process(parsed, check).await
        } else {
            let reader = StreamReader::new(decode_ledger_record, Arc::new(NoPoison));
            let check = async |records: Vec<Record<LedgerRecord>>| {
                let expected = match records[0].content {
                    LedgerRecord::Page { .. } => "ledger-page",
                    LedgerRecord::Resource { .. } => "ledger-resource",
                    LedgerRecord::Facts { .. } => "ledger-facts",
                    LedgerRecord::Audit(_) => "ledger-audit",
                    LedgerRecord::Rates { .. } => "ledger-rates",
                    LedgerRecord::MonthRates { .. } => "ledger-month-rates",
                    LedgerRecord::PromotionUses { .. } => "ledger-promotion-uses",
                    LedgerRecord::Confirmed { .. } => "ledger-confirmed",
                    LedgerRecord::Property(_) => "ledger-property",
                    LedgerRecord::PageRemoved(_) | LedgerRecord::Other => "nothing",
                };
                assert_eq!(expected, name);
                Ok(())
            };
            reader.process(parsed, check).await
        };
        assert!(failures.ids().is_empty(), "{name} is not understood");
        seen.insert(name);
    }
    // Each kind of record that is acted on has a sample, by which filters of streams are tested.
    let kinds = [
        "holds-ttl",
        "ledger-audit",
        "ledger-confirmed",
        "ledger-facts",
        "ledger-month-rates",
        "ledger-page",
        "ledger-promotion-uses",
        "ledger-property",
        "ledger-rates",
        "ledger-resource",
    ];
    assert_eq!(seen, kinds.map(str::to_owned).into());
}
