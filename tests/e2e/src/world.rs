//! A test's own corner of the running stack, and what guests and operators do in it.

use std::ops::Deref;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use holdfast_client::aws::BusWatch;
use holdfast_client::stripe::id_of;
use holdfast_client::{Answer, Call, Pool, Stack, now, poll, unique};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::terms::{self, with};

/// How long anything may take that is promised to come by itself. Generous: a busy machine delays streams and queues, and
/// who polls pays for it only then.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// How long something lives, in seconds, that a test has to be quicker than: each in turn, until the machine is quick enough.
const LIVES: [i64; 4] = [2, 5, 15, 45];

/// How often one call is made again that the stack, standing still, answered with 503.
const REPEATS_MAX: u32 = 2;
/// For so long a function has waited for AWS at least when it gives up (`shared/runtime/src/sdk.rs`). What is refused sooner is no standstill.
const STANDSTILL_SECONDS: i64 = 3;
/// How often the stack may stand still in a run, of some minutes: a product that gives up every now and then does so more often. Who is
/// answered so within half a minute of the first was in the same standstill.
const STANDSTILLS_MAX: usize = 5;
const SAME_STANDSTILL_SECONDS: i64 = 30;
/// When the first answer of each standstill came.
static STANDSTILLS: Mutex<Vec<i64>> = Mutex::new(Vec::new());

/// Whether the service gave up what it was asked at `asked_at`, since it waited for a stack that stood still. A booking that failed because
/// something outside did not answer is told with 503 as well, and names itself: nothing of it is made good by asking again.
fn is_standstill(answer: &Answer, asked_at: Timestamp) -> bool {
    answer.status == 503
        && answer.code() == "service_unavailable"
        && answer.str("/bookingId").is_empty()
        && now().duration_since(asked_at).as_secs() >= STANDSTILL_SECONDS
}

/// Writes down that the stack stood still just now.
fn stood_still(answer: &Answer) {
    let at = now().as_second();
    let mut standstills = STANDSTILLS.lock().unwrap();
    if standstills.last().is_none_or(|first| at - first > SAME_STANDSTILL_SECONDS) {
        standstills.push(at);
    }
    eprintln!("standstill {} of at most {STANDSTILLS_MAX}: {answer:?}", standstills.len());
    assert!(standstills.len() <= STANDSTILLS_MAX, "unavailable too often");
}

/// The answer once the stack does not stand still. The emulator and all functions share a machine, which may do so for seconds, longer than
/// a function waits for AWS: who calls the API then comes again with the same key (API.md, Conventions).
async fn available(ask: impl AsyncFn() -> Answer) -> Answer {
    let mut asked_at = now();
    let mut answer = ask().await;
    for _ in 0..REPEATS_MAX {
        if !is_standstill(&answer, asked_at) {
            break;
        }
        stood_still(&answer);
        let seconds = answer.header("retry-after").parse().unwrap();
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        asked_at = now();
        answer = as_made(ask().await);
    }
    answer
}

/// The answer to what is asked under a key that nobody has used. A function that waits for AWS in vain repeats its write itself, and may
/// find then that it was done.
async fn first_of_key(asking: impl Future<Output = Answer>) -> Answer {
    let asked_at = now();
    let answer = asking.await;
    if now().duration_since(asked_at).as_secs() < STANDSTILL_SECONDS || !answer.is_replay() {
        return answer;
    }
    stood_still(&answer);
    as_made(answer)
}

/// What was made before its answer was lost, answered as it would have been then.
fn as_made(mut answer: Answer) -> Answer {
    if answer.is_replay() && !answer.header("location").is_empty() {
        answer.status = if answer.str("/status") == "pending" { 202 } else { 201 };
    }
    answer
}

/// Tries a test's hurried part with longer and longer lives, in seconds. The part gives `None` where its moment had passed before
/// it could look: nothing was shown then.
pub(crate) async fn quick_enough<T>(part: impl AsyncFn(i64) -> Option<T>) -> T {
    for seconds in LIVES {
        if let Some(shown) = part(seconds).await {
            return shown;
        }
    }
    panic!("the machine is too slow for this test, even with {LIVES:?} s")
}

/// Whether an answer is the refusal of a hold that had expired before the machine came to ask.
pub(crate) fn is_too_late(answer: &Answer, expires_at: Timestamp) -> bool {
    now() >= expires_at && answer.status == 409 && answer.code() == "hold_expired"
}

/// Whether an answer is the refusal of a payment of places that were over, at `start`, before the bank had answered. Only for places that
/// nobody else wants: of others it would be a promise that is broken.
pub(crate) fn has_begun(answer: &Answer, start: Timestamp) -> bool {
    is_too_late(answer, start) || (now() >= start && answer.status == 409 && answer.code() == "sold_out")
}

/// A W3C trace context nobody has used before, and its trace id.
pub(crate) fn fresh_trace() -> (String, String) {
    let trace: String = unique("").bytes().chain(unique("").bytes()).map(|b| format!("{b:02x}")).collect();
    let trace = trace[..32].to_owned();
    (format!("00-{trace}-00f067aa0ba902b7-01"), trace)
}

/// Somebody with a token.
pub(crate) struct Guest {
    pub(crate) sub: String,
    pub(crate) token: String,
}

impl Guest {
    /// The caller that a token of the pool of staff names.
    pub(crate) fn as_staff(&self) -> String {
        format!("staff/{}", self.sub)
    }

    /// Where the guest's bookings say that mails go.
    pub(crate) fn address(&self) -> String {
        format!("{}@example.com", self.sub)
    }
}

/// A resource with a range of it that can be held.
#[derive(Clone)]
pub(crate) struct Offer {
    pub(crate) id: String,
    pub(crate) start: String,
    pub(crate) end: String,
}

impl Offer {
    /// The body of a hold of this.
    pub(crate) fn hold(&self, quantity: u32) -> Value {
        terms::hold_of(&self.id, &self.start, &self.end, quantity)
    }
}

/// How many writes have followed all others: each has to change something.
static WRITES: AtomicU32 = AtomicU32::new(0);

/// When the first test of this run began, in seconds.
static BEGUN_AT: OnceLock<i64> = OnceLock::new();

static TURNS: RwLock<()> = RwLock::const_new(());

/// A test's time on the stack, until it has ended.
enum Turn {
    Beside { _turn: RwLockReadGuard<'static, ()> },
    Alone { _turn: RwLockWriteGuard<'static, ()> },
}

pub(crate) struct World {
    stack: Stack,
    pub(crate) operator: Guest,
    _turn: Turn,
}

impl Deref for World {
    type Target = Stack;

    fn deref(&self) -> &Stack {
        &self.stack
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::having(Turn::Beside { _turn: TURNS.read().await }).await
    }

    /// For a test with dozens of callers at once, beside whom the others would wait longer for their answers than they may: it has
    /// the stack for itself.
    pub(crate) async fn alone() -> Self {
        Self::having(Turn::Alone { _turn: TURNS.write().await }).await
    }

    async fn having(turn: Turn) -> Self {
        BEGUN_AT.get_or_init(|| now().as_second());
        let stack = Stack::connect().unwrap_or_else(|trouble| panic!("{trouble}"));
        let sub = unique("operator");
        let token = stack.token(&sub, "booking/operator").await.unwrap_or_else(|trouble| panic!("{trouble}"));
        Self { stack, operator: Guest { sub, token }, _turn: turn }
    }

    /// When the first test of this run began, in seconds.
    pub(crate) fn begun_at(&self) -> i64 {
        *BEGUN_AT.get().unwrap()
    }

    /// A guest whose private rates are those of these groups, with spaces between them.
    pub(crate) async fn guest_of(&self, groups: &str) -> Guest {
        let sub = unique("guest");
        let form = [("sub", sub.as_str()), ("scope", "booking/guest"), ("groups", groups)];
        let token = self.token_of(Pool::Guests, &form).await.unwrap();
        Guest { sub, token }
    }

    pub(crate) async fn guest(&self) -> Guest {
        let sub = unique("guest");
        let token = self.token(&sub, "booking/guest").await.unwrap();
        Guest { sub, token }
    }

    /// Staff in these groups, with spaces between them.
    pub(crate) async fn staff(&self, groups: &str) -> Guest {
        let sub = unique("staff");
        let form = [("sub", sub.as_str()), ("scope", "booking/operator"), ("groups", groups)];
        let token = self.token_of(Pool::Staff, &form).await.unwrap();
        Guest { sub, token }
    }

    /// A property that nobody else has.
    pub(crate) async fn property(&self) -> String {
        let (id, platform) = (unique("e2e"), self.staff("platform").await);
        let path = format!("/api/properties/{id}");
        let put = async || self.put(&path).token(&platform.token).json(&terms::house()).send().await.unwrap();
        check(available(put).await, 201);
        id
    }

    // Calls

    pub(crate) fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path).unwrap()
    }

    pub(crate) fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path).unwrap()
    }

    pub(crate) fn put(&self, path: &str) -> Call {
        self.call(Method::PUT, path).unwrap()
    }

    pub(crate) fn patch(&self, path: &str) -> Call {
        self.call(Method::PATCH, path).unwrap()
    }

    pub(crate) fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path).unwrap()
    }

    pub(crate) async fn read(&self, guest: &Guest, path: &str) -> Answer {
        available(async || self.get(path).token(&guest.token).send().await.unwrap()).await
    }

    /// A POST with a key of its own.
    pub(crate) async fn send(&self, guest: &Guest, path: &str, body: &Value) -> Answer {
        let key = unique("key");
        first_of_key(self.send_keyed(guest, &key, path, body)).await
    }

    pub(crate) async fn send_keyed(&self, guest: &Guest, key: &str, path: &str, body: &Value) -> Answer {
        available(async || self.post(path).token(&guest.token).key(key).json(body).send().await.unwrap())
            .await
    }

    // Resources

    pub(crate) async fn put_resource(&self, id: &str, terms: &Value) -> Answer {
        let path = format!("/api/resources/{id}");
        available(async || self.put(&path).token(&self.operator.token).json(terms).send().await.unwrap())
            .await
    }

    /// A new resource under these terms.
    pub(crate) async fn resource(&self, terms: &Value) -> String {
        let id = unique("e2e");
        let answer = self.put_resource(&id, terms).await;
        assert!(answer.status == 200 || answer.status == 201, "{answer:?}");
        id
    }

    /// An event two months ahead.
    pub(crate) async fn event(&self, changes: Value) -> Offer {
        self.event_at(terms::in_hours(60 * 24), changes).await
    }

    pub(crate) async fn event_at(&self, start: Timestamp, changes: Value) -> Offer {
        let terms = with(terms::event(start), changes);
        let id = self.resource(&terms).await;
        let text = |name: &str| terms["schedule"][name].as_str().unwrap().to_owned();
        Offer { id, start: text("start"), end: text("end") }
    }

    /// A room, and one night of it some weeks ahead.
    pub(crate) async fn room(&self, changes: Value) -> Offer {
        let id = self.resource(&with(terms::nightly(), changes)).await;
        Offer { id, start: terms::in_days(40).to_string(), end: terms::in_days(41).to_string() }
    }

    pub(crate) async fn set_inventory(&self, id: &str, body: &Value) -> Answer {
        let path = format!("/api/resources/{id}/inventory");
        available(async || self.patch(&path).token(&self.operator.token).json(body).send().await.unwrap())
            .await
    }

    /// Waits until the bus has shown all that has been written to an event's page: one more write follows, and its event is
    /// awaited. What is written to one page goes out in the order of the writes.
    pub(crate) async fn bus_has_caught_up(&self, bus: &BusWatch, event: &Offer) {
        let day =
            terms::instant(&event.start).to_zoned_datetime(TimeZone::get(terms::EVENT_ZONE).unwrap()).date();
        let next = day.tomorrow().unwrap();
        let capacity = 1000 + WRITES.fetch_add(1, Ordering::Relaxed);
        let body = json!({"from": day.to_string(), "to": next.to_string(), "capacity": capacity});
        let (parent, trace) = fresh_trace();
        let path = format!("/api/resources/{}/inventory", event.id);
        let call = self.patch(&path).token(&self.operator.token).header("traceparent", &parent).json(&body);
        check_done(call.send().await.unwrap());
        poll("the write after all others is on the bus", PATIENCE, async || {
            let events = bus.events_about(&trace).await?;
            Ok(events.iter().any(|event| event["detail-type"] == "inventory.changed").then_some(()))
        })
        .await
        .unwrap();
    }

    /// The slots of a range of local dates.
    pub(crate) async fn calendar(&self, id: &str, start: &str, end: &str) -> Vec<Value> {
        let path = format!("/api/resources/{id}/availability");
        let answer =
            check(self.get(&path).query(&[("start", start), ("end", end)]).send().await.unwrap(), 200);
        answer.json["slots"].as_array().unwrap_or_else(|| panic!("no slots: {answer}")).clone()
    }

    /// The slots of a range of local dates, once the read model says of them what `is_so`: what is held and booked shows in a
    /// calendar a moment later.
    pub(crate) async fn calendar_once(
        &self,
        id: &str,
        (start, end): (&str, &str),
        is_so: impl Fn(&[Value]) -> bool,
    ) -> Vec<Value> {
        let settled = poll("a calendar that shows what was held and booked", PATIENCE, async || {
            let slots = self.calendar(id, start, end).await;
            Ok(is_so(&slots).then_some(slots))
        });
        settled.await.unwrap()
    }

    // Holds

    pub(crate) async fn place(&self, guest: &Guest, body: &Value) -> Answer {
        self.send(guest, "/api/holds", body).await
    }

    /// The answer once it is no `sold_out` any more: that may be 250 ms late after places came back (API.md, Holds). How late it is at
    /// most is what `legal_order` checks.
    pub(crate) async fn once_free(&self, mut ask: impl AsyncFnMut() -> Answer) -> Answer {
        let answer = poll("places that came back", PATIENCE, async || {
            Ok(Some(ask().await).filter(|answer| answer.status != 409))
        });
        answer.await.unwrap()
    }

    /// A hold of one place; its id.
    pub(crate) async fn held(&self, guest: &Guest, offer: &Offer) -> String {
        let answer = check(self.place(guest, &offer.hold(1)).await, 201);
        answer.str("/holdId").to_owned()
    }

    pub(crate) async fn hold(&self, guest: &Guest, id: &str) -> Answer {
        self.read(guest, &format!("/api/holds/{id}")).await
    }

    pub(crate) async fn release(&self, guest: &Guest, id: &str) -> Answer {
        let path = format!("/api/holds/{id}");
        available(async || self.delete(&path).token(&guest.token).send().await.unwrap()).await
    }

    pub(crate) async fn extend(&self, guest: &Guest, key: &str, id: &str) -> Answer {
        let path = format!("/api/holds/{id}/extend");
        available(async || self.post(&path).token(&guest.token).key(key).send().await.unwrap()).await
    }

    // Bookings

    /// Pays a hold with a new card of this number, and waits for the outcome for as long as the API lets a caller wait.
    pub(crate) async fn pay(&self, guest: &Guest, hold: &str, number: &str) -> Answer {
        let card = self.card(number).await.unwrap();
        let key = unique("key");
        first_of_key(self.pay_with(guest, &key, hold, &card)).await
    }

    pub(crate) async fn pay_with(&self, guest: &Guest, key: &str, hold: &str, card: &str) -> Answer {
        let contact = json!({"name": "Ada Lovelace", "email": guest.address()});
        let body = json!({"holdId": hold, "paymentMethodId": card, "contact": contact});
        available(async || {
            let call = self.post("/api/bookings").token(&guest.token).key(key).header("Prefer", "wait=25");
            call.json(&body).send().await.unwrap()
        })
        .await
    }

    /// Holds one place and pays it.
    pub(crate) async fn booked(&self, guest: &Guest, offer: &Offer) -> Answer {
        let hold = self.held(guest, offer).await;
        check(self.pay(guest, &hold, holdfast_client::stripe::ACCEPTED).await, 201)
    }

    /// Pays a hold with a card whose bank wants the customer; the pending booking.
    pub(crate) async fn awaiting_customer(&self, guest: &Guest, hold: &str) -> Answer {
        let card = self.card(holdfast_client::stripe::THREE_D_SECURE).await.unwrap();
        self.awaiting_customer_under(guest, &unique("key"), hold, &card).await
    }

    /// The same under this key, with such a card.
    pub(crate) async fn awaiting_customer_under(
        &self,
        guest: &Guest,
        key: &str,
        hold: &str,
        card: &str,
    ) -> Answer {
        self.customer_is_asked(guest, self.pay_with(guest, key, hold, card).await).await
    }

    /// The pending booking of such a payment's answer, once the bank has asked for the customer.
    pub(crate) async fn customer_is_asked(&self, guest: &Guest, answer: Answer) -> Answer {
        let answer = check(answer, 202);
        assert_eq!(answer.str("/status"), "pending", "{answer}");
        if answer.json["nextAction"].is_object() {
            return answer;
        }
        // On a busy machine the answer comes before the bank's, which a read tells then.
        let asks = poll("the bank asks for the customer", PATIENCE, async || {
            let read = self.booking(guest, answer.str("/bookingId")).await;
            Ok(read.json["nextAction"].is_object().then_some(read.json))
        });
        Answer { json: asks.await.unwrap(), ..answer }
    }

    /// The customer completes (or fails) the 3-D Secure step of a booking.
    pub(crate) async fn customer_acts(&self, booking: &str, success: bool) {
        let intent = self.intent_of(booking).await.unwrap();
        let after = self.authenticate(&intent, success).await.unwrap();
        assert_eq!(after["id"], intent["id"], "{after}");
    }

    pub(crate) async fn booking(&self, guest: &Guest, id: &str) -> Answer {
        self.read(guest, &format!("/api/bookings/{id}")).await
    }

    /// The booking once it has come to these two.
    pub(crate) async fn until(&self, guest: &Guest, id: &str, status: &str, payment_status: &str) -> Answer {
        let what = format!("booking {id} is {status} and {payment_status}");
        let mut last = String::new();
        let found = poll(&what, PATIENCE, async || {
            let answer = self.booking(guest, id).await;
            last = answer.to_string();
            let there = answer.str("/status") == status && answer.str("/paymentStatus") == payment_status;
            Ok(there.then_some(answer))
        })
        .await;
        found.unwrap_or_else(|trouble| panic!("{trouble}; it is {last}"))
    }

    pub(crate) async fn cancel(&self, guest: &Guest, id: &str) -> Answer {
        self.send(guest, &format!("/api/bookings/{id}/cancel"), &json!({})).await
    }

    pub(crate) async fn trail(&self, guest: &Guest, id: &str) -> Vec<Value> {
        let answer = check(self.read(guest, &format!("/api/bookings/{id}/events")).await, 200);
        answer.json["results"].as_array().unwrap_or_else(|| panic!("no results: {answer}")).clone()
    }

    /// The id of the payment intent of a booking.
    pub(crate) async fn intent_id(&self, booking: &str) -> String {
        id_of(&self.intent_of(booking).await.unwrap()).unwrap()
    }
}

/// The answer, if it is of this status.
#[track_caller]
pub(crate) fn check(answer: Answer, status: u16) -> Answer {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(!answer.header("x-request-id").is_empty(), "no X-Request-Id: {answer:?}");
    if status < 400 && !answer.text.is_empty() {
        assert!(answer.header("content-type").starts_with("application/json"), "{answer:?}");
    }
    answer
}

/// The answer, if it is a problem of this status and code, and whole (RFC 9457).
#[track_caller]
pub(crate) fn check_problem(answer: Answer, status: u16, code: &str) -> Answer {
    let answer = check(answer, status);
    assert_eq!(answer.code(), code, "{answer}");
    assert!(answer.header("content-type").starts_with("application/problem+json"), "{answer:?}");
    for field in ["type", "title", "detail", "instance"] {
        assert!(answer.json[field].is_string(), "no {field}: {answer}");
    }
    assert_eq!(answer.json["status"], status, "{answer}");
    answer
}

/// The answer, if it says that all went well.
#[track_caller]
pub(crate) fn check_done(answer: Answer) -> Answer {
    let status = answer.status;
    assert!((200..300).contains(&status), "{answer:?}");
    check(answer, status)
}

/// The answer, if it is a 422 that names what does not validate.
#[track_caller]
pub(crate) fn check_invalid(answer: Answer) -> Answer {
    let code = answer.code().to_owned();
    let answer = check_problem(answer, 422, &code);
    let errors = answer.json["errors"].as_array().unwrap_or_else(|| panic!("no errors: {answer}"));
    assert!(!errors.is_empty(), "{answer}");
    for error in errors {
        assert!(error["pointer"].is_string() && error["detail"].is_string(), "{answer}");
    }
    answer
}

/// A list's `results`.
#[track_caller]
pub(crate) fn results(answer: &Answer) -> &[Value] {
    answer.json["results"].as_array().unwrap_or_else(|| panic!("no results: {answer}"))
}
