//! Places of slots, names of pages, and what the shards of a page offer together.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use holdfast_domain::inventory::InvalidPlaces;
use holdfast_domain::{PageKey, ResourceId, SlotKey, SlotPlaces};

fn slot(name: &str) -> SlotKey {
    SlotKey::parse(name).expect("a key")
}

fn places(places: &[(&str, u32)]) -> Result<SlotPlaces, InvalidPlaces> {
    SlotPlaces::new(places.iter().map(|(name, quantity)| (slot(name), *quantity)))
}

#[test]
fn slots_are_in_the_order_of_time() {
    for ordered in [["01", "02", "31"], ["0", "90", "1020"], ["930", "960", "1440"]] {
        assert!(ordered.windows(2).all(|pair| slot(pair[0]) < slot(pair[1])), "{ordered:?}");
    }
}

#[test]
fn places_are_of_ascending_slots_and_never_none() {
    assert!(places(&[("930", 1), ("1020", 2)]).is_ok());
    assert_eq!(places(&[("1020", 1), ("930", 2)]), Err(InvalidPlaces::Order(slot("930"))));
    assert_eq!(places(&[("01", 1), ("01", 2)]), Err(InvalidPlaces::Order(slot("01"))));
    assert_eq!(places(&[("01", 1), ("02", 0)]), Err(InvalidPlaces::Nothing(slot("02"))));
    assert_eq!(SlotPlaces::uniform([slot("01")], 0), Err(InvalidPlaces::Nothing(slot("01"))));
}

#[test]
fn places_are_known_by_slot() {
    let uneven = places(&[("01", 2), ("02", 1), ("03", 2)]).expect("in order");
    assert_eq!(["01", "02", "03", "04"].map(|name| uneven.in_slot(&slot(name))), [2, 1, 2, 0]);
    assert_eq!((uneven.contains(&slot("02")), uneven.contains(&slot("04"))), (true, false));
    assert_eq!((uneven.most(), uneven.same_everywhere()), (2, None));
    let even = SlotPlaces::uniform([slot("01"), slot("02")], 3).expect("in order");
    assert_eq!((even.most(), even.same_everywhere()), (3, Some(3)));
    assert_eq!(even.slots().len(), 2);
    assert_eq!(even, places(&[("01", 3), ("02", 3)]).expect("in order"));
}

#[test]
fn the_first_page_of_a_month_is_named_as_ever_and_the_others_by_their_number() {
    let resource = || ResourceId::parse("hotel").expect("an id");
    let key = |shard| PageKey { shard, ..PageKey::first(resource(), "2026-06") };
    for (shard, name) in [(0, "2026-06"), (1, "2026-06~1"), (65_535, "2026-06~65535")] {
        assert_eq!(key(shard).name(), name);
        assert_eq!(PageKey::parse(resource(), name), Some(key(shard)));
    }
    for name in ["2026-06~", "2026-06~0", "2026-06~01", "2026-06~x", "2026-06~65536", "2026-06~1~1"] {
        assert_eq!(PageKey::parse(resource(), name), None, "{name}");
    }
}
