//! Guessing of promotions' codes: beyond so many that do not count, nobody learns of another whether it does.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use holdfast_app::catalogue::{Precondition, Run};
use holdfast_app::holds::HoldRequest;
use holdfast_app::rates::{
    ADDRESS_CODES_MAX, CardUse, CodeTries, GOOD_CODES_MAX, GUEST_CODES_MAX, QuoteRequest, Quotes, RateChoice,
    TriedCodes,
};
use holdfast_app::{Caller, Failure, StoreError};
use holdfast_domain::{Fingerprint, GuestMark};
use holdfast_testkit::{Store, nightly_resource};
use jiff::Timestamp;

use crate::promotions::{asking_price, by_code, promotion, with};
use crate::properties::{of_two_houses, staff};
use crate::rated::{place, put, room};
use crate::used_up::{Answer, answered, night};
use crate::world::{NIGHT, World, guest, hold_request, operator};

/// The one of a thousand that is good.
const CODE: usize = 417;

fn code(number: usize) -> String {
    format!("{number:03}")
}

/// What is counted, of which each call is counted, and whose parts can be switched off.
struct Watched {
    store: Arc<dyn CodeTries>,
    /// Nothing is counted: the control.
    is_off: bool,
    is_down: bool,
    reads: AtomicUsize,
    writes: AtomicUsize,
}

impl Watched {
    fn over(store: &Store, is_off: bool, is_down: bool) -> (Store, Arc<Self>) {
        let (reads, writes) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let watched = Arc::new(Self { store: store.tries.clone(), is_off, is_down, reads, writes });
        (Store { tries: watched.clone(), ..store.clone() }, watched)
    }

    fn take(&self) -> (usize, usize) {
        (self.reads.swap(0, Ordering::SeqCst), self.writes.swap(0, Ordering::SeqCst))
    }

    fn called(&self, calls: &AtomicUsize) -> Result<(), StoreError> {
        calls.fetch_add(1, Ordering::SeqCst);
        if self.is_down { Err(StoreError::Unavailable("the counters are down".into())) } else { Ok(()) }
    }
}

#[async_trait]
impl CodeTries for Watched {
    async fn tried(&self, by: &GuestMark, now: Timestamp) -> Result<TriedCodes, StoreError> {
        self.called(&self.reads)?;
        if self.is_off { Ok(TriedCodes::default()) } else { self.store.tried(by, now).await }
    }
    async fn count(
        &self,
        by: &GuestMark,
        code: &Fingerprint,
        most: usize,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.called(&self.writes)?;
        if self.is_off { Ok(true) } else { self.store.count(by, code, most, now).await }
    }
    async fn clear(
        &self,
        by: &GuestMark,
        code: &Fingerprint,
        remembered: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.called(&self.writes)?;
        if self.is_off { Ok(()) } else { self.store.clear(by, code, remembered, now).await }
    }
}

/// What somebody learns of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Good,
    Bad,
    Nothing,
}

async fn told(quotes: &Quotes, w: &World, caller: Option<&Caller>, request: &QuoteRequest) -> Told {
    match quotes.quote(caller, request, w.now()).await {
        Ok(quoted) if quoted.offers.is_empty() => Told::Bad,
        Ok(_) => Told::Good,
        Err(Failure::TooManyCodes { wait_seconds: 3_600 }) => Told::Nothing,
        Err(error) => panic!("{error:?}"),
    }
}

/// What an address without a token learns.
async fn told_at(w: &World, address: Option<IpAddr>, code: &str) -> Told {
    told(&w.quotes, w, None, &QuoteRequest { address, ..asking_price(code) }).await
}

async fn told_to(w: &World, name: &str, code: &str) -> Told {
    told(&w.quotes, w, Some(&guest(name)), &asking_price(code)).await
}

/// Tries as many codes that do not count as a guest may.
async fn exhausted(w: &World, name: &str) {
    for number in 0..GUEST_CODES_MAX {
        assert_eq!(told_to(w, name, &format!("WRONG-{number}")).await, Told::Bad);
    }
}

async fn one_code() -> Arc<World> {
    let w = World::with(&room()).await;
    put(&w, &with(vec![promotion(&code(CODE), None, None)])).await;
    w
}

/// A thousand codes, one after the other: with the limit the good one is never found, without it it is.
#[tokio::test]
async fn a_code_among_a_thousand_is_never_found_and_the_control_finds_it() {
    let w = one_code().await;
    for is_off in [false, true] {
        let (store, _) = Watched::over(&w.store, is_off, false);
        let quotes = store.quote_cases();
        for caller in [Some(guest("eve")), None] {
            let mut found = [0; 3];
            for number in 0..1_000 {
                let learnt = told(&quotes, &w, caller.as_ref(), &asking_price(&code(number))).await;
                found[learnt as usize] += 1;
            }
            let most = if caller.is_some() { GUEST_CODES_MAX } else { ADDRESS_CODES_MAX };
            let expected = if is_off { [1, 999, 0] } else { [0, most, 1_000 - most] };
            assert_eq!(found, expected, "good, bad and nothing: {caller:?}, without the limit: {is_off}");
        }
    }
}

/// Whoever asks for all of them at once learns of no more.
#[tokio::test]
async fn a_hundred_at_once_tell_no_more_codes_apart_than_one_after_the_other() {
    let w = one_code().await;
    let ask = |number: usize| {
        let w = w.clone();
        tokio::spawn(async move { told_to(&w, "eve", &code(number)).await })
    };
    let asking: Vec<_> = (CODE - 50..CODE + 50).map(ask).collect();
    let mut bad = 0;
    for one in asking {
        bad += usize::from(one.await.expect("no panic") == Told::Bad);
    }
    assert_eq!(bad, GUEST_CODES_MAX);
}

/// Quotes and holds answer a good code and a bad one alike, to the byte.
#[tokio::test]
async fn beyond_the_limit_a_good_code_is_answered_as_a_bad_one_to_the_byte() {
    let w = one_code().await;
    exhausted(&w, "eve").await;
    let eve = guest("eve");
    for path in ["/api/quotes", "/api/holds"] {
        let of =
            async |code: &str| -> Answer { answered(&w, &w.store, path, Some(&eve), &night(code)).await };
        let (good, bad) = (of(&code(CODE)).await, of("NEVER").await);
        assert_eq!(good, bad, "{path}");
        assert_eq!((good.status, good.headers["retry-after"].as_str()), (429, "3600"), "{good:?}");
        assert!(good.body.contains("too_many_codes") && good.body.contains("/promotionCode"), "{good:?}");
        let mut plain = night("NEVER");
        plain.as_object_mut().expect("an object").remove("promotionCode");
        let without = answered(&w, &w.store, path, Some(&eve), &plain).await;
        assert!(matches!(without.status, 200 | 201), "{path}: without a code");
    }
    assert_eq!(told_to(&w, "anna", &code(CODE)).await, Told::Good, "another guest");
    w.pass(3_599);
    let waits = w.quotes.quote(Some(&eve), &asking_price("NEVER"), w.now()).await;
    assert!(matches!(waits, Err(Failure::TooManyCodes { wait_seconds: 1 })), "{waits:?}");
    w.pass(1);
    assert_eq!(told_to(&w, "eve", &code(CODE)).await, Told::Good, "in the next hour");
}

/// A hold with a code counts as a quote with it does, for the same guest.
#[tokio::test]
async fn holds_and_quotes_count_together() {
    let w = one_code().await;
    let asking = |code: &str| HoldRequest { choice: by_code(code), ..hold_request(&room(), NIGHT, 1) };
    let eve = guest("eve");
    let mut told = BTreeSet::new();
    for number in 0..GUEST_CODES_MAX {
        let refused = place(&w, &eve, &code(number), &asking(&code(number))).await;
        told.insert(matches!(refused, Err(Failure::RateNotAvailable { .. })));
    }
    assert_eq!(told, BTreeSet::from([true]));
    assert_eq!(told_to(&w, "eve", &code(CODE)).await, Told::Nothing);
    let held = place(&w, &eve, "good", &asking(&code(CODE))).await;
    assert!(matches!(held, Err(Failure::TooManyCodes { .. })), "{held:?}");
}

/// Good codes are not counted: whoever has many may use them all, and goes on using them beyond the limit. So does who repeats a request.
#[tokio::test]
async fn good_codes_and_repetitions_are_not_counted() {
    let w = World::with(&room()).await;
    let many = 2 * GOOD_CODES_MAX;
    put(&w, &with((0..many).map(|number| promotion(&code(number), None, None)).collect())).await;
    for number in 0..many {
        assert_eq!(told_to(&w, "anna", &code(number)).await, Told::Good, "{number}");
    }
    let anna = guest("anna");
    let asking = HoldRequest { choice: by_code(&code(7)), ..hold_request(&room(), NIGHT, 1) };
    let held = place(&w, &anna, "k", &asking).await.expect("a hold").hold;
    exhausted(&w, "anna").await;
    assert_eq!(told_to(&w, "anna", &code(7)).await, Told::Good, "it is known to be good");
    assert_eq!(told_to(&w, "anna", "WRONG-3").await, Told::Bad, "it is known to be bad");
    assert_eq!(told_to(&w, "anna", "WRONG-11").await, Told::Nothing);
    w.pass(3_600);
    exhausted(&w, "anna").await;
    let again = place(&w, &anna, "k", &asking).await.expect("the first answer");
    assert!(again.replayed && again.hold == held, "{again:?}");
}

/// A code counts for its resource: what is good at one is guessed anew at another.
#[tokio::test]
async fn the_same_code_at_another_resource_is_another_guess() {
    let w = one_code().await;
    for number in 0..GUEST_CODES_MAX {
        let other = nightly_resource(&format!("other-{number}"), 1, 600);
        w.put(&other).await;
        let by = w.by("operator");
        let (holds, none) = (CardUse::From(None), Precondition::None);
        w.rates
            .put(&operator(), &other.id, &with(Vec::new()), holds, &none, Run::Real, &by)
            .await
            .expect("a card");
        let request = QuoteRequest { resource: other.id, ..asking_price(&code(CODE)) };
        assert_eq!(told(&w.quotes, &w, Some(&guest("eve")), &request).await, Told::Bad);
    }
    assert_eq!(told_to(&w, "eve", &code(CODE)).await, Told::Nothing);
}

/// Whoever shows no token is counted by their address: with what their provider gives one customer of it.
#[tokio::test]
async fn without_a_token_an_address_is_counted() {
    let w = one_code().await;
    let address = |text: &str| Some(text.parse::<IpAddr>().expect("an address"));
    let exhausted = async |address: Option<IpAddr>| {
        for number in 0..ADDRESS_CODES_MAX {
            assert_eq!(told_at(&w, address, &format!("WRONG-{number}")).await, Told::Bad, "{address:?}");
        }
    };
    exhausted(address("198.51.100.7")).await;
    for (other, learnt) in [
        ("198.51.100.7", Told::Nothing),
        ("::ffff:198.51.100.7", Told::Nothing),
        ("198.51.100.8", Told::Good),
        ("2001:db8:0:1::7", Told::Good),
    ] {
        assert_eq!(told_at(&w, address(other), &code(CODE)).await, learnt, "{other}");
    }
    exhausted(address("2001:db8:0:2::7")).await;
    assert_eq!(
        told_at(&w, address("2001:db8:0:2:ffff::8"), &code(CODE)).await,
        Told::Nothing,
        "the same network"
    );
    assert_eq!(told_at(&w, address("2001:db8:0:3::7"), &code(CODE)).await, Told::Good, "another");
    exhausted(None).await;
    assert_eq!(told_at(&w, None, &code(CODE)).await, Told::Nothing, "nobody knows from where");
    assert_eq!(told_to(&w, "anna", &code(CODE)).await, Told::Good, "a guest, from wherever");
}

/// Operators of the resource try what they like; those of other properties are guests here.
#[tokio::test]
async fn operators_are_not_counted_at_their_own_house() {
    let (w, _) = of_two_houses().await;
    put(&w, &with(vec![promotion(&code(CODE), None, None)])).await;
    for caller in [operator(), staff("desk", &["house"])] {
        for number in 0..=GUEST_CODES_MAX {
            let request = asking_price(&code(number));
            assert_eq!(told(&w.quotes, &w, Some(&caller), &request).await, Told::Bad, "{caller:?}");
        }
        assert_eq!(told(&w.quotes, &w, Some(&caller), &asking_price(&code(CODE))).await, Told::Good);
    }
    let other = staff("eve", &["other"]);
    for number in 0..GUEST_CODES_MAX {
        assert_eq!(told(&w.quotes, &w, Some(&other), &asking_price(&code(number))).await, Told::Bad);
    }
    assert_eq!(told(&w.quotes, &w, Some(&other), &asking_price(&code(CODE))).await, Told::Nothing);
}

/// Reads and writes: none without a code, and none of a resource that has no codes.
#[tokio::test]
async fn what_is_tried_costs_a_read_and_what_is_new_a_write() {
    let w = one_code().await;
    let bare = nightly_resource("bare", 1, 600);
    w.put(&bare).await;
    let (store, watched) = Watched::over(&w.store, false, false);
    let quotes = store.quote_cases();
    for caller in [Some(guest("anna")), None, Some(operator())] {
        let caller = caller.as_ref();
        let costs = async |what: &str, request: &QuoteRequest, cost: (usize, usize)| {
            drop(quotes.quote(caller, request, w.now()).await);
            let is_free = caller.is_some_and(|caller| caller.staff.is_some());
            assert_eq!(watched.take(), if is_free { (0, 0) } else { cost }, "{what}: {caller:?}");
        };
        let without = QuoteRequest { choice: RateChoice::default(), ..asking_price("X") };
        costs("without a code", &without, (0, 0)).await;
        costs("without a card", &QuoteRequest { resource: bare.id.clone(), ..asking_price("X") }, (0, 0))
            .await;
        costs("a good code", &asking_price(&code(CODE)), (1, 2)).await;
        costs("the same again", &asking_price(&code(CODE)), (1, 0)).await;
        let most = if caller.is_some() { GUEST_CODES_MAX } else { ADDRESS_CODES_MAX };
        for number in 0..most {
            costs("a bad code", &asking_price(&code(number)), (1, 1)).await;
        }
        costs("the same again", &asking_price(&code(0)), (1, 0)).await;
        costs("one beyond the limit", &asking_price("X"), (1, 0)).await;
    }
}

/// What is tried cannot be counted: nobody learns anything. Whoever gives no code notices nothing.
#[tokio::test]
async fn an_outage_tells_nobody_anything_about_a_code() {
    let w = one_code().await;
    let (store, _) = Watched::over(&w.store, false, true);
    let eve = guest("eve");
    for path in ["/api/quotes", "/api/holds"] {
        for code in [code(CODE), "NEVER".to_owned()] {
            let down = answered(&w, &store, path, Some(&eve), &night(&code)).await;
            assert_eq!(down.status, 503, "{path}: {down:?}");
        }
    }
    let without = QuoteRequest { choice: RateChoice::default(), ..asking_price("X") };
    let quoted = store.quote_cases().quote(None, &without, w.now()).await.expect("a quote");
    assert!(!quoted.offers.is_empty());
}
