//! What the model of places on shards remembers: a record, two pages, the instances that serve its key, and writes on their way.

/// Shards of the slot.
pub const SHARDS: usize = 2;

/// One life of a record: what an instance places on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Life {
    /// The record's revision, from 1.
    pub n: u8,
    /// The shard that the record names.
    pub shard: usize,
    /// The tick at which the hold ends.
    pub end: u8,
    /// The tick at which the record was written so.
    pub made: u8,
}

/// How a record says that its hold stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Placed, on its way there, or never placed.
    Active,
    /// Given back.
    Released,
    /// Its time has passed.
    Expired,
}

/// The hold's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Record {
    /// Its present life.
    pub life: Life,
    /// How it stands.
    pub status: Status,
}

/// The hold on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// The record's revision under which it was placed.
    pub n: u8,
    /// The tick at which it ends.
    pub end: u8,
    /// It was dead, and its place was given to somebody else: it has its name alone.
    pub lapsed: bool,
}

impl Entry {
    /// Whether it has its place at this tick.
    #[must_use]
    pub fn is_live(&self, now: u8) -> bool {
        self.end > now
    }
}

/// The page refuses the hold's lives up to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fence {
    /// The last life that is refused.
    pub n: u8,
    /// The tick at which it is forgotten.
    pub until: u8,
}

/// One shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Page {
    /// The hold.
    pub entry: Option<Entry>,
    /// A fence against it.
    pub fence: Option<Fence>,
    /// Places of others.
    pub others: u8,
}

/// A call of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// Puts the record if there is none.
    Put(Life),
    /// Reads the record to go on from it.
    Read,
    /// Reads the record after a write of the page that came late.
    Look,
    /// Reads the hold's entry on a shard.
    Find(usize),
    /// Places the hold, if its page allows it.
    Place(Life),
    /// Gives the record, if it is at a life, another one, and places that in the same transaction.
    Replace(u8, Life),
    /// Gives the record, if it is at a life, another one.
    Move(u8, Life),
    /// A page shall never take the hold's lives up to this one. Only if it has not.
    Fence(Life),
    /// Takes the entry of a life from a shard.
    Drop(u8, usize),
    /// Writes to the record that the hold of a life has ended by its time, if that is what the record says too.
    Tell(Life),
}

impl Call {
    /// Whether it changes nothing.
    #[must_use]
    pub fn is_read(&self) -> bool {
        match self {
            Self::Read | Self::Look | Self::Find(_) => true,
            Self::Put(_)
            | Self::Place(_)
            | Self::Replace(..)
            | Self::Move(..)
            | Self::Fence(_)
            | Self::Drop(..)
            | Self::Tell(..) => false,
        }
    }
}

/// What a call is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Done.
    Done,
    /// The record, as it is, and nothing done.
    Record(Option<Record>),
    /// The hold has an entry there.
    There(Entry),
    /// The hold has no entry there.
    Nothing,
    /// No place is free.
    Full,
    /// A fence refuses the hold.
    Fenced,
    /// The page has no room for another name.
    NoRoom,
}

/// Why an instance runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Job {
    /// The guest asks for the hold.
    Serve,
    /// The timer, or somebody who needs its room, ends a dead entry.
    Keep,
}

/// An instance at work: it waits for one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Process {
    /// Why it runs.
    pub job: Job,
    /// What it called.
    pub call: Call,
    /// The tick at which it first sent the call.
    pub sent: u8,
    /// What came of it, while the answer is on its way.
    pub outcome: Option<Outcome>,
    /// The life that it places or ends.
    pub life: Life,
    /// The shards that have refused it.
    pub refused: [bool; SHARDS],
    /// It was asked after the guest had been told that the hold is over.
    pub after_end: bool,
    /// It was asked after the guest had been told another end.
    pub after_extension: bool,
    /// How many ticks its clock is ahead.
    pub ahead: u8,
}

/// What a guest is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// 201 or its repetition: the hold and its end.
    Placed(Entry),
    /// The hold has ended.
    Ended,
    /// No place is free.
    SoldOut,
    /// Try later.
    Busy,
}

/// What may never happen, noticed on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Offence {
    /// An entry left its page and no record says how it ended.
    LeftUntold,
    /// Two answers named different holds or ends.
    TwoHolds,
    /// A hold was named as ended while its time ran and nobody had released it.
    EndedEarly,
    /// A hold was placed for who asked after being told that it is over.
    RisenAgain,
}

/// What the guest was told so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Told {
    /// Life and end of the hold.
    pub placed: Option<(u8, u8)>,
    /// The end is a later one than that of the first answer.
    pub extended: bool,
    /// It is over: released, or answered so.
    pub over: bool,
    /// No place is free.
    pub sold_out: bool,
}

/// The whole.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// The clock: a tick is more than a second.
    pub tick: u8,
    /// The record.
    pub record: Option<Record>,
    /// The shards.
    pub pages: [Page; SHARDS],
    /// Instances at work, in order, since they are alike.
    pub processes: Vec<Process>,
    /// Writes on their way that nobody waits for, in order.
    pub strays: Vec<Call>,
    /// What the guest was told.
    pub told: Told,
    /// How often the guest may still ask.
    pub requests: u8,
    /// How often the guest may still extend the hold.
    pub extensions: u8,
    /// How often the other guests may still take a place.
    pub others: u8,
    /// How much may still go wrong.
    pub faults: u8,
    /// A late write was taken back.
    pub taken_back: bool,
    /// What may never happen, and did.
    pub offence: Option<Offence>,
}

impl State {
    /// Nothing is under way.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.processes.is_empty() && self.strays.is_empty()
    }
}
