//! A booking changes while a step is under way: before each of the step's calls another step of the same booking runs to its
//! end. Whatever was decided on the booking as it was read first must not be written to the booking as it is now.

use std::sync::Arc;
use std::time::Duration;

use holdfast_app::Failure;
use holdfast_app::bookings::Cancellations;
use holdfast_app::payments::{PaymentState, Payments, Reaction, Saga, Webhook};
use holdfast_domain::bookings::FailureReason;
use holdfast_domain::{BookingId, BookingStatus, Hold, HoldStatus, PaymentStatus, Resource};
use holdfast_testkit::{charge_rules, nightly_resource};

use crate::bank::{Dashboard, THREE_D_SECURE, VISA};
use crate::faults::outside::{Fate, Outside, Process};
use crate::world::{NIGHT, World, guest, key, soon};

/// How far the booking has come before the race.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// The bank wants the customer, which nobody has written down.
    Challenged,
    /// Pending, the amount is reserved.
    Authorized,
    /// Pending, the amount is taken.
    Taken,
    /// Confirmed, the amount is reserved.
    Confirmed,
    /// Confirmed, the amount is taken.
    Paid,
}

const STARTS: [Start; 5] =
    [Start::Challenged, Start::Authorized, Start::Taken, Start::Confirmed, Start::Paid];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Inquire,
    Confirm,
    Capture,
    Void,
    Refund,
    Fail,
    Cancel,
    /// The provider rings after a refund in its dashboard.
    Webhook,
}

const ACTS: [Act; 8] =
    [Act::Inquire, Act::Confirm, Act::Capture, Act::Void, Act::Refund, Act::Fail, Act::Cancel, Act::Webhook];

/// One booking, and the use cases that may change it.
struct Race {
    w: Arc<World>,
    room: Resource,
    hold: Hold,
    id: BookingId,
    saga: Saga,
    cancellations: Cancellations,
    webhook: Webhook,
}

impl Race {
    async fn at(start: Start) -> Arc<Self> {
        let room = nightly_resource("room", 1, 600);
        let w = World::with(&room).await;
        let hold = w.held(&room, "k", NIGHT).await;
        let card = if start == Start::Challenged { THREE_D_SECURE } else { VISA };
        let id = w.open(&hold, "pay", card).await;
        let outside = Arc::new(Outside(w.clone()));
        let race = Self {
            saga: Saga::new(
                outside.clone(),
                outside.clone(),
                w.store.catalogue.clone(),
                outside.clone(),
                outside.clone(),
                outside.clone(),
                w.store.notes.clone(),
            ),
            cancellations: Cancellations::new(
                outside.clone(),
                outside.clone(),
                outside.clone(),
                outside.clone(),
                charge_rules(),
            ),
            webhook: Webhook::new(
                outside.clone(),
                outside.clone(),
                outside.clone(),
                outside.clone(),
                outside,
            ),
            w,
            room,
            hold,
            id,
        };
        race.w.saga.create_payment(&race.id, &race.w.by("saga")).await.expect("created");
        match start {
            Start::Challenged => {
                let authorized =
                    race.w.bank.authorize(&race.id, &race.w.bank.intent_of(&race.id), card).await;
                assert!(matches!(authorized.expect("an answer").state, PaymentState::ActionRequired { .. }));
                return Arc::new(race);
            }
            Start::Authorized | Start::Taken | Start::Confirmed | Start::Paid => {
                race.w.saga.authorize_payment(&race.id, &race.w.by("saga")).await.expect("authorized");
            }
        }
        let then: &[Act] = match start {
            Start::Challenged | Start::Authorized => &[],
            Start::Taken => {
                race.w.bank.dashboard(&race.id, Dashboard::Captures);
                &[Act::Inquire]
            }
            Start::Confirmed => &[Act::Confirm],
            Start::Paid => &[Act::Confirm, Act::Capture],
        };
        for act in then {
            race.act(*act).await.expect("a step");
        }
        Arc::new(race)
    }

    async fn act(&self, act: Act) -> Result<(), Failure> {
        let (id, by) = (&self.id, self.w.by("saga"));
        match act {
            Act::Inquire => drop(self.saga.inquire_payment(id, &by).await?),
            Act::Confirm => drop(self.saga.confirm_booking(id, &by).await?),
            Act::Capture => drop(self.saga.capture_payment(id, &by).await?),
            Act::Void => drop(self.saga.void_payment(id, &by).await?),
            Act::Refund => drop(self.saga.refund_payment(id, &by).await?),
            Act::Fail => drop(self.saga.fail_booking(id, &FailureReason::PaymentVoided, &by).await?),
            Act::Cancel => {
                let key = key("cancel", id.as_str());
                let by = self.w.by("guest");
                drop(self.cancellations.cancel(&guest("guest"), id, &key, None, Duration::ZERO, &by).await?);
            }
            Act::Webhook => {
                if self.w.bank.state(id) == Some(PaymentState::Captured) && self.w.bank.kept(id) > 1_000 {
                    self.w.bank.dashboard(id, Dashboard::Refunds(1_000));
                }
                let _: Reaction = self.webhook.on_payment("evt", &self.w.bank.intent_of(id), &by).await?;
            }
        }
        Ok(())
    }

    /// The acts that change a booking which has come so far.
    async fn changes(start: Start) -> Vec<Act> {
        let mut changes = Vec::new();
        for act in ACTS {
            let race = Self::at(start).await;
            let before = race.w.booking(&race.id).await.version;
            race.act(act).await.ok();
            if race.w.booking(&race.id).await.version > before {
                changes.push(act);
            }
        }
        changes
    }

    /// `step` runs until its call of that number, `meanwhile` runs to its end, `step` goes on. `None` if it makes fewer calls.
    async fn run(
        self: &Arc<Self>,
        step: Act,
        meanwhile: Act,
        call: usize,
    ) -> Option<[Result<(), Failure>; 2]> {
        let process = Process::new(Fate::StopsBefore(call));
        let (race, of) = (self.clone(), process.clone());
        let mut running = tokio::spawn(of.run(async move { race.act(step).await }));
        tokio::select! {
            () = process.struck() => {}
            ended = &mut running => {
                ended.expect("no panic").ok();
                return None;
            }
        }
        let other = self.act(meanwhile).await;
        process.let_go();
        let ended = soon("the step", running).await.expect("no panic");
        Some([ended, other])
    }

    /// Pages count the places of the booking while it has them and no longer, its hold's record says the same, and the money
    /// of a booking that has ended comes to be where it belongs.
    async fn check(&self, case: &str) {
        let booking = self.w.booking(&self.id).await;
        let has_places = matches!(booking.status, BookingStatus::Confirmed | BookingStatus::Completed);
        let mut confirmed = 0;
        for page in self.w.store.catalogue.stored_pages(&self.room).await.expect("pages") {
            assert_eq!(page.broken_slot(), None, "{case}: {page:?}");
            confirmed += page.confirmed.values().sum::<u32>();
        }
        assert_eq!(confirmed, u32::from(has_places), "{case}: places of {booking:?}");
        let is_recorded = self.w.hold_status(&self.hold.id).await == HoldStatus::Confirmed;
        // A booking that was given up leaves its hold's record as it was.
        if booking.status != BookingStatus::Cancelled {
            assert_eq!(is_recorded, has_places, "{case}: the hold's record, {booking:?}");
        }
        if matches!(booking.status, BookingStatus::Cancelled | BookingStatus::Failed) {
            self.w.settle(&self.id).await;
            self.w.rests(&self.id).await;
        }
    }
}

#[tokio::test]
async fn a_booking_confirmed_while_it_fails_keeps_none_of_its_places() {
    let mut calls = 0;
    for call in 1.. {
        let race = Race::at(Start::Authorized).await;
        let Some([failed, confirmed]) = race.run(Act::Fail, Act::Confirm, call).await else { break };
        failed.expect("failed");
        confirmed.expect("confirmed, or overtaken");
        let case = format!("confirmed before call {call} of FailBooking");
        assert_eq!(race.w.booking(&race.id).await.status, BookingStatus::Failed, "{case}");
        race.check(&case).await;
        calls += 1;
    }
    assert!(calls >= 2, "a read and a write at least");
}

#[tokio::test]
async fn a_payment_refunded_in_full_while_its_answer_is_written_down_confirms_nothing() {
    let race = Race::at(Start::Authorized).await;
    race.w.bank.dashboard(&race.id, Dashboard::Captures);
    race.act(Act::Refund).await.expect("refunded");
    race.act(Act::Inquire).await.expect("an answer");
    race.act(Act::Confirm).await.expect_err("a booking whose money is gone is not confirmed");
    assert_eq!(race.w.booking(&race.id).await.payment_status(), PaymentStatus::Refunded);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_decision_survives_a_change_of_the_booking_that_it_was_taken_on() {
    let mut races = 0;
    for start in STARTS {
        let changes = Race::changes(start).await;
        for step in ACTS {
            for &meanwhile in &changes {
                for call in 1.. {
                    let race = Race::at(start).await;
                    let Some(ended) = race.run(step, meanwhile, call).await else { break };
                    race.check(&format!(
                        "{start:?}: {meanwhile:?} before call {call} of {step:?}: {ended:?}"
                    ))
                    .await;
                    races += 1;
                }
            }
        }
    }
    assert!(races > 300, "{races} races");
}
