//! The API by way of its distribution: the same answers, with the security headers, whoever asks for what.

use holdfast_client::{Answer, now, poll, unique};
use reqwest::Method;
use serde_json::json;

use crate::search::{hotels, search_until};
use crate::terms::{in_days, nightly, with};
use crate::world::{PATIENCE, World, check, fresh_trace};

const SECURITY_HEADERS: &[(&str, &str)] = &[
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
];

#[tokio::test]
async fn public_reads_through_the_edge_are_those_of_the_api() {
    let w = World::new().await;
    let place = unique("place");
    let room = w.resource(&with(nightly(), json!({ "location": place }))).await;
    let (start, end) = (in_days(30).to_string(), in_days(32).to_string());
    // From here on search has what it will have.
    search_until(&w, &hotels(&place, &start, &end), &[&room]).await;
    let search = format!("/api/availability?resourceType=hotel&location={place}&start={start}&end={end}");
    let calendar = format!("/api/resources/{room}/availability?start={start}&end={end}");
    for path in [&search, &calendar, &format!("/api/resources/{room}")] {
        let (parent, trace) = fresh_trace();
        let direct = w.get(path).send().await.unwrap();
        let unknown = if path.contains('?') { "&utm_source=x" } else { "" };
        let edge = w.edge(Method::GET, &format!("{path}{unknown}")).unwrap().header("traceparent", &parent);
        let edge = edge.send().await.unwrap();
        assert_eq!(edge.status, direct.status, "{path}: {edge:?}");
        for (name, value) in SECURITY_HEADERS {
            assert_eq!(edge.header(name), *value, "{path}: {name}");
        }
        assert!(edge.header("traceparent").contains(&trace), "{path}: {edge:?}");
        assert_ne!(edge.header("x-request-id"), "", "{path}: {edge:?}");
        for name in ["content-type", "cache-control", "etag"] {
            assert_eq!(edge.header(name), direct.header(name), "{path}: {name}");
        }
        // When an answer was made is all that two of them may differ in.
        let body = |answer: &Answer| {
            let mut body = answer.json.clone();
            if let Some(members) = body.as_object_mut() {
                members.remove("asOf");
            }
            body
        };
        assert_eq!(body(&edge), body(&direct), "{path}");
    }
}

#[tokio::test]
async fn what_guests_send_and_get_passes_the_edge_whole() {
    let w = World::new().await;
    let since = now().as_millisecond() - 1000;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let key = unique("key");
    let place =
        || w.edge(Method::POST, "/api/holds").unwrap().token(&guest.token).key(&key).json(&offer.hold(1));
    let placed = check(place().send().await.unwrap(), 201);
    let again = check(place().send().await.unwrap(), 200);
    assert!(again.is_replay() && again.json == placed.json, "{again:?}");
    let path = format!("/api/holds/{}", placed.str("/holdId"));
    let read = w.edge(Method::GET, &path).unwrap().token(&guest.token).send().await.unwrap();
    assert_eq!((read.status, read.header("cache-control")), (200, "no-store"), "{read:?}");
    let nobody = w.edge(Method::GET, &path).unwrap().send().await.unwrap();
    assert_eq!(nobody.status, 401, "{nobody:?}");
    assert_eq!(nobody.header("x-content-type-options"), "nosniff", "{nobody:?}");
    let request = placed.header("x-request-id").to_owned();
    let line = poll("a line that says who has asked", PATIENCE, async || {
        let group = format!("/aws/lambda/{}", w.value("HOLD_FUNCTION_NAME")?);
        let lines = w.log_lines(&group, since, &request).await?;
        Ok(lines.into_iter().find(|line| line.contains("\"answered\"")))
    })
    .await
    .unwrap();
    assert!(line.contains("\"caller\":") && line.contains("\"address\":"), "{line}");
    assert!(!line.contains(&guest.sub), "by a mark, not by name: {line}");
    let other = w.guest().await;
    assert_eq!(w.edge(Method::GET, &path).unwrap().token(&other.token).send().await.unwrap().status, 404);
}
