//! What the versions of an event promise.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_app::bookings::BookingCommit;
use holdfast_domain::{BookingEvent, InventoryMove, Page, PageCommand};
use holdfast_workflow::events::{
    Content, EventType, PageWrite, Sequence, Subject, Version, from_bus, of_audit, of_drift, of_page,
};
use serde_json::json;

use crate::samples::{
    SECRET, TRACE, Written, booking, envelopes, events, hold, mutation, page_after, report, room, samples,
    written,
};

/// A release of the hold, as its page was written.
fn released() -> Written {
    let hold = hold();
    let entry = hold.entry(&hold.order.placements[0]);
    let place = PageCommand::Place { hold: hold.id.clone(), entry, limits: None };
    page_after(&[(0, place), (30, PageCommand::Release { hold: hold.id, counts_for: None })])
}

/// The commit of a booking's request.
fn requested() -> BookingCommit {
    BookingCommit::new(&booking(), BookingEvent::Requested, InventoryMove::Keep, &mutation())
}

#[test]
fn every_type_is_published_in_both_versions_under_one_id() {
    for kind in EventType::ALL {
        let all = envelopes(*kind);
        let schemas: Vec<&str> = all.iter().map(|event| event.dataschema.as_str()).collect();
        let versions = kind.declaration().versions;
        let expected: Vec<String> = versions.iter().map(|version| kind.data_schema(*version)).collect();
        assert_eq!(schemas, expected);
        let ids: BTreeSet<&str> = all.iter().map(|event| event.id.as_str()).collect();
        assert_eq!(ids.len(), 1, "{}", kind.as_str());
        assert!(
            all.iter()
                .all(|event| event.subject == all[0].subject && event.traceparent == all[0].traceparent)
        );
    }
}

#[test]
fn a_version_that_has_a_successor_has_an_end() {
    for kind in EventType::ALL {
        let versions = kind.declaration().versions;
        let (newest, older) = versions.split_last().expect("a version");
        assert_eq!(newest.ends(), None);
        assert!(older.iter().all(|version| version.ends().is_some()));
        for (consumer, version) in kind.declaration().consumers {
            assert!(versions.contains(version), "{} of {}", consumer.as_str(), kind.as_str());
        }
    }
}

#[test]
fn sequences_of_version_2_compare_as_texts() {
    let mut event = events().remove(0);
    let mut last = String::new();
    for number in [0, 9, 10, 99, 1_000_000, u64::from(u32::MAX), u64::MAX] {
        event.sequence = number;
        let [v1, v2] = &event.envelopes().expect("JSON")[..] else { panic!("two versions") };
        assert_eq!(v1.sequence, Sequence::Number(number));
        let Sequence::Text(text) = &v2.sequence else { panic!("a text") };
        assert!(*text > last && text.parse() == Ok(number), "{text} after {last}");
        last.clone_from(text);
    }
}

#[test]
fn times_of_version_2_have_milliseconds() {
    let mut event = events().remove(0);
    for (at, expected) in [
        ("2026-05-01T09:00:00Z", "2026-05-01T09:00:00.000Z"),
        ("2026-05-01T09:00:00.25Z", "2026-05-01T09:00:00.250Z"),
    ] {
        event.at = at.parse().expect("a time");
        assert_eq!(event.envelopes().expect("JSON")[1].time, expected);
    }
}

/// Version 2 names people by pseudonyms only: neither the guest nor an operator who acted for them.
#[test]
fn version_2_names_nobody() {
    for (name, sample) in samples() {
        let text = sample.to_string();
        assert!(!text.contains(SECRET), "{name} says what no event may say");
        let names = text.contains("guest-1");
        let by_a_guest = name.starts_with("booking.") || name.starts_with("payment.");
        assert_eq!(names, by_a_guest && name.ends_with(".v1.json"), "{name}: {text}");
    }
    let booking = envelopes(EventType::BookingRequested).remove(1).data;
    assert_eq!(booking["actor"], booking["guestId"], "the guest asked");
    let hold = envelopes(EventType::HoldPlaced).remove(1).data;
    assert_eq!(booking["guestId"], hold["guestId"], "one guest has one pseudonym");
}

#[test]
fn parts_of_the_system_are_named_and_other_callers_are_not() {
    let mut entry = requested().audit;
    let mut actor = |name: &str| {
        entry.actor = name.to_owned();
        let event = of_audit(&entry).expect("an event").expect("of a kind that is published");
        event.envelopes().expect("JSON").remove(1).data["actor"].as_str().expect("a text").to_owned()
    };
    for part in ["saga", "stripe", "expiry", "completion", "reconciliation"] {
        assert_eq!(actor(part), part);
    }
    assert_ne!(actor("operator-1"), "operator-1");
    assert_ne!(actor("operator-1"), actor("guest-1"));
}

/// What the release before wrote says less. Its events are those of that release, to the letter.
#[test]
fn an_entry_without_facts_is_published_as_the_release_before_did() {
    let mut entry = requested().audit;
    let whole = of_audit(&entry).expect("an event").expect("of a kind that is published");
    entry.facts = None;
    let poor = of_audit(&entry).expect("an event").expect("of a kind that is published");
    assert!(matches!(poor.content, Content::Version1(EventType::BookingRequested, _)));
    assert_eq!(poor.envelopes().expect("JSON"), whole.envelopes().expect("JSON")[..1]);
    entry.kind = "booking.dreamt".to_owned();
    assert_eq!(of_audit(&entry).expect("no fault"), None, "nothing of a kind that is not published");
}

#[test]
fn a_record_that_lacks_a_fact_is_an_error_that_names_it() {
    let mut entry = requested().audit;
    entry.kind = "payment.captured".to_owned();
    entry.data = json!({ "paymentStatus": "captured", "lifecycle": "PAYMENT_CAPTURED", "currency": "EUR" });
    let error = of_audit(&entry).expect_err("no amount");
    assert!(error.to_string().ends_with("does not say amount"), "{error}");
    let (page, changes, _, at) = released();
    let write = PageWrite { page: &page, changes: &changes, ended: &BTreeMap::new(), at, trace: None };
    let error = of_page(&write).expect_err("nobody knows the hold");
    assert!(error.to_string().contains("which the page does not have"), "{error}");
}

#[test]
fn a_run_that_finds_nothing_publishes_nothing() {
    assert_eq!(of_drift(&report(Vec::new())), None);
}

#[test]
fn an_id_says_which_fact_it_is() {
    let ids: Vec<String> =
        events().iter().map(|event| format!("{} {}", event.kind().as_str(), event.id)).collect();
    assert!(ids.contains(&"hold.placed hotel-nyc-deluxe/2026-06/1/0".to_owned()), "{ids:?}");
    assert!(ids.contains(&"inventory.changed hotel-nyc-deluxe/2026-06/1/inventory".to_owned()));
}

#[test]
fn the_events_of_a_page_that_was_made_anew_come_after_those_of_the_page_before() {
    let mut page =
        room().fresh_page(&holdfast_domain::PageKey::first(room().id, "2026-06"), &Default::default());
    let last_of = |page: &Page| {
        let events = written(page, &[], &BTreeMap::new(), "2026-05-01T09:00:00Z".parse().expect("a time"));
        let [event] = &events[..] else { panic!("one event, not {events:?}") };
        let data = &event.envelopes().expect("JSON")[1].data;
        assert_eq!(data["seq"], event.sequence);
        (event.sequence, event.id.clone())
    };
    page.seq = u64::from(u32::MAX);
    let (last, last_id) = last_of(&page);
    assert_eq!(last, page.seq, "of the first schedule: the writes as they are counted");
    (page.schedule_revision, page.seq) = (2, 0);
    let (first, first_id) = last_of(&page);
    assert_eq!(first, last + 1);
    assert_ne!(first_id, last_id);
    (page.schedule_revision, page.seq) = (1, 0);
    assert_ne!(last_of(&page).1, first_id, "no receiver takes it for a repetition");
}

/// Every event that a request causes has the request's trace; a run of the reconciliation has no request.
#[test]
fn every_event_of_a_request_has_its_trace() {
    for kind in EventType::ALL {
        let expected = (kind.declaration().subject != Subject::Run).then_some(TRACE);
        for event in envelopes(*kind) {
            assert_eq!(event.traceparent.as_deref(), expected, "{}", event.dataschema);
        }
    }
}

#[test]
fn events_of_an_unknown_shape_or_version_are_errors() {
    let (_, right) = samples().remove(0);
    let received = from_bus(&right).expect("an event");
    assert_eq!((received.kind, received.version), (EventType::HoldPlaced, Version::V1));
    for (pointer, wrong) in [
        ("/source", "another"),
        ("/detail/source", "another"),
        ("/detail/specversion", "0.3"),
        ("/detail/dataschema", "urn:holdfast:event:hold.placed:v3"),
        ("/detail/type", "hold.released"),
        ("/detail-type", "hold.moved"),
    ] {
        let mut message = right.clone();
        *message.pointer_mut(pointer).expect("a member") = wrong.into();
        assert!(from_bus(&message).is_err(), "{pointer}");
    }
}
