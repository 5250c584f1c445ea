//! What rates need of the store.

use std::collections::BTreeSet;

use async_trait::async_trait;
use holdfast_domain::catalogue::Month;
use holdfast_domain::rates::card::ResourceRates;
use holdfast_domain::rates::dated::DatedRates;
use holdfast_domain::rates::promotion::{PromotionCode, UseLimits};
use holdfast_domain::rates::uses::UsesMade;
use holdfast_domain::{Fingerprint, GuestId, GuestMark, ResourceId};
use jiff::Timestamp;

use crate::kernel::errors::{LedgerError, StoreError};
use crate::rates::commit::{CardRecord, DatedCommit, RatesCommit};

/// Reads the rates of resources.
#[async_trait]
pub trait RateReader: Send + Sync {
    /// The cards of a resource, if it ever had any, and what is set for the dates of those months; the latest writes, in one read.
    async fn rates(
        &self,
        resource: &ResourceId,
        months: &BTreeSet<Month>,
    ) -> Result<(Option<ResourceRates>, DatedRates), StoreError>;

    /// The cards of a resource, if it ever had any, and everything that is set for its dates; the latest writes.
    async fn all_rates(
        &self,
        resource: &ResourceId,
    ) -> Result<(Option<ResourceRates>, DatedRates), StoreError>;
}

/// Reads and writes the rates of resources.
#[async_trait]
pub trait RateStore: RateReader {
    /// Writes the cards of a resource with the entry of its trail and the version that is put, all or nothing.
    /// [`LedgerError::ResourceChanged`] if the resource's terms or trail, or its cards, are others than those that they follow.
    async fn put_rates(&self, commit: &RatesCommit) -> Result<(), LedgerError>;

    /// Writes what is set for some months with the entry of the resource's trail, all or nothing.
    /// [`LedgerError::ResourceChanged`] if the resource's terms or trail, or one of the months, are others than those that they follow.
    async fn put_months(&self, commit: &DatedCommit) -> Result<(), LedgerError>;
}

/// A page of the history of a resource's cards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardPage {
    /// The versions, the newest first.
    pub records: Vec<CardRecord>,
    /// Whether there may be older ones.
    pub more: bool,
}

/// Reads the versions of rate cards that were ever put.
#[async_trait]
pub trait RateHistory: Send + Sync {
    /// The newest versions whose number is less than `before`: at most `limit`, and fewer where they are large; none only if there is
    /// none.
    async fn versions_before(
        &self,
        resource: &ResourceId,
        before: u64,
        limit: u32,
    ) -> Result<CardPage, StoreError>;
}

/// Reads how often promotions are used whose uses are limited. They are counted by [`HoldStore`](crate::holds::HoldStore) and
/// [`BookingStore`](crate::bookings::BookingStore), with what uses them.
#[async_trait]
pub trait PromotionUses: Send + Sync {
    /// How often a promotion of a resource is used, in all and by that guest; the latest writes, in one read. What `limits` do not limit,
    /// and what is of a guest where none is named, is not read, and counts as nothing.
    async fn made(
        &self,
        resource: &ResourceId,
        code: &PromotionCode,
        limits: UseLimits,
        guest: Option<&GuestId>,
    ) -> Result<UsesMade, StoreError>;
}

/// What somebody has tried of promotions' codes within an hour of the clock.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TriedCodes {
    /// What is counted: codes that did not count, and such as are being tried at this moment.
    pub counted: BTreeSet<Fingerprint>,
    /// What is known to be good.
    pub good: BTreeSet<Fingerprint>,
}

/// Counts the codes that somebody tries, each of a resource once within an hour of the clock. Whoever tries, and what, is known by digests.
#[async_trait]
pub trait CodeTries: Send + Sync {
    /// What was tried within the hour of `now`; the latest writes.
    async fn tried(&self, by: &GuestMark, now: Timestamp) -> Result<TriedCodes, StoreError>;

    /// Counts a code, unless `most` others are counted already; whether it is counted. However many are counted at once, no more are than
    /// `most`.
    async fn count(
        &self,
        by: &GuestMark,
        code: &Fingerprint,
        most: usize,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Counts a code no longer, and remembers that it is good if that is to be `remembered`. Again: no effect.
    async fn clear(
        &self,
        by: &GuestMark,
        code: &Fingerprint,
        remembered: bool,
        now: Timestamp,
    ) -> Result<(), StoreError>;
}
