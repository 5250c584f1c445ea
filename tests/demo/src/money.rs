//! What is free, and what becomes of money after it was taken.

use holdfast_client::stripe::{ACCEPTED, id_of};
use serde_json::json;

use crate::report::{BrokenOff, Report};
use crate::world::{World, promised};

pub(crate) async fn what_costs_nothing_needs_no_card(
    w: &World,
    report: &mut Report,
) -> Result<(), BrokenOff> {
    report.chapter("What costs nothing needs no card");
    report
        .step("An evening for 0.00 EUR is confirmed at once, and Stripe is never asked", async {
            let (offer, guest) = (w.evening_for(0, 24 * 30, 600).await?, w.guest("guest").await?);
            let hold = w.post(&guest, "/api/holds", &offer.hold()).await?;
            let booking = w.post(&guest, "/api/bookings", &json!({"holdId": hold.str("/holdId")})).await?;
            promised(booking.status == 201 && booking.str("/status") == "confirmed", &booking)?;
            let asked = w.stripe_requests(booking.str("/bookingId"), "").await?;
            promised(asked.is_empty(), &booking)?;
            Ok(((), format!("{} without a payment method", booking.str("/confirmationNumber"))))
        })
        .await
}

pub(crate) async fn the_bank_comes_back_days_later(w: &World, report: &mut Report) -> Result<(), BrokenOff> {
    report.chapter("The bank comes back, days later");
    let (guest, id, intent) = report
        .step("The card's bank disputes a payment: the booking stands, and says so", async {
            let (offer, guest) = (w.evening(24 * 30, 600).await?, w.guest("guest").await?);
            let hold = w.post(&guest, "/api/holds", &offer.hold()).await?;
            let booking = w.pay(&guest, hold.str("/holdId"), ACCEPTED).await?;
            promised(booking.status == 201, &booking)?;
            let id = booking.str("/bookingId").to_owned();
            let intent = id_of(&w.intent_of(&id).await?)?;
            w.dispute(&intent, "needs_response").await?;
            w.until(&guest, &id, "confirmed", "disputed").await?;
            let happened = format!("{id} is confirmed, its money disputed");
            Ok(((guest, id, intent), happened))
        })
        .await?;
    report
        .step("The dispute is won: the money is there again", async {
            w.dispute(&intent, "won").await?;
            w.until(&guest, &id, "confirmed", "captured").await?;
            Ok(((), "paymentStatus is captured, as before".to_owned()))
        })
        .await?;
    report
        .step("Cancelled, and the refund comes back from a closed account: it is told as failed", async {
            let cancelled = w.post(&guest, &format!("/api/bookings/{id}/cancel"), &json!({})).await?;
            promised(cancelled.status == 200, &cancelled)?;
            w.until(&guest, &id, "cancelled", "refunded").await?;
            for refund in w.refunds(&intent).await? {
                w.refund_ends(&id_of(&refund)?, "failed").await?;
            }
            let failed = w.until(&guest, &id, "cancelled", "captured").await?;
            promised(failed.str("/cancellation/refund/status") == "failed", &failed)?;
            Ok(((), "refund.status is failed; a person is asked, nothing is paid twice".to_owned()))
        })
        .await
}
