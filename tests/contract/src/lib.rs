//! What every implementation of the ports of holds, bookings and resources has to do, whatever it is made of. One suite runs over the
//! DynamoDB adapter and over the in-memory ledger of `tests/model`, so that neither can drift away from the other.
//!
//! A behaviour that an implementation deliberately does not have is named by a [`Capability`] with the reason, and is run all
//! the same: it must fail. A capability that is no longer missing fails the suite.

#![expect(clippy::expect_used, clippy::panic, reason = "a behaviour that is missing fails its test")]

mod fixture;

pub mod bookings;
pub mod holds;
pub mod promotions;
pub mod resources;
pub mod tries;

use std::future::Future;
use std::sync::Arc;

use holdfast_app::bookings::{BookingContacts, BookingHistory, BookingJournal, BookingStore};
use holdfast_app::catalogue::{Catalogue, HoldStopSwitch, ResourceHistory};
use holdfast_app::holds::HoldStore;
use holdfast_app::payments::{CustomerActions, SagaCallbacks};
use holdfast_app::rates::{CodeTries, PromotionUses};
use holdfast_domain::rates::promotion::UseLimits;
use holdfast_domain::{BookingId, Hold, Resource};
use jiff::Timestamp;

/// What an implementation may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// Holds over more than one page.
    SeveralPages,
    /// Limits on what one guest may hold.
    HoldLimits,
    /// Audit trails, and a guest's list of bookings.
    History,
    /// Operators' changes of resources, and their trail.
    Operators,
}

/// The ports, over one ledger.
#[derive(Clone)]
#[expect(missing_docs, reason = "each field is the port of its name")]
pub struct Ports {
    pub holds: Arc<dyn HoldStore>,
    pub bookings: Arc<dyn BookingStore>,
    pub journal: Arc<dyn BookingJournal>,
    pub callbacks: Arc<dyn SagaCallbacks>,
    pub actions: Arc<dyn CustomerActions>,
    pub contacts: Arc<dyn BookingContacts>,
    pub uses: Arc<dyn PromotionUses>,
    pub tries: Arc<dyn CodeTries>,
    pub history: Option<Arc<dyn BookingHistory>>,
    pub operators: Option<Operators>,
}

/// The ports of operators.
#[derive(Clone)]
#[expect(missing_docs, reason = "each field is the port of its name")]
pub struct Operators {
    pub catalogue: Arc<dyn Catalogue>,
    pub history: Arc<dyn ResourceHistory>,
    pub switch: Arc<dyn HoldStopSwitch>,
}

/// An implementation of the ports, with a resource to book. Holds are of one place; they live for 600 seconds and begin no
/// cool-down.
pub trait Implementation: Sized + Send + Sync + 'static {
    /// What it deliberately does not have, and why.
    const LACKS: &'static [(Capability, &'static str)];

    /// A ledger with one resource that has so many places in every slot. `one_each` limits guests to one hold each.
    fn with_places(capacity: u32, one_each: bool) -> impl Future<Output = Self> + Send;

    /// The ports.
    fn ports(&self) -> &Ports;

    /// The resource.
    fn resource(&self) -> &Resource;

    /// When a test begins.
    fn start(&self) -> Timestamp;

    /// The hold of guest 0, 1 or 2, as the use case makes it at `now`.
    fn hold(&self, guest: usize, now: Timestamp) -> Hold;

    /// The same over two pages.
    fn long_hold(&self, guest: usize, now: Timestamp) -> Hold;

    /// The same as [`Implementation::hold`], priced with a promotion that may be used so often.
    fn limited_hold(&self, guest: usize, now: Timestamp, limits: UseLimits) -> Hold;

    /// How often that promotion is used.
    fn uses(&self) -> impl Future<Output = u64> + Send;

    /// The booking that a guest asks for with card 0 or 1.
    fn booking(&self, guest: usize, card: usize) -> BookingId;

    /// The places that could be held at `now` on the page of [`Implementation::hold`].
    fn offered(&self, now: Timestamp) -> impl Future<Output = u32> + Send;
}

/// Runs a behaviour. One that `I` lacks must fail.
pub async fn check<I: Implementation>(
    needs: Option<Capability>,
    behaviour: impl Future<Output = ()> + Send + 'static,
) {
    let lacks = needs.and_then(|needs| I::LACKS.iter().find(|(capability, _)| *capability == needs));
    match lacks {
        None => behaviour.await,
        Some((capability, reason)) => {
            let outcome = tokio::spawn(behaviour).await;
            assert!(outcome.is_err(), "{capability:?} is there, although: {reason}");
        }
    }
}

/// Makes a test of every behaviour over an implementation.
#[macro_export]
macro_rules! contract {
    ($implementation:ty) => {
        $crate::contract!($implementation, None, holds: [
            places_are_held_until_they_are_sold_out,
            the_same_request_gets_the_first_hold,
            a_key_used_for_something_else_is_refused,
            a_hold_counts_until_its_time_has_passed,
            a_lapsed_hold_gives_way_to_another_guest,
            an_extension_adds_one_ttl,
            an_extension_is_granted_once_per_request,
            extensions_are_bounded,
            a_lapsed_hold_is_not_extended,
            a_released_hold_is_free_at_once,
            a_release_again_has_no_effect,
            a_release_after_the_end_leaves_the_hold_expired,
            a_live_hold_is_not_dropped,
            a_lapsed_hold_is_dropped_once,
            nobody_knows_a_hold_that_was_never_placed,
        ]);
        $crate::contract!($implementation, Some($crate::Capability::SeveralPages), holds: [
            all_pages_are_held_or_none,
        ]);
        $crate::contract!($implementation, Some($crate::Capability::HoldLimits), holds: [
            a_guest_does_not_pass_the_limit,
        ]);
        $crate::contract!($implementation, None, bookings: [
            a_booking_claims_its_hold,
            a_claimed_hold_is_neither_released_nor_claimed_again,
            a_claim_outlasts_the_hold,
            a_refused_claim_writes_nothing,
            a_stale_commit_changes_nothing,
            a_confirmed_booking_keeps_its_places,
            a_confirmed_hold_is_not_released,
            a_lapsed_claim_is_confirmed_on_free_places,
            a_lapsed_claim_whose_places_are_gone_is_sold_out,
            a_cancelled_booking_frees_its_places,
            a_booking_cancelled_before_it_was_confirmed_releases_its_hold,
            a_failed_payment_gives_the_hold_back_to_its_guest,
            a_charge_that_failed_makes_the_booking_a_hold_again,
            a_customer_step_prolongs_the_hold,
            the_journal_leaves_inventory_alone,
            a_stale_entry_of_the_journal_is_refused,
            the_latest_callback_is_remembered,
            what_the_customer_has_to_do_is_kept_with_the_event_that_asks_it,
            how_the_guest_is_reached_is_kept_with_the_booking,
        ]);
        $crate::contract!($implementation, None, promotions: [
            uses_are_counted_up_to_the_limit,
            uses_of_a_guest_are_counted_for_the_guest,
            uses_are_told_as_far_as_they_are_limited,
            what_is_sold_out_uses_nothing,
            a_release_gives_the_use_back,
            an_expiry_gives_the_use_back,
            a_reclaimed_hold_gives_its_use_back_once,
            a_declined_card_keeps_the_use,
            a_booking_that_ends_gives_the_use_back,
            a_booking_that_is_a_hold_again_keeps_the_use,
            an_abandoned_hold_gives_the_use_back,
            a_late_payment_is_counted_beyond_the_limit,
        ]);
        $crate::contract!($implementation, None, tries: [
            codes_are_counted_up_to_the_limit,
            a_good_code_is_counted_no_longer,
            codes_are_counted_by_the_hour,
            at_once_no_more_codes_are_counted_than_may_be,
        ]);
        $crate::contract!($implementation, Some($crate::Capability::History), bookings: [
            every_change_has_its_entry_in_the_audit_trail,
            a_guest_finds_their_own_bookings,
        ]);
        $crate::contract!($implementation, Some($crate::Capability::Operators), resources: [
            every_change_of_a_resource_has_its_entry_in_the_trail,
            what_is_set_for_dates_is_read_back,
            a_stale_change_of_a_resource_enters_nothing,
            a_stop_is_set_and_ended_with_its_entry,
        ]);
    };
    ($implementation:ty, $needs:expr, $module:ident: [$($behaviour:ident),* $(,)?]) => {
        $(
            #[tokio::test]
            async fn $behaviour() {
                $crate::check::<$implementation>($needs, $crate::$module::$behaviour::<$implementation>())
                    .await;
            }
        )*
    };
}
