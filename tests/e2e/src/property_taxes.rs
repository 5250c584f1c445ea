//! `docs/api.md`, Properties: taxes of a house are in every price of its rooms.

use holdfast_client::{poll, unique};
use serde_json::{Value, json};

use crate::search::{hotels, search, search_until};
use crate::terms::{house, in_days, nightly, rates, with};
use crate::world::{Guest, Offer, PATIENCE, World, check, check_problem, results};

const NIGHT: i64 = 12_900;
/// 2.00 for each guest and night.
const CITY_TAX: i64 = 200;

async fn put_taxes(w: &World, desk: &Guest, property: &str, taxes: &Value) {
    let terms = with(house(), json!({"taxes": taxes}));
    let path = format!("/api/properties/{property}");
    let put = check(w.put(&path).token(&desk.token).json(&terms).send().await.unwrap(), 200);
    assert_eq!(put.json["taxes"], *taxes, "{put}");
    let public = check(w.get(&path).send().await.unwrap(), 200);
    assert_eq!(public.json["taxes"], *taxes, "everybody sees them: {public}");
}

/// What a night costs two adults now, and at the place.
async fn quoted(w: &World, room: &Offer) -> (Option<i64>, Option<i64>) {
    let body = json!({
        "resourceId": room.id, "startTime": room.start, "endTime": room.end, "quantity": 1, "units": [{"adults": 2}]
    });
    let answer = check(w.post("/api/quotes").json(&body).send().await.unwrap(), 200);
    (answer.int("/offers/0/price/amount"), answer.int("/offers/0/payAtProperty/amount"))
}

#[tokio::test]
async fn a_city_tax_of_a_house_is_in_quotes_holds_searches_and_calendars_of_its_rooms() {
    let w = World::new().await;
    let property = w.property().await;
    let (desk, guest) = (w.staff(&format!("property.{property}")).await, w.guest().await);
    let city_tax = json!([{
        "chargeId": "city-tax", "name": "City tax", "kind": "tax", "amount": CITY_TAX, "per": "guest_slot",
        "refundable": true, "due": "at_property"
    }]);
    put_taxes(&w, &desk, &property, &city_tax).await;
    let (id, place) = (unique("e2e"), unique("place"));
    let terms = with(nightly(), json!({"propertyId": property, "location": place}));
    let put =
        async |path: &str, body: &Value| w.put(path).token(&desk.token).json(body).send().await.unwrap();
    check(put(&format!("/api/resources/{id}"), &terms).await, 201);
    check(put(&format!("/api/resources/{id}/rates"), &rates()).await, 200);
    let days = |days| in_days(days).to_string();
    let room = Offer { id: id.clone(), start: days(40), end: days(41) };
    assert_eq!(quoted(&w, &room).await, (Some(NIGHT), Some(2 * CITY_TAX)));
    let mut body = room.hold(1);
    body["units"] = json!([{"adults": 2}]);
    let hold = check(w.place(&guest, &body).await, 201);
    assert_eq!(hold.int("/payAtProperty/amount"), Some(2 * CITY_TAX), "{hold}");
    assert_eq!((hold.str("/lines/1/code"), hold.int("/lines/1/count")), ("city-tax", Some(2)), "{hold}");

    // Search asks for one guest, and says what is paid in all.
    let query = hotels(&place, &room.start, &room.end);
    let query: Vec<_> = query.into_iter().chain([("quantity", "1")]).collect();
    search_until(&w, &query, &[&id]).await;
    let found = async |price: i64| {
        let offers = async || {
            let answer = search(&w, &query).await;
            Ok((results(&answer)[0]["price"]["amount"] == json!(price)).then_some(()))
        };
        poll(&format!("search says {price}"), PATIENCE, offers).await.unwrap();
    };
    found(NIGHT + CITY_TAX).await;
    let slots = w.calendar(&id, &room.start, &room.end).await;
    assert_eq!(slots[0]["price"]["amount"], json!(NIGHT + CITY_TAX), "{slots:?}");

    let wrong = json!([{
        "chargeId": "vat", "name": "VAT", "kind": "tax", "percent": 101, "on": ["stay"], "refundable": true, "due": "now"
    }]);
    let path = format!("/api/properties/{property}");
    let refused = put(&path, &with(house(), json!({"taxes": wrong}))).await;
    let refused = check_problem(refused, 422, "validation_failed");
    assert_eq!(refused.str("/errors/0/pointer"), "/taxes/0/percent", "{refused}");
    put_taxes(&w, &desk, &property, &json!([{
        "chargeId": "vat", "name": "VAT", "kind": "tax", "percent": 10, "on": ["stay"], "refundable": true, "due": "now"
    }]))
    .await;
    let after = async || Ok((quoted(&w, &room).await == (Some(NIGHT + NIGHT / 10), Some(0))).then_some(()));
    poll("a quote has the other tax", PATIENCE, after).await.unwrap();
    found(NIGHT + NIGHT / 10).await;
    let kept = check(w.hold(&guest, hold.str("/holdId")).await, 200);
    assert_eq!(kept.json["lines"], hold.json["lines"], "the hold has what it was placed by: {kept}");
    let trail = check(w.read(&desk, &format!("{path}/events")).await, 200);
    let last = results(&trail).last().unwrap();
    assert_eq!(
        (&last["from"]["taxes"], &last["to"]["taxes"][0]["chargeId"]),
        (&city_tax, &json!("vat")),
        "{trail}"
    );
}
