//! The booking saga's state machine: which step follows which outcome. The same as `statemachines/booking.asl.json`; a test
//! reads that file and holds the two against each other.

use holdfast_app::payments::Outcome;

/// How often the machine asks the bank anew when the request never arrived; the deployed one, once more.
pub const AUTHORIZATIONS_MAX: u8 = 3;
/// How often the machine tries to capture; the deployed one goes on for longer than an hour.
pub const CAPTURES_MAX: u8 = 5;
/// How long a late payment is waited for, in seconds.
pub const LATE_SECONDS: i64 = 900;

/// A state of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum At {
    /// Not started yet.
    Unstarted,
    /// A task.
    ClaimHold,
    /// A task.
    CreatePayment,
    /// A task.
    AuthorizePayment,
    /// A task.
    InquirePayment,
    /// A task, then the wait for the customer.
    AwaitCustomer,
    /// A task, then the wait for a payment after the hold's death.
    AwaitLatePayment,
    /// A task.
    ConfirmBooking,
    /// A task.
    CapturePayment,
    /// A task.
    InquireCapture,
    /// A task.
    VoidPayment,
    /// A task.
    RefundPayment,
    /// A task.
    FailBooking,
    /// Done.
    Finished,
    /// Before a person.
    Parked,
}

/// Why the booking ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// Not known yet.
    Unknown,
    /// The guest gave it up.
    Cancelled,
    /// The card was declined.
    Declined,
    /// Something else, by the reason's code.
    Failed(&'static str),
}

/// The machine with its variables.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Machine {
    /// Where it is.
    pub at: At,
    /// `ending`.
    pub ending: Ending,
    /// `moneySettled`.
    pub money_settled: bool,
    /// `bookingFailed`.
    pub booking_failed: bool,
    /// `authorizations`.
    pub authorizations: u8,
    /// `captures`.
    pub captures: u8,
    /// `lateUntil`, in seconds.
    pub late_until: Option<i64>,
    /// When the wait for the customer ends, in seconds.
    pub customer_until: i64,
    /// Which wait's callback is good: each wait has a token of its own.
    pub wait: u8,
    /// The wait's step is done; the callback is awaited.
    pub noted: bool,
    /// The callback came.
    pub resumed: bool,
}

/// Why a step came to no outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// The provider may or may not have done it.
    Unknown,
    /// Something was unavailable, or another writer was first.
    Passing,
    /// The function died, or its answer was lost.
    Died,
    /// The same, once too often for the retrier.
    DiedForGood,
    /// What repetition does not mend.
    Lasting,
}

impl Machine {
    /// Before its start.
    #[must_use]
    pub fn unstarted() -> Self {
        Self {
            at: At::Unstarted,
            ending: Ending::Unknown,
            money_settled: false,
            booking_failed: false,
            authorizations: 1,
            captures: 1,
            late_until: None,
            customer_until: 0,
            wait: 0,
            noted: false,
            resumed: false,
        }
    }

    /// Whether it waits for a callback.
    #[must_use]
    pub fn awaits(&self) -> bool {
        matches!(self.at, At::AwaitCustomer | At::AwaitLatePayment)
    }

    /// Whether it has come to its end.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.at, At::Finished | At::Parked)
    }

    /// Goes to a state. Variables that no longer matter are forgotten, so that histories that differ only in them meet.
    pub fn go(&mut self, at: At) {
        self.at = at;
        self.noted = false;
        self.resumed = false;
        match at {
            At::Finished | At::Parked => *self = Self { at, ..Self::unstarted() },
            At::AwaitCustomer | At::AwaitLatePayment => self.wait = (self.wait + 1) % 4,
            At::ConfirmBooking | At::VoidPayment | At::FailBooking => {
                self.authorizations = 1;
                self.late_until = None;
                self.customer_until = 0;
            }
            At::Unstarted
            | At::ClaimHold
            | At::CreatePayment
            | At::AuthorizePayment
            | At::InquirePayment
            | At::CapturePayment
            | At::InquireCapture
            | At::RefundPayment => {}
        }
    }

    fn end(&mut self, ending: Ending, at: At) {
        self.ending = ending;
        self.go(at);
    }

    /// After a step's outcome at `now` seconds.
    pub fn after(&mut self, outcome: &Outcome, now: i64) {
        match self.at {
            At::ClaimHold => match outcome {
                Outcome::Claimed => self.go(At::CreatePayment),
                Outcome::Dead => self.end(Ending::Failed("hold_expired"), At::FailBooking),
                Outcome::Cancelled => self.end(Ending::Cancelled, At::VoidPayment),
                _ => self.go(At::Parked),
            },
            At::CreatePayment => match outcome {
                Outcome::Created => self.go(At::AuthorizePayment),
                Outcome::Declined { .. } => self.end(Ending::Declined, At::FailBooking),
                Outcome::Cancelled => self.end(Ending::Cancelled, At::VoidPayment),
                _ => self.go(At::Parked),
            },
            At::AuthorizePayment | At::InquirePayment => self.after_payment(outcome, now),
            At::AwaitCustomer | At::AwaitLatePayment => self.noted = true,
            At::ConfirmBooking => match outcome {
                Outcome::Confirmed => self.go(At::CapturePayment),
                Outcome::SoldOut => self.end(Ending::Failed("sold_out"), At::VoidPayment),
                Outcome::Cancelled => self.end(Ending::Cancelled, At::VoidPayment),
                _ => self.go(At::Parked),
            },
            At::CapturePayment => match outcome {
                Outcome::Captured => self.go(At::Finished),
                Outcome::Declined { .. } => self.end(Ending::Declined, At::FailBooking),
                Outcome::Voided => self.end(Ending::Failed("payment_voided"), At::FailBooking),
                Outcome::Cancelled => self.end(Ending::Cancelled, At::VoidPayment),
                _ => self.go(At::Parked),
            },
            At::InquireCapture => match outcome {
                Outcome::Captured | Outcome::Authorized if self.captures < CAPTURES_MAX => {
                    self.captures += 1;
                    self.go(At::CapturePayment);
                }
                Outcome::Declined { .. } => self.end(Ending::Declined, At::FailBooking),
                Outcome::Voided => self.end(Ending::Failed("payment_voided"), At::FailBooking),
                Outcome::Cancelled => self.end(Ending::Cancelled, At::VoidPayment),
                _ => self.go(At::Parked),
            },
            At::VoidPayment => match outcome {
                Outcome::Voided | Outcome::Refunded => self.money_settled(),
                Outcome::Captured => self.go(At::RefundPayment),
                _ => self.go(At::Parked),
            },
            At::RefundPayment => match outcome {
                Outcome::Refunded => self.money_settled(),
                _ => self.go(At::Parked),
            },
            At::FailBooking => match outcome {
                Outcome::Failed | Outcome::Cancelled if self.money_settled => self.go(At::Finished),
                Outcome::Failed => {
                    self.booking_failed = true;
                    self.go(At::VoidPayment);
                }
                Outcome::Cancelled => self.end(Ending::Cancelled, At::VoidPayment),
                _ => self.go(At::Parked),
            },
            At::Unstarted | At::Finished | At::Parked => {}
        }
    }

    fn after_payment(&mut self, outcome: &Outcome, now: i64) {
        match outcome {
            Outcome::Authorized | Outcome::Captured => self.go(At::ConfirmBooking),
            Outcome::ActionRequired { timeout_seconds } if *timeout_seconds >= 1 => {
                self.customer_until = now + timeout_seconds;
                self.go(At::AwaitCustomer);
            }
            Outcome::ActionRequired { .. } => match self.late_until {
                Some(until) if now >= until => {
                    self.end(Ending::Failed("payment_timed_out"), At::VoidPayment);
                }
                Some(_) => self.go(At::AwaitLatePayment),
                None => {
                    self.late_until = Some(now + LATE_SECONDS);
                    self.go(At::AwaitLatePayment);
                }
            },
            Outcome::Declined { .. } => self.end(Ending::Declined, At::FailBooking),
            Outcome::Voided => self.end(Ending::Failed("payment_voided"), At::FailBooking),
            Outcome::NotStarted if self.authorizations < AUTHORIZATIONS_MAX => {
                self.authorizations += 1;
                self.go(At::AuthorizePayment);
            }
            Outcome::NotStarted => self.end(Ending::Failed("payment_unavailable"), At::VoidPayment),
            Outcome::Cancelled => self.end(Ending::Cancelled, At::VoidPayment),
            _ => self.go(At::Parked),
        }
    }

    fn money_settled(&mut self) {
        self.money_settled = true;
        let over = self.booking_failed || self.ending == Ending::Cancelled;
        self.go(if over { At::Finished } else { At::FailBooking });
    }

    /// After a step that came to no outcome: retried where it is, or caught.
    pub fn trouble(&mut self, trouble: Trouble) {
        match (self.at, trouble) {
            (_, Trouble::Passing) => self.go_again(),
            (At::AuthorizePayment | At::AwaitCustomer | At::AwaitLatePayment, _) => {
                self.go(At::InquirePayment);
            }
            (At::CapturePayment, _) => self.go(At::InquireCapture),
            (At::ClaimHold, Trouble::DiedForGood | Trouble::Lasting) => {
                self.end(Ending::Failed("service_unavailable"), At::FailBooking);
            }
            (At::CreatePayment, Trouble::DiedForGood | Trouble::Lasting) => {
                self.end(Ending::Failed("payment_unavailable"), At::FailBooking);
            }
            (_, Trouble::Lasting) => self.go(At::Parked),
            (_, Trouble::Unknown | Trouble::Died | Trouble::DiedForGood) => self.go_again(),
        }
    }

    fn go_again(&mut self) {
        if self.awaits() {
            self.wait = (self.wait + 1) % 4;
        }
        self.noted = false;
        self.resumed = false;
    }

    /// The wait is over, by callback or by time: the provider is asked.
    pub fn wake(&mut self) {
        self.go(At::InquirePayment);
    }
}
