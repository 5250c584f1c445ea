//! A code that is used up: quotes and holds answer it as one that there is not, and read what is counted only where that decides.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use holdfast_api::{Api, Claims, HoldApi, Identity, Request, SearchApi};
use holdfast_app::catalogue::{Calendars, Precondition, Run};
use holdfast_app::holds::HoldRequest;
use holdfast_app::rates::{CardUse, PromotionUses, QuoteRequest, Quoted, RateChoice};
use holdfast_app::search::Search;
use holdfast_app::{Caller, StoreError};
use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::promotion::{Promotion, PromotionCode, UseLimits};
use holdfast_domain::rates::quote::Reason;
use holdfast_domain::rates::uses::UsesMade;
use holdfast_domain::{GuestId, Resource, ResourceId};
use holdfast_testkit::{Store, at, charge_rules, nightly_resource};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};

use crate::promotions::{asking_price, by_code, promotion, with};
use crate::rated::{place, put, room, two_nights_or_more};
use crate::world::{NIGHT, PRICE, World, guest, hold_request, key, operator};

/// What a code takes off a night, and what is left.
const REDUCED: i64 = PRICE - PRICE / 10;

/// The counters of promotions, of which each read is written down; they fail on demand.
struct Watched {
    store: Arc<dyn PromotionUses>,
    is_down: bool,
    reads: Mutex<Vec<(PromotionCode, UseLimits, Option<GuestId>)>>,
}

#[async_trait]
impl PromotionUses for Watched {
    async fn made(
        &self,
        resource: &ResourceId,
        code: &PromotionCode,
        limits: UseLimits,
        guest: Option<&GuestId>,
    ) -> Result<UsesMade, StoreError> {
        self.reads.lock().expect("no panic").push((code.clone(), limits, guest.cloned()));
        if self.is_down {
            return Err(StoreError::Unavailable("the counters are down".into()));
        }
        self.store.made(resource, code, limits, guest).await
    }
}

impl Watched {
    /// The same store, whose counters are watched.
    fn over(store: &Store, is_down: bool) -> (Store, Arc<Self>) {
        let watched = Arc::new(Self { store: store.uses.clone(), is_down, reads: Mutex::default() });
        (Store { uses: watched.clone(), ..store.clone() }, watched)
    }

    fn take(&self) -> Vec<(PromotionCode, UseLimits, Option<GuestId>)> {
        std::mem::take(&mut self.reads.lock().expect("no panic"))
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

/// An answer as a client sees it, over a store that nothing is remembered of.
pub(crate) async fn answered(
    w: &World,
    store: &Store,
    path: &str,
    caller: Option<&Caller>,
    body: &Value,
) -> Answer {
    let mut headers = HeaderMap::new();
    let name = body.to_string().replace('"', "'");
    headers.insert("idempotency-key", HeaderValue::from_str(&name).expect("a header"));
    let claims = |caller: &Caller| Claims {
        sub: caller.guest.to_string(),
        scopes: vec!["booking/guest".to_owned()],
        groups: Vec::new(),
    };
    let request = Request {
        method: Method::POST,
        path: path.to_owned(),
        query: String::new(),
        headers,
        body: body.to_string().into_bytes(),
        identity: caller.map_or(Identity::Unproven, |caller| Identity::Bearer(claims(caller))),
        address: None,
        request_id: "request".to_owned(),
        time_left: Duration::from_secs(29),
    };
    let clock = Arc::new(w.clock.clone());
    let response = if path == "/api/holds" {
        HoldApi::new(store.hold_cases(), clock).handle(request).await
    } else {
        let (catalogue, listed) = (store.catalogue.clone(), store.listed.clone());
        let (rates, properties) = (store.rates.clone(), store.properties.clone());
        let calendars = Calendars::new(catalogue, listed, rates, properties, charge_rules());
        let search = Search::new(store.index.clone(), charge_rules());
        SearchApi::new(search, calendars, store.quote_cases(), clock).handle(request).await
    };
    let text = |value: &HeaderValue| value.to_str().expect("text").to_owned();
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: String::from_utf8(response.body().clone()).expect("text"),
    }
}

/// Codes of which none is good for a night of anna's: not begun, over, used up by bert, used up by anna, and another resource's.
const USELESS: [&str; 5] = ["EARLY", "ENDED", "EMPTY", "ANNAS", "OTHER"];

/// A world in which that is so.
async fn useless() -> (Arc<World>, RateCard) {
    let w = World::with(&room()).await;
    let other: Resource = nightly_resource("other", 5, 600);
    w.put(&other).await;
    let early = Promotion { from: Some(at("2031-01-01T00:00:00Z")), ..promotion("EARLY", Some(9), None) };
    let over = Promotion { to: Some(at("2030-01-01T00:00:00Z")), ..promotion("ENDED", None, None) };
    let used_up = promotion("EMPTY", Some(1), None);
    let by_anna = promotion("ANNAS", None, Some(1));
    let card = with(vec![early, over, used_up, by_anna]);
    put(&w, &card).await;
    let foreign = with(vec![promotion("OTHER", None, None)]);
    let (from_now, none) = (CardUse::From(None), Precondition::None);
    let by = w.by("operator");
    w.rates.put(&operator(), &other.id, &foreign, from_now, &none, Run::Real, &by).await.expect("a card");
    w.redeem("bert", "EMPTY").await.expect("the only use");
    w.redeem("anna", "ANNAS").await.expect("anna's only use");
    (w, card)
}

pub(crate) fn night(code: &str) -> Value {
    json!({
        "resourceId": "room", "startTime": NIGHT.0, "endTime": NIGHT.1, "quantity": 1, "promotionCode": code,
    })
}

impl World {
    /// Both answers to anna, whichever of the codes she gives: as to one that there is not.
    async fn answers_alike(&self, what: &str) -> [Answer; 2] {
        let mut unknown = Vec::new();
        for path in ["/api/quotes", "/api/holds"] {
            let anna = guest("anna");
            let never = answered(self, &self.store, path, Some(&anna), &night("NEVER")).await;
            for code in USELESS {
                let answer = answered(self, &self.store, path, Some(&anna), &night(code)).await;
                assert_eq!(answer, never, "{what}: {code} at {path}");
            }
            unknown.push(never);
        }
        unknown.try_into().expect("two answers")
    }
}

/// Nobody learns from an answer whether a code exists, is over, is another resource's or is used up: neither from what a stay costs nor
/// from a hold, whatever else keeps the stay from being had.
#[tokio::test]
async fn a_code_that_cannot_be_used_is_answered_alike_to_the_byte() {
    let (w, card) = useless().await;
    let [quoted, held] = w.answers_alike("a night that is sold").await;
    assert_eq!((quoted.status, held.status), (200, 422), "{quoted:?} {held:?}");
    assert!(held.body.contains("/promotionCode"), "{held:?}");
    let body: Value = serde_json::from_str(&quoted.body).expect("JSON");
    let refused = json!([{ "reason": "promotion" }]);
    let plans = body["unavailable"].as_array().expect("plans");
    assert!(plans.len() > 1 && plans.iter().all(|plan| plan["reasons"] == refused), "{body}");
    assert_eq!(body["offers"], json!([]));

    put(&w, &RateCard { restrictions: vec![two_nights_or_more()], ..card.clone() }).await;
    let [quoted, held] = w.answers_alike("a night that is not sold alone").await;
    assert!(quoted.body.contains("stay_min") && held.status == 422, "{quoted:?} {held:?}");

    put(&w, &card).await;
    place(&w, &guest("thief"), "all", &hold_request(&room(), NIGHT, 3))
        .await
        .expect("all places that are left");
    let sold_out = answered(&w, &w.store, "/api/holds", Some(&guest("carl")), &night("ANNAS")).await;
    assert!(sold_out.body.contains("sold_out"), "a code that is good is: {sold_out:?}");
    assert_eq!(w.answers_alike("a night that is sold out").await[1].status, 422);
}

fn prices(quoted: &Quoted) -> Vec<i64> {
    quoted.offers.iter().map(|offer| offer.price.total().amount()).collect()
}

/// A quote prices with a code as long as a hold of the same caller would, and again as soon as a use has come back.
#[tokio::test]
async fn a_quote_prices_with_a_code_while_its_caller_has_a_use_left() {
    let w = World::with(&room()).await;
    put(&w, &with(vec![promotion("ONCE", Some(1), None), promotion("EACH", None, Some(1))])).await;
    let flexible = async |caller: Option<&Caller>, code: &str| {
        let mut request: QuoteRequest = asking_price(code);
        request.choice.plan = Some(crate::rated::plan_id("flexible"));
        let quoted = w.quotes.quote(caller, &request, w.now()).await.expect("a quote");
        let why: Vec<_> = quoted.unavailable.iter().flat_map(|plan| plan.reasons.clone()).collect();
        assert!(
            if quoted.offers.is_empty() { why == [Reason::Promotion] } else { why.is_empty() },
            "{why:?}"
        );
        prices(&quoted)
    };
    let (anna, bert) = (guest("anna"), guest("bert"));
    assert_eq!(flexible(Some(&anna), "ONCE").await, [REDUCED]);
    let once = w.redeem("anna", "ONCE").await.expect("the use").hold;
    for caller in [Some(&anna), Some(&bert), Some(&operator()), None] {
        assert!(flexible(caller, "ONCE").await.is_empty(), "{caller:?}");
    }
    let each = HoldRequest { choice: by_code("EACH"), ..hold_request(&room(), NIGHT, 1) };
    let each = place(&w, &anna, "each", &each).await.expect("a use").hold;
    assert!(flexible(Some(&anna), "EACH").await.is_empty(), "anna has had hers");
    assert_eq!(flexible(Some(&bert), "EACH").await, [REDUCED], "bert has not");
    assert_eq!(flexible(None, "EACH").await, [REDUCED], "nobody is no guest");
    for hold in [once, each] {
        w.holds.release(&anna, &hold.id, &w.by("anna")).await.expect("a release");
    }
    assert_eq!(flexible(Some(&anna), "EACH").await, [REDUCED], "nothing is remembered of it");
    assert_eq!(flexible(None, "ONCE").await, [REDUCED], "nothing is remembered of it");
}

/// The limits are those of the rates that are asked; what is counted is what there is now, whatever moment is asked.
#[tokio::test]
async fn what_operators_try_is_kept_to_its_own_limits_and_to_what_is_counted_now() {
    let w = World::with(&room()).await;
    put(&w, &with(vec![promotion("ONCE", Some(1), None)])).await;
    let (draft, none, by) = (CardUse::Draft, Precondition::None, w.by("operator"));
    let twice = with(vec![promotion("ONCE", Some(2), None)]);
    w.rates.put(&operator(), &room().id, &twice, draft, &none, Run::Real, &by).await.expect("a draft");
    w.redeem("anna", "ONCE").await.expect("the use");
    let tomorrow = Some(at("2030-05-21T12:00:00Z"));
    for (draft, as_of, is_had) in
        [(false, None, false), (false, tomorrow, false), (true, None, true), (true, tomorrow, true)]
    {
        let request = QuoteRequest { draft, as_of, ..asking_price("ONCE") };
        let quoted = w.quotes.quote(Some(&operator()), &request, w.now()).await.expect("a quote");
        assert_eq!(!quoted.offers.is_empty(), is_had, "{draft} {as_of:?}");
    }
}

/// The counters are read for a code with limits alone: once, and of these only what is limited and of somebody.
#[tokio::test]
async fn what_is_counted_is_read_once_and_for_a_code_with_limits_alone() {
    let w = World::with(&room()).await;
    let limits = |in_all, per_guest| UseLimits { in_all, per_guest };
    let codes = [
        ("OPEN", limits(None, None)),
        ("ALL", limits(Some(9), None)),
        ("EACH", limits(None, Some(9))),
        ("BOTH", limits(Some(9), Some(9))),
    ];
    let promotions = codes.map(|(code, limits)| promotion(code, limits.in_all, limits.per_guest));
    put(&w, &with(promotions.into())).await;
    let bare = nightly_resource("bare", 5, 600);
    w.put(&bare).await;
    let (store, watched) = Watched::over(&w.store, false);
    let (quotes, holds) = (store.quote_cases(), store.hold_cases());
    let anna = guest("anna");
    let reads = |code: &str, limits: UseLimits, caller: Option<&Caller>| {
        vec![(PromotionCode::parse(code).expect("a code"), limits, caller.map(|caller| caller.guest.clone()))]
    };

    let nothing = QuoteRequest { choice: RateChoice::default(), ..asking_price("ALL") };
    let of_bare = QuoteRequest { resource: bare.id.clone(), ..asking_price("ALL") };
    for caller in [Some(&anna), None] {
        quotes.quote(caller, &nothing, w.now()).await.expect("a quote");
        assert_eq!(watched.take(), [], "without a code");
        quotes.quote(caller, &of_bare, w.now()).await.expect_err("it has no card");
        assert_eq!(watched.take(), [], "without a card");
        quotes.quote(caller, &asking_price("NEVER"), w.now()).await.expect("a quote");
        assert_eq!(watched.take(), [], "an unknown code");
        for (code, own) in codes {
            let quoted = quotes.quote(caller, &asking_price(code), w.now()).await.expect("a quote");
            assert_eq!(quoted.offers.len(), 3, "every plan is priced: {quoted:?}");
            let asked = if caller.is_some() { own } else { limits(own.in_all, None) };
            let expected = if asked.are_counted() { reads(code, asked, caller) } else { Vec::new() };
            assert_eq!(watched.take(), expected, "{code}");
        }
    }

    let hold = async |name: &str, caller: &Caller, request: &HoldRequest| {
        let by = w.by(caller.guest.as_str());
        holds.create(caller, &key(name, name), request, &by).await.map(|placed| placed.hold)
    };
    let plain = hold_request(&room(), NIGHT, 1);
    hold("plain", &anna, &plain).await.expect("a hold");
    assert_eq!(watched.take(), [], "without a code");
    for (code, own) in codes {
        let coded = HoldRequest { choice: by_code(code), ..plain.clone() };
        let held = hold(code, &anna, &coded).await.expect("a hold");
        assert_eq!(held.order.price.total().amount(), REDUCED);
        let expected = if own.are_counted() { reads(code, own, Some(&anna)) } else { Vec::new() };
        assert_eq!(watched.take(), expected, "{code}");
    }
    let for_bert = HoldRequest { choice: by_code("EACH"), user: Some(guest("bert").guest), ..plain.clone() };
    w.holds
        .release(&anna, &hold("plain", &anna, &plain).await.expect("it").id, &w.by("anna"))
        .await
        .expect("it");
    hold("for bert", &operator(), &for_bert).await.expect("a hold");
    assert_eq!(watched.take(), reads("EACH", limits(None, Some(9)), Some(&guest("bert"))), "his uses count");
    hold("never", &anna, &HoldRequest { choice: by_code("NEVER"), ..plain.clone() })
        .await
        .expect_err("unknown");
    assert_eq!(watched.take(), [], "an unknown code");
}

/// A hold by a quote is kept to the limits by which it was quoted.
#[tokio::test]
async fn of_a_quote_what_is_counted_is_read_where_it_has_a_code_with_limits() {
    let w = World::with(&room()).await;
    let codes = [("OPEN", None), ("ONCE", Some(1))];
    put(&w, &with(codes.map(|(code, uses)| promotion(code, uses, None)).into())).await;
    let (store, watched) = Watched::over(&w.store, false);
    let (quotes, holds) = (store.quote_cases(), store.hold_cases());
    for (code, uses) in codes {
        let quoted = quotes.quote(None, &asking_price(code), w.now()).await.expect("a quote");
        let id = quoted.offers.into_iter().next().and_then(|offer| offer.promise).expect("a promise").0;
        watched.take();
        let request = HoldRequest { quote: Some(id), ..hold_request(&room(), NIGHT, 1) };
        for (name, is_first) in [("first", true), ("second", false)] {
            let held = holds.create(&guest(name), &key(code, name), &request, &w.by(name)).await;
            assert_eq!(held.is_ok(), is_first || uses.is_none(), "{code} {name}: {held:?}");
            let reads = watched.take();
            let limits = UseLimits { in_all: uses, per_guest: None };
            let is_that = |read: &_| {
                *read == (by_code(code).promotion.expect("a code"), limits, Some(guest(name).guest))
            };
            assert!(reads.iter().all(is_that), "{reads:?}");
            assert_eq!(reads.is_empty(), uses.is_none(), "{code} {name}");
        }
    }
}

/// What is counted cannot be read: nobody is given a price that a hold may refuse, nor told that there is no such code.
#[tokio::test]
async fn an_outage_of_the_counters_is_told_as_one() {
    let w = World::with(&room()).await;
    put(&w, &with(vec![promotion("OPEN", None, None), promotion("ONCE", Some(1), None)])).await;
    let (store, _) = Watched::over(&w.store, true);
    let anna = guest("anna");
    for (path, found) in [("/api/quotes", 200), ("/api/holds", 201)] {
        let down = answered(&w, &store, path, Some(&anna), &night("ONCE")).await;
        assert_eq!(down.status, 503, "{path}: {down:?}");
        assert!(down.headers.contains_key("retry-after"), "{path}: {down:?}");
        let open = answered(&w, &store, path, Some(&anna), &night("OPEN")).await;
        assert_eq!(open.status, found, "{path}: nothing is asked of that code: {open:?}");
        let up = answered(&w, &w.store, path, Some(&anna), &night("ONCE")).await;
        assert_eq!(up.status, found, "{path}: {up:?}");
    }
}
