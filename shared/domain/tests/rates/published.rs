//! Tariffs and examples that authorities, newspapers and hotels have published: their figures, and what follows from them by hand.

use holdfast_domain::Money;
use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::charge::{Band, BandLevy, Charge, ChargeKind, Due, Levy, Per, Validity};
use holdfast_domain::rates::plan::Included;
use holdfast_domain::rates::request::RateRequest;

use crate::fixture::{
    card_at, category, date, eur, guests, included, label, lines, money, percent, price, request, tax,
};

fn yen(amount: i64) -> Money {
    money(amount, "JPY")
}

fn by_bands(bands: &[(Money, Money)]) -> Levy {
    let band = |(from, due): &(Money, Money)| Band { from: *from, levy: BandLevy::Amount(*due) };
    Levy::Bands(bands.iter().map(band).collect())
}

fn service_charge(percentage: &str) -> Charge {
    let mut charge = tax("service", Levy::Percent(percent(percentage)), &["stay"]);
    charge.kind = ChargeKind::Fee { category: category("service") };
    charge
}

/// A stay of a room with charges, for adults and children of some ages.
fn stay(
    night: Money,
    charges: Vec<Charge>,
    from: &str,
    nights: i32,
    adults: u32,
    ages: &[u8],
) -> (RateCard, RateRequest) {
    let mut card = card_at(night);
    card.charges = charges;
    let mut request = request(from, nights);
    request.units = vec![guests(adults, ages)];
    (card, request)
}

fn due((card, request): &(RateCard, RateRequest), charge: &str) -> i64 {
    let of = |(code, amount): (String, i64)| (code == charge).then_some(amount);
    lines(&price(card, request, "flexible")).into_iter().find_map(of).unwrap_or(0)
}

/// A room of 30,000 yen for two is 15,000 each: 200 yen each, 400 in all (rph.co.jp, guest rooms). Below 10,000 yen nothing, below 15,000 100
/// (sequencehotels.com/tax/eng), a service charge for the room counted in.
#[test]
fn tokyo_taxes_by_what_a_person_pays_with_the_service_charge() {
    let tax_of_tokyo = || {
        let bands = by_bands(&[(yen(0), yen(0)), (yen(10_000), yen(100)), (yen(15_000), yen(200))]);
        tax("tokyo", bands, &["stay", "service"])
    };
    let of = |room: i64, adults: u32, service: Option<&str>| {
        let charges = service.map(service_charge).into_iter().chain([tax_of_tokyo()]).collect();
        due(&stay(yen(room), charges, "2026-06-10", 1, adults, &[]), "tokyo")
    };
    assert_eq!((of(30_000, 2, None), of(29_999, 2, None), of(14_999, 1, None)), (400, 200, 100));
    assert_eq!((of(9_999, 1, None), of(10_000, 1, None), of(15_000, 1, None)), (0, 100, 200));
    // 10 % for service: 9,091 yen are 10,000; 9,090 are 9,999.
    assert_eq!((of(9_091, 1, Some("10")), of(9_090, 1, Some("10"))), (100, 0));
}

/// Until 28 February 2026 200, 500 and 1,000 yen by 20,000 and 50,000; from 1 March 200, 400, 1,000, 4,000 and 10,000 by 6,000, 20,000, 50,000 and
/// 100,000 (rinn-kyomachi.com, news of 1 October 2025), whenever the stay was booked (munihotels.com, news of 25 November 2025).
#[test]
fn kyoto_taxes_each_night_by_the_tariff_of_its_date() {
    let until = Charge {
        valid: Validity { from: None, until: Some(date("2026-02-28")) },
        ..tax(
            "until-february",
            by_bands(&[(yen(0), yen(200)), (yen(20_000), yen(500)), (yen(50_000), yen(1_000))]),
            &["stay"],
        )
    };
    let bands = [(0, 200), (6_000, 400), (20_000, 1_000), (50_000, 4_000), (100_000, 10_000)];
    let from = Charge {
        valid: Validity { from: Some(date("2026-03-01")), until: None },
        ..tax("from-march", by_bands(&bands.map(|(from, due)| (yen(from), yen(due)))), &["stay"])
    };
    let of = |room: i64, adults: u32| {
        let stay = stay(yen(room), vec![until.clone(), from.clone()], "2026-02-28", 3, adults, &[]);
        (due(&stay, "until-february"), due(&stay, "from-march"))
    };
    // One night of February, two of March, for two.
    assert_eq!(of(10_000, 2), (400, 2 * 2 * 200), "5,000 yen each");
    assert_eq!(of(12_000, 2), (400, 2 * 2 * 400), "6,000");
    assert_eq!(of(39_998, 2), (400, 2 * 2 * 400), "19,999");
    assert_eq!(of(60_000, 2), (1_000, 2 * 2 * 1_000), "30,000");
    assert_eq!(of(100_000, 2), (2_000, 2 * 2 * 4_000), "50,000");
    assert_eq!(of(200_000, 2), (2_000, 2 * 2 * 10_000), "100,000");
}

/// Five per cent of a net price of 300 euros are 15 (zeit.de, 12 December 2013); 7 % of value added tax in the price are no part of it.
#[test]
fn berlin_taxes_the_net_price() {
    let city = || tax("city-tax", Levy::Percent(percent("5")), &["stay"]);
    assert_eq!(due(&stay(eur(300_00), vec![city()], "2026-06-10", 1, 2, &[]), "city-tax"), 15_00);
    let charges = || vec![included("vat", "7", &["stay"]), city()];
    assert_eq!(due(&stay(eur(321_00), charges(), "2026-06-10", 1, 2, &[]), "city-tax"), 15_00);
    assert_eq!(due(&stay(eur(107_00), charges(), "2026-06-10", 3, 2, &[]), "city-tax"), 15_00);
}

/// 14.75 % and 3.50 dollars a night: a room of 76.00 is 90.71, one of 84.95 is 100.98 (ojo-fashion.com, "New York hotel tax"; the rates also at
/// support.anyplace.com).
#[test]
fn new_york_taxes_a_room_by_a_percentage_and_by_the_night() {
    let dollars = |cents: i64| money(cents, "USD");
    let of = |cents: i64, nights: i32| {
        let levied = Levy::Amount { amount: dollars(3_50), per: Per::UnitSlot };
        let charges =
            vec![tax("occupancy", Levy::Percent(percent("14.75")), &["stay"]), tax("fees", levied, &[])];
        let (card, request) = stay(dollars(cents), charges, "2026-06-10", nights, 2, &[]);
        price(&card, &request, "flexible").price.total().amount()
    };
    assert_eq!((of(76_00, 1), of(84_95, 1)), (90_71, 100_98));
    // 228.00, of which 14.75 % are 33.63, and 10.50.
    assert_eq!(of(76_00, 3), 272_13);
}

/// Per person and night, without value added tax and with breakfast: up to 70.99 euros 3.00, up to 120.99 4.00, from 121 5.00; for the first five nights;
/// nobody under 14 pays (comune.bologna.it/tasse, "imposta di soggiorno").
#[test]
fn bologna_taxes_five_nights_by_the_price_with_breakfast() {
    let city = || Charge {
        exempt_to_age: Some(13),
        slots_max: Some(5),
        due: Due::AtProperty,
        ..tax(
            "soggiorno",
            by_bands(&[(eur(0), eur(3_00)), (eur(71_00), eur(4_00)), (eur(121_00), eur(5_00))]),
            &["stay", "breakfast"],
        )
    };
    let of = |night: i64, nights: i32, adults: u32, ages: &[u8]| {
        let charges = vec![included("iva", "10", &["stay", "breakfast"]), city()];
        let (mut card, request) = stay(eur(night), charges, "2026-06-10", nights, adults, ages);
        card.plans[0].included = vec![Included {
            name: label("Breakfast"),
            category: category("breakfast"),
            value: Some(eur(11_00)),
        }];
        due(&(card, request), "soggiorno")
    };
    // 156.20 are 142.00 without the tenth: 71.00 each. A cent less is below.
    assert_eq!((of(156_20, 1, 2, &[]), of(156_19, 1, 2, &[])), (8_00, 6_00));
    // Seven nights pay for five.
    assert_eq!((of(156_20, 5, 2, &[]), of(156_20, 7, 2, &[])), (40_00, 40_00));
    // With a child of 13 they are three, at 70.00: 3.00 for each of two. One of 14 pays.
    assert_eq!((of(231_00, 1, 2, &[13]), of(231_00, 1, 2, &[14])), (6_00, 9_00));
    assert_eq!(of(266_20, 1, 2, &[]), 10_00, "121.00 each");
}

/// Four euros a person and night, a week of four 112 euros (the 95 pounds of celebsbar.com, April 2024); at most seven nights, free under 13 (smi24.net).
#[test]
fn lisbon_taxes_a_week_of_everybody_from_thirteen_on() {
    let city = || Charge {
        exempt_to_age: Some(12),
        slots_max: Some(7),
        ..tax("tourist-tax", Levy::Amount { amount: eur(4_00), per: Per::GuestSlot }, &[])
    };
    let of = |nights: i32, adults: u32, ages: &[u8]| {
        due(&stay(eur(130_00), vec![city()], "2026-06-10", nights, adults, ages), "tourist-tax")
    };
    assert_eq!((of(7, 4, &[]), of(10, 4, &[])), (112_00, 112_00));
    assert_eq!((of(3, 2, &[12, 13]), of(1, 1, &[])), (36_00, 4_00));
}
