//! The client of one URL: what is sent, time limits, and whether what failed may have arrived.

use std::time::Duration;

use hyper::body::Bytes;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, StatusCode, Uri};
use thiserror::Error;
use tokio::time::timeout;
use url::{Position, form_urlencoded};

use crate::Source;
use crate::connections::{Connections, Limits};
use crate::reach::Reach;
use crate::trust::Trust;

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

/// It took longer than it may.
#[derive(Debug, Error)]
#[error("there was no whole answer within {0:?}")]
struct TooLate(Duration);

/// A client of one URL, with connections of its own.
pub struct Client {
    connections: Connections,
    /// The path of the URL.
    path: String,
}

impl Client {
    /// Makes a client of a URL and what lies below it. Hosts prove themselves by the roots that the system trusts, which are read here.
    ///
    /// # Errors
    /// If the URL is none that requests may be sent to ([`UnfitUrl`](crate::UnfitUrl)), or the system has no roots.
    pub fn new(url: &str, reach: Reach, limits: Limits) -> Result<Self, Source> {
        Self::trusting(Trust::system()?, url, reach, limits)
    }

    fn trusting(trust: Trust, url: &str, reach: Reach, limits: Limits) -> Result<Self, Source> {
        let url = reach.url(url)?;
        let origin: Uri = url[..Position::BeforePath].parse()?;
        Ok(Self {
            connections: Connections::new(&origin, Some(reach), trust, limits)?,
            path: url[Position::BeforePath..Position::AfterQuery].to_owned(),
        })
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// [`SendError`]. An answer of whatever status is none.
    pub async fn send(&self, request: &Request<'_>) -> Result<Answer, SendError> {
        let message = self.message(request).map_err(SendError::NotSent)?;
        let mut sent = false;
        let exchange = self.connections.exchange(message, request.answer_bytes_max, &mut sent);
        match timeout(request.time_limit, exchange).await {
            Ok(Ok(response)) => {
                let (head, body) = response.into_parts();
                Ok(Answer { status: head.status, headers: head.headers, body })
            }
            Ok(Err(error)) => Err(failed(sent, error.into())),
            Err(_) => Err(failed(sent, TooLate(request.time_limit).into())),
        }
    }

    fn message(&self, request: &Request<'_>) -> Result<hyper::Request<Bytes>, Source> {
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
        let mut message = hyper::Request::new(Bytes::from(body));
        *message.method_mut() = method;
        *message.uri_mut() = target.parse()?;
        let headers = message.headers_mut();
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
}

fn failed(sent: bool, error: Source) -> SendError {
    if sent { SendError::NoAnswer(error) } else { SendError::NotSent(error) }
}

#[cfg(test)]
mod tests;
