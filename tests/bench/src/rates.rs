//! Holds per second: the handler, its two writes made raw, with the limits on one guest and without, and the design that was not
//! chosen (one transaction of page, record and event), in turns against the same database.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use futures::future::join_all;
use holdfast_api::{Api, Claims, HoldApi, Identity, Request};
use holdfast_app::Clock;
use holdfast_app::catalogue::TermsCommit;
use holdfast_domain::Resource;
use holdfast_testkit::{Database, TestClock, hold_for, mutation, nightly_resource};
use http::{HeaderMap, HeaderValue, Method};
use jiff::Timestamp;

const RESOURCES: usize = 40;
const MONTHS: usize = 12;
const HOLDS_PER_TURN: usize = 480;
/// As often as there are ways, or a multiple: a page grows with every hold, so each way has to be first, second, third and last
/// equally often.
const TURNS: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Raw,
    Limited,
    Handler,
    Transaction,
}

/// One hold to be made: which resource, which month, under which key.
struct Task {
    resource: usize,
    month: usize,
    key: String,
}

struct Bench {
    client: Client,
    rooms: Vec<Resource>,
    api: HoldApi,
    now: Timestamp,
}

pub(crate) async fn print(now: Timestamp) {
    println!("Holds per second ({TURNS} turns of {HOLDS_PER_TURN} each, in turn; latencies in ms)");
    println!(
        "  callers | raw writes      p99 | with limits     p99 | of raw | handler         p99 | of raw | transaction     p99"
    );
    for callers in [1, 16, 64] {
        let clock = TestClock::at(now);
        let database = Database::start(&clock).await;
        let bench = Bench::prepare(&database, &clock).await;
        let mut spent: HashMap<usize, (Duration, Vec<Duration>)> = HashMap::new();
        for turn in 0..TURNS {
            let mut ways = [Way::Raw, Way::Limited, Way::Handler, Way::Transaction];
            let count = ways.len();
            ways.rotate_left(turn % count);
            for way in ways {
                let (took, latencies) = bench.turn(way, turn, callers).await;
                let total = spent.entry(way as usize).or_default();
                total.0 += took;
                total.1.extend(latencies);
            }
        }
        let mut figures = |way: Way| {
            let (took, latencies) = spent.get_mut(&(way as usize)).expect("measured");
            latencies.sort_unstable();
            let p99 = latencies[latencies.len() * 99 / 100].as_secs_f64() * 1000.0;
            #[expect(clippy::cast_precision_loss, reason = "a count of some thousands")]
            let rate = (TURNS * HOLDS_PER_TURN) as f64 / took.as_secs_f64();
            (rate, p99)
        };
        let (raw, limited) = (figures(Way::Raw), figures(Way::Limited));
        let (handler, transaction) = (figures(Way::Handler), figures(Way::Transaction));
        println!(
            "  {callers:>7} | {:>8.0}/s {:>9.2} | {:>9.0}/s {:>8.2} | {:>5.0}% | {:>8.0}/s {:>9.2} | {:>5.0}% | {:>8.0}/s {:>9.2}",
            raw.0,
            raw.1,
            limited.0,
            limited.1,
            100.0 * limited.0 / raw.0,
            handler.0,
            handler.1,
            100.0 * handler.0 / raw.0,
            transaction.0,
            transaction.1
        );
    }
    println!(
        "  targets: with limits 90 % of the raw writes without, the handler (which has them) 80 %, or more\n"
    );
}

impl Bench {
    async fn prepare(database: &Database, clock: &TestClock) -> Self {
        let store = database.store();
        let by = mutation(clock.now(), "operator");
        let mut rooms = Vec::new();
        for index in 0..RESOURCES {
            let room = nightly_resource(&format!("room-{index:03}"), 1000, 600);
            store.catalogue.put_resource(&TermsCommit::new(None, &room, &by)).await.expect("a resource");
            for month in 1..=MONTHS {
                let night = (format!("2031-{month:02}-01"), format!("2031-{month:02}-02"));
                let hold = hold_for(
                    &room,
                    "first",
                    &format!("{index}-{month}"),
                    (&night.0, &night.1),
                    1,
                    clock.now(),
                );
                store.holds.place(&[&room], &hold, &by).await.expect("a page");
            }
            rooms.push(room);
        }
        let api = HoldApi::new(store.hold_cases(), Arc::new(clock.clone()));
        Self { client: database.client.clone(), rooms, api, now: clock.now() }
    }

    async fn turn(&self, way: Way, turn: usize, callers: usize) -> (Duration, Vec<Duration>) {
        let tasks: Vec<Task> = (0..HOLDS_PER_TURN)
            .map(|n| Task {
                resource: n % RESOURCES,
                month: 1 + (n / RESOURCES) % MONTHS,
                key: format!("{way:?}-{turn}-{n}"),
            })
            .collect();
        let began = Instant::now();
        let latencies = match way {
            Way::Raw | Way::Limited => {
                let limited = way == Way::Limited;
                let prepared: Vec<RawHold> = tasks.iter().map(|task| self.raw(task, limited)).collect();
                let began = Instant::now();
                let latencies = each(&prepared, callers, |raw| raw.two_writes()).await;
                return (began.elapsed(), latencies);
            }
            Way::Transaction => {
                let prepared: Vec<RawHold> = tasks.iter().map(|task| self.raw(task, false)).collect();
                let began = Instant::now();
                let latencies = each(&prepared, callers, |raw| raw.one_transaction()).await;
                return (began.elapsed(), latencies);
            }
            Way::Handler => each(&tasks, callers, |task| self.handle(task)).await,
        };
        (began.elapsed(), latencies)
    }

    async fn handle(&self, task: &Task) {
        let body = serde_json::json!({
            "resourceId": self.rooms[task.resource].id.as_str(),
            "startTime": format!("2031-{:02}-10", task.month),
            "endTime": format!("2031-{:02}-12", task.month),
            "quantity": 1,
        });
        let mut headers = HeaderMap::new();
        headers.insert("idempotency-key", HeaderValue::from_str(&task.key).expect("a header"));
        let request = Request {
            method: Method::POST,
            path: "/api/holds".to_owned(),
            query: String::new(),
            headers,
            body: body.to_string().into_bytes(),
            identity: Identity::Bearer(Claims {
                sub: "guest".to_owned(),
                scopes: vec!["booking/guest".to_owned()],
                groups: Vec::new(),
            }),
            address: None,
            request_id: task.key.clone(),
            time_left: Duration::from_secs(29),
        };
        let answer = self.api.handle(request).await;
        assert_eq!(answer.status(), 201, "{}", String::from_utf8_lossy(answer.body()));
    }

    /// The same two writes, prebuilt; with the limits on one guest if `limited`.
    fn raw(&self, task: &Task, limited: bool) -> RawHold {
        let room = &self.rooms[task.resource];
        let nights = (format!("2031-{:02}-10", task.month), format!("2031-{:02}-12", task.month));
        let hold = hold_for(room, "guest", &task.key, (&nights.0, &nights.1), 1, self.now);
        let raw = RawHold::new(&self.client, room, &hold, task.month, self.now);
        if limited { raw.limited(&hold) } else { raw }
    }
}

async fn each<'a, T, F>(tasks: &'a [T], callers: usize, work: impl Fn(&'a T) -> F) -> Vec<Duration>
where
    F: Future<Output = ()>,
{
    let work = &work;
    let caller = |first: usize| async move {
        let mut latencies = Vec::new();
        for task in tasks.iter().skip(first).step_by(callers) {
            let began = Instant::now();
            work(task).await;
            latencies.push(began.elapsed());
        }
        latencies
    };
    join_all((0..callers).map(caller)).await.into_iter().flatten().collect()
}

struct RawHold {
    client: Client,
    page: HashMap<String, AttributeValue>,
    update: String,
    condition: String,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
    record: HashMap<String, AttributeValue>,
    event: HashMap<String, AttributeValue>,
}

fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

impl RawHold {
    fn new(
        client: &Client,
        room: &Resource,
        hold: &holdfast_domain::Hold,
        month: usize,
        now: Timestamp,
    ) -> Self {
        let entry = HashMap::from([
            ("q".to_owned(), n(1)),
            ("sl".to_owned(), s("10,11")),
            ("e".to_owned(), n(hold.expires_at.as_millisecond())),
            ("fe".to_owned(), n(hold.first_expires_at.as_millisecond())),
            ("f".to_owned(), s(hold.fingerprint.as_str())),
            ("g".to_owned(), s(hold.guest_mark.as_str())),
            ("s".to_owned(), s("a")),
        ]);
        let change = HashMap::from([("t".to_owned(), s("placed")), ("h".to_owned(), s(hold.id.as_str()))]);
        let document = serde_json::json!({
            "order": {"resource": room.id.as_str(), "name": hold.order.resource_name, "guest": "guest",
                "start": hold.order.start.as_millisecond(), "end": hold.order.end.as_millisecond(), "quantity": 1,
                "price": [25800, "EUR"], "policy": [[24, 100], [0, 50]],
                "at": [[null, format!("2031-{month:02}"), 1, "10,11", 1]]},
            "caller": "guest", "ttl": 600,
        });
        let record = HashMap::from([
            ("pk".to_owned(), s(format!("H#{}", hold.id))),
            ("st".to_owned(), s("active")),
            ("f".to_owned(), s(hold.fingerprint.as_str())),
            ("c".to_owned(), n(now.as_millisecond())),
            ("e0".to_owned(), n(hold.expires_at.as_millisecond())),
            ("e".to_owned(), n(hold.expires_at.as_millisecond())),
            ("ex".to_owned(), AttributeValue::M(HashMap::new())),
            ("doc".to_owned(), s(document.to_string())),
            ("ttl".to_owned(), n(hold.expires_at.as_second())),
        ]);
        let event = HashMap::from([
            ("pk".to_owned(), s(format!("X#{}", hold.id))),
            ("sk".to_owned(), s("E#000001")),
            ("k".to_owned(), s("hold.placed")),
            ("at".to_owned(), n(now.as_millisecond())),
            ("doc".to_owned(), s(document.to_string())),
        ]);
        let names = [("#sv", "sv"), ("#ho", "ho"), ("#h", hold.id.as_str()), ("#av", "av"), ("#cl", "cl")]
            .into_iter()
            .chain([("#a", "10"), ("#b", "11"), ("#seq", "seq"), ("#ch", "ch"), ("#at", "at"), ("#tr", "tr")])
            .map(|(placeholder, name)| (placeholder.to_owned(), name.to_owned()))
            .collect();
        let values = HashMap::from([
            (":sv".to_owned(), n(1)),
            (":max".to_owned(), n(200)),
            (":q".to_owned(), n(1)),
            (":h".to_owned(), AttributeValue::M(entry)),
            (":one".to_owned(), n(1)),
            (":ch".to_owned(), AttributeValue::L(vec![AttributeValue::M(change)])),
            (":at".to_owned(), n(now.as_millisecond())),
            (":tr".to_owned(), s("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")),
        ]);
        Self {
            client: client.clone(),
            page: HashMap::from([
                ("pk".to_owned(), s(format!("R#{}", room.id))),
                ("sk".to_owned(), s(format!("P#2031-{month:02}"))),
            ]),
            update:
                "SET #av.#a = #av.#a - :q, #av.#b = #av.#b - :q, #ho.#h = :h, #seq = #seq + :one, #ch = :ch, \
                     #at = :at, #tr = :tr"
                    .to_owned(),
            condition:
                "#sv = :sv AND attribute_not_exists(#ho.#h) AND size(#ho) < :max AND #av.#a >= :q AND \
                        attribute_not_exists(#cl.#a) AND #av.#b >= :q AND attribute_not_exists(#cl.#b)"
                    .to_owned(),
            names,
            values,
            record,
            event,
        }
    }

    /// What the limits on one guest add to the write of the page.
    fn limited(mut self, hold: &holdfast_domain::Hold) -> Self {
        self.update.push_str(", #gn.#g = if_not_exists(#gn.#g, :none) + :q");
        self.condition.push_str(" AND size(#gn) < #gm AND (attribute_not_exists(#gn.#g) OR #gn.#g <= :room)");
        for (placeholder, name) in [("#gn", "gn"), ("#g", hold.guest_mark.as_str()), ("#gm", "gm")] {
            self.names.insert(placeholder.to_owned(), name.to_owned());
        }
        self.values.extend([(":none".to_owned(), n(0)), (":room".to_owned(), n(200))]);
        self
    }

    async fn two_writes(&self) {
        self.client
            .update_item()
            .table_name(Database::LEDGER)
            .set_key(Some(self.page.clone()))
            .update_expression(&self.update)
            .condition_expression(&self.condition)
            .set_expression_attribute_names(Some(self.names.clone()))
            .set_expression_attribute_values(Some(self.values.clone()))
            .send()
            .await
            .expect("a free page");
        self.client
            .put_item()
            .table_name(Database::HOLDS)
            .set_item(Some(self.record.clone()))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await
            .expect("a new record");
    }

    async fn one_transaction(&self) {
        let update = Update::builder()
            .table_name(Database::LEDGER)
            .set_key(Some(self.page.clone()))
            .update_expression(&self.update)
            .condition_expression(&self.condition)
            .set_expression_attribute_names(Some(self.names.clone()))
            .set_expression_attribute_values(Some(self.values.clone()))
            .build()
            .expect("an update");
        let put = |table: &str, item: &HashMap<String, AttributeValue>| {
            let put = Put::builder()
                .table_name(table)
                .set_item(Some(item.clone()))
                .condition_expression("attribute_not_exists(pk)")
                .build()
                .expect("a put");
            TransactWriteItem::builder().put(put).build()
        };
        let items = vec![
            TransactWriteItem::builder().update(update).build(),
            put(Database::HOLDS, &self.record),
            put(Database::LEDGER, &self.event),
        ];
        self.client
            .transact_write_items()
            .set_transact_items(Some(items))
            .send()
            .await
            .expect("a transaction");
    }
}
