//! What goes wrong between a client and DynamoDB: refusals that are no answer to the question, and answers that get lost.
//! And the negative control of races: a condition that is no longer asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use serde_json::Value;
use tokio::sync::Notify;

use crate::throughput::{Throughput, accesses};

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Another transaction is at the same item.
    Conflict,
    /// The account's requests come too fast.
    Throttled,
    /// The requests for an item come too fast. A transaction is cancelled for it.
    CapacityExceeded,
    /// DynamoDB fails inside.
    Broken,
    /// The connection breaks before the call arrives.
    RequestLost,
    /// The call takes effect, and its answer never comes.
    AnswerLost,
    /// The call takes effect, and its caller hangs until it is killed ([`Faults::strikes`] says when).
    Killed,
    /// The call arrives only when [`Faults::go_on`] lets it ([`Faults::strikes`] says when it waits).
    Delayed,
}

impl Fault {
    /// Every fault after which the caller goes on.
    pub const ALL: [Self; 6] = [
        Self::Conflict,
        Self::Throttled,
        Self::CapacityExceeded,
        Self::Broken,
        Self::RequestLost,
        Self::AnswerLost,
    ];

    /// Status and body of DynamoDB's refusal; `None` where none is sent. `operation` is a call's `X-Amz-Target`.
    fn refusal(self, operation: &str) -> Option<(u16, String)> {
        let plain = |status, name: &str| {
            let body = format!(
                r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{name}","message":"a planted fault"}}"#
            );
            Some((status, body))
        };
        let cancelled = |code: &str| {
            let reasons = format!(r#"[{{"Code":"{code}","Message":"a planted fault"}}]"#);
            let name = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
            let body =
                format!(r#"{{"__type":"{name}","Message":"cancelled","CancellationReasons":{reasons}}}"#);
            Some((400, body))
        };
        let is_transaction = operation.ends_with("TransactWriteItems");
        match self {
            Self::Conflict if is_transaction => cancelled("TransactionConflict"),
            Self::CapacityExceeded if is_transaction => cancelled("ThrottlingError"),
            Self::Conflict => plain(400, "TransactionConflictException"),
            Self::Throttled => plain(400, "ThrottlingException"),
            Self::CapacityExceeded => plain(400, "ProvisionedThroughputExceededException"),
            Self::Broken => plain(500, "InternalServerError"),
            Self::RequestLost | Self::AnswerLost | Self::Killed | Self::Delayed => None,
        }
    }

    /// Whether it can befall this operation.
    fn befalls(self, operation: &str) -> bool {
        self != Self::Conflict || is_write(operation)
    }
}

fn is_write(operation: &str) -> bool {
    let writes = ["UpdateItem", "PutItem", "DeleteItem", "TransactWriteItems"];
    writes.iter().any(|write| operation.ends_with(write))
}

/// A fault, how many calls go well before it, and how many meet it.
#[derive(Debug)]
struct Strike {
    fault: Fault,
    spares_reads: bool,
    passes: usize,
    left: usize,
}

#[derive(Default)]
struct Plans {
    /// One after the other.
    strikes: VecDeque<Strike>,
    struck: usize,
    lifted: Option<&'static str>,
    limits: Option<Throughput>,
    calls: usize,
    writes: usize,
}

/// The faults that a database's client meets. Clones share one plan; without a plan nothing happens.
#[derive(Clone, Default)]
pub struct Faults {
    plans: Arc<Mutex<Plans>>,
    strikes: Arc<Notify>,
    going_on: Arc<Notify>,
}

impl Faults {
    fn plans(&self) -> MutexGuard<'_, Plans> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on, instead of all that was planned: `passes` calls go well, then `times` calls meet `fault`.
    pub fn strike(&self, fault: Fault, passes: usize, times: usize) {
        let _ = self.end();
        self.then_strike(fault, passes, times);
    }

    /// After all that is planned: `passes` calls go well, then `times` calls meet `fault`.
    pub fn then_strike(&self, fault: Fault, passes: usize, times: usize) {
        self.plans().strikes.push_back(Strike { fault, spares_reads: false, passes, left: times });
    }

    /// From now on, instead of all that was planned: `passes` writes go well, then `times` writes meet `fault`. Reads go well.
    pub fn strike_writes(&self, fault: Fault, passes: usize, times: usize) {
        let _ = self.end();
        self.plans().strikes.push_back(Strike { fault, spares_reads: true, passes, left: times });
    }

    /// Nothing goes wrong any more. Gives how many calls met their fault.
    #[must_use]
    pub fn end(&self) -> usize {
        let plans = &mut *self.plans();
        plans.strikes.clear();
        std::mem::take(&mut plans.struck)
    }

    /// How many calls have been made.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.plans().calls
    }

    /// How many of them were to write.
    #[must_use]
    pub fn writes(&self) -> usize {
        self.plans().writes
    }

    /// From now on every condition that contains `text` holds of any item that exists, whatever the item says: the guard is
    /// gone, and what it guarded must be seen to break.
    pub fn lift(&self, text: &'static str) {
        self.plans().lifted = Some(text);
    }

    /// From now on calls are throttled by these limits.
    pub fn limit(&self, limits: &Throughput) {
        self.plans().limits = Some(limits.clone());
    }

    /// The call without the condition that is lifted.
    fn without_guard(&self, mut request: HttpRequest) -> HttpRequest {
        let Some(text) = self.plans().lifted else { return request };
        let body = request.body().bytes().and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
        let Some(mut body) = body else { return request };
        if lift(&mut body, text) {
            let body = body.to_string();
            request.headers_mut().insert("content-length", body.len().to_string());
            *request.body_mut() = SdkBody::from(body);
        }
        request
    }

    /// Waits until a call has taken effect whose caller is to be killed, or until a call is delayed.
    pub async fn strikes(&self) {
        self.strikes.notified().await;
    }

    /// Lets the delayed call arrive.
    pub fn go_on(&self) {
        self.going_on.notify_one();
    }

    fn next(&self, operation: &str) -> Option<Fault> {
        let plans = &mut *self.plans();
        plans.calls += 1;
        plans.writes += usize::from(is_write(operation));
        while plans.strikes.front().is_some_and(|strike| strike.left == 0) {
            plans.strikes.pop_front();
        }
        let befalls = |strike: &&mut Strike| {
            strike.fault.befalls(operation) && (!strike.spares_reads || is_write(operation))
        };
        let strike = plans.strikes.front_mut().filter(befalls)?;
        if strike.passes > 0 {
            strike.passes -= 1;
            return None;
        }
        strike.left -= 1;
        plans.struck += 1;
        Some(strike.fault)
    }

    /// A client that meets these faults.
    pub(crate) fn http_client(&self) -> SharedHttpClient {
        let faults = self.clone();
        let whole = aws_smithy_http_client::Builder::new().build_http();
        http_client_fn(move |settings, components| {
            let inner = whole.http_connector(settings, components);
            SharedHttpConnector::new(Connector { inner, faults: faults.clone() })
        })
    }
}

/// Lifts conditions that contain `text` anywhere in a request. Gives whether there was one.
fn lift(value: &mut Value, text: &str) -> bool {
    match value {
        Value::Object(fields) => {
            let mut lifted = false;
            for (name, value) in fields {
                match value {
                    // Names and values that no expression mentions are refused: the condition stays, and decides nothing.
                    Value::String(condition) if name == "ConditionExpression" && condition.contains(text) => {
                        // No parentheses: redundant ones are refused too, and AND binds closer than OR.
                        condition.push_str(" OR attribute_exists(pk)");
                        lifted = true;
                    }
                    value => lifted |= lift(value, text),
                }
            }
            lifted
        }
        Value::Array(items) => items.iter_mut().fold(false, |lifted, item| lifted | lift(item, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

struct Connector {
    inner: SharedHttpConnector,
    faults: Faults,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

/// A call that takes its turn within the limits.
async fn limited(
    inner: SharedHttpConnector,
    limits: Throughput,
    operation: String,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let body = request.body().bytes().and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
    let accesses = accesses(&operation, &body.unwrap_or_default());
    if !limits.admits(&accesses) {
        let (status, body) = Fault::CapacityExceeded.refusal(&operation).expect("a refusal");
        return Ok(HttpResponse::new(status.try_into().expect("a status"), SdkBody::from(body)));
    }
    let answer = inner.call(request).await;
    limits.charge(&accesses).await;
    answer
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = self.faults.without_guard(request);
        let operation = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let Some(fault) = self.faults.next(&operation) else {
            let limits = self.faults.plans().limits.clone();
            return match limits {
                Some(limits) => {
                    HttpConnectorFuture::new(limited(self.inner.clone(), limits, operation, request))
                }
                None => self.inner.call(request),
            };
        };
        if let Some((status, body)) = fault.refusal(&operation) {
            let status = status.try_into().expect("a status");
            return HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))));
        }
        let broken = || ConnectorError::io("a planted fault".into());
        if fault == Fault::RequestLost {
            return HttpConnectorFuture::ready(Err(broken()));
        }
        if fault == Fault::Delayed {
            let (inner, faults) = (self.inner.clone(), self.faults.clone());
            return HttpConnectorFuture::new(async move {
                faults.strikes.notify_one();
                faults.going_on.notified().await;
                inner.call(request).await
            });
        }
        let answer = self.inner.call(request);
        let kills = (fault == Fault::Killed).then(|| Arc::clone(&self.faults.strikes));
        HttpConnectorFuture::new(async move {
            drop(answer.await);
            if let Some(kills) = kills {
                kills.notify_one();
                std::future::pending::<()>().await;
            }
            Err(broken())
        })
    }
}
