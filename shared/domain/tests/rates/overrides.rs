//! Prices that staff set for a stay: over which nights they are spread, and what goes on as ever.

use std::collections::BTreeSet;

use holdfast_domain::Money;
use holdfast_domain::bookings::PriceLineKind;
use holdfast_domain::money::AMOUNT_MAX;
use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::charge::{Levy, Validity};
use holdfast_domain::rates::dated::DateRates;
use holdfast_domain::rates::dated::DatedRates;
use holdfast_domain::rates::price_override::{
    OVERRIDE_REASON_LENGTH_MAX, OverrideFault, OverrideReason, check_override,
};
use holdfast_domain::rates::promotion::{Discount, Promotion, PromotionCode};
use holdfast_domain::rates::quote::{Cause, PlanQuote, Reason, Unavailable};
use holdfast_domain::rates::request::RateRequest;
use holdfast_domain::rates::restriction::Limits;

use crate::fixture::{
    amounts, ask_step, card, card_at, currency, eur, included, label, money, percent, price_override,
    request, restriction, set, tax,
};

/// A price of the flexible plan for a date.
fn set_price(date: &str, price: Money) -> DatedRates {
    set(&[(date, "flexible", DateRates { price: Some(price), limits: Limits::default() })])
}

/// What a stay from the 12th of June costs where staff set that.
fn set_to(
    card: &RateCard,
    dated: &DatedRates,
    step: i64,
    amount: Money,
    nights: i32,
) -> Result<PlanQuote, Unavailable> {
    let request =
        RateRequest { price_override: Some(price_override(amount)), ..request("2026-06-12", nights) };
    ask_step(card, dated, step, &request)
}

fn check(dated: &DatedRates, amount: i64, nights: i32, expected: &[i64]) {
    let quote = set_to(&card(), dated, 1, eur(amount), nights).expect("a quote");
    assert_eq!(amounts(&quote), expected, "{amount} over {nights} nights");
    assert_eq!(quote.price.total().amount(), amount);
    let sum: i64 = quote.price.lines().iter().map(|line| line.amount.amount()).sum();
    assert_eq!(sum, amount);
}

#[test]
fn the_amount_is_spread_as_the_usual_prices_are_to_each_other() {
    let none = DatedRates::default();
    check(&none, 300_00, 3, &[100_00, 100_00, 100_00]);
    // What is left over goes to the earlier.
    check(&none, 200_00, 3, &[66_67, 66_67, 66_66]);
    check(&none, 0, 3, &[0, 0, 0]);
    check(&none, 2, 3, &[1, 1, 0]);
    let saturday = set_price("2026-06-13", eur(300_00));
    check(&saturday, 100_00, 2, &[25_00, 75_00]);
    check(&saturday, 10, 2, &[3, 7]);
}

#[test]
fn where_nights_cost_nothing_each_has_an_equal_part() {
    let free = card_at(eur(0));
    let quote = set_to(&free, &DatedRates::default(), 1, eur(100), 3).expect("a quote");
    assert_eq!(amounts(&quote), [34, 33, 33]);
    // A night that costs nothing among others stays so.
    check(&set_price("2026-06-13", eur(0)), 100, 2, &[100, 0]);
}

#[test]
fn each_part_can_be_charged() {
    let dinars = card_at(money(10_000, "KWD"));
    let quote = set_to(&dinars, &DatedRates::default(), 10, money(10_000, "KWD"), 3).expect("a quote");
    assert_eq!(amounts(&quote), [3_340, 3_330, 3_330]);
    for (amount, fault) in [
        (money(10_005, "KWD"), OverrideFault::Multiple(10)),
        (eur(10_000), OverrideFault::Currency(currency("KWD"))),
    ] {
        assert_eq!(check_override(amount, currency("KWD"), 10), Err(fault));
        let refused = set_to(&dinars, &DatedRates::default(), 10, amount, 3).expect_err("no price");
        assert_eq!(refused.reasons, [Reason::OutOfRange], "{amount:?}");
    }
}

#[test]
fn the_largest_amount_is_a_price_and_one_with_a_tax_on_top_is_none() {
    check(&DatedRates::default(), AMOUNT_MAX, 2, &[50_000_000_000, 49_999_999_999]);
    assert!(Money::new(AMOUNT_MAX + 1, currency("EUR")).is_err());
    let mut taxed = card();
    taxed.charges.push(tax("city", Levy::Percent(percent("5")), &["stay"]));
    let refused = set_to(&taxed, &DatedRates::default(), 1, eur(AMOUNT_MAX), 2).expect_err("no price");
    assert_eq!(refused.reasons, [Reason::OutOfRange]);
}

#[test]
fn taxes_are_reckoned_on_what_was_set_and_the_last_step_says_so() {
    let mut taxed = card();
    taxed.charges.push(included("vat", "7", &["stay"]));
    let quote = set_to(&taxed, &DatedRates::default(), 1, eur(107_00), 2).expect("a quote");
    let taxes = quote.price.lines().iter().filter_map(|line| line.detail.as_ref());
    let taxes: i64 = taxes.flat_map(|detail| &detail.included_taxes).map(|tax| tax.amount).sum();
    assert_eq!(taxes, 7_00);
    assert!(quote.price.lines().iter().all(|line| line.kind == PriceLineKind::Stay));
    for slot in &quote.slots {
        let last = slot.steps.last().expect("a step");
        assert_eq!((&last.cause, last.amount), (&Cause::Override, slot.amount));
        assert_eq!(slot.steps[0].amount, 100_00, "the usual price comes before");
    }
    let set = quote.applied.price_override.expect("what was set");
    assert_eq!((set.amount, set.reason.as_str()), (eur(107_00), "Regular guest"));
    assert_eq!(set.by.as_str(), "staff/desk-1");
}

#[test]
fn no_promotion_comes_with_it() {
    let mut card = card();
    card.promotions.push(Promotion {
        code: PromotionCode::parse("TEN").expect("a code"),
        name: label("Ten"),
        discount: Discount::Percent(percent("10")),
        plans: BTreeSet::new(),
        stays: Validity::default(),
        from: None,
        to: None,
        uses_max: None,
        uses_per_guest_max: None,
    });
    let request = RateRequest {
        price_override: Some(price_override(eur(50_00))),
        promotion: PromotionCode::parse("TEN").ok(),
        ..request("2026-06-12", 1)
    };
    let refused = ask_step(&card, &DatedRates::default(), 1, &request).expect_err("no price");
    assert_eq!(refused.reasons, [Reason::Promotion]);
    let alone = RateRequest { price_override: None, ..request };
    assert!(ask_step(&card, &DatedRates::default(), 1, &alone).is_ok(), "the code is good by itself");
}

#[test]
fn the_plans_restrictions_hold() {
    let mut card = card();
    let two_nights = Limits { stay_min_on_arrival: Some(2), ..Limits::default() };
    card.restrictions.push(restriction("two-nights", two_nights));
    let refused =
        set_to(&card, &DatedRates::default(), 1, eur(50_00), 1).expect_err("one night is too short");
    assert!(matches!(refused.reasons[..], [Reason::Restricted { .. }]), "{refused:?}");
    assert!(set_to(&card, &DatedRates::default(), 1, eur(50_00), 2).is_ok());
}

#[test]
fn a_reason_has_a_length_and_no_control_characters() {
    let longest = "é".repeat(OVERRIDE_REASON_LENGTH_MAX);
    for text in ["abc", longest.as_str(), "Stammgast, 3. Besuch"] {
        assert_eq!(OverrideReason::parse(text).expect("a reason").as_str(), text);
    }
    for text in ["", "ab", "a\nb", "abc\u{7f}", &format!("{longest}e")] {
        assert!(OverrideReason::parse(text).is_err(), "{text:?}");
    }
}
