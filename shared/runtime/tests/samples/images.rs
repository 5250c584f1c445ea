//! Stream records, made of what the ledger really writes.

use std::collections::BTreeSet;

use holdfast_adapters_dynamodb::Item;
use holdfast_app::Clock;
use holdfast_app::bookings::BookingCommit;
use holdfast_app::catalogue::{DatesEdit, Edit, Precondition, Run, TermsCommit};
use holdfast_app::properties::PropertyCommit;
use holdfast_app::rates::{CardUse, Line, LineEdit, Rates};
use holdfast_domain::catalogue::{DateFactsEdit, Label};
use holdfast_domain::properties::{Address, AddressLine, Country, PropertyContact};
use holdfast_domain::rates::charge::{Charge, ChargeKind, Due, Levy, Per, Validity};
use holdfast_domain::rates::condition::DateRange;
use holdfast_domain::rates::dated_edit::{Change, DatedEdit, LimitsEdit};
use holdfast_domain::rates::ids::ChargeId;
use holdfast_domain::rates::promotion::UseLimits;
use holdfast_domain::{
    Booking, BookingEvent, Hold, InventoryMove, PaymentStep, Property, PropertyId, PropertyTerms, Resource,
};
use holdfast_testkit::{
    Database, Store, TestClock, at, card_at, charge_rules, money, nightly_resource, platform, rated,
    with_promotion,
};
use jiff::SignedDuration;
use jiff::civil::date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use aws_sdk_dynamodb::types::AttributeValue;

use crate::golden::check;
use crate::messages::{NOW, booking, hold, mutation};

fn value_json(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(flag) => json!({ "BOOL": flag }),
        AttributeValue::Null(flag) => json!({ "NULL": flag }),
        AttributeValue::L(list) => json!({ "L": list.iter().map(value_json).collect::<Vec<_>>() }),
        AttributeValue::M(map) => json!({ "M": image(map) }),
        other => panic!("the ledger has no {other:?}"),
    }
}

fn image(item: &Item) -> Map<String, Value> {
    let mut names: Vec<&String> = item.keys().collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), value_json(&item[name]))).collect()
}

fn record(event: &str, new: Option<&Item>, old: Option<&Item>, table: &str) -> Value {
    let keys: Map<String, Value> = image(new.or(old).expect("an image"))
        .into_iter()
        .filter(|(name, _)| name == "pk" || name == "sk")
        .collect();
    let mut change = json!({
        "ApproximateCreationDateTime": at(NOW).as_second(),
        "Keys": keys,
        "SequenceNumber": "111000000000000000000001",
        "SizeBytes": 1024,
        "StreamViewType": if new.is_some() { "NEW_AND_OLD_IMAGES" } else { "OLD_IMAGE" },
    });
    for (name, image_of) in [("NewImage", new), ("OldImage", old)] {
        if let Some(item) = image_of {
            change[name] = Value::Object(image(item));
        }
    }
    let mut record = json!({
        "eventID": "c4ca4238a0b923820dcc509a6f75849b",
        "eventName": event,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": change,
        "eventSourceARN": format!("arn:aws:dynamodb:us-east-1:000000000000:table/{table}/stream/sample"),
    });
    if event == "REMOVE" {
        record["userIdentity"] = json!({"type": "Service", "principalId": "dynamodb.amazonaws.com"});
    }
    json!({ "Records": [record] })
}

struct Tables {
    database: Database,
    store: Store,
}

impl Tables {
    async fn start(clock: &TestClock) -> Self {
        let database = Database::start(clock).await;
        let store = database.store();
        Self { database, store }
    }

    async fn item(&self, table: &str, key: &[(&str, &str)]) -> Item {
        let mut get = self.database.client.get_item().table_name(table);
        for (name, value) in key {
            get = get.key(*name, AttributeValue::S((*value).to_owned()));
        }
        get.send().await.expect("an answer").item.unwrap_or_else(|| panic!("no item {key:?}"))
    }
}

/// A house with a city tax.
fn property() -> Property {
    let label = |text| Label::parse(text).expect("a label");
    let line = |text| AddressLine::parse(text).expect("a line");
    let country = Country::parse("US").expect("a country");
    let address = Address::new(vec![line("1 Grand Street")], line("New York"), None, None, country);
    let city_tax = Charge {
        id: ChargeId::parse("city-tax").expect("a name"),
        name: label("City tax"),
        kind: ChargeKind::Tax,
        included: false,
        levy: Levy::Amount { amount: money(200), per: Per::GuestSlot },
        on: BTreeSet::new(),
        valid: Validity::default(),
        exempt_to_age: None,
        slots_max: None,
        before_discounts: false,
        refundable: true,
        due: Due::AtProperty,
    };
    let terms = PropertyTerms {
        kind: label("hotel"),
        name: label("The Grand"),
        address: address.expect("an address"),
        position: None,
        time_zone: TimeZone::get("America/New_York").expect("a zone"),
        currency: money(0).currency(),
        contact: PropertyContact::default(),
        house_rules: None,
        taxes: vec![city_tax],
    };
    Property::create(PropertyId::parse("hotel-nyc").expect("an id"), terms)
}

#[tokio::test]
async fn there_is_a_sample_of_every_record() {
    let clock = TestClock::at(at(NOW));
    let tables = Tables::start(&clock).await;
    let resource = nightly_resource("hotel-nyc-deluxe", 3, 600);
    let hold = hold();
    let created = TermsCommit::new(None, &resource, &mutation());
    tables.store.catalogue.put_resource(&created).await.expect("a resource");
    let resource = created.next;
    let listed = tables.item(Database::LEDGER, &[("pk", "R#hotel-nyc-deluxe"), ("sk", "R")]).await;
    check("stream", "ledger-resource", &record("INSERT", Some(&listed), None, Database::LEDGER));

    tables.store.holds.place(&[&resource], &hold, &mutation()).await.expect("a hold");
    let page = tables.item(Database::LEDGER, &[("pk", "R#hotel-nyc-deluxe"), ("sk", "P#2026-06")]).await;
    check("stream", "ledger-page", &record("INSERT", Some(&page), None, Database::LEDGER));
    let kept = tables.item(Database::HOLDS, &[("pk", &format!("H#{}", hold.id))]).await;
    check("stream", "holds-ttl", &record("REMOVE", None, Some(&kept), Database::HOLDS));

    let (from, to) = (date(2026, 8, 1), date(2026, 8, 3));
    let edit = DatesEdit {
        from,
        to,
        set: DateFactsEdit { capacity: Some(2), closed: Some(true), ..DateFactsEdit::default() },
    };
    let by = mutation();
    let edited = Edit::new(tables.store.catalogue.as_ref(), Run::Real, &by);
    edited.set_dates(&resource, &edit, &mut None).await.expect("two nights are closed");
    let facts = tables.item(Database::LEDGER, &[("pk", "R#hotel-nyc-deluxe"), ("sk", "D#2026-08")]).await;
    check("stream", "ledger-facts", &record("INSERT", Some(&facts), None, Database::LEDGER));

    let id = holdfast_app::kernel::hold_id(&hold.order.guest, "with a code");
    let limits = UseLimits { in_all: Some(100), per_guest: None };
    let with_code = with_promotion(Hold { id, ..hold.clone() }, "SUMMER-10", limits);
    tables.store.holds.place(&[&resource], &with_code, &mutation()).await.expect("a use");
    let uses = [("pk", "PC#hotel-nyc-deluxe"), ("sk", "C#SUMMER-10")];
    let uses = tables.item(Database::LEDGER, &uses).await;
    check("stream", "ledger-promotion-uses", &record("INSERT", Some(&uses), None, Database::LEDGER));
    let house = PropertyCommit::new(None, &property(), &mutation());
    tables.store.properties.put_property(&house).await.expect("a property");
    let put = tables.item(Database::LEDGER, &[("pk", "PR#hotel-nyc"), ("sk", "PR")]).await;
    check("stream", "ledger-property", &record("INSERT", Some(&put), None, Database::LEDGER));

    let deadline = clock.now().checked_add(SignedDuration::from_secs(900)).expect("in range");
    let claim = InventoryMove::Claim { deadline };
    let commit = BookingCommit::new(&booking(), BookingEvent::Requested, claim, &mutation());
    let pk = format!("B#{}", commit.booking.id);
    tables.store.bookings.commit(&commit).await.expect("a booking");
    let event = tables.item(Database::LEDGER, &[("pk", &pk), ("sk", "E#000001")]).await;
    check("stream", "ledger-audit", &record("INSERT", Some(&event), None, Database::LEDGER));
    rates(&tables, &resource).await;
}

/// What is sold by rates: a card, what is set for dates, and a booking that is confirmed by them.
async fn rates(tables: &Tables, resource: &Resource) {
    let store = &tables.store;
    let rates =
        Rates::new(store.catalogue.clone(), store.rates.clone(), store.versions.clone(), charge_rules());
    let (card, staff, by) = (card_at(money(12_900)), platform(), mutation());
    let (holds, none) = (CardUse::From(None), Precondition::None);
    rates.put(&staff, &resource.id, &card, holds, &none, Run::Real, &by).await.expect("a card");
    let put = tables.item(Database::LEDGER, &[("pk", "R#hotel-nyc-deluxe"), ("sk", "T")]).await;
    check("stream", "ledger-rates", &record("INSERT", Some(&put), None, Database::LEDGER));
    let edit = DatedEdit {
        plan: card.default_plan,
        dates: DateRange { from: date(2026, 8, 1), to: date(2026, 8, 3) },
        weekdays: Vec::new(),
        price: Change::Set(money(14_900)),
        limits: LimitsEdit::default(),
    };
    let line = Line { resources: vec![resource.id.clone()], edit: LineEdit::Set(edit) };
    rates.set_dates(&staff, &[line], Run::Real, &by).await.expect("dates are set");
    let set = tables.item(Database::LEDGER, &[("pk", "R#hotel-nyc-deluxe"), ("sk", "T#2026-08")]).await;
    check("stream", "ledger-month-rates", &record("INSERT", Some(&set), None, Database::LEDGER));

    let mut hold = hold();
    hold.id = holdfast_app::kernel::hold_id(&hold.order.guest, "by a rate");
    hold.order = rated(hold.order);
    store.holds.place(&[resource], &hold, &by).await.expect("a hold");
    let mut booking = Booking {
        id: holdfast_app::kernel::booking_id(&hold.order.guest, "by a rate"),
        hold: hold.id,
        order: hold.order,
        ..booking()
    };
    let pk = format!("B#{}", booking.id);
    let keep = |step| (BookingEvent::first_payment(step), InventoryMove::Keep);
    let mut before = None;
    for (event, inventory) in [
        (
            BookingEvent::Requested,
            InventoryMove::Claim { deadline: at(NOW) + SignedDuration::from_secs(900) },
        ),
        keep(PaymentStep::Created { intent: "pi_1".to_owned() }),
        keep(PaymentStep::Authorized),
        (BookingEvent::Confirmed, InventoryMove::Confirm),
    ] {
        if booking.version > 1 {
            before = Some(tables.item(Database::LEDGER, &[("pk", &pk), ("sk", "B")]).await);
        }
        let commit = BookingCommit::new(&booking, event, inventory, &by);
        store.bookings.commit(&commit).await.expect("committed");
        booking = commit.booking;
    }
    let after = tables.item(Database::LEDGER, &[("pk", &pk), ("sk", "B")]).await;
    let confirmed = record("MODIFY", Some(&after), before.as_ref(), Database::LEDGER);
    check("stream", "ledger-confirmed", &confirmed);
}
