//! Trails of sealed entries: of bookings, and of what operators change.
//!
//! An entry's seal is a SHA-256 digest over the seal before it and its own content, and what the trail is about keeps the last
//! one. An entry that is altered, added or removed breaks every seal after it ([`verify`]).

use holdfast_domain::{Seal, TrailHead};
use thiserror::Error;

/// The most entries of a trail in one answer.
pub const TRAIL_LIMIT_MAX: u32 = 100;

/// An entry of a trail.
pub(crate) trait Link {
    /// 1 for the first entry, growing by one.
    fn sequence(&self) -> u64;

    /// The seal that it bears.
    fn seal(&self) -> Option<&Seal>;

    /// The seal of its content after that seal.
    fn sealed_after(&self, previous: Option<&Seal>) -> Seal;
}

/// Where a trail is not what was written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BrokenTrail {
    /// An entry is gone, or something is in its place.
    #[error("entry {0} is missing")]
    Missing(u64),
    /// An entry's content, or one before it, is not what was sealed.
    #[error("entry {0} is not as it was sealed")]
    Altered(u64),
    /// An entry bears no seal: it was taken away, or the entry is older than seals are.
    #[error("entry {0} has no seal")]
    Unsealed(u64),
    /// There are entries that what the trail is about knows nothing of.
    #[error("entry {0} was added")]
    Added(u64),
    /// The trail is whole, and what it is about remembers another.
    #[error("the last of {0} entries is not the one that is remembered")]
    Replaced(u64),
    /// The trail, or what it is about, cannot be read at all.
    #[error("{0}")]
    Unreadable(String),
    /// There is nothing that the trail could be about.
    #[error("there is no such booking, resource or property")]
    Unknown,
}

/// Whether `trail`, oldest first, is all that was ever written up to `head`.
///
/// # Errors
/// [`BrokenTrail`]: the first broken link.
pub(crate) fn verify(head: &TrailHead, trail: &[impl Link]) -> Result<(), BrokenTrail> {
    let mut last = None;
    for (expected, entry) in (1_u64..).zip(trail) {
        if entry.sequence() != expected {
            return Err(BrokenTrail::Missing(expected));
        }
        if expected > head.entries {
            return Err(BrokenTrail::Added(expected));
        }
        if entry.seal().is_none() {
            return Err(BrokenTrail::Unsealed(expected));
        }
        let made = entry.sealed_after(last.as_ref());
        if entry.seal() != Some(&made) {
            return Err(BrokenTrail::Altered(expected));
        }
        last = Some(made);
    }
    let entries = u64::try_from(trail.len()).unwrap_or(u64::MAX);
    if entries < head.entries {
        return Err(BrokenTrail::Missing(entries + 1));
    }
    if head.seal == last { Ok(()) } else { Err(BrokenTrail::Replaced(entries)) }
}
