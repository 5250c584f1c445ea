//! API.md, Conventions: one trace through answer, events and logs; a request id on every answer.

use holdfast_client::stripe::ACCEPTED;
use holdfast_client::{now, poll, unique};
use serde_json::json;

use crate::world::{PATIENCE, World, check, fresh_trace};

#[tokio::test]
async fn the_trace_of_a_request_goes_through_answer_events_and_logs() {
    let w = World::new().await;
    let since = now().as_millisecond() - 1000;
    let bus = w.watch_bus().await.unwrap();
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let (parent, trace) = fresh_trace();
    let place = w.post("/api/holds").token(&guest.token).key(&unique("key")).header("traceparent", &parent);
    let hold = check(place.json(&offer.hold(1)).send().await.unwrap(), 201);
    assert!(hold.header("traceparent").contains(&trace), "{hold:?}");

    let (pay_parent, pay_trace) = fresh_trace();
    let body = json!({"holdId": hold.str("/holdId"), "paymentMethodId": w.card(ACCEPTED).await.unwrap()});
    let pay =
        w.post("/api/bookings").token(&guest.token).key(&unique("key")).header("traceparent", &pay_parent);
    let booking = check(pay.json(&body).send().await.unwrap(), 201);
    assert!(booking.header("traceparent").contains(&pay_trace), "{booking:?}");

    for (kind, about, trace) in [
        ("hold.placed", hold.str("/holdId"), &trace),
        ("booking.requested", booking.str("/bookingId"), &pay_trace),
        ("booking.confirmed", booking.str("/bookingId"), &pay_trace),
        ("payment.captured", booking.str("/bookingId"), &pay_trace),
    ] {
        let events =
            poll(
                kind,
                PATIENCE,
                async || Ok(Some(bus.of_type(kind, about).await?).filter(|e| !e.is_empty())),
            )
            .await
            .unwrap();
        let detail = events[0]["detail"].to_string();
        assert!(detail.contains(trace.as_str()), "{kind} is not of the trace: {detail}");
    }
    // The emulator takes a function's lines when an invocation ends, and what comes a moment later with the next: so it has a next.
    let functions = [
        ("HOLD", &trace, "/api/holds"),
        ("CONFIRM", &pay_trace, "/api/bookings"),
        ("PAYMENT", &pay_trace, ""),
    ];
    for (function, trace, path) in functions {
        let name = w.value(&format!("{function}_FUNCTION_NAME")).unwrap();
        let group = format!("/aws/lambda/{name}");
        poll(&format!("a line of {name} with the trace"), PATIENCE, async || {
            if !path.is_empty() {
                check(w.send(&guest, path, &json!({})).await, 422);
            }
            Ok(w.log_lines(&group, since, trace).await?.into_iter().next())
        })
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn a_malformed_traceparent_is_no_error() {
    let w = World::new().await;
    for parent in ["garbage", "00-short-01", "00-00000000000000000000000000000000-0000000000000000-00"] {
        let call = w.get("/api/resources/nowhere").header("traceparent", parent);
        check(call.send().await.unwrap(), 404);
    }
}

#[tokio::test]
async fn every_answer_has_its_own_request_id() {
    let w = World::new().await;
    let guest = w.guest().await;
    let offer = w.event(json!({})).await;
    let hold = w.held(&guest, &offer).await;
    let search = "/api/availability?resourceType=hotel&location=NYC&start=2030-01-01&end=2030-01-02";
    let answers = [
        w.get(search).send().await.unwrap(),
        w.get("/api/resources/nowhere").send().await.unwrap(),
        w.place(&guest, &offer.hold(1)).await,
        w.place(&guest, &json!({})).await,
        w.hold(&guest, &hold).await,
        w.release(&guest, &hold).await,
        w.read(&guest, "/api/bookings").await,
        w.send(&guest, "/api/bookings", &json!({})).await,
        w.cancel(&guest, "bkg_unknown").await,
        w.put_resource(&unique("e2e"), &json!({})).await,
        w.post("/api/webhooks/stripe").raw("{}").send().await.unwrap(),
    ];
    let mut ids: Vec<&str> = answers.iter().map(|answer| answer.header("x-request-id")).collect();
    assert!(ids.iter().all(|id| !id.is_empty()), "{answers:#?}");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), answers.len(), "{ids:?}");
}
