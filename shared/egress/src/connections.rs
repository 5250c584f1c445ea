//! Connections to one origin, over HTTP/1.1: how they come to be, which of them wait for the next request, and what it means when one
//! breaks.

use std::error::Error as StdError;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use std::{io, mem, vec};

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{HOST, HeaderValue};
use hyper::http::uri::PathAndQuery;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use thiserror::Error;
use tokio::time::timeout;
use tower_service::Service;

use crate::Source;
use crate::reach::Reach;
use crate::trust::Trust;

type Connection = SendRequest<Full<Bytes>>;

/// How long what was sent may stay unacknowledged before the connection counts as dead: a process that was frozen may find its
/// connections dead, and nobody has said so.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(3);
/// How long a connection on which nothing comes is silent before the other side is asked whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// The limits of connections.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The time limit of having a connection: its name's resolution, TCP and TLS.
    pub connect_timeout: Duration,
    /// How long a connection that nobody uses is kept.
    pub idle_timeout: Duration,
}

/// An exchange without an answer.
#[derive(Debug, Error)]
pub enum ExchangeError {
    /// There was no connection within this time.
    #[error("there was no connection within {0:?}")]
    Late(Duration),
    /// There is none: the host has no address, does not answer, or does not prove itself.
    #[error("there is no connection")]
    NoConnection(#[source] Source),
    /// The connection broke before the answer was whole.
    #[error("the connection broke")]
    Broken(#[source] Source),
    /// What came is no answer.
    #[error("what came is no answer")]
    NoAnswer(#[source] Source),
    /// The answer has more bytes than this.
    #[error("the answer has more than {0} bytes")]
    TooLong(usize),
}

impl ExchangeError {
    /// What a failure of a connection that was had means.
    fn of(error: hyper::Error) -> Self {
        if error.is_closed()
            || error.is_canceled()
            || error.is_incomplete_message()
            || error.source().is_some_and(<dyn StdError>::is::<io::Error>)
        {
            Self::Broken(error.into())
        } else {
            Self::NoAnswer(error.into())
        }
    }
}

/// Resolves names of hosts to addresses within reach, if there is one.
#[derive(Debug, Clone, Copy)]
struct Hosts(Option<Reach>);

impl Service<Name> for Hosts {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let Self(reach) = *self;
        Box::pin(async move {
            let addresses = match reach {
                Some(reach) => reach.resolve(name.as_str()).await?,
                None => tokio::net::lookup_host((name.as_str(), 0)).await?.collect(),
            };
            Ok(addresses.into_iter())
        })
    }
}

/// How long a connection that was kept may take to be ready: it is, unless the last request is still on its way.
const READY_WITHIN: Duration = Duration::from_millis(50);

/// An exchange over a connection that was kept. If no answer comes, those that were kept beside it may be as dead, and none of them
/// is used again: else as many tries as there are of them would fail.
struct Unanswered<'a> {
    connections: &'a Connections,
    is_answered: bool,
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            self.connections.idle().clear();
        }
    }
}

/// A connection that waits for the next request.
struct Idle {
    connection: Connection,
    since: Instant,
}

/// The connections to one origin.
pub struct Connections {
    connector: HttpsConnector<HttpConnector<Hosts>>,
    /// Scheme and host, which are connected to.
    origin: Uri,
    host: HeaderValue,
    limits: Limits,
    /// The one used last is the last.
    idle: Mutex<Vec<Idle>>,
}

impl Connections {
    /// Makes connections to the scheme, host and port of `url`. Without a reach they may lead anywhere: that is for what the
    /// deployment itself names, as are the endpoints of AWS, which may have private addresses.
    ///
    /// # Errors
    /// If the URL has no scheme or no host.
    pub fn new(url: &Uri, reach: Option<Reach>, trust: Trust, limits: Limits) -> Result<Self, Source> {
        let (Some(scheme), Some(authority)) = (url.scheme(), url.authority()) else {
            return Err("the URL has no scheme or no host".into());
        };
        let host = match (authority.port_u16(), scheme.as_str()) {
            (None, _) | (Some(80), "http") | (Some(443), "https") => authority.host().to_owned(),
            (Some(port), _) => format!("{}:{port}", authority.host()),
        };
        let mut http = HttpConnector::new_with_resolver(Hosts(reach));
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(limits.connect_timeout));
        http.set_keepalive(Some(KEEPALIVE));
        #[cfg(target_os = "linux")]
        http.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        let tls = HttpsConnectorBuilder::new().with_tls_config(trust.0);
        let schemes = match reach {
            Some(Reach::Public) => tls.https_only(),
            Some(Reach::Emulated) | None => tls.https_or_http(),
        };
        Ok(Self {
            connector: schemes.enable_http1().wrap_connector(http),
            host: HeaderValue::from_str(&host)?,
            origin: Uri::builder()
                .scheme(scheme.clone())
                .authority(authority.clone())
                .path_and_query("/")
                .build()?,
            limits,
            idle: Mutex::default(),
        })
    }

    /// Sends a message, of whose URL path and query count, and reads its answer, at most `answer_bytes_max` of it; without, its body is
    /// not read at all. Says in `sent`, also when it is dropped half-way, whether the message may have reached the other side. A
    /// message that finds its connection closed and is not sent goes over the next one. Whoever drops it closes its connection.
    ///
    /// # Errors
    /// [`ExchangeError`]. An answer of whatever status is none.
    pub async fn exchange(
        &self,
        message: Request<Bytes>,
        answer_bytes_max: Option<usize>,
        sent: &mut bool,
    ) -> Result<Response<Bytes>, ExchangeError> {
        let mut message = self.addressed(message).map(Full::new);
        // Ends: a message comes back unsent from a connection that was kept, of which each turn takes one away; a new one is the last.
        loop {
            let (mut connection, is_new) = self.connection().await?;
            *sent = true;
            let mut unanswered = Unanswered { connections: self, is_answered: is_new };
            match connection.try_send_request(message).await {
                Ok(response) => {
                    unanswered.is_answered = true;
                    return self.answer(connection, response, answer_bytes_max).await;
                }
                Err(mut error) => match error.take_message() {
                    Some(unsent) => {
                        unanswered.is_answered = true;
                        *sent = false;
                        if is_new {
                            return Err(ExchangeError::of(error.into_error()));
                        }
                        message = unsent;
                    }
                    None => return Err(ExchangeError::of(error.into_error())),
                },
            }
        }
    }

    /// A message as HTTP/1.1 has it (RFC 9112, 3.2): a path, and the host first of the headers, unless it has one.
    fn addressed(&self, mut message: Request<Bytes>) -> Request<Bytes> {
        let target = message.uri().path_and_query().cloned();
        *message.uri_mut() = Uri::from(target.unwrap_or(PathAndQuery::from_static("/")));
        let headers = message.headers_mut();
        let own = mem::take(headers);
        headers.insert(HOST, self.host.clone());
        headers.extend(own);
        message
    }

    async fn answer(
        &self,
        connection: Connection,
        response: Response<Incoming>,
        bytes_max: Option<usize>,
    ) -> Result<Response<Bytes>, ExchangeError> {
        let (head, incoming) = response.into_parts();
        let body = match bytes_max {
            Some(bytes_max) => match Limited::new(incoming, bytes_max).collect().await {
                Ok(body) => body.to_bytes(),
                Err(error) if error.is::<LengthLimitError>() => {
                    return Err(ExchangeError::TooLong(bytes_max));
                }
                Err(error) => return Err(ExchangeError::Broken(error)),
            },
            None => {
                drop(incoming);
                Bytes::new()
            }
        };
        // Of an answer that was not read to its end it is closed, which is seen when the next request takes it. Whoever answers that
        // it has failed may fail again: the next request may reach another one.
        if !head.status.is_server_error() && head.status != StatusCode::REQUEST_TIMEOUT {
            self.keep(connection);
        }
        Ok(Response::from_parts(head, body))
    }

    /// A connection that can be used, and whether it is new.
    async fn connection(&self) -> Result<(Connection, bool), ExchangeError> {
        let connect_timeout = self.limits.connect_timeout;
        let found = timeout(connect_timeout, async {
            // Ends: each turn takes a connection away.
            while let Some(mut kept) = self.take() {
                if timeout(READY_WITHIN, kept.ready()).await.is_ok_and(|ready| ready.is_ok()) {
                    return Ok((kept, false));
                }
            }
            Ok((self.connect().await.map_err(ExchangeError::NoConnection)?, true))
        });
        found.await.map_err(|_| ExchangeError::Late(connect_timeout))?
    }

    async fn connect(&self) -> Result<Connection, Source> {
        let mut connector = self.connector.clone();
        poll_fn(|context| connector.poll_ready(context)).await?;
        let stream = connector.call(self.origin.clone()).await?;
        let (connection, driver) = handshake(stream).await?;
        // Ends with the connection; how, is told to who waits for an answer.
        tokio::spawn(async { drop(driver.await) });
        Ok(connection)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<Connection> {
        let mut idle = self.idle();
        idle.retain(|idle| idle.since.elapsed() < self.limits.idle_timeout);
        idle.pop().map(|idle| idle.connection)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the age of a connection decides nothing but which is used"
    )]
    fn keep(&self, connection: Connection) {
        self.idle().push(Idle { connection, since: Instant::now() });
    }
}

#[cfg(test)]
mod tests;
