//! Every sample is understood by the function it is for.

use holdfast_adapters_dynamodb::stream::{decode_ledger_record, decode_previous_hold};
use holdfast_adapters_messaging::Timer;
use holdfast_app::events::LedgerRecord;
use holdfast_runtime::ExpiryEvent;
use holdfast_runtime::queue::{self, QueueEvent};
use holdfast_runtime::stream::{self, StreamEvent};
use holdfast_workflow::TaskCall;
use holdfast_workflow::events::{booking_occasion, from_bus, inventory, timer_event};
use serde::Deserialize;
use serde_json::Value;

use crate::golden::{files, name_of, read, samples};
use crate::messages::hold;

fn each(folder: &str, check: impl Fn(&str, Value)) {
    let found = files(&samples(folder));
    assert!(!found.is_empty(), "no samples in {folder}");
    for path in found {
        check(&name_of(&path), read(&path));
    }
}

#[test]
fn events() {
    each("events", |name, message| {
        let (kind, event) = from_bus(&message).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((kind.as_str(), event.kind.as_str()), (name, name));
    });
}

#[test]
fn events_of_an_unknown_shape_or_version_are_errors() {
    let right = read(&samples("events").join("hold.placed.json"));
    for (pointer, wrong) in [
        ("/source", "another"),
        ("/detail/source", "another"),
        ("/detail/specversion", "0.3"),
        ("/detail/dataschema", "urn:holdfast:event:hold.placed:v2"),
        ("/detail/type", "hold.released"),
        ("/detail-type", "hold.moved"),
    ] {
        let mut message = right.clone();
        *message.pointer_mut(pointer).expect("a member") = wrong.into();
        assert!(from_bus(&message).is_err(), "{pointer}");
    }
    let (kind, event) = from_bus(&right).expect("an event");
    assert!(booking_occasion(kind, &event).is_err(), "a hold is nothing to mail about");
    assert!(inventory(kind, event).is_err(), "nor anything for a partner");
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
    let (kind, event) = from_bus(message)?;
    match name.split('-').next() {
        Some("timer") => drop(timer_event(kind, &event)?),
        Some("notify") => drop(booking_occasion(kind, &event)?),
        Some("partner") => drop(inventory(kind, event)?),
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
    for path in files(&samples("stream")) {
        let (name, event) = (name_of(&path), read(&path));
        let for_expiry = ExpiryEvent::deserialize(event.clone()).expect("a batch");
        assert!(matches!(for_expiry, ExpiryEvent::Stream(_)));
        let parsed: StreamEvent = serde_json::from_value(event).expect("a batch");
        let failures = if name == "holds-ttl" {
            stream::process(parsed, decode_previous_hold, |records| async move {
                let deleted = records[0].content.as_ref().expect("a hold");
                assert_eq!(deleted.id, hold().id);
                Ok(())
            })
            .await
        } else {
            let name = name.clone();
            stream::process(parsed, decode_ledger_record, |records| async move {
                let expected = match records[0].content {
                    LedgerRecord::Page(_) => "ledger-page",
                    LedgerRecord::Resource { .. } => "ledger-resource",
                    LedgerRecord::Audit(_) => "ledger-audit",
                    LedgerRecord::Other => "nothing",
                };
                assert_eq!(expected, name);
                Ok(())
            })
            .await
        };
        assert!(failures.ids().is_empty(), "{name} is not understood");
    }
}
