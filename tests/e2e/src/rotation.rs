//! Keys are rotated under a running stack: neither what the old one still does nor what the new one does fails meanwhile.

use holdfast_client::stripe::ACCEPTED;
use holdfast_client::{now, poll, unique};
use serde_json::{Value, json};

use crate::events::is_signed_with;
use crate::webhooks::{deliver, event};
use crate::world::{PATIENCE, World, check};

/// How often a guest books under the new key, at least, and at most until some process has met the old one.
const ROUNDS_MIN: usize = 3;
const ROUNDS_MAX: usize = 15;

/// Puts another content in place of a secret, and that of before when the test is over.
async fn put_secret(w: &World, output: &str, content: &Value) {
    let wish = json!({"SecretId": w.value(output).unwrap(), "SecretString": content.to_string()});
    w.aws("secretsmanager", "secretsmanager.PutSecretValue", &wish).await.unwrap();
}

#[tokio::test]
async fn an_api_key_that_has_ended_costs_no_booking() {
    let w = World::new().await;
    let old = w.value("STRIPE_API_KEY").unwrap();
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    // Processes of the payment function that have read the old key, minutes before they would read it again by themselves.
    w.booked(&guest, &offer).await;
    put_secret(&w, "SECRET_ARN", &json!({"stripeApiKey": unique("sk_test_rolled")})).await;
    let (mut rounds, mut refused_in_all) = (0, 0);
    // Several processes serve the payment function, and each learns of it by its own call.
    while rounds < ROUNDS_MIN || refused_in_all == 0 {
        rounds += 1;
        assert!(rounds <= ROUNDS_MAX, "nobody has met the key that has ended");
        let hold = w.held(&guest, &offer).await;
        let card = w.card(ACCEPTED).await.unwrap();
        let ended = json!({"match": "POST /v1/payment_intents/*/confirm", "kind": "key_ended", "contains": card,
                           "apiKey": old, "times": 100});
        w.order_fault(&ended).await.unwrap();
        let answer = w.pay_with(&guest, &unique("key"), &hold, &card).await;
        assert!([201, 202].contains(&answer.status), "{answer:?}");
        let booking = answer.str("/bookingId");
        w.until(&guest, booking, "confirmed", "captured").await;
        let asked = w.stripe_requests(&card, "/confirm").await.unwrap();
        // No key but the old one is refused, and none is answered twice.
        let refused = asked.iter().filter(|call| call["status"] == 401).count();
        assert!(refused <= 1 && asked.len() == refused + 1, "{asked:#?}");
        refused_in_all += refused;
        check(w.cancel(&guest, booking).await, 200);
    }
    put_secret(&w, "SECRET_ARN", &json!({"stripeApiKey": old})).await;
}

#[tokio::test]
async fn webhooks_signed_with_either_key_are_taken_while_it_is_rotated() {
    let w = World::new().await;
    let (old, new) = (w.value("STRIPE_WEBHOOK_SECRET").unwrap(), unique("whsec_rolled"));
    let rolled = json!({"stripeWebhookSecret": new, "stripeWebhookSecretPrevious": old});
    put_secret(&w, "STRIPE_WEBHOOK_SECRET_ARN", &rolled).await;
    let signed_with = async |key: &str| {
        let payload = event("customer.created", &json!({"id": unique("cus"), "object": "customer"}));
        let signature = w.signature(&payload, key, now().as_second()).await.unwrap();
        deliver(&w, &payload, &signature).await.status
    };
    // A process that has read the key before learns of the new one when it meets it, at most twice a minute.
    poll("a webhook signed with the new key", PATIENCE, async || {
        assert_eq!(signed_with(old).await, 200);
        Ok((signed_with(&new).await == 200).then_some(()))
    })
    .await
    .unwrap();
    assert_eq!(signed_with(old).await, 200);
    assert_eq!(signed_with(&unique("whsec_stranger")).await, 400);
    put_secret(&w, "STRIPE_WEBHOOK_SECRET_ARN", &json!({"stripeWebhookSecret": old})).await;
}

/// The first delivery that mentions `text`, was answered with that status and is of that notice, if one is named.
async fn delivered(w: &World, text: &str, status: u16, notice: Option<&Value>) -> Value {
    poll(&format!("a delivery to the partner, answered {status}"), PATIENCE, async || {
        let all = w.deliveries_about(text).await?;
        let is_of_notice = |one: &Value| notice.is_none_or(|id| one["headers"]["webhook-id"] == *id);
        Ok(all.into_iter().find(|one| one["answered"] == status && is_of_notice(one)))
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_partner_that_rejects_the_old_key_gets_the_notice_again_under_the_new_one() {
    let w = World::new().await;
    let old = w.value("PARTNER_SIGNING_SECRET").unwrap();
    let new = "whsec_cm9sbGVkLXVuZGVyLWEtcnVubmluZy1zdGFjay0x";
    let guest = w.guest().await;
    // Processes of the partner function that have read the old key, minutes before they would read it again by themselves.
    let offer = w.event(json!({})).await;
    w.held(&guest, &offer).await;
    delivered(&w, &offer.id, 204, None).await;
    // As the runbook has it: what is signed meanwhile is signed with both.
    let rolled = json!({"partnerSigningSecret": new, "partnerSigningSecretPrevious": old});
    put_secret(&w, "PARTNER_SECRET_ARN", &rolled).await;
    let mut rounds = 0;
    // Several processes serve the partner function, and each learns of it by its own call.
    loop {
        rounds += 1;
        assert!(rounds <= ROUNDS_MAX, "nobody has signed with the old key alone");
        let offer = w.event(json!({})).await;
        w.partner_answers(&offer.id, 401).await.unwrap();
        w.held(&guest, &offer).await;
        let rejected = delivered(&w, &offer.id, 401, None).await;
        if is_signed_with(new, &rejected) {
            // A process that began after the key was rolled: it knows no other, and sends the notice again in three minutes.
            continue;
        }
        assert!(is_signed_with(old, &rejected), "{rejected:#?}");
        let taken = delivered(&w, &offer.id, 204, Some(&rejected["headers"]["webhook-id"])).await;
        assert!([old, new].iter().all(|key| is_signed_with(key, &taken)), "{taken:#?}");
        break;
    }
    put_secret(&w, "PARTNER_SECRET_ARN", &json!({"partnerSigningSecret": old})).await;
}
