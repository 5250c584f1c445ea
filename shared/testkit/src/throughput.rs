//! What DynamoDB does in a second for one key, which the engine of the tests has no notion of: a partition writes 1,000 units
//! and reads 3,000, and who wants more is throttled
//! (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html). A write costs a unit for
//! each KB of the item, also when its condition fails, and twice that in a transaction; a consistent read costs one for each
//! 4 KB (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html).
//!
//! Each item counts as a partition by itself: that is where DynamoDB splits to in the end. A call is admitted as long as
//! anything is left, and its units are taken off afterwards, so that a second may end in debt to the next. Queries and scans
//! are not counted.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_app::Clock;
use serde_json::Value;
use tokio::sync::Notify;

use crate::TestClock;

const WRITE_UNITS_PER_SECOND: f64 = 1_000.0;
const READ_UNITS_PER_SECOND: f64 = 3_000.0;
const WRITE_UNIT_BYTES: usize = 1024;
const READ_UNIT_BYTES: usize = 4096;

/// An item of a table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    table: String,
    pk: String,
    sk: Option<String>,
}

/// One of the items that a call is about.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    place: Place,
    writes: bool,
    /// How often its units count.
    times: f64,
}

/// What is left to one item.
#[derive(Debug)]
struct Level {
    units: f64,
    per_second: f64,
    at_millis: f64,
}

/// Others who want the same item, evenly over time. They are no calls: what they leave is.
#[derive(Debug)]
struct Crowd {
    units: f64,
    every_millis: f64,
    next_millis: f64,
    until_millis: f64,
}

#[derive(Debug, Default)]
struct State {
    writes: HashMap<Place, Level>,
    reads: HashMap<Place, Level>,
    crowds: HashMap<Place, Crowd>,
    tally: Tally,
}

/// How many calls there were, and how many writes of crowds.
#[derive(Debug, Clone, Copy, Default)]
#[expect(missing_docs, reason = "each field is the number of its name")]
pub struct Tally {
    pub admitted: usize,
    pub throttled: usize,
    pub crowd_admitted: usize,
    pub crowd_throttled: usize,
}

/// The limits, by a clock that the test turns. Clones share them.
#[derive(Clone)]
pub struct Throughput {
    clock: TestClock,
    /// A client that is not limited, to see how large items are.
    unlimited: Client,
    state: Arc<Mutex<State>>,
    throttles: Arc<Notify>,
}

impl Throughput {
    /// The limits of what `unlimited` reads.
    #[must_use]
    pub fn new(clock: &TestClock, unlimited: Client) -> Self {
        Self { clock: clock.clone(), unlimited, state: Arc::default(), throttles: Arc::default() }
    }

    /// How it went so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.state().tally
    }

    /// From now on, for `seconds`, others write the item at `times` its limit; each of their writes is one that fails its
    /// condition. Gives the write units of one.
    pub async fn crowd(&self, table: &str, (pk, sk): (&str, &str), times: f64, seconds: u32) -> f64 {
        let place = Place { table: table.to_owned(), pk: pk.to_owned(), sk: Some(sk.to_owned()) };
        let units = units(self.size(&place).await, WRITE_UNIT_BYTES);
        let now = self.now_millis();
        let crowd = Crowd {
            units,
            every_millis: 1_000.0 * units / (times * WRITE_UNITS_PER_SECOND),
            next_millis: now,
            until_millis: now + f64::from(seconds) * 1_000.0,
        };
        self.state().crowds.insert(place, crowd);
        units
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit a double")]
    fn now_millis(&self) -> f64 {
        self.clock.now().as_millisecond() as f64
    }

    /// Whether there is something left for all that a call is about.
    pub(crate) fn admits(&self, accesses: &[Access]) -> bool {
        let now = self.now_millis();
        let state = &mut *self.state();
        let admits = accesses.iter().all(|access| state.level(access, now).units > 0.0);
        let count = if admits { &mut state.tally.admitted } else { &mut state.tally.throttled };
        *count += 1;
        if !admits {
            self.throttles.notify_waiters();
        }
        admits
    }

    /// Waits until a call is throttled.
    pub async fn throttles(&self) {
        self.throttles.notified().await;
    }

    /// Takes off what a call has cost, whatever its outcome.
    pub(crate) async fn charge(&self, accesses: &[Access]) {
        for access in accesses {
            let bytes = if access.writes { WRITE_UNIT_BYTES } else { READ_UNIT_BYTES };
            let cost = access.times * units(self.size(&access.place).await, bytes);
            let now = self.now_millis();
            self.state().level(access, now).units -= cost;
        }
    }

    /// The size of a stored item in bytes.
    async fn size(&self, place: &Place) -> usize {
        let get = self.unlimited.get_item().table_name(&place.table).consistent_read(true);
        let get = get.key("pk", AttributeValue::S(place.pk.clone()));
        let get = match &place.sk {
            Some(sk) => get.key("sk", AttributeValue::S(sk.clone())),
            None => get,
        };
        let item = get.send().await.expect("a read").item.unwrap_or_default();
        item.iter().map(|(name, value)| name.len() + size(value)).sum()
    }
}

impl State {
    /// What is left of an item at `now`, after the crowds until then.
    fn level(&mut self, access: &Access, now: f64) -> &mut Level {
        let (levels, per_second) = if access.writes {
            (&mut self.writes, WRITE_UNITS_PER_SECOND)
        } else {
            (&mut self.reads, READ_UNITS_PER_SECOND)
        };
        let full = || Level { units: per_second, per_second, at_millis: now };
        let level = levels.entry(access.place.clone()).or_insert_with(full);
        if let Some(crowd) = self.crowds.get_mut(&access.place).filter(|_| access.writes) {
            while crowd.next_millis <= now.min(crowd.until_millis) {
                level.refill(crowd.next_millis);
                if level.units > 0.0 {
                    level.units -= crowd.units;
                    self.tally.crowd_admitted += 1;
                } else {
                    self.tally.crowd_throttled += 1;
                }
                crowd.next_millis += crowd.every_millis;
            }
        }
        level.refill(now);
        level
    }
}

impl Level {
    fn refill(&mut self, now: f64) {
        let seconds = (now - self.at_millis).max(0.0) / 1_000.0;
        self.units = (self.units + seconds * self.per_second).min(self.per_second);
        self.at_millis = self.at_millis.max(now);
    }
}

#[expect(clippy::cast_precision_loss, reason = "an item has at most 400 KB")]
fn units(size: usize, bytes: usize) -> f64 {
    size.div_ceil(bytes).max(1) as f64
}

/// The size of a value in bytes, about as DynamoDB counts:
/// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html.
fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.len() / 2 + 2,
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::L(items) => 3 + items.iter().map(|item| 1 + size(item)).sum::<usize>(),
        AttributeValue::M(fields) => {
            3 + fields.iter().map(|(name, value)| 1 + name.len() + size(value)).sum::<usize>()
        }
        _ => 1,
    }
}

/// What a call is about. `operation` is its `X-Amz-Target`.
pub(crate) fn accesses(operation: &str, body: &Value) -> Vec<Access> {
    let one = |request: &Value, writes, times| {
        let key = request.get("Key").or_else(|| request.get("Item"))?;
        let text = |name: &str| key[name]["S"].as_str().map(str::to_owned);
        let table = request["TableName"].as_str()?.to_owned();
        Some(Access { place: Place { table, pk: text("pk")?, sk: text("sk") }, writes, times })
    };
    match operation.rsplit('.').next().unwrap_or_default() {
        "PutItem" | "UpdateItem" | "DeleteItem" => one(body, true, 1.0).into_iter().collect(),
        "GetItem" => one(body, false, 1.0).into_iter().collect(),
        "TransactWriteItems" => {
            let items = body["TransactItems"].as_array().into_iter().flatten();
            let parts = items.filter_map(Value::as_object).flat_map(|item| item.values());
            parts.filter_map(|part| one(part, true, 2.0)).collect()
        }
        "BatchGetItem" => {
            let tables = body["RequestItems"].as_object().into_iter().flatten();
            let keys = tables.flat_map(|(table, of_table)| {
                let keys = of_table["Keys"].as_array().into_iter().flatten();
                keys.map(move |key| serde_json::json!({ "TableName": table, "Key": key }))
            });
            keys.filter_map(|request| one(&request, false, 1.0)).collect()
        }
        _ => Vec::new(),
    }
}
