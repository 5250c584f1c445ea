//! What is so of every card and every question.

use std::collections::BTreeMap;

use holdfast_domain::Money;
use holdfast_domain::bookings::PriceLineKind;
use holdfast_domain::rates::charge::Due;
use holdfast_domain::rates::evaluate::offers;
use holdfast_domain::rates::plan::PlanPrice;
use holdfast_domain::rates::quote::STAY_LINES_MAX;
use holdfast_domain::rates::rule::Adjustment;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::{any, proptest};
use proptest::{prop_assert, prop_assert_eq};

use crate::fixture::{amounts, ask_in, version};
use crate::generate::{Case, PLANS, any_case};

const CASES: u32 = 1_000;

/// The list in an order of its own for each seed.
fn shuffle<T>(list: &mut [T], seed: u64) {
    let mut state = seed | 1;
    for index in (1..list.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        list.swap(index, usize::try_from(state >> 33).unwrap_or(0) % (index + 1));
    }
}

fn lowers(price: &PlanPrice) -> bool {
    match price {
        PlanPrice::Base(_) => false,
        PlanPrice::Derived { adjustment, .. } => match adjustment {
            Adjustment::Price(_) => false,
            Adjustment::Percent(percentage) => percentage.value() < rust_decimal::Decimal::ZERO,
            Adjustment::Amount(amount) => *amount < 0,
        },
    }
}

/// Instants around everything at which a refund may change.
fn instants(ends: impl Iterator<Item = Timestamp>, booked: Timestamp, start: Timestamp) -> Vec<Timestamp> {
    let tick = SignedDuration::from_nanos(1);
    let near = |at: Timestamp| [at - tick, at, at + tick];
    ends.chain([booked, start]).flat_map(near).collect()
}

proptest! {
    #![proptest_config(holdfast_properties::config(CASES, "tests/regressions/rates.txt"))]

    #[test]
    fn lines_add_up_and_can_be_charged(case in any_case()) {
        for plan in PLANS {
            let Ok(quote) = ask_in(&case, plan) else { continue };
            let (mut now, mut later) = (0, 0);
            let mut stays = 0;
            for line in quote.price.lines() {
                let (amount, detail) = (line.amount.amount(), line.detail.as_ref().expect("a card's"));
                prop_assert_eq!(amount % case.step, 0, "{:?}", line);
                prop_assert_eq!(amount < 0, line.kind == PriceLineKind::Discount, "{:?}", line);
                prop_assert!(detail.count >= 1);
                prop_assert_eq!(amount % i64::from(detail.count), 0, "a sum of equal parts: {:?}", line);
                prop_assert_eq!(line.amount.currency(), case.card.currency);
                let taxes: i64 = detail.included_taxes.iter().map(|tax| tax.amount).sum();
                prop_assert!(taxes.abs() <= amount.abs() , "{:?}", line);
                match detail.due {
                    Due::Now => now += amount,
                    Due::AtProperty => later += amount,
                }
                stays += if line.kind == PriceLineKind::Stay { amount } else { 0 };
            }
            prop_assert_eq!(now, quote.price.total().amount());
            prop_assert_eq!(later, quote.price.at_property().amount());
            prop_assert_eq!(stays, amounts(&quote).iter().sum::<i64>());
            prop_assert!(quote.price.lines().iter().filter(|line| line.kind == PriceLineKind::Stay).count() <= STAY_LINES_MAX);
            for slot in &quote.slots {
                prop_assert_eq!(slot.amount % case.step, 0);
                prop_assert_eq!(slot.steps.last().map(|step| step.amount), Some(slot.amount));
            }
        }
    }

    #[test]
    fn the_order_in_which_a_card_is_written_makes_no_difference(case in any_case(), seed in any::<u64>()) {
        let mut other = case.clone();
        shuffle(&mut other.card.rules, seed);
        shuffle(&mut other.card.restrictions, seed);
        shuffle(&mut other.card.promotions, seed);
        shuffle(&mut other.card.plans, seed);
        shuffle(&mut other.request.extras, seed);
        for plan in PLANS {
            prop_assert_eq!(ask_in(&case, plan), ask_in(&other, plan));
        }
    }

    #[test]
    fn the_same_question_of_the_same_card_has_the_same_answer(case in any_case()) {
        let again = Case { card: case.card.clone(), ..case.clone() };
        let (card, copy) = (version(case.card.clone()), version(again.card.clone()));
        let first = offers(&card, &case.dated, case.step, &case.request);
        prop_assert_eq!(&first, &offers(&copy, &again.dated, again.step, &again.request));
        let one_by_one: Vec<_> = PLANS.map(|plan| ask_in(&case, plan)).into();
        prop_assert_eq!(first.into_iter().map(|offer| offer.result).collect::<Vec<_>>(), one_by_one);
    }

    #[test]
    fn a_plan_that_lowers_a_price_never_exceeds_the_plan_it_derives_from(case in any_case()) {
        let mut case = case;
        case.card.restrictions.clear();
        // It is about what the card makes of a price: what staff set is the same under each plan.
        case.request.price_override = None;
        case.dated = holdfast_domain::rates::dated::DatedRates::new(case.dated.months().map(|(month, rates)| {
            let mut rates = rates.clone();
            rates.dates.values_mut().flat_map(BTreeMap::values_mut).for_each(|rates| rates.limits = Default::default());
            (month, rates)
        }));
        for plan in &case.card.plans {
            let PlanPrice::Derived { from, .. } = &plan.price else { continue };
            let (Ok(quote), Ok(parent)) = (ask_in(&case, plan.id.as_str()), ask_in(&case, from.as_str())) else { continue };
            for (own, above) in amounts(&quote).into_iter().zip(amounts(&parent)) {
                prop_assert!(!lowers(&plan.price) || own <= above, "{}: {} > {}", plan.id, own, above);
            }
        }
    }

    #[test]
    fn refunds_never_exceed_what_was_taken(case in any_case(), parts in any::<u8>()) {
        for plan in PLANS {
            let Ok(quote) = ask_in(&case, plan) else { continue };
            let (terms, total) = (&quote.applied.refunds, quote.price.total());
            let (start, booked) = (case.request.slots[0].slot.start, case.request.at);
            prop_assert!(terms.kept_always.amount() <= total.amount());
            for pair in terms.steps.windows(2) {
                prop_assert!(pair[0].until < pair[1].until);
            }
            for step in &terms.steps {
                prop_assert!(step.kept.amount() <= total.amount());
                prop_assert!(step.kept.amount() >= terms.kept_always.amount());
                prop_assert!(step.kept.amount() % case.step == 0);
                prop_assert!(step.until < start);
            }
            let paid = Money::new(total.amount() * i64::from(parts) / 255, total.currency()).expect("in range");
            let order = crate::fixture::order(&case.request, quote.clone());
            for at in instants(terms.last_instants(start, booked), booked, start) {
                let kept = terms.kept_at(total, start, booked, at);
                prop_assert!(kept.amount() <= total.amount());
                prop_assert!(at < start || kept == total);
                let refund = order.refund_of(paid, booked, at);
                prop_assert!(refund.amount() <= paid.amount());
                let whole = order.refund_of(total, booked, at);
                prop_assert_eq!(whole.amount() + kept.amount(), total.amount());
            }
        }
    }
}
