//! The ledger against the domain: random histories, each step put both to DynamoDB and to the pure page. The blind
//! conditions must accept exactly what `decide` accepts, and leave the same page behind, also when requests and answers get
//! lost and other writers are in the way.

use holdfast_app::ports::InventoryMove;
use holdfast_app::{Ledger, LedgerError};
use holdfast_domain::booking::Cancellation;
use holdfast_domain::{Booking, BookingEvent, Fingerprint, Hold, Page, PageCommand};
use holdfast_testkit::{Fault, hold_for, nightly_resource};
use jiff::SignedDuration;
use proptest::prelude::*;

use crate::harness::Harness;

#[derive(Debug, Clone)]
enum Step {
    Place { key: u8, from: u8, nights: u8, quantity: u32 },
    Extend { key: u8, request: u8 },
    Release { key: u8 },
    Expire { key: u8 },
    Open { key: u8 },
    Confirm { key: u8 },
    Fail { key: u8 },
    Cancel { key: u8 },
    Pass { seconds: i64 },
    Capacity { from: u8, capacity: u32 },
    Close { from: u8, closed: bool },
}

impl Step {
    /// Whether all of it is one write or several that meet themselves again. A booking's transaction says `Stale` to a
    /// repetition, and leaves it to the use case to find its own write.
    fn repeats_itself(&self) -> bool {
        !matches!(self, Self::Open { .. } | Self::Confirm { .. } | Self::Fail { .. } | Self::Cancel { .. })
    }
}

/// Steps, each with what goes wrong at which of its calls.
fn steps() -> impl Strategy<Value = Vec<(Step, Option<(Fault, usize)>)>> {
    let key = || 0u8..6;
    let step = prop_oneof![
        6 => (key(), 1u8..6, 1u8..4, 1u32..3)
            .prop_map(|(key, from, nights, quantity)| Step::Place { key, from, nights, quantity }),
        1 => (key(), 0u8..3).prop_map(|(key, request)| Step::Extend { key, request }),
        1 => key().prop_map(|key| Step::Release { key }),
        2 => key().prop_map(|key| Step::Expire { key }),
        3 => key().prop_map(|key| Step::Open { key }),
        3 => key().prop_map(|key| Step::Confirm { key }),
        1 => key().prop_map(|key| Step::Fail { key }),
        1 => key().prop_map(|key| Step::Cancel { key }),
        3 => (1i64..70).prop_map(|seconds| Step::Pass { seconds }),
        1 => (1u8..6, 0u32..5).prop_map(|(from, capacity)| Step::Capacity { from, capacity }),
        1 => (1u8..6, any::<bool>()).prop_map(|(from, closed)| Step::Close { from, closed }),
    ];
    let fault = prop::option::weighted(0.3, (prop::sample::select(&Fault::ALL[..]), 0usize..3));
    prop::collection::vec((step, fault), 1..40)
}

#[derive(Default, Clone)]
struct Life {
    hold: Option<Hold>,
    booking: Option<Booking>,
}

const PAGE: &str = "2030-06";

fn decide(model: &Page, command: &PageCommand, h: &Harness) -> Option<Page> {
    let changes = model.decide(command, h.now()).ok()?;
    Some(changes.iter().fold(model.clone(), Page::evolve))
}

/// Sequence numbers aside: a blind write and a compare-and-set may differ in how many writes they took.
fn same(mut a: Page, mut b: Page) -> bool {
    (a.seq, b.seq) = (0, 0);
    a == b
}

async fn run(steps: Vec<(Step, Option<(Fault, usize)>)>) {
    let room = nightly_resource("room", 3, 60);
    let h = Harness::with(&room).await;
    let mut model = h.page(&room, PAGE).await;
    let mut lives: Vec<Life> = vec![Life::default(); 6];
    for (number, (step, fault)) in steps.iter().enumerate() {
        let now = h.now();
        let _ = h.database.faults.end();
        if let Some((fault, passes)) = fault
            && (step.repeats_itself() || *fault != Fault::AnswerLost)
        {
            h.database.faults.strike(*fault, *passes, 1);
        }
        let (expected, accepted) = match step {
            Step::Pass { seconds } => {
                h.clock.advance(SignedDuration::from_secs(*seconds));
                continue;
            }
            Step::Place { key, from, nights, quantity } => {
                let life = &mut lives[usize::from(*key)];
                if life.hold.is_some() {
                    continue;
                }
                let range = (format!("2030-06-{from:02}"), format!("2030-06-{:02}", from + nights));
                let hold = hold_for(&room, "guest", &format!("k{key}"), (&range.0, &range.1), *quantity, now);
                let command = PageCommand::Place {
                    hold: hold.id.clone(),
                    entry: hold.entry(&hold.order.placements[0]),
                    limits: None,
                };
                let outcome = h.ledger.place(&[&room], &hold, &h.by("guest")).await;
                if outcome.is_ok() {
                    life.hold = Some(hold);
                }
                (decide(&model, &command, &h), outcome.is_ok())
            }
            Step::Extend { key, request } => {
                let Some(hold) = lives[usize::from(*key)].hold.clone() else { continue };
                let request = Fingerprint::parse(&format!("r{request}")).expect("a digest");
                let command =
                    PageCommand::Extend { hold: hold.id.clone(), request: request.clone(), by: hold.ttl() };
                let outcome = h.ledger.extend(&hold, &request, &h.by("guest")).await;
                (decide(&model, &command, &h), outcome.is_ok())
            }
            Step::Release { key } => {
                let Some(hold) = lives[usize::from(*key)].hold.clone() else { continue };
                let outcome = h.ledger.release(&hold, &h.by("guest")).await;
                (decide(&model, &PageCommand::Release { hold: hold.id }, &h), outcome.is_ok())
            }
            Step::Expire { key } => {
                let Some(hold) = lives[usize::from(*key)].hold.clone() else { continue };
                let outcome = h.ledger.expire(&hold, &h.by("timer")).await;
                (decide(&model, &PageCommand::Expire { hold: hold.id }, &h), outcome.is_ok())
            }
            Step::Open { key } => {
                let life = &mut lives[usize::from(*key)];
                let (Some(hold), None) = (&life.hold, &life.booking) else { continue };
                let deadline = now.checked_add(SignedDuration::from_secs(900)).expect("in range");
                let outcome = h.open(hold, &format!("pay{key}")).await;
                let booking = holdfast_app::identity::booking_id(&hold.order.guest, &format!("pay{key}"));
                let command = PageCommand::Claim { hold: hold.id.clone(), booking, deadline };
                life.booking = outcome.as_ref().ok().cloned();
                (decide(&model, &command, &h), outcome.is_ok())
            }
            Step::Confirm { key } => {
                let life = &mut lives[usize::from(*key)];
                let Some(booking) = life.booking.clone() else { continue };
                if booking.status != holdfast_domain::BookingStatus::Pending {
                    continue;
                }
                let booking = match booking.decide(BookingEvent::Authorized).expect("legal") {
                    Some(_) => h
                        .apply(&booking, BookingEvent::Authorized, InventoryMove::Keep)
                        .await
                        .expect("written"),
                    None => booking,
                };
                let placement = booking.order.placements[0].clone();
                let command = PageCommand::Confirm {
                    hold: booking.hold.clone(),
                    booking: booking.id.clone(),
                    slots: placement.slots,
                    quantity: placement.quantity,
                };
                let outcome = h.apply(&booking, BookingEvent::Confirmed, InventoryMove::Confirm).await;
                let accepted = outcome.is_ok();
                life.booking = Some(outcome.unwrap_or(booking));
                (decide(&model, &command, &h), accepted)
            }
            Step::Fail { key } => {
                let life = &mut lives[usize::from(*key)];
                let Some(booking) = life.booking.clone() else { continue };
                if booking.status != holdfast_domain::BookingStatus::Pending {
                    continue;
                }
                let command =
                    PageCommand::Unclaim { hold: booking.hold.clone(), booking: booking.id.clone() };
                let event = BookingEvent::Failed { reason: "declined".to_owned(), declined: true };
                let outcome = h.apply(&booking, event, InventoryMove::Unclaim).await;
                let accepted = outcome.is_ok();
                life.booking = outcome.ok();
                (decide(&model, &command, &h), accepted)
            }
            Step::Cancel { key } => {
                let life = &mut lives[usize::from(*key)];
                let Some(booking) = life.booking.clone() else { continue };
                let placement = booking.order.placements[0].clone();
                let (inventory, command) = match booking.status {
                    holdfast_domain::BookingStatus::Confirmed => (
                        InventoryMove::Free,
                        PageCommand::Free {
                            booking: booking.id.clone(),
                            slots: placement.slots,
                            quantity: placement.quantity,
                        },
                    ),
                    holdfast_domain::BookingStatus::Pending => (
                        InventoryMove::Abandon,
                        PageCommand::Abandon { hold: booking.hold.clone(), booking: booking.id.clone() },
                    ),
                    _ => continue,
                };
                let digest = Fingerprint::parse("request").expect("a digest");
                let event = BookingEvent::Cancelled(Cancellation {
                    reason: None,
                    refund: booking.captured,
                    before_capture: true,
                    request: (digest.clone(), digest),
                    at: now,
                });
                let outcome = h.apply(&booking, event, inventory).await;
                let accepted = outcome.is_ok();
                life.booking = outcome.ok();
                (decide(&model, &command, &h), accepted)
            }
            Step::Capacity { from, capacity } => {
                let slots = room.terms.schedule.page(PAGE, &room.terms.time_zone);
                let slots = &slots[usize::from(*from)..usize::from(*from) + 2];
                let keys = slots.iter().map(|slot| slot.key.clone()).collect();
                let command =
                    PageCommand::SetInventory { slots: keys, capacity: Some(*capacity), closed: None };
                let outcome =
                    h.ledger.set_inventory(&room, slots, Some(*capacity), None, &h.by("operator")).await;
                (decide(&model, &command, &h), outcome.is_ok())
            }
            Step::Close { from, closed } => {
                let slots = room.terms.schedule.page(PAGE, &room.terms.time_zone);
                let slots = &slots[usize::from(*from)..usize::from(*from) + 2];
                let keys = slots.iter().map(|slot| slot.key.clone()).collect();
                let command =
                    PageCommand::SetInventory { slots: keys, capacity: None, closed: Some(*closed) };
                let outcome =
                    h.ledger.set_inventory(&room, slots, None, Some(*closed), &h.by("operator")).await;
                (decide(&model, &command, &h), outcome.is_ok())
            }
        };
        let _ = h.database.faults.end();
        assert_eq!(accepted, expected.is_some(), "step {number}, {step:?}, of {steps:?}");
        model = expected.unwrap_or(model);
        let stored = h.page(&room, PAGE).await;
        assert_eq!(stored.broken_slot(), None, "step {number}, {step:?}");
        assert!(same(stored.clone(), model.clone()), "step {number}, {step:?}:\n{stored:#?}\n{model:#?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn the_ledger_does_what_the_domain_decides(steps in steps()) {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
            .block_on(run(steps));
    }
}

#[tokio::test]
async fn the_model_test_sees_a_difference() {
    let room = nightly_resource("room", 3, 60);
    let h = Harness::with(&room).await;
    let before = h.page(&room, PAGE).await;
    h.placed(&room, "k", ("2030-06-01", "2030-06-02"), 1).await;
    assert!(!same(before, h.page(&room, PAGE).await));
    let refused: Result<_, LedgerError> = h.place(&room, "l", ("2030-06-01", "2030-06-02"), 3).await;
    assert!(refused.is_err());
}
