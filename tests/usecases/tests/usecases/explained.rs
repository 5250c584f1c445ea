//! An explanation of a price is that of the quote with the same guests, kinds of units and channel.

use std::collections::BTreeSet;

use holdfast_api::rates::{ExplainParameters, NewQuote};
use holdfast_app::rates::{QuoteRequest, Quoted};
use holdfast_domain::catalogue::Label;
use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::condition::{Bounds, Condition};
use holdfast_domain::rates::ids::{Channel, RuleId, UnitTypeId};
use holdfast_domain::rates::occupancy::{ChildBand, Occupancy, UnitType};
use holdfast_domain::rates::percentage::Percentage;
use holdfast_domain::rates::plan::PlanPrice;
use holdfast_domain::rates::quote::Reason;
use holdfast_domain::rates::rule::{Adjustment, Rule};
use holdfast_testkit::money;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Strategy, any, proptest};
use proptest::sample::select;
use proptest::test_runner::{TestCaseError, TestCaseResult};
use serde_json::json;

use crate::rated::{card, put, rated, room};
use crate::world::{World, operator};

const CASES: u32 = 120;

/// What a card makes of guests and channels, and a question for them.
#[derive(Debug, Clone)]
struct Case {
    base: i64,
    included_adults: u32,
    extra_adult: i64,
    child: i64,
    kinds: bool,
    /// Of the rule for the channel `partner`, and of that for three guests or more.
    percents: (i8, i8),
    web_only: bool,
    plan: Option<&'static str>,
    quantity: u32,
    adults: Option<u32>,
    ages: Option<Vec<u8>>,
    kind: Option<&'static str>,
    channel: Option<&'static str>,
    nights: u32,
}

fn any_case() -> impl Strategy<Value = Case> {
    let priced = (1_000_i64..30_000, 1_u32..4, 0_i64..5_000, 0_i64..3_000, any::<bool>());
    let ruled = ((-50_i8..50, -50_i8..50), any::<bool>());
    let chosen = (option::of(select(vec!["flexible", "saver", "pay-later"])), 1_u32..4, 1_u32..5);
    let guests = (option::of(0_u32..5), option::of(vec(0_u8..18, 1..3)));
    let sold = (option::of(select(vec!["adult", "child"])), option::of(select(vec!["web", "partner"])));
    (priced, ruled, chosen, guests, sold).prop_map(
        |(
            (base, included_adults, extra_adult, child, kinds),
            (percents, web_only),
            (plan, quantity, nights),
            (adults, ages),
            (kind, channel),
        )| Case {
            base,
            included_adults,
            extra_adult,
            child,
            kinds,
            percents,
            web_only,
            plan,
            quantity,
            adults,
            ages,
            kind: kind.filter(|_| kinds),
            channel,
            nights,
        },
    )
}

fn label(text: &str) -> Label {
    Label::parse(text).expect("a label")
}

impl Case {
    fn card(&self) -> RateCard {
        let mut card = card(self.base);
        for plan in &mut card.plans {
            if matches!(plan.price, PlanPrice::Derived { .. }) && self.web_only {
                plan.channels = BTreeSet::from([Channel::parse("web").expect("a name")]);
            }
        }
        card.occupancy = Some(Occupancy {
            included_adults: self.included_adults,
            cots_max: None,
            guests_max: 5,
            extra_adult: money(self.extra_adult),
            missing_adult: money(self.extra_adult / 2),
            child_bands: vec![ChildBand { from_age: 0, to_age: 11, price: money(self.child), in_cot: false }],
        });
        for (name, percent) in [("adult", 100), ("child", 50)].into_iter().filter(|_| self.kinds) {
            let id = UnitTypeId::parse(name).expect("a name");
            card.unit_types.push(UnitType { id, name: label(name), percent });
        }
        let rule = |name: &str, percent: i8, when| Rule {
            id: RuleId::parse(name).expect("a name"),
            name: label(name),
            priority: 10,
            when,
            adjustment: Adjustment::Percent(Percentage::parse(&percent.to_string()).expect("a percentage")),
            group: None,
        };
        let channels = BTreeSet::from([Channel::parse("partner").expect("a name")]);
        let guests = Some(Bounds { min: Some(3), max: None });
        card.rules = vec![
            rule("partner", self.percents.0, Condition { channels, ..Condition::default() }),
            rule("party", self.percents.1, Condition { guests, ..Condition::default() }),
        ];
        card
    }

    fn end(&self) -> String {
        format!("2030-06-{:02}", 1 + self.nights)
    }

    /// The question as the query of an explanation.
    fn explained(&self) -> QuoteRequest {
        let ages =
            self.ages.as_ref().map(|ages| ages.iter().map(u8::to_string).collect::<Vec<_>>().join(","));
        let fields = [
            ("ratePlanId", self.plan.map(ToOwned::to_owned)),
            ("adults", self.adults.map(|adults| adults.to_string())),
            ("childAges", ages),
            ("unitType", self.kind.map(ToOwned::to_owned)),
            ("channel", self.channel.map(ToOwned::to_owned)),
        ];
        let fields: String =
            fields.into_iter().filter_map(|(name, value)| Some(format!("&{name}={}", value?))).collect();
        let query = format!("start=2030-06-01&end={}&quantity={}{fields}", self.end(), self.quantity);
        ExplainParameters::read(&query, &room().id).expect("a question")
    }

    /// The question as the body of a quote; of the default plan, if none is named.
    fn quoted(&self) -> QuoteRequest {
        let unit = json!({ "adults": self.adults, "childAges": self.ages, "unitType": self.kind });
        let says_nothing = self.adults.is_none() && self.ages.is_none() && self.kind.is_none();
        let units: Vec<_> = (0..if says_nothing { 0 } else { self.quantity }).map(|_| unit.clone()).collect();
        let body = json!({
            "resourceId": room().id.as_str(), "startTime": "2030-06-01", "endTime": self.end(), "quantity": self.quantity,
            "ratePlanId": self.plan.unwrap_or("flexible"), "units": units, "channel": self.channel,
        });
        NewQuote::read(&body).expect("a question")
    }
}

/// What is paid with the booking and at the place, or why the plan cannot be had.
type Answer = Result<(i64, i64), Vec<Reason>>;

fn answer(quoted: &Quoted) -> Answer {
    match (quoted.offers.first(), quoted.unavailable.first()) {
        (Some(offer), None) => Ok((offer.price.total().amount(), offer.price.at_property().amount())),
        (None, Some(none)) => Err(none.reasons.clone()),
        other => panic!("one plan was asked for: {other:?}"),
    }
}

async fn ask(w: &World, request: &QuoteRequest) -> Quoted {
    w.quotes.quote(Some(&operator()), request, w.now()).await.expect("an answer")
}

async fn check(case: &Case, explained: QuoteRequest) -> TestCaseResult {
    let w = rated(&case.card()).await;
    let (explanation, quote) = (ask(&w, &explained).await, ask(&w, &case.quoted()).await);
    let (ours, theirs) = (answer(&explanation), answer(&quote));
    if ours != theirs {
        return Err(TestCaseError::fail(format!("explained as {ours:?}, quoted as {theirs:?}")));
    }
    // The steps lead to the price of the places: what the lines of the stay add up to.
    for offer in &explanation.offers {
        let stays = offer.price.lines().iter().map(|line| line.amount.amount()).sum::<i64>();
        let slots = offer.slots.iter().map(|slot| slot.amount).sum::<i64>();
        if stays != slots || offer.slots.len() != usize::try_from(case.quantity * case.nights).expect("few") {
            return Err(TestCaseError::fail(format!("{slots} of slots, {stays} of lines")));
        }
    }
    Ok(())
}

fn block_on<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(test)
}

proptest! {
    #![proptest_config(holdfast_properties::config(CASES, "tests/regressions/explained.txt"))]

    #[test]
    fn what_is_explained_is_what_is_quoted(case in any_case()) {
        block_on(check(&case, case.explained()))?;
    }
}

#[test]
fn control_an_explanation_without_the_guests_is_found() {
    holdfast_properties::assert_found(CASES, any_case(), |case| {
        let mut without = case.explained();
        without.choice.units.clear();
        block_on(check(&case, without))
    });
}

/// A second card in the place of the first is met by the next explanation: staff see their own edits at once.
#[tokio::test]
async fn an_explanation_meets_the_card_that_was_just_put() {
    let w = rated(&card(12_900)).await;
    let request = ExplainParameters::read("start=2030-06-01&end=2030-06-02&adults=1&channel=web", &room().id);
    let request = request.expect("a question");
    assert_eq!(answer(&ask(&w, &request).await), Ok((12_900, 0)));
    put(&w, &card(13_900)).await;
    assert_eq!(answer(&ask(&w, &request).await), Ok((13_900, 0)));
}
