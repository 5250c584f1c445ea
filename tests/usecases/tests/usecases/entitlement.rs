//! Private plans: who sees and books them, by every route that prices a stay. To whoever is not entitled to one it is, to the byte, as a
//! plan that there is not.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use holdfast_api::{Api, BookingsApi, Claims, HoldApi, Identity, Request, Response, SearchApi};
use holdfast_app::bookings::Bookings;
use holdfast_app::catalogue::{Calendars, Precondition, Run};
use holdfast_app::rates::CardUse;
use holdfast_app::receipts::Receipts;
use holdfast_app::search::Search;
use holdfast_domain::catalogue::Label;
use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::ids::{RateGroup, RestrictionId};
use holdfast_domain::rates::percentage::Percentage;
use holdfast_domain::rates::plan::{Audience, Payment, PlanPrice};
use holdfast_domain::rates::restriction::{Limits, Restriction};
use holdfast_domain::rates::rule::Adjustment;
use holdfast_testkit::charge_rules;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};

use crate::properties::of_two_houses;
use crate::rated::{card, plan, plan_id, put, two_nights_or_more};
use crate::world::{NIGHT, PRICE, World, operator};

pub(crate) const OPERATOR: &str = "booking/operator";
pub(crate) const GUEST: &str = "booking/guest";
/// A private plan, one that derives from it for everybody, and one that derives from it for another group.
const COMPANY: &str = "company";
const OPEN_CHILD: &str = "open-child";
const CREW_CHILD: &str = "crew-child";
/// A name as long as the private plan's, of nothing.
const NOTHING: &str = "nothing";
const SECRET: &str = "A takeover";

/// Who asks, and which of the private plans they may have.
pub(crate) struct Who {
    pub(crate) name: &'static str,
    sub: &'static str,
    scope: &'static str,
    groups: &'static [&'static str],
    /// Those of [`COMPANY`] and [`CREW_CHILD`].
    may: [bool; 2],
    explains: bool,
}

pub(crate) const fn who(
    name: &'static str,
    scope: &'static str,
    groups: &'static [&'static str],
    may: [bool; 2],
    explains: bool,
) -> Who {
    Who { name, sub: name, scope, groups, may, explains }
}

const EVERYBODY: [Who; 11] = [
    who("no-group", GUEST, &[], [false, false], false),
    who("company", GUEST, &["rate.acme"], [true, false], false),
    who("crew", GUEST, &["rate.crew"], [false, true], false),
    who("both", GUEST, &["rate.crew", "rate.acme"], [true, true], false),
    // Names that are alike are others, a group of staff is nothing to a guest, and a group of another kind entitles to nothing.
    who(
        "alike",
        GUEST,
        &["acme", "rate.ACME", "rate.acm", "rate.acme2", "rate.", "rate.acme/", "xrate.acme", "Rate.acme"],
        [false, false],
        false,
    ),
    who("as-staff", GUEST, &["platform", "property.house"], [false, false], false),
    who("platform", OPERATOR, &["platform"], [true, true], true),
    who("own", OPERATOR, &["property.house"], [true, true], true),
    // An operator of others is a guest, who may be entitled as one.
    who("other", OPERATOR, &["property.other"], [false, false], false),
    who("other-company", OPERATOR, &["property.other", "rate.acme"], [true, false], false),
    who("machine", OPERATOR, &[], [false, false], false),
];

impl Who {
    fn claims(&self) -> Claims {
        let sub = if self.scope == OPERATOR { format!("staff/{}", self.sub) } else { self.sub.to_owned() };
        let groups = self.groups.iter().map(|group| (*group).to_owned()).collect();
        Claims { sub, scopes: vec![self.scope.to_owned()], groups }
    }
}

fn private_card() -> RateCard {
    let group = |name| Audience::Group(RateGroup::parse(name).expect("a name"));
    let derived = || PlanPrice::Derived {
        from: plan_id(COMPANY),
        adjustment: Adjustment::Percent(Percentage::parse("-10").expect("a percentage")),
    };
    let mut card = card(PRICE);
    let mut private = plan(COMPANY, card.plans[0].price.clone(), Payment::Now, Vec::new());
    private.name = Label::parse(SECRET).expect("a label");
    private.audience = group("acme");
    let mut crew = plan(CREW_CHILD, derived(), Payment::Now, Vec::new());
    crew.audience = group("crew");
    card.plans.extend([private, plan(OPEN_CHILD, derived(), Payment::Now, Vec::new()), crew]);
    card
}

/// A world with two houses, of which the first's room is sold by that card.
pub(crate) async fn world() -> Arc<World> {
    let (w, room) = of_two_houses().await;
    let (holds, none) = (CardUse::From(None), Precondition::None);
    let put =
        w.rates.put(&operator(), &room.id, &private_card(), holds, &none, Run::Real, &w.by("operator")).await;
    put.expect("a card");
    w
}

pub(crate) async fn ask(
    w: &World,
    who: Option<&Who>,
    method: Method,
    target: &str,
    body: &Value,
    key: &str,
) -> (u16, Value) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let request = Request {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        headers: HeaderMap::from_iter([(
            "idempotency-key".parse().expect("a name"),
            HeaderValue::from_str(key).expect("a value"),
        )]),
        body: if body.is_null() { Vec::new() } else { body.to_string().into_bytes() },
        identity: who.map_or(Identity::Unproven, |who| Identity::Bearer(who.claims())),
        address: None,
        request_id: "request".to_owned(),
        time_left: Duration::from_secs(29),
    };
    let clock = Arc::new(w.clock.clone());
    let answer: Response = if path.starts_with("/api/holds") {
        HoldApi::new(w.store.hold_cases(), clock).handle(request).await
    } else if path.starts_with("/api/bookings") {
        let (history, contacts) = (w.store.history.clone(), w.store.contacts.clone());
        let bookings = Bookings::new(history, contacts, w.store.actions.clone(), charge_rules());
        let receipts = Receipts::new(w.store.history.clone(), w.store.receipts.clone());
        BookingsApi::new(bookings, receipts, clock).handle(request).await
    } else {
        let (catalogue, cards) = (w.store.catalogue.clone(), w.store.rates.clone());
        let (listed, properties) = (w.store.listed.clone(), w.store.properties.clone());
        let calendars = Calendars::new(catalogue, listed, cards, properties, charge_rules());
        let search = Search::new(w.store.index.clone(), charge_rules());
        SearchApi::new(search, calendars, w.store.quote_cases(), clock).handle(request).await
    };
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap_or(Value::Null))
}

fn stay(more: &Value) -> Value {
    let mut body = json!({ "resourceId": "room", "startTime": NIGHT.0, "endTime": NIGHT.1, "quantity": 1 });
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    body
}

async fn quoted(w: &World, who: Option<&Who>, more: &Value) -> Value {
    let (status, body) = ask(w, who, Method::POST, "/api/quotes", &stay(more), "quote").await;
    assert_eq!(status, 200, "{body}");
    body
}

fn plans(quoted: &Value) -> Vec<&str> {
    let offers = quoted["offers"].as_array().expect("offers").iter();
    offers.map(|offer| offer["planId"].as_str().expect("a plan")).collect()
}

/// With another plan's name where the one that was asked for stands.
fn as_if(answer: &(u16, Value), asked: &str, other: &str) -> (u16, Value) {
    let text = answer.1.to_string().replace(asked, other);
    (answer.0, serde_json::from_str(&text).expect("JSON"))
}

#[tokio::test]
async fn a_private_plan_is_had_by_its_group_and_by_those_who_sell_it_and_does_not_exist_for_others() {
    let w = world().await;
    let callers = EVERYBODY.iter().map(Some).chain([None]);
    for who in callers {
        let name = who.map_or("nobody", |who| who.name);
        let may = who.map_or([false, false], |who| who.may);
        let every = quoted(&w, who, &json!({})).await;
        let mut expected = vec!["flexible", "saver", "pay-later"];
        expected.extend(may[0].then_some(COMPANY));
        expected.push(OPEN_CHILD);
        expected.extend(may[1].then_some(CREW_CHILD));
        assert_eq!(plans(&every), expected, "{name}");
        if !may[0] {
            let said = every.to_string();
            assert!(!said.contains(&format!("\"{COMPANY}\"")) && !said.contains(SECRET), "{name}: {said}");
        }
        for (plan, may) in [(COMPANY, may[0]), (CREW_CHILD, may[1]), (OPEN_CHILD, true)] {
            let one = quoted(&w, who, &json!({ "ratePlanId": plan })).await;
            assert_eq!(plans(&one), if may { vec![plan] } else { vec![] }, "{name}, {plan}");
            if !may {
                let nothing = quoted(&w, who, &json!({ "ratePlanId": NOTHING })).await;
                assert_eq!(as_if(&(200, one), plan, NOTHING).1, nothing, "{name}, {plan}");
            }
            let Some(who) = who else { continue };
            let hold = async |more: Value, key: &str| {
                let key = format!("{name}-{plan}-{key}");
                ask(&w, Some(who), Method::POST, "/api/holds", &stay(&more), &key).await
            };
            let named = hold(json!({ "ratePlanId": plan }), "named").await;
            if may {
                assert_eq!((named.0, &named.1["ratePlan"]["planId"]), (201, &json!(plan)), "{named:?}");
            } else {
                let nothing = hold(json!({ "ratePlanId": NOTHING }), "nothing").await;
                assert_eq!(named.0, 422, "{name}, {plan}: {named:?}");
                assert_eq!(as_if(&named, plan, NOTHING), nothing, "{name}, {plan}");
                assert!(!named.1.to_string().contains(SECRET), "{named:?}");
            }
            let explain = format!(
                "/api/resources/room/rates/explain?start={}&end={}&ratePlanId={plan}",
                NIGHT.0, NIGHT.1
            );
            let explained = ask(&w, Some(who), Method::GET, &explain, &Value::Null, "").await;
            match (who.explains, who.scope) {
                (true, _) => assert_eq!(explained.1["planId"], json!(plan), "{name}: {explained:?}"),
                (false, OPERATOR) => assert_eq!(explained.0, 404, "{name}"),
                (false, _) => assert_eq!(explained.0, 403, "{name}"),
            }
        }
    }
}

#[tokio::test]
async fn a_quote_of_a_private_plan_is_worth_nothing_to_anybody_else() {
    let w = world().await;
    let find = |name| EVERYBODY.iter().find(|who| who.name == name);
    let company = quoted(&w, find("company"), &json!({ "ratePlanId": COMPANY })).await;
    let by_quote = stay(&json!({ "quoteId": company["offers"][0]["quoteId"] }));
    for (name, status) in [("no-group", 422), ("both", 422), ("own", 422), ("company", 201)] {
        let held = ask(&w, find(name), Method::POST, "/api/holds", &by_quote, name).await;
        assert_eq!(held.0, status, "{name}: {held:?}");
        if status == 422 {
            assert_eq!(held.1["code"], "quote_not_valid", "{name}");
        }
    }
}

/// What keeps a stay from being sold under a plan for everybody is told with its name only where it is no private plan's.
#[tokio::test]
async fn a_plan_that_derives_from_a_private_one_names_none_of_its_restrictions_to_others() {
    let w = world().await;
    let least = |name: &str, slots| Restriction {
        id: RestrictionId::parse(name).expect("a name"),
        plans: BTreeSet::from([plan_id(COMPANY)]),
        not_plans: BTreeSet::new(),
        limits: Limits { stay_min_on_arrival: Some(slots), ..Limits::default() },
        ..two_nights_or_more()
    };
    let own = Restriction { plans: BTreeSet::from([plan_id(OPEN_CHILD)]), ..least("own", 4) };
    let card = RateCard { restrictions: vec![least("takeover", 2), own], ..private_card() };
    put(&w, &card).await;
    let told = |reasons: &Value| -> Vec<(u64, Option<String>)> {
        let reasons = reasons.as_array().expect("reasons").iter();
        let told = reasons.map(|reason| {
            assert_eq!(reason["reason"], "stay_min", "{reason}");
            (reason["limit"].as_u64().expect("slots"), reason["restrictionId"].as_str().map(str::to_owned))
        });
        told.collect()
    };
    for who in EVERYBODY.iter().map(Some).chain([None]) {
        let name = who.map_or("nobody", |who| who.name);
        let of_private = who.is_some_and(|who| who.may[0]).then(|| "takeover".to_owned());
        let expected = vec![(2, of_private), (4, Some("own".to_owned()))];
        let body = json!({ "ratePlanId": OPEN_CHILD });
        let quoted = quoted(&w, who, &body).await;
        assert_eq!(told(&quoted["unavailable"][0]["reasons"]), expected, "{name}: {quoted}");
        if who.is_some() {
            let held = ask(&w, who, Method::POST, "/api/holds", &stay(&body), name).await;
            assert_eq!((held.0, &held.1["code"]), (409, &json!("rate_not_available")), "{held:?}");
            assert_eq!(told(&held.1["reasons"]), expected, "{name}: {held:?}");
        }
    }
}

/// What a cache may keep is made for nobody in particular.
#[tokio::test]
async fn search_and_calendars_show_nothing_private_to_anybody() {
    let w = world().await;
    w.project_latest(&crate::rated::room().id).await;
    let search = format!(
        "/api/availability?resourceType=hotel&location=NYC&start={}&end={}&quantity=1",
        NIGHT.0, NIGHT.1
    );
    let calendar = format!("/api/resources/room/availability?start={}&end={}", NIGHT.0, NIGHT.1);
    for target in [search, calendar] {
        let public = ask(&w, None, Method::GET, &target, &Value::Null, "").await;
        assert!(public.0 == 200 && public.1.to_string().contains(&PRICE.to_string()), "{public:?}");
        for who in &EVERYBODY {
            assert_eq!(
                ask(&w, Some(who), Method::GET, &target, &Value::Null, "").await,
                public,
                "{}",
                who.name
            );
        }
    }
}
