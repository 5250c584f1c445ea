//! The ledger against the domain: random histories, each step put both to DynamoDB and to the pure page. The blind
//! conditions must accept exactly what `decide` accepts, and leave the same page behind, also when requests and answers get
//! lost and other writers are in the way, when requests and commits are repeated at any time, and when TTL sweeps the records
//! of holds away. After every step the counts add up, are those of the bookings that stand, and records agree with pages.

use std::collections::BTreeMap;

use holdfast_app::bookings::{BookingCommit, verify};
use holdfast_app::{Failure, LedgerError};
use holdfast_domain::bookings::{Cancellation, FailureReason};
use holdfast_domain::catalogue::DateFactsEdit;
use holdfast_domain::inventory::SlotRule;
use holdfast_domain::{
    Booking, BookingEvent, BookingStatus, Fingerprint, Hold, HoldId, HoldLimits, HoldStatus, InventoryMove,
    Page, PageCommand, PaymentStep, Resource, Slot, SlotKey,
};
use holdfast_testkit::{Fault, Faults, at, nightly_resource};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::harness::{Harness, with_sales_elsewhere};
use crate::steps::{Asked, FIRST_NIGHT, Step, Trouble, steps};

#[derive(Default, Clone)]
struct Life {
    hold: Option<Hold>,
    booking: Option<Booking>,
    /// What was asked for, so that it can be asked again.
    asked: Option<Asked>,
    /// What was last written of the booking: the booking before, and what happened to it.
    written: Option<(Booking, BookingEvent, InventoryMove)>,
}

/// The call, and again after an outage.
macro_rules! insisting {
    ($h:expr, $call:expr) => {{
        match $call.await.map_err(Failure::from) {
            Err(Failure::Store(_)) => {
                let _ = $h.database.faults.end();
                $call.await.map_err(Failure::from)
            }
            outcome => outcome,
        }
    }};
}

const NO_MORE_DAYS: &str = "2030-06-01T00:00:00Z";
const PAGE: &str = "2030-06";

fn decide(model: &Page, command: &PageCommand, h: &Harness) -> Option<Page> {
    let changes = model.decide(command, h.now()).ok()?;
    Some(changes.iter().fold(model.clone(), Page::evolve))
}

/// The page after a release of a hold with this record, or `None` where it is refused.
type Release = fn(&Page, &HoldId, Option<&Hold>, Timestamp) -> Option<Page>;

/// A release as the domain has it: the page decides, and the record where the page has no entry.
fn release(page: &Page, hold: &HoldId, record: Option<&Hold>, now: Timestamp) -> Option<Page> {
    if let (false, Some(record)) = (page.holds.contains_key(hold), record) {
        record.release_without_entry(now).ok()?;
    }
    release_by_page_alone(page, hold, record, now)
}

/// The same without the rule that a hold which became a booking cannot be released. It is missed by placing, opening,
/// confirming and releasing one hold.
fn release_by_page_alone(page: &Page, hold: &HoldId, _: Option<&Hold>, now: Timestamp) -> Option<Page> {
    let changes = page.decide(&PageCommand::Release { hold: hold.clone(), counts_for: None }, now).ok()?;
    Some(changes.iter().fold(page.clone(), Page::evolve))
}

/// Sequence numbers aside: a blind write and a compare-and-set may differ in how many writes they took. What has cooled
/// down is forgotten by the next write that reads the page.
fn same(mut a: Page, mut b: Page, now: Timestamp) -> bool {
    (a.seq, b.seq) = (0, 0);
    for page in [&mut a, &mut b] {
        page.cooling.values_mut().for_each(|slots| slots.retain(|_, until| *until > now));
        page.cooling.retain(|_, slots| !slots.is_empty());
        page.unpaid_ends = page.unpaid_ends.since(now);
    }
    a == b
}

/// A room with three places, under limits.
fn room(limits: HoldLimits) -> Resource {
    let mut room = nightly_resource("room", 3, 60);
    room.terms.hold_limits = limits;
    room
}

/// None that six holds could reach, tight ones, and tight ones with a cool-down.
fn limits() -> impl Strategy<Value = HoldLimits> {
    let none = nightly_resource("room", 3, 60).terms.hold_limits;
    let tight =
        HoldLimits { per_guest: Some(2), per_slot: 1, places_per_slot: Some(2), cool_down_seconds: Some(0) };
    let counted = HoldLimits { cool_down_seconds: None, ..tight };
    let waiting = HoldLimits { cool_down_seconds: Some(50), ..tight };
    prop::sample::select(vec![none, tight, waiting, counted, HoldLimits::default()])
}

/// The command that changes what applies to some slots.
fn reframed(page: &Page, slots: &[Slot], change: impl Fn(&mut SlotRule)) -> PageCommand {
    let mut frame = page.frame();
    for slot in slots {
        change(frame.slots.entry(slot.key.clone()).or_default());
    }
    PageCommand::Frame { frame: Box::new(frame) }
}

fn first_night(slots: &[Slot]) -> Date {
    format!("{PAGE}-{}", slots[0].key).parse().expect("a date")
}

async fn run(limits: HoldLimits, steps: Vec<(Step, Trouble)>, release: Release) -> Result<(), String> {
    let room = room(limits);
    let h = Harness::with(&room).await;
    let observer = h.database.store_under(&Faults::default());
    let mut model = h.page(&room, PAGE).await;
    let mut lives: Vec<Life> = vec![Life::default(); 6];
    for (number, (step, fault)) in steps.iter().enumerate() {
        let now = h.now();
        let _ = h.database.faults.end();
        if let Some((fault, passes, times)) = fault
            && (step.repeats_itself() || *fault != Fault::AnswerLost)
        {
            h.database.faults.strike(*fault, *passes, *times);
        }
        let (expected, accepted) = match step {
            Step::Pass { seconds } => {
                h.clock.advance(SignedDuration::from_secs(*seconds));
                (None, false)
            }
            Step::Days { days } => {
                if now < at(NO_MORE_DAYS) {
                    h.clock.advance(SignedDuration::from_hours(24 * *days));
                }
                (None, false)
            }
            Step::Sweep => {
                let _ = h.database.sweep_ttl();
                (None, false)
            }
            Step::Again { key } => {
                let life = &mut lives[usize::from(*key)];
                let Some(asked) = &life.asked else { continue };
                let hold = asked.hold(&room, *key, now);
                let _ = h.database.faults.end();
                let is_known = h.store.holds.hold(&hold.id).await.expect("a read").is_some();
                if !is_known && life.booking.is_some() {
                    continue;
                }
                let entry = hold.entry(&hold.order.placements[0]);
                let limits = Some(room.terms.hold_limits);
                let command = PageCommand::Place { hold: hold.id.clone(), entry, limits };
                let outcome = h.store.holds.place(&[&room], &hold, &h.by("guest")).await;
                let decided = model.decide(&command, now).ok().map(|changes| {
                    let placed = changes.iter().fold(model.clone(), Page::evolve);
                    if is_known && !changes.is_empty() {
                        // The hold had lived and ended: what was just placed is taken back.
                        decide(&placed, &PageCommand::Release { hold: hold.id.clone(), counts_for: None }, &h)
                            .expect("a release")
                    } else {
                        placed
                    }
                });
                if outcome.is_ok() && !is_known {
                    life.hold = Some(hold);
                }
                (decided, outcome.is_ok())
            }
            Step::Repeat { key } => {
                let life = &lives[usize::from(*key)];
                let (Some(hold), Some(_)) = (&life.hold, &life.booking) else { continue };
                let accepted = match &life.written {
                    Some((before, event, inventory)) => {
                        let commit =
                            BookingCommit::new(before, event.clone(), inventory.clone(), &h.by("saga"));
                        h.store.bookings.commit(&commit).await.is_ok()
                    }
                    None => h.open(hold, &format!("pay{key}")).await.is_ok(),
                };
                (None, accepted)
            }
            Step::Place { key, from, nights, quantity, uneven } => {
                let life = &mut lives[usize::from(*key)];
                if life.hold.is_some() {
                    continue;
                }
                let asked = Asked { from: *from, nights: *nights, quantity: *quantity, uneven: *uneven };
                let hold = asked.hold(&room, *key, now);
                let command = PageCommand::Place {
                    hold: hold.id.clone(),
                    entry: hold.entry(&hold.order.placements[0]),
                    limits: Some(room.terms.hold_limits),
                };
                let outcome = insisting!(h, h.store.holds.place(&[&room], &hold, &h.by("guest")));
                if outcome.is_ok() {
                    life.asked = Some(asked);
                    life.hold = Some(hold);
                }
                (decide(&model, &command, &h), outcome.is_ok())
            }
            Step::Extend { key, request } => {
                let Some(hold) = lives[usize::from(*key)].hold.clone() else { continue };
                let request = Fingerprint::parse(&format!("r{request}")).expect("a digest");
                let command =
                    PageCommand::Extend { hold: hold.id.clone(), request: request.clone(), by: hold.ttl() };
                let outcome = insisting!(h, h.store.holds.extend(&hold, &request, &h.by("guest")));
                (decide(&model, &command, &h), outcome.is_ok())
            }
            Step::Release { key } => {
                let Some(hold) = lives[usize::from(*key)].hold.clone() else { continue };
                let record =
                    observer.holds.hold(&hold.id).await.expect("a read").map(|snapshot| snapshot.hold);
                let outcome = insisting!(h, h.store.holds.release(&hold, &h.by("guest")));
                (release(&model, &hold.id, record.as_ref(), now), outcome.is_ok())
            }
            Step::Expire { key } => {
                let Some(hold) = lives[usize::from(*key)].hold.clone() else { continue };
                let outcome = insisting!(h, h.store.holds.expire(&hold, &h.by("timer")));
                (
                    decide(&model, &PageCommand::Expire { hold: hold.id, counts_for: None }, &h),
                    outcome.is_ok(),
                )
            }
            Step::Open { key } => {
                let life = &mut lives[usize::from(*key)];
                let (Some(hold), None) = (&life.hold, &life.booking) else { continue };
                let deadline = now.checked_add(SignedDuration::from_secs(900)).expect("in range");
                let outcome = h.open(hold, &format!("pay{key}")).await;
                let booking = holdfast_app::kernel::booking_id(&hold.order.guest, &format!("pay{key}"));
                let command = PageCommand::Claim { hold: hold.id.clone(), booking, deadline };
                life.booking = outcome.as_ref().ok().cloned();
                (decide(&model, &command, &h), outcome.is_ok())
            }
            Step::Confirm { key } => {
                let life = &mut lives[usize::from(*key)];
                let Some(booking) = life.booking.clone() else { continue };
                if booking.status != BookingStatus::Pending {
                    continue;
                }
                let booking = match booking
                    .decide(BookingEvent::first_payment(PaymentStep::Authorized))
                    .expect("legal")
                {
                    Some(_) => h
                        .apply(
                            &booking,
                            BookingEvent::first_payment(PaymentStep::Authorized),
                            InventoryMove::Keep,
                        )
                        .await
                        .expect("written"),
                    None => booking,
                };
                let placement = booking.order.placements[0].clone();
                let command = PageCommand::Confirm {
                    hold: booking.hold.clone(),
                    booking: booking.id.clone(),
                    places: placement.places,
                };
                let outcome = h.apply(&booking, BookingEvent::Confirmed, InventoryMove::Confirm).await;
                let accepted = outcome.is_ok();
                life.written = accepted
                    .then(|| (booking.clone(), BookingEvent::Confirmed, InventoryMove::Confirm))
                    .or(life.written.take());
                life.booking = Some(outcome.unwrap_or(booking));
                (decide(&model, &command, &h), accepted)
            }
            Step::Fail { key } => {
                let life = &mut lives[usize::from(*key)];
                let Some(booking) = life.booking.clone() else { continue };
                if booking.status != BookingStatus::Pending {
                    continue;
                }
                let command =
                    PageCommand::Unclaim { hold: booking.hold.clone(), booking: booking.id.clone() };
                let event =
                    BookingEvent::Failed { reason: FailureReason::Declined { code: "declined".to_owned() } };
                let outcome = h.apply(&booking, event.clone(), InventoryMove::Unclaim).await;
                let accepted = outcome.is_ok();
                life.written = Some((booking, event, InventoryMove::Unclaim));
                life.booking = outcome.ok();
                (decide(&model, &command, &h), accepted)
            }
            Step::Cancel { key } => {
                let life = &mut lives[usize::from(*key)];
                let Some(booking) = life.booking.clone() else { continue };
                let placement = booking.order.placements[0].clone();
                let (inventory, command) = match booking.status {
                    BookingStatus::Confirmed => (
                        InventoryMove::Free,
                        PageCommand::Free { booking: booking.id.clone(), places: placement.places },
                    ),
                    BookingStatus::Pending => (
                        InventoryMove::Abandon,
                        PageCommand::Abandon { hold: booking.hold.clone(), booking: booking.id.clone() },
                    ),
                    _ => continue,
                };
                let digest = Fingerprint::parse("request").expect("a digest");
                let event = BookingEvent::Cancelled(Cancellation {
                    reason: None,
                    refund: booking.captured(),
                    before_capture: true,
                    by_operator: false,
                    request: (digest.clone(), digest),
                    at: now,
                });
                let outcome = h.apply(&booking, event.clone(), inventory.clone()).await;
                let accepted = outcome.is_ok();
                life.written = Some((booking, event, inventory));
                life.booking = outcome.ok();
                (decide(&model, &command, &h), accepted)
            }
            Step::Places { from, capacity, overbooking } => {
                let slots = room.terms.schedule.page(PAGE, &room.terms.time_zone);
                let slots = &slots[usize::from(FIRST_NIGHT + *from)..usize::from(FIRST_NIGHT + *from) + 2];
                let command = reframed(&model, slots, |rule| {
                    rule.capacity = capacity.or(rule.capacity);
                    rule.allowance = overbooking.unwrap_or(rule.allowance);
                });
                let set = DateFactsEdit {
                    capacity: *capacity,
                    overbooking: *overbooking,
                    ..DateFactsEdit::default()
                };
                let outcome = insisting!(h, h.set_dates(&room, first_night(slots), 2, set));
                (decide(&model, &command, &h), outcome.is_ok())
            }
            Step::Close { from, closed } => {
                let slots = room.terms.schedule.page(PAGE, &room.terms.time_zone);
                let slots = &slots[usize::from(FIRST_NIGHT + *from)..usize::from(FIRST_NIGHT + *from) + 2];
                let command = reframed(&model, slots, |rule| rule.closed = *closed);
                let outcome = insisting!(h, h.set(&room, first_night(slots), 2, None, Some(*closed)));
                (decide(&model, &command, &h), outcome.is_ok())
            }
            // Nothing of the ledger writes it yet.
            Step::Elsewhere { from, sold } => {
                let _ = h.database.faults.end();
                let page = with_sales_elsewhere(model.clone(), FIRST_NIGHT + from, *sold);
                h.plant(&room, &page).await;
                (Some(page), true)
            }
        };
        let _ = h.database.faults.end();
        let case = format!("step {number}, {step:?}, of {steps:?}");
        if accepted != expected.is_some() {
            return Err(format!("{case}: accepted by the ledger: {accepted}, by the domain: {}", !accepted));
        }
        model = expected.unwrap_or(model);
        let stored = h.page(&room, PAGE).await;
        assert_eq!(stored.broken_slot(), None, "{case}");
        if !same(stored.clone(), model.clone(), h.now()) {
            return Err(format!("{case}:\n{stored:#?}\n{model:#?}"));
        }
        check_records(&h, &stored, &lives, &case).await;
    }
    // A step that had nothing to do leaves its fault behind.
    let _ = h.database.faults.end();
    for booking in lives.iter().filter_map(|life| life.booking.as_ref()) {
        let stored = h.store.bookings.booking(&booking.id).await.expect("a read").expect("a booking");
        let trail = h.store.history.audit_trail(&booking.id).await.expect("a trail");
        assert_eq!(stored.status, booking.status, "{steps:?}");
        verify(&stored, &trail).unwrap_or_else(|broken| panic!("{broken:?}: {trail:#?}, of {steps:?}"));
    }
    Ok(())
}

/// The counts are those of the bookings that stand, and what the records say of holds is what the page says.
async fn check_records(h: &Harness, page: &Page, lives: &[Life], case: &str) {
    for (slot, free) in &page.available {
        let standing: u32 = lives
            .iter()
            .filter_map(|life| life.booking.as_ref())
            .filter(|booking| booking.status == BookingStatus::Confirmed)
            .flat_map(|booking| &booking.order.placements)
            .map(|placement| placement.places.in_slot(slot))
            .sum();
        assert_eq!(page.confirmed.get(slot).copied().unwrap_or(0), standing, "slot {slot}, {case}");
        let held: u32 = page.holds.values().map(|hold| hold.places.in_slot(slot)).sum();
        let of = |counts: &BTreeMap<SlotKey, u32>| counts.get(slot).copied().unwrap_or(0);
        let limit = page.capacity_of(slot) + of(&page.allowance) + of(&page.excess);
        assert_eq!(free + held + standing + of(&page.elsewhere), limit, "slot {slot}, {case}");
    }
    for life in lives {
        let Some(hold) = &life.hold else { continue };
        let Some(snapshot) = h.store.holds.hold(&hold.id).await.expect("a read") else { continue };
        let status = snapshot.status(h.now());
        let lives = page.holds.get(&hold.id).is_some_and(|entry| entry.is_live(h.now()));
        assert_eq!(status == HoldStatus::Active, lives, "{snapshot:?}, {case}");
        match life.booking.as_ref().map(|booking| booking.status) {
            Some(BookingStatus::Confirmed) => {
                assert_eq!(status, HoldStatus::Confirmed, "{snapshot:?}, {case}");
            }
            Some(BookingStatus::Pending | BookingStatus::Failed) | None => {
                assert_ne!(status, HoldStatus::Confirmed, "{snapshot:?}, {case}");
            }
            // Before or after its confirmation.
            Some(BookingStatus::Cancelled | BookingStatus::Completed) => {}
        }
    }
}

fn block_on<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(test)
}

/// Enough for the control to be found in every run.
const CASES: u32 = 256;

proptest! {
    #![proptest_config(holdfast_properties::config(CASES, "tests/regressions/model.txt"))]
    #[test]
    fn the_ledger_does_what_the_domain_decides(limits in limits(), steps in steps()) {
        holdfast_properties::outcome(block_on(run(limits, steps, release)))?;
    }
}

#[test]
fn control_a_rule_that_one_side_lacks_is_found() {
    holdfast_properties::assert_found(CASES, (limits(), steps()), |(limits, steps)| {
        holdfast_properties::outcome(block_on(run(limits, steps, release_by_page_alone)))
    });
}

#[tokio::test]
async fn the_model_test_sees_a_difference() {
    let room = nightly_resource("room", 3, 60);
    let h = Harness::with(&room).await;
    let before = h.page(&room, PAGE).await;
    h.placed(&room, "k", ("2030-06-01", "2030-06-02"), 1).await;
    assert!(!same(before, h.page(&room, PAGE).await, h.now()));
    let refused: Result<_, LedgerError> = h.place(&room, "l", ("2030-06-01", "2030-06-02"), 3).await;
    assert!(refused.is_err());
}

/// Histories that were once told wrong, or easily might be.
#[tokio::test]
async fn histories_by_hand() {
    use Step::{
        Again, Cancel, Confirm, Days, Elsewhere, Expire, Extend, Fail, Open, Pass, Release, Repeat, Sweep,
    };
    let place = Step::Place { key: 0, from: 1, nights: 2, quantity: 3, uneven: false };
    let other = Step::Place { key: 1, from: 2, nights: 2, quantity: 1, uneven: false };
    let night = |key, from| Step::Place { key, from, nights: 1, quantity: 1, uneven: false };
    let one_beyond = Step::Places { from: 0, capacity: None, overbooking: Some(1) };
    let histories = [
        // A hold that became a booking is not released any more.
        vec![night(4, 1), Open { key: 4 }, Confirm { key: 4 }, Release { key: 4 }],
        // Two want more of a night than there is.
        vec![
            Step::Place { key: 0, from: 1, nights: 2, quantity: 2, uneven: false },
            Step::Place { key: 1, from: 1, nights: 1, quantity: 2, uneven: false },
        ],
        // A place is given out while two payments of its page run.
        vec![night(0, 4), night(3, 1), Open { key: 3 }, night(5, 1), Open { key: 5 }, night(1, 1)],
        // A request again after its hold was given back, when its places are free and when another has them.
        vec![place.clone(), Release { key: 0 }, Again { key: 0 }, other.clone(), Again { key: 0 }],
        // The record is swept, the same request is a new one, and the old hold's deletion is told late and twice.
        vec![
            place.clone(),
            Days { days: 8 },
            Sweep,
            Again { key: 0 },
            Expire { key: 0 },
            Expire { key: 0 },
            Release { key: 0 },
        ],
        // A payment that ends after the hold and its record are gone, with the places free and with the places taken.
        vec![
            place.clone(),
            Open { key: 0 },
            Days { days: 8 },
            Sweep,
            Confirm { key: 0 },
            Repeat { key: 0 },
            Cancel { key: 0 },
        ],
        vec![
            place.clone(),
            Open { key: 0 },
            Days { days: 8 },
            Sweep,
            other.clone(),
            Confirm { key: 0 },
            Fail { key: 0 },
        ],
        // Extended at the end of its life, claimed, declined: it lives on as long as it was told.
        vec![
            place.clone(),
            Pass { seconds: 59 },
            Extend { key: 0, request: 0 },
            Open { key: 0 },
            Fail { key: 0 },
            Pass { seconds: 60 },
            Expire { key: 0 },
            Pass { seconds: 1 },
            Expire { key: 0 },
        ],
        // Others have sold what is held, and what is booked: what comes back is theirs first.
        vec![
            place.clone(),
            one_beyond.clone(),
            Elsewhere { from: 1, sold: 2 },
            Elsewhere { from: 2, sold: 4 },
            Release { key: 0 },
            other.clone(),
        ],
        vec![
            place.clone(),
            Open { key: 0 },
            Confirm { key: 0 },
            one_beyond,
            Elsewhere { from: 1, sold: 3 },
            Cancel { key: 0 },
            Elsewhere { from: 2, sold: 1 },
            other.clone(),
        ],
        // Another's places reclaim a dead hold; its own timer comes after.
        vec![place, Pass { seconds: 60 }, other, Expire { key: 0 }, Sweep, Expire { key: 0 }],
    ];
    for steps in histories {
        for trouble in
            [None, Some((Fault::AnswerLost, 0, usize::MAX)), Some((Fault::AnswerLost, 1, usize::MAX))]
        {
            let limits = nightly_resource("room", 3, 60).terms.hold_limits;
            let steps = steps.iter().map(|step| (step.clone(), trouble)).collect();
            assert_eq!(run(limits, steps, release).await, Ok(()));
        }
    }
}
