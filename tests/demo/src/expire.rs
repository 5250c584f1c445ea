//! Time passes: a hold that nobody pays, and a payment that comes when the hold is gone.

use holdfast_client::stripe::{ACCEPTED, THREE_D_SECURE, id_of};
use holdfast_client::{Trouble, now, wait_past};

use crate::report::{BrokenOff, Report};
use crate::world::{World, instant, promised, refused};

pub(crate) async fn a_hold_expires(w: &World, report: &mut Report) -> Result<(), BrokenOff> {
    report.chapter("A hold expires");
    let (offer, guest, hold) = report
        .step("A hold of two seconds keeps everybody else away for two seconds", async {
            let (offer, guest) = (w.evening(24 * 30, 2).await?, w.guest("guest").await?);
            let hold = w.post(&guest, "/api/holds", &offer.hold()).await?;
            promised(hold.status == 201, &hold)?;
            let other = w.post(&w.guest("other").await?, "/api/holds", &offer.hold()).await?;
            refused(&other, 409, "sold_out")?;
            let happened = format!("held until {}, sold out for others", hold.str("/expiresAt"));
            Ok(((offer, guest, hold), happened))
        })
        .await?;
    report
        .step("The instant it has passed, the next caller has the place", async {
            let expires_at = instant(hold.str("/expiresAt"))?;
            let next = w.guest("next").await?;
            wait_past(expires_at).await;
            let taken = w.post(&next, "/api/holds", &offer.hold()).await?;
            promised(taken.status == 201, &taken)?;
            let late = now().duration_since(expires_at).as_millis();
            Ok(((), format!("taken, answered {late} ms after the expiry")))
        })
        .await?;
    report
        .step("What has expired cannot be paid", async {
            let answer = w.pay(&guest, hold.str("/holdId"), ACCEPTED).await?;
            refused(&answer, 409, "hold_expired")?;
            Ok(((), "409 hold_expired, and no bank was asked".to_owned()))
        })
        .await
}

pub(crate) async fn a_payment_comes_too_late(w: &World, report: &mut Report) -> Result<(), BrokenOff> {
    report.chapter("A payment comes too late");
    let (offer, guest, pending) = report
        .step("The customer lets even the prolonged time pass", async {
            let (offer, guest) = (w.evening(24 * 30, 2).await?, w.guest("slow").await?);
            let hold = w.post(&guest, "/api/holds", &offer.hold()).await?;
            let pending = w.pay(&guest, hold.str("/holdId"), THREE_D_SECURE).await?;
            promised(pending.status == 202, &pending)?;
            wait_past(instant(pending.str("/expiresAt"))?).await;
            let after = w.get(&guest, &format!("/api/holds/{}", hold.str("/holdId"))).await?;
            promised(after.str("/status") == "expired", &after)?;
            Ok(((offer, guest, pending), "the hold has expired".to_owned()))
        })
        .await?;
    report
        .step("Somebody else books the place", async {
            let other = w.guest("quick").await?;
            let hold = w.post(&other, "/api/holds", &offer.hold()).await?;
            let paid = w.pay(&other, hold.str("/holdId"), ACCEPTED).await?;
            promised(paid.status == 201, &paid)?;
            Ok(((), format!("201, {}", paid.str("/confirmationNumber"))))
        })
        .await?;
    report
        .step("The late consent takes no money: exactly one void, and the booking has failed", async {
            let id = pending.str("/bookingId");
            w.authenticate(&w.intent_of(id).await?, true).await?;
            w.until(&guest, id, "failed", "voided").await?;
            let intent = w.intent_of(id).await?;
            let voids = w.effects(&id_of(&intent)?, "cancel").await?;
            let kept = intent["amount_received"].as_i64();
            if (voids, kept) != (1, Some(0)) {
                return Err(Trouble::unexpected(format!("{voids} voids of {intent}")));
            }
            Ok(((), "failed and voided; Stripe received 0.00 EUR".to_owned()))
        })
        .await
}
