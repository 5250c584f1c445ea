//! Implements [`Payments`] on PaymentIntents with manual capture (<https://docs.stripe.com/api/payment_intents>).

use std::sync::Arc;

use async_trait::async_trait;
use holdfast_app::PaymentError;
use holdfast_app::kernel::SecretReader;
use holdfast_app::operations::{ListedPayment, Part, PaymentListing, Unreadable};
use holdfast_app::payments::{Dispute, NewPayment, Payment, PaymentInquiry, PaymentState, Payments};
use holdfast_domain::payments::RefundProgress;
use holdfast_domain::{BookingId, Money};
use holdfast_stripe_amounts::ProviderAmount;
use jiff::Timestamp;
use tokio::sync::OnceCell;

use crate::client::{Answer, Refusal, StripeClient, StripeEndpoint};
use crate::wire::{BOOKING_METADATA, Entry, Intent, List, Refund, StripeDispute};

/// The most keys that one operation may use: the first, and one more for each outdated answer that Stripe repeats.
const KEYS_MAX: u32 = 4;
/// The most payments of one answer: half of what Stripe would list, since an intent with its charge has some 10 KB.
const LISTED_MAX: u32 = 50;
/// The most disputes of one payment that are looked at.
const DISPUTES_MAX: u32 = 10;
const EXPAND: (&str, &str) = ("expand[]", "latest_charge");

/// Stripe as the payment provider, called with a key that is read when it is needed.
pub struct StripePayments {
    endpoint: StripeEndpoint,
    secrets: Arc<dyn SecretReader>,
    client: OnceCell<StripeClient>,
}

/// A step of a PaymentIntent, with the states in which it is due.
#[derive(Clone, Copy)]
struct Step {
    name: &'static str,
    path: &'static str,
    /// Whether the guest's payment method comes with it.
    takes_card: bool,
    is_due: fn(&PaymentState) -> bool,
}

const AUTHORIZE: Step = Step {
    name: "authorize",
    path: "confirm",
    takes_card: true,
    is_due: |state| matches!(state, PaymentState::NotStarted),
};
const CAPTURE: Step = Step {
    name: "capture",
    path: "capture",
    takes_card: false,
    is_due: |state| matches!(state, PaymentState::Authorized),
};
const VOID: Step = Step {
    name: "void",
    path: "cancel",
    takes_card: false,
    is_due: |state| match state {
        PaymentState::Captured | PaymentState::Voided => false,
        PaymentState::NotStarted
        | PaymentState::ActionRequired { .. }
        | PaymentState::Processing
        | PaymentState::Authorized
        | PaymentState::Declined { .. } => true,
    },
};

/// Derives the key of an operation on a booking. A repetition has the same key; after a stored failure the next number follows.
fn idempotency_key(booking: &BookingId, operation: &str, attempt: u32) -> String {
    match attempt {
        0 => format!("holdfast-{booking}-{operation}"),
        _ => format!("holdfast-{booking}-{operation}-after-{attempt}"),
    }
}

/// An amount as Stripe counts it. That it can be said so was checked when its price came into being.
fn in_units(amount: Money) -> Result<String, PaymentError> {
    match ProviderAmount::of(amount) {
        Ok(provided) => Ok(provided.amount().to_string()),
        Err(error) => {
            Err(PaymentError::Refused { code: "amount_not_payable".to_owned(), message: error.to_string() })
        }
    }
}

fn unknown(reason: &str) -> PaymentError {
    PaymentError::Unknown(reason.into())
}

/// Checks that an id has only characters of Stripe's ids, since it goes into a path.
fn checked(intent: &str) -> Result<&str, PaymentError> {
    if !intent.is_empty() && intent.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        Ok(intent)
    } else {
        Err(PaymentError::Refused {
            code: "resource_missing".to_owned(),
            message: "not the id of a payment intent".to_owned(),
        })
    }
}

impl StripePayments {
    /// Makes the provider.
    #[must_use]
    pub fn new(endpoint: StripeEndpoint, secrets: Arc<dyn SecretReader>) -> Self {
        Self { endpoint, secrets, client: OnceCell::new() }
    }

    /// Makes the client at the first call. When this fails, nothing has been asked of Stripe, and the next call tries again.
    async fn client(&self) -> Result<&StripeClient, PaymentError> {
        let make = || async {
            StripeClient::new(&self.endpoint, Arc::clone(&self.secrets)).map_err(PaymentError::Unavailable)
        };
        self.client.get_or_try_init(make).await
    }

    async fn step(
        &self,
        step: Step,
        booking: &BookingId,
        intent: &str,
        form: &[(&str, &str)],
    ) -> Result<Payment, PaymentError> {
        let path = format!("/v1/payment_intents/{}/{}", checked(intent)?, step.path);
        for attempt in 0..KEYS_MAX {
            let key = idempotency_key(booking, step.name, attempt);
            let refusal = match self.client().await?.post::<Intent>(&path, form, &key).await? {
                Answer::Done { value, .. } => return value.payment(),
                Answer::Refused(refusal) => *refusal,
            };
            if refusal.is_repeated_failure() {
                let payment = self.after_doubt(intent).await?;
                if !(step.is_due)(&payment.state) {
                    return Ok(payment);
                }
                continue;
            }
            if refusal.is_unexpected_state() {
                let payment = self.after_doubt(intent).await?;
                if (step.is_due)(&payment.state) {
                    return Err(unknown("Stripe refuses a step as out of turn, and asks for it"));
                }
                return Ok(payment);
            }
            let is_of_card = step.takes_card && refusal.is_of_payment_method();
            if refusal.is_decline() || is_of_card {
                return self.declined(intent, refusal).await;
            }
            return Err(refusal.into_error());
        }
        Err(unknown("Stripe keeps failing"))
    }

    /// Inquires in the middle of an operation whose outcome is unknown. Without an answer it stays unknown.
    async fn after_doubt(&self, intent: &str) -> Result<Payment, PaymentError> {
        self.inquire(intent).await.map_err(|error| match error {
            PaymentError::Unavailable(source) => PaymentError::Unknown(source),
            other => other,
        })
    }

    /// The payment with what the card's bank says against it, which is asked for where it has said something.
    async fn with_dispute(&self, payment: Payment, was_disputed: bool) -> Result<Payment, PaymentError> {
        if !was_disputed {
            return Ok(payment);
        }
        let path = format!("/v1/disputes?limit={DISPUTES_MAX}&payment_intent={}", checked(&payment.intent)?);
        let disputes = match self.client().await?.get::<List<StripeDispute>>(&path).await? {
            Answer::Done { value, .. } => value.data,
            Answer::Refused(refusal) => {
                return Err(match refusal.into_absence() {
                    PaymentError::Refused { code, message } => {
                        PaymentError::Unavailable(format!("{code}: {message}").into())
                    }
                    other => other,
                });
            }
        };
        let said = disputes.iter().map(StripeDispute::dispute).collect::<Result<Vec<_>, _>>()?;
        let worst = [Dispute::Open, Dispute::Lost].into_iter().find(|dispute| said.contains(dispute));
        let mut charged_back = payment.charged_back;
        for (lost, _) in disputes.iter().zip(&said).filter(|(_, said)| **said == Dispute::Lost) {
            let sum = charged_back.add(lost.amount_of(payment.taken)?).unwrap_or(payment.taken);
            charged_back = if sum.amount() > payment.taken.amount() { payment.taken } else { sum };
        }
        Ok(Payment { dispute: worst.unwrap_or(Dispute::None), charged_back, ..payment })
    }

    async fn declined(&self, intent: &str, mut refusal: Refusal) -> Result<Payment, PaymentError> {
        match refusal.error.payment_intent.take() {
            Some(known) => known.declined(&refusal.error),
            None => {
                let payment = self.after_doubt(intent).await?;
                Ok(Payment { state: PaymentState::Declined { code: refusal.error.decline() }, ..payment })
            }
        }
    }
}

#[async_trait]
impl PaymentInquiry for StripePayments {
    async fn inquire(&self, intent: &str) -> Result<Payment, PaymentError> {
        let path = format!("/v1/payment_intents/{}?expand%5B%5D=latest_charge.refunds", checked(intent)?);
        let intent = match self.client().await?.get::<Intent>(&path).await? {
            Answer::Done { value, .. } => value,
            Answer::Refused(refusal) => return Err(refusal.into_absence()),
        };
        let was_disputed = intent.was_disputed();
        self.with_dispute(intent.payment()?, was_disputed).await
    }
}

#[async_trait]
impl Payments for StripePayments {
    async fn create(&self, payment: &NewPayment) -> Result<String, PaymentError> {
        let (amount, currency) =
            (in_units(payment.amount)?, payment.amount.currency().code().to_ascii_lowercase());
        let metadata = format!("metadata[{BOOKING_METADATA}]");
        let description = format!("Booking {}", payment.confirmation_number);
        let form = [
            ("amount", amount.as_str()),
            ("currency", currency.as_str()),
            ("capture_method", "manual"),
            ("payment_method_types[]", "card"),
            (metadata.as_str(), payment.booking.as_str()),
            ("description", description.as_str()),
        ];
        for attempt in 0..KEYS_MAX {
            let key = idempotency_key(&payment.booking, "create", attempt);
            match self.client().await?.post::<Intent>("/v1/payment_intents", &form, &key).await? {
                Answer::Done { value, .. } => return Ok(value.id),
                // An intent made by the failed request stays unconfirmed: no money is at stake.
                Answer::Refused(refusal) if refusal.is_repeated_failure() => {}
                Answer::Refused(refusal) => return Err(refusal.into_error()),
            }
        }
        Err(unknown("Stripe keeps failing"))
    }

    async fn authorize(
        &self,
        booking: &BookingId,
        intent: &str,
        payment_method: &str,
    ) -> Result<Payment, PaymentError> {
        self.step(AUTHORIZE, booking, intent, &[("payment_method", payment_method), EXPAND]).await
    }

    async fn capture(
        &self,
        booking: &BookingId,
        intent: &str,
        amount: Money,
    ) -> Result<Payment, PaymentError> {
        let amount = in_units(amount)?;
        self.step(CAPTURE, booking, intent, &[("amount_to_capture", &amount), EXPAND]).await
    }

    async fn void(&self, booking: &BookingId, intent: &str) -> Result<Payment, PaymentError> {
        self.step(VOID, booking, intent, &[EXPAND]).await
    }

    /// Refunds an amount. The key contains the sum refunded before, so that a repetition has the same key and the next refund
    /// another.
    async fn refund(
        &self,
        booking: &BookingId,
        intent: &str,
        amount: Money,
        already: Money,
    ) -> Result<RefundProgress, PaymentError> {
        let operation = format!("refund-from-{}", already.amount());
        let target = already
            .add(amount)
            .map_err(|error| PaymentError::Refused {
                code: "amount_too_large".to_owned(),
                message: error.to_string(),
            })?
            .amount();
        let amount = in_units(amount)?;
        let metadata = format!("metadata[{BOOKING_METADATA}]");
        let form = [
            ("payment_intent", checked(intent)?),
            ("amount", amount.as_str()),
            (metadata.as_str(), booking.as_str()),
        ];
        for attempt in 0..KEYS_MAX {
            let key = idempotency_key(booking, &operation, attempt);
            let refusal = match self.client().await?.post::<Refund>("/v1/refunds", &form, &key).await? {
                Answer::Done { value, replayed: false } => return value.verdict(),
                // A refund may fail days after it was taken on; the first answer says nothing of that.
                Answer::Done { replayed: true, .. } => None,
                Answer::Refused(refusal) if refusal.is_repeated_failure() => None,
                Answer::Refused(refusal) => match refusal.into_error() {
                    error @ PaymentError::Refused { .. } => Some(error),
                    error => return Err(error),
                },
            };
            let payment = self.after_doubt(intent).await?;
            if payment.refunded.amount() >= target {
                return Ok(if payment.refund_pending {
                    RefundProgress::Pending
                } else {
                    RefundProgress::Final
                });
            }
            if let Some(error) = refusal {
                return Err(error);
            }
        }
        Err(unknown("Stripe keeps failing"))
    }
}

#[async_trait]
impl PaymentListing for StripePayments {
    /// Lists payments newest first, as Stripe does (<https://docs.stripe.com/api/payment_intents/list>). An intent without a booking
    /// in its metadata is not ours.
    async fn payments_part(
        &self,
        since: Timestamp,
        cursor: Option<&str>,
    ) -> Result<Part<ListedPayment>, PaymentError> {
        let mut path = format!(
            "/v1/payment_intents?limit={LISTED_MAX}&created%5Bgte%5D={}&expand%5B%5D=data.latest_charge",
            since.as_second()
        );
        if let Some(after) = cursor {
            path = format!("{path}&starting_after={}", checked(after)?);
        }
        let list = match self.client().await?.get::<List<Entry>>(&path).await? {
            Answer::Done { value, .. } => value,
            Answer::Refused(refusal) => return Err(refusal.into_absence()),
        };
        let next = list.data.last().filter(|_| list.has_more).map(|last| last.id().to_owned());
        let mut part = Part { items: Vec::new(), unreadable: Vec::new(), next };
        for entry in list.data.into_iter().filter(Entry::is_ours) {
            let item = entry.id().to_owned();
            match self.listed(entry).await {
                Ok(listed) => part.items.push(listed),
                Err(PaymentError::Unknown(reason)) => {
                    part.unreadable.push(Unreadable { item, reason: reason.to_string() });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(part)
    }
}

impl StripePayments {
    /// An entry of a list as a payment.
    async fn listed(&self, entry: Entry) -> Result<ListedPayment, PaymentError> {
        let Entry::Intent(intent) = entry else {
            return Err(PaymentError::Unknown("it does not look like a payment intent".into()));
        };
        let was_disputed = intent.was_disputed();
        let listed = intent.listed()?;
        let payment = self.with_dispute(listed.payment, was_disputed).await?;
        Ok(ListedPayment { payment, ..listed })
    }
}

impl Refund {
    /// Reads how far a refund has come. A pending one counts as made: Stripe has accepted and counted it.
    fn verdict(self) -> Result<RefundProgress, PaymentError> {
        match self.status.as_deref() {
            Some("failed" | "canceled") => Err(PaymentError::Refused {
                code: "refund_failed".to_owned(),
                message: self.failure_reason.clone().unwrap_or_default(),
            }),
            Some(_) | None if self.is_pending() => Ok(RefundProgress::Pending),
            Some(_) | None => Ok(RefundProgress::Final),
        }
    }
}
