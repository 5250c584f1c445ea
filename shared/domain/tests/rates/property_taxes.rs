//! Cards under the taxes of their resource's property.

use std::borrow::Cow;

use holdfast_domain::rates::card::{CardVersion, RateCard, ResourceRates};
use holdfast_domain::rates::charge::{Band, BandLevy, Charge, ChargeKind, Due, Levy, Per, Validity};
use holdfast_domain::rates::property_taxes::{PROPERTY_TAXES_MAX, PropertyTaxes};
use holdfast_domain::rates::validate::{CardFault, problems_of_taxes};
use holdfast_domain::{Money, PropertyId, ResourceId};

use crate::fixture::{
    at, card_at, category, currency, date, eur, label, money, percent, price, request, tax, version,
};
use crate::validation::{context, full};

fn per_night(amount: Money) -> Levy {
    Levy::Amount { amount, per: Per::GuestSlot }
}

fn bands(amount: Money) -> Levy {
    let zero = Money::zero(amount.currency());
    Levy::Bands(vec![Band { from: zero, levy: BandLevy::Amount(amount) }])
}

fn taxes(code: &str, charges: Vec<Charge>) -> PropertyTaxes {
    let property = PropertyId::parse("house").expect("an id");
    PropertyTaxes { property, revision: 1, currency: currency(code), charges }
}

fn ids(card: &RateCard) -> Vec<&str> {
    card.charges.iter().map(|charge| charge.id.as_str()).collect()
}

#[test]
fn a_card_costs_what_it_would_with_the_taxes_written_on_it() {
    let charges =
        vec![tax("city", per_night(eur(2_00)), &[]), tax("vat", Levy::Percent(percent("7")), &["stay"])];
    let own = tax("resort", per_night(eur(5_00)), &[]);
    let mut card = card_at(eur(100_00));
    card.charges = vec![own.clone()];
    let under = version(card.clone()).under(&taxes("EUR", charges.clone())).into_owned();
    let mut written = card.clone();
    written.charges.extend(charges);
    assert_eq!(under, version(written));
    let request = request("2026-06-10", 3);
    let quote = price(&under.card, &request, "flexible");
    assert_eq!(quote.price.total(), eur(300_00 + 15_00 + 6_00 + 21_00));
}

#[test]
fn a_charge_of_the_cards_own_takes_the_place_of_the_propertys() {
    let charges =
        vec![tax("city", per_night(eur(2_00)), &[]), tax("vat", Levy::Percent(percent("7")), &["stay"])];
    let mut card = card_at(eur(100_00));
    card.charges = vec![tax("vat", Levy::Percent(percent("0")), &["stay"])];
    let own = version(card.clone());
    let under = own.under(&taxes("EUR", charges.clone()));
    assert_eq!(ids(&under.card), ["vat", "city"]);
    assert_eq!(under.card.charges[0], card.charges[0]);
    let vat = taxes("EUR", charges[1..].to_vec());
    assert!(matches!(own.under(&vat), Cow::Borrowed(_)), "nothing is added");
}

#[test]
fn amounts_are_added_to_cards_in_the_propertys_currency_alone() {
    let of = |code: &str| {
        let amount = money(100, code);
        vec![
            tax("city", per_night(amount), &[]),
            tax("bands", bands(amount), &[]),
            tax("vat", Levy::Percent(percent("7")), &["stay"]),
        ]
    };
    let card = version(card_at(eur(100_00)));
    assert_eq!(ids(&card.under(&taxes("EUR", of("EUR"))).card), ["city", "bands", "vat"]);
    assert_eq!(ids(&card.under(&taxes("USD", of("USD"))).card), ["vat"]);
}

#[test]
fn every_version_and_the_draft_are_under_them_and_what_is_listed_too() {
    let versions = [0, 24].map(|hours| CardVersion {
        valid_from: at("2026-06-01T00:00:00Z") + jiff::SignedDuration::from_hours(hours),
        ..version(full())
    });
    let resource = ResourceId::parse("room").expect("an id");
    let rates =
        ResourceRates { resource, revision: 2, versions: versions.to_vec(), draft: Some(card_at(eur(1_00))) };
    let taxes = taxes("EUR", vec![tax("vat", Levy::Percent(percent("7")), &["stay"])]);
    let under = rates.clone().under(&taxes);
    for version in &under.versions {
        assert_eq!(ids(&version.card), ["city", "bands", "visitor", "vat"]);
    }
    assert_eq!(under.draft.as_ref().map(ids), Some(vec!["vat"]));
    assert_eq!(rates.listed().under(&taxes), under.listed(), "search adds them to what is listed");
}

#[test]
fn what_a_property_may_not_say_of_taxes() {
    let fee = |name: &str, of: &str, on: &[&str]| Charge {
        kind: ChargeKind::Fee { category: category(of) },
        ..tax(name, Levy::Percent(percent("3")), on)
    };
    let vat = || tax("vat", Levy::Percent(percent("7")), &["stay"]);
    let check = |taxes: Vec<Charge>, expected: &[(&str, CardFault)]| {
        let found = problems_of_taxes(&taxes, context(5));
        let found: Vec<_> =
            found.iter().map(|problem| (problem.path.as_str(), problem.fault.clone())).collect();
        assert_eq!(found, expected, "{taxes:?}");
    };
    check(vec![], &[]);
    check(
        vec![
            vat(),
            fee("resort", "service", &["stay"]),
            tax("gst", Levy::Percent(percent("5")), &["service"]),
        ],
        &[],
    );
    // No card is known here: what one of them sells under another name is taxed there, and nothing elsewhere.
    check(vec![tax("food", Levy::Percent(percent("19")), &["breakfast"])], &[]);
    check(vec![fee("resort", "stay", &["stay"])], &[]);
    check(vec![vat(), vat()], &[("/taxes/1/id", CardFault::Duplicate)]);
    check(vec![tax("vat", Levy::Percent(percent("7")), &[])], &[("/taxes/0/on", CardFault::LeviedOnNothing)]);
    check(
        vec![tax("vat", Levy::Percent(percent("101")), &["stay"])],
        &[("/taxes/0/levy", CardFault::Percentage)],
    );
    check(
        vec![fee("resort", "service", &["stay"]), fee("other", "extra", &["service"])],
        &[("/taxes/1/on/0", CardFault::FeeOnFee(category("service")))],
    );
    check(
        vec![Charge { included: true, ..fee("resort", "service", &["stay"]) }],
        &[("/taxes/0/included", CardFault::FeeIncluded)],
    );
    check(vec![tax("city", per_night(eur(2_03)), &[])], &[("/taxes/0/levy/amount", CardFault::Step(5))]);
    check(vec![tax("city", bands(eur(2_03)), &[])], &[("/taxes/0/levy/bands/0/levy", CardFault::Step(5))]);
    check(
        vec![tax("city", per_night(money(100, "USD")), &[])],
        &[("/taxes/0/levy/amount", CardFault::Currency(currency("EUR")))],
    );
    let until = Validity { from: Some(date("2026-06-02")), until: Some(date("2026-06-01")) };
    check(vec![Charge { valid: until, ..vat() }], &[("/taxes/0/valid", CardFault::EmptyRange)]);
    let many = |count: usize| {
        let named = |number: usize| Charge {
            name: label("Tax"),
            due: Due::Now,
            ..tax(&format!("t-{number}"), per_night(eur(1_00)), &[])
        };
        (0..count).map(named).collect::<Vec<_>>()
    };
    check(many(PROPERTY_TAXES_MAX), &[]);
    check(many(PROPERTY_TAXES_MAX + 1), &[("/taxes", CardFault::TooMany { max: PROPERTY_TAXES_MAX })]);
}
