//! `docs/api.md`, Properties: what resources belong to, and whose staff sees and changes them.

use holdfast_client::unique;
use reqwest::Method;
use serde_json::{Value, json};

use crate::terms::{self, house, nightly, with};
use crate::world::{Guest, World, check, check_problem, results};

async fn put(w: &World, by: &Guest, path: &str, body: &Value) -> holdfast_client::Answer {
    w.put(path).token(&by.token).json(body).send().await.unwrap()
}

#[tokio::test]
async fn a_property_is_created_by_the_platform_and_replaced_by_its_own_staff() {
    let w = World::new().await;
    let id = unique("e2e");
    let path = format!("/api/properties/{id}");
    let (platform, own) = (w.staff("platform").await, w.staff(&format!("property.{id}")).await);
    for by in [&own, &w.operator] {
        check_problem(put(&w, by, &path, &house()).await, 404, "not_found");
    }
    let created = check(put(&w, &platform, &path, &house()).await, 201);
    let read = check(w.get(&path).send().await.unwrap(), 200);
    assert_eq!((&read.json, &read.json["propertyId"]), (&created.json, &json!(id)));
    let renamed = with(house(), json!({"name": "The New Grand"}));
    check(put(&w, &own, &path, &renamed).await, 200);
    for by in [&w.staff("property.another").await, &w.operator] {
        check_problem(put(&w, by, &path, &house()).await, 404, "not_found");
        check_problem(w.read(by, &format!("{path}/events")).await, 404, "not_found");
    }
    let trail = check(w.read(&own, &format!("{path}/events")).await, 200);
    let said: Vec<_> = results(&trail).iter().map(|entry| (&entry["type"], &entry["actor"])).collect();
    let (made, changed) = (json!("property.created"), json!("property.replaced"));
    assert_eq!(said, [(&made, &json!(platform.as_staff())), (&changed, &json!(own.as_staff()))]);
}

#[tokio::test]
async fn what_belongs_to_a_property_is_its_own_staffs_and_for_others_does_not_exist() {
    let w = World::new().await;
    let property = w.property().await;
    let (own, other) = (w.staff(&format!("property.{property}")).await, w.staff("property.another").await);
    let id = unique("e2e");
    let path = format!("/api/resources/{id}");
    let room = with(nightly(), json!({"propertyId": property, "holdTtlSeconds": 600}));
    for by in [&other, &w.operator] {
        check_problem(put(&w, by, &path, &room).await, 422, "validation_failed");
    }
    check(put(&w, &own, &path, &room).await, 201);
    let public = check(w.get(&path).send().await.unwrap(), 200);
    assert_eq!(public.json["propertyId"], json!(property));

    let guest = w.guest().await;
    let body = terms::hold_of(&id, "2030-06-01", "2030-06-02", 1);
    let hold = check(w.place(&guest, &body).await, 201).str("/holdId").to_owned();
    let inventory = json!({"from": "2030-01-01", "to": "2030-01-02", "closed": true});
    let calls = [
        (Method::PUT, path.clone(), nightly()),
        (Method::PATCH, format!("{path}/inventory"), inventory),
        (Method::PUT, format!("{path}/stop"), json!({"stopped": true})),
        (Method::GET, format!("{path}/events"), Value::Null),
        (Method::GET, format!("/api/holds/{hold}"), Value::Null),
        (Method::POST, "/api/holds".to_owned(), with(body, json!({"userId": guest.sub}))),
    ];
    for by in [&other, &w.operator] {
        for (method, path, body) in &calls {
            let call = w.call(method.clone(), path).unwrap().token(&by.token).key(&unique("key"));
            let call = if body.is_null() { call } else { call.json(body) };
            check_problem(call.send().await.unwrap(), 404, "not_found");
        }
    }
    check(w.read(&own, &format!("/api/holds/{hold}")).await, 200);
    check(w.read(&guest, &format!("/api/holds/{hold}")).await, 200);
    assert_eq!(check(w.get(&path).send().await.unwrap(), 200).json, public.json, "nothing was changed");
}

/// Every operator's token was one without groups before there were properties, and a machine's is today.
#[tokio::test]
async fn an_operator_without_groups_works_on_what_belongs_to_no_property() {
    let w = World::new().await;
    let offer = w.event(json!({"capacity": 2})).await;
    let guest = w.guest().await;
    let hold = w.held(&guest, &offer).await;
    for by in [&w.operator, &w.staff("property.another").await] {
        check(w.read(by, &format!("/api/holds/{hold}")).await, 200);
        check(w.read(by, &format!("/api/resources/{}/events", offer.id)).await, 200);
    }
    check_problem(put(&w, &w.operator, "/api/stop", &json!({"stopped": true})).await, 403, "forbidden");
}
