//! What guests are told by mail.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use holdfast_app::bookings::BookingRequest;
use holdfast_app::notifications::{
    GuestDirectory, MAILS_PER_GUEST_AND_DAY, Mail, Mailer, NoticeKind, NoticeOutcome, Notices,
};
use holdfast_app::{Caller, DeliveryError, Failure, StaffOf};
use holdfast_domain::bookings::{Contact, ContactName, EmailAddress};
use holdfast_domain::{BookingId, CancellationPolicy, Currency, GuestId, Hold, Money, Resource};
use holdfast_testkit::{Database, Fault, Faults, Store, at, nightly_resource};
use tokio::time::sleep;

use crate::bank::VISA;
use crate::driver::{Drive, Ending, Step};
use crate::world::{NIGHT, World, guest, hold_request, key, operator, soon};

#[derive(Default)]
struct Post(Mutex<Vec<Mail>>);

#[async_trait]
impl Mailer for Post {
    async fn send(&self, mail: &Mail) -> Result<(), DeliveryError> {
        self.0.lock().expect("unpoisoned").push(mail.clone());
        Ok(())
    }
}

const ADDRESS: &str = "guest@example.com";

/// An account for each guest whose name is an address of its own, and for nobody else.
struct Accounts;

#[async_trait]
impl GuestDirectory for Accounts {
    async fn verified_email(&self, guest: &GuestId) -> Result<Option<EmailAddress>, DeliveryError> {
        Ok(EmailAddress::parse(guest.as_str()).ok())
    }
}

fn notices(store: Store, post: Arc<dyn Mailer>) -> Notices {
    notices_over(store, Arc::new(Accounts), post)
}

fn notices_over(store: Store, directory: Arc<dyn GuestDirectory>, post: Arc<dyn Mailer>) -> Notices {
    let (sent, counts) = (store.sent_mails, store.mail_counts);
    Notices::new(store.bookings, store.contacts, directory, store.catalogue, post, sent, counts)
}

fn contact(email: Option<&str>) -> Contact {
    Contact {
        name: ContactName::parse("Ada Lovelace").ok(),
        email: email.map(|email| EmailAddress::parse(email).expect("an address")),
        ..Contact::default()
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
    let notices = notices(store, post.clone());
    let cause = format!("event-{occasion:?}");
    let told = notices.mail(id, occasion, &cause, at("2026-05-01T09:30:00Z")).await;
    let mails = std::mem::take(&mut *post.0.lock().expect("unpoisoned"));
    assert!(mails.iter().all(|mail| mail.cause == cause), "{mails:?}");
    assert!(mails.iter().all(|mail| mail.to.as_str() == ADDRESS), "{mails:?}");
    (told.expect("an answer"), mails.into_iter().map(|mail| (mail.subject, mail.text)).collect())
}

/// A booking of a guest with an address, whose saga has not run.
async fn open(w: &World, room: &Resource) -> BookingId {
    let hold = w.held(room, "k", NIGHT).await;
    asked(w, &hold, &guest("guest"), Some(contact(Some(ADDRESS)))).await
}

async fn asked(w: &World, hold: &Hold, caller: &Caller, contact: Option<Contact>) -> BookingId {
    let request = BookingRequest {
        hold: hold.id.clone(),
        payment_method: Some(VISA.to_owned()),
        contact,
        wait: Duration::ZERO,
    };
    let asked = w.requests.request(caller, &key("pay", "k"), &request, &w.by("guest")).await;
    asked.expect("a booking").booking.id
}

#[tokio::test]
async fn a_mail_goes_to_the_contact_else_to_the_verified_address_of_the_guest_and_never_to_the_operator() {
    let desk = Caller { staff: Some(StaffOf::All), ..guest("desk@example.com") };
    let (account, nobody) = (ADDRESS, "guest");
    for (name, caller, contact, outcome) in [
        (account, None, None, NoticeOutcome::Mailed),
        (account, None, Some(contact(None)), NoticeOutcome::Mailed),
        (account, Some(&desk), None, NoticeOutcome::Mailed),
        (nobody, None, Some(contact(Some(ADDRESS))), NoticeOutcome::Mailed),
        (nobody, Some(&desk), Some(contact(Some(ADDRESS))), NoticeOutcome::Mailed),
        ("another@example.com", None, Some(contact(Some(ADDRESS))), NoticeOutcome::Mailed),
        (nobody, None, None, NoticeOutcome::NoAddress),
        (nobody, Some(&desk), Some(contact(None)), NoticeOutcome::NoAddress),
    ] {
        let room = nightly_resource("room", 3, 600);
        let w = World::with(&room).await;
        let own = guest(name);
        let placed = w.holds.create(&own, &key("k", "k"), &hold_request(&room, NIGHT, 1), &w.by(name)).await;
        let hold = placed.expect("free places").hold;
        let id = asked(&w, &hold, caller.unwrap_or(&own), contact.clone()).await;
        assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
        let what = format!("{name}, {caller:?}, {:?}", contact.map(|contact| contact.email.is_some()));
        assert_eq!(tell(&w, &id, NoticeKind::Confirmed).await.0, outcome, "{what}");
    }
}

#[tokio::test]
async fn how_a_guest_is_reached_is_kept_in_one_place_and_shown_to_the_guest_and_to_operators() {
    let room = nightly_resource("room", 3, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = asked(&w, &hold, &guest("guest"), Some(contact(Some(ADDRESS)))).await;
    assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
    w.cancel(&id, "cancel").await.expect("a cancellation");
    for caller in [guest("guest"), operator()] {
        let found = w.bookings.get_whole(&caller, &id).await.expect("a booking");
        assert_eq!(found.contact, Some(contact(Some(ADDRESS))));
    }
    let of_another = w.bookings.get_whole(&guest("thief"), &id).await;
    assert!(matches!(of_another, Err(Failure::NotFound("booking"))));

    let (mut with, mut others) = (Vec::new(), 0);
    for table in [Database::LEDGER, Database::HOLDS, Database::CONFIDENTIAL] {
        let items = w.database.client.scan().table_name(table).send().await.expect("a scan");
        for item in items.items() {
            let text = format!("{item:?}");
            if text.contains(ADDRESS) || text.contains("Lovelace") {
                with.push(item["pk"].as_s().expect("a text").clone());
            } else {
                others += 1;
            }
        }
    }
    assert_eq!(with, [format!("C#{id}")], "one item");
    assert!(others > 8, "{others} items");
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
        (55, "USD", "0.55 USD"),
        (12_900, "JPY", "12900 JPY"),
        (12_910, "KWD", "12.910 KWD"),
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
                while looks.calls() < 3 {
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

#[tokio::test]
async fn an_event_that_comes_again_mails_nobody() {
    let room = nightly_resource("room", 3, 600);
    let w = World::with(&room).await;
    let id = paid(&w, &room).await;
    assert_eq!(tell(&w, &id, NoticeKind::Confirmed).await.0, NoticeOutcome::Mailed);
    for _ in 0..2 {
        let again = tell(&w, &id, NoticeKind::Confirmed).await;
        assert_eq!(again, (NoticeOutcome::MailedBefore, vec![]), "as when the archive is replayed");
    }
    w.cancel(&id, "cancel").await.expect("a cancellation");
    assert_eq!(tell(&w, &id, NoticeKind::Cancelled).await.0, NoticeOutcome::Mailed, "it is another event");
    assert_eq!(tell(&w, &id, NoticeKind::Cancelled).await, (NoticeOutcome::MailedBefore, vec![]));
}

/// A post that is away the first time.
#[derive(Default)]
struct SlowPost(Mutex<Vec<&'static str>>);

#[async_trait]
impl Mailer for SlowPost {
    async fn send(&self, _: &Mail) -> Result<(), DeliveryError> {
        let mut calls = self.0.lock().expect("unpoisoned");
        let is_first = calls.is_empty();
        calls.push("call");
        if is_first { Err(DeliveryError::Unavailable("away".into())) } else { Ok(()) }
    }
}

#[tokio::test]
async fn what_could_not_be_mailed_is_mailed_later_and_what_could_not_be_remembered_is_no_failure() {
    let room = nightly_resource("room", 3, 600);
    let w = World::with(&room).await;
    let id = paid(&w, &room).await;
    let (post, faults) = (Arc::new(SlowPost::default()), Faults::default());
    let store = w.database.store_under(&faults);
    let notices = notices(store, post.clone());
    let now = at("2026-05-01T09:30:00Z");
    let tell = || notices.mail(&id, NoticeKind::Confirmed, "event-1", now);
    assert!(tell().await.is_err(), "the post is away");
    // Five calls go well: the note, the booking, its contact, the count, the resource.
    faults.strike(Fault::Broken, 5, usize::MAX);
    assert_eq!(tell().await.expect("mailed"), NoticeOutcome::Mailed);
    assert!(faults.end() > 0, "it could not be remembered");
    assert_eq!(tell().await.expect("mailed"), NoticeOutcome::Mailed, "once more, as it is not known");
    assert_eq!(tell().await.expect("known"), NoticeOutcome::MailedBefore);
    assert_eq!(post.0.lock().expect("unpoisoned").len(), 3);
}

/// A pool that is away, or asked too often, the first time.
#[derive(Default)]
struct SlowPool(Mutex<usize>);

#[async_trait]
impl GuestDirectory for SlowPool {
    async fn verified_email(&self, _: &GuestId) -> Result<Option<EmailAddress>, DeliveryError> {
        let mut calls = self.0.lock().expect("unpoisoned");
        *calls += 1;
        let refused = || DeliveryError::Unavailable("TooManyRequestsException".into());
        if *calls == 1 { Err(refused()) } else { Ok(EmailAddress::parse(ADDRESS).ok()) }
    }
}

#[tokio::test]
async fn what_the_pool_does_not_answer_is_mailed_later() {
    let room = nightly_resource("room", 3, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    let id = asked(&w, &hold, &guest("guest"), None).await;
    assert_eq!(Drive::new(&w, &id).run().await, Ending::Confirmed);
    let (pool, post) = (Arc::new(SlowPool::default()), Arc::new(Post::default()));
    let notices = notices_over(w.store.clone(), pool, post.clone());
    let tell = || notices.mail(&id, NoticeKind::Confirmed, "event-1", w.now());
    assert!(tell().await.is_err(), "its event comes again");
    assert_eq!(tell().await.expect("mailed"), NoticeOutcome::Mailed);
    assert_eq!(post.0.lock().expect("unpoisoned").len(), 1);
}

/// Books a free night under a contact and cancels it; gives what its guest is mailed.
async fn books_and_cancels(
    w: &World,
    notices: &Notices,
    room: &Resource,
    caller: &Caller,
    number: usize,
) -> [NoticeOutcome; 2] {
    let (name, by) = (format!("loop-{number}"), w.by("guest"));
    let own = guest("hostile");
    let placed = w.holds.create(&own, &key(&name, &name), &hold_request(room, NIGHT, 1), &by).await;
    let request = BookingRequest {
        hold: placed.expect("a free place").hold.id,
        payment_method: None,
        contact: Some(contact(Some(&format!("stranger-{number}@example.com")))),
        wait: Duration::ZERO,
    };
    let asked = w.requests.request(caller, &key(&name, &name), &request, &by).await;
    let id = asked.expect("whoever is not mailed still books").booking.id;
    assert_eq!(Drive::new(w, &id).run().await, Ending::Confirmed);
    let cause = |event| format!("{id}.{event}");
    let confirmed = notices.mail(&id, NoticeKind::Confirmed, &cause("confirmed"), w.now()).await;
    w.cancellations
        .cancel(caller, &id, &key(&format!("cancel-{number}"), ""), None, Duration::ZERO, &by)
        .await
        .expect("a cancellation");
    let cancelled = notices.mail(&id, NoticeKind::Cancelled, &cause("cancelled"), w.now()).await;
    [confirmed.expect("an answer"), cancelled.expect("an answer")]
}

#[tokio::test]
async fn who_books_and_cancels_in_a_loop_mails_strangers_a_bounded_number_of_times_a_day() {
    let mut room = nightly_resource("room", 100, 600);
    room.terms.base_price = Money::new(0, Currency::parse("EUR").expect("known")).expect("in range");
    room.terms.hold_limits = holdfast_testkit::UNLIMITED;
    let w = World::with(&room).await;
    let post = Arc::new(Post::default());
    let notices = notices(w.store.clone(), post.clone());
    let sent = || post.0.lock().expect("unpoisoned").len();
    let hostile = guest("hostile");
    let mut outcomes = Vec::new();
    for number in 0..15 {
        outcomes.extend(books_and_cancels(&w, &notices, &room, &hostile, number).await);
    }
    let (mailed, others) = outcomes.split_at(MAILS_PER_GUEST_AND_DAY);
    assert!(mailed.iter().all(|outcome| *outcome == NoticeOutcome::Mailed), "{outcomes:?}");
    assert!(others.iter().all(|outcome| *outcome == NoticeOutcome::TooMany), "{outcomes:?}");
    assert_eq!(sent(), MAILS_PER_GUEST_AND_DAY);
    // What an operator names for the same guest is the operator's word.
    let of_operator = books_and_cancels(&w, &notices, &room, &operator(), 15).await;
    assert_eq!(of_operator, [NoticeOutcome::Mailed; 2]);
    // The next day, by UTC.
    w.pass(12 * 3600);
    let on_the_next_day = books_and_cancels(&w, &notices, &room, &hostile, 16).await;
    assert_eq!(on_the_next_day, [NoticeOutcome::Mailed; 2]);
    assert_eq!(sent(), MAILS_PER_GUEST_AND_DAY + 4);
}
