//! What a stay costs, line by line, and what each plan gives back.

use holdfast_client::stripe::ACCEPTED;
use holdfast_client::{Answer, poll};
use reqwest::Method;
use serde_json::{Value, json};

use crate::report::{BrokenOff, Report};
use crate::world::{Guest, Offer, PATIENCE, World, money, promised, refused};

/// A flexible plan of 129 dollars a night and one of 15 % less that gives nothing back, a tax on top, two codes, one of them for one use,
/// and no single night.
fn card(base: i64) -> Value {
    json!({
        "currency": "USD", "defaultPlan": "flexible",
        "plans": [
            {
                "planId": "flexible", "name": "Flexible", "price": {"base": base}, "payment": "now",
                "cancellation": {"steps": [{"daysBefore": 2, "keepPercent": 0}, {"hoursBefore": 0, "keepSlots": 1}]}
            },
            {
                "planId": "saver", "name": "Saver", "payment": "now",
                "price": {"derivedFrom": "flexible", "percent": -15}
            }
        ],
        "charges": [{
            "chargeId": "room-tax", "name": "Room tax", "kind": "tax", "percent": 14.75, "on": ["stay"],
            "refundable": true, "due": "now"
        }],
        "restrictions": [
            {"restrictionId": "two-nights", "name": "Two nights at least", "limits": {"stayMinOnArrival": 2}}
        ],
        "promotions": [
            {"code": "WELCOME10", "name": "Welcome", "percent": 10},
            {"code": "LASTONE", "name": "The last one", "percent": 20, "usesMax": 1}
        ]
    })
}

async fn put_card(w: &World, room: &Offer, base: i64) -> Result<Answer, holdfast_client::Trouble> {
    let path = format!("/api/resources/{}/rates", room.id);
    w.call(Method::PUT, &path)?.token(&w.operator.token).json(&card(base)).send().await
}

/// The lines of an offer, a hold or a booking for people: `Stay 219.30, Welcome -21.93`.
fn lines(priced: &Value) -> String {
    let line = |line: &Value| {
        let amount = line["amount"]["amount"].as_i64().unwrap_or_default();
        let sign = if amount < 0 { "-" } else { "" };
        let (units, cents) = (amount.abs() / 100, amount.abs() % 100);
        format!("{} {sign}{units}.{cents:02}", line["name"].as_str().unwrap_or_default())
    };
    let all = priced["lines"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().map(line).collect::<Vec<_>>().join(", ")
}

pub(crate) async fn every_price_has_its_reasons(w: &World, report: &mut Report) -> Result<(), BrokenOff> {
    report.chapter("Every price has its reasons");
    let (room, guest, offers) = report
        .step("A quote names every plan, line by line, with a code's discount and the tax", async {
            let (room, guest) = (w.room(3).await?, w.guest("guest").await?);
            let put = put_card(w, &room, 12_900).await?;
            promised(put.status == 200, &put)?;
            let mut asked = room.hold();
            asked["promotionCode"] = json!("welcome10");
            let quoted = w.post(&guest, "/api/quotes", &asked).await?;
            let offers = quoted.json["offers"].clone();
            let prices = (offers[0]["price"]["amount"].as_i64(), offers[1]["price"]["amount"].as_i64());
            promised(quoted.status == 200 && prices == (Some(26_645), Some(22_648)), &quoted)?;
            Ok((
                (room, guest, offers.clone()),
                format!("{}: {}", money(&offers[1]["price"]), lines(&offers[1])),
            ))
        })
        .await?;
    report
        .step("The plan does not sell a single night, and says why, and what would do", async {
            let mut one = room.hold();
            one["endTime"] = json!(next_day(&room.start));
            let none = w.post(&guest, "/api/holds", &one).await?;
            refused(&none, 409, "rate_not_available")?;
            promised(none.int("/nearest/slots") == Some(2), &none)?;
            Ok((
                (),
                format!("409 rate_not_available: {}; two nights would do", none.str("/reasons/0/reason")),
            ))
        })
        .await?;
    let id = report
        .step("Its price doubles, and the quoted one is honoured, held and charged", async {
            let put = put_card(w, &room, 25_800).await?;
            promised(put.status == 200, &put)?;
            let mut quoted = room.hold();
            quoted["quoteId"] = offers[1]["quoteId"].clone();
            let hold = w.post(&guest, "/api/holds", &quoted).await?;
            promised(hold.status == 201 && hold.int("/price/amount") == Some(22_648), &hold)?;
            let booking = w.pay(&guest, hold.str("/holdId"), ACCEPTED).await?;
            promised(booking.status == 201 && booking.json["lines"] == offers[1]["lines"], &booking)?;
            let happened =
                format!("{} under {}", money(&booking.json["price"]), booking.str("/ratePlan/name"));
            Ok((booking.str("/bookingId").to_owned(), happened))
        })
        .await?;
    nothing_comes_back(w, report, &guest, &id).await?;
    a_code_for_one_use(w, report, &room, &guest).await?;
    the_desk_and_the_books(w, report, &room, &guest).await
}

/// A code that is good once goes from hand to hand.
async fn a_code_for_one_use(
    w: &World,
    report: &mut Report,
    room: &Offer,
    guest: &Guest,
) -> Result<(), BrokenOff> {
    report
        .step("A code for one use is used by whoever holds with it, and given back with the hold", async {
            let other = w.guest("guest").await?;
            let mut coded = room.hold();
            coded["promotionCode"] = json!("LASTONE");
            let first = w.post(&other, "/api/holds", &coded).await?;
            promised(first.status == 201, &first)?;
            let second = w.post(guest, "/api/holds", &coded).await?;
            refused(&second, 422, "validation_failed")?;
            let path = format!("/api/holds/{}", first.str("/holdId"));
            let released = w.call(Method::DELETE, &path)?.token(&other.token).send().await?;
            promised(released.status == 204, &released)?;
            let then = w.post(guest, "/api/holds", &coded).await?;
            promised(then.status == 201, &then)?;
            Ok(((), format!("201, 422, and 201 again: {}", lines(&then.json))))
        })
        .await
}

/// What staff may ask for, and what the books have of it.
async fn the_desk_and_the_books(
    w: &World,
    report: &mut Report,
    room: &Offer,
    guest: &Guest,
) -> Result<(), BrokenOff> {
    report
        .step("The desk sells the stay for a price of its own, with its reason and the same tax", async {
            let mut agreed = room.hold();
            agreed["priceOverride"] =
                json!({"amount": 20_000, "currency": "USD", "reason": "Regular guest, agreed by phone"});
            let hold = w.post(&w.operator, "/api/holds", &agreed).await?;
            promised(hold.status == 201 && hold.int("/price/amount") == Some(22_950), &hold)?;
            let path = format!("/api/holds/{}", hold.str("/holdId"));
            let released = w.call(Method::DELETE, &path)?.token(&w.operator.token).send().await?;
            promised(released.status == 204, &released)?;
            Ok(((), format!("{}: {}", money(&hold.json["price"]), lines(&hold.json))))
        })
        .await?;
    report
        .step("A payment and its refund have receipts, numbered without a gap", async {
            let hold = w.post(guest, "/api/holds", &room.hold()).await?;
            let booking = w.pay(guest, hold.str("/holdId"), ACCEPTED).await?;
            promised(booking.status == 201, &booking)?;
            let path = format!("/api/bookings/{}", booking.str("/bookingId"));
            let cancelled = w.post(guest, &format!("{path}/cancel"), &json!({})).await?;
            promised(cancelled.status == 200, &cancelled)?;
            let receipts = poll("two receipts", PATIENCE, async || {
                let list = w.get(guest, &format!("{path}/receipts")).await?;
                Ok((list.json["results"].as_array().map(Vec::len) == Some(2)).then_some(list))
            })
            .await?;
            let number = |which: usize| receipts.int(&format!("/results/{which}/number")).unwrap_or_default();
            let kinds = (receipts.str("/results/0/kind"), receipts.str("/results/1/kind"));
            promised(kinds == ("payment", "refund") && number(1) == number(0) + 1, &receipts)?;
            let tax = &receipts.json["results"][0]["taxes"][0]["amount"];
            Ok(((), format!("numbers {} and {}, {} of each is tax", number(0), number(1), money(tax))))
        })
        .await
}

/// What the saver plan says beforehand, and does.
async fn nothing_comes_back(
    w: &World,
    report: &mut Report,
    guest: &Guest,
    id: &str,
) -> Result<(), BrokenOff> {
    report
        .step("Cancelled, the plan gives nothing back, as it said before", async {
            let said = w.get(guest, &format!("/api/bookings/{id}/cancellation")).await?;
            promised(said.int("/refund/amount") == Some(0) && said.json["cancellable"] == true, &said)?;
            let cancelled = w.post(guest, &format!("/api/bookings/{id}/cancel"), &json!({})).await?;
            promised(cancelled.status == 200 && cancelled.int("/refund/amount") == Some(0), &cancelled)?;
            Ok(((), format!("{} kept, {} back", money(&said.json["kept"]), money(&cancelled.json["refund"]))))
        })
        .await
}

/// The date after one.
fn next_day(date: &str) -> String {
    let date: Option<jiff::civil::Date> = date.parse().ok();
    date.and_then(|date| date.tomorrow().ok()).map(|date| date.to_string()).unwrap_or_default()
}
