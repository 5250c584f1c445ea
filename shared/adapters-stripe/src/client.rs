//! The client of Stripe's API sends a form, reads JSON, and classifies failures by what they mean for money.

use std::time::Duration;

use holdfast_app::PaymentError;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, StatusCode, redirect};
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::wire::{ErrorBody, ErrorDetail};

/// The version of the API this crate is written for (<https://docs.stripe.com/api/versioning>).
const API_VERSION: &str = "2024-06-20";
/// The longest answer that is read, in bytes. An intent with its charge has some 5 KB.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// The address of Stripe's API, and its time limits.
#[derive(Debug, Clone)]
pub struct StripeEndpoint {
    /// The base URL, such as `https://api.stripe.com`, without a slash at the end.
    pub url: String,
    /// The time limit of connecting.
    pub connect_timeout: Duration,
    /// The time limit of a whole call. A bank may take seconds.
    pub timeout: Duration,
}

impl StripeEndpoint {
    /// Makes an endpoint with the usual time limits: 2 s to connect, 10 s for a call.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            connect_timeout: Duration::from_secs(2),
            timeout: Duration::from_secs(10),
        }
    }
}

/// An answer by which Stripe refuses a request.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) error: ErrorDetail,
    /// Whether this is the stored answer to an earlier request with the same key.
    pub(crate) replayed: bool,
}

/// A call to Stripe that failed.
#[derive(Debug, Error)]
pub(crate) enum ApiError {
    /// Stripe refused the request (4xx).
    #[error("Stripe answered {status}: {code}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Stripe's code.
        code: String,
        /// Stripe's message, in English.
        message: String,
    },
    /// The request never reached Stripe and had no effect.
    #[error("Stripe could not be asked")]
    NotSent(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The request may have taken effect: its answer was lost or cannot be read.
    #[error("Stripe gave no usable answer")]
    NoAnswer(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The answer to a call.
pub(crate) enum Answer<T> {
    Done {
        value: T,
        /// Whether this is the stored answer to an earlier request with the same key. The state may have changed since.
        replayed: bool,
    },
    Refused(Box<Refusal>),
}

/// A client of Stripe's API.
pub(crate) struct StripeClient {
    http: Client,
    url: String,
    api_key: String,
}

impl StripeClient {
    /// Makes a client with its own connections. The process must have installed a rustls provider before.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub(crate) fn new(endpoint: &StripeEndpoint, api_key: String) -> Result<Self, reqwest::Error> {
        let http = Client::builder()
            .connect_timeout(endpoint.connect_timeout)
            .timeout(endpoint.timeout)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { http, url: endpoint.url.clone(), api_key })
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        form: &[(&str, &str)],
        key: &str,
    ) -> Result<Answer<T>, ApiError> {
        self.call(Method::POST, path, form, Some(key)).await
    }

    /// Reads from Stripe. Reading has no effect, so that a lost answer is an outage like any other.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Answer<T>, ApiError> {
        match self.call(Method::GET, path, &[], None).await {
            Err(ApiError::NoAnswer(source)) => Err(ApiError::NotSent(source)),
            other => other,
        }
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        form: &[(&str, &str)],
        key: Option<&str>,
    ) -> Result<Answer<T>, ApiError> {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(&self.api_key)
            .header("Stripe-Version", API_VERSION);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key).form(form);
        }
        let response = request.send().await.map_err(transport)?;
        let status = response.status();
        let replayed = is_replayed(response.headers());
        let body = read_bounded(response).await?;
        if status.is_success() {
            return match serde_json::from_slice(&body) {
                Ok(value) => Ok(Answer::Done { value, replayed }),
                Err(error) => Err(ApiError::NoAnswer(Box::new(error))),
            };
        }
        let error = serde_json::from_slice::<ErrorBody>(&body).map(|body| body.error).unwrap_or_default();
        Ok(Answer::Refused(Box::new(Refusal { status, error, replayed })))
    }
}

fn is_replayed(headers: &HeaderMap) -> bool {
    headers.get("Idempotent-Replayed").is_some_and(|value| value.as_bytes() == b"true")
}

async fn read_bounded(mut response: reqwest::Response) -> Result<Vec<u8>, ApiError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(transport)? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(ApiError::NoAnswer("the answer is too long".into()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Classifies a transport error: without a connection nothing was sent; after that, the request may have taken effect.
fn transport(error: reqwest::Error) -> ApiError {
    let before_sending = error.is_connect() || error.is_builder();
    let source = Box::new(error.without_url());
    if before_sending { ApiError::NotSent(source) } else { ApiError::NoAnswer(source) }
}

impl Refusal {
    /// Whether the request may have taken effect: Stripe failed while processing it, or is processing the same key.
    pub(crate) fn leaves_unknown(&self) -> bool {
        self.status.is_server_error() || self.status == StatusCode::CONFLICT
    }

    /// Whether Stripe repeats a stored failure, as it does for 24 hours, whatever has changed since. A decline is final and does
    /// not count.
    pub(crate) fn is_repeated_failure(&self) -> bool {
        self.replayed && !self.is_decline()
    }

    pub(crate) fn is_unexpected_state(&self) -> bool {
        self.error.code.as_deref() == Some("payment_intent_unexpected_state")
    }

    /// Whether the card's bank declined, as opposed to Stripe refusing the request.
    pub(crate) fn is_decline(&self) -> bool {
        self.status == StatusCode::PAYMENT_REQUIRED || self.error.kind.as_deref() == Some("card_error")
    }

    /// Classifies the refusal by what it means for money. An API key that Stripe rejects (401, 403) is an outage on our side:
    /// nothing happened, and the guest's card is not to blame.
    pub(crate) fn into_error(self) -> PaymentError {
        let code =
            self.error.code.clone().or(self.error.kind.clone()).unwrap_or_else(|| "unknown".to_owned());
        let message = self.error.message.clone().unwrap_or_default();
        let status = self.status.as_u16();
        if self.leaves_unknown() {
            return PaymentError::Unknown(Box::new(ApiError::Refused { status, code, message }));
        }
        match self.status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                PaymentError::Unavailable(Box::new(ApiError::Refused { status, code, message }))
            }
            _ => PaymentError::Refused { code, message },
        }
    }
}

impl From<ApiError> for PaymentError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Refused { code, message, .. } => Self::Refused { code, message },
            ApiError::NotSent(_) => Self::Unavailable(Box::new(error)),
            ApiError::NoAnswer(_) => Self::Unknown(Box::new(error)),
        }
    }
}
