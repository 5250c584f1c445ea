//! Every operation of the ledger, with every fault, at every call it makes: what passes is got over and has one effect;
//! what lasts is an outage, never a refusal.

use futures::future::join_all;
use holdfast_app::bookings::CommitError;
use holdfast_app::{Failure, LedgerError, StoreError};
use holdfast_domain::bookings::{Cancellation, FailureReason};
use holdfast_domain::inventory::Placement;
use holdfast_domain::rates::promotion::UseLimits;
use holdfast_domain::{
    Booking, BookingEvent, Fingerprint, Hold, InventoryMove, Money, Page, PageKey, Resource, SlotKey,
    SlotPlaces,
};
use holdfast_testkit::{Fault, hold_for, money, nightly_resource, with_promotion};
use jiff::civil::date;

use crate::harness::Harness;

const NIGHTS: (&str, &str) = ("2030-06-03", "2030-06-05");
const OVER_MONTHS: (&str, &str) = ("2030-06-29", "2030-07-02");
const CAPACITY: u32 = 3;
const TTL: u32 = 60;
const CODE: &str = "SUMMER";

/// How often anything but a conflict is tried: tries of the SDK and of the ledger do not multiply.
const TRIES_MAX: usize = 4;
/// Faults in a row that are got over: fewer than the SDK's tries, and fewer than the ledger's.
const PASSING: usize = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Place,
    PlaceOverMonths,
    PlaceOverDead,
    Extend,
    Release,
    Expire,
    Open,
    Confirm,
    ConfirmDead,
    Abandon,
    Cancel,
    /// Two nights are given back for two others: one of the same page, one of another resource.
    Exchange,
    SetInventory,
    /// A date has fewer places than before.
    Lower,
    Replace,
    /// Terms that allow less come in steps.
    Narrow,
}

const OPERATIONS: [Operation; 16] = [
    Operation::Place,
    Operation::PlaceOverMonths,
    Operation::PlaceOverDead,
    Operation::Extend,
    Operation::Release,
    Operation::Expire,
    Operation::Open,
    Operation::Confirm,
    Operation::ConfirmDead,
    Operation::Abandon,
    Operation::Cancel,
    Operation::Exchange,
    Operation::SetInventory,
    Operation::Lower,
    Operation::Replace,
    Operation::Narrow,
];

/// An operation, and whether its hold uses a promotion whose uses are limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Case(Operation, bool);

/// Every operation, and those of holds with such a promotion too.
fn cases() -> Vec<Case> {
    let of_holds = |operation: &Operation| !operation.is_edit() && *operation != Operation::Exchange;
    let limited = OPERATIONS.into_iter().filter(of_holds).map(|operation| Case(operation, true));
    OPERATIONS.into_iter().map(|operation| Case(operation, false)).chain(limited).collect()
}

impl Operation {
    fn is_edit(self) -> bool {
        matches!(self, Self::SetInventory | Self::Lower | Self::Replace | Self::Narrow)
    }
}

/// How an operation ended, as its caller sees it.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    /// The booking has changed meanwhile: the caller reads it again, and finds its own write.
    Stale,
    /// The resource has changed meanwhile: the caller reads it again.
    Changed,
    /// Others were first until nobody tried any more.
    Contention,
    Outage,
    Refused(String),
}

fn of_store(error: &StoreError) -> Outcome {
    match error {
        StoreError::Unavailable(_) => Outcome::Outage,
        StoreError::Contention(_) => Outcome::Contention,
        StoreError::Corrupt { .. } | StoreError::TooLarge { .. } => Outcome::Refused(error.to_string()),
    }
}

fn of_ledger<T>(result: Result<T, LedgerError>) -> Outcome {
    match result {
        Ok(_) => Outcome::Done,
        Err(LedgerError::Store(error)) => of_store(&error),
        Err(LedgerError::ResourceChanged) => Outcome::Changed,
        Err(
            error @ (LedgerError::Rejected(_)
            | LedgerError::TooManyPages { .. }
            | LedgerError::PromotionUsedUp { .. }),
        ) => Outcome::Refused(error.to_string()),
    }
}

fn of_edit<T>(result: Result<T, Failure>) -> Outcome {
    match result {
        Ok(_) => Outcome::Done,
        Err(Failure::Store(error)) => of_store(&error),
        Err(error) => Outcome::Refused(error.to_string()),
    }
}

fn of_commit<T>(result: Result<T, CommitError>) -> Outcome {
    match result {
        Ok(_) => Outcome::Done,
        Err(CommitError::Stale | CommitError::AttemptsChanged) => Outcome::Stale,
        Err(CommitError::Store(error)) => of_store(&error),
        Err(CommitError::ResourceChanged) => Outcome::Changed,
        Err(error @ (CommitError::Rejected(_) | CommitError::TooManyPages { .. })) => {
            Outcome::Refused(error.to_string())
        }
    }
}

/// Another resource than the room.
fn annex() -> Resource {
    nightly_resource("annex", 1, TTL)
}

fn one_each(nights: &[&str]) -> SlotPlaces {
    let nights = nights.iter().map(|night| SlotKey::parse(night).expect("a night"));
    SlotPlaces::uniform(nights, 1).expect("ascending nights")
}

/// All that the ledger says of what happened. Sequence numbers aside: a repeated write may take one more.
#[derive(Debug, PartialEq)]
struct Picture {
    resource: Option<Resource>,
    pages: Vec<Page>,
    hold: Option<holdfast_domain::HoldSnapshot>,
    booking: Option<Booking>,
    trail: usize,
    uses: u64,
}

struct Scene {
    h: Harness,
    room: Resource,
    hold: Hold,
    booking: Option<Booking>,
}

impl Scene {
    /// All that comes before the operation.
    async fn before(Case(operation, is_limited): Case) -> Self {
        let room = nightly_resource("room", CAPACITY, TTL);
        let h = Harness::with(&room).await;
        h.add(&annex()).await;
        h.placed(&room, "other", NIGHTS, 1).await;
        let range = if operation == Operation::PlaceOverMonths { OVER_MONTHS } else { NIGHTS };
        let quantity = if operation == Operation::PlaceOverDead { CAPACITY } else { 1 };
        if operation == Operation::PlaceOverDead {
            h.pass(i64::from(TTL));
        }
        let hold = hold_for(&room, "guest", "own", range, quantity, h.now());
        let limits = UseLimits { in_all: Some(1), per_guest: Some(1) };
        let hold = if is_limited { with_promotion(hold, CODE, limits) } else { hold };
        let mut scene = Self { h, room, hold, booking: None };
        if operation.is_edit() {
            scene.h.pass(i64::from(TTL));
        }
        let places =
            matches!(operation, Operation::Place | Operation::PlaceOverMonths | Operation::PlaceOverDead);
        if !places && !operation.is_edit() {
            let by = scene.h.by("guest");
            scene.h.store.holds.place(&[&scene.room], &scene.hold, &by).await.expect("free places");
        }
        if operation == Operation::Expire {
            scene.h.pass(i64::from(TTL));
        }
        if matches!(operation, Operation::Confirm | Operation::ConfirmDead | Operation::Abandon) {
            scene.booking = Some(scene.h.authorized(&scene.hold, "pay").await);
        }
        if operation == Operation::ConfirmDead {
            scene.h.pass(1_000);
        }
        if matches!(operation, Operation::Cancel | Operation::Exchange) {
            scene.booking = Some(scene.h.confirmed(&scene.hold, "pay").await);
        }
        scene
    }

    async fn perform(&self, operation: Operation) -> Outcome {
        let Self { h, room, hold, booking } = self;
        let by = h.by("somebody");
        let booked = || booking.as_ref().expect("a booking");
        match operation {
            Operation::Place | Operation::PlaceOverMonths | Operation::PlaceOverDead => {
                of_ledger(h.store.holds.place(&[room], hold, &by).await)
            }
            Operation::Extend => {
                let request = Fingerprint::parse("request").expect("a digest");
                of_ledger(h.store.holds.extend(hold, &request, &by).await)
            }
            Operation::Release => of_ledger(h.store.holds.release(hold, &by).await),
            Operation::Expire => of_ledger(h.store.holds.expire(hold, &by).await),
            Operation::Open => of_commit(h.open(hold, "pay").await),
            Operation::Confirm | Operation::ConfirmDead => {
                of_commit(h.apply(booked(), BookingEvent::Confirmed, InventoryMove::Confirm).await)
            }
            Operation::Abandon => {
                let failed = BookingEvent::Failed { reason: FailureReason::HoldExpired };
                of_commit(h.apply(booked(), failed, InventoryMove::Abandon).await)
            }
            Operation::Cancel => {
                let digest = |text| Fingerprint::parse(text).expect("a digest");
                let cancelled = BookingEvent::Cancelled(Cancellation {
                    reason: None,
                    refund: Money::zero(booked().order.price.total().currency()),
                    before_capture: true,
                    by_operator: false,
                    request: (digest("key"), digest("content")),
                    at: h.now(),
                });
                of_commit(h.apply(booked(), cancelled, InventoryMove::Free).await)
            }
            Operation::Exchange => {
                let on = |resource: &Resource, nights: &[&str]| Placement {
                    page: PageKey::first(resource.id.clone(), "2030-06"),
                    schedule_revision: resource.schedule_revision,
                    places: one_each(nights),
                };
                let taken = [on(room, &["10"]), on(&annex(), &["03"])];
                of_commit(h.exchange(booked(), &booked().order.placements, &taken).await)
            }
            Operation::SetInventory => {
                of_edit(Box::pin(h.set(room, date(2030, 6, 3), 2, Some(7), Some(true))).await)
            }
            Operation::Lower => of_edit(Box::pin(h.set(room, date(2030, 6, 3), 2, Some(1), None)).await),
            Operation::Replace | Operation::Narrow => {
                let mut next = room.clone();
                next.terms.capacity = if operation == Operation::Replace { 5 } else { 2 };
                of_edit(Box::pin(h.put(&next)).await)
            }
        }
    }

    async fn picture(&self) -> Picture {
        let Self { h, room, hold, .. } = self;
        let mut pages = h.store.catalogue.stored_pages(room).await.expect("pages");
        pages.extend(h.store.catalogue.stored_pages(&annex()).await.expect("pages"));
        for page in &mut pages {
            assert_eq!(page.broken_slot(), None, "{page:?}");
            page.seq = 0;
        }
        let id = holdfast_app::kernel::booking_id(&hold.order.guest, "pay");
        Picture {
            resource: h.store.catalogue.resource(&room.id).await.expect("a read"),
            pages,
            hold: h.store.holds.hold(&hold.id).await.expect("a read"),
            booking: h.store.bookings.booking(&id).await.expect("a read"),
            trail: h.store.history.audit_trail(&id).await.expect("a trail").len(),
            uses: h.database.uses(&room.id, CODE).await,
        }
    }
}

/// What the ledger shows after an operation to which nothing happened.
async fn undisturbed(case: Case) -> Picture {
    let scene = Scene::before(case).await;
    assert_eq!(scene.perform(case.0).await, Outcome::Done, "{case:?}");
    scene.picture().await
}

/// What an operation may answer although its effect is there.
fn may_answer(operation: Operation, fault: Fault, outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Done => true,
        Outcome::Stale => {
            fault == Fault::AnswerLost
                && matches!(
                    operation,
                    Operation::Open
                        | Operation::Confirm
                        | Operation::ConfirmDead
                        | Operation::Abandon
                        | Operation::Cancel
                        | Operation::Exchange
                )
        }
        Outcome::Changed | Outcome::Contention | Outcome::Outage | Outcome::Refused(_) => false,
    }
}

#[tokio::test]
async fn what_passes_is_got_over_and_has_one_effect() {
    let runs = cases().into_iter().map(|of| async move {
        let operation = of.0;
        let expected = undisturbed(of).await;
        let mut struck = 0;
        for fault in Fault::ALL {
            for times in 1..=PASSING {
                for passes in 0.. {
                    let scene = Scene::before(of).await;
                    scene.h.database.faults.strike(fault, passes, times);
                    let outcome = scene.perform(operation).await;
                    let met = scene.h.database.faults.end();
                    if met == 0 {
                        break;
                    }
                    struck += met;
                    let case = format!("{of:?}, {fault:?} × {times} after {passes} calls");
                    assert!(may_answer(operation, fault, &outcome), "{case}: {outcome:?}");
                    assert_eq!(&scene.picture().await, &expected, "{case}");
                }
            }
        }
        struck
    });
    let struck: usize = join_all(runs).await.into_iter().sum();
    println!("{struck} faults met");
    assert!(struck > 400, "{struck}");
}

#[tokio::test]
async fn what_lasts_is_an_outage_and_never_a_refusal() {
    let cases = cases().into_iter().flat_map(|of| Fault::ALL.map(|fault| (of, fault)));
    let runs = cases.map(|(of, fault)| async move {
        let operation = of.0;
        let scene = Scene::before(of).await;
        let before = scene.picture().await;
        scene.h.database.faults.strike(fault, 0, usize::MAX);
        let outcome = scene.perform(operation).await;
        assert!(scene.h.database.faults.end() > 0, "{of:?} calls nobody");
        let lasts = if fault == Fault::Conflict { Outcome::Contention } else { Outcome::Outage };
        assert_eq!(outcome, lasts, "{of:?}, {fault:?}");
        if fault != Fault::AnswerLost {
            assert_eq!(scene.picture().await, before, "{of:?}, {fault:?}: nothing was written");
        }
    });
    join_all(runs).await;
}

/// Whoever is throttled at one of its calls tries it a few times more, and then leaves it to whoever asked: a crowd that is
/// throttled must not be a multiple of itself.
#[tokio::test]
async fn what_is_throttled_is_tried_a_few_times_and_then_it_is_an_outage() {
    let cases = cases()
        .into_iter()
        .flat_map(|of| [Fault::Throttled, Fault::CapacityExceeded].map(|fault| (of, fault)));
    let runs = cases.map(|(of, fault)| async move {
        let operation = of.0;
        for passes in 0.. {
            let scene = Scene::before(of).await;
            scene.h.database.faults.strike(fault, passes, usize::MAX);
            let outcome = scene.perform(operation).await;
            let met = scene.h.database.faults.end();
            if met == 0 {
                return passes;
            }
            let case = format!("{of:?}, {fault:?} after {passes} calls");
            assert_eq!(outcome, Outcome::Outage, "{case}");
            assert!(met <= TRIES_MAX, "{case}: {met} tries");
        }
        unreachable!("an operation that makes calls for ever")
    });
    let calls: usize = join_all(runs).await.into_iter().sum();
    assert!(calls > OPERATIONS.len() * 2, "{calls}");
}

/// Pages that are brought together are not brought in halves when they are throttled: that would be as many calls, and more.
#[tokio::test]
async fn an_edit_of_many_pages_that_is_throttled_is_tried_as_often_as_one_of_a_page() {
    let room = nightly_resource("room", CAPACITY, TTL);
    let mut dearer = room.clone();
    dearer.terms.base_price = money(20_000);
    for fault in [Fault::Throttled, Fault::CapacityExceeded] {
        for passes in 0.. {
            let h = Harness::with(&room).await;
            for month in 6..=11 {
                h.touch(&room, &PageKey::first(room.id.clone(), format!("2030-{month:02}"))).await;
            }
            h.database.faults.strike_writes(fault, passes, usize::MAX);
            let outcome = of_edit(Box::pin(h.put(&dearer)).await);
            let met = h.database.faults.end();
            if met == 0 {
                assert!(passes > 1, "{passes} writes");
                break;
            }
            assert_eq!(outcome, Outcome::Outage, "{fault:?} after {passes} writes");
            assert!(met <= TRIES_MAX, "{fault:?} after {passes} writes: {met} tries");
        }
    }
}

/// An edit is cut off at each of its calls: then nothing is sold that the terms before or after would not sell, and its
/// repetition does the rest.
#[tokio::test]
async fn an_edit_that_was_cut_off_is_finished_by_its_repetition() {
    for operation in OPERATIONS.into_iter().filter(|operation| operation.is_edit()) {
        let of = Case(operation, false);
        let expected = undisturbed(of).await;
        let mut cuts = 0;
        for passes in 0.. {
            let scene = Scene::before(of).await;
            scene.h.database.faults.strike(Fault::Killed, passes, 1);
            let finished = tokio::select! {
                outcome = scene.perform(operation) => Some(outcome),
                () = scene.h.database.faults.strikes() => None,
            };
            let _ = scene.h.database.faults.end();
            if finished.is_some() {
                break;
            }
            cuts += 1;
            let case = format!("{operation:?} cut off after {passes} calls");
            let (before, after) = match operation {
                Operation::SetInventory => (CAPACITY, 0),
                Operation::Lower => (CAPACITY, 1),
                Operation::Narrow => (CAPACITY, 2),
                _ => (CAPACITY, 5),
            };
            let page = scene.h.page(&scene.room, "2030-06").await;
            let offered = page.offered(&SlotKey::parse("03").expect("a night"), scene.h.now());
            assert!((before.min(after)..=before.max(after)).contains(&offered), "{case}: {offered}");
            assert_eq!(scene.perform(operation).await, Outcome::Done, "{case}");
            assert_eq!(scene.picture().await, expected, "{case}");
        }
        assert!(cuts > 3, "{operation:?}: {cuts}");
    }
}
