//! Edits by operators, as the specification has them: what is set for a date stays whatever else is edited; terms apply to what
//! nothing is set for.

use crate::call::{Answer, Edit, Name, Slot};
use crate::history::Clocks;
use crate::inventory::{State, Step, when};

/// What operators say of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Rule {
    /// Places by the terms.
    default: u32,
    /// Places that were set for its date.
    own: Option<u32>,
    /// Places that may be sold beyond either.
    overbooking: u32,
    closed: bool,
    /// Places by the terms that are to follow.
    announced: Option<u32>,
    pub(crate) terms: Name,
}

impl Rule {
    pub(crate) fn new(default: u32, terms: Name) -> Self {
        Self { default, own: None, overbooking: 0, closed: false, announced: None, terms }
    }

    /// The most places that may be sold from now on.
    pub(crate) fn on_offer(&self) -> u32 {
        if self.closed {
            return 0;
        }
        let announced = self.announced.unwrap_or(u32::MAX);
        self.own.unwrap_or(self.default.min(announced)) + self.overbooking
    }

    /// Places that may be sold, whatever is announced.
    fn limit(&self) -> u32 {
        self.own.unwrap_or(self.default) + self.overbooking
    }

    fn set(&self, edit: Edit) -> Self {
        Self {
            own: edit.capacity.or(self.own),
            closed: edit.closed.unwrap_or(self.closed),
            overbooking: edit.overbooking.unwrap_or(self.overbooking),
            ..*self
        }
    }

    /// The fewest places that may be sold after an edit, if it says how many.
    fn least_after(&self, edit: Edit) -> Option<u32> {
        (edit.capacity.is_some() || edit.overbooking.is_some()).then(|| self.set(edit).limit())
    }

    /// Whether another default takes places away.
    fn is_narrowed_by(&self, capacity: u32) -> bool {
        self.own.is_none() && capacity < self.default
    }
}

pub(crate) fn set_inventory(
    state: &State,
    slots: &[Slot],
    edit: Edit,
    answer: Option<&Answer>,
    at: Clocks,
) -> Step {
    match answer {
        Some(Answer::InUse { in_use }) => {
            let is_more = |slot: &Slot| {
                let least = state.rule(*slot).and_then(|rule| rule.least_after(edit));
                least.is_some_and(|least| *in_use > least) && may_use(state, *slot, *in_use, at)
            };
            when(slots.iter().any(is_more))
        }
        Some(Answer::Done) | None => {
            let is_short = |slot: &Slot| {
                let limit = state.rule(*slot).map_or(0, |rule| rule.set(edit).limit());
                state.in_use(*slot, at, None).0 > limit
            };
            if slots.iter().any(is_short) {
                return Step::Illegal;
            }
            state.edited(slots, at, |rule| *rule = rule.set(edit))
        }
        Some(_) => Step::Illegal,
    }
}

pub(crate) fn announce(
    state: &State,
    slots: &[Slot],
    capacity: u32,
    answer: Option<&Answer>,
    at: Clocks,
) -> Step {
    match answer {
        Some(Answer::Done) | None => state.edited(slots, at, |rule| rule.announced = Some(capacity)),
        Some(_) => Step::Illegal,
    }
}

/// Accepted only where all that is used has its place, and where nothing could be sold in between that has none.
pub(crate) fn replace(
    state: &State,
    slots: &[Slot],
    (capacity, terms): (u32, Name),
    answer: Option<&Answer>,
    at: Clocks,
) -> Step {
    let narrowed: Vec<Slot> = slots
        .iter()
        .copied()
        .filter(|slot| state.rule(*slot).is_some_and(|rule| rule.is_narrowed_by(capacity)))
        .collect();
    match answer {
        Some(Answer::InUse { in_use }) => {
            let is_short = |slot: &Slot| {
                state.rule(*slot).is_some_and(|rule| *in_use > capacity + rule.overbooking)
                    && may_use(state, *slot, *in_use, at)
            };
            when(narrowed.iter().any(is_short))
        }
        Some(Answer::Done) | None => {
            let is_announced = |slot: &Slot| {
                state.rule(*slot).is_some_and(|rule| {
                    rule.announced == Some(capacity)
                        && state.in_use(*slot, at, None).0 <= capacity + rule.overbooking
                })
            };
            if !narrowed.iter().all(is_announced) {
                return Step::Illegal;
            }
            state.edited(slots, at, |rule| {
                rule.default = capacity;
                rule.announced = None;
                rule.terms = terms;
            })
        }
        Some(_) => Step::Illegal,
    }
}

/// Never nothing, also where nothing is announced: the search takes what is nothing at once, and an announcement may come first.
pub(crate) fn withdraw(state: &State, slots: &[Slot], answer: Option<&Answer>, at: Clocks) -> Step {
    match answer {
        Some(Answer::Done) | None => state.edited(slots, at, |rule| rule.announced = None),
        Some(_) => Step::Illegal,
    }
}

/// Whether just `in_use` places of a slot may be in use.
fn may_use(state: &State, slot: Slot, in_use: u32, at: Clocks) -> bool {
    let (least, most) = state.in_use(slot, at, None);
    (least..=most).contains(&in_use)
}
