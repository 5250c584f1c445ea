//! API.md, Conventions: what browsers and followers of links rely on.

use holdfast_client::{Answer, unique};
use reqwest::Method;
use serde_json::json;

use crate::world::{Guest, World, check, check_problem};

async fn head(w: &World, guest: &Guest, path: &str) -> Answer {
    w.call(Method::HEAD, path).unwrap().token(&guest.token).send().await.unwrap()
}

#[tokio::test]
async fn get_routes_answer_head() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let booking = w.booked(&guest, &offer).await.str("/bookingId").to_owned();
    for path in [
        "/api/availability?resourceType=event&location=nowhere&start=2030-01-01&end=2030-01-02".to_owned(),
        format!("/api/resources/{}", offer.id),
        format!("/api/resources/{}/availability?start=2030-01-01&end=2030-01-02", offer.id),
        "/api/bookings".to_owned(),
        format!("/api/bookings/{booking}"),
        format!("/api/bookings/{booking}/events"),
        format!("/api/bookings/{booking}/receipts"),
        format!("/api/bookings/{booking}/cancellation"),
    ] {
        let (full, head) = (check(w.read(&guest, &path).await, 200), head(&w, &guest, &path).await);
        assert_eq!((head.status, head.text.as_str()), (200, ""), "{path}: {head:?}");
        assert_eq!(head.header("content-type"), full.header("content-type"), "{path}");
    }
    assert_eq!(head(&w, &guest, "/api/bookings/bkg_none").await.status, 404);
}

#[tokio::test]
async fn location_is_a_whole_url_that_can_be_followed() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let placed = check(w.place(&guest, &offer.hold(1)).await, 201);
    let location = placed.header("location");
    let path = location.strip_prefix(w.value("API_URL").unwrap());
    let path = path.unwrap_or_else(|| panic!("below the API's own address: {location:?}"));
    assert_eq!(path, format!("/api/holds/{}", placed.str("/holdId")));
    check(w.read(&guest, path).await, 200);
}

#[tokio::test]
async fn no_page_of_another_origin_may_call_unless_the_deployment_names_it() {
    let w = World::new().await;
    let origin = "https://elsewhere.example.com";
    let preflight = w
        .call(Method::OPTIONS, "/api/holds")
        .unwrap()
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "authorization,idempotency-key");
    let search = "/api/availability?resourceType=hotel&location=nowhere&start=2030-01-01&end=2030-01-02";
    for call in [preflight, w.get(search).header("Origin", origin)] {
        let answer = call.send().await.unwrap();
        assert_eq!(answer.header("access-control-allow-origin"), "", "{answer:?}");
    }
}

#[tokio::test]
async fn a_body_with_two_fields_of_one_name_is_no_json() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let body = offer.hold(1).to_string().replacen('{', "{\"quantity\":2,", 1);
    let twice = w.post("/api/holds").token(&guest.token).key(&unique("key")).raw(body);
    check_problem(twice.send().await.unwrap(), 400, "malformed_json");
}
