//! Which steps a state of places on shards allows, and what each leads to.

use super::scenario::Scenario;
use super::serve::{self, Next};
use super::state::{Answer, Call, Job, Offence, Outcome, Page, Process, SHARDS, State, Told};

/// What may happen. Instances and writes on their way by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Time passes.
    Tick,
    /// The guest asks; the instance offers this shard first, and its clock is so far ahead.
    Ask(usize, u8),
    /// An instance's call arrives at the store.
    Arrive(usize),
    /// An instance hears what came of it.
    Hear(usize),
    /// The answer is lost: the call is sent again, and the first may be on its way still.
    Lose(usize),
    /// An instance dies; its call may be on its way still.
    Die(usize),
    /// A write that nobody waits for arrives.
    ArriveLate(usize),
    /// The guest gives the hold back, to an instance whose clock is so far ahead.
    Release(u8),
    /// The guest extends the hold.
    Extend,
    /// The timer, or who needs its room, sees to a dead entry.
    Keep(usize),
    /// Another guest takes a place.
    OtherTakes(usize),
    /// Another guest's place is free again.
    OtherLeaves(usize),
}

/// A scenario to be explored.
#[derive(Debug, Clone)]
pub struct Placing {
    /// The scenario.
    pub scenario: Scenario,
}

impl Placing {
    /// Over a scenario.
    #[must_use]
    pub fn new(scenario: Scenario) -> Self {
        Self { scenario }
    }

    /// Nothing has happened.
    #[must_use]
    pub fn first_state(&self) -> State {
        State {
            tick: 0,
            record: None,
            pages: [Page::default(); SHARDS],
            processes: Vec::new(),
            strays: Vec::new(),
            told: Told::default(),
            requests: self.scenario.requests,
            extensions: self.scenario.extensions,
            others: self.scenario.others,
            faults: self.scenario.faults,
            taken_back: false,
            offence: None,
        }
    }

    /// What a state allows.
    pub fn possible(&self, state: &State, actions: &mut Vec<Action>) {
        if state.tick < self.scenario.ticks {
            actions.push(Action::Tick);
        }
        if state.requests > 0 && state.serving() < 2 {
            // Shards are alike: the one that is offered first is called the first.
            let shards = if state.requests == self.scenario.requests && state.others == self.scenario.others {
                1
            } else {
                SHARDS
            };
            for shard in 0..shards {
                for ahead in 0..=u8::from(self.scenario.clocks_differ) {
                    actions.push(Action::Ask(shard, ahead));
                }
            }
        }
        for (at, process) in state.processes.iter().enumerate() {
            match process.outcome {
                None => actions.push(Action::Arrive(at)),
                Some(_) => actions.push(Action::Hear(at)),
            }
            if state.faults > 0 {
                actions.push(Action::Die(at));
                if !process.call.is_read() {
                    actions.push(Action::Lose(at));
                }
            }
        }
        actions.extend((0..state.strays.len()).map(Action::ArriveLate));
        if state.told.placed.is_some() && !state.told.over {
            if self.scenario.releases {
                actions.extend((0..=u8::from(self.scenario.clocks_differ)).map(Action::Release));
            }
            if state.extensions > 0 {
                actions.push(Action::Extend);
            }
        }
        for (shard, page) in state.pages.iter().enumerate() {
            let kept = state.processes.iter().any(|process| process.job == Job::Keep);
            if page.entry.is_some_and(|entry| !entry.is_live(state.tick)) && !kept {
                actions.push(Action::Keep(shard));
            }
            if state.others > 0 {
                actions.push(Action::OtherTakes(shard));
            }
            if page.others > 0 {
                actions.push(Action::OtherLeaves(shard));
            }
        }
    }

    /// What an action leads to. None where it does nothing.
    #[must_use]
    pub fn after(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Tick => state.pass(),
            Action::Ask(shard, ahead) => {
                state.requests -= 1;
                let asked = serve::asked(shard, state.tick, ahead, &state.told, &self.scenario);
                state.processes.push(asked);
            }
            Action::Arrive(at) => {
                let call = state.processes[at].call;
                let outcome = self.arrive(&mut state, at, call);
                state.processes[at].outcome = Some(outcome);
            }
            Action::Hear(at) => self.hear(&mut state, at)?,
            Action::Lose(at) => {
                state.faults -= 1;
                let process = &mut state.processes[at];
                if process.outcome.take().is_none() {
                    state.strays.push(process.call);
                }
            }
            Action::Die(at) => {
                state.faults -= 1;
                let process = state.processes.remove(at);
                if process.outcome.is_none() && !process.call.is_read() {
                    state.strays.push(process.call);
                }
            }
            Action::ArriveLate(at) => {
                let call = state.strays.remove(at);
                let _nobody_hears = state.arrive(call, &self.scenario);
            }
            Action::Release(ahead) => {
                state.release(ahead, &self.scenario)?;
                state.told.over = true;
            }
            Action::Extend => {
                let entry = state.extend(&self.scenario)?;
                state.told.placed = Some((entry.n, entry.end));
                state.told.extended = true;
                state.extensions -= 1;
            }
            Action::Keep(shard) => {
                let entry = state.pages[shard].entry?;
                state.processes.push(serve::keeper(entry, shard, state.tick, &self.scenario));
            }
            Action::OtherTakes(shard) => {
                state.taken_by_another(shard, &self.scenario)?;
                state.others -= 1;
            }
            Action::OtherLeaves(shard) => state.pages[shard].others -= 1,
        }
        // Instances are alike, and so are writes that nobody waits for.
        state.processes.sort_unstable();
        state.strays.sort_unstable();
        (state != *last).then_some(state)
    }

    fn arrive(&self, state: &mut State, at: usize, call: Call) -> Outcome {
        if let Call::Drop(n, shard) = call {
            let serves = state.processes[at].job == Job::Serve;
            state.taken_back |= serves && state.pages[shard].entry.is_some_and(|entry| entry.n == n);
        }
        state.arrive(call, &self.scenario)
    }

    fn hear(&self, state: &mut State, at: usize) -> Option<()> {
        let mut process = state.processes.remove(at);
        let outcome = process.outcome.take()?;
        match serve::hear(&mut process, outcome, state.tick, &self.scenario) {
            Next::Call(call) => {
                process.call = call;
                process.sent = state.tick + process.ahead;
                state.processes.push(process);
            }
            Next::Answer(answer) => tell(state, &process, answer),
            Next::Done => {}
        }
        Some(())
    }

    /// What the guest would be answered, if nothing else happened any more. None if never.
    #[must_use]
    pub fn asked_alone(&self, state: &State, shard: usize) -> Option<Answer> {
        let mut state = state.clone();
        let mut process = serve::asked(shard, state.tick, 0, &state.told, &self.scenario);
        for _ in 0..32 {
            let outcome = state.arrive(process.call, &self.scenario);
            match serve::hear(&mut process, outcome, state.tick, &self.scenario) {
                Next::Call(call) => process.call = call,
                Next::Answer(answer) => return Some(answer),
                Next::Done => return None,
            }
        }
        None
    }
}

fn tell(state: &mut State, process: &Process, answer: Answer) {
    let told = &mut state.told;
    match answer {
        Answer::Placed(entry) => {
            // Who was asked before an extension may still name the end before it.
            let other_end = |end: u8| end != entry.end && (process.after_extension || !told.extended);
            if told.placed.is_some_and(|(n, end)| n != entry.n || other_end(end)) {
                state.offence.get_or_insert(Offence::TwoHolds);
            } else if process.after_end {
                state.offence.get_or_insert(Offence::RisenAgain);
            }
            told.placed.get_or_insert((entry.n, entry.end));
        }
        Answer::Ended => {
            let early = told.placed.is_some_and(|(_, end)| end > state.tick + process.ahead);
            if early && !told.over {
                state.offence.get_or_insert(Offence::EndedEarly);
            }
            told.over = true;
        }
        Answer::SoldOut => told.sold_out = true,
        Answer::Busy => {}
    }
}
