//! The client of one URL, over HTTP/1.1: connections, time limits, and what a failure means.

use std::error::Error as StdError;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use std::{io, vec};

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Response, StatusCode, Uri};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use rustls::ClientConfig;
use rustls::crypto::ring;
use thiserror::Error;
use tokio::time::timeout;
use tower_service::Service;
use url::{Position, form_urlencoded};

use crate::reach::Reach;

type Source = Box<dyn StdError + Send + Sync>;
type Connection = SendRequest<Full<Bytes>>;

/// How long what was sent may stay unacknowledged before the connection counts as dead: a process that was frozen may find its
/// connections dead, and nobody has said so.
const UNACKNOWLEDGED: Duration = Duration::from_secs(3);
/// How long a connection on which nothing comes is silent before the other side is asked whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// The limits of a client's connections.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The time limit of having a connection: its name's resolution, TCP and TLS.
    pub connect_timeout: Duration,
    /// How long a connection that nobody uses is kept.
    pub idle_timeout: Duration,
}

/// What a request carries.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// A GET, which carries nothing.
    Nothing,
    /// A POST of a form's fields, in their order (`application/x-www-form-urlencoded`).
    Form(&'a [(&'a str, &'a str)]),
    /// A POST of a JSON text.
    Json(&'a str),
}

/// One request.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// What follows the client's URL, with the query; empty for that URL itself.
    pub path: &'a str,
    /// Further headers, by their names.
    pub headers: &'a [(&'a str, &'a str)],
    /// What is sent.
    pub content: Content<'a>,
    /// The time limit of all of it, from the connection to the answer's last byte.
    pub time_limit: Duration,
    /// The longest answer that is read, in bytes; without, its body is not read at all.
    pub answer_bytes_max: Option<usize>,
}

/// An answer, whatever its status.
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    headers: HeaderMap,
    /// What was read of its body.
    pub body: Bytes,
}

impl Answer {
    /// The value of a header, if it has it and its value is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A request without an answer that can be used.
#[derive(Debug, Error)]
pub enum SendError {
    /// Nothing of it was sent.
    #[error("the request was not sent")]
    NotSent(#[source] Source),
    /// It may have been received: its answer was lost, came too late or is too long.
    #[error("the request has no answer")]
    NoAnswer(#[source] Source),
}

/// Something took longer than it may.
#[derive(Debug, Error)]
enum TimeLimit {
    #[error("there was no connection within {0:?}")]
    Connecting(Duration),
    #[error("there was no whole answer within {0:?}")]
    Answering(Duration),
}

/// Resolves names of hosts to addresses within reach.
#[derive(Debug, Clone, Copy)]
struct Hosts(Reach);

impl Service<Name> for Hosts {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let Self(reach) = *self;
        Box::pin(async move { Ok(reach.resolve(name.as_str()).await?.into_iter()) })
    }
}

/// A connection that waits for the next request.
struct Idle {
    connection: Connection,
    since: Instant,
}

/// A client of one URL, with connections of its own.
pub struct Client {
    connector: HttpsConnector<HttpConnector<Hosts>>,
    /// Scheme and host, which are connected to.
    origin: Uri,
    host: HeaderValue,
    /// The path of the URL.
    path: String,
    limits: Limits,
    /// The one used last is the last.
    idle: Mutex<Vec<Idle>>,
}

impl Client {
    /// Makes a client of a URL and what lies below it. Hosts prove themselves by the roots that the system trusts, which are read here.
    ///
    /// # Errors
    /// If the URL is none that requests may be sent to ([`UnfitUrl`](crate::UnfitUrl)), or the system has no roots.
    pub fn new(url: &str, reach: Reach, limits: Limits) -> Result<Self, Source> {
        let tls = ClientConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()?
            .with_native_roots()?
            .with_no_client_auth();
        Self::trusting(tls, url, reach, limits)
    }

    fn trusting(tls: ClientConfig, url: &str, reach: Reach, limits: Limits) -> Result<Self, Source> {
        let url = reach.url(url)?;
        let mut http = HttpConnector::new_with_resolver(Hosts(reach));
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(limits.connect_timeout));
        http.set_keepalive(Some(KEEPALIVE));
        http.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        let tls = HttpsConnectorBuilder::new().with_tls_config(tls);
        let schemes = match reach {
            Reach::Public => tls.https_only(),
            Reach::Emulated => tls.https_or_http(),
        };
        Ok(Self {
            connector: schemes.enable_http1().wrap_connector(http),
            origin: url[..Position::BeforePath].parse()?,
            host: HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort])?,
            path: url[Position::BeforePath..Position::AfterQuery].to_owned(),
            limits,
            idle: Mutex::default(),
        })
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// [`SendError`]. An answer of whatever status is none.
    pub async fn send(&self, request: &Request<'_>) -> Result<Answer, SendError> {
        let message = self.message(request).map_err(SendError::NotSent)?;
        let mut sent = false;
        let exchange = self.exchange(message, request.answer_bytes_max, &mut sent);
        match timeout(request.time_limit, exchange).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(failed(sent, error)),
            Err(_) => Err(failed(sent, TimeLimit::Answering(request.time_limit).into())),
        }
    }

    fn message(&self, request: &Request<'_>) -> Result<hyper::Request<Full<Bytes>>, Source> {
        let target = match request.path {
            "" => self.path.clone(),
            _ if self.path.contains('?') => return Err("nothing lies below a URL with a query".into()),
            below => format!("{}{below}", self.path.trim_end_matches('/')),
        };
        let (method, kind, body) = match request.content {
            Content::Nothing => (Method::GET, None, String::new()),
            Content::Form(fields) => {
                let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                (Method::POST, Some("application/x-www-form-urlencoded"), form)
            }
            Content::Json(text) => (Method::POST, Some("application/json"), text.to_owned()),
        };
        let length = body.len();
        let mut message = hyper::Request::new(Full::from(body));
        *message.method_mut() = method;
        *message.uri_mut() = target.parse()?;
        let headers = message.headers_mut();
        headers.insert(HOST, self.host.clone());
        if let Some(kind) = kind {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            // Also of nothing: a POST without a length is refused by some (411).
            headers.insert(CONTENT_LENGTH, length.into());
        }
        for (name, value) in request.headers {
            let mut value = HeaderValue::from_str(value)?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_bytes(name.as_bytes())?, value);
        }
        Ok(message)
    }

    /// Sends a message, and says in `sent`, also when it is dropped half-way, whether that may have reached the other side.
    async fn exchange(
        &self,
        mut message: hyper::Request<Full<Bytes>>,
        answer_bytes_max: Option<usize>,
        sent: &mut bool,
    ) -> Result<Answer, Source> {
        // Ends: a message comes back unsent from a connection that was kept, of which each turn takes one away; a new one is the last.
        loop {
            let (mut connection, is_new) = self.connection().await?;
            *sent = true;
            match connection.try_send_request(message).await {
                Ok(response) => return self.answer(connection, response, answer_bytes_max).await,
                Err(mut error) => match error.take_message() {
                    Some(unsent) => {
                        *sent = false;
                        if is_new {
                            return Err(error.into_error().into());
                        }
                        message = unsent;
                    }
                    None => return Err(error.into_error().into()),
                },
            }
        }
    }

    async fn answer(
        &self,
        connection: Connection,
        response: Response<Incoming>,
        bytes_max: Option<usize>,
    ) -> Result<Answer, Source> {
        let (head, incoming) = response.into_parts();
        let body = match bytes_max {
            Some(bytes_max) => Limited::new(incoming, bytes_max).collect().await?.to_bytes(),
            None => {
                drop(incoming);
                Bytes::new()
            }
        };
        // Of an answer that was not read to its end it is closed, which is seen when the next request takes it.
        self.keep(connection);
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    /// A connection that can be used, and whether it is new.
    async fn connection(&self) -> Result<(Connection, bool), Source> {
        let connect_timeout = self.limits.connect_timeout;
        let found = timeout(connect_timeout, async {
            // Ends: each turn takes a connection away.
            while let Some(mut kept) = self.take() {
                if kept.ready().await.is_ok() {
                    return Ok((kept, false));
                }
            }
            Ok((self.connect().await?, true))
        });
        found.await.map_err(|_| TimeLimit::Connecting(connect_timeout))?
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

fn failed(sent: bool, error: Source) -> SendError {
    if sent { SendError::NoAnswer(error) } else { SendError::NotSent(error) }
}

#[cfg(test)]
mod tests;
