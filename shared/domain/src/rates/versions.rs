//! Versions of a resource's rate card: which one holds, and how one is added.

use jiff::Timestamp;
use thiserror::Error;

use crate::rates::card::{CardVersion, RateCard, ResourceRates};

/// The most versions that hold, or are to, at a time: with a draft, as many cards as one item of the store takes.
pub const VERSIONS_MAX: usize = 4;

/// Why a version is not added: there are [`VERSIONS_MAX`] already that are not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("at most {VERSIONS_MAX} versions of a rate card may hold now or later")]
pub struct TooManyVersions;

impl ResourceRates {
    /// The version that holds at `now`: of those that have begun the one that began last. None before the first.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Option<&CardVersion> {
        let begun = self.versions.iter().filter(|version| version.valid_from <= now);
        begun.max_by_key(|version| (version.valid_from, version.number))
    }

    /// These rates with `card` as the version that holds from `valid_from` on, and the draft as it was: the past stays, so that a card from
    /// before `now` holds from `now` on. It replaces a version that was to begin at the same instant. Versions that are over are left out:
    /// what was sold under them has its own copy. The new version's number is the revision of this write.
    ///
    /// # Errors
    /// [`TooManyVersions`].
    pub fn with_version(
        &self,
        card: RateCard,
        valid_from: Timestamp,
        now: Timestamp,
    ) -> Result<Self, TooManyVersions> {
        let valid_from = valid_from.max(now);
        let revision = self.revision + 1;
        let holds = self.at(now).map(|version| version.number);
        let is_kept = |version: &&CardVersion| {
            let is_over = version.valid_from <= now && Some(version.number) != holds;
            !is_over && version.valid_from != valid_from
        };
        let mut versions: Vec<CardVersion> = self.versions.iter().filter(is_kept).cloned().collect();
        if valid_from == now {
            versions.retain(|version| version.valid_from > now);
        }
        versions.push(CardVersion { number: revision, valid_from, card });
        versions.sort_by_key(|version| version.valid_from);
        if versions.len() > VERSIONS_MAX {
            return Err(TooManyVersions);
        }
        Ok(Self { revision, versions, ..self.clone() })
    }

    /// These rates with another draft, or without one.
    #[must_use]
    pub fn with_draft(&self, draft: Option<RateCard>) -> Self {
        Self { revision: self.revision + 1, draft, ..self.clone() }
    }
}
