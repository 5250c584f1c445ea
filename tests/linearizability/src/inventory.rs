//! The sequential specification: what a call may answer, and what it does. It counts; nothing of it is the product's code.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::call::{Answer, Call, Name, Refusal, Slot};
use crate::edits::{Rule, announce, replace, set_inventory, withdraw};
use crate::history::Clocks;

/// The object at its beginning: the capacity of every slot, and the bounds of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Inventory {
    /// Places of each slot; a slot that is not named has none.
    pub capacity: BTreeMap<Slot, u32>,
    /// The terms that holds are decided by.
    pub terms: Name,
    /// The most live holds of one page.
    pub holds_per_page_max: usize,
    /// How often a hold may be extended.
    pub extensions_max: usize,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Terms {
    slots: Vec<Slot>,
    quantity: u32,
    first_until: i64,
    /// The operator's.
    by: Option<Name>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Held {
    terms: Arc<Terms>,
    until: i64,
    claim: Option<(Name, i64)>,
    extensions: Vec<(Name, i64)>,
}

impl Held {
    fn lapses(&self) -> i64 {
        self.claim.map_or(self.until, |(_, deadline)| deadline)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stands {
    Pending,
    Confirmed,
    Over,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Booked {
    hold: Name,
    terms: Arc<Terms>,
    stands: Stands,
}

/// What the object has come to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// Shared by all states between two edits.
    rules: Arc<BTreeMap<Slot, Rule>>,
    confirmed: BTreeMap<Slot, u32>,
    holds: BTreeMap<Name, Held>,
    ended: BTreeMap<Name, Arc<Terms>>,
    bookings: BTreeMap<Name, Booked>,
    /// The latest clock of any call that changed something. Such a call may have dropped what was dead by its clock.
    latest: i64,
}

/// Whether a hold counts at some clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Surely,
    Perhaps,
    Not,
}

/// What a call did to the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It took places.
    Takes,
    /// It gave places back.
    Frees,
    /// The counts are as before; a hold that counted until `lapses` at the earliest, before and after, is another.
    Neutral {
        /// Milliseconds since 1970.
        lapses: i64,
    },
    /// Capacity, stop-sell or terms changed.
    Edits,
}

/// What comes of a call that was answered like this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It cannot have been answered so here.
    Illegal,
    /// It can, and nothing changed.
    Same,
    /// It can, and this changed.
    Next(Box<State>, Effect),
}

impl State {
    fn life(&self, hold: &Held, at: Clocks) -> Life {
        let lapses = hold.lapses();
        if lapses <= at.earliest {
            Life::Not
        } else if lapses > at.latest.max(self.latest) {
            Life::Surely
        } else {
            Life::Perhaps
        }
    }

    /// The fewest and the most places that may count as used in a slot, one hold left out.
    pub(crate) fn in_use(&self, slot: Slot, at: Clocks, without: Option<Name>) -> (u32, u32) {
        let confirmed = self.confirmed.get(&slot).copied().unwrap_or(0);
        let mut used = (confirmed, confirmed);
        for (name, hold) in &self.holds {
            if Some(*name) == without || !hold.terms.slots.contains(&slot) {
                continue;
            }
            match self.life(hold, at) {
                Life::Surely => used = (used.0 + hold.terms.quantity, used.1 + hold.terms.quantity),
                Life::Perhaps => used.1 += hold.terms.quantity,
                Life::Not => {}
            }
        }
        used
    }

    /// The fewest and the most places that may be on offer.
    fn offered(&self, slot: Slot, at: Clocks, without: Option<Name>) -> (u32, u32) {
        let capacity = self.rule(slot).map_or(0, Rule::on_offer);
        let (least, most) = self.in_use(slot, at, without);
        (capacity.saturating_sub(most), capacity.saturating_sub(least))
    }

    /// Whether `quantity` may fit into all slots.
    fn fits(&self, terms: &Terms, at: Clocks, without: Option<Name>) -> bool {
        terms.slots.iter().all(|slot| self.offered(*slot, at, without).1 >= terms.quantity)
    }

    /// Whether one of the pages may have offered just `available`, which is too few. A call over several pages is refused
    /// by the first that does not fit, and told what that one offers.
    fn may_offer(&self, slots: &[Slot], quantity: u32, available: u32, at: Clocks) -> bool {
        let pages: BTreeSet<Name> = slots.iter().map(|slot| slot.page).collect();
        available < quantity
            && pages.iter().any(|page| {
                let offers: Vec<(u32, u32)> = slots
                    .iter()
                    .filter(|slot| slot.page == *page)
                    .map(|slot| self.offered(*slot, at, None))
                    .collect();
                let least = offers.iter().map(|(least, _)| *least).min().unwrap_or(0);
                let most = offers.iter().map(|(_, most)| *most).min().unwrap_or(0);
                (least..=most).contains(&available)
            })
    }

    /// The fewest and the most holds that may count on a page.
    fn holds_on(&self, page: Name, at: Clocks) -> (usize, usize) {
        let on_page =
            self.holds.values().filter(|hold| hold.terms.slots.iter().any(|slot| slot.page == page));
        on_page.fold((0, 0), |(least, most), hold| match self.life(hold, at) {
            Life::Surely => (least + 1, most + 1),
            Life::Perhaps => (least, most + 1),
            Life::Not => (least, most),
        })
    }

    pub(crate) fn rule(&self, slot: Slot) -> Option<&Rule> {
        self.rules.get(&slot)
    }

    /// The state in which some slots have other rules.
    pub(crate) fn edited(&self, slots: &[Slot], at: Clocks, edit: impl Fn(&mut Rule)) -> Step {
        self.next(at, Effect::Edits, |next| {
            let rules = Arc::make_mut(&mut next.rules);
            for slot in slots {
                rules.entry(*slot).and_modify(&edit);
            }
        })
    }

    /// Terms that apply to all of `slots`.
    fn terms_of(&self, slots: &[Slot]) -> Option<Name> {
        let mut terms = slots.iter().map(|slot| self.rule(*slot).map(|rule| rule.terms));
        let first = terms.next()??;
        terms.all(|other| other == Some(first)).then_some(first)
    }

    fn next(&self, at: Clocks, effect: Effect, change: impl FnOnce(&mut Self)) -> Step {
        let mut next = self.clone();
        next.latest = next.latest.max(at.latest);
        change(&mut next);
        Step::Next(Box::new(next), effect)
    }

    fn end(&mut self, hold: Name) {
        if let Some(held) = self.holds.remove(&hold) {
            self.ended.insert(hold, held.terms);
        }
    }

    fn count(&mut self, terms: &Terms, by: impl Fn(u32, u32) -> u32) {
        for slot in &terms.slots {
            let count = self.confirmed.entry(*slot).or_default();
            *count = by(*count, terms.quantity);
        }
    }
}

pub(crate) fn when(legal: bool) -> Step {
    if legal { Step::Same } else { Step::Illegal }
}

impl Inventory {
    /// The object before any call.
    #[must_use]
    pub fn start(&self) -> State {
        let rule = |(slot, capacity): (&Slot, &u32)| (*slot, Rule::new(*capacity, self.terms));
        State {
            rules: Arc::new(self.capacity.iter().map(rule).collect()),
            confirmed: BTreeMap::new(),
            holds: BTreeMap::new(),
            ended: BTreeMap::new(),
            bookings: BTreeMap::new(),
            latest: i64::MIN,
        }
    }

    /// What comes of `call` if it was answered so. `None`: nobody knows what was answered, and it took effect.
    #[must_use]
    pub fn step(&self, state: &State, call: &Call, answer: Option<&Answer>, at: Clocks) -> Step {
        match call {
            Call::Place { hold, slots, quantity, ttl } => {
                self.place(state, *hold, (slots, *quantity, *ttl), answer, at)
            }
            Call::Extend { hold, request, by } => self.extend(state, *hold, (*request, *by), answer, at),
            Call::Claim { hold, booking, deadline } => claim(state, *hold, (*booking, *deadline), answer, at),
            Call::Unclaim { hold, booking } => unclaim(state, *hold, *booking, answer, at),
            Call::Release { hold } => release(state, *hold, answer, at),
            Call::Expire { hold } => expire(state, *hold, answer, at),
            Call::Confirm { booking } => confirm(state, *booking, answer, at),
            Call::Abandon { booking } => abandon(state, *booking, answer, at),
            Call::Cancel { booking } => cancel(state, *booking, answer, at),
            Call::SetInventory { slots, edit } => set_inventory(state, slots, *edit, answer, at),
            Call::Announce { slots, capacity } => announce(state, slots, *capacity, answer, at),
            Call::Replace { slots, capacity, terms } => {
                replace(state, slots, (*capacity, *terms), answer, at)
            }
            Call::Withdraw { slots } => withdraw(state, slots, answer, at),
            Call::Look { slot } => {
                let (least, most) = state.offered(*slot, at, None);
                when(matches!(answer, Some(Answer::Free(free)) if (least..=most).contains(free)))
            }
        }
    }

    fn place(
        &self,
        state: &State,
        hold: Name,
        (slots, quantity, ttl): (&[Slot], u32, i64),
        answer: Option<&Answer>,
        at: Clocks,
    ) -> Step {
        let present = state.terms_of(slots);
        let (until, by) = match answer {
            Some(Answer::SoldOut { available }) => {
                return when(state.may_offer(slots, quantity, *available, at));
            }
            Some(Answer::PageFull) => {
                let full = |slot: &Slot| state.holds_on(slot.page, at).1 >= self.holds_per_page_max;
                return when(slots.iter().any(full));
            }
            Some(Answer::Placed { until, terms }) => (*until, Some(*terms)),
            // Of unknown outcome: it lives as long as it may.
            None => (at.latest.saturating_add(ttl), present),
            Some(
                Answer::Done | Answer::Until(_) | Answer::Refused(_) | Answer::InUse { .. } | Answer::Free(_),
            ) => return Step::Illegal,
        };
        let known = state.holds.get(&hold).map(|held| &held.terms).or_else(|| state.ended.get(&hold));
        if let Some(terms) = known {
            return when(answer.is_none() || (terms.first_until, terms.by) == (until, by));
        }
        let terms = Terms { slots: slots.to_vec(), quantity, first_until: until, by };
        let has_room = |slot: &Slot| state.holds_on(slot.page, at).0 < self.holds_per_page_max;
        let lives = at.earliest.saturating_add(ttl)..=at.latest.saturating_add(ttl);
        let is_bookable = slots.iter().all(has_room) && state.fits(&terms, at, None);
        if !lives.contains(&until) || !is_bookable || by.is_none() || by != present {
            return Step::Illegal;
        }
        state.next(at, Effect::Takes, |next| {
            let held = Held { terms: Arc::new(terms), until, claim: None, extensions: Vec::new() };
            next.holds.insert(hold, held);
        })
    }

    fn extend(
        &self,
        state: &State,
        hold: Name,
        (request, by): (Name, i64),
        answer: Option<&Answer>,
        at: Clocks,
    ) -> Step {
        let held = state.holds.get(&hold);
        let life = held.map_or(Life::Not, |held| state.life(held, at));
        let Some(held) = held.filter(|_| life != Life::Not) else {
            return when(answer == Some(&Answer::Refused(Refusal::Gone)));
        };
        let known = held.extensions.iter().find(|(known, _)| *known == request).map(|(_, until)| *until);
        match answer {
            Some(Answer::Refused(Refusal::Gone)) => when(life == Life::Perhaps),
            Some(Answer::Refused(Refusal::Claimed)) => when(held.claim.is_some()),
            Some(Answer::Refused(Refusal::Exhausted)) => when(held.extensions.len() >= self.extensions_max),
            Some(Answer::Until(until)) if known.is_some() => when(known == Some(*until)),
            None if known.is_some() => Step::Same,
            Some(Answer::Until(_)) | None => {
                let longer = held.until.saturating_add(by);
                let told = answer.is_none_or(|answer| *answer == Answer::Until(longer));
                if !told || held.claim.is_some() || held.extensions.len() >= self.extensions_max {
                    return Step::Illegal;
                }
                state.next(at, Effect::Neutral { lapses: held.until }, |next| {
                    if let Some(held) = next.holds.get_mut(&hold) {
                        held.until = longer;
                        held.extensions.push((request, longer));
                    }
                })
            }
            Some(_) => Step::Illegal,
        }
    }
}

fn claim(
    state: &State,
    hold: Name,
    (booking, deadline): (Name, i64),
    answer: Option<&Answer>,
    at: Clocks,
) -> Step {
    let held = state.holds.get(&hold);
    let life = held.map_or(Life::Not, |held| state.life(held, at));
    match (answer, held.filter(|_| life != Life::Not)) {
        (Some(Answer::Refused(Refusal::Gone)), _) => when(life != Life::Surely),
        (Some(Answer::Refused(Refusal::Claimed)), Some(held)) => {
            when(held.claim.is_some_and(|(other, _)| other != booking))
        }
        (Some(Answer::Done) | None, Some(held)) => match held.claim {
            Some((other, _)) => when(other == booking),
            None => state.next(at, Effect::Neutral { lapses: held.until }, |next| {
                let booked = Booked { hold, terms: Arc::clone(&held.terms), stands: Stands::Pending };
                next.bookings.insert(booking, booked);
                if let Some(held) = next.holds.get_mut(&hold) {
                    held.claim = Some((booking, deadline.max(held.until)));
                }
            }),
        },
        _ => Step::Illegal,
    }
}

fn unclaim(state: &State, hold: Name, booking: Name, answer: Option<&Answer>, at: Clocks) -> Step {
    if !matches!(answer, Some(Answer::Done) | None) {
        return Step::Illegal;
    }
    match state.holds.get(&hold) {
        Some(held) if held.claim.is_some_and(|(payer, _)| payer == booking) => {
            state.next(at, Effect::Neutral { lapses: held.until.min(held.lapses()) }, |next| {
                if let Some(held) = next.holds.get_mut(&hold) {
                    held.claim = None;
                }
            })
        }
        Some(_) | None => Step::Same,
    }
}

fn release(state: &State, hold: Name, answer: Option<&Answer>, at: Clocks) -> Step {
    let held = state.holds.get(&hold);
    let life = held.map_or(Life::Not, |held| state.life(held, at));
    let claimed = held.is_some_and(|held| held.claim.is_some());
    match answer {
        Some(Answer::Refused(Refusal::Claimed)) => when(life != Life::Not && claimed),
        Some(Answer::Refused(Refusal::Gone)) => when(life != Life::Surely),
        Some(Answer::Done) | None if life == Life::Not => Step::Same,
        Some(Answer::Done) | None if claimed && life == Life::Surely => Step::Illegal,
        Some(Answer::Done) | None => state.next(at, Effect::Frees, |next| next.end(hold)),
        Some(_) => Step::Illegal,
    }
}

fn expire(state: &State, hold: Name, answer: Option<&Answer>, at: Clocks) -> Step {
    let held = state.holds.get(&hold);
    let life = held.map_or(Life::Not, |held| state.life(held, at));
    match answer {
        Some(Answer::Refused(Refusal::Live)) => when(life != Life::Not),
        Some(Answer::Done) | None if held.is_none() => Step::Same,
        Some(Answer::Done) | None if life != Life::Surely => {
            state.next(at, Effect::Frees, |next| next.end(hold))
        }
        _ => Step::Illegal,
    }
}

fn confirm(state: &State, booking: Name, answer: Option<&Answer>, at: Clocks) -> Step {
    let Some(booked) = state.bookings.get(&booking) else { return Step::Illegal };
    let own = state
        .holds
        .get(&booked.hold)
        .filter(|held| held.claim.is_some_and(|(payer, _)| payer == booking))
        .map(|held| (held, state.life(held, at)))
        .filter(|(_, life)| *life != Life::Not);
    let (slots, quantity) = (&booked.terms.slots, booked.terms.quantity);
    match answer {
        Some(Answer::SoldOut { available }) => {
            let lost = own.is_none_or(|(_, life)| life == Life::Perhaps);
            when(lost && state.may_offer(slots, quantity, *available, at))
        }
        Some(Answer::Done) | None if booked.stands != Stands::Pending => {
            when(booked.stands == Stands::Confirmed)
        }
        Some(Answer::Done) | None => {
            let effect = match own {
                Some((held, _)) => Effect::Neutral { lapses: held.lapses() },
                None if state.fits(&booked.terms, at, Some(booked.hold)) => Effect::Takes,
                None => return Step::Illegal,
            };
            state.next(at, effect, |next| {
                next.end(booked.hold);
                next.count(&booked.terms, u32::saturating_add);
                if let Some(booked) = next.bookings.get_mut(&booking) {
                    booked.stands = Stands::Confirmed;
                }
            })
        }
        Some(_) => Step::Illegal,
    }
}

fn abandon(state: &State, booking: Name, answer: Option<&Answer>, at: Clocks) -> Step {
    let Some(booked) = state.bookings.get(&booking) else { return Step::Illegal };
    match (answer, booked.stands) {
        (Some(Answer::Done) | None, Stands::Pending) => {
            let claim = state.holds.get(&booked.hold).and_then(|held| held.claim);
            let own = claim.is_some_and(|(payer, _)| payer == booking);
            state.next(at, Effect::Frees, |next| {
                if own {
                    next.end(booked.hold);
                }
                if let Some(booked) = next.bookings.get_mut(&booking) {
                    booked.stands = Stands::Over;
                }
            })
        }
        (Some(Answer::Done) | None, Stands::Over) => Step::Same,
        _ => Step::Illegal,
    }
}

fn cancel(state: &State, booking: Name, answer: Option<&Answer>, at: Clocks) -> Step {
    let Some(booked) = state.bookings.get(&booking) else { return Step::Illegal };
    match (answer, booked.stands) {
        (Some(Answer::Done) | None, Stands::Confirmed) => state.next(at, Effect::Frees, |next| {
            next.count(&booked.terms, u32::saturating_sub);
            if let Some(booked) = next.bookings.get_mut(&booking) {
                booked.stands = Stands::Over;
            }
        }),
        (Some(Answer::Done) | None, Stands::Over) => Step::Same,
        _ => Step::Illegal,
    }
}
