//! Two evaluators that share no arithmetic say the same of every card.

use std::collections::BTreeMap;

use holdfast_domain::bookings::PriceLineKind;
use holdfast_domain::rates::cancellation::{Deadline, Penalty};
use holdfast_domain::rates::quote::{Limit, PlanQuote, Reason, Unavailable};
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::{Strategy, TestCaseError, any, proptest};
use proptest::strategy::ValueTree;
use proptest::test_runner::{TestCaseResult, TestRunner};

use crate::fixture::{amounts, ask_in};
use crate::generate::{Case, PLANS, any_case, any_restricted_case};
use crate::naive::{Naive, Sums};
use crate::naive_terms::Refusal;

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

/// Why a plan is not sold, as the second evaluator says it; in its order.
fn refusals(none: &Unavailable) -> Vec<Refusal> {
    let plain = |reason| Refusal { reason, restriction: None, limit: None, together: None, date: None };
    let said = |reason: &Reason| match reason {
        Reason::Restricted { restriction, date, limit } => {
            let (reason, limit, together) = match *limit {
                Limit::StayMin(least) => ("stay_min", Some(least), None),
                Limit::StayMax(most) => ("stay_max", Some(most), None),
                Limit::ClosedToArrival => ("closed_to_arrival", None, None),
                Limit::ClosedToDeparture => ("closed_to_departure", None, None),
                Limit::StopSell => ("stop_sell", None, None),
                Limit::NoticeMin(minutes) => ("notice_min", Some(minutes), None),
                Limit::WindowMax(days) => ("window_max", Some(days), None),
                Limit::QuantityMin(least) => ("quantity_min", Some(least), None),
                Limit::QuantityMax(most) => ("quantity_max", Some(most), None),
                Limit::SoldTogether { from, to } => ("sold_together", None, Some((from, to))),
            };
            let restriction = restriction.as_ref().map(ToString::to_string);
            Refusal { restriction, limit, together, date: Some(*date), ..plain(reason) }
        }
        Reason::Channel => plain("channel"),
        Reason::NoPlan
        | Reason::UnitType
        | Reason::Guests { .. }
        | Reason::Cots { .. }
        | Reason::Extra(_)
        | Reason::Promotion
        | Reason::OutOfRange => plain("one that no generated case has"),
    };
    let mut all: Vec<Refusal> = none.reasons.iter().map(said).collect();
    all.sort();
    all
}

/// Instants at which a cancellation is asked for: drawn ones, and those around which what it keeps may change.
fn moments(case: &Case, quote: &PlanQuote, drawn: &[u16]) -> Vec<Timestamp> {
    let (start, booked) = (case.request.slots[0].slot.start, case.request.at);
    let span = start.duration_since(booked).as_secs() + 7_200;
    let of_span = |part: &u16| booked + SignedDuration::from_secs(span * i64::from(*part) / 65_536);
    let tick = SignedDuration::from_nanos(1);
    let ends = quote.applied.refunds.last_instants(start, booked);
    ends.chain([booked, start])
        .flat_map(|at| [at - tick, at, at + tick])
        .chain(drawn.iter().map(of_span))
        .collect()
}

/// What the first evaluator says, so that a control can say something else.
struct Said {
    sums: Sums,
    refusals: Vec<Refusal>,
    kept: Vec<i64>,
}

/// A generated case, and when a cancellation of its stay is asked for.
type Asked = (Case, Vec<u16>);

fn asked(case: impl Strategy<Value = Case>) -> impl Strategy<Value = Asked> {
    (case, vec(any::<u16>(), 0..4))
}

fn same<T: PartialEq + std::fmt::Debug>(plan: &str, ours: &T, theirs: &T) -> TestCaseResult {
    if ours == theirs { Ok(()) } else { Err(TestCaseError::fail(format!("{plan}:\n{ours:?}\n{theirs:?}"))) }
}

fn check((case, drawn): &Asked, change: impl Fn(Said) -> Said) -> TestCaseResult {
    let naive = Naive { case };
    for plan in PLANS {
        let refused = naive.refusals(plan);
        match ask_in(case, plan) {
            Ok(quote) => {
                let reckoned = naive.reckoned(plan);
                let (start, total) = (case.request.slots[0].slot.start, quote.price.total());
                let moments = moments(case, &quote, drawn);
                let kept_at = |at: &Timestamp| {
                    quote.applied.refunds.kept_at(total, start, case.request.at, *at).amount()
                };
                let kept = moments.iter().map(kept_at).collect();
                let said = change(Said { sums: sums(&quote), refusals: Vec::new(), kept });
                same(plan, &without_nothing(said.sums), &without_nothing(reckoned.sums.clone()))?;
                same(plan, &said.refusals, &refused)?;
                let kept = |at: &Timestamp| naive.kept(plan, &reckoned, *at).amount;
                same(plan, &said.kept, &moments.iter().map(kept).collect())?;
            }
            Err(none) => {
                let refusals = refusals(&none);
                let said = change(Said { sums: Sums::default(), refusals, kept: Vec::new() });
                same(plan, &said.refusals, &refused)?;
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(holdfast_properties::config(CASES, "tests/regressions/rates.txt"))]

    #[test]
    fn both_evaluators_say_the_same(asked in asked(any_case())) {
        check(&asked, |said| said)?;
    }

    #[test]
    fn both_evaluators_refuse_the_same(asked in asked(any_restricted_case())) {
        check(&asked, |said| said)?;
    }
}

#[test]
fn control_a_cent_too_much_in_a_rare_case_is_found() {
    holdfast_properties::assert_found(CASES, asked(any_case()), |asked| {
        let request = &asked.0.request;
        let is_rare =
            request.promotion.is_some() && asked.0.card.charges.iter().any(|charge| charge.included);
        check(&asked, |said| {
            let discount = said.sums.discount + i64::from(is_rare && said.refusals.is_empty());
            Said { sums: Sums { discount, ..said.sums }, ..said }
        })
    });
}

#[test]
fn control_a_minimum_of_a_date_that_is_forgotten_is_found() {
    holdfast_properties::assert_found(CASES, asked(any_restricted_case()), |asked| {
        check(&asked, |mut said| {
            said.refusals.retain(|refusal| refusal.reason != "stay_min" || refusal.restriction.is_some());
            said
        })
    });
}

#[test]
fn control_a_cent_kept_too_much_of_the_first_slots_is_found() {
    holdfast_properties::assert_found(CASES, asked(any_case()), |asked| {
        let is_rare = asked.0.card.plans.iter().any(|plan| {
            plan.cancellation.steps.iter().any(|step| {
                matches!(step.penalty, Penalty::FirstSlots(_))
                    && matches!(step.deadline, Deadline::HoursBefore(_))
            })
        });
        check(&asked, |mut said| {
            if let Some(kept) = said.kept.first_mut().filter(|_| is_rare) {
                *kept += 1;
            }
            said
        })
    });
}

/// The cases have every kind of restriction, of cards and for dates, and every term of a cancellation.
#[test]
fn every_restriction_and_every_term_of_a_cancellation_occurs() {
    let mut counts: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let mut runner = TestRunner::deterministic();
    for _ in 0..CASES {
        let (case, drawn) = asked(any_restricted_case()).new_tree(&mut runner).expect("a case").current();
        let naive = Naive { case: &case };
        for plan in PLANS {
            let mut count = |of, what| *counts.entry((of, what)).or_default() += 1;
            let refused = naive.refusals(plan);
            for refusal in &refused {
                count(if refusal.restriction.is_some() { "card" } else { "no card" }, refusal.reason);
            }
            if case.request.is_free_before == Some(false) {
                let mut beside = case.clone();
                beside.request.is_free_before = Some(true);
                let without = Naive { case: &beside }.refusals(plan).len();
                (0..without - refused.len()).for_each(|_| count("gap", "filled"));
            }
            if let Ok(quote) = ask_in(&case, plan) {
                let reckoned = naive.reckoned(plan);
                for at in moments(&case, &quote, &drawn) {
                    naive.kept(plan, &reckoned, at).by.into_iter().for_each(|word| count("kept", word));
                }
            }
        }
    }
    println!("{counts:?}");
    let limits = [
        "stay_min",
        "stay_max",
        "closed_to_arrival",
        "closed_to_departure",
        "stop_sell",
        "notice_min",
        "window_max",
        "quantity_min",
        "quantity_max",
        "sold_together",
    ];
    let terms = [
        "begun",
        "free hours",
        "hours before",
        "days before",
        "days before at a time",
        "percent",
        "slots",
        "amount",
        "past the last",
        "with what is kept always",
        "of all",
    ];
    let of_limits = ["card", "no card"].into_iter().flat_map(|of| limits.map(|limit| (of, limit)));
    let others =
        terms.map(|term| ("kept", term)).into_iter().chain([("no card", "channel"), ("gap", "filled")]);
    for kind in of_limits.chain(others) {
        assert!(counts.get(&kind).copied().unwrap_or(0) >= 10, "{kind:?}: {counts:?}");
    }
}
