//! Money and cancellation policies: nothing is made from nothing.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use holdfast_domain::bookings::{CancellationPolicy, TIERS_MAX, Tier};
use holdfast_domain::money::{AMOUNT_MAX, Currency, Money, MoneyError, Percent};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

fn eur(amount: i64) -> Money {
    Money::new(amount, Currency::parse("EUR").expect("known")).expect("in range")
}

fn percent(value: u8) -> Percent {
    Percent::new(value).expect("at most 100")
}

fn start() -> Timestamp {
    Timestamp::from_second(1_780_000_000).expect("in range")
}

fn any_tiers() -> impl Strategy<Value = Vec<Tier>> {
    proptest::collection::btree_map(0u32..200, 0u8..=100, 0..=TIERS_MAX).prop_map(|tiers| {
        tiers.into_iter().map(|(hours_before, value)| Tier { hours_before, refund: percent(value) }).collect()
    })
}

proptest! {
    #![proptest_config(holdfast_properties::config(2000, "tests/regressions/money.txt"))]

    #[test]
    fn sums_can_be_taken_apart_again(a in 0..=AMOUNT_MAX, b in 0..=AMOUNT_MAX) {
        match eur(a).add(eur(b)) {
            Ok(sum) => {
                prop_assert_eq!(sum.amount(), a + b);
                prop_assert_eq!(sum.subtract(eur(b)), Ok(eur(a)));
                prop_assert_eq!(eur(b).add(eur(a)), Ok(sum));
            }
            Err(error) => {
                prop_assert_eq!(error, MoneyError::OutOfRange);
                prop_assert!(a + b > AMOUNT_MAX);
            }
        }
        prop_assert_eq!(eur(a).subtract(eur(b)).is_ok(), a >= b);
    }

    #[test]
    fn times_is_repeated_addition(amount in 0i64..1_000_000, count in 0u64..100) {
        let mut sum = eur(0);
        for _ in 0..count {
            sum = sum.add(eur(amount)).expect("in range");
        }
        prop_assert_eq!(eur(amount).times(count), Ok(sum));
    }

    #[test]
    fn a_percentage_and_its_rest_lose_nothing(amount in 0..=AMOUNT_MAX, value in 0u8..=100) {
        let part = eur(amount).percent(percent(value)).amount();
        let rest = eur(amount).percent(percent(100 - value)).amount();
        // Both halves of a half are rounded up.
        prop_assert!((amount..=amount + 1).contains(&(part + rest)), "{part} + {rest} of {amount}");
        let exact = i128::from(amount) * i128::from(value);
        prop_assert!((i128::from(part) * 100 - exact).abs() <= 50);
        if value > 0 {
            prop_assert!(eur(amount).percent(percent(value - 1)).amount() <= part);
        }
    }

    #[test]
    fn the_order_of_tiers_says_nothing(tiers in any_tiers().prop_shuffle(), turn in 0usize..16) {
        let mut turned = tiers.clone();
        turned.rotate_left(turn.min(tiers.len()));
        let policy = CancellationPolicy::new(tiers).expect("a valid policy");
        prop_assert!(policy.tiers().windows(2).all(|pair| pair[0].hours_before > pair[1].hours_before));
        prop_assert_eq!(CancellationPolicy::new(turned), Some(policy));
    }

    #[test]
    fn the_tier_with_the_most_hours_that_still_remain_applies(
        tiers in any_tiers(),
        paid in 0..=AMOUNT_MAX,
        hours in -2i64..220,
        offset in -1i64..=1,
        nanos in 0i32..2,
    ) {
        let policy = CancellationPolicy::new(tiers.clone()).expect("a valid policy");
        let seconds = hours * 3_600 + offset;
        let now = start() - SignedDuration::new(seconds, nanos);
        let refund = policy.refund(eur(paid), start(), now);
        let begun = seconds < 0 || (seconds == 0 && nanos == 0);
        let share = tiers
            .iter()
            .filter(|tier| !begun && i64::from(tier.hours_before) * 3_600 <= seconds)
            .max_by_key(|tier| tier.hours_before)
            .map_or(Percent::ZERO, |tier| tier.refund);
        prop_assert_eq!(refund, eur(paid).percent(share));
        prop_assert!(refund.amount() <= paid);
    }

    #[test]
    fn a_currency_has_the_code_that_was_asked_for(code in "[A-Z]{3}", spoilt in "[a-z ]?\\PC{0,2}") {
        if let Ok(currency) = Currency::parse(&code) {
            prop_assert_eq!(currency.code(), &code);
        }
        for wrong in [code.to_lowercase(), format!("{code}{spoilt}"), format!("{spoilt}{code}"), spoilt.clone()] {
            prop_assert_eq!(Currency::parse(&wrong).is_ok(), wrong == code && Currency::parse(&code).is_ok());
        }
    }
}

#[test]
fn only_known_currencies() {
    for code in ["EUR", "USD", "AED", "ZWG"] {
        let currency = Currency::parse(code).expect("known");
        assert_eq!(currency.code(), code);
        assert_eq!((currency.to_string(), format!("{currency:?}")), (code.to_owned(), code.to_owned()));
    }
    for wrong in ["eur", "EURO", "XXX", "", "E R", "EUR USD"] {
        assert_eq!(Currency::parse(wrong), Err(MoneyError::UnknownCurrency), "{wrong}");
    }
}

#[test]
fn arithmetic_is_checked() {
    let currency = eur(0).currency();
    assert_eq!(Money::new(-1, currency), Err(MoneyError::OutOfRange));
    assert_eq!(Money::new(AMOUNT_MAX + 1, currency), Err(MoneyError::OutOfRange));
    assert_eq!(eur(1).subtract(eur(2)), Err(MoneyError::OutOfRange));
    assert_eq!(eur(AMOUNT_MAX).add(eur(1)), Err(MoneyError::OutOfRange));
    assert_eq!(eur(AMOUNT_MAX).times(u64::MAX), Err(MoneyError::OutOfRange));
}

#[test]
fn percentages_round_half_up() {
    let check = |amount: i64, value: u8, expected: i64| {
        assert_eq!(eur(amount).percent(percent(value)).amount(), expected, "{amount} x {value} %");
    };
    check(101, 50, 51);
    check(103, 50, 52);
    check(1, 49, 0);
    check(1, 50, 1);
    check(12900, 100, 12900);
    check(12900, 0, 0);
    assert_eq!(Percent::new(101), None);
    assert_eq!([0, 37, 100].map(|value| percent(value).value()), [0, 37, 100]);
}

#[test]
fn currencies_do_not_mix() {
    let usd = Money::zero(Currency::parse("USD").expect("known"));
    for mixed in [eur(1).add(usd), eur(1).subtract(usd)] {
        assert!(matches!(mixed, Err(MoneyError::CurrencyMismatch(..))));
    }
}

#[test]
fn the_tier_with_most_remaining_hours_applies() {
    let tier = |hours_before, value| Tier { hours_before, refund: percent(value) };
    let policy = CancellationPolicy::new(vec![tier(0, 50), tier(48, 100), tier(24, 75)]).expect("valid");
    let check = |policy: &CancellationPolicy, seconds_before: i64, expected: i64| {
        let now = start() - SignedDuration::from_secs(seconds_before);
        assert_eq!(policy.refund(eur(10_001), start(), now).amount(), expected, "{seconds_before} s before");
    };
    assert_eq!(policy.tiers(), [tier(48, 100), tier(24, 75), tier(0, 50)]);
    check(&policy, 48 * 3600 + 1, 10_001);
    check(&policy, 48 * 3600, 10_001);
    check(&policy, 48 * 3600 - 1, 7_501);
    check(&policy, 24 * 3600, 7_501);
    check(&policy, 24 * 3600 - 1, 5_001);
    check(&policy, 1, 5_001);
    check(&policy, 0, 0);
    check(&policy, -60, 0);
    check(&CancellationPolicy::new(vec![tier(24, 100)]).expect("valid"), 24 * 3600 - 1, 0);
    check(&CancellationPolicy::default(), 1_000_000, 0);
}

#[test]
fn two_tiers_for_the_same_hours_contradict_each_other() {
    let tiers = [100, 50].map(|value| Tier { hours_before: 24, refund: percent(value) });
    assert_eq!(CancellationPolicy::new(tiers.to_vec()), None);
}

#[test]
fn too_many_tiers_are_refused() {
    let tiers =
        |count: u32| (0..count).map(|hours_before| Tier { hours_before, refund: percent(1) }).collect();
    assert!(CancellationPolicy::new(tiers(16)).is_some());
    assert!(CancellationPolicy::new(tiers(17)).is_none());
}
