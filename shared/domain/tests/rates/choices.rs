//! What can be chosen: promotions, extras, and the plans that are seen.

use std::collections::BTreeSet;

use holdfast_domain::bookings::PriceLineKind;
use holdfast_domain::rates::card::RateCard;
use holdfast_domain::rates::charge::{Due, Per, Validity};
use holdfast_domain::rates::dated::DatedRates;
use holdfast_domain::rates::evaluate::offers;
use holdfast_domain::rates::extra::{Extra, ExtraChoice};
use holdfast_domain::rates::ids::ExtraId;
use holdfast_domain::rates::plan::Audience;
use holdfast_domain::rates::promotion::{Discount, Promotion, PromotionCode};
use holdfast_domain::rates::quote::Reason;
use holdfast_domain::rates::request::RateRequest;

use crate::fixture::{
    ask, at, by_percent, card, card_at, category, channel, date, derived, eur, group, guests, label, lines,
    percent, plan_id, price, request, version,
};

fn nothing() -> DatedRates {
    DatedRates::default()
}

fn promotion(discount: Discount) -> Promotion {
    Promotion {
        code: PromotionCode::parse("SUMMER-26").expect("a code"),
        name: label("Summer"),
        discount,
        plans: BTreeSet::new(),
        stays: Validity::default(),
        from: None,
        to: None,
        uses_max: None,
        uses_per_guest_max: None,
    }
}

#[test]
fn a_promotion_takes_off_the_places_and_not_the_extras() {
    let mut card = card_at(eur(33_33));
    card.promotions.push(promotion(Discount::Percent(percent("10"))));
    let mut request = request("2026-06-10", 3);
    request.promotion = PromotionCode::parse("summer-26").ok();
    // 99.99 × 10 % = 9.999 → 10.00
    let quote = price(&card, &request, "flexible");
    assert_eq!(lines(&quote), [("flexible".to_owned(), 99_99), ("SUMMER-26".to_owned(), -10_00)]);
    assert_eq!(quote.applied.promotion, PromotionCode::parse("SUMMER-26").ok());
    assert_eq!(quote.price.lines()[1].kind, PriceLineKind::Discount);
    card.promotions[0].discount = Discount::Amount(eur(150_00));
    assert_eq!(price(&card, &request, "flexible").price.total(), eur(0), "at most the price");
    // Whatever is wrong with a code has one answer.
    let refused = |change: &dyn Fn(&mut Promotion)| {
        let mut card = card.clone();
        change(&mut card.promotions[0]);
        ask(&card, &nothing(), &request, "flexible").expect_err("refused").reasons == [Reason::Promotion]
    };
    assert!(refused(&|code| code.code = PromotionCode::parse("OTHER").expect("a code")));
    assert!(refused(&|code| code.plans = BTreeSet::from([plan_id("saver")])));
    assert!(refused(&|code| code.from = Some(at("2026-05-01T10:00:00.000000001Z"))));
    assert!(refused(&|code| code.to = Some(request.at)), "no more from then on");
    assert!(refused(&|code| code.stays.from = Some(date("2026-06-11"))));
    assert!(refused(&|code| code.stays.until = Some(date("2026-06-09"))));
    assert!(!refused_by_dates(&card, &request));
}

/// Whether a code is refused at the very ends of all its times.
fn refused_by_dates(card: &RateCard, request: &RateRequest) -> bool {
    let mut card = card.clone();
    let code = &mut card.promotions[0];
    (code.from, code.to) = (Some(request.at), Some(at("2026-05-01T10:00:00.000000001Z")));
    code.stays = Validity { from: Some(date("2026-06-10")), until: Some(date("2026-06-10")) };
    ask(&card, &nothing(), request, "flexible").is_err()
}

#[test]
fn extras_are_counted_by_what_they_are_per() {
    // Two rooms with three and two guests, four nights, at 2.00 each, two of each.
    let mut request = request("2026-06-10", 4);
    request.units = vec![guests(2, &[9]), guests(2, &[])];
    let total = |per: Per| {
        let mut card = card_at(eur(0));
        let id = ExtraId::parse("parking").expect("a name");
        card.extras.push(Extra {
            id: id.clone(),
            name: label("Parking"),
            price: eur(2_00),
            per,
            quantity_max: 3,
            category: category("parking"),
            plans: BTreeSet::new(),
            refundable: true,
            due: Due::Now,
        });
        let mut request = request.clone();
        request.extras = vec![ExtraChoice { extra: id, quantity: 2 }];
        price(&card, &request, "flexible").price.total().amount() / 100
    };
    assert_eq!(
        [Per::Stay, Per::Slot, Per::Unit, Per::UnitSlot, Per::Guest, Per::GuestSlot].map(total),
        [4, 16, 8, 32, 20, 80]
    );
}

#[test]
fn extras_that_there_are_not_are_refused_by_name() {
    let mut card = card();
    let id = |name: &str| ExtraId::parse(name).expect("a name");
    card.extras.push(Extra {
        id: id("cot"),
        name: label("Cot"),
        price: eur(0),
        per: Per::Stay,
        quantity_max: 1,
        category: category("stay"),
        plans: BTreeSet::from([plan_id("flexible")]),
        refundable: true,
        due: Due::Now,
    });
    card.plans.push(derived("saver", "flexible", by_percent("-5")));
    let refused = |plan: &str, choices: &[(&str, u32)]| {
        let mut request = request("2026-06-10", 1);
        request.extras = choices
            .iter()
            .map(|(name, quantity)| ExtraChoice { extra: id(name), quantity: *quantity })
            .collect();
        ask(&card, &nothing(), &request, plan).err().map(|none| none.reasons)
    };
    assert_eq!(refused("flexible", &[("cot", 1)]), None);
    assert_eq!(refused("saver", &[("cot", 1)]), Some(vec![Reason::Extra(id("cot"))]));
    assert_eq!(refused("flexible", &[("cot", 0)]), Some(vec![Reason::Extra(id("cot"))]));
    assert_eq!(
        refused("flexible", &[("cot", 1), ("sauna", 1), ("cot", 1)]),
        Some(vec![Reason::Extra(id("cot")), Reason::Extra(id("sauna"))])
    );
}

#[test]
fn plans_are_seen_by_those_they_are_for() {
    let mut card = card();
    let mut private = derived("company", "flexible", by_percent("-20"));
    private.audience = Audience::Group(group("acme"));
    let mut partner = derived("partner", "flexible", by_percent("-5"));
    partner.channels = BTreeSet::from([channel("partner")]);
    card.plans.extend([private, partner]);
    let mut request = request("2026-06-10", 1);
    let seen = |request: &RateRequest| -> Vec<(String, Option<i64>)> {
        let offers = offers(&version(card.clone()), &nothing(), 1, request);
        offers
            .into_iter()
            .map(|offer| {
                (offer.plan.to_string(), offer.result.ok().map(|quote| quote.price.total().amount()))
            })
            .collect()
    };
    let offer = |name: &str, price| (name.to_owned(), price);
    assert_eq!(seen(&request), [offer("flexible", Some(100_00)), offer("partner", None)]);
    let refused = |plan: &str| ask(&card, &nothing(), &request, plan).expect_err("refused").reasons;
    assert_eq!(
        (refused("company"), refused("unknown"), refused("partner")),
        (vec![Reason::NoPlan], vec![Reason::NoPlan], vec![Reason::Channel])
    );
    request.groups = BTreeSet::from([group("acme")]);
    request.channel = channel("partner");
    assert_eq!(
        seen(&request),
        [offer("flexible", Some(100_00)), offer("company", Some(80_00)), offer("partner", Some(95_00))]
    );
}
