//! Taxes of a property: they are in every price of its resources' rate cards, as if they were written there, for whoever asks.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use holdfast_app::catalogue::{Calendars, Precondition, Run};
use holdfast_app::holds::Holds;
use holdfast_app::kernel::Field;
use holdfast_app::properties::PropertyReader;
use holdfast_app::rates::{CardUse, Pricing, QuoteRequest, QuotedPlans, Quotes, RateChoice};
use holdfast_app::search::Projection;
use holdfast_app::{Caller, Failure, StoreError};
use holdfast_domain::bookings::{Price, PriceLine};
use holdfast_domain::catalogue::Label;
use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::charge::{Charge, ChargeKind, Due, Levy, Per, Validity};
use holdfast_domain::rates::ids::{ChargeId, TaxCategory};
use holdfast_domain::rates::percentage::Percentage;
use holdfast_domain::{Currency, Money, Property, PropertyId, PropertyTerms, Resource};
use holdfast_testkit::{QUOTE_KEY, charge_rules, money, nightly_resource, quote_seals};
use jiff::civil::date;
use serde_json::json;

use crate::properties::{id, properties, terms};
use crate::rated::{card, place, put, quote, room};
use crate::search::query;
use crate::world::{NIGHT, PRICE, World, guest, hold_request, key, operator, when};

/// Longer than rates are remembered.
const LATER: i64 = 6;
/// 2.00 of the one guest, at the place.
const CITY_TAX: i64 = 200;
/// 10 % of a night.
const VAT: i64 = PRICE / 10;

fn tax(name: &str, levy: Levy, due: Due) -> Charge {
    let is_percent = matches!(levy, Levy::Percent(_));
    Charge {
        id: ChargeId::parse(name).expect("a name"),
        name: Label::parse(name).expect("a label"),
        kind: ChargeKind::Tax,
        included: false,
        levy,
        on: is_percent.then(TaxCategory::stay).into_iter().collect(),
        valid: Validity::default(),
        exempt_to_age: None,
        slots_max: None,
        before_discounts: false,
        refundable: true,
        due,
    }
}

/// An amount per guest and night.
fn city_tax(amount: Money) -> Charge {
    tax("city-tax", Levy::Amount { amount, per: Per::GuestSlot }, Due::AtProperty)
}

pub(crate) fn vat(percent: &str) -> Charge {
    tax("vat", Levy::Percent(Percentage::parse(percent).expect("a percentage")), Due::Now)
}

fn both() -> Vec<Charge> {
    vec![city_tax(money(CITY_TAX)), vat("10")]
}

async fn try_taxes(w: &World, taxes: Vec<Charge>) -> Result<Property, Failure> {
    let terms = PropertyTerms { taxes, ..terms("House") };
    let (none, by) = (Precondition::None, w.by("operator"));
    let put = properties(&w.store).put(&operator(), &id("house"), &terms, &none, Run::Real, &by).await;
    put.map(|put| put.property)
}

pub(crate) async fn put_taxes(w: &World, taxes: Vec<Charge>) -> Property {
    try_taxes(w, taxes).await.expect("a property")
}

pub(crate) async fn project(w: &World, property: &Property) {
    let store = &w.store;
    let projection =
        Projection::new(store.catalogue.clone(), store.rates.clone(), store.index_writer.clone());
    projection.batch().on_property(property).await.expect("a projection");
}

/// The room, of a property.
fn room_of_house() -> Resource {
    let mut room = room();
    room.terms.property = Some(id("house"));
    room
}

/// A property with such taxes, and a room of it with that card, as search has them too.
async fn housed(taxes: Vec<Charge>, card: &RateCard) -> Arc<World> {
    let w = World::start().await;
    let house = put_taxes(&w, taxes).await;
    w.put(&room_of_house()).await;
    put(&w, card).await;
    project(&w, &house).await;
    w.project_latest(&room().id).await;
    w
}

/// What a price says: what is paid with the booking, what at the place, and the names of its taxes.
fn told(price: &Price) -> (i64, i64, Vec<String>) {
    let code = |line: &PriceLine| line.detail.as_ref().map(|detail| detail.code.clone());
    let taxes =
        price.lines().iter().filter(|line| line.kind == holdfast_domain::bookings::PriceLineKind::Tax);
    (price.total().amount(), price.at_property().amount(), taxes.filter_map(code).collect())
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

async fn held(w: &World, caller: &Caller, name: &str) -> (i64, i64, Vec<String>) {
    let placed = place(w, caller, name, &hold_request(&room(), NIGHT, 1)).await.expect("a hold");
    told(&placed.hold.order.price)
}

/// What a guest is quoted under the default plan.
async fn quoted(w: &World) -> (i64, i64, Vec<String>) {
    told(&quote(w, None, NIGHT).await.offers[0].price)
}

async fn found(w: &World) -> Vec<i64> {
    let offers = w.search.find(&query(NIGHT, 1), w.now()).await.expect("an answer").offers;
    offers.into_iter().map(|offer| offer.price.amount()).collect()
}

/// What the calendar shows of the night.
async fn shown(calendars: &Calendars, w: &World, resource: &Resource) -> i64 {
    let (from, to) = (date(2030, 6, 1), date(2030, 6, 2));
    let (slots, _) = calendars.slots(&resource.id, from, to, None, w.now()).await.expect("a calendar");
    slots[0].price.expect("on sale").amount()
}

#[tokio::test]
async fn the_taxes_of_a_property_are_in_a_quote_a_hold_a_search_and_a_calendar_alike() {
    let w = housed(both(), &card(PRICE)).await;
    let all = (PRICE + VAT, CITY_TAX, names(&["city-tax", "vat"]));
    assert_eq!(quoted(&w).await, all);
    assert_eq!(held(&w, &guest("guest"), "guest").await, all);
    assert_eq!(held(&w, &operator(), "operator").await, all, "an operator too");
    assert_eq!(found(&w).await, [PRICE + VAT + CITY_TAX]);
    assert_eq!(shown(&w.calendars, &w, &room()).await, PRICE + VAT + CITY_TAX);
    // Operators see the card as it was written.
    let written = w.rates.get(&operator(), &room().id).await.expect("cards");
    assert_eq!(written.versions[0].card, card(PRICE));
}

#[tokio::test]
async fn a_property_without_taxes_and_a_resource_of_no_property_cost_what_their_cards_say() {
    let w = housed(Vec::new(), &card(PRICE)).await;
    let bare = (PRICE, 0, names(&[]));
    assert_eq!(quoted(&w).await, bare);
    assert_eq!(held(&w, &guest("guest"), "guest").await, bare);
    assert_eq!((found(&w).await, shown(&w.calendars, &w, &room()).await), (vec![PRICE], PRICE));
    let w = housed(both(), &card(PRICE)).await;
    let alone = w.put(&room()).await;
    w.project(&alone, None).await;
    assert_eq!(quoted(&w).await, bare);
    assert_eq!(held(&w, &guest("guest"), "guest").await, bare);
    assert_eq!((found(&w).await, shown(&w.calendars, &w, &room()).await), (vec![PRICE], PRICE));
}

/// The room of a property with such taxes, without a card, as search has it too.
async fn bare(taxes: Vec<Charge>) -> Arc<World> {
    let w = World::start().await;
    let house = put_taxes(&w, taxes).await;
    w.put(&room_of_house()).await;
    project(&w, &house).await;
    w.project_latest(&room().id).await;
    w
}

#[tokio::test]
async fn a_resource_without_a_card_has_the_taxes_too_and_keeps_them_with_its_holds() {
    let w = bare(both()).await;
    let all = (PRICE + VAT, CITY_TAX, names(&["city-tax", "vat"]));
    assert_eq!(quoted(&w).await, all);
    assert_eq!(held(&w, &guest("guest"), "guest").await, all);
    assert_eq!(held(&w, &operator(), "operator").await, all, "an operator too");
    assert_eq!(found(&w).await, [PRICE + VAT + CITY_TAX]);
    assert_eq!(shown(&w.calendars, &w, &room()).await, PRICE + VAT + CITY_TAX);
    let placed = place(&w, &guest("guest"), "before", &hold_request(&room(), NIGHT, 1)).await;
    put_taxes(&w, vec![vat("20")]).await;
    w.pass(LATER);
    let stored = w.holds.get(&guest("guest"), &placed.expect("a hold").hold.id).await.expect("a hold").hold;
    assert_eq!(told(&stored.order.price), all, "what was agreed stands");
    let rate = stored.order.rate.expect("a rate");
    assert_eq!((rate.plan.as_str(), rate.card_version), ("standard", 0));
    assert_eq!(held(&w, &guest("guest"), "after").await, (PRICE + 2 * VAT, 0, names(&["vat"])));
}

#[tokio::test]
async fn what_no_tax_comes_to_is_written_as_before_and_a_quote_of_it_promises_price_and_policy() {
    for taxes in [None, Some(Vec::new())] {
        let (w, resource) = match taxes {
            Some(taxes) => (bare(taxes).await, room_of_house()),
            None => {
                let w = World::start().await;
                w.put(&room()).await;
                (w, room())
            }
        };
        let quoted = quote(&w, Some(&guest("guest")), NIGHT).await;
        let [offer] = &quoted.offers[..] else { panic!("{quoted:?}") };
        assert_eq!((told(&offer.price), offer.price.lines().len()), ((PRICE, 0, names(&[])), 1));
        let promise = offer.promise.clone().expect("a promise").0;
        let plain = place(&w, &guest("guest"), "plain", &hold_request(&room(), NIGHT, 1)).await;
        let plain = plain.expect("a hold").hold.order;
        assert_eq!((plain.price.clone(), plain.rate.clone()), (money(PRICE).into(), None));
        assert_eq!(plain.shown_rate().0.lines(), offer.price.lines(), "what a hold shows");
        assert_eq!(*plain.shown_rate().1, offer.rate.refunds);
        // Price and policy change; the promise stands.
        let mut dearer = resource;
        dearer.terms.base_price = money(2 * PRICE);
        dearer.terms.cancellation_policy = holdfast_domain::CancellationPolicy::default();
        w.put(&dearer).await;
        w.pass(LATER);
        let by_quote =
            holdfast_app::holds::HoldRequest { quote: Some(promise), ..hold_request(&room(), NIGHT, 1) };
        let promised = place(&w, &guest("guest"), "by-quote", &by_quote).await.expect("a hold").hold.order;
        assert_eq!((&promised.price, &promised.rate), (&money(PRICE).into(), &None));
        assert_eq!(promised.policy, plain.policy);
        assert_ne!(promised.policy, dearer.terms.cancellation_policy);
        let now = place(&w, &guest("guest"), "now", &hold_request(&room(), NIGHT, 1)).await;
        assert_eq!(now.expect("a hold").hold.order.price, money(2 * PRICE).into());
    }
}

#[tokio::test]
async fn another_tax_is_met_by_new_holds_and_old_ones_keep_theirs() {
    let w = housed(both(), &card(PRICE)).await;
    let before = (PRICE + VAT, CITY_TAX, names(&["city-tax", "vat"]));
    let placed =
        place(&w, &guest("guest"), "before", &hold_request(&room(), NIGHT, 1)).await.expect("a hold");
    let promise = quote(&w, None, NIGHT).await.offers[0].promise.clone().expect("a promise").0;
    put_taxes(&w, vec![vat("20")]).await;
    let after = (PRICE + 2 * VAT, 0, names(&["vat"]));
    assert_eq!(held(&w, &operator(), "operator").await, after, "operators meet their edit at once");
    assert_eq!(held(&w, &guest("guest"), "a-moment-later").await, before, "what is remembered, for a moment");
    assert_eq!(shown(&w.calendars, &w, &room()).await, PRICE + 2 * VAT, "a calendar reads the ledger");
    w.pass(LATER);
    assert_eq!(held(&w, &guest("guest"), "after").await, after);
    assert_eq!(quoted(&w).await, after);
    let stored = w.holds.get(&guest("guest"), &placed.hold.id).await.expect("a hold").hold;
    assert_eq!(told(&stored.order.price), before);
    let by_quote =
        holdfast_app::holds::HoldRequest { quote: Some(promise), ..hold_request(&room(), NIGHT, 1) };
    let quoted = place(&w, &guest("guest"), "by-quote", &by_quote).await.expect("a hold").hold;
    assert_eq!(told(&quoted.order.price), before, "a quote is honoured");
}

#[tokio::test]
async fn a_cards_own_charge_takes_the_place_of_the_propertys_of_that_name() {
    let mut own = card(PRICE);
    own.charges = vec![vat("5")];
    let w = housed(both(), &own).await;
    let expected = (PRICE + VAT / 2, CITY_TAX, names(&["vat", "city-tax"]));
    assert_eq!(quoted(&w).await, expected, "its own come first");
    assert_eq!(held(&w, &guest("guest"), "guest").await, expected);
    assert_eq!(found(&w).await, [PRICE + VAT / 2 + CITY_TAX]);
    assert_eq!(shown(&w.calendars, &w, &room()).await, PRICE + VAT / 2 + CITY_TAX);
}

#[tokio::test]
async fn a_resource_has_the_currency_of_its_property_which_keeps_it() {
    let w = World::start().await;
    let dollars = Currency::parse("USD").expect("a currency");
    let terms = PropertyTerms { currency: dollars, ..terms("House") };
    let (none, by) = (Precondition::None, w.by("operator"));
    let houses = properties(&w.store);
    let put_house = |terms: PropertyTerms| {
        let (houses, none, by) = (&houses, &none, &by);
        async move { houses.put(&operator(), &id("house"), &terms, none, Run::Real, by).await }
    };
    put_house(terms.clone()).await.expect("a property");
    let in_euros = room_of_house();
    let refused = w.resources.put(&operator(), &in_euros.id, &in_euros.terms, &none, Run::Real, &by).await;
    let blames = |field: Field, refused: &Failure| matches!(refused, Failure::Invalid { field: of, detail } if of.field == field && detail.contains("USD"));
    assert!(blames(Field::PriceCurrency, refused.as_ref().expect_err("a refusal")), "{refused:?}");
    assert_eq!(w.store.catalogue.resource(&in_euros.id).await.expect("a read"), None, "nothing is written");
    let mut in_dollars = in_euros.terms.clone();
    in_dollars.base_price = Money::new(PRICE, dollars).expect("an amount");
    w.resources.put(&operator(), &in_euros.id, &in_dollars, &none, Run::Real, &by).await.expect("a resource");
    let euros = PropertyTerms { currency: Currency::parse("EUR").expect("a currency"), ..terms.clone() };
    let refused = put_house(euros).await;
    assert!(blames(Field::Currency, refused.as_ref().expect_err("a refusal")), "{refused:?}");
    put_house(PropertyTerms { taxes: vec![vat("10")], ..terms }).await.expect("the property");
}

#[tokio::test]
async fn a_draft_and_another_moment_are_tried_under_the_taxes_too() {
    let w = housed(both(), &card(PRICE)).await;
    let (held, none, by) = (CardUse::Draft, Precondition::None, w.by("operator"));
    let draft = card(2 * PRICE);
    w.rates.put(&operator(), &room().id, &draft, held, &none, Run::Real, &by).await.expect("a draft");
    let request = QuoteRequest {
        resource: room().id,
        start: when(NIGHT.0),
        end: when(NIGHT.1),
        quantity: 1,
        choice: RateChoice::default(),
        plans: QuotedPlans::Default,
        as_of: None,
        draft: true,
        address: None,
    };
    let tried = w.quotes.quote(Some(&operator()), &request, w.now()).await.expect("a quote");
    assert_eq!(told(&tried.offers[0].price), (2 * PRICE + 2 * VAT, CITY_TAX, names(&["city-tax", "vat"])));
    let later = w.now() + jiff::SignedDuration::from_secs(60);
    let request = QuoteRequest { as_of: Some(later), draft: false, ..request };
    let tried = w.quotes.quote(Some(&operator()), &request, w.now()).await.expect("a quote");
    assert_eq!(told(&tried.offers[0].price), (PRICE + VAT, CITY_TAX, names(&["city-tax", "vat"])));
    // Cards of the past are kept for no price.
    let earlier = w.now() - jiff::SignedDuration::from_secs(61);
    let request = QuoteRequest { as_of: Some(earlier), ..request };
    let refused = w.quotes.quote(Some(&operator()), &request, w.now()).await;
    assert!(
        matches!(&refused, Err(Failure::Invalid { field, .. }) if field.field == Field::AsOf),
        "{refused:?}"
    );
}

#[tokio::test]
async fn search_follows_the_projector_and_what_comes_late_replaces_nothing_later() {
    let w = World::start().await;
    let first = put_taxes(&w, vec![vat("10")]).await;
    w.put(&room_of_house()).await;
    put(&w, &card(PRICE)).await;
    w.project_latest(&room().id).await;
    assert_eq!(found(&w).await, [PRICE], "the property is not listed yet");
    project(&w, &first).await;
    assert_eq!(found(&w).await, [PRICE + VAT]);
    let second = put_taxes(&w, vec![vat("20")]).await;
    let third = put_taxes(&w, Vec::new()).await;
    for (property, price) in [(&second, PRICE + 2 * VAT), (&first, PRICE + 2 * VAT), (&third, PRICE)] {
        project(&w, property).await;
        assert_eq!(found(&w).await, [price], "after revision {}", property.revision);
    }
    for late in [&second, &first] {
        project(&w, late).await;
        assert_eq!(found(&w).await, [PRICE], "revision {} comes too late", late.revision);
    }
}

#[tokio::test]
async fn a_resource_that_moves_to_another_house_has_its_taxes() {
    let w = housed(both(), &card(PRICE)).await;
    let terms = PropertyTerms { taxes: vec![vat("20")], ..terms("Other") };
    let (none, by) = (Precondition::None, w.by("operator"));
    let other = properties(&w.store).put(&operator(), &id("other"), &terms, &none, Run::Real, &by).await;
    project(&w, &other.expect("a property").property).await;
    assert_eq!(held(&w, &guest("guest"), "before").await.0, PRICE + VAT);
    let mut moved = room();
    moved.terms.property = Some(id("other"));
    let moved = w.put(&moved).await;
    w.project(&moved, None).await;
    w.pass(LATER);
    let expected = (PRICE + 2 * VAT, 0, names(&["vat"]));
    assert_eq!(held(&w, &guest("guest"), "after").await, expected);
    assert_eq!(found(&w).await, [PRICE + 2 * VAT]);
    assert_eq!(shown(&w.calendars, &w, &room()).await, PRICE + 2 * VAT);
}

#[tokio::test]
async fn taxes_that_make_no_sense_are_refused_each_with_its_place_and_the_trail_has_the_others() {
    let w = World::start().await;
    let without_category = Charge { on: BTreeSet::new(), ..vat("10") };
    let fee = |name: &str, on: &[TaxCategory]| Charge {
        id: ChargeId::parse(name).expect("a name"),
        kind: ChargeKind::Fee { category: TaxCategory::parse("service").expect("a name") },
        on: on.iter().cloned().collect(),
        ..vat("3")
    };
    let service = TaxCategory::parse("service").expect("a name");
    let wrong =
        vec![without_category, vat("10"), fee("resort", &[TaxCategory::stay()]), fee("on-fee", &[service])];
    let refused = try_taxes(&w, wrong).await.expect_err("a refusal");
    let Failure::RateCard(problems) = refused else { panic!("{refused:?}") };
    let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["/taxes/1/id", "/taxes/0/on", "/taxes/3/on/0"]);
    let many: Vec<Charge> = (0..21)
        .map(|number| Charge { id: ChargeId::parse(&format!("tax-{number}")).expect("a name"), ..vat("1") })
        .collect();
    let refused = try_taxes(&w, many.clone()).await.expect_err("a refusal");
    assert!(matches!(&refused, Failure::RateCard(problems) if problems[0].path == "/taxes"), "{refused:?}");
    try_taxes(&w, many[..20].to_vec()).await.expect("as many as may be");
    put_taxes(&w, Vec::new()).await;
    put_taxes(&w, vec![city_tax(money(CITY_TAX)), vat("7.5")]).await;
    let (entries, _) = properties(&w.store).trail(&operator(), &id("house"), 0, 10).await.expect("a trail");
    let last = entries.last().expect("an entry");
    assert_eq!(last.from, json!({ "taxes": [] }));
    let said = json!({ "taxes": [
        {
            "chargeId": "city-tax", "name": "city-tax", "kind": "tax", "amount": 200, "per": "guest_slot",
            "refundable": true, "due": "at_property"
        },
        {
            "chargeId": "vat", "name": "vat", "kind": "tax", "percent": 7.5, "on": ["stay"], "refundable": true,
            "due": "now"
        }
    ] });
    assert_eq!(last.to, said);
    let stored = w.store.properties.property(&id("house")).await.expect("a read").expect("a property");
    let trail = w.store.trails.resource_trail(&holdfast_domain::TrailSubject::Property(id("house"))).await;
    assert_eq!(holdfast_app::catalogue::verify(&stored.trail, &trail.expect("a trail")), Ok(()));
}

/// Counts the reads of properties.
struct Counting {
    store: Arc<dyn PropertyReader>,
    reads: AtomicUsize,
}

#[async_trait]
impl PropertyReader for Counting {
    async fn property(&self, id: &PropertyId) -> Result<Option<Property>, StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.store.property(id).await
    }
}

#[tokio::test]
async fn a_property_is_read_for_prices_of_its_resources_and_remembered_for_a_moment() {
    let w = housed(both(), &card(PRICE)).await;
    let alone = nightly_resource("alone", 5, 600);
    let mut bare = nightly_resource("bare", 5, 600);
    bare.terms.property = Some(id("house"));
    for resource in [&alone, &bare] {
        w.put(resource).await;
    }
    let (holds, none) = (CardUse::From(None), Precondition::None);
    let by = w.by("operator");
    w.rates.put(&operator(), &alone.id, &card(PRICE), holds, &none, Run::Real, &by).await.expect("a card");
    let counting = Arc::new(Counting { store: w.store.properties.clone(), reads: AtomicUsize::new(0) });
    let store = &w.store;
    let pricing = || {
        let (rates, catalogue, listed) = (store.rates.clone(), store.catalogue.clone(), store.listed.clone());
        let (uses, tries) = (store.uses.clone(), store.tries.clone());
        Pricing::new(rates, counting.clone(), uses, tries, catalogue, listed, charge_rules())
    };
    let seals = quote_seals(QUOTE_KEY);
    let (catalogue, records, stops) = (store.catalogue.clone(), store.holds.clone(), store.stops.clone());
    let holds = Holds::new(catalogue.clone(), records, stops, pricing(), seals.clone());
    let quotes = Quotes::new(catalogue.clone(), pricing(), seals);
    let calendars = Calendars::new(
        catalogue,
        store.listed.clone(),
        store.rates.clone(),
        counting.clone(),
        charge_rules(),
    );
    let reads = || counting.reads.swap(0, Ordering::SeqCst);
    let hold = async |resource: &Resource, caller: Caller, name: &str| {
        let (request, by) = (hold_request(resource, NIGHT, 1), w.by(caller.guest.as_str()));
        holds.create(&caller, &key(name, name), &request, &by).await.expect("a hold");
        reads()
    };
    assert_eq!(hold(&alone, guest("guest"), "alone").await, 0, "it is of no property");
    assert_eq!(hold(&bare, guest("guest"), "bare").await, 1, "it has no card, and the taxes all the same");
    assert_eq!(hold(&bare, guest("guest"), "bare again").await, 0);
    w.pass(LATER);
    assert_eq!(hold(&room(), guest("guest"), "cold").await, 1);
    assert_eq!(hold(&room(), guest("guest"), "warm").await, 0);
    assert_eq!(hold(&room(), operator(), "operator").await, 1, "an operator meets what is stored");
    w.pass(LATER);
    assert_eq!(hold(&room(), guest("guest"), "later").await, 1);
    for (resource, expected) in [(&alone, 0), (&bare, 1), (&room(), 1)] {
        w.pass(LATER);
        shown(&calendars, &w, resource).await;
        assert_eq!(reads(), expected, "the calendar of {}", resource.id);
        let request = QuoteRequest {
            resource: resource.id.clone(),
            start: when(NIGHT.0),
            end: when(NIGHT.1),
            quantity: 1,
            choice: RateChoice::default(),
            plans: QuotedPlans::Every,
            as_of: None,
            draft: false,
            address: None,
        };
        quotes.quote(None, &request, w.now()).await.expect("a quote");
        assert_eq!(reads(), expected, "a quote of {}", resource.id);
    }
}
