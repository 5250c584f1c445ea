//! What is sent and read of money: amounts, declines, refunds that take their time, disputes.

use holdfast_app::PaymentError;
use holdfast_app::payments::{Dispute, NewPayment, Payment, PaymentInquiry, PaymentState, Payments};
use holdfast_domain::payments::RefundProgress;
use holdfast_domain::{Currency, Money};

use crate::server::{Reply, booking, error, intent, refunded, server, usd};

/// Each refusal that Stripe documents, by what it may lead to: a card is declined only by what is on the list for it.
#[tokio::test]
async fn only_a_closed_list_of_refusals_is_a_declined_card() {
    enum Step {
        Authorize,
        Capture,
    }
    let outcome = async |step: &Step, status, body: String| {
        // Where the answer has no intent, the payment is asked for.
        let known = || Reply::Json(200, intent("requires_capture"));
        let server = server(vec![Reply::Json(status, body), known()]);
        let answer = match step {
            Step::Authorize => server.payments.authorize(&booking(), "pi_1", "pm_1").await,
            Step::Capture => server.payments.capture(&booking(), "pi_1", usd(900)).await,
        };
        match answer {
            Ok(Payment { state: PaymentState::Declined { code }, .. }) => format!("declined: {code}"),
            Ok(payment) => format!("{:?}", payment.state),
            Err(PaymentError::Unknown(_)) => "unknown".to_owned(),
            Err(PaymentError::Unavailable(_)) => "unavailable".to_owned(),
            Err(PaymentError::Refused { code, .. }) => format!("refused: {code}"),
        }
    };
    let check = async |status, kind: &str, code: &str, authorize: &str, capture: &str| {
        for (step, expected) in [(Step::Authorize, authorize), (Step::Capture, capture)] {
            assert_eq!(outcome(&step, status, error(kind, code)).await, expected, "{status} {kind} {code}");
        }
    };
    for code in
        ["card_declined", "expired_card", "incorrect_cvc", "processing_error", "authentication_required"]
    {
        let declined = format!("declined: {code}");
        check(402, "card_error", code, &declined, &declined).await;
    }
    check(402, "card_error", "a_code_of_tomorrow", "unknown", "unknown").await;
    check(402, "invalid_request_error", "card_declined", "unknown", "unknown").await;
    check(400, "idempotency_error", "idempotency_key_in_use", "unknown", "unknown").await;
    check(400, "idempotency_error", "", "unknown", "unknown").await;
    check(400, "invalid_request_error", "parameter_unknown", "unknown", "unknown").await;
    check(404, "invalid_request_error", "resource_missing", "unknown", "unknown").await;
    check(409, "invalid_request_error", "lock_timeout", "unknown", "unknown").await;
    check(403, "invalid_request_error", "account_invalid", "unavailable", "unavailable").await;
    check(
        400,
        "invalid_request_error",
        "amount_too_small",
        "refused: amount_too_small",
        "refused: amount_too_small",
    )
    .await;
    // The method that the guest named, and only where it is asked for.
    let unactivated = "payment_method_unactivated";
    check(400, "invalid_request_error", unactivated, &format!("declined: {unactivated}"), "unknown").await;
    let missing =
        r#"{"error":{"type":"invalid_request_error","code":"resource_missing","param":"payment_method"}}"#;
    assert_eq!(outcome(&Step::Authorize, 400, missing.to_owned()).await, "declined: resource_missing");
    assert_eq!(outcome(&Step::Capture, 400, missing.to_owned()).await, "unknown");
}

#[tokio::test]
async fn amounts_are_sent_as_stripe_counts_them() {
    let sent = async |amount: i64, code: &str| {
        let server = server(vec![Reply::Json(200, intent("requires_payment_method"))]);
        let amount = Money::new(amount, Currency::parse(code).expect("known")).expect("valid");
        let new = NewPayment { booking: booking(), confirmation_number: "HF-ABC".to_owned(), amount };
        match server.payments.create(&new).await {
            Ok(_) => {
                let body = server.seen().remove(0).body;
                body.split('&')
                    .filter(|field| field.starts_with("amount=") || field.starts_with("currency="))
                    .collect()
            }
            Err(PaymentError::Refused { code, .. }) => code,
            Err(error) => format!("{error:?}"),
        }
    };
    assert_eq!(sent(5_000, "ISK").await, "amount=500000currency=isk");
    assert_eq!(sent(100_000, "MGA").await, "amount=1000currency=mga");
    assert_eq!(sent(12_000, "JPY").await, "amount=12000currency=jpy");
    assert_eq!(sent(5_130, "KWD").await, "amount=5130currency=kwd");
    assert_eq!(sent(5_131, "KWD").await, "amount_not_payable");
    assert_eq!(sent(100, "KPW").await, "amount_not_payable");
}

fn with_charge(charge: &str) -> Reply {
    let json = format!(
        r#"{{"id":"pi_1","currency":"usd","status":"succeeded","amount_received":900,"latest_charge":{charge}}}"#
    );
    Reply::Json(200, json)
}

#[tokio::test]
async fn a_dispute_is_asked_about_where_there_was_one() {
    let disputes = |statuses: &[&str]| {
        let list: Vec<String> = statuses.iter().map(|status| format!(r#"{{"status":"{status}"}}"#)).collect();
        Reply::Json(200, format!(r#"{{"object":"list","data":[{}]}}"#, list.join(",")))
    };
    for (statuses, expected) in [
        (&["needs_response"][..], Dispute::Open),
        (&["under_review"], Dispute::Open),
        (&["won"], Dispute::None),
        (&["lost"], Dispute::Lost),
        (&["warning_needs_response"], Dispute::None),
        (&["lost", "needs_response"], Dispute::Open),
        (&["won", "lost"], Dispute::Lost),
    ] {
        let server = server(vec![with_charge(r#"{"disputed":true}"#), disputes(statuses)]);
        let payment = server.payments.inquire("pi_1").await.expect("known");
        assert_eq!((payment.state, payment.dispute), (PaymentState::Captured, expected), "{statuses:?}");
        assert_eq!(server.seen()[1].line, "GET /v1/disputes?limit=10&payment_intent=pi_1");
    }
    let server = server(vec![
        with_charge(r#"{"disputed":false}"#),
        with_charge(r#"{"disputed":true}"#),
        disputes(&["a_status_of_tomorrow"]),
        with_charge(r#"{"disputed":true}"#),
        Reply::Json(404, error("invalid_request_error", "resource_missing")),
    ]);
    assert_eq!(server.payments.inquire("pi_1").await.expect("known").dispute, Dispute::None);
    let unknown = server.payments.inquire("pi_1").await;
    assert!(matches!(unknown, Err(PaymentError::Unknown(_))), "nobody guesses: {unknown:?}");
    let away = server.payments.inquire("pi_1").await;
    assert!(matches!(away, Err(PaymentError::Unavailable(_))), "the payment is not missing: {away:?}");
}

#[tokio::test]
async fn what_the_bank_has_taken_back_is_what_was_disputed_and_lost() {
    let cases: [(&[(&str, &str)], i64); 8] = [
        (&[("lost", r#","amount":300,"currency":"usd""#)], 300),
        (&[("won", r#","amount":300,"currency":"usd""#)], 0),
        (&[("needs_response", r#","amount":300,"currency":"usd""#)], 0),
        (
            &[("lost", r#","amount":300,"currency":"usd""#), ("lost", r#","amount":200,"currency":"usd""#)],
            500,
        ),
        (&[("lost", r#","amount":300,"currency":"usd""#), ("won", r#","amount":200,"currency":"usd""#)], 300),
        // More than was taken, by the rates of the day; in another currency; without an amount.
        (&[("lost", r#","amount":905,"currency":"usd""#)], 900),
        (&[("lost", r#","amount":300,"currency":"eur""#)], 900),
        (&[("lost", "")], 900),
    ];
    for (disputes, expected) in cases {
        let list: Vec<String> =
            disputes.iter().map(|(status, rest)| format!(r#"{{"status":"{status}"{rest}}}"#)).collect();
        let answer = Reply::Json(200, format!(r#"{{"object":"list","data":[{}]}}"#, list.join(",")));
        let server = server(vec![with_charge(r#"{"disputed":true}"#), answer]);
        let payment = server.payments.inquire("pi_1").await.expect("known");
        assert_eq!(payment.charged_back, usd(expected), "{disputes:?}");
    }
}

/// An inquiry takes no money, and is the same dispute when it becomes a chargeback (https://docs.stripe.com/api/disputes/object).
#[tokio::test]
async fn an_inquiry_that_becomes_a_chargeback_is_a_dispute() {
    let says = |status: &str| {
        let disputes = format!(r#"{{"data":[{{"id":"du_1","status":"{status}"}}]}}"#);
        [with_charge(r#"{"disputed":true}"#), Reply::Json(200, disputes)]
    };
    let replies =
        ["warning_needs_response", "warning_under_review", "needs_response"].iter().flat_map(|s| says(s));
    let server = server(replies.collect());
    for expected in [Dispute::None, Dispute::None, Dispute::Open] {
        assert_eq!(server.payments.inquire("pi_1").await.expect("known").dispute, expected);
    }
}

/// Where a part was captured, Stripe counts what it has released as refunded (woocommerce-gateway-stripe, issue 1073).
#[tokio::test]
async fn what_the_capture_of_a_part_has_released_is_not_given_back() {
    for (charge, refunded) in [
        (r#"{"amount":1275,"amount_captured":900,"amount_refunded":375}"#, 0),
        (r#"{"amount":1275,"amount_captured":900,"amount_refunded":575}"#, 200),
        (r#"{"amount":900,"amount_captured":900,"amount_refunded":200}"#, 200),
        (r#"{"amount":1275,"amount_captured":900,"amount_refunded":0}"#, 0),
        (r#"{"amount_refunded":200}"#, 200),
    ] {
        let server = server(vec![with_charge(charge)]);
        let payment = server.payments.inquire("pi_1").await.expect("known");
        assert_eq!((payment.taken, payment.refunded), (usd(900), usd(refunded)), "{charge}");
    }
}

#[tokio::test]
async fn a_refund_is_pending_until_its_bank_has_it() {
    for (status, pending) in
        [("pending", true), ("requires_action", true), ("succeeded", false), ("failed", false)]
    {
        let refunds = format!(r#"{{"amount_refunded":200,"refunds":{{"data":[{{"status":"{status}"}}]}}}}"#);
        let server =
            server(vec![with_charge(&refunds), Reply::Json(200, format!(r#"{{"status":"{status}"}}"#))]);
        let payment = server.payments.inquire("pi_1").await.expect("known");
        assert_eq!((payment.refunded, payment.refund_pending), (usd(200), pending), "{status}");
        let made = server.payments.refund(&booking(), "pi_1", usd(200), usd(0)).await;
        match status {
            "failed" => assert!(matches!(made, Err(PaymentError::Refused { .. })), "{made:?}"),
            _ if pending => assert_eq!(made.expect("taken on"), RefundProgress::Pending, "{status}"),
            _ => assert_eq!(made.expect("made"), RefundProgress::Final, "{status}"),
        }
    }
}

/// What is disputed cannot be given back, and no later try can either: it is refused, not unknown.
#[tokio::test]
async fn a_refund_of_a_disputed_charge_is_refused() {
    let server = server(vec![
        Reply::Json(400, error("invalid_request_error", "charge_disputed")),
        Reply::Json(200, refunded(0)),
    ]);
    let refused = server.payments.refund(&booking(), "pi_1", usd(200), usd(0)).await;
    let expected = "charge_disputed";
    assert!(matches!(&refused, Err(PaymentError::Refused { code, .. }) if code == expected), "{refused:?}");
}
