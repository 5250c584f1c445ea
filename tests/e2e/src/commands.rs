//! API.md, Commands a test client relies on.

use holdfast_client::stack::{key_values, run_make};
use holdfast_client::unique;
use serde_json::json;

use crate::world::{Guest, World, check};

#[tokio::test]
async fn make_env_prints_where_everything_is() {
    let w = World::new().await;
    let printed = run_make(&["env"]).unwrap();
    assert!(printed.lines().all(|line| line.contains('=')), "{printed}");
    let values = key_values(&printed);
    for name in [
        "API_URL",
        "AWS_ENDPOINT_URL",
        "STRIPE_API_URL",
        "STRIPE_WEBHOOK_SECRET",
        "LEDGER_TABLE",
        "HOLDS_TABLE",
        "SEARCH_TABLE",
        "BUS_NAME",
        "TIMER_QUEUE_URL",
        "NOTIFY_QUEUE_URL",
        "PARTNER_QUEUE_URL",
        "BOOKING_MACHINE_ARN",
    ] {
        assert!(values.get(name).is_some_and(|value| !value.is_empty()), "no {name} in {printed}");
    }
    let api = &values["API_URL"];
    assert!(!api.ends_with('/') && !api.ends_with("/api"), "{api}");
    assert_eq!(api, w.value("API_URL").unwrap());
}

#[tokio::test]
async fn make_token_prints_a_token_the_api_accepts() {
    let w = World::new().await;
    let sub = unique("guest");
    let token = run_make(&["token", &format!("SUB={sub}"), "SCOPE=booking/guest"]).unwrap();
    let token = token.trim().to_owned();
    assert_eq!(token.split('.').count(), 3, "{token}");
    check(w.read(&Guest { sub, token }, "/api/bookings").await, 200);
}

/// A hand in the ledger: who an entry of an audit trail says it was.
async fn set_actor(w: &World, booking: &str, entry: &str, actor: &str) {
    let update = json!({"TableName": w.value("LEDGER_TABLE").unwrap(),
                        "Key": {"pk": {"S": format!("B#{booking}")}, "sk": {"S": entry}},
                        "UpdateExpression": "SET #by = :by",
                        "ConditionExpression": "attribute_exists(pk)",
                        "ExpressionAttributeNames": {"#by": "by"},
                        "ExpressionAttributeValues": {":by": {"S": actor}}});
    w.aws("dynamodb", "DynamoDB_20120810.UpdateItem", &update).await.unwrap();
}

#[tokio::test]
async fn make_audit_verify_names_the_first_broken_link() {
    let w = World::new().await;
    let offer = w.event(json!({})).await;
    let booking = w.booked(&w.guest().await, &offer).await;
    let id = booking.str("/bookingId");
    let verify = ["audit-verify", &format!("BOOKING={id}")];
    let whole = run_make(&verify).unwrap();
    assert!(whole.contains("every trail is as it was written"), "{whole}");
    set_actor(&w, id, "E#000003", "nobody").await;
    let broken = run_make(&verify).unwrap_err().to_string();
    set_actor(&w, id, "E#000003", "saga").await;
    assert!(broken.contains(&format!("{id}: entry 3 is not as it was sealed")), "{broken}");
    run_make(&verify).unwrap();
}
