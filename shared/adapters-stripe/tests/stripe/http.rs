//! Each answer of Stripe is classified by what it means for money.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use holdfast_app::PaymentError;
use holdfast_app::kernel::SecretError;
use holdfast_app::operations::{ListedPayment, PaymentListing};
use holdfast_app::payments::{NewPayment, PaymentInquiry, PaymentState, Payments};
use jiff::Timestamp;

use crate::server::{
    PATIENCE, Reply, Seen, booking, client, deaf_socket, error, failure, intent, lasting_server, refunded,
    repeated_failure, server, usd, wrong_state,
};

#[tokio::test]
async fn a_payment_is_created_unconfirmed_and_captured_by_hand() {
    let server = server(vec![Reply::Json(200, intent("requires_payment_method"))]);
    let new =
        NewPayment { booking: booking(), confirmation_number: "HF-ABC".to_owned(), amount: usd(25_800) };
    assert_eq!(server.payments.create(&new).await.expect("created"), "pi_1");
    let seen = server.seen().remove(0);
    assert_eq!(seen.line, "POST /v1/payment_intents");
    assert_eq!(seen.key(), "holdfast-bkg_1-create");
    assert_eq!(seen.header("authorization"), Some("Bearer sk_test_1"));
    assert_eq!(
        seen.header("stripe-version"),
        Some(include_str!("../../src/api_version.txt").trim_ascii_end())
    );
    for part in [
        "amount=25800",
        "currency=usd",
        "capture_method=manual",
        "payment_method_types%5B%5D=card",
        "metadata%5BbookingId%5D=bkg_1",
        "description=Booking+HF-ABC",
    ] {
        assert!(seen.body.split('&').any(|field| field == part), "{part} in {}", seen.body);
    }
    assert!(!seen.body.contains("confirm"));
}

#[tokio::test]
async fn every_step_has_a_key_of_its_own_and_the_same_again() {
    let ok = |status| Reply::Json(200, intent(status));
    let server = server(vec![
        ok("requires_capture"),
        ok("requires_capture"),
        ok("succeeded"),
        ok("canceled"),
        Reply::Json(200, r#"{"status":"succeeded"}"#.to_owned()),
    ]);
    let payments = &server.payments;
    for _ in 0..2 {
        let authorized = payments.authorize(&booking(), "pi_1", "pm_card_visa").await.expect("authorized");
        assert_eq!(authorized.state, PaymentState::Authorized);
        assert_eq!(authorized.booking.as_deref(), Some("bkg_1"));
    }
    payments.capture(&booking(), "pi_1", usd(500)).await.expect("captured");
    payments.void(&booking(), "pi_1").await.expect("voided");
    payments.refund(&booking(), "pi_1", usd(200), usd(100)).await.expect("refunded");
    let seen = server.seen();
    let calls: Vec<(&str, &str)> = seen.iter().map(|seen| (seen.line.as_str(), seen.key())).collect();
    assert_eq!(
        calls,
        [
            ("POST /v1/payment_intents/pi_1/confirm", "holdfast-bkg_1-authorize"),
            ("POST /v1/payment_intents/pi_1/confirm", "holdfast-bkg_1-authorize"),
            ("POST /v1/payment_intents/pi_1/capture", "holdfast-bkg_1-capture"),
            ("POST /v1/payment_intents/pi_1/cancel", "holdfast-bkg_1-void"),
            ("POST /v1/refunds", "holdfast-bkg_1-refund-from-100"),
        ]
    );
    assert!(seen[0].body.contains("payment_method=pm_card_visa"));
    assert!(seen[2].body.contains("amount_to_capture=500"));
    assert!(seen[4].body.contains("payment_intent=pi_1") && seen[4].body.contains("amount=200"));
}

#[tokio::test]
async fn a_declined_card_is_an_answer_not_an_error() {
    let body = r#"{"error":{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds",
        "payment_intent":{"id":"pi_1","currency":"usd","status":"requires_payment_method"}}}"#;
    let server = server(vec![Reply::Json(402, body.to_owned())]);
    let payment = server.payments.authorize(&booking(), "pi_1", "pm_1").await.expect("an answer");
    assert_eq!(payment.state, PaymentState::Declined { code: "insufficient_funds".to_owned() });
}

#[tokio::test]
async fn an_inquiry_asks_what_was_taken_and_given_back() {
    let server = server(vec![Reply::Json(200, refunded(700))]);
    let payment = server.payments.inquire("pi_1").await.expect("known");
    assert_eq!((payment.taken, payment.refunded), (usd(900), usd(700)));
    assert_eq!(server.seen()[0].line, "GET /v1/payment_intents/pi_1?expand%5B%5D=latest_charge.refunds");
}

fn listed(id: &str, status: &str, metadata: &str) -> String {
    format!(
        r#"{{"id":"{id}","currency":"usd","amount":900,"amount_received":900,"created":1780000000,"status":"{status}","metadata":{metadata},
           "latest_charge":{{"id":"ch_1","amount_refunded":100}}}}"#
    )
}

#[tokio::test]
async fn payments_of_a_period_are_listed_part_by_part() {
    let of_booking = r#"{"bookingId":"bkg_1"}"#;
    let list = |intents: &[String], more: bool| {
        Reply::Json(200, format!(r#"{{"object":"list","has_more":{more},"data":[{}]}}"#, intents.join(",")))
    };
    // What names no booking is somebody else's, whatever it is.
    let foreign = listed("pi_2", "an_unknown_status", "{}");
    let server = server(vec![
        list(&[listed("pi_1", "succeeded", of_booking), foreign], true),
        list(&[listed("pi_3", "requires_capture", of_booking)], false),
        failure(),
    ]);
    let since = Timestamp::from_second(1_780_000_000).expect("in range");
    let first = server.payments.payments_part(since, None).await.expect("a list");
    let [ListedPayment { payment, amount, created_at }] = &first.items[..] else { panic!("{first:?}") };
    assert_eq!((payment.intent.as_str(), payment.booking.as_deref()), ("pi_1", Some("bkg_1")));
    assert_eq!(
        (*amount, payment.taken, payment.refunded, *created_at),
        (usd(900), usd(900), usd(100), since)
    );
    assert_eq!((first.next.as_deref(), &first.unreadable[..]), (Some("pi_2"), &[][..]));
    let rest = server.payments.payments_part(since, first.next.as_deref()).await.expect("a list");
    assert_eq!((rest.items.len(), rest.next), (1, None));
    assert_eq!(rest.items[0].payment.state, PaymentState::Authorized);
    let query =
        "GET /v1/payment_intents?limit=50&created%5Bgte%5D=1780000000&expand%5B%5D=data.latest_charge";
    assert_eq!(server.seen()[0].line, query);
    assert_eq!(server.seen()[1].line, format!("{query}&starting_after=pi_2"));
    let away = server.payments.payments_part(since, None).await;
    assert!(matches!(away, Err(PaymentError::Unavailable(_))), "{away:?}");
}

#[tokio::test]
async fn a_payment_that_cannot_be_read_does_not_hide_the_others_of_its_list() {
    let of_booking = r#"{"bookingId":"bkg_1"}"#;
    let unreadable = [
        listed("pi_2", "an_unknown_status", of_booking),
        listed("pi_3", "succeeded", of_booking).replace("usd", "xxx"),
        r#"{"id":"pi_4","object":"another","metadata":{"bookingId":"bkg_4"}}"#.to_owned(),
        r#"{"id":"pi_5","object":"another","metadata":{}}"#.to_owned(),
    ];
    let intents = [&[listed("pi_1", "succeeded", of_booking)], &unreadable[..]].concat().join(",");
    let list = format!(r#"{{"object":"list","has_more":true,"data":[{intents}]}}"#);
    let server = server(vec![Reply::Json(200, list)]);
    let part = server.payments.payments_part(Timestamp::UNIX_EPOCH, None).await.expect("a list");
    assert_eq!(part.items.iter().map(|listed| listed.payment.intent.as_str()).collect::<Vec<_>>(), ["pi_1"]);
    let named: Vec<&str> = part.unreadable.iter().map(|one| one.item.as_str()).collect();
    assert_eq!(named, ["pi_2", "pi_3", "pi_4"], "the last one names no booking");
    assert!(part.unreadable[0].reason.contains("an_unknown_status"), "{part:?}");
    assert_eq!(part.next.as_deref(), Some("pi_5"));
}

/// Authorizes against the replies, and gives the kind of error.
async fn kind_of_error(replies: Vec<Reply>) -> &'static str {
    let server = server(replies);
    match server.payments.authorize(&booking(), "pi_1", "pm_1").await {
        Ok(_) => "none",
        Err(PaymentError::Unknown(_)) => "unknown",
        Err(PaymentError::Unavailable(_)) => "unavailable",
        Err(PaymentError::Refused { .. }) => "refused",
    }
}

#[tokio::test]
async fn what_may_have_happened_is_unknown_and_what_did_not_is_not() {
    let json = |status, code| vec![Reply::Json(status, error("invalid_request_error", code))];
    assert_eq!(kind_of_error(vec![failure()]).await, "unknown");
    assert_eq!(kind_of_error(vec![Reply::HangUp]).await, "unknown");
    assert_eq!(kind_of_error(vec![Reply::Silence]).await, "unknown");
    assert_eq!(kind_of_error(vec![Reply::Json(200, "{".to_owned())]).await, "unknown");
    assert_eq!(kind_of_error(json(409, "idempotency_key_in_use")).await, "unknown");
    assert_eq!(kind_of_error(json(429, "rate_limit")).await, "unavailable");
    assert_eq!(kind_of_error(json(401, "api_key_expired")).await, "unavailable");
}

#[tokio::test]
async fn nobody_at_home_is_certainly_not_done() {
    let (_deaf, url) = deaf_socket();
    let payments = client(&url, PATIENCE, &Arc::default());
    let refused = payments.capture(&booking(), "pi_1", usd(1)).await;
    assert!(matches!(refused, Err(PaymentError::Unavailable(_))), "{refused:?}");
}

#[tokio::test]
async fn a_key_that_cannot_be_read_is_an_outage_and_is_asked_for_again() {
    let server = server(vec![Reply::Json(200, intent("succeeded"))]);
    server.keys.0.lock().expect("not poisoned").push(SecretError("away".into()));
    let outcome = server.payments.capture(&booking(), "pi_1", usd(1)).await;
    assert!(matches!(outcome, Err(PaymentError::Unavailable(_))), "{outcome:?}");
    assert!(server.seen().is_empty(), "nothing was asked of Stripe");
    assert!(server.payments.capture(&booking(), "pi_1", usd(1)).await.is_ok());
}

#[tokio::test]
async fn a_key_that_was_replaced_is_read_anew_once_and_the_same_call_made_with_it() {
    let rejected = || Reply::Json(401, error("invalid_request_error", "api_key_expired"));
    let server = server(vec![rejected(), Reply::Json(200, intent("succeeded")), rejected(), rejected()]);
    *server.keys.1.lock().expect("not poisoned") = Some("sk_test_2");
    server.payments.capture(&booking(), "pi_1", usd(900)).await.expect("captured");
    let seen = server.seen();
    let with = |seen: &Seen| seen.header("authorization").map(str::to_owned);
    assert_eq!(
        seen.iter().map(with).collect::<Vec<_>>(),
        ["Bearer sk_test_1", "Bearer sk_test_2"].map(|it| Some(it.to_owned()))
    );
    assert_eq!((seen[0].key(), &seen[0].body), (seen[1].key(), &seen[1].body), "it is the same call");
    let outcome = server.payments.inquire("pi_1").await;
    assert!(matches!(outcome, Err(PaymentError::Unavailable(_))), "{outcome:?}");
    assert_eq!(server.seen().len(), 4, "once, and not again and again");
}

#[tokio::test]
async fn a_key_that_is_rejected_and_was_not_replaced_is_an_outage() {
    let rejected = Reply::Json(401, error("invalid_request_error", "api_key_expired"));
    let server = server(vec![rejected]);
    let outcome = server.payments.capture(&booking(), "pi_1", usd(900)).await;
    assert!(matches!(outcome, Err(PaymentError::Unavailable(_))), "{outcome:?}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_lost_answer_to_a_question_is_an_outage_only() {
    let server = server(vec![Reply::HangUp, failure(), failure(), Reply::HangUp, Reply::HangUp]);
    for _ in 0..3 {
        let outcome = server.payments.inquire("pi_1").await;
        assert!(matches!(outcome, Err(PaymentError::Unavailable(_))), "{outcome:?}");
    }
    assert_eq!(server.seen().len(), 5, "once more where no answer came, and not where one did");
}

/// A process that was frozen finds its connection dead: the first question gets no answer, and the guest's saga none of it.
#[tokio::test]
async fn a_question_without_an_answer_is_asked_once_more_and_a_step_is_not() {
    let silent = server(vec![Reply::Silence, Reply::Json(200, intent("succeeded"))]);
    assert_eq!(silent.payments.inquire("pi_1").await.expect("known").state, PaymentState::Captured);
    let silent = server(vec![Reply::Silence, Reply::Json(200, intent("succeeded"))]);
    let outcome = silent.payments.capture(&booking(), "pi_1", usd(900)).await;
    assert!(matches!(outcome, Err(PaymentError::Unknown(_))), "{outcome:?}");
}

/// A connection may be dead that was not used for long: the next question gets one of its own.
#[tokio::test]
async fn a_connection_that_was_idle_for_too_long_is_not_used_again() {
    for (idle, expected) in [(PATIENCE, 1), (Duration::from_nanos(1), 2)] {
        let (payments, connections) = lasting_server(intent("succeeded"), idle);
        for _ in 0..2 {
            payments.inquire("pi_1").await.expect("an answer");
        }
        assert_eq!(connections.load(Ordering::SeqCst), expected, "kept for {idle:?}");
    }
}

#[tokio::test]
async fn a_step_out_of_turn_gives_the_true_state() {
    let server = server(vec![
        wrong_state(),
        Reply::Json(200, intent("succeeded")),
        wrong_state(),
        Reply::Json(200, intent("canceled")),
    ]);
    let late = server.payments.void(&booking(), "pi_1").await.expect("known");
    assert_eq!(late.state, PaymentState::Captured);
    let lapsed = server.payments.capture(&booking(), "pi_1", usd(1)).await.expect("known");
    assert_eq!(lapsed.state, PaymentState::Voided);
}

#[tokio::test]
async fn a_repeated_failure_is_asked_about_and_only_then_tried_again() {
    let server = server(vec![
        repeated_failure(),
        Reply::Json(200, intent("requires_capture")),
        repeated_failure(),
        Reply::Json(200, intent("requires_capture")),
        Reply::Json(200, intent("succeeded")),
        repeated_failure(),
        Reply::Json(200, intent("succeeded")),
    ]);
    let captured = server.payments.capture(&booking(), "pi_1", usd(1)).await.expect("captured");
    assert_eq!(captured.state, PaymentState::Captured);
    let keys: Vec<String> =
        server.seen().iter().filter_map(|seen| seen.header("idempotency-key").map(str::to_owned)).collect();
    assert_eq!(
        keys,
        ["holdfast-bkg_1-capture", "holdfast-bkg_1-capture-after-1", "holdfast-bkg_1-capture-after-2"]
    );
    let done_all_along = server.payments.capture(&booking(), "pi_1", usd(1)).await.expect("captured");
    assert_eq!(done_all_along.state, PaymentState::Captured);
    assert_eq!(server.seen().len(), 7, "no further key is used for what has happened");
}

#[tokio::test]
async fn a_refusal_that_was_right_at_the_time_is_not_taken_for_the_answer_now() {
    let outdated = || Reply::Replayed(400, error("invalid_request_error", "payment_intent_unexpected_state"));
    let server = server(vec![
        wrong_state(),
        Reply::Json(200, intent("processing")),
        outdated(),
        Reply::Json(200, intent("requires_capture")),
        Reply::Json(200, intent("canceled")),
    ]);
    let early = server.payments.void(&booking(), "pi_1").await;
    assert!(matches!(early, Err(PaymentError::Unknown(_))), "not while the bank is at work: {early:?}");
    let voided = server.payments.void(&booking(), "pi_1").await.expect("voided");
    assert_eq!(voided.state, PaymentState::Voided);
    let keys: Vec<String> =
        server.seen().iter().filter_map(|seen| seen.header("idempotency-key").map(str::to_owned)).collect();
    assert_eq!(keys, ["holdfast-bkg_1-void", "holdfast-bkg_1-void", "holdfast-bkg_1-void-after-1"]);
}

#[tokio::test]
async fn a_refund_that_came_back_is_made_again_and_one_that_stands_is_not() {
    let taken_on = || r#"{"status":"pending"}"#.to_owned();
    let server = server(vec![
        Reply::Json(200, taken_on()),
        Reply::Replayed(200, taken_on()),
        Reply::Json(200, refunded(200)),
        Reply::Replayed(200, taken_on()),
        Reply::Json(200, refunded(0)),
        Reply::Json(200, taken_on()),
        Reply::Replayed(400, error("invalid_request_error", "balance_insufficient")),
        Reply::Json(200, refunded(0)),
        Reply::Json(200, taken_on()),
    ]);
    let booking = booking();
    let refund = || server.payments.refund(&booking, "pi_1", usd(200), usd(0));
    assert!(refund().await.is_ok());
    assert!(refund().await.is_ok(), "it stands");
    assert_eq!(server.seen().len(), 3);
    assert!(refund().await.is_ok(), "it had failed at the bank");
    assert_eq!(server.seen().last().expect("a call").key(), "holdfast-bkg_1-refund-from-0-after-1");
    assert!(refund().await.is_ok(), "what was refused once may be taken now");
    assert_eq!(server.seen().len(), 9);
}

#[tokio::test]
async fn a_refund_is_never_made_twice() {
    let already = || Reply::Json(400, error("invalid_request_error", "charge_already_refunded"));
    let server = server(vec![
        failure(),
        repeated_failure(),
        Reply::Json(200, refunded(300)),
        already(),
        Reply::Json(200, refunded(300)),
        already(),
        Reply::Json(200, refunded(100)),
        Reply::Json(200, r#"{"status":"failed","failure_reason":"expired_or_canceled_card"}"#.to_owned()),
    ]);
    let booking = booking();
    let refund = || server.payments.refund(&booking, "pi_1", usd(200), usd(100));
    assert!(matches!(refund().await, Err(PaymentError::Unknown(_))), "the first answer is lost");
    assert!(refund().await.is_ok(), "it had been made");
    assert!(refund().await.is_ok(), "all has been given back, by whomever");
    assert!(matches!(refund().await, Err(PaymentError::Refused { .. })), "it cannot be made");
    assert!(matches!(refund().await, Err(PaymentError::Refused { .. })), "the bank sent it back");
}

#[tokio::test]
async fn only_ids_go_into_paths() {
    let server = server(Vec::new());
    for wrong in ["", "pi_1/../x", "pi 1", "pi?x"] {
        assert!(matches!(server.payments.inquire(wrong).await, Err(PaymentError::Refused { .. })), "{wrong}");
    }
    assert!(server.seen().is_empty());
}
