//! What most readers of bookings must not see: where it is, who gets it, and when it ends.

use std::sync::Arc;
use std::time::Duration;

use holdfast_app::bookings::{BookingRequest, CONTACT_KEPT, Requested};
use holdfast_app::payments::Reaction;
use holdfast_app::{Caller, Clock, Failure};
use holdfast_domain::bookings::{Contact, ContactName};
use holdfast_domain::{BookingId, BookingStatus, Hold};
use holdfast_testkit::{Database, nightly_resource};
use jiff::SignedDuration;

use crate::bank::THREE_D_SECURE;
use crate::driver::{Drive, Ending};
use crate::world::{NIGHT, World, guest, key, operator, soon};

fn contact() -> Contact {
    Contact { name: ContactName::parse("Ada Lovelace").ok(), ..Contact::default() }
}

/// A world where a hold waits to be paid.
async fn held() -> (Arc<World>, Hold) {
    let room = nightly_resource("room", 1, 600);
    let w = World::with(&room).await;
    let hold = w.held(&room, "k", NIGHT).await;
    (w, hold)
}

async fn ask(w: &World, hold: &Hold, caller: &Caller) -> Requested {
    let request = BookingRequest {
        hold: hold.id.clone(),
        payment_method: Some(THREE_D_SECURE.to_owned()),
        contact: Some(contact()),
        wait: Duration::ZERO,
    };
    w.requests.request(caller, &key("pay", "k"), &request, &w.by("guest")).await.expect("a booking")
}

/// A booking whose saga waits for the customer.
async fn waiting() -> (Arc<World>, Hold, BookingId, tokio::task::JoinHandle<Ending>) {
    let (w, hold) = held().await;
    let id = ask(&w, &hold, &guest("guest")).await.booking.id;
    let (world, of) = (w.clone(), id.clone());
    let run = tokio::spawn(async move { Drive::new(&world, &of).run().await });
    w.flow.idle().await;
    (w, hold, id, run)
}

/// The partitions of a table whose items have one of those texts anywhere.
async fn partitions(w: &World, table: &str, texts: &[&str]) -> Vec<String> {
    let items = w.database.items(table).await;
    let has = |item: &String| texts.iter().any(|text| item.contains(text));
    let with = items.iter().filter(|item| has(&format!("{item:?}")));
    let mut keys: Vec<String> = with.map(|item| item["pk"].as_s().expect("a text").clone()).collect();
    keys.sort();
    keys
}

#[tokio::test]
async fn tokens_secrets_and_contacts_are_in_the_confidential_table_alone_a_partition_for_each() {
    let (w, _, id, run) = waiting().await;
    let token = w.store.callbacks.task_token(&id).await.expect("a read").expect("a token");
    let action = w.store.actions.customer_action(&id).await.expect("a read").expect("an action");
    let texts = [token.as_str(), action.client_secret.as_str(), "Lovelace"];
    let each = [format!("A#{id}"), format!("C#{id}"), format!("T#{id}")];
    assert_eq!(partitions(&w, Database::CONFIDENTIAL, &texts).await, each);
    w.bank.customer(&id, true);
    let rung = w.webhook.on_payment("evt", &w.bank.intent_of(&id), &w.by("stripe")).await;
    assert_eq!(rung.expect("a reaction"), Reaction::Resumed);
    assert_eq!(soon("the end of the saga", run).await.expect("no panic"), Ending::Confirmed);
    for table in [Database::LEDGER, Database::HOLDS, Database::SEARCH] {
        assert_eq!(partitions(&w, table, &texts).await, [""; 0], "{table}");
    }
}

#[tokio::test]
async fn what_the_customer_has_to_do_is_for_the_guest_alone_and_only_while_it_is_awaited() {
    let (w, hold, id, run) = waiting().await;
    let own = w.bookings.get_whole(&guest("guest"), &id).await.expect("a booking").action;
    let secret = own.as_ref().map(|action| action.client_secret.clone());
    assert_eq!(secret, Some(format!("{}_secret", w.bank.intent_of(&id))));
    assert_eq!(ask(&w, &hold, &guest("guest")).await.action, own);
    let (listed, _) = w.bookings.list(&guest("guest"), 10, None).await.expect("a list");
    assert_eq!(listed.into_iter().map(|(_, action)| action).collect::<Vec<_>>(), [own]);
    // Whoever may only know that there is something to do.
    let operators = w.bookings.get_whole(&operator(), &id).await.expect("a booking");
    assert!(operators.booking.action().is_some() && operators.action.is_none());
    let thief = w.bookings.get_whole(&guest("thief"), &id).await;
    assert!(matches!(thief, Err(Failure::NotFound("booking"))));
    w.cancel(&id, "cancel").await.expect("a cancellation");
    let over = w.bookings.get_whole(&guest("guest"), &id).await.expect("a booking");
    assert_eq!((over.booking.status, over.action), (BookingStatus::Cancelled, None));
    soon("the end of the saga", run).await.expect("no panic");
}

/// Tokens and actions end days after the saga must have, contacts long after the stay. Nothing else needs them.
#[tokio::test]
async fn what_is_confidential_has_an_end_after_which_bookings_go_on_without() {
    let (w, hold, id, run) = waiting().await;
    w.bank.customer(&id, true);
    w.webhook.on_payment("evt", &w.bank.intent_of(&id), &w.by("stripe")).await.expect("a reaction");
    soon("the end of the saga", run).await.expect("no panic");
    let left = async || {
        let _ = w.database.sweep_ttl();
        partitions(&w, Database::CONFIDENTIAL, &["bkg_"]).await
    };
    assert_eq!(left().await.len(), 3);
    w.clock.advance(SignedDuration::from_hours(47));
    assert_eq!(left().await.len(), 3, "a saga may run for two days");
    w.clock.advance(SignedDuration::from_hours(26));
    assert_eq!(left().await, [format!("C#{id}")]);
    let until_end = w.clock.now().duration_until(hold.order.end + CONTACT_KEPT);
    w.clock.advance(until_end - SignedDuration::from_hours(1));
    assert_eq!(left().await, [format!("C#{id}")]);
    w.clock.advance(SignedDuration::from_hours(2));
    assert_eq!(left().await, [""; 0]);
    let whole = w.bookings.get_whole(&guest("guest"), &id).await.expect("a booking");
    assert_eq!((whole.booking.status, whole.contact), (BookingStatus::Confirmed, None));
    assert_eq!(w.store.callbacks.task_token(&id).await.expect("a read"), None);
    w.at_rest(&id).await;
}
