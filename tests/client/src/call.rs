//! One call of the API and its answer, kept whole.

use std::fmt;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::Trouble;

/// A call before it is made.
#[derive(Debug)]
pub struct Call {
    request: reqwest::RequestBuilder,
}

impl Call {
    pub(crate) fn new(request: reqwest::RequestBuilder) -> Self {
        Self { request }
    }

    /// With a bearer token.
    #[must_use]
    pub fn token(self, token: &str) -> Self {
        Self { request: self.request.bearer_auth(token) }
    }

    /// With an idempotency key.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        self.header("Idempotency-Key", key)
    }

    /// With a header; its value may be any text.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        match (name, value) {
            (Ok(name), Ok(value)) => Self { request: self.request.header(name, value) },
            (name, value) => {
                unreachable!("no header can be made of {name:?} and {value:?}")
            }
        }
    }

    /// With query parameters.
    #[must_use]
    pub fn query(self, parameters: &[(&str, &str)]) -> Self {
        Self { request: self.request.query(parameters) }
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        Self { request: self.request.json(body) }
    }

    /// With a body of any bytes, said to be JSON.
    #[must_use]
    pub fn raw(self, body: impl Into<Vec<u8>>) -> Self {
        Self { request: self.request.header("Content-Type", "application/json").body(body.into()) }
    }

    /// Gives up after `patience`.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { request: self.request.timeout(patience) }
    }

    /// Makes the call.
    ///
    /// # Errors
    /// [`Trouble`] when there is no answer at all; any answer is one.
    pub async fn send(self) -> Result<Answer, Trouble> {
        let response = self.request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status, headers, json, text })
    }
}

/// An answer.
#[derive(Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, `null` if it is not JSON.
    pub json: Value,
    /// The body as it came.
    pub text: String,
}

impl Answer {
    /// A header's value, empty if there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// A text of the body by JSON pointer, empty if there is none.
    #[must_use]
    pub fn str(&self, pointer: &str) -> &str {
        self.json.pointer(pointer).and_then(Value::as_str).unwrap_or("")
    }

    /// A whole number of the body by JSON pointer.
    #[must_use]
    pub fn int(&self, pointer: &str) -> Option<i64> {
        self.json.pointer(pointer).and_then(Value::as_i64)
    }

    /// A problem's `code`.
    #[must_use]
    pub fn code(&self) -> &str {
        self.str("/code")
    }

    /// Whether it says that it repeats an earlier answer.
    #[must_use]
    pub fn is_replay(&self) -> bool {
        self.header("Idempotent-Replayed") == "true"
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.text)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {}", self.status, self.headers, self.text)
    }
}
