//! The life of one hold: exact expiry, claim, prolongation, extension, and what its record says of it.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::collections::BTreeMap;

use holdfast_domain::bookings::Order;
use holdfast_domain::holds::Extension;
use holdfast_domain::inventory::{
    EXTENSIONS_MAX, HOLDS_PER_PAGE_MAX, HoldState, PageFrame, PageShape, Placement, SlotRule,
};
use holdfast_domain::money::{Currency, Money};
use holdfast_domain::{
    BookingId, CancellationPolicy, Fingerprint, GuestId, GuestMark, Hold, HoldId, HoldSnapshot, HoldStatus,
    Page, PageChange, PageCommand, PageHold, PageKey, PageRejection, ResourceId, SlotKey, SlotPlaces,
};
use jiff::{SignedDuration, Timestamp};

const TTL_SECONDS: i64 = 10;

fn slot() -> SlotKey {
    SlotKey::parse("01").expect("a key")
}

fn hold(name: &str) -> HoldId {
    HoldId::parse(name).expect("an id")
}

fn booking(name: &str) -> BookingId {
    BookingId::parse(name).expect("an id")
}

fn guest(name: &str) -> GuestMark {
    GuestMark::parse(name).expect("an id")
}

fn digest(name: &str) -> Fingerprint {
    Fingerprint::parse(name).expect("an id")
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).expect("in range")
}

fn one_place() -> SlotPlaces {
    SlotPlaces::uniform([slot()], 1).expect("a place")
}

fn page_key() -> PageKey {
    PageKey::first(ResourceId::parse("hotel").expect("an id"), "2026-06")
}

fn entry(fingerprint: &str, expires_at: Timestamp) -> PageHold {
    PageHold {
        places: one_place(),
        expires_at,
        state: HoldState::Active,
        prolonged: false,
        first_expires_at: expires_at,
        extensions: Vec::new(),
        fingerprint: digest(fingerprint),
        guest: guest("guest-1"),
        cool_down_seconds: Some(0),
    }
}

fn place(name: &str, expires_at: i64) -> PageCommand {
    PageCommand::Place { hold: hold(name), entry: entry(name, at(expires_at)), limits: None }
}

fn claim(name: &str, payer: &str, deadline: i64) -> PageCommand {
    PageCommand::Claim { hold: hold(name), booking: booking(payer), deadline: at(deadline) }
}

fn prolong(name: &str, payer: &str) -> PageCommand {
    let by = SignedDuration::from_secs(TTL_SECONDS);
    PageCommand::Prolong { hold: hold(name), booking: booking(payer), by }
}

fn unclaim(name: &str, payer: &str) -> PageCommand {
    PageCommand::Unclaim { hold: hold(name), booking: booking(payer) }
}

fn extend(name: &str, request: &str) -> PageCommand {
    let by = SignedDuration::from_secs(TTL_SECONDS);
    PageCommand::Extend { hold: hold(name), request: digest(request), by }
}

fn confirm(name: &str, payer: &str) -> PageCommand {
    PageCommand::Confirm { hold: hold(name), booking: booking(payer), places: one_place() }
}

fn release(name: &str) -> PageCommand {
    PageCommand::Release { hold: hold(name), counts_for: None }
}

fn expire(name: &str) -> PageCommand {
    PageCommand::Expire { hold: hold(name), counts_for: None }
}

/// A page of one slot, and the commands of a scenario put to it.
struct Scene(Page);

impl Scene {
    fn new(capacity: u32) -> Self {
        Self(Page::fresh(page_key(), 1, capacity, vec![slot()]))
    }

    #[track_caller]
    fn does(&mut self, second: i64, command: PageCommand) -> &mut Self {
        let changes = self.0.decide(&command, at(second)).expect("it may happen");
        assert_ne!(changes, [], "{command:?} does nothing");
        self.0 = self.0.apply(&changes);
        assert_eq!(self.0.broken_slot(), None);
        self
    }

    #[track_caller]
    fn does_nothing(&mut self, second: i64, command: PageCommand) -> &mut Self {
        assert_eq!(self.0.decide(&command, at(second)), Ok(Vec::new()), "{command:?}");
        self
    }

    #[track_caller]
    fn refuses(&mut self, second: i64, command: PageCommand, rejection: PageRejection) -> &mut Self {
        assert_eq!(self.0.decide(&command, at(second)), Err(rejection), "{command:?}");
        self
    }

    #[track_caller]
    fn offers(&mut self, second: i64, places: u32) -> &mut Self {
        assert_eq!(self.0.offered(&slot(), at(second)), places);
        self
    }
}

const SOLD_OUT: PageRejection = PageRejection::SoldOut { available: 0 };

#[test]
fn a_hold_is_dead_at_the_very_instant_it_expires() {
    let last = entry("a", at(10));
    let almost = at(10) - SignedDuration::from_nanos(1);
    assert!(last.is_live(almost));
    assert!(!last.is_live(at(10)));

    let mut scene = Scene::new(1);
    scene.does(0, place("a", 10)).offers(0, 0).offers(9, 0).offers(10, 1);
    assert_eq!(scene.0.decide(&place("b", 60), almost), Err(SOLD_OUT));
    scene.refuses(9, expire("a"), PageRejection::HoldLive { until: at(10) });
    scene.refuses(10, claim("a", "p", 99), PageRejection::HoldExpired);
    scene.refuses(10, extend("a", "r"), PageRejection::HoldExpired);
    scene.does(10, place("b", 60)).offers(10, 0);
    assert!(!scene.0.holds.contains_key(&hold("a")), "its places went with it");
    scene.does_nothing(10, expire("a")).does_nothing(10, release("a"));
    scene.refuses(10, claim("a", "p", 99), PageRejection::HoldMissing);
}

#[test]
fn a_dead_hold_is_dropped_by_whoever_needs_its_places_and_by_nobody_else() {
    let dropped = || PageChange::Expired { hold: hold("a") };
    for (capacity, expected) in [(1, vec![dropped()]), (2, Vec::new())] {
        let mut scene = Scene::new(capacity);
        scene.does(0, place("a", 10));
        let mut changes = scene.0.decide(&place("b", 60), at(10)).expect("a free place");
        assert!(matches!(changes.pop(), Some(PageChange::Placed { .. })));
        assert_eq!(changes, expected, "{capacity} places");
        let mut changes = scene.0.decide(&confirm("b", "p"), at(10)).expect("a free place");
        assert!(matches!(changes.pop(), Some(PageChange::Reacquired { .. })));
        assert_eq!(changes, expected, "{capacity} places");
    }
}

#[test]
fn every_order_of_timer_ttl_and_reclaim_releases_once() {
    let givers: [fn(&str) -> PageCommand; 2] = [expire, release];
    for first in givers {
        for second in givers {
            let mut scene = Scene::new(1);
            scene.does(0, place("a", 10)).does(10, first("a")).does_nothing(11, second("a")).offers(11, 1);
            // Once more, days later, when the places are another's.
            scene.does(12, place("b", 99)).does_nothing(50, second("a")).offers(50, 0);
        }
    }
}

#[test]
fn placing_again_meets_the_earlier_self() {
    let mut scene = Scene::new(2);
    scene.does(0, place("a", 10)).does_nothing(1, place("a", 11)).offers(1, 1);
    let other = PageCommand::Place { hold: hold("a"), entry: entry("another", at(10)), limits: None };
    scene.refuses(1, other, PageRejection::Reused);
    // Dead and asked for again, it is placed anew, once.
    scene.does(10, place("a", 20)).does_nothing(11, place("a", 20)).offers(11, 1);
}

#[test]
fn a_claim_keeps_a_hold_alive_past_its_expiry_until_the_deadline() {
    let mut scene = Scene::new(1);
    scene.does(0, place("a", 10)).does(9, claim("a", "p", 100));
    scene.does_nothing(20, claim("a", "p", 100)).does_nothing(20, claim("a", "p", 50));
    scene.refuses(20, place("b", 99), SOLD_OUT);
    scene.refuses(20, expire("a"), PageRejection::HoldLive { until: at(100) });
    scene.refuses(20, release("a"), PageRejection::HoldClaimed);
    scene.refuses(20, extend("a", "r"), PageRejection::HoldClaimed);
    scene.refuses(20, claim("a", "q", 200), PageRejection::HoldClaimed);
    scene.offers(99, 0).offers(100, 1);
    scene.refuses(100, claim("a", "p", 300), PageRejection::HoldExpired);
}

#[test]
fn a_claim_is_taken_anew_by_the_same_booking_while_it_lives() {
    let mut scene = Scene::new(1);
    scene.does(0, place("a", 10)).does(5, claim("a", "p", 100)).does(6, prolong("a", "p"));
    let until = 10 + TTL_SECONDS;
    scene.refuses(until - 1, expire("a"), PageRejection::HoldLive { until: at(until) });
    scene.does(until - 1, claim("a", "p", until + 900)).refuses(until, place("b", 9_999), SOLD_OUT);
    scene.does(until + 1, confirm("a", "p")).offers(until + 999, 0);
}

#[test]
fn a_claim_never_shortens_a_hold() {
    // An hour's hold and a quarter of an hour's claim: were the saga to stall, the guest's hour stays theirs.
    let mut scene = Scene::new(1);
    scene
        .does(0, place("a", 3600))
        .does(0, claim("a", "p", 900))
        .offers(1000, 0)
        .offers(3599, 0)
        .offers(3600, 1);
    // And what is dead stays dead.
    scene.does(3600, unclaim("a", "p")).offers(3600, 1);
}

#[test]
fn an_unclaimed_hold_that_is_past_its_expiry_is_dead_at_once() {
    let mut scene = Scene::new(1);
    scene.does(0, place("a", 10)).does(9, claim("a", "p", 100)).offers(50, 0);
    scene.does_nothing(50, unclaim("a", "q"));
    scene.does(50, unclaim("a", "p")).does_nothing(50, unclaim("a", "p")).offers(50, 1);
    scene.refuses(50, claim("a", "q", 100), PageRejection::HoldExpired);
    scene.does(50, place("b", 99));
    // In time, it waits for its guest again.
    let mut scene = Scene::new(1);
    scene.does(0, place("a", 10)).does(1, claim("a", "p", 100)).does(5, unclaim("a", "p"));
    scene.offers(9, 0).does(9, claim("a", "q", 100)).does(60, confirm("a", "q")).offers(999, 0);
}

#[test]
fn a_customers_step_prolongs_a_hold_once() {
    let mut scene = Scene::new(1);
    scene.does(0, place("a", 10)).refuses(1, prolong("a", "p"), PageRejection::HoldClaimed);
    scene.does(1, claim("a", "p", 900)).refuses(2, prolong("a", "q"), PageRejection::HoldClaimed);
    scene.does(2, prolong("a", "p")).does_nothing(3, prolong("a", "p"));
    assert_eq!(scene.0.holds[&hold("a")].expires_at, at(20));
    scene.offers(19, 0).offers(20, 1);
    // Another card: the same expiry, however often the bank asks.
    scene.does(5, unclaim("a", "p")).does(6, claim("a", "q", 900)).does(7, prolong("a", "q"));
    assert_eq!(scene.0.holds[&hold("a")].expires_at, at(20));
    scene.does_nothing(8, prolong("a", "q")).offers(19, 0).offers(20, 1);
}

#[test]
fn a_hold_is_extended_a_bounded_number_of_times() {
    let mut scene = Scene::new(1);
    scene.does(0, place("a", 10));
    for n in 0..EXTENSIONS_MAX {
        scene.does(1, extend("a", &format!("r{n}"))).does_nothing(2, extend("a", &format!("r{n}")));
    }
    let expires = (0..EXTENSIONS_MAX).fold(10, |expires, _| expires + TTL_SECONDS);
    scene
        .refuses(2, extend("a", "r"), PageRejection::NotExtendable)
        .offers(expires - 1, 0)
        .offers(expires, 1);
}

#[test]
fn a_dead_hold_is_confirmed_only_if_its_places_are_free() {
    let mut scene = Scene::new(1);
    scene.does(0, place("a", 10)).does(1, claim("a", "p", 20)).does(20, place("b", 90));
    scene.refuses(21, confirm("a", "p"), SOLD_OUT);
    scene.does(22, release("b")).does(23, confirm("a", "p")).offers(23, 0);
    assert_eq!(scene.0.confirmed[&slot()], 1);
    let freed = PageCommand::Free { booking: booking("p"), places: one_place() };
    scene.does(24, freed.clone()).offers(24, 1).refuses(25, freed, PageRejection::NotConfirmed);
    // Dead but still stored: its own places are the free ones.
    let mut scene = Scene::new(1);
    scene.does(0, place("a", 10)).does(1, claim("a", "p", 20)).does(30, confirm("a", "p")).offers(30, 0);
}

#[test]
fn an_abandoned_claim_gives_its_places_back() {
    let abandon = |payer| PageCommand::Abandon { hold: hold("a"), booking: booking(payer) };
    let mut scene = Scene::new(1);
    scene.does(0, place("a", 10)).does_nothing(1, abandon("p")).does(1, claim("a", "p", 20));
    scene.does_nothing(2, abandon("q")).does(2, abandon("p")).does_nothing(2, abandon("p")).offers(2, 1);
}

#[test]
fn a_booking_becomes_a_hold_again_but_never_over_a_live_one() {
    let give_back = || PageCommand::Return { hold: hold("a"), entry: entry("a", at(60)) };
    let mut scene = Scene::new(2);
    scene.does(0, place("a", 10)).does(1, claim("a", "p", 20)).does(2, confirm("a", "p"));
    scene.does(3, give_back()).offers(59, 1).offers(60, 2);
    scene.refuses(4, give_back(), PageRejection::NotConfirmed);
    // A hold of that name was placed again meanwhile: its places must not vanish under the returned ones.
    let mut scene = Scene::new(2);
    scene
        .does(0, place("a", 10))
        .does(1, claim("a", "p", 20))
        .does(2, confirm("a", "p"))
        .does(3, place("a", 13));
    scene.refuses(4, give_back(), PageRejection::HoldLive { until: at(13) });
    scene.does(13, give_back()).offers(13, 1).offers(60, 2);
}

#[test]
fn capacity_is_not_lowered_below_what_is_used() {
    let frame = |rule| PageCommand::Frame {
        frame: Box::new(PageFrame {
            terms_revision: 1,
            property: None,
            schedule_revision: 1,
            shape: Some(PageShape::Nights),
            capacity: 9,
            slots: BTreeMap::from([(slot(), rule)]),
        }),
    };
    let set = |capacity| frame(SlotRule { capacity: Some(capacity), ..SlotRule::default() });
    let in_use = PageRejection::CapacityInUse { slot: slot(), in_use: 2 };
    let mut scene = Scene::new(3);
    scene
        .does(0, place("a", 10))
        .does(1, claim("a", "p", 20))
        .does(2, confirm("a", "p"))
        .does(3, place("b", 10));
    scene.refuses(4, set(1), in_use).does(4, set(2)).offers(4, 0);
    scene.does(10, set(1)).offers(10, 0).does(12, set(5)).offers(12, 4);
    let stop = |closed| frame(SlotRule { capacity: Some(5), closed, allowance: 0 });
    scene
        .does(13, stop(true))
        .offers(13, 0)
        .refuses(13, place("c", 99), SOLD_OUT)
        .does(14, stop(false))
        .offers(14, 4);
}

#[test]
fn a_page_stores_a_bounded_number_of_holds() {
    let mut scene = Scene::new(1000);
    for n in 0..HOLDS_PER_PAGE_MAX {
        scene.does(0, place(&format!("h{n}"), if n == 7 { 10 } else { 100 }));
    }
    scene.refuses(9, place("late", 100), PageRejection::TooManyHolds);
    scene.does(10, place("late", 100)).refuses(10, place("later", 100), PageRejection::TooManyHolds);
    assert_eq!(scene.0.holds.len(), HOLDS_PER_PAGE_MAX);
    // A booking that becomes a hold again is not refused, but no dead hold is kept beside it.
    scene.does(11, claim("h1", "p", 200)).does(12, confirm("h1", "p")).does(100, place("last", 200));
    for n in 0..HOLDS_PER_PAGE_MAX {
        if scene.0.holds.len() < HOLDS_PER_PAGE_MAX {
            scene.does(100, place(&format!("i{n}"), 200));
        }
    }
    scene.does(200, PageCommand::Return { hold: hold("h1"), entry: entry("h1", at(300)) });
    assert_eq!(scene.0.holds.len(), 1);
}

fn record() -> Hold {
    let nothing = Money::zero(Currency::parse("EUR").expect("known"));
    Hold {
        id: hold("a"),
        order: Order {
            resource: page_key().resource,
            resource_name: "Hotel".to_owned(),
            property: None,
            guest: GuestId::parse("guest-1").expect("an id"),
            start: at(1000),
            end: at(2000),
            quantity: 1,
            price: nothing.into(),
            policy: CancellationPolicy::default(),
            rate: None,
            placements: vec![placement()],
        },
        caller: GuestId::parse("guest-1").expect("an id"),
        fingerprint: digest("a"),
        guest_mark: guest("guest-1"),
        cool_down_seconds: Some(0),
        ttl_seconds: u32::try_from(TTL_SECONDS).expect("positive"),
        created_at: at(0),
        first_expires_at: at(10),
        expires_at: at(10),
        recorded: HoldStatus::Active,
        extensions: BTreeMap::new(),
        booking: None,
    }
}

fn placement() -> Placement {
    Placement { page: page_key(), schedule_revision: 1, places: one_place() }
}

#[test]
fn the_record_and_the_page_tell_where_a_hold_stands() {
    let check = |recorded, entry: Option<PageHold>, now, expected| {
        let snapshot = HoldSnapshot { hold: Hold { recorded, ..record() }, entry };
        assert_eq!(snapshot.status(at(now)), expected, "{recorded:?} at {now}");
    };
    let live = || Some(record().entry(&placement()));
    let claimed = || {
        let state = HoldState::Confirming { booking: booking("p"), deadline: at(90) };
        Some(PageHold { state, ..record().entry(&placement()) })
    };
    check(HoldStatus::Active, live(), 9, HoldStatus::Active);
    check(HoldStatus::Active, live(), 10, HoldStatus::Expired);
    check(HoldStatus::Active, claimed(), 89, HoldStatus::Active);
    check(HoldStatus::Active, claimed(), 90, HoldStatus::Expired);
    check(HoldStatus::Active, None, 9, HoldStatus::Released);
    check(HoldStatus::Active, None, 10, HoldStatus::Expired);
    for ended in [HoldStatus::Confirmed, HoldStatus::Released, HoldStatus::Expired] {
        check(ended, None, 0, ended);
        check(ended, live(), 0, ended);
    }
    let snapshot = HoldSnapshot { hold: record(), entry: claimed() };
    assert_eq!(snapshot.claimed_by(at(89)), Some(&booking("p")));
    assert_eq!(snapshot.claimed_by(at(90)), None);
    for status in HoldStatus::ALL {
        assert_eq!(HoldStatus::parse(status.as_str()), Some(status));
    }
    assert_eq!(HoldStatus::parse("Active"), None);
}

#[test]
fn a_customer_has_one_ttl_more_but_not_two() {
    let fresh = record().entry(&placement());
    let deadline = |entry| HoldSnapshot { hold: record(), entry: Some(entry) }.customer_deadline();
    assert_eq!(deadline(fresh.clone()), at(20));
    assert_eq!(deadline(PageHold { prolonged: true, expires_at: at(20), ..fresh }), at(20));
}

#[test]
fn a_returned_hold_remembers_that_it_was_prolonged_and_extended() {
    let extension = Extension { expires_at: at(20), at: at(1) };
    let extended = || BTreeMap::from([(digest("r"), extension)]);
    let check = |hold: Hold, extensions: &[Fingerprint], prolonged: bool| {
        let entry = hold.entry(&placement());
        assert_eq!((&entry.extensions[..], entry.prolonged), (extensions, prolonged), "{hold:?}");
        assert_eq!(entry.first_expires_at, at(10), "it is the same life");
    };
    check(record(), &[], false);
    check(Hold { extensions: extended(), expires_at: at(20), ..record() }, &[digest("r")], false);
    check(Hold { expires_at: at(20), ..record() }, &[], true);
    check(Hold { extensions: extended(), expires_at: at(30), ..record() }, &[digest("r")], true);
}

#[test]
fn a_placed_hold_evolves_into_itself() {
    let scene = Scene::new(1);
    let placed = PageChange::Placed { hold: hold("a"), entry: record().entry(&placement()) };
    let page = scene.0.clone().evolve(&placed);
    assert_eq!(page.holds[&hold("a")], record().entry(&placement()));
    assert_eq!(page.evolve(&PageChange::Released { hold: hold("a") }), scene.0);
}
