//! Cases that were put before people: who needs one still.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use holdfast_app::WorkflowError;
use holdfast_app::operations::reconciliation::RESUMPTIONS_MAX;
use holdfast_app::operations::{Need, Review, ReviewCase, ReviewQueue};
use holdfast_app::payments::BookingSaga;
use holdfast_domain::BookingId;
use holdfast_testkit::nightly_resource;

use crate::bank::VISA;
use crate::world::{NIGHT, World};

const DAY: i64 = 24 * 3600;

/// A manual-review queue.
#[derive(Default)]
struct Queue(Mutex<Vec<ReviewCase>>);

impl Queue {
    fn bookings(&self) -> Vec<Option<BookingId>> {
        self.0.lock().expect("unpoisoned").iter().map(|case| case.booking.clone()).collect()
    }
}

#[async_trait]
impl ReviewQueue for Queue {
    async fn cases(&self, limit: usize) -> Result<Vec<ReviewCase>, WorkflowError> {
        Ok(self.0.lock().expect("unpoisoned").iter().take(limit).cloned().collect())
    }

    async fn close(&self, case: &ReviewCase) -> Result<(), WorkflowError> {
        self.0.lock().expect("unpoisoned").retain(|waiting| waiting.handle != case.handle);
        Ok(())
    }
}

/// Looks at one case of a booking, sent now and looked at `after` seconds, and at the queue that it leaves.
async fn look(w: &World, booking: Option<&BookingId>, after: i64) -> (Need, bool) {
    let case = ReviewCase {
        booking: booking.cloned(),
        text: "parked".to_owned(),
        at: w.now(),
        handle: "handle".to_owned(),
    };
    let queue = Arc::new(Queue(Mutex::new(vec![case])));
    let review = Review::new(queue.clone(), w.store.history.clone(), w.flow.clone());
    w.pass(after);
    let looked_at = review.look(10, w.now()).await.expect("a look");
    let [(_, need)] = &looked_at[..] else { panic!("{looked_at:?}") };
    (*need, queue.bookings().is_empty())
}

#[tokio::test]
async fn a_parked_booking_needs_a_person_once_it_is_not_resumed_any_more() {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "hold", NIGHT).await;
    let id = w.open(&hold, "pay", VISA).await;
    assert_eq!(look(&w, Some(&id), 0).await, (Need::Time, false), "its saga runs");
    w.flow.end(&id);
    for number in 1..=RESUMPTIONS_MAX {
        assert_eq!(look(&w, Some(&id), 0).await, (Need::Time, false), "resumption {number} is to come");
        w.flow.resume_booking(&id, number).await.expect("a resumption");
        assert_eq!(look(&w, Some(&id), 0).await, (Need::Time, false), "resumption {number} runs");
        w.flow.end_resumptions();
    }
    let (need, is_deleted) = look(&w, Some(&id), 0).await;
    assert!(matches!(need, Need::Person(_)) && !is_deleted, "{need:?}");
}

#[tokio::test]
async fn what_came_to_an_end_is_deleted() {
    let room = nightly_resource("room", 1, 600);
    let w = World::running(&room).await;
    let hold = w.held(&room, "hold", NIGHT).await;
    let id = w.ask(&hold, "pay", VISA).await.expect("an answer").booking.id;
    w.at_rest(&id).await;
    assert_eq!(look(&w, Some(&id), 0).await, (Need::Nothing, true), "confirmed and paid");
}

#[tokio::test]
async fn money_that_is_not_settled_waits_for_the_reconciliation_and_then_for_a_person() {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "hold", NIGHT).await;
    let id = w.open(&hold, "pay", VISA).await;
    w.cancel(&id, "cancel").await.expect("cancelled");
    assert_eq!(look(&w, Some(&id), 0).await, (Need::Time, false));
    let (need, is_deleted) = look(&w, Some(&id), 3 * DAY).await;
    assert!(matches!(need, Need::Person(_)) && !is_deleted, "{need:?}");
    w.settle(&id).await;
    assert_eq!(look(&w, Some(&id), 0).await, (Need::Nothing, true));
}

#[tokio::test]
async fn what_is_about_no_known_booking_stays_for_a_person() {
    let w = World::with(&nightly_resource("room", 1, 600)).await;
    let unknown = BookingId::parse("bkg_unknown").expect("an id");
    for booking in [None, Some(&unknown)] {
        let (need, is_deleted) = look(&w, booking, 0).await;
        assert!(matches!(need, Need::Person(_)) && !is_deleted, "{booking:?}: {need:?}");
    }
}
