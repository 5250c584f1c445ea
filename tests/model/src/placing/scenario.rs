//! What is explored of places on shards: who takes part, what may go wrong, which protection is taken away.

/// A hold has its places on one shard.
pub const ONE_SHARD: &str = "a hold never lives on two shards";
/// Nothing is oversold.
pub const WITHIN_CAPACITY: &str = "places taken of a shard never exceed its capacity";
/// Invariant T of the ADR.
pub const TOLD_FIRST: &str = "an entry leaves after a record that says how it ended";
/// What 201 promised.
pub const KEPT: &str = "who was answered 201 has the places until end or release";
/// Repetitions are answered alike.
pub const ONE_ANSWER: &str = "answers to one key name one hold and one end";
/// What ended stays so.
pub const FINAL: &str = "a hold that was told ended is never placed again";
/// Once all is quiet, the record says what the page says.
pub const AGREE: &str = "at rest, entry and record agree";
/// A key is not used up by a refusal.
pub const FREE: &str = "at rest, a key that was never placed can be used";

/// A protection of the protocol that a negative control takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Removed {
    /// The page is written before the record.
    RecordFirst,
    /// A hold goes to another shard without a fence on the first.
    Fence,
    /// A fence refuses every life of the id, as the ADR had it.
    LifeOfFence,
    /// Nobody reads the record again after a page's write that came late.
    LateLook,
    /// Whether a page's write came late is counted from when it was sent, as the ADR had it.
    AgeOfRecord,
    /// Timer and who needs room drop an entry without a word in the record.
    ToldFirst,
    /// A record is replaced without a look at the entry.
    LookAtEntry,
    /// A record is replaced or moved without comparing its revision.
    CompareOfLife,
    /// A record is replaced by itself and its page written after it, as the ADR had it; who sees that the two differ
    /// corrects the record to the page.
    OneTransaction,
    /// A guest is told that a hold has ended before its record says so.
    EndWritten,
    /// Who ends a hold does not compare its end, so that it ends one that was extended meanwhile.
    EndInTell,
    /// Who finds the hold on a page does not compare its end with the record's.
    EndOfEntry,
    /// A record that says how its hold ended is replaced like one that was never placed.
    EndIsFinal,
    /// A page places a hold without asking whether a place is free.
    Room,
    /// Places of an entry are given to others before its time has passed.
    TimeOfEntry,
    /// A release of a hold younger than a second leaves no fence, as the ADR had it.
    FenceOfRelease,
    /// That fence asks for a second alone, with nothing for clocks that differ.
    ClocksOfRelease,
}

impl Removed {
    /// Its name in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RecordFirst => "without: the record first",
            Self::Fence => "without: a fence before a move",
            Self::LifeOfFence => "without: the life in a fence",
            Self::LateLook => "without: a look after a late write",
            Self::AgeOfRecord => "without: lateness by the record's age",
            Self::ToldFirst => "without: told first",
            Self::LookAtEntry => "without: a look before a replacement",
            Self::CompareOfLife => "without: comparing revisions",
            Self::OneTransaction => "without: a replacement in one transaction",
            Self::EndWritten => "without: an end written before it is said",
            Self::EndInTell => "without: comparing the end that is written",
            Self::EndOfEntry => "without: comparing the end that is found",
            Self::EndIsFinal => "without: ended records stay",
            Self::Room => "without: a look for free places on a shard",
            Self::TimeOfEntry => "without: a look at an entry's time",
            Self::FenceOfRelease => "without: a fence of an early release",
            Self::ClocksOfRelease => "without: a margin for clocks that differ",
        }
    }

    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::RecordFirst,
        Self::Fence,
        Self::LifeOfFence,
        Self::LateLook,
        Self::AgeOfRecord,
        Self::ToldFirst,
        Self::LookAtEntry,
        Self::CompareOfLife,
        Self::OneTransaction,
        Self::EndWritten,
        Self::EndInTell,
        Self::EndOfEntry,
        Self::EndIsFinal,
        Self::Room,
        Self::TimeOfEntry,
        Self::FenceOfRelease,
        Self::ClocksOfRelease,
    ];
}

/// A bounded world: one key, two shards.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scenario {
    /// Its name in the table.
    pub name: &'static str,
    /// The last tick, each more than a second.
    pub ticks: u8,
    /// Ticks that a hold lives.
    pub ttl: u8,
    /// How often the guest asks with the key; two of them at once.
    pub requests: u8,
    /// Places of each shard.
    pub capacity: u8,
    /// Names that a page has room for: of the hold, of others and of fences.
    pub names: u8,
    /// How often other guests take a place.
    pub others: u8,
    /// Answers lost with the write sent again, and functions killed.
    pub faults: u8,
    /// How often the guest extends the hold.
    pub extensions: u8,
    /// Whether the guest releases.
    pub releases: bool,
    /// Whether instances may have clocks that are a tick ahead.
    pub clocks_differ: bool,
    /// A protection taken away, for a negative control.
    pub removed: Option<Removed>,
}

impl Scenario {
    /// One request, all well.
    pub const PLAIN: Self = Self {
        name: "one request",
        ticks: 3,
        ttl: 2,
        requests: 1,
        capacity: 1,
        names: 3,
        others: 0,
        faults: 0,
        extensions: 0,
        releases: false,
        clocks_differ: false,
        removed: None,
    };

    /// What `cargo test` explores.
    #[must_use]
    pub fn small() -> Vec<Self> {
        vec![
            Self {
                name: "shards: twins, releases",
                requests: 2,
                releases: true,
                ttl: 3,
                ticks: 4,
                ..Self::PLAIN
            },
            Self { name: "shards: twins, another guest", requests: 2, others: 2, ticks: 2, ..Self::PLAIN },
            Self {
                name: "shards: a request, two faults, another guest",
                requests: 1,
                others: 2,
                faults: 2,
                ticks: 2,
                ..Self::PLAIN
            },
            Self {
                name: "shards: twins, an extension",
                requests: 2,
                extensions: 1,
                releases: true,
                ticks: 4,
                ..Self::PLAIN
            },
            Self { name: "shards: twins, a fault", requests: 2, faults: 1, releases: true, ..Self::PLAIN },
        ]
    }

    /// What `make model` explores.
    #[must_use]
    pub fn large() -> Vec<Self> {
        let mut all = Self::small();
        let twins = Self { requests: 2, ..Self::PLAIN };
        all.extend([
            Self {
                name: "shards: three requests, releases",
                requests: 3,
                releases: true,
                ttl: 3,
                ticks: 4,
                ..Self::PLAIN
            },
            Self {
                name: "shards: three requests, another guest",
                requests: 3,
                others: 2,
                ticks: 2,
                ..Self::PLAIN
            },
            Self {
                name: "shards: clocks differ",
                ttl: 3,
                clocks_differ: true,
                others: 1,
                releases: true,
                ..twins
            },
            Self {
                name: "shards: little room for names",
                names: 2,
                others: 2,
                ticks: 2,
                releases: true,
                ..twins
            },
            Self { name: "shards: two places", capacity: 2, names: 4, others: 3, ticks: 2, ..twins },
            Self { name: "shards: two faults", faults: 2, releases: true, ticks: 2, ..twins },
            Self { name: "shards: an extension, a fault", extensions: 1, faults: 1, ..twins },
            Self { name: "shards: four ticks", ticks: 4, ttl: 3, others: 1, releases: true, ..twins },
            Self { name: "shards: another guest, a fault", others: 1, faults: 1, ticks: 2, ..twins },
            Self {
                name: "shards: three requests, a fault",
                requests: 3,
                faults: 1,
                others: 1,
                ticks: 2,
                ..Self::PLAIN
            },
            Self {
                name: "shards: all of it, a short hold",
                others: 1,
                faults: 1,
                extensions: 1,
                releases: true,
                ..twins
            },
            Self {
                name: "shards: all of it, a longer hold",
                ttl: 3,
                others: 1,
                faults: 1,
                extensions: 1,
                releases: true,
                ..twins
            },
        ]);
        all
    }

    /// A scenario that is caught when this protection is taken away, and how.
    #[must_use]
    pub fn without(removed: Removed) -> (Self, &'static [&'static str]) {
        let scenario = Self { name: removed.name(), removed: Some(removed), requests: 2, ..Self::PLAIN };
        match removed {
            Removed::RecordFirst => (scenario, &[ONE_SHARD]),
            Removed::Fence => (Self { others: 1, ..scenario }, &[ONE_SHARD]),
            Removed::LifeOfFence => (Self { others: 2, ..scenario }, &[FREE]),
            Removed::LateLook => (Self { releases: true, ttl: 3, ..scenario }, &[AGREE]),
            Removed::AgeOfRecord => (Self { releases: true, ttl: 3, ..scenario }, &[AGREE]),
            Removed::ToldFirst => (scenario, &[TOLD_FIRST]),
            Removed::LookAtEntry => (scenario, &[ONE_ANSWER]),
            Removed::CompareOfLife => (Self { releases: true, others: 1, ..scenario }, &[ONE_ANSWER]),
            Removed::OneTransaction => (scenario, &[ONE_ANSWER]),
            Removed::EndWritten => (Self { others: 1, ..scenario }, &[ONE_ANSWER]),
            Removed::EndInTell => (Self { extensions: 1, ..scenario }, &[ONE_ANSWER]),
            Removed::EndOfEntry => (
                Self { releases: true, extensions: 1, faults: 1, ttl: 3, ticks: 2, ..scenario },
                &[ONE_ANSWER],
            ),
            Removed::EndIsFinal => (Self { releases: true, ..scenario }, &[FINAL]),
            Removed::Room => (Self { others: 1, ..scenario }, &[WITHIN_CAPACITY]),
            Removed::TimeOfEntry => (Self { others: 1, ..scenario }, &[KEPT]),
            Removed::FenceOfRelease => (Self { releases: true, ..scenario }, &[AGREE]),
            Removed::ClocksOfRelease => (Self { releases: true, clocks_differ: true, ..scenario }, &[AGREE]),
        }
    }

    /// Whether this protection was taken away.
    #[must_use]
    pub fn lacks(&self, protection: Removed) -> bool {
        self.removed == Some(protection)
    }
}
