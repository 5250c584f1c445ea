//! Ids that follow from who asks and with which key.

use std::collections::BTreeSet;

use holdfast_app::kernel::{booking_id, booking_id_of_run, confirmation_number, hold_id};
use holdfast_domain::GuestId;

fn guest(name: &str) -> GuestId {
    GuestId::parse(name).expect("a guest")
}

#[test]
fn ids_depend_on_caller_key_and_purpose() {
    let first = hold_id(&guest("a"), "k");
    assert_eq!(first, hold_id(&guest("a"), "k"));
    assert_ne!(first, hold_id(&guest("b"), "k"));
    assert_ne!(first, hold_id(&guest("a"), "l"));
    assert_ne!(hold_id(&guest("ab"), "c"), hold_id(&guest("a"), "bc"));
    assert_ne!(first.as_str()[4..], booking_id(&guest("a"), "k").as_str()[4..]);
    assert_eq!(booking_id_of_run(&guest("a"), "k", 0), booking_id(&guest("a"), "k"));
    assert_ne!(booking_id_of_run(&guest("a"), "k", 1), booking_id_of_run(&guest("a"), "k", 2));
}

#[test]
fn confirmation_numbers_have_fifty_bits_and_no_ambiguous_letters() {
    let numbers: Vec<String> =
        (0..1000).map(|n| confirmation_number(&booking_id(&guest("a"), &n.to_string()))).collect();
    let mut letters = vec![BTreeSet::new(); 10];
    let mut pairs = BTreeSet::new();
    for number in &numbers {
        let code = number.strip_prefix("HF-").unwrap_or_else(|| panic!("{number}"));
        assert_eq!(code.len(), 10, "{number}");
        for (letter, seen) in code.chars().zip(&mut letters) {
            seen.insert(letter);
        }
        pairs.extend(code.as_bytes().windows(2).map(<[u8]>::to_vec));
    }
    for (place, seen) in letters.iter().enumerate() {
        assert_eq!(seen.len(), 32, "five bits at place {place}: {seen:?}");
        assert!(!['I', 'O', '0', '1'].iter().any(|letter| seen.contains(letter)), "{seen:?}");
    }
    assert!(pairs.len() > 1000, "neighbours do not depend on each other: {} of 1024 pairs", pairs.len());
}
