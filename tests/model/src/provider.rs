//! The payment provider, as far as money goes: one payment per booking, idempotency keys included.
//!
//! As with Stripe, a repeated call under the same key repeats its first answer, even if the payment has moved on; a step
//! asked out of turn is answered with where the payment stands.

use holdfast_app::payments::PaymentState;

/// What a payment is about, in minor units.
pub const PRICE: i64 = 100;

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stand {
    /// Nobody has tried to pay.
    NotStarted,
    /// The bank wants the customer.
    ActionRequired,
    /// The amount is reserved.
    Authorized,
    /// The money is taken.
    Captured,
    /// Given up.
    Voided,
    /// The card was declined.
    Declined,
}

impl Stand {
    /// As the port says it.
    #[must_use]
    pub fn state(self) -> PaymentState {
        match self {
            Self::NotStarted => PaymentState::NotStarted,
            Self::ActionRequired => {
                PaymentState::ActionRequired { client_secret: "secret".to_owned(), redirect_url: None }
            }
            Self::Authorized => PaymentState::Authorized,
            Self::Captured => PaymentState::Captured,
            Self::Voided => PaymentState::Voided,
            Self::Declined => PaymentState::Declined { code: "card_declined".to_owned() },
        }
    }
}

/// What the bank says when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bank {
    /// Yes.
    Agrees,
    /// No.
    Declines,
    /// The customer must come.
    WantsCustomer,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Intent {
    /// Where it stands.
    pub stand: Stand,
    /// Given back so far.
    pub refunded: i64,
    /// The first answer to the request to authorize.
    authorized_as: Option<Stand>,
    /// The bank would not give what it had reserved.
    capture_refused: bool,
    /// What had been given back before each refund, with its amount.
    refunds: Vec<(i64, i64)>,
}

/// The provider refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Refused;

impl Intent {
    /// A payment nobody has tried yet.
    #[must_use]
    pub fn create() -> Self {
        Self {
            stand: Stand::NotStarted,
            refunded: 0,
            authorized_as: None,
            capture_refused: false,
            refunds: Vec::new(),
        }
    }

    /// Asks the bank to reserve the amount. Gives the answer.
    pub fn authorize(&mut self, bank: Bank) -> Stand {
        if let Some(first) = self.authorized_as {
            return first;
        }
        if self.stand == Stand::NotStarted {
            self.stand = match bank {
                Bank::Agrees => Stand::Authorized,
                Bank::Declines => Stand::Declined,
                Bank::WantsCustomer => Stand::ActionRequired,
            };
            self.authorized_as = Some(self.stand);
        }
        self.stand
    }

    /// The customer is done at their bank; `false` if nobody waits for them.
    pub fn customer(&mut self, passes: bool) -> bool {
        let awaited = self.stand == Stand::ActionRequired;
        if awaited {
            self.stand = if passes { Stand::Authorized } else { Stand::Declined };
        }
        awaited
    }

    /// Takes the reserved amount.
    ///
    /// # Errors
    /// [`Refused`] if the bank does not give it after all.
    pub fn capture(&mut self, bank: Bank) -> Result<Stand, Refused> {
        if self.stand == Stand::Authorized {
            self.capture_refused |= bank != Bank::Agrees;
            if self.capture_refused {
                return Err(Refused);
            }
            self.stand = Stand::Captured;
        }
        Ok(self.stand)
    }

    /// Gives the payment up, unless the money is taken.
    pub fn void(&mut self) -> Stand {
        if self.stand != Stand::Captured {
            self.stand = Stand::Voided;
        }
        self.stand
    }

    /// Gives `amount` back; the key names what was given back before, `None` for a key of its own.
    ///
    /// # Errors
    /// [`Refused`] where there is nothing to give back, or the key belongs to another refund.
    pub fn refund(&mut self, amount: i64, already: Option<i64>) -> Result<(), Refused> {
        if let Some(already) = already
            && let Some((_, known)) = self.refunds.iter().find(|(key, _)| *key == already)
        {
            return if *known == amount || self.refunded >= already + amount { Ok(()) } else { Err(Refused) };
        }
        if self.stand != Stand::Captured || self.refunded + amount > PRICE {
            return Err(Refused);
        }
        self.refunded += amount;
        if let Some(already) = already {
            self.refunds.push((already, amount));
        }
        Ok(())
    }

    /// What the house has of it.
    #[must_use]
    pub fn kept(&self) -> i64 {
        if self.stand == Stand::Captured { PRICE - self.refunded } else { 0 }
    }
}
