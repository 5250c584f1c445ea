//! The search for an order. At each state those calls may come next that no unfinished call precedes in real time.
//!
//! Three rules keep the search small. None loses an order, if there is one:
//! 1. A call that was answered by something which changes nothing comes as soon as its answer is right: in any order that
//!    has it later it can stand here too, and nobody notices.
//! 2. A call that alone is under way on its hold, and leaves every count as it is, comes at once: it commutes with all that
//!    others do. Not so where the hold's time may pass for one of those that are under way, since then it may count or not.
//! 3. Of calls that do the same to the same slots (and each alone on its hold), the one that ended first comes first: in an
//!    order that has them the other way round they can change places.
//!
//! States are remembered by a digest of 128 bits: two states of one digest could at worst turn a good history down.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;

use crate::call::{Answer, Call, Edit, Name, Slot};
use crate::history::{Clocks, Operation};
use crate::inventory::{Effect, Inventory, State, Step};

/// The most states that are visited before the search gives up.
pub const STATES_MAX: usize = 50_000;
/// How many states a history may take before its beginnings are tried.
const STATES_AT_FIRST: usize = 5_000;
/// How many events the first beginning has. Each next one is longer by a quarter.
const BEGINNING: usize = 24;
/// How many calls a verdict names at most.
const NAMED_MAX: usize = 6;

/// What the checker found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// There is an order.
    Explained {
        /// Calls in it; those of unknown outcome that never took effect are not counted.
        operations: usize,
        /// States visited to find it.
        states: usize,
        /// Objects that nothing joined, each with an order of its own.
        components: usize,
    },
    /// There is none.
    Illegal {
        /// How many calls the longest order has, and which it cannot go on with.
        stuck: String,
        /// States visited.
        states: usize,
    },
    /// [`STATES_MAX`] states did not settle it.
    Undecided,
}

impl Verdict {
    /// Whether there is an order.
    #[must_use]
    pub fn is_explained(&self) -> bool {
        matches!(self, Self::Explained { .. })
    }

    /// Whether there certainly is none.
    #[must_use]
    pub fn is_illegal(&self) -> bool {
        matches!(self, Self::Illegal { .. })
    }
}

/// Which calls are done: a bit for each.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Set(Vec<u64>);

impl Set {
    fn has(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    fn add(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
    }

    fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }
}

#[derive(Clone)]
struct Node {
    done: Set,
    state: Arc<State>,
    /// No call before this one is left.
    low: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Place,
    Release,
    Abandon,
    Cancel,
}

/// Calls that may change places with each other.
#[derive(PartialEq, Eq, Hash)]
struct Class {
    kind: Kind,
    slots: Vec<Slot>,
    quantity: u32,
    /// The answer to a placed hold names the terms that it was decided by.
    by: Option<Name>,
    /// Of no matter where no hold's time passes within the history.
    times: Option<(Clocks, i64)>,
}

/// Slots, places in each, and the end of the first life.
type Terms = (Vec<Slot>, u32, i64);

struct Search<'a> {
    operations: &'a [Operation],
    inventory: &'a Inventory,
    /// The hold that each call is about.
    holds: Vec<Option<Name>>,
    /// For each call, the others that are under way on its hold at the same time.
    rivals: Vec<Vec<usize>>,
    /// For each call that may be told what is no longer so, the edits that it has to know.
    edits: Vec<Vec<usize>>,
    /// For each call, the latest clock of those that may come before it.
    horizon: Vec<i64>,
    /// What each call's hold was placed for, and until when it lived at first.
    terms: Vec<Option<Terms>>,
}

/// What is plainly oversold is seen without a search. Where the whole is not settled soon, its beginnings are looked at: one
/// that has no order condemns the whole, and takes a shorter search.
pub(crate) fn check(operations: &[Operation], inventory: &Inventory) -> Verdict {
    let whole = Search::new(operations, inventory);
    if let Some(stuck) = whole.oversold() {
        return Verdict::Illegal { stuck, states: 0 };
    }
    let at_first = whole.run(STATES_AT_FIRST);
    if at_first != Verdict::Undecided {
        return at_first;
    }
    let ends = operations.iter().filter(|operation| operation.answer.is_some());
    let events = ends.map(|operation| operation.ended).max().unwrap_or(0);
    let first = operations.first().map_or(0, |operation| operation.begun);
    let mut length = BEGINNING;
    while first + length < events {
        let beginning = beginning(operations, first + length);
        let verdict = Search::new(&beginning, inventory).run(STATES_AT_FIRST);
        if verdict.is_illegal() {
            return verdict;
        }
        length += length / 4;
    }
    whole.run(STATES_MAX)
}

/// What had happened before event `end`: whoever had no answer by then may or may not have been served.
fn beginning(operations: &[Operation], end: usize) -> Vec<Operation> {
    let begun = operations.iter().filter(|operation| operation.asked < end);
    begun
        .map(|operation| match operation.ended {
            ended if ended < end => operation.clone(),
            _ => Operation { answer: None, ended: usize::MAX, ..operation.clone() },
        })
        .collect()
}

/// Whether an edit certainly sets what is set already: then nobody can tell whether it has been.
fn repeats(edit: &Operation, operations: &[Operation], inventory: &Inventory) -> bool {
    let Call::SetInventory { slots, edit: set } = &edit.call else { return false };
    slots.iter().all(|slot| {
        let mut present = Edit {
            capacity: inventory.capacity.get(slot).copied(),
            closed: Some(false),
            overbooking: Some(0),
        };
        for other in operations.iter().filter(|other| other.call.is_edit() && other.asked != edit.asked) {
            match &other.call {
                Call::SetInventory { slots, .. } if !slots.contains(slot) => {}
                Call::SetInventory { .. } if other.begun > edit.ended => {}
                Call::SetInventory { edit: before, .. } if other.ended < edit.begun => {
                    if other.answer == Some(Answer::Done) {
                        present = before.or(present);
                    }
                }
                _ => return false,
            }
        }
        set.or(present) == present
    })
}

impl<'a> Search<'a> {
    fn new(operations: &'a [Operation], inventory: &'a Inventory) -> Self {
        let held_of = |booking: Name| {
            operations.iter().find_map(|operation| match operation.call {
                Call::Claim { hold, booking: other, .. } if other == booking => Some(hold),
                _ => None,
            })
        };
        let holds: Vec<Option<Name>> = operations
            .iter()
            .map(|operation| operation.call.hold().or_else(|| held_of(operation.call.booking()?)))
            .collect();
        let rivals = (0..operations.len())
            .map(|one| {
                let (a, hold) = (&operations[one], holds[one]);
                let is_rival = |other: &usize| {
                    let b = &operations[*other];
                    *other != one
                        && hold.is_some()
                        && holds[*other] == hold
                        && a.begun < b.ended
                        && b.begun < a.ended
                        && b.follows != Some(one)
                };
                (0..operations.len()).filter(is_rival).collect()
            })
            .collect();
        let is_known_edit = |one: &Operation, other: &Operation| {
            one.begun < one.asked
                && other.call.is_edit()
                && other.ended < one.asked
                && other.answer.as_ref().is_some_and(|answer| !answer.changes_nothing())
                && !repeats(other, operations, inventory)
        };
        let edits = operations
            .iter()
            .map(|one| {
                (0..operations.len()).filter(|other| is_known_edit(one, &operations[*other])).collect()
            })
            .collect();
        let horizon = operations
            .iter()
            .map(|one| {
                let before = operations.iter().take_while(|other| other.begun < one.ended);
                before.map(|other| other.at.latest).max().unwrap_or(i64::MAX)
            })
            .collect();
        let terms = holds
            .iter()
            .map(|hold| {
                operations.iter().find_map(|operation| match &operation.call {
                    Call::Place { hold: placed, slots, quantity, ttl } if Some(*placed) == *hold => {
                        Some((slots.clone(), *quantity, operation.at.earliest.saturating_add(*ttl)))
                    }
                    _ => None,
                })
            })
            .collect();
        Self { operations, inventory, holds, rivals, edits, horizon, terms }
    }

    /// A moment at which holds that had been granted, and that nobody had begun to end, took more places of a slot than it
    /// had under any edit so far. No order has it otherwise.
    fn oversold(&self) -> Option<String> {
        let ends = |call: &Call| {
            matches!(
                call,
                Call::Release { .. } | Call::Expire { .. } | Call::Abandon { .. } | Call::Cancel { .. }
            )
        };
        let mut granted: HashMap<Name, (usize, usize, &Terms)> = HashMap::new();
        for (number, operation) in self.operations.iter().enumerate() {
            let (Some(hold), Some(terms)) = (self.holds[number], &self.terms[number]) else { continue };
            let (from, to, _) = granted.entry(hold).or_insert((usize::MAX, usize::MAX, terms));
            if matches!(operation.answer, Some(Answer::Placed { .. }))
                && matches!(operation.call, Call::Place { .. })
            {
                *from = operation.ended.min(*from);
            }
            if ends(&operation.call) {
                *to = operation.begun.min(*to);
            }
        }
        let moments = granted.values().map(|(from, ..)| *from).filter(|moment| *moment != usize::MAX);
        for moment in moments {
            let begun = || self.operations.iter().filter(|operation| operation.asked <= moment);
            let clock = begun().map(|operation| operation.at.latest).max()?;
            let mut used: HashMap<Slot, u32> = HashMap::new();
            for (from, to, (slots, quantity, until)) in granted.values() {
                if *from <= moment && moment < *to && *until > clock {
                    slots.iter().for_each(|slot| *used.entry(*slot).or_default() += quantity);
                }
            }
            for (slot, used) in used {
                let edits = begun().filter_map(|operation| match &operation.call {
                    Call::SetInventory { slots, edit } if slots.contains(&slot) => Some(*edit),
                    Call::Replace { slots, capacity, .. } if slots.contains(&slot) => {
                        Some(Edit { capacity: Some(*capacity), ..Edit::default() })
                    }
                    _ => None,
                });
                let at_first = self.inventory.capacity.get(&slot).copied().unwrap_or(0);
                let (capacity, overbooking) = edits.fold((at_first, 0), |(capacity, overbooking), edit| {
                    (capacity.max(edit.capacity.unwrap_or(0)), overbooking.max(edit.overbooking.unwrap_or(0)))
                });
                let most = capacity + overbooking;
                if used > most {
                    return Some(format!(
                        "at event {moment}, {used} places of {slot:?} are taken, of {most}"
                    ));
                }
            }
        }
        None
    }

    fn run(&self, states_max: usize) -> Verdict {
        let words = self.operations.len().div_ceil(64);
        let start = Node { done: Set(vec![0; words]), state: Arc::new(self.inventory.start()), low: 0 };
        let timeless = self.timeless();
        let mut stack: Vec<(Rc<Node>, Option<usize>)> = vec![(Rc::new(start), None)];
        let mut seen = HashSet::new();
        let mut furthest: Option<(usize, Rc<Node>)> = None;
        while let Some((node, next)) = stack.pop() {
            let Some(mut node) = self.after(&node, next) else { continue };
            self.settle(&mut node);
            if !seen.insert(digest(&node)) {
                continue;
            }
            if self.is_over(&node) {
                return Verdict::Explained { operations: node.done.len(), states: seen.len(), components: 1 };
            }
            if seen.len() >= states_max {
                return Verdict::Undecided;
            }
            let length = node.done.len();
            let node = Rc::new(node);
            if furthest.as_ref().is_none_or(|(longest, _)| length > *longest) {
                furthest = Some((length, Rc::clone(&node)));
            }
            let branches = self.branches(&node, timeless).into_iter().rev();
            stack.extend(branches.map(|number| (Rc::clone(&node), Some(number))));
        }
        let stuck = furthest.map_or_else(String::new, |(length, node)| self.describe(length, &node));
        Verdict::Illegal { stuck, states: seen.len() }
    }

    /// Whether no hold's time passes by any clock of the history.
    fn timeless(&self) -> bool {
        let clocks = self.operations.iter().map(|operation| operation.at.latest).max().unwrap_or(i64::MIN);
        let lapses = self.operations.iter().filter_map(|operation| match operation.call {
            Call::Place { ttl, .. } => Some(operation.at.earliest.saturating_add(ttl)),
            Call::Claim { deadline, .. } => Some(deadline),
            _ => None,
        });
        lapses.min().is_none_or(|first| first > clocks)
    }

    /// The calls that may come next.
    fn candidates(&self, node: &Node) -> Vec<usize> {
        let mut found = Vec::new();
        let mut first_end = usize::MAX;
        for (number, operation) in self.operations.iter().enumerate().skip(node.low) {
            if node.done.has(number) {
                continue;
            }
            if operation.begun > first_end {
                break;
            }
            first_end = first_end.min(operation.ended);
            let knows_edits = self.edits[number].iter().all(|edit| node.done.has(*edit));
            if knows_edits && operation.follows.is_none_or(|earlier| node.done.has(earlier)) {
                found.push(number);
            }
        }
        found
    }

    fn step(&self, node: &Node, number: usize) -> Step {
        let operation = &self.operations[number];
        self.inventory.step(&node.state, &operation.call, operation.answer.as_ref(), operation.at)
    }

    fn is_alone(&self, node: &Node, number: usize) -> bool {
        self.rivals[number].iter().all(|rival| node.done.has(*rival))
    }

    /// Takes every call that comes at once (rules 1 and 2).
    fn settle(&self, node: &mut Node) {
        loop {
            let mut taken = false;
            for number in self.candidates(node) {
                let operation = &self.operations[number];
                let Some(answer) = &operation.answer else { continue };
                if !answer.changes_nothing() && !self.is_alone(node, number) {
                    continue;
                }
                match self.step(node, number) {
                    Step::Same => {}
                    Step::Next(next, Effect::Neutral { lapses }) if lapses > self.horizon[number] => {
                        node.state = Arc::from(next);
                    }
                    Step::Next(..) | Step::Illegal => continue,
                }
                node.done.add(number);
                taken = true;
            }
            while node.low < self.operations.len() && node.done.has(node.low) {
                node.low += 1;
            }
            if !taken {
                return;
            }
        }
    }

    /// Whether every call whose answer is known has its place.
    fn is_over(&self, node: &Node) -> bool {
        let mut left = (node.low..self.operations.len()).filter(|number| !node.done.has(*number));
        left.all(|number| self.operations[number].answer.is_none())
    }

    /// The node after one more call; `None` if that cannot be next, or nothing comes of it that somebody could notice.
    fn after(&self, node: &Node, next: Option<usize>) -> Option<Node> {
        let Some(number) = next else { return Some(node.clone()) };
        let is_known = self.operations[number].answer.is_some();
        let state = match self.step(node, number) {
            Step::Illegal => return None,
            Step::Same if is_known => Arc::clone(&node.state),
            Step::Same => return None,
            Step::Next(_, Effect::Neutral { lapses })
                if !is_known && self.is_alone(node, number) && lapses > self.horizon[number] =>
            {
                return None;
            }
            Step::Next(next, _) => Arc::from(next),
        };
        let mut done = node.done.clone();
        done.add(number);
        Some(Node { done, state, low: node.low })
    }

    /// The calls to be tried next, best first: the one that ended first, and one of each class (rule 3).
    fn branches(&self, node: &Node, timeless: bool) -> Vec<usize> {
        let mut candidates = self.candidates(node);
        // A refusal has come already if it could (rule 1).
        candidates.retain(|number| {
            self.operations[*number].answer.as_ref().is_none_or(|answer| !answer.changes_nothing())
        });
        candidates.sort_by_key(|number| self.operations[*number].ended);
        let mut classes = HashSet::new();
        candidates
            .retain(|number| self.class(node, *number, timeless).is_none_or(|class| classes.insert(class)));
        candidates
    }

    /// Which calls could stand in this one's place, should it take or free places. `None`: no other.
    fn class(&self, node: &Node, number: usize, timeless: bool) -> Option<Class> {
        let operation = &self.operations[number];
        let kind = match operation.call {
            Call::Place { .. } => Kind::Place,
            // Where holds may be dead, one of two releases may be right while the other is not.
            Call::Release { .. } if timeless => Kind::Release,
            Call::Abandon { .. } => Kind::Abandon,
            Call::Cancel { .. } => Kind::Cancel,
            Call::Release { .. }
            | Call::Expire { .. }
            | Call::Extend { .. }
            | Call::Claim { .. }
            | Call::Unclaim { .. }
            | Call::Confirm { .. }
            | Call::SetInventory { .. }
            | Call::Announce { .. }
            | Call::Replace { .. }
            | Call::Withdraw { .. }
            | Call::Look { .. } => return None,
        };
        let (slots, quantity, until) = self.terms[number].as_ref().filter(|_| self.is_alone(node, number))?;
        let times = (!timeless).then_some((operation.at, *until));
        let by = match operation.answer {
            Some(Answer::Placed { terms, .. }) => Some(terms),
            _ => None,
        };
        Some(Class { kind, slots: slots.clone(), quantity: *quantity, by, times })
    }

    fn describe(&self, length: usize, node: &Node) -> String {
        let left = self.candidates(node);
        let named: Vec<String> = left
            .iter()
            .filter(|number| self.step(node, **number) == Step::Illegal)
            .take(NAMED_MAX)
            .map(|number| {
                let operation = &self.operations[*number];
                format!("{:?} -> {:?}", operation.call, operation.answer)
            })
            .collect();
        format!(
            "after {length} of {} calls, none of {} can be next: {}",
            self.operations.len(),
            left.len(),
            named.join("; ")
        )
    }
}

fn digest(node: &Node) -> u128 {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, &node.done, &node.state).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}
