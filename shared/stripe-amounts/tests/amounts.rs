//! Of every code, the amount in the contract and the amount at Stripe are the same money.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use holdfast_app::payments::ChargeLimits;
use holdfast_domain::money::AMOUNT_MAX;
use holdfast_domain::{Currency, Money};
use holdfast_stripe_amounts::{AmountError, ProviderAmount, charge_limits};
use proptest::prelude::*;
use proptest::sample::select;

fn currency(code: &str) -> Currency {
    Currency::parse(code).expect("known")
}

fn money(amount: i64, code: &str) -> Money {
    Money::new(amount, currency(code)).expect("in range")
}

/// How many decimals an amount at Stripe has, as its page says, once more and in its own words.
fn decimals_at_stripe(code: &str) -> u32 {
    match code {
        "BIF" | "CLP" | "DJF" | "GNF" | "JPY" | "KMF" | "KRW" | "MGA" | "PYG" | "RWF" | "VND" | "VUV"
        | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "JOD" | "KWD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

fn any_charged() -> impl Strategy<Value = (Currency, ChargeLimits)> {
    let charged: Vec<_> =
        Currency::all().filter_map(|currency| Some((currency, charge_limits(currency)?))).collect();
    select(charged)
}

proptest! {
    #![proptest_config(holdfast_properties::config(4000, "tests/regressions/amounts.txt"))]

    #[test]
    fn what_can_be_charged_is_the_same_money_on_both_sides(
        (currency, limits) in any_charged(),
        share in 0.0..=1.0_f64,
    ) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "any amount will do")]
        let steps = (share * (limits.max().amount() / limits.step()) as f64) as i64;
        let amount = (steps * limits.step()).clamp(limits.min().amount(), limits.max().amount());
        let money = Money::new(amount, currency).expect("in range");
        let provided = ProviderAmount::of(money).expect("chargeable");
        prop_assert_eq!(ProviderAmount::money(provided.amount(), currency), Ok(money));
        prop_assert!(provided.amount() <= 999_999_999_999);
        // The same number of whole units: amount / 10^decimals, compared without fractions.
        let here = i128::from(amount) * 10_i128.pow(decimals_at_stripe(currency.code()));
        let there = i128::from(provided.amount()) * 10_i128.pow(currency.decimals());
        prop_assert_eq!(here, there, "{}", currency);
    }

    #[test]
    fn nothing_between_two_steps_is_charged((currency, limits) in any_charged(), steps in 1_i64..1000, past in 1_i64..1000) {
        let amount = steps * limits.step() + past % limits.step();
        let money = Money::new(amount, currency).expect("in range");
        prop_assert_eq!(ProviderAmount::of(money).is_ok(), amount % limits.step() == 0);
    }

    #[test]
    fn whatever_is_given_back_can_be_paid((currency, limits) in any_charged(), taken in 1_i64..1_000_000, back in 0_i64..1_000_000) {
        let taken = Money::new(taken * limits.step(), currency).expect("in range");
        let back = Money::new(back.min(taken.amount()), currency).expect("in range");
        let paid = holdfast_stripe_amounts::charge_rules().payable(back, taken);
        prop_assert!(ProviderAmount::of(paid).is_ok());
        prop_assert!(back.amount() <= paid.amount() && paid.amount() <= taken.amount());
        prop_assert!(paid.amount() - back.amount() < limits.step());
    }
}

#[test]
fn every_code_is_charged_or_refused() {
    let refused: Vec<String> = Currency::all()
        .filter(|currency| charge_limits(*currency).is_none())
        .map(|currency| currency.to_string())
        .collect();
    let expected = "BTN CUP ERN GHS IQD IRR KPW LYD MRU SDG SSP STN SVC SYP TMT VES ZWG";
    assert_eq!(refused.join(" "), expected);
    for code in refused {
        assert_eq!(ProviderAmount::of(money(100, &code)), Err(AmountError::Currency(currency(&code))));
        assert_eq!(ProviderAmount::money(100, currency(&code)), Err(AmountError::Currency(currency(&code))));
    }
}

#[test]
fn currencies_with_cases_of_their_own() {
    let check = |code: &str, here: i64, there: i64| {
        assert_eq!(ProviderAmount::of(money(here, code)).map(ProviderAmount::amount), Ok(there), "{code}");
        assert_eq!(ProviderAmount::money(there, currency(code)), Ok(money(here, code)), "{code}");
    };
    check("USD", 12_900, 12_900);
    check("JPY", 12_000, 12_000);
    // 5000 krónur are 5000 by ISO 4217, and 500000 at Stripe; so are shillings.
    check("ISK", 5_000, 500_000);
    check("UGX", 5, 500);
    // 1000.00 ariary are 100000 by ISO 4217, and 1000 at Stripe.
    check("MGA", 100_000, 1_000);
    check("KWD", 5_130, 5_130);
    // Special in payouts only.
    check("HUF", 17_545, 17_545);
    check("TWD", 80_045, 80_045);
    let fraction = |amount, code| {
        let error = AmountError::Fraction { amount, currency: currency(code) };
        assert_eq!(ProviderAmount::of(money(amount, code)), Err(error));
    };
    fraction(5_131, "KWD");
    fraction(150, "MGA");
    let error = AmountError::Fraction { amount: 550, currency: currency("ISK") };
    assert_eq!(ProviderAmount::money(550, currency("ISK")), Err(error));
    assert!(matches!(ProviderAmount::money(-1, currency("USD")), Err(AmountError::OutOfRange { .. })));
}

#[test]
fn limits_are_in_the_contracts_units() {
    let check = |code: &str, step: i64, min: i64, max: i64| {
        assert_eq!(
            charge_limits(currency(code)),
            ChargeLimits::new(currency(code), step, min, max),
            "{code}"
        );
        assert!(charge_limits(currency(code)).is_some(), "{code}");
    };
    check("USD", 1, 50, 99_999_999);
    check("JPY", 1, 50, 99_999_999);
    check("HUF", 1, 17_500, 99_999_999);
    check("ISK", 1, 1, 999_999);
    check("MGA", 100, 100, 9_999_999_900);
    check("KWD", 10, 10, 99_999_990);
    check("INR", 1, 50, 999_999_999);
    check("IDR", 1, 50, AMOUNT_MAX);
}
