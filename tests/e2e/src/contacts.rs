//! Contacts of bookings, and where mails go.

use holdfast_client::stripe::ACCEPTED;
use holdfast_client::{now, poll, unique};
use serde_json::{Value, json};

use crate::world::{Guest, PATIENCE, World, check, check_invalid};

async fn paid(w: &World, guest: &Guest, contact: &Value) -> String {
    let hold = w.held(guest, &w.event(json!({})).await).await;
    let mut body = json!({"holdId": hold, "paymentMethodId": w.card(ACCEPTED).await.unwrap()});
    if !contact.is_null() {
        body["contact"] = contact.clone();
    }
    let call = w.post("/api/bookings").token(&guest.token).key(&unique("key")).header("Prefer", "wait=25");
    check(call.json(&body).send().await.unwrap(), 201).str("/bookingId").to_owned()
}

async fn is_mailed(w: &World, address: &str) {
    poll(&format!("a mail to {address}"), PATIENCE, async || {
        Ok((!w.mails_to(address).await?.is_empty()).then_some(()))
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_contact_is_given_back_to_its_guest_and_to_operators() {
    let w = World::new().await;
    let (guest, thief) = (w.guest().await, w.guest().await);
    let contact = json!({
        "name": "Ada Lovelace", "email": format!("{}@example.com", guest.sub), "phone": "+4930901820", "language": "en-GB"
    });
    let booking = paid(&w, &guest, &contact).await;
    let path = format!("/api/bookings/{booking}");
    let read = check(w.get(&path).token(&guest.token).send().await.unwrap(), 200);
    assert_eq!(read.json["contact"], contact);
    let operator = w.token("desk", "booking/operator").await.unwrap();
    assert_eq!(check(w.get(&path).token(&operator).send().await.unwrap(), 200).json["contact"], contact);
    check(w.get(&path).token(&thief.token).send().await.unwrap(), 404);
    let trail = check(w.get(&format!("{path}/events")).token(&guest.token).send().await.unwrap(), 200);
    let address = contact["email"].as_str().unwrap();
    assert!(!trail.json.to_string().contains(address), "{trail}");
    let kept = json!({
        "TableName": w.value("CONFIDENTIAL_TABLE").unwrap(), "Key": {"pk": {"S": format!("C#{booking}")}}
    });
    let kept = w.aws("dynamodb", "DynamoDB_20120810.GetItem", &kept).await.unwrap();
    assert_eq!(kept["Item"]["email"]["S"], address, "{kept}");
    assert!(kept["Item"]["ttl"]["N"].is_string(), "it has an end: {kept}");
    is_mailed(&w, address).await;
}

#[tokio::test]
async fn a_contact_that_is_none_is_refused() {
    let w = World::new().await;
    let guest = w.guest().await;
    for (contact, pointer) in [
        (json!({"email": "nowhere"}), "/contact/email"),
        (json!({"phone": "030 901820"}), "/contact/phone"),
        (json!({"language": "english!"}), "/contact/language"),
        (json!({"name": ""}), "/contact/name"),
        (json!({"name": "4242 4242 4242 4242"}), "/contact/name"),
        (json!({"street": "x"}), "/contact/street"),
        (json!("a@b.co"), "/contact"),
    ] {
        let body = json!({"holdId": "hld_x", "paymentMethodId": "pm_card_visa", "contact": contact});
        let answer = check_invalid(w.send(&guest, "/api/bookings", &body).await);
        assert_eq!(answer.str("/errors/0/pointer"), pointer, "{answer}");
    }
}

/// Makes an account in the pool that guests sign up to; the guest that it is.
async fn with_account(w: &World, address: &str, verified: bool) -> Guest {
    let attributes = json!([
        {"Name": "email", "Value": address}, {"Name": "email_verified", "Value": verified.to_string()}
    ]);
    let body = json!({
        "UserPoolId": w.value("USER_POOL_ID").unwrap(), "Username": address, "UserAttributes": attributes,
        "MessageAction": "SUPPRESS"
    });
    let target = "AWSCognitoIdentityProviderService.AdminCreateUser";
    let made = w.aws("cognito-idp", target, &body).await.unwrap();
    let attributes = made["User"]["Attributes"].as_array().expect("attributes");
    let sub = attributes.iter().find(|one| one["Name"] == "sub").expect("a sub");
    let sub = sub["Value"].as_str().expect("text").to_owned();
    let token = w.token(&sub, "booking/guest").await.unwrap();
    Guest { sub, token }
}

#[tokio::test]
async fn without_a_contact_the_verified_address_of_the_account_is_mailed_and_no_other() {
    let w = World::new().await;
    let address = format!("{}@example.com", unique("verified"));
    let guest = with_account(&w, &address, true).await;
    paid(&w, &guest, &Value::Null).await;
    is_mailed(&w, &address).await;

    let address = format!("{}@example.com", unique("unverified"));
    let guest = with_account(&w, &address, false).await;
    let since = now().as_millisecond() - 1000;
    let booking = paid(&w, &guest, &Value::Null).await;
    poll("a line about a booking without an address", PATIENCE, async || {
        let lines = w.log_lines("/aws/lambda/holdfast-notify", since, &booking).await?;
        Ok(lines.iter().any(|line| line.contains("NoAddress")).then_some(()))
    })
    .await
    .unwrap();
    assert_eq!(w.mails_to(&address).await.unwrap(), Vec::<Value>::new());
}
