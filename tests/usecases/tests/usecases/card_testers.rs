//! A guest who tries cards, in every order: the use case of booking requests over a ledger in memory, as the domain decides.
//!
//! The model. A request has a new key or the last one, one of two cards, and a new hold or the last one. Any number of attempts run
//! at a time; each ends when it does, declined, with the bank's step not finished, or cancelled by the guest before the capture. It may be
//! confirmed before that, and waits then for a capture that never comes, beside any number of others.
//! Orders are of any length: two that have led to the same counts of attempts by their end, and to the same last key and hold, go on
//! alike, so that the second is not followed. Nothing else of the past can be asked for again.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use holdfast_app::bookings::{
    BookingCommit, BookingReader, BookingRequest, BookingRequests, BookingStore, CommitError,
};
use holdfast_app::holds::{HoldReader, claimed_by_another};
use holdfast_app::kernel::booking_id;
use holdfast_app::payments::{AttemptReader, BookingSaga, CustomerActions, StoredAttempts};
use holdfast_app::{Failure, StoreError, WorkflowError};
use holdfast_domain::bookings::{Cancellation, FailureReason, InventoryMove};
use holdfast_domain::payments::{ATTEMPTS_COUNT_FOR, ATTEMPTS_MAX, CustomerAction, PaymentStep};
use holdfast_domain::{
    Booking, BookingEvent, BookingId, BookingStatus, GuestMark, Hold, HoldId, HoldSnapshot, HoldStatus,
    Money, Page, PageCommand,
};
use holdfast_testkit::{at, hold_for, mutation, nightly_resource};
use jiff::Timestamp;

use crate::world::{NIGHT, START, guest, key};

const TESTER: &str = "tester";
const CARDS: [&str; 2] = ["pm_card_one", "pm_card_two"];

/// How an attempt ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum How {
    Declined,
    ChallengeNotFinished,
    CancelledWhilePending,
    CancelledOnceConfirmed,
}

impl How {
    const ALL: [Self; 4] = [
        Self::Declined,
        Self::ChallengeNotFinished,
        Self::CancelledWhilePending,
        Self::CancelledOnceConfirmed,
    ];

    /// Whether a booking of such a status may end so.
    fn is_of(self, status: BookingStatus) -> bool {
        match self {
            Self::Declined | Self::ChallengeNotFinished | Self::CancelledWhilePending => {
                status == BookingStatus::Pending
            }
            Self::CancelledOnceConfirmed => status == BookingStatus::Confirmed,
        }
    }

    /// The event, and what it does to the hold: a card that failed leaves it to its guest.
    fn event(self, booking: &Booking, now: Timestamp) -> (BookingEvent, InventoryMove) {
        let failed = |reason| (BookingEvent::Failed { reason }, InventoryMove::Unclaim);
        match self {
            Self::Declined => failed(FailureReason::Declined { code: "stolen_card".to_owned() }),
            Self::ChallengeNotFinished => failed(FailureReason::PaymentTimedOut),
            Self::CancelledWhilePending | Self::CancelledOnceConfirmed => {
                let cancellation = Cancellation {
                    reason: None,
                    refund: Money::zero(booking.order.price.total().currency()),
                    before_capture: booking.is_before_capture(),
                    by_operator: false,
                    request: (booking.fingerprint.clone(), booking.fingerprint.clone()),
                    at: now,
                };
                let places = booking.cancellable_at(now).expect("it may be cancelled");
                (BookingEvent::Cancelled(cancellation), places)
            }
        }
    }
}

/// What is stored, whose sagas were started, and what the guest asked for last.
#[derive(Clone)]
struct State {
    page: Page,
    holds: BTreeMap<HoldId, Hold>,
    bookings: BTreeMap<BookingId, Booking>,
    ends: BTreeMap<BookingId, How>,
    attempts: StoredAttempts,
    started: BTreeSet<BookingId>,
    asks: usize,
    last: Option<(String, HoldId)>,
}

impl State {
    fn snapshot(&self, id: &HoldId) -> Option<HoldSnapshot> {
        let hold = self.holds.get(id)?.clone();
        Some(HoldSnapshot { hold, entry: self.page.holds.get(id).cloned() })
    }

    fn on_page(&mut self, command: &PageCommand, now: Timestamp) -> Result<(), CommitError> {
        for change in self.page.decide(command, now)? {
            self.page = self.page.clone().evolve(&change);
        }
        Ok(())
    }

    /// As DynamoDB does it: all of it, or nothing.
    fn committed(&self, commit: &BookingCommit) -> Result<Self, CommitError> {
        let (mut after, id) = (self.clone(), &commit.booking.id);
        if self.bookings.get(id).map_or(0, |known| known.version) + 1 != commit.booking.version {
            return Err(CommitError::Stale);
        }
        if let Some(change) = &commit.attempts {
            if change.after.revision != self.attempts.revision + 1 {
                return Err(CommitError::AttemptsChanged);
            }
            after.attempts = change.after.clone();
        }
        for operation in &commit.inventory.operations {
            after.on_page(&operation.command, commit.audit.at)?;
        }
        for (hold, change) in &commit.inventory.records {
            after.holds.get_mut(hold).expect("a record").change(change.clone());
        }
        after.bookings.insert(id.clone(), commit.booking.clone());
        Ok(after)
    }

    fn of(&self, status: BookingStatus) -> impl Iterator<Item = &Booking> {
        self.bookings.values().filter(move |booking| booking.status == status)
    }

    /// All of it on which depends what is answered from now on.
    fn outline(&self, now: Timestamp) -> Outline {
        let count = |how| self.ends.values().filter(|end| **end == how).count();
        let last = self.last.as_ref().map(|(key, hold)| {
            let snapshot = self.snapshot(hold).expect("a record");
            let booking = self.bookings.get(&booking_id(&guest(TESTER).guest, key));
            let known = booking.map(|booking| (booking.fingerprint.to_string(), self.progress(booking)));
            // A fingerprint has hold and card: of another hold than the last it is of nothing that can be asked for.
            let of_key = known.map(|(print, progress)| {
                (CARDS.iter().position(|card| print == content(hold, card).content.to_string()), progress)
            });
            let claimer = snapshot.claimed_by(now);
            let claimed_by_key = claimer.map(|by| booking.is_some_and(|booking| booking.id == *by));
            Last { of_key, hold: snapshot.status(now), claimed_by_key }
        });
        let [pending, confirmed] =
            [BookingStatus::Pending, BookingStatus::Confirmed].map(|status| self.of(status).count());
        Outline { pending, confirmed, ended: How::ALL.map(count), last }
    }

    fn progress(&self, booking: &Booking) -> Progress {
        match self.ends.get(&booking.id) {
            Some(how) => Progress::Ended(*how),
            None if booking.status == BookingStatus::Confirmed => Progress::Confirmed,
            None => Progress::Pending,
        }
    }
}

/// How far an attempt has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Progress {
    Pending,
    Confirmed,
    Ended(How),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Outline {
    pending: usize,
    confirmed: usize,
    ended: [usize; 4],
    last: Option<Last>,
}

/// What was asked for last.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Last {
    /// The booking of the key, if there is one: its card if it is of the hold, and how far it has come.
    of_key: Option<(Option<usize>, Progress)>,
    hold: HoldStatus,
    /// Whether the key's booking claims the hold, if any does.
    claimed_by_key: Option<bool>,
}

fn content(hold: &HoldId, card: &str) -> holdfast_app::RequestKey {
    key("", &format!("{hold} {card}"))
}

/// The ports of booking requests over a state.
struct Desk(Mutex<State>);

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl HoldReader for Desk {
    async fn hold(&self, id: &HoldId) -> Result<Option<HoldSnapshot>, StoreError> {
        Ok(self.state().snapshot(id))
    }
}

#[async_trait]
impl BookingReader for Desk {
    async fn booking(&self, id: &BookingId) -> Result<Option<Booking>, StoreError> {
        Ok(self.state().bookings.get(id).cloned())
    }
}

#[async_trait]
impl BookingStore for Desk {
    async fn commit(&self, commit: &BookingCommit) -> Result<(), CommitError> {
        let mut state = self.state();
        *state = state.committed(commit)?;
        Ok(())
    }
}

#[async_trait]
impl AttemptReader for Desk {
    async fn attempts(&self, _: &GuestMark) -> Result<StoredAttempts, StoreError> {
        Ok(self.state().attempts.clone())
    }
}

#[async_trait]
impl CustomerActions for Desk {
    async fn customer_action(&self, _: &BookingId) -> Result<Option<CustomerAction>, StoreError> {
        Ok(None)
    }
}

#[async_trait]
impl BookingSaga for Desk {
    async fn start_booking(&self, booking: &BookingId, _: Option<&str>) -> Result<(), WorkflowError> {
        self.state().started.insert(booking.clone());
        Ok(())
    }
    async fn resume_booking(&self, _: &BookingId, _: u32) -> Result<(), WorkflowError> {
        panic!("nothing is resumed")
    }
}

/// A request of the tester.
#[derive(Debug, Clone, Copy)]
struct Ask {
    new_key: bool,
    card: usize,
    new_hold: bool,
}

fn asks() -> impl Iterator<Item = Ask> {
    let choices = [false, true];
    choices.into_iter().flat_map(move |new_key| {
        choices
            .into_iter()
            .flat_map(move |new_hold| (0..CARDS.len()).map(move |card| Ask { new_key, card, new_hold }))
    })
}

/// What a request has to be answered.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Begun,
    Replayed,
    KeyReused,
    HoldReleased,
    HoldConfirmed,
    InProgress,
    TooMany,
}

struct Tester {
    desk: Arc<Desk>,
    requests: BookingRequests,
    room: holdfast_domain::Resource,
    now: Timestamp,
}

impl Tester {
    fn new() -> Self {
        let (room, now) = (nightly_resource("room", 1000, 3600), at(START));
        let order = hold_for(&room, TESTER, "first", NIGHT, 1, now).order;
        let placement = order.placements.first().expect("one page");
        let slots = placement.places.iter().map(|(slot, _)| slot.clone()).collect();
        let page = Page::fresh(placement.page.clone(), placement.schedule_revision, 1000, slots);
        let state = State {
            page,
            holds: BTreeMap::new(),
            bookings: BTreeMap::new(),
            ends: BTreeMap::new(),
            attempts: StoredAttempts::default(),
            started: BTreeSet::new(),
            asks: 0,
            last: None,
        };
        let desk = Arc::new(Desk(Mutex::new(state)));
        let requests =
            BookingRequests::new(desk.clone(), desk.clone(), desk.clone(), desk.clone(), desk.clone());
        Self { desk, requests, room, now }
    }

    /// What a request has to be answered, said in other words than the use case's.
    fn expected(before: &State, (name, hold): (&str, &HoldId), card: &str, now: Timestamp) -> Answer {
        let id = booking_id(&guest(TESTER).guest, name);
        if let Some(known) = before.bookings.get(&id) {
            let is_same = known.fingerprint == content(hold, card).content;
            return if is_same { Answer::Replayed } else { Answer::KeyReused };
        }
        let snapshot = before.snapshot(hold).expect("a record");
        match snapshot.status(now) {
            HoldStatus::Active if claimed_by_another(&snapshot, &id, now) => Answer::InProgress,
            HoldStatus::Active if before.started.len() < ATTEMPTS_MAX => Answer::Begun,
            HoldStatus::Active => Answer::TooMany,
            HoldStatus::Released => Answer::HoldReleased,
            HoldStatus::Confirmed => Answer::HoldConfirmed,
            HoldStatus::Expired => panic!("no hold expires"),
        }
    }

    /// The state after a request, which was answered as it has to be.
    async fn asks(&self, before: &State, ask: Ask, now: Timestamp) -> (State, Answer) {
        let mut state = before.clone();
        state.asks += 1;
        let name = match &before.last {
            Some((name, _)) if !ask.new_key => name.clone(),
            _ => format!("key-{}", state.asks),
        };
        let hold = match &before.last {
            Some((_, hold)) if !ask.new_hold => hold.clone(),
            _ => {
                let hold = hold_for(&self.room, TESTER, &format!("hold-{}", state.asks), NIGHT, 1, now);
                let entry = hold.entry(hold.order.placements.first().expect("one page"));
                let place = PageCommand::Place { hold: hold.id.clone(), entry, limits: None };
                state.on_page(&place, now).expect("a free place");
                state.holds.insert(hold.id.clone(), hold.clone());
                hold.id
            }
        };
        state.last = Some((name.clone(), hold.clone()));
        let card = CARDS[ask.card];
        let expected = Self::expected(&state, (&name, &hold), card, now);
        *self.desk.state() = state;
        let request = BookingRequest {
            hold: hold.clone(),
            payment_method: Some(card.to_owned()),
            contact: None,
            wait: Duration::ZERO,
        };
        let named = holdfast_app::RequestKey { key: name, ..content(&hold, card) };
        let answer = self.requests.request(&guest(TESTER), &named, &request, &mutation(now, TESTER)).await;
        let answer = match answer {
            Ok(requested) if requested.replayed => Answer::Replayed,
            Ok(_) => Answer::Begun,
            Err(Failure::KeyReused) => Answer::KeyReused,
            Err(Failure::HoldReleased) => Answer::HoldReleased,
            Err(Failure::HoldConfirmed) => Answer::HoldConfirmed,
            Err(Failure::RequestInProgress) => Answer::InProgress,
            Err(Failure::TooManyAttempts { wait_seconds: 1.. }) => Answer::TooMany,
            Err(other) => panic!("{ask:?}: {other:?}"),
        };
        let after = self.desk.state().clone();
        assert_eq!(answer, expected, "{ask:?} after {:?}", before.outline(now));
        (after, answer)
    }

    fn goes_on(
        &self,
        before: &State,
        id: &BookingId,
        (event, inventory): (BookingEvent, InventoryMove),
    ) -> State {
        let mutation = mutation(self.now, "saga");
        let commit = BookingCommit::new(&before.bookings[id], event, inventory, &mutation);
        before.committed(&commit).unwrap_or_else(|error| panic!("{:?}: {error}", commit.event))
    }

    /// The card is authorized and the booking confirmed, and nothing is captured yet.
    fn confirms(&self, before: &State, id: &BookingId) -> State {
        let authorized = BookingEvent::first_payment(PaymentStep::Authorized);
        let authorized = self.goes_on(before, id, (authorized, InventoryMove::Keep));
        self.goes_on(&authorized, id, (BookingEvent::Confirmed, InventoryMove::Confirm))
    }

    fn ends(&self, before: &State, booking: &Booking, how: How) -> State {
        let mut after = self.goes_on(before, &booking.id, how.event(booking, self.now));
        after.ends.insert(booking.id.clone(), how);
        after
    }
}

#[tokio::test]
async fn in_every_order_five_tries_reach_the_provider_and_the_sixth_is_refused() {
    let tester = Tester::new();
    let now = tester.now;
    let first = tester.desk.state().clone();
    let (mut seen, mut left) = (HashSet::from([first.outline(now)]), VecDeque::from([first]));
    let (mut steps, mut refused, mut spent) = (0, 0, BTreeSet::new());
    while let Some(state) = left.pop_front() {
        let mut next = Vec::new();
        for ask in asks() {
            let (after, answer) = tester.asks(&state, ask, now).await;
            assert!(after.started.len() <= ATTEMPTS_MAX, "cards that were tried");
            refused += usize::from(answer == Answer::TooMany);
            next.push(after);
        }
        for booking in state.of(BookingStatus::Pending) {
            next.push(tester.confirms(&state, &booking.id));
        }
        for booking in state.bookings.values() {
            let ways = How::ALL.into_iter().filter(|how| how.is_of(booking.status));
            next.extend(ways.map(|how| tester.ends(&state, booking, how)));
        }
        let Outline { pending, confirmed, ended, .. } = state.outline(now);
        if state.started.len() == ATTEMPTS_MAX && spent.insert((pending, confirmed, ended)) {
            let tomorrow = now.checked_add(ATTEMPTS_COUNT_FOR).expect("a day later");
            let ask = Ask { new_key: true, card: 0, new_hold: true };
            let fresh = State { started: BTreeSet::new(), ..state.clone() };
            assert_eq!(tester.asks(&fresh, ask, tomorrow).await.1, Answer::Begun, "a day later");
        }
        steps += next.len();
        left.extend(next.into_iter().filter(|after| seen.insert(after.outline(now))));
    }
    println!("{} states, {steps} steps, {refused} times too many", seen.len());
    // Five attempts, each pending, confirmed, or ended in one of four ways: C(10, 5).
    assert_eq!(spent.len(), 252, "five tries of every end were made: {spent:?}");
    assert!(refused > 0);
}
