//! The client of Stripe's API sends a form, reads JSON, and classifies failures by what they mean for money.

use std::sync::Arc;
use std::time::Duration;

use holdfast_app::PaymentError;
use holdfast_app::kernel::{Secret, SecretError, SecretReader, Source};
use holdfast_egress::{Client, Content, Limits, Reach, Request, SendError, StatusCode};
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::wire::{ErrorBody, ErrorDetail};

/// The version of the API this crate is written for (<https://docs.stripe.com/api/versioning>).
/// One file says it to the tools as well.
pub(crate) const API_VERSION: &str = include_str!("api_version.txt").trim_ascii_end();
/// The longest answer that is read, in bytes: that of a list, of whose intents each has some 10 KB with its charge, and metadata
/// of its own.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The codes of card errors that mean that the card was declined (<https://docs.stripe.com/error-codes>): nothing is reserved or
/// taken, and another card may do.
const DECLINES: &[&str] = &[
    "authentication_required",
    "card_decline_rate_limit_exceeded",
    "card_declined",
    "expired_card",
    "incorrect_address",
    "incorrect_cvc",
    "incorrect_number",
    "incorrect_zip",
    "insufficient_funds",
    "invalid_cvc",
    "invalid_expiry_month",
    "invalid_expiry_year",
    "invalid_number",
    "payment_intent_authentication_failure",
    "processing_error",
];

/// The codes by which Stripe refuses a payment method as such, before it asks anybody.
const PAYMENT_METHODS: &[&str] = &[
    "payment_method_currency_mismatch",
    "payment_method_invalid_parameter",
    "payment_method_not_available",
    "payment_method_unactivated",
    "payment_method_unexpected_state",
    "payment_method_unsupported_type",
];

/// The codes of refusals that never become anything else, and are no card's: an amount that is never charged, a refund that is
/// never made.
const FINAL_REFUSALS: &[&str] = &[
    "amount_too_large",
    "amount_too_small",
    "charge_already_refunded",
    "charge_disputed",
    "charge_not_refundable",
    "currency_not_supported",
    "refund_disputed_payment",
];

/// How long an idle connection is kept: less than the other side keeps it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Within a region, a connection takes milliseconds; to Stripe, some hundred.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// A call that changes something. A bank may take many seconds, and a card that is reserved without an answer is a sale that may be
/// lost. The function's time limit is longer, and the saga's longer than that (`infra/cdk/test/time-limits.test.ts`).
const CALL_TIMEOUT: Duration = Duration::from_secs(25);
/// One try of a question: no bank is asked.
const READ_TIMEOUT: Duration = Duration::from_secs(5);

/// The address of Stripe's API, and its time limits.
#[derive(Debug, Clone)]
pub struct StripeEndpoint {
    /// The base URL, such as `https://api.stripe.com`, without a slash at the end.
    pub url: String,
    /// How far requests may reach.
    pub reach: Reach,
    /// The time limit of connecting.
    pub connect_timeout: Duration,
    /// The time limit of a whole call that changes something.
    pub timeout: Duration,
    /// The time limit of one try to read.
    pub read_timeout: Duration,
    /// How long a connection that nobody uses is kept.
    pub idle_timeout: Duration,
}

impl StripeEndpoint {
    /// Makes an endpoint with the usual time limits: 2 s to connect, 25 s for a change, 5 s for each of two tries to read, 30 s for an
    /// idle connection.
    #[must_use]
    pub fn new(url: &str, reach: Reach) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            reach,
            connect_timeout: CONNECT_TIMEOUT,
            timeout: CALL_TIMEOUT,
            read_timeout: READ_TIMEOUT,
            idle_timeout: IDLE_TIMEOUT,
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

/// What Stripe is asked, or asked to do.
#[derive(Clone, Copy)]
struct Call<'a> {
    path: &'a str,
    form: &'a [(&'a str, &'a str)],
    /// The idempotency key of a change; a question has none.
    key: Option<&'a str>,
}

/// A client of Stripe's API, which calls it with the key that is stored at that time.
pub(crate) struct StripeClient {
    http: Client,
    secrets: Arc<dyn SecretReader>,
    timeout: Duration,
    read_timeout: Duration,
}

impl StripeClient {
    /// Makes a client with its own connections.
    ///
    /// # Errors
    /// If TLS cannot be set up, or the endpoint is none that requests may be sent to: the key would go with them.
    pub(crate) fn new(endpoint: &StripeEndpoint, secrets: Arc<dyn SecretReader>) -> Result<Self, Source> {
        let limits =
            Limits { connect_timeout: endpoint.connect_timeout, idle_timeout: endpoint.idle_timeout };
        let http = Client::new(&endpoint.url, endpoint.reach, limits)?;
        Ok(Self { http, secrets, timeout: endpoint.timeout, read_timeout: endpoint.read_timeout })
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        form: &[(&str, &str)],
        key: &str,
    ) -> Result<Answer<T>, ApiError> {
        self.call(&Call { path, form, key: Some(key) }).await
    }

    /// Reads from Stripe, once more if there was no answer. Reading has no effect, so that a lost answer is an outage like any
    /// other.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Answer<T>, ApiError> {
        let question = Call { path, form: &[], key: None };
        let first = self.call(&question).await;
        let answer = match first {
            Err(ApiError::NoAnswer(_)) => self.call(&question).await,
            first => first,
        };
        match answer {
            Err(ApiError::NoAnswer(source)) => Err(ApiError::NotSent(source)),
            other => other,
        }
    }

    /// Calls Stripe. Of a call whose API key Stripe rejects nothing happens: the key may have been replaced since it was read, so
    /// it is read anew once, and if it is another the same call is made with it.
    async fn call<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<Answer<T>, ApiError> {
        let keys = self.secrets.keys(Secret::PaymentApiKey).await.map_err(not_sent)?;
        let rejected = keys.present;
        let answer = self.call_with(&rejected, call).await?;
        if !matches!(&answer, Answer::Refused(refusal) if refusal.status == StatusCode::UNAUTHORIZED) {
            return Ok(answer);
        }
        match self.secrets.keys_after(Secret::PaymentApiKey, &rejected).await {
            Ok(keys) if keys.present != rejected => {
                tracing::warn!(
                    "Stripe rejects the API key, which was replaced: the call is made with the new one"
                );
                self.call_with(&keys.present, call).await
            }
            Ok(_) | Err(_) => Ok(answer),
        }
    }

    async fn call_with<T: DeserializeOwned>(
        &self,
        api_key: &str,
        call: &Call<'_>,
    ) -> Result<Answer<T>, ApiError> {
        let Call { path, form, key } = *call;
        let bearer = format!("Bearer {api_key}");
        let mut headers = vec![("authorization", bearer.as_str()), ("stripe-version", API_VERSION)];
        headers.extend(key.map(|key| ("idempotency-key", key)));
        let (content, time_limit) = match key {
            Some(_) => (Content::Form(form), self.timeout),
            None => (Content::Nothing, self.read_timeout),
        };
        let answer_bytes_max = Some(ANSWER_BYTES_MAX);
        let request = Request { path, headers: &headers, content, time_limit, answer_bytes_max };
        let answer = self.http.send(&request).await?;
        let (status, replayed) = (answer.status, answer.header("idempotent-replayed") == Some("true"));
        if status.is_success() {
            return match serde_json::from_slice(&answer.body) {
                Ok(value) => Ok(Answer::Done { value, replayed }),
                Err(error) => Err(ApiError::NoAnswer(Box::new(error))),
            };
        }
        let error =
            serde_json::from_slice::<ErrorBody>(&answer.body).map(|body| body.error).unwrap_or_default();
        Ok(Answer::Refused(Box::new(Refusal { status, error, replayed })))
    }
}

fn not_sent(error: SecretError) -> ApiError {
    ApiError::NotSent(Box::new(error))
}

impl From<SendError> for ApiError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::NotSent(source) => Self::NotSent(source),
            SendError::NoAnswer(source) => Self::NoAnswer(source),
        }
    }
}

impl Refusal {
    /// Whether Stripe repeats a stored failure, as it does for 24 hours, whatever has changed since. A decline is final and does
    /// not count.
    pub(crate) fn is_repeated_failure(&self) -> bool {
        self.replayed && !self.is_decline()
    }

    pub(crate) fn is_unexpected_state(&self) -> bool {
        self.error.code.as_deref() == Some("payment_intent_unexpected_state")
    }

    /// Whether the card was declined: a card error whose code is known to mean that.
    pub(crate) fn is_decline(&self) -> bool {
        self.error.kind.as_deref() == Some("card_error") && self.has_code(DECLINES)
    }

    /// Whether Stripe does not take the payment method that the guest named.
    pub(crate) fn is_of_payment_method(&self) -> bool {
        let of_its_own = self.has_code(PAYMENT_METHODS);
        let named =
            self.has_code(&["resource_missing"]) && self.error.param.as_deref() == Some("payment_method");
        self.status == StatusCode::BAD_REQUEST && (of_its_own || named)
    }

    fn has_code(&self, codes: &[&str]) -> bool {
        self.error.code.as_deref().is_some_and(|code| codes.contains(&code))
    }

    /// Classifies the refusal of a change by what it means for money. An API key that Stripe rejects (401, 403) is an outage on
    /// our side: nothing happened, and the guest's card is not to blame. Whatever is not on a list may have taken effect, or be
    /// a fault of ours (an idempotency key with another form, an intent of another account): it is asked about.
    pub(crate) fn into_error(self) -> PaymentError {
        let is_final = self.has_code(FINAL_REFUSALS);
        let (status, code, message) = self.in_words();
        match self.status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                PaymentError::Unavailable(Box::new(ApiError::Refused { status, code, message }))
            }
            StatusCode::BAD_REQUEST if is_final => PaymentError::Refused { code, message },
            _ => PaymentError::Unknown(Box::new(ApiError::Refused { status, code, message })),
        }
    }

    /// Classifies the refusal of a question: either the thing is not there, or an answer may come later.
    pub(crate) fn into_absence(self) -> PaymentError {
        let (status, code, message) = self.in_words();
        match self.status {
            StatusCode::NOT_FOUND => PaymentError::Refused { code, message },
            _ => PaymentError::Unavailable(Box::new(ApiError::Refused { status, code, message })),
        }
    }

    fn in_words(&self) -> (u16, String, String) {
        let code = self.error.code.clone().or_else(|| self.error.kind.clone());
        let message = self.error.message.clone().unwrap_or_default();
        (self.status.as_u16(), code.unwrap_or_else(|| "unknown".to_owned()), message)
    }
}

impl From<ApiError> for PaymentError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Refused { .. } => Self::Unknown(Box::new(error)),
            ApiError::NotSent(_) => Self::Unavailable(Box::new(error)),
            ApiError::NoAnswer(_) => Self::Unknown(Box::new(error)),
        }
    }
}
