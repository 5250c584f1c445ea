//! A house with its taxes, staff of another house, and a rate for one company.

use holdfast_client::{Pool, Trouble, unique};
use reqwest::Method;
use serde_json::{Value, json};

use crate::report::{BrokenOff, Report};
use crate::world::{Guest, Offer, World, money, promised, refused};

/// A hotel that takes 4.50 dollars for each guest and night at the desk.
fn house() -> Value {
    json!({
        "propertyType": "hotel", "name": "The Demo", "timeZone": "America/New_York", "currency": "USD",
        "address": {
            "lines": ["1 Demo Street"], "city": "New York", "region": "NY", "postalCode": "10013", "country": "US"
        },
        "position": {"latitude": 40.72, "longitude": -74.0},
        "contact": {"email": "desk@demo.example", "phone": "+12125550100", "website": "https://demo.example"},
        "houseRules": "Quiet from 22:00.",
        "taxes": [{
            "chargeId": "city-tax", "name": "City tax", "kind": "tax", "amount": 450, "per": "guest_slot",
            "refundable": true, "due": "at_property"
        }]
    })
}

/// A plan for everybody, and one of 30 dollars less for a company's guests.
fn card() -> Value {
    let plan = |id: &str, name: &str, base: i64| {
        json!({
            "planId": id, "name": name, "price": {"base": base}, "payment": "now",
            "cancellation": {"steps": [{"daysBefore": 2, "keepPercent": 0}]}
        })
    };
    let mut company = plan("acme", "Acme Corporation", 9_900);
    company["group"] = json!("acme");
    json!({"currency": "USD", "defaultPlan": "flexible", "plans": [plan("flexible", "Flexible", 12_900), company]})
}

async fn in_groups(w: &World, pool: Pool, scope: &str, groups: &str) -> Result<Guest, Trouble> {
    let sub = unique("demo");
    let form = [("sub", sub.as_str()), ("scope", scope), ("groups", groups)];
    let token = w.token_of(pool, &form).await?;
    Ok(Guest { sub, token })
}

async fn staff(w: &World, groups: &str) -> Result<Guest, Trouble> {
    in_groups(w, Pool::Staff, "booking/operator", groups).await
}

async fn put(w: &World, by: &Guest, path: &str, body: &Value) -> Result<(), Trouble> {
    let answer = w.call(Method::PUT, path)?.token(&by.token).json(body).send().await?;
    promised(answer.status < 300, &answer)
}

pub(crate) async fn every_house_has_its_own(w: &World, report: &mut Report) -> Result<(), BrokenOff> {
    report.chapter("Every house has its own");
    let (room, quote) = report
        .step("A house names its city tax once, and every room of it takes the tax from then on", async {
            let property = unique("demo");
            let platform = staff(w, "platform").await?;
            put(w, &platform, &format!("/api/properties/{property}"), &house()).await?;
            let desk = staff(w, &format!("property.{property}")).await?;
            let room = w.room_of(&property, &desk).await?;
            put(w, &desk, &format!("/api/resources/{}/rates", room.id), &card()).await?;
            let mut quote = room.hold();
            quote["units"] = json!([{"adults": 2}]);
            let quoted = w.post(&w.guest("guest").await?, "/api/quotes", &quote).await?;
            let offer = &quoted.json["offers"][0];
            promised(offer["payAtProperty"]["amount"] == 1_800, &quoted)?;
            let happened =
                format!("{} now, and {} at the desk", money(&offer["price"]), money(&offer["payAtProperty"]));
            Ok(((room, quote), happened))
        })
        .await?;
    report
        .step("For staff of another house the room does not exist", async {
            let other = staff(w, &format!("property.{}", unique("other"))).await?;
            let path = format!("/api/resources/{}/rates", room.id);
            refused(&w.get(&other, &path).await?, 404, "not_found")?;
            Ok(((), "404 not_found, as for a room that nobody has".to_owned()))
        })
        .await?;
    a_rate_for_one_company(w, report, &room, &quote).await
}

/// What a plan of a group is to others.
async fn a_rate_for_one_company(
    w: &World,
    report: &mut Report,
    room: &Offer,
    quote: &Value,
) -> Result<(), BrokenOff> {
    report
        .step("A company's rate is offered to its guests, and exists for nobody else", async {
            let member = in_groups(w, Pool::Guests, "booking/guest", "rate.acme").await?;
            let guest = w.guest("guest").await?;
            let plans = async |of: &Guest| {
                let quoted = w.post(of, "/api/quotes", quote).await?;
                let offers = quoted.json["offers"].as_array().map(Vec::len);
                Ok::<_, Trouble>((offers, quoted))
            };
            let (ours, theirs) = (plans(&member).await?, plans(&guest).await?);
            promised(ours.0 == Some(2), &ours.1)?;
            promised(theirs.0 == Some(1), &theirs.1)?;
            let mut hold = room.hold();
            hold["ratePlanId"] = json!("acme");
            refused(&w.post(&guest, "/api/holds", &hold).await?, 422, "validation_failed")?;
            let held = w.post(&member, "/api/holds", &hold).await?;
            promised(held.status == 201 && held.int("/price/amount") == Some(19_800), &held)?;
            let usual = money(&ours.1.json["offers"][0]["price"]);
            Ok(((), format!("{} for them, {usual} for everybody", money(&held.json["price"]))))
        })
        .await
}
