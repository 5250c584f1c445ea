//! What guests are told by mail.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use holdfast_app::bookings::BookingRequest;
use holdfast_app::notifications::{Mail, Mailer, NoticeKind, NoticeOutcome, Notices};
use holdfast_app::{Caller, DeliveryError};
use holdfast_domain::{BookingId, CancellationPolicy, Currency, Money, Resource};
use holdfast_testkit::{Faults, Store, nightly_resource};
use tokio::time::sleep;

use crate::bank::VISA;
use crate::driver::{Drive, Ending, Step};
use crate::world::{NIGHT, World, guest, key, soon};

#[derive(Default)]
struct Post(Mutex<Vec<Mail>>);

#[async_trait]
impl Mailer for Post {
    async fn send(&self, mail: &Mail) -> Result<(), DeliveryError> {
        self.0.lock().expect("unpoisoned").push(mail.clone());
        Ok(())
    }
}

/// Tells the guest; gives the subjects and texts that went out.
async fn tell(w: &World, id: &BookingId, occasion: NoticeKind) -> (NoticeOutcome, Vec<(String, String)>) {
    tell_of(w.store.clone(), id, occasion).await
}

/// The same of what this store holds.
async fn tell_of(
    store: Store,
    id: &BookingId,
    occasion: NoticeKind,
) -> (NoticeOutcome, Vec<(String, String)>) {
    let post = Arc::new(Post::default());
    let notices = Notices::new(store.bookings, store.catalogue, post.clone());
    let told = notices.mail(id, occasion, "event-1").await;
    let mails = std::mem::take(&mut *post.0.lock().expect("unpoisoned"));
    assert!(mails.iter().all(|mail| mail.to == "guest@example.com" && mail.cause == "event-1"), "{mails:?}");
    (told.expect("an answer"), mails.into_iter().map(|mail| (mail.subject, mail.text)).collect())
}

/// A booking of a guest with an address, whose saga has not run.
async fn open(w: &World, room: &Resource) -> BookingId {
    let hold = w.held(room, "k", NIGHT).await;
    let caller = Caller { email: Some("guest@example.com".to_owned()), ..guest("guest") };
    let request =
        BookingRequest { hold: hold.id.clone(), payment_method: VISA.to_owned(), wait: Duration::ZERO };
    let asked = w.requests.request(&caller, &key("pay", "k"), &request, &w.by("guest")).await;
    asked.expect("a booking").booking.id
}

async fn paid(w: &World, room: &Resource) -> BookingId {
    let id = open(w, room).await;
    assert_eq!(Drive::new(w, &id).run().await, Ending::Confirmed);
    id
}

#[tokio::test]
async fn a_cancellation_says_what_is_given_back() {
    let mut strict = nightly_resource("room", 3, 600);
    strict.terms.cancellation_policy = CancellationPolicy::default();
    for (room, words) in [
        (nightly_resource("room", 3, 600), "We are giving you 129.00 EUR back, to the card you paid with."),
        (strict, "By the terms of the booking nothing is refunded."),
    ] {
        let w = World::with(&room).await;
        let id = paid(&w, &room).await;
        assert_eq!(
            tell(&w, &id, NoticeKind::Cancelled).await,
            (NoticeOutcome::OutOfDate, vec![]),
            "it stands"
        );
        w.cancel(&id, "cancel").await.expect("a cancellation");
        let (told, mails) = tell(&w, &id, NoticeKind::Cancelled).await;
        let number = w.booking(&id).await.confirmation_number;
        assert_eq!((told, mails.len()), (NoticeOutcome::Mailed, 1));
        assert_eq!(mails[0].0, format!("Your booking {number} is cancelled"));
        assert!(mails[0].1.contains(words) && mails[0].1.contains(&number), "{}", mails[0].1);
        assert_eq!(tell(&w, &id, NoticeKind::Confirmed).await, (NoticeOutcome::OutOfDate, vec![]), "no more");
    }
}

#[tokio::test]
async fn a_cancellation_before_anything_was_charged_says_so() {
    let room = nightly_resource("room", 3, 600);
    let w = World::with(&room).await;
    let id = open(&w, &room).await;
    w.cancel(&id, "cancel").await.expect("a cancellation");
    let (_, mails) = tell(&w, &id, NoticeKind::Cancelled).await;
    assert!(mails[0].1.contains("You have not been charged."), "{}", mails[0].1);
}

#[tokio::test]
async fn amounts_have_the_decimals_of_their_currency() {
    for (minor, currency, words) in [
        (12_900, "EUR", "129.00 EUR"),
        (5, "USD", "0.05 USD"),
        (12_900, "JPY", "12900 JPY"),
        (12_905, "KWD", "12.905 KWD"),
    ] {
        let mut room = nightly_resource("room", 3, 600);
        room.terms.base_price =
            Money::new(minor, Currency::parse(currency).expect("known")).expect("in range");
        let w = World::with(&room).await;
        let id = paid(&w, &room).await;
        let (told, mails) = tell(&w, &id, NoticeKind::Confirmed).await;
        assert_eq!(told, NoticeOutcome::Mailed);
        assert!(mails[0].1.contains(&format!("Paid:         {words}\n")), "{words} in {}", mails[0].1);
    }
}

#[tokio::test]
async fn a_confirmation_waits_for_the_money() {
    let room = nightly_resource("room", 3, 600);
    let w = World::with(&room).await;
    let id = open(&w, &room).await;
    let (begins, begun) = tokio::sync::oneshot::channel();
    let early = {
        let (w, id) = (Arc::clone(&w), id.clone());
        async move {
            let looks = Faults::default();
            let store = w.database.store_under(&looks);
            let mail = tokio::spawn(async move { tell_of(store, &id, NoticeKind::Confirmed).await });
            soon("a second look at the booking", async {
                while looks.calls() < 2 {
                    sleep(Duration::from_millis(2)).await;
                }
            })
            .await;
            assert!(!mail.is_finished(), "the money is not taken yet");
            begins.send(mail).expect("the test waits");
        }
    };
    let ending = Drive::new(&w, &id).before(Step::CapturePayment, Box::pin(early)).run().await;
    assert_eq!(ending, Ending::Confirmed);
    let (told, mails) = soon("the mail", begun.await.expect("it began")).await.expect("it went out");
    assert_eq!((told, mails.len()), (NoticeOutcome::Mailed, 1));
}
