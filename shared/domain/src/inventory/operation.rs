//! Commands to pages, with the places that they are about.

use super::{PageCommand, PageKey, SlotPlaces};

/// Places of one page.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Placement {
    /// The page.
    pub page: PageKey,
    /// The revision of the resource's schedule that the slots are of. A page of another one does not know them.
    pub schedule_revision: u64,
    /// Slots of that page, with the places taken in each.
    pub places: SlotPlaces,
}

/// A command to one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageOperation {
    /// The page, and the schedule it must be of. The places are those that the command's hold takes there; a command that
    /// names its slots itself needs none.
    pub placement: Placement,
    /// What is asked of it.
    pub command: PageCommand,
}
