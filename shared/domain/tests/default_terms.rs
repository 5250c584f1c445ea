//! What one guest may hold where the operator names nothing: no guest who holds and pays meets a limit, no guest has much of a
//! resource of more than ten places, and few guests cannot close a page to everybody.

#![expect(clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use holdfast_domain::inventory::{
    COOL_DOWN_SECONDS, HOLDS_PER_PAGE_MAX, HoldLimit, HoldState, LONG_HOLDS_PER_PAGE_MAX,
    SHORT_HOLD_SLOTS_MAX, UnpaidEnds,
};
use holdfast_domain::{
    BookingId, Fingerprint, GuestMark, HoldId, HoldLimits, Page, PageCommand, PageHold, PageKey,
    PageRejection, ResourceId, SlotKey, SlotPlaces,
};
use jiff::Timestamp;

const TTL: i64 = 600;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).expect("in range")
}

fn slot(day: u8) -> SlotKey {
    SlotKey::parse(&format!("{day:02}")).expect("a key")
}

fn mark(guest: &str) -> GuestMark {
    GuestMark::parse(guest).expect("a mark")
}

fn hold(name: &str) -> HoldId {
    HoldId::parse(name).expect("an id")
}

/// All slots of a day that has more than a short hold takes.
fn whole_day() -> Vec<SlotKey> {
    (0..100).map(|number| SlotKey::parse(&format!("{number:03}")).expect("a key")).collect()
}

/// A month, or a day of many slots, under default terms.
struct Month {
    page: Page,
    holds: usize,
}

impl Month {
    fn of(capacity: u32) -> Self {
        Self::with(capacity, (1..=30).map(slot).collect())
    }

    fn with(capacity: u32, slots: Vec<SlotKey>) -> Self {
        let key = PageKey::first(ResourceId::parse("hotel").expect("an id"), "2026-06");
        Self { page: Page::fresh(key, 1, capacity, slots), holds: 0 }
    }

    fn put(&mut self, command: &PageCommand, second: i64) -> Result<(), PageRejection> {
        let changes = self.page.decide(command, at(second))?;
        self.page = changes.iter().fold(self.page.clone(), Page::evolve);
        assert_eq!(self.page.broken_slot(), None);
        Ok(())
    }

    fn place(&mut self, second: i64, guest: &str, day: u8, quantity: u32) -> Result<HoldId, PageRejection> {
        self.place_all(second, guest, &[slot(day)], quantity)
    }

    fn place_all(
        &mut self,
        second: i64,
        guest: &str,
        slots: &[SlotKey],
        quantity: u32,
    ) -> Result<HoldId, PageRejection> {
        self.holds += 1;
        let name = format!("h{}", self.holds);
        let entry = PageHold {
            places: SlotPlaces::uniform(slots.iter().cloned(), quantity).expect("slots"),
            expires_at: at(second + TTL),
            state: HoldState::Active,
            prolonged: false,
            first_expires_at: at(second + TTL),
            extensions: Vec::new(),
            fingerprint: Fingerprint::parse(&name).expect("a digest"),
            guest: mark(guest),
            cool_down_seconds: None,
        };
        let limits = Some(HoldLimits::default());
        self.put(&PageCommand::Place { hold: hold(&name), entry, limits }, second)?;
        Ok(hold(&name))
    }

    fn release(&mut self, second: i64, hold: HoldId) {
        self.put(&PageCommand::Release { hold, counts_for: None }, second).expect("a release");
    }

    fn pay(&mut self, second: i64, hold: &HoldId) {
        let booking = BookingId::parse(hold.as_str()).expect("an id");
        let places = self.page.holds[hold].places.clone();
        let claim =
            PageCommand::Claim { hold: hold.clone(), booking: booking.clone(), deadline: at(second + 900) };
        self.put(&claim, second).expect("a claim");
        self.put(&PageCommand::Confirm { hold: hold.clone(), booking, places }, second).expect("a booking");
    }
}

fn limit<T: std::fmt::Debug>(outcome: Result<T, PageRejection>) -> Option<(HoldLimit, u32)> {
    match outcome {
        Err(PageRejection::LimitReached { limit, wait_seconds }) => Some((limit, wait_seconds)),
        Err(other) => panic!("another refusal: {other}"),
        Ok(_) => None,
    }
}

/// How many places of a slot one guest can have at a time.
fn places_of_one_guest(capacity: u32) -> u32 {
    let mut month = Month::of(capacity);
    let mut places = 0;
    for quantity in (0..18).rev().map(|power| 1 << power).filter(|quantity| *quantity <= capacity) {
        while places + quantity <= capacity && month.place(0, "a", 1, quantity).is_ok() {
            places += quantity;
        }
    }
    places
}

#[test]
fn a_guest_holds_all_of_up_to_ten_places_ten_of_up_to_five_hundred_and_two_percent_of_more() {
    for (capacity, most) in
        [(1, 1), (10, 10), (11, 10), (100, 10), (500, 10), (501, 11), (1000, 20), (100_000, 2000)]
    {
        assert_eq!(places_of_one_guest(capacity), most, "of {capacity}");
    }
}

#[test]
fn the_share_is_of_the_slots_own_capacity() {
    let mut month = Month::of(1000);
    month.page.overrides.insert(slot(2), 100);
    month.page.available.insert(slot(2), 100);
    assert_eq!(limit(month.place(0, "a", 1, 20)), None);
    assert_eq!(limit(month.place(0, "a", 2, 20)), Some((HoldLimit::PlacesPerSlot, 600)));
    assert_eq!(limit(month.place(0, "a", 2, 10)), None);
}

#[test]
fn ten_strangers_cannot_close_a_page() {
    let mut month = Month::of(10_000);
    let mut taken = 0;
    for stranger in 0..10 {
        while month.place(0, &format!("s{stranger}"), u8::try_from(taken % 30).expect("small") + 1, 1).is_ok()
        {
            taken += 1;
        }
    }
    assert!(taken >= 50, "they have as much as they may");
    for guest in 0..100 {
        let placed = month.place(1, &format!("g{guest}"), 1, 2).expect("others still hold");
        month.pay(2, &placed);
    }
}

#[test]
fn twenty_strangers_leave_room_for_a_hundred_guests_at_a_time() {
    for at_once in [true, false] {
        let mut month = Month::of(10_000);
        let rounds: Vec<usize> =
            if at_once { (0..400).map(|n| n % 20).collect() } else { (0..400).map(|n| n / 20).collect() };
        for stranger in rounds {
            let _ = month.place(0, &format!("s{stranger}"), 1, 1);
        }
        for guest in 0..100 {
            assert_eq!(limit(month.place(1, &format!("g{guest}"), 1, 1)), None, "of {guest}");
        }
        assert!(month.page.holds.len() < HOLDS_PER_PAGE_MAX);
    }
}

/// Strangers ask in turns, or one after the other, for as much as each may have.
fn hoard(month: &mut Month, strangers: usize, slots: &[SlotKey], is_in_turns: bool) {
    for n in 0..strangers * 11 {
        let stranger = if is_in_turns { n % strangers } else { n / 11 };
        let _ = month.place_all(0, &format!("s{stranger}"), slots, 1);
    }
}

#[test]
fn twenty_strangers_leave_room_for_long_holds_and_short_ones_whichever_they_have() {
    let whole = whole_day();
    let short = &whole[..SHORT_HOLD_SLOTS_MAX];
    for strangers in [4, 10, 20] {
        for hoarded in [short, &whole] {
            for is_in_turns in [true, false] {
                let mut day = Month::with(1000, whole_day());
                hoard(&mut day, strangers, hoarded, is_in_turns);
                for guest in 0..10 {
                    let outcome = day.place_all(1, &format!("long{guest}"), &whole, 1);
                    let slots = hoarded.len();
                    assert_eq!(limit(outcome), None, "{strangers} have {slots}, in turns: {is_in_turns}");
                }
                for guest in 0..50 {
                    let outcome = day.place_all(1, &format!("short{guest}"), short, 1);
                    assert_eq!(limit(outcome), None, "of {guest}");
                }
            }
        }
    }
}

#[test]
fn thirty_accounts_close_a_page_to_long_holds_and_not_to_short_ones() {
    let whole = whole_day();
    for is_in_turns in [true, false] {
        let mut day = Month::with(1000, whole_day());
        hoard(&mut day, 29, &whole, is_in_turns);
        day.place_all(1, "a", &whole, 1).expect("29 do not");
        hoard(&mut day, 40, &whole, is_in_turns);
        assert_eq!(day.page.holds.len(), LONG_HOLDS_PER_PAGE_MAX);
        assert_eq!(day.place_all(1, "b", &whole, 1), Err(PageRejection::TooManyHolds));
        day.place_all(1, "b", &whole[..SHORT_HOLD_SLOTS_MAX], 1).expect("a short one");
    }
}

#[test]
fn a_guest_on_a_busy_page_has_few_holds_and_on_another_more() {
    let mut quiet = Month::of(1000);
    let many = (0..30).filter(|n| quiet.place(0, "a", *n + 1, 1).is_ok()).count();
    assert_eq!(many, 10);
    let mut busy = Month::of(1000);
    for guest in 0..50 {
        busy.place(0, &format!("g{guest}"), 1, 1).expect("a hold");
    }
    let few = (0..30).filter(|n| busy.place(0, "a", *n + 1, 1).is_ok()).count();
    assert_eq!(few, 2);
}

#[test]
fn from_the_third_unpaid_end_within_an_hour_its_guest_waits_for_the_slot() {
    let wait = COOL_DOWN_SECONDS;
    let mut month = Month::of(100);
    for (second, day) in [(0, 1), (10, 2), (20, 3)] {
        let placed = month.place(second, "a", day, 1).expect("a hold");
        month.release(second + 5, placed);
    }
    for (day, expected) in [(1, None), (2, None), (3, Some((HoldLimit::CoolDown, wait - 5)))] {
        assert_eq!(limit(month.place(30, "a", day, 1)), expected, "of day {day}");
    }
    assert_eq!(limit(month.place(30, "b", 3, 1)), None, "another guest");
    assert_eq!(limit(month.place(25 + i64::from(wait), "a", 3, 1)), None, "it is over");
}

#[test]
fn ends_long_ago_and_paid_holds_begin_no_wait() {
    let mut month = Month::of(100);
    for second in [0, 1800, 3600, 5400, 7200] {
        let placed = month.place(second, "a", 1, 1).expect("two in an hour are free");
        month.release(second, placed);
        let paid = month.place(second + 1, "a", 1, 1).expect("a hold");
        month.pay(second + 2, &paid);
    }
}

#[test]
fn holds_that_expire_count_when_they_expire_whoever_drops_them() {
    for is_dropped in [false, true] {
        let mut month = Month::of(100);
        let placed: Vec<HoldId> = (1..=3).map(|day| month.place(0, "a", day, 1).expect("a hold")).collect();
        if is_dropped {
            for hold in placed {
                month.put(&PageCommand::Expire { hold, counts_for: None }, 700).expect("an expiry");
            }
        }
        let waits = (1..=3).filter_map(|day| limit(month.place(900, "a", day, 1))).collect::<Vec<_>>();
        let expected = (HoldLimit::CoolDown, u32::try_from(TTL).expect("small") + COOL_DOWN_SECONDS - 900);
        assert_eq!(waits, [expected], "dropped: {is_dropped}");
    }
}

#[test]
fn a_page_forgets_guests_with_one_end_first_and_then_the_oldest() {
    let mut ends = UnpaidEnds::default();
    ends.add(&mark("repeated"), at(0));
    ends.add(&mark("repeated"), at(1));
    for n in 0..UnpaidEnds::GUESTS_MAX {
        ends.add(&mark(&format!("g{n:02}")), at(10 + i64::try_from(n).expect("small")));
    }
    let kept: BTreeMap<&str, usize> = ends.iter().map(|(guest, ends)| (guest.as_str(), ends.len())).collect();
    assert_eq!(kept.len(), UnpaidEnds::GUESTS_MAX / 2);
    assert_eq!(kept.get("repeated"), Some(&2));
    assert!(kept.contains_key("g31") && !kept.contains_key("g00"));
}
