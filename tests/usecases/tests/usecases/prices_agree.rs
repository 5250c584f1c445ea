//! Search, calendars, quotes and holds say the same of a stay that a rate card prices.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_app::holds::HoldRequest;
use holdfast_app::rates::{DatedCommit, QuoteRequest, QuotedPlans, RateChoice};
use holdfast_app::{Caller, Failure};
use holdfast_domain::catalogue::{Label, Month};
use holdfast_domain::rates::card::{CardVersion, RateCard, ResourceRates};
use holdfast_domain::rates::changes::RatesChange;
use holdfast_domain::rates::dated::{DateRates, MonthRates};
use holdfast_domain::rates::ids::{PlanId, RateGroup, RestrictionId, UnitTypeId};
use holdfast_domain::rates::occupancy::UnitType;
use holdfast_domain::rates::plan::{Audience, Payment, PlanPrice};
use holdfast_domain::rates::quote::Reason;
use holdfast_domain::rates::restriction::Limits;
use holdfast_testkit::{money, mutation};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::rated::{card, place, plan_id, put, rated, room, two_nights};
use crate::search::query;
use crate::world::{NIGHT, PRICE, World, guest, hold_request, operator, when};

/// What search shows of the room for a range: its price, if it is offered.
async fn found(w: &World, range: (&str, &str), quantity: u32) -> Option<i64> {
    w.project_latest(&room().id).await;
    let offers = w.search.find(&query(range, quantity), w.now()).await.expect("an answer").offers;
    offers.first().map(|offer| offer.price.amount())
}

fn asking(range: (&str, &str)) -> HoldRequest {
    hold_request(&room(), range, 1)
}

async fn tried(w: &World, name: &str, range: (&str, &str)) -> Result<(i64, i64), Failure> {
    let placed = place(w, &guest("guest"), name, &asking(range)).await?;
    let price = placed.hold.order.price;
    Ok((price.total().amount(), price.at_property().amount()))
}

/// Sets limits for dates under the default plan.
async fn limit(w: &World, dates: &[&str], limits: &Limits) {
    let stored = w.store.catalogue.resource(&room().id).await.expect("a read").expect("a resource");
    let plan = card(PRICE).default_plan;
    let mut months: BTreeMap<Month, MonthRates> = BTreeMap::new();
    for date in dates {
        let date: Date = date.parse().expect("a date");
        let set = DateRates { price: None, limits: limits.clone() };
        let month =
            months.entry(Month::of(date)).or_insert(MonthRates { revision: 1, dates: BTreeMap::new() });
        month.dates.insert(date, BTreeMap::from([(plan.clone(), set)]));
    }
    let change = RatesChange::Dates(Vec::new());
    let commit = DatedCommit::new(&stored, months, change, &mutation(w.now(), "operator"));
    w.store.rates.put_months(&commit).await.expect("rates of dates");
}

#[tokio::test]
async fn what_is_paid_at_the_place_is_part_of_the_price_that_is_shown() {
    let mut at_property = card(PRICE);
    at_property.default_plan = at_property.plans[0].id.clone();
    at_property.plans[0].payment = Payment::AtProperty;
    let w = rated(&at_property).await;
    assert_eq!(found(&w, NIGHT, 1).await, Some(PRICE));
    let dates = (Date::constant(2030, 6, 1), Date::constant(2030, 6, 2));
    let (slots, _) =
        w.calendars.slots(&room().id, dates.0, dates.1, None, w.now()).await.expect("a calendar");
    assert_eq!(slots[0].price.expect("on sale").amount(), PRICE);
    assert_eq!(tried(&w, "hold", NIGHT).await.expect("a hold"), (0, PRICE));
}

#[tokio::test]
async fn dates_that_are_sold_together_over_the_end_of_a_month_are_so_for_everybody() {
    let w = rated(&card(PRICE)).await;
    limit(&w, &["2030-06-30", "2030-07-01"], &Limits { sold_together: true, ..Limits::default() }).await;
    // Nights from either side of the end of the month, as dates and as the instants that search gives.
    let own = room();
    for (range, whole) in [
        (("2030-07-01", "2030-07-02"), false),
        (("2030-06-30", "2030-07-01"), false),
        (("2030-06-30", "2030-07-02"), true),
    ] {
        assert_eq!(found(&w, range, 1).await.is_some(), whole, "{range:?}");
        let stay = own.stay(when(range.0), when(range.1), w.now()).expect("a stay");
        let instants = (stay.start.to_string(), stay.end.to_string());
        for range in [range, (instants.0.as_str(), instants.1.as_str())] {
            let tried = tried(&w, &format!("{range:?}"), range).await;
            assert_eq!(tried.is_ok(), whole, "{range:?}: {tried:?}");
        }
    }
}

#[tokio::test]
async fn the_last_free_night_before_a_booking_fills_its_gap_today_too() {
    let mut gaps = card(PRICE);
    gaps.restrictions = vec![two_nights(true)];
    let w = rated(&gaps).await;
    let today = room().terms.time_zone.to_datetime(w.now()).date();
    let day = |days: i64| today.checked_add(jiff::Span::new().days(days)).expect("a date").to_string();
    let (first, second, fourth) = (day(0), day(1), day(3));
    assert_eq!(found(&w, (&first, &second), 1).await, None, "the night after is free");
    let everything = HoldRequest { quantity: room().terms.capacity, ..asking((&second, &fourth)) };
    let desk = operator();
    place(&w, &desk, "rest", &everything).await.expect("all places of the nights after");
    w.pass(6);
    assert_eq!(found(&w, (&first, &second), 1).await, Some(PRICE));
    assert_eq!(tried(&w, "gap", (&first, &second)).await.expect("a hold").0, PRICE);
}

#[tokio::test]
async fn what_nobody_can_pay_or_price_is_not_found() {
    for (price, is_found) in [(10, false), (PRICE, true)] {
        let w = rated(&card(price)).await;
        assert_eq!(found(&w, NIGHT, 1).await.is_some(), is_found, "{price}");
        assert_eq!(tried(&w, "hold", NIGHT).await.is_ok(), is_found, "{price}");
    }
    let mut kinds = card(PRICE);
    for (name, percent) in [("adult", 100), ("child", 50)] {
        let id = UnitTypeId::parse(name).expect("a name");
        kinds.unit_types.push(UnitType { id, name: Label::parse(name).expect("a label"), percent });
    }
    let w = rated(&kinds).await;
    assert_eq!(found(&w, NIGHT, 1).await, Some(PRICE), "of the first kind, where none is named");
    assert_eq!(tried(&w, "hold", NIGHT).await.expect("a hold").0, PRICE);
}

#[tokio::test]
async fn a_private_plan_is_as_one_that_there_is_not() {
    let mut private = card(PRICE);
    let mut secret = private.plans[0].clone();
    secret.id = plan_id("company");
    secret.name = Label::parse("A takeover").expect("a label");
    secret.audience = Audience::Group(RateGroup::parse("company").expect("a name"));
    private.plans.push(secret);
    let w = rated(&private).await;
    let asked = async |plan: &str| {
        let request = QuoteRequest {
            resource: room().id,
            start: when(NIGHT.0),
            end: when(NIGHT.1),
            quantity: 1,
            choice: RateChoice { plan: Some(plan_id(plan)), ..RateChoice::default() },
            plans: QuotedPlans::Every,
            as_of: None,
            draft: false,
            address: None,
        };
        let quoted = w.quotes.quote(None, &request, w.now()).await.expect("a quote");
        quoted.unavailable.into_iter().map(|plan| (plan.name, plan.reasons)).collect::<Vec<_>>()
    };
    assert_eq!(asked("company").await, [(None, vec![Reason::NoPlan])]);
    assert_eq!(asked("company").await, asked("nothing").await);
}

#[tokio::test]
async fn a_quote_for_staff_is_good_for_the_guest_whom_they_hold_for() {
    let w = rated(&card(PRICE)).await;
    let id = |caller: Caller| {
        let w = &w;
        async move {
            let quoted = crate::rated::quote(w, Some(&caller), NIGHT).await;
            quoted.offers.into_iter().next().and_then(|offer| offer.promise).expect("a promise").0
        }
    };
    let desk = operator();
    let by_quote =
        |id: String| HoldRequest { quote: Some(id), user: Some(guest("grace").guest), ..asking(NIGHT) };
    let held = place(&w, &desk, "desk", &by_quote(id(desk.clone()).await)).await.expect("a hold").hold;
    assert_eq!(held.order.guest, guest("grace").guest);
    let others = place(&w, &desk, "others", &by_quote(id(guest("ada")).await)).await;
    assert!(matches!(others, Err(Failure::QuoteNotValid)), "{others:?}");
}

/// A card of so many plans, named after a generation.
fn generation(name: &str, plans: usize) -> RateCard {
    let mut card = card(PRICE);
    let base = card.plans[0].clone();
    card.plans = (0..plans)
        .map(|number| {
            let mut plan = base.clone();
            plan.id = plan_id(&format!("{name}-{number}"));
            plan.price = PlanPrice::Base(money(PRICE));
            plan
        })
        .collect();
    card.default_plan = card.plans[0].id.clone();
    card
}

#[tokio::test]
async fn what_was_set_under_plans_of_cards_before_goes_with_the_next_edit() {
    use holdfast_app::rates::{Line, LineEdit};
    use holdfast_domain::rates::condition::DateRange;
    use holdfast_domain::rates::dated_edit::{Change, DatedEdit, LimitsEdit};

    let w = rated(&generation("first", 2)).await;
    let july = DateRange { from: Date::constant(2030, 7, 1), to: Date::constant(2030, 8, 1) };
    let set = async |name: &str, plans: usize| {
        let line = |number: usize| Line {
            resources: vec![room().id],
            edit: LineEdit::Set(DatedEdit {
                plan: plan_id(&format!("{name}-{number}")),
                dates: july,
                weekdays: Vec::new(),
                price: Change::Set(money(PRICE)),
                limits: LimitsEdit::default(),
            }),
        };
        let lines: Vec<Line> = (0..plans).map(line).collect();
        let (desk, by) = (operator(), w.by("desk"));
        let done = w.rates.set_dates(&desk, &lines, holdfast_app::catalogue::Run::Real, &by).await;
        done.expect("an answer").into_iter().filter(|line| line.fault.is_some()).count()
    };
    assert_eq!(set("first", 2).await, 0);
    put(&w, &generation("second", 3)).await;
    assert_eq!(set("second", 3).await, 0);
    let (_, dated) = w.store.rates.all_rates(&room().id).await.expect("a read");
    assert_eq!(dated.plans_of_a_month(), 3, "those of the present card");
    // A draft's plans count too, and a month has no more than a card may.
    let rates = w.rates.get(&operator(), &room().id).await.expect("rates");
    let version: &CardVersion = rates.at(w.now()).expect("a card");
    assert_eq!(version.card.plans.len(), 3);
    let draft = generation("draft", 20);
    let held = holdfast_app::rates::CardUse::Draft;
    let none = holdfast_app::catalogue::Precondition::None;
    let (desk, by) = (operator(), w.by("desk"));
    let run = holdfast_app::catalogue::Run::Real;
    let put: Result<ResourceRates, Failure> =
        w.rates.put(&desk, &room().id, &draft, held, &none, run, &by).await;
    put.expect("a draft");
    assert_eq!(set("draft", 20).await, 3, "17 beside the 3 that are there");
}

#[tokio::test]
async fn where_no_plan_is_sold_the_nearest_date_and_length_are_named() {
    let mut closed = card(PRICE);
    closed.plans.truncate(1);
    closed.restrictions = vec![two_nights(false)];
    let w = rated(&closed).await;
    let named = async |range: (&str, &str)| {
        let quoted = crate::rated::quote(&w, None, range).await;
        let held = tried(&w, range.0, range).await;
        let of_quote = quoted.nearest.map(|(plan, nearest)| {
            assert_eq!(plan, closed.default_plan);
            (nearest.slots, nearest.arrival.map(|date| date.to_string()))
        });
        let of_hold = match held {
            Err(Failure::RateNotAvailable { nearest, .. }) => nearest.map(|(plan, nearest)| {
                assert_eq!(plan, closed.default_plan);
                (nearest.slots, nearest.arrival.map(|date| date.to_string()))
            }),
            Ok(_) => None,
            Err(error) => panic!("{error:?}"),
        };
        assert_eq!(of_quote, of_hold, "{range:?}");
        of_quote
    };
    assert_eq!(named(("2030-08-10", "2030-08-11")).await, Some((Some(2), None)), "another length");
    // No arrival for weeks, as is set for dates of three months: the date that would do is in a month that the stay is not in.
    let first = Date::constant(2030, 5, 17);
    let dates: Vec<String> = first.series(1.day()).take(55).map(|date| date.to_string()).collect();
    let dates: Vec<&str> = dates.iter().map(String::as_str).collect();
    w.pass(6);
    limit(&w, &dates, &Limits { closed_to_arrival: true, ..Limits::default() }).await;
    let nights = ("2030-06-16", "2030-06-18");
    assert_eq!(named(nights).await, Some((None, Some("2030-07-11".to_owned()))));
    assert!(tried(&w, "then", ("2030-07-11", "2030-07-13")).await.is_ok());
    assert_eq!(named(("2030-08-10", "2030-08-12")).await, None, "what is sold needs no other");
}

#[tokio::test]
async fn what_is_nearest_under_any_of_the_plans_is_named_with_its_plan() {
    let mut two = card(PRICE);
    two.plans.truncate(2);
    let [first, second] = [&two.plans[0], &two.plans[1]].map(|plan| plan.id.clone());
    let of = |plan: &PlanId, name: &str, nights: u32| {
        let mut restriction = two_nights(false);
        restriction.id = RestrictionId::parse(name).expect("a name");
        restriction.plans = BTreeSet::from([plan.clone()]);
        restriction.limits.stay_min_on_arrival = Some(nights);
        restriction
    };
    let night = ("2030-08-10", "2030-08-11");
    for (of_first, of_second, expected) in [(5, 3, (second.clone(), 3)), (2, 3, (first.clone(), 2))] {
        two.restrictions = vec![of(&first, "first", of_first), of(&second, "second", of_second)];
        two.restrictions[0].not_plans = BTreeSet::from([second.clone()]);
        let w = rated(&two).await;
        let expected = Some((expected.0, Some(expected.1)));
        let quoted = crate::rated::quote(&w, None, night).await.nearest;
        assert_eq!(quoted.map(|(plan, nearest)| (plan, nearest.slots)), expected);
        let Err(Failure::RateNotAvailable { nearest, .. }) = tried(&w, "hold", night).await else { panic!() };
        assert_eq!(nearest.map(|(plan, nearest)| (plan, nearest.slots)), expected);
    }
}
