//! Two evaluators that share no arithmetic say the same of every card.

use std::collections::BTreeMap;

use holdfast_domain::bookings::PriceLineKind;
use holdfast_domain::rates::quote::{PlanQuote, Reason};
use proptest::prelude::{TestCaseError, proptest};
use proptest::test_runner::TestCaseResult;

use crate::fixture::{amounts, ask_in};
use crate::generate::{Case, PLANS, any_case};
use crate::naive::{Naive, Sums};

const CASES: u32 = 3_000;

/// What a quote says, as the second evaluator says it.
fn sums(quote: &PlanQuote) -> Sums {
    let mut sums = Sums { slots: amounts(quote), ..Sums::default() };
    for line in quote.price.lines() {
        let detail = line.detail.as_ref().expect("a line of a card");
        match line.kind {
            PriceLineKind::Stay => {}
            PriceLineKind::Discount => sums.discount -= line.amount.amount(),
            PriceLineKind::Extra | PriceLineKind::Fee | PriceLineKind::Tax => {
                *sums.codes.entry(detail.code.clone()).or_default() += line.amount.amount();
            }
        }
        for tax in &detail.included_taxes {
            *sums.included.entry(tax.charge.to_string()).or_default() += tax.amount;
        }
    }
    (sums.now, sums.at_property) = (quote.price.total().amount(), quote.price.at_property().amount());
    sums
}

/// Without what is nothing: it has no line.
fn without_nothing(mut sums: Sums) -> Sums {
    let is_something = |_: &String, amount: &mut i64| *amount != 0;
    let keep = |map: &mut BTreeMap<String, i64>| map.retain(is_something);
    keep(&mut sums.codes);
    keep(&mut sums.included);
    sums
}

fn check(case: &Case, change: impl Fn(Sums) -> Sums) -> TestCaseResult {
    for plan in PLANS {
        match ask_in(case, plan) {
            Ok(quote) => {
                let (ours, theirs) = (sums(&quote), Naive { case }.sums(plan));
                let (ours, theirs) = (without_nothing(change(ours)), without_nothing(theirs));
                if ours != theirs {
                    return Err(TestCaseError::fail(format!("{plan}:\n{ours:?}\n{theirs:?}")));
                }
            }
            Err(none) => {
                let is_restricted = |reason: &Reason| matches!(reason, Reason::Restricted { .. });
                if !none.reasons.iter().all(|reason| {
                    is_restricted(reason) || matches!(reason, Reason::Guests { .. } | Reason::Cots { .. })
                }) {
                    return Err(TestCaseError::fail(format!("{plan}: {none:?}")));
                }
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(holdfast_properties::config(CASES, "tests/regressions/rates.txt"))]

    #[test]
    fn both_evaluators_say_the_same(case in any_case()) {
        check(&case, |sums| sums)?;
    }
}

#[test]
fn control_a_cent_too_much_in_a_rare_case_is_found() {
    holdfast_properties::assert_found(CASES, any_case(), |case| {
        let is_rare =
            case.request.promotion.is_some() && case.card.charges.iter().any(|charge| charge.included);
        check(&case, |sums| Sums { discount: sums.discount + i64::from(is_rare), ..sums })
    });
}
