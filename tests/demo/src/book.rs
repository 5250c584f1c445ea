//! From search to a paid booking, with all that follows from it, and back again.

use holdfast_client::stripe::{ACCEPTED, DECLINED, THREE_D_SECURE, id_of};
use holdfast_client::{Answer, Trouble, poll};
use reqwest::Method;
use serde_json::{Value, json};

use crate::report::{BrokenOff, Report};
use crate::world::{Guest, Offer, PATIENCE, World, instant, money, promised, refused};

pub(crate) async fn a_room_is_booked(w: &World, report: &mut Report) -> Result<(), BrokenOff> {
    report.chapter("A room is booked");
    let (offer, guest) = report
        .step("Search offers what is free for the whole range, at the price of the whole range", async {
            let (offer, guest) = (w.room(2).await?, w.guest("guest").await?);
            let answer = found(w, &offer).await?;
            let first = &answer.json["results"][0];
            promised(first["price"]["amount"] == 25800, &answer)?;
            let happened = format!("{}, two nights for {}", text(&first["name"]), money(&first["price"]));
            Ok(((offer, guest), happened))
        })
        .await?;
    let hold = report
        .step("It is held while the guest looks for their card", async {
            let hold = w.post(&guest, "/api/holds", &offer.hold()).await?;
            promised(hold.status == 201 && hold.int("/price/amount") == Some(25800), &hold)?;
            let happened = format!(
                "{}, check-in {}, until {}",
                hold.str("/holdId"),
                hold.str("/startTime"),
                hold.str("/expiresAt")
            );
            Ok((hold, happened))
        })
        .await?;
    let booking = report
        .step("Paid, it is confirmed, and the money taken", async {
            let booking = w.pay(&guest, hold.str("/holdId"), ACCEPTED).await?;
            let confirmed =
                booking.str("/status") == "confirmed" && booking.str("/paymentStatus") == "captured";
            promised(booking.status == 201 && confirmed, &booking)?;
            let happened = format!("201, confirmation number {}", booking.str("/confirmationNumber"));
            Ok((booking, happened))
        })
        .await?;
    let id = booking.str("/bookingId").to_owned();
    report
        .step("Stripe says the same: captured, once", async {
            let intent = w.intent_of(&id).await?;
            let captures = w.effects(&id_of(&intent)?, "capture").await?;
            let taken =
                intent["status"] == "succeeded" && intent["amount_received"] == 25800 && captures == 1;
            taken
                .then_some(())
                .ok_or_else(|| Trouble::unexpected(format!("{captures} captures of {intent}")))?;
            Ok(((), format!("{} succeeded, 258.00 USD received", text(&intent["id"]))))
        })
        .await?;
    report
        .step("The hold became this booking and no other", async {
            let again = w.pay(&guest, hold.str("/holdId"), ACCEPTED).await?;
            refused(&again, 409, "hold_confirmed")?;
            Ok(((), "paying it again: 409 hold_confirmed".to_owned()))
        })
        .await?;
    what_follows(w, report, &offer, &guest, &booking).await
}

/// Mail, partner, audit trail, history.
async fn what_follows(
    w: &World,
    report: &mut Report,
    offer: &Offer,
    guest: &Guest,
    booking: &Answer,
) -> Result<(), BrokenOff> {
    let id = booking.str("/bookingId");
    report
        .step("The guest gets a mail, at the contact of the booking", async {
            let number = booking.str("/confirmationNumber");
            let mail = poll("a mail with the confirmation number", PATIENCE, async || {
                let mails = w.mails_to(&format!("{}@example.com", guest.sub)).await?;
                Ok(mails.into_iter().find(|mail| mail.to_string().contains(number)))
            })
            .await?;
            Ok(((), format!("\"{}\"", text(&mail["Subject"]))))
        })
        .await?;
    report
        .step("The partner is told what is left, signed", async {
            let delivery = poll("a delivery about the room", PATIENCE, async || {
                Ok(w.deliveries_about(&offer.id).await?.pop())
            })
            .await?;
            let signature = text(&delivery["headers"]["webhook-signature"]);
            promised(signature.starts_with("v1,"), booking)?;
            Ok(((), format!("POST {} with webhook-signature {signature:.12}...", text(&delivery["path"]))))
        })
        .await?;
    report
        .step("The audit trail tells every step, oldest first", async {
            let trail = w.get(guest, &format!("/api/bookings/{id}/events")).await?;
            let kinds = kinds(&trail);
            let wanted = ["booking.requested", "payment.authorized", "booking.confirmed", "payment.captured"];
            promised(in_order(&kinds, &wanted), &trail)?;
            Ok(((), kinds.join(", ")))
        })
        .await?;
    report
        .step("The room's own trail says which operator made it, and operators alone may read it", async {
            let path = format!("/api/resources/{}/events", offer.id);
            let trail = w.get(&w.operator, &path).await?;
            let first = &trail.json["results"][0];
            promised(
                first["actor"] == format!("staff/{}", w.operator.sub) && first["type"] == "resource.created",
                &trail,
            )?;
            promised(w.get(guest, &path).await?.status == 403, &trail)?;
            let happened =
                format!("{} by {} at {}", text(&first["type"]), text(&first["actor"]), text(&first["at"]));
            Ok(((), happened))
        })
        .await?;
    report
        .step("The guest's history has it", async {
            let history = w.get(guest, "/api/bookings").await?;
            promised(history.str("/results/0/bookingId") == id, &history)?;
            Ok(((), format!("{id}, {}", history.str("/results/0/status"))))
        })
        .await
}

pub(crate) async fn a_card_is_declined(w: &World, report: &mut Report) -> Result<(), BrokenOff> {
    report.chapter("A card is declined");
    let (guest, hold) = report
        .step("A declined card costs the guest nothing but the attempt", async {
            let (offer, guest) = (w.evening(24 * 30, 600).await?, w.guest("guest").await?);
            let hold = w.post(&guest, "/api/holds", &offer.hold()).await?.str("/holdId").to_owned();
            let declined = w.pay(&guest, &hold, DECLINED).await?;
            refused(&declined, 402, "payment_declined")?;
            let still = w.get(&guest, &format!("/api/holds/{hold}")).await?;
            promised(still.str("/status") == "active", &still)?;
            let why = declined.str("/declineCode");
            Ok(((guest, hold), format!("402 payment_declined ({why}), the hold is still active")))
        })
        .await?;
    report
        .step("Another card on the same hold is charged, once", async {
            let paid = w.pay(&guest, &hold, ACCEPTED).await?;
            promised(paid.status == 201, &paid)?;
            let intent = w.intent_of(paid.str("/bookingId")).await?;
            let captures = w.effects(&id_of(&intent)?, "capture").await?;
            promised(captures == 1, &paid)?;
            Ok(((), format!("201, {}", paid.str("/confirmationNumber"))))
        })
        .await
}

pub(crate) async fn the_bank_wants_the_customer(w: &World, report: &mut Report) -> Result<(), BrokenOff> {
    report.chapter("The bank wants the customer (3-D Secure)");
    let (guest, pending) = report
        .step("The booking waits for the customer, and the hold gets one TTL more", async {
            let (offer, guest) = (w.evening(24 * 30, 120).await?, w.guest("guest").await?);
            let hold = w.post(&guest, "/api/holds", &offer.hold()).await?;
            let pending = w.pay(&guest, hold.str("/holdId"), THREE_D_SECURE).await?;
            let waits = pending.status == 202 && pending.json["nextAction"].is_object();
            promised(waits && pending.str("/status") == "pending", &pending)?;
            let longer = instant(pending.str("/expiresAt"))?.duration_since(instant(hold.str("/expiresAt"))?);
            promised(longer.as_secs() == 120, &pending)?;
            Ok(((guest, pending), "202 pending with nextAction, 120 s more".to_owned()))
        })
        .await?;
    report
        .step("The customer agrees at their bank, and the booking is confirmed", async {
            let id = pending.str("/bookingId");
            let intent = w.intent_of(id).await?;
            w.authenticate(&intent, true).await?;
            let done = w.until(&guest, id, "confirmed", "captured").await?;
            Ok(((), format!("Stripe's webhook woke the saga: {}", done.str("/confirmationNumber"))))
        })
        .await
}

pub(crate) async fn a_booking_is_cancelled(w: &World, report: &mut Report) -> Result<(), BrokenOff> {
    report.chapter("A booking is cancelled");
    let (offer, guest, id) = report
        .step("An evening in twelve hours is booked: half of it is refunded by now", async {
            let (offer, guest) = (w.evening(12, 600).await?, w.guest("guest").await?);
            let hold = w.post(&guest, "/api/holds", &offer.hold()).await?;
            let booking = w.pay(&guest, hold.str("/holdId"), ACCEPTED).await?;
            promised(booking.status == 201, &booking)?;
            let happened = format!("{} for {}", booking.str("/bookingId"), money(&booking.json["price"]));
            Ok(((offer, guest, booking.str("/bookingId").to_owned()), happened))
        })
        .await?;
    let quote = report
        .step("Asked before, it says what would come back, and until when", async {
            let quote = w.get(&guest, &format!("/api/bookings/{id}/cancellation")).await?;
            let refund = quote.int("/refund/amount") == Some(4451) && quote.json["cancellable"] == true;
            let later = quote.int("/schedule/1/refund/amount") == Some(0);
            promised(quote.status == 200 && refund && later, &quote)?;
            let (refund, until) = (money(&quote.json["refund"]), quote.str("/validUntil"));
            let happened =
                format!("{refund} until {until}, then {}", money(&quote.json["schedule"][1]["refund"]));
            Ok((quote, happened))
        })
        .await?;
    let path = format!("/api/bookings/{id}/cancel");
    let first = report
        .step("Cancelled, the policy's share comes back, rounded half up: what was said", async {
            let cancelled = w.post(&guest, &path, &json!({"reason": "plans changed"})).await?;
            let as_quoted = cancelled.int("/refund/amount") == quote.int("/refund/amount");
            promised(cancelled.status == 200 && as_quoted, &cancelled)?;
            let happened = format!("50 % of 89.01 EUR is {}", money(&cancelled.json["refund"]));
            Ok((cancelled, happened))
        })
        .await?;
    report
        .step("Its place is free again at once", async {
            let next = w.post(&w.guest("next").await?, "/api/holds", &offer.hold()).await?;
            promised(next.status == 201, &next)?;
            Ok(((), format!("{} is the next guest's", next.str("/holdId"))))
        })
        .await?;
    report
        .step("Stripe has given back that much, once, however often it is cancelled", async {
            let again = w.post(&guest, &path, &json!({})).await?;
            promised(again.status == 200 && again.json["refund"] == first.json["refund"], &again)?;
            w.until(&guest, &id, "cancelled", "partially_refunded").await?;
            let refunds = w.refunds(&id_of(&w.intent_of(&id).await?)?).await?;
            promised(refunds.len() == 1 && refunds[0]["amount"] == 4451, &again)?;
            Ok(((), format!("one refund: {}", text(&refunds[0]["id"]))))
        })
        .await?;
    report
        .step("The audit trail has it", async {
            let trail = w.get(&guest, &format!("/api/bookings/{id}/events")).await?;
            let kinds = kinds(&trail);
            promised(in_order(&kinds, &["booking.cancelled", "payment.refunded"]), &trail)?;
            Ok(((), kinds.join(", ")))
        })
        .await
}

/// Search, until it offers what was made a moment ago.
async fn found(w: &World, offer: &Offer) -> Result<Answer, Trouble> {
    poll("search offers the room", PATIENCE, async || {
        let query = [
            ("resourceType", "hotel"),
            ("location", offer.place.as_str()),
            ("start", offer.start.as_str()),
            ("end", offer.end.as_str()),
            ("sort", "price"),
        ];
        let answer = w.call(Method::GET, "/api/availability")?.query(&query).send().await?;
        Ok((answer.str("/results/0/resourceId") == offer.id).then_some(answer))
    })
    .await
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}

fn kinds(trail: &Answer) -> Vec<&str> {
    let events = trail.json["results"].as_array().into_iter().flatten();
    events.filter_map(|event| event["type"].as_str()).collect()
}

/// Whether `wanted` occur in this order, whatever else is between them.
fn in_order(kinds: &[&str], wanted: &[&str]) -> bool {
    let mut rest = kinds.iter();
    wanted.iter().all(|kind| rest.any(|known| known == kind))
}
