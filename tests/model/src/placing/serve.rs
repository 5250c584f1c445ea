//! What an instance does next: a pure step from an answer of the store to the next call, or to the guest's answer.

use super::scenario::{Removed, Scenario};
use super::state::{Answer, Call, Entry, Job, Life, Outcome, Process, Record, SHARDS, Status, Told};

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Another call.
    Call(Call),
    /// The guest is answered, and the instance is done.
    Answer(Answer),
    /// The instance is done.
    Done,
}

/// An instance that was asked for the hold, and offers this shard.
#[must_use]
pub fn asked(shard: usize, tick: u8, ahead: u8, told: &Told, scenario: &Scenario) -> Process {
    let now = tick + ahead;
    let life = Life { n: 1, shard, end: now + scenario.ttl, made: now };
    let first = scenario.lacks(Removed::RecordFirst);
    let call = if first { Call::Place(life) } else { Call::Put(life) };
    Process {
        job: Job::Serve,
        call,
        sent: now,
        outcome: None,
        life,
        refused: [false; SHARDS],
        after_end: told.over,
        after_extension: told.extended,
        ahead,
    }
}

/// The timer, or who needs the room of a dead entry.
#[must_use]
pub fn keeper(entry: Entry, shard: usize, tick: u8, scenario: &Scenario) -> Process {
    let told = !scenario.lacks(Removed::ToldFirst);
    let life = Life { n: entry.n, shard, end: entry.end, made: tick };
    let call = if told { Call::Tell(life) } else { Call::Drop(entry.n, shard) };
    Process {
        job: Job::Keep,
        call,
        sent: tick,
        outcome: None,
        life,
        refused: [false; SHARDS],
        after_end: false,
        after_extension: false,
        ahead: 0,
    }
}

/// An instance hears what came of its call.
#[must_use]
pub fn hear(process: &mut Process, outcome: Outcome, tick: u8, scenario: &Scenario) -> Next {
    let now = tick + process.ahead;
    match process.job {
        Job::Serve => serve(process, outcome, now, scenario),
        Job::Keep => keep(process, outcome, tick, scenario),
    }
}

fn keep(process: &Process, outcome: Outcome, now: u8, scenario: &Scenario) -> Next {
    let Life { n, shard, end, .. } = process.life;
    match (process.call, outcome) {
        (Call::Tell(..), Outcome::Record(Some(Record { life, status: Status::Active })))
            if scenario.lacks(Removed::OneTransaction) && life.shard == shard =>
        {
            Next::Call(Call::Move(life.n, Life { n, shard, end, made: now }))
        }
        (Call::Move(..), _) => Next::Call(Call::Tell(process.life)),
        (Call::Tell(..), _) => Next::Call(Call::Drop(n, shard)),
        _ => Next::Done,
    }
}

fn serve(process: &mut Process, outcome: Outcome, now: u8, scenario: &Scenario) -> Next {
    match (process.call, outcome) {
        (Call::Look, Outcome::Record(Some(record))) => looked(process, record, now, scenario),
        (_, Outcome::Record(record)) => found(process, record, now, scenario),
        (Call::Put(_), Outcome::Done) if scenario.lacks(Removed::RecordFirst) => {
            answered(process.life, now, scenario)
        }
        (Call::Put(life) | Call::Move(_, life), Outcome::Done) => {
            process.life = life;
            Next::Call(Call::Place(life))
        }
        (Call::Place(life), Outcome::Done) => placed(process, life, now, scenario),
        (Call::Place(life), Outcome::There(entry)) if is_of(entry, life, scenario) => {
            placed(process, Life { end: entry.end, ..life }, now, scenario)
        }
        (Call::Replace(_, life), Outcome::Done) => answered(life, now, scenario),
        (_, Outcome::There(entry)) => there(process, entry, now, scenario),
        (Call::Place(life), Outcome::Fenced) => {
            // Counted as a refusal, or two instances could send each other from shard to shard for ever.
            process.refused[life.shard] = true;
            replace(process, now, scenario)
        }
        (_, Outcome::Nothing) => replace(process, now, scenario),
        (_, Outcome::Full | Outcome::Fenced) => elsewhere(process, now, scenario),
        (_, Outcome::NoRoom) => Next::Answer(Answer::Busy),
        (Call::Fence(_), Outcome::Done) => moved(process, now, scenario),
        (Call::Tell(..), Outcome::Done) => Next::Answer(Answer::Ended),
        (Call::Drop(..) | Call::Read | Call::Look | Call::Find(_), Outcome::Done) => Next::Call(Call::Read),
    }
}

/// A hold is on its page. Where its time has passed, the record says so before the guest is told.
fn answered(life: Life, now: u8, scenario: &Scenario) -> Next {
    let entry = Entry { n: life.n, end: life.end, lapsed: false };
    if entry.is_live(now) {
        Next::Answer(Answer::Placed(entry))
    } else if scenario.lacks(Removed::EndWritten) {
        Next::Answer(Answer::Ended)
    } else {
        Next::Call(Call::Tell(life))
    }
}

/// The record was found: its hold is placed if it is young, looked for if it is older.
fn found(process: &mut Process, record: Option<Record>, now: u8, scenario: &Scenario) -> Next {
    match record {
        None => Next::Call(Call::Put(process.life)),
        Some(Record { life, status: Status::Released | Status::Expired }) => {
            if scenario.lacks(Removed::EndIsFinal) {
                process.life = life;
                replace(process, now, scenario)
            } else {
                Next::Answer(Answer::Ended)
            }
        }
        Some(Record { life, status: Status::Active }) => {
            process.life = life;
            Next::Call(if now <= life.made { Call::Place(life) } else { Call::Find(life.shard) })
        }
    }
}

/// The page has the hold. A write that took longer than a second, counted from the record's, reads the record again.
fn placed(process: &mut Process, life: Life, now: u8, scenario: &Scenario) -> Next {
    if scenario.lacks(Removed::RecordFirst) {
        return Next::Call(Call::Put(life));
    }
    let since = if scenario.lacks(Removed::AgeOfRecord) { process.sent } else { life.made };
    if now > since && !scenario.lacks(Removed::LateLook) {
        Next::Call(Call::Look)
    } else {
        answered(life, now, scenario)
    }
}

/// The record says whether what was placed late stands.
fn looked(process: &Process, record: Record, now: u8, scenario: &Scenario) -> Next {
    let Life { n, shard, .. } = process.life;
    let active = record.status == Status::Active;
    if active && record.life.n == n && record.life.shard == shard {
        answered(record.life, now, scenario)
    } else if active && record.life.shard == shard && scenario.lacks(Removed::OneTransaction) {
        Next::Call(Call::Move(record.life.n, Life { made: now, ..process.life }))
    } else {
        Next::Call(Call::Drop(n, shard))
    }
}

/// Whether an entry is what a record says: its life, and its end. A copy of a write that comes after the release has the end
/// before an extension.
fn is_of(entry: Entry, life: Life, scenario: &Scenario) -> bool {
    entry.n == life.n && (entry.end == life.end || scenario.lacks(Removed::EndOfEntry))
}

/// The page has an entry of the hold.
fn there(process: &mut Process, entry: Entry, now: u8, scenario: &Scenario) -> Next {
    let life = process.life;
    if is_of(entry, life, scenario) {
        answered(Life { end: entry.end, ..life }, now, scenario)
    } else if scenario.lacks(Removed::OneTransaction) {
        let corrected = Life { n: entry.n, shard: life.shard, end: entry.end, made: now };
        Next::Call(Call::Move(life.n, corrected))
    } else if entry.n < life.n {
        replace(process, now, scenario)
    } else {
        Next::Call(Call::Read)
    }
}

/// The record's hold was never placed: the record is older than a second and its page has no entry, or a fence that is left
/// of an instance that died on its way to the other shard refuses this life and not the next.
fn replace(process: &Process, now: u8, scenario: &Scenario) -> Next {
    let before = process.life;
    let life = Life { n: before.n + 1, end: now + scenario.ttl, made: now, ..before };
    let call = if scenario.lacks(Removed::OneTransaction) {
        Call::Move(before.n, life)
    } else {
        Call::Replace(before.n, life)
    };
    Next::Call(call)
}

/// A page has refused: a fence there, then the other shard, if that has not refused as well.
fn elsewhere(process: &mut Process, now: u8, scenario: &Scenario) -> Next {
    let life = process.life;
    process.refused[life.shard] = true;
    if process.refused.iter().all(|refused| *refused) {
        Next::Answer(Answer::SoldOut)
    } else if scenario.lacks(Removed::Fence) {
        moved(process, now, scenario)
    } else {
        Next::Call(Call::Fence(life))
    }
}

fn moved(process: &Process, now: u8, scenario: &Scenario) -> Next {
    let before = process.life;
    let life = Life { n: before.n + 1, shard: 1 - before.shard, end: now + scenario.ttl, made: now };
    Next::Call(Call::Move(before.n, life))
}
