//! Two searches for one order: this crate's and stateright's, which tries every one, agree on small histories, legal and
//! not; and what the search costs where there are many callers.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "helpers of tests; the search's cost is measured"
)]

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use holdfast_linearizability::{
    Answer, Call, Clocks, Edit, History, Inventory, Name, Recorder, Refusal, Slot, State, Step, Verdict,
};
use proptest::prelude::*;
use stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec};

const TTL: i64 = 10;
/// How many terms an operator has to choose from.
const TERMS: u32 = 2;

/// The specification as stateright takes it.
#[derive(Debug, Clone)]
struct Reference {
    inventory: Inventory,
    state: State,
}

impl SequentialSpec for Reference {
    type Op = (Call, Clocks);
    type Ret = Answer;

    /// Asked about calls of unknown outcome only.
    fn invoke(&mut self, (call, at): &Self::Op) -> Answer {
        if let Step::Next(next, _) = self.inventory.step(&self.state, call, None, *at) {
            self.state = *next;
        }
        Answer::Done
    }

    fn is_valid_step(&mut self, (call, at): &Self::Op, answer: &Answer) -> bool {
        match self.inventory.step(&self.state, call, Some(answer), *at) {
            Step::Illegal => false,
            Step::Same => true,
            Step::Next(next, _) => {
                self.state = *next;
                true
            }
        }
    }
}

fn slot(number: u32) -> Slot {
    Slot { page: Name(100), slot: Name(200 + number) }
}

fn terms(number: u32) -> Name {
    Name(300 + number)
}

fn inventory(capacity: u32) -> Inventory {
    let capacity = BTreeMap::from([(slot(0), capacity), (slot(1), capacity)]);
    Inventory { capacity, terms: terms(0), holds_per_page_max: 3, extensions_max: 2 }
}

/// A call, by numbers: its kind and which hold, booking or slot it is about.
fn call(kind: u8, which: u32, how: u32) -> Call {
    let (hold, booking) = (Name(which), Name(50 + which));
    match kind {
        0..=3 => {
            let slots = [vec![slot(0)], vec![slot(1)], vec![slot(0), slot(1)]];
            let slots = slots[which as usize % 3].clone();
            Call::Place { hold, slots, quantity: 1 + which / 4, ttl: TTL }
        }
        4 => Call::Extend { hold, request: Name(60 + how), by: TTL },
        5 => Call::Claim { hold, booking, deadline: 15 },
        6 => Call::Unclaim { hold, booking },
        7 => Call::Release { hold },
        8 => Call::Expire { hold },
        9 | 10 => Call::Confirm { booking },
        11 => Call::Abandon { booking },
        12 => Call::Cancel { booking },
        13 => {
            let edit = if which.is_multiple_of(2) {
                Edit { capacity: Some(how % 3), ..Edit::default() }
            } else {
                Edit { overbooking: Some(how % 3), ..Edit::default() }
            };
            Call::SetInventory { slots: vec![slot(0), slot(1)], edit }
        }
        14 => Call::SetInventory {
            slots: vec![slot(how % 2)],
            edit: Edit { closed: Some(which.is_multiple_of(2)), ..Edit::default() },
        },
        15 => Call::Look { slot: slot(how % 2) },
        16 => Call::Announce { slots: vec![slot(0), slot(1)], capacity: how % 3 },
        17 => Call::Replace { slots: vec![slot(0), slot(1)], capacity: how % 3, terms: terms(which % TERMS) },
        _ => Call::Withdraw { slots: vec![slot(0), slot(1)] },
    }
}

/// Everything that might be answered.
fn answers(now: i64) -> Vec<Answer> {
    let mut all = vec![Answer::Done, Answer::PageFull];
    all.extend(
        (0..=3)
            .flat_map(|n| [Answer::Free(n), Answer::SoldOut { available: n }, Answer::InUse { in_use: n }]),
    );
    all.extend((0..=now + 3 * TTL).map(Answer::Until));
    let placed = |until| (0..TERMS).map(move |number| Answer::Placed { until, terms: terms(number) });
    all.extend((0..=now + TTL).flat_map(placed));
    let refusals = [Refusal::Gone, Refusal::Claimed, Refusal::Exhausted, Refusal::Live];
    all.extend(refusals.map(Answer::Refused));
    all
}

/// Numbers that make a history: who goes on, with which call, whether its answer gets lost, how far the clock turns.
#[derive(Debug, Clone)]
struct Pick {
    caller: usize,
    kind: u8,
    which: u32,
    how: u32,
    lost: bool,
    passes: i64,
}

fn pick() -> impl Strategy<Value = Pick> {
    let lost = prop::bool::weighted(0.05);
    let passes = prop_oneof![8 => Just(0i64), 1 => 1i64..6, 1 => Just(TTL)];
    (0usize..4, 0u8..16, 0u32..6, 0u32..12, lost, passes)
        .prop_map(|(caller, kind, which, how, lost, passes)| Pick { caller, kind, which, how, lost, passes })
}

/// Some of `kinds`, as many as one of `counts`.
fn some(counts: &[usize], kinds: Range<u8>) -> impl Strategy<Value = Vec<u8>> + use<> {
    prop::sample::select(counts.to_vec())
        .prop_flat_map(move |count| prop::sample::subsequence(kinds.clone().collect::<Vec<_>>(), count))
}

/// All kinds but those that replace terms.
fn usual() -> impl Strategy<Value = Vec<u8>> {
    some(&[1, 2, 4, 12], 4..16)
}

/// Edits, together: a replacement is of no matter without what was announced and set.
fn edits() -> impl Strategy<Value = Vec<u8>> {
    some(&[2, 4, 6], 13..19)
}

/// Picks of which each history has some kinds of calls, by some callers, about some holds: what takes several calls of one kind
/// about one hold is met often.
fn picks(kinds: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<Pick>> {
    let holds = prop::sample::select(vec![1u32, 1, 2, 6]);
    let callers = prop::sample::select(vec![1usize, 2, 4]);
    let picks = prop::collection::vec(pick(), 6..22);
    (kinds, holds, callers, picks).prop_map(|(kinds, holds, callers, picks)| {
        let among = |pick: Pick| {
            let kind = if pick.kind < 4 { 0 } else { kinds[usize::from(pick.kind) % kinds.len()] };
            Pick { kind, which: pick.which % holds, caller: pick.caller % callers, ..pick }
        };
        picks.into_iter().map(among).collect()
    })
}

enum Caller {
    Idle,
    Asked(holdfast_linearizability::Begun, Call, i64),
    Served(holdfast_linearizability::Begun, Answer, i64),
}

/// What callers of a correct object see: each call is served in one step somewhere between question and answer.
fn correct(inventory: &Inventory, picks: &[Pick]) -> History {
    let recorder = Recorder::default();
    let mut state = inventory.start();
    let mut callers: Vec<Caller> = (0..4).map(|_| Caller::Idle).collect();
    let mut now = 0;
    for pick in picks {
        now += pick.passes;
        let caller = &mut callers[pick.caller];
        *caller = match std::mem::replace(caller, Caller::Idle) {
            Caller::Idle => {
                let call = call(pick.kind, pick.which, pick.how);
                Caller::Asked(recorder.begin(call.clone(), now), call, now)
            }
            Caller::Asked(begun, call, at) => {
                let clocks = Clocks::exactly(at);
                let found = answers(now).into_iter().find_map(|answer| {
                    match inventory.step(&state, &call, Some(&answer), clocks) {
                        Step::Illegal => None,
                        Step::Same => Some((answer, None)),
                        Step::Next(next, _) => Some((answer, Some(*next))),
                    }
                });
                match found {
                    Some((answer, next)) => {
                        state = next.unwrap_or(state);
                        Caller::Served(begun, answer, at)
                    }
                    // About a booking that was never begun: nothing to ask.
                    None => {
                        recorder.end(begun, None, at);
                        Caller::Idle
                    }
                }
            }
            Caller::Served(begun, answer, at) => {
                recorder.end(begun, (!pick.lost).then_some(answer), at);
                Caller::Idle
            }
        };
    }
    let mut history = recorder.history();
    for operation in &mut history.operations {
        operation.at.latest = operation.at.earliest;
    }
    history
}

fn stateright_says(inventory: &Inventory, history: &History) -> bool {
    let start = Reference { inventory: inventory.clone(), state: inventory.start() };
    let mut tester = LinearizabilityTester::new(start);
    let mut events: Vec<(usize, usize, bool)> = Vec::new();
    for (number, operation) in history.operations.iter().enumerate() {
        events.push((operation.begun, number, true));
        if operation.answer.is_some() {
            events.push((operation.ended, number, false));
        }
    }
    events.sort_unstable();
    // Each call is a thread of its own: order in real time is all that counts.
    for (_, number, begins) in events {
        let operation = &history.operations[number];
        if begins {
            tester.on_invoke(number, (operation.call.clone(), operation.at)).expect("a new thread");
        } else if let Some(answer) = &operation.answer {
            tester.on_return(number, answer.clone()).expect("a thread under way");
        }
    }
    tester.is_consistent()
}

/// How many histories were explained and how many were not.
static SEEN: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

/// Whether both searches, each by its own specification, say the same: whether the history is explained.
fn agree(history: &History, ours: &Inventory, theirs: &Inventory) -> Result<bool, String> {
    let verdict = history.check(ours);
    let explained = stateright_says(theirs, history);
    if verdict.is_explained() != explained {
        return Err(format!("stateright explains it: {explained}; here: {verdict:?}\n{history:#?}"));
    }
    Ok(explained)
}

/// Capacity, what is called, and which answer is spoilt how.
type Case = (u32, Vec<Pick>, (prop::sample::Index, prop::sample::Index));

fn cases(kinds: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Case> {
    let spoilt = (any::<prop::sample::Index>(), any::<prop::sample::Index>());
    (1u32..3, picks(kinds), spoilt)
}

/// Both searches on a history of a correct object, and on the same with one answer spoilt. Gives what was explained.
fn check((capacity, picks, spoilt): Case, theirs: fn(Inventory) -> Inventory) -> Result<Vec<bool>, String> {
    let ours = inventory(capacity);
    let theirs = theirs(ours.clone());
    let mut history = correct(&ours, &picks);
    if !agree(&history, &ours, &theirs)? {
        return Err(format!("a correct object is explained by nobody: {history:#?}"));
    }
    let mut explained = vec![true];
    if history.operations.is_empty() {
        return Ok(explained);
    }
    let which = spoilt.0.index(history.operations.len());
    let operation = &mut history.operations[which];
    if operation.answer.is_some() {
        let all = answers(operation.at.earliest);
        operation.answer = Some(all[spoilt.1.index(all.len())].clone());
        explained.push(agree(&history, &ours, &theirs)?);
    }
    Ok(explained)
}

/// Enough for the control to be found in every run.
const CASES: u32 = 4000;

proptest! {
    #![proptest_config(holdfast_properties::config(2 * CASES, "tests/regressions/crosscheck.txt"))]
    fn both_agree(case in prop_oneof![cases(usual()), cases(edits())]) {
        let explained = check(case, |ours| ours).map_err(TestCaseError::fail)?;
        for explained in explained {
            SEEN[usize::from(!explained)].fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A hold is placed and extended three times, where two are the most.
#[test]
fn control_a_rule_that_breaks_at_the_fourth_call_is_found() {
    let one_more = |ours: Inventory| Inventory { extensions_max: ours.extensions_max + 1, ..ours };
    holdfast_properties::assert_found(CASES, cases(usual()), |case| {
        holdfast_properties::outcome(check(case, one_more).map(drop))
    });
}

#[test]
fn the_two_searches_agree_on_small_histories() {
    both_agree();
    let [explained, illegal] = [&SEEN[0], &SEEN[1]].map(|count| count.load(Ordering::Relaxed));
    println!("{explained} histories explained by both, {illegal} by neither");
    assert!(explained > 1000 && illegal > 300, "{explained}, {illegal}");
}

/// `callers` ask at once for one place of `capacity`; `winners` are told they have it.
fn rush(callers: u32, capacity: u32, winners: u32) -> (Inventory, History) {
    let inventory = Inventory {
        capacity: BTreeMap::from([(slot(0), capacity)]),
        terms: terms(0),
        holds_per_page_max: 1000,
        extensions_max: 1,
    };
    let recorder = Recorder::default();
    let place = |n| Call::Place { hold: Name(1000 + n), slots: vec![slot(0)], quantity: 1, ttl: TTL };
    let begun: Vec<_> = (0..callers).map(|n| recorder.begin(place(n), 0)).collect();
    for (n, begun) in (0..).zip(begun) {
        let answer = if n < winners {
            Answer::Placed { until: TTL, terms: terms(0) }
        } else {
            Answer::SoldOut { available: 0 }
        };
        recorder.end(begun, Some(answer), 0);
    }
    (inventory, recorder.history())
}

#[test]
fn hundreds_of_callers_at_once_are_settled_either_way() {
    for (callers, capacity) in [(100, 7), (1000, 40)] {
        let (inventory, legal) = rush(callers, capacity, capacity);
        assert!(legal.check(&inventory).is_explained());
        let (inventory, oversold) = rush(callers, capacity, capacity + 1);
        let verdict = oversold.check(&inventory);
        println!("{callers} callers, one place too many: {verdict:?}");
        assert!(matches!(verdict, Verdict::Illegal { .. }), "{verdict:?}");
        let (inventory, undersold) = rush(callers, capacity, capacity - 1);
        assert!(undersold.check(&inventory).is_illegal(), "somebody was refused for no reason");
    }
}

/// Why stateright's tester does not do here: its cost grows with the factorial of what runs at once.
#[test]
fn what_stateright_takes_grows_beyond_use() {
    for callers in [6, 8, 10] {
        let (inventory, oversold) = rush(callers, 2, 3);
        let begun = Instant::now();
        assert!(!stateright_says(&inventory, &oversold));
        let theirs = begun.elapsed();
        let begun = Instant::now();
        assert!(oversold.check(&inventory).is_illegal());
        println!("{callers} callers: stateright {theirs:?}, here {:?}", begun.elapsed());
    }
}
