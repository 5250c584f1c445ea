//! Honest clients: they want things at random, and repeat what got no clear answer under the same key until it does.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::join;
use holdfast_client::stripe::{ACCEPTED, DECLINED, INSUFFICIENT_FUNDS, THREE_D_SECURE};
use holdfast_client::{Answer, Trouble, now, unique};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::records::{HoldEnd, HoldTold, KeyedAnswer, Told};
use crate::world::{Guest, Offer, World};

/// How long a client tries to get a clear answer.
const PATIENCE: Duration = Duration::from_secs(75);
/// When all is at rest there is nothing to wait for.
const PATIENCE_AT_REST: Duration = Duration::from_secs(10);
const READS_AT_ONCE: usize = 4;
/// So many places more than by its terms are set for dates of an offer at most, and so many that may be sold beyond them.
pub(crate) const PLACES_MORE_MAX: u32 = 1;
pub(crate) const OVERBOOKING_MAX: u32 = 1;
/// One try; the API answers within 30 s.
const ONE_TRY: Duration = Duration::from_secs(35);
const PAUSE_MAX: Duration = Duration::from_millis(1500);

/// A customer who has not come to their bank yet: the booking, and whether they will agree.
pub(crate) struct Dallying {
    pub(crate) booking: String,
    pub(crate) agrees: bool,
}

/// Clients and what they know.
pub(crate) struct Traffic {
    pub(crate) world: World,
    guests: Vec<Guest>,
    told: Mutex<Told>,
    outcomes: Mutex<BTreeMap<(&'static str, String), u64>>,
    dallying: Mutex<Vec<Dallying>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Traffic {
    pub(crate) fn new(world: World, guests: Vec<Guest>) -> Self {
        Self { world, guests, told: Mutex::default(), outcomes: Mutex::default(), dallying: Mutex::default() }
    }

    /// What clients were told; read it when they have ended.
    pub(crate) fn told(&self) -> MutexGuard<'_, Told> {
        locked(&self.told)
    }

    /// How often each operation came to which outcome.
    pub(crate) fn outcomes(&self) -> BTreeMap<(&'static str, String), u64> {
        locked(&self.outcomes).clone()
    }

    /// Answers so far, of every kind.
    pub(crate) fn answers(&self) -> u64 {
        locked(&self.outcomes).values().sum()
    }

    /// Those who have not come to their bank yet.
    pub(crate) fn take_dallying(&self) -> Vec<Dallying> {
        std::mem::take(&mut locked(&self.dallying))
    }

    /// The guest of that name.
    pub(crate) fn guest(&self, sub: &str) -> Option<&Guest> {
        self.guests.iter().find(|guest| guest.sub == sub)
    }

    /// One client after the other, as one caller, until `end`. Each has a guest of its own among `callers` times as many.
    pub(crate) async fn call_until(
        &self,
        end: Instant,
        caller: usize,
        callers: usize,
        mut dice: fastrand::Rng,
    ) {
        let own: Vec<&Guest> = self.guests.iter().skip(caller).step_by(callers).collect();
        while Instant::now() < end {
            let Some(guest) = dice.choice(&own) else { return };
            self.errand(guest, &mut dice).await;
        }
    }

    fn count(&self, operation: &'static str, outcome: impl Into<String>) {
        *locked(&self.outcomes).entry((operation, outcome.into())).or_default() += 1;
    }

    /// What a client wants at random; `None` where it got no further. What no client may see is noted where it is seen.
    async fn errand(&self, guest: &Guest, dice: &mut fastrand::Rng) -> Option<()> {
        let offer = dice.choice(&self.world.offers)?;
        match dice.u8(0..100) {
            0..=13 => self.look(offer, dice).await,
            14..=16 => self.edit(offer, dice).await,
            17..=39 => self.hold(guest, offer, dice).await.map(drop),
            40..=46 => self.hold_and_release(guest, offer, dice).await,
            47..=53 => self.hold_and_extend(guest, offer, dice).await,
            54..=58 => self.hold_again(guest, offer, dice).await,
            59..=79 => self.book(guest, offer, ACCEPTED, dice).await,
            80..=85 => self.another_card(guest, offer, dice).await,
            86..=92 => self.book_at_the_bank(guest, offer, dice).await,
            93..=95 => self.book_twice(guest, offer, dice).await,
            _ => self.give_up_early(guest, offer, dice).await,
        }
    }

    // Calls

    /// Repeats a call until there is an answer that says what happened; `None` if there is none in time.
    async fn until_answered(
        &self,
        operation: &'static str,
        call: impl AsyncFn() -> Result<Answer, Trouble>,
        heard: impl Fn(&Answer),
    ) -> Option<Answer> {
        self.until_answered_within(PATIENCE, operation, call, heard).await
    }

    async fn until_answered_within(
        &self,
        patience: Duration,
        operation: &'static str,
        call: impl AsyncFn() -> Result<Answer, Trouble>,
        heard: impl Fn(&Answer),
    ) -> Option<Answer> {
        let deadline = Instant::now() + patience;
        let mut pause = Duration::from_millis(50);
        loop {
            match call().await {
                Ok(answer) => {
                    self.count(operation, outcome(&answer));
                    heard(&answer);
                    let unclear = answer.status >= 500
                        || answer.status == 429 && answer.code() != "too_many_attempts"
                        || answer.code() == "request_in_progress";
                    if !unclear {
                        return Some(answer);
                    }
                }
                Err(_) => self.count(operation, "no answer"),
            }
            if Instant::now() + pause > deadline {
                self.count(operation, "given up");
                return None;
            }
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// A POST under a key, repeated under the same key. Every answer is kept.
    async fn post(
        &self,
        operation: &'static str,
        guest: &Guest,
        key: &str,
        path: &str,
        body: &Value,
        prefer: Option<&str>,
    ) -> Option<Answer> {
        let name = format!("{path} {} {key}", guest.sub);
        let call = async || {
            let call = self.world.stack.call(Method::POST, path)?.token(&guest.token).key(key).json(body);
            call.header("Prefer", prefer.unwrap_or("wait=4")).patience(ONE_TRY).send().await
        };
        let heard = |answer: &Answer| {
            let mut told = self.told();
            if path == "/api/bookings" && answer.status < 300 {
                told.booking(&answer.json);
            }
            told.by_key.entry(name.clone()).or_default().push(KeyedAnswer::from(answer));
        };
        self.until_answered(operation, call, heard).await
    }

    async fn send(
        &self,
        operation: &'static str,
        guest: &Guest,
        method: Method,
        path: &str,
    ) -> Option<Answer> {
        let call = async || {
            let call = self.world.stack.call(method.clone(), path)?.token(&guest.token);
            call.patience(ONE_TRY).send().await
        };
        self.until_answered(operation, call, |_| ()).await
    }

    // Errands

    async fn look(&self, offer: &Offer, dice: &mut fastrand::Rng) -> Option<()> {
        let (start, end) = offer.dates();
        let calendar = dice.bool();
        let call = async || {
            let range = [("start", start.as_str()), ("end", end.as_str())];
            let call = if calendar {
                let path = format!("/api/resources/{}/availability", offer.id);
                self.world.stack.call(Method::GET, &path)?.query(&range)
            } else {
                let place = [("resourceType", offer.resource_type), ("location", offer.location.as_str())];
                self.world.stack.call(Method::GET, "/api/availability")?.query(&place).query(&range)
            };
            call.patience(ONE_TRY).send().await
        };
        self.until_answered("search", call, |_| ()).await;
        Some(())
    }

    async fn edit(&self, offer: &Offer, dice: &mut fastrand::Rng) -> Option<()> {
        let (from, to) = offer.dates();
        let mut body = json!({"from": from, "to": to, "closed": false});
        match dice.u8(0..6) {
            0 => body["capacity"] = json!(offer.capacity + PLACES_MORE_MAX),
            1 => body["capacity"] = json!(offer.capacity.saturating_sub(1)),
            2 => body["capacity"] = json!(offer.capacity),
            3 => body["overbooking"] = json!(OVERBOOKING_MAX),
            4 => body["overbooking"] = json!(0),
            _ => body["closed"] = json!(true),
        }
        let path = format!("/api/resources/{}/inventory", offer.id);
        let call = async || {
            let call = self.world.stack.call(Method::PATCH, &path)?.token(&self.world.operator.token);
            call.json(&body).patience(ONE_TRY).send().await
        };
        self.until_answered("inventory edit", call, |_| ()).await;
        Some(())
    }

    /// A hold; its id, if it was got.
    async fn hold(&self, guest: &Guest, offer: &Offer, dice: &mut fastrand::Rng) -> Option<String> {
        let body = offer.some(dice);
        self.hold_of(guest, &unique("key"), &body).await
    }

    async fn hold_of(&self, guest: &Guest, key: &str, body: &Value) -> Option<String> {
        let answer = self.post("hold", guest, key, "/api/holds", body, None).await?;
        if answer.status >= 300 {
            return None;
        }
        let id = answer.str("/holdId").to_owned();
        let Ok(expires_at) = answer.str("/expiresAt").parse() else {
            self.told().wrong.push(format!("a hold that does not say when it expires: {}", answer.text));
            return None;
        };
        let told = HoldTold { guest: guest.sub.clone(), expires_at, end: HoldEnd::Open };
        let mut all = self.told();
        let asked = ["resourceId", "quantity"].iter().all(|field| answer.json[field] == body[field]);
        if !asked {
            all.wrong.push(format!("asked for {body}, got {}", answer.text));
        }
        all.holds.entry(id.clone()).or_insert(told);
        drop(all);
        Some(id)
    }

    async fn hold_and_release(&self, guest: &Guest, offer: &Offer, dice: &mut fastrand::Rng) -> Option<()> {
        let id = self.hold(guest, offer, dice).await?;
        let path = format!("/api/holds/{id}");
        let answer = self.send("release", guest, Method::DELETE, &path).await;
        if answer.is_some_and(|answer| answer.status == 204)
            && let Some(hold) = self.told().holds.get_mut(&id)
            && now() < hold.expires_at
        {
            hold.end = HoldEnd::Released;
        }
        Some(())
    }

    async fn hold_and_extend(&self, guest: &Guest, offer: &Offer, dice: &mut fastrand::Rng) -> Option<()> {
        let id = self.hold(guest, offer, dice).await?;
        let path = format!("/api/holds/{id}/extend");
        self.post("extend", guest, &unique("key"), &path, &json!({}), None).await;
        Some(())
    }

    /// The same key again: the same answer; with another body a refusal.
    async fn hold_again(&self, guest: &Guest, offer: &Offer, dice: &mut fastrand::Rng) -> Option<()> {
        let (key, body) = (unique("key"), offer.some(dice));
        self.hold_of(guest, &key, &body).await?;
        let again = self.post("hold again", guest, &key, "/api/holds", &body, None).await;
        if let Some(answer) = again.filter(|answer| answer.status != 200) {
            self.told().wrong.push(format!("a repeated hold was answered {answer}"));
        }
        let mut other = body.clone();
        other["quantity"] = json!(body["quantity"].as_u64().unwrap_or(1) + 1);
        let refused = self.post("hold again", guest, &key, "/api/holds", &other, None).await;
        if let Some(answer) = refused.filter(|answer| answer.code() != "idempotency_key_reused") {
            self.told().wrong.push(format!("a key with another body was answered {answer}"));
        }
        Some(())
    }

    async fn pay(&self, guest: &Guest, hold: &str, card: &str, prefer: Option<&str>) -> Option<Answer> {
        let card = self.world.stack.card(card).await.ok()?;
        let contact = json!({"email": format!("{}@example.com", guest.sub)});
        let body = json!({"holdId": hold, "paymentMethodId": card, "contact": contact});
        self.post("book", guest, &unique("key"), "/api/bookings", &body, prefer).await
    }

    async fn book(&self, guest: &Guest, offer: &Offer, card: &str, dice: &mut fastrand::Rng) -> Option<()> {
        let hold = self.hold(guest, offer, dice).await?;
        let prefer = (dice.u8(0..5) == 0).then_some("respond-async");
        let answer = self.pay(guest, &hold, card, prefer).await?;
        if answer.status < 300 && dice.u8(0..5) < 3 {
            if dice.bool() {
                sleep(Duration::from_millis(dice.u64(0..2000))).await;
            }
            self.cancel(guest, answer.str("/bookingId")).await;
        }
        Some(())
    }

    /// A declined card, then one that is not.
    async fn another_card(&self, guest: &Guest, offer: &Offer, dice: &mut fastrand::Rng) -> Option<()> {
        let hold = self.hold(guest, offer, dice).await?;
        let card = if dice.bool() { DECLINED } else { INSUFFICIENT_FUNDS };
        let first = self.pay(guest, &hold, card, None).await?;
        if first.status == 402 {
            self.pay(guest, &hold, ACCEPTED, None).await;
        }
        Some(())
    }

    /// A card whose bank wants the customer: who agrees, fails, or comes only when the run is over.
    async fn book_at_the_bank(&self, guest: &Guest, offer: &Offer, dice: &mut fastrand::Rng) -> Option<()> {
        let hold = self.hold(guest, offer, dice).await?;
        let answer = self.pay(guest, &hold, THREE_D_SECURE, None).await?;
        if answer.status >= 300 {
            return None;
        }
        let (booking, agrees) = (answer.str("/bookingId").to_owned(), dice.u8(0..3) > 0);
        if dice.u8(0..3) == 0 {
            locked(&self.dallying).push(Dallying { booking, agrees });
            return None;
        }
        sleep(Duration::from_millis(dice.u64(0..3000))).await;
        self.customer(&booking, agrees).await;
        Some(())
    }

    /// What the customer does at their bank, if it has anything to ask them.
    pub(crate) async fn customer(&self, booking: &str, agrees: bool) {
        let outcome = async {
            let intent = self.world.stack.intent_of(booking).await?;
            self.world.stack.authenticate(&intent, agrees).await
        };
        let word = match outcome.await {
            Ok(_) if agrees => "agreed",
            Ok(_) => "failed",
            Err(_) => "no answer",
        };
        self.count("bank", word);
    }

    /// Two payments of one hold at once, under two keys.
    async fn book_twice(&self, guest: &Guest, offer: &Offer, dice: &mut fastrand::Rng) -> Option<()> {
        let hold = self.hold(guest, offer, dice).await?;
        join(self.pay(guest, &hold, ACCEPTED, None), self.pay(guest, &hold, ACCEPTED, None)).await;
        Some(())
    }

    /// Cancels while the saga still runs.
    async fn give_up_early(&self, guest: &Guest, offer: &Offer, dice: &mut fastrand::Rng) -> Option<()> {
        let hold = self.hold(guest, offer, dice).await?;
        let answer = self.pay(guest, &hold, ACCEPTED, Some("respond-async")).await?;
        if answer.status < 300 {
            self.cancel(guest, answer.str("/bookingId")).await;
        }
        Some(())
    }

    async fn cancel(&self, guest: &Guest, booking: &str) {
        self.told().bookings.entry(booking.to_owned()).or_default().may_be_cancelled = true;
        let path = format!("/api/bookings/{booking}/cancel");
        let Some(answer) = self.post("cancel", guest, &unique("key"), &path, &json!({}), None).await else {
            return;
        };
        if answer.status == 200 {
            let refund = answer.int("/refund/amount");
            self.told().bookings.entry(booking.to_owned()).or_default().cancelled = refund;
        }
    }

    /// Reads what has become of every hold that a client was told of.
    pub(crate) async fn read_holds(&self) {
        let holds: Vec<(String, String)> =
            self.told().holds.iter().map(|(id, hold)| (id.clone(), hold.guest.clone())).collect();
        let reads = holds.into_iter().map(async |(id, sub)| {
            let guest = self.guest(&sub)?;
            let path = format!("/api/holds/{id}");
            let call = async || {
                let call = self.world.stack.call(Method::GET, &path)?.token(&guest.token);
                call.patience(ONE_TRY).send().await
            };
            let answer = self.until_answered_within(PATIENCE_AT_REST, "read hold", call, |_| ()).await?;
            let status = if answer.status == 200 { answer.str("/status") } else { answer.code() };
            self.told().hold_statuses.insert(id, status.to_owned());
            Some(())
        });
        futures::stream::iter(reads).buffer_unordered(READS_AT_ONCE).collect::<Vec<_>>().await;
    }
}

/// The status, and the code of a problem.
fn outcome(answer: &Answer) -> String {
    match answer.code() {
        "" => answer.status.to_string(),
        code => format!("{} {code}", answer.status),
    }
}
