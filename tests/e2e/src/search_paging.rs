//! API.md, Search: order, pages, and what caches are told.

use holdfast_client::{poll, unique};
use serde_json::{Value, json};

use crate::search::{hotels, ids, search, search_until};
use crate::terms::{hold_of, in_days, nightly, with};
use crate::world::{PATIENCE, World, check, check_invalid, results};

/// Rooms at a place of their own: price, rating, latitude (on one meridian).
async fn rooms(w: &World, place: &str, rooms: &[(i64, f64, f64)]) -> Vec<String> {
    let mut made = Vec::new();
    for (price, rating, latitude) in rooms {
        let changes = json!({
            "location": place,
            "pricing": {"currency": "USD", "base": price},
            "attributes": {"rating": rating, "latitude": latitude, "longitude": 10.0}});
        made.push(w.resource(&with(nightly(), changes)).await);
    }
    made
}

async fn check_sort(rooms_of: &[(i64, f64, f64)], sort: &[(&str, &str)], order: &[usize]) {
    let w = World::new().await;
    let place = unique("place");
    let made = rooms(&w, &place, rooms_of).await;
    let (start, end) = (in_days(30).to_string(), in_days(31).to_string());
    let mut query = hotels(&place, &start, &end);
    query.extend_from_slice(sort);
    let all: Vec<&String> = made.iter().collect();
    let answer = search_until(&w, &query, &all).await;
    let wanted: Vec<String> = order.iter().map(|number| made[*number].clone()).collect();
    assert_eq!(ids(&answer), wanted, "{answer}");
}

const THREE: [(i64, f64, f64); 3] = [(20000, 4.9, 50.0), (9000, 3.1, 48.2), (14000, 4.2, 53.9)];

#[tokio::test]
async fn sorted_by_price_the_cheapest_comes_first() {
    check_sort(&THREE, &[("sort", "price")], &[1, 2, 0]).await;
}

#[tokio::test]
async fn sorted_by_rating_the_best_comes_first() {
    check_sort(&THREE, &[("sort", "rating")], &[0, 2, 1]).await;
}

#[tokio::test]
async fn sorted_by_distance_the_nearest_comes_first() {
    check_sort(&THREE, &[("sort", "distance"), ("near", "53.5,10.0")], &[2, 0, 1]).await;
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_refused() {
    let w = World::new().await;
    let base =
        [("resourceType", "hotel"), ("location", "NYC"), ("start", "2030-01-01"), ("end", "2030-01-03")];
    for spoilt in [
        ("sort", "colour"),
        ("sort", "distance"),
        ("near", "north"),
        ("limit", "0"),
        ("limit", "many"),
        ("quantity", "0"),
        ("quantity", "-1"),
        ("cursor", "%%%"),
        ("start", "soon"),
        ("end", "2030-01-01"),
        ("end", "2029-12-31"),
    ] {
        let mut query: Vec<(&str, &str)> =
            base.iter().copied().filter(|(name, _)| *name != spoilt.0).collect();
        query.push(spoilt);
        let answer = w.get("/api/availability").query(&query).send().await.unwrap();
        assert_eq!(answer.status, 422, "{spoilt:?}: {answer:?}");
        check_invalid(answer);
    }
    for missing in ["resourceType", "location", "start", "end"] {
        let query: Vec<(&str, &str)> = base.iter().copied().filter(|(name, _)| *name != missing).collect();
        let answer = check_invalid(w.get("/api/availability").query(&query).send().await.unwrap());
        assert!(answer.json["errors"].to_string().contains(missing), "{answer}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    let w = World::new().await;
    let place = unique("place");
    // Two of one price: the order must still be one.
    let five = [(100, 1.0, 1.0), (300, 1.0, 1.0), (200, 1.0, 1.0), (300, 1.0, 1.0), (500, 1.0, 1.0)];
    let made = rooms(&w, &place, &five).await;
    let (start, end) = (in_days(30).to_string(), in_days(31).to_string());
    let mut query = hotels(&place, &start, &end);
    query.push(("sort", "price"));
    let all: Vec<&String> = made.iter().collect();
    let whole = ids(&search_until(&w, &query, &all).await);
    query.push(("limit", "2"));
    let mut collected = Vec::new();
    let mut cursor: Option<String> = None;
    for _ in 0..3 {
        let mut page_query = query.clone();
        if let Some(cursor) = &cursor {
            page_query.push(("cursor", cursor));
        }
        let answer = search(&w, &page_query).await;
        collected.push(ids(&answer));
        cursor = answer.json["nextCursor"].as_str().map(str::to_owned);
    }
    assert_eq!(collected.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
    assert_eq!(collected.concat(), whole);
    assert_eq!(cursor, None, "the last page has no next");
}

#[tokio::test]
async fn an_unchanged_answer_is_304() {
    let w = World::new().await;
    let place = unique("place");
    let made = rooms(&w, &place, &THREE).await;
    let (start, end) = (in_days(30).to_string(), in_days(31).to_string());
    let query = hotels(&place, &start, &end);
    let answer = search_until(&w, &query, &made.iter().collect::<Vec<_>>()).await;
    let tag = answer.header("etag").to_owned();
    assert!(tag.trim_start_matches("W/").starts_with('"') && tag.ends_with('"'), "{answer:?}");
    assert!(answer.header("cache-control").contains("max-age"), "{answer:?}");

    let ask = async |tag: &str| {
        w.get("/api/availability").query(&query).header("If-None-Match", tag).send().await.unwrap()
    };
    let same = check(ask(&tag).await, 304);
    assert!(same.text.is_empty(), "{same:?}");
    assert_eq!(same.header("etag"), tag);
    check(ask("\"another\"").await, 200);
    check(ask(&format!("\"another\", {tag}")).await, 304);

    let guest = w.guest().await;
    check(w.place(&guest, &hold_of(&made[0], &start, &end, 3)).await, 201);
    let changed = poll("another ETag once a room is gone", PATIENCE, async || {
        let answer = ask(&tag).await;
        Ok((answer.status == 200).then_some(answer))
    })
    .await
    .unwrap();
    assert_ne!(changed.header("etag"), tag);
    assert_eq!(results(&changed).len(), 2, "{changed}");
    assert_ne!(changed.json, Value::Null);
}
