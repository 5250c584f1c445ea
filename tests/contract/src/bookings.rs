//! Bookings: claims, confirmations, ends, the journal, the callbacks of sagas, and what else is kept apart from bookings.

use holdfast_app::bookings::{AppendError, BookingCommit, CommitError, JournalEntry, verify};
use holdfast_app::payments::SagaCallbacks;
use holdfast_domain::bookings::{Cancellation, Contact, ContactName, FailureReason};
use holdfast_domain::payments::CustomerAction;
use holdfast_domain::{
    Booking, BookingEvent, BookingStatus, HoldStatus, InventoryMove, Money, PageRejection, PaymentStep,
};

use crate::Implementation;
use crate::fixture::{CLAIM, TTL, World, commit_refusal, refusal, request};

fn cancelled<I: Implementation>(w: &World<I>, booking: &Booking) -> BookingEvent {
    BookingEvent::Cancelled(Cancellation {
        reason: None,
        refund: Money::zero(booking.order.price.total().currency()),
        before_capture: true,
        by_operator: false,
        request: (request("cancel"), request("content")),
        at: w.now,
    })
}

/// A booking is written, and its hold is claimed for it.
pub async fn a_booking_claims_its_hold<I: Implementation>() {
    let w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    let booking = w.asked(&hold, 0).await;
    w.assert_stored(&booking).await;
    assert_eq!(w.snapshot(&hold).await.claimed_by(w.now), Some(&booking.id));
    assert_eq!(w.status(&hold).await, HoldStatus::Active);
}

/// What one payment claims is neither released nor claimed by another.
pub async fn a_claimed_hold_is_neither_released_nor_claimed_again<I: Implementation>() {
    let w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    w.asked(&hold, 0).await;
    assert_eq!(refusal(w.release(&hold).await), PageRejection::HoldClaimed);
    assert_eq!(commit_refusal(w.ask(&hold, 0, 1).await), PageRejection::HoldClaimed);
}

/// A claim keeps the places until its deadline, past the end of the hold.
pub async fn a_claim_outlasts_the_hold<I: Implementation>() {
    let mut w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    w.asked(&hold, 0).await;
    w.pass(CLAIM - 1);
    assert_eq!(refusal(w.place(1).await), PageRejection::SoldOut { available: 0 });
    w.pass(1);
    w.held(1).await;
}

/// A booking of a hold that has lapsed is not written.
pub async fn a_refused_claim_writes_nothing<I: Implementation>() {
    let mut w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    w.pass(TTL);
    let refused = commit_refusal(w.ask(&hold, 0, 0).await);
    assert!(matches!(refused, PageRejection::HoldMissing | PageRejection::HoldExpired), "{refused:?}");
    let id = w.i.booking(0, 0);
    assert_eq!(w.i.ports().bookings.booking(&id).await.expect("a read"), None);
}

/// A commit from a booking that has changed since is refused, and changes neither booking nor inventory.
pub async fn a_stale_commit_changes_nothing<I: Implementation>() {
    let w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    let asked = w.asked(&hold, 0).await;
    let now = w.note(&asked, BookingEvent::first_payment(PaymentStep::Authorized)).await;
    let stale = w.write(&asked, cancelled(&w, &asked), InventoryMove::Abandon).await;
    assert!(matches!(stale, Err(CommitError::Stale)), "{stale:?}");
    let again = w.ask(&hold, 0, 0).await;
    assert!(matches!(again, Err(CommitError::Stale)), "{again:?}");
    w.assert_stored(&now).await;
    assert_eq!((w.status(&hold).await, w.offered().await), (HoldStatus::Active, 0));
}

/// A confirmed booking keeps its places after the time of its hold, and the hold's record names it.
pub async fn a_confirmed_booking_keeps_its_places<I: Implementation>() {
    let mut w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    let booking = w.confirmed(&hold, 0).await;
    assert_eq!(booking.status, BookingStatus::Confirmed);
    w.assert_stored(&booking).await;
    w.pass(2 * CLAIM);
    assert_eq!((w.status(&hold).await, w.offered().await), (HoldStatus::Confirmed, 0));
    assert_eq!(w.snapshot(&hold).await.hold.booking, Some(booking.id));
    w.i.ports().holds.expire(&hold, &w.by("expiry")).await.expect("nothing to drop");
    assert_eq!(refusal(w.place(1).await), PageRejection::SoldOut { available: 0 });
}

/// What has been confirmed is no hold to be released.
pub async fn a_confirmed_hold_is_not_released<I: Implementation>() {
    let w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    w.confirmed(&hold, 0).await;
    assert_eq!(refusal(w.release(&hold).await), PageRejection::HoldMissing);
    assert_eq!((w.status(&hold).await, w.offered().await), (HoldStatus::Confirmed, 0));
}

/// A payment that comes late takes free places instead of those of its hold.
pub async fn a_lapsed_claim_is_confirmed_on_free_places<I: Implementation>() {
    let mut w = World::<I>::with_places(2).await;
    let hold = w.held(0).await;
    let asked = w.asked(&hold, 0).await;
    w.pass(CLAIM);
    w.held(1).await;
    let booking = w.confirm(&asked).await.expect("a free place");
    w.assert_stored(&booking).await;
    assert_eq!((w.status(&hold).await, w.offered().await), (HoldStatus::Confirmed, 0));
}

/// A payment that comes late and finds no place is refused; nothing is written.
pub async fn a_lapsed_claim_whose_places_are_gone_is_sold_out<I: Implementation>() {
    let mut w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    let asked = w.asked(&hold, 0).await;
    w.pass(CLAIM);
    let other = w.held(1).await;
    let refused = w.confirm(&asked).await;
    assert!(matches!(refused, Err(CommitError::Rejected(PageRejection::SoldOut { .. }))), "{refused:?}");
    let stored = w.i.ports().bookings.booking(&asked.id).await.expect("a read").expect("a booking");
    assert_eq!(stored.status, BookingStatus::Pending);
    assert_eq!((w.status(&hold).await, w.status(&other).await), (HoldStatus::Expired, HoldStatus::Active));
}

/// The places of a cancelled booking are free at once.
pub async fn a_cancelled_booking_frees_its_places<I: Implementation>() {
    let w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    let booking = w.confirmed(&hold, 0).await;
    let ended = w.write(&booking, cancelled(&w, &booking), InventoryMove::Free).await.expect("cancelled");
    w.assert_stored(&ended).await;
    assert_eq!(w.offered().await, 1);
    assert_eq!(w.status(&hold).await, HoldStatus::Confirmed, "the record says what came of the hold");
    w.held(1).await;
}

/// Who cancels while the payment runs gives the hold back as well.
pub async fn a_booking_cancelled_before_it_was_confirmed_releases_its_hold<I: Implementation>() {
    let w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    let asked = w.asked(&hold, 0).await;
    w.write(&asked, cancelled(&w, &asked), InventoryMove::Abandon).await.expect("cancelled");
    assert_eq!((w.status(&hold).await, w.offered().await), (HoldStatus::Released, 1));
}

/// A hold whose payment has failed waits for its guest again, who may try another card.
pub async fn a_failed_payment_gives_the_hold_back_to_its_guest<I: Implementation>() {
    let w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    let asked = w.asked(&hold, 0).await;
    let failed =
        BookingEvent::Failed { reason: FailureReason::Declined { code: "card_declined".to_owned() } };
    w.write(&asked, failed, InventoryMove::Unclaim).await.expect("failed");
    let snapshot = w.snapshot(&hold).await;
    assert_eq!((snapshot.status(w.now), snapshot.claimed_by(w.now)), (HoldStatus::Active, None));
    w.ask(&hold, 0, 1).await.expect("another card");
}

/// Where the charge fails after the confirmation, the booking is turned back into a hold with its time.
pub async fn a_charge_that_failed_makes_the_booking_a_hold_again<I: Implementation>() {
    let mut w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    let booking = w.confirmed(&hold, 0).await;
    w.pass(60);
    let record = Box::new(w.snapshot(&hold).await.hold);
    let failed = BookingEvent::Failed { reason: FailureReason::PaymentVoided };
    w.write(&booking, failed, InventoryMove::Return { hold: record }).await.expect("failed");
    assert_eq!((w.status(&hold).await, w.offered().await), (HoldStatus::Active, 0));
    assert_eq!(w.snapshot(&hold).await.expires_at(), hold.expires_at);
    w.pass(TTL - 60);
    assert_eq!((w.status(&hold).await, w.offered().await), (HoldStatus::Expired, 1));
}

/// A customer whom the bank asks for more gets one TTL more.
pub async fn a_customer_step_prolongs_the_hold<I: Implementation>() {
    let w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    let asked = w.asked(&hold, 0).await;
    let snapshot = w.snapshot(&hold).await;
    let expires_at = snapshot.customer_deadline();
    assert!(expires_at > hold.expires_at, "there is time to be added");
    let action = CustomerAction { client_secret: "secret".to_owned(), redirect_url: None, expires_at };
    let prolong = InventoryMove::Prolong { hold: Box::new(snapshot.hold), expires_at };
    w.write(&asked, BookingEvent::first_payment(PaymentStep::ActionRequired { action }), prolong)
        .await
        .expect("more time");
    assert_eq!(w.snapshot(&hold).await.hold.expires_at, expires_at);
}

/// The journal writes a booking and leaves pages and hold records as they are.
pub async fn the_journal_leaves_inventory_alone<I: Implementation>() {
    let w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    let asked = w.asked(&hold, 0).await;
    let before = w.snapshot(&hold).await;
    let noted = w.note(&asked, BookingEvent::first_payment(PaymentStep::Authorized)).await;
    w.assert_stored(&noted).await;
    assert_eq!(w.snapshot(&hold).await, before);
}

/// An entry made from a booking that has changed since is refused.
pub async fn a_stale_entry_of_the_journal_is_refused<I: Implementation>() {
    let w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    let asked = w.asked(&hold, 0).await;
    let noted = w.note(&asked, BookingEvent::first_payment(PaymentStep::Authorized)).await;
    let stale = JournalEntry::new(&asked, BookingEvent::first_payment(PaymentStep::Voided), &w.by("saga"));
    let refused = w.i.ports().journal.append(&stale).await;
    assert!(matches!(refused, Err(AppendError::Stale)), "{refused:?}");
    w.assert_stored(&noted).await;
}

/// The latest callback of a booking's saga is the one that is remembered. Tokens are numbers, which every implementation
/// takes.
pub async fn the_latest_callback_is_remembered<I: Implementation>() {
    let w = World::<I>::with_places(1).await;
    let callbacks: &dyn SagaCallbacks = w.i.ports().callbacks.as_ref();
    let (own, other) = (w.i.booking(0, 0), w.i.booking(1, 0));
    assert_eq!(callbacks.task_token(&own).await.expect("a read"), None);
    for token in ["1", "2"] {
        callbacks.put_task_token(&own, token, &w.by("saga")).await.expect("written");
        assert_eq!(callbacks.task_token(&own).await.expect("a read").as_deref(), Some(token));
    }
    assert_eq!(callbacks.task_token(&other).await.expect("a read"), None);
}

/// What the customer has to do is kept if, and only if, the event is written that asks for it. The booking says only that it is awaited.
pub async fn what_the_customer_has_to_do_is_kept_with_the_event_that_asks_it<I: Implementation>() {
    let w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    let asked = w.asked(&hold, 0).await;
    let action = |secret: &str| CustomerAction {
        client_secret: secret.to_owned(),
        redirect_url: Some(format!("https://bank.example/3ds?client_secret={secret}")),
        expires_at: hold.expires_at,
    };
    let event =
        |secret: &str| BookingEvent::first_payment(PaymentStep::ActionRequired { action: action(secret) });
    let kept = async || w.i.ports().actions.customer_action(&asked.id).await.expect("a read");
    assert_eq!(kept().await, None);
    let waits = w.write(&asked, event("first"), InventoryMove::Keep).await.expect("asked");
    assert_eq!(kept().await, Some(action("first")));
    assert_eq!(waits.action(), Some(action("first").awaited()));
    w.assert_stored(&waits).await;
    let stale = w.write(&asked, event("second"), InventoryMove::Keep).await;
    assert!(matches!(stale, Err(CommitError::Stale)), "{stale:?}");
    assert_eq!(kept().await, Some(action("first")));
}

/// How the guest is reached is kept if, and only if, the booking is written.
pub async fn how_the_guest_is_reached_is_kept_with_the_booking<I: Implementation>() {
    let w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    let contact = |name: &str| Contact { name: ContactName::parse(name).ok(), ..Contact::default() };
    let kept = async |id| w.i.ports().contacts.contact(id).await.expect("a read");
    let booking = w.asked(&hold, 0).await;
    assert_eq!(kept(&booking.id).await, None, "it says nothing of it");
    let commit = |name: &str| {
        let authorized = BookingEvent::first_payment(PaymentStep::Authorized);
        BookingCommit::new(&booking, authorized, InventoryMove::Keep, &w.by("saga"))
            .with_contact(Some(contact(name)))
    };
    w.i.ports().bookings.commit(&commit("Ada")).await.expect("written");
    assert_eq!(kept(&booking.id).await, Some(contact("Ada")));
    let stale = w.i.ports().bookings.commit(&commit("Grace")).await;
    assert!(matches!(stale, Err(CommitError::Stale)), "{stale:?}");
    assert_eq!(kept(&booking.id).await, Some(contact("Ada")));
}

/// Every change of a booking, with its inventory or without, is an entry of its audit trail.
pub async fn every_change_has_its_entry_in_the_audit_trail<I: Implementation>() {
    let w = World::<I>::with_places(1).await;
    let hold = w.held(0).await;
    let booking = w.confirmed(&hold, 0).await;
    let history = w.i.ports().history.as_ref().expect("a history");
    let trail = history.audit_trail(&booking.id).await.expect("a trail");
    let kinds: Vec<&str> = trail.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["booking.requested", "payment.authorized", "booking.confirmed"]);
    assert_eq!(verify(&booking, &trail), Ok(()));
    // A page begins after any entry, and may be beyond the last.
    for (after, limit) in [(0, 100), (0, 2), (1, 1), (2, 2), (3, 1), (u64::MAX, 1)] {
        let page = history.audit_page(&booking.id, after, limit).await.expect("a page");
        let rest = trail.iter().filter(|entry| entry.sequence > after);
        let limit = usize::try_from(limit).expect("a number");
        let expected: Vec<_> = rest.take(limit).cloned().collect();
        assert_eq!(page, expected, "{limit} after {after}");
    }
}

/// A guest's bookings are theirs alone, newest first, a page at a time.
pub async fn a_guest_finds_their_own_bookings<I: Implementation>() {
    let mut w = World::<I>::with_places(2).await;
    let (hold, other) = (w.held(0).await, w.held(1).await);
    let first = w.asked(&hold, 0).await;
    w.asked(&other, 1).await;
    let failed =
        BookingEvent::Failed { reason: FailureReason::Declined { code: "card_declined".to_owned() } };
    let first = w.write(&first, failed, InventoryMove::Unclaim).await.expect("failed");
    w.pass(1);
    let second = w.ask(&hold, 0, 1).await.expect("another card");
    let history = w.i.ports().history.as_ref().expect("a history");
    let (page, next) = history.bookings_of(&hold.order.guest, 1, None).await.expect("a list");
    assert_eq!(page, [second]);
    let (page, _) = history.bookings_of(&hold.order.guest, 1, next.as_deref()).await.expect("a list");
    assert_eq!(page, [first]);
}
