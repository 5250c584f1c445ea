//! `docs/api.md`, Rates: cards, drafts, dates in bulk, and who changed them.

use holdfast_client::unique;
use serde_json::json;

use crate::terms::{nightly, rates, with};
use crate::world::{World, check, check_problem, results};

#[tokio::test]
async fn a_rate_card_is_put_tried_as_a_draft_and_kept_in_the_history() {
    let w = World::new().await;
    let id = unique("e2e");
    check(w.put_resource(&id, &nightly()).await, 201);
    let path = format!("/api/resources/{id}/rates");
    let put = async |query: &str, body: &serde_json::Value| {
        w.put(&format!("{path}{query}")).token(&w.operator.token).json(body).send().await.unwrap()
    };
    let get = async |path: &str| w.get(path).token(&w.operator.token).send().await.unwrap();
    let first = check(put("", &rates()).await, 200);
    assert_eq!(first.json["versions"][0]["card"], rates());
    let mut dearer = rates();
    dearer["plans"][0]["price"]["base"] = json!(13_900);
    check(put("?draft=true", &dearer).await, 200);
    let read = check(get(&path).await, 200);
    assert_eq!((&read.json["draft"], &read.json["versions"][0]["card"]), (&dearer, &rates()));
    let discard = w.delete(&format!("{path}/draft")).token(&w.operator.token).send().await.unwrap();
    assert_eq!(check(discard, 200).json["draft"], json!(null));
    check(put("", &dearer).await, 200);
    let versions = check(get(&format!("{path}/versions")).await, 200);
    let cards: Vec<_> = results(&versions).iter().map(|version| &version["card"]).collect();
    assert_eq!(cards, [&dearer, &rates()]);
    let trail = check(get(&format!("/api/resources/{id}/events")).await, 200);
    let kinds: Vec<_> = results(&trail).iter().map(|entry| entry["type"].as_str().unwrap()).collect();
    let expected = ["resource.created", "rates.put", "rates.drafted", "rates.draft_discarded", "rates.put"];
    assert_eq!(kinds, expected);
    let euros = with(nightly(), json!({"pricing": {"currency": "EUR", "base": 12900}}));
    check_problem(w.put_resource(&id, &euros).await, 422, "validation_failed");
}

#[tokio::test]
async fn dates_are_set_in_bulk_line_by_line_and_read_back() {
    let w = World::new().await;
    let (id, other) = (unique("e2e"), unique("e2e"));
    for id in [&id, &other] {
        check(w.put_resource(id, &nightly()).await, 201);
        let path = format!("/api/resources/{id}/rates");
        check(w.put(&path).token(&w.operator.token).json(&rates()).send().await.unwrap(), 200);
    }
    let lines = json!({"currency": "USD", "lines": [
        {
            "resourceIds": [id, other, "nobody"], "planId": "flexible", "from": "2030-06-01", "to": "2030-06-03",
            "price": 15_900, "limits": {"stayMinOnArrival": 2}
        },
        {"resourceIds": [id], "from": "2031-06-01", "copyFrom": {"from": "2030-06-01", "to": "2030-06-03"}}
    ]});
    for _ in 0..2 {
        let answer =
            check(w.patch("/api/rates").token(&w.operator.token).json(&lines).send().await.unwrap(), 200);
        assert_eq!((&answer.json["done"], &answer.json["refused"]), (&json!(3), &json!(1)));
    }
    let path = format!("/api/resources/{id}/rates/calendar?from=2031-06-01&to=2031-07-01");
    let calendar = check(w.get(&path).token(&w.operator.token).send().await.unwrap(), 200);
    let plan = json!({
        "planId": "flexible", "price": {"amount": 15_900, "currency": "USD"}, "limits": {"stayMinOnArrival": 2}
    });
    let day = |date: &str| json!({"date": date, "plans": [plan]});
    assert_eq!(calendar.json["dates"], json!([day("2031-06-01"), day("2031-06-02")]));
    let path = format!("/api/resources/{id}/events?date=2030-06-02");
    let history = check(w.get(&path).token(&w.operator.token).send().await.unwrap(), 200);
    let set = &history.json["results"][0];
    assert_eq!((&set["type"], &set["to"]["dates"][0]["price"]), (&json!("rates.dates_set"), &plan["price"]));
    let path =
        format!("/api/resources/{id}/rates/explain?start=2030-06-01&end=2030-06-03&adults=1&channel=web");
    let explained = check(w.get(&path).token(&w.operator.token).send().await.unwrap(), 200);
    let stay = json!({
        "resourceId": id, "startTime": "2030-06-01", "endTime": "2030-06-03", "quantity": 1,
        "ratePlanId": "flexible", "units": [{"adults": 1}], "channel": "web"
    });
    let quoted = check(w.post("/api/quotes").token(&w.operator.token).json(&stay).send().await.unwrap(), 200);
    assert_eq!(explained.json["lines"], quoted.json["offers"][0]["lines"], "{explained} {quoted}");
}
