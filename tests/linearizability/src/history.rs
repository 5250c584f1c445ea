//! Histories, and how they are recorded.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::call::{Answer, Call, Name, Slot};
use crate::check::{Verdict, check};
use crate::inventory::Inventory;

/// Between which two clocks, in milliseconds since 1970, a call read its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Clocks {
    /// Not before.
    pub earliest: i64,
    /// Not after.
    pub latest: i64,
}

impl Clocks {
    /// A clock that is known.
    #[must_use]
    pub fn exactly(at: i64) -> Self {
        Self { earliest: at, latest: at }
    }
}

/// A call from its beginning to its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// What was asked.
    pub call: Call,
    /// What was answered; `None` if the answer is unknown.
    pub answer: Option<Answer>,
    /// Its place among all beginnings and answers; or that of an earlier one, if what it was told may be as old as that
    /// ([`History::with_late_refusals`]).
    pub begun: usize,
    /// Its own place. What edits had answered by then, it knows, however old the rest may be.
    pub asked: usize,
    /// The place of its answer; `usize::MAX` if the answer is unknown: it may take effect at any later time.
    pub ended: usize,
    /// Its clock.
    pub at: Clocks,
    /// The operation, by its number, that certainly came before, as the claim before the confirmation of one request.
    pub follows: Option<usize>,
}

/// A call that has begun, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begun(usize);

#[derive(Debug, Default)]
struct Record {
    names: HashMap<String, Name>,
    operations: Vec<Operation>,
    events: usize,
}

/// Writes down what concurrent callers do. Clones write into one history.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Arc<Mutex<Record>>);

impl Recorder {
    fn record(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of a name: the same for the same text.
    #[must_use]
    pub fn name(&self, text: &str) -> Name {
        let names = &mut self.record().names;
        let next = Name(u32::try_from(names.len()).unwrap_or(u32::MAX));
        *names.entry(text.to_owned()).or_insert(next)
    }

    /// A slot of a page, which is named with its resource.
    #[must_use]
    pub fn slot(&self, page: &str, slot: &str) -> Slot {
        Slot { page: self.name(page), slot: self.name(slot) }
    }

    /// A call begins, whose clock is not before `earliest` (milliseconds since 1970).
    #[must_use]
    pub fn begin(&self, call: Call, earliest: i64) -> Begun {
        self.begin_after(None, call, earliest)
    }

    /// A call begins that is a later part of the same request as `follows`.
    #[must_use]
    pub fn begin_after(&self, follows: Option<Begun>, call: Call, earliest: i64) -> Begun {
        let mut record = self.record();
        let begun = record.events;
        record.events += 1;
        let at = Clocks { earliest, latest: i64::MAX };
        let follows = follows.map(|Begun(number)| number);
        let operation = Operation { call, answer: None, begun, asked: begun, ended: usize::MAX, at, follows };
        record.operations.push(operation);
        Begun(record.operations.len() - 1)
    }

    /// The call has come back; its clock was not after `latest`. `None`: it may have taken effect, or may yet.
    pub fn end(&self, Begun(number): Begun, answer: Option<Answer>, latest: i64) {
        let mut record = self.record();
        let ended = record.events;
        record.events += 1;
        if let Some(operation) = record.operations.get_mut(number) {
            operation.at.latest = latest;
            if answer.is_some() {
                operation.ended = ended;
            }
            operation.answer = answer;
        }
    }

    /// What has been written down so far. A call that is still running is of unknown outcome.
    #[must_use]
    pub fn history(&self) -> History {
        History { operations: self.record().operations.clone() }
    }
}

/// What concurrent callers asked and were told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// In the order in which they began.
    pub operations: Vec<Operation>,
}

impl History {
    /// The history in which a request for places that was told `sold_out` may have been told what was so at some moment of the
    /// `millis` before it, but for edits that had been answered before it, and for holds whose time had passed. Clocks are those
    /// of the beginnings and of the answers.
    #[must_use]
    pub fn with_late_refusals(&self, millis: i64) -> Self {
        let mut operations = self.operations.clone();
        for operation in &mut operations {
            let is_refusal = matches!(
                (&operation.call, &operation.answer),
                (Call::Place { .. }, Some(Answer::SoldOut { .. }))
            );
            if is_refusal {
                let oldest = operation.at.earliest.saturating_sub(millis);
                let begun = |other: &Operation| (other.at.earliest, other.begun);
                let ended = |other: &Operation| (other.at.latest, other.ended);
                let events = self.operations.iter().flat_map(|other| [begun(other), ended(other)]);
                let since = events.filter(|(clock, _)| *clock >= oldest).map(|(_, event)| event);
                operation.begun = since.fold(operation.begun, usize::min);
            }
        }
        let mut order: Vec<usize> = (0..operations.len()).collect();
        order.sort_by_key(|number| (operations[*number].begun, operations[*number].asked));
        let mut places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, number)| places[*number] = place);
        let moved = |number: &usize| {
            let operation = &operations[*number];
            Operation { follows: operation.follows.map(|earlier| places[earlier]), ..operation.clone() }
        };
        Self { operations: order.iter().map(moved).collect() }
    }

    /// Whether some legal order of an object that began as `inventory` explains it.
    #[must_use]
    pub fn check(&self, inventory: &Inventory) -> Verdict {
        let mut whole = Verdict::Explained { operations: 0, states: 0, components: 0 };
        for part in self.components(inventory) {
            match (whole, check(&part, inventory)) {
                (
                    Verdict::Explained { operations, states, components },
                    Verdict::Explained { operations: more, states: visited, .. },
                ) => {
                    whole = Verdict::Explained {
                        operations: operations + more,
                        states: states + visited,
                        components: components + 1,
                    };
                }
                (_, other) => return other,
            }
        }
        whole
    }

    /// How many were told each kind of answer, for the reader of a test's output.
    #[must_use]
    pub fn summary(&self) -> String {
        let unknown = self.operations.iter().filter(|operation| operation.answer.is_none()).count();
        let refused = self.operations.iter().filter_map(|operation| operation.answer.as_ref());
        let refused =
            refused.filter(|answer| answer.changes_nothing() && !matches!(answer, Answer::Free(_))).count();
        format!("{} operations, {refused} refused, {unknown} of unknown outcome", self.operations.len())
    }

    /// Every operation, one in a line, for whoever has to find out why there is no order.
    #[must_use]
    pub fn listing(&self) -> String {
        let line = |(number, operation): (usize, &Operation)| {
            let Operation { call, answer, begun, ended, at, follows, asked: _ } = operation;
            let ended = if *ended == usize::MAX { "open".to_owned() } else { ended.to_string() };
            let follows = follows.map(|earlier| format!(", follows {earlier}")).unwrap_or_default();
            format!(
                "{number}: {begun} to {ended}, at {}..{}{follows}: {call:?} -> {answer:?}\n",
                at.earliest, at.latest
            )
        };
        self.operations.iter().enumerate().map(line).collect()
    }

    /// The histories of objects that nothing joins.
    fn components(&self, inventory: &Inventory) -> Vec<Vec<Operation>> {
        let mut groups = Groups::default();
        let mut slots_of: HashMap<Name, Vec<Slot>> = HashMap::new();
        let mut held_of: HashMap<Name, Name> = HashMap::new();
        let mut on_page: BTreeMap<Name, BTreeSet<Name>> = BTreeMap::new();
        for operation in &self.operations {
            match &operation.call {
                Call::Place { hold, slots, .. } => {
                    groups.join(slots);
                    slots_of.insert(*hold, slots.clone());
                    for slot in slots {
                        on_page.entry(slot.page).or_default().insert(*hold);
                    }
                }
                Call::SetInventory { slots, .. }
                | Call::Announce { slots, .. }
                | Call::Replace { slots, .. }
                | Call::Withdraw { slots } => groups.join(slots),
                Call::Look { slot } => groups.join(&[*slot]),
                Call::Claim { hold, booking, .. } => drop(held_of.insert(*booking, *hold)),
                Call::Extend { .. }
                | Call::Unclaim { .. }
                | Call::Release { .. }
                | Call::Expire { .. }
                | Call::Confirm { .. }
                | Call::Abandon { .. }
                | Call::Cancel { .. } => {}
            }
        }
        for (page, holds) in on_page {
            // A full page joins its slots: as many holds as it may have fill it for a repeated request of one of them as well.
            if holds.len() >= inventory.holds_per_page_max {
                let slots: Vec<Slot> = groups.0.keys().copied().filter(|slot| slot.page == page).collect();
                groups.join(&slots);
            }
        }
        let mut parts: BTreeMap<Option<Slot>, Vec<Operation>> = BTreeMap::new();
        let mut places: Vec<(Option<Slot>, usize)> = Vec::new();
        for operation in &self.operations {
            let slot = match &operation.call {
                Call::Place { slots, .. }
                | Call::SetInventory { slots, .. }
                | Call::Announce { slots, .. }
                | Call::Replace { slots, .. }
                | Call::Withdraw { slots } => slots.first(),
                Call::Look { slot } => Some(slot),
                call => call
                    .hold()
                    .or_else(|| held_of.get(&call.booking()?).copied())
                    .and_then(|hold| slots_of.get(&hold)?.first()),
            };
            let group = slot.map(|slot| groups.first_of(*slot));
            let part = parts.entry(group).or_default();
            places.push((group, part.len()));
            // What it follows is of the same hold or slots, hence of the same part.
            let follows = operation.follows.and_then(|number| places.get(number)).map(|(_, place)| *place);
            part.push(Operation { follows, ..operation.clone() });
        }
        parts.into_values().collect()
    }
}

impl Call {
    /// The hold it is about, if it names one.
    #[must_use]
    pub fn hold(&self) -> Option<Name> {
        match self {
            Self::Place { hold, .. }
            | Self::Extend { hold, .. }
            | Self::Claim { hold, .. }
            | Self::Unclaim { hold, .. }
            | Self::Release { hold }
            | Self::Expire { hold } => Some(*hold),
            Self::Confirm { .. }
            | Self::Abandon { .. }
            | Self::Cancel { .. }
            | Self::SetInventory { .. }
            | Self::Announce { .. }
            | Self::Replace { .. }
            | Self::Withdraw { .. }
            | Self::Look { .. } => None,
        }
    }

    /// Whether an operator makes it.
    #[must_use]
    pub fn is_edit(&self) -> bool {
        match self {
            Self::SetInventory { .. }
            | Self::Announce { .. }
            | Self::Replace { .. }
            | Self::Withdraw { .. } => true,
            Self::Place { .. }
            | Self::Extend { .. }
            | Self::Claim { .. }
            | Self::Unclaim { .. }
            | Self::Release { .. }
            | Self::Expire { .. }
            | Self::Confirm { .. }
            | Self::Abandon { .. }
            | Self::Cancel { .. }
            | Self::Look { .. } => false,
        }
    }

    /// The booking it is about, if it names one.
    #[must_use]
    pub fn booking(&self) -> Option<Name> {
        match self {
            Self::Claim { booking, .. }
            | Self::Unclaim { booking, .. }
            | Self::Confirm { booking }
            | Self::Abandon { booking }
            | Self::Cancel { booking } => Some(*booking),
            Self::Place { .. }
            | Self::Extend { .. }
            | Self::Release { .. }
            | Self::Expire { .. }
            | Self::SetInventory { .. }
            | Self::Announce { .. }
            | Self::Replace { .. }
            | Self::Withdraw { .. }
            | Self::Look { .. } => None,
        }
    }
}

/// Slots that belong together, each with another of its group, and finally the group's first.
#[derive(Debug, Default)]
struct Groups(BTreeMap<Slot, Slot>);

impl Groups {
    fn first_of(&self, slot: Slot) -> Slot {
        let mut slot = slot;
        while let Some(other) = self.0.get(&slot).filter(|other| **other != slot) {
            slot = *other;
        }
        slot
    }

    fn join(&mut self, slots: &[Slot]) {
        for slot in slots {
            self.0.entry(*slot).or_insert(*slot);
        }
        for pair in slots.windows(2) {
            let (a, b) = (self.first_of(pair[0]), self.first_of(pair[1]));
            self.0.insert(a.max(b), a.min(b));
        }
    }
}
