//! What must hold in every state of places on shards, and what must be reached in some.

use stateright::{Model, Property};

use super::model::{Action, Placing};
use super::scenario::{
    AGREE, FINAL, FREE, KEPT, ONE_ANSWER, ONE_SHARD, Scenario, TOLD_FIRST, WITHIN_CAPACITY,
};
use super::state::{Answer, Offence, Page, SHARDS, State, Status};
use super::store::{names, names_of};

/// The guest has the hold.
pub const PLACED: &str = "reached: answered 201";
/// The guest has it for longer.
pub const EXTENDED: &str = "reached: extended";
/// A page refused, and the hold is on the other.
pub const MOVED: &str = "reached: moved to the other shard";
/// A record that was never placed was replaced.
pub const REPLACED: &str = "reached: a record replaced and placed";
/// A late write was taken back.
pub const TAKEN_BACK: &str = "reached: a late write is taken back";
/// Both shards refused.
pub const SOLD_OUT: &str = "reached: sold out on both shards";
/// A dead entry gave its place and kept its name.
pub const LAPSED: &str = "reached: another guest has the place of a dead entry";

impl Model for Placing {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![self.first_state()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.possible(state, actions);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        self.after(last, action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut all = always();
        if self.scenario.removed.is_none() {
            all.extend(sometimes(&self.scenario));
        }
        all
    }
}

fn always() -> Vec<Property<Placing>> {
    vec![
        Property::always(ONE_SHARD, |_, state: &State| {
            state.pages.iter().filter(|page| lives(page, state)).count() <= 1
        }),
        Property::always(WITHIN_CAPACITY, |model: &Placing, state: &State| {
            state.pages.iter().all(|page| page.taken() <= model.scenario.capacity)
        }),
        Property::always(TOLD_FIRST, |_, state: &State| is_without(state, Offence::LeftUntold)),
        Property::always(KEPT, kept),
        Property::always(ONE_ANSWER, |_, state: &State| {
            is_without(state, Offence::TwoHolds) && is_without(state, Offence::EndedEarly)
        }),
        Property::always(FINAL, |_, state: &State| is_without(state, Offence::RisenAgain)),
        Property::always(AGREE, agree),
        Property::always(FREE, free),
    ]
}

fn sometimes(scenario: &Scenario) -> Vec<Property<Placing>> {
    let mut all = vec![Property::sometimes(PLACED, |_: &Placing, state: &State| state.told.placed.is_some())];
    if scenario.requests > 1 || scenario.faults > 0 {
        all.push(Property::sometimes(REPLACED, |_, state: &State| {
            state.pages.iter().any(|page| page.entry.is_some_and(|entry| entry.n > 1) && lives(page, state))
                && state.pages.iter().all(|page| page.fence.is_none())
        }));
    }
    if scenario.releases && scenario.requests > 1 {
        all.push(Property::sometimes(TAKEN_BACK, |_, state: &State| state.taken_back));
    }
    if scenario.extensions > 0 {
        all.push(Property::sometimes(EXTENDED, |_, state: &State| state.told.extended));
    }
    if scenario.others > 0 {
        all.push(Property::sometimes(MOVED, |_, state: &State| {
            let fenced = |page: &Page| page.fence.is_some();
            let [first, second] = &state.pages;
            (fenced(first) && lives(second, state)) || (fenced(second) && lives(first, state))
        }));
    }
    if scenario.others > 0 && scenario.ticks >= scenario.ttl {
        all.push(Property::sometimes(LAPSED, |_, state: &State| {
            state.pages.iter().any(|page| page.entry.is_some_and(|entry| entry.lapsed))
        }));
    }
    if scenario.others >= 2 * scenario.capacity {
        all.push(Property::sometimes(SOLD_OUT, |_, state: &State| state.told.sold_out));
    }
    all
}

fn is_without(state: &State, offence: Offence) -> bool {
    state.offence != Some(offence)
}

fn lives(page: &Page, state: &State) -> bool {
    page.entry.is_some_and(|entry| entry.is_live(state.tick))
}

fn kept(_: &Placing, state: &State) -> bool {
    match state.told.placed {
        Some((n, end)) if !state.told.over && end > state.tick => state
            .pages
            .iter()
            .any(|page| page.entry.is_some_and(|entry| entry.n == n && entry.end == end && !entry.lapsed)),
        Some(_) | None => true,
    }
}

/// A live entry is the one that the active record names. Where something went wrong, one may outlive its record until its
/// own end: nobody was left to take it back. An instance whose clock is ahead sees that end a tick earlier.
fn agree(model: &Placing, state: &State) -> bool {
    let Some(record) = state.record else { return state.pages.iter().all(|page| page.entry.is_none()) };
    let ahead = u8::from(model.scenario.clocks_differ);
    let excused = state.faults < model.scenario.faults && record.status != Status::Active;
    !state.is_quiet()
        || excused
        || state.pages.iter().enumerate().all(|(shard, page)| {
            page.entry.is_none_or(|entry| {
                !entry.is_live(state.tick + ahead)
                    || (names(&record, entry.n, shard) && record.life.end == entry.end)
            })
        })
}

/// A hold that has never been on a page can be placed where a place is free.
fn free(model: &Placing, state: &State) -> bool {
    let scenario = &model.scenario;
    let record = state.record;
    let ended = record.is_some_and(|record| record.status != Status::Active);
    let there = |shard: usize| {
        state.pages[shard].entry.is_some_and(|entry| {
            lives(&state.pages[shard], state) || record.is_some_and(|record| names(&record, entry.n, shard))
        })
    };
    if !state.is_quiet() || ended || (0..SHARDS).any(there) {
        return true;
    }
    let roomy = |page: &Page| names_of(page) + 1 < scenario.names;
    let has_place = |page: &Page| page.others < scenario.capacity;
    if !state.pages.iter().any(has_place) {
        return true;
    }
    (0..SHARDS).all(|shard| match model.asked_alone(state, shard) {
        Some(Answer::Placed(_)) => true,
        Some(Answer::Busy) => !state.pages.iter().all(roomy),
        Some(Answer::Ended | Answer::SoldOut) | None => false,
    })
}
