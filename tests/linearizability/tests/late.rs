//! What a refusal may have missed: what places came back within a quarter of a second before it, and nothing else.
use std::collections::BTreeMap;

use holdfast_linearizability::{Answer, Call, Edit, History, Inventory, Name, Recorder, Slot};

const LATE_MS: i64 = 250;
const TTL: i64 = 60_000;
const NIGHT: Slot = Slot { page: Name(100), slot: Name(200) };
const TERMS: Name = Name(300);

fn inventory(capacity: u32) -> Inventory {
    let capacity = BTreeMap::from([(NIGHT, capacity)]);
    Inventory { capacity, terms: TERMS, holds_per_page_max: 10, extensions_max: 1 }
}

fn place(hold: u32) -> Call {
    Call::Place { hold: Name(hold), slots: vec![NIGHT], quantity: 1, ttl: TTL }
}

fn placed(at: i64) -> Answer {
    Answer::Placed { until: at + TTL, terms: TERMS }
}

const SOLD_OUT: Answer = Answer::SoldOut { available: 0 };
const RELEASE: Call = Call::Release { hold: Name(1) };

/// Calls one after the other, each with the clocks of its beginning and its end.
fn history(calls: &[(Call, Answer, i64, i64)]) -> History {
    let recorder = Recorder::default();
    for (call, answer, begun, ended) in calls {
        let call = recorder.begin(call.clone(), *begun);
        recorder.end(call, Some(answer.clone()), *ended);
    }
    recorder.history()
}

fn is_legal(history: &History, capacity: u32) -> bool {
    let verdict = history.with_late_refusals(LATE_MS).check(&inventory(capacity));
    assert!(verdict.is_explained() || verdict.is_illegal(), "{verdict:?}");
    verdict.is_explained()
}

/// A place is given back, with an answer at 1000; it is refused to a request of that time.
fn refused_after_a_release(at: i64) -> History {
    history(&[
        (place(1), placed(0), 0, 0),
        (place(2), SOLD_OUT, 10, 20),
        (RELEASE, Answer::Done, 900, 1_000),
        (place(3), SOLD_OUT, at, at + 10),
        (place(4), placed(at + 20), at + 20, at + 20),
    ])
}

#[test]
fn a_release_may_be_missed_for_a_quarter_of_a_second() {
    for at in [1_001, 1_249, 1_250] {
        assert!(is_legal(&refused_after_a_release(at), 1), "{at}");
        assert!(refused_after_a_release(at).check(&inventory(1)).is_illegal(), "without the allowance, {at}");
    }
}

#[test]
fn control_a_release_that_is_missed_for_longer_is_found() {
    for at in [1_251, 1_300, 5_000] {
        assert!(!is_legal(&refused_after_a_release(at), 1), "{at}");
    }
}

#[test]
fn control_an_edit_that_is_missed_is_found() {
    let edit = Call::SetInventory { slots: vec![NIGHT], edit: Edit { capacity: Some(2), ..Edit::default() } };
    let refused = |at| {
        history(&[
            (place(1), placed(0), 0, 0),
            (place(2), SOLD_OUT, 10, 20),
            (edit.clone(), Answer::Done, 900, 1_000),
            (place(3), SOLD_OUT, at, at + 10),
            (place(4), placed(at + 20), at + 20, at + 20),
        ])
    };
    for at in [1_001, 1_100, 1_300] {
        assert!(!is_legal(&refused(at), 1), "{at}");
    }
}

/// Who sets what is set already changes nothing, and what was given back before may be missed still.
#[test]
fn an_edit_that_changes_nothing_does_not_have_to_be_known() {
    let set = |capacity, closed| {
        let edit = Edit { capacity, closed, overbooking: None };
        Call::SetInventory { slots: vec![NIGHT], edit }
    };
    let refused = |edits: &[Call]| {
        let before = [
            (place(1), placed(0), 0, 0),
            (set(Some(1), Some(false)), Answer::Done, 1, 2),
            (place(2), SOLD_OUT, 10, 20),
            (RELEASE, Answer::Done, 900, 1_000),
        ];
        let edits = edits.iter().map(|edit| (edit.clone(), Answer::Done, 1_010, 1_020));
        let after = [(place(3), SOLD_OUT, 1_100, 1_110), (place(4), placed(1_120), 1_120, 1_120)];
        let calls: Vec<_> = before.into_iter().chain(edits).chain(after).collect();
        history(&calls)
    };
    for edits in [vec![set(Some(1), None)], vec![set(None, Some(false)), set(Some(1), Some(false))]] {
        assert!(is_legal(&refused(&edits), 1), "{edits:?}");
    }
    let there_and_back = vec![set(Some(2), None), set(Some(1), None)];
    assert!(!is_legal(&refused(&there_and_back), 1), "control: what was changed meanwhile is known");
    assert!(!is_legal(&refused(&[set(Some(2), None)]), 1), "control");
}

#[test]
fn control_a_hold_whose_time_has_passed_is_not_counted_a_moment_longer() {
    let refused = |at| history(&[(place(1), placed(0), 0, 0), (place(2), SOLD_OUT, at, at + 1)]);
    assert!(is_legal(&refused(TTL - 1), 1));
    assert!(!is_legal(&refused(TTL), 1));
}

/// A place is never granted by what was so a moment ago.
#[test]
fn control_a_place_too_many_is_found() {
    let granted = history(&[
        (place(1), placed(0), 0, 0),
        (RELEASE, Answer::Done, 5, 10),
        (place(2), placed(20), 20, 20),
    ]);
    assert!(is_legal(&granted, 1));
    let oversold = history(&[(place(1), placed(0), 0, 0), (place(2), placed(20), 20, 20)]);
    assert!(!is_legal(&oversold, 1));
}
