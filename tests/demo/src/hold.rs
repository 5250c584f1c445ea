//! The last place and the two guests who want it.

use holdfast_client::{Trouble, unique};
use jiff::tz::TimeZone;
use reqwest::Method;
use serde_json::json;

use crate::report::{BrokenOff, Report};
use crate::world::{World, instant, promised, refused};

pub(crate) async fn one_table_for_two_guests(w: &World, report: &mut Report) -> Result<(), BrokenOff> {
    report.chapter("One place, two guests");
    let key = unique("key");
    let (offer, anna, bert, first) = report
        .step("The only place is held for the guest who asks first", async {
            let (offer, anna, bert) =
                (w.evening(24 * 30, 600).await?, w.guest("anna").await?, w.guest("bert").await?);
            let hold = w.post_keyed(&anna, &key, "/api/holds", &offer.hold()).await?;
            promised(hold.status == 201 && hold.str("/status") == "active", &hold)?;
            let happened = format!("{} is Anna's until {}", hold.str("/holdId"), hold.str("/expiresAt"));
            Ok(((offer, anna, bert, hold), happened))
        })
        .await?;
    report
        .step("The same request again gets the first answer, and takes nothing more", async {
            let again = w.post_keyed(&anna, &key, "/api/holds", &offer.hold()).await?;
            let same = again.status == 200 && again.is_replay() && again.text == first.text;
            promised(same, &again)?;
            Ok(((), "200, Idempotent-Replayed: true, the identical body".to_owned()))
        })
        .await?;
    report
        .step("The same key for another request is refused", async {
            let mut other = offer.hold();
            other["quantity"] = json!(2);
            let answer = w.post_keyed(&anna, &key, "/api/holds", &other).await?;
            refused(&answer, 422, "idempotency_key_reused")?;
            Ok(((), "422 idempotency_key_reused".to_owned()))
        })
        .await?;
    report
        .step("For anybody else it is sold out", async {
            let answer = w.post(&bert, "/api/holds", &offer.hold()).await?;
            refused(&answer, 409, "sold_out")?;
            promised(answer.int("/available") == Some(0), &answer)?;
            Ok(((), "409 sold_out, 0 available".to_owned()))
        })
        .await?;
    report
        .step("Somebody else's hold does not exist", async {
            let answer = w.get(&bert, &format!("/api/holds/{}", first.str("/holdId"))).await?;
            promised(answer.status == 404, &answer)?;
            Ok(((), "404".to_owned()))
        })
        .await?;
    report
        .step("Released, it is free for the next at once", async {
            let path = format!("/api/holds/{}", first.str("/holdId"));
            let released = w.call(Method::DELETE, &path)?.token(&anna.token).send().await?;
            promised(released.status == 204, &released)?;
            let next = w.post(&bert, "/api/holds", &offer.hold()).await?;
            promised(next.status == 201, &next)?;
            Ok(((), format!("204, and {} is Bert's", next.str("/holdId"))))
        })
        .await?;
    report
        .step("An operator lets one place more be sold than there are: one is, and not two", async {
            let evening = instant(&offer.start)?.to_zoned_datetime(zone("Europe/Paris")?).date();
            let next = evening.tomorrow().map_err(Trouble::unexpected)?;
            let body = json!({"from": evening.to_string(), "to": next.to_string(), "overbooking": 1});
            let path = format!("/api/resources/{}/inventory", offer.id);
            let set = w.call(Method::PATCH, &path)?.token(&w.operator.token).json(&body).send().await?;
            promised(set.status == 200, &set)?;
            let beyond = w.post(&anna, "/api/holds", &offer.hold()).await?;
            promised(beyond.status == 201, &beyond)?;
            refused(&w.post(&w.guest("carla").await?, "/api/holds", &offer.hold()).await?, 409, "sold_out")?;
            Ok(((), format!("{} beyond the one is Anna's, then 409 sold_out", beyond.str("/holdId"))))
        })
        .await
}

fn zone(name: &str) -> Result<TimeZone, Trouble> {
    TimeZone::get(name).map_err(Trouble::unexpected)
}
