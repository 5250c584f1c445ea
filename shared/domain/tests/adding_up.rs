//! The ledger's invariant, which is checked whenever a page is decoded: in one pass over the holds it says what the rule says
//! as it is written down, slot by slot and hold by hold.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::collections::BTreeMap;

use holdfast_domain::inventory::{HOLDS_PER_PAGE_MAX, HoldState};
use holdfast_domain::{
    Fingerprint, GuestMark, HoldId, Page, PageHold, PageKey, ResourceId, SlotKey, SlotPlaces,
};
use jiff::Timestamp;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestCaseResult};

const CASES: u32 = 512;
/// Slots that holds and counts name; the page has those up to [`SLOTS`].
const NAMES: usize = 5;
const SLOTS: usize = 4;

fn slot(n: usize) -> SlotKey {
    SlotKey::parse(&format!("{:02}", n + 1)).expect("a key")
}

fn hold(places: &BTreeMap<usize, u32>) -> PageHold {
    let at = Timestamp::UNIX_EPOCH;
    PageHold {
        places: SlotPlaces::new(places.iter().map(|(n, quantity)| (slot(*n), *quantity))).expect("ascending"),
        expires_at: at,
        state: HoldState::Active,
        prolonged: false,
        first_expires_at: at,
        extensions: Vec::new(),
        fingerprint: Fingerprint::parse("f").expect("a digest"),
        guest: GuestMark::parse("g").expect("a mark"),
        cool_down_seconds: Some(0),
    }
}

/// The first slot that breaks the rule: one that the page does not have, else one that does not add up.
fn broken(page: &Page) -> Option<SlotKey> {
    let of =
        |counts: &BTreeMap<SlotKey, u32>, slot: &SlotKey| u64::from(counts.get(slot).copied().unwrap_or(0));
    let held = |slot: &SlotKey| -> u64 {
        page.holds.values().map(|hold| u64::from(hold.places.in_slot(slot))).sum()
    };
    let named = [&page.overrides, &page.allowance, &page.elsewhere, &page.confirmed, &page.excess];
    let mut named: Vec<&SlotKey> = named.into_iter().flat_map(BTreeMap::keys).chain(&page.closed).collect();
    let by_holds = (0..NAMES).map(slot).filter(|slot| held(slot) > 0).collect::<Vec<_>>();
    named.extend(&by_holds);
    if let Some(unknown) = named.into_iter().find(|slot| !page.available.contains_key(*slot)) {
        return Some(unknown.clone());
    }
    let adds_up = |slot: &SlotKey| {
        let (free, excess) = (of(&page.available, slot), of(&page.excess, slot));
        let taken = held(slot) + of(&page.confirmed, slot) + of(&page.elsewhere, slot);
        taken + free == u64::from(page.capacity_of(slot)) + of(&page.allowance, slot) + excess
            && (free == 0 || excess == 0)
    };
    page.available.keys().find(|slot| !adds_up(slot)).cloned()
}

/// What is counted where; the free places follow, but for one slot perhaps.
#[derive(Debug, Clone)]
struct Counts {
    holds: Vec<BTreeMap<usize, u32>>,
    confirmed: BTreeMap<usize, u32>,
    elsewhere: BTreeMap<usize, u32>,
    allowance: BTreeMap<usize, u32>,
    overrides: BTreeMap<usize, u32>,
    off: Option<(usize, u32)>,
}

fn counts() -> impl Strategy<Value = Counts> {
    // A slot that the page does not have is rare, so that most pages get as far as the sums.
    let name = || prop_oneof![20 => 0..SLOTS, 1 => SLOTS..NAMES];
    let some = move || btree_map(name(), 0_u32..4, 0..3);
    let holds = vec(btree_map(name(), 1_u32..4, 1..3), 0..5);
    let off = proptest::option::of((0..SLOTS, 0_u32..9));
    (holds, some(), some(), some(), some(), off).prop_map(
        |(holds, confirmed, elsewhere, allowance, overrides, off)| Counts {
            holds,
            confirmed,
            elsewhere,
            allowance,
            overrides,
            off,
        },
    )
}

fn page(counts: &Counts) -> Page {
    let key = PageKey::first(ResourceId::parse("hotel").expect("an id"), "2026-06");
    let mut page = Page::fresh(key, 1, 6, (0..SLOTS).map(slot).collect());
    let named = |counts: &BTreeMap<usize, u32>| counts.iter().map(|(n, count)| (slot(*n), *count)).collect();
    page.confirmed = named(&counts.confirmed);
    page.elsewhere = named(&counts.elsewhere);
    page.allowance = named(&counts.allowance);
    page.overrides = named(&counts.overrides);
    for (n, places) in counts.holds.iter().enumerate() {
        page.holds.insert(HoldId::parse(&format!("h{n}")).expect("an id"), hold(places));
    }
    for n in 0..SLOTS {
        let slot = slot(n);
        let held: u32 = page.holds.values().map(|hold| hold.places.in_slot(&slot)).sum();
        let of = |counts: &BTreeMap<SlotKey, u32>| counts.get(&slot).copied().unwrap_or(0);
        let taken = held + of(&page.confirmed) + of(&page.elsewhere);
        let limit = page.capacity_of(&slot) + of(&page.allowance);
        page.available.insert(slot.clone(), limit.saturating_sub(taken));
        if taken > limit {
            page.excess.insert(slot, taken - limit);
        }
    }
    if let Some((n, free)) = counts.off {
        page.available.insert(slot(n), free);
    }
    page
}

fn says_the_same(page: &Page, said: Option<&SlotKey>) -> TestCaseResult {
    if said == broken(page).as_ref() {
        Ok(())
    } else {
        Err(TestCaseError::fail(format!("{page:?}: {said:?}")))
    }
}

proptest! {
    #![proptest_config(holdfast_properties::config(CASES, "tests/regressions/adding_up.txt"))]

    #[test]
    fn one_pass_over_the_holds_finds_the_slot_that_the_rule_finds(counts in counts()) {
        let page = page(&counts);
        says_the_same(&page, page.broken_slot())?;
    }
}

/// The control: a check that passes over what others have sold is found out.
#[test]
fn a_check_that_forgets_a_count_is_found_out() {
    holdfast_properties::assert_found(CASES, counts(), |counts| {
        let page = page(&counts);
        let without = Page { elsewhere: BTreeMap::new(), ..page.clone() };
        says_the_same(&page, without.broken_slot())
    });
}

/// A day of 300 slots with as many holds as a page stores, each of 60 slots: the rule as it is written compares 3.6 million
/// pairs for it; what one pass adds up is 12,000.
#[test]
fn a_full_page_adds_up() {
    let slots: Vec<SlotKey> =
        (0..300).map(|n| SlotKey::parse(&(n * 4).to_string()).expect("a key")).collect();
    let key = PageKey::first(ResourceId::parse("court").expect("an id"), "2026-06-01");
    let mut page = Page::fresh(key, 1, 1000, slots.clone());
    for n in 0..HOLDS_PER_PAGE_MAX {
        let taken = &slots[n..n + 60];
        let places = SlotPlaces::uniform(taken.iter().cloned(), 2).expect("ascending");
        for slot in taken {
            page.available.entry(slot.clone()).and_modify(|free| *free -= 2);
        }
        let entry = PageHold { places, ..hold(&BTreeMap::from([(0, 1)])) };
        page.holds.insert(HoldId::parse(&format!("h{n}")).expect("an id"), entry);
    }
    assert_eq!(page.broken_slot(), None);
    page.available.entry(slots[250].clone()).and_modify(|free| *free += 1);
    assert_eq!(page.broken_slot(), Some(&slots[250]));
}
