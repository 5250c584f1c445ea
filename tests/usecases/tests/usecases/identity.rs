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
fn confirmation_numbers_differ_and_avoid_ambiguous_letters() {
    let numbers: BTreeSet<String> =
        (0..100).map(|n| confirmation_number(&booking_id(&guest("a"), &n.to_string()))).collect();
    assert_eq!(numbers.len(), 100);
    for number in numbers {
        assert_eq!(number.len(), 13, "{number}");
        assert!(number.starts_with("HF-"), "{number}");
        assert!(!number[3..].contains(['I', 'O', '0', '1']), "{number}");
    }
}
