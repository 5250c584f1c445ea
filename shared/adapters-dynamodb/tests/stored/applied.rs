//! Orders that were priced by a rate card: a sample, generated ones, and how large the largest is.

use holdfast_adapters_dynamodb::items::{Version, encode_booking, encode_hold_record};
use holdfast_app::bookings::{BookingFacts, RateFacts};
use holdfast_domain::bookings::{LineDetail, Order, Price, PriceLine, PriceLineKind};
use holdfast_domain::catalogue::{LABEL_LENGTH_MAX, Label};
use holdfast_domain::money::{AMOUNT_MAX, SignedMoney};
use holdfast_domain::rates::cancellation::{CANCELLATION_STEPS_MAX, KeptStep, RefundTerms};
use holdfast_domain::rates::card::{CHARGES_MAX, EXTRAS_MAX};
use holdfast_domain::rates::charge::Due;
use holdfast_domain::rates::condition::DateRange;
use holdfast_domain::rates::extra::ExtraChoice;
use holdfast_domain::rates::ids::{ChargeId, ExtraId, NAME_LENGTH_MAX, PlanId, UnitTypeId};
use holdfast_domain::rates::occupancy::{Guests, Unit};
use holdfast_domain::rates::plan::Payment;
use holdfast_domain::rates::price_override::{OVERRIDE_REASON_LENGTH_MAX, OverrideReason, PriceOverride};
use holdfast_domain::rates::promotion::{PromotionCode, UseLimits};
use holdfast_domain::rates::quote::{AppliedRate, IncludedTax};
use holdfast_domain::rates::snapshot::{INCLUDED_TAXES_MAX, PRICE_LINES_MAX, UNITS_NAMED_MAX};
use holdfast_domain::{Booking, BookingPayments, Currency, GuestId, Hold, Money};
use holdfast_testkit::money;
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::samples::{all, now, requested, stay};
use crate::sizes::{ITEM_BYTES_MAX, item_size, units};
use crate::values::{Kind, Stored, write_at};

fn label(text: &str) -> Label {
    Label::parse(text).expect("a label")
}

fn signed(amount: i64) -> SignedMoney {
    SignedMoney::new(amount, money(0).currency()).expect("in range")
}

fn line(kind: PriceLineKind, amount: i64, detail: LineDetail) -> PriceLine {
    PriceLine { kind, amount: signed(amount), detail: Some(detail) }
}

fn detail(code: &str, name: &str) -> LineDetail {
    LineDetail {
        code: code.to_owned(),
        name: label(name),
        dates: None,
        count: 1,
        due: Due::Now,
        refundable: true,
        included_taxes: Vec::new(),
    }
}

fn tax(code: &str, name: &str, amount: i64) -> IncludedTax {
    IncludedTax { charge: ChargeId::parse(code).expect("a name"), name: label(name), amount }
}

/// Three nights of two rooms with breakfast and a discount; a city tax is paid at the place.
fn price() -> Price {
    let nights = |from, to| Some(DateRange { from: date(2030, 6, from), to: date(2030, 6, to) });
    let vat = |amount| vec![tax("vat", "VAT 7 %", amount)];
    let lines = vec![
        line(
            PriceLineKind::Stay,
            51_600,
            LineDetail {
                dates: nights(10, 12),
                count: 4,
                included_taxes: vat(3_376),
                ..detail("flexible", "Flexible")
            },
        ),
        line(
            PriceLineKind::Stay,
            30_000,
            LineDetail {
                dates: nights(12, 13),
                count: 2,
                included_taxes: vat(1_963),
                ..detail("flexible", "Flexible")
            },
        ),
        line(
            PriceLineKind::Discount,
            -8_160,
            LineDetail { included_taxes: vat(-534), ..detail("SUMMER-10", "Summer") },
        ),
        line(PriceLineKind::Extra, 7_200, LineDetail { count: 6, ..detail("breakfast", "Breakfast") }),
        line(PriceLineKind::Fee, 2_500, LineDetail { refundable: false, ..detail("cleaning", "Cleaning") }),
        line(
            PriceLineKind::Tax,
            1_800,
            LineDetail { count: 6, due: Due::AtProperty, ..detail("city-tax", "City tax") },
        ),
    ];
    Price::new(lines).expect("in range")
}

fn rate() -> AppliedRate {
    let later = |hours| now() + SignedDuration::from_hours(hours);
    let family = Guests { adults: 2, child_ages: vec![3, 11] };
    AppliedRate {
        plan: PlanId::parse("flexible").expect("a name"),
        plan_name: label("Flexible"),
        card_version: 3,
        payment: Payment::Now,
        included: vec![label("Breakfast")],
        units: vec![
            Unit { unit_type: UnitTypeId::parse("double").ok(), guests: Some(family) },
            Unit {
                unit_type: UnitTypeId::parse("double").ok(),
                guests: Some(Guests { adults: 1, child_ages: Vec::new() }),
            },
        ],
        extras: vec![ExtraChoice { extra: ExtraId::parse("breakfast").expect("a name"), quantity: 2 }],
        promotion: PromotionCode::parse("summer-10").ok(),
        promotion_limits: UseLimits::default(),
        price_override: None,
        refunds: RefundTerms {
            free_hours_after_booking: 24,
            steps: vec![
                KeptStep { until: later(240), kept: money(2_500) },
                KeptStep { until: later(480), kept: money(42_820) },
            ],
            kept_always: money(2_500),
        },
        priced_at: now(),
    }
}

/// The order of a stay as the sample's rate card prices it.
pub(crate) fn rated(order: Order) -> Order {
    Order { quantity: 2, price: price(), rate: Some(Box::new(rate())), ..order }
}

/// An entry of a booking with a rate.
fn entry() -> Stored {
    let Stored::Audit(mut entry) = all()["audit-with-facts"].clone() else { panic!("no entry") };
    let rate = RateFacts { plan: PlanId::parse("flexible").expect("a name"), at_property: money(1_800) };
    entry.facts = entry.facts.map(|facts| BookingFacts { rate: Some(rate), ..facts });
    Stored::Audit(entry)
}

/// A hold, a booking and its entry with a rate, a hold and a booking with a code whose uses are limited, a hold and a booking at a price
/// that staff set, and a booking that is paid at the place.
pub(crate) fn samples() -> [(&'static str, Stored); 8] {
    let hold = stay(("2030-06-10", "2030-06-13"));
    let hold = Hold { order: rated(hold.order.clone()), ..hold };
    let booking = requested(&hold);
    let limits = UseLimits { in_all: Some(100), per_guest: Some(2) };
    let limited = AppliedRate { promotion_limits: limits, ..rate() };
    let limited = Order { rate: Some(Box::new(limited)), ..hold.order.clone() };
    let limited = Hold { order: limited, ..hold.clone() };
    let limited_booking = requested(&limited);
    let set = PriceOverride {
        amount: money(80_000),
        reason: OverrideReason::parse("Regular guest, as agreed with Ada").expect("a reason"),
        by: GuestId::parse("staff/desk-1").expect("an id"),
    };
    let set = AppliedRate { promotion: None, price_override: Some(set), ..rate() };
    let set = Hold { order: Order { rate: Some(Box::new(set)), ..hold.order.clone() }, ..hold.clone() };
    let priced = requested(&set);
    let at_property = LineDetail { due: Due::AtProperty, ..detail("pay-later", "Pay at the hotel") };
    let nothing_now = Price::new(vec![line(PriceLineKind::Stay, 81_600, at_property)]).expect("in range");
    let plain = AppliedRate {
        plan: PlanId::parse("pay-later").expect("a name"),
        plan_name: label("Pay at the hotel"),
        payment: Payment::AtProperty,
        included: Vec::new(),
        units: vec![Unit::default(); 2],
        extras: Vec::new(),
        promotion: None,
        promotion_limits: UseLimits::default(),
        refunds: RefundTerms { free_hours_after_booking: 0, steps: Vec::new(), kept_always: money(0) },
        ..rate()
    };
    let order = Order { price: nothing_now, rate: Some(Box::new(plain)), ..hold.order.clone() };
    let payments = BookingPayments::new(money(0).currency(), Vec::new()).expect("one currency");
    let later = Booking { order, payments, ..booking.clone() };
    [
        ("hold-with-price-override", Stored::Hold(Box::new(set))),
        ("booking-with-price-override", Stored::Booking(Box::new(priced))),
        ("hold-with-rate", Stored::Hold(Box::new(hold))),
        ("hold-with-limited-code", Stored::Hold(Box::new(limited))),
        ("booking-with-limited-code", Stored::Booking(Box::new(limited_booking))),
        ("audit-with-rate", entry()),
        ("booking-with-rate", Stored::Booking(Box::new(booking))),
        ("booking-paid-at-property", Stored::Booking(Box::new(later))),
    ]
}

/// An order as a rate card prices it.
pub(crate) fn rated_order(order: Order) -> BoxedStrategy<Order> {
    let currency = order.price.total().currency();
    let rated = (any_price(currency), any_rate(order.quantity, currency));
    rated.prop_map(move |(price, rate)| Order { price, rate: Some(Box::new(rate)), ..order.clone() }).boxed()
}

/// What the events of a booking say of its rate.
pub(crate) fn rate_facts() -> impl Strategy<Value = RateFacts> {
    (name(), 0..=AMOUNT_MAX).prop_map(|(plan, amount)| RateFacts {
        plan: PlanId::parse(&plan).expect("a name"),
        at_property: money(amount),
    })
}

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9-]{1,40}"
}

fn any_label() -> impl Strategy<Value = Label> {
    "[A-Za-z0-9é€]{1,12}".prop_map(|text| label(&text))
}

fn day() -> impl Strategy<Value = Date> {
    (0_i32..40_000).prop_map(|days| date(1990, 1, 1) + days.days())
}

fn any_detail() -> impl Strategy<Value = LineDetail> {
    let dates = option::of((day(), day()).prop_map(|(from, to)| DateRange { from, to }));
    let due = prop_oneof![Just(Due::Now), Just(Due::AtProperty)];
    let included = (name(), any_label(), -AMOUNT_MAX..=AMOUNT_MAX).prop_map(|(charge, name, amount)| {
        IncludedTax { charge: ChargeId::parse(&charge).expect("a name"), name, amount }
    });
    (name(), any_label(), dates, 0_u32..2_000, due, any::<bool>(), vec(included, 0..4)).prop_map(
        |(code, name, dates, count, due, refundable, included_taxes)| LineDetail {
            code,
            name,
            dates,
            count,
            due,
            refundable,
            included_taxes,
        },
    )
}

/// A price of lines as a rate card says them, in a currency; none costs less than nothing.
fn any_price(currency: Currency) -> impl Strategy<Value = Price> {
    let all = [
        PriceLineKind::Stay,
        PriceLineKind::Discount,
        PriceLineKind::Extra,
        PriceLineKind::Fee,
        PriceLineKind::Tax,
    ];
    let line = (proptest::sample::select(all.to_vec()), 0..=AMOUNT_MAX / 16, any_detail());
    vec(line, 1..6).prop_map(move |lines| {
        let amount = |kind: PriceLineKind, amount: i64| match kind {
            PriceLineKind::Discount => -amount / 16,
            PriceLineKind::Stay | PriceLineKind::Extra | PriceLineKind::Fee | PriceLineKind::Tax => amount,
        };
        let kept: i64 = AMOUNT_MAX / 2;
        let base = [Due::Now, Due::AtProperty].map(|due| PriceLine {
            kind: PriceLineKind::Stay,
            amount: SignedMoney::new(kept, currency).expect("in range"),
            detail: Some(LineDetail { due, ..detail("base", "Base") }),
        });
        let lines = lines.into_iter().map(|(kind, size, detail)| PriceLine {
            kind,
            amount: SignedMoney::new(amount(kind, size), currency).expect("in range"),
            detail: Some(detail),
        });
        Price::new(base.into_iter().chain(lines).collect()).expect("in range")
    })
}

/// What was applied to an order of as many units, in a currency.
fn any_rate(quantity: u32, currency: Currency) -> impl Strategy<Value = AppliedRate> {
    let amount =
        move || (0..=AMOUNT_MAX).prop_map(move |amount| Money::new(amount, currency).expect("in range"));
    let instant = || {
        (0_i64..4_102_444_800_000).prop_map(|millis| Timestamp::from_millisecond(millis).expect("in range"))
    };
    let guests =
        (1_u32..5, vec(0_u8..18, 0..3)).prop_map(|(adults, child_ages)| Guests { adults, child_ages });
    let unit = (option::of(name()), option::of(guests)).prop_map(|(kind, guests)| Unit {
        unit_type: kind.map(|kind| UnitTypeId::parse(&kind).expect("a name")),
        guests,
    });
    let extra = (name(), 1_u32..20).prop_map(|(extra, quantity)| ExtraChoice {
        extra: ExtraId::parse(&extra).expect("a name"),
        quantity,
    });
    let steps = vec((instant(), amount()), 0..4).prop_map(|mut steps| {
        steps.sort_by_key(|(until, _)| *until);
        steps.into_iter().map(|(until, kept)| KeptStep { until, kept }).collect()
    });
    let refunds = (0_u32..=168, steps, amount()).prop_map(|(hours, steps, kept_always)| RefundTerms {
        free_hours_after_booking: hours,
        steps,
        kept_always,
    });
    let payment = prop_oneof![Just(Payment::Now), Just(Payment::AtProperty)];
    let named = (name(), any_label(), vec(any_label(), 0..3), option::of("[A-Z0-9-]{1,40}"));
    let limits = (option::of(1_u32..), option::of(1_u32..))
        .prop_map(|(in_all, per_guest)| UseLimits { in_all, per_guest });
    let set = (amount(), "[ -~]{3,20}").prop_map(|(amount, reason)| PriceOverride {
        amount,
        reason: OverrideReason::parse(&reason).expect("a reason"),
        by: GuestId::parse("staff/desk-1").expect("an id"),
    });
    let chosen = (vec(unit, 1..4), vec(extra, 0..3), limits, option::of(set));
    (named, chosen, refunds, payment, 1_u64..999, instant()).prop_map(
        move |(
            (plan, plan_name, included, code),
            (units, extras, promotion_limits, price_override),
            refunds,
            payment,
            card_version,
            priced_at,
        )| {
            AppliedRate {
                plan: PlanId::parse(&plan).expect("a name"),
                plan_name,
                card_version,
                payment,
                included,
                units: (0..quantity as usize)
                    .map(|at| units[at * units.len() / quantity as usize].clone())
                    .collect(),
                extras,
                promotion: code.and_then(|code| PromotionCode::parse(&code).ok()),
                promotion_limits,
                price_override,
                refunds,
                priced_at,
            }
        },
    )
}

/// As long as a name of a part of a card may be, told apart by a number.
fn longest_name(number: usize) -> String {
    format!("{number:0width$}", width = NAME_LENGTH_MAX)
}

fn longest_label(number: usize) -> Label {
    label(&format!("{number:04}{}", "\u{1F3BE}".repeat(LABEL_LENGTH_MAX - 4)))
}

/// An order with as many lines as a price may have, as many included taxes, units that all differ, and every extra of a card, all under the
/// longest names.
pub(crate) fn largest(order: Order) -> Order {
    let lines = (0..PRICE_LINES_MAX).map(|at| {
        let from = date(2030, 1, 1) + i32::try_from(at).expect("few").days();
        let taxes = (0..INCLUDED_TAXES_MAX / PRICE_LINES_MAX).map(|of| IncludedTax {
            charge: ChargeId::parse(&longest_name((at + of) % CHARGES_MAX)).expect("a name"),
            name: longest_label((at + of) % CHARGES_MAX),
            amount: -AMOUNT_MAX + i64::try_from(at).expect("few"),
        });
        let detail = LineDetail {
            code: longest_name(1_000 + at % (EXTRAS_MAX + CHARGES_MAX)),
            name: longest_label(1_000 + at % (EXTRAS_MAX + CHARGES_MAX)),
            dates: Some(DateRange { from, to: from + 1.day() }),
            count: u32::MAX,
            due: Due::AtProperty,
            refundable: false,
            included_taxes: taxes.collect(),
        };
        line(PriceLineKind::Discount, 10_000_000, detail)
    });
    let unit = |at: usize| Unit {
        unit_type: UnitTypeId::parse(&longest_name(at)).ok(),
        guests: Some(Guests { adults: 10, child_ages: vec![17; 20] }),
    };
    let units: Vec<Unit> = (0..UNITS_NAMED_MAX).map(unit).collect();
    let step = |at: usize| KeptStep {
        until: now() + SignedDuration::from_hours(i64::try_from(at).expect("few")),
        kept: money(AMOUNT_MAX),
    };
    let rate = AppliedRate {
        plan: PlanId::parse(&longest_name(1)).expect("a name"),
        plan_name: longest_label(1),
        card_version: u64::MAX,
        included: (0..20).map(longest_label).collect(),
        extras: (0..EXTRAS_MAX)
            .map(|at| ExtraChoice {
                extra: ExtraId::parse(&longest_name(at)).expect("a name"),
                quantity: u32::MAX,
            })
            .collect(),
        promotion: PromotionCode::parse(&longest_name(1)).ok(),
        promotion_limits: UseLimits { in_all: Some(u32::MAX), per_guest: Some(u32::MAX) },
        price_override: Some(PriceOverride {
            amount: money(AMOUNT_MAX),
            reason: OverrideReason::parse(&"€".repeat(OVERRIDE_REASON_LENGTH_MAX)).expect("a reason"),
            by: GuestId::parse(&"g".repeat(128)).expect("an id"),
        }),
        refunds: RefundTerms {
            free_hours_after_booking: u32::MAX,
            steps: (0..CANCELLATION_STEPS_MAX).map(step).collect(),
            kept_always: money(AMOUNT_MAX),
        },
        ..rate()
    };
    Order {
        quantity: u32::try_from(units.len()).expect("few"),
        price: Price::new(lines.collect()).expect("in range"),
        rate: Some(Box::new(AppliedRate { units, ..rate })),
        ..order
    }
}

/// What the record of a hold of three nights takes without a rate, with a usual one, and with the largest there may be.
#[test]
fn an_order_with_the_largest_rate_fits_an_item() {
    let plain = stay(("2030-06-10", "2030-06-13"));
    let usual = Hold { order: rated(plain.order.clone()), ..plain.clone() };
    let largest = Hold { order: largest(plain.order.clone()), ..plain.clone() };
    let [plain_bytes, usual_bytes, largest_bytes] =
        [&plain, &usual, &largest].map(|hold| item_size(&encode_hold_record(hold)));
    println!(
        "a hold record: {plain_bytes} bytes, {usual_bytes} with a usual rate, {largest_bytes} with the largest"
    );
    assert!(units(plain_bytes) == 1 && units(usual_bytes) <= 3, "{plain_bytes} and {usual_bytes} bytes");
    let booking = requested(&largest);
    let booking_bytes = item_size(&encode_booking(&booking, &write_at(now())));
    println!("a booking with the largest: {booking_bytes} bytes");
    assert!(largest_bytes.max(booking_bytes) < ITEM_BYTES_MAX, "{largest_bytes} and {booking_bytes} bytes");
    assert!(largest_bytes > 100_000, "{largest_bytes} bytes are not the largest");
}

/// Version 0 cannot say a rate: such an order is of version 1 whatever is written otherwise.
#[test]
fn an_order_with_a_rate_is_of_version_1_always() {
    for (name, value) in samples().into_iter().filter(|(_, value)| value.kind() != Kind::Audit) {
        for version in Version::ALL {
            assert_eq!(
                value.encode_as(version).get("ver"),
                value.encode_as(Version::V1).get("ver"),
                "{name}"
            );
        }
    }
}
