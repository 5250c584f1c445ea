//! Ledgers with one flaw each. The contract must find every one of them.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use holdfast_app::bookings::{BookingCommit, BookingReader, BookingStore, CommitError};
use holdfast_app::holds::{HoldReader, HoldStore, Placed};
use holdfast_app::rates::{CodeTries, PromotionUses, TriedCodes};
use holdfast_app::{LedgerError, Mutation, StoreError};
use holdfast_contract::{Capability, Implementation, Ports, bookings, holds, promotions, tries};
use holdfast_domain::holds::Extension;
use holdfast_domain::rates::promotion::{PromotionCode, UseLimits};
use holdfast_domain::rates::uses::UsesMade;
use holdfast_domain::{
    Booking, BookingId, Fingerprint, GuestId, GuestMark, Hold, HoldId, HoldSnapshot, PageCommand, Resource,
    ResourceId, SlotPlaces,
};
use jiff::Timestamp;

use crate::implementation::Memory;

/// What is wrong.
trait Flaw: Send + Sync + 'static {
    /// A hold as it is placed.
    fn placed(hold: &Hold) -> Hold {
        hold.clone()
    }
    /// An answer to a request to place.
    fn answer(placed: Placed) -> Placed {
        placed
    }
    /// Whether releases are carried out.
    const RELEASES: bool = true;
    /// Whether a commit gives places back.
    const FREES: bool = true;
    /// Whether a stale commit is reported.
    const NOTICES_STALE: bool = true;
    /// Whether the uses of one guest are told of another.
    const CONFUSES_GUESTS: bool = false;
    /// Whether codes that are tried are looked at and then counted, in two steps.
    const LOOKS_BEFORE_IT_COUNTS: bool = false;
    /// Whether a good code stays counted.
    const KEEPS_GOOD_CODES: bool = false;
    /// The request of an extension as it is remembered.
    fn request(request: &Fingerprint, _: Timestamp) -> Fingerprint {
        request.clone()
    }
}

struct Flawed<F>(Ports, PhantomData<F>);

#[async_trait]
impl<F: Flaw> HoldReader for Flawed<F> {
    async fn hold(&self, id: &HoldId) -> Result<Option<HoldSnapshot>, StoreError> {
        self.0.holds.hold(id).await
    }
}

#[async_trait]
impl<F: Flaw> HoldStore for Flawed<F> {
    async fn place(&self, of: &[&Resource], hold: &Hold, by: &Mutation) -> Result<Placed, LedgerError> {
        self.0.holds.place(of, &F::placed(hold), by).await.map(F::answer)
    }
    async fn extend(
        &self,
        hold: &Hold,
        request: &Fingerprint,
        by: &Mutation,
    ) -> Result<(Extension, bool), LedgerError> {
        self.0.holds.extend(hold, &F::request(request, by.now), by).await
    }
    async fn release(&self, hold: &Hold, by: &Mutation) -> Result<(), LedgerError> {
        if F::RELEASES { self.0.holds.release(hold, by).await } else { Ok(()) }
    }
    async fn expire(&self, hold: &Hold, by: &Mutation) -> Result<(), LedgerError> {
        self.0.holds.expire(hold, by).await
    }
}

#[async_trait]
impl<F: Flaw> PromotionUses for Flawed<F> {
    async fn made(
        &self,
        resource: &ResourceId,
        code: &PromotionCode,
        limits: UseLimits,
        guest: Option<&GuestId>,
    ) -> Result<UsesMade, StoreError> {
        let made = self.0.uses.made(resource, code, limits, guest).await?;
        Ok(if F::CONFUSES_GUESTS { UsesMade { of_guest: made.in_all, ..made } } else { made })
    }
}

#[async_trait]
impl<F: Flaw> BookingReader for Flawed<F> {
    async fn booking(&self, id: &BookingId) -> Result<Option<Booking>, StoreError> {
        self.0.bookings.booking(id).await
    }
}

#[async_trait]
impl<F: Flaw> BookingStore for Flawed<F> {
    async fn commit(&self, commit: &BookingCommit) -> Result<(), CommitError> {
        let mut carried_out = commit.clone();
        carried_out
            .inventory
            .operations
            .retain(|operation| F::FREES || !matches!(operation.command, PageCommand::Free { .. }));
        match self.0.bookings.commit(&carried_out).await {
            Err(CommitError::Stale) if !F::NOTICES_STALE => Ok(()),
            outcome => outcome,
        }
    }
}

#[async_trait]
impl<F: Flaw> CodeTries for Flawed<F> {
    async fn tried(&self, by: &GuestMark, now: Timestamp) -> Result<TriedCodes, StoreError> {
        self.0.tries.tried(by, now).await
    }
    async fn count(
        &self,
        by: &GuestMark,
        code: &Fingerprint,
        most: usize,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        if !F::LOOKS_BEFORE_IT_COUNTS {
            return self.0.tries.count(by, code, most, now).await;
        }
        let known = self.0.tries.tried(by, now).await?;
        tokio::task::yield_now().await;
        Ok(known.counted.len() < most && self.0.tries.count(by, code, usize::MAX, now).await?)
    }
    async fn clear(
        &self,
        by: &GuestMark,
        code: &Fingerprint,
        remembered: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if F::KEEPS_GOOD_CODES { Ok(()) } else { self.0.tries.clear(by, code, remembered, now).await }
    }
}

/// The model's ledger with a flaw.
struct With<F> {
    whole: Memory,
    ports: Ports,
    flaw: PhantomData<F>,
}

impl<F: Flaw> Implementation for With<F> {
    const LACKS: &'static [(Capability, &'static str)] = Memory::LACKS;

    async fn with_places(capacity: u32, one_each: bool) -> Self {
        let whole = Memory::with_places(capacity, one_each).await;
        let flawed = Arc::new(Flawed::<F>(whole.ports().clone(), PhantomData));
        let ports = Ports {
            holds: flawed.clone(),
            bookings: flawed.clone(),
            uses: flawed.clone(),
            tries: flawed,
            ..whole.ports().clone()
        };
        Self { whole, ports, flaw: PhantomData }
    }
    fn ports(&self) -> &Ports {
        &self.ports
    }
    fn resource(&self) -> &Resource {
        self.whole.resource()
    }
    fn start(&self) -> Timestamp {
        self.whole.start()
    }
    fn hold(&self, guest: usize, now: Timestamp) -> Hold {
        self.whole.hold(guest, now)
    }
    fn long_hold(&self, guest: usize, now: Timestamp) -> Hold {
        self.whole.long_hold(guest, now)
    }
    fn limited_hold(&self, guest: usize, now: Timestamp, limits: UseLimits) -> Hold {
        self.whole.limited_hold(guest, now, limits)
    }
    async fn uses(&self) -> u64 {
        self.whole.uses().await
    }
    fn booking(&self, guest: usize, card: usize) -> BookingId {
        self.whole.booking(guest, card)
    }
    async fn offered(&self, now: Timestamp) -> u32 {
        self.whole.offered(now).await
    }
}

/// The contract must find the flaw by this behaviour, which holds where nothing is wrong.
async fn is_found(
    flawed: impl Future<Output = ()> + Send + 'static,
    whole: impl Future<Output = ()> + Send + 'static,
) {
    whole.await;
    assert!(tokio::spawn(flawed).await.is_err(), "the flaw was not found");
}

struct TakesNoPlace;
impl Flaw for TakesNoPlace {
    fn placed(hold: &Hold) -> Hold {
        let mut hold = hold.clone();
        for placement in &mut hold.order.placements {
            placement.places = SlotPlaces::default();
        }
        hold
    }
}

#[tokio::test]
async fn control_holds_that_take_no_place_are_found() {
    type Flawed = With<TakesNoPlace>;
    is_found(
        holds::places_are_held_until_they_are_sold_out::<Flawed>(),
        holds::places_are_held_until_they_are_sold_out::<Memory>(),
    )
    .await;
}

struct ForgetsReplays;
impl Flaw for ForgetsReplays {
    fn answer(placed: Placed) -> Placed {
        Placed { replayed: false, ..placed }
    }
}

#[tokio::test]
async fn control_a_repeated_request_that_is_not_noticed_is_found() {
    type Flawed = With<ForgetsReplays>;
    is_found(
        holds::the_same_request_gets_the_first_hold::<Flawed>(),
        holds::the_same_request_gets_the_first_hold::<Memory>(),
    )
    .await;
}

struct ReleasesNothing;
impl Flaw for ReleasesNothing {
    const RELEASES: bool = false;
}

#[tokio::test]
async fn control_a_release_without_effect_is_found() {
    type Flawed = With<ReleasesNothing>;
    is_found(
        holds::a_released_hold_is_free_at_once::<Flawed>(),
        holds::a_released_hold_is_free_at_once::<Memory>(),
    )
    .await;
    is_found(
        bookings::a_confirmed_hold_is_not_released::<Flawed>(),
        bookings::a_confirmed_hold_is_not_released::<Memory>(),
    )
    .await;
}

struct ExtendsAgain;
impl Flaw for ExtendsAgain {
    #[expect(clippy::panic, reason = "a helper of tests")]
    fn request(_: &Fingerprint, now: Timestamp) -> Fingerprint {
        let name = format!("extension-{}", now.as_second());
        Fingerprint::parse(&name).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

#[tokio::test]
async fn control_an_extension_that_is_granted_twice_is_found() {
    type Flawed = With<ExtendsAgain>;
    is_found(
        holds::an_extension_is_granted_once_per_request::<Flawed>(),
        holds::an_extension_is_granted_once_per_request::<Memory>(),
    )
    .await;
}

struct OverlooksChanges;
impl Flaw for OverlooksChanges {
    const NOTICES_STALE: bool = false;
}

#[tokio::test]
async fn control_a_stale_commit_that_is_not_noticed_is_found() {
    type Flawed = With<OverlooksChanges>;
    is_found(
        bookings::a_stale_commit_changes_nothing::<Flawed>(),
        bookings::a_stale_commit_changes_nothing::<Memory>(),
    )
    .await;
}

struct FreesNothing;
impl Flaw for FreesNothing {
    const FREES: bool = false;
}

#[tokio::test]
async fn control_a_cancellation_that_frees_nothing_is_found() {
    type Flawed = With<FreesNothing>;
    is_found(
        bookings::a_cancelled_booking_frees_its_places::<Flawed>(),
        bookings::a_cancelled_booking_frees_its_places::<Memory>(),
    )
    .await;
}

struct CountsNoUse;
impl Flaw for CountsNoUse {
    fn placed(hold: &Hold) -> Hold {
        let mut hold = hold.clone();
        hold.order.rate = None;
        hold
    }
}

#[tokio::test]
async fn control_a_promotion_that_is_not_counted_is_found() {
    type Flawed = With<CountsNoUse>;
    is_found(
        promotions::uses_are_counted_up_to_the_limit::<Flawed>(),
        promotions::uses_are_counted_up_to_the_limit::<Memory>(),
    )
    .await;
}

struct ConfusesGuests;
impl Flaw for ConfusesGuests {
    const CONFUSES_GUESTS: bool = true;
}

#[tokio::test]
async fn control_uses_that_are_told_of_another_guest_are_found() {
    type Flawed = With<ConfusesGuests>;
    is_found(
        promotions::uses_are_told_as_far_as_they_are_limited::<Flawed>(),
        promotions::uses_are_told_as_far_as_they_are_limited::<Memory>(),
    )
    .await;
}

struct LooksBeforeItCounts;
impl Flaw for LooksBeforeItCounts {
    const LOOKS_BEFORE_IT_COUNTS: bool = true;
}

#[tokio::test]
async fn control_a_limit_that_those_at_once_pass_is_found() {
    type Flawed = With<LooksBeforeItCounts>;
    is_found(
        tries::at_once_no_more_codes_are_counted_than_may_be::<Flawed>(),
        tries::at_once_no_more_codes_are_counted_than_may_be::<Memory>(),
    )
    .await;
}

struct KeepsGoodCodes;
impl Flaw for KeepsGoodCodes {
    const KEEPS_GOOD_CODES: bool = true;
}

#[tokio::test]
async fn control_a_good_code_that_stays_counted_is_found() {
    type Flawed = With<KeepsGoodCodes>;
    is_found(
        tries::a_good_code_is_counted_no_longer::<Flawed>(),
        tries::a_good_code_is_counted_no_longer::<Memory>(),
    )
    .await;
}
