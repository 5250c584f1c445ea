//! Taxes and fees worked out by hand.

use holdfast_domain::Money;
use holdfast_domain::bookings::PriceLineKind;
use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::charge::{Band, BandLevy, Charge, ChargeKind, Due, Levy, Per, Validity};
use holdfast_domain::rates::dated::DatedRates;
use holdfast_domain::rates::evaluate::quote;
use holdfast_domain::rates::extra::{Extra, ExtraChoice};
use holdfast_domain::rates::ids::{ExtraId, UnitTypeId};
use holdfast_domain::rates::occupancy::{Unit, UnitType};
use holdfast_domain::rates::plan::Included;
use holdfast_domain::rates::promotion::{Discount, Promotion, PromotionCode};
use holdfast_domain::rates::quote::{PlanQuote, Reason};
use holdfast_domain::rates::request::RateRequest;

use crate::fixture::{
    ask, card_at, category, date, eur, guests, included, label, lines, money, percent, plan_id, price,
    request, tax, version,
};

/// What each line includes of a tax.
fn included_of(quote: &PlanQuote, tax: &str) -> Vec<i64> {
    let of_line = |line: &holdfast_domain::bookings::PriceLine| {
        let taxes = line.detail.as_ref().map(|detail| detail.included_taxes.clone()).unwrap_or_default();
        taxes.iter().filter(|included| included.charge.as_str() == tax).map(|included| included.amount).sum()
    };
    quote.price.lines().iter().map(of_line).collect()
}

fn amount(amount: Money, per: Per) -> Levy {
    Levy::Amount { amount, per }
}

fn line_of(quote: &PlanQuote, code: &str) -> Option<i64> {
    lines(quote).into_iter().find(|(line, _)| line == code).map(|(_, amount)| amount)
}

#[test]
fn a_city_tax_of_five_nights_at_most_with_children_free() {
    // 2.50 per person and night, five nights at most, up to 17 free: two adults and two children, seven nights: 2 × 5 × 2.50
    let mut card = card_at(eur(100_00));
    let mut city = tax("city-tax", amount(eur(2_50), Per::GuestSlot), &[]);
    (city.slots_max, city.exempt_to_age, city.due) = (Some(5), Some(17), Due::AtProperty);
    card.charges.push(city);
    let mut request = request("2026-06-10", 7);
    request.units = vec![guests(2, &[17, 3])];
    let quote = price(&card, &request, "flexible");
    assert_eq!((quote.price.total(), quote.price.at_property()), (eur(700_00), eur(25_00)));
    let line = quote.price.lines().last().and_then(|line| line.detail.clone()).expect("a detail");
    let range = line.dates.map(|range| (range.from, range.to));
    assert_eq!((line.count, range), (10, Some((date("2026-06-10"), date("2026-06-15")))));
    request.units = vec![guests(1, &[18])];
    assert_eq!(price(&card, &request, "flexible").price.at_property(), eur(25_00), "18 is above 17");
    card.charges[0].valid = Validity { from: Some(date("2026-06-12")), until: Some(date("2026-06-13")) };
    request.units = vec![Unit::default()];
    assert_eq!(price(&card, &request, "flexible").price.at_property(), eur(5_00), "of two nights");
}

#[test]
fn a_package_is_split_over_two_rates_of_value_added_tax() {
    // 129.00 with breakfast at 15.00 a head, two guests, two nights. Breakfast 60.00 at 19 %: 60 × 19/119 = 9.5798 → 9.58.
    // The stay 258 − 60 = 198.00 at 7 %: 198 × 7/107 = 12.9533 → 12.95.
    let mut card = card_at(eur(129_00));
    let value = Some(eur(15_00));
    card.plans[0].included =
        vec![Included { name: label("Breakfast"), category: category("breakfast"), value }];
    card.charges = vec![included("vat-7", "7", &["stay"]), included("vat-19", "19", &["breakfast"])];
    let mut request = request("2026-06-10", 2);
    request.units = vec![guests(2, &[])];
    let quote = price(&card, &request, "flexible");
    assert_eq!(quote.price.total(), eur(258_00));
    assert_eq!((included_of(&quote, "vat-7"), included_of(&quote, "vat-19")), (vec![12_95], vec![9_58]));
    // A value above the price takes all of it, and no more: 258 × 19/119 = 41.1933
    card.plans[0].included[0].value = Some(eur(500_00));
    let quote = price(&card, &request, "flexible");
    assert_eq!((included_of(&quote, "vat-7"), included_of(&quote, "vat-19")), (vec![0], vec![41_19]));
    // What is included without a value is taxed as the stay is: 258 × 7/107 = 16.8785
    card.plans[0].included[0].value = None;
    let quote = price(&card, &request, "flexible");
    assert_eq!((included_of(&quote, "vat-7"), included_of(&quote, "vat-19")), (vec![16_88], vec![0]));
}

#[test]
fn included_tax_is_of_the_total_of_its_lines_and_shown_on_them_by_largest_remainder() {
    // Three nights at 10.00, 10.01 and 10.02 with 7 %: 30.03 × 7/107 = 1.96458 → 1.96; each alone: 0.6542, 0.6549, 0.6555 → 1.97 if
    // rounded one by one. Shares of 196: 65.27, 65.33, 65.40 → 65, 65, 66.
    let mut card = card_at(eur(10_00));
    card.charges = vec![included("vat", "7", &["stay"])];
    let rates =
        |price| holdfast_domain::rates::dated::DateRates { price: Some(eur(price)), ..Default::default() };
    let set = crate::fixture::set(&[
        ("2026-06-11", "flexible", rates(10_01)),
        ("2026-06-12", "flexible", rates(10_02)),
    ]);
    let quote = crate::fixture::ask(&card, &set, &request("2026-06-10", 3), "flexible").expect("sold");
    assert_eq!(included_of(&quote, "vat"), [65, 65, 66]);
    // With 10 % off, 3.00: 27.03 × 7/107 = 1.7683 → 1.77, of which the discount has −0.1963.
    card.promotions.push(summer());
    let mut request = request("2026-06-10", 3);
    request.promotion = PromotionCode::parse("SUMMER").ok();
    let quote = crate::fixture::ask(&card, &set, &request, "flexible").expect("sold");
    assert_eq!(quote.price.total(), eur(27_03));
    let taxes = included_of(&quote, "vat");
    assert_eq!((taxes.iter().sum::<i64>(), taxes.len(), taxes[3] < 0), (1_77, 4, true), "{taxes:?}");
}

fn summer() -> Promotion {
    Promotion {
        code: PromotionCode::parse("SUMMER").expect("a code"),
        name: label("Summer"),
        discount: Discount::Percent(percent("10")),
        plans: Default::default(),
        stays: Validity::default(),
        from: None,
        to: None,
        uses_max: None,
        uses_per_guest_max: None,
    }
}

/// A city that counts a room at its list price, and one that counts what is paid.
#[test]
fn a_tax_goes_by_the_price_before_a_promotion_where_it_says_so() {
    // Three nights at 100.00, VAT of 7 % included, 10 % off: 270.00. The city's 5 % of the net price
    // after it: 270 ÷ 1.07 × 5 % = 12.6168 → 12.62; before it: 300 ÷ 1.07 × 5 % = 14.0187 → 14.02.
    let mut card = card_at(eur(100_00));
    card.charges =
        vec![included("vat", "7", &["stay"]), tax("city-tax", Levy::Percent(percent("5")), &["stay"])];
    card.promotions = vec![summer()];
    let mut request = request("2026-06-10", 3);
    request.promotion = PromotionCode::parse("SUMMER").ok();
    let city = |card: &RateCard, request: &RateRequest| {
        let quote = price(card, request, "flexible");
        // What is included is of what is paid: 270 × 7/107 = 17.6636
        assert_eq!(
            included_of(&quote, "vat").iter().sum::<i64>(),
            if request.promotion.is_some() { 17_66 } else { 19_63 }
        );
        line_of(&quote, "city-tax")
    };
    assert_eq!(city(&card, &request), Some(12_62));
    card.charges[1].before_discounts = true;
    assert_eq!(city(&card, &request), Some(14_02));
    let plain = RateRequest { promotion: None, ..request.clone() };
    assert_eq!(city(&card, &plain), Some(14_02), "without a promotion there is no before");
    // Bands per guest and night, 1.00 below 100.00 and 2.00 from there on: 90.00 after it, 100.00 before it.
    let band = |from, due| Band { from: eur(from), levy: BandLevy::Amount(eur(due)) };
    let bands = Levy::Bands(vec![band(0, 1_00), band(100_00, 2_00)]);
    card.charges = vec![tax("city-tax", bands, &["stay"])];
    let banded = |card: &RateCard| line_of(&price(card, &request, "flexible"), "city-tax");
    assert_eq!(banded(&card), Some(3_00));
    card.charges[0].before_discounts = true;
    assert_eq!(banded(&card), Some(6_00));
    // A fee of 10 % of the price is one too: 27.00 or 30.00.
    let kind = ChargeKind::Fee { category: category("service") };
    card.charges = vec![Charge { kind, ..tax("service", Levy::Percent(percent("10")), &["stay"]) }];
    let fee = |card: &RateCard| line_of(&price(card, &request, "flexible"), "service");
    assert_eq!(fee(&card), Some(27_00));
    card.charges[0].before_discounts = true;
    assert_eq!(fee(&card), Some(30_00));
}

#[test]
fn a_percentage_of_city_tax_is_of_the_net_price_after_discounts_rounded_once() {
    // Three nights at 107.00 with 7 % included: 321.00, less 10 % = 288.90, net 270.00; 7.5 % of that is 20.25.
    let mut card = card_at(eur(107_00));
    let city = tax("city-tax", Levy::Percent(percent("7.5")), &["stay"]);
    card.charges = vec![included("vat", "7", &["stay"]), city];
    card.promotions.push(summer());
    let mut request = request("2026-06-10", 3);
    request.promotion = PromotionCode::parse("SUMMER").ok();
    assert_eq!(line_of(&price(&card, &request, "flexible"), "city-tax"), Some(20_25));
    // Of the first two nights only: 2 × 96.30 net 180.00: 13.50
    card.charges[1].slots_max = Some(2);
    assert_eq!(line_of(&price(&card, &request, "flexible"), "city-tax"), Some(13_50));
    // Per night it would be 0.33 × 5 % = 0.0165 → 0.02 each; once it is 0.0495 → 0.05
    let mut cheap = card_at(eur(33));
    cheap.charges = vec![tax("t", Levy::Percent(percent("5")), &["stay"])];
    assert_eq!(line_of(&price(&cheap, &crate::fixture::request("2026-06-10", 3), "flexible"), "t"), Some(5));
}

#[test]
fn taxes_on_top_of_each_other_in_the_american_way_are_not() {
    // New York: 14.75 % of the room, a fixed fee of 3.50 a night, and 8.875 % of a service fee of 10 %: no tax on a tax.
    let mut card = card_at(eur(200_00));
    let mut service = tax("service", Levy::Percent(percent("10")), &["stay"]);
    service.kind = ChargeKind::Fee { category: category("service") };
    card.charges = vec![
        tax("occupancy", Levy::Percent(percent("14.75")), &["stay"]),
        tax("unit-fee", amount(eur(3_50), Per::UnitSlot), &[]),
        tax("sales", Levy::Percent(percent("8.875")), &["service"]),
        service,
    ];
    let quote = price(&card, &request("2026-06-10", 2), "flexible");
    // 400.00; service 40.00; occupancy 59.00; 7.00; sales 3.55
    let all =
        [("flexible", 400_00), ("service", 40_00), ("occupancy", 59_00), ("unit-fee", 7_00), ("sales", 3_55)];
    assert_eq!(lines(&quote), all.map(|(code, amount)| (code.to_owned(), amount)));
    assert_eq!(quote.price.lines()[1].kind, PriceLineKind::Fee);
    assert_eq!(quote.price.total(), eur(509_55));
}

#[test]
fn a_service_charge_can_include_tax_and_is_of_what_is_paid() {
    // 10 % of 119.00 is 11.90, of which 19 % are 1.90; the stay has 19.00.
    let mut card = card_at(eur(119_00));
    let mut service = tax("service", Levy::Percent(percent("10")), &["stay"]);
    service.kind = ChargeKind::Fee { category: category("service") };
    card.charges = vec![service, included("vat", "19", &["stay", "service"])];
    let quote = price(&card, &request("2026-06-10", 1), "flexible");
    assert_eq!((quote.price.total(), included_of(&quote, "vat")), (eur(130_90), vec![19_00, 1_90]));
}

#[test]
fn roman_bands_go_by_the_price_per_person_after_discounts() {
    // Per person and night: under 50.00 2.00, from 50.00 4.00, from 100.00 6 %; children up to 10 are free.
    let band = |from: i64, levy: BandLevy| Band { from: eur(from), levy };
    let bands = Levy::Bands(vec![
        band(0, BandLevy::Amount(eur(2_00))),
        band(50_00, BandLevy::Amount(eur(4_00))),
        band(100_00, BandLevy::Percent(percent("6"))),
    ]);
    let city =
        Charge { exempt_to_age: Some(10), due: Due::AtProperty, ..tax("contributo", bands, &["stay"]) };
    let due = |night: i64, ages: &[u8], vat: bool, promotion: bool| {
        let mut card = card_at(eur(night));
        card.charges = vec![city.clone()];
        if vat {
            card.charges.push(included("iva", "10", &["stay"]));
        }
        card.promotions.push(summer());
        let mut request = request("2026-06-10", 2);
        request.promotion = PromotionCode::parse("SUMMER").ok().filter(|_| promotion);
        request.units = vec![guests(2, ages)];
        price(&card, &request, "flexible").price.at_property().amount()
    };
    // 99.99 for two is 49.995 each: 2.00 × 2 × 2; 100.00 is 50.00 each.
    assert_eq!((due(99_99, &[], false, false), due(100_00, &[], false, false)), (8_00, 16_00));
    // With a child of ten they are three: 149.99 is under 50.00 each, and two pay.
    assert_eq!((due(149_99, &[10], false, false), due(150_00, &[10], false, false)), (8_00, 16_00));
    // 110.00 with 10 % included is 100.00 net; 109.99 is below.
    assert_eq!((due(109_99, &[], true, false), due(110_00, &[], true, false)), (8_00, 16_00));
    // 111.00 less 10 % is 99.90: below.
    assert_eq!((due(111_00, &[], false, true), due(112_00, &[], false, true)), (8_00, 16_00));
    // From 100.00 each on 6 %: 230.00 → 13.80 a night.
    assert_eq!(due(230_00, &[], false, false), 27_60);
    assert_eq!(due(330_00, &[5], false, false), 26_40, "330 / 3 × 2 × 6 % = 13.20 a night");
}

#[test]
fn bands_count_a_service_charge_if_they_name_it() {
    // Per person and night, the service charge of 10 % in the price: under 100.00 nothing, from 100.00 1.00, from 150.00 2.00.
    let band = |from: i64, levied: i64| Band { from: eur(from), levy: BandLevy::Amount(eur(levied)) };
    let bands = || Levy::Bands(vec![band(0, 0), band(100_00, 1_00), band(150_00, 2_00)]);
    let due = |nights: &[i64], on: &[&str]| {
        let mut card = card_at(eur(nights[0]));
        let mut service = tax("service", Levy::Percent(percent("10")), &["stay"]);
        service.kind = ChargeKind::Fee { category: category("service") };
        card.charges = vec![service, tax("hotel-tax", bands(), on)];
        let mut request = request("2026-06-10", 1);
        request.units = nights.iter().map(|_| guests(1, &[])).collect();
        if nights.len() > 1 {
            let kind = |name: &str| UnitTypeId::parse(name).expect("a name");
            let unit_type = |name, percent| UnitType { id: kind(name), name: label(name), percent };
            card.unit_types = vec![unit_type("adult", 100), unit_type("child", 50)];
            for (unit, name) in request.units.iter_mut().zip(["adult", "child"]) {
                unit.unit_type = Some(kind(name));
            }
        }
        line_of(&price(&card, &request, "flexible"), "hotel-tax")
    };
    // 95.00 and 9.50 are 104.50.
    assert_eq!((due(&[95_00], &["stay", "service"]), due(&[95_00], &["stay"])), (Some(1_00), None));
    assert_eq!(due(&[95_00], &[]), None, "what the places cost alone");
    assert_eq!(
        (due(&[140_00], &["stay", "service"]), due(&[136_00], &["stay", "service"])),
        (Some(2_00), Some(1_00))
    );
    // 160.00 and 80.00: with their own tenths 176.00 and 88.00, so that the second is below.
    assert_eq!(due(&[160_00, 80_00], &["stay", "service"]), Some(2_00));
}

#[test]
fn a_tax_with_a_new_rate_from_a_date_on_is_two_charges() {
    // Amsterdam, 12.5 % until 31 December, 14 % from 1 January: two nights of each at 100.00; and at most three nights of both.
    let mut card = card_at(eur(100_00));
    let until = Charge {
        valid: Validity { from: None, until: Some(date("2026-12-31")) },
        slots_max: Some(3),
        ..tax("old", Levy::Percent(percent("12.5")), &["stay"])
    };
    let from = Charge {
        valid: Validity { from: Some(date("2027-01-01")), until: None },
        slots_max: Some(3),
        ..tax("new", Levy::Percent(percent("14")), &["stay"])
    };
    card.charges = vec![until, from];
    let quote = price(&card, &request("2026-12-30", 4), "flexible");
    assert_eq!((line_of(&quote, "old"), line_of(&quote, "new")), (Some(25_00), Some(14_00)));
}

#[test]
fn amounts_are_counted_by_what_they_are_per() {
    let mut request = request("2026-06-10", 4);
    request.units = vec![guests(2, &[9]), guests(1, &[])];
    let total = |per: Per| {
        let mut card = card_at(eur(0));
        card.charges = vec![tax("t", amount(eur(1_00), per), &[])];
        price(&card, &request, "flexible").price.total().amount() / 100
    };
    assert_eq!(
        [Per::Stay, Per::Slot, Per::Unit, Per::UnitSlot, Per::Guest, Per::GuestSlot].map(total),
        [1, 4, 2, 8, 4, 16]
    );
}

#[test]
fn an_included_amount_is_shown_and_adds_nothing() {
    // A visitor's tax of 3.00 per guest and night in a price of 100.00: two guests, two nights.
    let mut card = card_at(eur(100_00));
    card.charges = vec![Charge { included: true, ..tax("kurtaxe", amount(eur(3_00), Per::GuestSlot), &[]) }];
    let mut request = request("2026-06-10", 2);
    request.units = vec![guests(2, &[])];
    let quote = price(&card, &request, "flexible");
    assert_eq!((quote.price.total(), included_of(&quote, "kurtaxe")), (eur(200_00), vec![12_00]));
    let cheap =
        holdfast_domain::rates::card::RateCard { charges: card.charges.clone(), ..card_at(eur(5_00)) };
    assert_eq!(included_of(&price(&cheap, &request, "flexible"), "kurtaxe"), [10_00], "at most the price");
}

#[test]
fn what_is_charged_on_top_is_rounded_to_what_can_be_paid() {
    // Kuwait by ten fils: 49.100 × 3 nights × 5 % = 7.365 → 7.370. Iceland by whole crowns of a hundred: 11 % of 25,000 = 2,750 → 2,800.
    let total = |base: Money, nights: i32, rate: &str, step: i64| {
        let mut card = card_at(base);
        card.charges = vec![tax("t", Levy::Percent(percent(rate)), &["stay"])];
        let quote = quote(
            &version(card),
            &DatedRates::default(),
            step,
            &request("2026-06-10", nights),
            &plan_id("flexible"),
        );
        line_of(&quote.expect("sold"), "t")
    };
    assert_eq!(total(money(49_100, "KWD"), 3, "5", 10), Some(7_370));
    assert_eq!(total(money(25_000, "ISK"), 1, "11", 100), Some(2_800));
    assert_eq!(total(money(25_000, "ISK"), 1, "11", 1), Some(2_750));
    // Consumption tax in Japan, included: 11,000 yen have 1,000.
    let mut yen = card_at(money(11_000, "JPY"));
    yen.charges = vec![included("ct", "10", &["stay"])];
    assert_eq!(included_of(&price(&yen, &request("2026-06-10", 1), "flexible"), "ct"), [1_000]);
}

#[test]
fn extras_have_the_tax_of_their_own_category_and_place_of_payment() {
    let mut card = card_at(eur(107_00));
    let id = ExtraId::parse("parking").expect("a name");
    card.extras.push(Extra {
        id: id.clone(),
        name: label("Parking"),
        price: eur(11_90),
        per: Per::Slot,
        quantity_max: 2,
        category: category("parking"),
        plans: Default::default(),
        refundable: true,
        due: Due::AtProperty,
    });
    card.charges = vec![included("vat-7", "7", &["stay"]), included("vat-19", "19", &["parking"])];
    let mut request = request("2026-06-10", 2);
    request.extras = vec![ExtraChoice { extra: id, quantity: 2 }];
    let quote = price(&card, &request, "flexible");
    assert_eq!((quote.price.total(), quote.price.at_property()), (eur(214_00), eur(47_60)));
    assert_eq!(
        (included_of(&quote, "vat-7"), included_of(&quote, "vat-19")),
        (vec![14_00, 0], vec![0, 7_60])
    );
}

#[test]
fn a_charge_of_more_than_an_amount_can_be_is_refused() {
    let mut card = card_at(eur(100_00));
    let per_night = Levy::Amount { amount: eur(99_999_999_999), per: Per::GuestSlot };
    for kind in [ChargeKind::Fee { category: category("service") }, ChargeKind::Tax] {
        card.charges = vec![Charge { kind, ..tax("visitor", per_night.clone(), &[]) }];
        let mut request = request("2026-06-10", 30);
        request.units = vec![guests(100, &[]); 5];
        let refused = ask(&card, &DatedRates::default(), &request, "flexible").expect_err("out of range");
        assert_eq!(refused.reasons, [Reason::OutOfRange]);
        request.units = vec![guests(1, &[])];
        request.slots.truncate(1);
        let refused =
            ask(&card, &DatedRates::default(), &request, "flexible").expect_err("the stay comes on top");
        assert_eq!(refused.reasons, [Reason::OutOfRange]);
    }
}
