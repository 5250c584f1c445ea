//! One payment of a booking, from its preparation to its refund.

use jiff::Timestamp;
use thiserror::Error;

use super::PaymentStatus;
use crate::money::Money;

/// What the customer has to do at their bank. A booking knows only that it awaits them ([`AwaitedAction`]): whoever reads bookings
/// need not read this.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CustomerAction {
    /// Stripe's client secret, for the guest's own device.
    pub client_secret: String,
    /// Where the bank's page is, if the provider names one.
    pub redirect_url: Option<String>,
    /// Until when it can be done in time.
    pub expires_at: Timestamp,
}

impl CustomerAction {
    /// What a booking knows of it.
    #[must_use]
    pub fn awaited(&self) -> AwaitedAction {
        AwaitedAction { has_page: self.redirect_url.is_some(), expires_at: self.expires_at }
    }
}

/// That the customer has something to do at their bank. How, is kept apart from the booking ([`CustomerAction`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AwaitedAction {
    /// Whether the provider names the bank's page.
    pub has_page: bool,
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
    /// That the customer has something to do, while it waits for them.
    pub action: Option<AwaitedAction>,
}

/// Through what an amount is paid.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PaymentMethod {
    /// A card.
    Card(CardPayment),
    /// An account that the payer settles later, without a provider.
    OnAccount,
}

/// How far the last refund of a payment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum RefundProgress {
    /// Nothing is on its way: all that was given back has arrived, if anything was.
    #[default]
    Final,
    /// The provider has accepted and counted it; it may still fail.
    Pending,
    /// It was refused, or has come back: what was to be given back is still the house's.
    Failed,
}

impl RefundProgress {
    /// All.
    pub const ALL: [Self; 3] = [Self::Final, Self::Pending, Self::Failed];
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
    /// Given back so far, with what is on its way.
    pub refunded: Money,
    /// How far the last refund has come.
    pub refund: RefundProgress,
    /// Taken back by the card's bank, in disputes that were lost: all that was captured, or a part.
    pub charged_back: Money,
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
    /// The money is taken: the amount, or less if a person at the provider took a part only.
    Captured {
        /// How much, as the provider says.
        amount: Money,
    },
    /// The reservation was given back.
    Voided,
    /// Money was given back.
    Refunded {
        /// How much in all, so far.
        total: Money,
    },
    /// Money is on its way back. It counts as given back, and may still fail.
    RefundPending {
        /// How much in all, so far.
        total: Money,
    },
    /// A refund was refused, or has come back from the bank.
    RefundFailed {
        /// How much in all was given back without it.
        total: Money,
    },
    /// The card's bank disputes the payment.
    Disputed,
    /// The dispute is over, and the money is the house's as before.
    DisputeWon,
    /// The card's bank has taken the money back, or a part of it.
    ChargedBack {
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
            Self::RefundPending { .. } => "payment.refund_pending",
            Self::RefundFailed { .. } => "payment.refund_failed",
            Self::Disputed => "payment.disputed",
            Self::DisputeWon => "payment.dispute_won",
            Self::ChargedBack { .. } => "payment.charged_back",
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
    /// Nothing, or more than is to be paid, would be taken, or in another currency.
    #[error("the captured amount is not within the price")]
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
        let (status, refund) = (PaymentStatus::Pending, RefundProgress::Final);
        Self { method, amount, status, captured: nothing, refunded: nothing, refund, charged_back: nothing }
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
                    | P::Failed
                    | P::Disputed
                    | P::ChargedBack,
                    _,
                ) => out_of_turn,
            },
            PaymentStep::Authorized => match self.status {
                P::Pending => Ok(true),
                P::Authorized
                | P::Captured
                | P::PartiallyRefunded
                | P::Refunded
                | P::Disputed
                | P::ChargedBack => Ok(false),
                P::Voided | P::Failed => out_of_turn,
            },
            PaymentStep::Captured { amount } => match self.status {
                P::Captured | P::PartiallyRefunded | P::Refunded | P::Disputed | P::ChargedBack => Ok(false),
                P::Pending | P::Authorized if self.takes(*amount) => Ok(true),
                P::Pending | P::Authorized => Err(PaymentRejection::WrongAmount),
                P::Voided | P::Failed => out_of_turn,
            },
            PaymentStep::Voided => match self.status {
                P::Pending | P::Authorized => Ok(true),
                P::Voided | P::Failed => Ok(false),
                P::Captured | P::PartiallyRefunded | P::Refunded | P::Disputed | P::ChargedBack => {
                    out_of_turn
                }
            },
            PaymentStep::Refunded { .. }
            | PaymentStep::RefundPending { .. }
            | PaymentStep::RefundFailed { .. }
            | PaymentStep::Disputed
            | PaymentStep::DisputeWon
            | PaymentStep::ChargedBack { .. } => {
                if self.status.is_captured() {
                    self.decide_after_capture(step)
                } else {
                    out_of_turn
                }
            }
        }
    }

    /// Whether a step of a payment that was captured changes something.
    fn decide_after_capture(&self, step: &PaymentStep) -> Result<bool, PaymentRejection> {
        let beyond = |total: &Money| match total.currency() == self.captured.currency() {
            true if total.amount() <= self.captured.amount() => Ok(total.amount() - self.refunded.amount()),
            true | false => Err(PaymentRejection::RefundExceedsCapture),
        };
        match step {
            PaymentStep::Refunded { total } => {
                let more = beyond(total)?;
                Ok(more > 0 || (more == 0 && self.refund == RefundProgress::Pending))
            }
            PaymentStep::RefundPending { total } => Ok(beyond(total)? > 0),
            PaymentStep::RefundFailed { total } => {
                Ok(beyond(total)? != 0 || self.refund != RefundProgress::Failed)
            }
            PaymentStep::Disputed => Ok(self.status != PaymentStatus::Disputed),
            PaymentStep::DisputeWon => Ok(self.is_contested()),
            PaymentStep::ChargedBack { total } => {
                beyond(total)?;
                Ok((self.status, self.charged_back) != (PaymentStatus::ChargedBack, *total))
            }
            PaymentStep::Created { .. }
            | PaymentStep::ActionRequired { .. }
            | PaymentStep::Authorized
            | PaymentStep::Captured { .. }
            | PaymentStep::Voided => Err(PaymentRejection::OutOfTurn),
        }
    }

    fn is_contested(&self) -> bool {
        matches!(self.status, PaymentStatus::Disputed | PaymentStatus::ChargedBack)
    }

    /// The status of a captured payment by what was given back, disputes aside.
    #[must_use]
    pub fn status_by_refunds(&self) -> PaymentStatus {
        match self.refunded.amount() {
            0 => PaymentStatus::Captured,
            all if all == self.captured.amount() => PaymentStatus::Refunded,
            _ => PaymentStatus::PartiallyRefunded,
        }
    }

    fn refund_is(&mut self, total: Money, refund: RefundProgress) {
        (self.refunded, self.refund) = (total, refund);
        if !self.is_contested() {
            self.status = self.status_by_refunds();
        }
    }

    fn takes(&self, amount: Money) -> bool {
        amount.currency() == self.amount.currency() && (1..=self.amount.amount()).contains(&amount.amount())
    }

    /// What a refund failed to give back is due by a cancellation that comes after it.
    pub(super) fn forget_failed_refund(&mut self) {
        if self.refund == RefundProgress::Failed {
            self.refund = RefundProgress::Final;
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
                    card.action = Some(action.awaited());
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
            PaymentStep::Refunded { total } => self.refund_is(*total, RefundProgress::Final),
            PaymentStep::RefundPending { total } => self.refund_is(*total, RefundProgress::Pending),
            PaymentStep::RefundFailed { total } => self.refund_is(*total, RefundProgress::Failed),
            PaymentStep::Disputed => self.status = PaymentStatus::Disputed,
            PaymentStep::DisputeWon => {
                self.status = self.status_by_refunds();
                self.charged_back = Money::zero(self.captured.currency());
            }
            PaymentStep::ChargedBack { total } => {
                (self.status, self.charged_back) = (PaymentStatus::ChargedBack, *total);
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
