//! What one guest may hold at a time, and how soon again: each limit alone, to the last hold and the last second.

#![expect(clippy::expect_used, reason = "tests")]

use std::collections::BTreeSet;

use holdfast_domain::inventory::{COOL_DOWNS_PER_PAGE_MAX, HoldLimit, HoldState};
use holdfast_domain::{
    BookingId, Fingerprint, GuestMark, HoldId, HoldLimits, Page, PageChange, PageCommand, PageHold, PageKey,
    PageRejection, ResourceId, SlotKey, SlotPlaces,
};
use jiff::{SignedDuration, Timestamp};

const NO_LIMITS: HoldLimits = HoldLimits {
    per_guest: Some(200),
    per_slot: 200,
    places_per_slot: Some(1000),
    cool_down_seconds: Some(0),
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).expect("in range")
}

fn slot(day: u8) -> SlotKey {
    SlotKey::parse(&format!("{day:02}")).expect("a key")
}

fn one_place(day: u8) -> SlotPlaces {
    SlotPlaces::uniform([slot(day)], 1).expect("a place")
}

fn hold(name: &str) -> HoldId {
    HoldId::parse(name).expect("an id")
}

fn booking() -> BookingId {
    BookingId::parse("p").expect("an id")
}

/// A page of 30 days with ten places each, under limits.
struct Scene {
    page: Page,
    limits: HoldLimits,
}

impl Scene {
    fn new(limits: HoldLimits) -> Self {
        let key = PageKey::first(ResourceId::parse("hotel").expect("an id"), "2026-06");
        Self { page: Page::fresh(key, 1, 10, (1..=30).map(slot).collect()), limits }
    }

    fn put(&mut self, command: &PageCommand, second: i64) -> Result<usize, PageRejection> {
        let changes = self.page.decide(command, at(second))?;
        self.page = self.page.apply(&changes);
        assert_eq!(self.page.broken_slot(), None);
        Ok(changes.len())
    }

    /// `guest` asks for `quantity` places of each of `days` until ten seconds from now, under a name.
    fn place(
        &mut self,
        second: i64,
        guest: &str,
        name: &str,
        days: &[u8],
        quantity: u32,
    ) -> Result<usize, PageRejection> {
        let entry = PageHold {
            places: SlotPlaces::uniform(days.iter().copied().map(slot), quantity).expect("ascending days"),
            expires_at: at(second + 10),
            state: HoldState::Active,
            prolonged: false,
            first_expires_at: at(second + 10),
            extensions: Vec::new(),
            fingerprint: Fingerprint::parse(name).expect("a digest"),
            guest: GuestMark::parse(guest).expect("a mark"),
            cool_down_seconds: self.limits.cool_down_seconds,
        };
        self.put(&PageCommand::Place { hold: hold(name), entry, limits: Some(self.limits) }, second)
    }

    fn release(&mut self, second: i64, name: &str) {
        self.put(&PageCommand::Release { hold: hold(name), counts_for: None }, second).expect("a release");
    }
}

fn reached(limit: HoldLimit, wait_seconds: u32) -> Result<usize, PageRejection> {
    Err(PageRejection::LimitReached { limit, wait_seconds })
}

#[test]
fn a_guest_has_so_many_live_holds_on_a_page_and_others_still_book() {
    let mut scene = Scene::new(HoldLimits { per_guest: Some(2), ..NO_LIMITS });
    assert_eq!(scene.place(0, "a", "a1", &[1], 1), Ok(1));
    assert_eq!(scene.place(3, "a", "a2", &[2], 1), Ok(1));
    assert_eq!(scene.place(4, "a", "a3", &[3], 1), reached(HoldLimit::PerGuest, 6), "until the first lapses");
    assert_eq!(scene.place(4, "b", "b1", &[1, 2, 3], 1), Ok(1));
    assert_eq!(scene.place(4, "a", "a2", &[2], 1), Ok(0), "a retry meets its own earlier self");
    assert_eq!(scene.place(10, "a", "a3", &[3], 1), Ok(1), "the first is dead, nothing has run");
    assert_eq!(scene.place(10, "a", "a4", &[4], 1), reached(HoldLimit::PerGuest, 3));
    scene.release(11, "a2");
    assert_eq!(scene.place(11, "a", "a4", &[4], 1), Ok(1), "what was given back does not count");
}

#[test]
fn what_was_booked_does_not_count_and_what_is_being_paid_does() {
    let mut scene = Scene::new(HoldLimits { per_guest: Some(1), ..NO_LIMITS });
    scene.place(0, "a", "a1", &[1], 1).expect("the first");
    let claim = PageCommand::Claim { hold: hold("a1"), booking: booking(), deadline: at(60) };
    scene.put(&claim, 1).expect("a claim");
    assert_eq!(scene.place(20, "a", "a2", &[2], 1), reached(HoldLimit::PerGuest, 40), "the claim lives");
    let confirm = PageCommand::Confirm { hold: hold("a1"), booking: booking(), places: one_place(1) };
    scene.put(&confirm, 21).expect("a confirmation");
    assert_eq!(scene.place(21, "a", "a2", &[1], 1), Ok(1));
}

#[test]
fn a_guest_has_so_many_live_holds_of_a_slot() {
    let mut scene = Scene::new(HoldLimits { per_slot: 2, ..NO_LIMITS });
    scene.place(0, "a", "a1", &[1, 2], 1).expect("the first");
    scene.place(2, "a", "a2", &[2, 3], 1).expect("the second");
    assert_eq!(scene.place(2, "a", "a3", &[2, 3], 1), reached(HoldLimit::PerSlot, 8), "2 is in both");
    assert_eq!(scene.place(2, "a", "a3", &[1, 3], 1), Ok(1), "1 and 3 are in one each");
    assert_eq!(scene.place(2, "b", "b1", &[2], 1), Ok(1));
}

#[test]
fn a_guest_has_so_many_places_of_a_slot() {
    let mut scene = Scene::new(HoldLimits { places_per_slot: Some(4), ..NO_LIMITS });
    scene.place(0, "a", "a1", &[1], 3).expect("the first");
    assert_eq!(scene.place(0, "a", "a2", &[1], 2), reached(HoldLimit::PlacesPerSlot, 10));
    assert_eq!(scene.place(0, "a", "a2", &[2], 4), Ok(1), "another slot");
    assert_eq!(scene.place(0, "a", "a3", &[1], 1), Ok(1), "to the last place");
    assert_eq!(
        scene.place(0, "b", "b1", &[1], 5),
        reached(HoldLimit::PlacesPerSlot, 10),
        "a TTL: it never fits"
    );
    assert_eq!(scene.place(0, "b", "b1", &[1], 4), Ok(1));
}

#[test]
fn sold_out_is_said_before_any_limit() {
    let mut scene = Scene::new(HoldLimits { per_slot: 1, ..NO_LIMITS });
    scene.place(0, "a", "a1", &[1], 10).expect("all of them");
    assert_eq!(scene.place(0, "a", "a2", &[1], 1), Err(PageRejection::SoldOut { available: 0 }));
}

#[test]
fn after_a_hold_that_came_to_nothing_its_guest_waits_for_its_slots() {
    let mut scene = Scene::new(HoldLimits { cool_down_seconds: Some(30), ..NO_LIMITS });
    scene.place(0, "a", "a1", &[1, 2], 1).expect("the first");
    assert_eq!(scene.place(0, "a", "a2", &[2, 3], 1), Ok(1), "a second one beside it is no second try");
    scene.release(5, "a1");
    assert_eq!(scene.place(5, "a", "a3", &[1], 1), reached(HoldLimit::CoolDown, 30));
    assert_eq!(scene.place(5, "a", "a3", &[4], 1), Ok(1), "another slot");
    assert_eq!(scene.place(5, "b", "b1", &[1], 1), Ok(1), "another guest");
    assert_eq!(scene.place(34, "a", "a4", &[1], 1), reached(HoldLimit::CoolDown, 1));
    assert_eq!(scene.place(35, "a", "a4", &[1], 1), Ok(1));
}

#[test]
fn a_dead_hold_cools_down_from_its_death_whoever_drops_it_and_when() {
    let limits = HoldLimits { cool_down_seconds: Some(30), ..NO_LIMITS };
    let droppers: [fn(&mut Scene); 3] = [
        |_| {},
        |scene| {
            scene.put(&PageCommand::Expire { hold: hold("a1"), counts_for: None }, 20).expect("an expiry");
        },
        |scene| {
            scene.place(20, "b", "b1", &[1], 10).expect("it takes the dead one's places");
        },
    ];
    for dropper in droppers {
        let mut scene = Scene::new(limits);
        scene.place(0, "a", "a1", &[1, 2], 1).expect("the first");
        dropper(&mut scene);
        assert_eq!(scene.place(25, "a", "a2", &[2], 1), reached(HoldLimit::CoolDown, 15));
        assert!(scene.place(40, "a", "a2", &[2], 1).is_ok());
    }
}

#[test]
fn a_payment_that_came_to_nothing_prolongs_no_wait_and_shortens_none() {
    let mut scene = Scene::new(HoldLimits { cool_down_seconds: Some(30), ..NO_LIMITS });
    scene.place(0, "a", "a1", &[1], 1).expect("the first");
    let claim = PageCommand::Claim { hold: hold("a1"), booking: booking(), deadline: at(35) };
    scene.put(&claim, 1).expect("a claim");
    let lapsed = scene.page.clone();
    scene.put(&PageCommand::Unclaim { hold: hold("a1"), booking: booking() }, 35).expect("a late refusal");
    for page in [lapsed, scene.page.clone()] {
        scene.page = page;
        assert_eq!(
            scene.place(36, "a", "a2", &[1], 1),
            reached(HoldLimit::CoolDown, 4),
            "from its expiry at 10"
        );
        assert!(scene.place(40, "a", "a2", &[1], 1).is_ok());
    }
}

#[test]
fn a_later_wait_is_not_shortened_by_an_earlier_one() {
    let scene = Scene::new(NO_LIMITS);
    let begun = |second| PageChange::CoolDownBegun {
        guest: GuestMark::parse("a").expect("a mark"),
        slots: vec![slot(1)],
        until: at(second),
    };
    let page = scene.page.evolve(&begun(50)).evolve(&begun(40));
    assert_eq!(page.cooling.values().next().and_then(|slots| slots.get(&slot(1))), Some(&at(50)));
}

#[test]
fn a_booking_given_up_while_it_is_paid_cools_down_and_one_that_stands_does_not() {
    let limits = HoldLimits { cool_down_seconds: Some(30), ..NO_LIMITS };
    let claimed = || {
        let mut scene = Scene::new(limits);
        scene.place(0, "a", "a1", &[1], 1).expect("the first");
        let claim = PageCommand::Claim { hold: hold("a1"), booking: booking(), deadline: at(60) };
        scene.put(&claim, 1).expect("a claim");
        scene
    };
    let mut scene = claimed();
    scene.put(&PageCommand::Abandon { hold: hold("a1"), booking: booking() }, 2).expect("given up");
    assert_eq!(scene.place(2, "a", "a2", &[1], 1), reached(HoldLimit::CoolDown, 30));
    let mut scene = claimed();
    let confirm = PageCommand::Confirm { hold: hold("a1"), booking: booking(), places: one_place(1) };
    scene.put(&confirm, 2).expect("a confirmation");
    assert_eq!(scene.place(2, "a", "a2", &[1], 1), Ok(1));
}

#[test]
fn where_the_wait_was_given_up_nobody_waits() {
    let mut scene = Scene::new(HoldLimits { cool_down_seconds: Some(30), ..NO_LIMITS });
    scene.place(0, "a", "a1", &[1], 1).expect("the first");
    scene.release(1, "a1");
    scene.limits.cool_down_seconds = Some(0);
    assert_eq!(scene.place(2, "a", "a2", &[1], 1), Ok(1));
}

#[test]
fn a_guest_with_few_places_can_exceed_no_limit() {
    let check = |limits: HoldLimits, quantity, expected| {
        assert_eq!(limits.room_for(quantity), expected, "{limits:?}");
    };
    let limits = |per_guest, per_slot, places_per_slot| HoldLimits {
        per_guest,
        per_slot,
        places_per_slot,
        ..NO_LIMITS
    };
    check(limits(Some(5), 7, Some(100)), 1, Some(4));
    check(limits(Some(7), 5, Some(100)), 1, Some(4));
    check(limits(Some(7), 5, Some(3)), 1, Some(2));
    check(limits(Some(7), 5, Some(3)), 4, None);
    check(HoldLimits::default(), 1, Some(1));
    check(HoldLimits::default(), 10, Some(0));
    check(HoldLimits::default(), 11, None);
}

#[test]
fn a_wait_is_told_in_whole_seconds_rounded_up() {
    let mut scene = Scene::new(HoldLimits { per_guest: Some(1), ..NO_LIMITS });
    scene.place(0, "a", "a1", &[1], 1).expect("the first");
    let entry = scene.page.holds[&hold("a1")].clone();
    let ask = PageCommand::Place { hold: hold("a2"), entry, limits: Some(scene.limits) };
    let told = |millis| {
        scene.page.decide(&ask, at(0) + SignedDuration::from_millis(millis)).map(|changes| changes.len())
    };
    assert_eq!(told(9_001), reached(HoldLimit::PerGuest, 1));
    assert_eq!(told(9_000), reached(HoldLimit::PerGuest, 1));
    assert_eq!(told(8_999), reached(HoldLimit::PerGuest, 2));
}

/// Guests come and go by the thousand within one cool-down. None is kept from leaving, and the page keeps those waits that end
/// last.
#[test]
fn a_page_forgets_the_cool_downs_that_end_first_and_refuses_nobody_for_them() {
    let mut scene = Scene::new(HoldLimits { cool_down_seconds: Some(86_400), ..NO_LIMITS });
    let guests = COOL_DOWNS_PER_PAGE_MAX / 2 + 2;
    let name = |n: usize| format!("g{n:05}");
    for n in 0..guests {
        let second = i64::try_from(n).expect("small");
        scene.place(second, &name(n), &name(n), &[1, 2], 1).expect("free places");
        let release = PageCommand::Release { hold: hold(&name(n)), counts_for: None };
        assert_eq!(scene.put(&release, second), Ok(2), "released, and a cool-down begun");
    }
    let waits = || scene.page.cooling.values().map(std::collections::BTreeMap::len);
    assert_eq!(waits().sum::<usize>(), COOL_DOWNS_PER_PAGE_MAX);
    let waiting: BTreeSet<&str> = scene.page.cooling.keys().map(GuestMark::as_str).collect();
    let last: Vec<String> = (2..guests).map(name).collect();
    assert_eq!(waiting, last.iter().map(String::as_str).collect());
    let now = i64::try_from(guests).expect("small");
    assert!(scene.place(now, &name(1), "again", &[1], 1).is_ok(), "its wait is forgotten");
    assert!(scene.place(now, &name(2), "early", &[1], 1).is_err(), "its wait is kept");
}
