//! One payment of a booking, from its preparation to its refund.

use jiff::Timestamp;
use thiserror::Error;

use super::PaymentStatus;
use crate::money::Money;

/// What the customer has to do at their bank.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CustomerAction {
    /// Stripe's client secret, for the guest's own device.
    pub client_secret: String,
    /// Where the bank's page is, if the provider names one.
    pub redirect_url: Option<String>,
    /// Until when it can be done in time.
    pub expires_at: Timestamp,
}

/// A payment by card, through the payment provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CardPayment {
    /// The provider's name for the payment method that the guest named; never card data.
    pub payment_method: String,
    /// The provider's name for the payment, once there is one.
    pub intent: Option<String>,
    /// What the customer has to do, while it waits for them.
    pub action: Option<CustomerAction>,
}

/// Through what an amount is paid.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PaymentMethod {
    /// A card.
    Card(CardPayment),
    /// An account that the payer settles later, without a provider.
    OnAccount,
}

/// A payment. Nothing to pay is no payment, not one of zero.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Payment {
    /// Through what it is paid.
    pub method: PaymentMethod,
    /// What is to be paid through it.
    pub amount: Money,
    /// How far it has come.
    pub status: PaymentStatus,
    /// Taken so far.
    pub captured: Money,
    /// Given back so far.
    pub refunded: Money,
}

/// What happened to a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentStep {
    /// The provider knows of the payment; no money is touched.
    Created {
        /// The provider's name for it.
        intent: String,
    },
    /// The bank wants the customer.
    ActionRequired {
        /// What they have to do.
        action: CustomerAction,
    },
    /// The amount is reserved.
    Authorized,
    /// The money is taken.
    Captured {
        /// How much.
        amount: Money,
    },
    /// The reservation was given back.
    Voided,
    /// Money was given back.
    Refunded {
        /// How much in all, so far.
        total: Money,
    },
}

impl PaymentStep {
    /// The event's type on the bus and in the audit trail.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Created { .. } => "payment.created",
            Self::ActionRequired { .. } => "payment.action_required",
            Self::Authorized => "payment.authorized",
            Self::Captured { .. } => "payment.captured",
            Self::Voided => "payment.voided",
            Self::Refunded { .. } => "payment.refunded",
        }
    }
}

/// Why a step may not happen to a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PaymentRejection {
    /// The payment's status or its method does not allow it.
    #[error("the payment does not take this step")]
    OutOfTurn,
    /// More would be given back than was taken.
    #[error("refunds would exceed what was captured")]
    RefundExceedsCapture,
    /// Another amount would be taken than is to be paid, or in another currency.
    #[error("the captured amount is not the price")]
    WrongAmount,
}

impl Payment {
    /// A payment of `amount` by card, before its first step.
    #[must_use]
    pub fn by_card(payment_method: String, amount: Money) -> Self {
        Self::new(PaymentMethod::Card(CardPayment { payment_method, intent: None, action: None }), amount)
    }

    /// A payment of `amount`, before its first step.
    #[must_use]
    pub fn new(method: PaymentMethod, amount: Money) -> Self {
        let nothing = Money::zero(amount.currency());
        Self { method, amount, status: PaymentStatus::Pending, captured: nothing, refunded: nothing }
    }

    /// Its card, if it is paid by one.
    #[must_use]
    pub fn card(&self) -> Option<&CardPayment> {
        match &self.method {
            PaymentMethod::Card(card) => Some(card),
            PaymentMethod::OnAccount => None,
        }
    }

    fn card_mut(&mut self) -> Option<&mut CardPayment> {
        match &mut self.method {
            PaymentMethod::Card(card) => Some(card),
            PaymentMethod::OnAccount => None,
        }
    }

    /// Whether `step` changes something: false if it already happened.
    ///
    /// # Errors
    /// [`PaymentRejection`].
    pub fn decide(&self, step: &PaymentStep) -> Result<bool, PaymentRejection> {
        use PaymentStatus as P;
        let out_of_turn = Err(PaymentRejection::OutOfTurn);
        match step {
            PaymentStep::Created { intent } => match self.card() {
                None => out_of_turn,
                Some(card) => match &card.intent {
                    None => Ok(true),
                    Some(known) if known == intent => Ok(false),
                    Some(_) => out_of_turn,
                },
            },
            PaymentStep::ActionRequired { .. } => match (self.status, self.card()) {
                (P::Pending, Some(card)) => Ok(card.action.is_none()),
                (
                    P::Pending
                    | P::Authorized
                    | P::Captured
                    | P::Voided
                    | P::PartiallyRefunded
                    | P::Refunded
                    | P::Failed,
                    _,
                ) => out_of_turn,
            },
            PaymentStep::Authorized => match self.status {
                P::Pending => Ok(true),
                P::Authorized | P::Captured | P::PartiallyRefunded | P::Refunded => Ok(false),
                P::Voided | P::Failed => out_of_turn,
            },
            PaymentStep::Captured { amount } => match self.status {
                _ if *amount != self.amount => Err(PaymentRejection::WrongAmount),
                P::Captured | P::PartiallyRefunded | P::Refunded => Ok(false),
                P::Pending | P::Authorized => Ok(true),
                P::Voided | P::Failed => out_of_turn,
            },
            PaymentStep::Voided => match self.status {
                P::Pending | P::Authorized => Ok(true),
                P::Voided | P::Failed => Ok(false),
                P::Captured | P::PartiallyRefunded | P::Refunded => out_of_turn,
            },
            PaymentStep::Refunded { total } => match self.status {
                P::Captured | P::PartiallyRefunded | P::Refunded => {
                    if total.currency() != self.captured.currency() || total.amount() > self.captured.amount()
                    {
                        return Err(PaymentRejection::RefundExceedsCapture);
                    }
                    Ok(total.amount() > self.refunded.amount())
                }
                P::Pending | P::Authorized | P::Voided | P::Failed => out_of_turn,
            },
        }
    }

    /// The payment after a step.
    pub(super) fn evolve(&mut self, step: &PaymentStep) {
        match step {
            PaymentStep::Created { intent } => {
                if let Some(card) = self.card_mut() {
                    card.intent = Some(intent.clone());
                }
            }
            PaymentStep::ActionRequired { action } => {
                if let Some(card) = self.card_mut() {
                    card.action = Some(action.clone());
                }
            }
            PaymentStep::Authorized => {
                self.status = PaymentStatus::Authorized;
                self.forget_action();
            }
            PaymentStep::Captured { amount } => {
                self.status = PaymentStatus::Captured;
                self.captured = *amount;
                self.forget_action();
            }
            PaymentStep::Voided => {
                self.status = PaymentStatus::Voided;
                self.forget_action();
            }
            PaymentStep::Refunded { total } => {
                self.refunded = *total;
                self.status = if total.amount() == self.captured.amount() {
                    PaymentStatus::Refunded
                } else {
                    PaymentStatus::PartiallyRefunded
                };
            }
        }
    }

    /// Nothing is asked of the customer any more.
    pub(super) fn forget_action(&mut self) {
        if let Some(card) = self.card_mut() {
            card.action = None;
        }
    }

    /// The card was declined. What was taken or given back before stays known: it has to be settled.
    pub(super) fn decline(&mut self) {
        if matches!(self.status, PaymentStatus::Pending | PaymentStatus::Authorized) {
            self.status = PaymentStatus::Failed;
        }
    }
}
