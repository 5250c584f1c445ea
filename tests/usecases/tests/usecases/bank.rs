//! A payment provider in memory. It does what a card's name says, does each thing once, and fails as it is told to.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures::future::BoxFuture;
use holdfast_app::PaymentError;
use holdfast_app::operations::{ListedPayment, Part, PaymentListing, Unreadable};
use holdfast_app::payments::{Dispute, NewPayment, Payment, PaymentInquiry, PaymentState, Payments};
use holdfast_domain::payments::RefundProgress;
use holdfast_domain::{BookingId, Money};
use holdfast_stripe_amounts::{ProviderAmount, charge_rules};
use jiff::Timestamp;

/// Pays.
pub(crate) const VISA: &str = "pm_card_visa";
/// Is declined, as every card is whose name begins so.
pub(crate) const DECLINED: &str = "pm_card_declined";
/// Wants the customer first.
pub(crate) const THREE_D_SECURE: &str = "pm_card_3ds";
/// Reserves the amount and then refuses to give it.
pub(crate) const NEVER_CAPTURES: &str = "pm_never_captures";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Create,
    Authorize,
    Inquire,
    Capture,
    Void,
    Refund,
    List,
}

/// How many payments one answer lists.
const LISTED_MAX: usize = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The request got lost: nothing happened, nobody knows.
    RequestLost,
    /// The answer got lost: it happened, nobody knows.
    AnswerLost,
    /// Turned away: nothing happened.
    Unavailable,
    /// The request itself is refused: nothing happened, nor will it.
    Refused,
}

enum Act {
    Fault(Fault),
    Before(BoxFuture<'static, ()>),
    After(BoxFuture<'static, ()>),
}

/// How often something happened to somebody's money.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    pub(crate) authorized: u32,
    pub(crate) captured: u32,
    pub(crate) voided: u32,
    pub(crate) refunded: u32,
}

struct Intent {
    booking: String,
    amount: Money,
    card: String,
    state: PaymentState,
    /// What is taken at the capture: all, unless a person takes less.
    taken: Money,
    refunded: Money,
    refund_pending: bool,
    dispute: Dispute,
    charged_back: Money,
    /// None for long ago, within what is listed.
    created_at: Option<Timestamp>,
}

#[derive(Default)]
struct Books {
    intents: BTreeMap<String, Intent>,
    /// Payments whose entries in a list nobody can read.
    unreadable: BTreeSet<String>,
    refund_keys: HashMap<(String, i64), i64>,
    is_keyless: bool,
    refunds_slowly: bool,
    effects: Effects,
    calls: Vec<Op>,
    script: VecDeque<(Op, Act)>,
}

#[derive(Default)]
pub(crate) struct Bank(Mutex<Books>);

fn refused(code: &str) -> PaymentError {
    PaymentError::Refused { code: code.to_owned(), message: String::new() }
}

impl Books {
    fn intent(&mut self, name: &str) -> Result<&mut Intent, PaymentError> {
        self.intents.get_mut(name).ok_or_else(|| refused("resource_missing"))
    }

    fn payment(&self, name: &str) -> Result<Payment, PaymentError> {
        let intent = self.intents.get(name).ok_or_else(|| refused("resource_missing"))?;
        Ok(Payment {
            intent: name.to_owned(),
            booking: Some(intent.booking.clone()),
            state: intent.state.clone(),
            taken: match intent.state {
                PaymentState::Captured => intent.taken,
                _ => Money::zero(intent.amount.currency()),
            },
            refunded: intent.refunded,
            refund_pending: intent.refund_pending,
            dispute: intent.dispute,
            charged_back: intent.charged_back,
        })
    }

    fn authorize(&mut self, name: &str, card: &str) -> Result<Payment, PaymentError> {
        let intent = self.intent(name)?;
        if intent.state == PaymentState::NotStarted {
            intent.card = card.to_owned();
            intent.state = match card {
                VISA | NEVER_CAPTURES => PaymentState::Authorized,
                stolen if stolen.starts_with(DECLINED) => {
                    PaymentState::Declined { code: "card_declined".to_owned() }
                }
                THREE_D_SECURE => PaymentState::ActionRequired {
                    client_secret: format!("{name}_secret"),
                    redirect_url: None,
                },
                other => panic!("there is no card {other}"),
            };
            if intent.state == PaymentState::Authorized {
                self.effects.authorized += 1;
            }
        }
        self.payment(name)
    }

    fn capture(&mut self, name: &str, amount: Money) -> Result<Payment, PaymentError> {
        let intent = self.intent(name)?;
        assert_eq!(amount, intent.amount, "what was reserved is taken");
        if intent.state == PaymentState::Authorized {
            if intent.card == NEVER_CAPTURES {
                let state = PaymentState::Declined { code: "card_declined".to_owned() };
                return Ok(Payment { state, ..self.payment(name)? });
            }
            intent.state = PaymentState::Captured;
            self.effects.captured += 1;
        }
        self.payment(name)
    }

    fn void(&mut self, name: &str) -> Result<Payment, PaymentError> {
        let intent = self.intent(name)?;
        let reserved = intent.state == PaymentState::Authorized;
        if !matches!(intent.state, PaymentState::Captured | PaymentState::Voided) {
            intent.state = PaymentState::Voided;
        }
        self.effects.voided += u32::from(reserved);
        self.payment(name)
    }

    fn refund(&mut self, name: &str, amount: i64, already: i64) -> Result<RefundProgress, PaymentError> {
        let slowly = self.refunds_slowly;
        let known = self.refund_keys.get(&(name.to_owned(), already));
        if let Some(known) = known.filter(|_| !self.is_keyless) {
            assert_eq!(*known, amount, "one key, one refund");
            let pending = self.intent(name)?.refund_pending;
            return Ok(if pending { RefundProgress::Pending } else { RefundProgress::Final });
        }
        let intent = self.intent(name)?;
        let is_open = intent.dispute == Dispute::Open;
        if is_open || intent.charged_back.amount() + amount > intent.taken.amount() {
            return Err(refused("charge_disputed"));
        }
        let total = intent.refunded.amount() + amount;
        let part = Money::new(amount, intent.amount.currency()).expect("in range");
        if ProviderAmount::of(part).is_err() {
            return Err(refused("amount_not_payable"));
        }
        if intent.state != PaymentState::Captured || total > intent.taken.amount() {
            return Err(refused("charge_already_refunded"));
        }
        intent.refunded = Money::new(total, intent.amount.currency()).expect("in range");
        intent.refund_pending |= slowly;
        self.refund_keys.insert((name.to_owned(), already), amount);
        self.effects.refunded += 1;
        Ok(if slowly { RefundProgress::Pending } else { RefundProgress::Final })
    }
}

impl Bank {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next call of `op` fails so.
    pub(crate) fn fail(&self, op: Op, fault: Fault) {
        self.books().script.push_back((op, Act::Fault(fault)));
    }

    /// While the next call of `op` is on its way to the bank, this happens.
    pub(crate) fn before(&self, op: Op, meanwhile: BoxFuture<'static, ()>) {
        self.books().script.push_back((op, Act::Before(meanwhile)));
    }

    /// While the answer of the next call of `op` is on its way back, this happens.
    pub(crate) fn after(&self, op: Op, meanwhile: BoxFuture<'static, ()>) {
        self.books().script.push_back((op, Act::After(meanwhile)));
    }

    /// A day later the provider knows no key any more.
    pub(crate) fn forget_keys(&self) {
        self.books().refund_keys.clear();
    }

    /// From now on the provider looks at no key: what is asked twice is done twice.
    pub(crate) fn ignore_keys(&self) {
        self.books().is_keyless = true;
    }

    /// From now on refunds take their time.
    pub(crate) fn refunds_slowly(&self) {
        self.books().refunds_slowly = true;
    }

    /// What is on its way back to the guest arrives, or comes back.
    pub(crate) fn refund_ends(&self, booking: &BookingId, arrives: bool) {
        let name = self.intent_of(booking);
        let mut books = self.books();
        let intent = books.intent(&name).expect("a payment");
        intent.refund_pending = false;
        if !arrives {
            intent.refunded = Money::zero(intent.amount.currency());
            // Another refund is another request.
            books.refund_keys.clear();
        }
    }

    /// What the provider has really taken is another amount than it was asked for.
    pub(crate) fn has_taken(&self, booking: &BookingId, amount: i64) {
        let name = self.intent_of(booking);
        let mut books = self.books();
        let intent = books.intent(&name).expect("a payment");
        intent.taken = Money::new(amount, intent.amount.currency()).expect("an amount");
    }

    /// The card's bank disputes a payment, or the dispute ends.
    pub(crate) fn disputes(&self, booking: &BookingId, dispute: Dispute) {
        let name = self.intent_of(booking);
        let taken = self.books().intent(&name).expect("a payment").taken.amount();
        self.disputes_part(booking, dispute, if dispute == Dispute::Lost { taken } else { 0 });
    }

    /// The card's bank disputes a payment; it takes so much back.
    pub(crate) fn disputes_part(&self, booking: &BookingId, dispute: Dispute, charged_back: i64) {
        let name = self.intent_of(booking);
        let mut books = self.books();
        let intent = books.intent(&name).expect("a payment");
        intent.dispute = dispute;
        intent.charged_back = Money::new(charged_back, intent.amount.currency()).expect("an amount");
    }

    /// Whether every scripted event has come.
    pub(crate) fn script_is_played(&self) -> bool {
        self.books().script.is_empty()
    }

    /// What it was asked for, in order.
    pub(crate) fn calls(&self) -> Vec<Op> {
        self.books().calls.clone()
    }

    pub(crate) fn effects(&self) -> Effects {
        self.books().effects
    }

    pub(crate) fn state(&self, booking: &BookingId) -> Option<PaymentState> {
        let books = self.books();
        books.intents.values().find(|i| i.booking == booking.as_str()).map(|i| i.state.clone())
    }

    /// The provider's name for a booking's payment.
    pub(crate) fn intent_of(&self, booking: &BookingId) -> String {
        let books = self.books();
        let found = books.intents.iter().find(|(_, i)| i.booking == booking.as_str());
        found.map(|(name, _)| name.clone()).expect("a payment")
    }

    /// What the house has of a booking's money, in minor units.
    pub(crate) fn kept(&self, booking: &BookingId) -> i64 {
        let books = self.books();
        let of_booking = books.intents.values().filter(|i| i.booking == booking.as_str());
        of_booking
            .map(|i| match i.state {
                PaymentState::Captured => i.taken.amount() - i.refunded.amount(),
                _ => 0,
            })
            .sum()
    }

    /// The customer is done at their bank.
    pub(crate) fn customer(&self, booking: &BookingId, passes: bool) {
        let name = self.intent_of(booking);
        let mut books = self.books();
        let intent = books.intent(&name).expect("a payment");
        assert!(matches!(intent.state, PaymentState::ActionRequired { .. }), "nobody waits for the customer");
        intent.state = if passes {
            PaymentState::Authorized
        } else {
            PaymentState::Declined { code: "authentication_failed".to_owned() }
        };
        books.effects.authorized += u32::from(passes);
    }

    /// A person does something in the provider's dashboard.
    pub(crate) fn dashboard(&self, booking: &BookingId, does: Dashboard) {
        let name = self.intent_of(booking);
        let mut books = self.books();
        match does {
            Dashboard::Refunds(amount) => {
                let already = books.intent(&name).expect("a payment").refunded.amount();
                books.refund(&name, amount, -1 - already).expect("a refund");
            }
            Dashboard::CapturesOnly(part) => {
                let intent = books.intent(&name).expect("a payment");
                intent.taken = Money::new(part, intent.amount.currency()).expect("an amount");
                intent.state = PaymentState::Captured;
                books.effects.captured += 1;
            }
            Dashboard::Captures => {
                let amount = books.intent(&name).expect("a payment").amount;
                books.capture(&name, amount).expect("a capture");
            }
            Dashboard::Voids => drop(books.void(&name).expect("a void")),
        }
    }

    /// A payment that no saga has made.
    pub(crate) fn plant(&self, name: &str, booking: &str, listed: ListedPayment) {
        let ListedPayment { payment, amount, created_at } = listed;
        let intent = Intent {
            booking: booking.to_owned(),
            amount,
            card: VISA.to_owned(),
            state: payment.state,
            taken: amount,
            refunded: payment.refunded,
            refund_pending: payment.refund_pending,
            dispute: payment.dispute,
            charged_back: payment.charged_back,
            created_at: Some(created_at),
        };
        self.books().intents.insert(name.to_owned(), intent);
    }

    /// The provider's books are changed behind everybody's back.
    pub(crate) fn rewrite(&self, booking: &BookingId, state: PaymentState) {
        let name = self.intent_of(booking);
        self.books().intent(&name).expect("a payment").state = state;
    }

    /// From now on, nobody can read what lists say of a payment.
    pub(crate) fn scribble_over(&self, name: &str) {
        self.books().unreadable.insert(name.to_owned());
    }

    /// The provider has never heard of a refund of a booking.
    pub(crate) fn forget_refunds(&self, booking: &BookingId) {
        let name = self.intent_of(booking);
        let mut books = self.books();
        let intent = books.intent(&name).expect("a payment");
        intent.refunded = Money::zero(intent.amount.currency());
    }

    /// The provider has never heard of a booking's payment.
    pub(crate) fn forget(&self, booking: &BookingId) {
        self.books().intents.retain(|_, intent| intent.booking != booking.as_str());
    }

    async fn perform<T>(
        &self,
        op: Op,
        effect: impl FnOnce(&mut Books) -> Result<T, PaymentError> + Send,
    ) -> Result<T, PaymentError> {
        let act = {
            let mut books = self.books();
            books.calls.push(op);
            let next = books.script.iter().position(|(at, _)| *at == op);
            next.and_then(|at| books.script.remove(at)).map(|(_, act)| act)
        };
        let then = match act {
            Some(Act::Fault(Fault::RequestLost)) => return Err(PaymentError::Unknown("request lost".into())),
            Some(Act::Fault(Fault::Unavailable)) => return Err(PaymentError::Unavailable("later".into())),
            Some(Act::Fault(Fault::Refused)) => return Err(refused("request_refused")),
            Some(Act::Before(meanwhile)) => {
                meanwhile.await;
                None
            }
            other => other,
        };
        let answer = effect(&mut self.books());
        match then {
            Some(Act::Fault(_)) => Err(PaymentError::Unknown("answer lost".into())),
            Some(Act::After(meanwhile) | Act::Before(meanwhile)) => {
                meanwhile.await;
                answer
            }
            None => answer,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Dashboard {
    Refunds(i64),
    /// A part of what is reserved; the rest is released.
    CapturesOnly(i64),
    Captures,
    Voids,
}

#[async_trait]
impl PaymentInquiry for Bank {
    async fn inquire(&self, intent: &str) -> Result<Payment, PaymentError> {
        self.perform(Op::Inquire, |books| books.payment(intent)).await
    }
}

#[async_trait]
impl Payments for Bank {
    async fn create(&self, payment: &NewPayment) -> Result<String, PaymentError> {
        let name = format!("pi_{}", payment.booking);
        self.perform(Op::Create, |books| {
            // In the provider's units, and within its limits, as Stripe would have it.
            if ProviderAmount::of(payment.amount).is_err()
                || charge_rules().check_total(payment.amount).is_err()
            {
                return Err(refused("amount_not_payable"));
            }
            books.intents.entry(name.clone()).or_insert_with(|| Intent {
                booking: payment.booking.to_string(),
                amount: payment.amount,
                card: String::new(),
                state: PaymentState::NotStarted,
                taken: payment.amount,
                refunded: Money::zero(payment.amount.currency()),
                refund_pending: false,
                dispute: Dispute::None,
                charged_back: Money::zero(payment.amount.currency()),
                created_at: None,
            });
            Ok(name)
        })
        .await
    }

    async fn authorize(&self, _: &BookingId, intent: &str, card: &str) -> Result<Payment, PaymentError> {
        self.perform(Op::Authorize, |books| books.authorize(intent, card)).await
    }

    async fn capture(&self, _: &BookingId, intent: &str, amount: Money) -> Result<Payment, PaymentError> {
        self.perform(Op::Capture, |books| books.capture(intent, amount)).await
    }

    async fn void(&self, _: &BookingId, intent: &str) -> Result<Payment, PaymentError> {
        self.perform(Op::Void, |books| books.void(intent)).await
    }

    async fn refund(
        &self,
        _: &BookingId,
        intent: &str,
        amount: Money,
        already: Money,
    ) -> Result<RefundProgress, PaymentError> {
        self.perform(Op::Refund, |books| books.refund(intent, amount.amount(), already.amount())).await
    }
}

#[async_trait]
impl PaymentListing for Bank {
    async fn payments_part(
        &self,
        since: Timestamp,
        cursor: Option<&str>,
    ) -> Result<Part<ListedPayment>, PaymentError> {
        self.perform(Op::List, |books| {
            let mut part = Part { items: Vec::new(), unreadable: Vec::new(), next: None };
            let rest = books
                .intents
                .iter()
                .filter(|(_, intent)| intent.created_at.is_none_or(|at| at >= since))
                .filter(|(name, _)| cursor.is_none_or(|after| name.as_str() > after));
            for (at, (name, intent)) in rest.take(LISTED_MAX).enumerate() {
                if at + 1 == LISTED_MAX {
                    part.next = Some(name.clone());
                }
                if books.unreadable.contains(name) {
                    part.unreadable.push(Unreadable { item: name.clone(), reason: "scribbles".to_owned() });
                    continue;
                }
                let created_at = intent.created_at.unwrap_or(since);
                part.items.push(ListedPayment {
                    payment: books.payment(name)?,
                    amount: intent.amount,
                    created_at,
                });
            }
            Ok(part)
        })
        .await
    }
}
