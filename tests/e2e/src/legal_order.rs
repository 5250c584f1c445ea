//! Races through HTTP whose recorded history must have a legal order (`holdfast-linearizability`), and one with a place that
//! the specification knows nothing of, which must have none.

use std::collections::BTreeMap;

use futures::future::{join, join_all};
use holdfast_client::stripe::ACCEPTED;
use holdfast_client::{Answer, now, unique};
use holdfast_linearizability::{
    Answer as Told, Begun, Call, Edit, Inventory, Name, Recorder, Refusal, Slot, Verdict,
};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::terms::{hold_of, in_days, instant};
use crate::world::{Guest, World, check};

const TTL_SECONDS: i64 = 600;
const NIGHTS: i64 = 3;
/// How long a refusal may miss places that came back (API.md, Holds).
const LATE_MS: i64 = 250;
const MORE_THAN_THERE_ARE: u32 = 1000;
/// Later than any clock of a test.
const NEVER: i64 = i64::MAX / 4;

fn millis() -> i64 {
    now().as_millisecond()
}

/// What an answer tells; `None` where it leaves open what happened.
fn told(answer: &Answer, done: impl FnOnce(&Answer) -> Told) -> Option<Told> {
    let number = |pointer| u32::try_from(answer.int(pointer).unwrap()).unwrap();
    match (answer.status, answer.code()) {
        (200..300, _) => Some(done(answer)),
        (409, "sold_out") => Some(Told::SoldOut { available: number("/available") }),
        (409, "capacity_in_use") => Some(Told::InUse { in_use: number("/inUse") }),
        (409, "hold_expired" | "hold_released" | "hold_confirmed") => Some(Told::Refused(Refusal::Gone)),
        (409, "hold_not_extendable") => Some(Told::Refused(Refusal::Exhausted)),
        (409, "request_in_progress") => Some(Told::Refused(Refusal::Claimed)),
        (429 | 500.., _) => None,
        _ => panic!("{answer:?}"),
    }
}

fn until(answer: &Answer) -> Told {
    Told::Until(instant(answer.str("/expiresAt")).as_millisecond())
}

/// A room of which some nights over the end of a month are fought for.
struct Race {
    w: World,
    recorder: Recorder,
    room: String,
    first: Date,
    capacity: u32,
}

impl Race {
    async fn new(capacity: u32) -> Self {
        let w = World::alone().await;
        // The model knows no limits on a guest.
        let limits = json!({"perGuest": 200, "perSlot": 200, "placesPerSlot": 100_000, "coolDownSeconds": 0});
        let terms = json!({"capacity": capacity, "holdTtlSeconds": TTL_SECONDS, "holdLimits": limits});
        let room = w.room(terms).await.id;
        let first = in_days(40).last_of_month().yesterday().unwrap();
        Self { w, recorder: Recorder::default(), room, first, capacity }
    }

    fn day(&self, offset: i64) -> Date {
        self.first + offset.days()
    }

    fn slot(&self, night: i64) -> Slot {
        let day = self.day(night);
        self.recorder.slot(&day.strftime("%Y-%m").to_string(), &day.strftime("%d").to_string())
    }

    /// The resource's terms, which nobody edits here.
    fn terms(&self) -> Name {
        self.recorder.name("terms")
    }

    fn begin(&self, call: Call) -> Begun {
        self.recorder.begin(call, millis())
    }

    fn end(&self, begun: Begun, answer: Option<Told>) {
        self.recorder.end(begun, answer, millis());
    }

    /// A request for a stay, sent `times` times at once.
    async fn place(
        &self,
        guest: &Guest,
        (from, to): (i64, i64),
        quantity: u32,
        times: usize,
    ) -> Option<String> {
        let key = unique("key");
        let hold = self.recorder.name(&key);
        let body = hold_of(&self.room, &self.day(from).to_string(), &self.day(to).to_string(), quantity);
        let sent = (0..times).map(|_| async {
            let slots = (from..to).map(|night| self.slot(night)).collect();
            let begun = self.begin(Call::Place { hold, slots, quantity, ttl: TTL_SECONDS * 1000 });
            let answer = self.w.send_keyed(guest, &key, "/api/holds", &body).await;
            // A twin that does not wait for the other learns nothing.
            let placed = |answer: &Answer| {
                let until = instant(answer.str("/expiresAt")).as_millisecond();
                Told::Placed { until, terms: self.terms() }
            };
            let known = (answer.code() != "request_in_progress").then(|| told(&answer, placed)).flatten();
            self.end(begun, known);
            answer
        });
        let answers = join_all(sent).await;
        let id = answers.iter().find(|answer| answer.status < 300)?.str("/holdId").to_owned();
        // From here on the hold is named by its key's number.
        Some(format!("{key} {id}"))
    }

    async fn extend(&self, guest: &Guest, hold: &str) {
        let (key, id) = hold.split_once(' ').unwrap();
        let request = unique("key");
        let call = Call::Extend {
            hold: self.recorder.name(key),
            request: self.recorder.name(&request),
            by: TTL_SECONDS * 1000,
        };
        let begun = self.begin(call);
        let answer = self.w.extend(guest, &request, id).await;
        self.end(begun, told(&answer, until));
    }

    async fn release(&self, guest: &Guest, hold: &str) {
        let (key, id) = hold.split_once(' ').unwrap();
        let begun = self.begin(Call::Release { hold: self.recorder.name(key) });
        let answer = self.w.release(guest, id).await;
        self.end(begun, told(&answer, |_| Told::Done));
    }

    /// Pays: to the places it is a claim and a confirmation, at two moments of the one request.
    async fn pay(&self, guest: &Guest, hold: &str) -> Option<(String, String)> {
        let (key, id) = hold.split_once(' ').unwrap();
        let card = self.w.card(ACCEPTED).await.unwrap();
        let request = unique("key");
        let booking = self.recorder.name(&request);
        let hold = self.recorder.name(key);
        let claim = self.begin(Call::Claim { hold, booking, deadline: NEVER });
        let confirm = self.recorder.begin_after(Some(claim), Call::Confirm { booking }, millis());
        let answer = self.w.pay_with(guest, &request, id, &card).await;
        let paid = match answer.status {
            202 => Some(self.w.until(guest, answer.str("/bookingId"), "confirmed", "captured").await),
            201 => Some(answer.clone()),
            _ => None,
        };
        self.end(claim, told(&answer, |_| Told::Done));
        self.end(confirm, paid.as_ref().map(|_| Told::Done));
        paid.map(|paid| (request, paid.str("/bookingId").to_owned()))
    }

    async fn cancel(&self, guest: &Guest, (request, id): &(String, String)) {
        let begun = self.begin(Call::Cancel { booking: self.recorder.name(request) });
        let answer = self.w.cancel(guest, id).await;
        self.end(begun, told(&answer, |_| Told::Done));
    }

    /// Edits one night after the other: an edit of several has no one moment.
    async fn edit(&self, (from, to): (i64, i64), edit: Edit) {
        for night in from..to {
            let (date, next) = (self.day(night).to_string(), self.day(night + 1).to_string());
            let mut body = json!({"from": date, "to": next});
            let fields = [
                ("capacity", edit.capacity.map(Value::from)),
                ("closed", edit.closed.map(Value::from)),
                ("overbooking", edit.overbooking.map(Value::from)),
            ];
            for (name, value) in fields {
                if let Some(value) = value {
                    body[name] = value;
                }
            }
            let begun = self.begin(Call::SetInventory { slots: vec![self.slot(night)], edit });
            let answer = self.w.set_inventory(&self.room, &body).await;
            self.end(begun, told(&answer, |_| Told::Done));
        }
    }

    /// Asks how many places are left of each night, as only a hold is told at once: by wanting more than there can be.
    async fn look(&self, guest: &Guest) {
        for night in 0..NIGHTS {
            let placed = self.place(guest, (night, night + 1), MORE_THAN_THERE_ARE, 1).await;
            assert_eq!(placed, None);
        }
    }

    /// One guest's way, which `number` decides.
    async fn guest(&self, guest: &Guest, number: usize) {
        let stays = [(0, 1), (0, 2), (1, 3), (2, 3)];
        let quantity = 1 + u32::try_from(number % 5 / 4).unwrap();
        let times = if number.is_multiple_of(6) { 2 } else { 1 };
        let Some(hold) = self.place(guest, stays[number % 4], quantity, times).await else { return };
        if number.is_multiple_of(3) {
            self.extend(guest, &hold).await;
        }
        match number % 7 {
            0 | 1 => self.release(guest, &hold).await,
            2 => drop(join(self.release(guest, &hold), self.pay(guest, &hold)).await),
            3 => drop(join(self.release(guest, &hold), self.extend(guest, &hold)).await),
            4 => {}
            _ => {
                let Some(booking) = self.pay(guest, &hold).await else { return };
                if number.is_multiple_of(2) {
                    self.cancel(guest, &booking).await;
                }
            }
        }
    }

    fn verdict(&self, what: &str) -> Verdict {
        let capacity: BTreeMap<Slot, u32> =
            (0..NIGHTS).map(|night| (self.slot(night), self.capacity)).collect();
        let terms = self.terms();
        let inventory = Inventory { capacity, terms, holds_per_page_max: usize::MAX, extensions_max: 3 };
        let history = self.recorder.history();
        let verdict = history.with_late_refusals(LATE_MS).check(&inventory);
        println!("{what}: {}; {verdict:?}", history.summary());
        if verdict.is_illegal() {
            println!("{}", history.listing());
        }
        verdict
    }
}

/// How many races are run at most until the search settles the history of one.
const RACES_MAX: usize = 5;

#[tokio::test]
async fn what_guests_and_operators_are_told_has_a_legal_order() {
    for _ in 0..RACES_MAX {
        let verdict = race_of_guests_and_operators().await;
        assert!(!verdict.is_illegal(), "{verdict:?}");
        if verdict.is_explained() {
            return;
        }
    }
    panic!("the search settles none of {RACES_MAX} histories");
}

async fn race_of_guests_and_operators() -> Verdict {
    let race = Race::new(12).await;
    let guests = join_all((0..200).map(|_| race.w.guest())).await;
    let calls = join_all(guests.iter().enumerate().map(|(number, guest)| race.guest(guest, number)));
    let operator = async {
        for capacity in [6, 18, 24, 4, 12] {
            race.edit((0, 2), Edit { capacity: Some(capacity), ..Edit::default() }).await;
            race.edit((1, 3), Edit { closed: Some(capacity == 24), ..Edit::default() }).await;
            race.edit((0, 2), Edit { overbooking: Some(capacity % 5), ..Edit::default() }).await;
            race.look(&guests[0]).await;
        }
        race.edit((1, 3), Edit { closed: Some(false), ..Edit::default() }).await;
    };
    join(calls, operator).await;
    race.look(&guests[0]).await;
    race.verdict("a race over HTTP")
}

/// A place more than the specification knows, put into the table behind the API's back: the history tells.
#[tokio::test]
async fn a_place_too_many_is_found_out() {
    let race = Race::new(2).await;
    let guests = join_all((0..8).map(|_| race.w.guest())).await;
    // The first makes the page.
    race.place(&guests[0], (0, 1), 1, 1).await.unwrap();
    let day = race.day(0);
    let update = json!({
        "TableName": race.w.value("LEDGER_TABLE").unwrap(),
        "Key": {"pk": {"S": format!("R#{}", race.room)}, "sk": {"S": format!("P#{}", day.strftime("%Y-%m"))}},
        "UpdateExpression": "SET #ov.#s = :places, #av.#s = #av.#s + :one, #seq = #seq + :one, #ch = :nothing",
        "ConditionExpression": "attribute_exists(pk)",
        "ExpressionAttributeNames":
            {"#ov": "ov", "#av": "av", "#s": day.strftime("%d").to_string(), "#seq": "seq", "#ch": "ch"},
        "ExpressionAttributeValues": {":places": {"N": "3"}, ":one": {"N": "1"}, ":nothing": {"L": []}}
    });
    race.w.aws("dynamodb", "DynamoDB_20120810.UpdateItem", &update).await.unwrap();
    join_all(guests[1..].iter().map(|guest| race.place(guest, (0, 1), 1, 1))).await;
    assert!(race.verdict("a place too many").is_illegal());
    let left = check(
        race.w
            .place(&guests[0], &hold_of(&race.room, &race.day(1).to_string(), &race.day(2).to_string(), 2))
            .await,
        201,
    );
    assert!(!left.str("/holdId").is_empty(), "the page itself is whole: {left}");
}
