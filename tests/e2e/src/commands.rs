//! API.md, Commands a test client relies on.

use holdfast_client::stack::{key_values, run_make};
use holdfast_client::{poll, unique};
use serde_json::{Value, json};

use crate::terms::{hold_of, in_days, nightly, with};
use crate::world::{Guest, PATIENCE, World, check};

#[tokio::test]
async fn make_env_prints_where_everything_is() {
    let w = World::new().await;
    let printed = run_make(&["env"]).unwrap();
    assert!(printed.lines().all(|line| line.contains('=')), "{printed}");
    let values = key_values(&printed);
    for name in [
        "API_URL",
        "EDGE_URL",
        "EDGE_HOST",
        "AWS_ENDPOINT_URL",
        "STRIPE_API_URL",
        "STRIPE_WEBHOOK_SECRET",
        "LEDGER_TABLE",
        "HOLDS_TABLE",
        "CONFIDENTIAL_TABLE",
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

/// The answer to a sample that `make invoke` has sent.
fn invoked(function: &str, sample: &str) -> Value {
    let printed =
        run_make(&["invoke", &format!("FN={function}"), &format!("EVENT=events/samples/{sample}.json")]);
    serde_json::from_str(&printed.unwrap()).unwrap()
}

/// As README has it: a hold, its booking, and a step of its saga. All are sent under the same keys at any time, so that on a stack
/// where the sample's hold was left to expire it cannot be paid.
#[tokio::test]
async fn make_invoke_sends_the_samples_of_the_readme() {
    let w = World::new().await;
    let hold = invoked("hold", "http/hold-create");
    assert!([200, 201].map(|status| json!(status)).contains(&hold["statusCode"]), "{hold}");
    assert_eq!(hold["body"]["resourceId"], "hotel-nyc-deluxe", "{hold}");
    let guest =
        Guest { sub: "guest-1".to_owned(), token: w.token("guest-1", "booking/guest").await.unwrap() };
    let now = w.hold(&guest, hold["body"]["holdId"].as_str().unwrap()).await;
    let booking = invoked("confirm", "http/booking-create");
    if now.str("/status") == "expired" {
        assert_eq!(booking["body"]["code"], "hold_expired", "{booking}");
        return;
    }
    assert!([200, 201, 202].map(|status| json!(status)).contains(&booking["statusCode"]), "{booking}");
    let id = booking["body"]["bookingId"].as_str().unwrap();
    w.until(&guest, id, "confirmed", "captured").await;
    let payment = invoked("payment", "saga/InquirePayment");
    assert!(payment.get("errorType").is_none() && payment.is_object(), "{payment}");
}

/// A hand in the read model: nothing of a resource is left.
async fn forget_in_search(w: &World, resource: &str) {
    let table = w.value("SEARCH_TABLE").unwrap();
    let mut scan = json!({"TableName": table, "ProjectionExpression": "pk, sk", "FilterExpression": "contains(sk, :id)",
                          "ExpressionAttributeValues": {":id": {"S": resource}}});
    let mut forgotten = 0;
    loop {
        let found = w.aws("dynamodb", "DynamoDB_20120810.Scan", &scan).await.unwrap();
        for key in found["Items"].as_array().unwrap() {
            let delete = json!({"TableName": table, "Key": key});
            w.aws("dynamodb", "DynamoDB_20120810.DeleteItem", &delete).await.unwrap();
            forgotten += 1;
        }
        scan["ExclusiveStartKey"] = match found.get("LastEvaluatedKey") {
            Some(last) => last.clone(),
            None => break,
        };
    }
    assert!(forgotten >= 2, "a resource and its page");
}

#[tokio::test]
async fn make_rebuild_search_brings_back_what_search_lost() {
    let w = World::new().await;
    let guest = w.guest().await;
    let (room, place) = (unique("e2e"), unique("Lost"));
    check(w.put_resource(&room, &with(nightly(), json!({"location": place}))).await, 201);
    let (start, end) = (in_days(40).to_string(), in_days(41).to_string());
    check(w.place(&guest, &hold_of(&room, &start, &end, 1)).await, 201);
    let until = async |available: Option<i64>| {
        poll(&format!("search to offer {available:?}"), PATIENCE, async || {
            let query = [("resourceType", "hotel"), ("location", &place), ("start", &start), ("end", &end)];
            let answer = w.get("/api/availability").query(&query).send().await?;
            Ok((answer.json["results"][0]["available"].as_i64() == available).then_some(()))
        })
        .await
        .unwrap();
    };
    until(Some(2)).await;
    forget_in_search(&w, &room).await;
    until(None).await;
    let another = hold_of(&room, &start, &end, 1);
    let (rebuilt, held) = tokio::join!(
        tokio::task::spawn_blocking(|| run_make(&["rebuild-search"])),
        w.place(&guest, &another)
    );
    rebuilt.unwrap().unwrap();
    check(held, 201);
    until(Some(1)).await;
}

#[tokio::test]
async fn make_logs_finds_the_lines_about_one_booking() {
    let w = World::new().await;
    let guest = w.guest().await;
    let booking = w.booked(&guest, &w.event(json!({})).await).await.str("/bookingId").to_owned();
    check(w.get(&format!("/api/bookings/{booking}")).token(&guest.token).send().await.unwrap(), 200);
    let find = format!("FIND={booking}");
    let printed = poll("a line about the booking", PATIENCE, async || {
        let printed = run_make(&["logs", "FN=bookings", "MINUTES=60", "FOLLOW=0", &find])?;
        Ok((!printed.is_empty()).then_some(printed))
    })
    .await
    .unwrap();
    assert!(printed.lines().all(|line| line.contains(&booking)), "{printed}");
}

/// A hand in the ledger: who an entry of an audit trail says it was.
pub(crate) async fn set_actor(w: &World, (pk, sk): (&str, &str), actor: &str) {
    let update = json!({"TableName": w.value("LEDGER_TABLE").unwrap(),
                        "Key": {"pk": {"S": pk}, "sk": {"S": sk}},
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
    let entry = (format!("B#{id}"), "E#000003");
    set_actor(&w, (&entry.0, entry.1), "nobody").await;
    let broken = run_make(&verify).unwrap_err().to_string();
    set_actor(&w, (&entry.0, entry.1), "saga").await;
    assert!(broken.contains(&format!("{id}: entry 3 is not as it was sealed")), "{broken}");
    run_make(&verify).unwrap();
}

/// The cases of a queue of this test's own, so that nobody else finds them.
#[tokio::test]
async fn make_review_prints_who_needs_a_person_and_deletes_what_has_settled() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let settled = w.booked(&guest, &offer).await.str("/bookingId").to_owned();
    let unknown = unique("bkg");
    let name = json!({"QueueName": unique("e2e-review")});
    let queue = w.aws("sqs", "AmazonSQS.CreateQueue", &name).await.unwrap()["QueueUrl"].clone();
    for booking in [&settled, &unknown] {
        let case = json!({"machine": "booking", "bookingId": booking, "problem": {"error": "Throttled"}});
        let message = json!({"QueueUrl": queue, "MessageBody": case.to_string()});
        w.aws("sqs", "AmazonSQS.SendMessage", &message).await.unwrap();
    }
    let url = queue.as_str().unwrap();
    let printed = run_make(&["review", &format!("QUEUE={url}")]).unwrap();
    assert!(printed.contains(&unknown) && !printed.contains(&settled), "{printed}");
    assert!(printed.contains("For a person: 1."), "{printed}");
    let queued = w.queued(url).await.unwrap();
    let [left] = &queued[..] else { panic!("{queued:#?}") };
    assert!(left.to_string().contains(&unknown), "{left}");
    w.aws("sqs", "AmazonSQS.DeleteQueue", &json!({"QueueUrl": queue})).await.unwrap();
}
