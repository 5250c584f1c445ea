//! `docs/api.md`, Resources: who changed what of a resource.

use holdfast_client::stack::run_make;
use holdfast_client::{Answer, unique};
use serde_json::{Value, json};

use crate::commands::set_actor;
use crate::terms::{nightly, with};
use crate::world::{Guest, World, check, check_invalid, check_problem, results};

/// Somebody who may change every resource, and stop the holds of all.
async fn operator(w: &World) -> Guest {
    w.staff("platform").await
}

async fn trail(w: &World, operator: &Guest, id: &str, query: &str) -> Answer {
    w.read(operator, &format!("/api/resources/{id}/events{query}")).await
}

/// Who did what, with the fields before and after.
fn said(entries: &[Value]) -> Vec<(&Value, &Value, &Value, &Value)> {
    entries.iter().map(|entry| (&entry["actor"], &entry["type"], &entry["from"], &entry["to"])).collect()
}

#[tokio::test]
async fn every_operators_change_names_who_made_it_with_before_and_after() {
    let w = World::new().await;
    let (anna, bert) = (operator(&w).await, operator(&w).await);
    let (id, path) = (unique("e2e"), |id: &str| format!("/api/resources/{id}"));
    let put = async |by: &Guest, changes: Value| {
        w.put(&path(&id)).token(&by.token).json(&with(nightly(), changes)).send().await.unwrap()
    };
    check(put(&anna, json!({"capacity": 3})).await, 201);
    check(put(&bert, json!({"capacity": 5})).await, 200);
    check(put(&bert, json!({"capacity": 5})).await, 200);
    let june = json!({"from": "2030-06-01", "to": "2030-07-01", "capacity": 4});
    let set = w.patch(&format!("/api/resources/{id}/inventory")).token(&anna.token).json(&june);
    check(set.send().await.unwrap(), 200);

    let read = check(trail(&w, &bert, &id, "").await, 200);
    assert_eq!(read.json["nextCursor"], Value::Null);
    let entries = results(&read);
    let (anna_is, bert_is) = (json!(anna.as_staff()), json!(bert.as_staff()));
    let dates = |capacity: Value| json!({"dates": [{"from": "2030-06-01", "to": "2030-07-01", "capacity": capacity}]});
    let expected = [
        (&anna_is, json!("resource.created"), json!({}), entries[0]["to"].clone()),
        (&bert_is, json!("resource.replaced"), json!({"capacity": 3}), json!({"capacity": 5})),
        (&anna_is, json!("inventory.set"), dates(Value::Null), dates(json!(4))),
    ];
    let expected: Vec<_> = expected.iter().map(|(by, kind, from, to)| (*by, kind, from, to)).collect();
    assert_eq!(said(entries), expected, "{read}");
    assert_eq!(entries[0]["to"]["capacity"], 3, "{read}");
    assert_eq!(entries[2]["eventId"], format!("{id}-000003"), "{read}");
    for entry in entries {
        assert_eq!(entry["actorKind"], "operator", "{read}");
        assert!(entry["at"].is_string() && entry["trace"].is_string(), "{read}");
    }
    let of_date = check(trail(&w, &bert, &id, "?date=2030-06-05").await, 200);
    assert_eq!((results(&of_date), &of_date.json["nextCursor"]), (&entries[2..], &Value::Null));
    let of_none = check(trail(&w, &bert, &id, "?date=2030-07-01").await, 200);
    assert_eq!(of_none.json["results"], json!([]));
}

#[tokio::test]
async fn a_trail_of_changes_is_read_in_pages_and_by_operators_alone() {
    let w = World::new().await;
    let id = w.resource(&nightly()).await;
    for capacity in [5, 6] {
        check(w.put_resource(&id, &with(nightly(), json!({"capacity": capacity}))).await, 200);
    }
    let whole = check(trail(&w, &w.operator, &id, "").await, 200);
    let first = check(trail(&w, &w.operator, &id, "?limit=2").await, 200);
    let cursor = first.str("/nextCursor");
    let second = check(trail(&w, &w.operator, &id, &format!("?limit=2&cursor={cursor}")).await, 200);
    assert_eq!(second.json["nextCursor"], Value::Null);
    assert_eq!([results(&first), results(&second)].concat(), results(&whole));
    let elsewhere = format!("?date=2030-06-05&cursor={cursor}");
    for query in ["?limit=0", "?limit=101", "?cursor=nonsense", "?date=2030-06-31", &elsewhere] {
        check_invalid(trail(&w, &w.operator, &id, query).await);
    }
    check_problem(trail(&w, &w.operator, &unique("e2e"), "").await, 404, "not_found");
    let refused = trail(&w, &w.guest().await, &id, "").await;
    assert_eq!(refused.status, 403, "{refused}");
    let refused = w.get(&format!("/api/resources/{id}/events")).send().await.unwrap();
    assert_eq!(refused.status, 401, "{refused}");
}

#[tokio::test]
async fn a_refused_change_has_no_entry() {
    let w = World::new().await;
    let room = w.room(json!({"capacity": 2})).await;
    check(w.place(&w.guest().await, &room.hold(2)).await, 201);
    let before = check(trail(&w, &w.operator, &room.id, "").await, 200);
    let fewer = with(nightly(), json!({"capacity": 1}));
    check_problem(w.put_resource(&room.id, &fewer).await, 409, "capacity_in_use");
    let path = format!("/api/resources/{}", room.id);
    let refused = w.put(&path).token(&w.guest().await.token).json(&fewer).send().await.unwrap();
    assert_eq!(refused.status, 403, "{refused}");
    let after = check(trail(&w, &w.operator, &room.id, "").await, 200);
    assert_eq!(after.json, before.json);
}

#[tokio::test]
async fn make_audit_verify_names_a_forged_change_of_a_resource() {
    let w = World::new().await;
    let id = w.resource(&nightly()).await;
    check(w.put_resource(&id, &with(nightly(), json!({"capacity": 6}))).await, 200);
    let verify = ["audit-verify", &format!("RESOURCE={id}")];
    let whole = run_make(&verify).unwrap();
    assert!(whole.contains("every trail is as it was written"), "{whole}");
    let entry = (format!("RE#{id}"), "A#000000000002");
    set_actor(&w, (&entry.0, entry.1), "nobody").await;
    let broken = run_make(&verify).unwrap_err().to_string();
    set_actor(&w, (&entry.0, entry.1), &w.operator.as_staff()).await;
    assert!(broken.contains(&format!("{id}: entry 2 is not as it was sealed")), "{broken}");
    run_make(&verify).unwrap();
}

/// Of one resource, and of all while nobody else is at the stack.
#[tokio::test]
async fn an_operators_stop_of_new_holds_names_who_set_it_and_who_ended_it() {
    let w = World::alone().await;
    let (anna, bert, guest) = (operator(&w).await, operator(&w).await, w.guest().await);
    let set = async |by: &Guest, path: &str, stopped: bool| {
        w.put(path).token(&by.token).json(&json!({"stopped": stopped})).send().await.unwrap()
    };
    for of_all in [false, true] {
        // Another resource in each round: what a function remembers of the stop of one is not the stop of all.
        let offer = w.event(json!({"capacity": 5})).await;
        let of_one = format!("/api/resources/{}", offer.id);
        let (stop, events) = if of_all {
            ("/api/stop".to_owned(), "/api/stop/events".to_owned())
        } else {
            (format!("{of_one}/stop"), format!("{of_one}/events"))
        };
        check(set(&anna, &stop, true).await, 200);
        let refused = holdfast_client::poll("a hold is refused", crate::world::PATIENCE, async || {
            let answer = w.place(&guest, &offer.hold(1)).await;
            Ok((answer.status == 503).then_some(answer))
        });
        let refused = refused.await;
        let resumed = set(&bert, &stop, false).await;
        if resumed.status != 200 {
            // Nobody else could hold anything any more.
            set(&bert, &stop, false).await;
        }
        check(resumed, 200);
        check_problem(refused.unwrap(), 503, "holds_stopped");
        assert_eq!(set(&guest, &stop, true).await.status, 403);
        let mut entries = Vec::new();
        let mut path = events.clone();
        loop {
            let page = check(w.read(&anna, &path).await, 200);
            entries.extend(results(&page).iter().cloned());
            let Some(cursor) = page.json["nextCursor"].as_str() else { break };
            path = format!("{events}?cursor={cursor}");
        }
        let last = &entries[entries.len() - 2..];
        let by: Vec<_> = last.iter().map(|entry| (&entry["actor"], &entry["type"], &entry["to"])).collect();
        let expected = [
            (json!(anna.as_staff()), json!("holds.stopped"), json!({"stopped": true})),
            (json!(bert.as_staff()), json!("holds.resumed"), json!({"stopped": false})),
        ];
        let expected: Vec<_> = expected.iter().map(|(by, kind, to)| (by, kind, to)).collect();
        assert_eq!(by, expected);
    }
}
