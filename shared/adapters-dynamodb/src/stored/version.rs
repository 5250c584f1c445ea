//! Versions of stored items: which one an item has, and which one is written. `docs/storage.md` has the rules.

use std::fmt;

use holdfast_app::StoreError;

use crate::table::item::{Item, Reader, n};

/// The attribute that names an item's version; items of version 0 have none.
pub(crate) const VERSION: &str = "ver";

/// A version of an item's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// The shape before versions: documents with positional tuples, no version attribute.
    V0,
    /// Named fields throughout.
    V1,
}

impl Version {
    /// Every version that can be read, the oldest first.
    pub const ALL: [Self; 2] = [Self::V0, Self::V1];

    /// The version's number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::V0 => 0,
            Self::V1 => 1,
        }
    }

    /// The version of a stored item.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a version that a later release has written: what it means is not known here, and would
    /// be lost if the item were written back.
    pub(crate) fn of(reader: &Reader<'_>) -> Result<Self, StoreError> {
        let Some(number) = reader.optional(VERSION, Reader::number::<u32>)? else { return Ok(Self::V0) };
        Self::ALL
            .into_iter()
            .find(|version| u32::from(version.number()) == number)
            .ok_or_else(|| reader.corrupt(format!("this release cannot read version {number}")))
    }

    /// Marks an item as being of this version.
    pub(crate) fn mark(self, item: &mut Item) {
        match self {
            Self::V0 => {}
            Self::V1 => {
                item.insert(VERSION.to_owned(), n(self.number()));
            }
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

/// The version in which each kind of item is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writes {
    /// Resources, and their copies in the read model.
    pub resource: Version,
    /// Dated facts, and their copies in the read model.
    pub facts: Version,
    /// Rate cards, their versions, and what is set for dates.
    pub rates: Version,
    /// Pages, and their copies in the read model.
    pub page: Version,
    /// Hold records.
    pub hold: Version,
    /// Bookings.
    pub booking: Version,
    /// Entries of the audit trail.
    pub audit: Version,
    /// Task tokens, sent mails and parked cases.
    pub note: Version,
}

/// What this release writes. It is what the release before can read: version 1 where that only adds an attribute which the
/// release before does not look at, version 0 where it changes the document. The next release writes version 1 throughout.
pub const WRITES: Writes = Writes {
    resource: Version::V0,
    facts: Version::V1,
    rates: Version::V1,
    page: Version::V1,
    hold: Version::V0,
    booking: Version::V0,
    audit: Version::V1,
    note: Version::V1,
};
