//! How a saga may end, and what must be true then.

use holdfast_app::payments::PaymentState;
use holdfast_asl::Ending;
use holdfast_domain::{BookingStatus, HoldStatus, PaymentStatus};
use serde_json::Value;

use crate::faults::stage::{CODE, Stage};
use crate::world::PRICE;

/// The ways a saga may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    /// Confirmed and captured once.
    Confirmed,
    /// Failed, everything undone once.
    Failed,
    /// Cancelled, everything undone once, as the policy says.
    Cancelled,
    /// Before a person, with a note in the queue and an alarm.
    Parked,
    /// The same, the note left by the rule on the executions' status.
    ParkedWithoutNote,
}

impl End {
    pub(crate) fn is_parked(self) -> bool {
        match self {
            Self::Parked | Self::ParkedWithoutNote => true,
            Self::Confirmed | Self::Failed | Self::Cancelled => false,
        }
    }
}

/// Where an execution of `machine` has ended, after its money, places and trail were looked at. Panics where none of the
/// ends is reached.
pub(crate) async fn judge(stage: &Stage, machine: &str, ending: &Ending, is_restarted: bool) -> End {
    let end = match ending {
        Ending::Succeeded(output) => finished(stage, machine, output, is_restarted).await,
        Ending::Failed { error, cause } if error == "Parked" => {
            let notes = stage.notes();
            let note = notes.last().expect("a note for a person");
            assert_eq!(note["machine"], machine, "{note}");
            assert_eq!(note["bookingId"], stage.id.as_str(), "{note}");
            assert!(note["problem"]["error"].is_string(), "the note says why: {note}");
            assert!(cause.contains(stage.id.as_str()), "{cause}");
            End::Parked
        }
        Ending::Failed { error, .. } if error == "ParkedWithoutNote" => End::ParkedWithoutNote,
        Ending::Failed { .. } | Ending::TimedOut => panic!("neither an end nor parked: {ending:?}"),
    };
    nothing_twice(stage).await;
    end
}

/// An execution that came to its end by itself.
async fn finished(stage: &Stage, machine: &str, output: &Value, is_restarted: bool) -> End {
    let (w, id) = (&stage.world, &stage.id);
    assert_eq!(output["bookingId"], id.as_str(), "{output}");
    let booking = w.rests(id).await;
    let (end, outcomes): (_, &[&str]) = match booking.status {
        BookingStatus::Confirmed => (End::Confirmed, &["confirmed"]),
        // To a machine that is started again a failed booking is one more that does not stand.
        BookingStatus::Failed if is_restarted => (End::Failed, &["failed", "declined", "cancelled"]),
        BookingStatus::Failed => (End::Failed, &["failed", "declined"]),
        BookingStatus::Cancelled => (End::Cancelled, &["cancelled"]),
        BookingStatus::Pending | BookingStatus::Completed => panic!("no end: {booking:?}"),
    };
    let outcome = output["outcome"].as_str().expect("an outcome");
    if machine == "cancellation" {
        assert_eq!(outcome, "settled");
    } else {
        assert!(outcomes.contains(&outcome), "the machine says {outcome}: {booking:?}");
    }

    let (effects, kept, state) = (w.bank.effects(), w.bank.kept(id), w.bank.state(id));
    assert_eq!(effects.authorized, effects.captured + effects.voided, "taken or given back: {effects:?}");
    match end {
        End::Confirmed => {
            assert_eq!(booking.payment_status(), PaymentStatus::Captured);
            assert_eq!((effects.captured, effects.refunded, kept), (1, 0, PRICE), "{effects:?}");
        }
        End::Failed => assert_eq!((kept, effects.refunded), (0, effects.captured), "{effects:?}"),
        End::Cancelled => {
            let keeps = if effects.captured > 0 { stage.scenario.kept_if_cancelled } else { 0 };
            assert_eq!(kept, keeps, "{effects:?}");
            assert_eq!(effects.refunded, u32::from(effects.captured > 0 && keeps < PRICE), "{effects:?}");
        }
        End::Parked | End::ParkedWithoutNote => {}
    }
    match state {
        None | Some(PaymentState::Captured | PaymentState::Voided) => {}
        // Made by a process whose answer was lost: nobody knows its name, so that nothing can be paid on it.
        Some(PaymentState::NotStarted) if booking.payment_intent().is_none() => {}
        Some(open) => panic!("something can still be paid: {open:?}"),
    }

    let hold = w.store.holds.hold(&stage.hold.id).await.expect("a read").expect("a record");
    assert_eq!(hold.claimed_by(w.now()), None, "the hold is not claimed any more");
    match end {
        End::Confirmed => assert_eq!(hold.status(w.now()), HoldStatus::Confirmed),
        End::Failed => assert_ne!(hold.status(w.now()), HoldStatus::Confirmed),
        End::Cancelled => assert_ne!(hold.status(w.now()), HoldStatus::Active),
        End::Parked | End::ParkedWithoutNote => {}
    }
    places(stage, end == End::Confirmed).await;
    uses(stage, end == End::Confirmed).await;
    end
}

/// The only use of the code is the booking's or the hold's, or has been given back once the end of the hold was seen to.
async fn uses(stage: &Stage, is_booked: bool) {
    let w = &stage.world;
    let is_held = w.hold_status(&stage.hold.id).await == HoldStatus::Active;
    if !is_held {
        w.expiry.on_timer(&stage.hold.id, &w.by("expiry")).await.expect("a timer");
    }
    let uses = w.database.uses(&stage.room.id, CODE).await;
    assert_eq!(uses, u64::from(is_booked || is_held), "booked: {is_booked}, held: {is_held}");
}

/// Every place that is taken is somebody's, once.
async fn places(stage: &Stage, is_booked: bool) {
    let w = &stage.world;
    let is_held = w.hold_status(&stage.hold.id).await == HoldStatus::Active;
    let is_stolen = match stage.thief() {
        Some(thief) => w.hold_status(&thief.id).await == HoldStatus::Active,
        None => false,
    };
    let somebodys = u32::from(is_booked) + u32::from(is_held) + u32::from(is_stolen);
    let taken: u32 = w.taken(&stage.room).await.iter().map(|(_, places)| places).sum();
    assert_eq!(taken, somebodys, "booked: {is_booked}, held: {is_held}, another's: {is_stolen}");
}

/// Wherever a saga ended: no money moved twice, no event was told twice.
async fn nothing_twice(stage: &Stage) {
    let effects = stage.world.bank.effects();
    let most = [effects.authorized, effects.captured, effects.voided, effects.refunded];
    assert!(most.iter().all(|times| *times <= 1), "something happened twice: {effects:?}");
    let trail = stage.world.trail(&stage.id).await;
    let mut once = trail.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), trail.len(), "an event was told twice: {trail:?}");
    let taken = stage.world.taken(&stage.room).await;
    assert!(taken.iter().all(|(_, places)| *places <= 1), "{taken:?}");
}
