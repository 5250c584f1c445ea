//! Reconciliation: each kind of drift is planted, seen, and mended or put before a person; what is under way is left alone.

use std::sync::Arc;

use holdfast_app::bookings::CLAIM_SECONDS;
use holdfast_app::operations::ListedPayment;
use holdfast_app::operations::completion::Completion;
use holdfast_app::operations::reconciliation::{
    AUTHORIZATION_DAYS, DEAD_HOLD_SECONDS, Kind, Limits, PARK_AGAIN_DAYS, PAYMENT_DAYS, RESUMPTIONS_MAX,
    RESUMPTIONS_SEEN_MAX, Remedy, SETTLING_SECONDS, STALLED_SECONDS,
};
use holdfast_app::payments::{BookingSaga, Dispute, Payment, PaymentState};
use holdfast_app::{Failure, PaymentError, StoreError};
use holdfast_domain::{Booking, BookingId, BookingStatus, PaymentStatus, Resource};
use holdfast_testkit::{Database, money, nightly_resource, slots_resource};
use jiff::SignedDuration;
use tokio::sync::Mutex;

use crate::bank::{DECLINED, Dashboard, Fault, Op, THREE_D_SECURE, VISA};
use crate::driver::{Drive, Ending, Step};
use crate::reconciliation_world::{
    Desk, Meddling, check, delete, findings, found, number, run, run_while, set, text, try_run,
};
use crate::world::{NIGHT, PRICE, SPAN, World, guest, key};

const TTL: i64 = 600;
const PAGE: (&str, &str) = ("R#room", "P#2030-06");
const PAGE_NAME: &str = "room/2030-06";

fn room() -> Resource {
    nightly_resource("room", 9, 600)
}

async fn world() -> (Arc<World>, Arc<Desk>) {
    (World::running(&room()).await, Arc::new(Desk::default()))
}

async fn booked(w: &World, name: &str, card: &str) -> Booking {
    let hold = w.held(&room(), name, NIGHT).await;
    w.ask(&hold, name, card).await.expect("an answer").booking
}

/// A payment of the provider's list that no saga has made.
fn stray(w: &World, state: PaymentState, refunded: i64, age_seconds: i64) -> ListedPayment {
    let taken = money(if state == PaymentState::Captured { PRICE } else { 0 });
    let refunded = money(refunded);
    let payment = Payment {
        intent: String::new(),
        booking: None,
        state,
        taken,
        refunded,
        refund_pending: false,
        dispute: Dispute::None,
        charged_back: money(0),
    };
    let created_at = w.now() - SignedDuration::from_secs(age_seconds);
    ListedPayment { payment, amount: money(PRICE), created_at }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_healthy_world_has_no_drift() {
    let (w, desk) = world().await;
    let table = slots_resource("table", 2, 600);
    w.put(&table).await;
    booked(&w, "stands", VISA).await;
    booked(&w, "declined", DECLINED).await;
    let given_up = booked(&w, "given up", VISA).await;
    w.cancel(&given_up.id, "cancel").await.expect("a cancellation");
    let refunded = booked(&w, "refunded", VISA).await;
    w.bank.dashboard(&refunded.id, Dashboard::Refunds(1_000));
    let intent = w.bank.intent_of(&refunded.id);
    w.webhook.on_payment("evt", &intent, &w.by("stripe")).await.expect("a reaction");
    let over_two_pages = w.held(&room(), "span", SPAN).await;
    w.ask(&over_two_pages, "span", VISA).await.expect("an answer");
    let soon = ("2030-05-20T12:30:00Z", "2030-05-20T13:00:00Z");
    let dinner = w.held(&table, "dinner", soon).await;
    w.ask(&dinner, "dinner", VISA).await.expect("an answer");
    check(&w, &desk, &[]).await;
    // The table's time passes, and holds die.
    w.held(&room(), "dead", NIGHT).await;
    w.pass(2 * 3600);
    assert_eq!(
        Completion::new(w.store.ended.clone(), w.store.journal.clone())
            .run(&w.by("completion"))
            .await
            .expect("a run")
            .completed,
        1
    );
    for hold in w
        .store
        .catalogue
        .stored_pages(&room())
        .await
        .expect("pages")
        .iter()
        .flat_map(|page| page.holds.keys())
    {
        w.expiry.on_timer(hold, &w.by("expiry")).await.expect("a timer");
    }
    // Just dead, claimed, waiting for the customer, live.
    w.held(&room(), "just dead", NIGHT).await;
    w.pass(TTL / 2);
    let released = w.held(&room(), "released", NIGHT).await;
    w.holds.release(&guest("guest"), &released.id, &w.by("guest")).await.expect("a release");
    let waiting = booked(&w, "waiting", THREE_D_SECURE).await;
    assert_eq!(waiting.status, BookingStatus::Pending);
    w.pass(TTL / 2 + DEAD_HOLD_SECONDS - 1);
    let live = w.held(&room(), "live", NIGHT).await;
    w.holds.extend(&guest("guest"), &live.id, &key("more", ""), &w.by("guest")).await.expect("an extension");
    let report = check(&w, &desk, &[]).await;
    assert_eq!((report.pages, report.bookings, report.payments), (3, 7, 7), "{report:?}");
    assert_eq!((report.changing, report.parked, report.more), (0, 0, false));
    assert_eq!(desk.cases(), [] as [String; 0]);
}

#[tokio::test]
async fn a_page_that_does_not_add_up_is_parked_once_a_week() {
    let (w, desk) = world().await;
    booked(&w, "k", VISA).await;
    check(&w, &desk, &[]).await;
    set(&w, PAGE, "av.01", number(7)).await;
    let expected = [found(Kind::PageUnbalanced, PAGE_NAME, Remedy::Review)];
    let report = check(&w, &desk, &expected).await;
    assert_eq!((report.parked, desk.cases()), (1, vec![format!("page_unbalanced#{PAGE_NAME}")]));
    w.pass(PARK_AGAIN_DAYS * 24 * 3600 - 1);
    assert_eq!(check(&w, &desk, &expected).await.parked, 0, "it is before a person already");
    w.pass(1);
    assert_eq!(check(&w, &desk, &expected).await.parked, 1, "nobody has acted on it");
    set(&w, PAGE, "av.01", number(8)).await;
    check(&w, &desk, &[]).await;
}

#[tokio::test]
async fn a_page_that_counts_more_or_less_than_its_bookings_is_for_review() {
    let (w, desk) = world().await;
    booked(&w, "k", VISA).await;
    let expected = [found(Kind::ConfirmedMismatch, PAGE_NAME, Remedy::Review)];
    for (available, confirmed) in [(7, 2), (9, 0)] {
        set(&w, PAGE, "av.01", number(available)).await;
        set(&w, PAGE, "co.01", number(confirmed)).await;
        let report = check(&w, &desk, &expected).await;
        assert_eq!(
            report.findings[0].detail,
            format!("slot 01: the page counts {confirmed} confirmed, bookings have 1")
        );
    }
    set(&w, PAGE, "av.01", number(8)).await;
    set(&w, PAGE, "co.01", number(1)).await;
    check(&w, &desk, &[]).await;
    delete(&w, PAGE).await;
    check(&w, &desk, &expected).await;
}

#[tokio::test]
async fn a_page_that_is_over_may_have_been_made_anew_without_its_bookings() {
    let (w, desk) = world().await;
    booked(&w, "k", VISA).await;
    delete(&w, PAGE).await;
    w.pass(14 * 24 * 3600);
    check(&w, &desk, &[]).await;
}

/// Somebody takes a part of what is reserved, at the provider: the booking says what was taken, and a person is to know.
#[tokio::test]
async fn a_booking_with_less_money_than_its_price_is_for_review() {
    let (w, desk) = (World::with(&room()).await, Arc::new(Desk::default()));
    let hold = w.held(&room(), "k", NIGHT).await;
    let id = w.open(&hold, "pay", VISA).await;
    let (bank, of) = (w.bank.clone(), id.clone());
    let drive = Drive::new(&w, &id).before(
        Step::CapturePayment,
        Box::pin(async move { bank.dashboard(&of, Dashboard::CapturesOnly(PRICE / 2)) }),
    );
    assert_eq!(drive.run().await, Ending::Confirmed);
    let booking = w.at_rest(&id).await;
    assert_eq!((booking.captured(), w.bank.kept(&id)), (money(PRICE / 2), PRICE / 2));
    w.flow.end(&id);
    w.pass(SETTLING_SECONDS);
    check(&w, &desk, &[found(Kind::PaymentMismatch, &id, Remedy::Review)]).await;
    // A refund is of what was taken, not of the price.
    let cancelled = w.cancel(&id, "cancel").await.expect("cancelled");
    assert_eq!(cancelled.refund, money(PRICE / 2));
    w.settle(&id).await;
    assert_eq!(w.bank.kept(&id), 0);
}

/// The ledger says that all was taken, the provider says less: whoever is right, the amounts differ.
#[tokio::test]
async fn a_booking_that_says_more_was_taken_than_the_provider_is_for_review() {
    let (w, desk) = world().await;
    let booking = booked(&w, "k", VISA).await;
    w.bank.dashboard(&booking.id, Dashboard::CapturesOnly(PRICE - 1));
    w.pass(SETTLING_SECONDS);
    check(&w, &desk, &[found(Kind::PaymentMismatch, &booking.id, Remedy::Review)]).await;
}

#[tokio::test]
async fn a_page_that_is_written_while_it_is_compared_is_left_to_the_next_run() {
    let (w, desk) = world().await;
    booked(&w, "k", VISA).await;
    let meanwhile = {
        let w = Arc::clone(&w);
        async move { drop(booked(&w, "meanwhile", VISA).await) }
    };
    let report = run_while(&w, &desk, Meddling::BeforeBookings(Mutex::new(Some(Box::pin(meanwhile))))).await;
    assert_eq!((findings(&report), report.changing, report.bookings), (vec![], 1, 1));
    assert_eq!(run(&w, &desk, false).await.changing, 0);
}

#[tokio::test]
async fn a_dead_hold_is_dropped_also_when_its_record_is_gone() {
    let (w, desk) = world().await;
    let hold = w.held(&room(), "k", NIGHT).await;
    w.pass(TTL + DEAD_HOLD_SECONDS - 1);
    check(&w, &desk, &[]).await;
    w.pass(1);
    check(&w, &desk, &[found(Kind::ExpiredHold, &hold.id, Remedy::Repaired)]).await;
    check(&w, &desk, &[]).await;
    let hold = w.held(&room(), "again", NIGHT).await;
    w.pass(8 * 24 * 3600);
    assert!(w.database.sweep_ttl() > 0);
    assert_eq!(w.store.holds.hold(&hold.id).await.expect("a read"), None);
    check(&w, &desk, &[found(Kind::ExpiredHold, &hold.id, Remedy::Repaired)]).await;
    let pages = w.store.catalogue.stored_pages(&room()).await.expect("pages");
    assert!(pages.iter().all(|page| page.holds.is_empty()), "{pages:?}");
}

#[tokio::test]
async fn a_dead_hold_that_others_keep_changing_or_whose_page_is_throttled_is_left_to_the_next_run() {
    let (w, desk) = world().await;
    w.held(&room(), "k", NIGHT).await;
    w.held(&room(), "later", SPAN).await;
    w.pass(TTL + DEAD_HOLD_SECONDS);
    let refusals: [fn() -> StoreError; 2] =
        [|| StoreError::Contention("a page".to_owned()), || StoreError::Unavailable("throttled".into())];
    for refusal in refusals {
        let report = run_while(&w, &desk, Meddling::AtEveryPage(refusal)).await;
        assert_eq!((findings(&report), report.changing), (vec![], 2), "once for each page");
    }
}

#[tokio::test]
async fn a_page_is_compared_with_its_bookings_also_after_a_hold_was_dropped_from_it() {
    let (w, desk) = world().await;
    let hold = w.held(&room(), "k", NIGHT).await;
    booked(&w, "stands", VISA).await;
    w.pass(TTL + DEAD_HOLD_SECONDS);
    set(&w, PAGE, "av.01", number(6)).await;
    set(&w, PAGE, "co.01", number(2)).await;
    let expected = [
        found(Kind::ExpiredHold, &hold.id, Remedy::Repaired),
        found(Kind::ConfirmedMismatch, PAGE_NAME, Remedy::Review),
    ];
    check(&w, &desk, &expected).await;
}

#[tokio::test]
async fn a_claim_of_nobody_is_for_review() {
    let (w, desk) = (World::with(&room()).await, Arc::new(Desk::default()));
    let hold = w.held(&room(), "k", NIGHT).await;
    let id = w.open(&hold, "pay", VISA).await;
    check(&w, &desk, &[]).await;
    let expected = [found(Kind::OrphanedClaim, &hold.id, Remedy::Review)];
    set(&w, (&format!("B#{id}"), "B"), "st", text("failed")).await;
    check(&w, &desk, &expected).await;
    delete(&w, (&format!("B#{id}"), "B")).await;
    check(&w, &desk, &expected).await;
    assert_eq!(desk.cases(), [format!("orphaned_claim#{}", hold.id)]);
}

/// A booking that waits for its saga, its hold dropped by the timer when the claim has lapsed.
async fn waiting(w: &World, seconds: i64) -> BookingId {
    let hold = w.held(&room(), "k", NIGHT).await;
    let id = w.open(&hold, "pay", VISA).await;
    w.pass(CLAIM_SECONDS);
    w.expiry.on_timer(&hold.id, &w.by("expiry")).await.expect("a timer");
    w.pass(seconds - CLAIM_SECONDS);
    id
}

#[tokio::test]
async fn a_booking_whose_saga_never_ran_has_it_started() {
    let (w, desk) = (World::with(&room()).await, Arc::new(Desk::default()));
    let id = waiting(&w, STALLED_SECONDS - 1).await;
    w.flow.forget(&id);
    check(&w, &desk, &[]).await;
    w.pass(1);
    check(&w, &desk, &[found(Kind::StalledBooking, &id, Remedy::Repaired)]).await;
    assert_eq!(w.flow.started(), [id]);
    check(&w, &desk, &[]).await;
}

#[tokio::test]
async fn a_booking_whose_saga_is_over_is_resumed_some_times_and_then_for_review() {
    let (w, desk) = (World::with(&room()).await, Arc::new(Desk::default()));
    let id = waiting(&w, STALLED_SECONDS).await;
    check(&w, &desk, &[]).await;
    w.flow.end(&id);
    for number in 1..=RESUMPTIONS_MAX {
        check(&w, &desk, &[found(Kind::StalledBooking, &id, Remedy::Repaired)]).await;
        assert_eq!(w.flow.resumptions().last(), Some(&(id.clone(), number)));
        check(&w, &desk, &[]).await;
        w.flow.end_resumptions();
    }
    check(&w, &desk, &[found(Kind::StalledBooking, &id, Remedy::Review)]).await;
    assert_eq!(desk.cases(), [format!("stalled_booking#{id}")]);
}

/// A person resumes by the next free number, also after those that are resumed by themselves.
#[tokio::test]
async fn a_booking_whose_saga_a_person_has_resumed_is_left_alone() {
    let (w, desk) = (World::with(&room()).await, Arc::new(Desk::default()));
    let id = waiting(&w, STALLED_SECONDS).await;
    w.flow.end(&id);
    for number in 1..=RESUMPTIONS_SEEN_MAX {
        w.flow.resume_booking(&id, number).await.expect("a resumption");
        check(&w, &desk, &[]).await;
        w.flow.end_resumptions();
    }
    check(&w, &desk, &[found(Kind::StalledBooking, &id, Remedy::Review)]).await;
    assert_eq!(w.flow.resumptions().len(), usize::try_from(RESUMPTIONS_SEEN_MAX).expect("a few"));
}

#[tokio::test]
async fn a_booking_older_than_an_authorization_is_not_resumed_by_itself() {
    let age = AUTHORIZATION_DAYS * 24 * 3600;
    let (w, desk) = (World::with(&room()).await, Arc::new(Desk::default()));
    let id = waiting(&w, age - 1).await;
    w.flow.end(&id);
    check(&w, &desk, &[found(Kind::StalledBooking, &id, Remedy::Repaired)]).await;
    check(&w, &desk, &[]).await;
    w.flow.end_resumptions();
    w.pass(1);
    check(&w, &desk, &[found(Kind::StalledBooking, &id, Remedy::Review)]).await;
    assert_eq!(w.flow.resumptions(), [(id, 1)]);
}

#[tokio::test]
async fn a_booking_is_left_alone_as_long_as_its_claim_and_a_late_customer_may_take() {
    let (w, desk) = (World::with(&room()).await, Arc::new(Desk::default()));
    let id = waiting(&w, 2 * CLAIM_SECONDS + TTL).await;
    w.flow.end(&id);
    check(&w, &desk, &[]).await;
}

#[tokio::test]
async fn a_cancellation_that_was_never_settled_is_settled() {
    let (w, desk) = world().await;
    let booking = booked(&w, "k", VISA).await;
    w.flow.lose_next_settlement();
    w.cancel(&booking.id, "cancel").await.expect_err("it dies before the settlement");
    w.pass(SETTLING_SECONDS - 1);
    check(&w, &desk, &[]).await;
    w.pass(1);
    check(&w, &desk, &[found(Kind::UnsettledBooking, &booking.id, Remedy::Repaired)]).await;
    until_settled(&w, &booking.id).await;
    assert_eq!(w.at_rest(&booking.id).await.payment_status(), PaymentStatus::Refunded);
    check(&w, &desk, &[]).await;
}

/// Settlements run beside the test.
async fn until_settled(w: &World, id: &BookingId) {
    let rest = async {
        while w.bank.kept(id) > 0
            || w.bank.state(id) == Some(PaymentState::Authorized)
            || w.booking(id).await.payment_status() == PaymentStatus::Captured
        {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    };
    crate::world::soon("the settlement", rest).await;
}

#[tokio::test]
async fn a_refund_nobody_rang_for_is_written_down() {
    let (w, desk) = world().await;
    let booking = booked(&w, "k", VISA).await;
    w.pass(SETTLING_SECONDS - 1);
    w.bank.dashboard(&booking.id, Dashboard::Refunds(1_000));
    check(&w, &desk, &[]).await;
    w.pass(1);
    check(&w, &desk, &[found(Kind::PaymentMismatch, &booking.id, Remedy::Repaired)]).await;
    assert_eq!(w.at_rest(&booking.id).await.refunded(), money(1_000));
    check(&w, &desk, &[]).await;
}

#[tokio::test]
async fn money_reserved_for_a_booking_that_does_not_stand_is_given_back() {
    let (w, desk) = world().await;
    let booking = booked(&w, "k", DECLINED).await;
    w.pass(SETTLING_SECONDS);
    check(&w, &desk, &[]).await;
    w.bank.rewrite(&booking.id, PaymentState::Authorized);
    check(&w, &desk, &[found(Kind::PaymentMismatch, &booking.id, Remedy::Repaired)]).await;
    until_settled(&w, &booking.id).await;
    assert_eq!(w.bank.state(&booking.id), Some(PaymentState::Voided));
    check(&w, &desk, &[]).await;
}

#[tokio::test]
async fn a_standing_booking_without_its_money_is_for_review() {
    let (w, desk) = world().await;
    let booking = booked(&w, "k", VISA).await;
    w.pass(SETTLING_SECONDS);
    w.bank.rewrite(&booking.id, PaymentState::Voided);
    let report = check(&w, &desk, &[found(Kind::PaymentMismatch, &booking.id, Remedy::Review)]).await;
    let both_sides = "the booking is confirmed and captured, 129.00 EUR of 129.00 EUR taken, 0.00 EUR given back; \
        the provider says voided, 0.00 EUR taken, 0.00 EUR given back, not disputed";
    assert_eq!(report.findings[0].detail, format!("pi_{}: {both_sides}", booking.id));
    w.bank.forget(&booking.id);
    check(&w, &desk, &[found(Kind::PaymentMissing, &booking.id, Remedy::Review)]).await;
    assert_eq!(desk.cases().len(), 2);
}

#[tokio::test]
async fn a_refund_that_only_the_booking_knows_of_has_failed() {
    let (w, desk) = world().await;
    let booking = booked(&w, "k", VISA).await;
    w.bank.dashboard(&booking.id, Dashboard::Refunds(1_000));
    let intent = w.bank.intent_of(&booking.id);
    w.webhook.on_payment("evt", &intent, &w.by("stripe")).await.expect("a reaction");
    w.pass(SETTLING_SECONDS);
    check(&w, &desk, &[]).await;
    w.bank.forget_refunds(&booking.id);
    check(&w, &desk, &[found(Kind::PaymentMismatch, &booking.id, Remedy::Repaired)]).await;
    assert_eq!(w.at_rest(&booking.id).await.payment_status(), PaymentStatus::Captured);
    // The booking is confirmed, and nothing of its money is the guest's.
    check(&w, &desk, &[]).await;
}

#[tokio::test]
async fn a_cancelled_booking_whose_payment_was_never_taken_is_for_review() {
    let (w, desk) = world().await;
    let booking = booked(&w, "k", VISA).await;
    w.cancel(&booking.id, "cancel").await.expect("a cancellation");
    until_settled(&w, &booking.id).await;
    w.pass(SETTLING_SECONDS);
    check(&w, &desk, &[]).await;
    w.bank.rewrite(&booking.id, PaymentState::Voided);
    check(&w, &desk, &[found(Kind::PaymentMismatch, &booking.id, Remedy::Review)]).await;
}

#[tokio::test]
async fn money_of_nobody_is_for_review() {
    let (w, desk) = world().await;
    let age = SETTLING_SECONDS;
    for (name, state, refunded, age) in [
        ("pi_young", PaymentState::Captured, 0, age - 1),
        ("pi_given_back", PaymentState::Captured, PRICE, age),
        ("pi_untouched", PaymentState::NotStarted, 0, age),
        ("pi_voided", PaymentState::Voided, 0, age),
    ] {
        w.bank.plant(name, "bkg_nobody", stray(&w, state, refunded, age));
    }
    w.bank.plant("pi_foreign", "another shop's order", stray(&w, PaymentState::Captured, 0, age));
    check(&w, &desk, &[]).await;
    w.bank.plant("pi_reserved", "bkg_nobody", stray(&w, PaymentState::Authorized, 0, age));
    w.bank.plant("pi_taken", "bkg_nobody", stray(&w, PaymentState::Captured, PRICE - 1, age));
    let expected = ["pi_reserved", "pi_taken"].map(|name| found(Kind::OrphanedPayment, name, Remedy::Review));
    let report = check(&w, &desk, &expected).await;
    assert_eq!(report.payments, 7);
    assert_eq!(report.findings[0].booking.as_ref().map(BookingId::as_str), Some("bkg_nobody"));
    let details = ["authorized, 129.00 EUR", "captured, 129.00 EUR"];
    assert_eq!([0, 1].map(|at: usize| report.findings[at].detail.as_str()), details);
}

#[tokio::test]
async fn payments_are_listed_as_far_back_as_an_authorization_may_last() {
    let (w, desk) = world().await;
    for (name, days) in [("pi_8_days_old", 8), ("pi_9_days_old", 9)] {
        w.bank.plant(name, "bkg_nobody", stray(&w, PaymentState::Authorized, 0, days * 24 * 3600));
    }
    check(&w, &desk, &[found(Kind::OrphanedPayment, "pi_8_days_old", Remedy::Review)]).await;
}

#[tokio::test]
async fn the_payment_of_a_booking_that_was_made_after_the_bookings_were_read_is_not_money_of_another() {
    let (w, desk) = world().await;
    booked(&w, "k", VISA).await;
    w.pass(PAYMENT_DAYS * 24 * 3600);
    let report = run_while(&w, &desk, Meddling::AfterBookings).await;
    let expected = [found(Kind::ConfirmedMismatch, PAGE_NAME, Remedy::Review)];
    assert_eq!((findings(&report), report.payments, report.bookings), (expected.to_vec(), 1, 0));
}

#[tokio::test]
async fn money_taken_twice_for_one_booking_is_for_review() {
    let (w, desk) = world().await;
    let booking = booked(&w, "k", VISA).await;
    let twin = stray(&w, PaymentState::Authorized, 0, SETTLING_SECONDS);
    w.bank.plant("pi_twin", booking.id.as_str(), twin);
    check(&w, &desk, &[found(Kind::DuplicatePayment, "pi_twin", Remedy::Review)]).await;
    assert_eq!(desk.cases(), ["duplicate_payment#pi_twin"]);
}

#[tokio::test]
async fn an_item_that_cannot_be_read_does_not_hide_the_others() {
    let (w, desk) = world().await;
    let hold = w.held(&room(), "k", NIGHT).await;
    w.pass(TTL + DEAD_HOLD_SECONDS);
    set(&w, ("R#room", "P#2030-07"), "av", number(1)).await;
    set(&w, ("B#bkg_1", "B"), "st", text("pending")).await;
    let expected = [
        found(Kind::UnreadableItem, "R#room/P#2030-07", Remedy::Review),
        found(Kind::ExpiredHold, &hold.id, Remedy::Repaired),
        found(Kind::UnreadableItem, "B#bkg_1/B", Remedy::Review),
    ];
    let report = check(&w, &desk, &expected).await;
    let became =
        [Remedy::Review, Remedy::Repaired].map(|remedy| (remedy.as_str(), report.count_remedy(remedy)));
    assert_eq!(became, [("review", 2), ("repaired", 1)]);
}

#[tokio::test]
async fn a_claim_by_a_booking_that_cannot_be_read_does_not_end_the_run() {
    let (w, desk) = (World::with(&room()).await, Arc::new(Desk::default()));
    let hold = w.held(&room(), "k", NIGHT).await;
    let id = w.open(&hold, "pay", VISA).await;
    set(&w, (&format!("B#{id}"), "B"), "st", text("nonsense")).await;
    let twin = stray(&w, PaymentState::Authorized, 0, SETTLING_SECONDS);
    w.bank.plant("pi_stray", id.as_str(), twin.clone());
    w.bank.plant("pi_taken", "bkg_nobody", twin);
    let expected = [
        found(Kind::UnreadableItem, format!("B#{id}/B"), Remedy::Review),
        found(Kind::OrphanedPayment, "pi_taken", Remedy::Review),
    ];
    check(&w, &desk, &expected).await;
}

#[tokio::test]
async fn a_ledger_of_many_parts_is_read_to_its_end() {
    let (w, desk) = world().await;
    booked(&w, "k", VISA).await;
    for n in 0..2_500 {
        let put = w.database.client.put_item().table_name(Database::LEDGER);
        let put = put.item("pk", text(&format!("A#{n}"))).item("sk", text("A"));
        put.send().await.expect("an item of another kind");
    }
    set(&w, PAGE, "av.01", number(7)).await;
    let report = check(&w, &desk, &[found(Kind::PageUnbalanced, PAGE_NAME, Remedy::Review)]).await;
    assert_eq!((report.pages, report.bookings), (1, 1));
}

#[tokio::test]
async fn what_there_is_too_much_of_leaves_room_for_the_rest() {
    let (w, desk) = world().await;
    let dead = w.held(&room(), "dead", NIGHT).await;
    w.pass(TTL + DEAD_HOLD_SECONDS);
    booked(&w, "k", VISA).await;
    let most = Limits::FUNCTION.repairs as usize;
    for n in 0..=most {
        set(&w, (&format!("R#broken-{n}"), "P#2030-06"), "av", number(1)).await;
    }
    let report = run(&w, &desk, true).await;
    assert_eq!((report.count(Kind::UnreadableItem), report.findings.len()), (most, most + 1));
    assert_eq!(report.findings.iter().filter(|one| one.subject == dead.id.as_str()).count(), 1, "{report:?}");
    assert_eq!((report.more, report.bookings, report.changing), (true, 1, 0));
}

#[tokio::test]
async fn an_outage_of_the_provider_ends_the_run_and_the_next_one_does_the_work() {
    let (w, desk) = world().await;
    let hold = w.held(&room(), "k", NIGHT).await;
    w.pass(TTL + DEAD_HOLD_SECONDS);
    w.bank.fail(Op::List, Fault::Unavailable);
    let failed = try_run(&w, &desk, false).await;
    assert!(matches!(failed, Err(Failure::Payment(PaymentError::Unavailable(_)))), "{failed:?}");
    check(&w, &desk, &[found(Kind::ExpiredHold, &hold.id, Remedy::Repaired)]).await;
}

#[tokio::test]
async fn an_outage_while_one_booking_is_looked_at_ends_the_run() {
    let (w, desk) = world().await;
    let booking = booked(&w, "k", VISA).await;
    w.pass(SETTLING_SECONDS);
    w.bank.rewrite(&booking.id, PaymentState::Voided);
    w.bank.fail(Op::Inquire, Fault::Unavailable);
    let failed = try_run(&w, &desk, false).await;
    assert!(matches!(failed, Err(Failure::Payment(PaymentError::Unavailable(_)))), "{failed:?}");
    check(&w, &desk, &[found(Kind::PaymentMismatch, &booking.id, Remedy::Review)]).await;
}
