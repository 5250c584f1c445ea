//! A price that was sold stands. What a card, and the taxes of a property, made of a stay is stored with its hold and its booking; years
//! later, when card, plans, taxes and property are others, what is stored says the same total, lines and refunds, instant by instant.

use std::collections::BTreeSet;

use holdfast_adapters_dynamodb::items::Version;
use holdfast_domain::bookings::{Order, PriceLine};
use holdfast_domain::catalogue::Label;
use holdfast_domain::money::Percent;
use holdfast_domain::rates::cancellation::{CancellationStep, CancellationTerms, Deadline, Penalty};
use holdfast_domain::rates::card::{CardVersion, RateCard};
use holdfast_domain::rates::charge::{Charge, ChargeKind, Due, Levy, Per, Validity};
use holdfast_domain::rates::condition::Condition;
use holdfast_domain::rates::dated::DatedRates;
use holdfast_domain::rates::evaluate::quote;
use holdfast_domain::rates::extra::{Extra, ExtraChoice};
use holdfast_domain::rates::ids::{Channel, ChargeId, ExtraId, PlanId, RuleId, TaxCategory};
use holdfast_domain::rates::occupancy::{Guests, Occupancy, Unit};
use holdfast_domain::rates::percentage::Percentage;
use holdfast_domain::rates::plan::{Audience, Payment as PaidWhen, PlanPrice, RatePlan};
use holdfast_domain::rates::promotion::{Discount, Promotion, PromotionCode};
use holdfast_domain::rates::property_taxes::PropertyTaxes;
use holdfast_domain::rates::quote::AppliedRate;
use holdfast_domain::rates::request::{RateRequest, StaySlot};
use holdfast_domain::rates::rule::{Adjustment, Rule};
use holdfast_domain::{
    Booking, BookingPayments, BookingStatus, Currency, Hold, Money, Payment, PaymentStatus, When,
};
use jiff::civil::{Date, Weekday, date, time};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use crate::samples::{now, requested, room, stay};
use crate::values::{Kind, Stored, decode, house};

const CASES: u32 = 500;
const PLANS: [&str; 2] = ["flexible", "saver"];
/// The currencies, each with what can be charged.
const CURRENCIES: [(&str, i64); 4] = [("EUR", 1), ("JPY", 1), ("KWD", 10), ("ISK", 100)];
/// Days of arrival: in summer, and before nights on which New York changes its clocks.
const ARRIVALS: [Date; 3] = [date(2030, 6, 10), date(2030, 10, 31), date(2031, 3, 7)];

/// A stay that is sold by a card under a property's taxes.
#[derive(Debug, Clone)]
struct Case {
    card: RateCard,
    taxes: PropertyTaxes,
    step: i64,
    request: RateRequest,
    nights: (Date, Date),
}

/// All that a guest was told of a price and of what a cancellation gives back.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    total: Money,
    at_property: Money,
    lines: Vec<PriceLine>,
    rate: AppliedRate,
    /// The refund at instants.
    refunds: Vec<(Timestamp, Money)>,
}

fn label(text: &str) -> Label {
    Label::parse(text).expect("a label")
}

fn plan_id(name: &str) -> PlanId {
    PlanId::parse(name).expect("a name")
}

fn percent(text: &str) -> Percentage {
    Percentage::parse(text).expect("a percentage")
}

fn category(name: &str) -> TaxCategory {
    TaxCategory::parse(name).expect("a name")
}

/// Drawn from bytes: fewer and smaller ones make simpler cases.
struct Draw {
    bytes: Vec<u8>,
    next: usize,
    currency: Currency,
    step: i64,
}

impl Draw {
    fn below(&mut self, count: u32) -> u32 {
        let byte = self.bytes.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        u32::from(byte) % count
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        let index = self.below(u32::try_from(of.len()).expect("few"));
        of[usize::try_from(index).expect("few")]
    }

    fn is(&mut self, one_of: u32) -> bool {
        self.below(one_of) == one_of - 1
    }

    /// An amount that can be charged, of up to some 256 times `unit` steps.
    fn money(&mut self, unit: i64) -> Money {
        let steps = i64::from(self.below(256)) * unit + i64::from(self.below(256));
        Money::new(steps * self.step, self.currency).expect("in range")
    }

    fn cancellation(&mut self) -> CancellationTerms {
        let deadlines = [
            Deadline::DaysBefore { days: 14, time: None },
            Deadline::HoursBefore(96),
            Deadline::DaysBefore { days: 2, time: Some(time(2, 30, 0, 0)) },
            Deadline::HoursBefore(24),
            Deadline::DaysBefore { days: 0, time: Some(time(12, 0, 0, 0)) },
        ];
        let kept = deadlines.into_iter().filter(|_| self.below(3) > 0).collect::<Vec<_>>();
        let step = |deadline| CancellationStep {
            deadline,
            penalty: match self.below(3) {
                0 => {
                    let share = u8::try_from(self.below(101)).expect("a share");
                    Penalty::Percent(Percent::new(share).expect("a share"))
                }
                1 => Penalty::FirstSlots(1 + self.below(4)),
                _ => Penalty::Amount(self.money(30)),
            },
        };
        let steps = kept.into_iter().map(step).collect();
        CancellationTerms { free_hours_after_booking: self.one(&[0, 24, 168]), steps }
    }

    fn plan(&mut self, name: &str, price: PlanPrice) -> RatePlan {
        RatePlan {
            id: plan_id(name),
            name: label(name),
            price,
            cancellation: self.cancellation(),
            payment: if self.is(6) { PaidWhen::AtProperty } else { PaidWhen::Now },
            included: Vec::new(),
            audience: Audience::Everyone,
            channels: BTreeSet::new(),
        }
    }

    fn rule(&mut self, number: u32) -> Rule {
        let adjustment = match self.below(3) {
            0 => Adjustment::Percent(percent(self.one(&["12.5", "-7.25", "33.3333", "-40"]))),
            1 => Adjustment::Amount(self.money(5).amount()),
            _ => Adjustment::Price(self.money(50)),
        };
        let weekdays = if self.is(2) { vec![Weekday::Friday, Weekday::Saturday] } else { Vec::new() };
        Rule {
            id: RuleId::parse(&format!("rule-{number}")).expect("a name"),
            name: label("Rule"),
            priority: 10,
            when: Condition { weekdays, ..Condition::default() },
            adjustment,
            group: None,
        }
    }

    fn charge(&mut self, name: &str) -> Charge {
        let pers = [Per::Stay, Per::Slot, Per::Unit, Per::UnitSlot, Per::Guest, Per::GuestSlot];
        let included = self.is(3);
        let levy = if included || self.is(2) {
            Levy::Percent(percent(self.one(&["7", "19", "8.875", "3.3333"])))
        } else {
            Levy::Amount { amount: self.money(2), per: self.one(&pers) }
        };
        let is_fee = !included && self.is(3);
        Charge {
            id: ChargeId::parse(name).expect("a name"),
            name: label(name),
            kind: if is_fee { ChargeKind::Fee { category: category("service") } } else { ChargeKind::Tax },
            included,
            levy,
            on: BTreeSet::from([category("stay")]),
            valid: Validity::default(),
            exempt_to_age: None,
            slots_max: None,
            before_discounts: false,
            refundable: !self.is(4),
            due: if !included && self.is(4) { Due::AtProperty } else { Due::Now },
        }
    }

    fn card(&mut self) -> RateCard {
        let base = PlanPrice::Base(self.money(120));
        let adjustment = Adjustment::Percent(percent(self.one(&["-15", "-33.3333", "5"])));
        let saver = PlanPrice::Derived { from: plan_id("flexible"), adjustment };
        let plans = vec![self.plan("flexible", base), self.plan("saver", saver)];
        let occupancy = self.is(2).then(|| Occupancy {
            included_adults: 2,
            guests_max: 6,
            cots_max: None,
            extra_adult: self.money(10),
            missing_adult: self.money(2),
            child_bands: Vec::new(),
        });
        let discount = if self.is(2) {
            Discount::Amount(self.money(40))
        } else {
            Discount::Percent(percent(self.one(&["10", "33.3333", "100"])))
        };
        let rules = (0..self.below(4)).map(|number| self.rule(number)).collect();
        RateCard {
            currency: self.currency,
            plans,
            default_plan: plan_id("flexible"),
            unit_types: Vec::new(),
            occupancy,
            calendars: Default::default(),
            rules,
            price_min: None,
            price_max: None,
            charges: (0..self.below(4)).map(|number| self.charge(&format!("charge-{number}"))).collect(),
            restrictions: Vec::new(),
            extras: vec![Extra {
                id: ExtraId::parse("parking").expect("a name"),
                name: label("Parking"),
                price: self.money(8),
                per: self.one(&[Per::Slot, Per::Stay, Per::GuestSlot]),
                quantity_max: 4,
                category: category("parking"),
                plans: BTreeSet::new(),
                refundable: !self.is(3),
                due: if self.is(3) { Due::AtProperty } else { Due::Now },
            }],
            promotions: vec![Promotion {
                code: PromotionCode::parse("SUMMER").expect("a code"),
                name: label("Summer"),
                discount,
                plans: BTreeSet::new(),
                stays: Validity::default(),
                from: None,
                to: None,
                uses_max: None,
                uses_per_guest_max: None,
            }],
        }
    }

    fn request(&mut self, nights: (Date, Date)) -> RateRequest {
        let resource = room();
        let zone = resource.terms.time_zone.clone();
        let slots =
            resource.terms.schedule.slots(When::Date(nights.0), When::Date(nights.1), &zone).expect("nights");
        let slot = |slot: holdfast_domain::Slot| StaySlot {
            date: slot.local_date(&zone),
            slot,
            taken: 0,
            places: None,
        };
        let slots = slots.into_iter().map(slot).collect();
        let unit = |draw: &mut Self| {
            let guests = Guests { adults: 1 + draw.below(3), child_ages: vec![7; draw.below(2) as usize] };
            Unit { unit_type: None, guests: draw.is(2).then_some(guests) }
        };
        RateRequest {
            slots,
            zone,
            units: (0..=self.below(3)).map(|_| unit(self)).collect(),
            at: now(),
            channel: Channel::parse("web").expect("a name"),
            groups: BTreeSet::new(),
            extras: (0..self.below(2))
                .map(|_| ExtraChoice { extra: ExtraId::parse("parking").expect("a name"), quantity: 2 })
                .collect(),
            promotion: self.is(3).then(|| PromotionCode::parse("SUMMER").expect("a code")),
            price_override: None,
            is_free_before: None,
            is_free_after: None,
        }
    }

    fn case(mut self) -> Case {
        let (code, step) = self.one(&CURRENCIES);
        (self.currency, self.step) = (Currency::parse(code).expect("a currency"), step);
        let card = self.card();
        let charges = (0..self.below(3)).map(|number| self.charge(&format!("property-{number}"))).collect();
        let taxes = PropertyTaxes { property: house(), revision: 1, currency: self.currency, charges };
        let arrival = self.one(&ARRIVALS);
        let nights = (arrival, arrival + (1 + i64::from(self.below(8))).days());
        let request = self.request(nights);
        Case { card, taxes, step, request, nights }
    }
}

fn any_case() -> impl Strategy<Value = Case> {
    let currency = Currency::parse("EUR").expect("a currency");
    vec(any::<u8>(), 0..200).prop_map(move |bytes| Draw { bytes, next: 0, currency, step: 1 }.case())
}

/// The order of a case's stay under a plan, as the evaluator makes it; none where it has no price.
fn sold(case: &Case, plan: &str) -> Option<Order> {
    let version = CardVersion { number: 7, valid_from: Timestamp::UNIX_EPOCH, card: case.card.clone() };
    let version = version.under(&case.taxes);
    let sold = quote(&version, &DatedRates::default(), case.step, &case.request, &plan_id(plan)).ok()?;
    let (from, to) = (case.nights.0.to_string(), case.nights.1.to_string());
    let order = stay((&from, &to)).order;
    let quantity = u32::try_from(case.request.units.len()).expect("few");
    Some(Order { quantity, price: sold.price, rate: Some(Box::new(sold.applied)), ..order })
}

/// The paid booking of an order.
fn booked(order: Order) -> Booking {
    let total = order.price.total();
    let payment = Payment {
        status: PaymentStatus::Captured,
        captured: total,
        ..Payment::by_card("pm_card_visa".to_owned(), total)
    };
    let payments = if total.amount() == 0 {
        BookingPayments::free(total.currency())
    } else {
        BookingPayments::single(payment)
    };
    let booking = requested(&Hold { order, ..stay(("2030-06-10", "2030-06-13")) });
    Booking { status: BookingStatus::Confirmed, payments, ..booking }
}

/// An instant as a request comes at it, and as it is stored and shown: in whole milliseconds.
fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).expect("in range")
}

/// At, just before and just after each instant at which the refund may change, of requests.
fn instants(booking: &Booking) -> Vec<Timestamp> {
    let millisecond = SignedDuration::from_millis(1);
    let mut ends = booking.order.refund_last_instants(booking.created_at);
    ends.extend([booking.created_at, booking.order.start]);
    ends.into_iter().map(whole).flat_map(|end| [end - millisecond, end, end + millisecond]).collect()
}

fn said(booking: &Booking, at: &[Timestamp]) -> Said {
    let order = &booking.order;
    let mut rate = order.rate.as_deref().expect("a rate").clone();
    for step in &mut rate.refunds.steps {
        step.until = whole(step.until);
    }
    Said {
        total: order.price.total(),
        at_property: order.price.at_property(),
        lines: order.price.lines().to_vec(),
        rate,
        refunds: at.iter().map(|at| (*at, booking.refund_at(*at))).collect(),
    }
}

/// The same stay when everything is another: the card with its plans and their terms, what the property levies, and what the property is.
fn years_later(case: &Case) -> Case {
    let mut later = case.clone();
    for plan in &mut later.card.plans {
        plan.name = label("Renamed");
        plan.payment = PaidWhen::Now;
        plan.cancellation = CancellationTerms::default();
        if let PlanPrice::Base(base) = &mut plan.price {
            *base = base.times(3).expect("in range");
        }
    }
    later.card.charges.clear();
    later.card.rules.clear();
    later.card.promotions[0].discount = Discount::Percent(percent("50"));
    later.card.extras[0].refundable = !later.card.extras[0].refundable;
    later.taxes.charges = crate::rates::charges();
    later.taxes.revision += 1;
    later
}

/// Where a price is had from years later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// From what was stored.
    Stored,
    /// From the card and the taxes of then: what must not be.
    Cards,
}

fn read_back(booking: &Booking, version: Version) -> Booking {
    let item = Stored::Booking(Box::new(booking.clone())).encode_as(version);
    match decode(Kind::Booking, &item) {
        Ok(Stored::Booking(booking)) => *booking,
        other => panic!("no booking: {other:?}"),
    }
}

fn hold_read_back(order: &Order, version: Version) -> Order {
    let hold = Hold { order: order.clone(), ..stay(("2030-06-10", "2030-06-13")) };
    match decode(Kind::Hold, &Stored::Hold(Box::new(hold)).encode_as(version)) {
        Ok(Stored::Hold(hold)) => hold.order,
        other => panic!("no hold: {other:?}"),
    }
}

fn check(case: &Case, source: Source) -> TestCaseResult {
    for plan in PLANS {
        let Some(order) = sold(case, plan) else { continue };
        let booking = booked(order.clone());
        let at = instants(&booking);
        let told = said(&booking, &at);
        for version in Version::ALL {
            let (held, replayed) = match source {
                Source::Stored => (hold_read_back(&order, version), read_back(&booking, version)),
                Source::Cards => {
                    let Some(order) = sold(&years_later(case), plan) else { continue };
                    (order.clone(), booked(order))
                }
            };
            prop_assert_eq!(&said(&booked(held), &at), &told, "{} of a hold in {:?}", plan, version);
            prop_assert_eq!(&said(&replayed, &at), &told, "{} of a booking in {:?}", plan, version);
            // What the guest was shown step by step at the booking comes true at each step's end.
            let preview = booking.cancellation_quote(booking.created_at, |at| booking.refund_at(at));
            for step in preview.steps {
                let at = whole(step.until.unwrap_or(replayed.order.start));
                prop_assert_eq!(replayed.refund_at(at), step.refund, "{} at {}", plan, at);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(holdfast_properties::config(CASES, "tests/regressions/replay.txt"))]

    #[test]
    fn what_was_sold_replays_to_the_same_price_and_refunds_years_later(case in any_case()) {
        check(&case, Source::Stored)?;
    }
}

#[test]
fn control_a_price_by_the_cards_of_years_later_is_another() {
    holdfast_properties::assert_found(CASES, any_case(), |case| check(&case, Source::Cards));
}

/// The cases are of every kind that a refund depends on.
#[test]
fn what_is_sold_has_every_kind_of_refund() {
    let (mut steps, mut free, mut always, mut at_property, mut refunds) = (0, 0, 0, 0, BTreeSet::new());
    for seed in 0_u8..=255 {
        let bytes = (0..200_u32).map(|at| {
            let mixed = (u32::from(seed) * 200 + at).wrapping_mul(2_654_435_761);
            u8::try_from(mixed >> 24).expect("a byte")
        });
        let currency = Currency::parse("EUR").expect("a currency");
        let case = Draw { bytes: bytes.collect(), next: 0, currency, step: 1 }.case();
        for order in PLANS.into_iter().filter_map(|plan| sold(&case, plan)) {
            let rate = order.rate.as_deref().expect("a rate");
            steps += usize::from(rate.refunds.steps.len() > 2);
            free += usize::from(rate.refunds.free_hours_after_booking > 0);
            always += usize::from(rate.refunds.kept_always.amount() > 0);
            at_property += usize::from(order.price.at_property().amount() > 0);
            let booking = booked(order);
            let amounts = instants(&booking).into_iter().map(|at| booking.refund_at(at).amount());
            refunds.insert(amounts.collect::<BTreeSet<_>>().len());
        }
    }
    assert!([steps, free, always, at_property].iter().all(|count| *count > 20));
    assert!(refunds.iter().any(|distinct| *distinct >= 4), "{refunds:?}");
}
