//! Rate cards and dated rates over the real ledger: versions and drafts, editors at once, processes that are killed, and the trail.

use holdfast_app::Failure;
use holdfast_app::catalogue::{Precondition, Run};
use holdfast_app::rates::{CardUse, Line, LineEdit, LineFault, Rates};
use holdfast_domain::catalogue::Month;
use holdfast_domain::rates::card::{RateCard, ResourceRates};
use holdfast_domain::rates::condition::DateRange;
use holdfast_domain::rates::dated_edit::{Change, DatedEdit, LimitsEdit};
use holdfast_domain::rates::ids::PlanId;
use holdfast_domain::rates::plan::PlanPrice;
use holdfast_domain::{Currency, Money, Resource, ResourceId};
use holdfast_testkit::{Fault, Faults, Store, card_at, charge_rules, money, nightly_resource};
use jiff::civil::{Date, Weekday, date};
use jiff::{SignedDuration, ToSpan};
use serde_json::json;

use crate::trails::whole_trail;
use crate::world::{NIGHT, World, operator};

const NONE: Precondition<u64> = Precondition::None;
const JUNE: DateRange = DateRange { from: date(2030, 6, 1), to: date(2030, 7, 1) };

fn plan_id() -> PlanId {
    PlanId::parse("flexible").expect("a name")
}

/// A card with one plan of that price.
fn card(price: i64) -> RateCard {
    card_at(money(price))
}

fn rates_over(store: Store) -> Rates {
    Rates::new(store.catalogue, store.rates, store.versions, charge_rules())
}

/// A world with one room, sold from now on by a card.
async fn sold_by_card() -> (std::sync::Arc<World>, Resource) {
    let room = nightly_resource("room", 5, 600);
    let w = World::with(&room).await;
    put(&w, &room.id, 12_900, CardUse::From(None)).await.expect("put");
    (w, room)
}

async fn put(w: &World, id: &ResourceId, price: i64, held: CardUse) -> Result<ResourceRates, Failure> {
    w.rates.put(&operator(), id, &card(price), held, &NONE, Run::Real, &w.by("desk")).await
}

/// The prices of the plan of each version, with its number.
fn prices(rates: &ResourceRates) -> Vec<(u64, i64)> {
    let price = |card: &RateCard| match card.plans[0].price {
        PlanPrice::Base(price) => price.amount(),
        PlanPrice::Derived { .. } => panic!("a price of its own"),
    };
    rates.versions.iter().map(|version| (version.number, price(&version.card))).collect()
}

#[tokio::test]
async fn versions_follow_each_other_and_the_history_keeps_them_all() {
    let (w, room) = sold_by_card().await;
    let later = w.now() + SignedDuration::from_hours(24);
    let scheduled = put(&w, &room.id, 14_900, CardUse::From(Some(later))).await.expect("put");
    assert_eq!(prices(&scheduled), [(1, 12_900), (2, 14_900)]);
    let same = put(&w, &room.id, 14_900, CardUse::From(Some(later))).await.expect("put");
    assert_eq!(same, scheduled, "the same again changes nothing");
    let drafted = put(&w, &room.id, 1_000, CardUse::Draft).await.expect("put");
    assert_eq!((prices(&drafted), drafted.revision), (prices(&scheduled), 3));
    assert_eq!(w.rates.get(&operator(), &room.id).await.expect("rates"), drafted);
    w.pass(24 * 3600);
    let now = put(&w, &room.id, 15_900, CardUse::From(None)).await.expect("put");
    assert_eq!((prices(&now), now.draft.is_some()), (vec![(4, 15_900)], true), "what is over is left out");
    let discard =
        async || w.rates.discard_draft(&operator(), &room.id, &NONE, Run::Real, &w.by("desk")).await;
    let discarded = discard().await.expect("discarded");
    assert_eq!(discard().await.expect("discarded"), discarded);
    let (first, next) = w.rates.versions(&operator(), &room.id, u64::MAX, 2).await.expect("a page");
    let (rest, end) = w.rates.versions(&operator(), &room.id, next.expect("more"), 2).await.expect("a page");
    let numbers: Vec<u64> = first.iter().chain(&rest).map(|record| record.version.number).collect();
    assert_eq!((numbers, end), (vec![4, 2, 1], None));
    assert!(first.iter().all(|record| record.actor == "desk"), "{first:?}");
    let trail = whole_trail(&w, &room.id).await;
    let kinds: Vec<&str> = trail.iter().map(|entry| entry.kind.as_str()).collect();
    let expected =
        ["resource.created", "rates.put", "rates.put", "rates.drafted", "rates.put", "rates.draft_discarded"];
    assert_eq!(kinds, expected);
    let plans = json!(["flexible"]);
    assert_eq!(
        (&trail[2].from["plans"], &trail[2].to["plans"], &trail[2].to["version"]),
        (&plans, &plans, &json!(2))
    );
    assert_eq!((&trail[1].from, &trail[1].to["currency"]), (&json!({}), &json!("EUR")));
    assert_eq!(trail[5].to, json!({ "draft": null }));
}

#[tokio::test]
async fn no_more_versions_wait_than_may() {
    let (w, room) = sold_by_card().await;
    let at = |hours| CardUse::From(Some(w.now() + SignedDuration::from_hours(hours)));
    for hours in 1..=3 {
        put(&w, &room.id, 12_900 + hours, at(hours)).await.expect("put");
    }
    let refused = put(&w, &room.id, 1, at(4)).await;
    assert!(matches!(refused, Err(Failure::Invalid { .. })), "{refused:?}");
    put(&w, &room.id, 100, at(3)).await.expect("in the place of another");
}

#[tokio::test]
async fn of_two_editors_who_read_the_same_one_is_refused() {
    let (w, room) = sold_by_card().await;
    let revision = w.rates.get(&operator(), &room.id).await.expect("rates").revision;
    let asked = Precondition::Match(vec![revision]);
    let edit = async |price: i64, desk: &str| {
        w.rates
            .put(&operator(), &room.id, &card(price), CardUse::From(None), &asked, Run::Real, &w.by(desk))
            .await
    };
    let (one, other) = tokio::join!(edit(10_000, "desk-1"), edit(20_000, "desk-2"));
    let (done, refused) = if one.is_ok() { (one, other) } else { (other, one) };
    assert!(matches!(refused, Err(Failure::PreconditionFailed)), "{refused:?}");
    assert_eq!(w.rates.get(&operator(), &room.id).await.expect("rates"), done.expect("one of them"));
    whole_trail(&w, &room.id).await;
}

#[tokio::test]
async fn edits_at_once_of_cards_dates_and_terms_are_all_done_and_in_the_trail() {
    let (w, room) = sold_by_card().await;
    let set = async |day: i8| {
        let from = date(2030, 6, day);
        w.rates
            .set_dates(
                &operator(),
                &[line(&room.id, from, from + 1.day(), Change::Set(money(1_000)))],
                Run::Real,
                &w.by("dates"),
            )
            .await
    };
    let mut other = room.clone();
    other.terms.capacity = 6;
    let (card, terms, one, two, three) =
        tokio::join!(put(&w, &room.id, 9_900, CardUse::Draft), w.try_put(&other), set(1), set(2), set(3),);
    card.expect("put");
    terms.expect("put");
    for outcomes in [one, two, three] {
        assert_eq!(outcomes.expect("an answer")[0].fault, None);
    }
    let rates = w.rates.dates(&operator(), &room.id, JUNE).await.expect("dates");
    for day in 1..=3 {
        assert!(rates.of(date(2030, 6, day), &plan_id()).is_some(), "{day}");
    }
    assert!(w.rates.get(&operator(), &room.id).await.expect("rates").draft.is_some());
    assert_eq!(
        whole_trail(&w, &room.id).await.iter().filter(|entry| entry.kind == "rates.dates_set").count(),
        3
    );
}

/// One transaction: whenever the process is killed, a card is there with its entry and its copy, or nothing of it is.
#[tokio::test]
async fn a_card_is_put_whole_or_not_at_all_and_again_by_its_repetition() {
    for passes in 0..4 {
        let (w, room) = sold_by_card().await;
        let faults = Faults::default();
        faults.strike(Fault::Killed, passes, 1);
        let theirs = rates_over(w.database.store_under(&faults));
        let (by, desk) = (w.by("desk-1"), operator());
        let new = card(13_900);
        tokio::select! {
            done = theirs.put(&desk, &room.id, &new, CardUse::From(None), &NONE, Run::Real, &by) => assert!(done.is_ok() && passes > 2, "{done:?}"),
            () = faults.strikes() => {}
        }
        let before = w.rates.get(&operator(), &room.id).await.expect("rates");
        let trail = whole_trail(&w, &room.id).await;
        let (versions, _) = w.rates.versions(&operator(), &room.id, u64::MAX, 9).await.expect("versions");
        let puts = trail.iter().filter(|entry| entry.kind == "rates.put").count();
        let count = usize::try_from(before.revision).expect("a number");
        assert_eq!((versions.len(), puts), (count, count), "after {passes} calls");
        let after = put(&w, &room.id, 13_900, CardUse::From(None)).await.expect("put");
        assert_eq!(prices(&after), [(2, 13_900)], "after {passes} calls");
    }
}

#[tokio::test]
async fn a_lost_answer_puts_a_card_once() {
    for fault in Fault::ALL {
        for passes in 0..4 {
            let (w, room) = sold_by_card().await;
            let faults = Faults::default();
            faults.strike(fault, passes, 1);
            let theirs = rates_over(w.database.store_under(&faults));
            let by = w.by("desk-1");
            let done = theirs
                .put(&operator(), &room.id, &card(13_900), CardUse::From(None), &NONE, Run::Real, &by)
                .await;
            assert_eq!(
                done.as_ref().ok().map(prices),
                Some(vec![(2, 13_900)]),
                "{fault:?} after {passes}: {done:?}"
            );
            whole_trail(&w, &room.id).await;
        }
    }
}

#[tokio::test]
async fn a_card_is_in_the_currency_of_its_resource_and_keeps_it_so() {
    let (w, room) = sold_by_card().await;
    let dollars = Currency::parse("USD").expect("a code");
    let mut other = room.clone();
    other.terms.base_price = Money::new(12_900, dollars).expect("an amount");
    let refused = w.try_put(&other).await;
    assert!(matches!(refused, Err(Failure::Invalid { .. })), "{refused:?}");
    let mut foreign = card(12_900);
    foreign.currency = dollars;
    let refused = w
        .rates
        .put(&operator(), &room.id, &foreign, CardUse::From(None), &NONE, Run::Real, &w.by("desk"))
        .await;
    let Err(Failure::RateCard(problems)) = refused else { panic!("{refused:?}") };
    assert!(problems.iter().any(|problem| problem.path == "/currency"), "{problems:?}");
    let without = nightly_resource("another", 5, 600);
    w.put(&without).await;
    let mut other = without.clone();
    other.terms.base_price = Money::new(12_900, dollars).expect("an amount");
    w.try_put(&other).await.expect("nothing is in another currency");
}

/// An edit of terms that found no card, while one is put, begins anew and finds it.
#[tokio::test]
async fn a_card_that_comes_between_keeps_the_currency_too() {
    for passes in 0..4 {
        let room = nightly_resource("room", 5, 600);
        let w = World::with(&room).await;
        let mut other = room.clone();
        other.terms.base_price =
            Money::new(12_900, Currency::parse("USD").expect("a code")).expect("an amount");
        let faults = Faults::default();
        faults.strike(Fault::Delayed, passes, 1);
        let store = w.database.store_under(&faults);
        let theirs = holdfast_app::catalogue::Resources::new(
            store.catalogue,
            store.properties,
            store.rates,
            charge_rules(),
        );
        let (by, desk) = (w.by("desk-1"), operator());
        let edit = theirs.put(&desk, &room.id, &other.terms, &Precondition::None, Run::Real, &by);
        let card = async {
            faults.strikes().await;
            let done = put(&w, &room.id, 12_900, CardUse::From(None)).await;
            faults.go_on();
            done
        };
        let (terms, put) = tokio::join!(edit, card);
        let currency = w.resources.get(&room.id).await.expect("a resource").terms.base_price.currency();
        assert!(terms.is_ok() != put.is_ok(), "after {passes} calls: {terms:?}, {put:?}");
        let expected = if put.is_ok() { "EUR" } else { "USD" };
        assert_eq!(currency.code(), expected, "after {passes} calls");
        whole_trail(&w, &room.id).await;
    }
}

fn line(id: &ResourceId, from: Date, to: Date, price: Change<Money>) -> Line {
    let edit = DatedEdit {
        plan: plan_id(),
        dates: DateRange { from, to },
        weekdays: Vec::new(),
        price,
        limits: LimitsEdit::default(),
    };
    Line { resources: vec![id.clone()], edit: LineEdit::Set(edit) }
}

fn copied(id: &ResourceId, range: DateRange, start: Date) -> Line {
    Line { resources: vec![id.clone()], edit: LineEdit::Copy { range, start } }
}

#[tokio::test]
async fn a_season_is_set_once_and_copied_to_the_next_year() {
    let (w, room) = sold_by_card().await;
    let mut weekends = line(&room.id, JUNE.from, JUNE.to, Change::Set(money(18_900)));
    if let LineEdit::Set(edit) = &mut weekends.edit {
        edit.weekdays = vec![Weekday::Saturday];
        edit.limits.stay_min_on_arrival = Change::Set(2);
    }
    let lines = [
        line(&room.id, JUNE.from, JUNE.to, Change::Set(money(15_000))),
        weekends,
        copied(&room.id, JUNE, date(2031, 6, 1)),
    ];
    let done =
        async || w.rates.set_dates(&operator(), &lines, Run::Real, &w.by("desk")).await.expect("an answer");
    assert!(done().await.iter().all(|outcome| outcome.fault.is_none()));
    let trail = whole_trail(&w, &room.id).await;
    for year in [2030, 2031] {
        let range = DateRange { from: date(year, 6, 1), to: date(year, 7, 1) };
        let rates = w.rates.dates(&operator(), &room.id, range).await.expect("dates");
        let of = |day: i8| rates.of(date(year, 6, day), &plan_id()).expect("set").clone();
        // The 1st of June 2030 is a Saturday; copied dates are those of the calendar, not of the week.
        assert_eq!((of(1).price, of(1).limits.stay_min_on_arrival), (Some(money(18_900)), Some(2)));
        assert_eq!((of(2).price, of(2).limits.stay_min_on_arrival), (Some(money(15_000)), None));
        assert_eq!(rates.revision(Month::of(range.from)), 1);
    }
    done().await;
    assert_eq!(whole_trail(&w, &room.id).await, trail, "the same again changes nothing");
    let cleared = line(&room.id, JUNE.from, JUNE.to, Change::Clear);
    w.rates.set_dates(&operator(), &[cleared], Run::Real, &w.by("desk")).await.expect("an answer");
    let rates = w.rates.dates(&operator(), &room.id, JUNE).await.expect("dates");
    assert!(rates.of(date(2030, 6, 2), &plan_id()).is_none());
    let last = whole_trail(&w, &room.id).await.pop().expect("an entry");
    let first = json!({ "from": "2030-06-01", "to": "2030-06-02", "planId": "flexible", "price": null });
    assert_eq!((last.kind.as_str(), &last.to["dates"][0]), ("rates.dates_set", &first));
}

#[tokio::test]
async fn a_line_that_is_refused_keeps_no_other_from_its_work() {
    let (w, room) = sold_by_card().await;
    let bare = nightly_resource("bare", 5, 600);
    w.put(&bare).await;
    let nobody = ResourceId::parse("nobody").expect("an id");
    let fine = |id| line(id, JUNE.from, JUNE.to, Change::Set(money(15_000)));
    let mut unknown = fine(&room.id);
    if let LineEdit::Set(edit) = &mut unknown.edit {
        edit.plan = PlanId::parse("other").expect("a name");
    }
    let dollars = Money::new(1, Currency::parse("USD").expect("a code")).expect("an amount");
    let years = date(2030, 1, 1);
    let lines = vec![
        fine(&nobody),
        fine(&bare.id),
        unknown,
        line(&room.id, JUNE.from, JUNE.to, Change::Set(dollars)),
        line(&room.id, years, years + 401.days(), Change::Clear),
        copied(&room.id, JUNE, date(2030, 6, 15)),
        copied(&room.id, DateRange { from: date(2031, 1, 1), to: date(2031, 2, 1) }, date(2031, 3, 1)),
        line(&room.id, date(2031, 1, 1), date(2031, 1, 2), Change::Set(money(1))),
        fine(&room.id),
    ];
    let dry = w.rates.set_dates(&operator(), &lines, Run::Dry, &w.by("desk")).await.expect("an answer");
    assert!(
        w.rates.dates(&operator(), &room.id, JUNE).await.expect("dates").of(JUNE.from, &plan_id()).is_none()
    );
    let outcomes = w.rates.set_dates(&operator(), &lines, Run::Real, &w.by("desk")).await.expect("an answer");
    assert_eq!(outcomes, dry);
    assert_eq!(outcomes.iter().map(|outcome| outcome.line).collect::<Vec<_>>(), (0..9).collect::<Vec<_>>());
    let faults: Vec<_> = outcomes.iter().map(|outcome| outcome.fault.as_ref()).collect();
    assert_eq!(faults[..2], [Some(&LineFault::NoResource), Some(&LineFault::NoCard)]);
    assert!(matches!(faults[2..4], [Some(LineFault::Edit(_)), Some(LineFault::Edit(_))]), "{faults:?}");
    assert!(faults[4].is_some(), "{faults:?}");
    assert_eq!(faults[5..], [Some(&LineFault::CopyOfSet), Some(&LineFault::CopyOfSet), None, None]);
    let set = w.rates.dates(&operator(), &room.id, JUNE).await.expect("dates");
    assert_eq!(set.of(JUNE.from, &plan_id()).and_then(|rates| rates.price), Some(money(15_000)));
}

#[tokio::test]
async fn limits_of_dates_do_not_contradict_what_was_set_before() {
    let (w, room) = sold_by_card().await;
    let limited = |limits: LimitsEdit| {
        let mut line = line(&room.id, JUNE.from, JUNE.to, Change::Keep);
        if let LineEdit::Set(edit) = &mut line.edit {
            edit.limits = limits;
        }
        line
    };
    let at_most = LimitsEdit { stay_max_on_arrival: Change::Set(2), ..LimitsEdit::default() };
    let at_least = |nights| LimitsEdit { stay_min_on_arrival: Change::Set(nights), ..LimitsEdit::default() };
    let of = |dates: DateRange, limits: LimitsEdit| {
        let mut line = limited(limits);
        if let LineEdit::Set(edit) = &mut line.edit {
            edit.dates = dates;
        }
        line
    };
    let set = async |lines: &[Line]| {
        let (desk, by) = (operator(), w.by("desk"));
        let outcomes = w.rates.set_dates(&desk, lines, Run::Real, &by).await.expect("an answer");
        outcomes.into_iter().map(|outcome| outcome.fault.map(|fault| fault.to_string())).collect::<Vec<_>>()
    };
    let limits = async || {
        let dates = w.rates.dates(&operator(), &room.id, JUNE).await.expect("dates");
        let limits = dates.of(JUNE.from, &plan_id()).map(|rates| rates.limits.clone()).unwrap_or_default();
        (limits.stay_min_on_arrival, limits.stay_max_on_arrival)
    };
    assert_eq!(set(&[limited(at_most)]).await, [None]);
    for _ in 0..2 {
        let refused =
            set(&[limited(at_least(3)), line(&room.id, JUNE.from, JUNE.to, Change::Set(money(9)))]).await;
        let [Some(said), None] = &refused[..] else { panic!("{refused:?}") };
        assert!(said.contains(&JUNE.from.to_string()) && said.contains("limits/stayMinOnArrival"), "{said}");
        assert_eq!(limits().await, (None, Some(2)));
    }
    // A year, and June within it otherwise: what the first line meets of the last call is not what the call comes to.
    let year = DateRange { from: date(2030, 1, 1), to: date(2030, 12, 31) };
    let june = LimitsEdit { stay_max_on_arrival: Change::Set(2), ..at_least(1) };
    for least in [3, 3, 4] {
        assert_eq!(set(&[of(year, at_least(least)), limited(june)]).await, [None, None]);
        assert_eq!(limits().await, (Some(1), Some(2)));
    }
    // Lines that only together come to nothing that can be are refused together, whatever their order.
    let (high, low) = (
        limited(at_least(5)),
        limited(LimitsEdit { stay_max_on_arrival: Change::Set(4), ..LimitsEdit::default() }),
    );
    for lines in [[high.clone(), low.clone()], [low, high]] {
        let refused = set(&lines).await;
        assert!(refused.iter().all(Option::is_some), "{refused:?}");
        assert_eq!(limits().await, (Some(1), Some(2)));
    }
}

/// Three years of which every other date is set: more changes than one write has. Killed between two writes, it leaves whole writes, and is
/// finished by its repetition.
#[tokio::test]
async fn a_long_edit_is_done_in_steps_and_finished_by_its_repetition() {
    let (w, room) = sold_by_card().await;
    let lines: Vec<Line> = (0..450)
        .map(|number: i64| date(2030, 1, 1) + (2 * number).days())
        .map(|day| line(&room.id, day, day + 1.day(), Change::Set(money(15_000))))
        .collect();
    let faults = Faults::default();
    // Resource, rates, the first write; the second write is killed after its effect.
    faults.strike(Fault::Killed, 3, 1);
    let theirs = rates_over(w.database.store_under(&faults));
    let (by, desk) = (w.by("desk-1"), operator());
    tokio::select! {
        done = theirs.set_dates(&desk, &lines, Run::Real, &by) => panic!("{done:?}"),
        () = faults.strikes() => {}
    }
    let dates_set = |trail: Vec<holdfast_app::catalogue::ResourceEvent>| {
        trail.into_iter().filter(|entry| entry.kind == "rates.dates_set").count()
    };
    assert_eq!(dates_set(whole_trail(&w, &room.id).await), 2);
    let outcomes =
        w.rates.set_dates(&operator(), &lines, Run::Real, &w.by("desk-1")).await.expect("an answer");
    assert!(outcomes.iter().all(|outcome| outcome.fault.is_none()));
    assert_eq!(dates_set(whole_trail(&w, &room.id).await), 3);
    for line in &lines {
        let LineEdit::Set(edit) = &line.edit else { panic!("it sets") };
        let rates = w.rates.dates(&operator(), &room.id, edit.dates).await.expect("dates");
        assert!(rates.of(edit.dates.from, &plan_id()).is_some(), "{}", edit.dates.from);
    }
    let beyond = line(&room.id, date(2040, 1, 1), date(2040, 1, 2), Change::Set(money(1)));
    let outcomes = w
        .rates
        .set_dates(&operator(), &[lines.clone(), vec![beyond]].concat(), Run::Dry, &w.by("desk"))
        .await;
    assert!(outcomes.expect("an answer").iter().all(|outcome| outcome.fault.is_none()));
}

/// What is stored of rates beside a resource disturbs nobody who reads its pages and facts.
#[tokio::test]
async fn holds_calendars_and_edits_of_inventory_go_on_beside_rates() {
    let (w, room) = sold_by_card().await;
    w.rates
        .set_dates(
            &operator(),
            &[line(&room.id, JUNE.from, JUNE.to, Change::Set(money(15_000)))],
            Run::Real,
            &w.by("desk"),
        )
        .await
        .expect("an answer");
    w.place(&room, "k", NIGHT, 2).await.expect("a hold");
    w.set(&room.id, (JUNE.from, 3), Some(4), None).await.expect("set");
    let mut other = room.clone();
    other.terms.capacity = 4;
    w.try_put(&other).await.expect("replaced");
    let resource = w.resources.get(&room.id).await.expect("a resource");
    assert_eq!(w.store.catalogue.stored_pages(&resource).await.expect("pages").len(), 1);
    assert_eq!(w.store.catalogue.facts(&room.id).await.expect("facts").dates().count(), 3);
    whole_trail(&w, &room.id).await;
}
