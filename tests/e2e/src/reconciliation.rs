//! Reconciliation on the deployed stack: a dry run names a drift by kind and id, and leaves it to people.

use serde_json::{Value, json};

use crate::world::{Offer, World};

/// A hand in the ledger: what the page of an event counts as free and as confirmed.
async fn set_counts(w: &World, offer: &Offer, available: u32, confirmed: u32) {
    let update = json!({"TableName": w.value("LEDGER_TABLE").unwrap(),
                        "Key": {"pk": {"S": format!("R#{}", offer.id)}, "sk": {"S": "P#event"}},
                        "UpdateExpression": "SET av.#s = :a, co.#s = :c",
                        "ConditionExpression": "attribute_exists(pk)",
                        "ExpressionAttributeNames": {"#s": "event"},
                        "ExpressionAttributeValues": {":a": {"N": available.to_string()},
                                                      ":c": {"N": confirmed.to_string()}}});
    w.aws("dynamodb", "DynamoDB_20120810.UpdateItem", &update).await.unwrap();
}

/// What a dry run says of one subject, as kind and finding. Other tests run beside this one, with drifts of their own.
async fn findings_about(w: &World, subject: &str) -> Vec<(String, Value)> {
    let report = w.invoke("reconciliation", r#"{"dryRun": true}"#).await.unwrap();
    assert_eq!((&report["dryRun"], &report["parked"]), (&json!(true), &json!(0)), "{report}");
    let cycle = &report["cycle"];
    assert_eq!((&cycle["isOver"], &cycle["isWhole"]), (&json!(true), &json!(true)), "{cycle}");
    let findings = report["findings"].as_object().unwrap_or_else(|| panic!("no findings: {report}"));
    findings
        .iter()
        .flat_map(|(kind, found)| {
            found.as_array().into_iter().flatten().map(move |one| (kind.clone(), one.clone()))
        })
        .filter(|(_, finding)| finding["subject"] == subject)
        .collect()
}

#[tokio::test]
async fn a_dry_run_names_a_page_that_counts_other_than_its_bookings() {
    let w = World::new().await;
    // A page that adds up: relay and projector read it as any other.
    let offer = w.event(json!({"capacity": 5})).await;
    w.booked(&w.guest().await, &offer).await;
    let page = format!("{}/event", offer.id);
    assert_eq!(findings_about(&w, &page).await, []);
    set_counts(&w, &offer, 3, 2).await;
    let found = findings_about(&w, &page).await;
    set_counts(&w, &offer, 4, 1).await;
    let [(kind, finding)] = &found[..] else { panic!("{found:#?}") };
    assert_eq!((kind.as_str(), &finding["remedy"]), ("confirmed_mismatch", &json!("review")));
    let detail = "slot event: the page counts 2 confirmed, bookings have 1";
    assert_eq!(finding["detail"], detail);
    let parked = w.queued(w.value("MANUAL_REVIEW_QUEUE_URL").unwrap()).await.unwrap();
    assert!(!parked.iter().any(|message| message.to_string().contains(&offer.id)), "{parked:#?}");
    assert_eq!(findings_about(&w, &page).await, []);
}
