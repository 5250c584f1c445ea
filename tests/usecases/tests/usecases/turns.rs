//! Guests who use up the turns of others at the payment provider: accounts that pay and cancel without end, and accounts whose
//! bookings end because the provider does not answer, beside honest guests. Sagas run by the deployed machines, on a timeline; the
//! provider has Stripe's limits of test mode.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use holdfast_app::bookings::BookingRequest;
use holdfast_app::holds::HoldRequest;
use holdfast_app::payments::{NewPayment, PacedPayments, Payment, PaymentInquiry, Payments};
use holdfast_app::{Caller, Failure, PaymentError};
use holdfast_asl::{Call, Services, TaskFailure};
use holdfast_domain::payments::{AttemptEnd, RefundProgress, UNDONE_MAX};
use holdfast_domain::{BookingId, BookingStatus, HoldId, Money, Resource};
use holdfast_testkit::{LimitedPayments, UNLIMITED, nightly_resource};
use serde_json::Value;

use crate::abuse::Numbers;
use crate::bank::{Bank, VISA};
use crate::pace::{OWED, PACE, Stage, refused};
use crate::timeline::Timeline;
use crate::world::{PRICE, World, guest, hold_request, key, operator};

/// Accounts that pay and cancel, and as many whose bookings end `payment_unavailable`.
const HOSTILE: usize = 20;
/// How many payments an account has at a time, as long as it may.
const AT_ONCE: usize = 5;
const HONEST: usize = 100;
const HONEST_EVERY_MS: i64 = 1000;
/// How often an honest guest asks again whose payment could not be begun, and after which pause.
const TRIES_MAX: usize = 5;
const AGAIN_SECONDS: f64 = 30.0;
/// What a function and the provider take for a step, at most.
const STEP_SECONDS_MAX: f64 = 0.4;
/// Who has to wait for longer is gone.
const PATIENCE_SECONDS: u32 = 600;

/// A provider that does not answer when somebody's payment is to be made: what is asked counts, and nothing happens.
struct Deaf {
    bank: Arc<Bank>,
    to: Mutex<BTreeSet<BookingId>>,
}

impl Deaf {
    fn to(&self) -> MutexGuard<'_, BTreeSet<BookingId>> {
        self.to.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl PaymentInquiry for Deaf {
    async fn inquire(&self, intent: &str) -> Result<Payment, PaymentError> {
        self.bank.inquire(intent).await
    }
}

#[async_trait]
impl Payments for Deaf {
    async fn create(&self, payment: &NewPayment) -> Result<String, PaymentError> {
        if self.to().contains(&payment.booking) {
            return Err(PaymentError::Unavailable("503".into()));
        }
        self.bank.create(payment).await
    }

    async fn authorize(
        &self,
        booking: &BookingId,
        intent: &str,
        payment_method: &str,
    ) -> Result<Payment, PaymentError> {
        self.bank.authorize(booking, intent, payment_method).await
    }

    async fn capture(&self, id: &BookingId, intent: &str, amount: Money) -> Result<Payment, PaymentError> {
        self.bank.capture(id, intent, amount).await
    }

    async fn void(&self, booking: &BookingId, intent: &str) -> Result<Payment, PaymentError> {
        self.bank.void(booking, intent).await
    }

    async fn refund(
        &self,
        booking: &BookingId,
        intent: &str,
        amount: Money,
        already: Money,
    ) -> Result<RefundProgress, PaymentError> {
        self.bank.refund(booking, intent, amount, already).await
    }
}

/// A stage on which every step takes its time, and every wait is scattered as the machines' jitter does it: else those who are once in
/// step with the turns would have all of them.
struct Scattered<'a> {
    stage: &'a Stage,
    numbers: Mutex<Numbers>,
}

impl Scattered<'_> {
    /// Of a time, a part between nothing and all.
    fn part_of(&self, seconds: f64) -> f64 {
        let numbers = &mut *self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        seconds * f64::from(u32::try_from(numbers.below(1000)).expect("small")) / 1000.0
    }
}

#[async_trait]
impl Services for Scattered<'_> {
    fn now_millis(&self) -> i64 {
        self.stage.now_millis()
    }

    async fn pass(&self, seconds: f64) {
        self.stage.pass(self.part_of(seconds)).await;
    }

    async fn call(&self, call: &Call) -> Result<Value, TaskFailure> {
        self.stage.pass(self.part_of(STEP_SECONDS_MAX)).await;
        self.stage.call(call).await
    }

    async fn callback(&self, token: &str, seconds: f64) -> Option<Value> {
        self.stage.callback(token, seconds).await
    }
}

/// What an account does with its bookings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    PaysAndCancels,
    EndsUnavailable,
}

/// All who pay, and those of them that are honest and have not paid yet.
#[derive(Clone)]
struct Crowd {
    stage: Stage,
    deaf: Arc<Deaf>,
    room: Arc<Resource>,
    waiting: Arc<AtomicUsize>,
    /// Bookings of each hostile account.
    hostile: Arc<Mutex<BTreeMap<usize, Vec<BookingId>>>>,
}

impl Crowd {
    fn world(&self) -> &World {
        &self.stage.world
    }

    fn hostile(&self) -> MutexGuard<'_, BTreeMap<usize, Vec<BookingId>>> {
        self.hostile.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn runs(&self, machine: &str, booking: &BookingId) {
        // Another seed for each booking, the same at each run of the test.
        let seed = booking.as_str().bytes().fold(0, |seed: u64, byte| seed.rotate_left(5) ^ u64::from(byte));
        let scattered = Scattered { stage: &self.stage, numbers: Mutex::new(Numbers(seed)) };
        self.stage.run_by(&scattered, machine, booking, false).await;
    }

    async fn held(&self, caller: &Caller, name: &str, month: usize) -> HoldId {
        // A page has 200 live holds.
        let nights =
            ["07", "08", "09", "10"].map(|month| (format!("2030-{month}-01"), format!("2030-{month}-02")));
        let (from, to) = &nights[month % nights.len()];
        let request = HoldRequest {
            user: Some(caller.guest.clone()),
            ..hold_request(&self.room, (from.as_str(), to.as_str()), 1)
        };
        let by = self.world().by("operator");
        let placed = self.world().holds.create(&operator(), &key(name, name), &request, &by).await;
        placed.expect("a free place").hold.id
    }

    /// Begins to pay, and runs the booking's machine to its end.
    async fn pays(
        &self,
        caller: &Caller,
        hold: &HoldId,
        name: &str,
        unheard: bool,
    ) -> Result<BookingId, u32> {
        let request = BookingRequest {
            hold: hold.clone(),
            payment_method: Some(VISA.to_owned()),
            contact: None,
            wait: Duration::ZERO,
        };
        let by = self.world().by(caller.guest.as_str());
        match self.world().requests.request(caller, &key(name, name), &request, &by).await {
            Ok(asked) => {
                if unheard {
                    self.deaf.to().insert(asked.booking.id.clone());
                }
                self.runs("booking", &asked.booking.id).await;
                Ok(asked.booking.id)
            }
            Err(Failure::TooManyAttempts { wait_seconds }) => Err(wait_seconds),
            Err(other) => panic!("{name}: {other:?}"),
        }
    }

    /// One of the payments that an account has at a time, again and again until every honest guest has paid.
    async fn attacks(&self, account: usize, does: Does, lane: usize) {
        let caller = guest(&format!("hostile-{account}"));
        let mut hold = None;
        for round in 0.. {
            if self.waiting.load(Ordering::Relaxed) == 0 {
                return;
            }
            let name = format!("hostile-{account}-{lane}-{round}");
            let of = match hold.take() {
                Some(hold) => hold,
                None => self.held(&caller, &name, account).await,
            };
            match self.pays(&caller, &of, &name, does == Does::EndsUnavailable).await {
                Ok(id) => {
                    self.hostile().entry(account).or_default().push(id.clone());
                    if self.world().booking(&id).await.status == BookingStatus::Confirmed {
                        let (by, key) = (self.world().by(caller.guest.as_str()), key("cancel", id.as_str()));
                        let cancels = &self.world().cancellations;
                        let cancelled = cancels.cancel(&caller, &id, &key, None, Duration::ZERO, &by).await;
                        assert_eq!(cancelled.expect("cancelled").booking.status, BookingStatus::Cancelled);
                        self.runs("cancellation", &id).await;
                    } else {
                        hold = Some(of);
                    }
                }
                // Another payment of this account goes on.
                Err(wait) if lane > 0 || wait > PATIENCE_SECONDS => return,
                Err(wait) => {
                    hold = Some(of);
                    self.stage.sleeper.sleep(f64::from(wait)).await;
                }
            }
        }
    }

    /// Pays as an honest guest does. Gives the booking, and the tries.
    async fn comes(&self, number: usize) -> (BookingId, usize) {
        let caller = guest(&format!("honest-{number}"));
        let hold = self.held(&caller, &format!("honest-{number}"), number).await;
        for tried in 1.. {
            let paid = self.pays(&caller, &hold, &format!("honest-{number}-{tried}"), false).await;
            let id = paid.expect("nobody honest is shut out");
            if self.world().booking(&id).await.status == BookingStatus::Confirmed || tried == TRIES_MAX {
                self.waiting.fetch_sub(1, Ordering::Relaxed);
                return (id, tried);
            }
            self.stage.sleeper.sleep(AGAIN_SECONDS).await;
        }
        unreachable!("numbers do not end")
    }
}

#[tokio::test]
async fn accounts_that_pay_and_cancel_or_end_unavailable_leave_honest_guests_their_turns() {
    let mut room = nightly_resource("room", 1000, 3600);
    room.terms.hold_limits = UNLIMITED;
    let w = World::with(&room).await;
    let mut timeline = Timeline::new(&w.clock);
    let deaf = Arc::new(Deaf { bank: w.bank.clone(), to: Mutex::default() });
    let limited = Arc::new(LimitedPayments::new(deaf.clone(), &w.clock, LimitedPayments::TEST_MODE));
    let (pace, clock) = (PACE.parse().expect("a pace"), Arc::new(timeline.sleeper()));
    let paced = PacedPayments::new(limited.clone(), w.store.turns.clone(), clock, pace);
    let stage = Stage::over(&w, Arc::new(paced), timeline.sleeper());
    let crowd = Crowd {
        stage: stage.clone(),
        deaf,
        room: Arc::new(room),
        waiting: Arc::new(AtomicUsize::new(HONEST)),
        hostile: Arc::default(),
    };
    let begin = w.now();
    for account in 0..2 * HOSTILE {
        let does = if account < HOSTILE { Does::PaysAndCancels } else { Does::EndsUnavailable };
        for lane in 0..AT_ONCE {
            let crowd = crowd.clone();
            drop(timeline.spawn(0, async move { crowd.attacks(account, does, lane).await }));
        }
    }
    let mut honest = Vec::new();
    for (number, second) in (0..HONEST).zip(0..) {
        let crowd = crowd.clone();
        honest.push(timeline.spawn(second * HONEST_EVERY_MS, async move { crowd.comes(number).await }));
    }
    timeline.pass().await;

    let (mut by_tries, mut unpaid) = (BTreeMap::new(), 0);
    for run in honest {
        let (id, tries) = run.await.expect("no panic");
        *by_tries.entry(tries).or_insert(0) += 1;
        unpaid +=
            usize::from(w.rests(&id).await.status != BookingStatus::Confirmed || w.bank.kept(&id) != PRICE);
    }
    let seconds = w.now().as_second() - begin.as_second();
    let requests = limited.tally();
    println!(
        "{HONEST} honest guests: {unpaid} did not pay; how many by tries: {by_tries:?}; {seconds} s; {requests:?}"
    );
    assert_eq!(unpaid, 0, "every honest guest pays: {by_tries:?}");
    assert_eq!(refused(&requests, &OWED), 0, "what is owed is taken: {requests:?}");
    assert_eq!(stage.notes(), Vec::<Value>::new(), "nobody is parked");
    let hostile = std::mem::take(&mut *crowd.hostile());
    assert_eq!(hostile.len(), 2 * HOSTILE, "all of them attacked");
    for (account, bookings) in hostile {
        let mut undone = 0;
        for id in bookings {
            let booking = w.rests(&id).await;
            assert_eq!(w.bank.kept(&id), 0, "{account}: {booking:?}");
            undone += usize::from(booking.attempt_end() == AttemptEnd::Undone);
        }
        assert!(undone <= UNDONE_MAX, "{account} had {undone} attempts that left no booking");
    }
}
