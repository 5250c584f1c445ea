//! The environment, read once. A function names the variables it needs; all that are missing are named at once.

use std::collections::BTreeMap;

use thiserror::Error;

const STRIPE_API_URL: &str = "https://api.stripe.com";
const LOG_FILTER: &str = "info";

macro_rules! variables {
    ($($name:ident, $variable:literal, $meaning:literal;)*) => {
        /// What the environment may say. Empty counts as absent.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Variable {
            $(#[doc = $meaning] $name,)*
        }

        impl Variable {
            /// Every variable.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name in the environment.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $variable),* }
            }
        }
    };
}

variables! {
    Region, "AWS_REGION", "The region; set by Lambda.";
    Endpoint, "AWS_ENDPOINT_URL", "Where AWS is instead of AWS; set by local emulators.";
    LedgerTable, "HOLDFAST_LEDGER_TABLE", "Name of the ledger table.";
    HoldsTable, "HOLDFAST_HOLDS_TABLE", "Name of the table of hold records.";
    ConfidentialTable, "HOLDFAST_CONFIDENTIAL_TABLE", "Name of the table of task tokens, of what customers have to do and of contacts.";
    SearchTable, "HOLDFAST_SEARCH_TABLE", "Name of the read model's table.";
    BusName, "HOLDFAST_BUS_NAME", "Name of the event bus.";
    BookingMachine, "HOLDFAST_BOOKING_MACHINE_ARN", "ARN of the booking saga.";
    CancellationMachine, "HOLDFAST_CANCELLATION_MACHINE_ARN", "ARN of the settlement of cancellations.";
    TimerQueueUrl, "HOLDFAST_TIMER_QUEUE_URL", "URL of the expiry function's queue.";
    ReviewQueueUrl, "HOLDFAST_REVIEW_QUEUE_URL", "URL of the queue of cases for a person.";
    FailureQueueUrl, "HOLDFAST_FAILURE_QUEUE_URL", "URL of the queue of what a function cannot work of a stream.";
    StripeApiUrl, "HOLDFAST_STRIPE_API_URL", "Where Stripe is; Stripe itself if absent.";
    PaymentCallsPerSecond, "HOLDFAST_PAYMENT_CALLS_PER_SECOND", "How many calls that begin to reserve money are made in a second.";
    StripeKeySecretId, "HOLDFAST_STRIPE_KEY_SECRET_ID", "Name or ARN of the secret with Stripe's API key.";
    StripeWebhookSecretId, "HOLDFAST_STRIPE_WEBHOOK_SECRET_ID", "Name or ARN of the secret with the key of Stripe's webhooks.";
    PartnerSecretId, "HOLDFAST_PARTNER_SECRET_ID", "Name or ARN of the secret with the key that signs notices to the partner.";
    QuoteKeySecretId, "HOLDFAST_QUOTE_KEY_SECRET_ID", "Name or ARN of the secret with the key that signs quotes.";
    PartnerWebhookUrl, "HOLDFAST_PARTNER_WEBHOOK_URL", "The partner's endpoint; no partner is notified if absent.";
    MailFrom, "HOLDFAST_MAIL_FROM", "Sender of mails.";
    GuestPoolId, "HOLDFAST_GUEST_POOL_ID", "Id of the user pool that guests sign up to.";
    PublicUrl, "HOLDFAST_PUBLIC_URL", "Where clients reach the API; the host that the gateway names if absent.";
    EdgeKeys, "HOLDFAST_EDGE_KEYS", "The keys of which a request must bring one, with commas; none is demanded if absent.";
    TokenIssuers, "HOLDFAST_TOKEN_ISSUERS", "Whose tokens are believed, as JSON (`holdfast_http::identity::Issuers`).";
    LogFilter, "HOLDFAST_LOG", "Filter of the log, in the syntax of `tracing`; `info` if absent, and at most that in release.";
}

impl Variable {
    fn default(self) -> Option<&'static str> {
        match self {
            Self::StripeApiUrl => Some(STRIPE_API_URL),
            Self::LogFilter => Some(LOG_FILTER),
            Self::Region
            | Self::Endpoint
            | Self::LedgerTable
            | Self::HoldsTable
            | Self::ConfidentialTable
            | Self::SearchTable
            | Self::BusName
            | Self::BookingMachine
            | Self::CancellationMachine
            | Self::TimerQueueUrl
            | Self::ReviewQueueUrl
            | Self::FailureQueueUrl
            | Self::PaymentCallsPerSecond
            | Self::StripeKeySecretId
            | Self::StripeWebhookSecretId
            | Self::PartnerSecretId
            | Self::QuoteKeySecretId
            | Self::PartnerWebhookUrl
            | Self::MailFrom
            | Self::GuestPoolId
            | Self::PublicUrl
            | Self::EdgeKeys
            | Self::TokenIssuers => None,
        }
    }
}

/// Variables that are needed and absent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("missing in the environment: {}", .0.iter().map(|variable| variable.as_str()).collect::<Vec<_>>().join(", "))]
pub struct MissingVariables(pub Vec<Variable>);

/// What the environment says.
#[derive(Debug, Clone)]
pub struct Config {
    values: BTreeMap<Variable, String>,
}

impl Config {
    /// Reads the environment of this process.
    ///
    /// # Errors
    /// [`MissingVariables`], all of `needs` that are absent.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn from_environment(needs: &[Variable]) -> Result<Self, MissingVariables> {
        Self::read(needs, |name| std::env::var(name).ok())
    }

    /// Reads from anywhere.
    ///
    /// # Errors
    /// [`MissingVariables`].
    pub fn read(
        needs: &[Variable],
        source: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, MissingVariables> {
        let values: BTreeMap<Variable, String> = Variable::ALL
            .iter()
            .filter_map(|variable| {
                let value = source(variable.as_str()).filter(|value| !value.is_empty());
                Some((*variable, value.or_else(|| variable.default().map(str::to_owned))?))
            })
            .collect();
        let missing: Vec<Variable> =
            needs.iter().copied().filter(|variable| !values.contains_key(variable)).collect();
        if missing.is_empty() { Ok(Self { values }) } else { Err(MissingVariables(missing)) }
    }

    /// A value, if the environment has it.
    #[must_use]
    pub fn get(&self, variable: Variable) -> Option<&str> {
        self.values.get(&variable).map(String::as_str)
    }

    /// A value that must be there.
    ///
    /// # Errors
    /// [`MissingVariables`], when it is not set and has no default.
    pub fn require(&self, variable: Variable) -> Result<&str, MissingVariables> {
        self.get(variable).ok_or_else(|| MissingVariables(vec![variable]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_missing_variable_is_named_at_once() {
        let source = |name: &str| match name {
            "HOLDFAST_LEDGER_TABLE" => Some("ledger".to_owned()),
            "HOLDFAST_BUS_NAME" => Some(String::new()),
            _ => None,
        };
        let needs = [Variable::LedgerTable, Variable::HoldsTable, Variable::BusName, Variable::StripeApiUrl];
        let missing = Config::read(&needs, source).expect_err("two are missing");
        assert_eq!(
            missing.to_string(),
            "missing in the environment: HOLDFAST_HOLDS_TABLE, HOLDFAST_BUS_NAME"
        );
    }

    #[test]
    fn absent_values_have_defaults_where_there_is_a_sensible_one() {
        let config = Config::read(&[], |_| None).expect("nothing is needed");
        assert_eq!(config.get(Variable::StripeApiUrl), Some("https://api.stripe.com"));
        assert_eq!(config.get(Variable::LogFilter), Some("info"));
        assert_eq!(config.get(Variable::Endpoint), None);
        assert!(config.require(Variable::MailFrom).is_err());
    }
}
